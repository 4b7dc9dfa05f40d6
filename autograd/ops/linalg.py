"""Linear algebra, over stacks of matrices.

The derivatives of the decompositions are those of Giles, "Collected matrix derivative results for forward and reverse
mode algorithmic differentiation" (2008), Walter and Lehmann, "Algorithmic differentiation of linear algebra functions"
(2010, qr), and Wan and Zhang, "Automatic differentiation for complex valued SVD" (2019). They are written for the
gradient along which descent descends, so a rule conjugates on the way in and out; it costs nothing where all is real.

A function has the derivative of what NumPy computes: cholesky and eigh read one triangle of their argument, so the
other one has gradient 0. Complex eigenvectors and singular vectors are unique up to a phase; the phase that LAPACK
chooses makes one of their components real (`_held`), and is differentiated with them.

Of an eigenvalue or singular value that comes several times, up to rounding, the vectors are any basis of a space, and
their gradients do not tell what the derivative is, if there is one: with C = ones, Σ C∘(u s vh) and Σ C∘(u s² vh) - Σ s
give the same ones at the identity, and have different derivatives. So the gradient is NaN there, unless the loss looks
neither at these vectors nor at their values; or not at vectors at all. What is smooth there has rules that do without
them: `polar.py`, pinv, det, slogdet, norm, matrix_power, and functions of matrices.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine.blocks import in_blocks
from ..engine.declare import composite, linear, nondifferentiable, primitive
from ..engine.once import once
from ..engine.primitive import Function, rebuilt
from ..engine.sums import axes_of, total_of_product
from ..engine.tensor import Tensor, alike, unwrap, wrap
from .elementwise import least
from .indexing import take_along_axis
from .polar import nuclear_norm
from .reductions import products_of_others
from .roots import over_root

_linalg: Any = np.linalg


def _t(x: Any) -> Any:
    return x.swapaxes(-1, -2)


def _h(x: Any) -> Any:
    """The conjugate transpose."""
    return x.conj().swapaxes(-1, -2)


def _eye_like(x: Any) -> Any:
    """An identity matrix of the size of the (square) matrices x, in their real dtype."""
    return alike(np.eye(x.shape[-1], dtype=x.dtype).real, x)


def _diagonal_of(x: Any) -> Any:
    return np.diagonal(x, 0, -2, -1)


def _conjugate(g: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple([None if part is None else part.conj() for part in g])


def _inverse(x: Any) -> Any:
    """1 / x, and 0 where x is 0."""
    zero = x == 0
    return np.where(zero, 0, 1 / np.where(zero, 1, x))


def rounding(w: Any) -> Any:
    """By how much eigenvalues or singular values (..., n) may be off that were found of a matrix: (..., 1)."""
    w = _plain(w)
    return np.absolute(w).max(-1, keepdims=True, initial=0) * (4 * w.shape[-1] * np.finfo(w.dtype).eps)


def _close(w: Any) -> Any:
    """Which pairs of values (..., n, n) are equal up to rounding, each with itself too."""
    w = _plain(w)
    return np.absolute(w[..., None, :] - w[..., :, None]) <= rounding(w)[..., None]


def _tied(w: Any) -> Any:
    """Which values (..., n) are equal to another one up to rounding."""
    return _close(w).sum(-1) > 1


def _inverse_gaps(w: Any, gaps: Any) -> Any:
    """1 / gaps (..., n, n), and 0 where two of the values w are equal up to rounding."""
    close = _close(w)
    return np.where(close, 0, 1 / np.where(close, 1, gaps))


def _seen(values: Any, *vectors: Any) -> Any:
    """Which eigenvalues or singular values have a gradient other than 0, themselves or in their vectors (columns)."""
    seen: Any = False
    for g in vectors:
        seen = seen if g is None else seen | (_plain(g) != 0).any(-2)
    return seen if values is None else seen | (_plain(values) != 0)


def _unless(bad: Any, made: Any) -> Any:
    """The gradients of a stack of matrices, NaN for those that are bad."""
    return made + np.where(bad, math.nan, 0)[..., None, None].astype(made.real.dtype) if np.any(bad) else made


def _triangle(x: Any, lower: bool) -> Any:
    """The gradient of the triangle that stands for a Hermitian matrix, given that of the matrix."""
    both = x + _h(x)
    rest = np.tril(both, -1) if lower else np.triu(both, 1)
    return rest + _diagonal_of(both).real[..., None] * (0.5 * _eye_like(x))


# ---- systems of equations -------------------------------------------------------------------------------------------

inv = primitive(np.linalg.inv, a=lambda g, out: -_t(out) @ g @ _t(out))


@once
def _columns_back(g: Any, a: Any) -> Any:
    return np.linalg.solve(_t(a), g)


@once
def _vector_back(g: Any, a: Any) -> Any:
    return np.linalg.solve(_t(a), g[..., None])


def _solve_a(g: Any, a: Any, out: Any, b_shape: Any) -> Any:
    return -_columns_back(g, a) @ _t(out) if len(b_shape) > 1 else -_vector_back(g, a) @ _t(out[..., None])


def _solve_b(g: Any, a: Any, b_shape: Any) -> Any:
    return _columns_back(g, a) if len(b_shape) > 1 else _vector_back(g, a)[..., 0]


solve = primitive(np.linalg.solve, broadcasts=True, a=_solve_a, b=_solve_b)


def _pinv(a: Any, rcond: Any = None) -> Any:
    return np.linalg.pinv(a, rcond)


def _pinv_a(g: Any, a: Any, out: Any, rcond: Any) -> Any:
    p, ph, gh = out, _h(out), _t(g)
    parts = (gh - a @ (p @ gh)) @ (p @ ph) + (ph @ p) @ (gh - (gh @ p) @ a) - ph @ g.conj() @ ph
    return (parts if rcond is None else through_what_counts(parts, p, a - a @ p @ a, _plain(a), rcond)).conj()


def _through_what_counts(r: Any, p: Any, rest: Any, a: Any, rcond: Any) -> Any:
    s = np.linalg.svd(a, compute_uv=False)
    if np.ndim(rcond):  # a number stays one, for arrays of other libraries do not mix with NumPy's
        rcond = (rcond if hasattr(rcond, "shape") else np.asarray(rcond))[..., None]
    counts = s > rcond * s.max(-1, keepdims=True, initial=0)
    if not (~counts & (s > rounding(s))).any():  # those that do not are 0
        return r
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    left = counts[..., :, None]
    one = left != counts[..., None, :]
    x, y = s[..., :, None], s[..., None, :]
    high, low = np.where(left, x, y), np.where(left, y, x)
    inner = _h(u) @ r @ _h(vh)
    moved = low * (low * inner + high * _h(inner)) / np.where(one, high**2 - low**2, 1)
    return r + u @ np.where(one, moved, 0) @ vh


def _through_p(g: Any, p: Any, rest: Any, a: Any, rcond: Any, out: Any) -> Any:
    back, out = through_what_counts(g.conj(), p, rest, a, rcond), _h(out)
    return (out @ rest @ _h(back) + _h(back) @ rest @ out).conj()


def _through_rest(g: Any, p: Any, rest: Any, a: Any, rcond: Any, out: Any) -> Any:
    back = through_what_counts(g.conj(), p, rest, a, rcond)
    return (out @ p @ back + back @ p @ out).conj()


# The gradient by a matrix, given that by what is left of it where singular values count as none, between vectors of
# which one at least counts: the z with z - (pᴴ zᴴ rest + rest zᴴ pᴴ) = r, for the pseudoinverse p of what is left, and
# the rest. For a change of the matrix between a pair of singular vectors, one that counts (s) and one that does not
# (t), moves the former towards the latter, so that what is left changes by (s² change + s t changeᴴ) / (s² - t²), which
# is found by the vectors; but its derivatives are those of the equation, where values may be equal or 0.
through_what_counts: Function = primitive(
    _through_what_counts, name="through_what_counts", p=_through_p, rest=_through_rest, a=None,
    r=lambda g, p, rest, a, rcond: through_what_counts(g.conj(), p, rest, a, rcond).conj(),
)  # fmt: skip


_pinv_general: Function = primitive(_pinv, name="pinv", a=_pinv_a)


@composite(np.linalg.pinv)
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """As np.linalg.pinv."""
    if hermitian:  # its lower triangle stands for the matrix
        a = np.tril(a) + _h(np.tril(a, -1))
    return _pinv_general(a, rcond if rcond is not None else rtol)


def _least(a: Any, b: Any, rcond: Any = None) -> Any:
    return np.linalg.lstsq(a, b, rcond)[0]


def _least_a(g: Any, a: Any, b: Any, rcond: Any) -> Any:
    if b.ndim == 1:
        g, b = g[:, None], b[:, None]
    return _pinv_a(g @ _t(b), a, _pinv_general(a, rcond), rcond)


_least_squares = primitive(_least, name="lstsq", a=_least_a, b=lambda g, a, rcond: _pinv_general(a, rcond).T @ g)


def _inexact(x: Any) -> Any:
    """As floating or complex numbers: those that NumPy's linear algebra computes with."""
    x = x if hasattr(x, "dtype") else np.asarray(x)
    return x if x.dtype.kind in "fc" else x.astype(float)


@composite(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """As np.linalg.lstsq: the solution, the sums of squared residuals, the rank and the singular values."""
    a, b = _inexact(a), _inexact(b)
    if a.ndim != 2:
        raise np.linalg.LinAlgError(f"lstsq: expected a matrix, got shape {a.shape}")
    m, n = a.shape
    if rcond is None:
        rcond = np.finfo(a.dtype).eps * max(m, n)
    s = svdvals(a)
    rank = np.sum(_plain(s) > rcond * np.max(_plain(s)), dtype=np.int32) if s.size else np.int32(0)
    x = _least_squares(a, b, rcond)
    off = b - a @ x
    residuals = (off.conj() * off).real.sum(0, keepdims=b.ndim == 1) if rank == n < m else np.zeros_like(s, shape=(0,))
    return x, residuals, rank, s


@composite(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """As np.linalg.tensorsolve."""
    a, b = _inexact(a), _inexact(b)
    if axes is not None:
        axes = axes_of(tuple(axes) if np.iterable(axes) else (axes,), a.ndim)
        a = a.transpose([*[k for k in range(a.ndim) if k not in axes], *axes])
    shape = a.shape[b.ndim - a.ndim :] if a.ndim > b.ndim else ()
    return np.linalg.solve(a.reshape(b.size, -1), b.reshape(-1)).reshape(shape)


@composite(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    """As np.linalg.tensorinv."""
    if ind <= 0:
        raise ValueError(f"tensorinv: expected ind > 0, got {ind}")
    n = int(np.prod(a.shape[ind:]))
    return np.linalg.inv(a.reshape(n, -1)).reshape(a.shape[ind:] + a.shape[:ind])


# ---- determinants ---------------------------------------------------------------------------------------------------


def _det_a(g: Any, a: Any, out: Any) -> Any:
    return g[..., None, None] * _cofactors(a, out)


def _cofactors(a: Any, det: Any) -> Any:
    """The gradient of the determinant: det(a) times the inverse transposed; it is there for singular matrices too."""
    if not _nearly_singular(_plain(a), _plain(det)):
        return det[..., None, None] * _t(np.linalg.inv(a))
    n = a.shape[-1]
    if n > 4 and not isinstance(a, Tensor):
        u, s, vh = np.linalg.svd(a)
        others = products_of_others(s, -1).astype(a.dtype)[..., None]
        return (np.linalg.det(u) * np.linalg.det(vh))[..., None, None] * (u.conj() @ (others * vh.conj()))
    # cofactors are determinants, so that this can be differentiated again, however singular the matrix is
    rest = np.array([[k for k in range(n) if k != i] for i in range(n)], int).reshape(n, n - 1)
    signs = (-1.0) ** np.arange(n)
    rows = [np.linalg.det(a[..., rest[i][:, None], rest[:, None, :]]) * (signs * signs[i]) for i in range(n)]
    return np.stack(rows, -2)


def _nearly_singular(a: Any, det: Any) -> bool:
    """Whether the inverse of one of these matrices would be far from exact."""
    bound = np.prod(np.sqrt(np.sum(np.square(np.abs(a)), -1)), -1)
    if not np.any(np.abs(det) <= 1e-7 * bound):
        return False
    s = np.linalg.svdvals(a)  # a large matrix has a small determinant for its rows' lengths, and may still be regular
    return not np.all(s[..., -1] > math.sqrt(np.finfo(s.dtype).eps) * s[..., 0]) if a.shape[-1] else False


def _plain(x: Any) -> Any:
    return getattr(x, "_content", x)


def _slogdet_a(g: Any, a: Any, out: Any) -> Any:
    gsign, glog = g
    weight: Any = 0 if glog is None else glog
    if gsign is not None and a.dtype.kind == "c":  # a real sign is constant
        weight = weight - np.multiply(1j, (1j * gsign * out[0]).real)  # 1j * scalar is Python's, without index
    elif glog is None:
        weight = gsign * 0
    singular = _plain(out[1]) == -math.inf
    a = np.where(singular[..., None, None], _eye_like(a), a) if singular.any() else a
    return _unless(singular, weight[..., None, None] * _t(np.linalg.inv(a)))


det = primitive(np.linalg.det, a=_det_a)
slogdet = primitive(np.linalg.slogdet, multiple=True, a=_slogdet_a)

# ---- decompositions -------------------------------------------------------------------------------------------------


def _undetermined(who: str, g: Any, instead: str) -> None:
    """Columns that only fill up a basis could as well be others: no result that depends on them has a derivative."""
    if g is not None and np.any(_plain(g) != 0):
        raise ValueError(
            f"{who}: the result depends on columns that only fill up a basis; they are not determined, and have no "
            f"derivative; use {instead}"
        )


def _inverse_of_lower(x: Any) -> Any:
    """The inverse of lower triangular matrices: of large ones by halves, with products, which are faster."""
    n = x.shape[-1]
    if n <= 64:
        return np.linalg.inv(x)
    k = n // 2
    first, last = _inverse_of_lower(x[..., :k, :k]), _inverse_of_lower(x[..., k:, k:])
    below = -(last @ x[..., k:, :k] @ first)
    above = np.zeros_like(_t(below), shape=(*x.shape[:-2], k, n - k))
    return np.concatenate([np.concatenate([first, above], -1), np.concatenate([below, last], -1)], -2)


def _cholesky(a: Any) -> Any:
    if type(a).__module__.startswith("dask."):  # whose own factor is the upper one, unless it is told
        from dask.array.linalg import cholesky

        return cholesky(a, lower=True)
    return np.linalg.cholesky(a)


def _cholesky_a(g: Any, out: Any) -> Any:
    back = _inverse_of_lower(out)
    inner = np.tril(_h(out) @ g.conj())
    inner = inner - _diagonal_of(inner)[..., None] * (0.5 * _eye_like(out))
    return _triangle(_h(back) @ inner @ back, True).conj()


_cholesky_lower = primitive(_cholesky, name="cholesky", a=_cholesky_a)


@composite(np.linalg.cholesky)
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """As np.linalg.cholesky; the gradient is that of the triangle that it reads."""
    return _h(_cholesky_lower(_h(a))) if upper else _cholesky_lower(a)


def _qr(a: Any) -> Any:
    return np.linalg.qr(a)


def _qr_a(g: Any, out: Any) -> Any:
    q, r = out
    gq, gr = _conjugate(g)
    m, n = q.shape[-2], r.shape[-1]
    if m >= n:
        return _qr_tall(gq, gr, q, r).conj()
    # a wide matrix: its first columns are decomposed, the others are q times what r says
    gy = None if gr is None else gr[..., m:]
    gx = None if gr is None else gr[..., :m]
    if gy is not None:
        more = (q @ r[..., m:]) @ _h(gy)
        gq = more if gq is None else gq + more
    first = _qr_tall(gq, gx, q, r[..., :m])
    rest = np.zeros_like(r[..., m:]) if gy is None else q @ gy
    return np.concatenate([first, rest], -1).conj()


def _qr_tall(gq: Any, gr: Any, q: Any, r: Any) -> Any:
    inner: Any = 0
    plain = np.absolute(_plain(r))
    unknown = (_diagonal_of(plain) <= 8 * rounding(plain.max(-2, initial=0))).any(-1)  # a column depends on others
    r = np.where(unknown[..., None, None], _eye_like(r), r) if unknown.any() else r
    if gr is not None:
        inner = gr @ _h(r)
    if gq is not None:
        inner = inner - _h(q) @ gq
    inner = np.triu(inner)
    inner = inner + _h(inner) - _diagonal_of(inner).real[..., None] * _eye_like(r)
    made = q @ inner if gq is None else gq + q @ inner
    return _unless(unknown, made @ _inverse_of_lower(_h(r)))


def _qr_complete_a(g: Any, out: Any) -> Any:
    q, r = out
    gq, gr = g
    n = r.shape[-1]
    if gq is not None:
        _undetermined("qr", gq[..., n:], "mode='reduced'")
        gq = gq[..., :n]
    return _qr_a((gq, None if gr is None else gr[..., :n, :]), (q[..., :n], r[..., :n, :]))


_qr_reduced = primitive(_qr, name="qr", multiple=True, a=_qr_a)
_qr_complete = primitive(lambda a: _linalg.qr(a, "complete"), name="qr", multiple=True, a=_qr_complete_a)


@composite(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    """As np.linalg.qr, but for mode 'raw'. With 'complete' no gradient flows to the columns that fill up a basis."""
    if mode == "r":
        return _qr_reduced(a)[1]
    if mode == "complete" and a.shape[-2] > a.shape[-1]:
        return _qr_complete(a)
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr: expected mode 'reduced', 'complete' or 'r', got {mode!r}")
    return _qr_reduced(a)


def _held(gv: Any, v: Any, row: Any, turn: Any) -> Any:
    """The gradient of vectors (columns of v) whose phase is such that their component `row` is real.

    `turn` is what turning each vector's phase alone would do to the result: the imaginary part of g^H v.
    """
    part = take_along_axis(v, row, -2).real
    there = alike(np.arange(v.shape[-2])[:, None], v) == row
    return gv + np.where(there, 1j * (turn[..., None, :] * _inverse(part)), 0)


def _turn(gv: Any, v: Any) -> Any:
    return (gv.conj() * v).sum(-2).imag


def _eigh(a: Any, UPLO: str = "L") -> Any:
    return _linalg.eigh(a, UPLO)


def _eigh_a(g: Any, out: Any, UPLO: str) -> Any:
    w, v = out
    gw, gv = _conjugate(g)
    lower = UPLO in "Ll"
    vh = _h(v)
    made: Any = 0
    if gw is not None:
        made = (v * gw[..., None, :]) @ vh
    if gv is not None:
        unknown = _tied(w) & _seen(gw, gv)
        if v.dtype.kind == "c":
            row = alike(np.full((1,) * (v.ndim - 1) + v.shape[-1:], 0 if lower else v.shape[-2] - 1), v)
            gv = _held(gv, v, row, _turn(gv, v))
        gaps = w[..., None, :] - w[..., :, None]
        made = _unless(unknown.any(-1), made + v @ ((vh @ gv) * _inverse_gaps(w, gaps)) @ vh)
    return _triangle(made, lower).conj()


def _eig_a(g: Any, out: Any) -> Any:
    w, v = out
    gw, gv = _conjugate(g)
    vh = _h(v)
    inner: Any = 0
    tied = _tied(w)
    unknown = _uneven(w, gw) | _defective(v)
    vh = np.where(unknown[..., None, None], _eye_like(v), vh) if unknown.any() else vh
    if gv is not None:
        unknown = unknown | (tied & _seen(gw, gv)).any(-1)
        if v.dtype.kind == "c" and v.size:
            row = np.argmax(np.abs(_plain(v)), -2)[..., None, :]
            gv = _held(gv, v, row, _turn(gv, v))
        along = (v.conj() * gv).sum(-2)
        gaps = w[..., None, :] - w[..., :, None]
        inner = (vh @ gv - (vh @ v) * along[..., None, :]) * _inverse_gaps(w, gaps).conj()
    if gw is not None:
        inner = inner + gw[..., None] * _eye_like(v)
    return _unless(unknown, np.linalg.solve(vh, inner @ vh)).conj()


def _uneven(w: Any, gw: Any) -> Any:
    """Whether eigenvalues that are equal have gradients that are not: of no symmetric matrix a mean is a derivative."""
    if gw is None or not w.shape[-1]:
        return alike(np.zeros(w.shape[:-1], bool), w)
    gw = _plain(gw)
    differ = np.absolute(gw[..., None, :] - gw[..., :, None]) > 1e-6 * np.absolute(gw).max(-1)[..., None, None]
    return (_close(w) & differ).any((-2, -1))


def _defective(v: Any) -> Any:
    """Whether eigenvectors do not span the whole space, up to rounding: the eigenvalues have no derivative then."""
    if not v.shape[-1]:
        return np.zeros(v.shape[:-2], bool)
    s = np.linalg.svd(_plain(v), compute_uv=False)
    return s[..., -1] <= rounding(s)[..., 0]


eigh = primitive(_eigh, np.linalg.eigh, name="eigh", multiple=True, a=_eigh_a)
eig = primitive(np.linalg.eig, multiple=True, a=_eig_a)
eigvalsh = primitive(np.linalg.eigvalsh, a=lambda g, a, UPLO: _eigh_a((g, None), np.linalg.eigh(a, UPLO), UPLO))
eigvals = primitive(np.linalg.eigvals, a=lambda g, a: _eig_a((g, None), np.linalg.eig(a)))


def _svd(a: Any) -> Any:
    return np.linalg.svd(a, False)


def _svd_a(g: Any, out: Any) -> Any:
    u, s, vh = out
    gu, gs, gvh = _conjugate(g)
    m, n, k = u.shape[-2], vh.shape[-1], s.shape[-1]
    v, uh = _h(vh), _h(u)
    if gu is None and gvh is None:  # of 0 the gradient is 0, as that of an absolute value
        return ((u * (gs * (s != 0))[..., None, :]) @ vh).conj()
    made: Any = 0
    if gs is not None:
        made = (u * gs[..., None, :]) @ vh
    gu = np.zeros_like(u) if gu is None else gu
    gv = np.zeros_like(v) if gvh is None else _h(gvh)
    zero = _plain(s) <= rounding(s)  # whose vectors may turn towards those that s does not count, if there are such
    unknown = (_tied(s) | zero & (m != n)) & _seen(gs, gu, gv)
    if u.dtype.kind == "c":
        first = np.zeros((1,) * (u.ndim - 1) + (k,), int)
        if m >= n:
            gv = _held(gv, v, first, _turn(gu, u) + _turn(gv, v))
        else:
            gu = _held(gu, u, first, _turn(gu, u) + _turn(gv, v))
    row, column = s[..., None, :], s[..., :, None]
    gaps = _inverse_gaps(s, (row - column) * (row + column))
    x, y = uh @ gu, _h(v) @ gv
    inner = (gaps * (x - _h(x))) * row + column * (gaps * (y - _h(y)))
    inverse = _inverse(s)
    if u.dtype.kind == "c":
        turn = _diagonal_of(x).imag
        unknown = unknown | (_plain(s) == 0) & (_plain(turn) != 0)
        inner = inner + 1j * (turn * inverse)[..., None] * _eye_like(x)
    made = made + u @ inner @ vh
    if m > k:
        made = made + ((gu - u @ x) * inverse[..., None, :]) @ vh
    if n > k:
        made = made + (u * inverse[..., None, :]) @ _h(gv - v @ y)
    return _unless(unknown.any(-1), made).conj()


def _svd_whole_a(g: Any, out: Any) -> Any:
    u, s, vh = out
    gu, gs, gvh = g
    k = s.shape[-1]
    if gu is not None:
        _undetermined("svd", gu[..., k:], "full_matrices=False")
        gu = gu[..., :k]
    if gvh is not None:
        _undetermined("svd", gvh[..., k:, :], "full_matrices=False")
        gvh = gvh[..., :k, :]
    return _svd_a((gu, gs, gvh), (u[..., :k], s, vh[..., :k, :]))


_svd_reduced = primitive(_svd, name="svd", multiple=True, a=_svd_a)
_svd_whole = primitive(lambda a: np.linalg.svd(a), name="svd", multiple=True, a=_svd_whole_a)


@composite(np.linalg.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """As np.linalg.svd. With full_matrices no gradient flows to the singular vectors that fill up a basis."""
    if hermitian:
        return _svd_hermitian(a) if compute_uv else -np.sort(-np.absolute(np.linalg.eigvalsh(a)), -1)
    if not compute_uv:
        return svdvals(a)
    if full_matrices and a.ndim > 1 and a.shape[-1] != a.shape[-2]:
        return _svd_whole(a)
    return _svd_reduced(a)


def _svd_hermitian(a: Any) -> Any:
    w, v = np.linalg.eigh(a)
    order = np.argsort(np.abs(_plain(w)), -1)[..., ::-1]
    w, v = take_along_axis(w, order, -1), take_along_axis(v, order[..., None, :], -1)
    sign = np.sign(_plain(w))
    return rebuilt(np.linalg.svd(np.eye(1)), [v, w * sign, _h(v * sign[..., None, :])])


svdvals = primitive(
    lambda x, /: np.linalg.svd(x, compute_uv=False), np.linalg.svdvals, name="svdvals",
    x=lambda g, x: _svd_a((None, g, None), np.linalg.svd(x, False)),
)  # fmt: skip

# ---- norms ----------------------------------------------------------------------------------------------------------


def _norm(x: Any, axis: tuple[int, ...] = (-1,)) -> Any:
    """The square root of the sum of squares over axes, which stay with size 1."""
    if x.dtype.kind == "c":
        return np.sqrt((x.real**2 + x.imag**2).sum(axis, keepdims=True))
    return np.sqrt(total_of_product(x, x, axes_of(axis, x.ndim)))


def _norm_p(x: Any, axis: tuple[int, ...], p: float) -> Any:
    return (np.absolute(x) ** p).sum(axis, keepdims=True) ** (1 / p)


def _norm_p_x(g: Any, x: Any, out: Any, p: float) -> Any:
    size = np.absolute(x)
    zero = size == 0
    ratio = np.where(zero, 1, size) * _inverse(out)
    return g * np.where(zero, 0, (x.conj() * _inverse(size)) * np.where(zero, 1, ratio) ** (p - 1))


norm_2 = primitive(_norm, name="norm", single=True, x=lambda g, x, out: x.conj() * over_root(g, out))
norm_p = primitive(_norm_p, name="norm", single=True, x=_norm_p_x)


def _within_range(norm: Any, x: Any, axes: tuple[int, ...], p: float) -> Any:
    """norm_2 or norm_p; where powers of elements leave the range, that of x by its largest element, times that."""
    with np.errstate(over="ignore", under="ignore"):
        made = norm(x, axes) if norm is norm_2 else norm(x, axes, p)
        lengths = unwrap(made)
        if p < 1 or not unwrap(x).size:
            return made
        if not in_blocks(lengths) and ((lengths > _shortest(lengths.dtype, p)) & (lengths < np.inf)).all():
            return made
        size = np.absolute(unwrap(x)).max(axes, keepdims=True)
        size = np.where((size > 0) & (size < np.inf), size, 1).astype(size.dtype)
        return size * (norm(x / size, axes) if norm is norm_2 else norm(x / size, axes, p))


def _shortest(dtype: Any, p: Any) -> Any:
    """A norm below it may be that of powers that are subnormal."""
    return least(dtype) ** (0.5 / p)


def _vector(x: Any, order: Any, axes: tuple[int, ...]) -> Any:
    """A norm of vectors over axes, which stay with size 1."""
    if order is None or order == 2:
        return _within_range(norm_2, x, axes, 2.0)
    if order == np.inf:
        return np.absolute(x).max(axes, keepdims=True)
    if order == -np.inf:
        return np.absolute(x).min(axes, keepdims=True)
    if order == 1:
        return np.absolute(x).sum(axes, keepdims=True)
    if order == 0:
        return np.add.reduce(x != 0, axes, x.real.dtype, keepdims=True) + (np.absolute(x) * 0).sum(axes, keepdims=True)
    if isinstance(order, str):
        raise ValueError(f"norm: expected a number as the order of a vector's norm, got {order!r}")
    return _within_range(norm_p, x, axes, order)


def _matrix(x: Any, order: Any, axes: tuple[int, int]) -> Any:
    """A norm of matrices over two axes, which stay with size 1."""
    row, column = axes
    if order is None or order in ("fro", "f"):
        return _within_range(norm_2, x, axes, 2.0)
    if order in (1, -1, np.inf, -np.inf):
        inner, outer = (row, column) if abs(order) == 1 else (column, row)
        sums = np.absolute(x).sum(inner, keepdims=True)
        return sums.max(outer, keepdims=True) if order > 0 else sums.min(outer, keepdims=True)
    if order in (2, -2, "nuc"):
        x = np.moveaxis(x, axes, (-2, -1))
        if order == "nuc":
            return np.expand_dims(nuclear_norm(x), tuple(sorted(axis % x.ndim for axis in axes)))
        s = np.linalg.svdvals(x)
        made = s.max(-1) if order == 2 else s.min(-1)
        return np.expand_dims(made, tuple(sorted(axis % x.ndim for axis in axes)))
    raise ValueError(f"norm: expected 'fro', 'nuc', ±1, ±2 or ±inf as the order of a matrix's norm, got {order!r}")


@composite(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """As np.linalg.norm, all orders; where a vector's norm is 0 its gradient is 0, and what ties shares it evenly."""
    x = x if x.dtype.kind in "fc" else x.astype(float)
    axes = tuple(range(x.ndim)) if axis is None else tuple(axis) if np.iterable(axis) else (axis,)
    if axis is None and ord is not None and x.ndim not in (1, 2):
        raise ValueError(f"norm: expected one or two dimensions, got shape {x.shape}; give axis=")
    if axis is None and ord is None:
        made = _vector(x, None, axes)
    elif len(axes) == 1:
        made = _vector(x, ord, axes)
    elif len(axes) == 2:
        made = _matrix(x, ord, axes)  # type: ignore[arg-type]
    else:
        raise ValueError(f"norm: expected one axis or two, got {axis}")
    return made if keepdims else np.squeeze(made, axes)


@composite(np.linalg.vector_norm)
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """As np.linalg.vector_norm."""
    x = x if x.dtype.kind in "fc" else x.astype(float)
    axes = tuple(range(x.ndim)) if axis is None else tuple(axis) if np.iterable(axis) else (axis,)
    made = _vector(x, ord, axes)
    return made if keepdims else np.squeeze(made, axes)


@composite(np.linalg.matrix_norm)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """As np.linalg.matrix_norm."""
    x = x if x.dtype.kind in "fc" else x.astype(float)
    made = _matrix(x, ord, (-2, -1))
    return made if keepdims else np.squeeze(made, (-2, -1))


@composite(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    """As np.linalg.cond: the norm of x times that of its inverse."""
    if p is None or p in (2, -2):
        s = np.linalg.svdvals(x)
        largest, smallest = s.max(-1), s.min(-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            made = smallest / largest if p == -2 else largest / smallest
        rounding = np.finfo(s.dtype).eps * max(x.shape[-2:])
        return _doubtful(made, unwrap(smallest) <= rounding * unwrap(largest))
    try:
        return norm(x, p, (-2, -1)) * norm(np.linalg.inv(x), p, (-2, -1))
    except np.linalg.LinAlgError:  # of one matrix at least; of a shape that has none NumPy's own is raised
        singular = np.isinf(np.linalg.cond(unwrap(x), 1))
        of_each = singular[..., None, None]
        x = np.where(of_each, _eye_like(x), _doubtful(x, of_each))
        made = norm(x, p, (-2, -1)) * norm(np.linalg.inv(x), p, (-2, -1))
        return made + np.where(singular, np.inf, 0).astype(made.dtype)


_doubtful: Function = linear(  # of a singular matrix the smallest singular value is nothing but rounding
    lambda x, doubt: x * 1, name="doubtful", x=lambda g, doubt: np.where(doubt, np.nan, g)
)


# ---- powers ---------------------------------------------------------------------------------------------------------


@composite(np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Any:
    """As np.linalg.matrix_power: by repeated squaring."""
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise np.linalg.LinAlgError(f"matrix_power: expected square matrices, got shape {a.shape}")
    n = n.__index__()
    if n < 0:
        a, n = np.linalg.inv(a), -n
    made = None
    while n:
        n, odd = divmod(n, 2)
        if odd:
            made = a if made is None else made @ a
        if n:
            a = a @ a
    if made is None:
        return wrap(np.zeros_like(unwrap(a)) + _eye_like(a))
    return made


nondifferentiable(np.linalg.matrix_rank)
