"""Where the values of a program lie: in one block of memory, each as long as it is used."""

from __future__ import annotations

from typing import Any

import numpy as np

from .functions import COPIES, ITEM, MADE, is_elementwise, takes_out
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
    """The plan: which values have a place in the block, and where.

    places  the offset of each root that has one
    size    of the block, in bytes
    peak    the most bytes at a time that are in use, but for inputs, states, constants and results
    """

    def __init__(self, program: Program) -> None:
        self.places: dict[Value, int] = {}
        block = Block()
        escaping = {value.root for value in program.outgoing()}
        last = last_uses(program)
        ends: dict[int, list[Value]] = {}
        for root, i in last.items():
            ends.setdefault(i, []).append(root)
        owners: dict[int, Value] = {}  # by offset, the root that now lies there
        loose = top = 0
        for i, statement in enumerate(program.statements):
            for result in statement.results:
                if result.root is not result:
                    continue
                if result in escaping or not is_placed(statement, result):
                    loose += result.nbytes if result not in escaping else 0
                    continue
                size = _rounded(result)
                over = self._overwritten(statement, result, last, i, owners)
                if over is None:
                    start = block.lend(size)
                else:
                    start = self.places[over]
                self.places[result] = start
                owners[start] = result
            top = max(top, loose)
            for root in ends.get(i, ()):
                at = self.places.get(root)
                if at is None:
                    loose -= root.nbytes if root.kind == "made" and root not in escaping else 0
                elif owners.get(at) is root:
                    del owners[at]
                    block.give(at, _rounded(root))
        self.size = block.top
        self.peak = block.top + top

    def _overwritten(
        self, statement: Statement, result: Value, last: dict[Value, int], i: int, owners: dict[int, Value]
    ) -> Value | None:
        """An operand that is used here for the last time, and that the result can be written over."""
        if not is_elementwise(statement.function) or statement.kwargs:
            return None
        for value in statement.args:
            if (
                isinstance(value, Value)
                and value.root is value
                and value in self.places
                and last.get(value) == i
                and (value.shape, value.strides, value.dtype) == (result.shape, result.strides, result.dtype)
                and owners.get(self.places[value]) is value
                and not any(o is not value and isinstance(o, Value) and o.root is value for o in statement.args)
            ):
                return value
        return None


def array_at(block: Any, start: int, value: Value) -> Any:
    """The array of a value in the block."""
    order = sorted(range(len(value.shape)), key=lambda axis: -value.strides[axis])
    flat = block[start : start + value.nbytes].view(value.dtype)
    made = flat.reshape([value.shape[axis] for axis in order])
    return made.transpose(sorted(range(len(order)), key=order.__getitem__))


def new_block(size: int) -> Any:
    """Memory that begins where a line of the cache does."""
    block = np.empty(size + _ALIGN, np.uint8)
    start = -block.ctypes.data % _ALIGN
    return block[start : start + size]


def _rounded(value: Value) -> int:
    return max(_ALIGN, -(-value.nbytes // _ALIGN) * _ALIGN)


def is_placed(statement: Statement, value: Value) -> bool:
    """Whether a statement can put its result where it is told, and the result's layout is one without gaps."""
    if statement.kind != "call" or isinstance(statement.form, tuple) or value.python:
        return False
    function = statement.function
    if value.scalar:  # what is taken of a scalar is a copy, of an array it would be a view
        return False
    if function is np.ndarray.reshape:  # that does not see the array otherwise, but copies it
        return isinstance(statement.args[0], Value) and _is_dense(value)
    if not (takes_out(function) or function in MADE or function in COPIES):
        return False
    if function in COPIES and not isinstance(statement.args[0], Value):
        return False
    if function is not ITEM and "out" in statement.kwargs and statement.kwargs["out"] is not None:
        return False
    return _is_dense(value)


def _is_dense(value: Value) -> bool:
    """Whether an array has its elements side by side, in some order of its axes."""
    expected = value.dtype.itemsize
    for axis in sorted(range(len(value.shape)), key=lambda axis: value.strides[axis]):
        if value.shape[axis] > 1 and value.strides[axis] != expected:
            return False
        expected *= value.shape[axis]
    return True


def last_uses(program: Program) -> dict[Value, int]:
    """For each root the statement that uses it last, or any view of it; results are used after the last one."""
    last: dict[Value, int] = {}
    for i, statement in enumerate(program.statements):
        for value in (*statement.values(), *statement.results):
            last[value.root] = i
        for root in statement.writes:
            last[root] = i
    for value in program.outgoing():
        last[value.root] = len(program.statements)
    return last
