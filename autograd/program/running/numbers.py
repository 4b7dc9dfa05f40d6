"""Values that a pass makes: their numbers, and statements in which they take the place of others."""

from __future__ import annotations

from typing import Any

from ..program import Program
from ..values import Statement, Value, mapped


class Numbers:
    """Gives numbers that no value of a program has."""

    def __init__(self, program: Program) -> None:
        used: list[Value] = [*program.inputs, *program.states, *program.outgoing()]
        used += [value for s in program.statements for value in (*s.values(), *s.results)]
        self.next = 1 + max([value.number for value in used], default=-1)

    def new(self) -> int:
        self.next += 1
        return self.next - 1

    def like(self, value: Value) -> Value:
        """Another value of the same kind, shape and layout, in memory of its own."""
        made = object.__new__(Value)
        for name in Value.__slots__:
            setattr(made, name, getattr(value, name))
        made.number, made.root, made.kind, made.array = self.new(), made, "made", None
        made.slopes = []
        return made


def renamed(s: Statement, names: dict[Value, Value]) -> None:
    """Let a statement use, and make, other values in the place of some."""

    def of(item: Any) -> Any:
        return names.get(item, item) if isinstance(item, Value) else item

    s.args, s.kwargs = mapped(s.args, of), mapped(s.kwargs, of)
    s.results, s.form = [of(value) for value in s.results], mapped(s.form, of)
    s.writes = tuple(map(of, s.writes))
