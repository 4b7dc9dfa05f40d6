"""elementwise.npz: values and slopes of elementwise functions over the whole of their domains, computed by mpmath.

    python tests/reference/make_elementwise.py [NAME ...]

Needs mpmath and NumPy; takes about ten minutes. With names, only those are computed anew. Each function has the arrays
`NAME/x` (and `NAME/y` of a function of two), `NAME/value` and `NAME/slope` (`slope_x`, `slope_y`), in float64. Points
that float32 can hold serve for both dtypes. Precision is doubled until two results agree, so cancellation does not
matter; at an infinite argument stands the limit, at a pole what is found next to it on the side of the sign of zero.
"""

import math
import sys
from pathlib import Path

import mpmath as mp
import numpy as np

PATH = Path(__file__).with_name("elementwise.npz")
INF = float("inf")
_NEAR = mp.mpf(10) ** -700

# ---- points ----------------------------------------------------------------------------------------------------------


def _positive():
    single = np.concatenate([
        [1e-45, 1e-40, np.finfo("f4").tiny, np.finfo("f4").max], np.geomspace(1e-37, 1e37, 38),
        np.geomspace(0.01, 30, 50), np.arange(1, 13), np.arange(0.5, 8, 1), 1 + 2.0 ** -np.arange(1, 24, 2),
        1 - 2.0 ** -np.arange(2, 25, 2), [17, 18, 25, 26.5, 37, 60, 87, 88.5, 89, 100, 103, 104, 110, 170],
    ]).astype("f4").astype("f8")  # fmt: skip
    double = np.concatenate([
        [5e-324, 1e-310, np.finfo("f8").tiny, np.finfo("f8").max], np.geomspace(1e-300, 1e300, 25),
        np.geomspace(0.013, 29, 20), 1 + 2.0 ** -np.arange(25, 53, 5), 1 - 2.0 ** -np.arange(25, 54, 5),
        [350.3, 700.1, 709.1, 709.9, 740.2, 746.1],
    ])  # fmt: skip
    return np.unique(np.concatenate([single, double]))


def line(low=-INF, high=INF, ends=True):
    """Points from low to high: dense near 0, at 1, where exponentials end and at the ends of both dtypes."""
    positive = _positive()
    whole = np.concatenate([-positive[::-1], [-0.0, 0.0], positive, [-INF, INF] if ends else []])
    return np.unique(whole[(whole >= low) & (whole <= high)]) if low > 0 else whole[(whole >= low) & (whole <= high)]


def near(*centres):
    """Points close to these, from a distance of 1e-7 on."""
    steps = np.array([1e-7, 1e-4, 1e-2])
    return np.concatenate([[c - s, c + s] for c in centres for s in steps]).astype("f4").astype("f8")


_FEW = np.array([1e-45, 1e-30, 1e-8, 0.01, 0.3, 0.75, 1, 1.5, 2, 3.25, 17, 90, 1e4, 1e10, 1e30, np.finfo("f4").max])
_FEW = np.concatenate([_FEW.astype("f4").astype("f8"), [5e-324, 1e-300, 1e-160, 1e160, 1e300]])
SIGNED = np.concatenate([-_FEW[::-1], [0.0], _FEW])
POSITIVE = np.sort(_FEW)
HALF = np.array([0.01, 0.25, 0.5, 0.75, 1, 1.25, 2, 2.5, 3, 5, 10.5, 40, 300], "f4").astype("f8")
UNIT = np.array([1e-30, 1e-8, 0.01, 0.25, 0.5, 0.75, 0.99, 1 - 2.0**-24], "f4").astype("f8")
MIDDLE = np.array([1e-30, 1e-8, 0.01, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5.5, 8, 12, 20, 30, 45, 80, 500], "f4").astype(
    "f8"
)

# ---- to the last bit -------------------------------------------------------------------------------------------------


def settled(function, *arguments):
    """function(*arguments) rounded to float64; None where it has no real value."""
    arguments = [mp.inf * (1 if x > 0 else -1) if abs(x) == INF else mp.mpf(float(x)) for x in arguments]
    if any(mp.isinf(x) for x in arguments):  # the limit: 0, finite, or infinite also if it grows slowly
        near, far = (
            _settled(function, [x if mp.isfinite(x) else mp.sign(x) * mp.mpf(10) ** n for x in arguments])
            for n in (700, 1400)
        )
        slow = near is not None and far is not None and abs(far) < INF and abs(far - near) > 1e-9 * abs(far)
        return math.copysign(INF, far) if slow else far
    found = _settled(function, arguments)
    for side in (-1, 1):  # at a pole, from the inside
        if found is None:
            close = [side * -_NEAR if x == 0 else x * (1 + side * _NEAR) if abs(x) == 1 else x for x in arguments]
            found = _settled(function, close) if close != arguments else None
            if found is not None and abs(found) > 1e3:  # a logarithm's pole
                return math.copysign(INF, found)
    return found


def _settled(function, arguments):
    before = None
    for digits in (60, 120, 240, 480, 960, 1920, 4000):
        with mp.workdps(digits):
            try:
                value = mp.mpmathify(function(*arguments))
            except (ZeroDivisionError, ValueError, mp.libmp.ComplexResult):
                value = mp.nan
            if isinstance(value, mp.mpc):
                value = value.real if abs(value.imag) <= 1e-30 * abs(value.real) else mp.nan
            settled = before is not None and (
                value == before
                or abs(value - before) <= abs(value) * mp.mpf(2) ** -64
                or max(abs(value), abs(before)) < mp.mpf(10) ** -400
            )
            if settled:
                return float(value)
            before = value
    return None


# ---- functions of one argument: value, slope, points -----------------------------------------------------------------


def _sigmoid(x):
    return 1 / (1 + mp.exp(-x)) if x > 0 else mp.exp(x) / (1 + mp.exp(x))


def _softplus(x):
    return mp.log1p(mp.exp(-abs(x))) + max(x, 0)


def _normal(x):
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def _erfc(x):
    """mpmath's, which fails for huge arguments."""
    return mp.erfc(x) if abs(x) < 1e8 else mp.exp(-x * x) * _erfcx(x) if x > 0 else 2 - _erfc(-x)


def _ndtr(x):
    return _erfc(-x / mp.sqrt(2)) / 2


def _erfcx(x):
    if x > 1e8:
        terms = [(-1) ** k * mp.fac2(2 * k - 1) / (2 * x * x) ** k for k in range(60)]
        return mp.fsum(terms) / (x * mp.sqrt(mp.pi))
    return mp.exp(x * x) * _erfc(x)


def _log_ndtr(x):
    if x < -1e8:
        return -x * x / 2 + mp.log(_erfcx(-x / mp.sqrt(2)) / 2)
    return mp.log(_ndtr(x)) if x < 0 else mp.log1p(-_ndtr(-x))


def _log_ndtr_slope(x):
    if x < 0:
        return mp.sqrt(2 / mp.pi) / _erfcx(-x / mp.sqrt(2))
    return _normal(x) / _ndtr(x)


def _dawsn_slope(x):
    if abs(x) > 1e8:
        return -1 / (2 * x * x) * (1 + mp.mpf(3) / (2 * x * x))
    return 1 - 2 * x * mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x)


def _dawsn(x):
    return 1 / (2 * x) * (1 + 1 / (2 * x * x)) if abs(x) > 1e8 else mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x)


def _erfcx_slope(x):
    if x > 1e8:
        return -1 / (mp.sqrt(mp.pi) * x * x) * (1 - mp.mpf(3) / (2 * x * x))
    return 2 * x * _erfcx(x) - 2 / mp.sqrt(mp.pi)


def _erfcinv(x):
    """mpmath's inverse of erf, and close to 0 Newton's method on the logarithm of erfc."""
    if x > 1:
        return -_erfcinv(2 - x)
    if x > mp.mpf("1e-6"):
        return mp.erfinv(1 - x)
    y = mp.sqrt(-mp.log(x))
    for _ in range(30):
        y -= (mp.log(_erfc(y)) - mp.log(x)) / (-2 / mp.sqrt(mp.pi) / _erfcx(y))
    return y


def _sinc(x):
    return mp.sin(mp.pi * x) / (mp.pi * x) if x else mp.mpf(1)


def _sinc_slope(x):
    if abs(x) < 1e-12:
        return -(mp.pi**2) * x / 3
    return (mp.pi * x * mp.cos(mp.pi * x) - mp.sin(mp.pi * x)) / (mp.pi * x * x)


def _silu_slope(x):
    s = _sigmoid(x)
    return s * (1 + x * _sigmoid(-x))


def _gelu_z(x):
    return 2 * mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x**3)


def _gelu_slope(x):
    s, z = _sigmoid(_gelu_z(x)), 2 * mp.sqrt(2 / mp.pi) * (1 + 3 * mp.mpf("0.044715") * x * x)
    return s + x * s * _sigmoid(-_gelu_z(x)) * z


def _gammaln(x):
    return mp.log(abs(mp.gamma(x))) if x < 0 else mp.loggamma(x)


def _logit(x):
    return mp.log(x) - mp.log1p(-x)


def _log(base):
    return (lambda x: mp.log(x) / mp.log(base)), (lambda x: 1 / (x * mp.log(base)))


def _real_root(x):
    return mp.sign(x) * mp.cbrt(abs(x))


def _gelu(x):
    return x * _ndtr(x)


PROBABILITY = np.concatenate([line(1e-45, 1 - 2.0**-24), [1e-310, 1e-300, 1e-200, 1e-100]])
TWO_OVER_ROOT_PI = lambda: 2 / mp.sqrt(mp.pi)
WAVES = (-1e6, 1e6, False)
GAMMA = np.concatenate([line(0, INF), -np.arange(0.05, 12, 0.175).astype("f4").astype("f8"), near(1, 2, 1.4616321)])

ONE = {
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / x**2, line()),
    "square": (lambda x: x * x, lambda x: 2 * x, line()),
    "exp": (mp.exp, mp.exp, line()),
    "exp2": (lambda x: mp.mpf(2) ** x, lambda x: mp.log(2) * mp.mpf(2) ** x, line()),
    "expm1": (mp.expm1, mp.exp, line()),
    "log": (mp.log, lambda x: 1 / x, line(0.0)),
    "log2": (*_log(2), line(0.0)),
    "log10": (*_log(10), line(0.0)),
    "log1p": (mp.log1p, lambda x: 1 / (1 + x), line(-1.0)),
    "sqrt": (mp.sqrt, lambda x: 1 / (2 * mp.sqrt(x)), line(0.0)),
    "cbrt": (_real_root, lambda x: 1 / (3 * mp.cbrt(abs(x)) ** 2), line()),
    "sin": (mp.sin, mp.cos, line(*WAVES)),
    "cos": (mp.cos, lambda x: -mp.sin(x), line(*WAVES)),
    "tan": (mp.tan, lambda x: mp.sec(x) ** 2, line(*WAVES)),
    "arcsin": (mp.asin, lambda x: 1 / mp.sqrt((1 - x) * (1 + x)), line(-1, 1)),
    "arccos": (mp.acos, lambda x: -1 / mp.sqrt((1 - x) * (1 + x)), line(-1, 1)),
    "arctan": (mp.atan, lambda x: 1 / (1 + x * x), line()),
    "sinh": (mp.sinh, mp.cosh, line()),
    "cosh": (mp.cosh, mp.sinh, line()),
    "tanh": (mp.tanh, lambda x: mp.sech(x) ** 2, line()),
    "arcsinh": (mp.asinh, lambda x: 1 / mp.sqrt(1 + x * x), line()),
    "arccosh": (mp.acosh, lambda x: 1 / mp.sqrt((x - 1) * (x + 1)), line(1.0)),
    "arctanh": (mp.atanh, lambda x: 1 / ((1 - x) * (1 + x)), line(-1, 1)),
    "deg2rad": (lambda x: x * mp.pi / 180, lambda x: mp.pi / 180, line()),
    "rad2deg": (lambda x: x * 180 / mp.pi, lambda x: 180 / mp.pi, line()),
    "sinc": (_sinc, _sinc_slope, line(-1e4, 1e4, False)),
    "absolute": (abs, mp.sign, line()),
    "sigmoid": (_sigmoid, lambda x: _sigmoid(x) * _sigmoid(-x), line()),
    "relu": (lambda x: max(x, 0), lambda x: mp.mpf(x > 0), line()),
    "softplus": (_softplus, _sigmoid, line()),
    "logsigmoid": (lambda x: -_softplus(-x), lambda x: _sigmoid(-x), line()),
    "silu": (lambda x: x * _sigmoid(x), _silu_slope, line()),
    "gelu_tanh": (lambda x: x * _sigmoid(_gelu_z(x)), _gelu_slope, line()),
    "gelu": (_gelu, lambda x: _ndtr(x) + x * _normal(x), line()),
    "elu": (lambda x: x if x > 0 else mp.expm1(x), lambda x: mp.exp(min(x, 0)), line()),
    "softsign": (lambda x: x / (1 + abs(x)), lambda x: 1 / (1 + abs(x)) ** 2, line()),
    "erf": (lambda x: 1 - _erfc(x) if abs(x) > 1 else mp.erf(x), lambda x: TWO_OVER_ROOT_PI() * mp.exp(-x * x), line()),
    "erfc": (_erfc, lambda x: -TWO_OVER_ROOT_PI() * mp.exp(-x * x), line()),
    "erfcx": (_erfcx, _erfcx_slope, line()),
    "erfinv": (mp.erfinv, lambda x: mp.exp(mp.erfinv(x) ** 2) / TWO_OVER_ROOT_PI(), line(-1, 1, False)),
    "erfcinv": (
        _erfcinv, lambda x: -mp.exp(_erfcinv(x) ** 2) / TWO_OVER_ROOT_PI(), np.concatenate([PROBABILITY, 2 - UNIT[1:]])
    ),
    "ndtri": (
        lambda x: -mp.sqrt(2) * _erfcinv(2 * x),
        lambda x: mp.sqrt(2 * mp.pi) * mp.exp(_erfcinv(2 * x) ** 2), PROBABILITY,
    ),
    "dawsn": (_dawsn, _dawsn_slope, line()),
    "ndtr": (_ndtr, _normal, line()),
    "log_ndtr": (_log_ndtr, _log_ndtr_slope, line()),
    "logit": (_logit, lambda x: 1 / (x * (1 - x)), line(0.0, 1)),
    "gammaln": (_gammaln, mp.digamma, GAMMA),
    "digamma": (mp.digamma, lambda x: mp.psi(1, x), GAMMA),
    "gamma": (mp.gamma, lambda x: mp.gamma(x) * mp.digamma(x), GAMMA),
    "rgamma": (mp.rgamma, lambda x: mp.diff(mp.rgamma, x) if x <= 0 else -mp.rgamma(x) * mp.digamma(x),
               np.concatenate([line(0, INF), -np.arange(0, 12, 0.25)])),
    "i0": (lambda x: mp.besseli(0, x), lambda x: mp.besseli(1, x), line(-800, 800, False)),
    "i1": (lambda x: mp.besseli(1, x), lambda x: (mp.besseli(0, x) + mp.besseli(2, x)) / 2, line(-800, 800, False)),
    "j0": (lambda x: mp.besselj(0, x), lambda x: -mp.besselj(1, x), line(-1e4, 1e4, False)),
    "j1": (lambda x: mp.besselj(1, x), lambda x: (mp.besselj(0, x) - mp.besselj(2, x)) / 2, line(-1e4, 1e4, False)),
    "y0": (lambda x: mp.bessely(0, x), lambda x: -mp.bessely(1, x), line(1e-30, 1e4, False)),
    "y1": (lambda x: mp.bessely(1, x), lambda x: (mp.bessely(0, x) - mp.bessely(2, x)) / 2, line(1e-30, 1e4, False)),
    "entr": (lambda x: -x * mp.log(x) if x else mp.mpf(0), lambda x: -mp.log(x) - 1, line(0.0)),
    "exp1": (mp.e1, lambda x: -mp.exp(-x) / x, line(1e-45, 800, False)),
    "expi": (mp.ei, lambda x: mp.exp(x) / x, line(-800, 720, False)),
    **{
        f"polygamma{n}": (lambda x, n=n: mp.psi(n, x), lambda x, n=n: mp.psi(n + 1, x), GAMMA[GAMMA > -1e9])
        for n in (1, 2, 3)
    },
    **{
        f"power{p}": (lambda x, p=p: mp.mpf(x) ** p, lambda x, p=p: p * mp.mpf(x) ** (p - 1), line(low))
        for p, low in ((3, -INF), (4, -INF), (1.5, 0.0), (-0.5, 0.0), (-2, 0.0), (0.5, 0.0), (-1, -INF), (2.5, 0.0))
    },
}  # fmt: skip

# ---- of two arguments: value, slope by each, points of each ----------------------------------------------------------


def _ratio(x, y):
    return 1 / (1 + mp.exp(y - x))


def _power(x, y):
    return mp.mpf(1) if y == 0 else mp.power(x, y)


TWO = {
    "divide": (lambda x, y: x / y, lambda x, y: 1 / y, lambda x, y: -x / y**2, SIGNED, SIGNED),
    "power": (
        _power, lambda x, y: y * mp.power(x, y - 1) if y else mp.mpf(0),
        lambda x, y: mp.power(x, y) * mp.log(x) if x else mp.mpf(0), POSITIVE, SIGNED,
    ),
    "arctan2": (
        lambda x, y: mp.atan2(x, y), lambda x, y: y / (x * x + y * y) if x or y else mp.mpf(0),
        lambda x, y: -x / (x * x + y * y) if x or y else mp.mpf(0), SIGNED, SIGNED,
    ),
    "hypot": (
        lambda x, y: mp.hypot(x, y), lambda x, y: x / mp.hypot(x, y) if x or y else mp.mpf(0),
        lambda x, y: y / mp.hypot(x, y) if x or y else mp.mpf(0), SIGNED, SIGNED,
    ),
    "logaddexp": (
        lambda x, y: max(x, y) + mp.log1p(mp.exp(-abs(x - y))), _ratio, lambda x, y: _ratio(y, x), SIGNED, SIGNED,
    ),
    "logaddexp2": (
        lambda x, y: max(x, y) + mp.log1p(mp.mpf(2) ** -abs(x - y)) / mp.log(2),
        lambda x, y: 1 / (1 + mp.mpf(2) ** (y - x)), lambda x, y: 1 / (1 + mp.mpf(2) ** (x - y)), SIGNED, SIGNED,
    ),
    "fmod": (
        lambda x, y: x - y * mp.sign(x / y) * mp.floor(abs(x / y)), lambda x, y: mp.mpf(1),
        lambda x, y: -mp.sign(x / y) * mp.floor(abs(x / y)), SIGNED, SIGNED[SIGNED != 0],
    ),
    "remainder": (
        lambda x, y: x - y * mp.floor(x / y), lambda x, y: mp.mpf(1), lambda x, y: -mp.floor(x / y), SIGNED,
        SIGNED[SIGNED != 0],
    ),
    "xlogy": (
        lambda x, y: x * mp.log(y) if x else mp.mpf(0), lambda x, y: mp.log(y), lambda x, y: x / y, SIGNED, POSITIVE,
    ),
    "xlog1py": (
        lambda x, y: x * mp.log1p(y) if x else mp.mpf(0), lambda x, y: mp.log1p(y), lambda x, y: x / (1 + y), SIGNED,
        np.concatenate([-UNIT, [0.0], POSITIVE]),
    ),
    "rel_entr": (
        lambda x, y: x * mp.log(x / y), lambda x, y: mp.log(x / y) + 1, lambda x, y: -x / y, POSITIVE, POSITIVE,
    ),
    "kl_div": (
        lambda x, y: x * mp.log(x / y) - x + y, lambda x, y: mp.log(x / y), lambda x, y: 1 - x / y, POSITIVE, POSITIVE,
    ),
    "huber": (
        lambda x, y: x * x / 2 if abs(x) <= y else y * (abs(x) - y / 2), lambda x, y: max(min(x, y), -y),
        lambda x, y: max(abs(x) - y, 0), SIGNED, POSITIVE,
    ),
    "logistic_loss": (
        lambda x, y: _softplus(x) - x * y, lambda x, y: _sigmoid(x) - y, lambda x, y: -x, SIGNED,
        np.concatenate([[0.0], UNIT, [1.0]]),
    ),
    "gammainc": (
        lambda x, y: mp.gammainc(x, 0, y, regularized=True), None,
        lambda x, y: mp.exp((x - 1) * mp.log(y) - y - mp.loggamma(x)), HALF, MIDDLE,
    ),
    "gammaincc": (
        lambda x, y: mp.gammainc(x, y, mp.inf, regularized=True), None,
        lambda x, y: -mp.exp((x - 1) * mp.log(y) - y - mp.loggamma(x)), HALF, MIDDLE,
    ),
    "beta": (
        mp.beta, lambda x, y: mp.beta(x, y) * (mp.digamma(x) - mp.digamma(x + y)),
        lambda x, y: mp.beta(x, y) * (mp.digamma(y) - mp.digamma(x + y)), MIDDLE, MIDDLE,
    ),
    "betaln": (
        lambda x, y: mp.loggamma(x) + mp.loggamma(y) - mp.loggamma(x + y),
        lambda x, y: mp.digamma(x) - mp.digamma(x + y), lambda x, y: mp.digamma(y) - mp.digamma(x + y),
        np.concatenate([MIDDLE, [1e5, 1e10]]), np.concatenate([MIDDLE, [1e5, 1e10]]),
    ),
    "jv": (
        mp.besselj, None, lambda x, y: (mp.besselj(x - 1, y) - mp.besselj(x + 1, y)) / 2, HALF[1:-2], MIDDLE[2:],
    ),
    "yv": (
        mp.bessely, None, lambda x, y: (mp.bessely(x - 1, y) - mp.bessely(x + 1, y)) / 2, HALF[1:-2], MIDDLE[2:],
    ),
    "iv": (
        mp.besseli, None, lambda x, y: (mp.besseli(x - 1, y) + mp.besseli(x + 1, y)) / 2, HALF[1:-2], MIDDLE[2:],
    ),
    "ive": (
        lambda x, y: mp.besseli(x, y) * mp.exp(-y), None,
        lambda x, y: mp.exp(-y) * ((mp.besseli(x - 1, y) + mp.besseli(x + 1, y)) / 2 - mp.besseli(x, y)),
        HALF[1:-2], np.concatenate([MIDDLE[2:], [4096.0]]),
    ),
    "kv": (
        mp.besselk, None, lambda x, y: -(mp.besselk(x - 1, y) + mp.besselk(x + 1, y)) / 2, HALF[1:-2], MIDDLE[2:],
    ),
    "stdtr": (
        None, None,
        lambda x, y: mp.exp(
            mp.loggamma((x + 1) / 2) - mp.loggamma(x / 2) - mp.log(mp.pi * x) / 2 - (x + 1) / 2 * mp.log1p(y * y / x)
        ),
        np.concatenate([HALF[1:], [1e5, 1e10]]), np.concatenate([[0.0], MIDDLE]),
    ),
}  # fmt: skip


# ---- of complex numbers: the slope, also on both sides of the cuts, which signed zeros tell apart --------------------

_AXIS = np.array([0.0, 1e-30, 1e-8, 0.25, 0.5, 1.0, 1 + 2.0**-12, 1.5, 2.0, 30.0, 1e10], "f4").astype("f8")
_AXIS = np.concatenate([-_AXIS[::-1], _AXIS])


def _circle(z):
    return mp.sqrt(1 - z) * mp.sqrt(1 + z)


COMPLEX = {
    "sqrt": lambda z: 1 / (2 * mp.sqrt(z)),
    "log": lambda z: 1 / z,
    "log2": lambda z: 1 / (z * mp.log(2)),
    "log10": lambda z: 1 / (z * mp.log(10)),
    "log1p": lambda z: 1 / (1 + z),
    "arcsin": lambda z: 1 / _circle(z),
    "arccos": lambda z: -1 / _circle(z),
    "arctan": lambda z: 1 / (1 + z * z),
    "arcsinh": lambda z: 1 / _circle(mp.j * z),
    "arccosh": lambda z: 1 / (mp.sqrt(z - 1) * mp.sqrt(z + 1)),
    "arctanh": lambda z: 1 / (1 - z * z),
    "reciprocal": lambda z: -1 / (z * z),
    "power": lambda z: mp.mpf(3) / 10 * mp.power(z, mp.mpf(3) / 10 - 1),
}


def on_cuts(slope):
    """The slope at all pairs of coordinates, with a tiny number in place of each zero."""

    def near(x):
        return mp.mpf(float(x)) if x else mp.mpf(10) ** -200 * (-1 if np.signbit(x) else 1)

    found = []
    with mp.workdps(430):
        for x in _AXIS:
            for y in _AXIS:
                z = mp.mpc(near(x), near(y))
                value = slope(z)
                found.append(complex(value) if abs(value) < 1e60 else np.nan)
    return np.array(found)


def compute(names):
    made = dict(np.load(PATH)) if PATH.exists() and names else {}
    for name, (value, slope, points) in ONE.items():
        if not names or name in names:
            points = np.asarray(points, float)
            made[f"{name}/x"] = points
            made[f"{name}/value"] = np.array([settled(value, x) for x in points], float)
            made[f"{name}/slope"] = np.array([settled(slope, x) for x in points], float)
            print(name, len(points), flush=True)
    for name, (value, slope_x, slope_y, xs, ys) in TWO.items():
        if not names or name in names:
            x, y = (part.ravel() for part in np.meshgrid(xs, ys))
            made[f"{name}/x"], made[f"{name}/y"] = x, y
            for kind, function in (("value", value), ("slope_x", slope_x), ("slope_y", slope_y)):
                if function is not None:
                    made[f"{name}/{kind}"] = np.array([settled(function, *p) for p in zip(x, y, strict=True)], float)
            print(name, len(x), flush=True)
    if not names or "complex" in names:
        x, y = (part.ravel() for part in np.meshgrid(_AXIS, _AXIS, indexing="ij"))
        made["complex/x"], made["complex/y"] = x, y
        made.update({f"complex/{name}": on_cuts(slope) for name, slope in COMPLEX.items()})
    np.savez_compressed(PATH, **made)


if __name__ == "__main__":
    compute(sys.argv[1:])
