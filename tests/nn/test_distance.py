"""Distances where vectors are zero or equal, and of other numbers of axes."""

import numpy as np
import pytest

from autograd import Tensor, gradcheck, gradgradcheck
from nn import functional as F


def test_equal_points_have_a_finite_gradient() -> None:
    x = Tensor(np.zeros((3, 2)), requires_grad=True)
    (F.pdist(x).sum() + F.pairwise_distance(x, x, eps=0.0).sum() + F.cosine_similarity(x, x).sum()).backward()
    assert np.isfinite(x.grad.data).all()


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0, np.inf])
@pytest.mark.parametrize("n", [0, 1, 2, 33, 70])
def test_all_pairs_of_many_rows_stand_in_order(n: int, p: float) -> None:
    """However many rows are taken together."""
    x = np.random.default_rng(n).normal(size=(n, 3))
    first, second = np.triu_indices(n, 1)
    expected = np.linalg.norm(x[first] - x[second], p, -1)
    np.testing.assert_allclose(F.pdist(x, p), expected)
    a, b = (Tensor(x, requires_grad=True) for _ in range(2))
    F.pdist(a, p).backward(expected)
    np.linalg.norm(b[first] - b[second], p, -1).backward(expected)
    np.testing.assert_allclose(a.grad.data, b.grad.data, atol=1e-9)


@pytest.mark.parametrize("size", [1e-30, 1e-16, 1.0, 1e30])
def test_pairs_at_the_ends_of_the_range(size: float) -> None:
    x = Tensor(np.array([[0, 0], [3, 4], [6, 8]], "f4") * np.float32(size), requires_grad=True)
    made = F.pdist(x)
    made.sum().backward()
    np.testing.assert_allclose(made, np.array([5, 10, 5]) * size, rtol=1e-6)
    np.testing.assert_allclose(x.grad, [[-1.2, -1.6], [0, 0], [1.2, 1.6]], rtol=1e-6, atol=1e-6)


def test_pairs_have_second_derivatives() -> None:
    x = np.random.default_rng(0).normal(size=(34, 2))
    gradcheck(F.pdist, x)
    gradgradcheck(F.pdist, x)


def test_cosine_broadcasts_before_it_takes_norms() -> None:
    x, y = np.random.default_rng(0).normal(size=(2, 4, 3))
    whole = F.cosine_similarity(x[:, None], np.broadcast_to(y, (4, 4, 3)), dim=-1)
    np.testing.assert_allclose(F.cosine_similarity(x[:, None], y[None], dim=-1), whole)
    np.testing.assert_allclose(F.cosine_similarity(np.array([[2.0]]), np.array([[1.0], [1.0]]), dim=0), [1.0])


def test_errors() -> None:
    with pytest.raises(ValueError, match="pdist"):
        F.pdist(np.ones(3))
    with pytest.raises(ValueError, match="pdist"):
        F.pdist(np.ones((3, 2)), -1.0)
    with pytest.raises(ValueError, match=r"cosine_similarity: .* \(2, 3\) and \(2, 4\)"):
        F.cosine_similarity(np.ones((2, 3)), np.ones((2, 4)))
    with pytest.raises(IndexError, match="cosine"):
        F.cosine_similarity(np.ones(3), np.ones(3), dim=1)
