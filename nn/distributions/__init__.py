"""Distributions: samples, through which gradients flow where they can, densities, entropies and divergences.

With torch.distributions' names and conventions, on Tensors and arrays alike. From the bottom up, each importing only
what stands before it:

    constraints    what may be said of arguments
    distribution   what a distribution is
    utils          what distributions of one's own are written with
    continuous     of numbers: normal, uniform, gamma and their kin
    positive       of positive numbers, and of those between 0 and 1
    discrete       of whole numbers, and of one of several
    relaxed        of one of several, with samples through which gradients flow
    matrices       of matrices: covariances and correlations
    vectors        of vectors, and of several events that count as one
    divergences    how far one is from another
    transforms     functions with an inverse and a slope
    combined       what transforms make of samples, and mixtures
"""

from . import constraints, utils
from .combined import LogisticNormal, MixtureSameFamily, TransformedDistribution
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
    VonMises,
)  # fmt: skip
from .discrete import (
    Bernoulli,
    Binomial,
    Categorical,
    Geometric,
    Multinomial,
    NegativeBinomial,
    OneHotCategorical,
    Poisson,
)  # fmt: skip
from .distribution import Distribution
from .divergences import kl_divergence, register_kl
from .matrices import LKJCholesky, Wishart
from .positive import (
    Chi2,
    FisherSnedecor,
    GeneralizedPareto,
    HalfCauchy,
    InverseGamma,
    Kumaraswamy,
    Pareto,
    Weibull,
)  # fmt: skip
from .relaxed import ContinuousBernoulli, OneHotCategoricalStraightThrough, RelaxedBernoulli, RelaxedOneHotCategorical
from .transforms import (
    AbsTransform,
    AffineTransform,
    ComposeTransform,
    ExpTransform,
    IndependentTransform,
    PowerTransform,
    ReshapeTransform,
    SigmoidTransform,
    SoftmaxTransform,
    SoftplusTransform,
    StickBreakingTransform,
    TanhTransform,
    Transform,
)  # fmt: skip
from .vectors import Independent, LowRankMultivariateNormal, MultivariateNormal

__all__ = [
    "AbsTransform", "AffineTransform", "Bernoulli", "Beta", "Binomial", "Categorical", "Cauchy", "Chi2",
    "ComposeTransform", "ContinuousBernoulli", "Dirichlet", "Distribution", "ExpTransform", "Exponential",
    "FisherSnedecor", "Gamma", "GeneralizedPareto", "Geometric", "Gumbel", "HalfCauchy", "HalfNormal", "Independent",
    "IndependentTransform", "InverseGamma", "Kumaraswamy", "LKJCholesky", "Laplace", "LogNormal", "LogisticNormal",
    "LowRankMultivariateNormal", "MixtureSameFamily", "Multinomial", "MultivariateNormal", "NegativeBinomial", "Normal",
    "OneHotCategorical", "OneHotCategoricalStraightThrough", "Pareto", "Poisson", "PowerTransform", "RelaxedBernoulli",
    "RelaxedOneHotCategorical", "ReshapeTransform", "SigmoidTransform", "SoftmaxTransform", "SoftplusTransform",
    "StickBreakingTransform", "StudentT", "TanhTransform", "Transform", "TransformedDistribution", "Uniform",
    "VonMises", "Weibull", "Wishart", "constraints", "kl_divergence", "register_kl", "utils",
]  # fmt: skip
