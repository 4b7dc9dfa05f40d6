"""The arithmetic that updates share, in place and in memory that they lend: nothing is allocated."""

from __future__ import annotations

from typing import Any

import numpy as np


def mean(m: Any, g: Any, share: Any, s: Any) -> None:
    """Take a share of `g` into its running mean `m`."""
    np.subtract(g, m, out=s)
    s *= share
    m += s


def mean_square(v: Any, g: Any, beta: Any, share: Any, s: Any) -> None:
    """Take a share, 1 - beta, of the square of `g` into its running mean `v`."""
    np.multiply(g, g, out=s)
    s *= share
    v *= beta
    v += s


def over_root(g: Any, v: Any, eps: Any, s: Any, root: Any = None) -> Any:
    """g / (sqrt(v) + eps), or with a `root` g / (sqrt(v) / root + eps), in `s`."""
    np.sqrt(v, out=s)
    if root is not None:
        s /= root
    s += eps
    return np.divide(g, s, out=s)


def in_single(x: Any) -> Any:
    """An array whose squares are to be summed: of half precision in single, where the sum has its range."""
    return x.astype(np.float32) if x.dtype == np.float16 else x
