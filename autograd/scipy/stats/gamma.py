"""scipy.stats.gamma: the gamma distribution."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special as sp

from .supports import outside, within


def logpdf(x: Any, a: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """The logarithm of the density: -inf, with gradient 0, below loc.

    >>> from autograd.scipy.stats import gamma
    >>> grad(gamma.logpdf)(2.0, 3.0)
    np.float64(0.0)
    """
    inside, z = within((x - loc) / scale, 0, np.inf)
    return outside(inside, -np.inf, sp.xlogy(a - 1, z) - z - sp.gammaln(a) - np.log(scale), a, scale)


def pdf(x: Any, a: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """The density, for x above loc."""
    return np.exp(logpdf(x, a, loc, scale))


def cdf(x: Any, a: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """The probability of at most x; no derivative by a is known."""
    inside, z = within((x - loc) / scale, 0, np.inf)
    return outside(inside, 0.0, sp.gammainc(a, z), a, scale)
