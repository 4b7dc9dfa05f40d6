"""A product and a sum in one step: what a linear layer computes, and the scale and shift after a normalization."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine.broadcasting import sum_to
from ..engine.declare import primitive
from ..engine.lines import room
from ..engine.primitive import Function
from ..engine.rows import by_rows
from ..engine.sums import added, product_to
from .products import matmul


def _affine(x: Any, w: Any, b: Any = None) -> Any:
    """x @ w.T + b: (..., in), (out, in) and (out,) give (..., out); without b nothing is added.

    >>> affine(np.ones((5, 3)), np.ones((2, 3)), np.zeros(2)).shape
    (5, 2)
    """
    made = matmul(x, w.swapaxes(-1, -2))
    if b is None:
        return made
    return added(made, b) if made.ndim >= b.ndim else made + b


def _rows(x: Any) -> Any:
    return x if len(x.shape) == 2 else x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


affine: Function = primitive(
    _affine, name="affine", kind="bilinear", single=True,
    x=lambda g, w: matmul(g, w),
    w=lambda g, x: matmul(_rows(g).swapaxes(-1, -2), _rows(x)),
    b=lambda g, b_shape: sum_to(g, b_shape),
)  # fmt: skip


def _multiply_add(x: Any, w: Any, b: Any = None) -> Any:
    """x * w + b for w and b that broadcast to x's shape; without b nothing is added.

    The gradients of w and b are sums over what was broadcast, made without an array of x's size in between.

    >>> multiply_add(np.ones((2, 3)), np.array([1.0, 2.0, 3.0]), np.ones(3)).tolist()
    [[2.0, 3.0, 4.0], [2.0, 3.0, 4.0]]
    """
    with by_rows(x, w.shape):
        made = np.multiply(x, w, out=room(x, w))
    if made.shape != x.shape:
        raise ValueError(f"expected w that broadcasts to x's shape {x.shape}, got {w.shape}")
    return made if b is None else added(made, b)


def _multiply_add_x(g: Any, w: Any) -> Any:
    with by_rows(g, w.shape):
        return np.multiply(g, w, out=room(g, w))


multiply_add: Function = primitive(
    _multiply_add, name="multiply_add", kind="bilinear", single=True,
    x=_multiply_add_x,
    w=lambda g, x, w_shape: product_to(g, x, w_shape),
    b=lambda g, b_shape: sum_to(g, b_shape),
)  # fmt: skip
