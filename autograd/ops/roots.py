"""The slope of a root of squares, of a norm or a standard deviation: x over the root, and 0 where both are 0.

With g the gradient of the root the rule is x · (g / root), and the quotient does not matter where x is 0; but the
derivative of that rule is the quotient itself. A smooth function of the squares, such as the square of a norm, has a
second derivative there, and by de l'Hôpital's rule it is that of g by the root: the graph of g leads to it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.modes import mode
from ..engine.node import walk
from ..engine.sweep import gradients
from ..engine.tensor import Tensor, unwrap, wrap


def over_root(g: Any, root: Any) -> Any:
    """g / root; where the root is 0, what that tends to if g is 0 there too and is being recorded, else 0, or NaN as g
    is: a derivative that is not known."""
    zero = root == 0
    plain = type(zero) is np.ndarray or type(zero) is np.bool
    if plain and not zero.any():
        return g / root
    made = np.where(zero & (g == g), 0, g / (root + zero))
    if not (plain and isinstance(g, Tensor) and g.requires_grad and root.requires_grad):
        return made
    zero = zero & (unwrap(g) == 0)
    return made + _finite(_sum_of_slopes(g, [root], zero.astype(g.dtype)), zero) if zero.any() else made


def part_of_root(g: Any, x: Any, root: Any) -> Any:
    """g · (x / root), whose quotient is at most 1, where x · (g / root) might overflow; recorded, it is the latter."""
    return g * (x / (root + (root == 0))) if isinstance(g, np.ndarray) else x * over_root(g, root)


def by_sign(g: Any, x: Any) -> Any:
    """g · sign(x)*, the slope of |x|; recorded, with the second derivative that a smooth function of |x| has at 0."""
    return g * np.sign(x).conj() if isinstance(g, np.ndarray) else _bent(g * np.sign(x).conj(), g, x)


def _bent(slope: Any, g: Any, x: Any) -> Any:
    """The slope, and where x and g are 0 what g / |x| tends to, times x, which changes the slope's derivative alone.

    There g has to depend on |x| element by element: the square of a sum of magnitudes has no second derivative.
    """
    if not (isinstance(g, Tensor) and g._node is not None and x.requires_grad):
        return slope
    zero = (unwrap(x) == 0) & (unwrap(g) == 0)
    if not (type(zero) is np.ndarray or type(zero) is np.bool) or not zero.any():
        return slope
    sizes = [wrap(np.empty(0), node) for node in walk([g._node], x._node.order) if _is_size_of(x, node)]
    weights = 1 + (0.618 * np.arange(1, zero.size + 1)).reshape(zero.shape) % 1  # of which none is the mean of others
    limit, weighted = (_sum_of_slopes(g, sizes, seed.astype(g.dtype)) for seed in (zero, zero * weights))
    return slope + x.conj() * _finite(limit, zero & np.isclose(weighted, limit * weights)).astype(g.dtype)


def _sum_of_slopes(g: Any, places: list[Any], seed: Any) -> Any:
    """The derivative of g by what stands at several places of the graph together; 0 where it depends on none.

    It is a question, whose NaN and infinities are no anomaly, nor worth a warning.
    """
    watch = mode.watch
    mode.watch = watch if watch is mode.trace else None
    try:
        with np.errstate(all="ignore"):
            parts = gradients([g], places, [seed], retain_graph=True)
    finally:
        mode.watch = watch
    return sum([unwrap(part) for part in parts if part is not None])


def _finite(limit: Any, where: Any) -> Any:
    """The limit there, but 0 if it is infinite: times x, which is 0, it must stay 0 in the slope itself."""
    return np.where(where & np.isfinite(limit), limit, 0)


def _is_size_of(x: Any, node: Any) -> bool:
    return node.plan is not None and node.plan.primitive.name in ("absolute", "fabs") and node.parents == (x._node,)
