"""Minimization over containers: SciPy's methods, and derivatives of the minimum."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, NamedTuple

import numpy as np
import pytest

import nn
from autograd import Tensor, compile, grad, gradcheck, gradgradcheck, jacobian, minimize, no_grad, vmap

optimize = pytest.importorskip("scipy.optimize")

rng = np.random.default_rng(0)
X, Y = rng.standard_normal((20, 3)), rng.standard_normal(20)


def squares(w: Any, penalty: Any, y: Any) -> Any:
    return ((X @ w - y) ** 2).sum() + penalty * (w**2).sum()


def ridge(penalty: Any, y: Any) -> Any:
    return minimize(squares, np.zeros(3), (penalty, y), "BFGS", tol=1e-12).x


def closed(penalty: Any, y: Any) -> Any:
    return np.linalg.solve(X.T @ X + penalty * np.eye(3), X.T @ y)


METHODS = [
    "Nelder-Mead", "Powell", "CG", "BFGS", "Newton-CG", "L-BFGS-B", "TNC", "COBYLA", "SLSQP", "trust-constr", "dogleg",
    "trust-ncg", "trust-exact", "trust-krylov",
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:delta_grad == 0.0")
@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_the_minimum(method: str) -> None:
    found = minimize(squares, np.zeros(3), (2.0, Y), method)
    assert isinstance(found, optimize.OptimizeResult)
    assert found.success
    np.testing.assert_allclose(found.x, closed(2.0, Y), atol=1e-3)
    np.testing.assert_allclose(found.fun, squares(found.x, 2.0, Y))


class Line(NamedTuple):
    slope: Any
    offset: Any


def test_containers() -> None:
    params = {"line": Line(np.zeros(3, np.float32), 0.0), "kept": "a text", "n": 2}
    fun = lambda p, y: ((X @ p["line"].slope + p["line"].offset - y) ** 2).mean()
    found = minimize(fun, params, (X @ np.array([1.0, 2.0, 3.0]) + 4,))
    assert type(found.x["line"]) is Line
    assert found.x["line"].slope.dtype == np.float32
    np.testing.assert_allclose(found.x["line"].slope, [1, 2, 3], atol=1e-3)
    np.testing.assert_allclose(found.x["line"].offset, 4, atol=1e-3)
    assert (found.x["kept"], found.x["n"]) == ("a text", 2)
    assert found.jac["line"].slope.shape == (3,)
    assert params["line"].offset == 0.0


def test_whole_numbers_are_taken_for_floats_where_they_stand_in_arrays() -> None:
    found = minimize(lambda p: ((p["a"] - 0.5) ** 2).sum() + p["n"], {"a": np.array([1, 2]), "n": 3}).x
    np.testing.assert_allclose(found["a"], 0.5, atol=1e-6)
    assert found["n"] == 3


def test_a_module() -> None:
    layer = nn.Linear(3, 1)
    before = layer.state_dict()
    x, y = X.astype(np.float32), Y.astype(np.float32)[:, None]
    found = minimize(lambda layer: ((layer(Tensor(x)) - y) ** 2).sum(), layer)
    design = np.column_stack([X, np.ones(20)])
    expected = np.linalg.lstsq(design, Y, rcond=None)[0]
    np.testing.assert_allclose(np.append(found.x.weight.data, found.x.bias.data), expected, atol=1e-3)
    assert found.x.weight.dtype == np.float32
    assert all((before[name] == value).all() for name, value in layer.state_dict().items())


def test_bounds_over_containers() -> None:
    params = {"a": np.zeros(2), "b": 0.0, "c": np.zeros(2)}
    fun = lambda p: ((p["a"] - 3) ** 2).sum() + (p["b"] + 3) ** 2 + ((p["c"] - 3) ** 2).sum()
    bounds = {"a": (None, np.array([1.0, 9.0])), "b": None, "c": [(0, 1), (0, 2)]}
    found = minimize(fun, params, bounds=bounds).x
    np.testing.assert_allclose(found["a"], [1, 3], atol=1e-5)
    np.testing.assert_allclose(found["b"], -3, atol=1e-5)
    np.testing.assert_allclose(found["c"], [1, 2], atol=1e-5)
    both = [minimize(squares, np.zeros(3), (2.0, Y), bounds=b).x for b in (optimize.Bounds(0, 0.1), [(0, 0.1)] * 3)]
    np.testing.assert_array_equal(*both)


def test_the_product_with_the_hessian_that_is_given_is_used() -> None:
    calls = []

    def product(w: Any, direction: Any, penalty: Any, y: Any) -> Any:
        calls.append(direction)
        return {"w": 2 * X.T @ (X @ direction["w"]) + 2 * penalty * direction["w"]}

    fun = lambda p, penalty, y: squares(p["w"], penalty, y)
    found = minimize(fun, {"w": np.zeros(3)}, (2.0, Y), "Newton-CG", hvp=product)
    assert calls
    np.testing.assert_allclose(found.x["w"], closed(2.0, Y), atol=1e-5)


def test_callback_and_options() -> None:
    seen: list[Any] = []
    found = minimize(lambda p: (p["w"] ** 2).sum(), {"w": np.ones(2)}, callback=seen.append, options={"maxiter": 1})
    assert found.nit == 1
    assert [sorted(params) for params in seen] == [["w"]]


def test_derivatives_by_what_is_given() -> None:
    by_penalty, by_y = jacobian(ridge, (0, 1))(2.0, Y)
    expected = jacobian(closed, (0, 1))(2.0, Y)
    np.testing.assert_allclose(by_penalty, expected[0], rtol=1e-9)
    np.testing.assert_allclose(by_y, expected[1], rtol=1e-9)
    size = lambda f: lambda penalty: (f(penalty, Y) ** 2).sum()
    for order in (lambda f: grad(f), lambda f: grad(grad(f)), lambda f: grad(grad(grad(f)))):
        np.testing.assert_allclose(order(size(ridge))(2.0), order(size(closed))(2.0), rtol=1e-8)
    assert gradcheck(lambda y: ridge(2.0, y), Y)
    assert gradgradcheck(lambda p: ridge(p, Y), np.array(2.0))


def test_a_minimum_without_a_closed_form() -> None:
    def fitted(a: Any) -> Any:
        fun = lambda p, a: np.exp(p["x"] * a).sum() + (p["x"] ** 4).sum() + (p["y"] - p["x"].sum()) ** 2
        found = minimize(fun, {"x": np.zeros(2), "y": 0.0}, a, "trust-exact", tol=1e-13).x
        return np.append(found["x"], found["y"])

    a = np.array([0.7, -1.3])
    assert gradcheck(fitted, a)
    assert gradgradcheck(fitted, a)


def test_tensors_come_out_where_they_went_in() -> None:
    target = Tensor(np.ones(2), requires_grad=True)
    found = minimize(lambda x, t: ((x - t) ** 2).sum(), np.zeros(2), target)
    found.x.sum().backward()
    np.testing.assert_allclose(target.grad, [1, 1])
    assert isinstance(minimize(lambda x: (x**2).sum(), Tensor(np.ones(2))).x, Tensor)


def test_compiled_and_batched() -> None:
    fun = lambda penalty: ridge(penalty, Y)
    batched = vmap(grad(lambda p: fun(p).sum()))(np.array([1.0, 2.0]))
    np.testing.assert_allclose(batched, [grad(lambda p: closed(p, Y).sum())(p) for p in (1.0, 2.0)])
    assert list(vmap(lambda p: dict(minimize(squares, np.zeros(3), (p, Y))))(np.ones(2))) == ["x"]
    fast = compile(fun)
    with pytest.warns(RuntimeWarning, match="minimize calls the function until it is content"):
        fast(1.0)
    for penalty in (1.0, 2.0, 3.0):
        np.testing.assert_allclose(fast(penalty), closed(penalty, Y), rtol=1e-8)


def test_what_the_function_uses_from_outside_is_not_left_out() -> None:
    outside = Tensor(np.ones(3), requires_grad=True)
    with pytest.raises(TypeError, match="minimize: the function uses a tensor from outside that requires a gradient"):
        minimize(lambda x: ((x - outside) ** 2).sum(), np.zeros(3))
    with no_grad():
        np.testing.assert_allclose(minimize(lambda x: ((x - outside) ** 2).sum(), np.zeros(3)).x, 1, atol=1e-5)


def test_a_module_that_is_given_is_no_constant() -> None:
    layer, start = nn.Linear(2, 1, dtype=float), np.zeros(2)
    fun = lambda x, layer: (layer(Tensor(x) if isinstance(x, np.ndarray) else x) - 1).sum() ** 2 + (x**2).sum()
    with pytest.raises(TypeError, match="of a module its parameters, for functional_call"):
        minimize(fun, start, layer)
    with pytest.raises(TypeError, match="of a module its parameters, for functional_call"):
        grad(lambda layer: minimize(fun, start, layer).x.sum())(layer)
    parameters = dict(layer.named_parameters())
    by_name = lambda x, p: (nn.utils.functional_call(layer, p, x) - 1).sum() ** 2 + (x**2).sum()
    minimize(by_name, start, (parameters,)).x.sum().backward()
    assert abs(layer.weight.grad.data).max() > 0


def test_many_solutions_have_no_derivative() -> None:
    many = lambda a: minimize(lambda x, a: (x.sum() - a) ** 2, np.zeros(2), a).x.sum()
    with pytest.raises(np.linalg.LinAlgError, match="minimize: the system of 2 equations for the derivative is singul"):
        grad(many)(1.0)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"params": 2}, TypeError, "expected floating numbers to minimize over, got int"),
        ({"params": np.ones(2) * 1j}, TypeError, "expected real numbers"),
        ({"fun": np.sin}, TypeError, "minimize: expected a function with a scalar result, got shape (3,)"),
        ({"fun": 3}, TypeError, "minimize: expected a function, got int"),
        ({"bounds": {"a": 1}}, TypeError, "expected bounds as (low, high), got dict"),
        ({"bounds": (1, 0)}, ValueError, "got low 1 above high 0"),
        ({"bounds": [(0, 1)] * 2}, ValueError, "a pair of bounds for each of the 3 elements, got 2"),
        ({"bounds": (0, 1, 2)}, ValueError, "expected bounds as (low, high), got 3 values"),
        ({"constraints": [np.sum]}, TypeError, "expected constraints as dicts with a type, 'eq' or 'ineq', and a fun"),
    ],
)
def test_wrong_arguments(options: Any, error: type[Exception], text: str) -> None:
    given = {"fun": lambda x: (x**2).sum(), "params": np.ones(3), **options}
    with pytest.raises(error) as raised:
        minimize(given.pop("fun"), given.pop("params"), **given)
    assert text in str(raised.value)


def test_without_scipy_it_says_what_to_install() -> None:
    code = "import sys; sys.modules['scipy'] = None; import autograd; autograd.minimize(lambda x: x, 1.0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'backgraph[scipy]'" in done.stderr
