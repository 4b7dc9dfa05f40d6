"""Products and lengths of the differences of all pairs of rows, against the differences written out."""

import numpy as np
import pytest

import autograd
from autograd import Tensor, gradcheck, gradgradcheck, vmap
from autograd.ops import pair_distances
from autograd.ops.pairs import pair_products, pair_sums


def rows(n, m=3, dtype="f8", seed=0):
    return np.random.default_rng(seed).normal(size=(n, m)).astype(dtype)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_values(n, dtype):
    a, b = rows(n, dtype=dtype), rows(n, dtype=dtype, seed=1)
    first, second = np.triu_indices(n, 1)
    products = ((a[first] - a[second]) * (b[first] - b[second])).sum(-1)
    found = pair_products(a, b)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, products, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(pair_distances(a), np.linalg.norm(a[first] - a[second], axis=-1), rtol=1e-6)
    expected = np.zeros_like(a)
    np.add.at(expected, first, products[:, None] * (a[first] - a[second]))
    np.add.at(expected, second, products[:, None] * (a[second] - a[first]))
    np.testing.assert_allclose(pair_sums(products, a), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "f", [pair_products, lambda a, b: pair_sums(a[:, 0][:3], b[:3]), lambda a, _: pair_distances(a)]
)
def test_derivatives(f):
    a, b = (Tensor(rows(4, seed=k), requires_grad=True) for k in range(2))
    gradcheck(f, a, b)
    gradgradcheck(f, a, b)


def test_close_rows_far_away_keep_their_digits():
    """A product with the matrix of the weights would lose them: 1e6 less 1e6 in single precision."""
    x = Tensor(np.array([[1e6, 0.0], [1e6 + 0.5, 0.0], [1e6, 0.5]], "f4"), requires_grad=True)
    pair_distances(x).sum().backward()
    half = np.sqrt(0.5)
    np.testing.assert_allclose(x.grad, [[-1, -1], [1 + half, -half], [-half, 1 + half]], rtol=1e-6)


def test_rows_that_are_well_apart_have_all_digits_of_single_precision():
    x = rows(40, 7, "f4") + np.float32(30)  # the products have many more digits before the point than the distances
    g = rows(780, 1)[:, 0]
    found, right = (Tensor(x.astype(dtype), requires_grad=True) for dtype in ("f4", "f8"))
    for tensor in (found, right):
        made = pair_distances(tensor)
        made.backward(g.astype(tensor.dtype))
    np.testing.assert_allclose(pair_distances(found), made.data, rtol=1.2e-7)
    np.testing.assert_allclose(found.grad, right.grad, rtol=3e-7, atol=3e-7)


@pytest.mark.parametrize("near", [1e-3, 1e-5, 0.0])
def test_two_rows_that_are_close_together(near):
    x = rows(20, 5, "f4")
    x[3] = x[11]
    x[3, 0] += np.float32(near)
    found, right = (Tensor(x.astype(dtype), requires_grad=True) for dtype in ("f4", "f8"))
    for tensor in (found, right):
        pair_distances(tensor).sum().backward()
    np.testing.assert_allclose(pair_distances(found), pair_distances(right), rtol=1e-6)
    np.testing.assert_allclose(found.grad, right.grad, rtol=1e-5, atol=1e-6)


def test_an_example_at_a_time_and_in_a_program():
    x = rows(8)
    whole = np.stack([pair_distances(part) for part in x.reshape(2, 4, 3)])
    np.testing.assert_array_equal(vmap(pair_distances)(x.reshape(2, 4, 3)), whole)
    slope = autograd.grad(lambda x: np.square(pair_distances(x) - 1).sum())
    np.testing.assert_allclose(autograd.compile(slope)(Tensor(x)), slope(Tensor(x)), rtol=1e-12)
