"""scipy.stats.poisson: the Poisson distribution. There is no derivative by the count k."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special as sp

from ...engine.tensor import unwrap
from .supports import outside


def logpmf(k: Any, mu: Any, loc: Any = 0) -> Any:
    """The logarithm of the probability of k.

    >>> from autograd.scipy.stats import poisson
    >>> grad(poisson.logpmf, 1)(6, 2.0)
    np.float64(2.0)
    """
    k = unwrap(k) - loc
    inside = ~(np.less(k, 0) | (np.floor(k) < k))  # NaN stays
    k = np.where(inside, k, 0)
    return outside(inside, -np.inf, sp.xlogy(k, mu) - sp.gammaln(k + 1) - mu, mu, least=True)


def pmf(k: Any, mu: Any, loc: Any = 0) -> Any:
    """The probability of k."""
    return np.exp(logpmf(k, mu, loc))


def cdf(k: Any, mu: Any, loc: Any = 0) -> Any:
    """The probability of at most k."""
    k = np.floor(unwrap(k) - loc)
    return outside(~(k < 0), 0.0, sp.gammaincc(np.maximum(k, 0) + 1, mu), mu, least=True)
