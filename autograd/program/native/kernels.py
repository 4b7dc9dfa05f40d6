"""The steps of an island as calls of kernels: small nests several in one, large ones one by one, and divided."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeGuard

import numpy as np

from ..values import Value
from .building import Writer, kernel
from .form import ROW, Kernel, Number
from .nests import Draft, drafts, is_added
from .steps import Memory, Ref, Step, name_of, split
from .sums import joined_sums

LARGE = 1 << 15
"""Elements: a nest of more of them is a kernel of its own, whose outermost loop can be divided."""

_LONG = 1 << 14
"""Elements: a longer row is summed as several rows."""

_MANY = 256
"""Rows: of more of them sums are taken in parts, and then of the parts."""

_OFTEN = 3
"""How many small nests have to be the same, but for their lengths, to be one kernel that is called for each."""

_MOST_BUFFERS = 40
_MOST_INSTRUCTIONS = 400

numbers = itertools.count(1_000_000)
"""For values that are in no trace."""


@dataclass(eq=False)
class Call:
    """A kernel and what it is given: bases and where in these its buffers begin, how many rows, how many elements.

    size  how much there is to do: elements, as many times as there are eight instructions for each
    """

    kernel: Kernel
    bases: list[Value | None]
    starts: list[int]
    rows: int
    n: int
    size: int


@dataclass(eq=False)
class Clear:
    """All of a base set to 0."""

    base: Value


@dataclass(eq=False)
class Total:
    """All of a base set to the sum, over the first axis, of another one: the sums of parts, one after another."""

    base: Value
    parts: Value


def calls_of(steps: Sequence[Step], memory: Memory, live: Collection[Value]) -> list[Call | Clear | Total]:
    """What does what steps do; `live` are the bases that others use afterwards."""
    made = [part for draft in drafts(joined_sums(steps, live), memory, live) for part in _prepared(draft)]
    writers: list[Writer | Clear | Total] = []
    for k, draft in enumerate(made):
        if not isinstance(draft, Draft):
            writers.append(draft)
            continue
        others = {base for i, other in enumerate(made) if i != k for base in _bases(other)}
        writer = Writer(draft, others | set(live))
        if writer.parts:
            writers.append(writer)
    found: list[Call | Clear | Total] = []
    for group in _groups(writers):
        if isinstance(group, Clear | Total):
            found.append(group)
            continue
        alone = len(group) == 1 and not group[0].draft.is_product and _is_divisible(group[0])
        found.append(_call(group, live, alone))
    return found


def _bases(made: Draft | Clear | Total) -> set[Value]:
    if isinstance(made, Clear):
        return {made.base}
    return {made.base, made.parts} if isinstance(made, Total) else set(made.bases)


def bases_of(call: Call | Clear | Total) -> list[Value | None]:
    """The bases in whose memory something is read or written."""
    return call.bases if isinstance(call, Call) else list(_bases(call))


def _call(group: list[Writer], live: Collection[Value], divided: bool) -> Call:
    made, bases, starts = kernel(group, live, divided)
    draft = group[0].draft
    rows = -(-draft.size // ROW) if made.flat else draft.outer[0] if divided else 1
    size = sum(writer.draft.size * len(writer.instructions) // 8 for writer in group)
    return Call(made, bases, starts, rows, draft.size if made.flat else 0, size)


def _groups(writers: Sequence[Writer | Clear | Total]) -> Iterator[list[Writer] | Clear | Total]:
    """What is one kernel: of small nests as many as may be, but for flat ones that are several times the same."""
    flats = [_call([w], (), True).kernel if _is_small_flat(w) else None for w in writers]
    often = {flat for flat, count in Counter(flats).items() if flat is not None and count >= _OFTEN}
    group: list[Writer] = []
    for writer, flat in zip(writers, flats, strict=True):
        if not isinstance(writer, Writer) or _is_large(writer.draft) or flat in often:
            if group:
                yield group
            if isinstance(writer, Writer):
                yield [writer]
            else:
                yield writer
            group = []
            continue
        together = [*group, writer]
        buffers = {place[0] for w in together for place in w.places()}
        if group and (len(buffers) > _MOST_BUFFERS or sum(len(w.instructions) for w in together) > _MOST_INSTRUCTIONS):
            yield group
            together = [writer]
        group = together
    if group:
        yield group


def _is_large(draft: Draft) -> bool:
    return draft.size >= LARGE and not draft.is_product


def _is_small_flat(writer: Writer | Clear | Total) -> TypeGuard[Writer]:
    return isinstance(writer, Writer) and writer.draft.size < LARGE and not writer.draft.outer and _is_divisible(writer)


def _is_divisible(writer: Writer) -> bool:
    """Whether the outermost loop may be run in any order."""
    draft = writer.draft
    if not draft.outer:
        return draft.inner is not None and not draft.has_rows
    local = writer.local()
    return all(part.step.target.strides[0] for part in draft.parts if part.step.target.base not in local)


# ---- sums ------------------------------------------------------------------------------------------------------------


def _prepared(draft: Draft) -> list[Draft | Clear | Total]:
    """A draft whose sums over rows begin with 0, and are taken in parts where there are many rows."""
    draft = _in_rows(draft)
    if not any(is_added(part.step) for part in draft.parts):
        return [draft]
    after: list[Draft | Clear | Total] = []
    count = 1 if draft.is_product else _parts(draft)
    if count > 1:
        draft, after = _in_parts(draft, count)
    begun = [part.step for part in draft.parts if is_added(part.step) and part.step.begin != part.step.target]
    return [*[_cleared(step, draft) for step in begun], draft, *after]


def _in_rows(draft: Draft) -> Draft:
    """A draft of one long row, of which nothing but sums is made, as several rows."""
    if draft.outer or draft.inner is None or draft.inner <= _LONG:
        return draft
    if any(part.phase or not part.each or part.step.collect not in (None, "add") for part in draft.parts):
        return draft
    if not any(part.step.collect for part in draft.parts):
        return draft
    length = next((k for k in range(2 * ROW, ROW // 2, -1) if draft.inner % k == 0), None)
    return draft if length is None else _split(draft, (draft.inner // length, length))


def _split(draft: Draft, shape: tuple[int, ...]) -> Draft:
    parts = draft.parts
    for part in parts:
        part.step = split(part.step, shape if part.each else shape[:-1])
    return Draft(shape[:-1], shape[-1], parts, draft.bases)


def _parts(draft: Draft) -> int:
    """In how many parts sums over the outermost loop are best taken: about the root of how many rows there are."""
    if not draft.outer or draft.inner is None or draft.outer[0] < _MANY:
        return 1
    if not any(is_added(part.step) and part.step.target.strides[0] == 0 for part in draft.parts):
        return 1
    n = draft.outer[0]
    return min((k for k in range(2, n) if n % k == 0), key=lambda k: abs(k - math.sqrt(n)), default=1)


def _in_parts(draft: Draft, count: int) -> tuple[Draft, list[Draft | Clear | Total]]:
    """The draft with a loop over parts outermost, each with sums of its own, and what adds these up."""
    n = draft.outer[0]
    inner = () if draft.inner is None else (draft.inner,)
    shape = (count, n // count, *draft.outer[1:], *inner)
    after: list[Draft | Clear | Total] = []
    bases = set(draft.bases)
    for part in draft.parts:
        part.step = split(part.step, shape if part.each else shape[: len(shape) - len(inner)])
        target = part.step.target
        if not is_added(part.step) or target.strides[0]:
            continue
        loops = [k for k in range(2, len(part.step.shape)) if target.strides[k]]
        lengths = [part.step.shape[k] for k in loops]
        size = math.prod(lengths)
        dtype, name = target.base.dtype, name_of(target.base.dtype)
        sums = Value(next(numbers), "made", np.empty((count, size), dtype))
        strides = [0] * len(part.step.shape)
        step = size
        for k, length in zip(loops, lengths, strict=True):
            step //= length
            strides[k] = step
        strides[0] = size
        last = Step(
            (count, *lengths), "copy", (Ref(sums, 0, (size, *[strides[k] for k in loops])),), name, name,
            Ref(target.base, target.offset, (0, *[target.strides[k] for k in loops])), "add",
        )  # fmt: skip
        part.step = replace(part.step, target=Ref(sums, 0, tuple(strides)))
        bases |= {sums}
        if _is_all(last.target, last.shape[1:], last.target.strides[1:]):
            after.append(Total(target.base, sums))
        else:
            after += [*([Draft.of(_zero(last))] if is_added(last) else []), Draft.of(last)]
    return Draft(shape[: len(shape) - len(inner)], draft.inner, draft.parts, frozenset(bases)), after


def _cleared(step: Step, draft: Draft) -> Draft | Clear:
    """What sets to 0 that to which a sum over rows is added: in a kernel with what follows, if that is small."""
    zero = _zero(step)
    large = step.begin is None and _is_large(draft) and _is_all(zero.target, zero.shape, zero.target.strides)
    return Clear(zero.target.base) if large else Draft.of(zero)


def _is_all(ref: Ref, shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    """Whether elements are all of a base, in the order of its memory."""
    step = 1
    for n, stride in zip(reversed(shape), reversed(strides), strict=True):
        if stride != step:
            return False
        step *= n
    return ref.offset == 0 and step == ref.base.size


def _zero(step: Step) -> Step:
    """Of a sum over rows, what it begins with."""
    begin = Number(0) if step.begin is None else step.begin
    kept = [k for k, stride in enumerate(step.target.strides) if stride]
    dtype = name_of(step.target.base.dtype)
    target = Ref(step.target.base, step.target.offset, tuple([step.target.strides[k] for k in kept]))
    if isinstance(begin, Ref):
        begin = Ref(begin.base, begin.offset, tuple([begin.strides[k] for k in kept]))
    return Step(tuple([step.shape[k] for k in kept]), "copy", (begin,), dtype, dtype, target)
