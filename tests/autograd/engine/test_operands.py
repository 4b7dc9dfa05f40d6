"""What stands in the place of a Tensor or an array, and where results are put."""

import numpy as np
import pytest

from autograd import Tensor
from autograd.engine.operands import NUMBERS, array_of, computes_itself, holds_tensor


def test_lists_are_arrays_and_with_tensors_a_tensor():
    x = Tensor(2.0, requires_grad=True)
    assert isinstance(array_of([1.0, 2.0]), np.ndarray)
    both = array_of([x, 1.0])
    assert isinstance(both, Tensor)
    assert both.requires_grad
    array = np.ones(2)
    assert array_of(array) is array


def test_a_tensor_is_found_at_any_depth():
    x = Tensor(2.0)
    assert holds_tensor([1, (2, [x])])
    assert not holds_tensor([1, (2, [3])])
    assert not holds_tensor(x)


def test_a_container_that_computes_for_itself_is_left_alone():
    class Quantity:
        __array_ufunc__ = None

    class Table(Quantity):
        __pandas_priority__ = 3000

    assert computes_itself(Quantity())
    assert not computes_itself(Table())
    assert not computes_itself(np.ones(2))


def test_which_classes_are_numbers():
    assert {bool, int, float, complex, np.bool_, np.int8, np.uint64, np.float16, np.float32, np.complex64} <= NUMBERS
    assert not {str, bytes, object, np.str_, np.bytes_, np.object_, np.datetime64, np.void} & NUMBERS


def test_what_is_no_number_is_not_made_one():
    class Length:
        def __float__(self):
            return 2.0

    with pytest.raises(TypeError):
        Tensor(1.0) * Length()


def test_a_container_of_arrays_computes_with_a_tensor():
    class Holder:
        def __array_ufunc__(self, *_, **__):
            raise AssertionError("NumPy was asked")

        def __rmul__(self, other):
            return "held"

    assert Tensor([1.0]) * Holder() == "held"
