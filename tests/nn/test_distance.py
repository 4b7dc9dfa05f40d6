"""Distances where vectors are zero or equal, and of other numbers of axes."""

import numpy as np
import pytest

from autograd import Tensor
from nn import functional as F


def test_equal_points_have_a_finite_gradient() -> None:
    x = Tensor(np.zeros((3, 2)), requires_grad=True)
    (F.pdist(x).sum() + F.pairwise_distance(x, x, eps=0.0).sum() + F.cosine_similarity(x, x).sum()).backward()
    assert np.isfinite(x.grad.data).all()


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
