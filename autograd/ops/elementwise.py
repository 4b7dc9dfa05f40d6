"""Functions that work element by element. On two arguments they broadcast; the sweep sums their gradients back down.

Rules for complex arguments follow one convention: `g` is dL/d(Re f) - i dL/d(Im f), so a holomorphic f has the rule
g * f'(z), and the others (absolute, conjugate, real, imag, sign) are what makes both parts come out right.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ..engine.declare import composite, elementwise, linear, nondifferentiable, primitive
from ..engine.primitive import Function
from ..engine.storing import into
from ..engine.sums import is_large
from ..engine.tensor import unwrap
from .roots import by_sign, part_of_root

_F4, _F8 = np.dtype(np.float32), np.dtype(np.float64)

# ---- arithmetic ------------------------------------------------------------------------------------------------------

add = elementwise(np.add, x=lambda g: g, y=lambda g: g)
subtract = elementwise(np.subtract, x=lambda g: g, y=lambda g: -g)
multiply = elementwise(np.multiply, x=lambda g, y: g * y, y=lambda g, x: g * x)
divide = elementwise(np.divide, x=lambda g, y: g / y, y=lambda g, y, out: -g * out / y)
negative = elementwise(np.negative, x=lambda g: -g)
positive = elementwise(np.positive, x=lambda g: g)
square = elementwise(np.square, x=lambda g, x: g * (2 * x))
reciprocal = elementwise(np.reciprocal, x=lambda g, out: -g * out * out)
remainder = elementwise(np.remainder, x=lambda g: g, y=lambda g, x, y: -g * np.floor_divide(x, y))
fmod = elementwise(np.fmod, x=lambda g: g, y=lambda g, x, y, out: -g * np.rint((x - out) / y))


_POWERS: dict[Any, Any] = {  # what np.power takes a logarithm for, in a fiftieth of the time and to the last bit or two
    3: lambda x: x * x * x,
    4: lambda x: (x * x) * (x * x),
    1.5: lambda x: x * np.sqrt(x),
    -0.5: lambda x: 1 / np.sqrt(x),
    -2: lambda x: 1 / (x * x),
}


def _power(x: Any, y: Any, /) -> Any:
    if (y.__class__ is int or y.__class__ is float) and y in _POWERS and getattr(x, "dtype", None) in (_F4, _F8):
        return _POWERS[y](x)
    return x**y  # the operator knows the fast ways to 0, 1, 2, -1 and 0.5; np.power does not


def _power_x(g: Any, x: Any, y: Any) -> Any:
    if isinstance(y, int | float | complex):
        return g * (2 * x) if y == 2 else g * (y * _power(x, y - 1)) if y != 0 else g * 0
    y = y.astype(g.dtype) if y.dtype.kind in "iub" else y  # of small integers y - 1 may wrap around
    return g * (y * x ** np.where((x == 0) & (y == 0), 1, y - 1))  # x**0 is constant, at 0 too


def _power_y(g: Any, x: Any, y: Any, out: Any) -> Any:
    turning = out.dtype.kind == "c"  # then negative bases have a logarithm
    if isinstance(x, int | float) and x != 0:
        return g * out * (math.log(x) if x > 0 else complex(math.log(-x), math.pi) if turning else math.nan)
    x = x + 0j if turning and getattr(x, "dtype", None) != out.dtype else x
    with np.errstate(divide="ignore"):  # 0**y is infinite for negative y, and so is its slope; else it stays 0
        return g * out * np.log(np.where((x == 0) & (y >= 0), 1, x))


power = elementwise(_power, np.power, name="power", x=_power_x, y=_power_y)
float_power = elementwise(np.float_power, x=_power_x, y=_power_y)

# ---- exponentials and logarithms -------------------------------------------------------------------------------------

exp = elementwise(np.exp, x=lambda g, out: g * out)
exp2 = elementwise(np.exp2, x=lambda g, out: g * (out * math.log(2)))
expm1 = elementwise(np.expm1, x=lambda g, x: g * np.exp(x))  # out + 1 loses what is left of it below 0
log = elementwise(np.log, x=lambda g, x: g / x)
log2 = elementwise(np.log2, x=lambda g, x: g / (x * math.log(2)))
log10 = elementwise(np.log10, x=lambda g, x: g * (1 / math.log(10)) / x)
log1p = elementwise(np.log1p, x=lambda g, x: g / (1 + x))
sqrt = elementwise(np.sqrt, x=lambda g, out: g / (2 * out))
cbrt = elementwise(np.cbrt, x=lambda g, out: g / (3 * (out * out)))


@functools.cache
def greatest(dtype: Any) -> float:
    """The greatest finite number of a dtype."""
    return float(np.finfo(dtype).max)


@functools.cache
def least(dtype: Any) -> float:
    """The least positive number of a dtype that has all its digits."""
    return float(np.finfo(dtype).tiny)


def lifted(x: Any) -> Any:
    """x, with the lowest finite number for -inf: so that -inf - lifted(-inf) is -inf and its exponential 0."""
    return np.maximum(x, -greatest(x.dtype))


# ---- angles ----------------------------------------------------------------------------------------------------------

# The inverse functions of complex numbers have cuts, and the sign of a zero tells on which side of one a number lies.
# It is kept by x - 1, -(x - 1) and x - (-1), but not by 1 - x and x + 1, which add a positive zero to it.


def _root_of_circle(x: Any) -> Any:
    """The square root of 1 - x^2."""
    return np.sqrt(_in_circle(x)) if x.dtype.kind != "c" else np.sqrt(-(x - 1)) * np.sqrt(x - -1)


def _in_circle(x: Any) -> Any:
    """1 - x^2."""
    return (1 - x) * (1 + x)


def _root_of_hyperbola(x: Any) -> Any:
    """The square root of 1 + x^2."""
    return np.hypot(1, x) if x.dtype.kind != "c" else _root_of_circle(turned(x))


def _turned(x: Any) -> Any:
    made = np.empty_like(x)
    made.real, made.imag = -x.imag, x.real  # x * 1j adds zeros
    return made


turned = linear(_turned, name="turned", x=lambda g: g * 1j)
sin = elementwise(np.sin, x=lambda g, x: g * np.cos(x))
cos = elementwise(np.cos, x=lambda g, x: -g * np.sin(x))
tan = elementwise(np.tan, x=lambda g, out: g * (1 + out * out))
arcsin = elementwise(np.arcsin, x=lambda g, x: g / _root_of_circle(x))
arccos = elementwise(np.arccos, x=lambda g, x: -g / _root_of_circle(x))
arctan = elementwise(np.arctan, x=lambda g, x: g / (1 + x * x if x.dtype.kind != "c" else _in_circle(turned(x))))
sinh = elementwise(np.sinh, x=lambda g, x: g * np.cosh(x))
cosh = elementwise(np.cosh, x=lambda g, x: g * np.sinh(x))
tanh = elementwise(np.tanh, x=lambda g, out: g * (1 - out * out))
arcsinh = elementwise(np.arcsinh, x=lambda g, x: g / _root_of_hyperbola(x))
arccosh = elementwise(np.arccosh, x=lambda g, x: g / (np.sqrt(x - 1) * np.sqrt(x - -1)))
arctanh = elementwise(np.arctanh, x=lambda g, x: g / _in_circle(x))
deg2rad = elementwise(np.deg2rad, np.radians, x=lambda g: g * (math.pi / 180))
rad2deg = elementwise(np.rad2deg, np.degrees, x=lambda g: g * (180 / math.pi))


def nonzero(x: Any) -> Any:
    """x, with 1 for 0: a denominator where the numerator is 0 too and the derivative taken as 0."""
    return x + (x == 0)


hypot = elementwise(np.hypot, x=lambda g, x, out: part_of_root(g, x, out), y=lambda g, y, out: part_of_root(g, y, out))
arctan2 = elementwise(  # through the distance, whose square may be 0 or infinite
    np.arctan2,
    x=lambda g, x, y: g * _by_distance(y, x, y),
    y=lambda g, x, y: -g * _by_distance(x, x, y),
)


def _by_distance(part: Any, x: Any, y: Any) -> Any:
    """part / (x^2 + y^2), and 0 at the origin."""
    distance = nonzero(np.hypot(x, y))
    return part / distance / distance


def _wave(x: Any, k: int) -> Any:
    """The k-th derivative of sin(pi x), divided by pi^k: of what is left of x by half turns, which is exact."""
    quarters = np.rint(2 * x.real)
    rest = (x - quarters / 2) * math.pi
    quarters = (quarters + k) % 4
    wave = np.where(quarters % 2, np.cos(rest), np.sin(rest))
    return np.where(quarters >= 2, -wave, wave)


def _sinc(x: Any, n: int = 0) -> Any:
    """The n-th derivative of sinc, from the product x sinc(x) = sin(pi x)/pi; near 0 from the power series."""
    if n == 0:
        return np.sinc(x)
    near = abs(x) < 0.5 + n / 4
    result = np.zeros_like(x)
    far = nonzero(x * ~near)
    for k in range(n + 1):  # (x s)^(k) = x s^(k) + k s^(k-1)
        result = (math.pi ** (k - 1) * _wave(far, k) - k * result) / far
    z, series = x * near, np.zeros_like(x)
    for k in reversed(range((n + 1) // 2, 16 + 2 * n)):
        factor = (-1) ** k * math.pi ** (2 * k) * math.perm(2 * k, n) / math.factorial(2 * k + 1)
        series = series * (z * z) + factor
    return np.where(near, series * z if n % 2 else series, result)


sinc: Function = elementwise(_sinc, np.sinc, name="sinc", single=True, x=lambda g, x, n: g * sinc(x, n + 1))

# ---- parts of complex numbers ----------------------------------------------------------------------------------------

conjugate = elementwise(np.conjugate, x=lambda g: g.conj())
real = primitive(lambda val: np.real(val), np.real, name="real", kind="linear", views=True, val=lambda g: g)
imag = primitive(
    lambda val: np.imag(val), np.imag, name="imag", kind="linear", views=True,
    val=lambda g, val_dtype: g * -1j if val_dtype.kind == "c" else g * 0,
)  # fmt: skip


@composite(np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    """As np.angle: the argument of a complex number; gradient 0 at 0."""
    result = np.arctan2(np.imag(z) if np.iscomplexobj(z) else 0, np.real(z))
    return result * (180 / math.pi) if deg else result


@composite(np.real_if_close)
def real_if_close(a: Any, tol: float = 100) -> Any:
    """As np.real_if_close."""
    data = getattr(a, "_content", a)
    return np.real(a) if np.real_if_close(data, tol).dtype.kind != "c" else a


# ---- pieces ----------------------------------------------------------------------------------------------------------


def masked(g: Any, keep: Any) -> Any:
    """g * keep, for a plain array of booleans: as numbers large ones are multiplied in half the time."""
    if not (is_large(g) and keep.__class__ is np.ndarray and keep.shape == g.shape):
        return g * keep
    made = keep.astype(g.dtype)
    made *= g
    return made


absolute = elementwise(np.absolute, x=lambda g, x: by_sign(g, x))
fabs = elementwise(np.fabs, x=lambda g, x: by_sign(g, x))


def _won(g: Any, better: Any, tied: Any) -> Any:
    """The gradient of whoever won; of both, half each, where they tied."""
    if type(tied) is np.ndarray and not tied.any():
        return masked(g, better)
    return g * (better + tied * g.dtype.type(0.5))  # an infinite g is multiplied once, as without ties


maximum = elementwise(np.maximum, x=lambda g, x, y: _won(g, x > y, x == y), y=lambda g, x, y: _won(g, y > x, x == y))
minimum = elementwise(np.minimum, x=lambda g, x, y: _won(g, x < y, x == y), y=lambda g, x, y: _won(g, y < x, x == y))
fmax = elementwise(  # a NaN loses against a number
    np.fmax,
    x=lambda g, x, y: _won(g, (x > y) | np.isnan(y), x == y),
    y=lambda g, x, y: _won(g, (y > x) | np.isnan(x), x == y),
)
fmin = elementwise(
    np.fmin,
    x=lambda g, x, y: _won(g, (x < y) | np.isnan(y), x == y),
    y=lambda g, x, y: _won(g, (y < x) | np.isnan(x), x == y),
)
copysign = elementwise(np.copysign, x=lambda g, x, out: g * (np.sign(x) * np.sign(out)), y=None)
heaviside = elementwise(np.heaviside, x=None, y=lambda g, x: g * (x == 0))
ldexp = elementwise(np.ldexp, x=lambda g, y: np.ldexp(g, y), y=None)
frexp = elementwise(np.frexp, multiple=True, x=lambda g, out: None if g[0] is None else np.ldexp(g[0], -out[1]))
modf = elementwise(np.modf, multiple=True, x=lambda g: g[0])


_BITS = {"f": np.int32, "d": np.int64}


def selected(condition: Any, x: Any, y: Any, /) -> Any:
    """As np.where, which branches at every element; large arrays are selected by their bits, several times faster."""
    if condition.__class__ is np.ndarray and condition.dtype.char == "?" and condition.size > 4000:
        dtype = np.result_type(x, y)
        bits = _BITS.get(dtype.char)
        if bits is not None and all(isinstance(value, np.ndarray | np.generic | int | float) for value in (x, y)):
            if type(x) is int and x == 0:
                condition, x, y = ~condition, y, x
            chosen = np.negative(condition.view(np.int8)).astype(bits)  # all bits set where it is true
            if type(y) is int and y == 0:
                x = np.asarray(x, dtype).view(bits)
                return np.bitwise_and(chosen, x, out=chosen if x.shape == chosen.shape else None).view(dtype)
            other = np.asarray(y, dtype).view(bits)
            result = np.asarray(x, dtype).view(bits) ^ other
            if result.shape != chosen.shape:
                return ((result & chosen) ^ other).view(dtype)
            result &= chosen
            result ^= other
            return result.view(dtype)
    return np.where(condition, x, y)


_chosen = primitive(
    selected, name="where", broadcasts=True, condition=None,
    x=lambda g, condition: where(condition, g, 0), y=lambda g, condition: where(condition, 0, g),
)  # fmt: skip


@composite(np.where)
def where(condition: Any, *choices: Any) -> Any:
    """As np.where: of one argument the places that are not zero, as plain arrays."""
    return _chosen(condition, *choices) if choices else np.where(unwrap(condition))


def _clip(a: Any, a_min: Any = None, a_max: Any = None) -> Any:
    return a.clip(a_min, a_max) if hasattr(a, "clip") else np.clip(a, a_min, a_max)


def _clip_max(g: Any, a: Any, a_min: Any, out: Any) -> Any:
    return g * ((a if a_min is None else np.maximum(a, a_min)) > out)


_clipped = primitive(
    _clip, name="clip", broadcasts=True,
    a=lambda g, a, out: masked(g, a == out), a_min=lambda g, a, a_min, out: g * ((a < a_min) & (out == a_min)),
    a_max=_clip_max,
)  # fmt: skip


@composite(np.clip)
def clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None) -> Any:
    """As np.clip. At a bound the whole gradient is that of `a`, as in PyTorch."""
    if (a_min is not None and min is not None) or (a_max is not None and max is not None):
        raise ValueError("clip: expected one lower and one upper bound, got a_min and min, or a_max and max")
    if out is not None:
        return into(np.clip, clip, (a, min if a_min is None else a_min, max if a_max is None else a_max), {}, out)
    return _clipped(a, min if a_min is None else a_min, max if a_max is None else a_max)


def _nan_to_num(x: Any, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


_without_nan = elementwise(_nan_to_num, name="nan_to_num", x=lambda g, x: np.where(np.isfinite(x), g, 0))


@composite(np.nan_to_num)
def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """As np.nan_to_num with copy=True."""
    if not copy:
        raise TypeError("nan_to_num: copy=False would overwrite a Tensor; assign the result instead")
    return _without_nan(x, nan, posinf, neginf)


# ---- constant in pieces: the result is a Tensor, and no gradient flows through it ------------------------------------

floor = elementwise(np.floor, x=None)
ceil = elementwise(np.ceil, x=None)
trunc = elementwise(np.trunc, x=None)
rint = elementwise(np.rint, x=None)
fix = elementwise(lambda x, out=None: np.trunc(x), np.fix, name="fix", x=None)
floor_divide = elementwise(np.floor_divide, x=None, y=None)
nextafter = elementwise(np.nextafter, x=None, y=None)
spacing = elementwise(np.spacing, x=None)
round = elementwise(
    lambda a, decimals=0, out=None: np.round(a, decimals), np.round, np.around, name="round", a=None
)  # fmt: skip
invert = elementwise(np.invert, x=None)
bitwise_and = elementwise(np.bitwise_and, x=None, y=None)
bitwise_or = elementwise(np.bitwise_or, x=None, y=None)
bitwise_xor = elementwise(np.bitwise_xor, x=None, y=None)
left_shift = elementwise(np.left_shift, x=None, y=None)
right_shift = elementwise(np.right_shift, x=None, y=None)
gcd = elementwise(np.gcd, x=None, y=None)
lcm = elementwise(np.lcm, x=None, y=None)
bitwise_count = elementwise(np.bitwise_count, x=None)
_real_sign = elementwise(np.sign, x=None)
_complex_sign = elementwise(  # z/|z|, whose derivative leaves only the part of g that is at right angles to it; 0 at 0
    np.sign, name="sign", x=lambda g, x, out: out.conj() * (1j * ((g * out).imag / nonzero(np.absolute(x))))
)


@composite(np.sign)
def sign(x: Any) -> Any:
    """As np.sign: of a complex number z/|z|, of a real one without a gradient."""
    return _complex_sign(x) if getattr(x, "dtype", np.dtype(type(x))).kind == "c" else _real_sign(x)


@composite(np.divmod)
def divmod(x: Any, y: Any) -> Any:
    """As np.divmod."""
    return floor_divide(x, y), remainder(x, y)


# ---- no derivative: the result is a plain array ----------------------------------------------------------------------

nondifferentiable(
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.logical_and, np.logical_or,
    np.logical_xor, np.logical_not, np.isnan, np.isinf, np.isfinite, np.isposinf, np.isneginf, np.signbit,
    np.isreal, np.iscomplex, np.isrealobj, np.iscomplexobj, np.allclose, np.isclose, np.array_equal, np.array_equiv,
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.min_scalar_type, np.common_type,
)  # fmt: skip
