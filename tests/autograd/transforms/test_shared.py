"""What all transforms make of a function: its name, its arguments, what they refuse."""

import numpy as np
import pytest

from autograd import Tensor, elementwise_grad, grad, hessian, jacobian, value_and_grad

EACH = [grad, value_and_grad, elementwise_grad, jacobian]


def cube(x, y=1.0):
    """x to the third."""
    return x**3 * y


@pytest.mark.parametrize("transform", EACH)
def test_the_new_function_says_what_it_is(transform):
    made = transform(cube)
    assert made.__name__ == f"{transform.__name__}_of_cube_wrt_argnum_0"
    assert "x to the third." in made.__doc__


@pytest.mark.parametrize("transform", [*EACH, hessian])
def test_argnum_is_another_word_for_argnums(transform):
    def square(x, y):
        return cube(x, y) * y

    np.testing.assert_array_equal(transform(square, argnum=1)(2.0, 3.0), transform(square, argnums=1)(2.0, 3.0))


@pytest.mark.parametrize("transform", EACH)
@pytest.mark.parametrize("wrong", [3.0, "f", None])
def test_only_functions_are_transformed(transform, wrong):
    with pytest.raises(TypeError, match=f"{transform.__name__}: expected a function, got {type(wrong).__name__}"):
        transform(wrong)


def test_several_arguments_give_a_tuple_and_one_itself():
    assert grad(cube, 0)(2.0, 3.0) == 36
    assert grad(cube, (0,))(2.0, 3.0) == (36,)
    assert grad(cube, ("y", 0))(2.0, y=3.0) == (8, 36)


@pytest.mark.parametrize("transform", [grad, value_and_grad])
@pytest.mark.parametrize(
    ("fun", "said"),
    [
        (lambda x: np.stack([x, x]), "a scalar result, got shape"),
        (lambda x: (x, x), "a scalar result, got tuple"),
        (lambda x: None, "a scalar result, got NoneType"),
        (lambda x: x * 1j, "a real result, got complex128; take its real part"),
        (lambda x: Tensor(3), "a real result, got int64; it has no derivative"),
    ],
)
def test_the_result_is_one_real_number(transform, fun, said):
    with pytest.raises(TypeError, match=f"{transform.__name__}: expected a function with {said}"):
        transform(fun)(2.0)
