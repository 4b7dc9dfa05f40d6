"""Choices through whose samples gradients flow: softened by a temperature, or straight through."""

from __future__ import annotations

import math
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


class ContinuousBernoulli(_Chances):
    """Between 0 and 1, with a density in proportion to Bernoulli's chances, for what is nearly 0 or 1, such as pixels.

    lims  between which its formulas, which are 0 / 0 at probability 1/2, are replaced by the first of their series

    Source: Loaiza-Ganem, Cunningham, "The continuous Bernoulli", 2019.

    >>> from nn.distributions import ContinuousBernoulli
    >>> ContinuousBernoulli(0.5).log_prob(0.3)
    np.float32(0.0)
    """

    has_rsample = True

    def __init__(
        self, probs: Any = None, logits: Any = None, lims: tuple[float, float] = (0.499, 0.501),
        validate_args: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(probs, logits)
        self.lims = lims
        least = np.finfo(self.probs.dtype).eps
        self.probs = np.clip(self.probs, least, 1 - least)

    def _apart(self) -> Any:
        """Where the formulas hold; and the probability there, lims' first elsewhere."""
        p = value_of(self.probs)
        holds = (p <= self.lims[0]) | (p > self.lims[1])
        return holds, np.where(holds, self.probs, self.lims[0])

    def log_factor(self) -> Any:
        """The logarithm of what the chances are multiplied by: 2 artanh(1 - 2p) / (1 - 2p)."""
        holds, p = self._apart()
        near = (self.probs - 0.5) ** 2
        known = np.log(np.abs(np.log1p(-p) - np.log(p))) - np.log(np.abs(1 - 2 * p))
        return np.where(holds, known, math.log(2) + (4 / 3 + 104 / 45 * near) * near)

    @property
    def mean(self) -> Any:
        holds, p = self._apart()
        near = self.probs - 0.5
        return np.where(holds, p / (2 * p - 1) + 1 / (np.log1p(-p) - np.log(p)),
                        0.5 + (1 / 3 + 16 / 45 * near**2) * near)  # fmt: skip

    @property
    def variance(self) -> Any:
        holds, p = self._apart()
        near = (self.probs - 0.5) ** 2
        known = p * (p - 1) / (1 - 2 * p) ** 2 + 1 / (np.log1p(-p) - np.log(p)) ** 2
        return np.where(holds, known, 1 / 12 - (1 / 15 - 128 / 945 * near) * near)

    def log_prob(self, value: Any) -> Any:
        return self.logits * value - softplus(self.logits) + self.log_factor()

    def cdf(self, value: Any) -> Any:
        holds, p = self._apart()
        known = (p**value * (1 - p) ** (1 - value) + p - 1) / (2 * p - 1)
        return np.where(value <= 0, 0.0, np.where(value >= 1, 1.0, np.where(holds, known, value)))

    def icdf(self, value: Any) -> Any:
        holds, p = self._apart()
        known = (np.log1p(-p + value * (2 * p - 1)) - np.log1p(-p)) / (np.log(p) - np.log1p(-p))
        return np.where(holds, known, value)

    def drawn(self, shape: Any, rng: Any) -> Any:
        return self.icdf(uniform_noise(rng, shape, self.probs))

    def entropy(self) -> Any:
        return softplus(self.logits) - self.logits * self.mean - self.log_factor()
