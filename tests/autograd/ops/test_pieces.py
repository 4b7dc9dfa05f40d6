"""Functions that take large arrays in pieces: the same values and gradients as on small ones, in any memory order."""

import numpy as np
import pytest

from autograd import Tensor, erf, erfc, gelu_tanh, logsigmoid, ndtr, sigmoid, silu, softplus

SHAPE = (40, 30, 50)


def layouts(x):
    yield x
    yield x.transpose(2, 0, 1)
    yield x[:, ::-1]
    yield np.repeat(x, 2, 2)[..., ::2]
    yield x.reshape(-1)
    yield np.broadcast_to(x[:1], SHAPE)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("f", [sigmoid, silu, gelu_tanh, softplus, logsigmoid, erf, erfc, ndtr, np.tanh])
def test_large_is_as_small(f, dtype):
    data = np.random.default_rng(0).normal(0, 3, SHAPE).astype(dtype)
    for layout in layouts(data):
        before = layout.copy()
        for g in (np.ones_like(layout), np.random.default_rng(1).normal(size=layout.shape).astype(dtype)):
            x = Tensor(layout, requires_grad=True)
            y = f(x)
            y.backward(g)
            assert y.dtype == x.grad.dtype == dtype
            few = (slice(None, None, 7),) * layout.ndim
            small = Tensor(np.ascontiguousarray(layout[few]), requires_grad=True)
            expected = f(small)
            expected.backward(g[few])
            near = 4 * np.finfo(dtype).eps
            np.testing.assert_allclose(y[few], expected, rtol=near, atol=near)
            np.testing.assert_allclose(x.grad[few], small.grad, rtol=near, atol=near)
        np.testing.assert_array_equal(layout, before)


def test_the_memory_order_stays():
    x = np.zeros(SHAPE).transpose(1, 2, 0)
    assert softplus(x).strides == x.strides


def test_the_normal_distribution_function():
    x = np.linspace(-12, 12, 4001)
    exact = erfc(-x / np.sqrt(2)) / 2
    np.testing.assert_allclose(ndtr(x), exact, rtol=1e-13)
    np.testing.assert_allclose(ndtr(x.astype("f4")), exact, rtol=0, atol=1.2e-7)
    assert ndtr(np.array([-np.inf, -1e30, 1e30, np.inf, 0], "f4")).tolist() == [0, 0, 1, 1, 0.5]
    assert np.isnan(ndtr(np.array(np.nan, "f4")))
    assert ndtr(np.array(0, "f2")).dtype == np.float16
