"""The slope of a root of squares, of a norm or a standard deviation: x over the root, and 0 where both are 0.

With g the gradient of the root the rule is x · (g / root), and the quotient does not matter where x is 0; but the
derivative of that rule is the quotient itself. A smooth function of the squares, such as the square of a norm, has a
second derivative there, and by de l'Hôpital's rule it is that of g by the root: the graph of g leads to it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.sweep import gradients
from ..engine.tensor import unwrap


def over_root(g: Any, root: Any) -> Any:
    """g / root; where the root is 0, what that tends to if g is 0 there too and is being recorded, else 0."""
    zero = root == 0
    plain = type(zero) is np.ndarray or type(zero) is np.bool
    if plain and not zero.any():
        return g / root
    made = np.where(zero, 0, g / (root + zero))
    if not (plain and getattr(g, "requires_grad", False) and getattr(root, "requires_grad", False)):
        return made
    zero = zero & (unwrap(g) == 0)
    slope = gradients([g], [root], [zero.astype(g.dtype)], retain_graph=True)[0] if zero.any() else None
    return made if slope is None else made + np.where(zero, unwrap(slope), 0)


def part_of_root(g: Any, x: Any, root: Any) -> Any:
    """g · (x / root), whose quotient is at most 1, where x · (g / root) might overflow; recorded, it is the latter."""
    return g * (x / (root + (root == 0))) if isinstance(g, np.ndarray) else x * over_root(g, root)
