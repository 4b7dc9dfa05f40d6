"""What is left of saved values after a backward pass: options, numbers, and constants that somebody still has."""

import gc
from weakref import ref

import numpy as np
import pytest

from autograd import Tensor
from autograd.engine.left import still_known

X = np.arange(6.0).reshape(2, 3)
C = np.array([[2.0], [3.0]])

ROWS = {
    # what was computed -> what is left of it
    "a number": (lambda x: x * 2.5, {"y": 2.5}),
    "a constant": (lambda x: x * C, {"y": C}),
    "options": (lambda x: np.sum(x, axis=1, keepdims=True), {"axis": 1, "keepdims": True}),
    "an index": (lambda x: x[1:, [0, 2]], {"index": (slice(1, None), [0, 2])}),
    "nothing but a result": (np.exp, {}),
    "two inputs": (lambda x: x * x, {}),
    "a sequence": (lambda x: np.concatenate([x, C], axis=1), {"axis": 1, "arrays_shape": ((2, 3), (2, 1))}),
}


def freed(function):
    """The node of what `function` makes of X, after a backward pass through it."""
    result = function(Tensor(X, requires_grad=True))
    result.sum().backward()
    assert result._node.saved is None
    return result._node


@pytest.mark.parametrize("row", ROWS)
def test_what_is_left(row):
    function, wanted = ROWS[row]
    found = still_known(freed(function))
    for name, value in wanted.items():
        assert found[name] is value or found[name] == value, name
    assert not {"out", "x", "x_shape"} & set(found)


def test_it_keeps_nothing_alive():
    data = {"constant": np.full((2, 3), 2.0)}
    node = freed(lambda x: x * data["constant"])
    assert still_known(node)["y"] is data["constant"]
    watched = ref(data.pop("constant"))
    gc.collect()
    assert watched() is None
    assert still_known(node) == {}


def test_before_a_backward_pass_nothing_is_left():
    assert still_known((Tensor(X, requires_grad=True) * 2)._node) == {}
