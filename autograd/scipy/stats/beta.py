"""scipy.stats.beta: the beta distribution."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special as sp

from .supports import outside, within


def logpdf(x: Any, a: Any, b: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """The logarithm of the density: -inf, with gradient 0, but between loc and loc + scale.

    >>> from autograd.scipy.stats import beta
    >>> grad(beta.logpdf)(0.5, 2.0, 2.0)
    np.float64(0.0)
    """
    inside, z = within((x - loc) / scale, 0, 1)
    value = sp.xlogy(a - 1, z) + sp.xlog1py(b - 1, -z) - sp.betaln(a, b) - np.log(scale)
    return outside(inside, -np.inf, value, a, b, scale)


def pdf(x: Any, a: Any, b: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """The density, for x between loc and loc + scale."""
    return np.exp(logpdf(x, a, b, loc, scale))


def cdf(x: Any, a: Any, b: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """The probability of at most x; no derivative by a and b is known."""
    inside, z = within((x - loc) / scale, 0, 1)
    return outside(inside, np.where(np.greater(x, loc), 1.0, 0.0), sp.betainc(a, b, z), a, b, scale)
