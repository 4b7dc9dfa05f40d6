"""torch.distributions.transforms, the distributions of what they make of samples, and mixtures."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .densities import Distribution
from .tensors import FUNCTIONS as torch

__all__ = [
    "AffineTransform", "ComposeTransform", "ExpTransform", "MixtureSameFamily", "PowerTransform", "SigmoidTransform",
    "SoftplusTransform", "TanhTransform", "Transform", "TransformedDistribution",
]  # fmt: skip

Formula = Callable[..., Any]


class Transform:
    """A function with an inverse and the logarithm of its slope's size. One's own overrides the three methods."""

    bijective = True
    parameters: tuple[str, ...] = ()
    _call: Formula
    _inverse: Formula
    log_abs_det_jacobian: Formula

    def __init__(self, *args: Any, event_dim: int = 0, cache_size: int = 0, **named: Any) -> None:
        self.__dict__.update(zip(self.parameters, args, strict=False), **named)
        self.event_dim = event_dim

    def __call__(self, x: Any) -> Any:
        return self._call(x)

    @property
    def inv(self) -> Transform:
        """The inverse."""
        return _Inverse(self)


class _Inverse(Transform):
    def __init__(self, inv: Any) -> None:
        self.of, self.event_dim = inv, inv.event_dim

    inv = property(lambda self: self.of)  # type: ignore[assignment]

    def _call(self, x: Any) -> Any:
        return self.of._inverse(x)

    def _inverse(self, y: Any) -> Any:
        return self.of(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -self.of.log_abs_det_jacobian(y, x)


def _row(name: str, call: Formula, inverse: Formula, slope: Formula, parameters: str = "") -> Any:
    inside = {
        "_call": call,
        "_inverse": inverse,
        "log_abs_det_jacobian": slope,
        "parameters": tuple(parameters.split()),
    }
    return type(name, (Transform,), {**inside, "__module__": __name__})


def _softplus(x: Any) -> Any:
    return torch["logaddexp"](x, x * 0)


ExpTransform = _row("ExpTransform", lambda t, x: x.exp(), lambda t, y: y.log(), lambda t, x, y: x)
SigmoidTransform = _row(
    "SigmoidTransform", lambda t, x: x.sigmoid(), lambda t, y: y.logit(), lambda t, x, y: -_softplus(-x) - _softplus(x)
)
TanhTransform = _row(
    "TanhTransform", lambda t, x: x.tanh(), lambda t, y: y.atanh(),
    lambda t, x, y: 2 * (math.log(2) - x - _softplus(-2 * x)),
)  # fmt: skip
SoftplusTransform = _row(
    "SoftplusTransform", lambda t, x: _softplus(x), lambda t, y: (-y).expm1().neg().log() + y,
    lambda t, x, y: -_softplus(-x),
)  # fmt: skip
AffineTransform = _row(
    "AffineTransform", lambda t, x: t.loc + t.scale * x, lambda t, y: (y - t.loc) / t.scale,
    lambda t, x, y: _summed((torch["as_tensor"](t.scale).abs().log() + 0 * x), t.event_dim), "loc scale",
)  # fmt: skip
PowerTransform = _row(
    "PowerTransform", lambda t, x: x**t.exponent, lambda t, y: y ** (1 / t.exponent),
    lambda t, x, y: (t.exponent * y / x).abs().log(), "exponent",
)  # fmt: skip


def _summed(value: Any, dims: int) -> Any:
    return value.sum(tuple(range(-dims, 0))) if dims else value


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
            total = total + _summed(part.log_abs_det_jacobian(before, x), self.event_dim - part.event_dim)
        return total


class TransformedDistribution(Distribution):
    """What a transform, or several, make of another's samples."""

    def __init__(self, base_distribution: Any, transforms: Any, validate_args: Any = None) -> None:
        self.base_dist = base_distribution
        self.transforms = [transforms] if isinstance(transforms, Transform) else list(transforms)
        self._whole = ComposeTransform(self.transforms)
        shape = (*base_distribution.batch_shape, *base_distribution.event_shape)
        self._dims = max(len(base_distribution.event_shape), self._whole.event_dim)
        self.batch_shape, self.event_shape = shape[: len(shape) - self._dims], shape[len(shape) - self._dims :]
        self.has_rsample = base_distribution.has_rsample

    def drawn(self, shape: Any) -> Any:
        return self._whole(self.base_dist.drawn(shape))

    def density(self, value: Any) -> Any:
        x = self._whole._inverse(value)
        slope = _summed(self._whole.log_abs_det_jacobian(x, value), self._dims - self._whole.event_dim)
        return _summed(self.base_dist.log_prob(x), self._dims - len(self.base_dist.event_shape)) - slope


class MixtureSameFamily(Distribution):
    """One of several distributions, the last dimension of a batch of them, picked by a Categorical."""

    has_rsample = False

    def __init__(self, mixture_distribution: Any, component_distribution: Any, validate_args: Any = None) -> None:
        self.mixture_distribution, self.component_distribution = mixture_distribution, component_distribution
        self.batch_shape = component_distribution.batch_shape[:-1]
        self.event_shape = component_distribution.event_shape

    def _weighted(self, values: Any) -> Any:
        dims = len(self.event_shape)
        probs = self.mixture_distribution.probs
        return (probs.reshape(*probs.shape, *[1] * dims) * values).sum(-1 - dims)

    mean = property(lambda self: self._weighted(self.component_distribution.mean))

    @property
    def variance(self) -> Any:
        parts = self.component_distribution
        apart = parts.mean - self.mean.unsqueeze(-1 - len(self.event_shape))
        return self._weighted(parts.variance) + self._weighted(apart**2)

    def drawn(self, shape: Any) -> Any:
        dims = len(self.event_shape)
        outer = shape[: len(shape) - dims - len(self.batch_shape)]
        picked, parts = self.mixture_distribution.sample(outer), self.component_distribution.sample(outer)
        at = picked.reshape(*picked.shape, *[1] * (dims + 1)).expand(*picked.shape, 1, *self.event_shape)
        return parts.gather(-1 - dims, at).squeeze(-1 - dims)

    def density(self, value: Any) -> Any:
        parts = self.component_distribution.log_prob(value.unsqueeze(-1 - len(self.event_shape)))
        return (self.mixture_distribution.probs.log() + parts).logsumexp(-1)
