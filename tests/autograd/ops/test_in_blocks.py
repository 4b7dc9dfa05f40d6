"""Elements taken of arrays in blocks, and by indices in blocks: gradients as of arrays in memory."""

import numpy as np
import pytest

from autograd import Tensor, grad
from autograd.ops import log_softmax_at, max_windows, sum_windows

dask = pytest.importorskip("dask.array")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 5, 3))
INDEX = RNG.integers(0, 3, (4, 5, 3))


def slope(take, x, index):
    tensor = Tensor(x, requires_grad=True)
    y = take(tensor, index)
    (y * np.cos(np.arange(y.size)).reshape(y.shape)).sum().backward()
    return np.asarray(tensor.grad.data), np.asarray(y.data)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("blocks", ["array", "index", "both"])
def test_take_along_axis(blocks, axis):
    take = lambda x, index: np.take_along_axis(x, index, axis)
    x = dask.from_array(X, chunks=(2, 3, 2)) if blocks != "index" else X
    index = dask.from_array(INDEX, chunks=(2, 3, 2)) if blocks != "array" else INDEX
    for made, expected in zip(slope(take, x, index), slope(take, X, INDEX), strict=True):
        np.testing.assert_allclose(made, expected, rtol=1e-14)


def test_rows_by_an_index_in_blocks():
    """Some are taken more than once, in one block and in several: their gradients add up."""
    rows = np.array([0, 2, 2, 1, 0, 2])
    take = lambda x, index: x[index]
    made = slope(take, X, dask.from_array(rows, chunks=4))
    for mine, expected in zip(made, slope(take, X, rows), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-14)


@pytest.mark.parametrize("function", [max_windows, sum_windows])
@pytest.mark.parametrize("blocks", ["x", "gradient", "both"])
def test_windows(function, blocks):
    """The gradient, and what is passed on to the gradient of the result, in blocks as in memory."""
    x, g, direction = (RNG.normal(size=shape) for shape in ((5, 2, 6), (5, 2, 5), (5, 2, 6)))

    def derivatives(x, g):
        x, g = Tensor(x, requires_grad=True), Tensor(g, requires_grad=True)
        (first,) = grad(function(x, (2,)), x, g, create_graph=True)
        second = grad((first * direction).sum(), g)[0]
        return [np.asarray(made.data) for made in (first, second)]

    expected = derivatives(x, g)
    x = dask.from_array(x, chunks=(2, 2, 6)) if blocks != "gradient" else x
    g = dask.from_array(g, chunks=(2, 2, 5)) if blocks != "x" else g
    for made, right in zip(derivatives(x, g), expected, strict=True):
        np.testing.assert_allclose(made, right, rtol=1e-14)


@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("blocks", ["array", "gradient", "both"])
def test_sort(blocks, axis):
    x = dask.from_array(X, chunks=(2, 3, 2)) if blocks != "gradient" else X
    g = np.cos(np.arange(X.size)).reshape(X.shape)
    tensor, plain = Tensor(x, requires_grad=True), Tensor(X, requires_grad=True)
    np.sort(tensor, axis).backward(dask.from_array(g, chunks=(2, 3, 2)) if blocks != "array" else g)
    np.sort(plain, axis).backward(g)
    np.testing.assert_array_equal(np.asarray(tensor.grad.data), plain.grad.data)


@pytest.mark.parametrize("index", [(slice(None), None, 0), (None, slice(1, 3)), (..., None)], ids=str)
def test_basic_indices(index):
    take = lambda x, index: x[index]
    made = slope(take, dask.from_array(X, chunks=(2, 3, 2)), index)
    for mine, expected in zip(made, slope(take, X, index), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-14)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_piece_that_is_not_used(axis):
    """Its gradient is 0, in blocks of the rows that others of so many have."""
    take = lambda x, at: np.split(x, at, axis)[1] ** 2
    made = slope(take, dask.from_array(X, chunks=(2, 3, 2)), [1, 3])
    for mine, expected in zip(made, slope(take, X, [1, 3]), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-14)


@pytest.mark.parametrize("seeds", [(2.0, None), (None, 3.0), (2.0, 3.0)], ids=str)
@pytest.mark.parametrize("blocks", ["x", "index", "both"])
@pytest.mark.parametrize("recorded", [False, True])
def test_log_softmax_at(recorded, blocks, seeds):
    """The gradients of the log-probabilities, of the logsumexp, and of both."""
    x, index, scale = RNG.normal(size=(5, 3, 2)), RNG.integers(0, 3, (5, 2)), np.arange(1.0, 6)[:, None]

    def slopes(x, index):
        x = Tensor(x, requires_grad=True)
        results = zip(log_softmax_at(x, index, 1), seeds, strict=True)
        loss = sum((seed * scale * result**2).sum() for result, seed in results if seed)
        (first,) = grad(loss, x, create_graph=recorded)
        made = [first, *grad((first**2).sum(), x)] if recorded else [first]
        return [np.asarray(item.data) for item in made]

    expected = slopes(x, index)
    x = dask.from_array(x, chunks=(2, 3, 2)) if blocks != "index" else x
    index = dask.from_array(index, chunks=(2, 2)) if blocks in ("index", "both") else index
    for made, right in zip(slopes(x, index), expected, strict=True):
        np.testing.assert_allclose(made, right, rtol=1e-12, atol=1e-15)
