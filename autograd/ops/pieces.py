"""Large arrays in pieces: what takes several passes finds each piece in the cache from the second pass on."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.lending import empty_like
from ..engine.modes import Untraceable

_PIECE = 65536  # elements: three quarters of a megabyte for an array, its result and what lies between
_MANY = 1 << 20  # elements: fewer in a few arrays still fit into the cache, and pieces gain nothing


def only_whole(function: Any, *arrays: Any) -> None:
    """Raise Untraceable unless all are arrays of NumPy's: a hundred pieces are a hundred times the statements."""
    for array in arrays:
        if type(array) is not np.ndarray:
            raise Untraceable(function, getattr(array, "batch", None))


def in_pieces(function: Callable[..., Any], *arrays: Any) -> Any:
    """function(*arrays) of what works element by element and writes where it is told: function(*arrays, out).

    The arrays have one shape and one dtype; the result has them too, and the first one's memory order.
    """
    x = arrays[0]
    if x.__class__ is not np.ndarray or x.size <= 2 * _PIECE:  # so many still fit into the cache
        return function(*arrays)
    only_whole(function, *arrays)
    result = empty_like(x)
    seen = [*arrays, result]
    if not x.flags.c_contiguous:
        order = sorted(range(x.ndim), key=x.strides.__getitem__, reverse=True)
        seen = [array.transpose(order) for array in seen]
    if not all(array.flags.c_contiguous for array in seen):  # one has gaps, or another order
        return function(*arrays, result)
    flat = [array.reshape(-1) for array in seen]
    for start in range(0, x.size, _PIECE):
        function(*[array[start : start + _PIECE] for array in flat])
    return result


def in_rows(function: Callable[..., Any], axes: tuple[int, ...], *arrays: Any) -> Any:
    """function(axes, *arrays) of a function that works element by element but for sums over `axes`.

    The first array has the shape of the result; the others have it too, or size 1 along `axes`.
    """
    x = arrays[0]
    first = x.ndim - len(axes)
    pays = x.size >= _MANY and axes == tuple(range(first, x.ndim))
    if not pays or not all(a.__class__ is np.ndarray and a.flags.c_contiguous for a in arrays):
        return function(axes, *arrays)
    only_whole(function, *arrays)
    n = math.prod(x.shape[first:])
    rows = max(1, _PIECE // n)
    flat = [a.reshape(-1, n if a.shape[first:] == x.shape[first:] else 1) for a in arrays]
    result = empty_like(x, np.result_type(*arrays))
    target = result.reshape(-1, n)
    for start in range(0, len(target), rows):
        target[start : start + rows] = function((1,), *[a[start : start + rows] for a in flat])
    return result
