"""One value in the place of another."""

from __future__ import annotations

from typing import Any

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


def final(value: Value, instead: dict[Value, Value]) -> Value:
    while value in instead:
        value = instead[value]
    return value
