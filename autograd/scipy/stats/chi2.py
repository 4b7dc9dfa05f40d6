"""scipy.stats.chi2: the distribution of the sum of df squares of standard normals."""

from __future__ import annotations

from typing import Any

from . import gamma


def logpdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """The logarithm of the density, for x above loc.

    >>> from autograd.scipy.stats import chi2
    >>> grad(chi2.logpdf)(1.0, 3.0)
    np.float64(0.0)
    """
    return gamma.logpdf(x, df / 2, loc, 2 * scale)


def pdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """The density, for x above loc."""
    return gamma.pdf(x, df / 2, loc, 2 * scale)


def cdf(x: Any, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    """The probability of at most x; no derivative by df is known."""
    return gamma.cdf(x, df / 2, loc, 2 * scale)
