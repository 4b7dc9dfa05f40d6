"""Weights in other coordinates: by length and direction, with a largest singular value of 1, orthogonal."""

from __future__ import annotations

import math
from typing import Any, TypeVar

import numpy as np

from autograd import Tensor, generator
from autograd.ops import alike

from ..init import orthonormal
from ..module import Module
from ..parameter import write
from ..shared import Rng, one_of, plain
from .parametrize import register_parametrization

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]

M = TypeVar("M", bound=Module)


class WeightNorm(Module):
    """g · v / |v|, of the lengths g and the directions v; the lengths are those along every axis but `dim`."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = None if dim == -1 else dim

    def forward(self, g: Any, v: Any) -> Any:
        return v * (g / self._lengths(v))

    def right_inverse(self, weight: Any) -> tuple[Any, Any]:
        """The lengths and the directions of a weight."""
        return self._lengths(weight), weight

    def _lengths(self, v: Any) -> Any:
        if self.dim is None:
            return np.sqrt(np.square(v).sum())
        others = tuple(axis for axis in range(v.ndim) if axis != self.dim % v.ndim)
        return np.sqrt(np.square(v).sum(others, keepdims=True))


class SpectralNorm(Module):
    """A weight divided by its largest singular value, which power iteration follows in training.

    Its buffers _u and _v are the singular vectors, of the weight as a matrix (shape[dim], all others).
    """

    _u: Any
    _v: Any

    def __init__(
        self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12, rng: Rng = None
    ) -> None:
        super().__init__()
        if n_power_iterations <= 0:
            raise ValueError(f"spectral_norm: expected n_power_iterations above 0, got {n_power_iterations}")
        self.n_power_iterations, self.dim, self.eps = n_power_iterations, dim, eps
        if weight.ndim < 2:
            return
        matrix = self._matrix(weight.data)
        for name, size in zip(("_u", "_v"), matrix.shape, strict=True):
            vector = generator(rng).normal(size=size).astype(matrix.dtype)
            self.register_buffer(name, self._unit(vector))
        self._iterate(matrix, 15)

    def _unit(self, vector: Any) -> Any:
        return vector / np.maximum(np.linalg.norm(vector), self.eps)

    def _matrix(self, weight: Any) -> Any:
        if self.dim:
            weight = np.moveaxis(weight, self.dim, 0)
        return weight.reshape(weight.shape[0], -1)

    def _iterate(self, matrix: Any, times: int) -> None:
        right = self._v.data
        for _ in range(times):
            left = self._unit(matrix @ right)
            right = self._unit(matrix.T @ left)
        write(self._u, left)
        write(self._v, right)

    def forward(self, weight: Any) -> Any:
        if weight.ndim < 2:
            return weight / np.maximum(np.sqrt(np.square(weight).sum()), self.eps)
        matrix = self._matrix(weight)
        if self.training:
            self._iterate(plain(matrix), self.n_power_iterations)
        left, right = self._u.data.copy(), self._v.data.copy()  # as they are now: the next call moves them on
        return weight / (left @ (matrix @ right))

    def right_inverse(self, value: Any) -> Any:
        """The value itself: a weight of that direction."""
        return value


def matrix_exp(a: Any) -> Any:
    """The exponential of square matrices (…, n, n), by squaring a Padé approximant that is exact where it is used.

    Source: Golub and Van Loan, Matrix Computations, 3rd edition, algorithm 11.3.1.
    """
    size = float(np.abs(plain(a)).sum(-1).max(initial=0))
    squarings = max(0, math.frexp(size)[1] + 1)
    a = a * 0.5**squarings
    identity = alike(np.eye(a.shape[-1], dtype=a.dtype), a)
    q, factor, power = 6, 1.0, identity
    above = below = identity
    for k in range(1, q + 1):
        factor *= (q - k + 1) / (k * (2 * q - k + 1))
        power = a @ power
        above = above + power * factor
        below = below + power * (factor * (-1) ** k)
    result = np.linalg.solve(below, above)
    for _ in range(squarings):
        result = result @ result
    return result


class Orthogonal(Module):
    """A matrix with orthonormal columns (or rows, if it is wide) of any matrix of its shape.

    With `trivialization` the buffer `base`, set by each assignment, is multiplied by what the map gives, so that every
    value can be assigned; see `orthogonal`.
    """

    def __init__(self, map: str, trivialization: bool) -> None:
        super().__init__()
        self.map, self.trivialization = map, trivialization
        if trivialization:
            self.register_buffer("base", None)

    def forward(self, x: Any) -> Any:
        wide = x.shape[-2] < x.shape[-1]
        x = x.mT if wide else x
        result = self._reflections(x) if self.map == "householder" else self._rotation(np.tril(x))
        if self.trivialization and self.base is not None:
            result = self.base @ result
        return result.mT if wide else result

    def _rotation(self, lower: Any) -> Any:
        """The first columns of the rotation that belongs to a lower triangle as the half of a skew matrix."""
        n, k = lower.shape[-2:]
        if n != k:
            zeros = alike(np.zeros((*lower.shape[:-1], n - k), lower.dtype), lower)
            lower = np.concatenate([lower, zeros], axis=-1)
        skew = lower - lower.mT.conj()
        identity = alike(np.eye(n, dtype=lower.dtype), lower)
        if self.map == "matrix_exp":
            return matrix_exp(skew)[..., :k]
        return np.linalg.solve(identity - skew * 0.5, (identity + skew * 0.5)[..., :k])

    def _reflections(self, x: Any) -> Any:
        """I - 2 v vᵀ / vᵀv for each column below the diagonal, with a 1 on it, multiplied; the diagonal has signs."""
        n, k = x.shape[-2:]
        identity = alike(np.eye(n, k, dtype=x.dtype), x)
        vectors = np.tril(x, -1) + identity
        scales = 2 / np.square(vectors).sum(-2, keepdims=True)
        result: Any = identity
        for i in reversed(range(k)):
            v = vectors[..., :, i : i + 1]
            result = result - v * scales[..., :, i : i + 1] @ (v.mT @ result)
        return result * np.trunc(plain(np.diagonal(x, axis1=-2, axis2=-1)))[..., None, :]

    def right_inverse(self, value: Any) -> Any:
        """What gives that value, or the nearest by QR if it is not orthogonal.

        Raises NotImplementedError for the maps that reach only some values, without a base.
        """
        array = plain(value)
        wide = array.shape[-2] < array.shape[-1]
        tall = array.mT if wide else array
        n, k = tall.shape[-2:]
        if self.trivialization:
            if n != k:
                rest = generator().normal(size=(*tall.shape[:-1], n - k)).astype(tall.dtype)
                tall = np.concatenate([tall, rest], axis=-1)
            self.base = Tensor(orthonormal(tall))
            start = np.zeros_like(array)
            np.einsum("...ii->...i", start[..., : min(n, k), : min(n, k)])[...] = -1
            return Tensor(start)
        if self.map != "householder":
            raise NotImplementedError(
                f"orthogonal: with the map {self.map!r}, assign with use_trivialization=True only"
            )
        raw, scales = np.linalg.qr(tall, mode="raw")
        made = np.array(raw.mT)
        diagonal = np.einsum("...ii->...i", made[..., :k, :k])
        diagonal[...] = np.sign(diagonal) * np.where(scales == 0, -1, 1)  # no reflection there, but a formula for one
        return Tensor(made.mT.copy() if wide else made)


def axis_of_outputs(module: Module) -> int:
    """The axis of a layer's weight that counts its outputs."""
    return int(any(kind.__name__.startswith("ConvTranspose") for kind in type(module).__mro__))


def _weight(who: str, module: Module, name: str) -> Any:
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"{who}: {type(module).__name__} has no parameter {name!r}")
    return weight


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Train a parameter w by its length g (`original0`) and a direction v (`original1`): w = g · v / |v|.

    dim  the axis along which there is a length for each place; None (or -1): one for all

    Returns the module. Raises ValueError if it has no such parameter. (Salimans, Kingma 2016)

    >>> import nn
    >>> [name for name, _ in weight_norm(nn.Linear(3, 2)).named_parameters()]
    ['bias', 'parametrizations.weight.original0', 'parametrizations.weight.original1']
    """
    _weight("weight_norm", module, name)
    return register_parametrization(module, name, WeightNorm(dim), unsafe=True)


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None, *,
    rng: Rng = None,
) -> M:  # fmt: skip
    """Divide a parameter by its largest singular value, estimated by power iteration in training.

    dim is the axis of the outputs: 0 unless it is given, 1 for transposed convolutions. Returns the module. Raises
    ValueError if it has no such parameter. (Miyato et al. 2018)

    >>> import nn
    >>> layer = spectral_norm(nn.Linear(3, 2), n_power_iterations=50)
    >>> np.linalg.norm(layer.weight.data, 2).round(4)
    np.float32(1.0)
    """
    weight = _weight("spectral_norm", module, name)
    dim = axis_of_outputs(module) if dim is None else dim
    return register_parametrization(module, name, SpectralNorm(weight, n_power_iterations, dim, eps, rng))


def orthogonal(
    module: M, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> M:
    """Keep a matrix, or each of a stack of matrices, orthogonal (its columns orthonormal, its rows if it is wide).

    orthogonal_map      'matrix_exp' or 'cayley', of a skew-symmetric matrix, or 'householder', a product of
                        reflections; unless given, the first for square or complex matrices and the last for others
    use_trivialization  start from the present value, made orthogonal, and be able to assign others

    Returns the module. Raises ValueError for another map or a weight of fewer than two axes, and for a complex weight
    with 'householder'. (Lezcano-Casado 2019)

    >>> import nn
    >>> weight = orthogonal(nn.Linear(3, 2)).weight
    >>> np.allclose(weight.data @ weight.data.T, np.eye(2), atol=1e-6)
    True
    """
    weight = _weight("orthogonal", module, name)
    if weight.ndim < 2:
        raise ValueError(f"orthogonal: expected a weight of at least 2 axes, got shape {weight.shape}")
    if orthogonal_map is None:
        square = weight.shape[-2] == weight.shape[-1] or weight.dtype.kind == "c"
        orthogonal_map = "matrix_exp" if square else "householder"
    one_of(orthogonal_map, ("matrix_exp", "cayley", "householder"), "orthogonal", "map")
    if orthogonal_map == "householder" and weight.dtype.kind == "c":
        raise ValueError("orthogonal: expected 'matrix_exp' or 'cayley' for complex weights, got 'householder'")
    return register_parametrization(module, name, Orthogonal(orthogonal_map, use_trivialization), unsafe=True)
