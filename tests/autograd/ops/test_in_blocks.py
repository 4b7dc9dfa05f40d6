"""Elements taken of arrays in blocks, and by indices in blocks: gradients as of arrays in memory."""

import numpy as np
import pytest

from autograd import Tensor

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
