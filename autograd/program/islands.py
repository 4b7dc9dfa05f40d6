"""Islands: elementwise statements on large arrays, run piece by piece, so that what lies between stays in the cache.

Of what is made and used within an island there is only one piece at a time. Each number is computed as it would be
without, so no bit of it changes: pieces begin where vectors of the processor do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from .functions import EMPTY, is_elementwise
from .memory import is_dense, order_of
from .values import Statement, Value

PIECE = 1 << 16
"""Bytes of an array that are worked on at a time: with several arrays in use they fit into a second-level cache."""

LEAST = 4 * PIECE
"""Bytes; smaller arrays stay in the cache as they are."""

_VECTORS = 64  # elements: a multiple of what any processor computes at once
_ROWS = 8  # the least length of a first axis that is cut


class Island:
    """Statements that run together, in the place of the last of them.

    statements  with their numbers in the program
    inner       the values that only they use, of which there is one piece at a time
    results     the other values that they make
    writes      the values from outside that they change
    rows        whether the first axis is cut, because something is broadcast; else all axes are one
    length      of what is cut, and how long a piece is
    """

    def __init__(self, statements: list[tuple[int, Statement]], inner: set[Value], rows: bool) -> None:
        self.statements = statements
        self.rows = rows
        targets = [target_of(s) for _, s in statements]
        made = {r for _, s in statements for r in s.results}
        used = dict.fromkeys(v for _, s in statements for v in (*s.values(), *s.results) if v.shape)
        self.inner = [v for v in used if v.root in inner]
        self.results = [v for v in made if v not in inner]
        self.results.sort(key=lambda value: value.number)
        self.outer = [v for v in used if v.root not in inner]
        self.writes = tuple(dict.fromkeys(root for _, s in statements for root in s.writes if root not in inner))
        self.shape = targets[0].shape
        self.order = order_of(targets[0])
        itemsize = max(v.dtype.itemsize for v in used)
        if rows:
            row = math.prod(self.shape[1:])
            step = _VECTORS // math.gcd(row, _VECTORS)
            self.length, self.cut = self.shape[0], max(step, PIECE // (row * itemsize) // step * step)
            self.piece = self.cut * row * itemsize
        else:
            self.length = math.prod(self.shape)
            self.cut = max(_VECTORS, PIECE // itemsize // _VECTORS * _VECTORS)
            self.piece = self.cut * itemsize
        self.slots = self._slots()
        self.scratch = self.count * self.piece

    def values(self) -> list[Value]:
        """The values that they use."""
        return [value for _, s in self.statements for value in s.values()]

    def overwritable(self, result: Value) -> list[Value]:
        """The operands that a result may be written over, as far as the island is concerned."""
        makes = next(i for i, s in self.statements if result in s.results)
        found = []
        for value in self.outer:
            if value.root is value and value is not result and self.is_full(value):
                uses = [i for i, s in self.statements if any(v.root is value for v in (*s.values(), *s.results))]
                others = any(v.root is value for v in self.outer if v is not value)
                if uses and uses[-1] <= makes and not others and value not in self.results:
                    found.append(value)
        return found

    def is_full(self, value: Value) -> bool:
        """Whether a value is cut as the island is, and not broadcast."""
        return value.shape == self.shape

    def is_cut(self, value: Value) -> bool:
        if not self.rows:
            return True
        return len(value.shape) == len(self.shape) and value.shape[0] == self.shape[0]

    def bound(self, fixed: Collection[Value]) -> list[Value]:
        """The values of which there are pieces before the program runs."""
        return [v for v in (*self.outer, *self.inner) if (v in fixed or v in self.slots) and self.is_cut(v)]

    def pieces(
        self, arrays: Mapping[Value, Any], fixed: Collection[Value], scratch: Any, made: dict[Any, list[Any]]
    ) -> list[tuple[Any, ...]]:
        """For each round of the loop the pieces of arrays, and the slice that they are.

        made  the pieces that there are: values that lie in one place, one after another, have the same ones
        """
        cuts = made.get((self.length, self.cut))
        if cuts is None:
            starts = range(0, self.length, self.cut)
            cuts = made[self.length, self.cut] = [slice(i, min(i + self.cut, self.length)) for i in starts]
        columns: list[list[Any]] = []
        for v in self.bound(fixed):
            if v in self.slots:
                columns.append([self._own(v, cut.stop - cut.start, scratch, made) for cut in cuts])
                continue
            array = arrays[v] if self.rows else arrays[v].transpose(self.order).reshape(-1)
            key = array.__array_interface__["data"][0], array.shape, array.strides, array.dtype, self.cut
            if key not in made:
                made[key] = [array[cut] for cut in cuts]
            columns.append(made[key])
        return list(zip(*columns, cuts, strict=True))

    def _own(self, value: Value, length: int, scratch: Any, made: dict[Any, list[Any]]) -> Any:
        shape = (length, *(self.shape[1:] if self.rows else ()))
        start = self.slots[value] * self.piece
        key = start, shape, value.dtype
        if key not in made:
            end = start + math.prod(shape) * value.dtype.itemsize
            made[key] = [scratch[start:end].view(value.dtype).reshape(shape)]
        return made[key][0]

    def _slots(self) -> dict[Value, int]:
        """For each inner root, which piece of scratch it lies in."""
        last: dict[Value, int] = {}
        for k, (_, s) in enumerate(self.statements):
            for value in (*s.values(), *s.results):
                last[value.root] = k
        slots: dict[Value, int] = {}
        free: list[int] = []
        count = 0
        inner = {value.root for value in self.inner}
        for k, (_, s) in enumerate(self.statements):
            target = target_of(s).root
            over = [v.root for v in s.values() if v.root in slots and last[v.root] == k and v.root is not target]
            over = [v for v in over if v.dtype == target.dtype]
            if target in inner and target not in slots:
                if over:
                    slots[target] = slots[over[0]]
                elif free:
                    slots[target] = free.pop()
                else:
                    slots[target], count = count, count + 1
            for root in {v.root for v in (*s.values(), *s.results) if v.root in slots and last[v.root] == k}:
                if (not over or root is not over[0] or slots[root] != slots.get(target)) and slots[root] not in free:
                    free.append(slots[root])
        self.count = count
        return slots


def target_of(statement: Statement) -> Value:
    """The value that an elementwise statement writes to."""
    out = statement.kwargs.get("out")
    target: Value = statement.results[0] if out is None else out[0]
    return target


def find_islands(
    statements: Sequence[Statement], free: int, outgoing: Collection[Value], skipped: Callable[[int], bool],
    loose: Callable[[Value], bool],
) -> list[Island]:  # fmt: skip
    """The islands of a program.

    free      from which statement on states may be written in another order than that of the program
    outgoing  the roots that leave it
    skipped   whether a statement, by its number, is nothing that is run, or is run elsewhere
    loose     whether a value has memory of its own at each call
    """
    uses: dict[Value, list[int]] = {}
    for i, s in enumerate(statements):
        for root in {v.root for v in (*s.values(), *s.results)} | set(s.writes):
            uses.setdefault(root, []).append(i)
    islands: list[Island] = []
    run: list[tuple[int, Statement]] = []
    empty: dict[Value, int] = {}
    key: Any = None
    seen = _Seen()

    def close() -> None:
        nonlocal run
        if len(run) > 1:
            own = {i for i, _ in run}
            made = {r for _, s in run for r in s.results}
            inner = {
                root for root in {target_of(s).root for _, s in run}
                if root not in outgoing
                and (root in made or root in empty)
                and all(i in own or i == empty.get(root) for i in uses[root])
            }  # fmt: skip
            rows = any(v.shape not in ((), key[0]) for _, s in run for v in s.values())
            plain = all(key[1] == tuple(range(len(key[0]))) or r in inner or not loose(r) for r in made)
            if plain:
                islands.append(Island(run, inner, rows))
        run = []

    for i, s in enumerate(statements):
        if s.kind == "call" and s.function in EMPTY:
            empty[s.results[0]] = i
            continue
        if skipped(i):
            continue
        now = _key(s, i >= free)
        if now is None or now != key or not seen.fits(s):
            close()
            seen = _Seen()
        key = now
        if now is not None:
            run.append((i, s))
            seen.add(s)
    close()
    return islands


def _key(s: Statement, is_free: bool) -> Any:
    """What statements of one island agree in; None for one that can be in none."""
    if not may_be_cut(s) or (s.writes and not is_free):
        return None
    target = target_of(s)
    if target.nbytes < LEAST:
        return None
    order = order_of(target)
    for value in s.values():
        if value.shape not in ((), target.shape) and not (
            order == tuple(range(len(order)))
            and len(order) > 1
            and target.shape[0] >= _ROWS
            and len(value.shape) <= len(order)
        ):
            return None
        if value.shape == target.shape and (not is_dense(value) or order_of(value) != order):
            return None
    return target.shape, order


def may_be_cut(s: Statement) -> bool:
    """Whether a statement computes each number of its result by itself, and puts it where it is told."""
    if s.kind != "call" or not is_elementwise(s.function) or set(s.kwargs) - {"out"}:
        return False
    out = s.kwargs.get("out")
    if not (len(s.results) == 1 if out is None else not s.results and len(out) == 1 and isinstance(out[0], Value)):
        return False
    if not all(isinstance(item, Value | int | float) for item in s.args):
        return False
    target = target_of(s)
    return not target.scalar and (bool(s.writes) or target.root is target) and bool(target.shape) and is_dense(target)


class _Seen:
    """How the statements of a run see memory: one that sees what others write in another way than they do ends it."""

    def __init__(self) -> None:
        self.ways: dict[Value, set[Value]] = {}
        self.written: set[Value] = set()

    def fits(self, s: Statement) -> bool:
        target = target_of(s)
        for v in (*s.values(), *s.results):
            if v.root is target.root and v is not target:
                return False
            if v.root in self.written and self.ways[v.root] != {v}:
                return False
        return self.ways.get(target.root, {target}) == {target}

    def add(self, s: Statement) -> None:
        self.written.add(target_of(s).root)
        for v in (*s.values(), *s.results):
            self.ways.setdefault(v.root, set()).add(v)
