"""Functions with an inverse, and the logarithm of the size of their slope."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import logit, sigmoid, softmax, softplus
from autograd.ops import alike

from .distribution import Formula, summed


class Transform:
    """A function with an inverse and the logarithm of its slope's size, of events of event_dim axes.

    One's own overrides `_call(x)`, `_inverse(y)` and `log_abs_det_jacobian(x, y)`. `cache_size` has no effect.
    """

    bijective = True
    parameters: tuple[str, ...] = ()
    event_dim = 0
    _call: Formula
    _inverse: Formula
    log_abs_det_jacobian: Formula

    def __init__(self, *args: Any, event_dim: int = 0, cache_size: int = 0, **named: Any) -> None:
        self.__dict__.update(zip(self.parameters, args, strict=False), **named)
        self.event_dim = event_dim

    def __call__(self, x: Any) -> Any:
        return self._call(x)

    @property
    def inv(self) -> Any:
        """The inverse."""
        return _Inverse(self)

    def forward_shape(self, shape: Any) -> Any:
        """The shape of what is made of this shape."""
        return tuple(shape)

    def inverse_shape(self, shape: Any) -> Any:
        """The shape of which this shape is made."""
        return tuple(shape)


class _Inverse(Transform):
    def __init__(self, inv: Any) -> None:
        self.of, self.event_dim = inv, inv.event_dim

    inv = property(lambda self: self.of)

    def _call(self, x: Any) -> Any:
        return self.of._inverse(x)

    def _inverse(self, y: Any) -> Any:
        return self.of(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -self.of.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape: Any) -> Any:
        return self.of.inverse_shape(shape)

    def inverse_shape(self, shape: Any) -> Any:
        return self.of.forward_shape(shape)


class ExpTransform(Transform):
    """y = exp(x)."""

    def _call(self, x: Any) -> Any:
        return np.exp(x)

    def _inverse(self, y: Any) -> Any:
        return np.log(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return x


class SigmoidTransform(Transform):
    """y = 1 / (1 + exp(-x))."""

    def _call(self, x: Any) -> Any:
        return sigmoid(x)

    def _inverse(self, y: Any) -> Any:
        return logit(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -softplus(-x) - softplus(x)


class TanhTransform(Transform):
    """y = tanh(x)."""

    def _call(self, x: Any) -> Any:
        return np.tanh(x)

    def _inverse(self, y: Any) -> Any:
        return np.arctanh(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return 2 * (math.log(2) - x - softplus(-2 * x))


class SoftplusTransform(Transform):
    """y = log(1 + exp(x))."""

    def _call(self, x: Any) -> Any:
        return softplus(x)

    def _inverse(self, y: Any) -> Any:
        return np.log(-np.expm1(-y)) + y

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -softplus(-x)


class AffineTransform(Transform):
    """y = loc + scale x."""

    parameters = ("loc", "scale")
    loc: Any
    scale: Any

    def _call(self, x: Any) -> Any:
        return self.loc + self.scale * x

    def _inverse(self, y: Any) -> Any:
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return summed(np.log(np.abs(self.scale + 0 * x)), self.event_dim)


class PowerTransform(Transform):
    """y = x ** exponent, of positive x."""

    parameters = ("exponent",)
    exponent: Any

    def _call(self, x: Any) -> Any:
        return x**self.exponent

    def _inverse(self, y: Any) -> Any:
        return y ** (1 / self.exponent)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return np.log(np.abs(self.exponent * y / x))


class AbsTransform(Transform):
    """y = |x|, of which the inverse is taken to be y."""

    bijective = False

    def _call(self, x: Any) -> Any:
        return np.abs(x)

    def _inverse(self, y: Any) -> Any:
        return y


class SoftmaxTransform(Transform):
    """y = softmax(x) along the last axis, of which the inverse is taken to be log(y)."""

    bijective = False

    def __init__(self, cache_size: int = 0) -> None:
        super().__init__(event_dim=1)

    def _call(self, x: Any) -> Any:
        return softmax(x, -1)

    def _inverse(self, y: Any) -> Any:
        return np.log(y)


class StickBreakingTransform(Transform):
    """Shares, one more than there are numbers along the last axis: each number says how much of the rest is taken."""

    def __init__(self, cache_size: int = 0) -> None:
        super().__init__(event_dim=1)

    def _moved(self, x: Any) -> Any:
        """The numbers, moved so that zeros make equal shares."""
        return x - alike(np.log(np.arange(x.shape[-1], 0, -1)).astype(x.dtype), x)

    def _call(self, x: Any) -> Any:
        z = sigmoid(self._moved(x))
        one = np.ones_like(z[..., :1])
        return np.concatenate([z, one], -1) * np.concatenate([one, np.cumprod(1 - z, -1)], -1)

    def _inverse(self, y: Any) -> Any:
        most = y[..., :-1]
        rest = np.maximum(1 - np.cumsum(most, -1), np.finfo(y.dtype).tiny)
        return np.log(most) - np.log(rest) + alike(np.log(np.arange(most.shape[-1], 0, -1)).astype(y.dtype), y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return (np.log(y[..., :-1]) - softplus(self._moved(x))).sum(-1)

    def forward_shape(self, shape: Any) -> Any:
        return (*shape[:-1], shape[-1] + 1)

    def inverse_shape(self, shape: Any) -> Any:
        return (*shape[:-1], shape[-1] - 1)


class IndependentTransform(Transform):
    """Another transform of which so many more of the last axes count as one event."""

    def __init__(self, base_transform: Any, reinterpreted_batch_ndims: int, cache_size: int = 0) -> None:
        self.base_transform, self.reinterpreted_batch_ndims = base_transform, reinterpreted_batch_ndims
        self.bijective, self.event_dim = base_transform.bijective, base_transform.event_dim + reinterpreted_batch_ndims

    def _call(self, x: Any) -> Any:
        return self.base_transform(x)

    def _inverse(self, y: Any) -> Any:
        return self.base_transform._inverse(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return summed(self.base_transform.log_abs_det_jacobian(x, y), self.reinterpreted_batch_ndims)


class ReshapeTransform(Transform):
    """The last axes, of in_shape, as others, of out_shape."""

    def __init__(self, in_shape: Any, out_shape: Any, cache_size: int = 0) -> None:
        self.in_shape, self.out_shape = tuple(in_shape), tuple(out_shape)
        if math.prod(in_shape) != math.prod(out_shape):
            raise ValueError(f"ReshapeTransform: expected shapes of as many elements, got {in_shape} and {out_shape}")
        self.event_dim = len(self.in_shape)

    def forward_shape(self, shape: Any) -> Any:
        return (*shape[: len(shape) - len(self.in_shape)], *self.out_shape)

    def inverse_shape(self, shape: Any) -> Any:
        return (*shape[: len(shape) - len(self.out_shape)], *self.in_shape)

    def _call(self, x: Any) -> Any:
        return x.reshape(self.forward_shape(x.shape))

    def _inverse(self, y: Any) -> Any:
        return y.reshape(self.inverse_shape(y.shape))

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return np.zeros(x.shape[: x.ndim - self.event_dim], x.dtype)


class ComposeTransform(Transform):
    """Several, one after the other."""

    def __init__(self, parts: Any, cache_size: int = 0) -> None:
        self.parts = list(parts)
        self.event_dim = max([part.event_dim for part in self.parts], default=0)

    def _call(self, x: Any) -> Any:
        for part in self.parts:
            x = part(x)
        return x

    def _inverse(self, y: Any) -> Any:
        for part in reversed(self.parts):
            y = part._inverse(y)
        return y

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        total: Any = 0
        for part in self.parts:
            x, before = part(x), x
            total = total + summed(part.log_abs_det_jacobian(before, x), self.event_dim - part.event_dim)
        return total

    def forward_shape(self, shape: Any) -> Any:
        for part in self.parts:
            shape = part.forward_shape(shape)
        return shape

    def inverse_shape(self, shape: Any) -> Any:
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return shape
