"""Primitives of one's own: containers, rules forward, rules for functions that have some, spaces and boxes."""

from __future__ import annotations

import gc
import weakref

import autograd.builtins
import numpy
import pytest
from autograd.core import backward_pass, make_jvp
from autograd.extend import (
    SparseObject,
    VJPNode,
    def_linear,
    defjvp,
    defvjp,
    defvjp_argnum,
    defvjp_argnums,
    primitive,
    register_notrace,
    vspace,
)  # fmt: skip
from autograd.numpy.numpy_boxes import ArrayBox
from autograd.numpy.numpy_vspaces import ArrayVSpace, ComplexArrayVSpace, VSpace
from autograd.test_util import check_grads
from autograd.tracer import Box, getval, isbox, new_box, trace, trace_stack

import autograd
import autograd.numpy as np
from autograd import Tensor, elementwise, grad, hessian, jacobian, jvp

V = numpy.array([3.0, 4.0])


# ---- containers -----------------------------------------------------------------------------------------------------


def squares():
    """The sum of the squares of what stands in a container, with a rule that gives a container, and its calls."""
    calls = []

    @primitive
    def total(values):
        return sum(value**2 for value in (values.values() if isinstance(values, dict) else values))

    def rule(ans, values):
        def pull(g):
            calls.append(1)
            if isinstance(values, dict):
                return {key: 2 * g * value for key, value in values.items()}
            return [2 * g * value for value in values]

        return pull

    defvjp(total, rule)
    return total, calls


CONTAINERS = {
    "list": lambda x: autograd.builtins.list([x[0], x[1]]),
    "tuple": lambda x: autograd.builtins.tuple((x[0], x[1])),
    "dict": lambda x: autograd.builtins.dict({"b": x[0], "a": x[1]}),
    "beside constants": lambda x: [x[0], 7.0, x[1]],
}


@pytest.mark.parametrize("case", CONTAINERS)
def test_a_container_of_tracked_values_gets_its_rule(case: str) -> None:
    total, calls = squares()
    numpy.testing.assert_array_equal(grad(lambda x: total(CONTAINERS[case](x)))(V), [6.0, 8.0])
    assert len(calls) == 1  # one call of the rule for all that stands in the container
    numpy.testing.assert_array_equal(hessian(lambda x: total(CONTAINERS[case](x)))(V), 2 * numpy.eye(2))
    assert getval(CONTAINERS[case](V)) == CONTAINERS[case](V)


def test_an_array_is_the_gradient_of_a_list() -> None:
    joined = primitive(lambda values: numpy.array(values))
    defvjp(joined, lambda ans, values: lambda g: g)
    numpy.testing.assert_array_equal(jacobian(lambda x: joined([[x[0], 1.0], [2.0, x[1]]]))(V).sum((0, 1)), [1.0, 1.0])


def test_without_a_rule_for_it_a_container_is_passed_on() -> None:
    first = primitive(lambda values, y: values[0] * 2.0)
    defvjp(first, lambda ans, values, y: lambda g: g, argnums=[1])
    assert grad(lambda x: first([x], 1.0))(3.0) == 2


def test_a_rule_for_several_is_called_once_and_nothing_is_kept() -> None:
    calls = []
    product = primitive(lambda x, y: x * y)

    def rule(argnums, ans, args, kwargs):
        calls.append(argnums)
        return lambda g: tuple([g * args[1 - i] for i in argnums])

    defvjp_argnums(product, rule)
    first, second = grad(lambda x, y: product(x, y).sum(), (0, 1))(V, V + 1)
    assert calls == [(0, 1)]
    numpy.testing.assert_array_equal(first, V + 1)
    numpy.testing.assert_array_equal(second, V)
    assert grad(product, (0, 1))(3.0, 4.0) == (4, 3)
    gc.disable()
    try:
        x, y = Tensor(V, requires_grad=True), Tensor(V, requires_grad=True)
        out = product(x, y).sum()
        x.grad = None
        slope = autograd.grad(out, x, create_graph=True)
        node = weakref.ref(out._node)
        del out, slope
        assert node() is None
    finally:
        gc.enable()


def test_what_is_zero_but_for_a_part_may_be_said_so() -> None:
    second = primitive(lambda x: x[1])

    def into(vector, g):
        vector[1] += g
        return vector

    defvjp(second, lambda ans, x: lambda g: SparseObject(vspace(x), lambda vector: into(vector, g)))
    numpy.testing.assert_array_equal(grad(lambda x: second(x) * x[0])(V), [4.0, 3.0])


def test_results_in_containers_by_a_rule_that_takes_plain_arrays() -> None:
    calls = []
    moved = primitive(lambda values: tuple(MATRIX @ numpy.array([float(value) for value in values])))

    def rule(ans, values):
        def pull(g):
            calls.append(1)
            return MATRIX.T @ numpy.array([part.item() for part in g])

        return pull

    defvjp(moved, rule)
    numpy.testing.assert_array_equal(jacobian(lambda x: np.hstack(moved([x, 3.0])))(0.1), MATRIX[:, 0])
    assert len(calls) == 2  # one for each row, though there is one column
    out, moves = jvp(lambda x: np.hstack(moved([x, 3.0])), (0.1,), (2.0,))
    numpy.testing.assert_allclose(out, MATRIX @ [0.1, 3.0])
    numpy.testing.assert_allclose(moves, 2 * MATRIX[:, 0])


def test_what_autograd_primitive_made_without_rules_gets_them_in_either_form() -> None:
    calls = []

    @autograd.primitive
    def picked(x, index, times=1):
        """Some of its elements, several times, and where those stood."""
        return x[index] * times, index

    def rule(ans, x, index, times=1):
        calls.append(1)

        def pull(g):
            slope = numpy.zeros_like(x)
            if isinstance(g[0], Tensor):
                raise TypeError("it takes plain arrays alone")
            slope[ans[1]] = times * g[0]
            return slope

        return pull

    defvjp(picked, rule, None)
    defjvp(picked, lambda t, ans, x, index, times=1: (t[index] * times, numpy.zeros(len(index))), None)
    index = numpy.array([1, 0])
    assert picked.__doc__ == "Some of its elements, several times, and where those stood."
    numpy.testing.assert_array_equal(picked(V, index, times=2)[0], [8.0, 6.0])
    fun = lambda x: (picked(x, index, times=2)[0] * numpy.array([1.0, 10.0])).sum()
    numpy.testing.assert_array_equal(grad(fun)(V), [20.0, 2.0])
    assert calls == [1]
    assert make_jvp(fun, V)(numpy.array([1.0, 0.0]))[1] == 20

    @autograd.primitive
    def product(x, y):
        return x * y

    defvjp(product, lambda ans, x, y: lambda g: g * y)
    defvjp(product, lambda ans, x, y: lambda g: g * x, argnums=[1])
    assert grad(product, (0, 1))(2.0, 3.0) == (3, 2)


# ---- forward --------------------------------------------------------------------------------------------------------

MATRIX = numpy.array([[1.0, 2.0], [3.0, 5.0]])


def in_c(matrix):
    """A product with a matrix, of which a Tensor's part in the rule is lost: it computes with plain arrays alone."""
    return lambda g: numpy.frombuffer((matrix @ numpy.frombuffer(bytes(memoryview(getval(g))))).tobytes())


def test_forward_by_a_rule_that_takes_plain_arrays() -> None:
    moved = primitive(in_c(MATRIX))
    defvjp(moved, lambda ans, x: in_c(MATRIX.T))
    numpy.testing.assert_allclose(make_jvp(moved, V)(V)[1], MATRIX @ V)
    numpy.testing.assert_allclose(jvp(moved, (V,), (V,))[1], MATRIX @ V)
    numpy.testing.assert_allclose(jacobian(moved)(V), MATRIX)
    with pytest.raises(NotImplementedError, match="computes with plain values"):
        hessian(lambda x: (moved(x) ** 3).sum())(V)


def test_a_rule_forward_serves_both_ways() -> None:
    moved = primitive(lambda x, y: in_c(MATRIX)(x) * y)
    defjvp(moved, lambda g, ans, x, y: in_c(MATRIX)(g) * y, "same")
    assert numpy.allclose(make_jvp(lambda x: moved(x, 2.0), V)(V)[1], 2 * MATRIX @ V)
    numpy.testing.assert_allclose(jacobian(moved)(V, 2.0), 2 * MATRIX)
    numpy.testing.assert_allclose(grad(lambda y: moved(V, y).sum())(2.0), (MATRIX @ V).sum())


def counted(calls, what, rule):
    """A rule that counts its calls."""

    def wrapped(*given, **options):
        calls.append(what)
        return rule(*given, **options)

    return wrapped


def test_forward_is_one_pass_through_complex_primitives() -> None:
    calls: list[str] = []
    scaled = primitive(lambda a, b: a * b**2)
    defvjp(
        scaled,
        counted(calls, "back a", lambda ans, a, b: lambda g: g * b**2),
        counted(calls, "back b", lambda ans, a, b: lambda g: 2 * g * a * b),
    )
    fun = lambda z: np.abs(scaled(np.sin(z), np.conj(z) * 2)) ** 2 + np.real(z)
    z, t = numpy.array([1 + 2j, 0.5 - 1j]), numpy.array([1j, 2.0])
    _, by_vjps = make_jvp(fun, z)(t)
    numpy.testing.assert_allclose(by_vjps, (fun(z + 1e-6 * t) - fun(z - 1e-6 * t)) / 2e-6, rtol=1e-6)
    assert calls == ["back a", "back b"]
    defjvp(
        scaled,
        counted(calls, "a", lambda g, ans, a, b: g * b**2),
        counted(calls, "b", lambda g, ans, a, b: 2 * g * a * b),
    )
    numpy.testing.assert_allclose(make_jvp(fun, z)(t)[1], by_vjps)
    assert calls[2:] == ["a", "b"]
    along = lambda z: make_jvp(fun, z)(t)[1].sum()
    expected = (along(z + 1e-6 * t) - along(z - 1e-6 * t)) / 2e-6
    numpy.testing.assert_allclose(make_jvp(along, z)(t)[1], expected, rtol=1e-6)


def test_forward_where_only_some_arguments_have_a_rule_for_it() -> None:
    product = primitive(lambda x, y: x * y)
    defvjp(product, lambda ans, x, y: lambda g: g * y, lambda ans, x, y: lambda g: g * x)
    defjvp(product, lambda g, ans, x, y: g * y)
    assert jvp(product, (2.0, 3.0), (10.0, 1.0)) == (6.0, 32.0)
    assert jvp(lambda x: product(x, 3.0), (2.0,), (10.0,)) == (6.0, 30.0)


def test_forward_in_plain_arrays_is_differentiated() -> None:
    moved = primitive(in_c(MATRIX))
    defvjp(moved, lambda ans, x: in_c(MATRIX.T))
    defjvp(moved, lambda g, ans, x: in_c(MATRIX)(g))
    numpy.testing.assert_allclose(grad(lambda t: jvp(moved, (V,), (t,))[1].sum())(V), MATRIX.sum(0))


def test_forward_with_results_in_containers() -> None:
    parts = primitive(lambda x: {"real": numpy.real(x), "both": [numpy.imag(x), 2 * x]})
    defjvp(parts, lambda g, ans, x: {"real": np.real(g), "both": [np.imag(g), 2 * g]})

    def total(x):
        found = parts(x)
        return found["real"] + 10 * found["both"][0] + np.abs(found["both"][1])

    assert jvp(total, (3 + 4j,), (1 + 2j,))[1] == 1 + 20 + 2 * (3 + 8) / 5


def test_a_linear_function_needs_no_rule() -> None:
    moved = primitive(in_c(MATRIX))
    def_linear(moved)
    numpy.testing.assert_allclose(jacobian(moved)(V), MATRIX)
    both = primitive(lambda x, y: x * y)
    defjvp(both, "same")
    with pytest.raises(NotImplementedError, match="no JVP is defined for argument 1"):
        grad(both, 1)(2.0, 3.0)


# ---- rules for functions that have some -----------------------------------------------------------------------------


def test_rules_of_a_primitive_of_this_package() -> None:
    cube = elementwise(lambda x: x**3, name="cube", x=lambda g, x: g * 3 * x**2)
    assert grad(cube)(2.0) == 12
    defvjp(cube, lambda ans, x: lambda g: g * 100.0 * ans)
    assert grad(cube)(2.0) == 800
    product = autograd.primitive(lambda x, y, *more: x * y + sum(more))
    defvjp(product, lambda ans, x, y, *more: lambda g: g * y, lambda ans, x, y, *more: lambda g: g * x)
    assert grad(product, (0, 1))(3.0, 4.0) == (4, 3)
    defvjp_argnum(product, lambda i, ans, args, kwargs: lambda g: g * (10 + i))
    assert grad(product, (0, 1, 2, 3))(3.0, 4.0, 5.0, 6.0) == (10, 11, 12, 13)


def test_rules_of_functions_of_scipys() -> None:
    linalg = pytest.importorskip("autograd.scipy.linalg")
    banded = numpy.array([[4.0, 9.0]])
    with pytest.raises(TypeError, match="cholesky_banded: no derivative rule is known"):
        grad(lambda x: linalg.cholesky_banded(x).sum())(banded)
    defvjp(linalg.cholesky_banded, lambda ans, x, **options: lambda g: g / (2 * ans))
    numpy.testing.assert_allclose(grad(lambda x: linalg.cholesky_banded(x).sum())(banded), [[1 / 4, 1 / 6]])


def test_rules_forward_of_functions_that_have_rules() -> None:
    special = pytest.importorskip("autograd.scipy.special")
    calls: list[str] = []
    lgamma = autograd.primitive(lambda x: special.gammaln(x), name="lgamma", x=lambda g, x: g * special.psi(x))
    defjvp(lgamma, counted(calls, "lgamma", lambda g, ans, x: g * special.psi(x)))
    added = autograd.primitive(lambda *xs, times: sum(xs) * times, name="added", xs=lambda g, i, times: g * times)
    defjvp(added, *[counted(calls, f"added {i}", lambda g, ans, *xs, times: 10 * g * times) for i in range(2)])
    fun = lambda x: added(lgamma(x[0]), lgamma(x[1]), times=2.0) ** 2
    along = lambda x: jvp(fun, (x,), (numpy.array([1.0, 2.0]),))[1]
    value = special.gammaln(3.0) + special.gammaln(4.0)
    moved = special.psi(3.0) + 2 * special.psi(4.0)
    numpy.testing.assert_allclose(along(V), 2 * (2 * value) * (2 * 10 * moved))
    assert calls == ["lgamma", "lgamma", "added 0", "added 1"]
    numpy.testing.assert_allclose(grad(along)(V), [(along(V + e) - along(V - e)) / 2e-6 for e in 1e-6 * numpy.eye(2)])
    with pytest.warns(UserWarning, match="defjvp: <lambda> is no primitive"):
        defjvp(lambda x: x, "same")


def test_rules_forward_of_functions_of_scipys() -> None:
    linalg = pytest.importorskip("autograd.scipy.linalg")
    defjvp(linalg.hankel, "same")
    numpy.testing.assert_array_equal(jvp(linalg.hankel, (V,), (V + 1,))[1], linalg.hankel(V + 1))


def test_no_gradient_flows_where_it_is_said() -> None:
    sign = primitive(lambda x: numpy.sign(x))
    register_notrace(VJPNode, sign)
    assert grad(lambda x: x * sign(x))(-2.0) == -1


# ---- boxes ----------------------------------------------------------------------------------------------------------


def test_a_trace_of_ones_own() -> None:
    x = new_box(V, 0, VJPNode.new_root())
    y = np.stack([x[0] * x[1], x[1] ** 2])
    assert isbox(y)
    assert isinstance(y, ArrayBox)
    assert isinstance(y, Box)
    assert not isinstance(V, Box)
    numpy.testing.assert_array_equal(y._value, [12.0, 16.0])
    for unit, row in zip(numpy.eye(2), [[4.0, 3.0], [0.0, 8.0]], strict=True):
        numpy.testing.assert_array_equal(backward_pass(unit, y._node), row)
    recorded = backward_pass(new_box(numpy.ones(2), 0, VJPNode.new_root()), y._node)
    numpy.testing.assert_array_equal(recorded._value, [4.0, 11.0])
    with pytest.raises(RuntimeError, match="backward_pass: expected the node of a box"):
        backward_pass(1.0, Tensor(1.0, requires_grad=True)._node)
    with pytest.raises(TypeError, match=r"Can't differentiate w\.r\.t\. type <class 'str'>"):
        new_box("a", 0, VJPNode.new_root())


def test_which_trace_a_value_belongs_to() -> None:
    with trace_stack.new_trace() as outer:
        (a, b) = box = new_box((V, 2.0), outer, VJPNode.new_root())
        with trace_stack.new_trace() as inner:
            c = new_box({"c": 3.0}, inner, VJPNode.new_root())
            assert (a * b)._trace == box._trace == outer != inner == (a * c["c"])._trace
            assert backward_pass(numpy.ones(2), (a * c["c"])._node) == {"c": 7.0}
    assert Tensor(1.0)._trace == -1
    assert trace_stack.top == -1
    first, second = backward_pass(numpy.ones(2), (a * b)._node)
    numpy.testing.assert_array_equal(first, [2.0, 2.0])
    assert second == 7
    assert backward_pass(1.0, a.sum()._node)[1] == 0


def test_trace_from_a_node_for_going_back() -> None:
    value, node = trace(VJPNode.new_root(), lambda x: x**2, 3.0)
    assert (value, backward_pass(1.0, node)) == (9, 6)
    with pytest.warns(UserWarning, match="Output seems independent of input"):
        assert trace(VJPNode.new_root(), lambda x: 7.0, 3.0) == (7.0, None)


def test_words_for_containers() -> None:
    x = Tensor(1.0, requires_grad=True)
    assert isinstance([x], autograd.builtins.SequenceBox)
    assert not isinstance([1.0], autograd.builtins.SequenceBox)
    assert isinstance({"a": x}, autograd.builtins.DictBox)
    assert not isinstance((x,), autograd.builtins.DictBox)
    assert autograd.builtins.SequenceBox([1, 2]) == [1, 2]


class Marked(numpy.ndarray):
    """An array of a class of its own, of which some are not to be differentiated by."""

    fixed = False


def test_a_class_of_arrays_may_refuse() -> None:
    def box(value, *given):
        if value.fixed:
            raise ValueError("it is fixed")
        return ArrayBox(value, *given)

    Box.type_mappings[Marked] = box
    VSpace.mappings[Marked] = ArrayVSpace
    try:
        x = V.view(Marked)
        numpy.testing.assert_array_equal(grad(lambda x: (x**2).sum())(x), 2 * V)
        assert type(new_box(x, 0)._value) is Marked
        assert isinstance(vspace(x), ArrayVSpace)
        x.fixed = True
        with pytest.raises(ValueError, match="it is fixed"):
            grad(lambda x: (x**2).sum())(x)
    finally:
        del Box.type_mappings[Marked], VSpace.mappings[Marked]


class Alone(numpy.ndarray):
    """An array of a class that computes with arrays of its own class alone."""

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        if not all(isinstance(value, numpy.ndarray) for value in inputs):
            return numpy.zeros(())  # what it makes of the answer that it cannot
        return getattr(ufunc, method)(*[numpy.asarray(value) for value in inputs], **options)


def test_second_derivatives_beside_a_class_of_arrays_that_knows_no_tensor() -> None:
    weights = V.view(Alone)
    numpy.testing.assert_array_equal(hessian(lambda x: ((x * weights) ** 2 / weights).sum())(V), 2 * numpy.diag(V))


def test_kron_with_a_class_of_arrays_that_knows_no_tensor() -> None:
    x = V.reshape(1, 2)
    found = jacobian(lambda x: np.kron(numpy.eye(2).view(Alone), x))(x)
    numpy.testing.assert_array_equal(found.sum((2, 3)), numpy.kron(numpy.eye(2), numpy.ones((1, 2))))


def test_spaces_of_arrays() -> None:
    assert type(vspace(V)) is ArrayVSpace
    assert vspace(V).ndim == 1
    assert type(vspace(1j * V)) is ComplexArrayVSpace
    assert vspace(Tensor(V)) == vspace(V)
    numpy.testing.assert_array_equal(vspace(numpy.arange(2)).ones(), [1, 1])
    assert vspace(V).mut_add(None, V).tolist() == [3, 4]


# ---- names of NumPy's -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("join", [np.stack, np.concatenate, np.vstack, np.hstack, np.column_stack, np.dstack])
def test_whatever_can_be_iterated_is_joined(join) -> None:
    for several in (
        lambda x: {"a": x, "b": 2 * x}.values(),
        lambda x: (k * x for k in (1, 2)),
        lambda x: iter([x, 2 * x]),
    ):
        numpy.testing.assert_array_equal(grad(lambda x, several=several: join(several(x)).sum())(V), [3.0, 3.0])
        assert join(several(V)).shape == join([V, V]).shape


def test_arrays_of_objects_hold_what_is_tracked() -> None:
    assert grad(lambda x: np.array([x, 2 * x], dtype=object).sum())(3.0) == 3
    made = np.asarray([[Tensor(1.0), 2.0]], dtype=object)
    assert made.shape == (1, 2)
    assert isinstance(made[0, 1], Tensor)


def test_the_gradient_of_cholesky_is_symmetric() -> None:
    found = grad(lambda a: np.linalg.cholesky(a)[1, 0])(numpy.array([[4.0, 2.0], [2.0, 3.0]]))
    numpy.testing.assert_allclose(found, [[-1 / 8, 1 / 4], [1 / 4, 0]])
    numpy.testing.assert_allclose(grad(lambda a: numpy.linalg.cholesky(a)[1, 0])(MATRIX @ MATRIX.T)[0, 1], 0)


def test_only_what_is_asked_for_is_checked() -> None:
    """Of a rule in C neither the derivative along a tangent nor the second derivative is known."""
    moved = primitive(in_c(MATRIX))
    calls = []

    def rule(ans, x):
        calls.append(1)
        return in_c(MATRIX.T)

    defvjp(moved, rule)
    check_grads(moved, modes=["rev"], order=1)(V)
    assert len(calls) == 1
    check_grads(moved, modes=["fwd"], order=1)(V)


def test_a_jacobian_goes_row_by_row_where_a_rule_gives_another_shape_for_all_at_once() -> None:
    def slope(g):
        return 2 * g if type(g) is numpy.ndarray else numpy.zeros(())  # as arrays of other classes may answer

    double = autograd.primitive(lambda x: 2 * x, name="double", x=slope)
    numpy.testing.assert_array_equal(jacobian(double)(V), 2 * numpy.eye(2))


def test_integers_in_a_tuple_of_results_have_no_gradient() -> None:
    both = primitive(lambda x, i: (3 * x, i + 1))
    defvjp(both, lambda ans, x, i: lambda g: 3 * g[0])

    def total(x):
        floats, integers = both(x, numpy.array([1, 2]))
        return (floats * integers).sum()

    numpy.testing.assert_array_equal(grad(total)(V), [6.0, 9.0])
