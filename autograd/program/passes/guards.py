"""Check first: what decides whether a program holds for a call comes before what changes anything."""

from __future__ import annotations

from ..program import Program
from ..values import Statement, Value


def guards_first(program: Program) -> None:
    """Move each check, and what it is computed from, to the front, where that depends on no draw and no write."""
    statements = program.statements
    first = next((i for i, s in enumerate(statements) if s.writes or s.kind in ("draw", "outside")), None)
    if first is None:
        return
    made: dict[Value, Statement] = {r: s for s in statements for r in s.results}
    written = program.written()
    movable: set[Statement] = set()
    for statement in statements:
        if (
            statement.kind in ("call", "guard")
            and not statement.writes
            and not any(value.root in written for value in (*statement.values(), *statement.results))
            and all(value not in made or made[value] in movable for value in statement.values())
        ):
            movable.add(statement)
    wanted: set[Statement] = set()
    stack = [s for s in statements[first:] if s.kind == "guard" and s in movable]
    while stack:
        statement = stack.pop()
        if statement not in wanted:
            wanted.add(statement)
            stack += [made[value] for value in statement.values() if value in made]
    program.statements = [s for s in statements if s in wanted] + [s for s in statements if s not in wanted]
