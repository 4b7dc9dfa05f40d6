"""Slopes of the error functions of scipy.special where the textbook's formula is the difference of two near numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ..engine.declare import elementwise
from ..engine.primitive import Function
from ..ops.special import _ERFC_SLOPE, _blocked, _polynomial, bell, inverse_mills

_2_OVER_ROOT_PI = 2 / math.sqrt(math.pi)
# -2x^2 times the slope of Dawson's integral, in 2 (3.5/x)^2 - 1, as tests/reference/make_special.py computes it
_DAWSON_SLOPE = (
    1.8288801599922187e-06, -1.0140634039066605e-06, -1.76076179630803e-05, 1.067157222881579e-05,
    7.767736426282672e-05, -5.223179744835312e-05, -0.00020696574565463847, 0.0001577447962672155,
    0.0003677265052214372, -0.0003285196225399549, -0.0004482449587531733, 0.0004983102598227583,
    0.00035635674209028907, -0.000563708852245663, -0.00012375067974185945, 0.000471479305359557,
    -0.00011591853884235824, -0.00026674566211334634, 0.0002494021712524715, 4.863708745578463e-05,
    -0.00026262239568962083, 0.00010900349120172068, 0.000215798764911586, -0.00019095345952671702,
    -0.00018023903222146219, 0.00021367351494024485, 0.00020650656199765058, -0.0001649297714624292,
    -0.0003041665733846208, -7.585143869971298e-05, 0.00023342176417656332, 0.00047670721617454874,
    0.0008721206182953355, 0.0023773940557176316, 0.010550633277658213, 0.07733194004314037, 1.068579649567093,
)  # fmt: skip


def gaussian(x: Any, rate: float, height: float) -> Any:
    """height * exp(-rate * x^2), of complex x too."""
    return bell(x, rate, height) if x.dtype.kind != "c" else height * np.exp(-rate * (x * x))


@_blocked
def _erfcx_slope(x: Any) -> Any:
    z = np.clip(x, 0, 1e300)
    t = (z - 3.75) / (z + 3.75)
    above = -_polynomial(_ERFC_SLOPE, t) / (1 + 2 * z) ** 2
    below = np.minimum(x, 0)
    return np.where(x > 0, above, 2 * below * sp.erfcx(below) - _2_OVER_ROOT_PI)


@_blocked
def _dawsn_slope(x: Any) -> Any:
    size = np.maximum(np.absolute(x), 3.5)
    near = np.clip(x, -3.5, 3.5)
    far = _polynomial(_DAWSON_SLOPE, 2 * np.square(3.5 / size) - 1) / size / size / -2
    return np.where(np.absolute(x) < 3.5, 1 - 2 * near * sp.dawsn(near), far)


erfcx_slope: Function = elementwise(
    _erfcx_slope, name="erfcx_slope", x=lambda g, x, out: g * (2 * sp.erfcx(x) + 2 * x * out)
)
dawsn_slope: Function = elementwise(
    _dawsn_slope, name="dawsn_slope", x=lambda g, x, out: g * (-2 * sp.dawsn(x) - 2 * x * out)
)


def erfcinv_slope(x: Any, out: Any) -> Any:
    """-exp(out^2) / (2/√π), from x = exp(-out^2) erfcx(out): the rounding of out^2 would be magnified."""
    rest, tail = np.where(x < 1, x, 2 - x), np.where(x < 1, out, -out)  # abs(out), but for its slope in the middle
    return -sp.erfcx(tail) / rest / _2_OVER_ROOT_PI


def ndtri_slope(x: Any, out: Any) -> Any:
    """One over the normal density at `out`, as one over the nearer tail times the density divided by it."""
    rest, tail = np.where(x < 0.5, x, 1 - x), np.where(x < 0.5, out, -out)  # -abs(out), but for its slope in the middle
    return 1 / rest / inverse_mills(tail)


def log_ndtr_slope(x: Any, out: Any) -> Any:
    """The normal density divided by the distribution function."""
    if x.dtype.kind != "c":
        return inverse_mills(x)
    return np.exp(-0.5 * x * x - out) / math.sqrt(2 * math.pi)
