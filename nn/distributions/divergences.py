"""The Kullback-Leibler divergence of pairs of distributions, where there is a formula."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import digamma, gammaln, softplus

from .continuous import Beta, Dirichlet, Exponential, Gamma, Laplace, LogNormal, Normal, Uniform
from .discrete import Bernoulli, Binomial, Categorical, Geometric, Poisson
from .distribution import Formula, summed
from .relaxed import ContinuousBernoulli
from .vectors import Independent, MultivariateNormal


def _of_normals(p: Any, q: Any) -> Any:
    ratio = (p.scale / q.scale) ** 2
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale) ** 2 - 1 - np.log(ratio))


def _of_vectors(p: Any, q: Any) -> Any:
    inverse = q.precision_matrix
    apart = (q.loc - p.loc)[..., None]
    trace = np.diagonal(inverse @ p.covariance_matrix, 0, -2, -1).sum(-1)
    square = (np.matrix_transpose(apart) @ inverse @ apart)[..., 0, 0]
    return q.half_log_det() - p.half_log_det() + 0.5 * (trace + square - p.event_shape[0])


def _of_gammas(p: Any, q: Any) -> Any:
    a, b = p.concentration, q.concentration
    logs = b * np.log(p.rate / q.rate) + gammaln(b) - gammaln(a)
    return logs + (a - b) * digamma(a) + (q.rate - p.rate) * (a / p.rate)


def _of_shares(p: Any, q: Any) -> Any:
    a, b = p.concentration, q.concentration
    logs = gammaln(a.sum(-1)) - gammaln(b.sum(-1)) - (gammaln(a) - gammaln(b)).sum(-1)
    return logs + ((a - b) * (digamma(a) - digamma(a.sum(-1, keepdims=True)))).sum(-1)


def _of_laplaces(p: Any, q: Any) -> Any:
    apart, ratio = np.abs(p.loc - q.loc), p.scale / q.scale
    return -np.log(ratio) + apart / q.scale + ratio * np.exp(-apart / p.scale) - 1


def _of_uniforms(p: Any, q: Any) -> Any:
    outside = (q.low > p.low) | (q.high < p.high)
    return np.where(outside, math.inf, np.log((q.high - q.low) / (p.high - p.low)))


def _of_chances(p: Any, q: Any) -> Any:
    return p.probs * (p.logits - q.logits) + softplus(q.logits) - softplus(p.logits)


_FORMULAS: dict[tuple[type, type], Formula] = {
    (Normal, Normal): _of_normals, (LogNormal, LogNormal): _of_normals, (Gamma, Gamma): _of_gammas,
    (MultivariateNormal, MultivariateNormal): _of_vectors, (Dirichlet, Dirichlet): _of_shares,
    (Beta, Beta): lambda p, q: _of_shares(p.shares(), q.shares()),
    (Laplace, Laplace): _of_laplaces, (Uniform, Uniform): _of_uniforms,
    (Exponential, Exponential): lambda p, q: np.log(p.rate) - np.log(q.rate) + q.rate / p.rate - 1,
    (Poisson, Poisson): lambda p, q: p.rate * (np.log(p.rate) - np.log(q.rate)) - (p.rate - q.rate),
    (Bernoulli, Bernoulli): _of_chances, (Geometric, Geometric): lambda p, q: -p.entropy() - np.log1p(
        -q.probs) / p.probs - q.logits,
    (Binomial, Binomial): lambda p, q: np.where(
        p.total_count > q.total_count, math.inf, p.total_count * _of_chances(p, q)),
    (Categorical, Categorical): lambda p, q: (p.probs * (p.logits - q.logits)).sum(-1),
    (ContinuousBernoulli, ContinuousBernoulli): lambda p, q: p.mean * (p.logits - q.logits) + softplus(
        q.logits) - softplus(p.logits) + p.log_factor() - q.log_factor(),
    (Independent, Independent): lambda p, q: summed(
        kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims),
}  # fmt: skip


def register_kl(type_p: type, type_q: type) -> Callable[[Formula], Formula]:
    """A decorator of a divergence of two classes of one's own."""

    def registered(function: Formula) -> Formula:
        _FORMULAS[type_p, type_q] = function
        return function

    return registered


def kl_divergence(p: Any, q: Any) -> Any:
    """The Kullback-Leibler divergence of q from p: the mean under p of log p - log q, of the batch's shape.

    Raises NotImplementedError where no formula is known: of a pair of classes, and then of their bases.

    >>> from nn.distributions import Normal
    >>> kl_divergence(Normal(np.array([0.0, 1.0]), 1.0), Normal(0.0, 1.0))
    array([0. , 0.5])
    """
    pairs = [(a, b) for a in type(p).__mro__ for b in type(q).__mro__ if (a, b) in _FORMULAS]
    if not pairs:
        raise NotImplementedError(f"kl_divergence: no formula is known for {type(p).__name__} and {type(q).__name__}")
    return _FORMULAS[pairs[0]](p, q)
