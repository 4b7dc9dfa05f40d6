"""Distributions of whole numbers, and of one of several, by probabilities or by logits. Samples carry no gradient."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import gammaln, logit, logsumexp, sigmoid, softmax, softplus, xlogy
from autograd.ops import alike

from .distribution import Distribution, arrays, uniform_noise, value_of


class Poisson(Distribution):
    """How many events happen that happen at this rate."""

    parameters = ("rate",)
    has_rsample = False
    mean = variance = property(lambda self: self.rate)
    mode = property(lambda self: np.floor(value_of(self.rate)))

    def log_prob(self, value: Any) -> Any:
        return xlogy(value, self.rate) - self.rate - gammaln(value + 1)

    def drawn(self, shape: Any, rng: Any) -> Any:
        return np.asarray(rng.poisson(value_of(self.rate), shape), self.rate.dtype)


class _Chances(Distribution):
    """By probabilities or by logits, of which the others are made."""

    parameters: tuple[str, ...] = ("probs", "logits")
    has_rsample = False

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        if (probs is None) == (logits is None):
            got = "none" if probs is None else "both"
            raise ValueError(f"{type(self).__name__}: expected probs or logits, got {got}")
        given = arrays(logits if probs is None else probs)[0]
        self.probs, self.logits = self._both(*((None, given) if probs is None else (given, None)))
        self._shaped(self.probs.shape)

    def _both(self, probs: Any, logits: Any) -> Any:
        """Of a chance: (its probability, its logit)."""
        return (sigmoid(logits), logits) if probs is None else (probs, logit(_inside(probs)))


def _inside(probs: Any) -> Any:
    least = np.finfo(probs.dtype).eps
    return np.clip(probs, least, 1 - least)


class Bernoulli(_Chances):
    """0 or 1, of this probability or logit of 1."""

    mean = property(lambda self: self.probs)
    variance = property(lambda self: self.probs * (1 - self.probs))
    mode = property(lambda self: np.where(self.probs == 0.5, math.nan, (self.probs >= 0.5).astype(self.probs.dtype)))

    def log_prob(self, value: Any) -> Any:
        return self.logits * value - softplus(self.logits)

    def drawn(self, shape: Any, rng: Any) -> Any:
        return (rng.random(shape) < value_of(self.probs)).astype(self.probs.dtype)

    def entropy(self) -> Any:
        return softplus(self.logits) - self.logits * self.probs

    def enumerate_support(self, expand: bool = True) -> Any:
        """0 and 1, along a first axis before those of the batch."""
        values = np.arange(2).astype(self.probs.dtype).reshape(-1, *[1] * len(self.batch_shape))
        return np.broadcast_to(values, (2, *self.batch_shape)) if expand else values


class Geometric(_Chances):
    """How often 0 comes before the first 1."""

    mean = property(lambda self: 1 / self.probs - 1)
    variance = property(lambda self: (1 / self.probs - 1) / self.probs)
    mode = property(lambda self: np.zeros_like(value_of(self.probs)))

    def log_prob(self, value: Any) -> Any:
        return value * np.log1p(-self.probs) + np.log(self.probs)

    def drawn(self, shape: Any, rng: Any) -> Any:
        return np.floor(np.log1p(-uniform_noise(rng, shape, self.probs)) / np.log1p(-value_of(self.probs)))

    def entropy(self) -> Any:
        return (softplus(self.logits) - self.logits * self.probs) / self.probs


class Binomial(_Chances):
    """How often 1 comes in total_count."""

    parameters = ("total_count", "probs", "logits")
    mean = property(lambda self: self.total_count * self.probs)
    variance = property(lambda self: self.mean * (1 - self.probs))
    mode = property(lambda self: np.clip(np.floor((self.total_count + 1) * self.probs), 0, self.total_count))

    def __init__(self, total_count: Any = 1, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        super().__init__(probs, logits)
        self.total_count = alike(
            np.broadcast_to(value_of(total_count), self.probs.shape).astype(self.probs.dtype), self.probs
        )

    def log_prob(self, value: Any) -> Any:
        n = self.total_count
        ways = gammaln(n + 1) - gammaln(value + 1) - gammaln(n - value + 1)
        return ways + value * self.logits - n * softplus(self.logits)

    def drawn(self, shape: Any, rng: Any) -> Any:
        drawn = rng.binomial(self.total_count.astype(int), value_of(self.probs), shape)
        return np.asarray(drawn, self.probs.dtype)


class NegativeBinomial(_Chances):
    """How often 1 comes, of this probability, before 0 has come total_count times."""

    parameters = ("total_count", "probs", "logits")
    mean = property(lambda self: self.total_count * np.exp(self.logits))
    variance = property(lambda self: self.mean * (1 + np.exp(self.logits)))
    mode = property(lambda self: np.maximum(np.floor(value_of((self.total_count - 1) * np.exp(self.logits))), 0))

    def __init__(self, total_count: Any, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        super().__init__(probs, logits)
        count = alike(arrays(total_count)[0].astype(self.probs.dtype), self.probs)
        self.total_count, self.probs, self.logits = np.broadcast_arrays(count, self.probs, self.logits)
        self._shaped(self.probs.shape)

    def log_prob(self, value: Any) -> Any:
        n, odds = self.total_count, self.logits
        ways = gammaln(n + value) - gammaln(1 + value) - gammaln(n)
        return np.where(n + value == 0, 0, ways) - n * softplus(odds) - value * softplus(-odds)

    def drawn(self, shape: Any, rng: Any) -> Any:
        means = rng.standard_gamma(np.broadcast_to(value_of(self.total_count), shape)) * np.exp(value_of(self.logits))
        return np.asarray(rng.poisson(means), self.probs.dtype)


class _Shares(_Chances):
    """Of several, by probabilities or by logits along the last axis, which are those of one event."""

    event_dims = 1
    param_shape = property(lambda self: self.probs.shape)

    def _both(self, probs: Any, logits: Any) -> Any:
        if probs is None:
            logits = logits - logsumexp(logits, -1, keepdims=True)
            return softmax(logits, -1), logits
        probs = probs / probs.sum(-1, keepdims=True)
        return probs, np.log(_inside(probs))

    def _shaped(self, shape: Any) -> None:
        self._num_events = shape[-1]
        super()._shaped(shape)


class Categorical(_Shares):
    """One of several, of these probabilities or logits along the last axis, as an integer.

    >>> import nn
    >>> die = nn.distributions.Categorical(probs=np.full(6, 1.0))
    >>> die.log_prob(np.array(2)).round(4), die.sample((3,)).dtype
    (np.float64(-1.7918), dtype('int64'))
    """

    mode = property(lambda self: np.argmax(value_of(self.probs), -1))
    mean = variance = property(lambda self: np.full(self.batch_shape, math.nan, self.probs.dtype))

    def _shaped(self, shape: Any) -> None:
        super()._shaped(shape)
        self.event_shape = ()

    def log_prob(self, value: Any) -> Any:
        value = value_of(value)
        value = (value if hasattr(value, "dtype") else np.asarray(value)).astype(np.int64)
        shape = np.broadcast_shapes(value.shape, self.batch_shape)
        logits = np.broadcast_to(self.logits, (*shape, self._num_events))
        return np.take_along_axis(logits, np.broadcast_to(value, shape)[..., None], -1)[..., 0]

    def drawn(self, shape: Any, rng: Any) -> Any:
        ends = np.cumsum(value_of(self.probs), -1, dtype=float)
        found = (rng.random(shape)[..., None] * ends[..., -1:] >= ends).sum(-1)
        return np.minimum(found, self._num_events - 1)

    def entropy(self) -> Any:
        return -(self.probs * self.logits).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Any:
        """All values, along a first axis before those of the batch."""
        values = np.arange(self._num_events).reshape(-1, *[1] * len(self.batch_shape))
        return np.broadcast_to(values, (self._num_events, *self.batch_shape)) if expand else values


class OneHotCategorical(Categorical):
    """One of several, as a vector that is 1 there and 0 elsewhere."""

    mean = property(lambda self: self.probs)
    variance = property(lambda self: self.probs * (1 - self.probs))
    mode = property(lambda self: self._vector(np.argmax(value_of(self.probs), -1)))

    def _shaped(self, shape: Any) -> None:
        super()._shaped(shape)
        self.event_shape = tuple(shape[-1:])

    def _vector(self, chosen: Any) -> Any:
        return (chosen[..., None] == alike(np.arange(self._num_events), chosen)).astype(self.probs.dtype)

    def log_prob(self, value: Any) -> Any:
        return super().log_prob(np.argmax(value_of(value), -1))

    def enumerate_support(self, expand: bool = True) -> Any:
        return self._vector(super().enumerate_support(expand))

    def drawn(self, shape: Any, rng: Any) -> Any:
        return self._vector(super().drawn(shape[:-1], rng))


class Multinomial(_Shares):
    """How often each of several comes in total_count, as a vector."""

    def __init__(self, total_count: int = 1, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        self.total_count = total_count
        super().__init__(probs, logits)

    mean = property(lambda self: self.total_count * self.probs)
    variance = property(lambda self: self.total_count * self.probs * (1 - self.probs))

    def log_prob(self, value: Any) -> Any:
        logits = np.where((value == 0) & (self.logits == -math.inf), 0, self.logits)
        return gammaln(value.sum(-1) + 1) - gammaln(value + 1).sum(-1) + (logits * value).sum(-1)

    def drawn(self, shape: Any, rng: Any) -> Any:
        probs = value_of(self.probs).astype(float)
        drawn = rng.multinomial(self.total_count, probs / probs.sum(-1, keepdims=True), shape[:-1])
        return np.asarray(drawn, self.probs.dtype)
