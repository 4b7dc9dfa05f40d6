"""Steps joined to nests of loops, so that memory is gone through once for as many of them as possible.

A draft is a nest in the making: steps that run for each element of a row, and steps that run once for each row. What a
step needs of the whole row (a sum, what another element of it was) has to be there before: so a row is gone through in
phases. A step may join where everything else that touches the same memory does so in the same row.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np

from ..memory import is_dense
from ..values import Value
from .steps import Memory, Ref, Step, common, split

_MOST_BASES = 24
"""Arrays from outside that one nest works on: with more of them, processors run short of registers and of cache."""

_MOST_STEPS = 96


class Part:
    """A step in a draft: whether it runs for each element, and in which phase of the row."""

    __slots__ = ("each", "phase", "step")

    def __init__(self, step: Step, each: bool, phase: int = 0) -> None:
        self.step = step
        self.each = each
        self.phase = phase


class Draft:
    """Steps under common loops.

    outer   the lengths of the loops over rows
    inner   the length of a row; None where nothing runs for each element
    parts   in an order in which they can run, within each phase
    """

    def __init__(self, outer: tuple[int, ...], inner: int | None, parts: list[Part], bases: frozenset[Value]) -> None:
        self.outer = outer
        self.inner = inner
        self.parts = parts
        self.bases = bases
        self.roots = {base.root for base in bases}
        self.written = {part.step.target.base for part in parts}
        self.changed = {base.root for base in self.written}

    @classmethod
    def of(cls, step: Step) -> Draft:
        if not step.shape or step.bound:
            return cls(step.shape, None, [Part(step, False)], step.bases)
        return cls(step.shape[:-1], step.shape[-1], [Part(step, True)], step.bases)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.outer if self.inner is None else (*self.outer, self.inner)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def is_product(self) -> bool:
        return self.parts[0].step.is_product

    @property
    def has_rows(self) -> bool:
        """Whether it matters where a row ends."""
        return any(not part.each or part.phase or collects_row(part.step) for part in self.parts)


def drafts(steps: Sequence[Step], memory: Memory, live: Collection[Value]) -> list[Draft]:
    """The steps as nests, in an order in which these can run; `live` are the bases that others use, too."""
    found: list[Draft] = []
    for step in steps:
        for k in range(len(found) - 1, -1, -1):
            joined = _join(found[k], step, memory, live) if _related(found[k], [step]) else None
            if joined is not None:
                found[k] = joined
                break
            if touches(found[k], [step], memory):
                found.append(Draft.of(step))
                break
        else:
            found.append(Draft.of(step))
    k = 0
    while k < len(found):
        to = _moved(found, k, memory, live)
        k = k + 1 if to is None else to
    return found


def _moved(found: list[Draft], k: int, memory: Memory, live: Collection[Value]) -> int | None:
    """Join a draft, as a whole, to one before it, if it can be: to which."""
    steps = [part.step for part in sorted(found[k].parts, key=lambda part: (part.phase, part.each))]
    for j in range(k - 1, -1, -1):
        joined = found[j] if _related(found[j], steps) else None
        for step in steps:
            joined = None if joined is None else _join(joined, step, memory, live)
        if joined is not None:
            found[j] = joined
            del found[k]
            return j
        if touches(found[j], steps, memory):
            return None
    return None


def _related(draft: Draft, steps: Sequence[Step]) -> bool:
    """Whether what a draft has in a register may be of use to others: an array, or a number that one of them makes."""
    if draft.size <= 1:
        return True
    written = {step.target.base for step in steps}
    return any(
        base.size > 1 or base in draft.written or base in written for step in steps for base in draft.bases & step.bases
    )


def _join(draft: Draft, step: Step, memory: Memory, live: Collection[Value]) -> Draft | None:
    """A draft with a step more, or None."""
    bases = draft.bases | step.bases
    if step.is_product or draft.is_product:
        return None
    if sum(base in live for base in bases) > _MOST_BASES or len(draft.parts) >= _MOST_STEPS:
        return None
    for rows, inner, each, demoted in _ways(draft, step):
        whole = rows if inner is None else (*rows, inner)
        parts = [
            Part(split(part.step, whole if part.each and not demoted else rows), part.each and not demoted, part.phase)
            for part in draft.parts
        ]  # fmt: skip
        new = Part(split(step, whole if each else rows), each)
        phase = _phase(parts, new, whole, len(rows), memory)
        if phase is not None:
            new.phase = phase
            return Draft(rows, inner, [*parts, new], bases)
    return None


def _ways(draft: Draft, step: Step) -> Iterator[tuple[tuple[int, ...], int | None, bool, bool]]:
    """How a step may join: the loops over rows and the length of a row then, whether the step runs for each element,
    and whether the others, which did, run once for each row then."""
    size = math.prod(step.shape)
    if draft.inner is None:
        if size == draft.size and not step.collect and (rows := common(draft.outer, step.shape)) is not None:
            yield rows, None, False, False
    else:
        if step.bound and not draft.has_rows:
            whole = common(draft.shape, (*step.shape, step.bound))
            if whole is not None and whole[-1] == step.bound:
                yield whole[:-1], step.bound, False, False
        if (
            not step.bound
            and size == draft.size
            and step.shape
            and (whole := common(draft.shape, step.shape)) is not None
        ):
            fits = whole[-1] == draft.inner or not draft.has_rows
            if fits and (whole[-1] == step.shape[-1] or not collects_row(step)):
                yield whole[:-1], whole[-1], True, False
        if size == math.prod(draft.outer) and not step.collect:
            rows = common(draft.outer, step.shape)
            if rows is not None:
                yield rows, draft.inner, False, False
        if draft.has_rows or any(part.step.collect for part in draft.parts):
            return
    if step.shape and not step.bound and math.prod(step.shape[:-1]) == draft.size:
        rows = common(draft.shape, step.shape[:-1])
        if rows is not None:
            yield rows, step.shape[-1], True, draft.inner is not None


def _phase(parts: Sequence[Part], new: Part, shape: tuple[int, ...], depth: int, memory: Memory) -> int | None:
    """The first phase in which a step may run after the others; None if it cannot run in this nest."""
    phase = 0
    for part in parts:
        if not _may_meet(part.step, new.step):
            continue
        for a, b, writes in _pairs(part.step, new.step):
            if a.base is not b.base or _apart(a, b, part, new, memory):
                if a.base is not b.base and overlap(a, b, writes):
                    return None
                continue
            if not _same_rows(a, b, shape, depth, part.each, new.each):
                return None
            late = collects_row(part.step) and a is part.step.target  # which is there after the loop
            here = not part.each or (new.each and not late and _is_same(a, b))
            phase = max(phase, part.phase if here else part.phase + 1)
    return phase


def _may_meet(first: Step, second: Step) -> bool:
    """Whether one of two steps writes to what the other one touches, as far as that is known of the whole memory."""
    return first.target.base.root in second.roots or second.target.base.root in first.roots


def _pairs(first: Step, second: Step) -> Iterator[tuple[Ref, Ref, bool]]:
    """What two steps touch, of which one writes."""
    for read in second.reading:
        yield first.target, read, True
    for read in first.reading:
        yield read, second.target, True
    yield first.target, second.target, True


def overlap(a: Ref, b: Ref, writes: bool = True) -> bool:
    """Whether two bases may lie in the same memory though they are two: parts of a state that lie in one array."""
    if a.base is b.base or a.base.root is not b.base.root or not writes:
        return False
    if a.base.array is None or b.base.array is None:
        return True
    return bool(np.may_share_memory(a.base.array, b.base.array))


def touches(draft: Draft, steps: Sequence[Step], memory: Memory) -> bool:
    """Whether steps have to run after a draft, because they touch what it does, and one of both writes."""
    near = [s for s in steps if not draft.changed.isdisjoint(s.roots) or s.target.base.root in draft.roots]
    for part in draft.parts if near else ():
        for step in near:
            if not _may_meet(part.step, step):
                continue
            for a, b, writes in _pairs(part.step, step):
                if overlap(a, b, writes):
                    return True
                if a.base is b.base and not _apart(a, b, part, Part(step, True), memory):
                    return True
    return False


def _apart(a: Ref, b: Ref, first: Part, second: Part, memory: Memory) -> bool:
    """Whether two of one base have no element in common."""
    if a.index is None and b.index is None and a.offset == b.offset:
        return False
    low_a, high_a = _reach(a, first.step.shape)
    low_b, high_b = _reach(b, second.step.shape)
    if high_a < low_b or high_b < low_a:
        return True
    if a.index is not None or b.index is not None:
        return False
    whole = memory.array(a.base)
    if whole is None or not is_dense(a.base):
        return False
    flat = np.ndarray((whole.size,), whole.dtype, _owner(whole))
    one = _array(flat, a, first.step.shape)
    other = _array(flat, b, second.step.shape)
    try:
        return not np.shares_memory(one, other, max_work=10_000)  # type: ignore[arg-type]
    except np.exceptions.TooHardError:
        return False


def _owner(array: Any) -> Any:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _array(flat: Any, ref: Ref, shape: tuple[int, ...]) -> Any:
    strides = [stride * flat.itemsize for stride in ref.strides]
    return np.lib.stride_tricks.as_strided(flat[ref.offset :], shape, strides)


def _reach(ref: Ref, shape: tuple[int, ...]) -> tuple[int, int]:
    """The first and the last element."""
    low = high = ref.offset
    steps = [(n, stride) for n, stride in zip(shape, ref.strides, strict=True)]
    if ref.index is not None:
        steps.append(ref.index[1:])
    for n, stride in steps:
        if stride < 0:
            low += stride * (n - 1)
        else:
            high += stride * (n - 1)
    return low, high


def _same_rows(a: Ref, b: Ref, shape: tuple[int, ...], depth: int, a_each: bool, b_each: bool) -> bool:
    """Whether what two touch at different rows is never the same, as far as a row reaches."""
    outer, inner = a.strides[:depth], shape[depth:]
    if outer != b.strides[:depth]:
        return False
    low_a, high_a = _reach(Ref(a.base, a.offset, a.strides[depth:], a.index), inner if a_each else ())
    low_b, high_b = _reach(Ref(b.base, b.offset, b.strides[depth:], b.index), inner if b_each else ())
    return _are_apart(outer, shape[:depth], max(high_a, high_b) - min(low_a, low_b) + 1)


@functools.lru_cache(maxsize=4096)
def _are_apart(strides: tuple[int, ...], shape: tuple[int, ...], span: int) -> bool:
    """Whether pieces that are `span` long, and begin at these distances, have nothing in common."""
    for stride, n in sorted([(abs(stride), n) for stride, n in zip(strides, shape, strict=True)]):
        if stride < span:
            return False
        span += stride * (n - 1)
    return True


def _is_same(a: Ref, b: Ref) -> bool:
    return (a.offset, a.strides) == (b.offset, b.strides) and a.index is None and b.index is None


def collects_row(step: Step) -> bool:
    return step.collect is not None and step.target.strides[-1] == 0


def is_added(step: Step) -> bool:
    """Whether what is collected is added up in memory: over rows."""
    over = [n for n, stride in zip(step.shape, step.target.strides, strict=True) if stride == 0 and n > 1]
    return step.collect == "add" and (len(over) > 1 or step.target.strides[-1] != 0)
