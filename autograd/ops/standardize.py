"""Zero mean and unit variance along axes: what every normalizing layer begins with, in one step."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import primitive


def _standardize(x: Any, axis: Any, eps: float = 0.0) -> Any:
    """(x - mean) / sqrt(variance + eps) along one axis or several; and the mean and the variance, of size 1 there.

    The variance is the biased one. Returns the tuple (standardized, mean, variance).

    >>> y, mean, variance = standardize(np.array([[1.0, 3.0]]), axis=-1)
    >>> y.tolist(), mean.tolist(), variance.tolist()
    ([[-1.0, 1.0]], [[2.0]], [[1.0]])
    """
    mean = x.mean(axis, keepdims=True)
    y = x - mean
    variance = _mean_of_product(y, y, axis)
    y *= 1 / np.sqrt(variance + eps)
    return y, mean, variance


def _mean_of_product(a: Any, b: Any, axis: Any) -> Any:
    if axis in (-1, a.ndim - 1, (-1,), (a.ndim - 1,)) and a.shape[-1]:
        return np.vecdot(a.conj() if a.dtype.kind == "c" else a, b)[..., None] / a.shape[-1]  # no array in between
    return (a * b).mean(axis, keepdims=True)


def _rule(g: Any, x_shape: Any, x_dtype: Any, out: Any, axis: Any, eps: float) -> Any:
    """Ioffe and Szegedy 2015, section 3, with all derivatives by the mean and the variance put together."""
    y, _, variance = out
    of_y, of_mean, of_variance = g
    scale = 1 / np.sqrt(variance + eps)
    total = 0.0
    if of_y is not None:
        total = (of_y - of_y.mean(axis, keepdims=True) - y * _mean_of_product(of_y, y, axis)) * scale
    n = y.size // max(1, variance.size)
    if of_mean is not None:
        total = total + of_mean / n
    if of_variance is not None:
        total = total + of_variance * (2 / n) * (y / scale)
    return np.broadcast_to(total, x_shape)


standardize = primitive(_standardize, name="standardize", multiple=True, x=_rule)
