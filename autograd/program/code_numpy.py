"""A program as a function that runs fast: what is run together, where all lies, and what is undone if a check fails."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import FunctionType
from typing import Any

import numpy as np

from ..engine import versions
from ..engine.lines import MANY
from ..engine.node import tick
from ..engine.rows import Buffer, size_of_buffer
from .draws import Draw, state_of
from .functions import EMPTY, is_numpy, run
from .islands import Island, find_islands, may_be_cut, target_of
from .memory import LARGE, Placement, array_at, is_placed, last_uses, new_block, rounded
from .program import Program
from .recycling import Bound
from .rooms import InRoom
from .spelling import Spelling, named
from .together import Together, find_together, side_by_side
from .values import Statement, Value, mapped, values_in

_SPARE = 1 << 20
"""Bytes: so much memory for gradients is kept in reserve, for callers who keep those of the last call now and then."""


class Code:
    """A program, made to run. What it works in is its own, so one of them runs in one thread at a time.

    program  what is run
    moving   those of its states that are another array at each call: they are given to `run` after the inputs
    owners   of gradients that it makes, the Tensors that are given them
    own      those of these that are written where the last ones were
    text     the function's source
    blocks   what is done one after another, and in how many lines of the text it is through
    run      takes the arrays of inputs and moving states, and gives those of `given`
    lends    whether the engine's functions are lent what they need on the way to their results
    """

    lends = True

    def __init__(
        self, program: Program, moving: Iterable[Value] = (), owners: Mapping[Value, Any] | None = None
    ) -> None:  # fmt: skip
        self.program = program
        self.moving = list(moving)
        self._lines: list[str] = []
        self.text = ""
        self.writes: list[Value] = []
        self._plan({} if owners is None else owners)
        lent = [s for s in program.statements if self.lends and s.needs is not None]
        self._lending = {s: f"room{k}" for k, s in enumerate(lent)}
        written = program.written()
        self._spelling = Spelling(self.placement.places, self._fixed, self._inner, written, self._lending)
        self.given = [value for value in program.outgoing() if value not in self.own]
        self._emit()
        exec(compile(self.text, f"<program {program.name}>", "exec"), self._spelling.space)
        self._function = self._spelling.space.pop("run")
        self._begin()
        del self._steps, self._last, self._ends
        for s in program.statements:
            s.forget()

    def _plan(self, owners: Mapping[Value, Any]) -> None:
        """What is run together, and where all values lie."""
        statements = self.program.statements
        self._free = 1 + max((i for i, s in enumerate(statements) if may_fail(s)), default=-1)
        outgoing = {value.root for value in self.program.outgoing()}
        made = {result: i for i, s in enumerate(statements) for result in s.results}
        self._begin_to_group(outgoing)
        self.own = {
            value: owner for value, owner in owners.items()
            if made.get(value, -1) >= self._free and value.root is value
            and self._may_lie(statements[made[value]], value)
        }  # fmt: skip
        self._find_views(outgoing)
        self._steps = steps = self._group(outgoing)
        self._fixed -= self._inner
        laid = [slot for group in self._together for slot, kind in group.lying if kind == "own"]
        self._offsets, size = _laid_out(laid, self.own)
        self.gradients = list(self._offsets)
        only = [step for _, step in steps]
        free = next((k for k, (i, _) in enumerate(steps) if i >= self._free), len(steps))
        before, after = ([part for step in some for part in self._parts(step)] for some in (only[:free], only[free:]))
        self.placement = Placement(
            self.program, before + after, self._offsets, size, len(before), self._inner, self.lends
        )
        self._last = last_uses(only, outgoing)
        self._scratch = max([0, *[g.scratch for g in self._together], *[g.scratch for g in self._islands]])

    def _begin_to_group(self, outgoing: set[Value]) -> None:
        """What is to be known before it is decided which values have a place."""
        self._together: list[Together] = []
        self._islands: list[Island] = []

    def _parts(self, step: Any) -> list[Any]:
        """What is done one after another in what is run as one, as far as it matters how long values are needed."""
        return [step]

    def _may_lie(self, statement: Statement, value: Value) -> bool:
        """Whether a statement can put its result where it is told."""
        return is_placed(statement, value, self.lends)

    def _group(self, outgoing: set[Value]) -> list[tuple[int, Any]]:
        """What is done one after another: statements, and several of them as one, with the number of the last one."""
        statements = self.program.statements
        views = set(self._views)
        self._together = find_together(statements, self._free, outgoing, self.own, self.moving, views)
        elsewhere = {i for group in self._together for i in group.numbers}
        self._islands = find_islands(
            statements, self._free, outgoing, lambda i: i in elsewhere or statements[i] in views,
            lambda value: value not in self._fixed,
        )  # fmt: skip
        groups: list[Island | Together] = [*self._together, *self._islands]
        last = {max(_numbers(group)): group for group in groups}
        inside = {i for group in groups for i in _numbers(group)}
        self._inner = {value for group in groups for value in group.inner}
        return [(i, last.get(i, s)) for i, s in enumerate(statements) if i in last or i not in inside]

    def _find_views(self, outgoing: set[Value]) -> None:
        """The values whose arrays are the same at each call, and the statements that only see these otherwise."""
        program = self.program
        self._views: list[Statement] = []
        self._fixed = {v for v in program.constants() if not v.python}
        self._fixed |= {v for v in program.states if v not in self.moving}
        for s in program.statements:
            if self._is_fixed_view(s):
                self._views.append(s)
                self._fixed.update(s.results)
            else:
                self._fixed |= {
                    r for r in s.results
                    if r.root is r and (r in self.own or (r not in outgoing and self._may_lie(s, r)))
                }  # fmt: skip

    # ---- memory ----------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Give the code its memory."""
        self._block = new_block(self.placement.size)
        self._pieces = new_block(self._scratch)
        self._own_places = [v for v, start in self.placement.places.items() if start < self.placement.boundary]
        self._uses = [(statement, statement.values()) for statement in self._views]
        states = [value for value in self.program.states if value not in self.moving]
        self.bounds: list[Bound] = []
        self.bounds.append(self._bound([*self.placement.places, *states, *self.program.constants()]))
        self._touched = [_record(root.array) for root in self.writes]

    def rebind(self, states: Collection[Value]) -> bool:
        """Take the arrays that some states now have; False if they do not lie as they did."""
        for group in self._together:
            for slot, kind in group.lying:
                if kind == "state" and side_by_side([v.array for v in slot]) is None:
                    return False
        for bound in self.bounds:
            self._refresh(bound, states)
        self._touched = [_record(root.array) for root in self.writes]
        return True

    @property
    def run(self) -> Callable[..., tuple[Any, ...]]:
        """The function, which writes gradients into the memory that was bound last."""
        return self.bounds[0].run

    def adopt(self) -> None:
        """Let the gradients of the call that was traced lie where those of the next one will, and so only once."""
        self.bounds[0].adopt()

    def ready(self) -> Bound:
        """Memory for gradients that nobody else refers to."""
        for k, bound in enumerate(self.bounds):
            if bound.is_free():
                if k:
                    self.bounds.insert(0, self.bounds.pop(k))
                return bound
        spare = self.bounds[:1] if self.placement.boundary <= _SPARE else []
        self.bounds = [self._bound(self._own_places), *spare]
        return self.bounds[0]

    def _bound(self, new: Collection[Value]) -> Bound:
        """New memory for gradients; besides, it is only values that are `new` whose arrays are to be made."""
        owners = [self.own[value] for value in self._offsets]
        bound = Bound(self.placement.boundary, list(self._offsets.items()), owners)
        if self.bounds:
            bound.arrays, bound.space = dict(self.bounds[0].arrays), dict(self.bounds[0].space)
        else:
            bound.space = dict(self._spelling.space)
        self._refresh(bound, new)
        bound.run = FunctionType(self._function.__code__, bound.space)
        return bound

    def _refresh(self, bound: Bound, values: Collection[Value]) -> None:
        """Make the arrays of values anew, and all that sees these."""
        arrays, space, boundary = bound.arrays, bound.space, self.placement.boundary
        for value in values:
            start = self.placement.places.get(value)
            if start is None:
                arrays[value] = value.array
            else:
                memory = bound.memory if start < boundary else self._block
                arrays[value] = array_at(memory, start if start < boundary else start - boundary, value)
        changed = set(values)
        for statement, used in self._uses:
            if not changed.isdisjoint(used):
                (result,) = statement.results
                arrays[result] = run(statement.function, _real(statement.args, arrays), _real(statement.kwargs, arrays))
                changed.add(result)
        space.update({named(value): arrays[value] for value in changed & self._fixed})
        for value, shape in self._spelling.copied:
            if value in changed:
                space[f"{named(value)}_as"] = arrays[value].reshape(shape)
        pieces: dict[Any, list[Any]] = {}
        for k, island in enumerate(self._islands):
            if f"island{k}" not in space or not changed.isdisjoint(island.outer):
                space[f"island{k}"] = island.pieces(arrays, self._fixed, self._pieces, pieces)
        for statement, name in self._lending.items():
            space[name] = self._room(statement, bound)
        for k, group in enumerate(self._together):
            space.update(group.flat(f"all{k}", self._offsets, bound.memory, self._pieces))

    def _room(self, statement: Statement, bound: Bound) -> InRoom:
        """What calls a function with memory for what it asks for."""
        start, size = self.placement.rooms.get(statement, 0), statement.needs.size
        if start < self.placement.boundary:
            memory = bound.memory[start : start + size]
        else:
            memory = self._block[start - self.placement.boundary :][:size]
        (target,) = [bound.arrays[v] for v in statement.results if v in self.placement.places] or [None]
        return InRoom(statement.needs, memory, target)

    def touch(self) -> None:
        """Tell the engine which arrays have been written, so that it refuses to use what it saved of them before."""
        if self._touched:
            versions.last_write = now = tick()
            for record in self._touched:
                record[1] = now

    # ---- text ------------------------------------------------------------------------------------------------------

    def _emit(self) -> None:
        program = self.program
        undone: set[Value] = set()
        self._undoes = False
        self._ends: dict[int, list[Value]] = {}
        views = set(self._views)
        for s in program.statements:
            for value in s.results:
                if (
                    value.root.kind == "made"
                    and value.root.nbytes >= LARGE
                    and value not in self._fixed
                    and value.root not in self._inner
                ):
                    self._ends.setdefault(self._last[value.root], []).append(value)
        self.blocks: list[tuple[Any, int]] = []
        for k, (i, step) in enumerate(self._steps):
            if step in views:
                continue
            if isinstance(step, Statement):
                if i < self._free:
                    self._undo(step, undone)
                self._lines += self._within(step.errors, self._by_rows([step], self._statement(step, i)))
            else:
                self._lines += self._as_one(step)
            if names := [named(value) for value in self._ends.get(k, ())]:
                self._lines.append(f"del {', '.join(names)}")
            for root in step.writes:
                if root.kind == "state" and root not in self.moving and root not in self.writes:
                    self.writes.append(root)
            self.blocks.append((step, len(self._lines)))
        self.text = self._text(self._lines)

    def _text(self, lines: list[str]) -> str:
        """The function's source."""
        given = ", ".join([f"v{value.number}" for value in (*self.program.inputs, *self.moving)])
        body = lines + [f"return ({''.join(self._spelling.exactly(value) + ', ' for value in self.given)})"]
        if self._undoes:
            body = ["undo = []", "try:", *[f"    {line}" for line in body], "except BaseException:"]
            body += ["    for back in reversed(undo):", "        back()", "    raise"]
        return f"def run({given}):\n" + "".join(f"    {line}\n" for line in body)

    @contextmanager
    def watched(self, clock: Callable[[int], None]) -> Iterator[None]:
        """Within it, `clock` is called after each of `blocks` with its number, and with -1 before the first."""
        lines, start = ["clock(-1)"], 0
        for k, (_, end) in enumerate(self.blocks):
            lines += [*self._lines[start:end], f"clock({k})"]
            start = end
        space: dict[str, Any] = {}
        exec(compile(self._text(lines), f"<program {self.program.name}, watched>", "exec"), space)
        before, self._function = self._function, space["run"]
        try:
            for bound in self.bounds:
                bound.run = FunctionType(self._function.__code__, bound.space | {"clock": clock})
            yield
        finally:
            self._function = before
            for bound in self.bounds:
                bound.run = FunctionType(before.__code__, bound.space)

    def _statement(self, statement: Statement, i: int) -> list[str]:
        return self._spelling.statement(statement, i)

    def _as_one(self, group: Any) -> list[str]:
        """Several statements that are done as one."""
        errors: dict[str, str] = {}
        for i in _numbers(group):
            errors |= self.program.statements[i].errors
        if isinstance(group, Island):
            return self._within(errors, self._by_rows([s for _, s in group.statements], self._island(group)))
        return self._within(errors, self._all(group))

    def _by_rows(self, statements: list[Statement], lines: list[str]) -> list[str]:
        """Lines within which operands that are broadcast are gone through row by row, where that is quicker."""
        sizes = [size for s in statements if (size := _size_of_buffer(s))]
        if not sizes or not lines:
            return lines
        return [f"with {self._spelling.constant(Buffer(min(sizes)))}:", *[f"    {line}" for line in lines]]

    def _within(self, errors: dict[str, str], lines: list[str]) -> list[str]:
        """Lines in which NumPy treats floating-point errors as it did when they were traced."""
        if not errors or not lines:
            return lines
        given = ", ".join(f"{kind}={how!r}" for kind, how in errors.items())
        return [f"with {self._spelling.constant(np.errstate)}({given}):", *[f"    {line}" for line in lines]]

    def _island(self, island: Island) -> list[str]:
        """A loop over its pieces."""
        before, after = [], []
        inside: dict[Value, str] = {}
        for value in dict.fromkeys([*island.outer, *island.inner]):
            name = named(value)
            if value in self._fixed or value in island.inner:
                if island.is_cut(value):
                    inside[value] = f"p{name}"
                continue
            if value in island.results:
                empty, dtype = map(self._spelling.constant, (np.empty, value.dtype))
                before.append(f"{name} = {empty}({value.shape}, {dtype})")
            if not island.rows:
                order = "" if island.order == tuple(range(len(island.order))) else f".transpose({island.order})"
                before.append(f"q{name} = {name}{order}.reshape(-1)")
                after.append(f"q{name}")
                inside[value] = f"q{name}[cut]"
            elif island.is_cut(value):
                inside[value] = f"{name}[cut]"
        names = [f"p{named(value)}, " for value in island.bound(self._fixed)]
        lines = [f"    {self._spelling.in_place(s, inside)}" for _, s in island.statements]
        head = f"for {''.join(names)}cut, in island{self._islands.index(island)}:"
        return [*before, head, *lines, *([f"del {', '.join(after)}"] if after else [])]

    def _all(self, group: Together) -> list[str]:
        """Statements on all of a group at once, or else on one after another."""
        all_of = f"all{self._together.index(group)}"
        lines = []
        for n, (_, first) in enumerate(group.parts[0]):
            if first.function in EMPTY:
                continue
            if group.is_together(first):
                inside = {slot[0]: f"{all_of}_{k}" for k, slot in enumerate(group.slots)}
                lines.append(self._spelling.in_place(first, inside))
                continue
            for c, part in enumerate(group.parts):
                inside = {slot[c]: f"{all_of}_{k}_{c}" for k, (slot, kind) in enumerate(group.lying) if kind == "inner"}
                lines.append(self._spelling.in_place(part[n][1], inside))
        return lines

    def _is_fixed_view(self, statement: Statement) -> bool:
        """Whether it sees the same memory at each call, as x[i] does not where i is computed."""
        return (
            statement.is_view
            and all(value.kind == "constant" for value in values_in((statement.args[1:], statement.kwargs)))
            and statement.kind == "call"
            and not isinstance(statement.form, tuple)
            and len(statement.results) == 1
            and all(value in self._fixed for value in statement.values())
            and is_numpy(statement.function)
        )

    def _undo(self, statement: Statement, undone: set[Value]) -> None:
        """Before something is changed that a later check may find should not have been: note how to change it back."""
        for root in statement.writes:
            if root.kind in ("state", "input") and root not in undone:
                undone.add(root)
                self._undoes = True
                # states may be parts of one array, of which the root is but the first that was met
                for value in dict.fromkeys([root, *[v for v in self.program.states if v.root is root]]):
                    self._lines.append(
                        f"undo.append({self._spelling.constant(_restoring)}({self._spelling.name(value)}))"
                    )
        if statement.kind == "draw" and isinstance(statement.function, Draw):
            self._undoes = True
            self._lines.append(
                f"undo.append({self._spelling.constant(state_of)}({self._spelling.constant(statement.function)}.rng))"
            )
        if hasattr(statement.function, "undo"):
            self._undoes = True
            self._lines.append(f"undo.append({self._spelling.constant(statement.function)}.undo())")


def _real(item: Any, arrays: Mapping[Value, Any]) -> Any:
    return mapped(item, lambda part: arrays[part] if isinstance(part, Value) else part)


def _numbers(group: Island | Together) -> list[int]:
    """The numbers of the statements that are run together."""
    return group.numbers if isinstance(group, Together) else [i for i, _ in group.statements]


def _laid_out(laid: list[list[Value]], own: Iterable[Value]) -> tuple[dict[Value, int], int]:
    """Where gradients lie, those that are to be side by side first; and how much memory that is."""
    offsets: dict[Value, int] = {}
    top = 0
    for together in [*laid, *[[value] for value in own if not any(value in slot for slot in laid)]]:
        top = rounded(top)
        for value in together:
            offsets[value] = top
            top += value.nbytes
    return offsets, rounded(top)


_RAISING = ("numpy.linalg", "autograd.ops.linalg", "autograd.ops.factors")
"""Modules of functions that raise LinAlgError."""


def may_fail(statement: Statement) -> bool:
    """Whether a statement may say that the program does not hold for this call, or raise what the function expects."""
    module = str(getattr(statement.function, "__module__", ""))
    raises = (module in _RAISING and not _is_vector_norm(statement)) or "raise" in statement.errors.values()
    return statement.kind == "guard" or raises or getattr(statement.function, "may_change", False)


def _size_of_buffer(s: Statement) -> int:
    """Of a statement on a large array with something that is broadcast: how long a buffer it needs, or 0."""
    if not may_be_cut(s) or target_of(s).size < MANY:
        return 0
    target = target_of(s)
    others = [value.shape for value in s.values() if value.shape not in ((), target.shape)]
    return size_of_buffer(target.shape, target.strides, target.dtype.itemsize, *others) if others else 0


def _is_vector_norm(statement: Statement) -> bool:
    """Whether it is a norm for which no singular values are looked for, which alone might not be found."""
    if statement.function is not np.linalg.norm:
        return False
    x, order, axis = [*statement.args, None, None][:3]
    order, axis = statement.kwargs.get("ord", order), statement.kwargs.get("axis", axis)
    return order is None or isinstance(axis, int) or (isinstance(x, Value) and len(x.shape) < 2)


def _restoring(array: Any) -> Callable[[], None]:
    """What gives an array the values back that it has now."""
    kept = array.copy()
    return lambda: array.__setitem__(..., kept)


def _record(array: Any) -> Any:
    """The engine's record of when the memory of an array was last written."""
    versions.touch(array)
    return versions.record_of(array)
