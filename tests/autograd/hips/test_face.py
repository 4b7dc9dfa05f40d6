"""Code written for HIPS autograd runs as it is."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy
import pytest
from autograd.core import primitive as core_primitive
from autograd.core import primitive_vjps, vspace
from autograd.extend import defvjp, defvjp_argnum, defvjp_argnums, notrace_primitive, primitive
from autograd.misc import const_graph
from autograd.misc.fixed_points import fixed_point
from autograd.misc.flatten import flatten, flatten_func
from autograd.misc.optimizers import adam, rmsprop, sgd
from autograd.numpy.numpy_vjps import match_complex, metadata, replace_zero, unbroadcast, unbroadcast_f
from autograd.test_util import check_equivalent, check_grads, check_jvp, check_vjp, combo_check, scalar_close
from autograd.tracer import Node, getval, isbox, trace
from autograd.util import quick_grad_check, subval, subvals
from autograd.wrap_util import wraps

import autograd
import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import (
    Tensor,
    checkpoint,
    deriv,
    elementwise_grad,
    grad,
    grad_and_aux,
    grad_named,
    gradcheck,
    gradgradcheck,
    hessian,
    hessian_vector_product,
    holomorphic_grad,
    jacobian,
    make_ggnvp,
    make_hvp,
    make_jvp,
    make_jvp_reversemode,
    make_vjp,
    multigrad_dict,
    tensor_jacobian_product,
    value_and_grad,
)
from autograd import dict as ag_dict
from autograd import isinstance as ag_isinstance
from autograd import tuple as ag_tuple

V = numpy.array([0.9, -0.6, 1.1])
A = numpy.array([[0.3, -1.2, 2.0], [0.7, 1.5, -0.4]])


# ---- autograd.numpy -------------------------------------------------------------------------------------------------

OF_TENSORS = {
    "array": lambda x: np.array([x[0], 2.0, x[1] * x[2]]) * 2,
    "nested array": lambda x: np.array([[x[0], 1.0], [x, x][0][:2]]),
    "array of arrays": lambda x: np.array([x, x * 2, V], dtype=float),
    "ndmin": lambda x: np.array(x, ndmin=3),
    "asarray": lambda x: np.asarray((x[0], x[2])) * x[1],
    "full": lambda x: np.full((2, 3), x[1]) * x,
    "mean of a list": lambda x: np.mean([x, x * x], axis=0),
    "dot of lists": lambda x: np.dot([x[0], 1.0], [2.0, x[1] * x[0]]),
    "einsum of lists": lambda x: np.einsum("i,i", [x[0], 1.0], [x[2], x[1] ** 2]),
    "where of lists": lambda x: np.where([True, False], [x[0], 1.0], [[x[1], x[2]]]) ** 2,
    "a list by name": lambda x: np.trapezoid(y=[x[0], x[1] ** 2, 1.0], x=[0.0, x[2] ** 2, 2.0]),
    "a list in second place": lambda x: np.polyval([x[0], 1.0], [x[1], x[2]]),
    "meshgrid of lists": lambda x: np.meshgrid([x[0], x[1]], [1.0, x[2]])[0] ** 2,
    "lists of several arrays": lambda x: np.stack([[x[0], 1.0], x[:2]]) + np.concatenate([x, [x[1]]]).reshape(2, 2),
    "solve with lists": lambda x: np.linalg.solve([[x[0], 1.0], [0.5, x[2]]], [x[1], 2.0]),
    "sum of a tuple": lambda x: np.sum((x[0], x[1] ** 2)),
    "norm of a list": lambda x: np.linalg.norm([x[0], x[2]]),
    "append": lambda x: np.append([x[0], 1.0], x * x),
    "r_": lambda x: np.r_[x, 1.0, x[0], 1:3],
    "c_": lambda x: np.c_[x, V, x * x],
    "make_diagonal": lambda x: np.make_diagonal(np.tanh(x), axis1=-1, axis2=-2),
    "concatenate": lambda x: np.concatenate([x, [1.0], x]),
}


@pytest.mark.parametrize("case", OF_TENSORS)
def test_what_holds_tensors(case: str) -> None:
    fun = OF_TENSORS[case]
    assert gradcheck(fun, V)
    assert gradgradcheck(fun, V)
    plain = fun(V)
    assert type(plain) in (numpy.ndarray, numpy.float64)
    result = fun(Tensor(V))
    assert result.dtype == plain.dtype
    numpy.testing.assert_array_equal(result.data, plain)


def test_the_names_of_numpy() -> None:
    for name in ("sin", "float64", "pi", "newaxis", "ndarray", "errstate", "einsum", "finfo"):
        assert hasattr(np, name)
    assert np.sin is numpy.sin
    assert np.linalg is not numpy.linalg
    assert np.linalg.LinAlgError is numpy.linalg.LinAlgError
    npr.seed(0)
    first = np.random.randn(3)
    npr.seed(0)
    assert numpy.array_equal(npr.randn(3), first)
    assert isinstance(npr.RandomState(0), numpy.random.RandomState)
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = np.no_such_name
    assert numpy.array_equal(np.r_[1:4, 0, 4], numpy.r_[1:4, 0, 4])
    assert numpy.array_equal(np.array([1, 2], dtype=float, ndmin=2), [[1.0, 2.0]])


def test_what_has_no_tensor_form_raises() -> None:
    with pytest.raises(TypeError, match="array: order is not for Tensors"):
        np.array([Tensor(1.0)], order="F")
    with pytest.raises(TypeError, match="directive"):
        _ = np.r_["0,2", Tensor(V)]
    with pytest.raises(NotImplementedError, match="make_diagonal"):
        np.make_diagonal(V, offset=1)


def test_importing_autograd_does_not_load_the_face() -> None:
    code = (
        "import sys, autograd; loaded = [m for m in sys.modules if m.startswith(('autograd.numpy', 'autograd.scipy', "
        "'autograd.misc', 'autograd.extend', 'autograd.test_util', 'autograd.differential', 'scipy'))]; "
        "assert not loaded, loaded; autograd.make_vjp; autograd.dict; assert not hasattr(autograd, 'nonsense'); "
        "autograd.numpy.linalg.inv; autograd.extend.vspace; autograd.scipy.stats.norm.logpdf; "
        "autograd.scipy.linalg; assert not hasattr(autograd.scipy, 'nonsense')"
    )
    pytest.importorskip("scipy")
    subprocess.run([sys.executable, "-c", code], check=True)


# ---- operators ------------------------------------------------------------------------------------------------------


def test_operators() -> None:
    fun = lambda x: np.tanh(A @ x) * x[0]
    jac = jacobian(fun)(V)
    pull, value = make_vjp(fun)(V)
    numpy.testing.assert_allclose(value, fun(V))
    numpy.testing.assert_allclose(pull(numpy.array([1.0, 2.0])), numpy.array([1.0, 2.0]) @ jac)
    value, moved = make_jvp(fun)(V)(V)
    numpy.testing.assert_allclose(moved, jac @ V)
    numpy.testing.assert_allclose(make_jvp_reversemode(fun)(V)(V), jac @ V)
    numpy.testing.assert_allclose(tensor_jacobian_product(fun)(V, numpy.ones(2)), numpy.ones(2) @ jac)
    loss = lambda x: np.sum(fun(x) ** 2)
    hess = hessian(loss)(V)
    numpy.testing.assert_allclose(make_hvp(loss)(V)[0](V), hess @ V)
    numpy.testing.assert_allclose(hessian_vector_product(loss)(V, V), hess @ V)
    numpy.testing.assert_allclose(make_ggnvp(fun)(V)(V), jac.T @ (jac @ V))
    numpy.testing.assert_allclose(make_ggnvp(fun, lambda y: np.sum(y**3))(V)(V), jac.T @ (6 * fun(V) * (jac @ V)))
    assert deriv(lambda x: x**3)(2.0) == 12
    numpy.testing.assert_allclose(deriv(np.sin)(V), numpy.cos(V))
    assert holomorphic_grad(lambda z: z**3)(1 + 2j) == 3 * (1 + 2j) ** 2


def test_operators_take_argnum() -> None:
    fun = lambda x, y: x**2 * y
    assert grad(fun, argnum=1)(3.0, 2.0) == 9
    assert grad(fun, argnum=[1, 0])(3.0, 2.0) == (9, 12)
    assert value_and_grad(fun, argnum=1)(3.0, 2.0) == (18, 9)
    assert elementwise_grad(fun, argnum=1)(3.0, 2.0) == 9
    assert jacobian(fun, argnum=(0, 1))(3.0, 2.0) == (12, 9)
    assert hessian(fun, argnum=0)(3.0, 2.0) == 4
    assert make_vjp(fun, (0, 1))(3.0, 2.0)[0](1.0) == (12, 9)
    assert make_jvp(fun, 1)(3.0, 2.0)(1.0) == (18, 9)
    assert grad_named(fun, "y")(3.0, 2.0) == 9
    assert multigrad_dict(fun)(3.0, y=2.0) == {"x": 12, "y": 9}
    assert make_vjp(fun).__name__ == "make_vjp_of_<lambda>_wrt_argnum_0"
    gradient, aux = grad_and_aux(lambda x: (np.sum(x**2), {"twice": 2 * x, "n": 3}))(V)
    numpy.testing.assert_array_equal(gradient, 2 * V)
    numpy.testing.assert_array_equal(aux["twice"], 2 * V)
    assert aux["n"] == 3
    assert grad(checkpoint(lambda x: x**3))(2.0) == 12


# ---- primitives -----------------------------------------------------------------------------------------------------


@primitive
def scaled(x, y, *, factor=1.0):
    """x y factor"""
    assert not isbox(x)
    assert not isbox(y)
    return factor * x * y


defvjp(
    scaled,
    lambda ans, x, y, factor=1.0: lambda g: factor * g * y,
    lambda ans, x, y, factor=1.0: lambda g: factor * np.sum(g * x),
)


def test_primitives() -> None:
    assert scaled.__name__ == "scaled"
    assert scaled.__doc__ == "x y factor"
    assert scaled(2.0, 3.0, factor=2.0) == 12
    fun = lambda x, y: scaled(x, y, factor=3.0)
    assert gradcheck(fun, V, 2.0)
    assert gradgradcheck(fun, V, 2.0)
    check_grads(fun, (0, 1))(V, 2.0)
    assert Tensor(V, requires_grad=True).grad_fn is None
    assert scaled(Tensor(V, requires_grad=True), 2.0).grad_fn.name == "scaled"


def test_rules_for_several_arguments() -> None:
    @primitive
    def product(x, y):
        return x * y

    defvjp_argnums(product, lambda nums, ans, args, kwargs: lambda g: [g * args[1 - i] for i in nums])
    assert gradgradcheck(product, V, V + 1)

    @primitive
    def total(*xs):
        return sum(xs)

    defvjp_argnum(total, lambda i, ans, args, kwargs: lambda g: g * (i + 1))
    assert grad(total, (0, 1, 2))(1.0, 2.0, 3.0) == (1, 2, 3)


def test_results_in_containers() -> None:
    @primitive
    def both(x, y):
        return {"product": x * y, "rest": [x + y, 3, x]}

    defvjp(
        both,
        lambda ans, x, y: lambda g: g["product"] * y + g["rest"][0] + g["rest"][2],
        lambda ans, x, y: lambda g: g["product"] * ans["rest"][2] + g["rest"][0],
    )

    def fun(x, y):
        found = both(x, y)
        assert found["rest"][1] == 3
        return found["product"] * found["rest"][0] ** 2

    assert gradcheck(fun, V, V - 2)
    assert gradgradcheck(fun, V, V - 2)
    assert grad(lambda x: np.sum(both(x, 2.0)["rest"][2]))(3.0) == 1
    assert type(both(3.0, 2.0)["product"]) is float


def nobody(x):
    return x


def test_missing_and_zero_rules() -> None:
    fun = primitive(lambda x, y: x * y)
    with pytest.raises(NotImplementedError, match="no VJP is defined for argument 0"):
        grad(fun)(1.0, 2.0)
    defvjp(fun, lambda ans, x, y: lambda g: g * y, None)
    assert grad(fun, (0, 1))(3.0, 2.0) == (2, 0)
    defvjp(fun, lambda ans, x, y: lambda g: g * x, argnums=[1])
    assert grad(fun, (0, 1))(3.0, 2.0) == (2, 3)
    with pytest.warns(UserWarning, match="defvjp: nobody is no primitive"):
        defvjp(nobody, None)
    steps = notrace_primitive(lambda x: numpy.floor(x))
    assert grad(lambda x: x * steps(x))(2.5) == 2


def test_rules_by_function() -> None:
    square = primitive(lambda x: x * x)
    defvjp(square, lambda ans, x: lambda g: g * 2 * x)
    maker = primitive_vjps.pop(square)
    assert maker((0,), 9.0, (3.0,), {})(1.0) == (6.0,)
    with pytest.raises(NotImplementedError, match="no VJP is defined for argument 0"):
        grad(square)(3.0)
    primitive_vjps[square] = lambda argnums, ans, args, kwargs: lambda g: (g * 3 * args[0],)
    assert grad(square)(3.0) == 9


# ---- functions recorded once ----------------------------------------------------------------------------------------


def _parts(p, x):
    h = np.tanh(np.dot(x, p["W"]) + p["b"])
    both = np.concatenate([h, 2 * h, x], axis=1)
    _, log = np.linalg.slogdet(np.dot(h.T, h) + np.eye(3))
    return {"sum": np.einsum("ij,ij->i", both, both)[1:].sum() + log, "rest": (np.split(h, 3, axis=1)[1], "text")}


def _given(seed: int):
    rng = numpy.random.default_rng(seed)
    return {"W": rng.standard_normal((4, 3)), "b": rng.standard_normal(3)}, rng.standard_normal((5, 4))


def test_a_recorded_function_is_not_called_again() -> None:
    calls = io.StringIO()  # a list that grows is noticed

    def fun(*args):
        calls.write("1")
        return _parts(*args)

    repeat = const_graph(fun)
    for seed in range(3):
        found, wanted = repeat(*_given(seed)), _parts(*_given(seed))
        assert numpy.isclose(found["sum"], wanted["sum"], rtol=1e-13)
        assert type(found["sum"]) is numpy.float64
        assert numpy.allclose(found["rest"][0], wanted["rest"][0], rtol=1e-13)
        assert found["rest"][1] == "text"
    assert calls.getvalue() == "1"
    p, x = _given(3)
    assert numpy.isclose(repeat(p, x[:2])["sum"], _parts(p, x[:2])["sum"], rtol=1e-13)
    assert calls.getvalue() == "11"  # another shape


def test_a_recorded_function_has_derivatives_inside_and_outside() -> None:
    (p, x), (q, y) = _given(0), _given(1)
    total = const_graph(lambda p, x: _parts(p, x)["sum"])
    total(p, x)
    check_equivalent(grad(total, (0, 1))(q, y), grad(lambda p, x: _parts(p, x)["sum"], (0, 1))(q, y))
    slope = const_graph(lambda x: grad(lambda x: np.sum(np.sin(x) * np.exp(x)))(x))
    slope(V)
    check_grads(slope)(V + 1)
    assert numpy.array_equal(slope(V + 1), grad(lambda x: np.sum(np.sin(x) * np.exp(x)))(V + 1))


def test_what_a_recorded_function_repeats() -> None:
    seen = io.StringIO()

    @primitive
    def noted(x, name):
        seen.write(name)
        return [x, 2 * x]

    defvjp(noted, lambda ans, x, name: lambda g: g[0] + 2 * g[1])
    repeat = const_graph(lambda a, x, b: a * noted(b, "b")[0] + noted(x, "x")[1] * (x > 0), 3.0, b=2.0)
    assert repeat(1.0) == 8
    assert repeat(-1.0) == 6  # the comparison is this call's
    assert seen.getvalue() == "bx"
    assert grad(repeat)(5.0) == 2
    draw = const_graph(lambda x: x + autograd.generator().random(3))
    assert not numpy.array_equal(draw(1.0), draw(1.0))


def test_what_a_recorded_function_takes_from_outside() -> None:
    assert const_graph(lambda x: 3.0)(1.0) == 3
    w = Tensor(2.0, requires_grad=True)
    scaled = const_graph(lambda x: (x * w).data)
    assert [scaled(1.0), scaled(2.0), scaled(3.0)] == [2, 4, 6]
    w.data[...] = 5
    assert scaled(1.0) == 5


class _Listed(Node):
    """Writes what happens into a list."""

    def initialize_root(self, lines):
        self.lines, self.name = lines, "x"

    def __init__(self, value, fun, args, kwargs, parent_argnums, parents):
        self.lines, self.name = parents[0].lines, f"v{len(parents[0].lines)}"
        shown = list(map(str, args))
        for i, parent in zip(parent_argnums, parents, strict=True):
            shown[i] = parent.name
        self.lines.append(f"{self.name} = {fun.__name__}({', '.join(shown)}{kwargs or ''}) = {value}")


@pytest.mark.parametrize(
    ("fun", "x", "lines"),
    [
        (lambda x: np.sin(x + x) / 2, 0.0, ["v0 = add(x, x) = 0.0", "v1 = sin(v0) = 0.0", "v2 = divide(v1, 2) = 0.0"]),
        (
            grad(lambda x: np.sin(2 * x)),
            0.0,
            ["v0 = multiply(2, x) = 0.0", "v1 = sin(v0) = 0.0", "v2 = cos(v0) = 1.0", "v3 = multiply(1.0, v2) = 1.0",
             "v4 = multiply(v3, 2) = 2.0"],
        ),
        (lambda x: (np.exp(x), x * 3)[1], 0.0, ["v0 = exp(x) = 1.0", "v1 = multiply(x, 3) = 0.0"]),
        (
            lambda x: np.sum(np.split(x, 2)[1], axis=0),
            np.ones(2),
            ["v0 = split(x, (0, 1, 2), 0) = (array([1.]), array([1.]))", "v1 = sum(v0{'axis': 0}) = 1.0"],
        ),
        (lambda x: np.einsum("i,i->", x, x), np.ones(2), ["v0 = einsum(x, x, a,a->) = 2.0"]),
        (lambda x: 2.0, 1.0, []),
    ],
)  # fmt: skip
def test_trace(fun, x, lines) -> None:
    found: list[str] = []
    value, node = trace(_Listed.new_root(found), fun, x)
    assert value == fun(x)
    assert found == lines
    assert (node.name if node else None) == (lines[-1].split()[0] if lines else None)


def test_a_node_needs_both_methods() -> None:
    with pytest.raises(NotImplementedError, match="Node: a Node of one's own has to define initialize_root"):
        Node.new_root()
    with pytest.raises(NotImplementedError, match="define __init__"):
        Node(1.0, np.sin, (1.0,), {}, (0,), [])


# ---- types ----------------------------------------------------------------------------------------------------------


def test_older_ways_to_define_a_primitive() -> None:
    @core_primitive
    def product(x, y):
        return x * y

    with pytest.warns(UserWarning, match="defgrad method is deprecated"):
        product.defgrad(lambda ans, x, y: lambda g: y * g)
    with pytest.warns(UserWarning, match="defvjp method is deprecated"):
        product.defvjp(lambda g, ans, vs, gvs, x, y: g * x if vs == gvs == vspace(x) else None, argnum=1)
    check_grads(product, (0, 1))(A, A + 1)
    with pytest.warns(UserWarning, match="defvjp_is_zero method is deprecated"):
        product.defvjp_is_zero([1])
    assert grad(product, (0, 1))(3.0, 2.0) == (2, 0)
    with pytest.warns(UserWarning, match="quick_grad_check function is deprecated"):
        quick_grad_check(lambda x, y: product(x, y), 2.0, (3.0,))
    with pytest.warns(UserWarning, match="quick_grad_check"), pytest.raises(AssertionError):
        quick_grad_check(lambda x, y: product(y, x), 2.0, (3.0,))


def test_rules_sum_down_what_was_broadcast() -> None:
    @primitive
    def product(x, y):
        return x * y

    defvjp(
        product,
        lambda ans, x, y: unbroadcast_f(x, lambda g: g * y),
        lambda ans, x, y: unbroadcast_f(y, lambda g: g * x),
    )
    for x, y in ((2.0, V), (V, A), (A[:, :1], A), (A, 1j * V), (1j * A, V[:, None, None])):
        check_grads(product, (0, 1))(x, y)
    assert unbroadcast(numpy.ones((3, 2, 5)), metadata(A[:, :1].T), -1).shape == (1, 2)
    assert match_complex(1j, V).dtype == complex
    assert match_complex(1.0, 1j * V).dtype == float
    assert list(replace_zero(numpy.array([0.0, 2.0]), 1.0)) == [1, 2]


SPACES = {
    "array": A,
    "number": 2.0,
    "complex": 1j * A,
    "float32": V.astype("f4"),
    "containers": {"x": [0.0, V], "y": ({"a": 1j}, [numpy.zeros((2, 0))], ())},
}


@pytest.mark.parametrize("case", SPACES)
def test_vector_spaces(case: str) -> None:
    space = vspace(SPACES[case])
    basis = list(space.standard_basis())
    assert len(basis) == space.size
    gram = [[space.inner_prod(a, b) for a in basis] for b in basis]
    assert numpy.array_equal(gram, numpy.eye(space.size))
    total = space.zeros()
    for vector in basis:
        assert vspace(vector) == space
        total = space.add(total, vector)
    check_equivalent(total, space.ones())
    x, y = space.randn(), space.randn()
    assert vspace(x) == space == vspace(space.scalar_mul(x, 2.0))
    assert scalar_close(space.inner_prod(space.scalar_mul(x, 2.0), y), 2 * space.inner_prod(y, x))
    if case != "float32":  # differences need more digits
        check_grads(space.inner_prod, (0, 1))(x, y)
        check_grads(space.scalar_mul, (0, 1))(x, 3.0)
    check_equivalent(space.covector(space.covector(x)), x)
    assert space != vspace([SPACES[case]])


def test_what_is_no_vector() -> None:
    for value in ("a", 3, [1.0, None]):
        with pytest.raises(TypeError, match="vspace: expected floating"):
            vspace(value)
    assert vspace(1j * A).iscomplex
    assert vspace(A).shape == (2, 3)
    assert vspace(A.astype("f4")) != vspace(A)
    assert len({vspace(A), vspace(A + 1)}) == 1


def test_types() -> None:
    def fun(x):
        assert isbox(x)
        assert not isbox(getval(x))
        assert ag_isinstance(x, float)
        assert ag_isinstance(ag_tuple([x]), tuple)
        return ag_dict(a=x)["a"] * 2

    assert grad(fun)(1.0) == 2
    assert not ag_isinstance(Tensor(V), float)
    assert ag_isinstance(Tensor(V), numpy.ndarray)
    assert getval("a") == "a"
    from autograd.numpy.numpy_boxes import ArrayBox

    assert isinstance(Tensor(V), ArrayBox)
    assert Tensor(V)._value is not None
    assert Tensor(2.0)._value == 2.0


# ---- the check ------------------------------------------------------------------------------------------------------


def test_check_grads_fails_where_it_should() -> None:
    @primitive
    def wrong(x):
        return x * 2.0

    defvjp(wrong, lambda ans, x: lambda g: g * 2.001)
    with pytest.raises(AssertionError, match=r"gradient \(VJP\) check of wrong failed"):
        check_grads(wrong, modes=["rev"])(1.0)
    with pytest.raises(AssertionError, match=r"derivative \(JVP\) check of wrong failed"):
        check_grads(wrong, modes=["fwd"])(1.0)

    @primitive
    def identity(x):
        return x

    defvjp(identity, lambda ans, x: lambda g: g * 1.001)
    second = primitive(lambda x: x * 2.0)
    defvjp(second, lambda ans, x: lambda g: identity(g) * 2.0)
    check_grads(second, modes=["rev"], order=1)(1.0)
    with pytest.raises(AssertionError, match="check of vjp_<lambda> failed"):
        check_grads(second, modes=["rev"])(1.0)
    tiny = primitive(lambda x: x * 1e-6)
    defvjp(tiny, None)
    with pytest.raises(AssertionError, match="check of <lambda> failed"):
        check_grads(tiny, modes=["rev"])(1.0)
    with pytest.raises(ValueError, match="modes of 'fwd' and 'rev'"):
        check_grads(np.sin, modes=["forward"])(1.0)
    with pytest.raises(AssertionError):
        check_equivalent({"a": 1.0}, {"a": 1.1})


def test_check_grads_takes_containers() -> None:
    def fun(p, x):
        return {"y": np.tanh(p["w"] @ x) + p["b"][0], "n": 3, "z": [p["w"] * 2.0, (x, 1j * x)]}

    check_grads(fun, (0, 1))({"w": A, "b": (2.0, 1)}, V)
    combo_check(np.sum, [0])([A, V * 1j], axis=[None, 0], keepdims=[True, False])


# ---- misc -----------------------------------------------------------------------------------------------------------


def test_check_vjp_and_check_jvp() -> None:
    check_vjp(numpy.sin, V)
    check_jvp(numpy.sin, V)
    wrong = primitive(lambda x: x**2)
    defvjp(wrong, lambda ans, x: lambda g: g * x)
    for check in (check_vjp, check_jvp):
        with pytest.raises(AssertionError, match="check of"):
            check(wrong, V)


def test_names_and_texts_of_wrappers() -> None:
    @wraps(numpy.sin, "{fun}_{way}", "{fun}, but {way}: {doc}", way="twice")
    def twice(x):
        return numpy.sin(numpy.sin(x))

    assert twice.__name__ == "sin_twice"
    assert twice.__doc__.startswith("sin, but twice: sin(x")


def test_helpers_of_tuples() -> None:
    assert subvals([1, 2, 3], [(0, 5), (1, 6)]) == (5, 6, 3)
    assert subval((1, 2), 1, "b") == (1, "b")


def test_flatten() -> None:
    value = {"a": A, "b": [2.0, (V * 1j, ())]}
    vector, unflatten = flatten(value)
    assert vector.shape == (10,)
    check_equivalent(unflatten(vector), value)
    assert flatten([])[0].size == 0
    assert flatten({"b": 1.0, "a": V})[0].tolist() == [*V, 1.0]  # by the keys in order, however the dict was made
    assert grad(lambda x, y: np.sum(flatten([x, y])[0] ** 2), (0, 1))(1.0, 2.0) == (2, 4)
    flat, back, vector = flatten_func(lambda p: {"a": p["a"] ** 2}, {"a": V})
    numpy.testing.assert_array_equal(jacobian(flat)(vector), numpy.diag(2 * V))
    numpy.testing.assert_array_equal(back(vector)["a"], V)


@pytest.mark.parametrize(("optimizer", "step_size"), [(sgd, 0.1), (rmsprop, 0.01), (adam, 0.1)])
def test_optimizers(optimizer, step_size) -> None:
    seen = []
    loss = lambda p: np.sum((p["a"] - V) ** 2) + (p["b"] + 1) ** 2
    gradient = grad(lambda p, i: loss(p))
    found = optimizer(
        gradient,
        {"a": numpy.zeros(3), "b": 0.0},
        lambda p, i, g: seen.append(loss(p)),
        num_iters=300,
        step_size=step_size,
    )
    assert len(seen) == 300
    assert loss(found) < 1e-2 * seen[0]


def test_fixed_point() -> None:
    def root(a, start=None):
        step = lambda a: lambda x: (x + a["n"] / x) / 2
        return fixed_point(step, a, V * 0 + 1.0 if start is None else start, lambda x, y: np.max(np.abs(x - y)), 1e-12)

    assert gradcheck(lambda n: root({"n": n}), V + 1)
    assert gradgradcheck(lambda n: root({"n": n}), V + 1)
    numpy.testing.assert_allclose(root({"n": V + 1}), numpy.sqrt(V + 1))
    with pytest.raises(TypeError, match="uses a tracked tensor from outside"):
        grad(lambda n: fixed_point(lambda a: lambda x: (x + n / x) / 2, 0.0, 1.0, lambda x, y: abs(x - y), 1e-9))(2.0)


def test_where_takes_names_and_a_plain_truth() -> None:
    condition, x, y = [True, False, True], np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])
    for got in (np.where(condition, x, y), np.where(condition=condition, x=x, y=y), np.where(condition, x, y=y)):
        numpy.testing.assert_array_equal(got, [1, 5, 3])
    numpy.testing.assert_array_equal(np.where(condition), [[0, 2]])
    assert np.where(True, 1, 2.0) == 1
    assert type(np.where(False, 1, 2.0)) is float
    assert np.where(True, [1, 2], [3, 4]) == [1, 2]
    assert np.where(False, x, y.astype("f4")).dtype == np.float64
    numpy.testing.assert_array_equal(grad(lambda x: np.where(True, x, 0.0).sum())(x), [1, 1, 1])
