"""What NumPy lacks: the functions of neural networks and of probability, stable where the textbook formula is not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine.blocks import by_blocks, in_blocks
from ..engine.declare import elementwise, primitive
from ..engine.halves import in_single
from ..engine.lending import empty_like
from ..engine.primitive import Function
from ..engine.rows import by_rows
from ..engine.sums import added, axes_of, is_large, largest, total, total_of_product
from ..engine.tensor import unwrap
from .elementwise import greatest, least, lifted, masked
from .indexing import scatter_add
from .pieces import in_pieces, in_rows, only_whole
from .reductions import kept

# ---- of networks: few passes, in place where the array is nobody else's ----------------------------------------------


def _floating(x: Any) -> Any:
    """Integers and Python's numbers as float64."""
    if not hasattr(x, "dtype"):
        return np.asarray(x, dtype=float)
    return x if x.dtype.kind in "fc" else x.astype(float)


def _exp_of(x: Any) -> Any:
    """exp(x) of an array that is ours to overwrite."""
    return np.exp(x, out=x) if x.__class__ is np.ndarray else np.exp(x)


def _log1p_of(x: Any) -> Any:
    return np.log1p(x, out=x) if x.__class__ is np.ndarray else np.log1p(x)


def _negated(x: Any) -> Any:
    return np.negative(x, out=x) if x.__class__ is np.ndarray else -x


def _reciprocal_of(x: Any) -> Any:
    return np.divide(1, x, out=x) if x.__class__ is np.ndarray else 1 / x  # np.reciprocal takes twice as long


def _sigmoid(x: Any) -> Any:
    """The logistic function 1 / (1 + exp(-x)), element by element.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    with np.errstate(over="ignore"):  # exp(1000) is inf, and the result 0
        result = _exp_of(-_floating(x))
    result += 1
    return _reciprocal_of(result)


def _relu(x: Any) -> Any:
    """max(x, 0), element by element; its derivative at 0 is 0.

    >>> relu(np.array([-1.0, 2.0]))
    array([0., 2.])
    """
    if not is_large(x):
        return np.maximum(x, 0)
    result = np.clip(x, 0, np.inf)  # several numbers at a time, as NumPy's maximum with a number does not take them
    result += 0.0  # which makes 0 of -0
    return result


def _softplus(x: Any) -> Any:
    """log(1 + exp(x)), element by element, also where exp(x) overflows.

    >>> softplus(np.array([-1000.0, 1000.0]))
    array([   0., 1000.])
    """
    return in_pieces(_softplus_piece, _floating(x))


def _softplus_piece(x: Any, out: Any = None) -> Any:
    result = _log1p_of(_exp_of(_negated(np.absolute(x, out=out))))
    result += np.clip(x, 0, np.inf) if is_large(x) else np.maximum(x, 0)
    return result


def _logsigmoid(x: Any) -> Any:
    """log(sigmoid(x)), element by element, also where sigmoid(x) is 0.

    >>> logsigmoid(np.array([-1000.0, 1000.0]))
    array([-1000.,     0.])
    """
    return in_pieces(_logsigmoid_piece, _floating(x))


def _logsigmoid_piece(x: Any, out: Any = None) -> Any:
    result = _negated(_log1p_of(_exp_of(_negated(np.absolute(x, out=out)))))
    result += np.clip(x, -np.inf, 0) if is_large(x) else np.minimum(x, 0)
    return result


def _silu_of(x: Any, s: Any) -> Any:
    return x * s


def _silu_slope(x: Any, s: Any) -> Any:
    """The derivative of silu, s (1 + x (1 - s)) with s = sigmoid(x)."""
    return in_pieces(_silu_slope_piece, x, s)


def _silu_slope_piece(x: Any, s: Any, out: Any = None) -> Any:
    result = np.subtract(1, s, out=out)
    result *= x
    result += 1
    result *= s
    return result


def _silu_bend(g: Any, x: Any) -> Any:
    s = sigmoid(x)
    return g * (s * (1 - s) * (2 + x * (1 - 2 * s)))


silu_slope: Function = elementwise(_silu_slope, name="silu_slope", single=True, x=_silu_bend, s=None)
_silu_by = elementwise(_silu_of, name="silu", single=True, x=lambda g, x, s: g * silu_slope(x, s), s=None)


@in_single
def silu(x: Any) -> Any:
    """x * sigmoid(x), element by element, also called swish.

    >>> silu(np.array([-1000.0, 0.0, 1000.0]))
    array([  -0.,    0., 1000.])
    """
    return _silu_by(x, sigmoid(unwrap(x)))  # the gate is kept: an exponential costs more than all else of the slope


_C = 2 * math.sqrt(2 / math.pi)  # (1 + tanh(z)) / 2 is sigmoid(2z)
_B = 0.044715 * _C


def _gelu_tanh(x: Any) -> Any:
    """x * sigmoid(z), z = 2 √(2/π) (x + 0.044715 x³): GELU's cheaper formula, element by element.

    (Hendrycks, Gimpel 2016, arXiv 1606.08415.) Only x is kept for the backward pass.

    >>> gelu_tanh(np.array([-1000.0, 0.0, 1000.0]))
    array([  -0.,    0., 1000.])
    """
    with np.errstate(over="ignore"):  # as for sigmoid
        return in_pieces(_gelu_piece, _floating(x))


def _gelu_tanh_gate(x: Any, out: Any = None) -> Any:
    """sigmoid(z)."""
    result = np.multiply(x, x, out=out)
    result *= -_B
    result -= _C
    result *= x
    result = _exp_of(result)
    result += 1
    return _reciprocal_of(result)


def _gelu_piece(x: Any, out: Any = None) -> Any:
    result = _gelu_tanh_gate(x, out)
    result *= x
    return result


def _gelu_tanh_slope(x: Any) -> Any:
    """The derivative of gelu_tanh, s + x s (1 - s) z' with s = sigmoid(z), z' = c + 3bx²."""
    with np.errstate(over="ignore"):
        return in_pieces(_gelu_tanh_slope_piece, x)


def _gelu_tanh_slope_piece(x: Any, out: Any = None) -> Any:
    s = _gelu_tanh_gate(x)
    x = np.clip(x, -64, 64)  # beyond, s is 0 or 1 to the last bit, and the powers may overflow
    result = np.multiply(x, x, out=out)
    result *= 3 * _B
    result += _C
    result *= x
    result *= 1 - s
    result += 1
    result *= s
    return result


def _gelu_bend(g: Any, x: Any) -> Any:
    x = np.clip(x, -64, 64)  # beyond, s is 0 or 1 to the last bit, and the powers may overflow
    square = np.square(x)
    s = sigmoid(x * (_B * square + _C))
    slope = 3 * _B * square + _C  # of z
    return g * (s * (1 - s) * (2 * slope + x * ((1 - 2 * s) * np.square(slope) + 6 * _B * x)))


def _softsign(x: Any) -> Any:
    """x / (1 + |x|), element by element; ±1 at ±inf.

    >>> softsign(np.array([-np.inf, 0.0, 1.0]))
    array([-1. ,  0. ,  0.5])
    """
    x = _floating(x)
    x = np.clip(x, -greatest(x.dtype), greatest(x.dtype))
    return x / (1 + np.absolute(x))


def _hardswish(x: Any) -> Any:
    """x times a line that goes from 0 at -3 to 1 at 3 and is kept within, element by element. (Howard et al. 2019)

    >>> hardswish(np.array([-4.0, 0.0, 3.0, 4.0]))
    array([-0.,  0.,  3.,  4.])
    """
    return in_pieces(_hardswish_piece, _floating(x))


def _hardswish_piece(x: Any, out: Any = None) -> Any:
    result = np.add(x, 3, out=out)
    result = np.clip(result, 0, 6, out=out)
    result *= 1 / 6
    result *= x  # last, for six times x may be too large
    return result


def _hardswish_slope(x: Any) -> Any:
    """The derivative of hardswish: x/3 + 1/2 between -3 and 3; 0 below, 1 above."""
    return in_pieces(_hardswish_slope_piece, x)


def _hardswish_slope_piece(x: Any, out: Any = None) -> Any:
    result = np.clip(x, -3, 3, out=out)
    result += masked(result, np.absolute(result) < 3)
    result += 3
    result *= 1 / 6
    return result


def _huber(x: Any, delta: Any) -> Any:
    """x²/2 where |x| <= delta, else delta (|x| - delta/2), element by element. (Huber 1964)

    >>> huber(np.array([1.0, -3.0]), 2.0)
    array([0.5, 4. ])
    """
    kept = np.clip(x, -delta, delta)
    result = kept * -0.5
    result += x
    result *= kept
    return result


def _logistic_loss(x: Any, y: Any) -> Any:
    """-y log s - (1 - y) log(1 - s) with s = sigmoid(x), element by element, also where s is 0 or 1.

    >>> logistic_loss(np.array([0.0, 1000.0, 1000.0]), np.array([1.0, 1.0, 0.0])).round(4)
    array([6.931e-01, 0.000e+00, 1.000e+03])
    """
    x = _floating(x)
    result = _log1p_of(_exp_of(_negated(np.absolute(x))))
    return added(result, _without_doubt(x, _less(x > 0, _floating(y))))


def _less(right: Any, y: Any) -> Any:
    """right - y, for booleans: as numbers, of which many are subtracted in half the time."""
    if not is_large(y) or right.shape != y.shape:
        return right - y
    made = right.astype(y.dtype)
    made -= y
    return made


def _without_doubt(x: Any, error: Any) -> Any:
    """x * error, and 0 where the error is 0: what is right costs nothing, also where x is infinite."""
    if type(x) is np.ndarray:
        try:
            with np.errstate(invalid="raise"):  # 0 times infinity is, and asking costs less than looking
                return x * error
        except FloatingPointError:
            pass
    return np.where(error == 0, 0, x) * error


def _sigmoid_surplus(x: Any, y: Any) -> Any:
    """sigmoid(x) - y, to the last bits also where both are 1: what a confident prediction still has to learn."""
    x = _floating(x)
    small = _exp_of(_negated(np.absolute(x)))
    small /= 1 + small  # of sigmoid(x) and sigmoid(-x) the lesser
    above = (x > 0).astype(x.dtype)
    result = above - _floating(y)
    above *= -2
    above += 1  # 1 or -1: a product takes a third of the time of np.copysign
    small *= above
    result += small
    return result


hardswish_slope: Function = elementwise(
    _hardswish_slope,
    name="hardswish_slope",
    single=True,
    x=lambda g, x: g * ((np.absolute(x) < 3) * g.dtype.type(1 / 3)),
)
hardswish = elementwise(_hardswish, name="hardswish", single=True, x=lambda g, x: g * hardswish_slope(x))
huber = elementwise(
    _huber, name="huber", single=True,
    x=lambda g, x, delta: g * np.clip(x, -delta, delta),
    delta=lambda g, x, delta: g * np.maximum(np.absolute(x) - delta, 0),
)  # fmt: skip
sigmoid_surplus: Function = elementwise(
    _sigmoid_surplus, name="sigmoid_surplus", single=True,
    x=lambda g, x: g * (sigmoid(x) * sigmoid(-x)), y=lambda g: -g,
)  # fmt: skip
logistic_loss = elementwise(
    _logistic_loss, name="logistic_loss", single=True,
    x=lambda g, x, y: g * sigmoid_surplus(x, y), y=lambda g, x: -(g * x),
)  # fmt: skip
gelu_tanh_slope: Function = elementwise(_gelu_tanh_slope, name="gelu_tanh_slope", single=True, x=_gelu_bend)
gelu_tanh = elementwise(_gelu_tanh, name="gelu_tanh", single=True, x=lambda g, x: g * gelu_tanh_slope(x))
sigmoid: Function = elementwise(_sigmoid, name="sigmoid", single=True, x=lambda g, out: g * (out * (1 - out)))
softsign = elementwise(_softsign, name="softsign", single=True, x=lambda g, x: g / np.square(1 + np.absolute(x)))
relu = elementwise(_relu, name="relu", x=lambda g, out: masked(g, out > 0))
softplus = elementwise(_softplus, name="softplus", single=True, x=lambda g, out: -g * np.expm1(-out))
logsigmoid = elementwise(_logsigmoid, name="logsigmoid", single=True, x=lambda g, out: -g * np.expm1(out))


def _logaddexp(x: Any, y: Any, /) -> Any:
    """As np.logaddexp, which works out one number after the other; large arrays take a fifth of the time."""
    if not (x.__class__ is y.__class__ is np.ndarray and x.dtype is y.dtype and x.dtype.char in "fd" and x.size > 1000):
        return np.logaddexp(x, y)
    highest = np.maximum(x, y)
    below = np.minimum(x, y) - np.clip(highest, -greatest(x.dtype), greatest(x.dtype))
    return np.log1p(np.exp(below, out=below), out=below) + highest


def _share(g: Any, x: Any, y: Any, scale: float = 1.0) -> Any:
    """The part that exp(x) has in exp(x) + exp(y): 0 where x is -inf, also if both are."""
    least = float(np.finfo(g.dtype).min)
    ahead = x - (max(y, least) if isinstance(y, int | float) else np.maximum(y, least))
    return sigmoid(ahead if scale == 1 else ahead * scale)


logaddexp = elementwise(  # from the difference of both, which keeps its digits however large they are
    _logaddexp, np.logaddexp, name="logaddexp",
    x=lambda g, x, y: g * _share(g, x, y), y=lambda g, x, y: g * _share(g, y, x),
)  # fmt: skip
logaddexp2 = elementwise(
    np.logaddexp2,
    x=lambda g, x, y: g * _share(g, x, y, math.log(2)), y=lambda g, x, y: g * _share(g, y, x, math.log(2)),
)  # fmt: skip


# Where the sums are within these bounds no exponential has overflowed and none that counts has vanished, so the usual
# subtraction of the maximum, half of the work, would change nothing beyond rounding.
_SMALLEST, _LARGEST = 1e-3, 1e30


def _exponentials(x: Any, axis: Any) -> tuple[Any, Any, Any]:
    """exp(x - top), its sum along the axis (kept, with size 1) and top: the maximum, or 0 where that does."""
    axes = axes_of(axis, x.ndim)
    if is_large(x):
        with np.errstate(over="ignore", invalid="ignore"):
            result = np.exp(x, out=empty_like(x))
            sums = total(result, axes)
        if sums.size and sums.min() > _SMALLEST and sums.max() < _LARGEST:
            return result, sums, 0.0
    finite = greatest(x.dtype)
    top = np.minimum(np.maximum(_top(x, axes), -finite), finite)  # inf - inf would be NaN
    result = _exp_of(x - top)
    return result, total(result, axes), top


def _top(x: Any, axes: tuple[int, ...]) -> Any:
    """The maximum along axes, which stay with size 1: of complex numbers their real part's, of no numbers -inf."""
    x = x.real if x.dtype.kind == "c" else x
    return largest(x, axes) if x.size else x.max(axes, keepdims=True, initial=-math.inf)


def _softmax(x: Any, axis: Any = -1) -> Any:
    """exp(x) divided by its sum along an axis, or several; of x's shape.

    >>> softmax(np.array([0.0, 0.0, -np.inf]))
    array([0.5, 0.5, 0. ])
    """
    result, sums, _ = _exponentials(_floating(x), axis)
    with by_rows(result, sums.shape):
        result /= sums
    return result


def _softmax_rule(g: Any, out: Any, axis: Any) -> Any:
    return in_rows(_softmax_back, axes_of(axis, out.ndim), g, out)


def _softmax_back(axes: tuple[int, ...], g: Any, out: Any) -> Any:
    along = total_of_product(g, out, axes)
    with by_rows(g, along.shape):
        part = g - along
    part *= out
    return part


def _log_softmax(x: Any, axis: Any = -1) -> Any:
    """log(softmax(x)) along an axis, or several, also where softmax(x) is 0; of x's shape.

    >>> log_softmax(np.array([0.0, -1000.0]))
    array([    0., -1000.])
    """
    x = _floating(x)
    if not x.size:
        return x.copy()
    axes = axes_of(axis, x.ndim)
    top = _top(x, axes)
    with by_rows(x, top.shape):
        result = x - top
        result -= np.log(total(np.exp(result), axes))
    return result


def _log_softmax_rule(g: Any, out: Any, axis: Any) -> Any:
    part, factor = np.exp(out), -total(g, axes_of(axis, out.ndim))
    with by_rows(part, factor.shape):
        part *= factor
    part += g
    return part


def _logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))) along an axis, several, or all. Where every x is -inf, so is it, with gradient 0.

    >>> float(logsumexp(np.array([1000.0, 1000.0])).round(6))  # 1000 + log 2
    1000.693147
    """
    _, sums, top = _exponentials(_floating(x), axis)
    with np.errstate(divide="ignore"):  # log(0) is meant
        result = np.log(sums) + top
    return result if keepdims else result.squeeze(axis)


def _softmax_by(x: Any, lse: Any, factor: Any) -> Any:
    """factor * exp(x - lse), where lse is the logsumexp."""
    if is_large(x) and lse.max() < math.log(_LARGEST) and lse.min() > math.log(_SMALLEST):
        part = np.exp(x, out=empty_like(x))
        part *= factor * np.exp(-lse)
        return part
    return factor * np.exp(x - lifted(lse))


softmax_by: Function = elementwise(  # one step, for second derivatives of classifiers have several of it
    _softmax_by, name="softmax_by", single=True,
    x=lambda g, out: g * out, lse=lambda g, out: -(g * out), factor=lambda g, x, lse: softmax_by(x, lse, g),
)  # fmt: skip


def _log_softmax_at(x: Any, index: Any, axis: int = -1) -> Any:
    """log_softmax(x, axis) at one place along the axis, and the logsumexp; both without that axis.

    index is an array of integers from 0, of x's shape without the axis: (N, C, ...) and (N, ...) for axis=1. Returns
    the tuple (log-probabilities, logsumexp).

    >>> found, _ = log_softmax_at(np.array([[0.0, 0.0], [0.0, -1000.0]]), np.array([0, 1]))
    >>> found.round(4).tolist()
    [-0.6931, -1000.0]
    """
    x = _floating(x)
    axis %= x.ndim
    if not (x.__class__ is index.__class__ is np.ndarray) and (in_blocks(x) or in_blocks(index)):
        return _log_softmax_at_by_blocks(x, index, axis)
    places = _along(x.shape, index, axis)
    parts, sums, top = _exponentials(x, axis)
    sums = sums.squeeze(axis)
    lse = np.log(sums)
    if type(top) is float:
        found = parts[places]
        if found.min() > 1e-30:  # the quotient of two that share the error of exp: never above 1
            return np.log(found / sums), lse
        return x[places] - lse, lse
    top = top.squeeze(axis)
    return x[places] - top - lse, lse + top


def _log_softmax_at_by_blocks(x: Any, index: Any, axis: int) -> tuple[Any, Any]:
    if axis == 0:
        raise ValueError("expected an axis other than the first, along which arrays are in blocks, got axis 0")
    both = by_blocks(lambda x, index: np.stack(_log_softmax_at(x, index, axis), 1), [x, index])
    return both[:, 0], both[:, 1]


def _along(shape: tuple[int, ...], index: Any, axis: int) -> tuple[Any, ...]:
    """The indices of the places that `index` says along an axis."""
    rest = [n for i, n in enumerate(shape) if i != axis]
    if len(rest) == 1:
        return (index, np.arange(rest[0])) if axis == 0 else (np.arange(rest[0]), index)
    grid = [np.arange(n).reshape([-1] + [1] * (len(rest) - 1 - i)) for i, n in enumerate(rest)]
    return (*grid[:axis], index, *grid[axis:])


def _log_softmax_at_rule(g: Any, x: Any, index: Any, axis: int, out: Any) -> Any:
    """Of the log-probability: 1 at the place, minus the softmax; of the logsumexp, the softmax."""
    of_found, of_lse = g
    axis %= x.ndim
    factor = -of_found if of_lse is None else of_lse if of_found is None else of_lse - of_found
    if of_found is not None and in_blocks(x):
        return by_blocks(_slope_at, [x, index, out[1], factor, of_found], axis)
    return _slope_at(x, index, out[1], factor, of_found, axis)


def _slope_at(x: Any, index: Any, lse: Any, factor: Any, of_found: Any, axis: int) -> Any:
    """softmax(x) times a factor, and something more at the places."""
    rest = tuple([1 if i == axis else n for i, n in enumerate(x.shape)])
    part = softmax_by(x, lse.reshape(rest), factor.reshape(rest))
    if of_found is None:
        return part
    places = _along(x.shape, index, axis)
    if part.__class__ is np.ndarray:
        part[places] += of_found
        return part
    if in_blocks(index) or in_blocks(unwrap(x)):
        here = index.reshape(rest) == np.arange(x.shape[axis]).reshape((-1,) + (1,) * (x.ndim - 1 - axis))
        return part + np.where(here, of_found.reshape(rest), 0)
    return part + scatter_add(of_found, places, x.shape)


softmax = primitive(_softmax, name="softmax", single=True, x=_softmax_rule)
log_softmax = primitive(_log_softmax, name="log_softmax", single=True, x=_log_softmax_rule)
logsumexp = primitive(
    _logsumexp, name="logsumexp", single=True,
    x=lambda g, x, out, axis, keepdims: softmax_by(
        x, kept(out, axis, keepdims, x.shape), kept(g, axis, keepdims, x.shape)
    ),
)  # fmt: skip
log_softmax_at = primitive(
    _log_softmax_at, name="log_softmax_at", single=True, multiple=True, x=_log_softmax_at_rule, index=None
)  # fmt: skip

# ---- the error function ----------------------------------------------------------------------------------------------
#
# After W. J. Cody, "Rational Chebyshev approximation for the error function" (Math. Comp. 23, 1969): an odd polynomial
# near 0, elsewhere exp(-x^2) times a smooth function, with x split so that exp(-x^2) keeps its digits. That smooth
# function is (1 + 2x) exp(x^2) erfc(x) in (x - 3.75)/(x + 3.75), one polynomial for all x >= 0 (M. M. Shepherd and
# J. G. Laframboise, Math. Comp. 36, 1981). The coefficients are computed by tests/reference/make_special.py.

_ERF = (
    5.958930743134941e-11, -1.1373902296430911e-09, 1.4660051998394848e-08, -1.6350354461959655e-07,
    1.6461004480962034e-06, -1.4925595519506043e-05, 0.00012055331122299266, -0.0008548326981129666,
    0.005223977624823223, -0.026866170645077334, 0.11283791670954882, -0.3761263890318375, 1.1283791670955126,
)  # fmt: skip
_ERFC = (
    -3.75315827795962e-11, 4.2514714447963895e-10, 5.457157304704688e-10, -5.1739902140113095e-09,
    -4.389284159986328e-09, 3.8675334242222354e-08, 2.4289762925488707e-08, -2.5866850716155884e-07,
    -5.826281078800777e-08, 1.751637648849062e-06, -9.72849582211122e-07, -1.1444146237700524e-05,
    2.2383912036550678e-05, 5.164909889268241e-05, -0.00029015397928986765, 0.0002937136655913448,
    0.0017556258324217529, -0.009746579558029276, 0.0283622774215156, -0.05869339858963677, 0.09230432116019834,
    -0.10880393014174886, 0.08227673849015102, 0.0035854154854644293, -0.14024059858554702, 1.2375126308378275,
)  # fmt: skip
_ERFC_SLOPE = (  # of (1 + 2x)^2 times the slope of exp(x^2) erfc(x), with its sign changed
    1.4526939597886522e-10, -1.8067292460896265e-09, -2.464104013590724e-09, 2.161947212450081e-08,
    2.2565151098227085e-08, -1.4790347001854212e-07, -1.5109080907263168e-07, 8.451975489664305e-07,
    8.113662395348918e-07, -4.836748662016651e-06, -3.162492653147378e-06, 2.9265614324377957e-05,
    -5.332810971274851e-07, -0.00017650182865442445, 0.00020311103702322087, 0.0008411148762947152,
    -0.002827346983159036, 0.000411659358707985, 0.018681797813011942, -0.06318028523872937, 0.11387123741093859,
    -0.10716921207970533, -0.03631824410972669, 0.32960922312535507, -0.6428036856012778, 0.7298340712562943,
    -0.39219971041081325, -0.3260056318942909, 2.633964606739275,
)  # fmt: skip
_ERFC_TAIL = (  # _ERFC for single precision
    -0.00022411674674416022, 0.0003963076129893627, 0.001675912217981131, -0.009844494859674952,
    0.02840925236412726, -0.05864685873554614, 0.09229076959130378, -0.10881427014905069, 0.08227841998347046,
    0.003586270394024618, -0.1402406583213864, 1.2375126192677,
)  # fmt: skip
_ERF32 = (  # atanh(erf(x)) / x in x^2, so weighted that the error of erf is least: less than 1e-7 of its size
    1.41849617e-07, -5.66842659e-06, 8.76370034e-05, -6.19783726e-04, -1.91831975e-04, 1.02769056e-01, 1.12837927e00,
)  # fmt: skip
_NDTR32 = tuple([c * 0.5 ** (6.5 - k) for k, c in enumerate(_ERF32)])  # the same of x / sqrt(2)
_BLOCK = 8192  # elements: what several passes find again in the cache, with what they leave behind


def _polynomial(coefficients: tuple[float, ...], x: Any) -> Any:
    first, second, *others = coefficients
    result = x * first
    result += second
    for c in others:
        result *= x
        result += c
    return result


def _blocked(function: Any, dtypes: str = "d") -> Any:
    """A function of arrays of these dtypes, run on pieces that fit into the cache; other reals are converted."""

    def run(x: Any) -> Any:
        dtype = x.dtype if hasattr(x, "dtype") else np.dtype(type(x))
        if dtype.kind == "c":
            raise TypeError(f"expected a real array, got dtype {dtype}")
        if dtype.char not in dtypes:
            wider = dtypes[0 if dtype.char == "e" else -1]
            result = run(x.astype(wider) if hasattr(x, "astype") else np.float64(x))
            return result.astype(dtype) if dtype.kind == "f" else result
        if x.__class__ is not np.ndarray or x.size <= _BLOCK:
            return function(x)
        only_whole(function, x)
        flat = x.ravel()
        result = np.empty_like(flat)
        for start in range(0, flat.size, _BLOCK):
            result[start : start + _BLOCK] = function(flat[start : start + _BLOCK])
        return result.reshape(x.shape)

    run.__doc__ = function.__doc__
    return run


def _erfc_scaled(x: Any) -> Any:
    """exp(x^2) erfc(x) for x >= 0."""
    return _polynomial(_ERFC, (x - 3.75) / (x + 3.75)) / (1 + 2 * x)


def _gaussian(x: Any, rate: float) -> Any:
    """exp(-rate * x^2) to the last bits: the rounding of x^2, which it would magnify, is taken into account.

    rate is a power of two.
    """
    x = np.clip(x, -40, 40)  # where it is 0
    near = np.rint(x * 32) * (1 / 32)
    exact = near * near * -rate
    rest = (near - x) * (near + x) * rate  # less than `exact`, or that is 0
    exponent = exact + rest
    result = np.exp(exponent)
    return result + result * (exact - exponent + rest)


def _erfc_positive(x: Any) -> Any:
    return _erfc_scaled(np.minimum(x, 1e300)) * _gaussian(x, 1)


def _erf64(x: Any) -> Any:
    size = abs(x)
    small = np.minimum(size, 1)
    return np.where(size < 1, x * _polynomial(_ERF, small * small), np.copysign(1 - _erfc_positive(size), x))


def _tanh_of_odd(coefficients: tuple[float, ...], x: Any, out: Any) -> Any:
    """tanh(x p(x^2)) for a polynomial p: cheap, because NumPy's tanh of single precision is, and 1 for large x."""
    first, *others = coefficients
    square = x * x
    result = np.multiply(square, first, out=out)
    for c in others[:-1]:
        result += c
        result *= square
    result += others[-1]
    result *= x
    return np.tanh(result, out=result) if result.__class__ is np.ndarray else np.tanh(result)


def _erf32(x: Any, out: Any = None) -> Any:
    return _tanh_of_odd(_ERF32, x, out)


def _gate32(x: Any, out: Any = None) -> Any:
    result = _tanh_of_odd(_NDTR32, x, out)
    result *= 0.5
    result += 0.5
    return result


def _ndtr32(x: Any, out: Any = None) -> Any:
    result = _gate32(x, out)
    if x.size and x.min() < -0.95:  # where the difference from 1/2 has lost the digits
        low = np.flatnonzero(x < -0.95)
        size = -x.reshape(-1)[low].astype(float)
        z = np.minimum(size, 1e30) * math.sqrt(0.5)
        tail = _polynomial(_ERFC_TAIL, (z - 3.75) / (z + 3.75)) / (2 + 4 * z)
        np.put(result, low, tail * np.exp(size * size * -0.5))
    return result


def _single(function: Any, x: Any) -> Any:
    """A function of single precision of an array of that or of half, in pieces."""
    with np.errstate(over="ignore"):  # the powers of large x
        return in_pieces(function, x) if x.dtype.char == "f" else function(x.astype("f")).astype("e")


def _is_single(x: Any) -> bool:
    return hasattr(x, "dtype") and x.dtype.char in "fe"


_erf_blocked = _blocked(_erf64)


def _erf(x: Any) -> Any:
    """The error function, of real x; to 4e-16 of its size in float64, 3e-7 in float32.

    >>> erf(np.array([0.0, 1.0])).round(6)
    array([0.      , 0.842701])
    """
    return _single(_erf32, x) if _is_single(x) else _erf_blocked(x)


@_blocked
def _erfc(x: Any) -> Any:
    """1 - erf(x), of real x, to 1e-15 of its size in float64: also where it is tiny.

    >>> bool(abs(erfc(np.array(10.0)) - 2.088487583762545e-45) < 1e-59)
    True
    """
    result = _erfc_positive(abs(x))
    return np.where(x < 0, 2 - result, result)


@_blocked
def _ndtr64(x: Any) -> Any:
    size = abs(x)
    below = _erfc_scaled(np.minimum(size, 1e300) * math.sqrt(0.5)) * 0.5 * _gaussian(size, 0.5)
    return np.where(x < 0, below, 1 - below)


def _ndtr(x: Any) -> Any:
    """The standard normal distribution function, of real x; in float32 to 3e-7, in float64 to 1e-15 of its size.

    >>> ndtr(np.array([0.0, 1.0])).round(6)
    array([0.5     , 0.841345])
    """
    return _single(_ndtr32, x) if _is_single(x) else _ndtr64(x)


def _gelu_gate(x: Any) -> Any:
    """ndtr(x) as networks want it: in float32 to 1e-7 of 1, not of itself, and so several times quicker."""
    return _single(_gate32, x) if _is_single(x) else _ndtr64(x)


def _lower(x: Any) -> Any:
    """-x / sqrt(2), from 0 on."""
    return np.clip(x * -math.sqrt(0.5), 0, 1e300)


@_blocked
def _log_ndtr(x: Any) -> Any:
    """The logarithm of the standard normal distribution function.

    >>> float(log_ndtr(np.array(-40.0)).round(3))
    -804.608
    """
    with np.errstate(over="ignore"):  # -inf is meant
        tail = np.log(_erfc_scaled(_lower(x)) / 2) - x * x / 2
    return np.where(x < -1, tail, np.log1p(-_ndtr64(np.minimum(-x, 1))))


@_blocked
def _inverse_mills(x: Any) -> Any:
    """The slope of log_ndtr: the normal density divided by the distribution function, about -x where that is large.

    >>> from autograd.ops.special import inverse_mills
    >>> float(inverse_mills(np.array(-1000.0)).round(6))
    1000.001
    """
    tail = math.sqrt(2 / math.pi) / _erfc_scaled(_lower(x))
    upper = np.maximum(x, -1)
    result = np.where(x < -1, tail, _gaussian(upper, 0.5) * (1 / math.sqrt(2 * math.pi)) / _ndtr64(upper))
    return np.where(x < -1e8, -x, result)


@_blocked
def _mills_excess(x: Any) -> Any:
    """x + inverse_mills(x), which for large negative x is about -1 / x and all cancellation otherwise."""
    z = _lower(x)
    t = (z - 3.75) / (z + 3.75)
    tail = _polynomial(_ERFC_SLOPE, t) / (_polynomial(_ERFC, t) * (math.sqrt(2) * (1 + 2 * z)))
    upper = np.maximum(x, -1)
    return np.where(x < -1, tail, upper + _inverse_mills(upper))


_FAR = -30.0  # exponents below magnify the rounding of x^2 to as many units in the last place


def _bell(x: Any, rate: float, height: float) -> Any:
    """height * exp(-rate * x^2)."""

    def piece(x: Any, out: Any = None) -> Any:
        if x.__class__ is not np.ndarray:  # whose values cannot be asked
            return _gaussian(x, rate) * height
        result = np.multiply(x, x, out=out)
        result *= -rate
        if result.size and result.min() < _FAR:
            return np.multiply(_gaussian(x, rate), height, out=out)
        result = _exp_of(result)
        result *= height
        return result

    with np.errstate(over="ignore"):  # the squares of large x
        return in_pieces(piece, _floating(x))


bell: Function = elementwise(_bell, name="bell", x=lambda g, x, out, rate: g * (x * out * (-2 * rate)))
inverse_mills: Function = elementwise(
    _inverse_mills, name="inverse_mills", x=lambda g, x, out: -g * (out * mills_excess(x))
)
mills_excess: Function = elementwise(
    _mills_excess, name="mills_excess", x=lambda g, x, out: g * (1 - out * inverse_mills(x))
)
erf = elementwise(_erf, name="erf", x=lambda g, x: g * bell(x, 1, 2 / math.sqrt(math.pi)))
erfc = elementwise(_erfc, name="erfc", x=lambda g, x: g * bell(x, 1, -2 / math.sqrt(math.pi)))
ndtr = elementwise(_ndtr, name="ndtr", x=lambda g, x: g * bell(x, 0.5, 1 / math.sqrt(2 * math.pi)))
log_ndtr = elementwise(_log_ndtr, name="log_ndtr", x=lambda g, x: g * inverse_mills(x))


gelu_gate = elementwise(_gelu_gate, name="gelu_gate", x=None)


def _gelu_of(x: Any, s: Any) -> Any:
    return x * s


def _gelu_slope_by(x: Any, s: Any) -> Any:
    """The derivative of gelu, s + x φ(x), φ the normal density."""
    result = _bell(x, 0.5, 1 / math.sqrt(2 * math.pi))
    result *= x
    result += s
    return result


gelu_slope: Function = elementwise(
    _gelu_slope_by, name="gelu_slope", single=True, s=None,
    x=lambda g, x: g * ((2 - np.square(x)) * bell(x, 0.5, 1 / math.sqrt(2 * math.pi))),
)  # fmt: skip
_gelu_by = elementwise(_gelu_of, name="gelu", single=True, x=lambda g, x, s: g * gelu_slope(x, s), s=None)


@in_single
def gelu(x: Any) -> Any:
    """x * ndtr(x), element by element; in float32 to 1e-7 of x, and so several times quicker.

    (Hendrycks, Gimpel 2016, arXiv 1606.08415.)

    >>> gelu(np.array([0.0, 1.0])).round(4)
    array([0.    , 0.8413])
    """
    return _gelu_by(x, gelu_gate(_floating(unwrap(x))))


# ---- the gamma function ----------------------------------------------------------------------------------------------
#
# Stirling's series for large arguments; below, recurrence to where it (or a polynomial) holds; for negative arguments
# reflection (NIST DLMF 5.5, 5.11, 5.15). From 1 to 3, log Gamma is a polynomial times (x - 1)(x - 2).

_LOGGAMMA = (
    1.5818126337371086e-09, -3.0588517405592795e-09, -4.358862409072515e-09, 7.63280367498139e-09,
    1.6327287432845006e-08, -2.99246932704989e-08, 5.68873795385758e-09, -1.8782633004145104e-08,
    1.0444285443279689e-07, -2.1198058876068515e-07, 3.95720794275161e-07, -8.415314379954077e-07,
    1.8114769634727658e-06, -3.851745589307298e-06, 8.221205092155423e-06, -1.7660513220920708e-05,
    3.81690832831345e-05, -8.309532779844489e-05, 0.00018255261441838105, -0.00040570737581328186,
    0.0009153769241238952, -0.002108130835268435, 0.004998641164623283, -0.012384192193334375,
    0.032965000621156974, -0.10031730167435422, 0.42278433509846713,
)  # fmt: skip
_STIRLING = (-3617 / 122400, 1 / 156, -691 / 360360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12)
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330)


@_blocked
def _gammaln(x: Any) -> Any:
    """log |Gamma(x)|, of real x.

    >>> gammaln(np.array([1.0, 5.0])).round(6)  # log 0!, log 4!
    array([0.      , 3.178054])
    """
    y = np.where(x > 0, x, 1 - x)
    z, product = np.minimum(y, 9), np.ones_like(y)
    for _ in range(6):
        above = z >= 3
        z = z - above
        product = product * np.where(above, z, 1)
    below = z < 1
    with np.errstate(divide="ignore", invalid="ignore"):  # infinite at 0 and the negative integers
        shift = np.log(product) - np.log(np.where(below, z, 1))
        z = z + below
        small = (z - 1) * (z - 2) * _polynomial(_LOGGAMMA, z - 2) + shift
        w = 1 / np.maximum(y, 9)
        large = (y - 0.5) * (np.log(y) - 1) + (0.5 * math.log(2 * math.pi) - 0.5) + w * _polynomial(_STIRLING, w * w)
        result = np.where(y < 9, small, large)
        return np.where(x > 0, result, np.log(math.pi / abs(np.sin(math.pi * (x - np.rint(x))))) - result)


def _cotangent(n: int, x: Any) -> Any:
    """The n-th derivative of cot(pi x), a polynomial in the cotangent: c' = -pi (1 + c^2)."""
    p = [0.0, 1.0]  # lowest power first
    for _ in range(n):
        slope = [k * c for k, c in enumerate(p)][1:]
        p = [-math.pi * (a + b) for a, b in zip([*slope, 0, 0], [0, 0, *slope], strict=True)]
    with np.errstate(divide="ignore"):
        return _polynomial(tuple(p[::-1]), 1 / np.tan(math.pi * (x - np.rint(x))))


def _polygamma(n: int, x: Any) -> Any:
    """The derivative of order n + 1 of log Gamma, of real x; n is a plain integer from 0.

    >>> float(polygamma(1, np.array(1.0)).round(6))  # pi^2 / 6
    1.644934
    """
    return _blocked(lambda x: _polygamma64(n, x))(x)


def _polygamma64(n: int, x: Any) -> Any:
    y = np.where(x > 0, x, 1 - x)
    total = np.zeros_like(y)
    for _ in range(10 + n):
        below = y < 10 + n
        total = total + np.where(below, y ** -(n + 1.0), 0)
        y = y + below
    w = 1 / y
    series = [b * math.factorial(2 * k + n - 1) / math.factorial(2 * k) for k, b in enumerate(_BERNOULLI, 1)]
    tail = w ** (n + 2) * _polynomial(tuple(series[::-1]), w * w)
    first = -np.log(y) if n == 0 else math.factorial(n - 1) * w**n
    result = (-1) ** (n + 1) * (first + math.factorial(n) * (w ** (n + 1) / 2 + total) + tail)
    if (x > 0).all():
        return result
    result = np.where(x > 0, result, (-1) ** n * result - math.pi * _cotangent(n, np.where(x > 0, 0.5, x)))
    if n % 2:
        return result
    pole = x == np.rint(x)  # from one side +inf and from the other -inf: that of 0 is told by its sign
    return np.where(pole & (x <= 0), np.where(x == 0, np.copysign(math.inf, -x), math.nan), result)


polygamma: Function = elementwise(_polygamma, name="polygamma", x=lambda g, n, x: g * polygamma(n + 1, x))
gammaln = elementwise(_gammaln, name="gammaln", x=lambda g, x: g * polygamma(0, x))


def digamma(x: Any) -> Any:
    """The derivative of log Gamma, of real x.

    >>> float(digamma(np.array(1.0)).round(6))  # minus Euler's constant
    -0.577216
    """
    return polygamma(0, x)


# ---- Bessel functions ------------------------------------------------------------------------------------------------

_I1_LOW = (
    6.986139462867906e-15, 1.1669158445665598e-13, 3.0656345256765892e-12, 6.473233632804919e-11,
    1.239481349034042e-09, 2.1069194189106442e-08, 3.1603992782668527e-07, 4.148022487327983e-06,
    4.718375673614599e-05, 0.000460041627735239, 0.0037953434289770866, 0.026092986074171924,
    0.1467730466672269, 0.6604787100025195, 2.311675485008818, 6.068148148148148, 11.377777777777778,
    14.222222222222221, 10.666666666666666, 4.0, 0.5,
)  # fmt: skip
_I1_HIGH = (
    1.5532708319178e-10, 8.672253865940559e-11, -1.0230972770946493e-09, -6.619127783874082e-10,
    3.1008802702394666e-09, 2.586278748562174e-09, -5.559075345853801e-09, -7.057942662808609e-09,
    4.83070216418574e-09, 1.3770132829371482e-08, 7.102306101258632e-09, -8.351609821216273e-09,
    -2.344868241306537e-08, -4.314253938902304e-08, -1.0000393426323456e-07, -3.483842761870606e-07,
    -1.8349106860450982e-06, -1.5038547258928557e-05, -0.00021923576382047057, -0.00974957719323496,
    0.3893984590258723,
)  # fmt: skip


@_blocked
def _i1(x: Any) -> Any:
    """The modified Bessel function of the first kind and order 1; np.i0 is that of order 0.

    >>> float(i1(np.array(1.0)).round(6))
    0.565159
    """
    size = abs(x)
    low = np.minimum(size, 8)
    high = np.maximum(size, 8)
    first = np.minimum(high, 700)
    far = np.exp(first) / np.sqrt(high) * _polynomial(_I1_HIGH, 16 / high - 1) * np.exp(high - first)
    return np.where(size < 8, x * _polynomial(_I1_LOW, low * low / 64), np.copysign(far, x))


def _i0(x: Any) -> Any:
    """The modified Bessel function of the first kind and order 0, as np.i0.

    >>> float(i0(np.array(1.0)).round(6))
    1.266066
    """
    return np.i0(x)


def _i1_slope64(x: Any) -> Any:
    """I0(x) - I1(x)/x, where the quotient is 1/2 at 0 and next to nothing where both are infinite."""
    out = _i1(x)
    known = (np.absolute(x) >= least(x.dtype)) & np.isfinite(out)
    quotient = np.where(known, out, 0) / np.where(known, x, 1)
    return np.i0(x) - quotient - 0.5 * (np.absolute(x) < least(x.dtype)).astype(x.dtype)


def _i_over_power(n: int, x: Any) -> Any:
    """I_n(x) / x^n, of order n from 2: by its series, whose terms are all positive, and from 8 on by recurrence."""
    return _blocked(lambda x: _i_over_power64(n, x))(x)


def _i_over_power64(n: int, x: Any) -> Any:
    size = np.absolute(x)
    terms = tuple(1 / (math.factorial(k) * math.factorial(k + n) * 2.0**n) for k in range(35, -1, -1))
    near = _polynomial(terms, np.square(np.minimum(size, 8)) / 4)
    high = np.maximum(size, 8)
    whole = np.i0(high)
    before, far = whole, _i1(high) / high
    for k in range(1, n):
        before, far = far, (before - 2 * k * far) / high / high
    return np.where(size < 8, near, np.where(whole == math.inf, math.inf, far))


i0 = elementwise(_i0, np.i0, name="i0", x=lambda g, x: g * i1(x))
i1: Function = elementwise(_i1, name="i1", x=lambda g, x: g * i1_slope(x))
# its rule is not that of its formula, which near 0 would be the difference of two large numbers
i1_slope: Function = elementwise(
    _blocked(_i1_slope64), name="i1_slope",
    x=lambda g, x: g * (x * (3 * i_over_power(2, x) + x * x * i_over_power(3, x))),
)  # fmt: skip
i_over_power: Function = elementwise(
    _i_over_power, name="i_over_power", x=lambda g, n, x: g * (x * i_over_power(n + 1, x))
)


# ---- of probabilities ------------------------------------------------------------------------------------------------


def _logit(x: Any) -> Any:
    """log(x / (1 - x)): the inverse of `sigmoid`.

    >>> float(logit(np.array(0.5)))
    0.0
    """
    centred = 2 * x - 1
    near = abs(centred) < 0.5  # the logarithms almost cancel
    return np.where(near, 2 * np.arctanh(centred * near), np.log(np.where(near, 0.5, x)) - np.log1p(-x))


def _xlogy(x: Any, y: Any) -> Any:
    """x log(y), and 0 where x is 0.

    >>> xlogy(np.array([0.0, 2.0]), np.array([0.0, 1.0]))
    array([0., 0.])
    """
    return x * np.log(np.where(x == 0, 1, y))


logit = elementwise(_logit, name="logit", single=True, x=lambda g, x: g / (x * (1 - x)))
xlogy = elementwise(
    _xlogy, name="xlogy", single=True,
    x=lambda g, x, y: g * np.log(np.where((x == 0) & (y <= 0), 1, y)),
    y=lambda g, x, y: g * (x / np.where((x == 0) & (y == 0), 1, y)),
)  # fmt: skip
