"""Linear algebra: every function, real and complex, over stacks of matrices, and its singular points."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, grad
from autograd.ops import linalg
from autograd.ops.polar import lyapunov, polar_factor
from autograd.transforms.gradcheck import gradcheck, gradgradcheck

_draw = np.random.default_rng(1)


def real(*shape: int) -> Any:
    return _draw.standard_normal(shape)


def complex_(*shape: int) -> Any:
    return real(*shape) + 1j * real(*shape)


def hermitian(a: Any) -> Any:
    return a + a.swapaxes(-1, -2).conj()


def positive(a: Any) -> Any:
    return a @ a.swapaxes(-1, -2).conj() + np.eye(a.shape[-1])


la = np.linalg
ROWS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {}
for _kind, _of in {"real": real, "complex": complex_}.items():
    _rows: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
        "inv": (la.inv, (_of(2, 3, 3),)),
        "solve": (la.solve, (_of(2, 3, 3), _of(3, 2))),
        "solve for a vector": (la.solve, (_of(2, 3, 3), _of(3))),
        "det": (la.det, (_of(2, 3, 3),)),
        "slogdet": (la.slogdet, (_of(2, 3, 3),)),
        "log of det": (lambda a: la.slogdet(a).logabsdet, (_of(3, 3),)),
        "pinv tall": (la.pinv, (_of(4, 3),)),
        "pinv wide": (la.pinv, (_of(2, 2, 3),)),
        "pinv hermitian": (lambda a: la.pinv(a, hermitian=True), (hermitian(_of(3, 3)),)),
        "cholesky": (la.cholesky, (positive(_of(2, 3, 3)),)),
        "cholesky upper": (lambda a: la.cholesky(a, upper=True), (positive(_of(3, 3)),)),
        "qr tall": (la.qr, (_of(2, 4, 3),)),
        "qr square": (la.qr, (_of(3, 3),)),
        "qr wide": (la.qr, (_of(2, 4),)),
        "qr complete": (lambda a: la.qr(a, "complete"), (_of(2, 3),)),
        "only r": (lambda a: la.qr(a, "r"), (_of(4, 3),)),
        "only q": (lambda a: la.qr(a).Q, (_of(4, 3),)),
        "eigh": (la.eigh, (hermitian(_of(2, 3, 3)),)),
        "eigh upper": (lambda a: la.eigh(a, "U"), (hermitian(_of(3, 3)),)),
        "eigvalsh": (la.eigvalsh, (hermitian(_of(2, 3, 3)),)),
        "eig": (la.eig, (_of(3, 3),)),
        "eig of a stack": (la.eig, (_of(2, 2, 2) + 2 * np.eye(2)[::-1],)),
        "eigvals": (la.eigvals, (_of(3, 3),)),
        "svd tall": (lambda a: la.svd(a, full_matrices=False), (_of(2, 4, 3),)),
        "svd wide": (lambda a: la.svd(a, False), (_of(2, 3),)),
        "svd square": (la.svd, (_of(3, 3),)),
        "svd hermitian": (lambda a: la.svd(a, hermitian=True), (hermitian(_of(3, 3)),)),
        "svd without vectors": (lambda a: la.svd(a, compute_uv=False), (_of(3, 2),)),
        "svd hermitian without vectors": (lambda a: la.svd(a, True, False, True), (hermitian(_of(3, 3)),)),
        "svdvals": (la.svdvals, (_of(2, 4, 3),)),
        "polar factor": (polar_factor, (_of(2, 3, 3),)),
        "polar factor tall": (polar_factor, (_of(4, 3),)),
        "lyapunov": (lambda p, r: lyapunov(positive(p), r), (_of(3, 3), _of(3, 3))),
        "lstsq": (lambda a, b: la.lstsq(a, b)[:2], (_of(4, 3), _of(4, 2))),
        "lstsq for a vector": (lambda a, b: la.lstsq(a, b)[:2], (_of(4, 2), _of(4))),
        "lstsq under": (lambda a, b: la.lstsq(a, b)[0], (_of(2, 4), _of(2))),
        "lstsq singular values": (lambda a, b: la.lstsq(a, b)[3] + b.sum().real * 0, (_of(3, 2), _of(3))),
        "tensorsolve": (la.tensorsolve, (_of(2, 2, 4), _of(2, 2))),
        "tensorsolve axes": (lambda a, b: la.tensorsolve(a, b, (0,)), (_of(4, 2, 2), _of(2, 2))),
        "tensorinv": (la.tensorinv, (_of(2, 2, 4),)),
        "matrix_power": (lambda a: la.matrix_power(a, 5), (_of(2, 2),)),
        "matrix_power 1": (lambda a: la.matrix_power(a, 1) * 1, (_of(2, 2),)),
        "matrix_power negative": (lambda a: la.matrix_power(a, -2), (_of(2, 2, 2),)),
        "cond": (la.cond, (_of(2, 3, 3),)),
        "cond -2": (lambda a: la.cond(a, -2), (_of(3, 3),)),
        "cond 1": (lambda a: la.cond(a, 1).real, (_of(3, 3),)),  # before 2.4 NumPy's is complex, with no imaginary part
        "cond fro": (lambda a: la.cond(a, "fro").real, (_of(3, 3),)),
        "trace": (np.trace, (_of(3, 4),)),
        "trace axes": (lambda a: np.trace(a, -1, 2, 0), (_of(3, 2, 4),)),
        "linalg.trace": (lambda a: la.trace(a, offset=1), (_of(2, 3, 3),)),
        "linalg.diagonal": (lambda a: la.diagonal(a, offset=-1), (_of(2, 3, 3),)),
        "norm of all": (la.norm, (_of(2, 3, 2),)),
        "norm keepdims": (lambda a: la.norm(a, axis=0, keepdims=True), (_of(2, 3),)),
        "vector_norm": (la.vector_norm, (_of(2, 3),)),
        "vector_norm axes": (lambda a: la.vector_norm(a, axis=(0, 2), ord=3), (_of(2, 3, 2),)),
        "matrix_norm": (la.matrix_norm, (_of(2, 3, 2),)),
        "matrix_norm nuc": (lambda a: la.matrix_norm(a, ord="nuc", keepdims=True), (_of(2, 3, 2),)),
    }
    for _ord in (None, 0, 1, -1, 2, -2, 3, 0.5, -1.5, np.inf, -np.inf):
        _rows[f"norm {_ord}"] = (lambda a, o=_ord: la.norm(a, o, axis=1), (_of(2, 4),))
    for _name in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf):
        _rows[f"norm of matrices {_name}"] = (lambda a, o=_name: la.norm(a, o, axis=(2, 0)), (_of(3, 2, 2),))
    ROWS |= {f"{name} {_kind}": row for name, row in _rows.items()}

_BETWEEN_DTYPES = ("pinv", "eig ", "eigvals ", "lstsq", "cond")  # in single precision far from what double gives


@pytest.mark.parametrize("row", ROWS)
def test_value_gradient_and_second_gradient(row: str, check: Any) -> None:
    fun, inputs = ROWS[row]
    check(fun, *inputs, narrow=not row.startswith(_BETWEEN_DTYPES))


@pytest.mark.parametrize("of", [real, complex_])
@pytest.mark.parametrize(("fun", "shape"), [
    (lambda a: (la.svd(a).U[..., :3], *la.svd(a)[1:]), (2, 4, 3)),
    (lambda a: (*la.svd(a)[:2], la.svd(a).Vh[:2]), (2, 4)),
    (lambda a: la.svd(a).S, (0, 3)),
    (lambda a: (la.qr(a, "complete").Q[:, :3], la.qr(a, "complete").R), (4, 3)),
    (lambda a: la.qr(a, "complete").R, (4, 3)),
])  # fmt: skip
def test_whole_bases_have_the_gradients_of_what_is_determined(fun: Any, shape: Any, of: Any, check: Any) -> None:
    check(fun, of(*shape), narrow=True)


@pytest.mark.parametrize("fun", [la.slogdet, la.eigh, la.eig, la.qr, la.svd])
def test_results_keep_their_names(fun: Any) -> None:
    a = positive(real(3, 3))
    assert type(fun(Tensor(a))) is type(fun(a))


@pytest.mark.parametrize("matrix", [
    [[1.0, 2, 3], [4, 5, 6], [7, 8, 9]], np.zeros((3, 3)), [[0.0]], np.ones((3, 3)), np.diag([1.0, 0, 0, 2]),
], ids=str)  # fmt: skip
def test_the_determinant_of_a_singular_matrix_has_its_gradients(matrix: Any) -> None:
    gradcheck(la.det, np.array(matrix, float))
    gradgradcheck(la.det, np.array(matrix, float))


def test_the_determinant_of_a_larger_singular_matrix_has_its_gradients() -> None:
    a = real(2, 6, 6)
    a[0, 1] = a[0, 4]
    gradcheck(la.det, a)
    gradgradcheck(la.det, a)
    z = (a[0] + 1j * real(6, 6)) / 2  # so small that rounding is no kink to gradcheck
    z[1] = 2 * z[4]
    gradcheck(la.det, z)


def test_the_inverse_of_a_large_triangle() -> None:
    x = np.tril(real(2, 150, 150)) + 20 * np.eye(150)
    np.testing.assert_allclose(linalg._inverse_of_lower(x), la.inv(x), atol=1e-12)
    a = x @ x.swapaxes(1, 2)
    for fun in (la.cholesky, lambda a: la.qr(a)[1]):
        t = Tensor(a, requires_grad=True)
        direction, w = hermitian(real(2, 150, 150)), real(2, 150, 150)
        fun(t).backward(w)
        slope = ((fun(a + 1e-4 * direction) - fun(a - 1e-4 * direction)) * w).sum() / 2e-4
        np.testing.assert_allclose((t.grad.data * direction).sum(), slope, rtol=1e-6)


def test_a_large_matrix_is_not_taken_for_a_singular_one(monkeypatch: Any) -> None:
    """Its determinant is small beside the lengths of its rows, or too small for its dtype; no cofactors are made."""
    monkeypatch.setattr(linalg, "products_of_others", None)
    for a in (real(50, 50), np.eye(200, dtype="f") / 128):
        x = Tensor(a, requires_grad=True)
        det = la.det(x)
        det.backward()
        np.testing.assert_allclose(x.grad.data, det.data * la.inv(a).T, rtol=1e-9)


@pytest.mark.parametrize("norm", [
    la.norm, lambda x: la.norm(x, 3), lambda x: la.norm(x[None], "fro"), la.vector_norm, lambda x: la.norm(x, 1),
    lambda x: la.norm(x, axis=0), lambda x: la.norm(x + 0j), lambda x: la.norm(x, 1.5),
])  # fmt: skip
def test_the_norm_of_zero_has_gradient_0_to_second_order(norm: Any) -> None:
    x = Tensor(np.zeros(3), requires_grad=True)
    y = norm(x)
    assert y.shape == ()
    y.backward(create_graph=True)
    first, x.grad = x.grad, None
    np.testing.assert_array_equal(first.data, 0)
    if first.requires_grad:
        (first.sum() + x.sum()).backward()
        np.testing.assert_array_equal(x.grad.data, 1)


def test_singular_values_that_tie_share_the_gradient_of_a_norm() -> None:
    even = np.eye(3) / 3
    for order in (2, -2):
        np.testing.assert_allclose(grad(lambda x, order=order: np.linalg.norm(x, order))(np.eye(3)), even, atol=1e-15)
        np.testing.assert_allclose(grad(lambda x, order=order: np.linalg.cond(x, order))(np.eye(3)), 0, atol=1e-15)
    slope = grad(lambda x: np.linalg.matrix_norm(x, ord=2))(np.diag([2.0, 2.0, 1.0]))
    np.testing.assert_allclose(slope, np.diag([0.5, 0.5, 0]), atol=1e-15)


def test_the_norm_of_no_elements_is_0() -> None:
    for order in (None, 1, 2, 3):
        x = Tensor(np.zeros((2, 0)), requires_grad=True)
        y = la.norm(x, order, axis=1)
        y.sum().backward()
        assert y.data.tolist() == [0.0, 0.0]
        assert x.grad.shape == (2, 0)


def test_a_norm_with_one_component_0_is_finite() -> None:
    for order in (0.5, 1.5, 3):
        x = Tensor([0.0, 3.0], requires_grad=True)
        la.norm(x, order).backward()
        np.testing.assert_allclose(x.grad.data, [0, 1])


def test_the_gradient_of_cholesky_and_eigh_is_that_of_the_triangle_that_is_read() -> None:
    for fun, other in ((la.cholesky, np.triu), (lambda a: la.cholesky(a, upper=True), np.tril),
                       (la.eigvalsh, np.triu), (lambda a: la.eigvalsh(a, "U"), np.tril)):  # fmt: skip
        a = Tensor(positive(real(3, 3)), requires_grad=True)
        fun(a).sum().backward()
        np.testing.assert_array_equal(other(a.grad.data, 1 if other is np.triu else -1), 0)


def test_a_gaussian_log_likelihood_has_the_textbook_gradient() -> None:
    """d/dK of -½ yᵀK⁻¹y - ½ log det K is ½ (ααᵀ - K⁻¹), α = K⁻¹y (Rasmussen and Williams, eq. 5.9)."""
    k, y = positive(real(4, 4)), real(4)
    x = Tensor(k, requires_grad=True)
    (-0.5 * y @ la.solve(x, y) - 0.5 * la.slogdet(x).logabsdet).backward()
    alpha = la.solve(k, y)
    np.testing.assert_allclose(x.grad.data, 0.5 * (np.outer(alpha, alpha) - la.inv(k)))


def test_what_has_no_gradient() -> None:
    a = Tensor(real(4, 3), requires_grad=True)
    assert la.matrix_rank(a) == 3
    assert not isinstance(la.matrix_rank(a), Tensor)
    assert la.lstsq(a, Tensor(real(4)))[2] == 3
    made = la.matrix_power(Tensor(real(2, 2, 2)), 0)
    assert type(made.data) is np.ndarray
    np.testing.assert_array_equal(made.data, np.eye(2) + np.zeros((2, 2, 2)))
    full = la.svd(Tensor(a.data))
    assert full.U.shape == (4, 4)
    assert la.qr(Tensor(a.data), "complete").Q.shape == (4, 4)
    counts = la.norm(a, 0, axis=0)
    np.testing.assert_array_equal(counts, 4)


@pytest.mark.parametrize(("fun", "kind", "words"), [
    (lambda a: (la.svd(a).U ** 4).sum().backward(), ValueError, "full_matrices=False"),
    (lambda a: (la.svd(a.T).Vh ** 4).sum().backward(), ValueError, "full_matrices=False"),
    (lambda a: (la.qr(a, "complete").Q ** 4).sum().backward(), ValueError, "mode='reduced'"),
    (lambda a: la.qr(a, "raw"), ValueError, "raw"),
    (lambda a: la.inv(a), la.LinAlgError, "square"),
    (lambda a: la.inv(a @ np.zeros((3, 4))), la.LinAlgError, "Singular"),
    (lambda a: la.norm(a, "max"), ValueError, "max"),
    (lambda a: la.norm(a[0], "fro"), ValueError, "number"),
    (lambda a: la.norm(a, axis=(0, 1, 0)), ValueError, "one axis or two"),
    (lambda a: la.norm(a[None], 2), ValueError, "axis="),
    (lambda a: la.matrix_power(a, 2), la.LinAlgError, "square"),
    (lambda a: la.tensorinv(a, 0), ValueError, "ind"),
])  # fmt: skip
def test_what_cannot_be_done_says_so(fun: Any, kind: Any, words: str) -> None:
    with pytest.raises(kind, match=words):
        fun(Tensor(real(4, 3), requires_grad=True))


# ---- against PyTorch (tests/reference/make_linalg.py) ---------------------------------------------------------------


def _weighted(x: Any) -> Any:
    weights = np.cos(np.arange(1.0, x.size + 1)).reshape(x.shape)
    return (x.real * weights).sum() + ((x.imag * weights[::-1]).sum() if x.dtype.kind == "c" else 0)


LOSSES: dict[str, Callable[[Any], Any]] = {
    "inv": lambda a: _weighted(la.inv(a)),
    "det": lambda a: _weighted(la.det(a).reshape(1)),
    "logabsdet": lambda a: la.slogdet(a)[1],
    "pinv": lambda a: _weighted(la.pinv(a[:, :3])),
    "cholesky": lambda a: _weighted(la.cholesky(a @ a.conj().T)),
    "qr": lambda a: _weighted(la.qr(a[:, :3])[1]),
    "eigh": lambda a: _weighted((lambda w, v: (v * np.exp(w)) @ v.conj().T)(*la.eigh(hermitian(a)))),
    "eigvals": lambda a: _weighted((la.eigvals(a) ** 3).sum().reshape(1)),
    "svd": lambda a: _weighted((lambda u, s, vh: (u * np.sin(s)) @ vh)(*la.svd(a[:, :3], False))),
    "svdvals": lambda a: np.log(la.svdvals(a)).sum(),
    "norm": lambda a: la.norm(a) + la.norm(a, "nuc") + la.norm(a, 2) + la.norm(a[0], 3),
    "einsum": lambda a: _weighted(np.einsum("ij,kj,ii->ki", a, a.conj(), a)),
    "fft": lambda a: np.sin(_weighted(np.fft.fft(a, norm="ortho"))),
    "vdot": lambda a: _weighted(np.vdot(a[0], a[1]).reshape(1)),
}
REFERENCE = np.load(Path(__file__).parents[2] / "reference" / "linalg.npz")


@pytest.mark.parametrize("kind", ["real", "complex"])
@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_pytorchs(name: str, kind: str) -> None:
    x = Tensor(REFERENCE[f"input {kind}"], requires_grad=True)
    LOSSES[name](x).backward()
    np.testing.assert_allclose(x.grad.data, REFERENCE[f"{name} {kind}"], rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("of", [real, complex_])
@pytest.mark.parametrize("mode", ["reduced", "complete"])
def test_both_factors_of_a_wide_matrix_together(mode: str, of: Any) -> None:
    """q times r is the matrix itself, so the gradient of a function of the product is known."""
    a, w = of(2, 2, 5), of(2, 2, 5)

    def fun(a: Any) -> Any:
        q, r = la.qr(a, mode)
        return (w * (q @ r)).real.sum() + (abs(q) ** 4 * np.sin(r[..., :2]).real).sum()

    gradcheck(fun, a)
    x = Tensor(a, requires_grad=True)
    q, r = la.qr(x, mode)
    (w * (q @ r)).real.sum().backward()
    np.testing.assert_allclose(x.grad.data, w.conj(), atol=1e-12)


@pytest.mark.parametrize("of", [real, complex_])
def test_eigenvalues_and_eigenvectors_together(of: Any) -> None:
    """A function of a matrix is one of both: here its exponential, whose derivative is known from its series."""
    a, direction, weight = of(4, 4), of(4, 4), of(4, 4)

    def fun(a: Any) -> Any:
        w, v = la.eig(a)
        return ((v * np.exp(w)) @ la.inv(v) * weight).real.sum()

    x = Tensor(a, requires_grad=True)
    fun(x).backward()
    both = np.block([[a, direction], [np.zeros((4, 4)), a]])  # the exponential of this has the derivative above
    power, series = np.eye(8, dtype=complex), np.eye(8, dtype=complex)
    for n in range(1, 80):
        power = power @ both / n
        series = series + power
    slope = (series[:4, 4:] * weight).real.sum()
    np.testing.assert_allclose((x.grad.data.conj() * direction).real.sum(), slope, rtol=1e-9)


@pytest.mark.parametrize(
    ("kind", "scale"), [("f4", 1e25), ("f4", 1e-25), ("f8", 1e200), ("f8", 1e-200), ("c16", 1e200)]
)
def test_norms_whose_powers_leave_the_range(kind: str, scale: float) -> None:
    """Value and gradient are those of the vector by its length, times that."""
    scale = np.dtype(kind).type(scale)
    rows = np.array([[3, 4], [0, 0], [1, -1]]).astype(kind)
    for norm in (
        lambda x: la.norm(x, axis=1), lambda x: la.norm(x, 3, axis=1), la.norm, lambda x: la.norm(x[0], 5),
        lambda x: la.vector_norm(x[0]), lambda x: la.matrix_norm(x),
    ):  # fmt: skip
        plain, x = Tensor(rows, requires_grad=True), Tensor(rows * scale, requires_grad=True)
        expected, found = norm(plain), norm(x)
        tolerance = {"rtol": 100 * np.finfo(kind).eps, "atol": 0}
        np.testing.assert_allclose(found.data / scale.real, expected.data, **tolerance)
        expected.sum().backward()
        found.sum().backward()
        np.testing.assert_allclose(x.grad.data, plain.grad.data, **tolerance)
    np.testing.assert_array_equal(la.norm(Tensor([np.inf, 1.0])).data, np.inf)
    assert np.isnan(la.norm(Tensor([np.nan, 1e200])).data)


def test_the_triangle_of_a_complete_factorization_has_its_gradient_in_a_stack() -> None:
    a = np.random.default_rng(0).normal(size=(2, 4, 3))
    assert gradcheck(lambda a: la.qr(a, "complete").R, a)


@pytest.mark.parametrize("fun", [la.eigh, lambda a: la.eigh(a, "U")], ids=["lower", "upper"])
def test_complex_eigenvectors_of_a_stack_are_those_of_its_matrices(fun: Any) -> None:
    """Also where the gradient is by what fixes their phases."""
    a, weights = hermitian(complex_(2, 4, 4)), complex_(2, 4, 4)
    loss = lambda a, weights: (fun(a).eigenvectors * weights).real.sum()
    whole = grad(loss)(a, weights)
    np.testing.assert_allclose(whole, [grad(loss)(*both) for both in zip(a, weights, strict=True)], rtol=1e-9)


def test_a_defective_matrix_leaves_the_others_of_its_stack_alone() -> None:
    good = np.array([[2.0, 1.0], [0.5, -1.0]])
    loss = lambda a: (np.abs(la.eig(a).eigenvectors) ** 2 * np.array([[1.0, 2.0], [3.0, 5.0]])).sum()
    alone = grad(loss)(good)
    assert np.abs(alone).max() > 0.1
    found = grad(loss)(np.array([[[0.0, 1.0], [0.0, 0.0]], good]))
    np.testing.assert_allclose(found[1], alone, rtol=1e-9)
    assert np.isnan(found[0]).all()
    assert np.isnan(grad(lambda a: np.abs(la.eig(a).eigenvectors).sum())(np.eye(3, k=1))).all()


def test_vectors_that_only_fill_up_a_basis_are_refused_where_they_are_used() -> None:
    a = real(2, 4)
    loss = lambda a, count: (la.svd(a).Vh[:count] ** 2 * np.arange(4.0)).sum()
    of_reduced = grad(lambda a: (la.svd(a, full_matrices=False).Vh ** 2 * np.arange(4.0)).sum())
    np.testing.assert_allclose(grad(loss)(a, 2), of_reduced(a), rtol=1e-9)
    with pytest.raises(ValueError, match=r"svd: the result depends on columns .*full_matrices=False"):
        grad(loss)(a, 3)


@pytest.mark.parametrize("of", [real, complex_])
def test_eigenvectors_by_their_phase(of: Any) -> None:
    """NumPy's are such that the greatest component of each is real; which one that is does not change close by."""
    weights = complex_(4, 4)
    assert gradcheck(lambda a: (la.eig(a).eigenvectors * weights).real.sum(), of(4, 4))


def test_the_phase_of_singular_vectors_of_zero_is_not_known() -> None:
    weights = complex_(2, 2)
    by_phase = grad(lambda a: (la.svd(a).U * weights).real.sum())
    by_size = grad(lambda a: (np.abs(la.svd(a).U) ** 2 * weights).real.sum())
    for a in ([2.0, 0.0], [2.0, 2.0], [0.0, 0.0]):
        assert np.isnan(by_phase(np.diag(a).astype(complex))).all()
    for a in ([2.0, 1.0], [1.0, 0.5]):
        assert np.isfinite(by_phase(np.diag(a).astype(complex))).all()
    np.testing.assert_array_equal(by_size(np.diag([2.0, 0j])), 0)
    assert np.isnan(grad(lambda a: la.svd(a, full_matrices=False).Vh.sum())(np.zeros((1, 3)))).all()


SMALL = np.array([[1.0, 0.02, -0.01], [0.03, 2.0, 0.05], [-0.02, 0.01, 0.1]])  # singular values of about 2, 1 and 0.1


@pytest.mark.parametrize("imaginary", [0.0, 0.03j])
@pytest.mark.parametrize("shape", ["square", "tall", "wide", "stacked"])
def test_what_does_not_count_moves_what_does(shape: str, imaginary: complex) -> None:
    """The pseudoinverse without a singular value that is not 0 depends on it all the same: by the vectors."""
    a = SMALL + imaginary * SMALL[::-1] if imaginary else SMALL
    a = {"square": a, "tall": np.concatenate([a, a[:1] + 0.02]), "wide": np.concatenate([a, a[:1] + 0.02]).T,
         "stacked": np.stack([a, 2 * a + 0.01])}[shape]  # fmt: skip
    assert (la.svd(a)[1] > 0.3).sum(-1).tolist() == ([2, 2] if shape == "stacked" else 2)
    cutoff = np.array([0.15, 1e-12]) if shape == "stacked" else 0.15
    assert gradcheck(lambda a: la.pinv(a, cutoff), a)
    assert gradgradcheck(lambda a: la.pinv(a, cutoff), a)
    if shape != "stacked":
        b = real(len(a), 2)
        assert gradcheck(lambda a, b: la.lstsq(a, b, 0.15)[0], a, b)
        assert gradgradcheck(lambda a: la.lstsq(a, b[:, 0], 0.15)[0], a)


@pytest.mark.parametrize(
    "values", [(1, 1, 0.1), (2, 1, 0), (1, 1, 0), (3, 0, 0), (3, 0.1, 0.1), (1, 1, 1), (100, 99, 14)]
)
@pytest.mark.parametrize("scale", [1, 30, 0.01])
def test_what_does_not_count_beside_equal_and_vanishing_singular_values(values: Any, scale: float) -> None:
    """Those that count are told by their part of the greatest; to second order too, and to third, it is smooth."""
    a = scale * (np.diag(values) / values[0])
    scaled = lambda a: la.pinv(a * scale, 0.15) * scale
    assert gradcheck(scaled, a / scale)
    assert gradgradcheck(scaled, a / scale)
    if scale == 1:
        assert gradgradcheck(grad(lambda a: (la.pinv(a, 0.15) * SMALL).sum()), a)


def test_what_is_as_small_as_the_cutoff_does_not_count() -> None:
    """As NumPy has it; so many cutoffs as matrices may be a list."""
    a = np.diag([2.0, 1.0, 0.5]) + 0 * SMALL
    of = lambda cutoff: grad(lambda a: (la.pinv(a, cutoff) * SMALL).sum())
    np.testing.assert_array_equal(of(0.25)(a), of(0.3)(a))
    assert abs(of(0.25)(a) - of(0.2)(a)).max() > 0.1
    both = of([0.25, 0.2])(np.stack([a, a]))
    np.testing.assert_allclose(both, [of(0.25)(a), of(0.2)(a)], rtol=1e-12)


def test_a_pseudoinverse_of_zeros_has_second_derivative_0() -> None:
    slope = grad(lambda a: (la.pinv(a, 0.15) * SMALL).sum())
    np.testing.assert_array_equal(grad(lambda a: (slope(a) * SMALL).sum())(np.zeros((3, 3))), 0)
