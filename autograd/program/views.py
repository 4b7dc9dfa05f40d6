"""Views as they are read: a chain as one, a view of all as what it shows; and copies that nobody needs, as none."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from .functions import is_elementwise
from .values import Statement, Value, mapped

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
        self._written = {root for s in statements for root in s.writes}

    def same(self, s: Statement, args: tuple[Any, ...]) -> Value | None:
        """The value that a statement gives again: by a view that is as its source, or by a copy that is not needed."""
        if s.kind != "call" or len(s.results) != 1 or not args or not isinstance(args[0], Value):
            return None
        (result,), source = s.results, args[0]
        if is_all(s) and isinstance(args[0], Value) and args[0].root is args[0]:
            return source
        if s.function is operator.getitem and s.args[1] == () and not source.shape:  # its number, to those who compute
            stays = source.root not in self._written and not {source, result} & self._outgoing
            return source if stays and result.scalar else None
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
        if not (s.is_view and s.function in _WHOLE and is_contiguous(s.results[0])):
            return None
        found, source = None, args[0]
        while not self._has_name(source) and (source := self._of.get(source)) is not None:
            found = source if is_contiguous(source) else found
        return None if found is None else (np.ndarray.reshape, (found, s.results[0].shape))


def is_all(s: Statement) -> bool:
    """Whether a statement's index takes all of an array, in its order."""
    if s.function is not operator.getitem or not s.is_view or not s.args[0].shape:
        return False
    return s.args[0].root is s.args[0] and _is_laid_out_as(s.args[0], s.results[0])


def drop_copies(statements: list[Statement], outgoing: set[Value]) -> list[Statement]:
    """The statements without copies that only functions that work element by element use, of what is not changed."""
    users: dict[Value, list[Statement]] = {}
    for s in statements:
        for value in s.values():
            users.setdefault(value, []).append(s)
    written = {root for s in statements for root in s.writes}
    instead: dict[Value, Any] = {}
    kept = []
    for s in statements:
        if instead:
            change = lambda part: instead.get(part, part) if isinstance(part, Value) else part
            s.args, s.kwargs = mapped(s.args, change), mapped(s.kwargs, change)
        if s.kind == "call" and s.function in _COPIES and len(s.results) == 1 and isinstance(s.args[0], Value):
            (result,), source = s.results, s.args[0]
            fixed = result not in written and source.root not in written and result not in outgoing
            same = source.dtype == result.dtype and source.scalar == result.scalar and not {*s.kwargs} - {"order"}
            if fixed and same and all(is_elementwise(user.function) for user in users.get(result, ())):
                instead[result] = source
                continue
        kept.append(s)
    return kept


def _is_laid_out_as(value: Value, other: Value) -> bool:
    return (value.shape, value.strides, value.scalar) == (other.shape, other.strides, other.scalar)


def axes_by_stride(value: Value) -> list[int]:
    """The axes that are longer than 1, those along which memory is left fastest first."""
    return sorted([k for k, n in enumerate(value.shape) if n != 1], key=lambda k: -abs(value.strides[k]))


def is_contiguous(value: Value) -> bool:
    """Whether an array lies in C order."""
    step = value.dtype.itemsize
    for n, stride in zip(reversed(value.shape), reversed(value.strides), strict=True):
        if n != 1 and stride != step:
            return False
        step *= n
    return bool(value.size)
