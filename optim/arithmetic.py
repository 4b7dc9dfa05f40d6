"""The arithmetic that updates share, in place and in memory that they lend: nothing is allocated."""

from __future__ import annotations

from typing import Any

import numpy as np


def begin(state: dict[str, Any], data: Any, *names: str) -> None:
    """Count the step; on the first, start each of `names` at zero."""
    if not state:
        state["step"] = 0
        for name in names:
            state[name] = np.zeros_like(data)
    state["step"] += 1


def mean(m: Any, g: Any, share: float, s: Any) -> None:
    """Take a share of `g` into its running mean `m`."""
    np.subtract(g, m, out=s)
    s *= share
    m += s


def mean_square(v: Any, g: Any, beta: float, s: Any) -> None:
    """Take the square of `g` into its running mean `v`, of which the part `beta` is kept."""
    np.multiply(g, g, out=s)
    s *= 1 - beta
    v *= beta
    v += s


def over_root(g: Any, v: Any, eps: float, s: Any, root: float = 1.0) -> Any:
    """g / (sqrt(v) / root + eps), in `s`."""
    np.sqrt(v, out=s)
    if root != 1:
        s /= root
    s += eps
    return np.divide(g, s, out=s)
