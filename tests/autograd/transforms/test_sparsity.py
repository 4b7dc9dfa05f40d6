"""Jacobians of known sparsity: as many passes as colors, and the values of the whole."""

import numpy as np
import pytest

from autograd import hessian, jacobian
from autograd.transforms.sparsity import Pattern

sparse = pytest.importorskip("scipy.sparse")

RNG = np.random.default_rng(0)


def heat(x):
    padded = np.concatenate([np.zeros(1), x, np.zeros(1)])
    return (padded[2:] - 2 * padded[1:-1] + padded[:-2]) * x + np.sin(x)


def band(n, width=1):
    return sparse.diags_array([np.ones(n - abs(k)) for k in range(-width, width + 1)], offsets=range(-width, width + 1))


@pytest.mark.parametrize("form", [lambda p: p, lambda p: p.tocsr(), lambda p: p.toarray() != 0])
def test_a_band(form):
    x = RNG.standard_normal(30)
    got = jacobian(heat, sparsity=form(band(30)), check=True)(x)
    assert sparse.issparse(got)
    assert got.nnz == 88
    np.testing.assert_allclose(got.toarray(), jacobian(heat)(x), atol=1e-14)


def test_colors_are_few_and_apart():
    pattern = Pattern("jacobian", band(1000))
    for by_columns in (True, False):
        assert pattern.colors(by_columns).max() + 1 == 3
    mask = RNG.random((40, 30)) < 0.1
    colors = Pattern("jacobian", mask).colors(True)
    for row in mask:
        assert len(set(colors[row])) == row.sum()


def test_rows_where_they_are_fewer():
    """One dense row: its columns would all need colors of their own."""
    fun = lambda x: np.concatenate([np.sin(x), (x**2).sum()[None]])
    x = RNG.standard_normal(20)
    mask = np.concatenate([np.eye(20, dtype=bool), np.ones((1, 20), bool)])
    assert not Pattern("jacobian", mask).columns_meet_less
    np.testing.assert_allclose(jacobian(fun, sparsity=mask, check=True)(x).toarray(), jacobian(fun)(x))
    fun = lambda x: x * x[0]
    mask = np.eye(20, dtype=bool)
    mask[:, 0] = True
    assert Pattern("jacobian", mask).columns_meet_less
    np.testing.assert_allclose(jacobian(fun, sparsity=mask, chunk_size=1)(x).toarray(), jacobian(fun)(x))


def test_a_hessian():
    fun = lambda x: (heat(x) ** 2).sum()
    x = RNG.standard_normal(12)
    got = hessian(fun, sparsity=band(12, 2), check=True)(x)
    np.testing.assert_allclose(got.toarray(), hessian(fun)(x), atol=1e-12)


def test_shapes_are_those_of_vectors():
    x = RNG.standard_normal((3, 4))
    got = jacobian(np.sin, sparsity=np.eye(12, dtype=bool))(x)
    np.testing.assert_allclose(got.toarray(), np.diag(np.cos(x).reshape(-1)))
    assert jacobian(np.sin, sparsity=np.zeros((12, 12), bool))(x).nnz == 0


def test_what_is_wrong_is_said():
    x = RNG.standard_normal(5)
    with pytest.raises(ValueError, match="misses a derivative, in row 0 and 4 others"):
        jacobian(heat, sparsity=np.eye(5), check=True)(x)
    with pytest.raises(ValueError, match=r"expected a sparsity of shape \(5, 5\).*got \(5, 4\)"):
        jacobian(heat, sparsity=np.ones((5, 4)))(x)
    with pytest.raises(ValueError, match="two dimensions"):
        jacobian(heat, sparsity=np.ones(5))
    with pytest.raises(ValueError, match="one array as the argument"):
        jacobian(lambda x, y: x * y, (0, 1), sparsity=np.eye(5))(x, x)
    with pytest.raises(TypeError, match="is not recorded"):
        jacobian(lambda x: jacobian(heat, sparsity=band(5))(x))(x)
    with pytest.raises(ValueError, match="chunk_size of 1 or more"):
        jacobian(heat, chunk_size=0)


@pytest.mark.parametrize("shape", [(3, 4), (4, 3)])
def test_a_pattern_without_any_element(shape):
    m, n = shape
    got = jacobian(lambda x: np.concatenate([x, x])[:m] * 0.0, sparsity=np.zeros(shape, bool))(np.ones(n))
    assert (got.shape, got.nnz) == (shape, 0)
