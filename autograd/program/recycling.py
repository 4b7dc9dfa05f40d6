"""Gradients in the memory of the last ones: where nobody has kept these, they need not be allocated anew.

A gradient that a caller has kept, or any view of it, is left alone, and the next one gets memory of its own.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from ..engine.tensor import wrap
from .memory import array_at
from .values import Value


def taken(tensor: Any, value: Value) -> Any:
    """An array for the tensor's next gradient, which may lie where the last one does."""
    g = tensor._grad
    if g is not None and sys.getrefcount(g) == _OF_TENSOR and g._node is None:
        d = g._data
        if (
            sys.getrefcount(d) == _OF_ARRAY
            and d.__class__ is np.ndarray
            and (d.shape, d.strides, d.dtype) == (value.shape, value.strides, value.dtype)
            and d.flags.writeable
            and (d.base is None or sys.getrefcount(d.base) == _OF_BASE)
        ):
            return d
    return array_at(np.empty(value.nbytes, np.uint8), 0, value)


def _counts(tensor: Any) -> tuple[int, int, int]:
    """What is counted, in `taken`, of a gradient that only its tensor holds: Pythons differ."""
    g = tensor._grad
    n = sys.getrefcount(g)
    d = g._data
    return n, sys.getrefcount(d), sys.getrefcount(d.base)


def _held() -> tuple[int, int, int]:
    tensor = wrap(np.empty(1))
    tensor._grad = wrap(np.empty(8, np.uint8)[:].reshape(2, 4))
    return _counts(tensor)


_OF_TENSOR, _OF_ARRAY, _OF_BASE = _held()
