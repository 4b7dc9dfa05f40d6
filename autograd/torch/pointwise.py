"""Element by element: torch.exp, torch.clamp, torch.lerp and their kin; torch.special."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd as ag

from ..engine.primitive import registry
from ..ops import special
from .dtypes import common, default
from .tensors import (
    COMPARISONS,
    OPERATORS,
    alike,
    cast,
    clip,
    comparison,
    conj,
    direct,
    floats,
    itself,
    offer,
    paired,
    table,
    values,
    where,
)  # fmt: skip


def floated(*values: Any) -> list[Any]:
    """The operands in the dtype of their promotion; integers become floats."""
    return alike(*[floats(value) if hasattr(value, "dtype") else value for value in values])


def promoting(function: Any, prepare: Any = alike) -> Any:
    """A function of NumPy's of two operands, on what promotion makes of them."""
    function = registry.get(function, function)
    return lambda input, other: function(*prepare(input, other))


def of_floats(function: Any) -> Any:
    """A function of numbers that are no integers."""
    return lambda *operands: function(*floated(*operands))


def of_one(function: Any) -> Any:
    """A function of NumPy's of one operand, which PyTorch calls input."""
    function = registry.get(function, function)
    return lambda input: function(input)


def of_two(function: Any) -> Any:
    """The same of two, which PyTorch calls input and other."""
    return promoting(function, lambda *operands: operands)


_PLAIN = (int, float, type(None))


def _clamp(input: Any, min: Any = None, max: Any = None) -> Any:
    if min is None and max is None:
        raise RuntimeError("clamp: expected min, max or both, got neither")
    if input.dtype.kind == "f" and min.__class__ in _PLAIN and max.__class__ in _PLAIN:
        return clip(input, min, max)
    if not hasattr(min, "dtype") and not hasattr(max, "dtype"):
        input = cast(input, common(input, 0 if min is None else min, 0 if max is None else max))
        return clip(input, *(None if bound is None else input.dtype.type(bound) for bound in (min, max)))
    input, *bounds = alike(input, *[bound for bound in (min, max) if bound is not None])
    return clip(input, *([None] if min is None else []), *bounds, *([None] if max is None else []))


def _plus(input: Any, other: Any, value: Any) -> Any:
    input, other = alike(input, other)
    return input + (other if value == 1 else other * value)


def _div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    if rounding_mode is None:
        return OPERATORS["truediv"](input, other)
    input, other = alike(input, other)
    return np.floor_divide(input, other) if rounding_mode == "floor" else cast(np.trunc(input / other), input.dtype)


def _where(condition: Any, input: Any = None, other: Any = None) -> Any:
    return np.nonzero(condition) if input is None else where(condition, *alike(input, other))


def _sign(input: Any) -> Any:
    return np.sign(input) if input.dtype.kind != "b" else input


def _float_power(input: Any, exponent: Any) -> Any:
    kind = np.complex128 if common(input, exponent).kind == "c" else np.float64
    return np.power(*[cast(v, kind) if hasattr(v, "dtype") else np.asarray(v, kind) for v in (input, exponent)])


def _of_scipy(name: str) -> Any:
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


def _scipys(names: str) -> dict[str, Any]:
    return {name: _of_scipy(theirs) for name, theirs in paired(names).items()}


def _polygamma(n: int, input: Any) -> Any:
    return ag.polygamma(n, floats(input))


def _with(operate: Any) -> Any:
    """An operator, of the other operand times alpha."""
    return lambda input, other, *, alpha=1: operate(input, other if alpha == 1 else other * alpha)


offer({
    **table("exp exp2 expm1 log log2 log10 log1p sqrt sin cos tan sinh cosh tanh arcsin asin:arcsin arccos acos:arccos "
            "arctan atan:arctan arcsinh asinh:arcsinh arccosh acosh:arccosh arctanh atanh:arctanh reciprocal deg2rad "
            "rad2deg sinc", np), **table("sigmoid erf erfc lgamma:gammaln digamma i0", special),
}, direct=direct)  # fmt: skip
offer({
    **table("abs absolute neg:negative negative ceil floor trunc fix:trunc isnan isinf isfinite isposinf isneginf "
            "isreal logical_not bitwise_not:invert signbit", np, of_one), "relu": of_one(ag.relu),
    **table("hypot fmod fmax fmin maximum minimum logaddexp logaddexp2 gcd lcm", np, promoting),
    **table("arctan2 atan2:arctan2 copysign", np, lambda function: promoting(function, floated)),
    "xlogy": promoting(ag.xlogy, floated), **_scipys("erfinv igamma:gammainc igammac:gammaincc"),
    "positive resolve_conj resolve_neg": lambda input: input, "conj_physical": conj, "sign": _sign,
    "square": lambda input: input * input if input.dtype.kind != "b" else input.astype(np.int64),
    "sgn": lambda input: input / np.where(input == 0, 1, np.abs(input)) if input.dtype.kind == "c" else _sign(input),
    "frac": lambda input: input - np.trunc(input), "rsqrt": lambda input: floats(input) ** -0.5,
    "round": lambda input, *, decimals=0: input if input.dtype.kind in "iu" else np.round(
        input, decimals) if decimals else np.rint(input),
    "angle": lambda input: np.angle(input) if input.dtype.kind == "c" else np.where(
        input < 0, math.pi, 0 * floats(input)),
    "nan_to_num": lambda input, nan=None, posinf=None, neginf=None: np.nan_to_num(
        input, nan=nan or 0.0, posinf=posinf, neginf=neginf),
    "logit": lambda input, eps=None: ag.logit(floats(input) if eps is None else _clamp(input, eps, 1 - eps)),
    "mvlgamma": lambda input, p: p * (p - 1) / 4 * math.log(math.pi) + sum(ag.gammaln(input - j / 2) for j in range(p)),
    "clamp clip": _clamp, "clamp_min": _clamp, "clamp_max": lambda input, max: _clamp(input, None, max),
    "lerp": lambda input, end, weight: input + weight * (end - input),
    "addcmul": lambda input, tensor1, tensor2, *, value=1: _plus(input, tensor1 * tensor2, value),
    "addcdiv": lambda input, tensor1, tensor2, *, value=1: _plus(input, tensor1 / tensor2, value),
    "nextafter": promoting(lambda x, y: x + (np.nextafter(values(x), values(y)) - values(x))),  # which is exact
    "heaviside": lambda input, values: cast(np.heaviside(*alike(input, values)), common(input, values)),
    "ldexp": lambda input, other: input * np.power(2.0, cast(other, common(floats(input)))),
    "pow": lambda input, exponent: OPERATORS["pow"](input, exponent) if isinstance(input, ag.Tensor) else np.power(
        *alike(input, exponent)),
    "isclose": lambda input, other, rtol=1e-5, atol=1e-8, equal_nan=False: np.isclose(
        input, other, rtol, atol, equal_nan),
    "allclose": lambda input, other, rtol=1e-5, atol=1e-8, equal_nan=False: bool(
        np.allclose(input, other, rtol, atol, equal_nan)),
    "equal": lambda input, other: input.shape == other.shape and bool(np.array_equal(input, other)),
    "add": _with(OPERATORS["add"]), "sub subtract": _with(OPERATORS["sub"]),
    "rsub": lambda input, other, *, alpha=1: _with(OPERATORS["sub"])(other, input, alpha=alpha),
    "div divide": _div, "__rdiv__": lambda self, other: OPERATORS["truediv"](other, self),
})  # fmt: skip
offer({"float_power": _float_power}, narrow=False)
offer({
    "where": _where, "polygamma": _polygamma, "conj": conj, **table("real imag", np, of_one),
    "view_as_real": lambda input: np.stack([np.real(input), np.imag(input)], -1),
    "view_as_complex": lambda input: input[..., 0] + 1j * input[..., 1], "complex": lambda real, imag: real + 1j * imag,
    "polar": lambda abs, angle: abs * np.exp(1j * angle), "frexp": lambda input: (
        input / 2.0 ** np.frexp(values(input))[1].astype(input.dtype), np.frexp(values(input))[1]),
}, method=False)  # fmt: skip
offer({
    "where": lambda self, condition, other: _where(condition, self, other), "conj": conj,
    "polygamma": lambda self, n: _polygamma(n, self),
}, function=False)  # fmt: skip
offer({
    "mul multiply": OPERATORS["mul"], "true_divide": OPERATORS["truediv"], "floor_divide": OPERATORS["floordiv"],
    "remainder": OPERATORS["mod"], "bitwise_and": OPERATORS["and"], "bitwise_or": OPERATORS["or"],
    "bitwise_xor": OPERATORS["xor"], "bitwise_left_shift": OPERATORS["lshift"],
    "bitwise_right_shift": OPERATORS["rshift"], **table("logical_and logical_or logical_xor", np, comparison),
    **{names: comparison(COMPARISONS[names[:2]]) for names in (
        "eq", "ne not_equal", "lt less", "le less_equal", "gt greater", "ge greater_equal")},
}, direct=itself)  # fmt: skip

_OF_DEGREE: dict[str, Callable[..., Any]] = {
    "chebyshev_polynomial_t": lambda sp, n, x: sp.eval_chebyt(n, x),
    "chebyshev_polynomial_u": lambda sp, n, x: sp.eval_chebyu(n, x),
    "chebyshev_polynomial_v": lambda sp, n, x: sp.eval_chebyu(n, x) - np.sign(n) * sp.eval_chebyu(abs(n - 1), x),
    "chebyshev_polynomial_w": lambda sp, n, x: sp.eval_chebyu(n, x) + np.sign(n) * sp.eval_chebyu(abs(n - 1), x),
    "hermite_polynomial_h": lambda sp, n, x: sp.eval_hermite(n, x),
    "hermite_polynomial_he": lambda sp, n, x: sp.eval_hermitenorm(n, x),
    "laguerre_polynomial_l": lambda sp, n, x: sp.eval_laguerre(n, x),
    "legendre_polynomial_p": lambda sp, n, x: sp.eval_legendre(n, x),
}


def _polynomial(of_degree: Any, shifted: bool = False) -> Any:
    """A polynomial of SciPy's, of a degree that is whole; of a negative one it is 0."""

    def call(input: Any, n: Any) -> Any:
        from scipy import special

        x, n = np.broadcast_arrays(values(input), np.trunc(values(n)).astype(int))
        made = of_degree(special, np.maximum(n, 0), 2 * x - 1 if shifted else x)
        return np.where(n < 0, 0, made).astype(np.result_type(x, default()))

    return call


SPECIAL: dict[str, Any] = {
    **{name: _polynomial(made) for name, made in _OF_DEGREE.items()},
    **{f"shifted_{name}": _polynomial(made, True) for name, made in list(_OF_DEGREE.items())[:4]},
    **_scipys("i0e i1e erfcx ndtri zeta entr xlog1py gammainc gammaincc airy_ai:airy bessel_j0:j0 bessel_j1:j1 "
              "bessel_y0:y0 bessel_y1:y1 modified_bessel_i0:i0 modified_bessel_i1:i1 modified_bessel_k0:k0 "
              "modified_bessel_k1:k1 scaled_modified_bessel_k0:k0e scaled_modified_bessel_k1:k1e"),
    **table("i1 ndtr log_ndtr", ag, of_floats), "polygamma": _polygamma,
    "spherical_bessel_j0": lambda input: np.sinc(floats(input) / math.pi),
}  # fmt: skip
"""torch.special; and what torch itself has of it, by its name there."""
SAME = paired(
    "erf erfc erfinv exp2 expm1 log1p logit digamma sinc round xlogy i0 logsumexp softmax log_softmax psi:digamma "
    "gammaln:lgamma expit:sigmoid multigammaln:mvlgamma"
)
