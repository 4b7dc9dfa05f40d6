"""Large arrays in pieces: what takes several passes finds each piece in the cache from the second pass on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_PIECE = 32768  # elements: half a megabyte for an array, its result and what lies between


def in_pieces(function: Callable[..., Any], x: Any) -> Any:
    """function(x) of a function that works element by element and writes where it is told: function(x, out).

    The result has x's dtype and memory order.
    """
    if type(x) is not np.ndarray or x.size <= _PIECE:
        return function(x)
    result = np.empty_like(x)
    source, target = x, result
    if not x.flags.c_contiguous:
        order = sorted(range(x.ndim), key=x.strides.__getitem__, reverse=True)
        source, target = x.transpose(order), result.transpose(order)
        if not source.flags.c_contiguous:  # it has gaps
            return function(x, result)
    source, target = source.reshape(-1), target.reshape(-1)
    for start in range(0, source.size, _PIECE):
        function(source[start : start + _PIECE], target[start : start + _PIECE])
    return result
