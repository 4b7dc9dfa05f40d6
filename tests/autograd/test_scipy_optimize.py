"""autograd.scipy.optimize: roots and fixed points, against SciPy, closed forms and differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Tensor, compile, grad, gradcheck, gradgradcheck, jacobian, vmap

scipy_optimize = pytest.importorskip("scipy.optimize")
from autograd.scipy.optimize import fixed_point, minimize, root  # noqa: E402


def curve(x: Any, a: Any, b: Any) -> Any:
    return np.stack([x[0] ** 2 + x[1] - a, np.exp(x[1]) - b * x[0]])


START = np.array([1.0, 0.5])


@pytest.mark.parametrize("method", ["hybr", "lm", "broyden1", "krylov", "df-sane"])
def test_root(method: str) -> None:
    found = root(curve, START, (3.0, 2.0), method)
    expected = scipy_optimize.root(curve, START, (3.0, 2.0))
    assert isinstance(found, scipy_optimize.OptimizeResult)
    np.testing.assert_allclose(found.x, expected.x, atol=1e-5)
    solved = lambda ab: root(curve, START, (ab[0], ab[1]), method, tol=1e-13).x
    assert gradcheck(solved, np.array([3.0, 2.0]))
    assert gradgradcheck(solved, np.array([3.0, 2.0]))


def test_the_exact_jacobian_saves_calls() -> None:
    assert root(curve, START, (3.0, 2.0)).nfev < scipy_optimize.root(curve, START, (3.0, 2.0)).nfev


def test_root_of_containers() -> None:
    def fun(x: Any, p: Any) -> Any:
        return {"u": x["u"] ** 2 - p["a"], "v": x["v"] * x["u"].sum() - p["b"]}

    solved = lambda p: root(fun, {"u": np.ones(2), "v": 1.0}, p, tol=1e-13).x
    p = {"a": np.array([4.0, 9.0]), "b": 10.0}
    found = solved(p)
    np.testing.assert_allclose(found["u"], [2, 3])
    np.testing.assert_allclose(found["v"], 2)
    slopes = grad(lambda p: solved(p)["v"])(p)
    closed = grad(lambda p: p["b"] / np.sqrt(p["a"]).sum())(p)
    np.testing.assert_allclose(slopes["a"], closed["a"])
    np.testing.assert_allclose(slopes["b"], closed["b"])


def test_closed_forms_of_any_order() -> None:
    square = lambda a: root(lambda x, a: x**2 - a, np.ones(1), a, tol=1e-14).x[0]
    newton = lambda a: fixed_point(lambda x, a: (x + a / x) / 2, 1.0, a, xtol=1e-14)
    for found in (square, newton):
        derived, expected = found, np.sqrt
        for _ in range(4):
            np.testing.assert_allclose(derived(4.0), expected(4.0), rtol=1e-9)
            derived, expected = grad(derived), grad(expected)
    np.testing.assert_allclose(vmap(grad(newton))(np.array([1.0, 4.0])), [0.5, 0.25])
    fast = compile(grad(square))
    with pytest.warns(RuntimeWarning, match="root calls the function until it is content"):
        fast(4.0)
    np.testing.assert_allclose([fast(1.0), fast(4.0), fast(9.0)], [1 / 2, 1 / 4, 1 / 6])


def test_fixed_points_of_containers() -> None:
    step = lambda x, a: [np.cos(a * x[1]), x[0] / 2]
    solved = lambda a: np.stack(fixed_point(step, [1.0, 1.0], a, xtol=1e-13))
    assert gradcheck(solved, np.array(0.7))
    assert gradgradcheck(solved, np.array(0.7))
    plain = fixed_point(np.cos, 1.0)
    np.testing.assert_allclose(plain, scipy_optimize.fixed_point(np.cos, 1.0))
    assert isinstance(fixed_point(np.cos, Tensor(1.0)), Tensor)


def test_what_has_no_derivative_says_so() -> None:
    with pytest.raises(np.linalg.LinAlgError, match="root: the system of 2 equations"):
        grad(lambda a: root(lambda x, a: x[:1] * np.ones(2) - a, np.ones(2), a).x.sum())(2.0)
    with pytest.raises(RuntimeError, match="no solution"):
        grad(lambda a: root(lambda x, a: np.exp(x) + a, np.ones(1), a).x.sum())(1.0)
    with pytest.raises(RuntimeError, match="Failed to converge"):
        fixed_point(lambda x: x + 1, 1.0, maxiter=5)


def test_wrong_uses() -> None:
    outside = Tensor([1.0], requires_grad=True)
    with pytest.raises(TypeError, match="root: the function uses a tensor from outside"):
        root(lambda x: x - outside, np.ones(1))
    with pytest.raises(TypeError, match="fixed_point: the function uses a tensor from outside"):
        fixed_point(lambda x: x * outside / 2, np.ones(1))
    with pytest.raises(ValueError, match="root: expected a function that gives as many numbers as x0 has, 2, got 1"):
        root(lambda x: x[:1], np.ones(2))
    with pytest.raises(TypeError, match="fixed_point: expected a sequence of 2"):
        fixed_point(lambda x: x[0], [1.0, 2.0])


def test_minimize_is_the_same() -> None:
    import autograd

    assert minimize is autograd.minimize
    assert jacobian(lambda a: minimize(lambda x, a: ((x - a) ** 2).sum(), np.ones(2), a).x)(START).shape == (2, 2)
