"""Room for large results: where it lies, for what there is none, and an array there is as any other."""

import sys
import weakref

import numpy as np
import pytest

from autograd import Tensor
from autograd.engine.lines import MANY, Memory, room
from autograd.engine.sweep import _is_ours
from autograd.engine.versions import came_read_only
from autograd.ops import multiply_add

X = np.zeros((256, 512), np.float32)


@pytest.mark.parametrize("x", [X, X.astype(float), X.T, X.reshape(16, 16, 512).transpose(2, 0, 1), X.reshape(-1)])
def test_it_begins_with_a_line_and_has_the_layout_of_the_operand(x):
    place = room(x)
    assert place.ctypes.data % 64 == 0
    assert (place.shape, place.strides, place.dtype) == (x.shape, x.strides, x.dtype)
    assert type(place) is np.ndarray
    assert place.flags.writeable
    place[...] = 1
    assert place.sum() == x.size


@pytest.mark.parametrize("other", [(512,), (256, 1), (1, 512), (1, 1), (256, 512), ()])
def test_the_other_operand_may_be_broadcast(other):
    assert room(X, np.zeros(other, np.float32)).shape == X.shape


@pytest.mark.parametrize(
    "operands",
    [
        (X[:16],),  # few elements
        (X.astype(int),),
        (X.astype(np.float16),),
        (X[:, ::2],),  # gaps
        (X[::-1],),
        (Tensor(X),),
        (X, np.zeros(512)),  # the result is of another dtype
        (X, np.zeros((3, 256, 512), np.float32)),  # of another shape
        (X, np.zeros(256, np.float32)),  # an error, which the function is to raise
        (X, 2.0),
    ],
)
def test_for_others_there_is_none(operands):
    assert room(*operands) is None


def test_who_holds_it_is_seen_as_of_an_array_that_owns_its_memory():
    place = room(X)
    assert type(place.base) is Memory
    assert place[1:].T.base is place
    assert _is_ours(place, 0)
    view = place[1:]
    assert not _is_ours(place, 0)
    assert not _is_ours(view, 0)
    known, place = weakref.ref(place), None
    assert known() is view.base
    view = None
    assert known() is None


def test_a_gradient_there_is_handed_over_and_not_copied():
    x = Tensor(X, requires_grad=True)
    multiply_add(x, np.ones(512, np.float32)).backward(X)
    assert type(x.grad.data.base) is Memory
    first = x.grad.data
    multiply_add(x, np.ones(512, np.float32)).backward(X)
    assert x.grad.data is not first  # which somebody holds


def test_overwriting_what_lies_there_is_noticed():
    x = Tensor(X, requires_grad=True)
    y = multiply_add(x, np.full(512, 3, np.float32))
    z = np.square(y).sum()
    y.detach()[0] = 5
    with pytest.raises(RuntimeError, match="overwritten"):
        z.backward()


def test_read_only_by_the_user_it_is_as_an_array_that_owns_its_memory():
    for data in (room(X), X.copy()):
        data.flags.writeable = False
        assert not came_read_only(data)


def test_it_pays_from_so_many_elements_on():
    assert room(np.zeros(MANY)) is not None
    assert room(np.zeros(MANY - 1)) is None
    assert sys.getrefcount(room(X)) <= 2
