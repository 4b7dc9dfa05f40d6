"""Distributions of numbers, and of shares that sum to 1: a class is its formulas."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import digamma, erf, gammaln, i0, i1
from autograd.ops import gamma_draw

from .distribution import Distribution, arrays, normal_noise, uniform_noise, value_of

LOG_2PI = math.log(2 * math.pi)


class Normal(Distribution):
    """The normal distribution, of mean loc and standard deviation scale."""

    parameters = ("loc", "scale")
    mean = mode = property(lambda self: self.loc)
    variance = property(lambda self: self.scale**2)

    def log_prob(self, value: Any) -> Any:
        return -((value - self.loc) ** 2) / (2 * self.scale**2) - np.log(self.scale) - LOG_2PI / 2

    def drawn(self, shape: Any, rng: Any) -> Any:
        return self.loc + self.scale * normal_noise(rng, shape, self.loc)

    def entropy(self) -> Any:
        return 0.5 + LOG_2PI / 2 + np.log(self.scale)

    def cdf(self, value: Any) -> Any:
        return 0.5 * (1 + erf((value - self.loc) / (self.scale * math.sqrt(2))))

    def icdf(self, value: Any) -> Any:
        from autograd.scipy.special import erfinv

        return self.loc + self.scale * erfinv(2 * value - 1) * math.sqrt(2)


class LogNormal(Distribution):
    """What is normal, of this loc and scale, when its logarithm is taken."""

    parameters = ("loc", "scale")
    _normal = property(lambda self: Normal(self.loc, self.scale))
    mean = property(lambda self: np.exp(self.loc + self.scale**2 / 2))
    mode = property(lambda self: np.exp(self.loc - self.scale**2))
    variance = property(lambda self: np.expm1(self.scale**2) * np.exp(2 * self.loc + self.scale**2))

    def log_prob(self, value: Any) -> Any:
        return self._normal.log_prob(np.log(value)) - np.log(value)

    def drawn(self, shape: Any, rng: Any) -> Any:
        return np.exp(self._normal.drawn(shape, rng))

    def entropy(self) -> Any:
        return self._normal.entropy() + self.loc

    def cdf(self, value: Any) -> Any:
        return self._normal.cdf(np.log(value))

    def icdf(self, value: Any) -> Any:
        return np.exp(self._normal.icdf(value))


class HalfNormal(Distribution):
    """The size of what is normal around 0 with standard deviation scale."""

    parameters = ("scale",)
    mean = property(lambda self: self.scale * math.sqrt(2 / math.pi))
    variance = property(lambda self: self.scale**2 * (1 - 2 / math.pi))

    def log_prob(self, value: Any) -> Any:
        inside = -(value**2) / (2 * self.scale**2) - np.log(self.scale) + (math.log(2) - LOG_2PI / 2)
        return np.where(value >= 0, inside, -math.inf)

    def drawn(self, shape: Any, rng: Any) -> Any:
        return np.abs(self.scale * normal_noise(rng, shape, self.scale))

    def entropy(self) -> Any:
        return 0.5 + LOG_2PI / 2 - math.log(2) + np.log(self.scale)


class Uniform(Distribution):
    """Evenly between low and high, high not included."""

    parameters = ("low", "high")
    mean = property(lambda self: (self.low + self.high) / 2)
    variance = property(lambda self: (self.high - self.low) ** 2 / 12)

    def log_prob(self, value: Any) -> Any:
        return np.where((value >= self.low) & (value < self.high), -np.log(self.high - self.low), -math.inf)

    def drawn(self, shape: Any, rng: Any) -> Any:
        return self.low + (self.high - self.low) * uniform_noise(rng, shape, self.low)

    def entropy(self) -> Any:
        return np.log(self.high - self.low)

    def cdf(self, value: Any) -> Any:
        return np.clip((value - self.low) / (self.high - self.low), 0, 1)

    def icdf(self, value: Any) -> Any:
        return self.low + (self.high - self.low) * value


class Exponential(Distribution):
    """The time until an event that happens at this rate."""

    parameters = ("rate",)
    mean = property(lambda self: 1 / self.rate)
    variance = property(lambda self: self.rate**-2)

    def log_prob(self, value: Any) -> Any:
        return np.log(self.rate) - self.rate * value

    def drawn(self, shape: Any, rng: Any) -> Any:
        return -np.log1p(-uniform_noise(rng, shape, self.rate)) / self.rate

    def entropy(self) -> Any:
        return 1 - np.log(self.rate)

    def cdf(self, value: Any) -> Any:
        return 1 - np.exp(-self.rate * value)

    def icdf(self, value: Any) -> Any:
        return -np.log1p(-value) / self.rate


class Laplace(Distribution):
    """Exponential to both sides of loc."""

    parameters = ("loc", "scale")
    mean = mode = property(lambda self: self.loc)
    variance = property(lambda self: 2 * self.scale**2)

    def log_prob(self, value: Any) -> Any:
        return -np.log(2 * self.scale) - np.abs(value - self.loc) / self.scale

    def drawn(self, shape: Any, rng: Any) -> Any:
        return self.icdf(uniform_noise(rng, shape, self.loc))

    def entropy(self) -> Any:
        return 1 + np.log(2 * self.scale)

    def cdf(self, value: Any) -> Any:
        return 0.5 - 0.5 * np.sign(value - self.loc) * np.expm1(-np.abs(value - self.loc) / self.scale)

    def icdf(self, value: Any) -> Any:
        return self.loc - self.scale * np.sign(value - 0.5) * np.log1p(-2 * np.abs(value - 0.5))


class Cauchy(Distribution):
    """Without a mean: of this median, and of half of its mass within scale of it."""

    parameters = ("loc", "scale")
    mode = property(lambda self: self.loc)

    def log_prob(self, value: Any) -> Any:
        return -math.log(math.pi) - np.log(self.scale) - np.log1p(((value - self.loc) / self.scale) ** 2)

    def drawn(self, shape: Any, rng: Any) -> Any:
        return self.icdf(uniform_noise(rng, shape, self.loc))

    def entropy(self) -> Any:
        return math.log(4 * math.pi) + np.log(self.scale)

    def cdf(self, value: Any) -> Any:
        return np.arctan((value - self.loc) / self.scale) / math.pi + 0.5

    def icdf(self, value: Any) -> Any:
        return self.loc + self.scale * np.tan(math.pi * (value - 0.5))


class VonMises(Distribution):
    """Of an angle, around loc and the closer the greater the concentration is. Samples carry no gradient."""

    parameters = ("loc", "concentration")
    has_rsample = False
    mean = mode = property(lambda self: self.loc)
    variance = property(lambda self: 1 - i1(self.concentration) / i0(self.concentration))
    """That of the angle's direction: 1 less the length of its mean."""

    def log_prob(self, value: Any) -> Any:
        from autograd.scipy.special import i0e

        k = self.concentration  # i0e(k) is exp(-k) i0(k), which stays finite
        return k * (np.cos(value - self.loc) - 1) - LOG_2PI - np.log(i0e(k))

    def drawn(self, shape: Any, rng: Any) -> Any:
        loc, k = value_of(self.loc), value_of(self.concentration)
        return np.asarray(rng.vonmises(0, k, shape) + loc + math.pi, loc.dtype) % (2 * math.pi) - math.pi


class Gumbel(Distribution):
    """The greatest of many, of this place and scale."""

    parameters = ("loc", "scale")
    mode = property(lambda self: self.loc)
    mean = property(lambda self: self.loc + self.scale * np.euler_gamma)
    variance = property(lambda self: math.pi**2 / 6 * self.scale**2)

    def log_prob(self, value: Any) -> Any:
        apart = (self.loc - value) / self.scale
        return apart - np.exp(apart) - np.log(self.scale)

    def drawn(self, shape: Any, rng: Any) -> Any:
        noise = -np.log(np.maximum(uniform_noise(rng, shape, self.loc), np.finfo(self.loc.dtype).tiny))
        return self.loc - self.scale * np.log(noise)

    def entropy(self) -> Any:
        return np.log(self.scale) + (1 + np.euler_gamma)


def gamma_noise(rng: Any, shape: Any, concentration: Any) -> Any:
    """Standard gamma numbers of this concentration, above 0, through which gradients flow to it."""
    kind = np.finfo(concentration.dtype)
    drawn = rng.standard_gamma(np.broadcast_to(value_of(concentration), shape))
    return gamma_draw(np.broadcast_to(concentration, shape), np.maximum(drawn, kind.tiny).astype(kind.dtype))


class Gamma(Distribution):
    """The time until so many events (concentration) that happen at this rate.

    Gradients flow through samples to the concentration as well, by implicit reparameterization (Figurnov, Mohamed,
    Mnih 2018); second ones do not.
    """

    parameters = ("concentration", "rate")
    mean = property(lambda self: self.concentration / self.rate)
    variance = property(lambda self: self.concentration / self.rate**2)

    def log_prob(self, value: Any) -> Any:
        a, rate = self.concentration, self.rate
        return a * np.log(rate) + (a - 1) * np.log(value) - rate * value - gammaln(a)

    def drawn(self, shape: Any, rng: Any) -> Any:
        return gamma_noise(rng, shape, self.concentration) / self.rate

    def entropy(self) -> Any:
        a = self.concentration
        return a - np.log(self.rate) + gammaln(a) + (1 - a) * digamma(a)


class Beta(Distribution):
    """The share of the first of two that are gamma-distributed, of these concentrations; so gradients flow through."""

    parameters = ("concentration1", "concentration0")
    mean = property(lambda self: self.concentration1 / (self.concentration1 + self.concentration0))
    variance = property(lambda self: self.mean * (1 - self.mean) / (self.concentration1 + self.concentration0 + 1))

    def log_prob(self, value: Any) -> Any:
        a, b = self.concentration1, self.concentration0
        return (a - 1) * np.log(value) + (b - 1) * np.log1p(-value) - (gammaln(a) + gammaln(b) - gammaln(a + b))

    def drawn(self, shape: Any, rng: Any) -> Any:
        return self.shares().drawn((*shape, 2), rng)[..., 0]

    def shares(self) -> Dirichlet:
        """The same as of two shares."""
        return Dirichlet(np.stack([self.concentration1, self.concentration0], -1))

    def entropy(self) -> Any:
        return self.shares().entropy()


class Dirichlet(Distribution):
    """The shares of several that are gamma-distributed, of these concentrations; so gradients flow through samples."""

    parameters = ("concentration",)
    event_dims = 1
    mean = property(lambda self: self.concentration / self.concentration.sum(-1, keepdims=True))
    variance = property(lambda self: self.mean * (1 - self.mean) / (self.concentration.sum(-1, keepdims=True) + 1))

    def log_prob(self, value: Any) -> Any:
        a = self.concentration
        return ((a - 1) * np.log(value)).sum(-1) + gammaln(a.sum(-1)) - gammaln(a).sum(-1)

    def drawn(self, shape: Any, rng: Any) -> Any:
        gammas = gamma_noise(rng, shape, self.concentration)
        return gammas / gammas.sum(-1, keepdims=True)

    def entropy(self) -> Any:
        a, total = self.concentration, self.concentration.sum(-1)
        rest = (a.shape[-1] - total) * digamma(total) + ((a - 1) * digamma(a)).sum(-1)
        return gammaln(a).sum(-1) - gammaln(total) - rest


class StudentT(Distribution):
    """Normal, its variance estimated from df + 1 samples, moved by loc and scaled."""

    parameters = ("df", "loc", "scale")
    mean = property(lambda self: np.where(self.df > 1, self.loc, math.nan))

    def __init__(self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: Any = None) -> None:
        super().__init__(*arrays(df, loc, scale))

    @property
    def variance(self) -> Any:
        df = np.where(self.df > 2, self.df, 3.0)
        known = np.where(self.df > 2, self.scale**2 * df / (df - 2), math.inf)
        return np.where(self.df > 1, known, math.nan)

    def log_prob(self, value: Any) -> Any:
        df = self.df
        density = -0.5 * (df + 1) * np.log1p(((value - self.loc) / self.scale) ** 2 / df)
        return density - np.log(self.scale) - 0.5 * np.log(df * math.pi) - gammaln(0.5 * df) + gammaln(0.5 * (df + 1))

    def drawn(self, shape: Any, rng: Any) -> Any:
        squares = 2 * gamma_noise(rng, shape, 0.5 * self.df)  # a sum of df squares of standard normal numbers
        return self.loc + self.scale * normal_noise(rng, shape, self.loc) * np.sqrt(self.df / squares)
