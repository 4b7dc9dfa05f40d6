"""Drop what nobody uses."""

from __future__ import annotations

from ..program import Program
from ..values import Statement, Value


def drop_unused(program: Program) -> None:
    """Keep what leads to a result, changes what outlives the call, draws random numbers, or is checked."""
    needed: set[Value] = set(program.outgoing())
    roots = {value.root for value in needed}
    kept: list[Statement] = []
    for statement in reversed(program.statements):
        if not (
            statement.has_effect
            or any(root in roots or root.kind in ("state", "input") for root in statement.writes)
            or any(result in needed or (result.root is result and result in roots) for result in statement.results)
        ):
            continue
        kept.append(statement)
        for value in statement.values():
            needed.add(value)
            roots.add(value.root)
    program.statements = kept[::-1]
