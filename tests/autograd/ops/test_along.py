"""Elements by an index along one axis: against loops, with gradients; arrays without axes; what is left as it was."""

import numpy as np
import pytest

from autograd import Tensor, gradcheck, ops

RNG = np.random.default_rng(0)
X = RNG.standard_normal((3, 4))
INDEX = np.array([[0, 2, 1], [2, 2, 0]])


def loop(x, index, values, axis, reduce):
    made = x.copy()
    for at in np.ndindex(index.shape):
        place = list(at)
        place[axis] = index[at]
        place = tuple(place)
        made[place] = {None: values[at], "sum": made[place] + values[at], "prod": made[place] * values[at]}[reduce]
    return made


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("reduce", [None, "sum", "prod"])
def test_scatter_along(axis, reduce):
    values = RNG.standard_normal((2, 5))
    expected = loop(X, INDEX, values, axis, reduce)
    for x in (X, Tensor(X)):
        assert np.allclose(np.asarray(ops.scatter_along(x, INDEX, values, axis, reduce)), expected)
    gradcheck(lambda x, v: ops.scatter_along(x, INDEX[:1, :2], v, axis, reduce), X, values)
    assert ops.scatter_along(X, INDEX, 7.0, axis)[INDEX[0, 0], 0] == 7 or axis != 0


def test_gather_along_is_its_adjoint():
    for axis in (0, 1):
        found = ops.gather_along(X, INDEX, axis)
        assert found.tolist() == [[X[(i, c) if axis == 0 else (r, i)] for c, i in enumerate(row)]
                                  for r, row in enumerate(INDEX)]  # fmt: skip
        g = RNG.standard_normal(INDEX.shape)
        back = ops.scatter_along(np.zeros_like(X), INDEX, g, axis, "sum")
        assert np.isclose((found * g).sum(), (X * back).sum())
        gradcheck(lambda x, axis=axis: ops.gather_along(x, INDEX, axis), X)


@pytest.mark.parametrize("reduce", [None, "sum", "prod", "max", "mean"])
def test_scatter_slices(reduce):
    index, values = np.array([2, 0, 2]), RNG.standard_normal((3, 3))
    x, expected = X[:, :3], X[:, :3].copy()
    for place in (0, 2):
        rows = [x[:, place], *values.T[index == place]]
        combined = {"sum": np.sum, "prod": np.prod, "max": np.max, "mean": np.mean}.get(reduce, lambda r, _: r[-1])
        expected[:, place] = combined(rows, 0)
    assert np.allclose(ops.scatter_slices(x, index, values, 1, reduce), expected)
    gradcheck(lambda x, v: ops.scatter_slices(x, index[:2], v[:, :2], -1, reduce), x, values)


def test_arrays_without_axes():
    one, index = np.array(2.0), np.array(0)
    assert ops.scatter_slices(one, index, np.array(3.0), 0, "sum").item() == 5.0
    assert ops.scatter_along(one, index, np.array(3.0), 0).shape == ()
    assert ops.gather_along(one, index, 0) == 2.0
    assert ops.gather_along(X, np.zeros((0, 2), int), 1).shape == (0, 2)


def test_one_along():
    for keep in (False, True):
        found, places = ops.one_along(X, X.argmax(0), 0, keep)
        assert np.array_equal(found, X.max(0, keepdims=keep))
        assert found.shape == places.shape
    gradcheck(lambda x: ops.one_along(x, X.argmin(1), 1)[0], X)


def test_masks_and_diagonals():
    mask, values = X > 0, np.arange(12.0)
    expected = X.copy()
    expected[mask] = values[: mask.sum()]
    assert np.array_equal(ops.scatter_mask(X, mask, values), expected)
    assert ops.scatter_mask(np.zeros(2), np.array([[True, False], [False, True]]), values).tolist() == [[0, 0], [0, 1]]
    v = RNG.standard_normal((2, 3))
    for offset in (-1, 0, 2):
        made = ops.diagonal_matrix(v, offset)
        assert np.array_equal(made, [np.diag(row, offset) for row in v])
        assert np.array_equal(np.moveaxis(ops.diagonal_matrix(v, offset, 0, 2), (0, 2), (1, 2)), made)
        gradcheck(lambda v, offset=offset: ops.diagonal_matrix(v, offset), v)
    gradcheck(lambda x, v: ops.scatter_diagonal(x, v, 1, 0, 1), X, v[0])


def test_what_is_given_stays_as_it_was():
    x = X.copy()
    for made in (ops.scatter_along(x, INDEX, 9.0, 0), ops.scatter_diagonal(x, np.ones(3)), ops.scatter_mask(
            x, x > 0, np.ones(12)), ops.scatter_slices(x, np.array([1]), np.ones((1, 4)), 0)):  # fmt: skip
        assert not np.array_equal(made, X)
    assert np.array_equal(x, X)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("x", [None, np.array([0.0, 0.5, 2.0]), "all"])
def test_cumulative_trapezoid(axis, x):
    integrate = pytest.importorskip("scipy.integrate")
    y = RNG.standard_normal((3, 3))
    x = np.sort(RNG.standard_normal((3, 3)), axis) if isinstance(x, str) else x
    expected = integrate.cumulative_trapezoid(y, x, axis=axis)
    assert np.allclose(ops.cumulative_trapezoid(y, x, axis=axis), expected)
    assert np.allclose(np.take(expected, -1, axis), np.trapezoid(y, x, axis=axis))
    gradcheck(lambda y: ops.cumulative_trapezoid(y, x, 2.0, axis), y)
