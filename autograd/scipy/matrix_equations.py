"""Equations of matrices from scipy.linalg, and the factors by which they are solved.

The rules are those of M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008), and what follows from the defining equation in the same way.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg

from ..engine.declare import primitive
from ..engine.primitive import Function
from ..engine.tensor import Tensor, unwrap
from .matrix_functions import unless_singular
from .matrix_patterns import circulant, toeplitz
from .on_tensors import on_tensors

solve_sylvester: Function = primitive(
    lambda a, b, q: linalg.solve_sylvester(a, b, q), name="solve_sylvester",
    a=lambda g, a, b, out: -solve_sylvester(a.T, b.T, g) @ out.T,
    b=lambda g, a, b, out: -out.T @ solve_sylvester(a.T, b.T, g),
    q=lambda g, a, b: solve_sylvester(a.T, b.T, g),
)  # fmt: skip


def _sqrtm_rule(g: Any, A: Any, out: Any) -> Any:
    if not np.isfinite(unwrap(out)).all():
        return np.full_like(A, np.nan)
    return unless_singular(A, solve_sylvester(out.T, out.T, g))


sqrtm: Function = primitive(lambda A: linalg.sqrtm(A), name="sqrtm", A=_sqrtm_rule)

# ---- triangular ------------------------------------------------------------------------------------------------------


def _outer(x: Any, y: Any) -> Any:
    """x yᵀ of vectors or of the columns of matrices."""
    return x[:, None] * y if x.ndim == 1 else x @ y.T


def _triangular(a: Any, b: Any, trans: int = 0, lower: bool = False, unit_diagonal: bool = False) -> Any:
    return linalg.solve_triangular(a, b, trans, lower, unit_diagonal)


def _triangular_a(g: Any, a: Any, out: Any, trans: int, lower: bool, unit_diagonal: bool) -> Any:
    back = _solve_triangular(a, g, 1 - trans, lower, unit_diagonal)
    product = -_outer(out, back) if trans else -_outer(back, out)
    return np.tril(product, -unit_diagonal) if lower else np.triu(product, unit_diagonal)


_solve_triangular: Function = primitive(
    _triangular, name="solve_triangular", a=_triangular_a,
    b=lambda g, a, trans, lower, unit_diagonal: _solve_triangular(a, g, 1 - trans, lower, unit_diagonal),
)  # fmt: skip


def solve_triangular(
    a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False, overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:  # fmt: skip
    """As scipy.linalg.solve_triangular, of one matrix: the x with a x = b, where a is triangular.

    >>> from autograd.scipy.linalg import solve_triangular
    >>> solve_triangular(np.array([[2.0, 0.0], [1.0, 1.0]]), np.array([2.0, 3.0]), lower=True)
    array([1., 2.])
    """
    code = {"N": 0, "T": 1, "C": 2}.get(trans, trans)
    if code not in (0, 1, 2):
        raise ValueError(f"solve_triangular: expected trans 0, 1, 2, 'N', 'T' or 'C', got {trans!r}")
    return _solve_triangular(np.conj(a) if code == 2 else a, b, min(code, 1), bool(lower), bool(unit_diagonal))


# ---- banded ----------------------------------------------------------------------------------------------------------


def _transposed(l_and_u: tuple[int, int], ab: Any) -> Any:
    """The diagonals of the transposed matrix: row by row the other way round, each starting in another column."""
    upper = l_and_u[1]
    return np.stack([np.roll(ab[r], r - upper) for r in reversed(range(sum(l_and_u) + 1))])


def _banded_ab(g: Any, l_and_u: tuple[int, int], ab: Any, out: Any) -> Any:
    lower, upper = l_and_u
    back = solve_banded((upper, lower), _transposed(l_and_u, ab), g)
    n = len(out)
    rows = []
    for r in range(lower + upper + 1):
        k = upper - r  # this row holds the elements (j - k, j)
        inside = (np.arange(n) - k >= 0) & (np.arange(n) - k < n)
        product = np.roll(back, k, axis=0) * out
        rows.append(-(product if product.ndim == 1 else product.sum(axis=1)) * inside)
    return np.stack(rows)


solve_banded: Function = primitive(
    lambda l_and_u, ab, b: linalg.solve_banded(l_and_u, ab, b), name="solve_banded", ab=_banded_ab,
    b=lambda g, l_and_u, ab: solve_banded(l_and_u[::-1], _transposed(l_and_u, ab), g),
)  # fmt: skip

# ---- by factors ------------------------------------------------------------------------------------------------------


@on_tensors
def cholesky(a: Any, lower: bool = False) -> Any:
    """As scipy.linalg.cholesky: the triangular factor of a positive definite matrix, the upper one unless `lower`.

    >>> from autograd.scipy.linalg import cholesky
    >>> grad(lambda a: cholesky(a)[0, 0])(4 * np.eye(2))
    array([[0.25, 0.  ],
           [0.  , 0.  ]])
    """
    return np.linalg.cholesky(a) if lower else np.linalg.cholesky(a, upper=True)


@on_tensors
def cho_factor(a: Any, lower: bool = False) -> tuple[Any, bool]:
    """As scipy.linalg.cho_factor: what cho_solve takes. (Of a Tensor the factor's other triangle is zero.)"""
    return cholesky(a, lower), lower


@on_tensors
def cho_solve(c_and_lower: tuple[Any, bool], b: Any) -> Any:
    """As scipy.linalg.cho_solve, of one matrix.

    >>> from autograd.scipy.linalg import cho_factor, cho_solve
    >>> grad(lambda s: cho_solve(cho_factor(s * np.eye(2)), np.ones(2)).sum())(4.0)
    np.float64(-0.125)
    """
    c, lower = c_and_lower
    return solve_triangular(c, solve_triangular(c, b, 2 - 2 * lower, lower), 2 * lower, lower)


def _packed_a(g: Any, out: Any) -> Any:
    low, up = np.tril(out, -1) + np.eye(len(out)), np.triu(out)
    inner = np.tril(low.T @ np.tril(g, -1), -1) + np.triu(np.triu(g) @ up.T)
    return _solve_triangular(up, _solve_triangular(low, inner, 1, True, True).T).T


_packed: Function = primitive(lambda a: linalg.lu_factor(a)[0], name="lu_factor", a=_packed_a)  # of rows in order


def _ordered(pivots: Any) -> Any:
    order = np.arange(len(pivots))
    for i, p in enumerate(np.asarray(pivots)):
        order[[i, p]] = order[[p, i]]
    return order


# the rows exchanged with which a matrix is factored, and the order of all rows that the exchanges lead to
_pivots: Function = primitive(lambda a: linalg.lu_factor(np.asarray(a))[1], name="pivots", a=None)
_order: Function = primitive(_ordered, name="order of rows", pivots=None)


@on_tensors
def lu_factor(a: Any) -> tuple[Any, Any]:
    """As scipy.linalg.lu_factor, of one square matrix: what lu_solve takes."""
    if a.ndim != 2 or a.shape[0] != a.shape[1]:
        raise NotImplementedError(f"lu_factor: expected one square matrix, got shape {a.shape}")
    pivots = unwrap(_pivots(a))
    return _packed(a[_order(pivots)]), pivots


@on_tensors
def lu_solve(lu_and_piv: tuple[Any, Any], b: Any, trans: int = 0) -> Any:
    """As scipy.linalg.lu_solve, of one matrix.

    >>> from autograd.scipy.linalg import lu_factor, lu_solve
    >>> grad(lambda a: lu_solve(lu_factor(a), np.ones(2)).sum())(2 * np.eye(2))
    array([[-0.25, -0.25],
           [-0.25, -0.25]])
    """
    packed, pivots = lu_and_piv
    order, b = _order(pivots), b if isinstance(b, Tensor) else Tensor(b)
    if not trans:
        return solve_triangular(packed, solve_triangular(packed, b[order], 0, True, True))
    return solve_triangular(packed, solve_triangular(packed, b, trans), trans, True, True)[np.argsort(order)]


@on_tensors
def lu(a: Any, permute_l: bool = False, *, p_indices: bool = False) -> tuple[Any, ...]:
    """As scipy.linalg.lu, of one square matrix: a = p @ l @ u."""
    packed, pivots = lu_factor(a)
    back = np.argsort(_order(pivots))
    low, up = np.tril(packed, -1) + np.eye(len(back), dtype=packed.dtype), np.triu(packed)
    if permute_l:
        return low[back], up
    return back if p_indices else (np.arange(len(back)) == back[:, None]).astype(packed.real.dtype), low, up


# ---- others ----------------------------------------------------------------------------------------------------------


@on_tensors
def solve(a: Any, b: Any, *, assume_a: Any = None, lower: bool = False, transposed: bool = False) -> Any:
    """As scipy.linalg.solve; of a Tensor all elements are read, also where it is said to be symmetric.

    >>> from autograd.scipy.linalg import solve
    >>> grad(lambda a: solve(a, np.ones(1), assume_a="pos")[0])(np.array([[2.0]]))
    array([[-0.25]])
    """
    return np.linalg.solve(np.swapaxes(a, -1, -2) if transposed else a, b)


@on_tensors
def solve_toeplitz(c_or_cr: Any, b: Any) -> Any:
    """As scipy.linalg.solve_toeplitz: the x with T x = b, T being toeplitz(c) or toeplitz(c, r)."""
    return np.linalg.solve(toeplitz(*c_or_cr) if isinstance(c_or_cr, tuple) else toeplitz(c_or_cr), b)


@on_tensors
def solve_circulant(c: Any, b: Any) -> Any:
    """As scipy.linalg.solve_circulant, of one matrix: the x with C x = b, C being circulant(c)."""
    return np.linalg.solve(circulant(c), b)


@on_tensors
def solve_continuous_lyapunov(a: Any, q: Any) -> Any:
    """As scipy.linalg.solve_continuous_lyapunov: the X with a X + X aᴴ = q."""
    return solve_sylvester(a, np.conj(np.swapaxes(a, -1, -2)), q)


solve_lyapunov = solve_continuous_lyapunov


@on_tensors
def solve_discrete_lyapunov(a: Any, q: Any) -> Any:
    """As scipy.linalg.solve_discrete_lyapunov: the X with a X aᴴ - X + q = 0."""
    whole = np.eye(len(a) ** 2) - np.kron(a, np.conj(a))
    return np.reshape(np.linalg.solve(whole, np.reshape(q, -1)), np.shape(q))
