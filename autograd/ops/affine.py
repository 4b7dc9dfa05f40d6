"""The product with a matrix of rows, and a bias: what a linear layer computes, in one step."""

from __future__ import annotations

import math
from typing import Any

from ..primitive import Function, primitive
from .products import matmul
from .shape import sum_to
from .sums import added


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
    _affine, name="affine",
    x=lambda g, w: matmul(g, w),
    w=lambda g, x: matmul(_rows(g).swapaxes(-1, -2), _rows(x)),
    b=lambda g, b_shape: sum_to(g, b_shape),
)  # fmt: skip
