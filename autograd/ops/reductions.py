"""Functions that reduce axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import linear, nondifferentiable, primitive
from .shape import broadcast_to

_add_reduce: Any = np.add.reduce


def kept(g: Any, axis: Any, keepdims: bool, shape: tuple[int, ...]) -> Any:
    """The gradient of a reduction with the reduced axes of `shape` put back, of size 1."""
    if keepdims or axis is None or g.ndim == len(shape):
        return g
    axes = {a % len(shape) for a in (axis if isinstance(axis, tuple) else (axis,))}
    return g.reshape(tuple([1 if i in axes else n for i, n in enumerate(shape)]))


def count(shape: tuple[int, ...], axis: Any) -> int:
    """How many elements a reduction takes together."""
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    n = 1
    for a in axes:
        n *= shape[a]
    return n


def _sum(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    return _add_reduce(x, axis, dtype, None, keepdims)


def _mean(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    return x.mean(axis, dtype, None, keepdims)


def _max(x: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    return x.max(axis, None, keepdims)


def _max_x(g: Any, x: Any, out: Any, axis: Any, keepdims: bool) -> Any:
    winners = x == kept(out, axis, keepdims, x.shape)
    return kept(g, axis, keepdims, x.shape) * winners / winners.sum(axis, keepdims=True)


sum = linear(
    _sum, np.sum, name="sum",
    x=lambda g, x_shape, axis, keepdims: broadcast_to(kept(g, axis, keepdims, x_shape), x_shape),
)  # fmt: skip
mean = linear(
    _mean, np.mean, name="mean",
    x=lambda g, x_shape, axis, keepdims: broadcast_to(
        kept(g, axis, keepdims, x_shape) / count(x_shape, axis), x_shape
    ),
)  # fmt: skip
max = primitive(_max, np.max, name="max", x=_max_x)

nondifferentiable(np.argmax, np.argmin, np.any, np.all, np.count_nonzero)
