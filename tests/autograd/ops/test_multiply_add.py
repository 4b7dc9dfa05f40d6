"""multiply_add: x * w + b in one node, whatever broadcasts."""

import numpy as np
import pytest

from autograd import Tensor, gradcheck, gradgradcheck, multiply_add

SHAPES = [((2, 3), (3,)), ((2, 3, 4), (3, 1)), ((2, 3), (2, 3)), ((2, 3), (2, 1)), ((0, 3), (3,)), ((), ()), ((3,), ())]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("shape", "small"), SHAPES)
def test_values_and_gradients(shape, small, bias):
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


def test_a_bias_of_a_wider_dtype_widens():
    assert multiply_add(np.ones(3, "f4"), np.ones(3, "f4"), np.ones(3)).dtype == np.float64
    assert multiply_add(np.ones(3, "f4"), np.ones((), "f4"), np.ones((), "f4")).dtype == np.float32


def test_x_decides_the_shape():
    with pytest.raises(ValueError, match=r"multiply_add.*expected w that broadcasts to x's shape \(3,\), got \(2, 3\)"):
        multiply_add(np.ones(3), np.ones((2, 3)))
