"""Distributions of matrices: of covariances, and of correlations by their triangles."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import digamma, gammaln

from .continuous import gamma_noise
from .distribution import Distribution, arrays, normal_noise, value_of


def _multigammaln(a: Any, n: int) -> Any:
    """The logarithm of the gamma function of n dimensions."""
    return 0.25 * n * (n - 1) * math.log(math.pi) + gammaln(_downward(a, n)).sum(-1)


def _downward(a: Any, n: int) -> Any:
    """a, a - 1/2, a - 1 and so on: n of them, along a new last axis."""
    return a[..., None] - 0.5 * np.arange(n).astype(a.dtype)


class Wishart(Distribution):
    """The sum of the squares x xᵀ of df normal vectors around 0, of this covariance, its inverse or its triangle.

    df is a number above n - 1, of matrices (n, n), and need not be whole. Samples are made of their triangles
    (Bartlett 1933), and gradients flow through them.

    >>> from nn.distributions import Wishart
    >>> Wishart(3.0, np.eye(2)).mean.tolist()
    [[3.0, 0.0], [0.0, 3.0]]
    """

    parameters = ("df", "scale_tril")
    event_dims = 2
    covariance_matrix = property(lambda self: self.scale_tril @ np.matrix_transpose(self.scale_tril))
    precision_matrix = property(lambda self: np.linalg.inv(self.covariance_matrix))
    mean = property(lambda self: self.df[..., None, None] * self.covariance_matrix)

    def __init__(
        self, df: Any, covariance_matrix: Any = None, precision_matrix: Any = None, scale_tril: Any = None,
        validate_args: Any = None,
    ) -> None:  # fmt: skip
        given = [part is not None for part in (covariance_matrix, precision_matrix, scale_tril)]
        if sum(given) != 1:
            raise ValueError(
                f"Wishart: expected one of covariance_matrix, precision_matrix and scale_tril, got {sum(given)}"
            )
        if precision_matrix is not None:
            covariance_matrix = np.linalg.inv(precision_matrix)
        factor = scale_tril if covariance_matrix is None else np.linalg.cholesky(covariance_matrix)
        df = df if hasattr(df, "dtype") else np.asarray(df, factor.dtype)
        self.batch_shape = np.broadcast_shapes(np.shape(df), factor.shape[:-2])
        self.event_shape = tuple(factor.shape[-2:])
        if (value_of(df) <= self.event_shape[0] - 1).any():
            raise ValueError(f"Wishart: expected df above {self.event_shape[0] - 1}, the matrices' size less 1")
        self.df = np.broadcast_to(df, self.batch_shape)
        self.scale_tril = np.broadcast_to(factor, (*self.batch_shape, *self.event_shape))

    @property
    def mode(self) -> Any:
        left = self.df - self.event_shape[0] - 1
        return np.where(left > 0, left, math.nan)[..., None, None] * self.covariance_matrix

    @property
    def variance(self) -> Any:
        square = self.covariance_matrix
        diagonal = np.diagonal(square, 0, -2, -1)
        return self.df[..., None, None] * (square**2 + diagonal[..., :, None] * diagonal[..., None, :])

    def _half_log_det(self) -> Any:
        return np.log(np.diagonal(self.scale_tril, 0, -2, -1)).sum(-1)

    def log_prob(self, value: Any) -> Any:
        n, df = self.event_shape[0], self.df
        inside = np.trace(np.linalg.solve(self.covariance_matrix, value), axis1=-2, axis2=-1)
        log_det = np.linalg.slogdet(value)[1]
        whole = df * (0.5 * n * math.log(2) + self._half_log_det()) + _multigammaln(0.5 * df, n)
        return 0.5 * ((df - n - 1) * log_det - inside) - whole

    def drawn(self, shape: Any, rng: Any) -> Any:
        n = self.event_shape[0]
        squares = 2 * gamma_noise(rng, shape[:-1], _downward(0.5 * self.df, n))
        noise = np.tril(normal_noise(rng, shape, self.scale_tril), -1)
        triangle = self.scale_tril @ (noise + np.sqrt(squares)[..., None] * np.eye(n, dtype=noise.dtype))
        return triangle @ np.matrix_transpose(triangle)

    def entropy(self) -> Any:
        n, df = self.event_shape[0], self.df
        sums = digamma(_downward(0.5 * df, n)).sum(-1)
        rest = _multigammaln(0.5 * df, n) - 0.5 * (df - n - 1) * sums + 0.5 * n * df
        return (n + 1) * (0.5 * n * math.log(2) + self._half_log_det()) + rest


class LKJCholesky(Distribution):
    """The lower triangle of a correlation matrix of this size, whose density is det^(concentration - 1).

    With concentration 1 all correlation matrices are as likely; the greater it is, the nearer they are to the identity.
    Samples carry no gradient. (Lewandowski, Kurowicka, Joe 2009, by their onions)

    >>> from nn.distributions import LKJCholesky
    >>> L = LKJCholesky(3, 0.5).sample(rng=np.random.default_rng(0)).data
    >>> np.allclose(np.diag(L @ L.T), 1)
    True
    """

    parameters = ("concentration",)
    has_rsample = False

    def __init__(self, dim: int, concentration: Any = 1.0, validate_args: Any = None) -> None:
        if dim < 2:
            raise ValueError(f"LKJCholesky: expected a dim of 2 or more, got {dim}")
        self.dim, self.concentration = dim, arrays(concentration)[0]
        self.batch_shape, self.event_shape = tuple(self.concentration.shape), (dim, dim)

    def log_prob(self, value: Any) -> Any:
        n, eta = self.dim, self.concentration
        powers = 2 * _downward(eta - 1 + 0.5 * (n - 2), n - 1)
        density = (powers * np.log(np.diagonal(value, 0, -2, -1)[..., 1:])).sum(-1)
        top = eta + 0.5 * (n - 1)
        whole = 0.5 * (n - 1) * math.log(math.pi) + _multigammaln(top - 0.5, n - 1) - (n - 1) * gammaln(top)
        return density - whole

    def drawn(self, shape: Any, rng: Any) -> Any:
        n, eta = self.dim, value_of(self.concentration)[..., None]
        k = np.arange(n - 1)
        lengths = rng.beta(k / 2 + 0.5, eta + 0.5 * (n - 2) - k / 2, (*shape[:-2], n - 1))  # of the rows, squared
        directions = np.tril(rng.standard_normal((*shape[:-2], n, n)), -1)[..., 1:, :]
        directions /= np.sqrt((directions**2).sum(-1, keepdims=True))
        made = np.zeros(shape, eta.dtype)
        made[..., 0, 0] = 1
        made[..., 1:, :] = np.sqrt(lengths)[..., None] * directions
        np.einsum("...ii->...i", made)[..., 1:] = np.sqrt(np.maximum(1 - lengths, np.finfo(eta.dtype).tiny))
        return made
