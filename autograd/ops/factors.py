"""Factors of stacks of matrices, as LAPACK gives them: by Gauss's elimination, by Householder's reflections, of
symmetric ones; and what they solve."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.declare import primitive
from ..engine.tensor import unwrap


def adjoint_of(x: Any) -> Any:
    """The conjugate transpose."""
    return np.conj(np.swapaxes(x, -1, -2))


def solve(A: Any, B: Any, *, left: bool = True) -> Any:
    """The X with A X = B, or X A = B; B may be a vector for each matrix."""
    if not left:
        return np.swapaxes(np.linalg.solve(np.swapaxes(A, -1, -2), np.swapaxes(B, -1, -2)), -1, -2)
    one = B.ndim == 1 or (B.ndim == A.ndim - 1 and B.shape == A.shape[:-1])
    return np.linalg.solve(A, B[..., None])[..., 0] if one else np.linalg.solve(A, B)


def _unknown(g: Any) -> Any:
    raise NotImplementedError("this factorization has no derivative rule, here as in PyTorch")


def lu_factor(A: Any, *, pivot: bool = True) -> Any:
    """By Gauss's elimination with the rows put in order, column by column: the two triangles in one, and with which
    row each was exchanged, from 1."""
    m, swaps = A.shape[-2], np.zeros((*A.shape[:-2], min(A.shape[-2:])), np.int32)
    for k in range(swaps.shape[-1]):
        column = unwrap(A)[..., k:, k]  # by the sizes that LAPACK compares
        best = k + (np.argmax(np.abs(column.real) + np.abs(column.imag), -1) if pivot else np.zeros(A.shape[:-2], int))
        order = np.broadcast_to(np.arange(m), (*A.shape[:-2], m)).copy()
        np.put_along_axis(order, best[..., None], k, -1)
        order[..., k], swaps[..., k] = best, best + 1
        A = np.take_along_axis(A, order[..., None], -2)
        column = A[..., k + 1 :, k : k + 1] / A[..., k : k + 1, k : k + 1]
        rest = A[..., k + 1 :, k + 1 :] - column * A[..., k : k + 1, k + 1 :]
        A = np.concatenate([A[..., : k + 1, :], np.concatenate([A[..., k + 1 :, :k], column, rest], -1)], -2)
    return A, swaps


def lu_unpack(LU_data: Any, LU_pivots: Any, unpack_data: bool = True, unpack_pivots: bool = True) -> Any:
    """The P, L and U whose product the matrix is, from what lu_factor gives."""
    m, n = LU_data.shape[-2:]
    order = np.broadcast_to(np.arange(m), (*LU_data.shape[:-2], m)).copy()
    for at in np.ndindex(*order.shape[:-1]):
        for k, other in enumerate(unwrap(LU_pivots)[at]):
            order[at][[k, other - 1]] = order[at][[other - 1, k]]
    k, none = min(m, n), np.zeros(0, LU_data.dtype)
    P = np.swapaxes(np.eye(m, dtype=LU_data.dtype)[order], -1, -2) if unpack_pivots else none
    L = np.tril(LU_data[..., :, :k], -1) + np.eye(m, k, dtype=LU_data.dtype) if unpack_data else none
    return P, L, np.triu(LU_data[..., :k, :]) if unpack_data else none


def lu_solve(LU: Any, pivots: Any, B: Any, *, left: bool = True, adjoint: bool = False) -> Any:
    """As solve, from what lu_factor gives."""
    P, L, U = lu_unpack(LU, pivots)
    return solve(adjoint_of(P @ L @ U) if adjoint else P @ L @ U, B, left=left)


def _reflected(reflectors: Any, tau: Any, made: Any, order: Any) -> Any:
    """What is left of a matrix after these reflections, each a column below the diagonal, on which 1 stands."""
    m = reflectors.shape[-2]
    for k in order:
        v = (reflectors[..., k] * (np.arange(m) > k) + (np.arange(m) == k))[..., None]
        made = made - tau[..., k, None, None] * v * (adjoint_of(v) @ made)
    return made


def householder_product(input: Any, tau: Any) -> Any:
    """The first columns of the product of these reflections, each a column below the diagonal."""
    made = np.broadcast_to(np.eye(*input.shape[-2:], dtype=input.dtype), input.shape)
    return _reflected(input, tau, made, reversed(range(tau.shape[-1])))


def ormqr(input: Any, tau: Any, other: Any, left: bool = True, transpose: bool = False) -> Any:
    """The product of the orthogonal matrix that geqrf gives, or of its adjoint, with another."""
    if not left:
        return adjoint_of(ormqr(input, tau, adjoint_of(other), True, not transpose))
    order = range(tau.shape[-1])
    return _reflected(input, np.conj(tau) if transpose else tau, other, order if transpose else reversed(order))


_raw_qr = primitive(lambda A: tuple(np.linalg.qr(A, "raw")), name="geqrf", multiple=True, A=_unknown)


def geqrf(input: Any) -> Any:
    """The triangle R with the reflections below it, and their sizes."""
    h, tau = _raw_qr(input)
    return np.swapaxes(h, -1, -2), tau


def _of_lapack(name: str, hermitian: bool, *operands: Any) -> Any:
    """A function of LAPACK's for symmetric or Hermitian matrices, of each in a stack; its last result says whether it
    went well."""
    from scipy.linalg import lapack

    if not operands[0].size:
        return [np.zeros_like(operands[0]), np.zeros(operands[0].shape[:-1], np.int32)]
    own = hermitian and operands[0].dtype.kind == "c"
    (function,) = lapack.get_lapack_funcs((f"{'he' if own else 'sy'}{name}",), operands[:1])
    outer = operands[0].shape[:-2]
    found = [function(*[operand[at] for operand in operands], lower=1)[:-1] for at in np.ndindex(*outer)]
    return [np.reshape(np.stack(part), (*outer, *part[0].shape)) for part in zip(*found, strict=True)]


_ldl = primitive(lambda A, hermitian: np.tril(_of_lapack("trf", hermitian, A)[0]), name="ldl_factor", A=_unknown)


def ldl_factor(A: Any, *, hermitian: bool = False) -> Any:
    """L D Lᵀ of a symmetric matrix, or L D Lᴴ: L and D in one, and LAPACK's pivots."""
    pivots = _of_lapack("trf", hermitian, unwrap(A))[1].astype(np.int32)
    return _ldl(A, hermitian), pivots


_inverse = primitive(
    lambda LD, pivots, hermitian: _of_lapack(
        "trs", hermitian, LD, pivots, np.broadcast_to(np.eye(LD.shape[-1], dtype=LD.dtype), LD.shape))[0],
    name="ldl_solve", LD=_unknown,
)  # fmt: skip


def ldl_solve(LD: Any, pivots: Any, B: Any, *, hermitian: bool = False) -> Any:
    """As solve, from what ldl_factor gives."""
    return _inverse(LD, unwrap(pivots), hermitian) @ B


# ---- of one triangle, of low rank, of more rows than unknowns -------------------------------------------------------


def symmetric(A: Any, upper: bool = False) -> Any:
    """The matrix that one triangle says, with a gradient that is its own adjoint.

    >>> symmetric(np.array([[1.0, 9.0], [2.0, 3.0]])).tolist()
    [[1.0, 2.0], [2.0, 3.0]]
    """
    triangle: Any = np.triu if upper else np.tril
    mean, half = (A + adjoint_of(A)) / 2, triangle(unwrap(A))
    return mean + (half + adjoint_of(triangle(half, 1 if upper else -1)) - unwrap(mean))


def solve_triangular(A: Any, B: Any, *, upper: bool, left: bool = True, unit: bool = False) -> Any:
    """As solve, of one triangle of A; with `unit` there are ones on its diagonal.

    >>> solve_triangular(np.array([[2.0, 9.0], [1.0, 1.0]]), np.array([[2.0], [3.0]]), upper=False).tolist()
    [[1.0], [2.0]]
    """
    triangle: Any = np.triu if upper else np.tril
    A = triangle(A, (1 if upper else -1) if unit else 0)
    return solve(A + np.eye(A.shape[-1], dtype=A.dtype) if unit else A, B, left=left)


def svd_lowrank(A: Any, q: int = 6) -> tuple[Any, Any, Any]:
    """The U, S and V of a matrix U diag(S) Vᴴ of rank q at most, by an orthonormal basis of what it makes of q vectors.

    Source: Halko, Martinsson, Tropp, "Finding structure with randomness", 2011, with vectors that are always the same.

    >>> np.allclose(svd_lowrank(np.outer([3.0, 4.0], [0.0, 2.0]), 1)[1], 10)
    True
    """
    vectors = np.cos(np.arange(A.shape[-1] * q).reshape(-1, q) ** 1.5).astype(A.dtype)
    Q = np.linalg.qr(A @ vectors)[0]
    U, S, Vh = np.linalg.svd(adjoint_of(Q) @ A, False)
    return Q @ U, S, adjoint_of(Vh)


def _cutoff(A: Any, atol: Any, rtol: Any) -> Any:
    """Below which singular values count as none, as a part of the greatest."""
    rtol = (max(A.shape[-2:]) * np.finfo(A.dtype).eps if atol is None else 0) if rtol is None else rtol
    greatest = np.linalg.norm(unwrap(A), 2, (-2, -1))
    return rtol if atol is None else np.maximum(unwrap(rtol), unwrap(atol) / greatest)


def pinv(A: Any, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Any:
    """np.linalg.pinv, where singular values count as none below atol, or below rtol times the greatest.

    >>> pinv(np.diag([2.0, 0.1]), atol=0.5).tolist()
    [[0.5, 0.0], [0.0, 0.0]]
    """
    return np.linalg.pinv(symmetric(A) if hermitian else A, _cutoff(A, atol, rtol), hermitian=hermitian)


def rank(A: Any, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Any:
    """How many singular values do not count as none, as for pinv: a plain array.

    >>> int(rank(np.diag([2.0, 0.1]), atol=0.5))
    1
    """
    sizes = np.linalg.svd(unwrap(A), compute_uv=False, hermitian=hermitian)
    limit = np.asarray(unwrap(_cutoff(A, atol, rtol)))
    return (sizes > sizes.max(-1, initial=0)[..., None] * limit[..., None]).sum(-1)


def least_squares(A: Any, B: Any) -> Any:
    """The X, of stacks of matrices A, for which A X is the nearest to B; B may be a vector for each matrix.

    >>> least_squares(np.array([[1.0], [1.0]]), np.array([1.0, 3.0])).round(4).tolist()
    [2.0]
    """
    one = B.ndim == A.ndim - 1
    made = np.linalg.pinv(A) @ (B[..., None] if one else B)
    return made[..., 0] if one else made
