"""scipy.stats.t: Student's distribution."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special as sp


def logpdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """The logarithm of the density.

    >>> from autograd.scipy.stats import t
    >>> grad(t.logpdf)(1.0, 1.0)
    np.float64(-1.0)
    """
    z = (x - loc) / scale
    constant = sp.gammaln((df + 1) / 2) - sp.gammaln(df / 2) - 0.5 * np.log(np.pi * df) - np.log(scale)
    return constant - (df + 1) / 2 * np.log1p(z * z / df)


def pdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """The density."""
    return np.exp(logpdf(x, df, loc, scale))


def cdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """The probability of at most x; no derivative by df is known."""
    return sp.stdtr(df, (x - loc) / scale)


def logcdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """The logarithm of the probability of at most x; no derivative by df is known."""
    return np.log(cdf(x, df, loc, scale))
