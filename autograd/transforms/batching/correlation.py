"""Convolutions: where the kernel is the same for each example, their images are one batch of images; where each has a
kernel of its own, the examples are groups of channels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...ops.correlation import correlate, correlate_kernel, correlate_transpose
from .batched import Batch, Batched, followed
from .forms import form


def _function(recorder: Any) -> Any:
    return recorder.primitive.function


def _run(batch: Batch, function: Callable[..., Any], *args: Any) -> Any:
    """A function of all examples at once, which an outer batch or a trace may have to take as a whole."""
    return followed(batch, function, args, {})


def _images(array: Any) -> Any:
    """(examples, images, ...) as (examples times images, ...)."""
    return array.reshape((array.shape[0] * array.shape[1], *array.shape[2:]))


def _channels(array: Any) -> Any:
    """(examples, images, channels, ...) as (images, examples times channels, ...)."""
    moved = np.moveaxis(array, 0, 1)
    return moved.reshape((moved.shape[0], moved.shape[1] * moved.shape[2], *moved.shape[3:]))


def _apart(batch: Batch, array: Any) -> Any:
    """The other way round: (images, examples times channels, ...) as (examples, images, channels, ...)."""
    parts = array.reshape((array.shape[0], batch.size, array.shape[1] // max(batch.size, 1), *array.shape[2:]))
    return np.moveaxis(parts, 1, 0)


@form(_function(correlate))
def _correlate(
    batch: Batch, x: Any, w: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1, b: Any = None
) -> Any:  # fmt: skip
    if not batch.size:
        return NotImplemented
    correlated = _function(correlate)
    if batch.holds(b):
        given = x, w, stride, padding, dilation, groups
        made = _correlate(batch, *given) if batch.holds(x) or batch.holds(w) else _run(batch, correlated, *given)
        return made + b.reshape(b.shape + (1,) * (made.ndim - 2))
    if not batch.holds(w):
        made = _run(batch, correlated, _images(x.array), w, stride, padding, dilation, groups, b)
        return Batched(batch, made.reshape((batch.size, x.shape[0], *made.shape[1:])))
    b = None if b is None else np.tile(b, batch.size)
    if not batch.holds(x) and groups == 1:  # more features of the same images
        made = _run(batch, correlated, x, _images(w.array), stride, padding, dilation, 1, b)
    else:
        images, kernels = _channels(batch.array(x)), _images(w.array)
        made = _run(batch, correlated, images, kernels, stride, padding, dilation, groups * batch.size, b)
    return Batched(batch, _apart(batch, made))


@form(_function(correlate_transpose))
def _correlate_transpose(
    batch: Batch, y: Any, w: Any, shape: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:  # fmt: skip
    if not batch.size:
        return NotImplemented
    correlated = _function(correlate_transpose)
    if not batch.holds(w):
        made = _run(batch, correlated, _images(y.array), w, shape, stride, padding, dilation, groups)
        return Batched(batch, made.reshape((batch.size, y.shape[0], *made.shape[1:])))
    images, kernels = _channels(batch.array(y)), _images(w.array)
    made = _run(batch, correlated, images, kernels, shape, stride, padding, dilation, groups * batch.size)
    return Batched(batch, _apart(batch, made))


@form(_function(correlate_kernel))
def _correlate_kernel(
    batch: Batch, y: Any, x: Any, size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:  # fmt: skip
    if not batch.size:
        return NotImplemented
    y, x = _channels(batch.array(y)), _channels(batch.array(x))
    made = _run(batch, _function(correlate_kernel), y, x, size, stride, padding, dilation, groups * batch.size)
    return Batched(batch, made.reshape((batch.size, made.shape[0] // batch.size, *made.shape[1:])))
