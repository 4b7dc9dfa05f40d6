"""Open functions: what one of the engine's does in pieces, as statements, so that others can be done along with them.

The engine goes through a large array piece by piece, so that what lies between stays in the cache. A program does so
with whatever is computed element by element (islands), and knows where what lies between is used again.
"""

from __future__ import annotations

from types import FunctionType
from typing import Any

import numpy as np

from ..functions import CLIP, is_numpy
from ..memory import laid
from ..program import Program
from ..recorder import Recorder
from ..standin import Standin
from ..values import Statement, Value, mapped
from .numbers import Numbers, renamed


def open_functions(program: Program) -> None:
    """Put what such a function asks of NumPy in the place of its call."""
    numbers = Numbers(program)
    kept: list[Statement] = []
    for statement in program.statements:
        parts = _parts(statement, numbers) if _works_in_pieces(statement) else None
        kept += [statement] if parts is None else parts
    for statement in kept:
        if _clips(statement):
            statement.function = CLIP
    program.statements = kept


def _clips(s: Statement) -> bool:
    """Whether a statement is np.clip of floats between two numbers, and that alone."""
    if s.kind != "call" or s.function not in (np.clip, np.ndarray.clip) or len(s.args) != 3 or s.kwargs:
        return False
    x, *bounds = s.args
    return (
        isinstance(x, Value)
        and x.dtype.char in "fd"
        and bool(x.shape)
        and all(type(bound) in (int, float) for bound in bounds)
        and (s.results[0].dtype, s.results[0].strides) == (x.dtype, x.strides)
    )


def _works_in_pieces(s: Statement) -> bool:
    """Whether the function of a statement goes through large arrays in pieces, and gives one array of its own."""
    if s.kind != "call" or s.writes or len(s.results) != 1 or s.results[0].root is not s.results[0]:
        return False
    code = getattr(s.function, "__code__", None)
    return code is not None and not is_numpy(s.function) and "in_pieces" in code.co_names


def _parts(s: Statement, numbers: Numbers) -> list[Statement] | None:
    """The statements of NumPy's that a call amounts to; None where it depends on values."""
    recorder = Recorder(lambda: None)
    given: dict[Value, Value] = {}

    def stand(item: Any) -> Any:
        if not isinstance(item, Value):
            return item
        array = laid(item.shape, item.dtype, item.strides)
        array.fill(0.5)  # of which no function complains
        made = recorder.enter("input", array)
        given[made.value] = item
        return made

    try:
        with recorder.recording():
            made = _in_one_go(s.function)(*mapped(s.args, stand), **mapped(s.kwargs, stand))
    except Exception:  # whatever it does not do with stand-ins, it does with arrays
        return None
    (result,) = s.results
    if not recorder.open or type(made) is not Standin or any(part.kind != "call" for part in recorder.statements):
        return None
    if made.value.root is not made.value or (made.shape, made.dtype, made.strides) != (
        result.shape, result.dtype, result.strides,
    ):  # fmt: skip
        return None
    given[made.value] = result
    for value in recorder.known.values:
        value.number = numbers.new()
    for part in recorder.statements:
        renamed(part, given)
        for value in part.results:
            value.root = given.get(value.root, value.root)
        part.line, part.scope, part.of, part.origin = s.line, s.scope, s.of, s.origin or s
        part.errors = s.errors | part.errors
    return recorder.statements


def _in_one_go(function: Any) -> Any:
    """The function, for which all of an array is one piece."""
    space = function.__globals__ | {"in_pieces": lambda function, *arrays: function(*arrays)}
    return FunctionType(function.__code__, space, None, function.__defaults__, function.__closure__)
