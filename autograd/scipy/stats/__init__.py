"""Densities and distribution functions of scipy.stats, as compositions of differentiable functions.

    supports, norm, t, gamma, beta, chi2, poisson, dirichlet, multivariate_normal

Each imports only what stands before it.
"""

from .. import special  # isort: skip (its rules are what the others stand on)
from . import beta, chi2, dirichlet, gamma, multivariate_normal, norm, poisson, t

__all__ = ["beta", "chi2", "dirichlet", "gamma", "multivariate_normal", "norm", "poisson", "special", "t"]
