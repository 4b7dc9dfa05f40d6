"""Distributions of positive numbers, most of them with heavy tails; and of numbers between 0 and 1."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import digamma, gammaln

from .continuous import Cauchy, Gamma, gamma_noise
from .distribution import Distribution, uniform_noise, value_of


class Chi2(Gamma):
    """The sum of so many (df) squares of standard normal numbers."""

    df = property(lambda self: 2 * self.concentration)

    def __init__(self, df: Any, validate_args: Any = None) -> None:
        super().__init__(0.5 * df, 0.5)


class InverseGamma(Distribution):
    """What is gamma-distributed, of this concentration and rate, when 1 is divided by it."""

    parameters = ("concentration", "rate")
    _gamma = property(lambda self: Gamma(self.concentration, self.rate))
    mode = property(lambda self: self.rate / (self.concentration + 1))
    mean = property(lambda self: np.where(self.concentration > 1, self.rate / self._over(1), math.inf))
    variance = property(lambda self: np.where(
        self.concentration > 2, self.rate**2 / (self._over(1) ** 2 * self._over(2)), math.inf))  # fmt: skip

    def _over(self, least: int) -> Any:
        """By how much the concentration is greater; 1 where it is not."""
        a = self.concentration
        return np.where(a > least, a - least, 1)

    def log_prob(self, value: Any) -> Any:
        return self._gamma.log_prob(1 / value) - 2 * np.log(value)

    def drawn(self, shape: Any, rng: Any) -> Any:
        return 1 / self._gamma.drawn(shape, rng)

    def entropy(self) -> Any:
        a = self.concentration
        return a + np.log(self.rate) + gammaln(a) - (1 + a) * digamma(a)


class HalfCauchy(Distribution):
    """The size of what is Cauchy-distributed around 0: without a mean, half of its mass within scale."""

    parameters = ("scale",)
    _cauchy = property(lambda self: Cauchy(0 * self.scale, self.scale))
    mode = property(lambda self: 0 * self.scale)
    mean = property(lambda self: np.full_like(self.scale, math.inf))
    variance = property(lambda self: np.full_like(self.scale, math.inf))

    def log_prob(self, value: Any) -> Any:
        return np.where(value >= 0, self._cauchy.log_prob(value) + math.log(2), -math.inf)

    def drawn(self, shape: Any, rng: Any) -> Any:
        return np.abs(self._cauchy.drawn(shape, rng))

    def entropy(self) -> Any:
        return self._cauchy.entropy() - math.log(2)

    def cdf(self, value: Any) -> Any:
        return 2 * self._cauchy.cdf(value) - 1

    def icdf(self, value: Any) -> Any:
        return self._cauchy.icdf((value + 1) / 2)


class Weibull(Distribution):
    """The time until a failure whose rate grows as a power of the time, concentration - 1."""

    parameters = ("scale", "concentration")
    mean = property(lambda self: self.scale * self._moment(1))
    variance = property(lambda self: self.scale**2 * (self._moment(2) - self._moment(1) ** 2))

    def _moment(self, n: int) -> Any:
        return np.exp(gammaln(1 + n / self.concentration))

    def log_prob(self, value: Any) -> Any:
        k, share = self.concentration, value / self.scale
        return np.log(k / self.scale) + (k - 1) * np.log(share) - share**k

    def drawn(self, shape: Any, rng: Any) -> Any:
        return self.icdf(uniform_noise(rng, shape, self.scale))

    def entropy(self) -> Any:
        k = self.concentration
        return np.euler_gamma * (1 - 1 / k) + np.log(self.scale / k) + 1

    def cdf(self, value: Any) -> Any:
        return -np.expm1(-((value / self.scale) ** self.concentration))

    def icdf(self, value: Any) -> Any:
        return self.scale * (-np.log1p(-value)) ** (1 / self.concentration)


class Pareto(Distribution):
    """Above scale, with a density that falls as a power, alpha + 1."""

    parameters = ("scale", "alpha")
    mode = property(lambda self: self.scale)
    mean = property(lambda self: np.where(self.alpha > 1, self.alpha * self.scale / self._over(1), math.inf))
    variance = property(lambda self: np.where(
        self.alpha > 2, self.scale**2 * self.alpha / (self._over(1) ** 2 * self._over(2)), math.inf))  # fmt: skip

    def _over(self, least: int) -> Any:
        return np.where(self.alpha > least, self.alpha - least, 1)

    def log_prob(self, value: Any) -> Any:
        inside = np.log(self.alpha) + self.alpha * np.log(self.scale) - (self.alpha + 1) * np.log(value)
        return np.where(value >= self.scale, inside, -math.inf)

    def drawn(self, shape: Any, rng: Any) -> Any:
        return self.icdf(uniform_noise(rng, shape, self.scale))

    def entropy(self) -> Any:
        return np.log(self.scale / self.alpha) + 1 + 1 / self.alpha

    def cdf(self, value: Any) -> Any:
        return 1 - (self.scale / value) ** self.alpha

    def icdf(self, value: Any) -> Any:
        return self.scale * (1 - value) ** (-1 / self.alpha)


class Kumaraswamy(Distribution):
    """Much like Beta, between 0 and 1, with a distribution function that can be inverted."""

    parameters = ("concentration1", "concentration0")
    mean = property(lambda self: self._moment(1))
    variance = property(lambda self: self._moment(2) - self._moment(1) ** 2)

    def _moment(self, n: int) -> Any:
        b, share = self.concentration0, 1 + n / self.concentration1
        return b * np.exp(gammaln(share) + gammaln(b) - gammaln(share + b))

    def log_prob(self, value: Any) -> Any:
        a, b = self.concentration1, self.concentration0
        return np.log(a) + np.log(b) + (a - 1) * np.log(value) + (b - 1) * np.log1p(-(value**a))

    def drawn(self, shape: Any, rng: Any) -> Any:
        return self.icdf(uniform_noise(rng, shape, self.concentration1))

    def entropy(self) -> Any:
        a, b = self.concentration1, self.concentration0
        return 1 - 1 / b + (1 - 1 / a) * (digamma(b + 1) + np.euler_gamma) - np.log(a) - np.log(b)

    def cdf(self, value: Any) -> Any:
        return 1 - (1 - value**self.concentration1) ** self.concentration0

    def icdf(self, value: Any) -> Any:
        return (1 - (1 - value) ** (1 / self.concentration0)) ** (1 / self.concentration1)


class FisherSnedecor(Distribution):
    """The ratio of two means of squares of standard normal numbers: of df1 of them, and of df2."""

    parameters = ("df1", "df2")
    mean = property(lambda self: np.where(self.df2 > 2, self.df2 / self._over(2), math.nan))
    mode = property(lambda self: np.where(
        self.df1 > 2, (self.df1 - 2) / self.df1 * self.df2 / (self.df2 + 2), math.nan))  # fmt: skip

    def _over(self, least: int) -> Any:
        """By how much df2 is greater; 1 where it is not."""
        return np.where(self.df2 > least, self.df2 - least, 1)

    @property
    def variance(self) -> Any:
        m, n = self.df1, self.df2
        known = 2 * n**2 * (m + n - 2) / (m * self._over(2) ** 2 * self._over(4))
        return np.where(n > 4, known, math.nan)

    def log_prob(self, value: Any) -> Any:
        m, n, ratio = 0.5 * self.df1, 0.5 * self.df2, self.df1 / self.df2
        whole = gammaln(m + n) - gammaln(m) - gammaln(n)
        return whole + m * np.log(ratio) + (m - 1) * np.log(value) - (m + n) * np.log1p(ratio * value)

    def drawn(self, shape: Any, rng: Any) -> Any:
        one, other = (gamma_noise(rng, shape, 0.5 * df) / df for df in (self.df1, self.df2))
        return one / np.maximum(other, np.finfo(other.dtype).tiny)


class GeneralizedPareto(Distribution):
    """What exceeds a threshold (loc) that is rarely exceeded (Pickands 1975): exponential for concentration 0.

    Above 0 its tail is that of a power; below 0 it is bounded by loc - scale / concentration.
    """

    parameters = ("loc", "scale", "concentration")
    mode = property(lambda self: self.loc)

    def _powers(self) -> Any:
        """Where it is exponential; the concentration elsewhere, 1 there."""
        none = np.abs(value_of(self.concentration)) < 1e-8
        return none, np.where(none, 1, self.concentration)

    def _below(self, bound: float) -> Any:
        """Where the concentration is less, and it there; bound / 2 elsewhere."""
        less = value_of(self.concentration) < bound
        return less, np.where(less, self.concentration, bound / 2)

    @property
    def mean(self) -> Any:
        known, k = self._below(1)
        return np.where(known, self.loc + self.scale / (1 - k), math.nan)

    @property
    def variance(self) -> Any:
        known, k = self._below(0.5)
        return np.where(known, self.scale**2 / ((1 - k) ** 2 * (1 - 2 * k)), math.nan)

    def log_prob(self, value: Any) -> Any:
        none, k = self._powers()
        z = (value - self.loc) / self.scale
        return -np.log(self.scale) - np.where(none, z, (1 + 1 / k) * np.log1p(np.where(none, 0, k * z)))

    def log_survival_function(self, value: Any) -> Any:
        """The logarithm of how likely a greater number is."""
        none, k = self._powers()
        z = (value - self.loc) / self.scale
        return -np.where(none, z, np.log1p(np.where(none, 0, k * z)) / k)

    def log_cdf(self, value: Any) -> Any:
        """The logarithm of how likely a smaller number is."""
        return np.log(-np.expm1(self.log_survival_function(value)))

    def cdf(self, value: Any) -> Any:
        return -np.expm1(self.log_survival_function(value))

    def icdf(self, value: Any) -> Any:
        none, k = self._powers()
        exponential = -np.log1p(-value)
        return self.loc + self.scale * np.where(none, exponential, np.expm1(k * exponential) / k)

    def drawn(self, shape: Any, rng: Any) -> Any:
        return self.icdf(uniform_noise(rng, shape, self.loc))

    def entropy(self) -> Any:
        return np.log(self.scale) + self.concentration + 1
