"""torch.special."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd as ag

from .dtypes import default
from .pointwise import of_scipy, polygamma
from .reducing import axes
from .tensors import floats, values


def _polynomial(of_degree: Any) -> Any:
    """A polynomial of SciPy's, of a degree that is whole; of a negative one it is 0."""

    def call(input: Any, n: Any) -> Any:
        from scipy import special

        x, n = np.broadcast_arrays(values(input), np.trunc(values(n)).astype(int))
        return np.where(n < 0, 0, of_degree(special, np.maximum(n, 0), x)).astype(np.result_type(x, default()))

    return call


def _shifted(of_degree: Any) -> Any:
    return lambda special, n, x: of_degree(special, n, 2 * x - 1)


_POLYNOMIALS = {
    "chebyshev_polynomial_t": lambda sp, n, x: sp.eval_chebyt(n, x),
    "chebyshev_polynomial_u": lambda sp, n, x: sp.eval_chebyu(n, x),
    "chebyshev_polynomial_v": lambda sp, n, x: sp.eval_chebyu(n, x) - np.sign(n) * sp.eval_chebyu(abs(n - 1), x),
    "chebyshev_polynomial_w": lambda sp, n, x: sp.eval_chebyu(n, x) + np.sign(n) * sp.eval_chebyu(abs(n - 1), x),
    "hermite_polynomial_h": lambda sp, n, x: sp.eval_hermite(n, x),
    "hermite_polynomial_he": lambda sp, n, x: sp.eval_hermitenorm(n, x),
    "laguerre_polynomial_l": lambda sp, n, x: sp.eval_laguerre(n, x),
    "legendre_polynomial_p": lambda sp, n, x: sp.eval_legendre(n, x),
}  # fmt: skip
_OF_SCIPY = (
    "i0e i1e erfcx ndtri zeta entr xlog1py gammainc gammaincc airy_ai:airy bessel_j0:j0 bessel_j1:j1 bessel_y0:y0 "
    "bessel_y1:y1 modified_bessel_i0:i0 modified_bessel_i1:i1 modified_bessel_k0:k0 modified_bessel_k1:k1 "
    "scaled_modified_bessel_k0:k0e scaled_modified_bessel_k1:k1e"
)
SPECIAL: dict[str, Any] = {
    **{pair.partition(":")[0]: of_scipy(pair.rpartition(":")[2]) for pair in _OF_SCIPY.split()}, "polygamma": polygamma,
    **{name: _polynomial(function) for name, function in _POLYNOMIALS.items()},
    **{f"shifted_{name}": _polynomial(_shifted(function)) for name, function in list(_POLYNOMIALS.items())[:4]},
    "logsumexp": lambda input, dim, keepdim=False: ag.logsumexp(input, axis=axes(dim), keepdims=keepdim),
    "i1": lambda input: ag.i1(floats(input)), "ndtr": lambda input: ag.ndtr(floats(input)),
    "log_ndtr": lambda input: ag.log_ndtr(floats(input)), "softmax": lambda input, dim: ag.softmax(input, dim),
    "log_softmax": lambda input, dim: ag.log_softmax(input, dim),
    "spherical_bessel_j0": lambda input: np.sinc(floats(input) / math.pi),
}  # fmt: skip
_SAME = (
    "erf erfc erfinv exp2 expm1 log1p logit digamma sinc round xlogy i0 psi:digamma gammaln:lgamma expit:sigmoid "
    "multigammaln:mvlgamma"
)
SAME: dict[str, str] = {pair.partition(":")[0]: pair.rpartition(":")[2] for pair in _SAME.split()}
"""What torch itself has, by its name there."""
