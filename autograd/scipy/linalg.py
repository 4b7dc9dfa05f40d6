"""scipy.linalg, differentiable as far as rules are known; the rest of it takes arrays alone.

What NumPy has too is NumPy's on Tensors, and SciPy's on arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg
from scipy.linalg import LinAlgError, LinAlgWarning

from ..numpy.creation import array
from ..ops.polar import nuclear_norm, polar_factor
from .matrix_equations import (
    cho_factor,
    cho_solve,
    cholesky,
    lu,
    lu_factor,
    lu_solve,
    solve,
    solve_banded,
    solve_circulant,
    solve_continuous_lyapunov,
    solve_discrete_lyapunov,
    solve_lyapunov,
    solve_sylvester,
    solve_toeplitz,
    solve_triangular,
    sqrtm,
)  # fmt: skip
from .matrix_functions import coshm, cosm, expm, fractional_matrix_power, logm, signm, sinhm, sinm, tanhm, tanm
from .matrix_patterns import block_diag, circulant, hankel, khatri_rao, toeplitz
from .on_tensors import on_tensors

__all__ = [
    "LinAlgError", "LinAlgWarning", "block_diag", "cho_factor", "cho_solve", "cholesky", "circulant", "coshm", "cosm",
    "det", "eigh", "eigvalsh", "expm", "fractional_matrix_power", "hankel", "inv", "khatri_rao", "logm", "lu",
    "lu_factor", "lu_solve", "norm", "orthogonal_procrustes", "pinv", "polar", "qr", "signm", "sinhm", "sinm", "solve",
    "solve_banded", "solve_circulant", "solve_continuous_lyapunov", "solve_discrete_lyapunov", "solve_lyapunov",
    "solve_sylvester", "solve_toeplitz", "solve_triangular", "sqrtm", "svd", "svdvals", "tanhm", "tanm", "toeplitz",
]  # fmt: skip


def _h(x: Any) -> Any:
    return np.conj(np.swapaxes(x, -1, -2))


# ---- decompositions --------------------------------------------------------------------------------------------------


@on_tensors
def qr(a: Any, *, mode: str = "full") -> tuple[Any, ...]:
    """As scipy.linalg.qr without pivoting; of a Tensor the signs are NumPy's."""
    if mode == "r":
        return (np.linalg.qr(a, "complete")[1],)
    modes: Any = {"full": "complete", "economic": "reduced"}
    q, r = np.linalg.qr(a, modes[mode])
    return q, r


@on_tensors
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """As scipy.linalg.svd."""
    return tuple(np.linalg.svd(a, full_matrices)) if compute_uv else svdvals(a)


@on_tensors
def svdvals(a: Any) -> Any:
    """As scipy.linalg.svdvals: the singular values, largest first."""
    return np.linalg.svd(a, compute_uv=False)


@on_tensors
def eigh(a: Any, b: Any = None, *, lower: bool = True, eigvals_only: bool = False) -> Any:
    """As scipy.linalg.eigh: the w and v with a v = v w, or with a v = b v w for a positive definite b.

    >>> from autograd.scipy.linalg import eigh
    >>> grad(lambda b: eigh(np.eye(1), b, eigvals_only=True)[0])(np.array([[2.0]]))
    array([[-0.25]])
    """
    side: Any = "L" if lower else "U"
    if b is None:
        return np.linalg.eigvalsh(a, side) if eigvals_only else tuple(np.linalg.eigh(a, side))
    factor = cholesky(array(b, copy=None), lower=True)
    a = array(a, copy=None)
    a = np.tril(a) + _h(np.tril(a, -1)) if lower else np.triu(a) + _h(np.triu(a, 1))
    inner = solve_triangular(factor, _h(solve_triangular(factor, a, lower=True)), lower=True)
    if eigvals_only:
        return np.linalg.eigvalsh(inner)
    w, v = np.linalg.eigh(inner)
    return w, solve_triangular(factor, v, "C", lower=True)


@on_tensors
def eigvalsh(a: Any, b: Any = None, *, lower: bool = True) -> Any:
    """As scipy.linalg.eigvalsh: the w of eigh."""
    return eigh(a, b, lower=lower, eigvals_only=True)


@on_tensors
def polar(a: Any, side: str = "right") -> tuple[Any, Any]:
    """As scipy.linalg.polar: a = u @ p with orthonormal u and positive p, or p @ u with side="left"."""
    u = polar_factor(a)
    p = _h(u) @ a if side == "right" else a @ _h(u)
    return u, (p + _h(p)) / 2


@on_tensors
def orthogonal_procrustes(A: Any, B: Any) -> tuple[Any, Any]:
    """As scipy.linalg.orthogonal_procrustes: the orthogonal r that brings A @ r closest to B, and its scale."""
    product = _h(A) @ B
    return polar_factor(product), nuclear_norm(product)


# ---- NumPy's ---------------------------------------------------------------------------------------------------------


@on_tensors
def inv(a: Any, *, assume_a: Any = None, lower: bool = False) -> Any:
    """As scipy.linalg.inv; of a Tensor all elements are read, also where it is said to be symmetric."""
    return np.linalg.inv(a)


@on_tensors
def det(a: Any) -> Any:
    """As scipy.linalg.det."""
    return np.linalg.det(a)


@on_tensors
def pinv(a: Any, *, rtol: Any = None) -> Any:
    """As scipy.linalg.pinv."""
    cut = max(a.shape[-2:]) * np.finfo(a.dtype).eps if rtol is None else rtol
    return np.linalg.pinv(a, rtol=cut)


@on_tensors
def norm(a: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """As scipy.linalg.norm."""
    return np.linalg.norm(a, ord, axis, keepdims)


# ---- the rest of it --------------------------------------------------------------------------------------------------


def __getattr__(name: str) -> Any:
    """What has no derivative rule: SciPy's own, which refuses Tensors until it is given one."""
    found = getattr(linalg, name)
    if name.startswith("_") or isinstance(found, type) or not callable(found):
        return found

    def refused(*args: Any, **options: Any) -> Any:
        raise TypeError(
            f"scipy.linalg.{name}: no derivative rule is known for Tensors; apply it to .data, or give it one "
            f"(autograd.extend.defvjp)"
        )

    refused.__name__ = name
    globals()[name] = made = on_tensors(refused)
    return made
