"""Operands that are broadcast, row by row: without the buffer in which NumPy else repeats them first.

An elementwise function of NumPy's runs over several rows at once, as many as its buffer holds (8192 elements), and of
an operand with one value for a row, or one row for all, it writes the copies into the buffer before. For rows of some
length that takes two to three times as long as a loop of its own for each row, which is what a buffer of just one row
leads to. No bit of a result depends on it.
"""

from __future__ import annotations

import functools
from contextlib import nullcontext
from typing import Any

import numpy as np

from .lines import MANY

_LEAST, _MOST = 256, 8192  # the length of a row: below, the rows are too many; from NumPy's buffer on it needs none


class Buffer:
    """Within it NumPy's buffer, which is one for each thread, has another size."""

    __slots__ = ("before", "size")

    def __init__(self, size: int) -> None:
        self.size = size

    def __enter__(self) -> None:
        self.before = np.setbufsize(self.size)

    def __exit__(self, *_: object) -> None:
        np.setbufsize(self.before)


_AS_IT_IS = nullcontext()


def by_rows(x: Any, *others: tuple[int, ...]) -> Any:
    """A context for elementwise functions of a large array x and of operands of these shapes, broadcast to its shape.

    >>> x = np.ones((256, 512), np.float32)
    >>> with by_rows(x, (256, 1)):
    ...     y = x - x.mean(1, keepdims=True)
    """
    if x.__class__ is not np.ndarray or x.size < MANY:
        return _AS_IT_IS
    size = size_of_buffer(x.shape, x.strides, x.itemsize, *others)
    return Buffer(size) if size else _AS_IT_IS


def size_of_buffer(shape: Any, strides: Any, itemsize: int, *others: tuple[int, ...]) -> int:
    """How long a buffer to have for operands of other shapes, broadcast to this one; 0 if NumPy's is as good."""
    row = min([_row(shape, strides, itemsize, other) for other in others])
    return row // 16 * 16 if _LEAST <= row < _MOST else 0


@functools.lru_cache(maxsize=1024)
def _row(shape: tuple[int, ...], strides: tuple[int, ...], itemsize: int, other: tuple[int, ...]) -> int:
    """How many elements follow each other in memory of which the other array has all, or one for all of them."""
    axes = sorted(zip(strides, shape, (1,) * (len(shape) - len(other)) + other, strict=True), reverse=True)
    count, single = 1, None
    for stride, n, m in reversed(axes):
        if n == 1:
            continue
        if single is None:
            single = m != n
        if stride != count * itemsize or single is not (m != n):
            break
        count *= n
    return count
