"""standardize, center and rescale: against their definitions, every output's gradient to second order, a constant's."""

import numpy as np
import pytest

from autograd import Tensor, gradcheck, gradgradcheck
from autograd.ops import center, rescale, standardize

AXES = [-1, 0, (0,), (1, 2), (0, 2), (0, 1, 2)]


@pytest.mark.parametrize("eps", [0.0, 1e-5])
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("shape", [(3, 2, 4), (30, 12, 20)])
def test_values(shape, axis, eps):
    x = np.random.default_rng(0).normal(2, 3, size=shape)
    before = x.copy()
    y, mean, variance = standardize(x, axis, eps)
    np.testing.assert_allclose(mean, x.mean(axis, keepdims=True))
    np.testing.assert_allclose(variance, x.var(axis, keepdims=True))
    np.testing.assert_allclose(y, (x - mean) / np.sqrt(variance + eps))
    np.testing.assert_array_equal(x, before)
    centred, mean, variance = center(x, axis)
    np.testing.assert_allclose(mean, x.mean(axis, keepdims=True))
    np.testing.assert_allclose(variance, x.var(axis, keepdims=True))
    np.testing.assert_allclose(centred, x - mean)
    y, square = rescale(x, axis, eps)
    np.testing.assert_allclose(square, np.square(x).mean(axis, keepdims=True))
    np.testing.assert_allclose(y, x / np.sqrt(square + eps))


@pytest.mark.parametrize("pick", [lambda o: o[0], lambda o: o[1], lambda o: o[2], lambda o: o[0] * o[2] + o[1]])
@pytest.mark.parametrize("axis", [-1, 0, (0, 2)])
def test_gradients_to_second_order(axis, pick):
    x = Tensor(np.random.default_rng(1).normal(size=(3, 2, 4)), requires_grad=True)
    gradcheck(lambda x: pick(standardize(x, axis, 0.1)), x)
    gradgradcheck(lambda x: pick(standardize(x, axis, 0.1)), x)
    gradcheck(lambda x: pick(center(x, axis)), x)
    gradgradcheck(lambda x: pick(center(x, axis)), x)


@pytest.mark.parametrize("pick", [lambda o: o[0], lambda o: o[1], lambda o: o[0] * o[1]])
@pytest.mark.parametrize("axis", [-1, 0, (0, 2)])
def test_gradients_of_rescale_to_second_order(axis, pick):
    x = Tensor(np.random.default_rng(1).normal(size=(3, 2, 4)), requires_grad=True)
    gradcheck(lambda x: pick(rescale(x, axis, 0.1)), x)
    gradgradcheck(lambda x: pick(rescale(x, axis, 0.1)), x)


def test_a_constant_has_no_gradient_and_float32_stays():
    x = Tensor(np.ones((2, 3), "f4"), requires_grad=True)
    y, _, _ = standardize(x, -1, 1e-5)
    assert y.dtype == np.float32
    (y * Tensor(np.arange(3, dtype="f4"))).sum().backward()
    assert x.grad.dtype == np.float32
    np.testing.assert_allclose(x.grad.data, np.tile([-1, 0, 1], (2, 1)) / np.sqrt(1e-5), rtol=1e-3)


def test_memory_order_is_kept():
    x = np.random.default_rng(2).normal(size=(4, 3, 2, 5)).transpose(3, 1, 0, 2)
    assert standardize(x, (0, 2, 3))[0].strides == x.strides


@pytest.mark.parametrize("f", [rescale, standardize])
def test_a_mean_of_one_element(f):
    """It is that element, and all that comes from the others is nothing."""
    x = np.array([[1.5], [-0.5], [2.0]])
    for pick in (lambda made: made[0], lambda made: made[1], lambda made: made[0] * 2 + made[-1] ** 2):
        gradcheck(lambda x, pick=pick: pick(f(x, -1, 0.1)), x)
        gradgradcheck(lambda x, pick=pick: pick(f(x, -1, 0.1)), x)


def test_one_element_is_its_own_mean():
    x = Tensor(np.ones((2, 1)), requires_grad=True)
    center(x, -1)[0].backward(np.ones((2, 1)))
    assert x.grad.tolist() == [[0.0], [0.0]]
    x.grad = None
    center(x, -1)[1].backward(np.ones((2, 1)))
    assert x.grad.tolist() == [[1.0], [1.0]]
