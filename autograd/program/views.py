"""Views as they are read: a chain as one, a view of all as what it shows; and copies that nobody needs, as none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .values import Statement, Value

_WHOLE = frozenset((np.ndarray.reshape, np.ndarray.transpose, np.ndarray.swapaxes, np.ndarray.squeeze))
"""Functions whose result, where it is a view, shows all elements."""

_COPIES = frozenset((np.array, np.copy, np.ndarray.copy))


class Views:
    """The views among a program's statements, met in their order."""

    def __init__(self, statements: Sequence[Statement], outgoing: Sequence[Value]) -> None:
        self._of: dict[Value, Value] = {}  # by a view of all elements, what it is a view of
        self._outgoing = set(outgoing)
        self._left = {value.root for value in self._outgoing}
        self._last = {value.root: s for s in statements for value in s.values()}  # who uses memory last

    def same(self, s: Statement, args: tuple[Any, ...]) -> Value | None:
        """The value that a statement gives again: by a view that is as its source, or by a copy that is not needed."""
        if s.kind != "call" or len(s.results) != 1 or not args or not isinstance(args[0], Value):
            return None
        (result,), source = s.results, args[0]
        if s.function in _WHOLE and s.is_view:
            self._of[result] = source
            before: Value | None = source
            while before is not None and not (s.function is np.ndarray.reshape and s.args[1:] in ((-1,), ((-1,),))):
                if _is_laid_out_as(before, result):
                    return before
                before = self._of.get(before)
        elif s.function in _COPIES and not {*s.kwargs} - {"order"} and self._is_free(s, source, result):
            return source
        return None

    def _is_free(self, s: Statement, source: Value, result: Value) -> bool:
        """Whether a copy that leaves may as well be what it is copied from, which nobody else has, or reads later."""
        root = s.args[0].root
        return (
            result in self._outgoing
            and root.kind == "made"
            and root not in self._left
            and self._last[root] is s
            and (source.strides, source.dtype, source.nbytes) == (result.strides, result.dtype, root.nbytes)
            and source.scalar == result.scalar
        )

    def _has_name(self, value: Value) -> bool:
        return (
            value in self._outgoing
            or value.name is not None
            or (value.slope is not None and value.slope.name is not None)
        )

    def shortened(self, s: Statement, args: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]] | None:
        """The one reshape that a chain of views amounts to, as function and arguments."""
        if not (s.is_view and s.function in _WHOLE and _is_contiguous(s.results[0])):
            return None
        found, source = None, args[0]
        while not self._has_name(source) and (source := self._of.get(source)) is not None:
            found = source if _is_contiguous(source) else found
        return None if found is None else (np.ndarray.reshape, (found, s.results[0].shape))


def _is_laid_out_as(value: Value, other: Value) -> bool:
    return (value.shape, value.strides, value.scalar) == (other.shape, other.strides, other.scalar)


def _is_contiguous(value: Value) -> bool:
    step = value.dtype.itemsize
    for n, stride in zip(reversed(value.shape), reversed(value.strides), strict=True):
        if n != 1 and stride != step:
            return False
        step *= n
    return bool(value.size)
