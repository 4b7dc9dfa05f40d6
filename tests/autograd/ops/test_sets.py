"""Functions of sets: values as NumPy's, and the gradient at the first place that each value stands at."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Tensor, grad, gradcheck, gradgradcheck
from autograd.transforms.tree import leaves

A = np.array([[2.0, -1.0, 2.0], [0.5, 3.0, -1.0]])
B = np.array([3.0, 0.5, 7.0])
ROWS = np.array([[1.0, 2.0], [0.0, 5.0], [1.0, 2.0]])

CALLS = {
    "unique": lambda x, y: np.unique(x),
    "unique, all results": lambda x, y: np.unique(x, True, True, True),
    "unique, counts": lambda x, y: np.unique(x, return_counts=True),
    "unique_all": lambda x, y: np.unique_all(x),
    "unique_counts": lambda x, y: np.unique_counts(x),
    "unique_inverse": lambda x, y: np.unique_inverse(x),
    "unique_values": lambda x, y: np.sort(np.unique_values(x)),
    "union1d": np.union1d,
    "intersect1d": np.intersect1d,
    "intersect1d, indices": lambda x, y: np.intersect1d(np.unique(x), y, True, True),
    "setdiff1d": np.setdiff1d,
    "setdiff1d, other": lambda x, y: np.setdiff1d(y, x),
    "setxor1d": np.setxor1d,
}


@pytest.mark.parametrize("case", CALLS)
def test_values_and_gradients(case: str) -> None:
    function = CALLS[case]
    expected, got = function(A, B), function(Tensor(A, requires_grad=True), Tensor(B))
    for plain, value in zip(leaves(expected), leaves(got), strict=True):
        np.testing.assert_array_equal(getattr(value, "data", value), plain)
        assert isinstance(value, Tensor) == (plain.dtype.kind == "f")
    x, y = np.arange(6.0)[[4, 0, 2, 3, 5, 1]].reshape(2, 3), np.array([0.0, 9.0, 4.0])  # all different within each
    squares = lambda x, y: leaves(function(x, y))[0] ** 2
    assert gradcheck(lambda v: squares(v, y), x + 0.25)
    assert gradcheck(lambda v: squares(x, v), y + 0.25)


def test_equal_values_send_theirs_to_the_first() -> None:
    slope = grad(lambda x: (np.unique(x) * np.array([1.0, 10.0, 100.0, 1000.0])).sum())(A)
    np.testing.assert_array_equal(slope, [[100, 1, 0], [10, 1000, 0]])
    slopes = grad(lambda x, y: (np.union1d(x, y) * np.array([1.0, 2.0, 3.0, 4.0, 5.0])).sum(), (0, 1))(A, B)
    np.testing.assert_array_equal(slopes[0], [[3, 1, 0], [2, 4, 0]])
    np.testing.assert_array_equal(slopes[1], [0, 0, 5])


def test_what_two_have_in_common_or_not() -> None:
    slopes = grad(lambda x, y: (np.intersect1d(x, y) * np.array([1.0, 2.0])).sum(), (0, 1))(A, B)
    np.testing.assert_array_equal(slopes[0], [[0, 0, 0], [1, 2, 0]])
    np.testing.assert_array_equal(slopes[1], 0)
    slopes = grad(lambda x, y: (np.setxor1d(x, y) * np.array([1.0, 2.0, 3.0])).sum(), (0, 1))(A, B)
    np.testing.assert_array_equal(slopes[0], [[2, 1, 0], [0, 0, 0]])
    np.testing.assert_array_equal(slopes[1], [0, 0, 3])


def test_unique_along_an_axis() -> None:
    fun: Any = lambda x: np.unique(x, axis=0) ** 2 * np.array([[1.0], [2.0]])
    np.testing.assert_array_equal(fun(Tensor(ROWS)).data, fun(ROWS))
    np.testing.assert_array_equal(grad(lambda x: fun(x).sum())(ROWS), [[4, 8], [0, 10], [0, 0]])
    assert gradgradcheck(lambda x: np.unique(x, axis=1)[:, 0] ** 3, ROWS)


def test_nothing_and_not_a_number() -> None:
    assert np.unique(Tensor(np.zeros((0, 2)))).shape == (0,)
    assert np.union1d(Tensor(np.zeros(0)), np.zeros(0)).shape == (0,)
    values = np.unique(Tensor([np.nan, 1.0, np.nan]))
    np.testing.assert_array_equal(values.data, [1, np.nan])
