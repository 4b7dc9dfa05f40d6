"""scipy.stats.multivariate_normal: the normal distribution of vectors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import stats

from ...engine.tensor import unwrap
from ...transforms.call import tracked
from .supports import outside

rvs = stats.multivariate_normal.rvs


def logpdf(x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    """The logarithm of the density of x (…, d), for a mean (d,) and a covariance (d, d).

    Without a mean that is 0. The variances alone (d,), or one for all, may stand for the covariance. Of d = 1 the last
    axis of x may be left out.

    With allow_singular, on the space that a singular covariance spans, and -inf elsewhere; there is no derivative by
    it then (NotImplementedError). Raises ValueError for a covariance with negative eigenvalues, and without
    allow_singular numpy.linalg.LinAlgError for a singular one.

    >>> from autograd.scipy.stats import multivariate_normal
    >>> grad(multivariate_normal.logpdf)(np.array([1.0, 2.0]), np.zeros(2), np.diag([1.0, 4.0]))
    array([-1. , -0.5])
    """
    x, mean, cov = _in_full(x, mean, cov)
    centred = x - mean
    values, vectors = np.linalg.eigh(unwrap(cov))
    smallest = abs(values).max(initial=0) * 1e6 * np.finfo(values.dtype).eps  # SciPy's bound for what counts as 0
    kept = values > smallest
    if (values < -smallest).any():
        raise ValueError(f"multivariate_normal: expected a positive semidefinite covariance, got eigenvalues {values}")
    if not kept.all():
        if not allow_singular:
            raise np.linalg.LinAlgError("multivariate_normal: the covariance is singular; allow_singular=True takes it")
        if tracked(cov):
            raise NotImplementedError("multivariate_normal: no derivative is known by a singular covariance")
        whitened = centred @ (vectors[:, kept] / np.sqrt(values[kept]))
        constant = kept.sum() * math.log(2 * math.pi) + np.log(values[kept]).sum()
        inside = np.linalg.norm(unwrap(centred) @ vectors[:, ~kept], axis=-1) < 1e3 * smallest
        return outside(inside, -np.inf, -0.5 * (constant + np.sum(whitened * whitened, axis=-1)))
    d = np.shape(cov)[-1]
    solved = np.linalg.solve(cov, np.reshape(centred, (-1, d)).T).T
    squares = np.sum(centred * np.reshape(solved, np.shape(centred)), axis=-1)
    return -0.5 * (d * math.log(2 * math.pi) + np.linalg.slogdet(cov)[1] + squares)


def pdf(x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    """The density; see logpdf."""
    return np.exp(logpdf(x, mean, cov, allow_singular))


def entropy(mean: Any = None, cov: Any = 1) -> Any:
    """The differential entropy, which depends on the mean by its length alone."""
    _, _, cov = _in_full(0, mean, cov)
    return 0.5 * (np.shape(cov)[-1] * (math.log(2 * math.pi) + 1) + np.linalg.slogdet(cov)[1])


def _in_full(x: Any, mean: Any, cov: Any) -> tuple[Any, Any, Any]:
    """x (…, d), the mean (d,) and the covariance (d, d), as SciPy understands what is shorter."""
    shape = np.shape(cov)
    d = np.shape(mean)[-1] if mean is not None and np.ndim(mean) else shape[-1] if shape else 1
    if shape not in ((), (d,), (d, d)):
        raise ValueError(f"multivariate_normal: expected a covariance of shape {(d, d)}, {(d,)} or (), got {shape}")
    if len(shape) < 2:
        cov = cov * np.eye(d)
    if d == 1 and np.shape(x)[-1:] != (1,):
        x = np.expand_dims(x, -1)
    return x, np.zeros(d) if mean is None else mean, cov
