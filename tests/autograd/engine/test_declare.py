"""Declaring a primitive: what is checked, and what stands for which function."""

import numpy as np
import pytest

import autograd
from autograd import Tensor, primitive
from autograd.engine.primitive import registry


def leaf(value, dtype=None):
    return Tensor(value, dtype=dtype, requires_grad=True)


def gradient(t):
    assert t.grad is not None
    return t.grad.data


def test_rules_are_checked_when_first_used():
    with pytest.raises(TypeError, match="has no argument 'z'"):
        primitive(lambda x: x, name="f", z=lambda g: g)(1.0)
    with pytest.raises(TypeError, match="asks for 'q'"):
        primitive(lambda x: x, name="f", x=lambda g, q: g)(1.0)
    with pytest.raises(TypeError, match="not linear"):
        autograd.linear(lambda x: x * x, name="f", x=lambda g, x: 2 * g * x)(1.0)
    with pytest.raises(TypeError, match="no Python signature"):
        primitive(max, name="f", x=lambda g: g)(1.0)


def test_a_new_primitive_of_a_known_function_does_not_replace_its_rule():
    wrong = autograd.elementwise(np.sin, x=lambda g, x: g * 0)
    x = leaf(0.0)
    np.sin(x).backward()
    assert gradient(x) == 1
    wrong(x).backward()
    assert gradient(x) == 1
    known = registry[np.cbrt]
    try:
        stand_in = autograd.elementwise(lambda x: x * 3.0, np.cbrt, name="stand_in", x=lambda g: g * 3)
        assert np.cbrt(x).grad_fn.name == stand_in(x).grad_fn.name == "stand_in"  # asked for
    finally:
        registry[np.cbrt] = known


def test_arguments_may_have_any_name():
    f = primitive(
        lambda record, node, result, function, plan, mode: record * node + function, name="f",
        record=lambda g, node: g * node, node=lambda g, record, function, plan: g * record,
    )  # fmt: skip
    a, b = leaf(2.0), leaf(3.0)
    y = f(a, b, 3, 4, plan=5, mode=6)
    y.backward()
    assert (y.item(), gradient(a), gradient(b)) == (10, 3, 2)
    with pytest.raises(TypeError, match="out is the result"):
        primitive(lambda out: out, name="f", out=lambda g: g)(1.0)


def test_it_has_the_name_it_was_given():
    f = primitive(lambda x: x, name="same", x=lambda g: g)
    assert (f.__name__, f.__qualname__) == ("same", "same")


def test_it_leads_to_the_function_that_it_stands_for():
    def scaled(x, by=2.0):
        """Doc."""
        return x * by

    f = primitive(scaled, x=lambda g, by: g * by)
    assert (f.__wrapped__, f.__name__, f.__doc__, f.__module__) == (scaled, "scaled", "Doc.", __name__)
    assert registry[np.exp].__wrapped__ is np.exp
