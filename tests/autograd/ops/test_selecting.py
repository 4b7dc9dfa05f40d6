"""Ranks, and what stands there: against NumPy's sorting, with gradients where elements are taken."""

import numpy as np
import pytest

from autograd import Tensor, gradcheck, ops

X = np.array([[3.0, 1.0, 3.0, 2.0], [0.0, 5.0, -1.0, 5.0]])


def test_ranking_keeps_equal_elements_in_order_both_ways():
    assert ops.ranking(X).tolist() == [[1, 3, 0, 2], [2, 0, 1, 3]]
    assert ops.ranking(X, descending=True).tolist() == [[0, 2, 3, 1], [1, 3, 0, 2]]
    assert ops.ranking(Tensor(X), 0).tolist() == [[1, 0, 1, 0], [0, 1, 0, 1]]


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("largest", [True, False])
def test_topk_is_the_end_of_the_sorted(axis, largest):
    values, places = ops.topk(Tensor(X), 2, axis, largest)
    ordered = np.sort(X, axis)
    ordered = np.flip(ordered, axis) if largest else ordered
    assert np.array_equal(values.data, np.take(ordered, [0, 1], axis))
    assert np.array_equal(np.take_along_axis(X, places, axis), values.data)


def test_the_gradient_of_topk_goes_to_what_was_found():
    x = Tensor([1.0, 4.0, 2.0], requires_grad=True)
    (ops.topk(x, 2)[0] * np.array([10.0, 20.0])).sum().backward()
    assert x.grad.tolist() == [0, 10, 20]
    gradcheck(lambda x: ops.topk(x, 3, 1)[0], np.array([[0.3, 0.1, 0.7, 0.2]]))
    with pytest.raises(ValueError, match="k from 0 to 3"):
        ops.topk(x, 4)


def test_middles():
    rows = np.array([[1.0, np.nan, 3.0, 2.0], [4.0, 3.0, 2.0, 1.0]])
    assert ops.middle(rows, 1).tolist() == [1, 2]
    assert ops.middle(rows, 1, skip=True).tolist() == [3, 2]


def test_the_most_frequent_stands_last_and_of_several_the_least():
    assert ops.most_frequent(np.array([2, 1, 2, 1])).item() == 3
    assert ops.most_frequent(np.array([[1.0, 1.0], [np.nan, 2.0]])).tolist() == [1, 1]


def test_extrema_so_far():
    x = np.array([2.0, 3.0, 1.0, 3.0, np.nan, 9.0])
    assert ops.greatest_so_far(x).tolist() == [0, 1, 1, 3, 4, 4]
    assert ops.greatest_so_far(x, least=True).tolist() == [0, 0, 2, 2, 4, 4]
    assert ops.greatest_so_far(X, 0).tolist() == [[0] * 4, [0, 1, 0, 1]]


def test_runs_of_rows():
    unique, inside, lengths = ops.runs(np.array([[1, 1], [1, 1], [2, 1]]), 0)
    assert (unique.tolist(), inside.tolist(), lengths.tolist()) == ([[1, 1], [2, 1]], [0, 0, 1], [2, 1])
    assert [part.size for part in ops.runs(np.zeros(0))] == [0, 0, 0]


def test_ranks_among_rows():
    rows = np.array([[1.0, 2.0, 2.0], [0.0, 1.0, 5.0]])
    assert ops.ranks_among(rows, np.array([[2.0], [9.0]])).tolist() == [[1], [3]]
    assert ops.ranks_among(rows, np.array([[2.0], [9.0]]), "right").tolist() == [[3], [3]]
    assert ops.ranks_among(rows[0], np.array([[0.0, 3.0]])).tolist() == [[0, 3]]
