"""What a program costs, counted and not measured."""

from __future__ import annotations

from typing import Any, NamedTuple

from .counting import moved, operations
from .memory import Placement
from .program import Program


class Cost(NamedTuple):
    """The cost of one call of a program.

    statements  how many there are that compute something; a view costs nothing
    operations  additions, multiplications and calls of functions such as exp, of one number each
    bytes       that are read and written, where nothing stays in the cache
    peak        the most bytes at a time for what is computed on the way, results included, and the windows of
                convolutions; what functions of NumPy's need within, and give back, is not counted
    """

    statements: int
    operations: int
    bytes: int
    peak: int

    def __str__(self) -> str:
        return (
            f"{self.statements} statements, {short(self.operations)} operations, {short(self.bytes)}B moved, "
            f"{short(self.peak)}B at most"
        )


def cost(program: Program) -> Cost:
    """The cost of a program."""
    computing = [s for s in program.statements if s.kind in ("call", "draw") and not s.is_view]
    placement = Placement(program)
    results = sum(value.root.nbytes for value in program.outgoing() if value.root.kind == "made")
    return Cost(len(computing), sum(map(operations, computing)), sum(map(moved, computing)), placement.peak + results)


def short(n: Any) -> str:
    """A number with its unit's prefix."""
    for unit in ("", "k", "M", "G"):
        if n < 1000:
            return f"{n:.3g} {unit}".rstrip() if unit == "" else f"{n:.3g} {unit}"
        n /= 1000
    return f"{n:.3g} T"
