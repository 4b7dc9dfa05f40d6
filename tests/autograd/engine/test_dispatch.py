"""Where NumPy's calls go: to the primitive, with lists joined and out= stored; and what is said where there is none."""

import numpy as np
import pytest

from autograd import Tensor, primitive
from autograd.engine.dispatch import methods
from autograd.engine.primitive import registry


def leaf(value):
    return Tensor(value, requires_grad=True)


def test_ufuncs_and_functions_go_to_what_stands_for_them():
    x = leaf([1.0, 2.0])
    assert np.exp(x).grad_fn.plan.primitive is registry[np.exp].primitive
    assert np.sum(x).grad_fn.name == "sum"
    assert (np.ones(2) * x).grad_fn.name == "multiply"


def test_a_ufunc_without_a_rule_is_named():
    own = np.frompyfunc(lambda x: x, 1, 1)
    with pytest.raises(TypeError, match=r"^ufunc\.frompyfunc\(…\): no derivative rule is known for Tensors"):
        own(leaf(1.0))


def test_a_function_that_can_have_no_rule_says_why():
    with pytest.raises(TypeError, match=r"numpy\.busday_count: dates are not numbers"):
        np.busday_count(leaf([1.0]), leaf([1.0]))


def test_a_rule_given_later_is_found():
    known = registry.get(np.nan_to_num)
    try:
        primitive(lambda x: x, np.nan_to_num, name="own", x=lambda g: g * 7)
        x = leaf(1.0)
        np.nan_to_num(x).backward()
        assert x.grad.item() == 7
    finally:
        registry.pop(np.nan_to_num)
        if known is not None:
            registry[np.nan_to_num] = known


def test_lists_of_tensors_are_joined():
    a, b = leaf(1.0), leaf(2.0)
    total = np.dot([a, b], Tensor([3.0, 4.0]))
    total.backward()
    assert (a.grad.item(), b.grad.item()) == (3.0, 4.0)


def test_out_stores_the_result():
    x, place = leaf([1.0, 4.0]), Tensor(np.zeros(2))
    assert np.sqrt(x, out=place) is place
    assert np.cumsum(x, out=place) is place
    place.sum().backward()
    assert x.grad.tolist() == [2.0, 1.0]


def test_each_method_of_a_ufunc_has_its_place():
    assert set(methods) >= {"__call__", "reduce", "accumulate", "outer", "at", "reduceat"}
    x = leaf([1.0, 2.0, 4.0])
    np.multiply.reduce(x).backward()
    assert x.grad.tolist() == [8.0, 4.0, 2.0]


def test_a_function_that_nobody_knows_is_named():
    x = leaf([1.0])
    with pytest.raises(TypeError, match=r"^builtins\.len: no derivative rule is known for Tensors"):
        x.__array_function__(len, (Tensor,), (x,), {})
