"""vjp, jvp and hvp, against the Jacobian and each other."""

from __future__ import annotations

import numpy as np
import pytest

from autograd import (
    Tensor,
    grad,
    hvp,
    jacobian,
    jvp,
    vjp,
)  # fmt: skip

A = np.array([[0.3, -1.2, 2.0], [0.7, 1.5, -0.4]])


V = np.array([0.9, -0.6, 1.1])
Z = np.array([0.5 + 0.2j, -1.1 + 0.7j])


def network(x, y):
    return np.tanh(x @ y) * x[:, 0] + np.exp(y[1]) * x.sum(axis=1)


def test_jacobian_vjp_and_jvp_agree() -> None:
    jx, jy = jacobian(network, (0, 1))(A, V)
    assert jx.shape == (2, 2, 3)
    assert jy.shape == (2, 3)
    out, pullback = vjp(network, A, V)
    np.testing.assert_allclose(out, network(A, V))
    for cotangent in (np.array([1.0, -2.0]), np.array([0.5, 3.0])):
        gx, gy = pullback(cotangent)
        np.testing.assert_allclose(gx, np.tensordot(cotangent, jx, 1))
        np.testing.assert_allclose(gy, cotangent @ jy)
    tx, ty = A[::-1] * 2, V**2
    value, moved = jvp(network, (A, V), (tx, ty))
    np.testing.assert_allclose(value, out)
    np.testing.assert_allclose(moved, np.tensordot(jx, tx, 2) + jy @ ty)


def test_the_tangent_of_a_number_is_an_array_in_its_tensor():
    out, tangent = jvp(lambda t: t * np.sin(t), (Tensor(1.5),), (Tensor(1.0),))
    assert type(out.data) is type(tangent.data) is np.ndarray


def test_vjp_and_jvp_of_containers() -> None:
    def fun(p, n):
        return {"product": p["a"] * p["b"], "rest": [p["a"] * n, 7, np.arange(2)]}

    p = {"a": V, "b": 2.0 * V}
    out, pullback = vjp(fun, p, 3)
    assert out["rest"][1] == 7
    np.testing.assert_array_equal(out["product"], 2 * V * V)
    gp, gn = pullback({"product": np.ones(3), "rest": [np.ones(3), None, None]})
    assert gn is None
    np.testing.assert_allclose(gp["a"], 2 * V + 3)
    np.testing.assert_allclose(gp["b"], V)
    _, tangent = jvp(fun, (p, 3), ({"a": np.ones(3), "b": np.zeros(3)}, None))
    np.testing.assert_allclose(tangent["product"], 2 * V)
    np.testing.assert_allclose(tangent["rest"][0], 3 * np.ones(3))
    assert not tangent["rest"][2].any()


def test_the_order_of_a_dict_means_nothing() -> None:
    fun = lambda p: (p["a"] * p["b"] ** 2).sum()
    p, reordered = {"a": V, "b": 2.0 * V}, {"b": np.ones(3), "a": np.zeros(3)}
    np.testing.assert_allclose(jvp(fun, (p,), (reordered,))[1], (2 * p["a"] * p["b"]).sum())
    (product,) = hvp(fun, (p,), (reordered,))[1]
    np.testing.assert_allclose(product["a"], 2 * p["b"])
    np.testing.assert_allclose(product["b"], 2 * p["a"])
    assert list(product) == list(p)
    _, pullback = vjp(lambda x: {"one": x, "two": 2 * x}, V)
    np.testing.assert_array_equal(pullback({"two": np.ones(3), "one": np.zeros(3)})[0], [2, 2, 2])
    odd = {1: V, "b": V}  # keys of different kinds have no order
    assert jvp(lambda p: p[1].sum(), (odd,), ({"b": V, 1: np.zeros(3)},))[1] == 0


def test_complex_hvp_is_the_change_of_grad() -> None:
    fun = lambda z: (np.abs(z) ** 4 + (z**3).real).sum()
    t = np.array([1j, 2.0 - 1j])
    h = 1e-6
    expected = (grad(fun)(Z + h * t) - grad(fun)(Z - h * t)) / (2 * h)
    np.testing.assert_allclose(hvp(fun, (Z,), (t,))[1][0], expected, rtol=1e-7)
    np.testing.assert_allclose(jvp(grad(fun), (Z,), (t,))[1], expected, rtol=1e-7)


def test_a_tracked_tangent_or_cotangent_is_enough_to_record_the_product() -> None:
    t, w = Tensor(V, requires_grad=True), Tensor(2.0, requires_grad=True)
    cube = lambda x: x**3
    for product, factor in (
        (vjp(cube, V)[1](t)[0], 3 * V**2), (jvp(cube, (V,), (t,))[1], 3 * V**2),
        (hvp(lambda x: cube(x).sum(), (V,), (t,))[1][0], 6 * V),
    ):  # fmt: skip
        np.testing.assert_allclose(grad(product.sum(), t)[0], factor)
    for product, slope in (
        (vjp(lambda x: w * cube(x), V)[1](np.ones(3))[0], 3 * V**2),
        (jvp(lambda x: w * cube(x), (V,), (V,))[1], 3 * V**3),
        (hvp(lambda x: (w * cube(x)).sum(), (V,), (V,))[1][0], 6 * V**2),
    ):  # fmt: skip
        np.testing.assert_allclose(grad(product.sum(), w)[0], slope.sum())


def test_what_does_not_move_is_said_of_complex_numbers_too() -> None:
    """Which are pulled back twice."""
    w = Tensor(2.0 + 1j, requires_grad=True)
    for fun in (lambda z: np.ones(2), lambda z: np.stack([w * 2, w])):
        with pytest.warns(UserWarning, match="Output seems independent of input. jvp") as seen:
            _, moved = jvp(fun, (Z,), (np.ones(2),))
        np.testing.assert_array_equal(moved, np.zeros(2))
        assert len(seen) == 1


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^jvp: expected a function, got float$"):
        jvp(3.0, (1.0,), (1.0,))
    with pytest.raises(TypeError, match=r"^vjp: expected a function, got Tensor; write it as a function of what"):
        vjp(Tensor(1.0), 1.0)
