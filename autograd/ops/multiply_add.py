"""A product and a sum in one step: the scale and shift that follow a normalization, or any x * w + b."""

from __future__ import annotations

from typing import Any

from ..primitive import Function, primitive
from .shape import sum_to
from .sums import added, product_to


def _multiply_add(x: Any, w: Any, b: Any = None) -> Any:
    """x * w + b for w and b that broadcast to x's shape; without b nothing is added.

    The gradients of w and b are sums over what was broadcast, made without an array of x's size in between.

    >>> multiply_add(np.ones((2, 3)), np.array([1.0, 2.0, 3.0]), np.ones(3)).tolist()
    [[2.0, 3.0, 4.0], [2.0, 3.0, 4.0]]
    """
    made = x * w
    if made.shape != x.shape:
        raise ValueError(f"expected w that broadcasts to x's shape {x.shape}, got {w.shape}")
    return made if b is None else added(made, b)


multiply_add: Function = primitive(
    _multiply_add, name="multiply_add",
    x=lambda g, w: g * w,
    w=lambda g, x, w_shape: product_to(g, x, w_shape),
    b=lambda g, b_shape: sum_to(g, b_shape),
)  # fmt: skip
