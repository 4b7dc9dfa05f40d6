"""Arrays that are multiplied by one another: equal ones stay apart, for a product with itself is rounded otherwise."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..program import Program
from ..values import Value
from .substitute import final

_PRODUCTS = frozenset((np.matmul, np.dot, np.ndarray.dot, np.inner, np.tensordot, np.einsum))
"""Functions that work out half of the product of an array and itself transposed, which is symmetric."""


class Factors:
    """Of each array of a program, the others that it is multiplied by."""

    def __init__(self, program: Program) -> None:
        self._of: dict[Value, set[Value]] = {}
        for statement in program.statements:
            if statement.kind == "call" and statement.function in _PRODUCTS:
                roots = {value.root for value in statement.values()}
                for root in roots:
                    self._of.setdefault(root, set()).update(roots - {root})

    def meet(self, values: Iterable[Value], others: Iterable[Value], instead: dict[Value, Value]) -> bool:
        """Whether one of these values would be multiplied by itself, were the others used in their place."""
        return any(
            final(factor, instead) is other.root
            for value, other in zip(values, others, strict=False)
            for factor in self._of.get(value, ())
        )
