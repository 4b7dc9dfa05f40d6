"""Functions of one number for kernels in Numba: of such form that a loop over them becomes one over vectors.

Numba's own exp, log and tanh are calls of the C library, one number at a time. These are series of Taylor's on the
remainder of an argument that is brought near 0, with no branches: each case is computed, and one taken. They are
within 2 ulp of NumPy's, and give what it gives at infinities, NaN, zeros and subnormals. In each of them, and in the
sums, the compiler may use a fused multiply and add; in `plus` it may change the order. Nowhere may it assume that there
is no NaN or infinity.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

try:
    import numba
    from llvmlite import ir
    from numba import types
    from numba.extending import intrinsic
    from numba.np.arrayobj import populate_array
    from numba.np.numpy_support import from_dtype
except ImportError as error:
    raise ImportError("Kernels in Numba need Numba; install it, with pip install 'backgraph[fast]'") from error


def _inline(function: Callable[..., Any]) -> Any:
    """A function that becomes part of those that call it."""
    return numba.njit(forceinline=True, error_model="numpy")(function)


def _fused(function: Callable[..., Any]) -> Any:
    """The same, where a product and a sum may be rounded once."""
    return numba.njit(forceinline=True, error_model="numpy", fastmath={"contract"})(function)


def _reordered(function: Callable[..., Any]) -> Any:
    """The same, where sums may be taken in another order."""
    return numba.njit(forceinline=True, error_model="numpy", fastmath={"reassoc", "contract"})(function)


@_reordered
def plus(a: Any, b: Any) -> Any:
    """a + b in a sum, whose order may be another one."""
    return a + b


def _intrinsic(function: Callable[..., Any]) -> Any:
    return intrinsic(function)


def _memory(dtype: Any) -> Any:
    element = from_dtype(np.dtype(dtype))
    kind = types.Array(element, 1, "C")

    @_intrinsic
    def at(context: Any, address: Any, offset: Any, count: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            address, offset, count = args
            size = context.get_constant(types.int64, dtype().itemsize)
            place = builder.add(address, builder.mul(offset, size))
            made = context.make_array(kind)(context, builder)
            data = builder.inttoptr(place, context.get_data_type(element).as_pointer())
            populate_array(made, data, [count], [size], context.get_constant(types.int64, dtype().itemsize), None)
            return made._getvalue()

        return kind(types.int64, types.int64, types.int64), generate

    return at


float32_at, float64_at, bool_at = _memory(np.float32), _memory(np.float64), _memory(np.bool_)
int64_at, int32_at = _memory(np.int64), _memory(np.int32)
"""The elements at an address: from an offset on, so many."""


def _extreme(name: str) -> Any:
    @_intrinsic
    def choose(context: Any, a: Any, b: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            kind = args[0].type
            form = ir.FunctionType(kind, (kind, kind))
            return builder.call(builder.module.declare_intrinsic(f"llvm.{name}", (kind,), form), args)

        return a(a, a), generate

    return choose


maximum, minimum = _extreme("maximum"), _extreme("minimum")
"""Of two floats; NaN if one of them is NaN."""


@_inline
def larger(a: Any, b: Any) -> Any:
    """The same of whole numbers."""
    return a if a > b else b


@_inline
def smaller(a: Any, b: Any) -> Any:
    return a if a < b else b


def _series(coefficients: Sequence[float], f: Any) -> Any:
    """A polynomial, of which the coefficient of the highest power comes first."""
    text = "c0"
    space: dict[str, Any] = {"__name__": __name__, **{f"c{k}": f(c) for k, c in enumerate(coefficients)}}
    for k in range(1, len(coefficients)):
        text = f"({text} * x + c{k})"
    exec(f"def series(x):\n    return {text}\n", space)
    return _fused(space["series"])


def _functions(
    f: Any, i: Any, bits: int, bias: int, terms: tuple[int, int], near_0: tuple[float, ...]
) -> tuple[Any, ...]:
    """exp, expm1, log, log1p, tanh and sign of one precision: f and i are its float and an integer of that size.

    bits, bias  of its significand and of its exponent
    terms       of the series of exp, and of that of atanh
    near_0      (tanh(x) / x - 1) / x² as a polynomial in x², for x² up to 0.36
    """
    one, two, half, zero, inf, nan = f(1), f(2), f(0.5), f(0), f(math.inf), f(math.nan)
    magic = f(1.5 * 2.0**bits)  # a number near 0 added to it is rounded to an integer, which is in its last digits
    magic_bits = magic.view(i)
    per_log2 = f(1 / math.log(2))
    spare = 2 ** (bits - 20 if bits > 23 else 15)
    high = f(round(_LOG2 * spare) / Fraction(spare))  # multiples of it by an exponent are exact
    low = f(_LOG2 - Fraction(float(high)))
    least, most = f(-(bias + bits) * math.log(2) - 1.2), f((bias + 1) * math.log(2) + 0.2)
    root = f(math.sqrt(0.5)).view(i)
    tiny, lifting, lifted = np.finfo(f).tiny, f(2.0**bits), i(bits)
    i_bits, i_bias, i_one = i(bits), i(bias), i(1)
    limit, nothing = f(0.6), f(np.finfo(f).eps / 4)  # below which a square is lost
    exp_series = _series([1 / math.factorial(k) for k in range(terms[0], 1, -1)], f)
    log_series = _series([2 / (2 * k + 1) for k in range(terms[1], 0, -1)], f)
    tanh_series = _series(near_0[::-1], f)

    @_fused
    def exp(x: Any) -> Any:
        z = zero if x < least else x  # as of a mask's -inf: what underflows would take a hundred times as long
        z = most if z > most else z
        t = z * per_log2 + magic
        n = t - magic
        r = (z - n * high) - n * low
        p = (exp_series(r) * r * r + r) + one
        k = i(f(t).view(i) - magic_bits)
        a = i(k >> i_one)
        u = i((a + i_bias) << i_bits).view(f)
        v = i((i(k - a) + i_bias) << i_bits).view(f)
        return zero if x < least else p * u * v

    @_fused
    def expm1(x: Any) -> Any:
        z = least if x < least else x
        z = most if z > most else z
        t = z * per_log2 + magic
        n = t - magic
        r = (z - n * high) - n * low
        p = exp_series(r) * r * r + r
        k = i(f(t).view(i) - magic_bits)
        k = i(k if k > -i_bits - i_bits else -i_bits - i_bits)
        u = i((i(k - i_one) + i_bias) << i_bits).view(f)
        return x if abs(x) < nothing else (p * u + (u - half)) * two

    @_fused
    def log(x: Any) -> Any:
        small = x < tiny
        y = x * lifting if small else x
        b = f(y).view(i)
        e = i(i(b - root) >> i_bits)
        m = i(b - i(e << i_bits)).view(f) - one
        k = f(i(e - lifted) if small else e)
        s = m / (two + m)
        z = s * s
        made = k * high + (m - (s * (m - log_series(z) * z) - k * low))
        made = made if x < inf else x  # NaN as well
        made = -inf if x == zero else made
        return nan if x < zero else made

    @_fused
    def log1p(x: Any) -> Any:
        u = one + x
        c = one - (u - x) if x > one else x - (u - one)
        made = log(u) + c / u
        made = made if u > zero and x < inf else log(u)
        return x if x == zero else made

    @_fused
    def tanh(x: Any) -> Any:
        s = x * x
        small = tanh_series(s) * s * x + x
        a = abs(x)
        far = one - two / (exp(a + a) + one)
        far = -far if x < zero else far
        small = x if a < nothing else small
        return small if a < limit else far

    @_inline
    def sign(x: Any) -> Any:
        return one if x > zero else -one if x < zero else x + zero

    return exp, expm1, log, log1p, tanh, sign


_LOG2 = Fraction("0.69314718055994530941723212145817656807550013436025525412068")

float32_exp, float32_expm1, float32_log, float32_log1p, float32_tanh, float32_sign = _functions(
    np.float32, np.int32, 23, 127, (7, 4),
    (-0.3333333033273155, 0.13332915366987452, -0.053873948848643334, 0.02111095904951479, -0.006269119719649729),
)  # fmt: skip
float64_exp, float64_expm1, float64_log, float64_log1p, float64_tanh, float64_sign = _functions(
    np.float64, np.int64, 52, 1023, (13, 10),
    (-0.33333333333333326, 0.13333333333330197, -0.05396825396475762, 0.02186948838378093, -0.008863232113541474,
     0.0035920831663434575, -0.001455464802800745, 0.0005880541548418729, -0.0002322510406793851, 8.154737806525365e-05,
     -1.833596211003942e-05),
)  # fmt: skip
