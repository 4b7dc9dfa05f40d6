"""How far functions of the gamma function rise from x to x + y, without the difference of two near numbers.

Both are shifted by recurrence to where Stirling's series holds, and the series subtracted term by term (NIST DLMF 5.5,
5.11).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ..engine.declare import elementwise
from ..engine.primitive import Function
from ..ops.special import _BERNOULLI


def in_double(function: Any, *arguments: Any) -> Any:
    """function(*arguments), computed in double precision and given in the arguments' own."""
    dtype = np.result_type(*[getattr(x, "dtype", x) for x in arguments])
    wide = [x.astype(float) if hasattr(x, "dtype") else x for x in arguments]
    return function(*wide).astype(dtype if dtype.kind == "f" else float)


def _digamma_rise(x: Any, y: Any) -> Any:
    return in_double(_digamma_rise64, x, y)


def _digamma_rise64(x: Any, y: Any) -> Any:
    regular = (x > 0) & (y > 0) & (y < 1e300)
    a, b = np.where(regular, x, 1), np.where(regular, y, 1)
    result = np.zeros_like(a + b)
    for _ in range(12):
        below = a < 12
        result = result + np.where(below, b / (a + b) / a, 0)
        a = a + below
    step = np.log1p(b / a)
    w = np.square(1 / a)
    result = result + step + b / (2 * a) / (a + b)
    for k, bernoulli in enumerate(_BERNOULLI, 1):
        result = result - bernoulli / (2 * k) * w**k * np.expm1(-2 * k * step)
    with np.errstate(invalid="ignore"):
        return np.where(regular, result, sp.psi(x + y) - sp.psi(x))


digamma_rise: Function = elementwise(
    _digamma_rise, name="digamma_rise",
    x=lambda g, x, y: g * (sp.polygamma(1, x + y) - sp.polygamma(1, x)), y=lambda g, x, y: g * sp.polygamma(1, x + y),
)  # fmt: skip

_HALF_STEP = (-1 / 8, 1 / 192, -1 / 640, 17 / 14336, -31 / 18432, 691 / 180224)


def _half_step(x: Any, n: int = 0) -> Any:
    """The n-th derivative of log Gamma(x + 1/2) - log Gamma(x) - log(x)/2, for x > 0; it is about -1/(8x)."""
    return in_double(lambda x: _half_step64(x, n), x)


def _half_step64(x: Any, n: int) -> Any:
    far, near = np.maximum(x, 20), np.minimum(x, 20.0)
    series = np.zeros_like(far)
    for k, c in enumerate(_HALF_STEP):
        power = 2 * k + 1
        series = series + c * (-1) ** n * math.perm(power + n - 1, n) * far ** -(power + n)
    if n:
        fall = (-1) ** (n - 1) * math.factorial(n - 1) / 2 * near**-n
        exact = sp.polygamma(n - 1, near + 0.5) - sp.polygamma(n - 1, near) - fall
    else:
        exact = sp.gammaln(near + 0.5) - sp.gammaln(near) - np.log(near) / 2
    return np.where(x > 20, series, exact)


half_step: Function = elementwise(_half_step, name="half_step", x=lambda g, x, n: g * half_step(x, n + 1))
