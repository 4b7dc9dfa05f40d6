"""scipy.stats.norm: the normal distribution."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from .supports import outside

_HALF_LOG_2_PI = 0.5 * math.log(2 * math.pi)


def logpdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """The logarithm of the density.

    >>> from autograd.scipy.stats import norm
    >>> grad(norm.logpdf)(3.0, 1.0)
    np.float64(-2.0)
    """
    z = (x - loc) / scale
    return outside(True, 0.0, -0.5 * z * z - np.log(scale) - _HALF_LOG_2_PI, scale)


def pdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """The density."""
    return np.exp(logpdf(x, loc, scale))


def cdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """The probability of at most x."""
    return outside(True, 0.0, sp.ndtr((x - loc) / scale), scale)


def sf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """The probability of more than x."""
    return outside(True, 0.0, sp.ndtr((loc - x) / scale), scale)


def logcdf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """The logarithm of the probability of at most x."""
    return outside(True, 0.0, sp.log_ndtr((x - loc) / scale), scale)


def logsf(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """The logarithm of the probability of more than x."""
    return outside(True, 0.0, sp.log_ndtr((loc - x) / scale), scale)
