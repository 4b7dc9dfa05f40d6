"""The parameters of a primitive, as its recorder declares and passes them on."""

import numpy as np
import pytest

from autograd import primitive
from autograd.engine.signature import Signature, signature_of


def signature(function):
    return Signature(primitive(function, name="f").primitive)


@pytest.mark.parametrize(
    ("function", "declared", "passed"),
    [
        (lambda x, y: 0, "x, y", "x, y"),
        (lambda x, axis=None: 0, "x, axis=None", "x, axis"),
        (lambda x, y, /: 0, "x, y, /", "x, y"),
        (lambda x, /, y=1: 0, "x, /, y=None", "x, y"),
        (lambda x, *, keepdims=False: 0, "x, *, keepdims=None", "x, keepdims=keepdims"),
        (lambda *arrays, axis=0: 0, "*arrays, axis=None", "*arrays, axis=axis"),
    ],
)
def test_forms(function, declared, passed):
    found = signature(function)
    assert found.declared() == declared
    assert found.passed() == passed


def test_defaults_are_the_functions():
    found = signature(lambda x, axis=3, *, mode="a": 0)
    assert found.defaults == {"axis": 3, "mode": "a"}
    assert found.names() == ["x", "axis", "mode"]


def test_an_argument_may_be_passed_otherwise():
    assert signature(lambda x, out=None: 0).passed(out="None") == "x, None"


def test_a_ufunc_has_x_and_y_and_takes_them_by_position():
    found = Signature(primitive(np.arctan2, name="f").primitive)
    assert (found.positional, found.positional_only) == (["x", "y"], 2)


def test_a_function_that_does_not_tell_is_refused():
    record = primitive(divmod, name="f").primitive
    with pytest.raises(TypeError, match="f has no Python signature; give a def or a lambda"):
        Signature(record)
    assert signature_of(record) is None
