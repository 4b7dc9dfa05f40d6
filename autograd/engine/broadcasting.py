"""sum_to and broadcast_to, adjoint to each other: how the gradient of what was broadcast comes back to its shape."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .blocks import in_blocks, spread
from .declare import linear
from .primitive import Function
from .sums import LARGE, ones, summed_axes, total


def _sum_to(x: Any, shape: tuple[int, ...]) -> Any:
    if x.ndim == 2 and x.size < LARGE and x.shape[1:] == shape and x.dtype.char in "fd":
        if type(x) is np.ndarray:  # a bias: the most frequent case, without a look at its layout
            return ones(x.shape[0], x.dtype.char).dot(x)
        if x.__class__ is np.ndarray:  # what stands for an array while a function is traced
            return np.dot(ones(x.shape[0], x.dtype.char), x)
    axes = summed_axes(x.shape, shape)
    if x.dtype.char == "e":  # many halves overflow on the way
        return x.sum(axes, np.float32).reshape(shape).astype(x.dtype)
    summed = total(x, axes)
    return summed if summed.shape == shape else summed.reshape(shape)


def _broadcast_to(x: Any, shape: Any) -> Any:
    if type(shape) is not tuple or not isinstance(x, np.ndarray | np.generic):
        return spread(x, shape) if in_blocks(x) else np.broadcast_to(x, shape)
    if isinstance(x, np.generic):
        if math.prod(shape) <= 1024:  # what uses it next takes less time than with a view
            made = np.empty(shape, x.dtype)
            made.fill(x)
            return made
        x = np.asarray(x)
    more = len(shape) - x.ndim
    if more < 0 or not x.flags.c_contiguous or type(x) is not np.ndarray:
        return np.broadcast_to(x, shape)
    strides = x.strides
    if (last := shape[more:]) != x.shape:
        if any(m != 1 and m != n for m, n in zip(x.shape, last, strict=True)):
            return np.broadcast_to(x, shape)  # which says what is wrong
        strides = tuple([s if m == n else 0 for s, m, n in zip(strides, x.shape, last, strict=True)])
    view = np.ndarray(shape, x.dtype, x, 0, (0,) * more + strides)  # the same, in a third of the time
    view.flags.writeable = False
    return view


sum_to: Function = linear(_sum_to, name="sum_to", x=lambda g, x_shape: broadcast_to(g, x_shape))
broadcast_to: Function = linear(
    _broadcast_to, np.broadcast_to, name="broadcast_to", views=True, x=lambda g, x_shape: sum_to(g, x_shape)
)
