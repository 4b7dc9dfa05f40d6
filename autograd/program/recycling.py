"""A program's code with memory for the gradients that it makes: the same at each call, as long as nobody keeps them.

A gradient that a caller has kept, or any view of it, is left alone: then the next ones get memory of their own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine.tensor import wrap
from .memory import array_at, new_block
from .values import Value


class Bound:
    """Memory for gradients, and what runs in it.

    memory   as bytes
    tensors  the gradients, as what has them is given them
    run      the program's function, which writes to them; set by who makes it
    """

    def __init__(self, size: int, places: Sequence[tuple[Value, int]]) -> None:
        self.memory = new_block(size)
        self.tensors = [wrap(array_at(self.memory, start, value)) for value, start in places]
        self.run: Callable[..., Any] = tuple
        self._rows: list[tuple[Any, Any, Any]] = []
        self._uses = 0

    def belongs_to(self, owners: Sequence[Any]) -> None:
        """Say who is given the gradients, once all is made that refers to their memory."""
        self._rows = [(owner, t, t._content) for owner, t in zip(owners, self.tensors, strict=True)]
        self._uses = sys.getrefcount(self.memory.base)

    def is_free(self) -> bool:
        """Whether nobody but their owners refers to the gradients, or to any part of their memory."""
        return sys.getrefcount(self.memory.base) == self._uses and _are_free(self._rows, *_OURS)


def _are_free(rows: list[tuple[Any, Any, Any]], tensors: int, arrays: int) -> bool:
    for owner, tensor, array in rows:
        if (
            sys.getrefcount(tensor) != tensors + (owner._grad is tensor)
            or sys.getrefcount(array) != arrays
            or tensor._node is not None
            or tensor._content is not array
        ):
            return False
    return True


def _counts_of_ours() -> tuple[int, int]:
    """How many refer to a gradient, and to its array, that only we have: Pythons differ in what they count."""
    bound = Bound(64, [(Value(0, "made", np.empty(2)), 0)])
    bound.belongs_to([wrap(np.empty(2))])
    return next((n, m) for n in range(16) for m in range(16) if _are_free(bound._rows, n, m))


_OURS = _counts_of_ours()
