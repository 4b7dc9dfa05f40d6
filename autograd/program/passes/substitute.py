"""One value in the place of another."""

from __future__ import annotations

from typing import Any

from ..program import Program
from ..values import Statement, Value, mapped


def substitute(statement: Statement, instead: dict[Value, Value]) -> None:
    """Let a statement use, in the place of these values, those."""
    if not instead:
        return

    def change(item: Any) -> Any:
        return final(item, instead) if isinstance(item, Value) else item

    statement.args = mapped(statement.args, change)
    statement.kwargs = mapped(statement.kwargs, change)
    for result in statement.results:
        result.root = final(result.root, instead)
    statement.writes = tuple(dict.fromkeys([final(root, instead) for root in statement.writes]))


def replace(value: Value, new: Value, instead: dict[Value, Value]) -> None:
    """Note that a value is to be used in the place of another, whose gradients it stands for from then on, too."""
    instead[value] = new
    end = final(new, instead)
    end.slopes += [of for of in value.slopes if of not in end.slopes]


def follow(program: Program, instead: dict[Value, Value]) -> None:
    """Let a program give, in the place of these values, those."""
    if instead:
        program.results = [None if value is None else final(value, instead) for value in program.results]
        program.assigned = [(place, None if v is None else final(v, instead)) for place, v in program.assigned]
        program.kept = [final(value, instead) for value in program.kept]


def final(value: Value, instead: dict[Value, Value]) -> Value:
    while value in instead:
        value = instead[value]
    return value
