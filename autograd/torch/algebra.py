"""Products of vectors and matrices, and the tables of torch.linalg, torch.fft, torch.special and torch.signal."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd as ag

from .boundary import below
from .dtypes import default
from .pointwise import of_scipy, polygamma
from .reducing import axes, named, vector_norm
from .shaping import listed
from .tensors import FUNCTIONS, OPERATORS, cast, floats, offer, values


def _added(product: Any) -> Any:
    """beta * input + alpha * product."""

    def call(input: Any, first: Any, second: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
        made = product(first, second) if alpha == 1 else alpha * product(first, second)
        return made if beta == 0 else input + made if beta == 1 else beta * input + made

    return call


def _einsum(equation: Any, *operands: Any) -> Any:
    if isinstance(equation, str) and len(operands) == 1 and isinstance(operands[0], tuple | list):
        operands = tuple(operands[0])
    return np.einsum(equation, *operands)


def _cross(input: Any, other: Any, dim: Any = None) -> Any:
    dim = next(i for i, n in enumerate(input.shape) if n == 3) if dim is None else dim
    x, y = np.broadcast_arrays(input, other)
    return np.cross(x, y, axis=dim)


def _adjoint(x: Any) -> Any:
    return np.conj(np.swapaxes(x, -1, -2))


def _symmetric(A: Any, upper: bool = False) -> Any:
    """The matrix that one triangle says, with a gradient that is its own adjoint."""
    mean, half = (A + _adjoint(A)) / 2, (np.triu if upper else np.tril)(values(A.data))
    return mean + (half + _adjoint((np.triu if upper else np.tril)(half, 1 if upper else -1)) - values(mean))


def _cholesky(input: Any, upper: bool = False) -> Any:
    made = np.linalg.cholesky(_symmetric(input))
    return _adjoint(made) if upper else made


def _factored(factor: Any, upper: bool) -> Any:
    return _adjoint(factor) @ factor if upper else factor @ _adjoint(factor)


def _solve(A: Any, B: Any, *, left: bool = True) -> Any:
    if not left:
        return np.swapaxes(np.linalg.solve(np.swapaxes(A, -1, -2), np.swapaxes(B, -1, -2)), -1, -2)
    one = B.ndim == 1 or (B.ndim == A.ndim - 1 and B.shape == A.shape[:-1])
    return np.linalg.solve(A, B[..., None])[..., 0] if one else np.linalg.solve(A, B)


def _solve_triangular(A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    A = (np.triu if upper else np.tril)(A, (1 if upper else -1) if unitriangular else 0)
    return _solve(A + np.eye(A.shape[-1], dtype=A.dtype) if unitriangular else A, B, left=left)


def _svd(A: Any, full_matrices: bool = True, *, driver: Any = None) -> Any:
    return named("svd", "U S Vh")(*np.linalg.svd(A, full_matrices))


def _svd_of_old(input: Any, some: bool = True, compute_uv: bool = True) -> Any:
    u, s, v = np.linalg.svd(input, not some)
    return named("svd_V", "U S V")(u, s, _adjoint(v))


def _svd_lowrank(A: Any, q: int = 6, niter: int = 2, M: Any = None) -> Any:
    """Of a matrix of rank q at most: by an orthonormal basis of what it makes of q vectors."""
    A = A if M is None else A - M
    Q = np.linalg.qr(A @ np.cos(np.arange(A.shape[-1] * q).reshape(-1, q) ** 1.5).astype(A.dtype))[0]
    U, S, Vh = np.linalg.svd(_adjoint(Q) @ A, False)
    return Q @ U, S, _adjoint(Vh)


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


def _lu_factor(A: Any, *, pivot: bool = True) -> Any:
    """By Gauss's elimination with the rows put in order, column by column."""
    m, swaps = A.shape[-2], np.zeros((*A.shape[:-2], min(A.shape[-2:])), np.int32)
    for k in range(swaps.shape[-1]):
        best = k + (np.argmax(np.abs(values(A)[..., k:, k]), -1) if pivot else np.zeros(A.shape[:-2], int))
        order = np.broadcast_to(np.arange(m), (*A.shape[:-2], m)).copy()
        np.put_along_axis(order, best[..., None], k, -1)
        order[..., k], swaps[..., k] = best, best + 1
        A = np.take_along_axis(A, order[..., None], -2)
        column = A[..., k + 1 :, k : k + 1] / A[..., k : k + 1, k : k + 1]
        rest = A[..., k + 1 :, k + 1 :] - column * A[..., k : k + 1, k + 1 :]
        A = np.concatenate([A[..., : k + 1, :], np.concatenate([A[..., k + 1 :, :k], column, rest], -1)], -2)
    return named("lu_factor", "LU pivots")(A, swaps)


def _lu_unpack(LU_data: Any, LU_pivots: Any, unpack_data: bool = True, unpack_pivots: bool = True) -> Any:
    m, n = LU_data.shape[-2:]
    order = np.broadcast_to(np.arange(m), (*LU_data.shape[:-2], m)).copy()
    for at in np.ndindex(*order.shape[:-1]):
        for k, other in enumerate(values(LU_pivots)[at]):
            order[at][[k, other - 1]] = order[at][[other - 1, k]]
    k, none = min(m, n), np.zeros(0, LU_data.dtype)
    P = np.swapaxes(np.eye(m, dtype=LU_data.dtype)[order], -1, -2) if unpack_pivots else none
    L = np.tril(LU_data[..., :, :k], -1) + np.eye(m, k, dtype=LU_data.dtype) if unpack_data else none
    return named("lu_unpack", "P L U")(P, L, np.triu(LU_data[..., :k, :]) if unpack_data else none)


def _lu_solve(LU: Any, pivots: Any, B: Any, *, left: bool = True, adjoint: bool = False) -> Any:
    P, L, U = _lu_unpack(LU, pivots)
    return _solve(_adjoint(P @ L @ U) if adjoint else P @ L @ U, B, left=left)


def _lstsq(A: Any, B: Any, rcond: Any = None, *, driver: Any = None) -> Any:
    one, none = B.ndim == A.ndim - 1, np.zeros(0, A.dtype)
    X = (np.linalg.pinv(A) @ (B[..., None] if one else B)).reshape(
        *A.shape[:-2], A.shape[-1], *([] if one else B.shape[-1:])
    )
    residuals = np.sum(np.abs(A @ X - B) ** 2, -2) if A.shape[-2] > A.shape[-1] and not one else none
    sizes = np.linalg.svd(values(A), compute_uv=False) if driver in ("gelsd", "gelss") else none
    return named("lstsq", "solution residuals rank singular_values")(
        X, residuals, none.astype(np.int64) if driver == "gels" else _rank(A), sizes
    )


def _householder_product(input: Any, tau: Any) -> Any:
    m, made = input.shape[-2], np.broadcast_to(np.eye(*input.shape[-2:], dtype=input.dtype), input.shape)
    for k in reversed(range(tau.shape[-1])):
        v = input[..., k] * (np.arange(m) > k) + (np.arange(m) == k)
        made = made - tau[..., k, None, None] * v[..., :, None] * (np.conj(v)[..., None, :] @ made)
    return made


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
    "norm": _norm, "vector_norm": vector_norm, "matrix_norm": _matrix_norm, "inv": _INV, "pinv": _pinv, "solve": _solve,
    "cross": lambda input, other, *, dim=-1: _cross(input, other, dim), "det": lambda A: np.linalg.det(A),
    "slogdet": lambda A: named("slogdet", "sign logabsdet")(*np.linalg.slogdet(A)), "qr": _qr, "svd": _svd,
    "solve_triangular": _solve_triangular, "cholesky": lambda A, *, upper=False: _cholesky(A, upper), "eig": _eig,
    "svdvals": lambda A, *, driver=None: np.linalg.svd(A, compute_uv=False), "lstsq": _lstsq,
    "eigh": lambda A, UPLO="L": named("eigh", "eigenvalues eigenvectors")(*np.linalg.eigh(_symmetric(A, UPLO == "U"))),
    "eigvalsh": lambda A, UPLO="L": np.linalg.eigvalsh(_symmetric(A, UPLO == "U")), "matrix_rank": _rank,
    "householder_product": _householder_product,
    "eigvals": lambda A: _complex(np.linalg.eigvals(A), A), "cond": lambda A, p=None: np.linalg.cond(A, p),
    "multi_dot": lambda tensors: np.linalg.multi_dot(list(tensors)),
    "matrix_power": lambda A, n: np.linalg.matrix_power(A, n), "matmul": OPERATORS["matmul"],
    "matrix_exp": _matrix_exp, "lu_factor": _lu_factor, "lu_solve": _lu_solve,
    "lu": lambda A, *, pivot=True: named("lu", "P L U")(*_lu_unpack(*_lu_factor(A, pivot=pivot))),
    "vander": lambda x, N=None: np.atleast_1d(x)[..., None] ** np.arange(x.shape[-1] if N is None else N),
    "vecdot": lambda x, y, *, dim=-1: np.sum(np.conj(x) * y, dim),
    "tensorinv": lambda A, ind=2: np.linalg.tensorinv(A, ind),
    "tensorsolve": lambda A, B, dims=None: np.linalg.tensorsolve(A, B, dims),
    "diagonal": lambda A, *, offset=0, dim1=-2, dim2=-1: np.diagonal(A, offset, dim1, dim2),
    "inv_ex": _info(_INV, "inv_ex", "inverse info"), "solve_ex": _info(_solve, "solve_ex", "result info"),
    "cholesky_ex": _info(_cholesky, "cholesky_ex", "L info"),
    "lu_factor_ex": _info(_lu_factor, "lu_factor_ex", "LU pivots info"),
}  # fmt: skip


def _transform(function: Any) -> Any:
    return lambda input, n=None, dim=-1, norm=None: function(floats(input), n, dim, norm)


def _fourier(name: str) -> Any:
    function, dims = getattr(np.fft, name), (-2, -1) if name.endswith("2") else None

    def call(input: Any, s: Any = None, dim: Any = dims, norm: Any = None) -> Any:
        s, dim = (s,) if isinstance(s, int) else s, (dim,) if isinstance(dim, int) else axes(dim)
        dim = tuple(range(-len(s), 0)) if s is not None and dim is None else dim
        return function(floats(input), None if s is None else tuple(s), dim, norm)

    return call


def _hermitian(inverse: bool, dims: Any) -> Any:
    turned: dict[Any, Any] = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}
    if inverse:
        return lambda input, s=None, dim=dims, norm=None: np.conj(_fourier("rfftn")(input, s, dim, turned[norm]))
    return lambda input, s=None, dim=dims, norm=None: _fourier("irfftn")(np.conj(input), s, dim, turned[norm])


FFT: dict[str, Any] = {
    **{name: _transform(getattr(np.fft, name)) for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")},
    **{name: _fourier(name) for name in ("fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn")},
    "hfft2": _hermitian(False, (-2, -1)), "hfftn": _hermitian(False, None), "ihfft2": _hermitian(True, (-2, -1)),
    "ihfftn": _hermitian(True, None), "fftfreq": lambda n, d=1.0: np.fft.fftfreq(n, d).astype(default[0]),
    "rfftfreq": lambda n, d=1.0: np.fft.rfftfreq(n, d).astype(default[0]),
    "fftshift": lambda input, dim=None: np.fft.fftshift(input, axes(dim)),
    "ifftshift": lambda input, dim=None: np.fft.ifftshift(input, axes(dim)),
}  # fmt: skip


def _polynomial(of_degree: Any) -> Any:
    """A polynomial of SciPy's, of a degree that is whole; of a negative one it is 0."""

    def call(input: Any, n: Any) -> Any:
        from scipy import special

        x, n = np.broadcast_arrays(values(input), np.trunc(values(n)).astype(int))
        return np.where(n < 0, 0, of_degree(special, np.maximum(n, 0), x)).astype(np.result_type(x, default[0]))

    return call


def _shifted(of_degree: Any) -> Any:
    return lambda special, n, x: of_degree(special, n, 2 * x - 1)


def _window(name: str, **given: Any) -> Any:
    def call(M: int, *, sym: bool = True, dtype: Any = None, requires_grad: bool = False, **shape: Any) -> Any:
        from scipy.signal import windows

        made = getattr(windows, name)(M, sym=sym, **{**given, **shape})
        return ag.Tensor(made, dtype or default[0], requires_grad)

    return call


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
WINDOWS = {
    **{name: _window(name) for name in (
        "bartlett", "hann", "hamming", "blackman", "nuttall", "cosine", "general_cosine", "exponential")},
    "gaussian": _window("gaussian", std=1.0), "kaiser": _window("kaiser", beta=12.0),
    "general_hamming": _window("general_hamming", alpha=0.54),
}  # fmt: skip
offer({
    "lu": lambda A, pivot=True, get_infos=False: (
        *_lu_factor(A, pivot=pivot), np.zeros(A.shape[:-2], np.int32))[: 3 if get_infos else 2],
    "matmul mm bmm mv": OPERATORS["matmul"], "dot": lambda input, tensor: np.dot(input, tensor),
    "vdot": lambda input, other: np.vdot(input, other), "inner": lambda input, other: np.inner(input, other),
    "outer ger": lambda input, vec2: np.outer(input, vec2), "kron": lambda input, other: np.kron(input, other),
    "addmm addmv baddbmm": _added(lambda a, b: a @ b), "addr": _added(lambda a, b: np.outer(a, b)), "cross": _cross,
    "addbmm": _added(lambda a, b: np.sum(a @ b, 0)), "logdet": _logdet, "inverse": _INV, "pinverse": _pinv,
    "svd": _svd_of_old,
    **{name: LINALG[name] for name in ("matrix_exp", "matrix_power", "det", "slogdet")}, "cholesky": _cholesky,
    "cholesky_inverse": lambda input, upper=False: np.linalg.inv(_factored(input, upper)),
    "cholesky_solve": lambda input, input2, upper=False: np.linalg.solve(_factored(input2, upper), input),
    "qr": lambda input, some=True: _qr(input, "reduced" if some else "complete"),
    "lu_solve": lambda input, LU_data, LU_pivots: _lu_solve(LU_data, LU_pivots, input),
    "triangular_solve": lambda input, A, upper=True, transpose=False, unitriangular=False: named(
        "triangular_solve", "solution cloned_coefficient")(_solve_triangular(np.swapaxes(
            A, -1, -2) if transpose else A, input, upper=upper != transpose, unitriangular=unitriangular), A),
})  # fmt: skip
offer({
    "einsum": _einsum, "tensordot": lambda a, b, dims=2: np.tensordot(
        a, b, dims if isinstance(dims, int) else tuple(dims)),
    "cdist": lambda x1, x2, p=2.0, compute_mode=None: vector_norm(x1[..., :, None, :] - x2[..., None, :, :], p, -1),
    "chain_matmul": listed(lambda tensors: np.linalg.multi_dot(tensors)), "lu_unpack": _lu_unpack,
    "svd_lowrank": _svd_lowrank, "pca_lowrank": _pca_lowrank,
}, method=False)  # fmt: skip
_ALSO = {"psi": "digamma", "gammaln": "lgamma", "expit": "sigmoid", "multigammaln": "mvlgamma"}
_SAME = "erf erfc erfinv exp2 expm1 log1p logit digamma sinc round xlogy i0 psi gammaln expit multigammaln"
SPACES: dict[str, dict[str, Any]] = {
    name: {name: below(function) for name, function in table.items()}
    for name, table in (
        ("linalg", LINALG),
        ("fft", FFT),
        ("special", SPECIAL),
        ("signal.windows", WINDOWS),
        ("signal", {}),
    )
}
"""What stands in modules of their own."""
SPACES["special"] |= {name: FUNCTIONS[_ALSO.get(name, name)] for name in _SAME.split()}
