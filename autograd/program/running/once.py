"""Make once: a statement that writes over all of an array makes a value of its own instead.

Which array it lies in is decided later, when it is known how long each value is used (memory.py). So that what is
computed twice is found, and what is computed again need not be kept.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..functions import EMPTY, is_elementwise
from ..memory import LARGE
from ..program import Program
from ..values import Statement, Value, mapped
from .numbers import Numbers


def make_once(program: Program) -> None:
    """Where all that is written to a large array is all of it, element by element, make a value each time."""
    left = _written(program)
    if not left:
        return
    numbers = Numbers(program)
    now: dict[Value, Value] = {}  # the value that an array is at this point
    kept: list[Statement] = []
    for s in program.statements:
        root = s.results[0] if len(s.results) == 1 and s.results[0] in left else None
        target = s.writes[0] if len(s.writes) == 1 and s.writes[0] in left else None
        if now:
            of = lambda item: now.get(item, item) if isinstance(item, Value) else item
            s.args, s.kwargs = mapped(s.args, of), s.kwargs if target is not None else mapped(s.kwargs, of)
        if root is not None:
            if s.function in EMPTY:
                continue
            now[root] = numbers.like(root)
            s.results, s.form = [now[root]], now[root]
        elif target is not None:
            left[target] -= 1
            made = numbers.like(target) if left[target] else target
            s.results, s.form, s.writes, s.kwargs = [made], made, (), {}
            now[target] = made
            if made is target:
                del now[target]
        kept.append(s)
    program.statements = kept


def _written(program: Program) -> dict[Value, int]:
    """By array that fits, how often it is written."""
    fits: dict[Value, int] = {}
    viewed: set[Value] = set()  # what sees an array is to see what is written to it later
    outgoing = {value.root for value in program.outgoing()}
    for s in program.statements:
        for result in s.results:
            if result.root is not result:
                viewed.add(result.root)
            elif (
                (len(s.results) == 1 and s.kind == "call" and not s.writes)
                and (result.nbytes >= LARGE and result.shape and not result.python)
                and result not in outgoing
            ):
                fits[result] = 0
        for root in s.writes:
            if root in fits:
                if _is_whole(s, root) and root not in viewed:
                    fits[root] += 1
                else:
                    del fits[root]
    return {root: count for root, count in fits.items() if count}


def _is_whole(s: Statement, root: Value) -> bool:
    """Whether a statement writes all of an array, what it would make without being told where."""
    if s.kind != "call" or s.results or not is_elementwise(s.function) or set(s.kwargs) != {"out"}:
        return False
    if s.kwargs["out"] != (root,) or not all(isinstance(item, Value | int | float) for item in s.args):
        return False
    shapes = [item.shape for item in s.args if isinstance(item, Value)]
    given = tuple([_kind(item) for item in s.args])
    return np.broadcast_shapes(*shapes) == root.shape and _made(s.function, given) == root.dtype


def _kind(item: Any) -> Any:
    if not isinstance(item, Value):
        return type(item)
    return item.dtype if not item.python else int if item.dtype.kind in "iu" else float


@functools.lru_cache(maxsize=1024)
def _made(ufunc: Any, given: tuple[Any, ...]) -> Any:
    """The dtype of what NumPy's function makes."""
    try:
        return ufunc.resolve_dtypes((*given, None))[-1]
    except TypeError:
        return None
