"""Activations of networks, each with its slope in as few passes as it takes; the smoother ones are in special.py.

A slope that is 0 or a number in pieces is told from the argument by comparison, and takes the dtype of the gradient.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine.declare import elementwise, primitive
from ..engine.halves import in_single
from ..engine.primitive import Function
from ..engine.sums import is_large
from ..engine.tensor import unwrap
from .elementwise import masked
from .special import sigmoid


def _kept(x: Any, low: Any, high: Any) -> Any:
    """x within bounds, one of which may be infinite: several numbers at a time, as NumPy's maximum with one is not."""
    if is_large(x):
        return np.clip(x, low, high)
    x = x if low == -math.inf else np.maximum(x, low)
    return x if high == math.inf else np.minimum(x, high)


def _steps(x: Any, below: float) -> Any:
    """1 where x is positive, elsewhere `below`."""
    if below <= 1:
        return _kept((x > 0).astype(x.dtype), below, 1) if below >= 0 else (x > 0) + (x <= 0) * x.dtype.type(below)
    made = (x <= 0).astype(x.dtype)
    made *= below
    return _kept(made, 1, math.inf)


def _leaky_relu(x: Any, slope: float = 0.01) -> Any:
    """x where it is positive, slope * x elsewhere, element by element.

    >>> leaky_relu(np.array([-1.0, 2.0]), 0.5)
    array([-0.5,  2. ])
    """
    if not slope:  # times infinity it is NaN
        return _kept(x, 0, math.inf)
    made = x * slope
    further = np.maximum if slope <= 1 else np.minimum
    return further(made, x, out=made) if made.__class__ is np.ndarray else further(made, x)


def _elu(x: Any, alpha: float = 1.0, scale: float = 1.0) -> Any:
    """scale * x where x is positive, scale * alpha * (exp(x) - 1) elsewhere, element by element.

    >>> elu(np.array([-1000.0, 0.0, 2.0]), 1.5)
    array([-1.5,  0. ,  2. ])
    """
    made = _kept(x, -math.inf, 0)
    made = np.expm1(made, out=made) if made.__class__ is np.ndarray else np.expm1(made)
    if alpha != 1:
        made *= alpha
    made += _kept(x, 0, math.inf)
    if scale != 1:
        made *= scale
    return made


def _elu_slope(x: Any, alpha: float, scale: float) -> Any:
    made = _kept(x, -math.inf, 0)
    made = np.exp(made, out=made) if made.__class__ is np.ndarray else np.exp(made)
    if alpha != 1:
        made *= _steps(x, alpha)
    if scale != 1:
        made *= scale
    return made


def _hardtanh(x: Any, low: float = -1.0, high: float = 1.0) -> Any:
    """x kept within [low, high], element by element; the derivative at the two ends is 0.

    >>> hardtanh(np.array([-2.0, 0.5, 2.0]))
    array([-1. ,  0.5,  1. ])
    """
    return x.clip(low, high)


def _hardsigmoid(x: Any) -> Any:
    """0 below -3, 1 above 3, a line between, element by element; the derivative at the two ends is 0.

    >>> hardsigmoid(np.array([-4.0, 0.0, 4.0]))
    array([0. , 0.5, 1. ])
    """
    made = x + 3
    made = np.clip(made, 0, 6, out=made) if made.__class__ is np.ndarray else np.clip(made, 0, 6)
    made *= 1 / 6
    return made


def _softshrink(x: Any, lambd: float = 0.5) -> Any:
    """x moved towards 0 by lambd, 0 where it would cross, element by element.

    >>> softshrink(np.array([-2.0, 0.1, 2.0]))
    array([-1.5,  0. ,  1.5])
    """
    made = x.clip(-lambd, lambd)
    return np.subtract(x, made, out=made) if made.__class__ is np.ndarray else x - made


def _halves(x: Any, axis: int) -> tuple[Any, Any]:
    n = x.shape[axis] // 2
    before = (slice(None),) * axis
    return x[(*before, slice(n))], x[(*before, slice(n, None))]


def _glu_of(x: Any, s: Any, axis: int) -> Any:
    return _halves(x, axis)[0] * s


def _glu_rule(g: Any, x: Any, s: Any, axis: int) -> Any:
    first, second = _halves(x, axis)
    if not isinstance(x, np.ndarray):
        s = sigmoid(second)  # which has a derivative, as what has been kept has not
    slope = 1 - s
    slope *= s
    slope *= first
    if type(g) is not np.ndarray:
        return np.concatenate([g * s, g * slope], axis)
    made = np.empty_like(x)
    for of_half, factor in zip(_halves(made, axis), (s, slope), strict=True):
        np.multiply(g, factor, out=of_half)
    return made


_glu_by = primitive(_glu_of, name="glu", single=True, x=_glu_rule, s=None)


@in_single
def glu(x: Any, axis: int = -1) -> Any:
    """The first half along an axis, whose length is even, times the sigmoid of the second.

    >>> glu(np.array([1.0, 2.0, 0.0, 1000.0]))
    array([0.5, 2. ])
    """
    axis %= x.ndim
    return _glu_by(x, sigmoid(_halves(unwrap(x), axis)[1]), axis)


leaky_relu = elementwise(_leaky_relu, name="leaky_relu", x=lambda g, x, slope: g * _steps(x, slope))
elu_slope: Function = elementwise(
    _elu_slope, name="elu_slope", single=True, x=lambda g, x, out: masked(g * out, x <= 0)
)
elu = elementwise(_elu, name="elu", single=True, x=lambda g, x, alpha, scale: g * elu_slope(x, alpha, scale))
hardtanh = elementwise(_hardtanh, name="hardtanh", x=lambda g, x, low, high: masked(g, (x > low) & (x < high)))
hardsigmoid = elementwise(
    _hardsigmoid, name="hardsigmoid", single=True, x=lambda g, x: masked(g, (x > -3) & (x < 3)) * (1 / 6)
)
softshrink = elementwise(_softshrink, name="softshrink", single=True, x=lambda g, out: masked(g, out != 0))
