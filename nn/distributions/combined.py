"""What transforms make of another distribution's samples, and mixtures of several."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import logsumexp

from .continuous import Normal
from .distribution import Distribution, summed, value_of
from .transforms import ComposeTransform, StickBreakingTransform, Transform


class TransformedDistribution(Distribution):
    """What a transform, or several, make of another's samples.

    >>> from nn.distributions import ExpTransform, LogNormal, Normal
    >>> one, other = LogNormal(0.0, 1.0), TransformedDistribution(Normal(0.0, 1.0), ExpTransform())
    >>> np.isclose(one.log_prob(np.float32(2.0)), other.log_prob(np.float32(2.0)))
    np.True_
    """

    def __init__(self, base_distribution: Any, transforms: Any, validate_args: Any = None) -> None:
        self.base_dist = base_distribution
        self.transforms = [transforms] if isinstance(transforms, Transform) else list(transforms)
        self._whole = ComposeTransform(self.transforms)
        self.event_dims = max(len(base_distribution.event_shape), self._whole.event_dim)
        self._shaped(self._whole.forward_shape((*base_distribution.batch_shape, *base_distribution.event_shape)))
        self.has_rsample = base_distribution.has_rsample

    def expand(self, batch_shape: Any) -> Any:
        """The same distribution for each element of a larger batch."""
        made, base = super().expand(batch_shape), self.base_dist
        shape = self._whole.inverse_shape((*batch_shape, *self.event_shape))
        made.base_dist = base.expand(shape[: len(shape) - len(base.event_shape)])
        return made

    def drawn(self, shape: Any, rng: Any) -> Any:
        return self._whole(self.base_dist.drawn(self._whole.inverse_shape(shape), self.base_dist.source(rng)))

    def log_prob(self, value: Any) -> Any:
        x = self._whole._inverse(value)
        slope = summed(self._whole.log_abs_det_jacobian(x, value), self.event_dims - self._whole.event_dim)
        return summed(self.base_dist.log_prob(x), self.event_dims - len(self.base_dist.event_shape)) - slope


class LogisticNormal(TransformedDistribution):
    """Shares, one more than there are normal numbers, of which StickBreakingTransform makes them."""

    def __init__(self, loc: Any, scale: Any, validate_args: Any = None) -> None:
        super().__init__(Normal(loc, scale), StickBreakingTransform())

    loc = property(lambda self: self.base_dist.loc)
    scale = property(lambda self: self.base_dist.scale)


class MixtureSameFamily(Distribution):
    """One of several distributions, along the last axis of a batch of them, picked by a Categorical."""

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
        apart = parts.mean - np.expand_dims(self.mean, -1 - len(self.event_shape))
        return self._weighted(parts.variance) + self._weighted(apart**2)

    def drawn(self, shape: Any, rng: Any) -> Any:
        dims = len(self.event_shape)
        outer = shape[: len(shape) - dims - len(self.batch_shape)]
        rng = self.mixture_distribution.source(rng)
        picked = self.mixture_distribution.drawn((*outer, *self.batch_shape), rng)
        parts = self.component_distribution
        drawn = value_of(parts.drawn((*outer, *parts.batch_shape, *self.event_shape), rng))
        at = picked.reshape(*picked.shape, *[1] * (dims + 1))
        return np.take_along_axis(drawn, at, -1 - dims).squeeze(-1 - dims)

    def log_prob(self, value: Any) -> Any:
        parts = self.component_distribution.log_prob(np.expand_dims(value, -1 - len(self.event_shape)))
        return logsumexp(self.mixture_distribution.logits + parts, -1)

    def cdf(self, value: Any) -> Any:
        return self._weighted(self.component_distribution.cdf(np.expand_dims(value, -1 - len(self.event_shape))))
