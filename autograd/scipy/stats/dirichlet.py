"""scipy.stats.dirichlet: the Dirichlet distribution."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special as sp
from scipy import stats

rvs = stats.dirichlet.rvs


def logpdf(x: Any, alpha: Any) -> Any:
    """The logarithm of the density; x is a point, or an array with a point in each column.

    >>> from autograd.scipy.stats import dirichlet
    >>> grad(dirichlet.logpdf)(np.array([0.5, 0.5]), np.array([2.0, 3.0]))
    array([2., 4.])
    """
    powers = np.reshape(alpha - 1, (-1,) + (1,) * (np.ndim(x) - 1))
    return sp.gammaln(np.sum(alpha)) - np.sum(sp.gammaln(alpha)) + np.sum(sp.xlogy(powers, x), axis=0)


def pdf(x: Any, alpha: Any) -> Any:
    """The density."""
    return np.exp(logpdf(x, alpha))
