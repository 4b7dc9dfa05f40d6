"""What is done alike to many small arrays, done once: the updates of an optimizer, where its arrays lie side by side.

An optimizer lays the states of small parameters side by side, and a program lays their gradients so. Then one statement
does to all of them what it would do to each; only what touches parameters themselves, which lie where they like, is
done one by one. All of it is elementwise, so no bit changes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from .functions import EMPTY
from .islands import may_be_cut, target_of
from .memory import array_at, is_dense, order_of, rounded
from .values import Statement, Value

SMALL = 4096
"""Elements: larger arrays are no better off together."""

MOST = 32768
"""Elements that are worked on together, so that they stay in the cache."""


class Together:
    """Statements that do the same to several arrays, run in the place of the last of them.

    parts   for each array, the numbers and the statements that are about it: alike, and in the same order
    slots   for each value in the statements of the first part, the values in its place in all parts
    kinds   how the values of a slot lie: "inner", which only these statements use; "own", gradients that the program
            lays; "state", which lie side by side already; or "apart"
    """

    results: tuple[Value, ...] = ()

    def __init__(self, parts: list[list[tuple[int, Statement]]], slots: list[list[Value]], kinds: list[str]) -> None:
        self.parts = parts
        self.slots = slots
        self.kinds = kinds
        self.sizes = [value.size for value in slots[0]]
        self.size = sum(self.sizes)
        statements = [s for part in parts for _, s in part]
        self.inner = {v for slot, kind in zip(slots, kinds, strict=True) if kind == "inner" for v in slot}
        self.writes = tuple(dict.fromkeys(root for s in statements for root in s.writes if root not in self.inner))
        self.statements = [numbered for part in parts for numbered in part]
        self.numbers = [i for i, _ in self.statements]
        self.lying = list(zip(slots, kinds, strict=True))
        self.scratch = sum(rounded(self.size * v.dtype.itemsize) for (v, *_), kind in self.lying if kind == "inner")
        self.slot_of = {value: k for k, slot in enumerate(slots) for value in slot}

    def values(self) -> list[Value]:
        """The values that they use."""
        return [value for part in self.parts for _, s in part for value in s.values()]

    def overwritable(self, result: Value) -> list[Value]:
        """None: nothing is made that others use."""
        return []

    def is_together(self, statement: Statement) -> bool:
        """Whether a statement of the first part is done for all at once."""
        used = [v for v in (*statement.values(), *statement.results) if v.shape]
        return all(self.kinds[self.slot_of[v]] != "apart" for v in used)

    def flat(self, name: str, offsets: Mapping[Value, int], own: Any, scratch: Any) -> dict[str, Any]:
        """By name, the arrays of slots that lie side by side, and of what is inner each part, too."""
        found = {}
        top = 0
        for k, (slot, kind) in enumerate(self.lying):
            length = self.size * slot[0].dtype.itemsize
            if kind == "own":
                found[f"{name}_{k}"] = own[offsets[slot[0]] :][:length].view(slot[0].dtype)
            elif kind == "state":
                found[f"{name}_{k}"] = side_by_side([value.array for value in slot])
            elif kind == "inner":
                found[f"{name}_{k}"] = scratch[top : top + length].view(slot[0].dtype)
                start = top
                for c, value in enumerate(slot):
                    found[f"{name}_{k}_{c}"] = array_at(scratch, start, value)
                    start += value.nbytes
                top += rounded(length)
        return found


def find_together(
    statements: Sequence[Statement], free: int, outgoing: Collection[Value], own: Collection[Value],
    moving: Collection[Value], views: Collection[Statement],
) -> list[Together]:  # fmt: skip
    """Where statements do the same to several arrays, from the statement `free` on; but for `views`, all are run."""
    uses: dict[Value, list[int]] = {}
    for i, s in enumerate(statements):
        for root in {v.root for v in (*s.values(), *s.results)} | set(s.writes):
            uses.setdefault(root, []).append(i)
    found: list[Together] = []
    laid: set[Value] = set()
    seen_of = {s.results[0]: s.args[0] for s in views}
    for run in _segments(statements, free, views):
        if not any(s.writes for _, s in run):
            continue
        alike: dict[Any, list[tuple[list[tuple[int, Statement]], list[Value]]]] = {}
        for part in _parts(run, seen_of):
            key, slots = _key(part, moving)
            if key is not None:
                alike.setdefault(key, []).append((part, slots))
        for group in alike.values():
            for few in _few(group):
                parts = [part for part, _ in few]
                together: list[list[Value]] = [list(slot) for slot in zip(*[part[1] for part in few], strict=True)]
                inside = {i for part in parts for i, _ in part}
                kinds = [_kind(slot, parts, inside, uses, outgoing, own, laid) for slot in together]
                made = Together(parts, together, kinds)
                leaves = any(r not in made.inner for part in parts for _, s in part for r in s.results)
                if not leaves and any(made.is_together(s) for _, s in parts[0] if s.function not in EMPTY):
                    found.append(made)
                    laid |= {v for slot, kind in made.lying if kind == "own" for v in slot}
    return found


def _segments(
    statements: Sequence[Statement], free: int, views: Collection[Statement]
) -> Iterator[list[tuple[int, Statement]]]:
    """Runs of statements whose order among each other is that of their arrays alone."""
    run: list[tuple[int, Statement]] = []
    for i, s in enumerate(statements[free:], free):
        if s in views:
            continue
        if _fits(s):
            run.append((i, s))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _fits(s: Statement) -> bool:
    if s.kind == "call" and s.function in EMPTY:
        return True
    if not may_be_cut(s):
        return False
    target = target_of(s)
    return all(
        not v.shape or (v.shape == target.shape and is_dense(v) and order_of(v) == order_of(target))
        for v in (*s.values(), *s.results)
    )


def _parts(run: list[tuple[int, Statement]], seen_of: Mapping[Value, Any]) -> list[list[tuple[int, Statement]]]:
    """The statements of a run, those together that have to do with each other."""
    memory = _memory(run, seen_of)
    changed = {memory(v) for _, s in run for v in (*s.results, *([target_of(s)] if s.writes else []))}
    parents: dict[Value, Value] = {}

    def top(value: Value) -> Value:
        while (above := parents.get(value, value)) is not value:
            value = above
        return value

    def concerned(s: Statement) -> list[Value]:
        return [m for m in map(memory, (*s.values(), *s.results)) if m in changed]

    for _, s in run:
        first, *others = concerned(s)
        for other in others:
            a, b = top(first), top(other)
            if a is not b:
                parents[b] = a
    parts: dict[Value, list[tuple[int, Statement]]] = {}
    for i, s in run:
        parts.setdefault(top(concerned(s)[0]), []).append((i, s))
    return list(parts.values())


def _memory(run: list[tuple[int, Statement]], seen_of: Mapping[Value, Any]) -> Callable[[Value], Value]:
    """What tells whether two values share memory: their roots, but for states that are disjoint parts of one array."""

    def of(value: Value) -> Value:
        while isinstance(seen := seen_of.get(value), Value):
            value = seen
        return value

    used = {of(v) for _, s in run for v in s.values() if v.root.kind == "state"}
    apart: set[Value] = set()
    for root in {v.root for v in used}:
        parts = [v for v in used if v.root is root]
        if all(v.kind == "state" and v.array is not None for v in parts):
            bounds = sorted(np.lib.array_utils.byte_bounds(v.array) for v in parts if v.array is not None)
            if all(end <= start for (_, end), (start, _) in pairwise(bounds)):
                apart.update(parts)
    return lambda value: state if (state := of(value)) in apart else value.root


def _key(part: list[tuple[int, Statement]], moving: Collection[Value]) -> tuple[Any, list[Value]]:
    """What parts that are alike agree in, and the part's arrays in the order of their appearance."""
    slots: dict[Value, int] = {}
    said: list[Any] = []

    def of(item: Any) -> Any:
        if not isinstance(item, Value):
            return type(item), repr(item)
        return item if not item.shape else slots.setdefault(item, len(slots))

    for _, s in part:
        if s.function in EMPTY:
            said.append((s.function, slots.setdefault(s.results[0], len(slots)), s.results[0].dtype))
        else:
            args = tuple([of(item) for item in s.args])
            said.append((s.function, args, of(target_of(s)), target_of(s).dtype))
    first = next(iter(slots))
    writes = any(s.writes and target_of(s).kind == "state" for _, s in part)
    changed = {root for _, s in part for root in (*s.writes, *[r.root for r in s.results])}
    fits = (
        writes
        and first.size <= SMALL
        and all(value.root is value or value.kind == "state" or value.root not in changed for value in slots)
        and not any(value in moving or value.kind == "input" for value in slots)
        and all(value.shape == first.shape and order_of(value) == order_of(first) for value in slots)
    )
    return (tuple(said) if fits else None), list(slots)


def _few(group: list[Any]) -> Iterator[list[Any]]:
    """So many at a time that they stay in the cache, and that lie side by side where any do; one alone is none."""
    adjoin = [[_adjoin(a, b) for a, b in zip(slots, after, strict=True)] for (_, slots), (_, after) in pairwise(group)]
    ever = [any(pairs) for pairs in zip(*adjoin, strict=True)]
    few, size = [group[0]], group[0][1][0].size
    for (part, slots), pairs in zip(group[1:], adjoin, strict=True):
        if size + slots[0].size > MOST or pairs != ever:
            if len(few) > 1:
                yield few
            few, size = [], 0
        few.append((part, slots))
        size += slots[0].size
    if len(few) > 1:
        yield few


def _adjoin(a: Value, b: Value) -> bool:
    return a.kind == b.kind == "state" and side_by_side([a.array, b.array]) is not None


def _kind(
    slot: list[Value], parts: Any, inside: set[int], uses: dict[Value, list[int]], outgoing: Collection[Value],
    own: Collection[Value], laid: set[Value],
) -> str:  # fmt: skip
    made = {r for part in parts for _, s in part for r in s.results}
    if all(v in made and v.root is v and v not in outgoing and inside.issuperset(uses[v]) for v in slot):
        return "inner"
    if all(v in own and v not in laid for v in slot):
        return "own"
    if all(v.kind == "state" for v in slot) and side_by_side([v.array for v in slot]) is not None:
        return "state"
    return "apart"


def side_by_side(arrays: list[Any]) -> Any:
    """The memory of arrays that lie one after another in one piece, as an array of one axis; None if they do not."""
    owner = arrays[0]
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    if owner.dtype != arrays[0].dtype or not owner.flags.c_contiguous or not owner.flags.writeable:
        return None
    start = _address(arrays[0]) - _address(owner)
    at = start
    for array in arrays:
        base = array
        while isinstance(base.base, np.ndarray):
            base = base.base
        if base is not owner or _address(array) - _address(owner) != at:
            return None
        at += array.nbytes
    return owner.reshape(-1)[start // owner.itemsize : at // owner.itemsize]


def _address(array: Any) -> int:
    address: int = array.__array_interface__["data"][0]
    return address
