"""affine: x @ w.T + b in one node, for any number of leading axes; multiply_add: x * w + b, whatever broadcasts."""

import numpy as np
import pytest

from autograd import Tensor, gradcheck, gradgradcheck
from autograd.ops import affine, multiply_add


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("lead", [(), (1,), (4,), (2, 3), (2, 1, 3), (0,), (2, 0)])
def test_values_and_gradients(lead, bias):
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(*lead, 3)), rng.normal(size=(2, 3)), rng.normal(size=2)
    given = (x, w, b) if bias else (x, w)
    before = [a.copy() for a in given]
    expected = x @ w.T + (b if bias else 0)
    np.testing.assert_allclose(affine(*given), expected)
    tensors = [Tensor(a, requires_grad=True) for a in given]
    y = affine(*tensors)
    assert y.shape == (*lead, 2)
    assert len(y.grad_fn.parents) == len(given)
    gradcheck(affine, *tensors)
    if all(lead):
        gradgradcheck(affine, *tensors)
    for a, b in zip(given, before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_weights_gradient_is_in_the_weights_order():
    x, w = Tensor(np.ones((4, 3), "f4")), Tensor(np.ones((2, 3), "f4"), requires_grad=True)
    affine(x, w).sum().backward()
    assert w.grad.data.flags.c_contiguous
    assert w.grad.dtype == np.float32


def test_no_features():
    assert affine(np.ones((2, 0)), np.ones((3, 0)), np.ones(3)).tolist() == [[1] * 3] * 2
    w = Tensor(np.ones((3, 0)), requires_grad=True)
    affine(np.ones((2, 5, 0)), w).sum().backward()
    assert w.grad.shape == (3, 0)


def test_dtypes_are_numpys():
    x, w = np.ones((2, 3), "f4"), np.ones((2, 3), "f4")
    assert affine(x, w, np.ones(2, "f4")).dtype == np.float32
    assert affine(x, w, np.ones(2)).dtype == np.float64
    with pytest.raises(ValueError, match="affine"):
        affine(Tensor(x), np.ones((2, 4), "f4"))


SHAPES = [((2, 3), (3,)), ((2, 3, 4), (3, 1)), ((2, 3), (2, 3)), ((2, 3), (2, 1)), ((0, 3), (3,)), ((), ()), ((3,), ())]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("shape", "small"), SHAPES)
def test_of_elements(shape, small, bias):
    rng = np.random.default_rng(0)
    given = [rng.normal(size=shape), rng.normal(size=small), *([rng.normal(size=small)] if bias else [])]
    before = [a.copy() for a in given]
    np.testing.assert_allclose(multiply_add(*given), given[0] * given[1] + (given[2] if bias else 0))
    tensors = [Tensor(a, requires_grad=True) for a in given]
    gradcheck(multiply_add, *tensors)
    if all(shape):
        gradgradcheck(multiply_add, *tensors)
    for a, b in zip(given, before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_of_elements_a_bias_of_a_wider_dtype_widens():
    assert multiply_add(np.ones(3, "f4"), np.ones(3, "f4"), np.ones(3)).dtype == np.float64
    assert multiply_add(np.ones(3, "f4"), np.ones((), "f4"), np.ones((), "f4")).dtype == np.float32


def test_of_elements_x_decides_the_shape():
    with pytest.raises(ValueError, match=r"multiply_add.*expected w that broadcasts to x's shape \(3,\), got \(2, 3\)"):
        multiply_add(np.ones(3), np.ones((2, 3)))
