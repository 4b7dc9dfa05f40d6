"""Which statements of a program are run by kernels: those that work by elements, as many together as may be.

A statement that is none of these (a product) is run before those that wait, if it has nothing to do with them. So what
lies between two products that follow from each other is one island.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any

from ..functions import EMPTY, is_numpy
from ..values import Statement, Value
from .expansions import expand
from .kept import calls_by_steps
from .kernels import bases_of
from .lowering import lower
from .steps import Memory, Step

_MOST = 600
"""Steps: an island of more is cut."""

_ALONE = 1 << 15
"""Elements: one statement of so many is worth a kernel, if it is more than arithmetic."""

_SLOW = frozenset(("exp", "expm1", "log", "log1p", "tanh", "sqrt", "divide", "where"))


class Island:
    """Statements that kernels run, in the place of the last of them.

    statements  with their numbers in the program
    calls       of kernels, and what is done by NumPy between them
    made        the values that the statements make
    results     those of them that lie in memory, and what else kernels pass on to each other
    inner       those that do not
    writes      the roots from outside that they change
    moved       of each array in memory, how many bytes a step reads or writes at most
    used        the values from outside in whose memory they read or write
    """

    scratch = 0

    def __init__(
        self, members: list[tuple[int, Statement, list[Step]]], memory: Memory, live: Collection[Value]
    ) -> None:
        self.statements = [(i, s) for i, s, _ in members]
        self.made = {r for _, s in self.statements for r in s.results if r.root is r}
        steps = [step for *_, part in members for step in part]
        bases = {ref.base for step in steps for ref in step.touching}
        self.calls = calls_by_steps(steps, memory, {base for base in bases if base in live or base.kind != "made"})
        lying = dict.fromkeys(base for call in self.calls for base in bases_of(call) if base is not None)
        inside = {base for base in lying if base.kind == "made" and (base in self.made or base.number >= 1_000_000)}
        inside |= {value for value in self.made if value in live}
        self.results = sorted(inside, key=lambda value: value.number)
        self.inner = self.made - inside
        self.used = [base for base in lying if base not in inside]
        written = dict.fromkeys(root for _, s in self.statements for root in s.writes)
        self.writes = tuple([root for root in written if root not in self.made])
        self.moved: dict[Value, int] = {}
        for step in steps:
            for ref in step.touching:
                count = math.prod([n for n, stride in zip(step.shape, ref.strides, strict=True) if stride])
                self.moved[ref.base] = max(self.moved.get(ref.base, 0), count * ref.base.dtype.itemsize)
        self.indices = [(ref.index[0].base, ref.index[1]) for step in steps for ref in step.touching if ref.index]

    def values(self) -> list[Value]:
        """The values that they use."""
        return [*self.used, *self.writes]

    def overwritable(self, result: Value) -> list[Value]:
        """None: a result may not be written over an operand that is read after."""
        return []


def find(
    statements: Sequence[Statement], free: int, outgoing: Collection[Value], memory: Memory
) -> list[tuple[int, Statement | Island]]:
    """The program as statements and islands in the order in which they run, with the number of the last statement of
    each.

    free      from which statement on states may be written in another order than that of the program
    outgoing  the roots that leave it
    memory    of what its values lie in
    """
    units: list[Any] = []
    waiting = _Waiting()
    spread: set[Value] = set()  # of which a copy cannot be laid so, if they are laid in another way at a later call
    for i, s in enumerate(statements):
        spread |= {value for value in lays_by_itself(s) if 0 in value.strides}
        if s.kind == "call" and s.is_view:
            memory.see(s)
            if waiting.concerns(s):
                waiting.look(i, s)
            else:
                units.append((i, s))
            continue
        early = i < free and any(root.kind != "made" for root in s.writes)
        steps = None if early or not spread.isdisjoint(roots_of(s)) else steps_of(s, memory)
        if steps is not None:
            if len(waiting.steps) + len(steps) > _MOST:
                units += waiting.released()
            waiting.add(i, s, steps)
            continue
        if waiting.concerns(s):
            units += waiting.released()
        units.append((i, s))
    units += waiting.released()
    uses: dict[Value, int] = {}
    for unit in units:
        members = unit if type(unit) is list else [(*unit, [])]
        roots = {root for _, s, _ in members for root in roots_of(s)}
        if type(unit) is tuple and unit[1].is_view:  # which uses an index that is computed, and else nothing
            roots = {value.root for value in unit[1].values()[1:]}
        for root in roots:
            uses[root] = uses.get(root, 0) + 1
    found: list[tuple[int, Statement | Island]] = []
    for unit in units:
        if type(unit) is tuple:
            found.append(unit)
        else:
            roots = {root for _, s, _ in unit for root in roots_of(s)}
            live = {root for root in roots if root in outgoing or uses[root] > 1}
            found.append((max(i for i, *_ in unit), Island(unit, memory, live)))
    return found


def lays_by_itself(s: Statement) -> list[Value]:
    """Results that may be laid in another way at the next call, for a function that is not NumPy's made them."""
    return [] if is_numpy(s.function) else [v for v in s.results if v.root is v and v.shape and v.size]


def steps_of(s: Statement, memory: Memory) -> list[Step] | None:
    """The steps of a statement, or of the statements that one of the engine's functions amounts to."""
    steps = lower(s, memory)
    if steps is not None:
        return steps
    parts = expand(s)
    if parts is None:
        return None
    found: list[Step] = []
    for part in parts:
        if part.is_view:
            memory.see(part)
            continue
        more = lower(part, memory)
        if more is None:
            return None
        found += more
    return found


def roots_of(s: Statement) -> set[Value]:
    """The roots of all that a statement touches."""
    return {value.root for value in (*s.values(), *s.results)} | set(s.writes)


class _Waiting:
    """Statements that are to be an island, and the views of what they make."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self.members: list[tuple[int, Statement, list[Step]]] = []
        self.views: list[tuple[int, Statement]] = []
        self.steps: list[Step] = []
        self.reads: set[Value] = set()
        self.writes: set[Value] = set()
        self.seen: set[Value] = set()

    def look(self, i: int, s: Statement) -> None:
        """Keep a view until then."""
        self.views.append((i, s))
        self.seen.update(s.results)

    def add(self, i: int, s: Statement, steps: list[Step]) -> None:
        self.members.append((i, s, steps))
        self.steps += steps
        self.reads |= {value.root for value in s.values()}
        self.writes |= {*s.writes, *[result.root for result in s.results]}

    def concerns(self, s: Statement) -> bool:
        """Whether a statement has to run after these."""
        if not self.seen.isdisjoint(s.values()):
            return True
        reads = {value.root for value in s.values()}
        return not self.writes.isdisjoint(reads) or not (self.reads | self.writes).isdisjoint(s.writes)

    def released(self) -> list[Any]:
        """What waits, as an island, or, where that is not worth it, as it is; then the views."""
        found: list[Any] = [self.members] if self._pays() else [(i, s) for i, s, _ in self.members]
        if not self.members:
            found = []
        found += self.views
        if type(found[0] if found else None) is not list:
            found.sort()
        self._begin()
        return found

    def _pays(self) -> bool:
        working = [(s, steps) for _, s, steps in self.members if s.function not in EMPTY]
        if len(working) > 1 or any(len(steps) > 2 for _, steps in working):
            return True
        return any(
            step.function in _SLOW and any(v.size >= _ALONE for v in (*s.values(), *s.results))
            for s, steps in working for step in steps
        )  # fmt: skip


def bytes_of(island: Island) -> int:
    """The bytes that its kernels read and write: of each array as many as any step does."""
    bases = [base for call in island.calls for base in bases_of(call) if base is not None]
    return sum(min(base.nbytes, island.moved.get(base, base.nbytes)) for base in bases)
