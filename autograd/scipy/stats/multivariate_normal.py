"""scipy.stats.multivariate_normal: the normal distribution of vectors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import stats

from ...engine.tensor import unwrap
from ...transforms.call import tracked

rvs = stats.multivariate_normal.rvs


def logpdf(x: Any, mean: Any, cov: Any, allow_singular: bool = False) -> Any:
    """The logarithm of the density of x (…, d), for a mean (d,) and a covariance (d, d).

    With allow_singular, on the space that a singular covariance spans; there is no derivative by it then
    (NotImplementedError).

    >>> from autograd.scipy.stats import multivariate_normal
    >>> grad(multivariate_normal.logpdf)(np.array([1.0, 2.0]), np.zeros(2), np.diag([1.0, 4.0]))
    array([-1. , -0.5])
    """
    centred = x - mean
    if allow_singular:
        values, vectors = np.linalg.eigh(unwrap(cov))
        kept = values > 1e-10 * abs(values).max()
        if not kept.all():
            if tracked(cov):
                raise NotImplementedError("multivariate_normal: no derivative is known by a singular covariance")
            whitened = centred @ (vectors[:, kept] / np.sqrt(values[kept]))
            constant = kept.sum() * math.log(2 * math.pi) + np.log(values[kept]).sum()
            return -0.5 * (constant + np.sum(whitened * whitened, axis=-1))
    d = np.shape(cov)[-1]
    solved = np.linalg.solve(cov, np.reshape(centred, (-1, d)).T).T
    squares = np.sum(centred * np.reshape(solved, np.shape(centred)), axis=-1)
    return -0.5 * (d * math.log(2 * math.pi) + np.linalg.slogdet(cov)[1] + squares)


def pdf(x: Any, mean: Any, cov: Any, allow_singular: bool = False) -> Any:
    """The density; see logpdf."""
    return np.exp(logpdf(x, mean, cov, allow_singular))


def entropy(mean: Any, cov: Any) -> Any:
    """The differential entropy, which does not depend on the mean."""
    return 0.5 * (np.shape(cov)[-1] * (math.log(2 * math.pi) + 1) + np.linalg.slogdet(cov)[1])
