"""What a program costs, counted and not measured."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .functions import is_elementwise
from .memory import Placement
from .program import Program
from .values import Statement, Value


class Cost(NamedTuple):
    """The cost of one call of a program.

    statements  how many there are that compute something; a view costs nothing
    operations  additions, multiplications and calls of functions such as exp, of one number each
    bytes       that are read and written, where nothing stays in the cache
    peak        the most bytes at a time for what is computed on the way, results included
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


def operations(statement: Statement) -> int:
    """Of one statement: of products, einsum's too, one for each factor and place; else one for each number."""
    arrays = [value for value in statement.args if isinstance(value, Value)]
    results = sum(value.size for value in statement.results)
    function = statement.function
    if function in (np.matmul, np.dot, np.ndarray.dot, np.vecdot, np.inner) and len(arrays) == 2:
        shape = arrays[0].shape
        return 2 * results * (shape[-1] if shape else 1)
    if function is np.einsum and type(statement.args[0]) is str and "." not in statement.args[0]:
        labels = statement.args[0].replace(" ", "").partition("->")[0].split(",")
        pairs = zip(labels, arrays, strict=True)
        sizes = {label: n for names, value in pairs for label, n in zip(names, value.shape, strict=True)}
        return len(arrays) * math.prod(sizes.values())
    if is_elementwise(function):
        return results or max([value.size for value in arrays], default=0)
    return max([results, *(value.size for value in arrays)])


def moved(statement: Statement) -> int:
    """The bytes that one statement reads and writes."""
    return sum(value.nbytes for value in (*set(statement.values()), *statement.results, *statement.writes))


def short(n: Any) -> str:
    """A number with its unit's prefix."""
    for unit in ("", "k", "M", "G"):
        if n < 1000:
            return f"{n:.3g} {unit}".rstrip() if unit == "" else f"{n:.3g} {unit}"
        n /= 1000
    return f"{n:.3g} T"
