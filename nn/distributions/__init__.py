"""Distributions: samples, through which gradients flow where they can, densities, entropies and divergences.

With torch.distributions' names and conventions, on Tensors and arrays alike. From the bottom up, each importing only
what stands before it:

    distribution   what a distribution is
    continuous     of numbers: normal, uniform, gamma and their kin
    discrete       of whole numbers, and of one of several
    vectors        of vectors, and of several events that count as one
    divergences    how far one is from another
    transforms     functions with an inverse and a slope
    combined       what transforms make of samples, and mixtures
"""

from .combined import MixtureSameFamily, TransformedDistribution
from .continuous import (
    Beta,
    Cauchy,
    Dirichlet,
    Exponential,
    Gamma,
    Gumbel,
    HalfNormal,
    Laplace,
    LogNormal,
    Normal,
    StudentT,
    Uniform,
)  # fmt: skip
from .discrete import Bernoulli, Binomial, Categorical, Geometric, OneHotCategorical, Poisson
from .distribution import Distribution
from .divergences import kl_divergence, register_kl
from .transforms import (
    AffineTransform,
    ComposeTransform,
    ExpTransform,
    PowerTransform,
    SigmoidTransform,
    SoftplusTransform,
    TanhTransform,
    Transform,
)  # fmt: skip
from .vectors import Independent, MultivariateNormal

__all__ = [
    "AffineTransform", "Bernoulli", "Beta", "Binomial", "Categorical", "Cauchy", "ComposeTransform", "Dirichlet",
    "Distribution", "ExpTransform", "Exponential", "Gamma", "Geometric", "Gumbel", "HalfNormal", "Independent",
    "Laplace", "LogNormal", "MixtureSameFamily", "MultivariateNormal", "Normal", "OneHotCategorical", "Poisson",
    "PowerTransform", "SigmoidTransform", "SoftplusTransform", "StudentT", "TanhTransform", "Transform",
    "TransformedDistribution", "Uniform", "kl_divergence", "register_kl",
]  # fmt: skip
