"""Minima that bounds and constraints hold, differentiated, against closed forms and differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import grad, gradcheck, gradgradcheck, hessian, jacobian, minimize
from autograd.transforms.optimality import _near

pytest.importorskip("scipy")


def unit(a: Any) -> Any:
    return a / (a**2).sum() ** 0.5


def on_disc(a: Any) -> Any:
    """The point of the unit disc that is farthest in the direction a; the other constraint does not hold it."""
    constraints = [
        {"type": "ineq", "fun": lambda x: 1 - (x**2).sum()},
        {"type": "ineq", "fun": lambda x: 5 - x.sum()},
    ]
    start = np.array([0.1, 0.2])
    return minimize(lambda x, a: -(a @ x), start, a, "SLSQP", tol=1e-13, constraints=constraints).x


def on_plane(c: Any, s: Any) -> Any:
    """The point nearest to c with elements of sum s."""
    same = {"type": "eq", "fun": lambda x, s: x.sum() - s, "args": s}
    return minimize(lambda x, c: ((x - c) ** 2).sum(), np.zeros(3), c, "SLSQP", tol=1e-13, constraints=same).x


def on_simplex(c: Any) -> Any:
    whole = {"type": "eq", "fun": lambda x: x.sum() - 1}
    start = np.full(3, 1 / 3)
    fun = lambda x, c: ((x - c) ** 2).sum()
    return minimize(fun, start, c, "SLSQP", bounds=(0, None), tol=1e-14, constraints=whole).x


def test_a_constraint_that_holds() -> None:
    a = np.array([3.0, 4.0])
    np.testing.assert_allclose(jacobian(on_disc)(a), jacobian(unit)(a), atol=1e-9)
    curved = [hessian(lambda a, f=f: (f(a) ** 3).sum())(a) for f in (on_disc, unit)]
    np.testing.assert_allclose(*curved, atol=1e-9)


def test_what_is_given_to_a_constraint_has_a_derivative() -> None:
    by_c, by_s = jacobian(on_plane, (0, 1))(np.array([1.0, 2.0, -0.5]), 1.0)
    np.testing.assert_allclose(by_c, np.eye(3) - 1 / 3, atol=1e-12)
    np.testing.assert_allclose(by_s, np.full(3, 1 / 3), atol=1e-12)
    assert gradgradcheck(lambda cs: on_plane(cs[:3], cs[3]), np.array([1.0, 2.0, -0.5, 1.0]))


def test_bounds_and_constraints_together() -> None:
    found = jacobian(on_simplex)(np.array([0.9, 0.5, -2.0]))
    np.testing.assert_allclose(found, [[0.5, -0.5, 0], [-0.5, 0.5, 0], [0, 0, 0]], atol=1e-12)


def test_bounds_that_hold() -> None:
    def fitted(c: Any) -> Any:
        fun = lambda x, c: ((x - c) ** 2).sum() + 0.1 * (x.sum() - 1) ** 4
        return minimize(fun, np.full(3, 0.4), c, bounds=[(0, 1), (None, 0.8), (0.3, 0.3)], tol=1e-13).x

    c = np.array([-1.0, 0.5, 7.0])
    np.testing.assert_allclose(fitted(c)[[0, 2]], [0, 0.3], atol=1e-12)
    assert gradcheck(fitted, c)
    assert jacobian(fitted)(c)[[0, 2]].tolist() == [[0, 0, 0], [0, 0, 0]]
    c = np.array([0.5, 3.0, 7.0])
    np.testing.assert_allclose(fitted(c)[1:], [0.8, 0.3], atol=1e-12)
    assert gradcheck(fitted, c)
    assert jacobian(fitted)(c)[[1, 2]].tolist() == [[0, 0, 0], [0, 0, 0]]


def test_a_bound_that_is_touched_does_not_hold() -> None:
    for bounds in ((1, None), (None, 1)):
        at = lambda c: minimize(lambda x, c: ((x - c) ** 2).sum(), np.ones(1), c, bounds=bounds).x.sum()  # noqa: B023
        assert grad(at)(1.0) == 1


def test_a_constraint_that_is_touched_does_not_hold() -> None:
    for sign in (1, -1):
        touched = {"type": "ineq", "fun": lambda x, s=sign: s * (x.sum() - 1)}
        at = lambda c, touched=touched: minimize(
            lambda x, c: ((x - c) ** 2).sum(), np.ones(1), c, "SLSQP", constraints=[touched]
        ).x.sum()
        assert grad(at)(1.0) == 1


@pytest.mark.filterwarnings("ignore:Singular Jacobian matrix")
def test_constraints_that_follow_from_one_another_are_singular() -> None:
    twice = [{"type": "eq", "fun": lambda x: x.sum()}, {"type": "eq", "fun": lambda x: 2 * x.sum()}]
    start = np.array([1.0, -1.0])
    fun = lambda x, c: ((x - c) ** 2).sum()
    with pytest.raises(np.linalg.LinAlgError, match="of the 2 constraints that hold the minimum one follows"):
        jacobian(lambda c: minimize(fun, start, c, "trust-constr", constraints=twice).x)(np.array([1.0, -1.0]))


def test_a_bound_that_only_the_constraint_pushes_against_does_not_hold() -> None:
    """What counts is the slope that the constraint leaves, which may point the other way than that of the function."""

    def on_line(c: Any) -> Any:
        whole = {"type": "eq", "fun": lambda x: x.sum() - 1}
        fun = lambda x, c: ((x - c) ** 2).sum()
        return minimize(fun, np.array([0.3, 0.7]), c, "SLSQP", bounds=[(0.5, None), (None, None)], tol=1e-14,
                        constraints=whole).x  # fmt: skip

    np.testing.assert_allclose(
        jacobian(on_line)(np.array([2.0, 2.0]) + [0.2, 0]), [[0.5, -0.5], [-0.5, 0.5]], atol=1e-9
    )
    c = np.array([0.9, 1.3])  # the minimum is at (0.5, 0.5), held by the bound, though the function falls into it
    np.testing.assert_allclose(on_line(c), [0.5, 0.5], atol=1e-9)
    np.testing.assert_allclose(jacobian(on_line)(c), np.zeros((2, 2)), atol=1e-9)


def test_how_near_a_bound_is() -> None:
    x = np.array([1e4, 1e4, 0.0, 0.0, 1.0, -np.inf, 3.0])
    bound = np.array([1e4 + 9e-3, 1e4 + 1.1e-2, 9e-7, 1.1e-6, 1.0, -np.inf, np.inf])
    assert _near(x[[0, 1, 2, 3, 4, 6]], bound[[0, 1, 2, 3, 4, 6]]).tolist() == [True, False, True, False, True, False]
