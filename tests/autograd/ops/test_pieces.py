"""Functions that take large arrays in pieces: the same values and gradients as on small ones, in any memory order."""

import numpy as np
import pytest

from autograd import Tensor, erf, erfc, grad, logsigmoid, ndtr, sigmoid, silu, softmax, softplus, vmap
from autograd.ops import gelu_tanh, standardize

SHAPE = (40, 60, 60)


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


@pytest.mark.parametrize("axis", [2, (1, 2), 0])
@pytest.mark.parametrize("f", [softmax, lambda x, axis: standardize(x, axis, 1e-5)[0]])
def test_rows_of_a_large_array_are_as_alone(f, axis):
    rng = np.random.default_rng(0)
    data, g = rng.normal(0, 3, (2, 2200, 50, 20))[:, :, ::2] if axis == 0 else rng.normal(0, 3, (2, 300, 50, 80))
    x = Tensor(data, requires_grad=True)
    f(x, axis).backward(g)
    few = (slice(None), slice(3, 5)) if axis == 0 else slice(97, 101)
    some = Tensor(data[few].copy(), requires_grad=True)
    f(some, axis).backward(g[few])
    np.testing.assert_allclose(x.grad[few], some.grad, rtol=1e-9, atol=1e-12)


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


@pytest.mark.parametrize("f", [silu, erf, softmax])
def test_large_examples_of_a_batch(f):
    """What is taken in pieces is not followed inside, so the batch runs it example by example."""
    data = np.random.default_rng(0).normal(size=(2, 1100, 1000))
    slope = grad(lambda x: np.square(f(x)).sum())
    np.testing.assert_array_equal(vmap(f)(data), np.stack([f(x) for x in data]))
    found = vmap(slope)(Tensor(data))
    np.testing.assert_allclose(found, np.stack([slope(Tensor(x)) for x in data]), rtol=1e-12)
