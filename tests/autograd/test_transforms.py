"""The transforms of functions, against closed forms, finite differences and each other."""

from __future__ import annotations

import gc
from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field
from threading import Thread
from typing import NamedTuple
from weakref import ref

import numpy as np
import pytest

from autograd import (
    Tensor,
    elementwise_grad,
    grad,
    gradcheck,
    gradgradcheck,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    value_and_grad,
    vjp,
)  # fmt: skip

A = np.array([[0.3, -1.2, 2.0], [0.7, 1.5, -0.4]])
V = np.array([0.9, -0.6, 1.1])


class Pair(NamedTuple):
    left: object
    right: object


@dataclass(frozen=True)
class Layer:
    weight: object
    bias: object
    name: str = "layer"
    width: int = 3
    hidden: object = field(init=False, default=None)

    def __post_init__(self) -> None:
        assert self.weight is not None


# ---- grad of a function ---------------------------------------------------------------------------------------------


def test_positions_names_and_tuples() -> None:
    def fun(x, y, *, scale=1.0):
        return scale * x * y**2

    assert grad(fun)(2.0, 3.0) == 9.0
    assert grad(fun, 1)(2.0, 3.0) == 12.0
    assert grad(fun, -1)(2.0, 3.0) == 12.0
    assert grad(fun, (1, 0))(2.0, 3.0, scale=2.0) == (24.0, 18.0)
    assert grad(fun, "scale")(2.0, 3.0, scale=5.0) == 18.0
    assert grad(fun, ("y", "scale"))(2.0, 3.0, scale=5.0) == (60.0, 18.0)
    assert grad(fun, "y")(2.0, y=3.0) == 12.0
    assert value_and_grad(fun, argnums=[0])(2.0, 3.0) == (18.0, (9.0,))


def test_kinds_of_values() -> None:
    g = grad(lambda x: x**2)(3.0)
    assert type(g) is np.float64
    assert type(grad(lambda x: x**2)(np.float32(3))) is np.float32
    assert type(grad(lambda x: (x**2).sum())(A)) is np.ndarray
    assert grad(lambda x: (x**2).sum())(A.astype(np.float32)).dtype == np.float32
    g = grad(lambda x: (x**2).sum())(Tensor(A))
    assert type(g) is Tensor
    assert not g.requires_grad
    value, g = value_and_grad(lambda x, y: (x * y).sum())(A, Tensor(V))
    assert type(value) is Tensor
    assert type(g) is np.ndarray
    assert type(value_and_grad(lambda x: (x**2).sum())(A)[0]) is np.float64


@pytest.mark.parametrize(
    "params",
    [
        {"w": A, "b": 1.5}, OrderedDict(w=A, b=1.5), [A, 1.5], (A, 1.5), Pair(A, 1.5), Layer(A, 1.5),
        {"deep": [({"w": A}, [1.5], "text", None, 7)]}, defaultdict(list, w=A, b=1.5),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_containers(params) -> None:
    def parts(p):
        if isinstance(p, Layer):
            return p.weight, p.bias
        if isinstance(p, dict) and "deep" in p:
            return p["deep"][0][0]["w"], p["deep"][0][1][0]
        return p.values() if isinstance(p, dict) else p

    def fun(p):
        w, b = parts(p)
        return (w * w).sum() * b

    g = grad(fun)(params)
    assert type(g) is type(params)
    w, b = parts(g)
    np.testing.assert_allclose(w, 2 * A * 1.5)
    np.testing.assert_allclose(b, (A * A).sum())
    if isinstance(params, Layer):
        assert (g.name, g.width) == (None, None)
    if isinstance(params, dict) and "deep" in params:
        assert g["deep"][0][2:] == (None, None, None)
    hess = hessian(fun)(params)
    (ww, wb), (bw, bb) = [parts(row) for row in parts(hess)]
    np.testing.assert_allclose(ww, 3.0 * np.eye(6).reshape(2, 3, 2, 3))
    np.testing.assert_allclose(wb, 2 * A)
    np.testing.assert_allclose(bw, 2 * A)
    assert bb == 0


def test_inputs_are_neither_changed_nor_aliased() -> None:
    x = A.copy()
    g = grad(lambda x: x.sum() * 1.0)(x)
    g += 1
    assert np.array_equal(x, A)
    g, h = grad(lambda x, y: (x + y).sum(), (0, 1))(A, A)
    assert not np.shares_memory(g, h)

    def assigns(x):
        x[0] = 0.0
        x *= 2
        return x.sum()

    np.testing.assert_array_equal(grad(assigns)(x), [[0, 0, 0], [2, 2, 2]])
    assert np.array_equal(x, A)


def test_no_dependence_gives_zeros() -> None:
    np.testing.assert_array_equal(grad(lambda x, y: y.sum())(A, V), np.zeros((2, 3)))
    assert grad(lambda x: 3.0)(2.0) == 0
    assert grad(lambda x: 3.0)([]) == []
    np.testing.assert_array_equal(jacobian(lambda x: V)(A), np.zeros((3, 2, 3)))
    assert jvp(lambda x: V, (A,), (A,))[1].tolist() == [0, 0, 0]
    assert hvp(lambda x: x.sum(), (A,), (A,))[1][0].tolist() == np.zeros((2, 3)).tolist()


REFUSED = {
    "integer": (lambda: grad(lambda x: x * x)(3), r"grad: expected floating or complex values .* got int; convert"),
    "integer array": (lambda: grad(lambda x: x.sum())(np.arange(3)), "got an array of int64"),
    "text": (lambda: grad(lambda x: x)("a"), "got str"),
    "containers of others": (lambda: grad(lambda x: x)([1, {"a": "b"}]), "got int, str"),
    "integer result": (lambda: grad(lambda x: 3)(1.0), "real result, got int64; it has no derivative"),
    "boolean result": (lambda: grad(lambda x: x > 0)(1.0), "real result, got bool; it has no derivative"),
    "vector result": (
        lambda: grad(lambda x: x * 2)(A),
        r"scalar result, got shape \(2, 3\); use jacobian, or elementw",
    ),
    "several results": (lambda: grad(lambda x: (x, x))(1.0), "scalar result, got tuple"),
    "no result": (lambda: grad(lambda x: None)(1.0), "scalar result, got NoneType"),
    "complex result": (
        lambda: grad(lambda z: z * z)(1j),
        "real result, got complex128; take its real part, or use holo",
    ),
    "complex constant": (lambda: value_and_grad(lambda x: 1j)(1.0), "value_and_grad: .* real result, got complex128"),
    "position": (lambda: grad(lambda x: x, 1)(1.0), "argnums is 1, but <lambda> was called with 1 positional"),
    "name": (lambda: grad(lambda x: x, "y")(1.0), "called without an argument 'y'"),
    "no function": (lambda: grad(3.0), "grad: expected a function, got float"),
    "elementwise complex": (lambda: elementwise_grad(lambda z: z * z)(1j), "real result, got a complex one"),
    "primals": (lambda: jvp(np.sin, 1.0, (1.0,)), "jvp: expected primals as a tuple of the arguments, got float"),
    "tangents": (lambda: hvp(np.sin, (1.0,), 1.0), "hvp: expected tangents as a tuple"),
    "number of tangents": (
        lambda: jvp(np.sin, (1.0,), (1.0, 2.0)),
        "jvp: expected a sequence of 1, got a sequence of 2",
    ),
    "keys of tangents": (
        lambda: hvp(lambda p: p["a"] * p["b"], ({"a": 1.0, "b": 1.0},), ({"a": 1.0, "c": 1.0},)),
        r"hvp: expected a dict with the keys \['a', 'b'\], got a dict with the keys \['a', 'c'\]",
    ),
    "another container": (lambda: vjp(lambda x: [x], 1.0)[1](1.0), "vjp: expected a sequence of 1, got a float"),
    "a container of its own": (
        lambda: jvp(lambda p: p.weight.sum(), (Layer(A, 1.5),), ([A, 1.5],)),
        "jvp: expected a Layer, got a sequence of 2",
    ),
    "inputs": (lambda: grad([Tensor(1.0)], [3]), "expected Tensors as inputs, got int"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    call, message = REFUSED[case]
    with pytest.raises(TypeError, match=message):
        call()


def test_shapes_are_checked() -> None:
    with pytest.raises(RuntimeError, match=r"jvp: expected shape \(2, 3\), got \(3,\)"):
        jvp(np.sin, (A,), (V,))
    with pytest.raises(RuntimeError, match=r"vjp: expected shape \(2, 3\), got \(3,\)"):
        vjp(np.sin, A)[1](V)


# ---- nesting --------------------------------------------------------------------------------------------------------


def test_closures_and_perturbation_confusion() -> None:
    assert grad(lambda x: x * grad(lambda y: x * y)(1.0))(1.0) == 2
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1
    assert grad(lambda x: grad(lambda y: x * y * y)(x))(3.0) == 12  # 2 x y with y = x, both depend
    assert grad(lambda x: x * grad(lambda x: x**3)(2.0))(5.0) == 12
    assert grad(lambda x: jvp(lambda y: x * y**2, (3.0,), (x,))[1])(2.0) == 24  # 2 x y · x
    assert grad(lambda x: hvp(lambda y: x * y**3, (2.0,), (x,))[1][0])(3.0) == 72  # 6 x y · x
    assert grad(lambda x: vjp(lambda y: x * y**2, 3.0)[1](x)[0])(2.0) == 24
    assert grad(lambda x: jacobian(lambda y: np.stack([x * y**2, y * x]))(3.0).sum())(2.0) == 7


def test_any_order() -> None:
    f = np.sin
    for k in range(6):
        assert np.allclose(f(0.7), np.sin(0.7 + k * np.pi / 2))
        f = grad(f)
    derivative = lambda x: x**7
    for _ in range(7):
        derivative = elementwise_grad(derivative)
    np.testing.assert_allclose(derivative(V), 5040.0)


def test_a_tracked_tensor_outside() -> None:
    w = Tensor(V, requires_grad=True)
    g = grad(lambda x: (w * x**2).sum())(np.ones(3))
    assert isinstance(g, Tensor)
    (g**2).sum().backward()
    np.testing.assert_allclose(w.grad.data, 8 * V)
    x = Tensor(V, requires_grad=True)
    y = grad(lambda x: (x**3).sum())(x)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.data, 6 * V)
    value, g = value_and_grad(lambda y: (y * x).sum())(A)  # joined to x
    assert value.requires_grad
    assert g.requires_grad
    value, g = value_and_grad(lambda y: (y * y).sum() + x[0])(A)  # the gradient does not depend on x
    assert value.requires_grad
    assert type(g) is np.ndarray
    assert grad(lambda y: y * 1.0)(3.0) == 1


def test_grad_mode() -> None:
    x = Tensor(2.0, requires_grad=True)
    with no_grad():
        g = grad(lambda x: x**2)(x)
        assert (float(g), g.requires_grad) == (4, False)
        assert float(grad(grad(lambda x: x**3))(x)) == 12
        assert jvp(lambda x: x**2, (2.0,), (1.0,)) == (4, 4)

    def stops(x):
        with no_grad():
            y = x * 3
        return x * y

    assert grad(stops)(2.0) == 6
    with pytest.raises(ZeroDivisionError):
        grad(lambda x: 1 / 0)(1.0)
    assert (x * 2).requires_grad


def test_no_cycles_are_left() -> None:
    made = []

    def fun(x):
        y = np.sin(x) * x
        made.append(ref((y if isinstance(y, Tensor) else x).grad_fn))
        return y.sum()

    gc.disable()
    try:
        for call in (grad(fun), value_and_grad(fun), jacobian(fun), hessian(fun), grad(lambda x: grad(fun)(x).sum())):
            call(V)
        hvp(fun, (V,), (V,))
        jvp(fun, (V,), (V,))
        vjp(fun, V)[1](1.0)
        assert [node() for node in made] == [None] * len(made)
    finally:
        gc.enable()


def test_long_chains() -> None:
    def chain(x):
        for _ in range(20_000):
            x = x * 0.9999
        return x

    assert np.allclose(grad(chain)(1.0), 0.9999**20_000)
    assert grad(grad(chain))(1.0) == 0


def test_threads() -> None:
    results = {}

    def work(k: int) -> None:
        results[k] = [hessian(lambda x: (x**3).sum() * k)(V) for _ in range(10)]

    threads = [Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k in range(4):
        for got in results[k]:
            np.testing.assert_allclose(got, np.diag(6 * k * V))


# ---- the others against each other -----------------------------------------------------------------------------------


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


def test_tall_and_wide_jacobians() -> None:
    calls = []

    def tall(x, y):
        calls.append(1)
        return np.sin(x)[:, None] * np.arange(1.0, 9.0) * y

    x = V[:2]
    jx, jy = jacobian(tall, (0, 1))(x, 2.0)
    assert len(calls) == 1
    expected = np.cos(x)[:, None, None] * np.arange(1.0, 9.0)[:, None] * 2 * np.eye(2)[:, None, :]
    np.testing.assert_allclose(jx, expected)
    np.testing.assert_allclose(jy, np.outer(np.sin(x), np.arange(1.0, 9.0)))
    assert gradcheck(jacobian(lambda x: np.sin(x)[:, None] * np.arange(1.0, 9.0)), x)
    assert jacobian(lambda x: x * np.zeros((0, 3)))(V).shape == (0, 3, 3)
    assert jacobian(lambda x: x.sum())(np.zeros((0, 3))).shape == (0, 3)
    assert jacobian(lambda x: np.ones((5, 1)) * x)(np.zeros((1, 0))).shape == (5, 0, 1, 0)


def test_hessian_and_hvp_agree() -> None:
    fun = lambda x: (np.tanh(x[:2]) * np.exp(x[1:])).sum() * x[0]
    h = hessian(fun)(V)
    np.testing.assert_allclose(h, h.T)
    value, (product,) = hvp(fun, (V,), (A[0],))
    np.testing.assert_allclose(value, fun(V))
    np.testing.assert_allclose(product, h @ A[0])
    assert gradcheck(grad(fun), V)
    assert gradgradcheck(grad(fun), V)
    np.testing.assert_allclose(jacobian(grad(fun))(V), h)
    third = jacobian(hessian(fun))(V)
    np.testing.assert_allclose(third, third.transpose(2, 0, 1), atol=1e-12)


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


# ---- complex --------------------------------------------------------------------------------------------------------

Z = np.array([0.5 + 0.2j, -1.1 + 0.7j])


def test_complex_conventions() -> None:
    energy = lambda z: (np.abs(z) ** 2).sum()
    np.testing.assert_allclose(grad(energy)(Z), 2 * Z.conj())  # JAX's and HIPS autograd's
    z = Tensor(Z, requires_grad=True)
    np.testing.assert_allclose(grad(energy(z), z)[0].data, 2 * Z)  # PyTorch's
    holomorphic = lambda z: z**3 + 2 * z
    derivative = 3 * Z**2 + 2
    np.testing.assert_allclose(jacobian(holomorphic)(Z), np.diag(derivative))
    np.testing.assert_allclose(vjp(holomorphic, Z)[1](np.array([1j, 2.0]))[0], derivative * np.array([1j, 2]))
    t = np.array([1j, 2.0 - 1j])
    np.testing.assert_allclose(jvp(holomorphic, (Z,), (t,))[1], derivative * t)
    np.testing.assert_allclose(jvp(lambda z: z.conj() * z, (Z,), (t,))[1], t.conj() * Z + Z.conj() * t)


def test_complex_hvp_is_the_change_of_grad() -> None:
    fun = lambda z: (np.abs(z) ** 4 + (z**3).real).sum()
    t = np.array([1j, 2.0 - 1j])
    h = 1e-6
    expected = (grad(fun)(Z + h * t) - grad(fun)(Z - h * t)) / (2 * h)
    np.testing.assert_allclose(hvp(fun, (Z,), (t,))[1][0], expected, rtol=1e-7)
    np.testing.assert_allclose(jvp(grad(fun), (Z,), (t,))[1], expected, rtol=1e-7)


def test_real_function_of_complex_parts() -> None:
    g = grad(lambda x: np.abs(np.exp(1j * x) * x))(2.0)
    assert type(g) is np.float64
    assert np.allclose(g, 1.0)


# ---- grad of tensors ------------------------------------------------------------------------------------------------


def test_grad_of_tensors() -> None:
    x, y = Tensor(V, requires_grad=True), Tensor(2.0, requires_grad=True)
    middle = x * y
    out = (middle**2).sum()
    gx, gm = grad(out, [x, middle], retain_graph=True)
    np.testing.assert_allclose(gx.data, 8 * V)
    np.testing.assert_allclose(gm.data, 4 * V)
    assert x.grad is None
    assert isinstance(grad(out, (y,), retain_graph=True), tuple)
    two = grad([out, middle], y, [None, np.ones(3)], retain_graph=True)[0]
    np.testing.assert_allclose(two.data, 4 * (V**2).sum() + V.sum())
    (g,) = grad(outputs=out, inputs=y, create_graph=True)
    np.testing.assert_allclose(grad(g, y)[0].data, 2 * (V**2).sum())
    unused = Tensor(1.0, requires_grad=True)
    out = (x * y).sum()
    with pytest.raises(RuntimeError, match=r"do not depend on input 1 \(of shape \(\)\); pass allow_unused=True"):
        grad(out, [x, unused], retain_graph=True)
    assert grad(out, [x, unused], allow_unused=True, retain_graph=True)[1] is None
    zero = grad(out, [x, unused], only_inputs=True, materialize_grads=True, retain_graph=True)[1]
    assert zero.data == 0
    assert zero.shape == ()
    for options in ({"only_inputs": False}, {"allow_unused": False, "materialize_grads": True}):
        with pytest.raises(ValueError, match="expected only_inputs=True"):
            grad(out, x, **options)
    with pytest.raises(RuntimeError, match="does not require a gradient"):
        grad(out, Tensor(1.0), retain_graph=True)
    with pytest.raises(RuntimeError, match="a grad_output for each of the 1 outputs, got 2"):
        grad(out, x, [None, None], retain_graph=True)
    grad(out, x)
    with pytest.raises(RuntimeError, match="has been freed"):
        grad(out, x)
    with pytest.raises(RuntimeError, match="needs a gradient to start from"):
        grad(x * 2, x)
    assert float(grad(y, y)[0]) == 1


def test_names_and_docs() -> None:
    def cube(x):
        """The third power."""
        return x**3

    assert grad(cube).__name__ == "grad_of_cube_wrt_argnum_0"
    assert "The third power." in grad(cube).__doc__
    assert hessian(cube, 0).__name__ == "hessian_of_cube_wrt_argnum_0"
