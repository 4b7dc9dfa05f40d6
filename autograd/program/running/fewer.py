"""Fewer calls: what NumPy does in one call is not done in several, which for small arrays take as long each."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..functions import CLIP
from ..passes import drop_unused
from ..program import Program
from ..values import Statement, Value
from .numbers import Numbers

_UNSIGNED = {np.dtype(f"i{n}"): np.dtype(f"u{n}") for n in (1, 2, 4, 8)}


def ask_once(program: Program) -> None:
    """One call for two bounds: of integers from 0 to n, and of floats between two numbers."""
    numbers = Numbers(program)
    made = {value: s for s in program.statements for value in s.results}
    written = program.written()
    kept: list[Statement] = []
    for s in program.statements:
        parts = _range(s, made, numbers) or _between(s, made)
        fits = parts and not any(v.root in written for part in parts for v in (*part.values(), *part.results))
        kept += parts if parts and fits else [s]
    if len(kept) != len(program.statements) or any(a is not b for a, b in zip(kept, program.statements, strict=True)):
        program.statements = kept
        drop_unused(program)


def _range(s: Statement, made: dict[Value, Statement], numbers: Numbers) -> list[Statement]:
    """(x.min() >= 0) & (x.max() < n) as x.view(unsigned).max() < n: below 0 are the largest of these numbers."""
    if s.kind != "call" or s.function is not np.bitwise_and or s.kwargs or not s.results[0].scalar:
        return []
    least, most = [made.get(value) if isinstance(value, Value) else None for value in s.args]
    x = _reduced(least, np.greater_equal, np.minimum, made)
    if x is None or least is None or most is None or x is not _reduced(most, np.less, np.maximum, made):
        return []
    (_, zero), (top, n) = least.args, most.args
    if type(zero) is not int or zero or type(n) is not int or n < 0 or x.dtype not in _UNSIGNED or not x.size:
        return []
    dtype = _UNSIGNED[x.dtype]
    seen, highest = numbers.like(x), numbers.like(top)
    seen.root, seen.dtype, highest.dtype = x.root, dtype, dtype
    view = _statement(s, np.ndarray.view, (x, dtype), seen)
    return [view, _statement(s, np.maximum.reduce, (seen,), highest, axis=None), _like(s, np.less, (highest, n))]


def _reduced(s: Statement | None, compare: Any, ufunc: Any, made: dict[Value, Statement]) -> Value | None:
    """The array of which the extreme is compared with a number."""
    if s is None or s.function is not compare or s.kwargs or not isinstance(s.args[0], Value):
        return None
    extreme = made.get(s.args[0])
    if extreme is None or getattr(extreme.function, "__self__", None) is not ufunc or len(extreme.args) != 1:
        return None
    if extreme.function.__name__ != "reduce" or extreme.kwargs != {"axis": None}:
        return None
    x = extreme.args[0]
    return x if isinstance(x, Value) and x.shape else None


def _between(s: Statement, made: dict[Value, Statement]) -> list[Statement]:
    """minimum(maximum(x, low), high) as clip(x, low, high), which gives the same where low < high and neither is 0."""
    if s.kind != "call" or s.function is not np.minimum or s.kwargs or not isinstance(s.args[0], Value):
        return []
    inner = made.get(s.args[0])
    if inner is None or inner.function is not np.maximum or inner.kwargs or not isinstance(inner.args[0], Value):
        return []
    (x, low), high = inner.args, s.args[1]
    numbers = type(low) is float and type(high) is float and low < high and low and high
    same = x.shape and (x.dtype, x.strides) == (s.results[0].dtype, s.results[0].strides) and x.dtype.char in "fd"
    return [_like(s, CLIP, (x, low, high))] if numbers and same else []


def _like(s: Statement, function: Any, args: tuple[Any, ...]) -> Statement:
    """A statement that gives what another one does."""
    made = s.again()
    made.function, made.args = function, args
    return made


def _statement(s: Statement, function: Any, args: tuple[Any, ...], result: Value, **kwargs: Any) -> Statement:
    """A part of what a statement does."""
    made = _like(s, function, args)
    made.kwargs, made.results, made.form = kwargs, [result], result
    return made
