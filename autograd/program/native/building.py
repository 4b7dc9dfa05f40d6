"""Drafts written down as the nests of a kernel: what is loaded and stored, and what need not be."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from ..values import Value
from .form import (
    Access,
    Add,
    Buffer,
    Cast,
    Instruction,
    Kernel,
    Largest,
    Let,
    Load,
    Loop,
    Nest,
    Number,
    Row,
    Smallest,
    Store,
    Sum,
)
from .nests import Draft, Part, collects_row, is_added
from .steps import Item, Ref, Step, name_of, runs_of

_LOCAL = 8192
"""Elements: the longest row that a kernel keeps to itself."""

Place = tuple[Value, int, tuple[int, ...], int, Any]
"""Where something is: a base, an offset, outer strides, the inner one, and what names an element of the row."""


class Writer:
    """Writes one draft as a nest.

    needed  the bases that somebody outside of the nest uses
    """

    def __init__(self, draft: Draft, needed: Collection[Value]) -> None:
        self.draft = _merged(draft)
        self.depth = len(self.draft.outer)
        self.needed = needed
        self._count = 0
        self._rows: dict[Any, int] = {}  # what is at a place that is the same for the whole row
        self._each: dict[Any, int] = {}  # what is at a place in the loop at hand
        self._in_row: dict[Any, int] = {}  # what instructions make that run once for each row
        self._in_loop: dict[Any, int] = {}
        self._row: list[Any] = []
        self._loop: list[Any] = []
        self.parts: list[tuple[bool, list[Any]]] = []
        self._write()
        self._drop()

    # ---- instructions, with Places where an Access will stand --------------------------------------------------------

    def _write(self) -> None:
        last = max(part.phase for part in self.draft.parts)
        late: list[tuple[Step, int]] = []
        made: int | Number
        for phase in range(last + 2):
            self._row, self._loop, self._each, self._in_loop = [], [], {}, {}
            for step, made in late:
                self._put(step, self._begun(step, made), False, self._row)
            late = []
            for part in self.draft.parts:
                if part.phase == phase and not part.each:
                    self._put(part.step, self._value(part.step, False), False, self._row)
            for part in self.draft.parts:
                if part.phase == phase and part.each:
                    made = self._value(part.step, True)
                    if collects_row(part.step):
                        kind = {"add": Sum, "maximum": Largest, "minimum": Smallest}[str(part.step.collect)]
                        late.append((part.step, self._once(kind(0, part.step.dtype, made), True)))
                    else:
                        self._put(part.step, made, True, self._loop)
            self.parts += [(False, self._row), (True, self._loop)]

    def _new(self) -> int:
        self._count += 1
        return self._count - 1

    def _value(self, step: Step, each: bool) -> int | Number:
        """What a step's function gives, in the dtype of its target."""
        operands: list[Any] = []
        for k, item in enumerate(step.operands):
            reads = "bool" if step.function == "where" and k == 0 else step.reads
            operands.append(self._operand(item, reads, each))
        made: Any = operands[0]
        if step.function != "copy":
            let = Let(0, step.dtype if step.function == "where" else step.reads, step.function, tuple(operands))
            made = self._once(let, each)
        dtype = name_of(step.target.base.dtype)
        return made if isinstance(made, Number) else self._cast(made, step.dtype, dtype, each)

    def _begun(self, step: Step, made: int) -> int:
        """The sum of a row, and what it is added to."""
        if step.begin is None:
            return made
        return self._once(Let(0, step.dtype, "add", (self._operand(step.begin, step.dtype, False), made)), False)

    def _once(self, instruction: Any, each: bool) -> int:
        """What an instruction makes, which is made once of the same operands."""
        known, to = (self._in_loop, self._loop) if each else (self._in_row, self._row)
        key = type(instruction), instruction, _kinds(instruction)
        if key not in known:
            known[key] = self._new()
            to.append(replace(instruction, made=known[key]))
        return known[key]

    def _cast(self, made: Any, before: str, after: str, each: bool) -> int:
        return made if before == after else self._once(Cast(0, after, made, before), each)

    def _operand(self, item: Item, dtype: str, each: bool) -> int | Number:
        if isinstance(item, Number):
            return item
        place = self._place(item, each)
        inner = place[3] != 0 and each
        known, to = (self._each, self._loop) if inner else (self._rows, self._row)
        key = (place, name_of(item.base.dtype))
        if key not in known:
            made = self._new()
            to.append(Load(made, name_of(item.base.dtype), place))  # type: ignore[arg-type]
            known[key] = made
        return self._cast(known[key], name_of(item.base.dtype), dtype, inner)

    def _place(self, ref: Ref, each: bool) -> Place:
        index: Any = None
        if ref.index is not None:
            index = (self._operand(ref.index[0], "int64", False), *ref.index[1:])
        inner = ref.strides[self.depth] if each else 0
        return ref.base, ref.offset, ref.strides[: self.depth], inner, index

    def _put(self, step: Step, made: int | Number, each: bool, to: list[Any]) -> None:
        place = self._place(step.target, each)
        added = is_added(step)
        dtype = name_of(step.target.base.dtype)
        to.append((Add if added else Store)(place, dtype, made))  # type: ignore[arg-type]
        for known in (self._rows, self._each):
            for key in [key for key in known if key[0][0] is place[0]]:
                del known[key]
        if not added and isinstance(made, int) and step.target.index is None:
            (self._each if each else self._rows)[place, dtype] = made

    # ---- what is not needed ------------------------------------------------------------------------------------------

    def _drop(self) -> None:
        loaded = {i.access[0] for _, part in self.parts for i in part if isinstance(i, Load)}  # type: ignore[index]
        kept = loaded | set(self.needed)
        used: set[int] = set()
        parts = []
        for is_loop, part in reversed(self.parts):
            written: set[Any] = set()  # places that are written again before anybody reads them
            found: list[Any] = []
            for i in reversed(part):
                if isinstance(i, Store | Add):
                    base = i.access[0]  # type: ignore[index]
                    if base not in kept or (isinstance(i, Store) and i.access in written):
                        continue
                    if isinstance(i, Store):
                        written.add(i.access)
                elif i.made not in used:
                    continue
                if isinstance(i, Load):
                    written = {place for place in written if place[0] is not i.access[0]}  # type: ignore[index]
                used.update(_used(i))
                found.append(i)
            if found:
                parts.append((is_loop, found[::-1]))
        self.parts = parts[::-1]

    @property
    def instructions(self) -> list[Any]:
        return [i for _, part in self.parts for i in part]

    def places(self) -> list[Place]:
        """Everything that is loaded or stored, in its order."""
        return [i.access for i in self.instructions if hasattr(i, "access")]

    def local(self) -> dict[Value, tuple[int, int]]:
        """The bases that need be there for a row only: where their first element is, and how many there are."""
        found: dict[Value, tuple[int, int]] = {}
        length = self.draft.inner or 1
        for base in dict.fromkeys(place[0] for place in self.places()):
            places = [place for place in self.places() if place[0] is base]
            if base in self.needed or len({place[2] for place in places}) > 1:
                continue
            ends = [end for place in places for end in _ends(place, length)]
            if max(ends) - min(ends) < _LOCAL:
                found[base] = min(ends), max(ends) - min(ends) + 1
        return found


def _kinds(instruction: Any) -> tuple[Any, ...]:
    """What tells numbers apart that Python takes for equal: 1, 1.0 and True; 0.0 and -0.0."""
    operands = instruction.operands if isinstance(instruction, Let) else (instruction.operand,)
    return tuple([repr(operand.value) for operand in operands if isinstance(operand, Number)])


def _ends(place: Place, length: int) -> tuple[int, int]:
    _, offset, _, inner, index = place
    low = high = offset
    for stride, n in ((inner, length), (index[2], index[1]) if index is not None else (0, 1)):
        low, high = low + min(0, stride * (n - 1)), high + max(0, stride * (n - 1))
    return low, high


def _used(i: Any) -> list[int]:
    found = list(i.operands) if isinstance(i, Let) else [] if isinstance(i, Load) else [i.operand]
    if isinstance(i, Load | Store | Add) and i.access[4] is not None:  # type: ignore[index]
        found.append(i.access[4][0])  # type: ignore[index]
    return [operand for operand in found if isinstance(operand, int) and not isinstance(operand, bool)]


def _merged(draft: Draft) -> Draft:
    """The draft with as few loops as memory allows."""
    if draft.inner is None or draft.has_rows:
        depth = len(draft.outer)
        refs = [_rows_of(ref, depth) for part in draft.parts for ref in part.step.touching]
        runs = runs_of(draft.outer, refs, depth)
    else:
        refs = [ref for part in draft.parts for ref in part.step.touching]
        runs = runs_of(draft.shape, refs, len(draft.shape))
    whole = [math.prod(draft.shape[a:b]) for a, b in runs]
    rest = draft.shape[len(draft.outer) :] if draft.inner is None or draft.has_rows else ()
    outer, inner = (whole, draft.inner) if draft.inner is None or draft.has_rows else (whole[:-1], whole[-1])

    def change(strides: tuple[int, ...]) -> tuple[int, ...]:
        return (*[strides[b - 1] for _, b in runs], *(strides[len(draft.outer) :] if rest else ()))

    parts = []
    for part in draft.parts:
        shape = (*outer, inner) if part.each else tuple(outer)
        parts.append(Part(part.step.changed(shape, change), part.each, part.phase))  # type: ignore[arg-type]
    return Draft(tuple(outer), inner, parts, draft.bases)


def _rows_of(ref: Ref, depth: int) -> Ref:
    return Ref(ref.base, ref.offset, ref.strides[:depth])


def kernel(
    writers: Sequence[Writer], shared: Collection[Value], divided: bool
) -> tuple[Kernel, list[Value | None], list[int]]:
    """The nests of drafts as one kernel; the bases of its buffers, None for local ones, and where in these they begin.

    shared  bases that other kernels use, or that lie in memory anyhow; the others are left out of a nest if they can be
    """
    bases: dict[Any, int] = {}
    buffers: list[Buffer] = []
    of: list[Value | None] = []
    starts: list[int] = []
    nests = []
    for k, writer in enumerate(writers):
        flat = divided and not writer.draft.outer and writer.draft.inner is not None and not writer.draft.has_rows
        local = writer.local()
        for place in writer.places():
            base = place[0]
            key = (k, base) if base in local else base
            if key not in bases:
                bases[key] = len(buffers)
                size = local[base][1] if base in local else 0 if divided else base.size
                buffers.append(Buffer(name_of(base.dtype), size, base in local))
                of.append(None if base in local else base)
                starts.append(min(p[1] for w in writers for p in w.places() if p[0] is base))
        count: dict[int, int] = {}

        def named(made: Any, count: dict[int, int] = count) -> Any:
            return count.setdefault(made, len(count)) if isinstance(made, int) and not isinstance(made, bool) else made

        def access(
            place: Place, k: int = k, local: Any = local, named: Any = named, writer: Any = writer, flat: bool = flat
        ) -> Access:
            base, offset, outer, inner, index = place
            number, bound, stride = (None, 0, 0) if index is None else index
            at = bases[(k, base) if base in local else base]
            outer = (0,) * len(outer) if base in local else outer
            offset -= local[base][0] if base in local else starts[at]
            return Access(at, offset, outer, inner, named(number), bound, stride)

        parts: list[Row | Loop] = []
        for is_loop, part in writer.parts:
            written = tuple([_final(i, access, named) for i in part])
            parts.append(Loop(written) if is_loop else Row(written))
        outer = writer.draft.outer
        if divided and outer:
            outer = (0, *outer[1:])
        inner = 1 if writer.draft.inner is None else writer.draft.inner
        nests.append(Nest(outer, 0 if flat else inner, tuple(parts), flat))
    return Kernel(tuple(buffers), tuple(nests), divided), of, starts


def _final(i: Any, access: Any, named: Any) -> Instruction:
    if isinstance(i, Load):
        place = access(i.access)
        return Load(named(i.made), i.dtype, place)
    if isinstance(i, Let):
        operands = tuple([named(operand) for operand in i.operands])
        return Let(named(i.made), i.dtype, i.function, operands)
    if isinstance(i, Store | Add):
        operand = named(i.operand)
        return type(i)(access(i.access), i.dtype, operand)
    operand = named(i.operand)
    made: Instruction = replace(i, made=named(i.made), operand=operand)
    return made


def used_by(writers: Iterable[Writer]) -> set[Value]:
    return {place[0] for writer in writers for place in writer.places()}
