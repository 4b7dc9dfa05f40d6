"""Results of large arrays in memory that begins where a line of the processor's cache does.

What NumPy makes begins 16 bytes, or a multiple of them, behind such a place. A register of 64 bytes is then written to
two lines each time, and an elementwise function of two arrays takes twice as long; that it reads across lines costs
next to nothing. So only where a result is put counts, and of a function that writes to one of its own operands less.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from .modes import mode

MANY = 32768  # elements: of fewer NumPy has computed in the time that it takes to look for a place
_LINE = 64  # bytes


class Memory(np.ndarray[Any, Any]):
    """What lies behind an array that `room` made: nobody else's, though the array does not own it by NumPy's word.

    It has a class of its own, so that NumPy takes the array itself as the base of its views, as of one that does.
    """


def room(x: Any, *others: Any) -> Any:
    """Where to put a result of x's shape, dtype and layout, for `out=`; None where NumPy's own memory is as good.

    That is for few elements, for what is not NumPy's, where the others, which are broadcast to x's shape, would give
    another dtype or shape, and where each of them has but one number for a whole row: its loop meets two arrays.

    >>> x, row = np.ones((256, 512)), np.ones(512)
    >>> y = np.multiply(x, row, out=room(x, row))
    """
    if type(x) is not np.ndarray or x.size < MANY or x.dtype.char not in "fd":
        return None
    shape, strides, dtype = x.shape, x.strides, x.dtype
    for other in others:
        if type(other) is not np.ndarray or other.dtype is not dtype or not _fits(other.shape, shape):
            return None
    if others and all(other.shape[-1:] in ((), (1,)) for other in others):
        return None
    if not is_dense(shape, strides, dtype.itemsize):
        return None
    return _laid(shape, dtype, strides)


def _aligned(shape: tuple[int, ...], dtype: Any, strides: tuple[int, ...]) -> Any:
    memory = Memory(math.prod(shape) * dtype.itemsize + _LINE, np.uint8)
    return np.ndarray(shape, dtype, memory, -memory.ctypes.data % _LINE, strides)


def _laid(shape: tuple[int, ...], dtype: Any, strides: tuple[int, ...]) -> Any:
    if mode.lender is None:
        return _aligned(shape, dtype, strides)
    return mode.lender.lend((shape, dtype, strides), lambda: _aligned(shape, dtype, strides))


_laid.printed_as = _aligned  # type: ignore[attr-defined]


@functools.lru_cache(maxsize=1024)
def _fits(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Whether an array of one shape broadcasts to the other."""
    extra = len(to) - len(shape)
    return extra >= 0 and all(n in (1, m) for n, m in zip(shape, to[extra:], strict=True))


@functools.lru_cache(maxsize=1024)
def is_dense(shape: tuple[int, ...], strides: tuple[int, ...], itemsize: int) -> bool:
    """Whether elements lie one after the other, in whatever order of the axes."""
    for stride, n in sorted(zip(strides, shape, strict=True)):
        if n > 1 and stride != itemsize:
            return False
        itemsize *= n
    return True
