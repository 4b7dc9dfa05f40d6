"""Dropout: how much goes, what stays, and whole channels at once."""

from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, manual_seed
from nn import functional as F

ALL = ["dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"]
SHAPE = {"dropout2d": (40, 50, 3, 3), "dropout3d": (40, 50, 3, 3, 1)}


@pytest.mark.parametrize("name", ALL)
def test_zero_one_and_evaluation(name: str) -> None:
    x = np.random.default_rng(0).normal(size=SHAPE.get(name, (40, 50, 9)))
    drop = getattr(F, name)
    assert drop(x, 0.0, training=True) is x
    assert drop(x, 0.5, training=False) is x
    gone = Tensor(x, requires_grad=True)
    result = drop(gone, 1.0, training=True)
    np.testing.assert_array_equal(result.data, 0)
    result.sum().backward()
    np.testing.assert_array_equal(gone.grad.data, 0)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("p", [0.2, 0.7])
def test_share_and_scale(name: str, p: float) -> None:
    shape = SHAPE.get(name, (40, 50, 9))
    x = np.random.default_rng(0).normal(size=shape)
    rng = np.random.default_rng(1)
    result = getattr(F, name)(x, p, training=True, rng=rng)
    if "alpha" in name:
        np.testing.assert_allclose(result.mean(), 0, atol=0.1)
        np.testing.assert_allclose(result.std(), 1, atol=0.1)
        alpha = 1.7580993408473766
        dropped = np.isclose(result, -alpha * (1 - p) / np.sqrt((1 - p) * (1 + p * alpha**2)), atol=0)
    else:
        dropped = result == 0
        np.testing.assert_allclose(result[~dropped], x[~dropped] / (1 - p))
    assert abs(dropped.mean() - p) < 0.05
    if name not in ("dropout", "alpha_dropout"):
        channels = dropped.reshape(*shape[:2], -1)
        assert (channels.all(-1) | ~channels.any(-1)).all()
    else:
        assert 0 < dropped[0, 0].sum() < dropped[0, 0].size or p < 0.3


def test_unbatched_channels() -> None:
    rng = np.random.default_rng(0)
    for function, shape in ((F.dropout1d, (50, 4)), (F.dropout3d, (50, 2, 2, 2)), (F.dropout2d, (5, 10, 4))):
        kept = function(np.ones(shape), 0.5, rng=rng) != 0
        lines = kept.reshape(50, -1)
        assert (lines.all(1) | ~lines.any(1)).all()


def test_seeds() -> None:
    x = np.ones(100, np.float32)
    manual_seed(3)
    first = nn.Dropout()(x)
    manual_seed(3)
    np.testing.assert_array_equal(first, nn.Dropout()(x))
    again = F.dropout(x, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(nn.Dropout(rng=np.random.default_rng(1))(x), again)
    assert first.dtype == np.float32


def test_inplace() -> None:
    x = Tensor(np.ones(100), requires_grad=True)
    y = x * 1
    assert nn.Dropout(0.5, inplace=True, rng=np.random.default_rng(0))(y) is y
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.data, y.data)


@pytest.mark.parametrize("p", [-0.1, 1.1])
@pytest.mark.parametrize("name", ALL)
def test_errors(name: str, p: float) -> None:
    with pytest.raises(ValueError, match="probability"):
        getattr(F, name)(np.ones(SHAPE.get(name, (2, 3, 4))), p, training=True)


@pytest.mark.parametrize(("function", "ndim"), [(F.dropout1d, 4), (F.dropout2d, 1), (F.dropout2d, 5), (F.dropout3d, 3)])
def test_wrong_axes(function: Any, ndim: int) -> None:
    with pytest.raises(ValueError, match="axes"):
        function(np.ones((2,) * ndim))


def test_each_element_of_two_axes_is_a_channel() -> None:
    with pytest.warns(UserWarning, match=r"dropout2d: expected \(N, C, H, W\), got shape \(40, 50\)"):
        found = F.dropout2d(np.ones((40, 50)), 0.5)
    assert set(np.unique(found)) == {0.0, 2.0}
    assert 0 < np.count_nonzero(found[0]) < 50
