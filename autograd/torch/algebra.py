"""Products of vectors and matrices, and torch.linalg."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops import factors
from ..ops.factors import adjoint_of, householder_product, ldl_solve, lu_solve, ormqr, solve
from .reducing import named, vector_norm
from .shaping import listed
from .tensors import OPERATORS, cast, of_kind, offer, values


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
    if len(operands) == 1 and isinstance(operands[0], tuple | list):
        operands = tuple(operands[0])
    equation = equation.replace(" ", "")
    terms, arrow, result = equation.partition("->")
    if arrow and "..." in terms and "..." not in result:  # in PyTorch these dimensions are summed over
        found = np.einsum(f"{terms}->...{result}", *operands)
        return np.sum(found, tuple(range(found.ndim - len(result))))
    return np.einsum(equation, *operands)


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


def _symmetric(A: Any, upper: bool = False) -> Any:
    """The matrix that one triangle says, with a gradient that is its own adjoint."""
    mean, half = (A + adjoint_of(A)) / 2, (np.triu if upper else np.tril)(values(A.data))
    return mean + (half + adjoint_of((np.triu if upper else np.tril)(half, 1 if upper else -1)) - values(mean))


def _cholesky(input: Any, upper: bool = False) -> Any:
    made = np.linalg.cholesky(_symmetric(input))
    return adjoint_of(made) if upper else made


def _factored(factor: Any, upper: bool) -> Any:
    return adjoint_of(factor) @ factor if upper else factor @ adjoint_of(factor)


def _solve_triangular(A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    A = (np.triu if upper else np.tril)(A, (1 if upper else -1) if unitriangular else 0)
    return solve(A + np.eye(A.shape[-1], dtype=A.dtype) if unitriangular else A, B, left=left)


def _svd(A: Any, full_matrices: bool = True, *, driver: Any = None) -> Any:
    return named("svd", "U S Vh")(*np.linalg.svd(A, full_matrices))


def _svd_of_old(input: Any, some: bool = True, compute_uv: bool = True) -> Any:
    u, s, v = np.linalg.svd(input, not some)
    return named("svd_V", "U S V")(u, s, adjoint_of(v))


def _svd_lowrank(A: Any, q: int = 6, niter: int = 2, M: Any = None) -> Any:
    """Of a matrix of rank q at most: by an orthonormal basis of what it makes of q vectors."""
    A = A if M is None else A - M
    Q = np.linalg.qr(A @ np.cos(np.arange(A.shape[-1] * q).reshape(-1, q) ** 1.5).astype(A.dtype))[0]
    U, S, Vh = np.linalg.svd(adjoint_of(Q) @ A, False)
    return Q @ U, S, adjoint_of(Vh)


def _pca_lowrank(A: Any, q: Any = None, center: bool = True, niter: int = 2) -> Any:
    return _svd_lowrank(A - np.mean(A, -2, keepdims=True) if center else A, min(6, *A.shape[-2:]) if q is None else q)


def _complex(values: Any, A: Any) -> Any:
    return cast(values, np.result_type(A.dtype, np.complex64))


def _eig(A: Any) -> Any:
    return named("eig", "eigenvalues eigenvectors")(*[_complex(part, A) for part in np.linalg.eig(A)])


def _qr(A: Any, mode: Any = "reduced") -> Any:
    return named("qr", "Q R")(*((np.zeros(0, like=A), np.linalg.qr(A, "r")) if mode == "r" else np.linalg.qr(A, mode)))


def _logdet(input: Any) -> Any:
    sign, log = np.linalg.slogdet(input)
    if input.dtype.kind == "c":
        return np.log(sign) + log
    return np.where(values(sign) < 0, np.nan, log)


def _matrix_norm(A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None) -> Any:
    A, dim = cast(A, dtype), tuple(dim)
    return vector_norm(A, 2, dim, keepdim) if ord == "fro" else np.linalg.norm(A, ord, dim, keepdims=keepdim)


def _norm(A: Any, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    if isinstance(ord, str) or (ord is not None and (A.ndim if dim is None else np.size(dim)) == 2):
        return _matrix_norm(A, ord, (-2, -1) if dim is None else dim, keepdim, dtype=dtype)
    return vector_norm(A, 2 if ord is None else ord, dim, keepdim, dtype=dtype)


def _cutoff(A: Any, atol: Any, rtol: Any) -> Any:
    """Below which singular values count as none, as a part of the greatest."""
    rtol = (max(A.shape[-2:]) * np.finfo(A.dtype).eps if atol is None else 0) if rtol is None else rtol
    return rtol if atol is None else np.maximum(values(rtol), values(atol) / np.linalg.norm(values(A), 2, (-2, -1)))


def _pinv(A: Any, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Any:
    limit = _cutoff(A, atol, rcond if rtol is None else rtol)
    return np.linalg.pinv(_symmetric(A) if hermitian else A, limit, hermitian=hermitian)


def _rank(A: Any, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Any:
    sizes = np.linalg.svd(values(A), compute_uv=False, hermitian=hermitian)
    limit = values(_cutoff(A, tol if atol is None else atol, rtol))
    return (sizes > sizes.max(-1, initial=0)[..., None] * limit[..., None]).sum(-1)


def _lstsq(A: Any, B: Any, rcond: Any = None, *, driver: Any = None) -> Any:
    one, none = B.ndim == A.ndim - 1, np.zeros(0, A.real.dtype)
    X = (np.linalg.pinv(A) @ (B[..., None] if one else B)).reshape(
        *A.shape[:-2], A.shape[-1], *([] if one else B.shape[-1:])
    )
    over = A.shape[-2] > A.shape[-1] and not one and driver not in (None, "gelsy")
    residuals = np.sum(np.abs(A @ X - B) ** 2, -2) if over else none
    sizes = np.linalg.svd(values(A), compute_uv=False) if driver in ("gelsd", "gelss") else none
    return named("lstsq", "solution residuals rank singular_values")(
        X, residuals, none.astype(np.int64) if driver == "gels" else _rank(A), sizes
    )


def _naming(function: Any, name: str, fields: str) -> Any:
    return lambda *args, **options: named(name, fields)(*function(*args, **options))


lu_factor = _naming(factors.lu_factor, "lu_factor", "LU pivots")
lu_unpack = _naming(factors.lu_unpack, "lu_unpack", "P L U")
ldl_factor = _naming(factors.ldl_factor, "ldl_factor", "LD pivots")


def _info(function: Any, name: str, fields: str) -> Any:
    def call(A: Any, *args: Any, check_errors: bool = False, **options: Any) -> Any:
        found = function(A, *args, **options)
        return named(name, fields)(*(found if isinstance(found, tuple) else (found,)), np.zeros(A.shape[:-2], np.int32))

    return call


def _matrix_exp(A: Any) -> Any:
    from ..scipy.linalg import expm

    if A.ndim < 3:
        return expm(A)
    return np.stack([_matrix_exp(a) for a in A]) if len(A) else A * 1


_INV: Any = lambda A: np.linalg.inv(A)
LINALG: dict[str, Any] = {
    "norm": _norm, "vector_norm": vector_norm, "matrix_norm": _matrix_norm, "inv": _INV, "pinv": _pinv, "solve": solve,
    "cross": lambda input, other, *, dim=-1: _cross(input, other, dim), "det": lambda A: np.linalg.det(A),
    "slogdet": lambda A: named("slogdet", "sign logabsdet")(*np.linalg.slogdet(A)), "qr": _qr, "svd": _svd,
    "solve_triangular": _solve_triangular, "cholesky": lambda A, *, upper=False: _cholesky(A, upper), "eig": _eig,
    "svdvals": lambda A, *, driver=None: np.linalg.svd(A, compute_uv=False), "lstsq": _lstsq,
    "eigh": lambda A, UPLO="L": named("eigh", "eigenvalues eigenvectors")(*np.linalg.eigh(_symmetric(A, UPLO == "U"))),
    "eigvalsh": lambda A, UPLO="L": np.linalg.eigvalsh(_symmetric(A, UPLO == "U")), "matrix_rank": _rank,
    "householder_product": householder_product,
    "eigvals": lambda A: _complex(np.linalg.eigvals(A), A), "cond": lambda A, p=None: np.linalg.cond(A, p),
    "multi_dot": lambda tensors: np.linalg.multi_dot(list(tensors)),
    "matrix_power": lambda A, n: np.linalg.matrix_power(A, n), "matmul": OPERATORS["matmul"],
    "matrix_exp": _matrix_exp, "lu_factor": lu_factor, "lu_solve": lu_solve,
    "lu": lambda A, *, pivot=True: named("lu", "P L U")(*lu_unpack(*lu_factor(A, pivot=pivot))),
    "vander": lambda x, N=None: np.atleast_1d(x)[..., None] ** np.arange(x.shape[-1] if N is None else N),
    "vecdot": lambda x, y, *, dim=-1: np.sum(np.conj(x) * y, dim),
    "tensorinv": lambda A, ind=2: np.linalg.tensorinv(A, ind),
    "tensorsolve": lambda A, B, dims=None: np.linalg.tensorsolve(A, B, dims),
    "diagonal": lambda A, *, offset=0, dim1=-2, dim2=-1: np.diagonal(A, offset, dim1, dim2),
    "inv_ex": _info(_INV, "inv_ex", "inverse info"), "solve_ex": _info(solve, "solve_ex", "result info"),
    "cholesky_ex": _info(_cholesky, "cholesky_ex", "L info"),
    "lu_factor_ex": _info(lu_factor, "lu_factor_ex", "LU pivots info"),
    "ldl_factor": ldl_factor, "ldl_factor_ex": _info(ldl_factor, "ldl_factor_ex", "LD pivots info"),
    "ldl_solve": ldl_solve,
}  # fmt: skip
offer({
    "lu": lambda A, pivot=True, get_infos=False: (
        *lu_factor(A, pivot=pivot), np.zeros(A.shape[:-2], np.int32))[: 3 if get_infos else 2],
    "matmul mm bmm mv": OPERATORS["matmul"], "dot": lambda input, tensor: np.dot(input, tensor),
    "vdot": lambda input, other: np.vdot(input, other), "inner": lambda input, other: np.inner(input, other),
    "outer ger": lambda input, vec2: np.outer(input, vec2), "kron": lambda input, other: np.kron(input, other),
    "addmm addmv baddbmm": _added(lambda a, b: a @ b), "addr": _added(lambda a, b: np.outer(a, b)), "cross": _cross,
    "addbmm": _added(lambda a, b: np.sum(a @ b, 0)), "logdet": _logdet, "inverse": _INV, "pinverse": _pinv,
    "svd": _svd_of_old, "geqrf": _naming(factors.geqrf, "geqrf", "a tau"), "orgqr": householder_product, "ormqr": ormqr,
    **{name: LINALG[name] for name in ("matrix_exp", "matrix_power", "det", "slogdet")}, "cholesky": _cholesky,
    "cholesky_inverse": lambda input, upper=False: np.linalg.inv(_factored(input, upper)),
    "cholesky_solve": lambda input, input2, upper=False: np.linalg.solve(_factored(input2, upper), input),
    "qr": lambda input, some=True: _qr(input, "reduced" if some else "complete"),
    "lu_solve": lambda input, LU_data, LU_pivots: lu_solve(LU_data, LU_pivots, input),
    "triangular_solve": lambda input, A, upper=True, transpose=False, unitriangular=False: named(
        "triangular_solve", "solution cloned_coefficient")(_solve_triangular(np.swapaxes(
            A, -1, -2) if transpose else A, input, upper=upper != transpose, unitriangular=unitriangular), A),
})  # fmt: skip
offer({
    "einsum": _einsum, "tensordot": _tensordot,
    "cdist": lambda x1, x2, p=2.0, compute_mode=None: vector_norm(x1[..., :, None, :] - x2[..., None, :, :], p, -1),
    "chain_matmul": listed(lambda tensors: np.linalg.multi_dot(tensors)), "lu_unpack": lu_unpack,
    "nuclear_norm": lambda input, dim=(-2, -1), keepdim=False: _matrix_norm(input, "nuc", dim, keepdim),
    "frobenius_norm": lambda input, dim=(-2, -1), keepdim=False: vector_norm(input, 2, dim, keepdim),
    "svd_lowrank": _svd_lowrank, "pca_lowrank": _pca_lowrank,
}, method=False)  # fmt: skip
