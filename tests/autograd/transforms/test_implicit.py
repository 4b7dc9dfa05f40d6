"""Derivatives through solutions: where they are and are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Tensor, compile, grad, gradcheck, gradgradcheck, jacobian, jvp, no_grad, vjp, vmap
from autograd.transforms.implicit import Equation

pytest.importorskip("scipy")


def solved(a: Any) -> Any:
    """The z with z0² = a0 and z0 z1 = a1: (√a0, a1 / √a0)."""

    def find(start: Any, args: Any) -> Any:
        root = np.sqrt(args[0])
        return np.array([root, args[1] / root])

    def residual(z: Any, args: Any) -> Any:
        return np.stack([z[0] ** 2 - args[0], z[0] * z[1] - args[1]])

    return Equation("solved", a, find, lambda z, args: (z, residual)).solution(np.zeros(2))


def closed(a: Any) -> Any:
    return np.stack([a[0] ** 0.5, a[1] * a[0] ** -0.5])


A = np.array([2.0, -3.0])


def test_derivatives_of_any_order() -> None:
    np.testing.assert_allclose(solved(A), closed(A))
    np.testing.assert_allclose(jacobian(solved)(A), jacobian(closed)(A), rtol=1e-12)
    np.testing.assert_allclose(jacobian(jacobian(solved))(A), jacobian(jacobian(closed))(A), rtol=1e-12)
    third = lambda f: jacobian(jacobian(grad(lambda a: (f(a) ** 3).sum())))(A)
    np.testing.assert_allclose(third(solved), third(closed), rtol=1e-12)
    assert gradcheck(solved, A)
    assert gradgradcheck(solved, A)


def test_forward_backward_many_at_once_and_compiled() -> None:
    v = np.array([0.5, 1.0])
    np.testing.assert_allclose(jvp(solved, (A,), (v,))[1], jacobian(closed)(A) @ v)
    x = Tensor(A, requires_grad=True)
    solved(x).sum().backward()
    np.testing.assert_allclose(x.grad, jacobian(closed)(A).sum(0))
    many = np.stack([A, A + 1, 2 * A])
    each = vmap(grad(lambda a: (solved(a) ** 2).sum()))(many)
    np.testing.assert_allclose(each, [grad(lambda a: (closed(a) ** 2).sum())(a) for a in many])
    twice = vmap(jacobian(grad(lambda a: (solved(a) ** 2).sum())))(many)
    np.testing.assert_allclose(twice, [jacobian(grad(lambda a: (closed(a) ** 2).sum()))(a) for a in many])
    slope = compile(grad(lambda a: solved(a).sum()))
    with pytest.warns(RuntimeWarning, match="solved calls the function until it is content"):
        slope(A)
    for a in many:
        np.testing.assert_allclose(slope(a), jacobian(closed)(a).sum(0))


def test_nothing_is_recorded_where_nothing_is_tracked() -> None:
    assert isinstance(solved(A), np.ndarray)
    with no_grad():
        assert not solved(Tensor(A, requires_grad=True)).requires_grad


def test_a_singular_system_says_so() -> None:
    residual = lambda z, a: np.stack([z.sum() - a, 2 * z.sum() - 2 * a])
    many = lambda a: Equation("many", a, lambda s, a: np.full(2, a / 2), lambda z, a: (z, residual)).solution(
        np.zeros(2)
    )
    with pytest.raises(np.linalg.LinAlgError, match="many: the system of 2 equations for the derivative is singular"):
        grad(lambda a: many(a).sum())(1.0)


def test_what_is_no_solution_has_no_derivative() -> None:
    wrong = lambda a: Equation("wrong", a, lambda s, a: np.array([5.0]), lambda z, a: (z, lambda z, a: z - a)).solution(
        np.zeros(1)
    )
    np.testing.assert_allclose(wrong(Tensor([1.0], requires_grad=True)).data, [5.0])
    with pytest.raises(RuntimeError, match=r"wrong: what was found is no solution.* of size 4"):
        grad(lambda a: wrong(a).sum())(np.array([1.0]))


@pytest.mark.parametrize(
    ("size", "off", "is_near"),
    [(100.0, 0.9, True), (100.0, 1.2, False), (1e-3, 9e-3, True), (1e-3, 1.1e-2, False), (0.5, 0.014, True),
     (0.5, 0.017, False)],
)  # fmt: skip
def test_how_far_from_a_solution_has_a_derivative(size: float, off: float, is_near: bool) -> None:
    """A hundredth of its size and of one: a step of Newton's method from there is as large."""
    find, at = lambda s, a: np.array([size + off]), lambda z, a: (z, lambda z, a: z - a)
    slope = grad(lambda a: Equation("near", a, find, at).solution(np.zeros(1)).sum())
    if is_near:
        np.testing.assert_allclose(slope(np.array([size])), [1.0])
    else:
        with pytest.raises(RuntimeError, match="near: what was found is no solution"):
            slope(np.array([size]))


def test_a_pullback_alone_is_no_program_either() -> None:
    _, back = vjp(solved, A)
    compiled = compile(lambda g: back(g)[0])
    compiled(np.ones(2))
    with pytest.warns(RuntimeWarning, match="solved calls the function until it is content"):
        got = compiled(np.ones(2))
    np.testing.assert_allclose(got, jacobian(closed)(A).sum(0))
