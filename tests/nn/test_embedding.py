"""Embeddings: what their options change, and what they refuse."""

from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn import functional as F


def test_initial_values_and_padding() -> None:
    layer = nn.Embedding(500, 20, padding_idx=-2, rng=np.random.default_rng(0))
    assert layer.padding_idx == 498
    np.testing.assert_array_equal(layer.weight.data[498], 0)
    assert abs(layer.weight.data.std() - 1) < 0.02
    assert layer.weight.dtype == np.float32


def test_from_pretrained() -> None:
    rows = np.arange(6.0).reshape(3, 2)
    frozen = nn.Embedding.from_pretrained(rows)
    assert not frozen.weight.requires_grad
    np.testing.assert_array_equal(frozen(np.array([2, 0])).data, rows[[2, 0]])
    assert nn.Embedding.from_pretrained(rows, freeze=False, padding_idx=0).weight.requires_grad
    bag = nn.EmbeddingBag.from_pretrained(rows, mode="sum")
    np.testing.assert_array_equal(bag(np.array([[2, 0]])).data, [[4, 6]])
    assert not bag.weight.requires_grad


def test_max_norm_changes_only_the_rows_in_use() -> None:
    layer = nn.Embedding(4, 3, max_norm=1.0, _weight=np.full((4, 3), 2.0))
    result = layer(np.array([1, 1, 3]))
    np.testing.assert_allclose(np.linalg.norm(result.data, axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(layer.weight.data, axis=1), [12**0.5, 1, 12**0.5, 1], rtol=1e-6)


def test_each_row_gets_its_share_of_the_gradient() -> None:
    """One row of a bag occurs thrice, the other once: each one's gradient is divided by its own count."""
    weight = Tensor(np.ones((3, 2)), requires_grad=True)
    F.embedding_bag(np.array([[1, 1], [2, 1]]), weight, scale_grad_by_freq=True, mode="sum").sum().backward()
    np.testing.assert_allclose(weight.grad.data, [[0, 0], [1, 1], [1, 1]])


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_empty_bags(mode: str) -> None:
    weight = Tensor(np.ones((3, 2)), requires_grad=True)
    empty = F.embedding_bag(np.array([], np.int64), weight, np.array([0, 0]), mode=mode)
    np.testing.assert_array_equal(empty.data, np.zeros((2, 2)))
    empty.sum().backward()
    np.testing.assert_array_equal(weight.grad.data, 0)
    padded = F.embedding_bag(np.array([[1, 1], [1, 2]]), weight, mode=mode, padding_idx=1)
    np.testing.assert_array_equal(padded.data, [[0, 0], [1, 1]])


def test_the_first_of_equal_maxima_gets_the_gradient() -> None:
    weight = Tensor(np.ones((3, 2)), requires_grad=True)
    F.embedding_bag(np.array([[2, 0, 1]]), weight, mode="max").sum().backward()
    np.testing.assert_array_equal(weight.grad.data, [[0, 0], [0, 0], [1, 1]])


def test_one_hot() -> None:
    result = F.one_hot(Tensor(np.array([[0, 2]])), 4)
    assert isinstance(result, Tensor)
    assert result.dtype == np.int64
    np.testing.assert_array_equal(result.data, [[[1, 0, 0, 0], [0, 0, 1, 0]]])
    assert F.one_hot(np.array([], np.int64), 3).shape == (0, 3)


W = np.ones((3, 2))


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (IndexError, lambda: F.embedding(np.array([3]), W)),
        (IndexError, lambda: F.embedding(np.array([-1]), W)),
        (TypeError, lambda: F.embedding(np.array([1.0]), W)),
        (ValueError, lambda: F.embedding(np.array([1]), W, padding_idx=3)),
        (ValueError, lambda: F.embedding(np.array([1]), np.ones(()))),
        (ValueError, lambda: F.embedding_bag(np.array([[1]]), np.ones(3))),
        (ValueError, lambda: nn.Embedding(3, 2, _weight=np.ones((2, 2)))),
        (ValueError, lambda: nn.Embedding(-1, 2)),
        (ValueError, lambda: F.embedding_bag(np.array([1]), W)),
        (ValueError, lambda: F.embedding_bag(np.array([1]), W, np.array([1]))),
        (ValueError, lambda: F.embedding_bag(np.array([[1]]), W, np.array([0]))),
        (ValueError, lambda: F.embedding_bag(np.array([1, 2]), W, np.array([0, 2, 1]))),
        (ValueError, lambda: F.embedding_bag(np.array([[1]]), W, mode="median")),
        (ValueError, lambda: F.embedding_bag(np.array([[1]]), W, mode="sum", per_sample_weights=np.ones(1))),
        (NotImplementedError, lambda: F.embedding_bag(np.array([[1]]), W, per_sample_weights=np.ones((1, 1)))),
        (ValueError, lambda: F.one_hot(np.array([3]), 3)),
        (ValueError, lambda: F.one_hot(np.array([-1]))),
    ],
)
def test_errors(error: type[Exception], call: Any) -> None:
    with pytest.raises(error, match=r"expected|per_sample"):
        call()


def test_sparse_gradients_are_dense_ones() -> None:
    table = nn.Embedding(3, 2, sparse=True)
    assert repr(table) == "Embedding(3, 2, sparse=True)"
    table(np.array([1, 1])).sum().backward()
    assert table.weight.grad.data.tolist() == [[0, 0], [2, 2], [0, 0]]
    assert F.embedding_bag(np.array([[1]]), table.weight, sparse=True).shape == (1, 2)
