"""Products of vectors and matrices, and torch.linalg."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops import factors
from ..ops.factors import (
    adjoint_of,
    householder_product,
    ldl_solve,
    lu_solve,
    ormqr,
    solve,
    solve_triangular,
    symmetric,
)
from .pointwise import of_one, of_two
from .reducing import vector_norm
from .shaping import listed
from .tensors import OPERATORS, cast, of_kind, offer, table, values


def _added(product: Any) -> Any:
    """beta * input + alpha * product."""

    def call(input: Any, first: Any, second: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
        if input.dtype.kind in "biu":
            beta, alpha = of_kind(beta, input), of_kind(alpha, input)
        made = product(first, second) if alpha == 1 else alpha * product(first, second)
        return made if beta == 0 else input + made if beta == 1 else beta * input + made

    return call


def _einsum(equation: Any, *operands: Any) -> Any:
    if not isinstance(equation, str):
        return np.einsum(equation, *operands)
    operands = tuple(operands[0]) if len(operands) == 1 and isinstance(operands[0], tuple | list) else operands
    terms, arrow, result = equation.replace(" ", "").partition("->")
    if arrow and "..." in terms and "..." not in result:  # in PyTorch these dimensions are summed over
        found = np.einsum(f"{terms}->...{result}", *operands)
        return np.sum(found, tuple(range(found.ndim - len(result))))
    return np.einsum(f"{terms}{arrow}{result}", *operands)


def _tensordot(a: Any, b: Any, dims: Any = 2) -> Any:
    if isinstance(dims, int):
        return np.tensordot(a, b, dims)
    pair: Any = [[int(d) for d in values(side).reshape(-1)] for side in dims]
    for i, j in zip(*pair, strict=True):  # of two sizes one may be 1, as in broadcasting
        if a.shape[i] != b.shape[j]:
            a = np.sum(a, i, keepdims=True) if b.shape[j] == 1 else a
            b = np.sum(b, j, keepdims=True) if a.shape[i] == 1 else b
    return np.tensordot(a, b, pair)


def _cross(input: Any, other: Any, dim: Any = None) -> Any:
    dim = next(i for i, n in enumerate(input.shape) if n == 3) if dim is None else dim
    x, y = np.broadcast_arrays(input, other)
    return np.cross(x, y, axis=dim)


def _cholesky(input: Any, upper: bool = False) -> Any:
    return np.linalg.cholesky(symmetric(input), upper=upper)


def _factored(factor: Any, upper: bool) -> Any:
    return adjoint_of(factor) @ factor if upper else factor @ adjoint_of(factor)


def _svd(A: Any, some: bool = True, compute_uv: bool = True) -> Any:
    U, S, Vh = np.linalg.svd(A, not some)
    return U, S, adjoint_of(Vh)


def _complex(values: Any, A: Any) -> Any:
    return cast(values, np.result_type(A.dtype, np.complex64))


def _qr(A: Any, mode: Any = "reduced") -> Any:
    return (np.zeros(0, like=A), np.linalg.qr(A, "r")) if mode == "r" else tuple(np.linalg.qr(A, mode))


def _logdet(input: Any) -> Any:
    sign, log = np.linalg.slogdet(input)
    return np.log(sign) + log if input.dtype.kind == "c" else np.where(values(sign) < 0, np.nan, log)


def _matrix_norm(A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None) -> Any:
    A, dim = cast(A, dtype), tuple(dim)
    return vector_norm(A, 2, dim, keepdim) if ord == "fro" else np.linalg.norm(A, ord, dim, keepdims=keepdim)


def _norm(A: Any, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    if isinstance(ord, str) or (ord is not None and (A.ndim if dim is None else np.size(dim)) == 2):
        return _matrix_norm(A, ord, (-2, -1) if dim is None else dim, keepdim, dtype=dtype)
    return vector_norm(A, 2 if ord is None else ord, dim, keepdim, dtype=dtype)


def _lstsq(A: Any, B: Any, rcond: Any = None, *, driver: Any = None) -> Any:
    X, none = factors.least_squares(A, B), np.zeros(0, A.real.dtype)
    over = A.shape[-2] > A.shape[-1] and B.ndim == A.ndim and driver not in (None, "gelsy")
    residuals = np.sum(np.abs(A @ X - B) ** 2, -2) if over else none
    sizes = np.linalg.svd(values(A), compute_uv=False) if driver in ("gelsd", "gelss") else none
    return X, residuals, none.astype(np.int64) if driver == "gels" else factors.rank(A), sizes


def _info(function: Any) -> Any:
    """What a function gives, and that nothing was wrong with it."""

    def call(A: Any, *args: Any, check_errors: bool = False, get_infos: bool = True, **options: Any) -> Any:
        found = function(A, *args, **options)
        found = found if isinstance(found, tuple) else (found,)
        return (*found, np.zeros(A.shape[:-2], np.int32)) if get_infos else found

    return call


def _matrix_exp(A: Any) -> Any:
    from ..scipy.linalg import expm

    return expm(A)


_inv, _lu, _pinv = of_one(np.linalg.inv), factors.lu_factor, factors.pinv
LINALG: dict[str, Any] = {
    "norm": _norm, "vector_norm": vector_norm, "matrix_norm": _matrix_norm, "inv": _inv, "solve": solve, "qr": _qr,
    **table("det slogdet", np.linalg, of_one), "lstsq": _lstsq, "matmul": OPERATORS["matmul"],
    "eig": lambda A: tuple([_complex(part, A) for part in np.linalg.eig(A)]),
    "matrix_rank": lambda A, tol=None, hermitian=False, *, atol=None, rtol=None: factors.rank(
        A, hermitian, atol=tol if atol is None else atol, rtol=rtol),
    "pinv": lambda A, rcond=None, hermitian=False, *, atol=None, rtol=None: _pinv(
        A, hermitian, atol=atol, rtol=rcond if rtol is None else rtol),
    "cross": lambda input, other, *, dim=-1: _cross(input, other, dim),
    "svd": lambda A, full_matrices=True, *, driver=None: tuple(np.linalg.svd(A, full_matrices)),
    "solve_triangular": lambda A, B, *, upper, left=True, unitriangular=False: solve_triangular(
        A, B, upper=upper, left=left, unit=unitriangular),
    "cholesky": lambda A, *, upper=False: _cholesky(A, upper), "householder_product": householder_product,
    "svdvals": lambda A, *, driver=None: np.linalg.svd(A, compute_uv=False), "matrix_exp": _matrix_exp,
    "eigh": lambda A, UPLO="L": tuple(np.linalg.eigh(symmetric(A, UPLO == "U"))),
    "eigvalsh": lambda A, UPLO="L": np.linalg.eigvalsh(symmetric(A, UPLO == "U")),
    "eigvals": lambda A: _complex(np.linalg.eigvals(A), A), "cond": lambda A, p=None: np.linalg.cond(A, p),
    "multi_dot": lambda tensors: np.linalg.multi_dot(list(tensors)),
    "matrix_power": lambda A, n: np.linalg.matrix_power(A, n), "lu_factor": _lu, "lu_solve": lu_solve,
    "lu": lambda A, *, pivot=True: factors.lu_unpack(*_lu(A, pivot=pivot)),
    "vander": lambda x, N=None: np.atleast_1d(x)[..., None] ** np.arange(x.shape[-1] if N is None else N),
    "vecdot": lambda x, y, *, dim=-1: np.sum(np.conj(x) * y, dim),
    "tensorinv": lambda A, ind=2: np.linalg.tensorinv(A, ind),
    "tensorsolve": lambda A, B, dims=None: np.linalg.tensorsolve(A, B, dims),
    "diagonal": lambda A, *, offset=0, dim1=-2, dim2=-1: np.diagonal(A, offset, dim1, dim2),
    "inv_ex": _info(_inv), "solve_ex": _info(solve), "cholesky_ex": _info(_cholesky), "lu_factor_ex": _info(_lu),
    "ldl_factor": factors.ldl_factor, "ldl_factor_ex": _info(factors.ldl_factor), "ldl_solve": ldl_solve,
}  # fmt: skip
offer({
    "lu": lambda A, pivot=True, get_infos=False: _info(_lu)(A, pivot=pivot, get_infos=get_infos),
    "matmul mm bmm mv": OPERATORS["matmul"], **table("vdot inner kron", np, of_two), "svd": _svd,
    "dot": lambda input, tensor: np.dot(input, tensor), "outer ger": lambda input, vec2: np.outer(input, vec2),
    "addmm addmv baddbmm": _added(lambda a, b: a @ b), "addr": _added(lambda a, b: np.outer(a, b)), "cross": _cross,
    "addbmm": _added(lambda a, b: np.sum(a @ b, 0)), "logdet": _logdet, "inverse": _inv, "pinverse": LINALG["pinv"],
    "geqrf": factors.geqrf, "orgqr": householder_product, "ormqr": ormqr, "cholesky": _cholesky,
    **{name: LINALG[name] for name in ("matrix_exp", "matrix_power", "det", "slogdet")},
    "cholesky_inverse": lambda input, upper=False: np.linalg.inv(_factored(input, upper)),
    "cholesky_solve": lambda input, input2, upper=False: np.linalg.solve(_factored(input2, upper), input),
    "qr": lambda input, some=True: _qr(input, "reduced" if some else "complete"),
    "lu_solve": lambda input, LU_data, LU_pivots: lu_solve(LU_data, LU_pivots, input),
    "triangular_solve": lambda input, A, upper=True, transpose=False, unitriangular=False: (solve_triangular(
        np.swapaxes(A, -1, -2) if transpose else A, input, upper=upper != transpose, unit=unitriangular), A),
})  # fmt: skip
offer({
    "einsum": _einsum, "tensordot": _tensordot, "lu_unpack": factors.lu_unpack,
    "svd_lowrank": lambda A, q=6, niter=2, M=None: factors.svd_lowrank(A if M is None else A - M, q),
    "cdist": lambda x1, x2, p=2.0, compute_mode=None: vector_norm(x1[..., :, None, :] - x2[..., None, :, :], p, -1),
    "chain_matmul": listed(lambda tensors: np.linalg.multi_dot(tensors)),
    "nuclear_norm": lambda input, dim=(-2, -1), keepdim=False: _matrix_norm(input, "nuc", dim, keepdim),
    "frobenius_norm": lambda input, dim=(-2, -1), keepdim=False: vector_norm(input, 2, dim, keepdim),
    "pca_lowrank": lambda A, q=None, center=True, niter=2: factors.svd_lowrank(
        A - np.mean(A, -2, keepdims=True) if center else A, min(6, *A.shape[-2:]) if q is None else q),
}, method=False)  # fmt: skip
