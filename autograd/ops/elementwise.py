"""Functions that work element by element. On two arguments they broadcast; the sweep sums their gradients back down."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import elementwise, nondifferentiable, primitive

# ---- arithmetic ------------------------------------------------------------------------------------------------------

add = elementwise(np.add, x=lambda g: g, y=lambda g: g)
subtract = elementwise(np.subtract, x=lambda g: g, y=lambda g: -g)
multiply = elementwise(np.multiply, x=lambda g, y: g * y, y=lambda g, x: g * x)
divide = elementwise(np.divide, x=lambda g, y: g / y, y=lambda g, y, out: -g * out / y)
negative = elementwise(np.negative, x=lambda g: -g)
positive = elementwise(np.positive, x=lambda g: g)
square = elementwise(np.square, x=lambda g, x: g * (2 * x))
reciprocal = elementwise(np.reciprocal, x=lambda g, out: -g * out * out)


def _power(x: Any, y: Any, /) -> Any:
    return x**y  # the operator knows the fast ways to small powers, np.power does not


def _power_x(g: Any, x: Any, y: Any) -> Any:
    if isinstance(y, int | float):
        return g * (y * x ** (y - 1)) if y != 0 else g * 0
    return g * (y * x ** np.where(y == 0, 1, y - 1))  # x**0 is constant, at 0 too


def _power_y(g: Any, x: Any, out: Any) -> Any:
    return g * out * np.log(np.where(x == 0, 1, x))  # 0**y stays 0


power = elementwise(_power, np.power, name="power", x=_power_x, y=_power_y)

# ---- exponentials ----------------------------------------------------------------------------------------------------

exp = elementwise(np.exp, x=lambda g, out: g * out)
log = elementwise(np.log, x=lambda g, x: g / x)
sqrt = elementwise(np.sqrt, x=lambda g, out: g / (2 * out))
sin = elementwise(np.sin, x=lambda g, x: g * np.cos(x))
cos = elementwise(np.cos, x=lambda g, x: -g * np.sin(x))
tanh = elementwise(np.tanh, x=lambda g, out: g * (1 - out * out))

# ---- pieces ----------------------------------------------------------------------------------------------------------

absolute = elementwise(np.absolute, x=lambda g, x: g * np.sign(x))
maximum = elementwise(
    np.maximum,
    x=lambda g, x, y: g * (x > y) + (g * 0.5) * (x == y),
    y=lambda g, x, y: g * (y > x) + (g * 0.5) * (x == y),
)
minimum = elementwise(
    np.minimum,
    x=lambda g, x, y: g * (x < y) + (g * 0.5) * (x == y),
    y=lambda g, x, y: g * (y < x) + (g * 0.5) * (x == y),
)


def _where(condition: Any, x: Any, y: Any, /) -> Any:
    return np.where(condition, x, y)


where = primitive(
    _where, np.where, name="where", broadcasts=True, condition=None,
    x=lambda g, condition: np.where(condition, g, 0), y=lambda g, condition: np.where(condition, 0, g),
)  # fmt: skip

# ---- no derivative ---------------------------------------------------------------------------------------------------

nondifferentiable(
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.logical_and, np.logical_or,
    np.logical_xor, np.logical_not, np.isnan, np.isinf, np.isfinite, np.signbit, np.sign, np.floor, np.ceil, np.trunc,
    np.rint, np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift, np.allclose,
    np.isclose, np.array_equal, np.shape, np.ndim, np.size, np.result_type, np.zeros_like, np.ones_like, np.empty_like,
    np.full_like,
)  # fmt: skip
