"""scipy.special: its ufuncs take Tensors once this module is imported, and those that are no ufuncs stand here.

Derivatives are those of the NIST Digital Library of Mathematical Functions (https://dlmf.nist.gov). Where none is known
in closed form, as by the order of a Bessel function, the backward pass raises NotImplementedError.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ..engine.declare import elementwise, nondifferentiable, primitive
from ..engine.primitive import Function
from ..engine.tensor import unwrap
from ..ops.special import log_softmax as _log_softmax
from ..ops.special import logsumexp as _logsumexp
from ..ops.special import softmax as _softmax


def _unknown(name: str, argument: str) -> Function:
    def rule(g: Any) -> Any:
        raise NotImplementedError(
            f"{name}: its derivative by {argument} has no closed form, so there is no rule for it"
        )

    return rule


def _of_order(ufunc: Any, **rules: Any) -> Function:
    """A function of an order and a value, differentiable by the value y."""
    return elementwise(ufunc, x=_unknown(ufunc.__name__, "the order"), **rules)


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
rgamma = elementwise(sp.rgamma, x=lambda g, x, out: g * (-out * sp.psi(x)))
gammainc = _of_order(sp.gammainc, y=lambda g, x, y: g * np.exp(sp.xlogy(x - 1, y) - y - sp.gammaln(x)))
gammaincc = _of_order(sp.gammaincc, y=lambda g, x, y: g * -np.exp(sp.xlogy(x - 1, y) - y - sp.gammaln(x)))
beta = elementwise(
    sp.beta,
    x=lambda g, x, y, out: g * (out * (sp.psi(x) - sp.psi(x + y))),
    y=lambda g, x, y, out: g * (out * (sp.psi(y) - sp.psi(x + y))),
)
betaln = elementwise(
    sp.betaln, x=lambda g, x, y: g * (sp.psi(x) - sp.psi(x + y)), y=lambda g, x, y: g * (sp.psi(y) - sp.psi(x + y))
)
betainc = primitive(
    lambda a, b, x: sp.betainc(a, b, x), sp.betainc, name="betainc", broadcasts=True,
    a=_unknown("betainc", "a"), b=_unknown("betainc", "b"),
    x=lambda g, a, b, x: g * np.exp(sp.xlogy(a - 1, x) + sp.xlog1py(b - 1, -x) - sp.betaln(a, b)),
)  # fmt: skip


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
i1 = elementwise(sp.i1, x=lambda g, x: g * (sp.i0(x) + sp.iv(2, x)) / 2)
iv = _of_order(sp.iv, y=lambda g, x, y: g * (sp.iv(x - 1, y) + sp.iv(x + 1, y)) / 2)
ive = _of_order(
    sp.ive, y=lambda g, x, y, out: g * ((sp.ive(x - 1, y) + sp.ive(x + 1, y)) / 2 - np.sign(unwrap(y)) * out)
)
kv = _of_order(sp.kv, y=lambda g, x, y: g * -(sp.kv(x - 1, y) + sp.kv(x + 1, y)) / 2)

# ---- the error function and the normal distribution ------------------------------------------------------------------

erf = elementwise(sp.erf, x=lambda g, x: g * (_2_OVER_ROOT_PI * np.exp(-(x * x))))
erfc = elementwise(sp.erfc, x=lambda g, x: g * (-_2_OVER_ROOT_PI * np.exp(-(x * x))))
erfcx = elementwise(sp.erfcx, x=lambda g, x, out: g * (2 * x * out - _2_OVER_ROOT_PI))
erfinv = elementwise(sp.erfinv, x=lambda g, out: g * (np.exp(out * out) / _2_OVER_ROOT_PI))
erfcinv = elementwise(sp.erfcinv, x=lambda g, out: g * (-np.exp(out * out) / _2_OVER_ROOT_PI))
dawsn = elementwise(sp.dawsn, x=lambda g, x, out: g * (1 - 2 * x * out))
ndtr = elementwise(sp.ndtr, x=lambda g, x: g * (np.exp(-0.5 * x * x) / _ROOT_2_PI))
log_ndtr = elementwise(sp.log_ndtr, x=lambda g, x, out: g * (np.exp(-0.5 * x * x - out) / _ROOT_2_PI))
ndtri = elementwise(sp.ndtri, x=lambda g, out: g * (_ROOT_2_PI * np.exp(0.5 * out * out)))
stdtr = _of_order(
    sp.stdtr,
    y=lambda g, x, y: (
        g
        * np.exp(
            sp.gammaln((x + 1) / 2) - sp.gammaln(x / 2) - np.log(np.pi * x) / 2 - (x + 1) / 2 * np.log1p(y * y / x)
        )
    ),
)

# ---- logarithms, exponentials, entropies -----------------------------------------------------------------------------

logit = elementwise(sp.logit, x=lambda g, x: g / (x * (1 - x)))
expit = elementwise(sp.expit, x=lambda g, out: g * (out * (1 - out)))
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
expi = elementwise(sp.expi, x=lambda g, x: g * (np.exp(x) / x))

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
    top = np.max(unwrap(a), axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    out = np.log(np.sum(b * np.exp(a - top), axis=axis, keepdims=True)) + top
    return out if keepdims else np.squeeze(out, axis=axis)


def softmax(x: Any, axis: int | None = None) -> Any:
    """As scipy.special.softmax.

    >>> from autograd.scipy.special import softmax
    >>> softmax(np.zeros((1, 2)))
    array([[0.5, 0.5]])
    """
    return _softmax(x.reshape(-1)).reshape(x.shape) if axis is None else _softmax(x, axis)


def log_softmax(x: Any, axis: int | None = None) -> Any:
    """As scipy.special.log_softmax.

    >>> from autograd.scipy.special import log_softmax
    >>> np.exp(log_softmax(np.zeros((1, 2))))
    array([[0.5, 0.5]])
    """
    return _log_softmax(x.reshape(-1)).reshape(x.shape) if axis is None else _log_softmax(x, axis)
