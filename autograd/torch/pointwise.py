"""Element by element: torch.exp, torch.clamp, torch.lerp and their kin."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd as ag

from ..engine.primitive import registry
from ..ops import special
from .dtypes import common
from .tensors import COMPARISONS, OPERATORS, alike, cast, comparison, conj, direct, floats, known, offer, values


def floated(*values: Any) -> list[Any]:
    """The operands in the dtype of their promotion; integers become floats."""
    return alike(*[floats(value) if hasattr(value, "dtype") else value for value in values])


def promoting(function: Any, prepare: Any = alike) -> Any:
    """A function of NumPy's of two operands, on what promotion makes of them."""
    function = registry.get(function, function)
    return lambda input, other: function(*prepare(input, other))


_PLAIN = (int, float, type(None))


def _clamp(input: Any, min: Any = None, max: Any = None) -> Any:
    if min is None and max is None:
        raise RuntimeError("clamp: expected min, max or both, got neither")
    if input.dtype.kind == "f" and min.__class__ in _PLAIN and max.__class__ in _PLAIN:
        return known.clip(input, min, max)
    if not hasattr(min, "dtype") and not hasattr(max, "dtype"):
        input = cast(input, common(input, 0 if min is None else min, 0 if max is None else max))
        return known.clip(input, *(None if bound is None else input.dtype.type(bound) for bound in (min, max)))
    input, *bounds = alike(input, *[bound for bound in (min, max) if bound is not None])
    return known.clip(input, *([None] if min is None else []), *bounds, *([None] if max is None else []))


def _plus(input: Any, other: Any, value: Any) -> Any:
    input, other = alike(input, other)
    return input + (other if value == 1 else other * value)


def _div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    if rounding_mode is None:
        return OPERATORS["truediv"](input, other)
    input, other = alike(input, other)
    return np.floor_divide(input, other) if rounding_mode == "floor" else cast(np.trunc(input / other), input.dtype)


def _where(condition: Any, input: Any = None, other: Any = None) -> Any:
    return np.nonzero(condition) if input is None else known.where(condition, *alike(input, other))


def _sign(input: Any) -> Any:
    return np.sign(input) if input.dtype.kind != "b" else input


def _nextafter(input: Any, other: Any) -> Any:
    return input + (np.nextafter(values(input), values(other)) - values(input))  # which is exact


def _float_power(input: Any, exponent: Any) -> Any:
    kind = np.complex128 if common(input, exponent).kind == "c" else np.float64
    return np.power(*[cast(v, kind) if hasattr(v, "dtype") else np.asarray(v, kind) for v in (input, exponent)])


def of_scipy(name: str) -> Any:
    """A function of scipy.special, with its derivative if one is known."""

    def call(*operands: Any) -> Any:
        from scipy import special as plainly

        from ..scipy import special as known

        operands = tuple(floated(*operands))
        if hasattr(known, name):
            return getattr(known, name)(*operands)
        if any(getattr(value, "requires_grad", False) for value in operands):
            raise NotImplementedError(f"torch.special: no derivative rule is known for {name}; use it on .detach()")
        found = getattr(plainly, name)(*map(np.asarray, operands))
        return found[0] if isinstance(found, tuple) else found

    return call


def polygamma(n: int, input: Any) -> Any:
    return ag.polygamma(n, floats(input))


offer({
    "exp": np.exp, "exp2": np.exp2, "expm1": np.expm1, "log": np.log, "log2": np.log2, "log10": np.log10,
    "log1p": np.log1p, "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos, "tan": np.tan, "sinh": np.sinh, "cosh": np.cosh,
    "tanh": np.tanh, "asin arcsin": np.arcsin, "acos arccos": np.arccos, "atan arctan": np.arctan,
    "asinh arcsinh": np.arcsinh, "acosh arccosh": np.arccosh, "atanh arctanh": np.arctanh, "reciprocal": np.reciprocal,
    "deg2rad": np.deg2rad, "rad2deg": np.rad2deg, "sinc": np.sinc, "sigmoid": special.sigmoid, "erf": special.erf,
    "erfc": special.erfc, "lgamma": special.gammaln, "digamma": special.digamma, "i0": special.i0,
}, direct=direct)  # fmt: skip
offer({
    "abs absolute": lambda input: np.abs(input), "neg negative": lambda input: -input, "positive": lambda input: input,
    "sign": _sign, "relu": lambda input: ag.relu(input), "square": lambda input: (
        input * input if input.dtype.kind != "b" else input.astype(np.int64)),
    "sgn": lambda input: input / np.where(input == 0, 1, np.abs(input)) if input.dtype.kind == "c" else _sign(input),
    "ceil": lambda input: np.ceil(input), "floor": lambda input: np.floor(input),
    "trunc fix": lambda input: np.trunc(input), "frac": lambda input: input - np.trunc(input),
    "round": lambda input, *, decimals=0: input if input.dtype.kind in "iu" else np.round(
        input, decimals) if decimals else np.rint(input),
    "rsqrt": lambda input: floats(input) ** -0.5, "conj_physical": conj,
    "angle": lambda input: np.angle(input) if input.dtype.kind == "c" else np.where(
        input < 0, math.pi, 0 * floats(input)),
    "nan_to_num": lambda input, nan=None, posinf=None, neginf=None: np.nan_to_num(
        input, nan=nan or 0.0, posinf=posinf, neginf=neginf),
    "logit": lambda input, eps=None: ag.logit(floats(input) if eps is None else _clamp(input, eps, 1 - eps)),
    "erfinv": of_scipy("erfinv"), "igamma": of_scipy("gammainc"), "igammac": of_scipy("gammaincc"),
    "mvlgamma": lambda input, p: p * (p - 1) / 4 * math.log(math.pi) + sum(ag.gammaln(input - j / 2) for j in range(p)),
    "clamp clip": _clamp, "clamp_min": _clamp, "clamp_max": lambda input, max: _clamp(input, None, max),
    "lerp": lambda input, end, weight: input + weight * (end - input),
    "addcmul": lambda input, tensor1, tensor2, *, value=1: _plus(input, tensor1 * tensor2, value),
    "addcdiv": lambda input, tensor1, tensor2, *, value=1: _plus(input, tensor1 / tensor2, value),
    "hypot": promoting(np.hypot), "atan2 arctan2": promoting(np.arctan2, floated), "fmod": promoting(np.fmod),
    "copysign": promoting(np.copysign, floated), "nextafter": promoting(_nextafter), "fmax": promoting(np.fmax),
    "heaviside": lambda input, values: cast(
        np.heaviside(*alike(input, values)), common(input, values)), "fmin": promoting(np.fmin),
    "ldexp": lambda input, other: input * np.power(2.0, cast(other, common(floats(input)))),
    "pow": lambda input, exponent: OPERATORS["pow"](input, exponent) if isinstance(input, ag.Tensor) else np.power(
        *alike(input, exponent)),
    "xlogy": promoting(ag.xlogy, floated), "maximum": promoting(np.maximum), "minimum": promoting(np.minimum),
    "logaddexp": promoting(np.logaddexp), "logaddexp2": promoting(np.logaddexp2), "gcd": promoting(np.gcd),
    "lcm": promoting(np.lcm), "isclose": lambda input, other, rtol=1e-5, atol=1e-8, equal_nan=False: np.isclose(
        input, other, rtol, atol, equal_nan), "logical_not": lambda input: np.logical_not(input),
    "bitwise_not": lambda input: np.invert(input), "signbit": lambda input: np.signbit(input),
    "isnan": lambda input: np.isnan(input), "isinf": lambda input: np.isinf(input),
    "isfinite": lambda input: np.isfinite(input), "isposinf": lambda input: np.isposinf(input),
    "isneginf": lambda input: np.isneginf(input), "isreal": lambda input: np.isreal(input),
    "allclose": lambda input, other, rtol=1e-5, atol=1e-8, equal_nan=False: bool(
        np.allclose(input, other, rtol, atol, equal_nan)), "resolve_conj resolve_neg": lambda input: input,
    "equal": lambda input, other: input.shape == other.shape and bool(np.array_equal(input, other)),
    "add": lambda input, other, *, alpha=1: OPERATORS["add"](input, other if alpha == 1 else other * alpha),
    "sub subtract": lambda input, other, *, alpha=1: OPERATORS["sub"](input, other if alpha == 1 else other * alpha),
    "rsub": lambda input, other, *, alpha=1: OPERATORS["sub"](other, input if alpha == 1 else input * alpha),
    "div divide": _div, "__rdiv__": lambda self, other: OPERATORS["truediv"](other, self),
})  # fmt: skip
offer({"float_power": _float_power}, narrow=False)
offer({
    "where": _where, "polygamma": polygamma, "conj": conj, "real": lambda input: np.real(input),
    "imag": lambda input: np.imag(input), "view_as_real": lambda input: np.stack([np.real(input), np.imag(input)], -1),
    "view_as_complex": lambda input: input[..., 0] + 1j * input[..., 1], "complex": lambda real, imag: real + 1j * imag,
    "polar": lambda abs, angle: abs * np.exp(1j * angle), "frexp": lambda input: (
        input / 2.0 ** np.frexp(values(input))[1].astype(input.dtype), np.frexp(values(input))[1]),
}, method=False)  # fmt: skip
offer({
    "where": lambda self, condition, other: _where(condition, self, other), "conj": conj,
    "polygamma": lambda self, n: polygamma(n, self),
}, function=False)  # fmt: skip
offer({
    "mul multiply": OPERATORS["mul"], "true_divide": OPERATORS["truediv"], "floor_divide": OPERATORS["floordiv"],
    "remainder": OPERATORS["mod"], "bitwise_and": OPERATORS["and"], "bitwise_or": OPERATORS["or"],
    "bitwise_xor": OPERATORS["xor"], "bitwise_left_shift": OPERATORS["lshift"],
    "bitwise_right_shift": OPERATORS["rshift"],
    **{f"logical_{name}": comparison(getattr(np, f"logical_{name}")) for name in ("and", "or", "xor")},
    **{names: comparison(COMPARISONS[names[:2]]) for names in (
        "eq", "ne not_equal", "lt less", "le less_equal", "gt greater", "ge greater_equal")},
}, direct=lambda function: function)  # fmt: skip
