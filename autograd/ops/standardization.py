"""Zero mean, unit variance, unit mean square along axes: what every normalizing layer begins with, in one step.

Of halves the mean, the variance and the mean square are float32: they may lie outside of the range of what they are of.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine.declare import primitive
from ..engine.halves import widened
from ..engine.lines import room
from ..engine.rows import by_rows
from ..engine.sums import axes_of, total, total_of_product
from .pieces import in_rows


def _center(x: Any, axis: Any) -> Any:
    """x - mean along one axis or several; and the mean and the (biased) variance, of size 1 there.

    >>> y, mean, variance = center(np.array([[1.0, 5.0]]), axis=-1)
    >>> y.tolist(), mean.tolist(), variance.tolist()
    ([[-2.0, 2.0]], [[3.0]], [[4.0]])
    """
    if x.dtype.char == "e":
        return _as_half(_center(widened(x), axis))
    axes = axes_of(axis, x.ndim)
    n = _count(x.shape, axes)
    if not n:
        mean = x.mean(axes, keepdims=True)
        y = x - mean
        return y, mean, np.square(y).mean(axes, keepdims=True)
    mean = total(x, axes) / n
    with by_rows(x, mean.shape):
        y = np.subtract(x, mean, out=room(x, mean))
    return y, mean, total_of_product(y, y, axes) / n


def _center_rule(g: Any, x_shape: Any, out: Any, axis: Any) -> Any:
    of_y, of_mean, of_variance = g
    axes = axes_of(axis, len(x_shape))
    n = max(1, _count(x_shape, axes))
    part = 0.0
    with by_rows(out[0], out[1].shape):
        if of_variance is not None:
            part = _times(out[0], of_variance * (2 / n))
        if of_y is not None:
            shift = total(of_y, axes) / n
            if of_variance is None:
                part = of_y - shift
            else:
                part += of_y
                part -= shift
        if of_mean is not None:
            part = part + of_mean / n
    return part if getattr(part, "shape", None) == x_shape else np.broadcast_to(part, x_shape)


def _standardize(x: Any, axis: Any, eps: float = 0.0) -> Any:
    """(x - mean) / sqrt(variance + eps) along one axis or several; and the mean and the variance, of size 1 there.

    The variance is the biased one. Returns the tuple (standardized, mean, variance).

    >>> y, mean, variance = standardize(np.array([[1.0, 3.0]]), axis=-1)
    >>> y.tolist(), mean.tolist(), variance.tolist()
    ([[-1.0, 1.0]], [[2.0]], [[1.0]])
    """
    if x.dtype.char == "e":
        return _as_half(_standardize(widened(x), axis, eps))
    y, mean, variance = _center(x, axis)
    with by_rows(y, variance.shape):
        y *= 1 / np.sqrt(variance + eps)
    return y, mean, variance


def _standardize_rule(g: Any, x_shape: Any, out: Any, axis: Any, eps: float) -> Any:
    """Ioffe and Szegedy 2015, section 3, with all derivatives by the mean and the variance put together."""
    y, _, variance = out
    of_y, of_mean, of_variance = g
    axes = axes_of(axis, len(x_shape))
    n = max(1, _count(x_shape, axes))
    scale = 1 / np.sqrt(variance + eps)
    part = 0.0
    if of_y is not None:
        part = in_rows(_standardized_back, axes, y, of_y, scale)
    if of_variance is not None:
        part = part + y * (of_variance * (2 / n) / scale)
    if of_mean is not None:
        part = part + of_mean / n
    return part if getattr(part, "shape", None) == x_shape else np.broadcast_to(part, x_shape)


def _standardized_back(axes: tuple[int, ...], y: Any, g: Any, scale: Any) -> Any:
    n = max(1, _count(y.shape, axes))
    along, shift = total_of_product(g, y, axes), total(g, axes)
    with by_rows(y, scale.shape):
        part = _times(y, along / -n)
        part += g
        part -= shift / n
        part *= scale
    return part


def _rescale(x: Any, axis: Any, eps: float = 0.0) -> Any:
    """x / sqrt(mean square + eps) along one axis or several; and the mean square, of size 1 there.

    >>> y, mean_square = rescale(np.array([[1.0, 7.0]]), axis=-1)
    >>> y.round(6).tolist(), mean_square.tolist()
    ([[0.2, 1.4]], [[25.0]])
    """
    if x.dtype.char == "e":
        return _as_half(_rescale(widened(x), axis, eps))
    axes = axes_of(axis, x.ndim)
    n = _count(x.shape, axes)
    mean_square = total_of_product(x, x, axes) / n if n else np.square(x).mean(axes, keepdims=True)
    with by_rows(x, mean_square.shape):
        return _times(x, 1 / np.sqrt(mean_square + eps)), mean_square


def _rescale_rule(g: Any, out: Any, axis: Any, eps: float) -> Any:
    y, mean_square = out
    of_y, of_square = g
    axes = axes_of(axis, y.ndim)
    n = max(1, _count(y.shape, axes))
    scale = 1 / np.sqrt(mean_square + eps)
    if of_y is None:
        return y * (of_square * (2 / n) / scale)
    along = total_of_product(of_y, y, axes)
    with by_rows(y, scale.shape):
        part = _times(y, along / -n)
        part += of_y
        part *= scale
    return part if of_square is None else part + y * (of_square * (2 / n) / scale)


def _times(x: Any, factor: Any) -> Any:
    return np.multiply(x, factor, out=room(x, factor))


def _as_half(made: tuple[Any, ...]) -> Any:
    """What has been made of widened halves, with the first of it, which has their shape, a half again."""
    return (made[0].astype(np.float16), *made[1:])


def _count(shape: tuple[int, ...], axes: tuple[int, ...]) -> int:
    return math.prod([shape[i] for i in axes])


center = primitive(_center, name="center", multiple=True, x=_center_rule)
standardize = primitive(_standardize, name="standardize", multiple=True, x=_standardize_rule)
rescale = primitive(_rescale, name="rescale", multiple=True, x=_rescale_rule)
