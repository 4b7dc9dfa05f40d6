"""torch.distributions: distributions from which samples are drawn, and whose density is taken."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd as ag

from ..random import generator
from .tensors import FUNCTIONS as torch

Formula = Callable[..., Any]
_LOG_2PI = math.log(2 * math.pi)


class Distribution:
    """A distribution for each element of a batch; of events that are arrays, their axes stand behind those.

    A class is a row of the table below: its parameters by name, and a formula for each property.
    """

    parameters: tuple[str, ...] = ()
    event_dims = 0
    has_rsample = True
    batch_shape: Any
    event_shape: Any
    drawn: Formula
    density: Formula

    def __init__(self, *args: Any, validate_args: Any = None, **named: Any) -> None:
        given = dict(zip(self.parameters, args, strict=False)) | named
        made = torch["broadcast_tensors"](*[torch["as_tensor"](given[name]) for name in self.parameters])
        for name, value in zip(self.parameters, made, strict=True):
            setattr(self, name, value)
        shape = made[0].shape
        self.batch_shape, self.event_shape = (
            shape[: len(shape) - self.event_dims],
            shape[len(shape) - self.event_dims :],
        )

    def rsample(self, sample_shape: Any = ()) -> Any:
        """Samples through which gradients flow to the parameters. Raises NotImplementedError where none do."""
        if not self.has_rsample:
            raise NotImplementedError(f"{type(self).__name__}: no gradient flows through its samples; use sample()")
        return self.drawn((*sample_shape, *self.batch_shape, *self.event_shape))

    def sample(self, sample_shape: Any = ()) -> Any:
        with ag.no_grad():
            return self.drawn((*sample_shape, *self.batch_shape, *self.event_shape)).detach()

    def sample_n(self, n: int) -> Any:
        return self.sample((n,))

    def log_prob(self, value: Any) -> Any:
        return self.density(value)

    @property
    def stddev(self) -> Any:
        return self.variance.sqrt()

    def perplexity(self) -> Any:
        return self.entropy().exp()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise NotImplementedError(f"{type(self).__name__}: no formula is known for {name}")

    def __repr__(self) -> str:
        sizes = [f"{name}: {getattr(self, name)}" for name in self.parameters]
        return f"{type(self).__name__}({', '.join(sizes)})"


def _noise(kind: str) -> Formula:
    return lambda d, shape: torch[kind](shape, dtype=getattr(d, d.parameters[0]).dtype)


_normal, _uniform = _noise("randn"), _noise("rand")


def _by_numpy(draw: Formula) -> Formula:
    """Samples of NumPy's generator, of the parameters' arrays."""

    def drawn(d: Any, shape: Any) -> Any:
        values = [getattr(d, name).detach().numpy() for name in d.parameters]
        return torch["tensor"](np.asarray(draw(generator(None), shape, *values), values[0].dtype))

    return drawn


def _log_beta(a: Any, b: Any) -> Any:
    return a.lgamma() + b.lgamma() - (a + b).lgamma()


def _dirichlet(draw: Any, shape: Any, concentration: Any) -> Any:
    gammas = draw.standard_gamma(np.broadcast_to(concentration, shape))
    return gammas / gammas.sum(-1, keepdims=True)


def _row(name: str, parameters: str, density: Formula, drawn: Formula, **more: Any) -> Any:
    inside: dict[str, Any] = {key: more.pop(key) for key in ("event_dims", "has_rsample") if key in more}
    inside |= {key: property(value) if key in ("mean", "variance", "mode") else value for key, value in more.items()}
    inside |= {"parameters": tuple(parameters.split()), "density": density, "drawn": drawn, "__module__": __name__}
    return type(name, (Distribution,), inside)


Normal = _row(
    "Normal", "loc scale", lambda d, x: -((x - d.loc) ** 2) / (2 * d.scale**2) - d.scale.log() - _LOG_2PI / 2,
    lambda d, shape: d.loc + d.scale * _normal(d, shape), mean=lambda d: d.loc, variance=lambda d: d.scale**2,
    mode=lambda d: d.loc, entropy=lambda d: 0.5 + _LOG_2PI / 2 + d.scale.log(),
    cdf=lambda d, x: 0.5 * (1 + ((x - d.loc) / (d.scale * math.sqrt(2))).erf()),
    icdf=lambda d, p: d.loc + d.scale * (2 * p - 1).erfinv() * math.sqrt(2),
)  # fmt: skip
LogNormal = _row(
    "LogNormal", "loc scale", lambda d, x: Normal(d.loc, d.scale).log_prob(x.log()) - x.log(),
    lambda d, shape: (d.loc + d.scale * _normal(d, shape)).exp(), mean=lambda d: (d.loc + d.scale**2 / 2).exp(),
    variance=lambda d: (d.scale**2).expm1() * (2 * d.loc + d.scale**2).exp(),
    entropy=lambda d: Normal(d.loc, d.scale).entropy() + d.loc,
)  # fmt: skip
HalfNormal = _row(
    "HalfNormal", "scale", lambda d, x: torch["where"](
        x >= 0, Normal(0.0 * d.scale, d.scale).log_prob(x) + math.log(2), -math.inf),
    lambda d, shape: (d.scale * _normal(d, shape)).abs(), mean=lambda d: d.scale * math.sqrt(2 / math.pi),
    variance=lambda d: d.scale**2 * (1 - 2 / math.pi),
    entropy=lambda d: 0.5 + _LOG_2PI / 2 - math.log(2) + d.scale.log(),
)  # fmt: skip
Uniform = _row(
    "Uniform", "low high", lambda d, x: torch["where"](
        (x >= d.low) & (x < d.high), -(d.high - d.low).log(), -math.inf),
    lambda d, shape: d.low + (d.high - d.low) * _uniform(d, shape), mean=lambda d: (d.low + d.high) / 2,
    variance=lambda d: (d.high - d.low) ** 2 / 12, entropy=lambda d: (d.high - d.low).log(),
    cdf=lambda d, x: ((x - d.low) / (d.high - d.low)).clamp(0, 1), icdf=lambda d, p: d.low + (d.high - d.low) * p,
)  # fmt: skip
Exponential = _row(
    "Exponential", "rate", lambda d, x: d.rate.log() - d.rate * x,
    lambda d, shape: -(-_uniform(d, shape)).log1p() / d.rate,
    mean=lambda d: 1 / d.rate, variance=lambda d: d.rate**-2, entropy=lambda d: 1 - d.rate.log(),
    cdf=lambda d, x: 1 - (-d.rate * x).exp(), icdf=lambda d, p: -(-p).log1p() / d.rate,
)  # fmt: skip
Laplace = _row(
    "Laplace", "loc scale", lambda d, x: -(2 * d.scale).log() - (x - d.loc).abs() / d.scale,
    lambda d, shape: _laplace(d, _uniform(d, shape)), mean=lambda d: d.loc, variance=lambda d: 2 * d.scale**2,
    mode=lambda d: d.loc, entropy=lambda d: 1 + (2 * d.scale).log(), icdf=lambda d, p: _laplace(d, p),
    cdf=lambda d, x: 0.5 - 0.5 * (x - d.loc).sign() * (-(x - d.loc).abs() / d.scale).expm1(),
)  # fmt: skip
Cauchy = _row(
    "Cauchy", "loc scale", lambda d, x: -math.log(math.pi) - d.scale.log() - (((x - d.loc) / d.scale) ** 2).log1p(),
    lambda d, shape: d.loc + d.scale * (math.pi * (_uniform(d, shape) - 0.5)).tan(),
    entropy=lambda d: math.log(4 * math.pi) + d.scale.log(),
    cdf=lambda d, x: ((x - d.loc) / d.scale).atan() / math.pi + 0.5,
)  # fmt: skip
Gumbel = _row(
    "Gumbel", "loc scale", lambda d, x: (d.loc - x) / d.scale - ((d.loc - x) / d.scale).exp() - d.scale.log(),
    lambda d, shape: d.loc - d.scale * (-_uniform(d, shape).clamp(1e-38).log()).log(),
    mean=lambda d: d.loc + d.scale * np.euler_gamma, variance=lambda d: math.pi**2 / 6 * d.scale**2,
    entropy=lambda d: d.scale.log() + 1 + np.euler_gamma,
)  # fmt: skip
Gamma = _row(
    "Gamma", "concentration rate", lambda d, x: d.concentration * d.rate.log() + (
        d.concentration - 1) * x.log() - d.rate * x - d.concentration.lgamma(),
    _by_numpy(lambda draw, shape, a, rate: draw.standard_gamma(np.broadcast_to(a, shape)) / rate), has_rsample=False,
    mean=lambda d: d.concentration / d.rate, variance=lambda d: d.concentration / d.rate**2,
    entropy=lambda d: d.concentration - d.rate.log() + d.concentration.lgamma() + (
        1 - d.concentration) * d.concentration.digamma(),
)  # fmt: skip
Beta = _row(
    "Beta", "concentration1 concentration0", lambda d, x: (d.concentration1 - 1) * x.log() + (
        d.concentration0 - 1) * (-x).log1p() - _log_beta(d.concentration1, d.concentration0),
    _by_numpy(lambda draw, shape, a, b: draw.beta(a, b, shape)), has_rsample=False,
    mean=lambda d: d.concentration1 / (d.concentration1 + d.concentration0),
    variance=lambda d: d.mean * (1 - d.mean) / (d.concentration1 + d.concentration0 + 1),
    entropy=lambda d: Dirichlet(torch["stack"]([d.concentration1, d.concentration0], -1)).entropy(),
)  # fmt: skip
Dirichlet: Any = _row(
    "Dirichlet", "concentration", lambda d, x: ((d.concentration - 1) * x.log()).sum(-1) + d.concentration.sum(
        -1).lgamma() - d.concentration.lgamma().sum(-1),
    _by_numpy(_dirichlet), event_dims=1, has_rsample=False,
    mean=lambda d: d.concentration / d.concentration.sum(-1, keepdim=True),
    variance=lambda d: d.mean * (1 - d.mean) / (d.concentration.sum(-1, keepdim=True) + 1),
    entropy=lambda d: d.concentration.lgamma().sum(-1) - d.concentration.sum(-1).lgamma() - (
        d.concentration.size(-1) - d.concentration.sum(-1)) * d.concentration.sum(-1).digamma() - (
        (d.concentration - 1) * d.concentration.digamma()).sum(-1),
)  # fmt: skip
StudentT = _row(
    "StudentT", "df loc scale", lambda d, x: -0.5 * (d.df + 1) * (((x - d.loc) / d.scale) ** 2 / d.df).log1p() - (
        d.scale.log() + 0.5 * (d.df * math.pi).log() + (0.5 * d.df).lgamma() - (0.5 * (d.df + 1)).lgamma()),
    _by_numpy(lambda draw, shape, df, loc, scale: loc + scale * draw.standard_t(df, shape)), has_rsample=False,
    __init__=lambda d, df, loc=0.0, scale=1.0, validate_args=None: Distribution.__init__(d, df, loc, scale),
    mean=lambda d: torch["where"](d.df > 1, d.loc, math.nan),
)  # fmt: skip
Poisson = _row(
    "Poisson", "rate", lambda d, x: torch["xlogy"](x, d.rate) - d.rate - (x + 1).lgamma(),
    _by_numpy(lambda draw, shape, rate: draw.poisson(rate, shape)), has_rsample=False, mean=lambda d: d.rate,
    variance=lambda d: d.rate, mode=lambda d: d.rate.floor(),
)  # fmt: skip


def _laplace(d: Any, p: Any) -> Any:
    return d.loc - d.scale * (p - 0.5).sign() * (-2 * (p - 0.5).abs()).log1p()
