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
