"""Functions of matrices from scipy.linalg: expm, logm, sinm and the like, and powers that are no whole numbers.

Of every analytic function f of matrices one rule is the derivative, for f([[A, E], [0, A]]) has f's derivative at A
along E in its upper right corner (R. Mathias, "A chain rule for matrix functions and applications", 1996; N. Higham,
"Functions of Matrices", 2008, theorem 3.6). Along a gradient, and with A transposed, that is the VJP.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg

from ..engine.declare import primitive
from ..engine.primitive import Function
from ..engine.tensor import unwrap


def _corner(function: Function, A: Any, g: Any) -> Any:
    """The upper right corner of function([[Aᵀ, g], [0, Aᵀ]])."""
    A, n = np.swapaxes(A, -1, -2), A.shape[-1]
    rows = [np.concatenate([A, g], axis=-1), np.concatenate([np.zeros_like(A), A], axis=-1)]
    return function(np.concatenate(rows, axis=-2))[..., :n, n:]


def unless_singular(A: Any, made: Any) -> Any:
    """A gradient that is NaN where the matrix is singular, up to rounding: for functions without a derivative at 0."""
    plain = unwrap(A)
    s = np.linalg.svd(plain, compute_uv=False)
    singular = s[..., -1:] <= s[..., :1] * (A.shape[-1] * np.finfo(s.dtype).eps)
    return np.where(singular[..., None], np.nan, made) if singular.any() else made


def _matrix_function(name: str) -> Function:
    theirs = getattr(linalg, name)
    made: Function = primitive(lambda A: theirs(A), name=name, A=lambda g, A: _corner(made, A, g))
    return made


def _without_zero(name: str) -> Function:
    theirs = getattr(linalg, name)
    made: Function = primitive(
        lambda A: theirs(A), name=name, A=lambda g, A: unless_singular(A, _corner(made, A, g))
    )  # fmt: skip
    return made


expm, logm, signm = _matrix_function("expm"), _without_zero("logm"), _without_zero("signm")
sinm, cosm, tanm = _matrix_function("sinm"), _matrix_function("cosm"), _matrix_function("tanm")
sinhm, coshm, tanhm = _matrix_function("sinhm"), _matrix_function("coshm"), _matrix_function("tanhm")


def _power_rule(g: Any, A: Any, t: Any) -> Any:
    made = _corner(lambda block: fractional_matrix_power(block, t), A, g)
    return made if float(t).is_integer() else unless_singular(A, made)


fractional_matrix_power: Function = primitive(
    lambda A, t: linalg.fractional_matrix_power(A, t), name="fractional_matrix_power",
    A=lambda g, A, t: _power_rule(g, A, t),
)  # fmt: skip
