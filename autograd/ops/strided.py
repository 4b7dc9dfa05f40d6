"""Elements by where they lie in memory, counted in elements: a view of them, and an array with others put there."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.tensor import Tensor, plain, wrap


def as_strided(x: Any, shape: Any, strides: Any, offset: int | None = None) -> Any:
    """The elements of an array's memory at these places: a view, but of a Tensor that has a gradient a copy.

    strides  how many elements lie from one to the next, along each axis
    offset   where the first one lies; without it, where the array begins

    Raises ValueError for places outside of the memory, or of a Tensor that has a gradient.

    >>> as_strided(np.arange(6.0), (2, 3), (1, 2)).tolist()
    [[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]]
    """
    found, at = _places(plain(x), shape, strides, offset)
    if getattr(x, "_node", None) is None:
        return wrap(found) if isinstance(x, Tensor) else found
    if (at < 0).any():
        raise ValueError("as_strided: expected elements of this tensor, which has a gradient, got others")
    made = np.ravel(x)[at]
    made.data.flags.writeable = False  # what is written there would be seen by nobody
    return made


def strided_scatter(x: Any, values: Any, shape: Any, strides: Any, offset: int = 0) -> Any:
    """A copy of x with values where as_strided would find elements of it, as if it lay in one piece.

    >>> strided_scatter(np.zeros(4), np.ones(2), (2,), (3,)).tolist()
    [1.0, 0.0, 0.0, 1.0]
    """
    flat = np.ravel(x).copy()
    flat[_places(np.ravel(plain(x)), shape, strides, offset)[1]] = values
    return flat.reshape(x.shape)


def _places(array: Any, shape: Any, strides: Any, offset: Any) -> tuple[Any, Any]:
    """The elements of an array's memory at these places, and for each where it stands in the array, or -1."""
    memory = array
    while isinstance(memory.base, np.ndarray):
        memory = memory.base
    first = (array.ctypes.data - memory.ctypes.data) // array.itemsize
    start = first if offset is None else offset
    whole = np.ndarray((memory.nbytes // array.itemsize,), array.dtype, memory)
    last = start + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    if last >= whole.size and 0 not in shape:
        raise ValueError(f"as_strided: expected places among the {whole.size} of this memory, got others")
    view, numbers = np.lib.stride_tricks.as_strided, np.full(whole.shape, -1)
    own = view(numbers[first:], array.shape, [n // array.itemsize * 8 for n in array.strides])
    own[...] = np.reshape(np.arange(array.size), array.shape)
    steps = [n * array.itemsize for n in strides]
    return view(whole[start:], shape, steps), view(numbers[start:], shape, [8 * n for n in strides])
