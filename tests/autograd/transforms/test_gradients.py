"""The transforms of functions, against closed forms, finite differences and each other."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pytest

import nn
from autograd import (
    Tensor,
    elementwise_grad,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
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


INDEPENDENT = {
    "grad": (lambda: grad(lambda x, y: y.sum())(A, V), np.zeros((2, 3))),
    "value_and_grad": (lambda: value_and_grad(lambda x: 3.0)(2.0)[1], 0.0),
    "elementwise_grad": (lambda: elementwise_grad(lambda x: np.ones(2))(V), np.zeros(3)),
    "jacobian": (lambda: jacobian(lambda x: V)(A), np.zeros((3, 2, 3))),
    "hessian": (lambda: hessian(lambda x: V)(A)[0], np.zeros((2, 3, 2, 3))),
    "vjp": (lambda: vjp(lambda x: 3.0, 2.0)[1](1.0)[0], 0.0),
    "jvp": (lambda: jvp(lambda x: V, (A,), (A,))[1], np.zeros(3)),
    "hvp": (lambda: hvp(lambda x: 3.0, (A,), (A,))[1][0], np.zeros((2, 3))),
    "of what is outside": (lambda: grad(lambda x: grad(lambda y: x * x)(2.0))(3.0), 0.0),
    "a step": (lambda: grad(lambda x: np.floor(x))(2.5), 0.0),
}


@pytest.mark.parametrize("case", INDEPENDENT)
def test_no_dependence_gives_zeros_and_says_so(case: str) -> None:
    call, expected = INDEPENDENT[case]
    with pytest.warns(UserWarning, match=r"^Output seems independent of input\. \w+: ") as said:
        np.testing.assert_array_equal(call(), expected)
    assert said[0].filename == __file__


def test_what_depends_is_not_said_to_be_independent() -> None:
    assert grad(lambda x: 3.0)([]) == []
    np.testing.assert_array_equal(hessian(lambda x: x.sum())(V), np.zeros((3, 3)))
    np.testing.assert_array_equal(hvp(lambda x: x.sum(), (A,), (A,))[1][0], np.zeros((2, 3)))
    assert grad(lambda x: x * 0.0)(2.0) == 0
    assert jacobian(lambda x: (x * 2, 3.0))(1.0) == (2, 0)
    assert grad(lambda x, y: x * x, (0, 1))(2.0, 3.0) == (4, 0)


def test_integer_arrays_are_floats_to_differentiate_by() -> None:
    np.testing.assert_array_equal(elementwise_grad(np.square)(np.array([1, 2, 3])), [2.0, 4.0, 6.0])
    first, second = grad(lambda x, y: (x * y).sum(), (0, 1))(np.array([1, 2, 3]), V)
    np.testing.assert_array_equal(first, V)
    np.testing.assert_array_equal(second, [1.0, 2.0, 3.0])
    assert grad(lambda p: (p["a"] * p["b"]).sum())({"a": np.array([2]), "b": np.array([3.0])})["a"].dtype == np.float64


REFUSED = {
    "integer": (lambda: grad(lambda x: x * x)(3), r"grad: expected floating or complex values .* got int; convert"),
    "boolean array": (lambda: grad(lambda x: x.sum())(np.ones(3, bool)), "got an array of bool"),
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
    "twice": (lambda: grad(lambda x, y: x * y, (0, "x"))(1.0, 2.0), "means an argument twice"),
    "position": (lambda: grad(lambda x: x, 1)(1.0), "argnums is 1, but the function was called with 1 positional"),
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
    "a tensor alone": (lambda: grad(Tensor(1.0)), "expected a function, or outputs and inputs, got Tensors alone"),
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


# ---- the others against each other -----------------------------------------------------------------------------------


def network(x, y):
    return np.tanh(x @ y) * x[:, 0] + np.exp(y[1]) * x.sum(axis=1)


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
    with pytest.raises(
        RuntimeError, match=r"has been freed .*pass retain_graph=True .*, or, .* carried over .*, detach\(\) it"
    ):
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


def test_what_is_no_input_is_told_what_to_write() -> None:
    w = Tensor(np.ones(2), requires_grad=True)
    layer = nn.Linear(2, 1)
    for inputs, says in (
        ("text", r"expected Tensors as inputs, got str$"),
        ([2.0], r"got float$"),
        (layer, r"got Linear; write list\(module.parameters\(\)\)$"),
        (layer.parameters, r"got method; call it, with \(\)$"),
    ):
        with pytest.raises(TypeError, match=says):
            grad((w * w).sum(), inputs)


def test_gradients_of_several_outputs_and_what_is_not_reached() -> None:
    a, b = (Tensor(np.array(value), requires_grad=True) for value in ([1.0, 2.0], [3.0, 4.0]))
    outs = [(a * a).sum(), a * 3]
    found = grad(outs, [a, b], [None, np.array([1.0, 10.0])], retain_graph=True, materialize_grads=True)
    np.testing.assert_array_equal(found[0].data, [5.0, 34.0])
    np.testing.assert_array_equal(found[1].data, [0.0, 0.0])
    assert grad(outs[0], [b], allow_unused=True, retain_graph=True) == (None,)
    with pytest.raises(RuntimeError, match=r"do not depend on input 1 \(of shape \(2,\)\); pass allow_unused=True"):
        grad(outs[0], [a, b], retain_graph=True)
    with pytest.raises(RuntimeError, match="a grad_output for each of the 2 outputs, got 1"):
        grad(outs, [a], [np.ones(())])
    for options in ({"only_inputs": False}, {"materialize_grads": True, "allow_unused": False}):
        with pytest.raises(
            ValueError, match="only_inputs=True, and not allow_unused=False with materialize_grads=True"
        ):
            grad(outs[0], [a], **options)


@pytest.mark.parametrize("of", [jacobian, hessian])
def test_a_chunk_has_an_example(of) -> None:
    with pytest.raises(ValueError, match=f"{of.__name__}: expected a chunk_size of 1 or more, got 0"):
        of(np.sin, chunk_size=0)
    np.testing.assert_allclose(
        of(lambda x: (x**3).sum(), chunk_size=1)(np.ones(3)), of(lambda x: (x**3).sum())(np.ones(3))
    )


def test_what_is_said_of_inputs_that_are_no_tensors() -> None:
    layer = nn.Linear(2, 1)
    loss = layer(Tensor(np.ones(2, np.float32))).sum()
    for inputs, says in (
        (layer, r"got Linear; write list\(module.parameters\(\)\)$"),
        ([layer], r"got Linear; write list\(module.parameters\(\)\)$"),
        (layer.parameters, r"got method; call it, with \(\)$"),
        (3.0, "got float$"),
        ([loss, "a"], "got str$"),
    ):
        with pytest.raises(TypeError, match=f"grad: expected Tensors as inputs, {says}"):
            grad(loss, inputs)
