"""Where the values of a program lie: in one block of memory, each as long as it is used."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from .functions import COPIES, ITEM, MADE, is_elementwise, position_of_out, takes_out
from .program import Program
from .values import Statement, Value

_ALIGN = 64

LARGE = 1 << 15
"""Bytes; smaller arrays are allocated in less time than it takes to think about them."""


class Block:
    """Byte ranges, lent and given back; the smallest free one that suffices is lent."""

    def __init__(self) -> None:
        self.free: list[tuple[int, int]] = []
        self.given: dict[int, int] = {}  # when each was given back: what was used last is still in the cache
        self.top = self.clock = 0

    def lend(self, size: int) -> int:
        fitting = [span for span in self.free if span[1] >= size]
        best = min(fitting, key=lambda span: (span[1], -self.given.get(span[0], 0)), default=None)
        if best is not None:
            self.free.remove(best)
            start, length = best
            if length > size:
                self.free.append((start + size, length - size))
            return start
        last = max(self.free, default=None)
        if last is not None and sum(last) == self.top:
            self.free.remove(last)
            self.top = last[0] + size
            return last[0]
        start, self.top = self.top, self.top + size
        return start

    def give(self, start: int, size: int) -> None:
        self.clock += 1
        self.given[start] = self.clock
        self.free.append((start, size))
        self.free.sort()
        merged: list[tuple[int, int]] = []
        for span in self.free:
            if merged and sum(merged[-1]) == span[0]:
                merged[-1] = merged[-1][0], merged[-1][1] + span[1]
            else:
                merged.append(span)
        self.free = merged


class Placement:
    """The plan: which values have a place in memory, and where.

    places  the offset of each root that has one: those below `size_of_own` are in memory of the program's gradients
    size    of the block, which holds the others, in bytes
    rooms   the offset of what a statement's function needs on the way to its result, in the same way
    peak    the most bytes at a time that are in use, but for inputs, states, constants and results

    steps   what is done, in its order: the program's statements, or also several of them as one
    own     the gradients that have a place already, with that: until they are made, others may lie there
    free    from which step on that is so
    without values that are placed by those who use them
    lends   whether functions are lent what they need on the way
    """

    def __init__(
        self, program: Program, steps: Sequence[Any] | None = None, own: Mapping[Value, int] | None = None,
        size_of_own: int = 0, free: int = 0, without: Collection[Value] = (), lends: bool = True,
    ) -> None:  # fmt: skip
        self.steps = program.statements if steps is None else steps
        self.escaping = {value.root for value in program.outgoing()}
        self.own = {} if own is None else own
        self.boundary = size_of_own
        self._without, self._lends = without, lends
        self._free = free
        self.last = last_uses(self.steps, self.escaping)
        self._of: dict[Value, _Span] = {}
        self._owners: dict[int, Value] = {}  # by the identity of a span, the root that is in it now
        self._rooms: dict[Statement, _Span] = {}
        self._spans = self._lifetimes()
        self.places: dict[Value, int] = {}
        self.size = self._place()
        self.rooms = {statement: span.offset for statement, span in self._rooms.items()}
        self.peak = self.size + self._loose()
        del self._of, self._owners, self._rooms, self._spans, self.last, self.steps, self.escaping  # which are large

    def _lifetimes(self) -> list[_Span]:
        """Memory for each root, from when it is made until it is used last; several, if one is written over another."""
        spans = []
        for i, step in enumerate(self.steps):
            if self._lends and isinstance(step, Statement) and step.needs is not None and step.needs.size:
                self._rooms[step] = _Span(i, step.needs.size)
                spans.append(self._rooms[step])
            for result in step.results:
                if not self._has_place(step, result):
                    continue
                over = self._overwritten(step, result, i)
                if over is None:
                    span = _Span(i, max(_ALIGN, rounded(result.nbytes)))
                    spans.append(span)
                else:
                    span = self._of[over]
                span.end = max(span.end, self.last[result])
                if result in self.own:
                    span.offset, span.size = self.own[result], result.nbytes
                self._of[result] = span
                self._owners[id(span)] = result
        return spans

    def _has_place(self, step: Any, result: Value) -> bool:
        if result.root is not result or result in self._without:
            return False
        if isinstance(step, Statement):
            return result in self.own or (result not in self.escaping and is_placed(step, result, self._lends))
        return result in self.own or result not in self.escaping

    def _overwritten(self, step: Any, result: Value, i: int) -> Value | None:
        """An operand that is used here for the last time, and that the result can be written over."""
        for value in _operands(step) if isinstance(step, Statement) else step.overwritable(result):
            span = self._of.get(value)
            if (
                span is not None
                and self.last.get(value) == i
                and (value.shape, value.strides, value.dtype) == (result.shape, result.strides, result.dtype)
                and self._owners[id(span)] is value
                and (result not in self.own or (span.offset is None and span.start >= self._free))
            ):
                return value
        return None

    def _place(self) -> int:
        """Large ones by their size, where the smallest gap is; then small ones, one after another in time."""
        fixed = [span for span in self._spans if span.offset is not None]
        large = [span for span in self._spans if span.offset is None and span.size >= LARGE]
        least = max(self.boundary, _most_at_once(self._spans))
        top, offsets = 1 << 62, [0] * len(large)
        for order in _ORDERS:
            reached, found = self._large(fixed, sorted(large, key=order))
            if reached < top:
                top, offsets = reached, [found[span] for span in large]
            if top <= least:
                break
        for span, offset in zip(large, offsets, strict=True):
            span.offset = offset
        block = Block()
        ends: dict[int, list[_Span]] = {}
        small = [span for span in self._spans if span.offset is None]
        for span in small:
            ends.setdefault(span.end, []).append(span)
        starts: dict[int, list[_Span]] = {}
        for span in small:
            starts.setdefault(span.start, []).append(span)
        for i in range(len(self.steps) + 1):
            for span in starts.get(i, ()):
                span.offset = top + block.lend(span.size)
            for span in ends.get(i, ()):
                block.give(span.offset - top, span.size)
        for value, span in self._of.items():
            self.places[value] = span.offset
        return top + block.top - self.boundary

    def _large(self, fixed: list[_Span], large: list[_Span]) -> tuple[int, dict[_Span, int]]:
        """Where large ones lie that are placed in this order, and up to where that reaches."""
        placed = _Placed(2 * len(fixed) + len(large) + 1, self.boundary)
        for span in fixed:
            placed.add(span.offset, span.size, -1, self._free - 1)
            placed.add(span.offset, span.size, span.start, span.end)
        top, offsets = self.boundary, {}
        for span in large:
            offsets[span] = offset = placed.gap(span.size, span.start, span.end)
            placed.add(offset, span.size, span.start, span.end)
            top = max(top, offset + span.size)
        return top, offsets

    def _loose(self) -> int:
        """The most bytes at a time of what is neither placed nor a result."""
        changes: dict[int, int] = {}
        for i, step in enumerate(self.steps):
            for result in step.results:
                outside = result in self._of or result in self.escaping or result in self._without
                if result.root is result and not outside:
                    changes[i] = changes.get(i, 0) + result.nbytes
                    end = self.last[result] + 1
                    changes[end] = changes.get(end, 0) - result.nbytes
        now = top = 0
        for i in sorted(changes):
            now += changes[i]
            top = max(top, now)
        return top


class _Span:
    """Memory of one root, or of several one after another, with the steps at which it is in use."""

    __slots__ = ("end", "offset", "size", "start")

    def __init__(self, start: int, size: int) -> None:
        self.start = self.end = start
        self.size = size
        self.offset: Any = None


_ORDERS: tuple[Callable[[_Span], Any], ...] = (
    lambda span: (-span.size, span.start), lambda span: (-span.size, -span.end),
    lambda span: (-span.size, span.start - span.end),
)  # fmt: skip
"""Of what is of one size, what is used first is placed first, or what is used last, or longest."""


def _most_at_once(spans: list[_Span]) -> int:
    """The most bytes that are in use at a time."""
    changes: dict[int, int] = {}
    for span in spans:
        changes[span.start] = changes.get(span.start, 0) + span.size
        changes[span.end + 1] = changes.get(span.end + 1, 0) - span.size
    return max(accumulate([changes[i] for i in sorted(changes)]), default=0)


class _Placed:
    """The spans that have their place: what gap is left among those that are in use at the same time."""

    def __init__(self, most: int, boundary: int) -> None:
        self.starts, self.ends, self.offsets, self.sizes = np.zeros((4, most), np.int64)
        self.count = 0
        self.boundary = boundary
        if boundary:
            self.add(boundary, 0, -1, 1 << 60)  # nothing lies across it

    def add(self, offset: int, size: int, start: int, end: int) -> None:
        k = self.count
        self.starts[k], self.ends[k], self.offsets[k], self.sizes[k] = start, end, offset, size
        self.count += 1

    def gap(self, size: int, start: int, end: int) -> int:
        """The offset of the smallest gap that suffices."""
        k = self.count
        (at,) = ((self.starts[:k] <= end) & (self.ends[:k] >= start)).nonzero()
        best, room, cursor = -1, 1 << 62, 0
        for offset, length in sorted(zip(self.offsets[at].tolist(), self.sizes[at].tolist(), strict=True)):
            begin = rounded(cursor)
            if size <= offset - begin < room:
                best, room = begin, offset - begin
            cursor = max(cursor, offset + length)
        return best if best >= 0 else rounded(cursor)


def array_at(block: Any, start: int, value: Value) -> Any:
    """The array of a value in the block."""
    order = order_of(value)
    flat = block[start : start + value.nbytes].view(value.dtype)
    made = flat.reshape([value.shape[axis] for axis in order])
    return made.transpose(sorted(range(len(order)), key=order.__getitem__))


def order_of(value: Value) -> tuple[int, ...]:
    """The axes from the one with the longest strides to that with the shortest."""
    return tuple(sorted(range(len(value.shape)), key=lambda axis: -value.strides[axis]))


def laid(shape: tuple[int, ...], dtype: Any, strides: tuple[int, ...]) -> Any:
    """Zeros that lie in memory as these strides say, backwards too, and with gaps."""
    ends = [max(n - 1, 0) * stride for n, stride in zip(shape, strides, strict=True)]
    memory = np.zeros(sum(map(abs, ends)) + np.dtype(dtype).itemsize, np.uint8)
    return np.ndarray(shape, dtype, memory, -sum(min(end, 0) for end in ends), strides)


def new_block(size: int) -> Any:
    """Memory that begins where a line of the cache does."""
    block = np.empty(size + _ALIGN, np.uint8)
    start = -block.ctypes.data % _ALIGN
    return block[start : start + size]


def rounded(size: int) -> int:
    """Up to where the next line of the cache begins."""
    return -(-size // _ALIGN) * _ALIGN


def is_placed(statement: Statement, value: Value, lends: bool = True) -> bool:
    """Whether a statement can put its result where it is told, and the result's layout is one without gaps.

    lends  whether functions are lent memory that they ask for
    """
    if statement.kind != "call" or isinstance(statement.form, tuple) or value.python:
        return False
    function = statement.function
    if lends and statement.needs is not None and statement.needs.result is not None:
        return is_dense(value)
    if value.scalar:  # what is taken of a scalar is a copy, of an array it would be a view
        return False
    if function is np.ndarray.reshape:  # that does not see the array otherwise, but copies it
        rows_first = statement.kwargs.get("order", "C") == "C"
        return rows_first and isinstance(statement.args[0], Value) and is_dense(value)
    if not (takes_out(function) or function in MADE or function in COPIES):
        return False
    if function in COPIES and not isinstance(statement.args[0], Value):
        return False
    if function is not ITEM and "out" in statement.kwargs and statement.kwargs["out"] is not None:
        return False
    if takes_out(function) and len(statement.args) > position_of_out(function):
        return False
    if function in _EXTREMES and any(stride < 0 for stride in getattr(statement.args[0], "strides", ())):
        return False
    return is_dense(value)


_EXTREMES = (np.ndarray.max, np.ndarray.min)
"""Of an array that is read backwards NumPy 2.0 forgets elements where these are to put the result into `out`."""


def is_dense(value: Value) -> bool:
    """Whether an array has its elements side by side, in some order of its axes."""
    expected = value.dtype.itemsize
    for axis in sorted(range(len(value.shape)), key=lambda axis: value.strides[axis]):
        if value.shape[axis] > 1 and value.strides[axis] != expected:
            return False
        expected *= value.shape[axis]
    return True


def last_uses(steps: Sequence[Any], outgoing: Iterable[Value]) -> dict[Value, int]:
    """For each root the step that uses it last, or any view of it; results are used after the last one."""
    last: dict[Value, int] = {}
    for i, step in enumerate(steps):
        for value in (*step.values(), *step.results):
            last[value.root] = i
        for root in step.writes:
            last[root] = i
    for value in outgoing:
        last[value.root] = len(steps)
    return last


def _operands(statement: Statement) -> list[Value]:
    """The operands that the result of a statement may be written over, as far as the statement is concerned."""
    if not is_elementwise(statement.function) or statement.kwargs:
        return []
    values = [value for value in statement.args if isinstance(value, Value)]
    return [v for v in values if v.root is v and not any(o is not v and o.root is v for o in values)]
