"""Renew: what is soon computed, and used again only much later, is not kept but computed again.

So it is with what goes into a layer and is needed for the gradient of its weights: after a normalization or an
activation it is a few additions and products away from what is kept anyway. A matrix product is done again only where
that is a small part of all. It is done only where the memory of the program, at its highest, becomes less by it, and by
a larger part than the program takes longer.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from typing import Any

import numpy as np

from ..counting import operations
from ..functions import CLIP, EMPTY, is_hashable
from ..islands import may_be_cut, target_of
from ..memory import LARGE, last_uses
from ..program import Program
from ..values import Statement, Value
from .numbers import Numbers, renamed

_COSTS = {
    np.add: 1, np.subtract: 1, np.multiply: 1, np.negative: 1, np.square: 1, np.maximum: 1, np.minimum: 1,
    np.divide: 2, np.reciprocal: 2, np.sqrt: 2, np.exp: 4, np.tanh: 6, CLIP: 1,
}  # fmt: skip
"""What functions that may be done again cost, in passes over memory."""

_ENGINES = {("autograd.ops.special", "_softmax"): 8}
"""What those of the engine's cost."""

_MOST = 12
"""The most statements that make one value again."""

_SHARE = 0.08
"""The part of what the program costs that all of it may cost."""

_GAIN = 2
"""So many times as large as its part of the cost is to be the part of memory that a value takes."""

_PRODUCTS = frozenset((np.matmul, np.dot, np.ndarray.dot))
_OF_PRODUCTS = 0.04  # passes over a number that take as long as an addition, or a multiplication, of a product

_LEAST = 64 * LARGE
"""Bytes: programs of less are left as they are."""


def renew(program: Program) -> None:
    """Compute again what is in memory when most is, and not used then."""
    if sum([r.nbytes for s in program.statements for r in s.results if r.root is r]) >= _LEAST:
        plan = _Plan(program)
        peaks = [plan.memory.max()]
        while plan.lower():
            peaks.append(plan.memory.max())
        del plan.found[int(np.argmin(peaks)) :]  # what was found last may have lowered nothing
        if plan.found:
            program.statements = plan.changed(program)


class _Plan:
    """What is in memory at each statement, and what of it is computed again.

    found  for each value that is, before which statement, and the statements that do it
    """

    def __init__(self, program: Program) -> None:
        self.statements = statements = program.statements
        outgoing = {value.root for value in program.outgoing()}
        last = last_uses(statements, outgoing)
        self.found: list[tuple[int, Value, list[Statement]]] = []
        self.made = {value: i for i, s in enumerate(statements) for value in s.results}
        self.uses: dict[Value, list[int]] = {}  # of each root
        self.begins: dict[Value, list[int]] = {}  # of each root: where it is made, and made again
        self.writes: dict[Value, list[int]] = {}
        memory = np.zeros(len(statements) + 2, np.int64)
        runs = _runs(statements)
        for i, s in enumerate(statements):
            if s.needs is not None:
                memory[i] += s.needs.size
                memory[i + 1] -= s.needs.size
            if not s.is_view:
                for root in {value.root for value in s.values()} | set(s.writes):
                    self.uses.setdefault(root, []).append(i)
                for root in s.writes:
                    self.writes.setdefault(root, []).append(i)
            for value in s.results:
                if value.root is value:
                    self.begins[value] = [i]
                    if runs[i] != runs[min(last[value], len(statements) - 1)]:
                        memory[i] += value.nbytes
                        memory[last[value] + 1] -= value.nbytes
        for root in outgoing:
            insort(self.uses.setdefault(root, []), len(statements))
        self.memory = memory.cumsum()
        self.whole = sum(map(_cost, statements))
        self.left = _SHARE * self.whole
        self.large = [v for v in self.begins if v.nbytes >= LARGE and v not in outgoing and v not in self.writes]

    def lower(self) -> bool:
        """Find what lowers the peak most for what it costs, or else what most at the peak; False if nothing does."""
        peak = int(self.memory.argmax())
        least = _GAIN * self.memory[peak] / self.whole
        best, score = None, (0.0, 0.0)
        for value in self.large:
            uses = self.uses.get(value, [])
            k = bisect_right(uses, peak)
            start = self._begin(value, peak)
            if k == len(uses) or not 0 <= start < peak or (k and uses[k - 1] == peak):
                continue
            if self._begin(value, uses[k]) != start:  # it is made again before
                continue
            chain, at = self._chain(value, peak, uses[k])
            if chain:
                cost = sum(map(_cost, chain))
                if cost <= self.left and value.nbytes > cost * least:
                    before = max([start, *uses[:k]])
                    reached = self._lowered(before + 1, at, value.nbytes) / cost, value.nbytes / cost
                    if reached > score:
                        best, score = (value, at, chain, before), reached
        if best is None:
            return False
        value, at, chain, before = best
        self.left -= sum(map(_cost, chain))
        self.memory[before + 1 : at] -= value.nbytes
        insort(self.begins[value], at)
        inside = {r for s in chain for r in s.results}
        for root in {v.root for s in chain for v in s.values()} - inside:
            if root in self.uses:
                insort(self.uses[root], at)
        self.found.append((at, value, chain))
        return True

    def _lowered(self, start: int, end: int, size: int) -> int:
        """By how much the peak is lower if there are so many bytes less from one statement to another."""
        memory = self.memory
        there = memory[start:end].max(initial=0) - size
        return int(memory.max() - max(memory[:start].max(initial=0), there, memory[end:].max(initial=0)))

    def _begin(self, value: Value, i: int) -> int:
        """Where that is made of a value which there is at a statement; -1 if it is not made yet."""
        begins = self.begins[value]
        k = bisect_right(begins, i)
        return begins[k - 1] if k else -1

    def _chain(self, value: Value, peak: int, at: int) -> tuple[list[Statement], int]:
        """The statements that make a value of what there is at the peak, and before which one: `at`, or one before."""
        chain: dict[int, Statement] = {}
        stack = [(value, 0)]
        while stack:
            wanted, since = stack.pop()
            if wanted is not value and (end := self._end(wanted, since, peak)) > peak:
                at = min(at, end)
                continue
            i = self.made.get(wanted, -1)
            if i < 0 or wanted.root is not wanted or wanted in self.writes or len(chain) >= _MOST:
                return [], at
            s = self.statements[i]
            if s.kind != "call" or not _is_cheap(s) or s.kwargs or len(s.results) != 1 or wanted.scalar:
                return [], at
            chain[i] = s
            stack += [(v, i) for v in s.values()]
        return [chain[i] for i in sorted(chain)], at

    def _end(self, value: Value, since: int, peak: int) -> int:
        """Up to which statement after the peak a value is there as it was at one before; small ones may stay."""
        root = value.root
        writes = self.writes.get(root, [])
        k = bisect_right(writes, since)
        end = writes[k] if k < len(writes) else len(self.statements)
        if root.kind == "made" and root.nbytes >= LARGE:
            begins, uses = self.begins[root], self.uses[root]
            k = bisect_right(begins, peak)
            next_begin = begins[k] if k < len(begins) else len(self.statements) + 1
            k = bisect_left(uses, next_begin)
            end = min(end, uses[k - 1] if k else -1)
        return end

    def changed(self, program: Program) -> list[Statement]:
        """The statements, in which each such value is another one from there on."""
        numbers = Numbers(program)
        now: dict[Value, Value] = {}
        views: dict[Value, list[Statement]] = {}
        after = sorted([(at, -k) for k, (at, *_) in enumerate(self.found)], reverse=True)
        renewed = {value for _, value, _ in self.found}
        made: list[Statement] = []
        for i, s in enumerate(self.statements):
            while after and after[-1][0] == i:  # of those at one place the last found is needed by the others
                _, value, chain = self.found[-after.pop()[1]]
                made += _again(chain, views.get(value, []), now, numbers)
            if s.is_view and (root := s.results[0].root) in renewed:
                views.setdefault(root, []).append(s)
            if any(v in now for v in (*s.values(), *[r.root for r in s.results])):
                s = s.again()
                for result in s.results:
                    if result.root in now:
                        now[result] = _seen(result, now[result.root], numbers)
                renamed(s, now)
            made.append(s)
        return made


def _is_cheap(s: Statement) -> bool:
    """Whether a statement may be done again."""
    known = is_hashable(s.function) and (s.function in _COSTS or s.function in _PRODUCTS)
    return known or _name_of(s.function) in _ENGINES


def _name_of(function: Any) -> tuple[str, str]:
    return str(getattr(function, "__module__", "")), str(getattr(function, "__name__", ""))


def _cost(s: Statement) -> float:
    """What a statement costs, in passes over one number."""
    if s.is_view or s.kind != "call" or not is_hashable(s.function):
        return 0
    if s.function in _PRODUCTS:
        return _OF_PRODUCTS * operations(s)
    sizes = [value.size for value in (*s.values(), *s.results)]
    passes = _ENGINES.get(_name_of(s.function)) or _COSTS.get(s.function, 2)
    return passes * max(sizes, default=0)


def _again(
    chain: list[Statement], views: list[Statement], now: dict[Value, Value], numbers: Numbers
) -> list[Statement]:
    """The statements that make a value once more, and those that see it; `now` says then what stands for it."""
    new = dict(now)
    made = []
    for s in [*chain, *views]:
        copy = s.again()
        for result in copy.results:
            new[result] = _seen(result, new[result.root], numbers) if s.is_view else numbers.like(result)
            if s.is_view:
                now[result] = new[result]
        renamed(copy, new)
        made.append(copy)
    value = chain[-1].results[0]
    now[value] = new[value]
    return made


def _seen(view: Value, root: Value, numbers: Numbers) -> Value:
    """The same view of another array."""
    made = numbers.like(view)
    made.root = root
    return made


def _runs(statements: list[Statement]) -> list[int]:
    """For each statement a number that it shares with those with which it is done piece by piece, and nobody else."""
    runs: list[int] = []
    shape: tuple[int, ...] | None = None
    last = -1
    for i, s in enumerate(statements):
        if s.is_view or s.function in EMPTY:
            runs.append(-1 - i)
            continue
        now = target_of(s).shape if may_be_cut(s) else None
        runs.append(last if now is not None and now == shape else i)
        shape, last = now, runs[-1]
    return runs
