"""Random numbers that follow the parameters of their distribution, though no formula makes them of others.

What is drawn stays at its quantile: F(x; a) is held, so dx/da = -(dF/da) / p(x; a). (Figurnov, Mohamed, Mnih, "Implicit
reparameterization gradients", 2018)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.declare import elementwise
from ..engine.primitive import Function
from .special import digamma

_STEPS = np.arange(-34, 35) * 0.1


def _gamma_slope(x: Any, y: Any) -> Any:
    """By how much a number y that is gamma-distributed moves with the concentration x, its quantile held.

    With t = y exp(v) that is the integral of exp(x v - y (exp(v) - 1)) (log t - digamma(x)) y dv over all v > 0 or, as
    both together are 0, less that over all v < 0: over those on the side of y's nearer tail, where nothing cancels. It
    is summed at points that lie twice exponentially far apart (Takahasi, Mori 1974), to about eight digits.

    >>> float(gamma_slope(np.array(1.0), np.array(np.log(2.0))).round(6))
    0.968045
    """
    a, drawn = np.broadcast_arrays(np.asarray(x, float), np.maximum(np.asarray(y, float), np.finfo(float).tiny))
    side = np.where(drawn > a, 1.0, -1.0)
    greater = np.maximum(drawn, a)
    width = 1 / (np.abs(drawn - a) + greater / (1 + np.sqrt(greater)))
    rise, total = np.log(drawn) - digamma(a), np.zeros_like(a)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for step in _STEPS:
            v = width * np.exp(np.pi / 2 * np.sinh(step))
            part = np.exp(side * a * v - drawn * np.expm1(side * v)) * (rise + side * v) * v * np.cosh(step)
            total += np.where(np.isfinite(part), part, 0)
    return np.asarray(side * drawn * total * (np.pi / 2 * 0.1), np.result_type(x, y))


def _unknown(g: Any) -> Any:
    raise NotImplementedError("gamma_draw: the second derivative of a gamma-distributed number is not known")


gamma_slope: Function = elementwise(_gamma_slope, name="gamma_slope", x=_unknown, y=_unknown)
gamma_draw: Function = elementwise(
    lambda x, y: np.broadcast_to(y, np.broadcast_shapes(x.shape, y.shape)).copy(), name="gamma_draw",
    x=lambda g, x, y: g * gamma_slope(x, y), y=None,
)  # fmt: skip
gamma_draw.__doc__ = """Numbers y drawn with the standard gamma distribution of concentration x, as they move with x.

Its derivative by x is that of implicit reparameterization; there is no second one.

>>> float(gamma_draw(np.array(2.0), np.array(1.5)))
1.5
"""
