"""torch.distributions of what is one of several, of vectors, and of several events that count as one; divergences."""

from __future__ import annotations

import math
from typing import Any

from .densities import (
    _LOG_2PI,
    Beta,
    Cauchy,
    Dirichlet,
    Distribution,
    Exponential,
    Gamma,
    Gumbel,
    HalfNormal,
    Laplace,
    LogNormal,
    Normal,
    Poisson,
    StudentT,
    Uniform,
)  # fmt: skip
from .tensors import FUNCTIONS as torch

__all__ = [
    "Bernoulli", "Beta", "Binomial", "Categorical", "Cauchy", "Dirichlet", "Distribution", "Exponential", "Gamma",
    "Geometric", "Gumbel", "HalfNormal", "Independent", "Laplace", "LogNormal", "MultivariateNormal", "Normal",
    "OneHotCategorical", "Poisson", "StudentT", "Uniform", "kl_divergence", "register_kl",
]  # fmt: skip


class _OfChances(Distribution):
    """By probabilities or by logits, of which the others are made."""

    parameters = ("probs", "logits")
    has_rsample = False

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        if (probs is None) == (logits is None):
            raise ValueError(
                f"{type(self).__name__}: expected probs or logits, got {'none' if probs is None else 'both'}"
            )
        given = torch["as_tensor"](logits if probs is None else probs)
        self.probs, self.logits = self.both(*((None, given) if probs is None else (given, None)))
        shape = self.probs.shape
        self.batch_shape, self.event_shape = (
            shape[: len(shape) - self.event_dims],
            shape[len(shape) - self.event_dims :],
        )

    def both(self, probs: Any, logits: Any) -> Any:
        """Of a chance: (its probability, its logit)."""
        return (logits.sigmoid(), logits) if probs is None else (probs, probs.clamp(_EPS, 1 - _EPS).logit())


_EPS = 1.1920929e-07


class Bernoulli(_OfChances):
    """0 or 1, of this probability or logit of 1."""

    mean = property(lambda self: self.probs)
    variance = property(lambda self: self.probs * (1 - self.probs))

    def drawn(self, shape: Any) -> Any:
        return torch["bernoulli"](self.probs.detach().expand(*shape))

    def density(self, value: Any) -> Any:
        return self.logits * value - torch["logaddexp"](self.logits, self.logits * 0)

    def entropy(self) -> Any:
        return torch["logaddexp"](self.logits, self.logits * 0) - self.logits * self.probs


class Geometric(Bernoulli):
    """How often 0 comes before the first 1."""

    mean = property(lambda self: 1 / self.probs - 1)
    variance = property(lambda self: (1 / self.probs - 1) / self.probs)

    def drawn(self, shape: Any) -> Any:
        return (torch["rand"](shape).log() / (-self.probs).log1p()).floor()

    def density(self, value: Any) -> Any:
        return value * (-self.probs).log1p() + self.probs.log()

    def entropy(self) -> Any:
        return Bernoulli.entropy(self) / self.probs


class Binomial(Bernoulli):
    """How often 1 comes in so many."""

    mean = property(lambda self: self.total_count * self.probs)
    variance = property(lambda self: self.mean * (1 - self.probs))

    def __init__(self, total_count: Any = 1, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        super().__init__(probs, logits)
        self.total_count = torch["as_tensor"](total_count).to(self.probs.dtype).expand(*self.probs.shape)

    def drawn(self, shape: Any) -> Any:
        most = int(self.total_count.max())
        ones = torch["rand"]((most, *shape)) < self.probs
        return (
            (ones & (torch["arange"](most).reshape(-1, *[1] * len(shape)) < self.total_count))
            .sum(0)
            .to(self.probs.dtype)
        )

    def density(self, value: Any) -> Any:
        n = self.total_count
        ways = (n + 1).lgamma() - (value + 1).lgamma() - (n - value + 1).lgamma()
        return ways + value * self.logits - n * torch["logaddexp"](self.logits, self.logits * 0)


class Categorical(_OfChances):
    """One of several, of these probabilities or logits along the last dimension."""

    event_dims = 1

    def both(self, probs: Any, logits: Any) -> Any:
        if probs is None:
            logits = logits - logits.logsumexp(-1, keepdim=True)
            return logits.softmax(-1), logits
        probs = probs / probs.sum(-1, keepdim=True)
        return probs, probs.clamp(_EPS, 1 - _EPS).log()

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        super().__init__(probs, logits)
        self._num_events, self.event_shape = self.event_shape[0], self.event_shape[:0]

    param_shape = property(lambda self: self.probs.shape)
    mode = property(lambda self: self.probs.argmax(-1))

    def drawn(self, shape: Any) -> Any:
        outer = shape[: len(shape) - len(self.batch_shape)]
        found = torch["multinomial"](self.probs.detach().reshape(-1, self._num_events), math.prod(outer), True)
        return found.t().reshape(*shape) if shape else found.reshape(())

    def density(self, value: Any) -> Any:
        value = torch["as_tensor"](value).long()
        shape = torch["broadcast_shapes"](value.shape, self.batch_shape)
        logits = self.logits.expand(*shape, self._num_events)
        return logits.gather(-1, value.expand(*shape).unsqueeze(-1)).squeeze(-1)

    def entropy(self) -> Any:
        return -(self.probs * self.logits).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Any:
        values = torch["arange"](self._num_events).reshape(-1, *[1] * len(self.batch_shape))
        return values.expand(-1, *self.batch_shape) if expand else values


class OneHotCategorical(Categorical):
    """The same, as vectors that are 1 in one place."""

    mean = property(lambda self: self.probs)
    variance = property(lambda self: self.probs * (1 - self.probs))

    def drawn(self, shape: Any) -> Any:
        return torch["eye"](self._num_events, dtype=self.probs.dtype)[Categorical.drawn(self, shape)]

    def density(self, value: Any) -> Any:
        return Categorical.density(self, value.argmax(-1))


class MultivariateNormal(Distribution):
    """The normal distribution of vectors, by the covariance, its inverse, or the triangle whose square it is."""

    event_dims = 1
    mean = property(lambda self: self.loc)
    covariance_matrix = property(lambda self: self.scale_tril @ self.scale_tril.mT)
    precision_matrix = property(lambda self: self.covariance_matrix.inverse())
    variance = property(lambda self: (self.scale_tril**2).sum(-1).expand(*self.loc.shape))

    def __init__(
        self, loc: Any, covariance_matrix: Any = None, precision_matrix: Any = None, scale_tril: Any = None,
        validate_args: Any = None,
    ) -> None:  # fmt: skip
        if precision_matrix is not None:
            covariance_matrix = precision_matrix.inverse()
        self.scale_tril = scale_tril if covariance_matrix is None else torch["cholesky"](covariance_matrix)
        self.batch_shape = torch["broadcast_shapes"](loc.shape[:-1], self.scale_tril.shape[:-2])
        self.event_shape = loc.shape[-1:]
        self.loc = loc.expand(*self.batch_shape, *self.event_shape)

    def drawn(self, shape: Any) -> Any:
        return self.loc + (self.scale_tril @ torch["randn"](shape, dtype=self.loc.dtype).unsqueeze(-1)).squeeze(-1)

    def _half_log_det(self) -> Any:
        return self.scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)

    def density(self, value: Any) -> Any:
        apart = torch["triangular_solve"]((value - self.loc).unsqueeze(-1), self.scale_tril, upper=False)[0].squeeze(-1)
        return -0.5 * (self.loc.size(-1) * _LOG_2PI + (apart**2).sum(-1)) - self._half_log_det()

    def entropy(self) -> Any:
        return (0.5 * self.loc.size(-1) * (1 + _LOG_2PI) + self._half_log_det()).expand(*self.batch_shape)


class Independent(Distribution):
    """Another distribution of which the last axes of the batch count as one event."""

    def __init__(self, base_distribution: Any, reinterpreted_batch_ndims: int, validate_args: Any = None) -> None:
        self.base_dist, self.reinterpreted_batch_ndims = base_distribution, reinterpreted_batch_ndims
        shape, at = base_distribution.batch_shape, len(base_distribution.batch_shape) - reinterpreted_batch_ndims
        self.batch_shape, self.event_shape = shape[:at], (*shape[at:], *base_distribution.event_shape)
        self.has_rsample = base_distribution.has_rsample

    mean = property(lambda self: self.base_dist.mean)
    variance = property(lambda self: self.base_dist.variance)
    mode = property(lambda self: self.base_dist.mode)

    def summed(self, values: Any) -> Any:
        dims = tuple(range(-self.reinterpreted_batch_ndims, 0))
        return values.sum(dims) if dims else values

    def drawn(self, shape: Any) -> Any:
        return self.base_dist.drawn(shape)

    def density(self, value: Any) -> Any:
        return self.summed(self.base_dist.log_prob(value))

    def entropy(self) -> Any:
        return self.summed(self.base_dist.entropy())


# ---- divergences -----------------------------------------------------------------------------------------------------


def _of_normals(p: Any, q: Any) -> Any:
    ratio = (p.scale / q.scale) ** 2
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale) ** 2 - 1 - ratio.log())


def _of_vectors(p: Any, q: Any) -> Any:
    inverse = q.precision_matrix
    apart = (q.loc - p.loc).unsqueeze(-1)
    trace = (inverse @ p.covariance_matrix).diagonal(dim1=-2, dim2=-1).sum(-1)
    square = (apart.mT @ inverse @ apart).squeeze(-1).squeeze(-1)
    return q._half_log_det() - p._half_log_det() + 0.5 * (trace + square - p.loc.size(-1))


def _of_gammas(p: Any, q: Any) -> Any:
    a, b = p.concentration, q.concentration
    logs = b * (p.rate / q.rate).log() + b.lgamma() - a.lgamma()
    return logs + (a - b) * a.digamma() + (q.rate - p.rate) * (a / p.rate)


def _of_dirichlets(p: Any, q: Any) -> Any:
    a, b = p.concentration, q.concentration
    logs = a.sum(-1).lgamma() - b.sum(-1).lgamma() - (a.lgamma() - b.lgamma()).sum(-1)
    return logs + ((a - b) * (a.digamma() - a.sum(-1).digamma().unsqueeze(-1))).sum(-1)


def _of_betas(p: Any, q: Any) -> Any:
    return _of_dirichlets(*[
        Dirichlet(torch["stack"]([d.concentration1, d.concentration0], -1)) for d in (p, q)
    ])  # fmt: skip


def _of_laplaces(p: Any, q: Any) -> Any:
    apart, ratio = (p.loc - q.loc).abs(), p.scale / q.scale
    return -ratio.log() + apart / q.scale + ratio * (-apart / p.scale).exp() - 1


def _of_uniforms(p: Any, q: Any) -> Any:
    outside = (q.low > p.low) | (q.high < p.high)
    return torch["where"](outside, math.inf, ((q.high - q.low) / (p.high - p.low)).log())


def _of_chances(p: Any, q: Any) -> Any:
    return p.probs * (p.logits - q.logits) + torch["logaddexp"](q.logits, q.logits * 0) - torch["logaddexp"](
        p.logits, p.logits * 0)  # fmt: skip


_DIVERGENCES: dict[tuple[type, type], Any] = {
    (Normal, Normal): _of_normals, (LogNormal, LogNormal): _of_normals, (Gamma, Gamma): _of_gammas,
    (MultivariateNormal, MultivariateNormal): _of_vectors, (Dirichlet, Dirichlet): _of_dirichlets,
    (Beta, Beta): _of_betas, (Laplace, Laplace): _of_laplaces, (Uniform, Uniform): _of_uniforms,
    (Bernoulli, Bernoulli): _of_chances, (Categorical, Categorical): lambda p, q: (
        p.probs * (p.logits - q.logits)).sum(-1),
    (Exponential, Exponential): lambda p, q: p.rate.log() - q.rate.log() + q.rate / p.rate - 1,
    (Poisson, Poisson): lambda p, q: p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate),
    (Independent, Independent): lambda p, q: p.summed(kl_divergence(p.base_dist, q.base_dist)),
}  # fmt: skip


def register_kl(type_p: type, type_q: type) -> Any:
    """A decorator of a divergence of two classes of one's own."""

    def registered(function: Any) -> Any:
        _DIVERGENCES[type_p, type_q] = function
        return function

    return registered


def kl_divergence(p: Any, q: Any) -> Any:
    """The Kullback-Leibler divergence of q from p. Raises NotImplementedError where no formula is known."""
    pairs = [(a, b) for a in type(p).__mro__ for b in type(q).__mro__ if (a, b) in _DIVERGENCES]
    if not pairs:
        raise NotImplementedError(f"kl_divergence: no formula is known for {type(p).__name__} and {type(q).__name__}")
    return _DIVERGENCES[pairs[0]](p, q)
