"""scipy.stats.t: Student's distribution."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ..gamma_ratios import half_step
from .supports import outside

_HALF_LOG_2_PI = 0.5 * math.log(2 * math.pi)


def logpdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """The logarithm of the density.

    >>> from autograd.scipy.stats import t
    >>> grad(t.logpdf)(1.0, 1.0)
    np.float64(-1.0)
    """
    z = (x - loc) / scale
    finite = np.isfinite(df)  # of infinite df it is the normal distribution
    ratio = z * z / np.where(finite, df, 1)
    power = np.where(finite, (np.where(finite, df, 1) + 1) / 2 * np.log1p(ratio), ratio / 2)
    return outside(True, 0.0, half_step(df / 2) - _HALF_LOG_2_PI - np.log(scale) - power, df, scale)


def pdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """The density."""
    return np.exp(logpdf(x, df, loc, scale))


def cdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """The probability of at most x; no derivative by df is known."""
    return outside(True, 0.0, sp.stdtr(df, (x - loc) / scale), df, scale)


def logcdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """The logarithm of the probability of at most x; no derivative by df is known."""
    return np.log(cdf(x, df, loc, scale))
