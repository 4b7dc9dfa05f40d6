"""Values that are no arrays, of a class with a box and a space of its own, in what is differentiated."""

from __future__ import annotations

import numpy
import pytest
from autograd.core import VJPNode, backward_pass, make_vjp
from autograd.extend import Box, VSpace, defvjp, primitive, vspace
from autograd.tracer import getval, isbox, new_box
from autograd.util import func

import autograd
import autograd.numpy as np
from autograd import grad, value_and_grad


class Combination:
    """A sum of unit vectors, each with its name and weight: there are as many dimensions as names."""

    def __init__(self, weights):
        self.weights = weights

    @primitive
    def __call__(self, name, factor=1.0):
        return self.weights.get(name, 0.0) * factor

    @primitive
    def scaled(self, factor):
        return Combination({name: weight * factor for name, weight in self.weights.items()})


class CombinationBox(Box, Combination):
    weights = property(lambda self: self._value.weights)


class CombinationSpace(VSpace):
    def __init__(self, value):
        pass

    def zeros(self):
        return Combination({})

    def _add(self, x, y):
        names = {**x.weights, **y.weights}
        return Combination({name: x.weights.get(name, 0.0) + y.weights.get(name, 0.0) for name in names})

    def _inner_prod(self, x, y):
        return sum(x.weights[name] * y.weights.get(name, 0.0) for name in x.weights)


CombinationBox.register(Combination)
CombinationSpace.register(Combination)
defvjp(
    func(Combination.__call__),
    lambda ans, x, name, factor=1.0: lambda g: Combination({name: g * factor}),
    lambda ans, x, name, factor=1.0: lambda g: g * x(name),
    argnums=(0, 2),
)
defvjp(
    func(Combination.scaled),
    lambda ans, x, factor: lambda g: g.scaled(factor),
    lambda ans, x, factor: lambda g: vspace(g).inner_prod(g, x),
)
X = Combination({"a": 2.0, "b": 3.0})


def test_gradients_are_values_of_the_class_and_add_up_as_its_space_says() -> None:
    value, slope = value_and_grad(lambda x: x("a") ** 2 * x("b") + x("c"))(X)
    assert value == 12
    assert type(slope) is Combination
    assert slope.weights == {"a": 12, "b": 4, "c": 1}


def test_what_is_differentiated_gets_boxes() -> None:
    def asks(x):
        assert isbox(x)
        assert type(x) is CombinationBox
        assert getval(x) is X
        assert vspace(x)._inner_prod(X, X) == 13
        return x("a")

    assert grad(asks)(X).weights == {"a": 1}


def test_a_value_flows_on_from_one_primitive_to_the_next() -> None:
    assert grad(lambda x: x.scaled(3.0).scaled(2.0)("a") + x("a"))(X).weights == {"a": 7}
    assert grad(lambda factor: X.scaled(factor)("b") ** 2)(2.0) == 36
    assert grad(lambda factor: X("b", factor) * factor)(2.0) == 12


def test_beside_arrays_in_containers() -> None:
    slope = grad(lambda p: (p["x"]("a") * p["w"]).sum())({"x": X, "w": numpy.ones(2)})
    assert slope["x"].weights == {"a": 2}
    numpy.testing.assert_array_equal(slope["w"], [2.0, 2.0])


def test_a_primitive_takes_and_gives_them_in_containers() -> None:
    total = primitive(lambda xs: sum(x.weights["a"] for x in xs))
    defvjp(total, lambda ans, xs: lambda g: [Combination({"a": g}) for _ in xs])
    assert grad(lambda x: total([x, X, x.scaled(3.0)]))(X).weights == {"a": 4}
    parts = primitive(lambda x: (x, x.weights["a"]))
    defvjp(parts, lambda ans, x: lambda g: CombinationSpace(x).add(g[0], Combination({"a": g[1]})))

    def both(x):
        same, a = parts(x)
        return same("b") * 10 + a * 100

    assert grad(both)(X).weights == {"b": 10, "a": 100}


def test_its_pullback_takes_one_and_zero_is_that_of_the_space() -> None:
    pullback, value = make_vjp(lambda x: x.scaled(2.0), X)
    assert value.weights == {"a": 4, "b": 6}
    assert pullback(X).weights == {"a": 4, "b": 6}
    with pytest.warns(UserWarning, match="Output seems independent of input"):
        assert make_vjp(lambda x: np.array(1.0), X)[0](1.0).weights == {}


def test_one_derivative_within_another() -> None:
    assert grad(lambda t: t * grad(lambda x: x("a") ** 2)(X)("a"))(3.0) == 4
    assert grad(lambda x: x("a") * value_and_grad(lambda x: x("a"))(x)[0])(X).weights == {"a": 4}
    with pytest.raises(NotImplementedError, match="its own derivative is unknown"):
        grad(lambda x: grad(lambda x: x("a") ** 2)(x)("a"))(X)


def test_a_trace_of_ones_own() -> None:
    x, w = new_box((X, 2.0), 0, VJPNode.new_root())
    slope, other = backward_pass(1.0, (x("a") * w)._node)
    assert (slope.weights, other) == ({"a": 2}, 2)
    assert backward_pass(1.0, (w * 1.0)._node)[0].weights == {}
    assert backward_pass(X, new_box(X, 0, VJPNode.new_root()).scaled(2.0)._node).weights == {"a": 4, "b": 6}


def test_without_a_box_a_value_is_refused() -> None:
    with pytest.raises(TypeError, match="expected floating or complex values to differentiate by, got Other"):
        autograd.grad(lambda x: x)(type("Other", (), {})())
