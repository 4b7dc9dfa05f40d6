"""Distributions of vectors, and of several events that count as one."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.ops import alike

from .continuous import LOG_2PI
from .distribution import Distribution, normal_noise, summed


class MultivariateNormal(Distribution):
    """The normal distribution of vectors, by the covariance, its inverse, or the triangle whose square it is."""

    parameters: tuple[str, ...] = ("loc", "scale_tril")
    event_dims = 1
    mean = mode = property(lambda self: self.loc)
    covariance_matrix = property(lambda self: self.scale_tril @ np.matrix_transpose(self.scale_tril))
    precision_matrix = property(lambda self: np.linalg.inv(self.covariance_matrix))
    variance = property(lambda self: np.broadcast_to((self.scale_tril**2).sum(-1), self.loc.shape))

    def __init__(
        self, loc: Any, covariance_matrix: Any = None, precision_matrix: Any = None, scale_tril: Any = None,
        validate_args: Any = None,
    ) -> None:  # fmt: skip
        if precision_matrix is not None:
            covariance_matrix = np.linalg.inv(precision_matrix)
        factor = scale_tril if covariance_matrix is None else np.linalg.cholesky(covariance_matrix)
        if factor is None:
            raise ValueError("MultivariateNormal: expected covariance_matrix, precision_matrix or scale_tril, got none")
        self.batch_shape = np.broadcast_shapes(loc.shape[:-1], factor.shape[:-2])
        self.event_shape = tuple(loc.shape[-1:])
        self.loc = np.broadcast_to(loc, (*self.batch_shape, *self.event_shape))
        self.scale_tril = np.broadcast_to(factor, (*self.batch_shape, *factor.shape[-2:]))

    def half_log_det(self) -> Any:
        """Half of the logarithm of the covariance's determinant."""
        return np.log(np.diagonal(self.scale_tril, 0, -2, -1)).sum(-1)

    def log_prob(self, value: Any) -> Any:
        apart = np.linalg.solve(np.tril(self.scale_tril), (value - self.loc)[..., None])[..., 0]
        return -0.5 * (self.event_shape[0] * LOG_2PI + (apart**2).sum(-1)) - self.half_log_det()

    def drawn(self, shape: Any, rng: Any) -> Any:
        return self.loc + (self.scale_tril @ normal_noise(rng, shape, self.loc)[..., None])[..., 0]

    def entropy(self) -> Any:
        return np.broadcast_to(0.5 * self.event_shape[0] * (1 + LOG_2PI) + self.half_log_det(), self.batch_shape)


class LowRankMultivariateNormal(MultivariateNormal):
    """The same of a covariance of low rank, cov_factor times its transpose, and a diagonal: cov_diag."""

    parameters = ("loc", "scale_tril", "cov_factor", "cov_diag")

    def __init__(self, loc: Any, cov_factor: Any, cov_diag: Any, validate_args: Any = None) -> None:
        self.cov_factor, self.cov_diag = cov_factor, cov_diag
        square = cov_factor @ np.matrix_transpose(cov_factor)
        ones = alike(np.eye(cov_diag.shape[-1], dtype=cov_diag.dtype), cov_diag)
        super().__init__(loc, square + cov_diag[..., None] * ones)
        for name in ("cov_factor", "cov_diag"):
            value = getattr(self, name)
            at = value.ndim - (2 if name == "cov_factor" else 1)
            setattr(self, name, np.broadcast_to(value, (*self.batch_shape, *value.shape[at:])))


class Independent(Distribution):
    """Another distribution of which the last axes of the batch count as one event."""

    def __init__(self, base_distribution: Any, reinterpreted_batch_ndims: int, validate_args: Any = None) -> None:
        self.base_dist, self.reinterpreted_batch_ndims = base_distribution, reinterpreted_batch_ndims
        shape, at = base_distribution.batch_shape, len(base_distribution.batch_shape) - reinterpreted_batch_ndims
        if at < 0:
            raise ValueError(f"Independent: expected at most {len(shape)} axes of the batch {shape}, got {-at} more")
        self.batch_shape, self.event_shape = shape[:at], (*shape[at:], *base_distribution.event_shape)
        self.has_rsample = base_distribution.has_rsample

    def expand(self, batch_shape: Any) -> Independent:
        """The same distribution for each element of a larger batch."""
        inner = self.base_dist.batch_shape[len(self.base_dist.batch_shape) - self.reinterpreted_batch_ndims :]
        return type(self)(self.base_dist.expand((*batch_shape, *inner)), self.reinterpreted_batch_ndims)

    mean = property(lambda self: self.base_dist.mean)
    variance = property(lambda self: self.base_dist.variance)
    mode = property(lambda self: self.base_dist.mode)

    def log_prob(self, value: Any) -> Any:
        return summed(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def drawn(self, shape: Any, rng: Any) -> Any:
        return self.base_dist.drawn(shape, self.base_dist.source(rng))

    def entropy(self) -> Any:
        return summed(self.base_dist.entropy(), self.reinterpreted_batch_ndims)
