"""Choices through whose samples gradients flow: softened by a temperature, or straight through."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import gammaln, log_softmax, sigmoid, softmax, softplus
from autograd.ops import alike

from .discrete import OneHotCategorical, _Chances, _Shares
from .distribution import arrays, uniform_noise, value_of


class RelaxedBernoulli(_Chances):
    """Between 0 and 1, and the closer to either the lower the temperature is (Maddison, Mnih, Teh 2017).

    >>> from nn.distributions import RelaxedBernoulli
    >>> RelaxedBernoulli(0.5, logits=0.3).rsample(rng=np.random.default_rng(0)).round(4)
    np.float32(0.9834)
    """

    has_rsample = True

    def __init__(self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        super().__init__(probs, logits)
        self.temperature = alike(arrays(temperature)[0].astype(self.probs.dtype), self.probs)

    def log_prob(self, value: Any) -> Any:
        x = np.log(value) - np.log1p(-value)
        apart = self.logits - x * self.temperature
        return np.log(self.temperature) + apart - 2 * softplus(apart) + softplus(-x) + softplus(x)

    def drawn(self, shape: Any, rng: Any) -> Any:
        u = _within(uniform_noise(rng, shape, self.probs))
        drawn = sigmoid((np.log(u) - np.log1p(-u) + self.logits) / self.temperature)
        kind = np.finfo(drawn.dtype)
        return np.clip(drawn, kind.tiny, 1 - kind.eps)  # where log_prob is finite


class RelaxedOneHotCategorical(_Shares):
    """Shares of which one is the closer to 1 the lower the temperature is (Jang, Gu, Poole 2017)."""

    has_rsample = True

    def __init__(self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: Any = None) -> None:
        super().__init__(probs, logits)
        self.temperature = alike(arrays(temperature)[0].astype(self.probs.dtype), self.probs)

    def log_prob(self, value: Any) -> Any:
        n, t, x = self._num_events, self.temperature, np.log(value)
        scores = log_softmax(self.logits - x * t, -1).sum(-1)
        return scores + alike(gammaln(np.asarray(n, self.probs.dtype)), t) + (n - 1) * np.log(t) - x.sum(-1)

    def drawn(self, shape: Any, rng: Any) -> Any:
        u = _within(uniform_noise(rng, shape, self.probs))
        return softmax((self.logits - np.log(-np.log(u))) / self.temperature, -1)


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """A OneHotCategorical whose samples have the gradient of its probabilities (Bengio, Léonard, Courville 2013)."""

    has_rsample = True

    def rsample(self, sample_shape: Any = (), *, rng: Any = None) -> Any:
        """Samples, and through them the gradient of the probabilities."""
        return super().sample(sample_shape, rng=rng) + (self.probs - value_of(self.probs))


def _within(u: Any) -> Any:
    eps = np.finfo(u.dtype).eps
    return np.clip(u, eps, 1 - eps)
