"""Convolution and max-pooling in C give what the engine's functions do, in the same memory order."""

import numpy as np
import pytest

from autograd.ops import correlation, sliding
from autograd.program.native.c import backend, convolution

pytestmark = pytest.mark.skipif(backend.why_not() is not None, reason="there is no C compiler")

TOLERANCE = {"float32": {"rtol": 1e-4, "atol": 1e-3}, "float64": {"rtol": 1e-10, "atol": 1e-10}}


def array(rng, dtype, *shape):
    """Numbers in memory in any order."""
    order = rng.permutation(len(shape))
    return rng.standard_normal([shape[k] for k in order]).astype(dtype).transpose(np.argsort(order))


def assert_same(made, expected):
    assert made.dtype == expected.dtype
    np.testing.assert_allclose(made, expected, **TOLERANCE[made.dtype.name])
    steps = zip(made.strides, expected.strides, made.shape, strict=True)
    assert all(a == b or n == 1 for a, b, n in steps)


def drawn(rng):
    """Shapes and arguments of a correlation: few and many features, groups, and one channel to a group."""
    n = int(rng.integers(1, 3))
    groups, channels, features = int(rng.choice([1, 1, 2, 3])), int(rng.integers(1, 9)), int(rng.integers(1, 9))
    if rng.random() < 0.4:
        features = int(rng.choice([16, 17, 33, 40, 64]))
    if rng.random() < 0.2:
        channels, features, groups = 1, 1, int(rng.integers(2, 20))
    size, stride, dilation = (tuple(map(int, rng.integers(1, high, n))) for high in (5, 4, 4))
    padding = tuple((int(a), int(b)) for a, b in rng.integers(0, 5, (n, 2)))
    axes = tuple(
        int(rng.integers(max(1, d * (k - 1) + 1 - sum(p)), d * (k - 1) + 10))
        for k, d, p in zip(size, dilation, padding, strict=True)
    )
    examples = int(rng.choice([1, 2, 5, 16, 17, 33]))
    return (examples, channels * groups, *axes), (features * groups, channels, *size), stride, padding, dilation, groups


@pytest.mark.parametrize("ring", [10_000, 512 << 10])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_correlation_and_its_adjoints(monkeypatch, dtype, ring):
    """With all examples at a time, and with few, as where the rows of an image are long."""
    monkeypatch.setattr(convolution, "_RING", ring)
    for prepared in (convolution._forward, convolution._backward, convolution._kernel):
        prepared.cache_clear()
    rng = np.random.default_rng(ring)
    for _ in range(20):
        image, kernel, *rest = drawn(rng)
        x, w, b = array(rng, dtype, *image), array(rng, dtype, *kernel), array(rng, dtype, kernel[0])
        expected = correlation._correlate(x, w, *rest, b)
        assert_same(convolution.correlate(x, w, *rest, b), expected)
        assert_same(convolution.correlate(x, w, *rest), correlation._correlate(x, w, *rest))
        y = array(rng, dtype, *expected.shape)
        given = (y, w, image[2:], *rest)
        assert_same(convolution.correlate_transpose(*given), correlation._correlate_transpose(*given))
        given = (y, x, kernel[2:], *rest)
        assert_same(convolution.correlate_kernel(*given), correlation._correlate_kernel(*given))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("features", [1, 5, 17, 40])
@pytest.mark.parametrize("examples", [1, 7, 16, 37])
def test_images_whose_columns_lie_side_by_side(dtype, stride, features, examples):
    """Squares of them are turned, and what is left over at either side."""
    rng = np.random.default_rng(0)
    for columns, groups in ((35, 1), (16, 2), (50, 3)):
        x = rng.standard_normal((examples, 2 * groups, 6, columns)).astype(dtype)
        w = rng.standard_normal((features * groups, 2, 3, 2)).astype(dtype)
        rest = (stride, stride), ((1, 0), (2, 1)), (1, 2), groups
        expected = correlation._correlate(x, w, *rest)
        assert_same(convolution.correlate(x, w, *rest), expected)
        for y in (rng.standard_normal(expected.shape).astype(dtype), array(rng, dtype, *expected.shape)):
            given = (y, w, x.shape[2:], *rest)
            assert_same(convolution.correlate_transpose(*given), correlation._correlate_transpose(*given))
            given = (y, x, (3, 2), *rest)
            assert_same(convolution.correlate_kernel(*given), correlation._correlate_kernel(*given))


def test_an_infinity_reaches_the_windows_that_see_it_and_no_others():
    x, w = np.ones((2, 3, 9, 9), np.float32), np.ones((4, 3, 3, 3), np.float32)
    x[1, 2, 4, 4] = np.inf
    made = convolution.correlate(x, w, 1, 1)
    assert np.isinf(made[1, :, 3:6, 3:6]).all()
    assert np.isinf(made).sum() == 4 * 9
    x[1, 2, 4, 4] = 1
    x[:, :, 8] = x[:, :, :, 8] = np.inf  # which windows of 2 do not see in 9 elements
    for features in (2, 20):
        y = np.ones((2, features, 4, 4), np.float32)
        made = convolution.correlate_kernel(y, x, (2, 2), 2)
        np.testing.assert_array_equal(made, np.full_like(made, 32))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_adjoint_of_the_maximum(dtype):
    rng = np.random.default_rng(0)
    for _ in range(30):
        size = tuple(map(int, rng.integers(1, 4, 2)))
        stride = tuple(k + int(rng.integers(0, 2)) for k in size)
        shape = (int(rng.choice([1, 3, 300])), 2, *(int(rng.integers(k, k + 6)) for k in size))
        x = np.round(array(rng, dtype, *shape))  # so that there are ties
        x[rng.random(x.shape) < 0.05] = np.nan
        x[rng.random(x.shape) < 0.05] = np.inf
        highest = sliding._max_windows(x, size, stride)
        g = np.empty_like(highest)
        g[...] = rng.standard_normal(highest.shape)
        given = (g, x, highest, size, stride, ((0, 0), (0, 0)), (1, 1))
        made, expected = convolution.to_max(*given), sliding._to_max(*given)
        np.testing.assert_array_equal(made, expected)
        assert made.strides == expected.strides


def test_what_c_does_not_do_is_the_engines():
    rng = np.random.default_rng(0)
    cases = [
        (rng.standard_normal((2, 3, 4, 4, 4)), rng.standard_normal((5, 3, 2, 2, 2))),  # three axes
        (rng.standard_normal((2, 3, 4, 4)), rng.standard_normal((5, 3, 2, 2)).astype(np.float32)),  # two dtypes
        (np.ones((0, 3, 4, 4)), np.ones((5, 3, 2, 2))),
        (rng.integers(0, 9, (2, 3, 4, 4)), rng.integers(0, 9, (5, 3, 2, 2))),
    ]
    for x, w in cases:
        np.testing.assert_array_equal(convolution.correlate(x, w), correlation._correlate(x, w))
    x = rng.standard_normal((2, 3, 8, 8))
    for rest in (((3, 3), (2, 2), ((1, 1), (1, 1)), (1, 1)), ((2, 2), (1, 1), ((0, 0), (0, 0)), (1, 1))):
        highest = sliding._max_windows(x, *rest)
        given = (np.ones_like(highest), x, highest, *rest)
        np.testing.assert_array_equal(convolution.to_max(*given), sliding._to_max(*given))


def test_shapes_that_do_not_fit_are_told_as_the_engine_does():
    y, w = np.ones((2, 5, 3, 3)), np.ones((5, 3, 2, 2))
    for function in (convolution.correlate_transpose, correlation._correlate_transpose):
        with pytest.raises(ValueError, match=r"expected \(2, 5, 4, 4\) \(the windows in an image of \(5, 5\)\)"):
            function(y, w, (5, 5))
    for function in (convolution.correlate, correlation._correlate):
        with pytest.raises(ValueError, match="does not fit into 1 elements"):
            function(np.ones((2, 3, 1, 1)), w)
        with pytest.raises(ValueError, match="channels"):
            function(np.ones((2, 4, 5, 5)), w)
