"""A program's code with memory for the gradients that it makes: the same at each call, as long as nobody keeps them.

A gradient that a caller has kept, or any view of it, is left alone: then the next ones get memory of their own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np

from ..engine.tensor import wrap
from .memory import array_at, new_block
from .values import Value


class Bound:
    """Memory for gradients, and what runs in it.

    memory   as bytes
    tensors  the gradients, as what has them is given them
    arrays   the arrays that are the same at each call
    space    what the names of the program's text stand for
    run      the program's function, which writes to the gradients; these three are set by who makes it
    """

    def __init__(self, size: int, places: Sequence[tuple[Value, int]], owners: Sequence[Any]) -> None:
        self.memory = new_block(size)
        bytes_of = memoryview(self.memory)  # so that each gradient is an array of its own, of which views are seen
        parts = [np.frombuffer(bytes_of[start : start + value.nbytes], np.uint8) for value, start in places]
        self.tensors = [wrap(array_at(part, 0, value)) for part, (value, _) in zip(parts, places, strict=True)]
        self.arrays: dict[Value, Any] = {}
        self.space: dict[str, Any] = {}
        self.run: Callable[..., Any] = tuple
        self._rows = [(owner, t, t._content) for owner, t in zip(owners, self.tensors, strict=True)]

    def adopt(self) -> None:
        """Take the gradients that the owners have."""
        for owner, tensor, array in self._rows:
            if owner._grad is not None and owner._grad._node is None:
                array[...] = owner._grad._content
                owner._grad = tensor

    def is_free(self) -> bool:
        """Whether nobody but their owners refers to the gradients, or to any view of them."""
        return _are_free(self._rows, *_OURS)


def _are_free(rows: list[tuple[Any, Any, Any]], tensors: int, arrays: int, bases: int) -> bool:
    for owner, tensor, array in rows:
        if (
            sys.getrefcount(tensor) != tensors + (owner._grad is tensor)
            or sys.getrefcount(array) != arrays
            or sys.getrefcount(array.base) != bases
            or tensor._node is not None
            or tensor._content is not array
        ):
            return False
    return True


def _counts_of_ours() -> tuple[int, int, int]:
    """How many refer to a gradient, its array and its memory that only we have: Pythons differ in what they count."""
    bound = Bound(64, [(Value(0, "made", np.empty((2, 2))), 0)], [wrap(np.empty(2))])
    few = range(16)
    return next((n, m, k) for n, m, k in product(few, few, few) if _are_free(bound._rows, n, m, k))


_OURS = _counts_of_ours()
