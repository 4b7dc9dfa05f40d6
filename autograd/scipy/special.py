"""scipy.special: its ufuncs take Tensors once this module is imported, and those that are no ufuncs stand here.

Derivatives are those of the NIST Digital Library of Mathematical Functions (https://dlmf.nist.gov). Where none is known
in closed form, as by the order of a Bessel function, the backward pass raises NotImplementedError.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ..engine.declare import composite, elementwise, nondifferentiable, primitive
from ..engine.operands import array_of
from ..engine.primitive import Function, registry
from ..engine.tensor import unwrap
from ..ops.elementwise import greatest
from ..ops.special import _floating, i1_slope
from ..ops.special import log_softmax as _log_softmax
from ..ops.special import logsumexp as _logsumexp
from ..ops.special import softmax as _softmax
from .error_functions import dawsn_slope, erfcinv_slope, erfcx_slope, gaussian, log_ndtr_slope, ndtri_slope
from .gamma_ratios import digamma_rise, half_step, in_double


def _unknown(name: str, argument: str) -> Function:
    def rule(g: Any) -> Any:
        raise NotImplementedError(
            f"{name}: its derivative by {argument} has no closed form, so there is no rule for it"
        )

    return rule


def _of_order(ufunc: Any, **rules: Any) -> Function:
    """A function of an order and a value, differentiable by the value y."""
    return elementwise(ufunc, x=_unknown(ufunc.__name__, "the order"), **rules)


def _over(y: Any, x: Any) -> Any:
    """y/x, of which the limit at x = 0 is 1/2."""
    zero = x == 0
    return np.where(zero, 0.5, y / np.where(zero, 1, x))


_2_OVER_ROOT_PI = 2 / math.sqrt(math.pi)
_ROOT_2_PI = math.sqrt(2 * math.pi)

# ---- gamma and beta --------------------------------------------------------------------------------------------------

polygamma: Function = primitive(
    lambda n, x: sp.polygamma(n, x), name="polygamma", broadcasts=True, n=_unknown("polygamma", "n"),
    x=lambda g, n, x: g * polygamma(n + 1, x),
)  # fmt: skip
psi = digamma = elementwise(sp.psi, x=lambda g, x: g * polygamma(1, x))
gamma = elementwise(sp.gamma, x=lambda g, x, out: g * (out * sp.psi(x)))
gammaln = elementwise(sp.gammaln, x=lambda g, x: g * sp.psi(x))
rgamma = elementwise(sp.rgamma, x=lambda g, x: g * _rgamma_slope(x))
gammainc = _of_order(sp.gammainc, y=lambda g, x, y: g * in_double(_gamma_density, x, y))
gammaincc = _of_order(sp.gammaincc, y=lambda g, x, y: -g * in_double(_gamma_density, x, y))
beta = elementwise(
    sp.beta,
    x=lambda g, x, y, out: -g * (out * digamma_rise(x, y)),
    y=lambda g, x, y, out: -g * (out * digamma_rise(y, x)),
)
betaln = elementwise(sp.betaln, x=lambda g, x, y: -g * digamma_rise(x, y), y=lambda g, x, y: -g * digamma_rise(y, x))
betainc = primitive(
    lambda a, b, x: sp.betainc(a, b, x), sp.betainc, name="betainc", broadcasts=True,
    a=_unknown("betainc", "a"), b=_unknown("betainc", "b"),
    x=lambda g, a, b, x: g * in_double(_beta_density, a, b, x),
)  # fmt: skip


def _gamma_density(a: Any, x: Any) -> Any:
    x = np.minimum(x, 1e300)  # where it is 0; inf - inf would be NaN
    return np.exp(sp.xlogy(a - 1, x) - x - sp.gammaln(a))


def _beta_density(a: Any, b: Any, x: Any) -> Any:
    return np.exp(sp.xlogy(a - 1, x) + sp.xlog1py(b - 1, -x) - sp.betaln(a, b))


def _rgamma_slope(x: Any) -> Any:
    """-psi(x)/Gamma(x); up to 1/2 by reflection, for there both may be infinite and the product is not."""
    if x.dtype.kind == "c":
        return -sp.psi(x) * sp.rgamma(x)
    low, high = np.minimum(x, 0.5), np.clip(x, 0.5, 200)  # from there on it is 0
    whole = np.rint(low)
    rest = (low - whole) * math.pi
    mirrored = sp.gamma(1 - low) * (np.cos(rest) - np.sin(rest) * sp.psi(1 - low) / math.pi)
    return np.where(x < 0.5, mirrored * (1 - 2 * (whole % 2)), -sp.psi(high) * sp.rgamma(high))


def multigammaln(a: Any, d: int) -> Any:
    """As scipy.special.multigammaln.

    >>> from autograd.scipy.special import multigammaln
    >>> np.isclose(grad(multigammaln)(2.0, 1), grad(gammaln)(2.0))
    np.True_
    """
    offset = d * (d - 1) * 0.25 * math.log(math.pi)
    return sum(sp.gammaln(a - 0.5 * j) for j in range(d)) + offset


# ---- Bessel functions ------------------------------------------------------------------------------------------------

j0 = elementwise(sp.j0, x=lambda g, x: g * -sp.j1(x))
j1 = elementwise(sp.j1, x=lambda g, x: g * (sp.j0(x) - sp.jv(2, x)) / 2)
y0 = elementwise(sp.y0, x=lambda g, x: g * -sp.y1(x))
y1 = elementwise(sp.y1, x=lambda g, x: g * (sp.y0(x) - sp.yn(2, x)) / 2)
jn = jv = _of_order(sp.jv, y=lambda g, x, y: g * (sp.jv(x - 1, y) - sp.jv(x + 1, y)) / 2)
yn = _of_order(sp.yn, y=lambda g, x, y: g * (sp.yn(x - 1, y) - sp.yn(x + 1, y)) / 2)
yv = _of_order(sp.yv, y=lambda g, x, y: g * (sp.yv(x - 1, y) - sp.yv(x + 1, y)) / 2)
i0 = elementwise(sp.i0, x=lambda g, x: g * sp.i1(x))
i1 = elementwise(sp.i1, x=lambda g, x: g * i1_slope(x))
i0e: Function = elementwise(sp.i0e, x=lambda g, x, out: g * (i1e(x) - np.sign(x) * out))
i1e: Function = elementwise(sp.i1e, x=lambda g, x, out: g * (_scaled_i1_slope(x) - np.sign(x) * out))
_scaled_i1_slope: Function = elementwise(
    lambda x: sp.i0e(x) - _over(sp.i1e(x), x), name="scaled_i1_slope",
    x=lambda g, x, out: g * ((3 * sp.i1e(x) + sp.ive(3, x)) / 4 - np.sign(x) * out),
)  # fmt: skip
iv = _of_order(sp.iv, y=lambda g, x, y: g * (sp.iv(x - 1, y) + sp.iv(x + 1, y)) / 2)
ive = _of_order(  # what scales it depends on the real part alone
    sp.ive,
    y=lambda g, x, y, out: (
        g * (sp.ive(x - 1, y) + sp.ive(x + 1, y)) / 2 - np.sign(np.real(unwrap(y))) * np.real(g * out)
    ),
)
kv = _of_order(sp.kv, y=lambda g, x, y: g * -(sp.kv(x - 1, y) + sp.kv(x + 1, y)) / 2)

# ---- the error function and the normal distribution ------------------------------------------------------------------

erf = elementwise(sp.erf, x=lambda g, x: g * gaussian(x, 1, _2_OVER_ROOT_PI))
erfc = elementwise(sp.erfc, x=lambda g, x: g * gaussian(x, 1, -_2_OVER_ROOT_PI))
erfcx = elementwise(
    sp.erfcx, x=lambda g, x, out: g * (erfcx_slope(x) if x.dtype.kind != "c" else 2 * x * out - _2_OVER_ROOT_PI)
)
erfinv = elementwise(sp.erfinv, x=lambda g, out: g * (np.exp(out * out) / _2_OVER_ROOT_PI))
erfcinv = elementwise(sp.erfcinv, x=lambda g, x, out: g * erfcinv_slope(x, out))
dawsn = elementwise(sp.dawsn, x=lambda g, x, out: g * (dawsn_slope(x) if x.dtype.kind != "c" else 1 - 2 * x * out))
ndtr = elementwise(sp.ndtr, x=lambda g, x: g * gaussian(x, 0.5, 1 / _ROOT_2_PI))
log_ndtr = elementwise(sp.log_ndtr, x=lambda g, x, out: g * log_ndtr_slope(x, out))
ndtri = elementwise(sp.ndtri, x=lambda g, x, out: g * ndtri_slope(x, out))
stdtr = _of_order(sp.stdtr, y=lambda g, x, y: g * in_double(_student_density, x, y))


def _student_density(df: Any, x: Any) -> Any:
    df = np.minimum(df, 1e300)  # of infinite df it is the normal distribution
    return np.exp(half_step(df / 2) - (df + 1) / 2 * np.log1p(x * x / df)) / _ROOT_2_PI


# ---- logarithms, exponentials, entropies -----------------------------------------------------------------------------

logit = elementwise(sp.logit, x=lambda g, x: g / (x * (1 - x)))
expit = elementwise(sp.expit, x=lambda g, x, out: g * (out * sp.expit(-x)))
log_expit = elementwise(sp.log_expit, x=lambda g, x: g * sp.expit(-x))
xlogy = elementwise(
    sp.xlogy, x=lambda g, y: g * np.log(y), y=lambda g, x, y: g * (x / np.where((x == 0) & (y == 0), 1, y))
)
xlog1py = elementwise(
    sp.xlog1py, x=lambda g, y: g * np.log1p(y), y=lambda g, x, y: g * (x / np.where((x == 0) & (y == -1), 1, 1 + y))
)
entr = elementwise(sp.entr, x=lambda g, x: g * (-np.log(x) - 1))
rel_entr = elementwise(sp.rel_entr, x=lambda g, x, y: g * (np.log(x) - np.log(y) + 1), y=lambda g, x, y: g * -(x / y))
kl_div = elementwise(sp.kl_div, x=lambda g, x, y: g * (np.log(x) - np.log(y)), y=lambda g, x, y: g * (1 - x / y))
exp1 = elementwise(sp.exp1, x=lambda g, x: g * (-np.exp(-x) / x))
expi = elementwise(sp.expi, x=lambda g, x: g * (np.exp(x / 2) / x * np.exp(x / 2)))  # exp(x) overflows sooner
for _theirs, _ours in ((sp.exp2, np.exp2), (sp.expm1, np.expm1), (sp.log1p, np.log1p), (sp.cbrt, np.cbrt)):
    composite(_theirs)(registry[_ours])

nondifferentiable(sp.gammasgn)
gammasgn = sp.gammasgn


def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False) -> Any:
    """As scipy.special.logsumexp: log Σ b exp(a), with b = 1 unless it is given.

    >>> from autograd.scipy.special import logsumexp
    >>> grad(logsumexp)(np.zeros(2))
    array([0.5, 0.5])
    """
    if b is None:
        return _logsumexp(a, axis, keepdims)
    a, b = _floating(array_of(a)), array_of(b)
    top = np.max(np.where(unwrap(b) == 0, -math.inf, unwrap(a)), axis=axis, keepdims=True)  # of those that count
    top = np.where(np.isfinite(top), top, 0).astype(a.dtype)
    most = math.log(greatest(a.dtype)) * (1 - 4 * float(np.finfo(a.dtype).eps))  # whose exp is finite once rounded
    parts = b * np.exp(np.minimum(a - top, most))
    with np.errstate(divide="ignore"):  # log(0) is meant
        out = np.log(np.sum(parts, axis=axis, keepdims=True)) + top
    return out if keepdims else np.squeeze(out, axis=axis)


def softmax(x: Any, axis: int | None = None) -> Any:
    """As scipy.special.softmax.

    >>> from autograd.scipy.special import softmax
    >>> softmax(np.zeros((1, 2)))
    array([[0.5, 0.5]])
    """
    x = array_of(x)
    return _softmax(x.reshape(-1)).reshape(x.shape) if axis is None else _softmax(x, axis)


def log_softmax(x: Any, axis: int | None = None) -> Any:
    """As scipy.special.log_softmax.

    >>> from autograd.scipy.special import log_softmax
    >>> np.exp(log_softmax(np.zeros((1, 2))))
    array([[0.5, 0.5]])
    """
    x = array_of(x)
    return _log_softmax(x.reshape(-1)).reshape(x.shape) if axis is None else _log_softmax(x, axis)
