"""Functions with an inverse, and the logarithm of the size of their slope."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import logit, sigmoid, softplus

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
