"""Linear algebra at repeated and zero eigenvalues and singular values: right, or NaN, never a wrong finite number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import grad, gradcheck, gradgradcheck, hessian
from autograd.ops.polar import lyapunov, nuclear_norm, polar_factor

la = np.linalg
_draw = np.random.default_rng(4)
C, D = _draw.normal(size=(3, 3)), _draw.normal(size=(4, 3))
Q = la.qr(_draw.normal(size=(3, 3)))[0]
TWICE = Q @ np.diag([2.0, 2, 1]) @ Q.T  # its eigenvalues are equal up to rounding
TALL = la.qr(D)[0]
Loss = Callable[[Any], Any]


def hermitian(a: Any) -> Any:
    return (a + a.T.conj()) / 2


def of_eigh(f: Any, a: Any) -> Any:
    w, v = la.eigh(a)
    return (v * f(w)) @ v.T


def of_svd(f: Any, a: Any) -> Any:
    u, s, vh = la.svd(a, full_matrices=False)
    return (u * f(s)) @ vh


# ---- what cannot be known --------------------------------------------------------------------------------------------

same: Any = lambda w: w
UNKNOWN: dict[str, tuple[Loss, Any]] = {
    "svd made up again": (lambda a: (of_svd(same, a) * C).sum(), np.eye(3)),
    "svd of a tall matrix": (lambda a: (of_svd(same, a) * D).sum(), TALL),
    "svd of a wide matrix": (lambda a: (of_svd(same, a) * D.T).sum(), TALL.T),
    "svd of a matrix of rank 1": (lambda a: (of_svd(same, a) * C).sum(), np.ones((3, 3))),
    "tall svd of lower rank": (lambda a: (of_svd(same, a) * D).sum(), np.diag([3.0, 1, 0, 0])[:, :3]),
    "u": (lambda a: (la.svd(a)[0] ** 4).sum(), np.eye(3)),
    "eigh made up again": (lambda a: (of_eigh(same, a) * C).sum(), TWICE),
    "eigh of the identity": (lambda a: (of_eigh(same, a) * C).sum(), np.eye(3)),
    "eigh of zeros": (lambda a: (of_eigh(same, a) * C).sum(), np.zeros((3, 3))),
    "a logarithm by eigh, which is 0": (lambda a: (of_eigh(np.log, a) * C).sum(), np.eye(3)),
    "eigenvectors": (lambda a: (la.eigh(a)[1] ** 4).sum(), np.eye(3)),
    "an eigenvector that comes twice": (lambda a: (la.eigh(a)[1][:, 2] * C[0]).sum(), TWICE),
    "complex eigenvectors": (lambda a: (of_eigh(same, a + 0j) * C).sum().real, TWICE),
    "vectors of eig": (lambda a: (la.eig(a)[1].real ** 3).sum(), np.eye(3)),
    "one of equal eigenvalues": (lambda a: la.eigvals(a)[0].real, np.eye(3)),
    "a defective matrix": (lambda a: (la.eigvals(a) ** 2).sum().real, np.array([[1.0, 1], [0, 1]])),
    "a nilpotent matrix": (lambda a: (la.eigvals(a) ** 2).sum().real, np.array([[0.0, 1], [0, 0]])),
    "qr": (lambda a: (la.qr(a)[1] * C).sum(), np.ones((3, 3))),
    "tall qr": (lambda a: (la.qr(a)[0] * D).sum(), D[:, [0, 1, 0]]),
    "wide qr": (lambda a: (la.qr(a)[1] * D.T).sum(), D.T[[0, 1, 0]]),
    "log of det": (lambda a: la.slogdet(a)[1], np.ones((3, 3))),
    "cond": (la.cond, np.ones((2, 2))),
    "cond 1": (lambda a: la.cond(a, 1), np.ones((2, 2))),  # which NumPy has be inf, and not raise
    "polar of a singular matrix": (lambda a: (polar_factor(a) * C).sum(), np.diag([2.0, 1, 0])),
    "polar of a tall singular matrix": (lambda a: (polar_factor(a) * D).sum(), np.diag([2.0, 1, 0, 0])[:, :3]),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_cannot_be_known_is_nan(case: str) -> None:
    """Two losses may have the same gradients by the vectors there, and other derivatives: see ops/linalg.py.

    PyTorch 2.13 and JAX 0.10 give NaN for those of svd, eigh and qr, and 2I for the sum of squares of a defective
    matrix's eigenvalues, of which 2Aᵀ is the derivative.
    """
    loss, at = UNKNOWN[case]
    with np.errstate(all="ignore"):
        assert np.isnan(grad(loss)(at)).any()
        other = np.diag([1.0, 2.5, 4.5, 7])[: at.shape[0], : at.shape[1]]
        beside = np.array([at, at + other])
        found = grad(lambda a: sum(loss(part) for part in (a[0], a[1])))(beside)
    assert np.isnan(found[0]).any()
    if case not in ("log of det", "cond", "cond 1"):
        assert np.isfinite(found[1]).all()


STACKED: dict[str, Loss] = {
    "polar": polar_factor, "tall polar": lambda a: polar_factor(a[..., :2]), "nuclear norm": nuclear_norm,
    "svd": lambda a: (lambda u, s, vh: (u * s[..., None, :] ** 2) @ vh)(*la.svd(a)),
    "eigh": lambda a: la.eigh(a)[1] ** 2, "eig": lambda a: np.abs(la.eig(a)[1]) ** 2,
    "qr": lambda a: la.qr(a)[1], "slogdet": lambda a: la.slogdet(a)[1],
    "cond": la.cond, "cond 1": lambda a: la.cond(a, 1), "pinv": lambda a: la.pinv(a, 0.1), "det": la.det,
}  # fmt: skip


@pytest.mark.parametrize("case", STACKED)
@pytest.mark.parametrize("beside", [np.ones((3, 3)), np.zeros((3, 3)), np.eye(3)], ids=["ones", "zeros", "eye"])
def test_a_degenerate_matrix_in_a_stack_leaves_the_others_alone(case: str, beside: Any) -> None:
    function, regular = STACKED[case], C + C.T + np.diag([0, 3, 7])
    with np.errstate(all="ignore"):
        weights = np.cos(np.arange(function(regular).size)).reshape(np.shape(function(regular)))
        loss = lambda a: (function(a) * weights).sum()
        in_stack = grad(loss)(np.stack([beside, regular, beside]))
        np.testing.assert_allclose(in_stack[1], grad(loss)(regular), rtol=1e-9, atol=1e-12)
        if case not in ("cond", "cond 1", "slogdet"):
            alone = grad(loss)(beside)
            np.testing.assert_allclose(in_stack[::2], [alone, alone], rtol=1e-9, atol=1e-12)


def test_gradients_of_two_losses_that_differ_in_their_derivatives_are_the_same() -> None:
    """Why: at the identity the rule of svd cannot tell these two apart."""
    ones = np.ones((2, 2))
    first: Any = lambda u, s, vh: (((u * s) @ vh) * ones).sum()
    other: Any = lambda u, s, vh: (((u * s**2) @ vh) * ones).sum() - s.sum()
    parts = [np.eye(2), np.ones(2), np.eye(2)]
    for i in range(3):
        np.testing.assert_array_equal(grad(first, i)(*parts), grad(other, i)(*parts))
    step = 1e-6 * np.array([[0.0, 1], [1, 0]])
    slopes = [(f(*la.svd(np.eye(2) + step)) - f(*la.svd(np.eye(2) - step))) / 2e-6 for f in (first, other)]
    np.testing.assert_allclose(slopes, [2, 4], rtol=1e-6)


# ---- what is smooth there --------------------------------------------------------------------------------------------

SMOOTH: dict[str, tuple[Loss, Any]] = {
    "squares of eigenvalues": (lambda a: (la.eigvalsh(hermitian(a)) ** 2).sum(), TWICE),
    "log of eigenvalues": (lambda a: np.log(la.eigvalsh(hermitian(a))).sum(), np.eye(3)),
    "log of singular values": (lambda a: np.log(la.svdvals(a)).sum(), 2 * Q),
    "squares of singular values": (lambda a: (la.svdvals(a) ** 2).sum(), np.ones((3, 3))),
    "squares of eigenvalues of any matrix": (lambda a: (la.eigvals(a) ** 2).sum().real, np.eye(3)),
    "the vector of another eigenvalue": (lambda a: (la.eigh(hermitian(a))[1][:, 0] * C[0]).sum() ** 2, TWICE),
    "another eigenvalue": (lambda a: la.eigh(hermitian(a))[0][0], TWICE),
    "vectors of another singular value": (
        lambda a: (lambda u, s, vh: (u[:, 0] * C[0]).sum() * (vh[0] * C[1]).sum() * s[0])(*la.svd(a)),
        np.diag([3.0, 1, 1]),
    ),
    "the vector of a singular value that is 0": (
        lambda a: (lambda u, s, vh: (u[:, 2] * C[0]).sum() * (u[:, 2] * C[1]).sum())(*la.svd(a)), np.diag([3.0, 1, 0])
    ),
    "made up again with one 0": (lambda a: (of_svd(same, a) * C).sum(), np.diag([3.0, 1, 0])),
    "columns of a tall matrix of lower rank": (
        lambda a: (of_svd(same, a)[:, :2] * D[:, :2]).sum(), np.diag([3.0, 1, 0, 0])[:, :3]
    ),
    "nuclear norm": (lambda a: la.matrix_norm(a, ord="nuc"), 2 * Q),
    "nuclear norm of a tall matrix": (lambda a: la.norm(a, "nuc"), TALL),
    "polar": (lambda a: (polar_factor(a) * C).sum(), np.eye(3)),
    "pinv": (lambda a: (la.pinv(a) * D.T).sum(), TALL),
    "det": (la.det, np.ones((3, 3))),
    "power": (lambda a: (la.matrix_power(a, 3) * C).sum(), np.eye(3)),
    "inverse": (lambda a: (la.inv(a) * C).sum(), TWICE),
    "lstsq": (lambda a: (la.lstsq(a, C)[0] * C).sum(), np.eye(3)),
}  # fmt: skip


@pytest.mark.parametrize("case", SMOOTH)
def test_what_is_smooth_is_right(case: str) -> None:
    loss, at = SMOOTH[case]
    gradcheck(loss, at)


SECOND = [
    "nuclear norm", "nuclear norm of a tall matrix", "polar", "pinv", "det", "power", "inverse", "another eigenvalue",
    "made up again with one 0",
]  # fmt: skip


@pytest.mark.parametrize("case", SECOND)
def test_what_is_smooth_is_right_to_second_order(case: str) -> None:
    loss, at = SMOOTH[case]
    gradgradcheck(loss, at)


def test_second_derivatives_that_cannot_be_known_are_nan() -> None:
    """That of the sum of f(w) needs f'' for the space of equal eigenvalues; the rule sees f' alone."""
    assert np.isnan(hessian(lambda a: (la.eigvalsh(a) ** 3).sum())(np.eye(2))).any()
    assert np.isnan(hessian(lambda a: (la.svdvals(a) ** 3).sum())(np.eye(2))).any()
    for case in ("the vector of another eigenvalue", "vectors of another singular value"):
        assert np.isnan(hessian(SMOOTH[case][0])(SMOOTH[case][1])).any()


@pytest.mark.parametrize("shape", [(3, 3), (4, 3), (3, 4), (2, 3, 3)])
@pytest.mark.parametrize("function", [polar_factor, nuclear_norm])
def test_the_polar_factor_and_the_nuclear_norm(function: Any, shape: Any) -> None:
    for a in (_draw.normal(size=shape), _draw.normal(size=shape) + 1j * _draw.normal(size=shape)):
        u, s, vh = la.svd(a, full_matrices=False)
        np.testing.assert_allclose(function(a), u @ vh if function is polar_factor else s.sum(-1))
        gradcheck(function, a)
        gradgradcheck(function, a)


def test_the_equation_of_lyapunov() -> None:
    fun: Any = lambda p, r: lyapunov(hermitian(p), r)
    y = fun(TWICE, C)
    np.testing.assert_allclose(TWICE @ y + y @ TWICE, C)
    gradcheck(fun, TWICE, C)
    gradgradcheck(fun, TWICE, C)


# ---- where there are several subgradients ----------------------------------------------------------------------------


def test_singular_values_of_0_have_gradient_0() -> None:
    """As the absolute value at 0. PyTorch and JAX give u vh there, of whatever vectors LAPACK finds."""
    for loss in (lambda a: la.svdvals(a).sum(), lambda a: la.norm(a, 2), lambda a: la.norm(a, "nuc")):
        np.testing.assert_array_equal(grad(loss)(np.zeros((2, 3))), 0)
    np.testing.assert_allclose(grad(lambda a: la.norm(a, "nuc"))(np.ones((2, 2))), 0.5)
    np.testing.assert_array_equal(grad(lambda a: la.svdvals(a)[-1])(np.diag([1.0, 0.0])), 0)
    with np.errstate(all="ignore"):
        assert np.isnan(grad(lambda a: np.log(la.svdvals(a)).sum())(np.diag([1.0, 0.0]))).any()


def test_singular_values_that_tie_share_the_gradient_of_a_norm() -> None:
    even = np.eye(3) / 3
    for order in (2, -2):
        np.testing.assert_allclose(grad(lambda x, order=order: np.linalg.norm(x, order))(np.eye(3)), even, atol=1e-15)
        np.testing.assert_allclose(grad(lambda x, order=order: np.linalg.cond(x, order))(np.eye(3)), 0, atol=1e-15)
    slope = grad(lambda x: np.linalg.matrix_norm(x, ord=2))(np.diag([2.0, 2.0, 1.0]))
    np.testing.assert_allclose(slope, np.diag([0.5, 0.5, 0]), atol=1e-15)
