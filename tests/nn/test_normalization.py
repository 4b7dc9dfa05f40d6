"""Normalization: statistics, errors, and what happens at the edges."""

from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn import functional as F


def test_batch_norm_normalizes_with_the_biased_variance_and_stores_the_unbiased_one() -> None:
    layer = nn.BatchNorm1d(1, momentum=1.0)
    result = layer(np.array([[0.0], [2.0]], np.float32))
    np.testing.assert_allclose(result.data, [[-1], [1]], rtol=1e-4)
    assert layer.running_mean.item() == 1
    assert layer.running_var.item() == 2
    assert layer.num_batches_tracked.item() == 1


def test_momentum_none_is_the_average_of_all_batches() -> None:
    layer = nn.BatchNorm1d(2, momentum=None, dtype=np.float64)
    batches = np.random.default_rng(0).normal(size=(4, 5, 2))
    for batch in batches:
        layer(batch)
    np.testing.assert_allclose(layer.running_mean.data, batches.mean((0, 1)))
    np.testing.assert_allclose(layer.running_var.data, batches.var(1, ddof=1).mean(0))


def test_evaluation_leaves_the_statistics_alone() -> None:
    layer = nn.BatchNorm2d(3).eval()
    before = layer.state_dict()
    layer(np.random.default_rng(0).normal(size=(2, 3, 4, 4)).astype(np.float32))
    for name, value in layer.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    frozen = nn.BatchNorm2d(3, track_running_stats=False)
    assert set(frozen.state_dict()) == {"weight", "bias"}


def test_statistics_can_be_reset_and_get_no_gradient() -> None:
    layer = nn.BatchNorm1d(2)
    x = Tensor(np.random.default_rng(0).normal(size=(4, 2)), requires_grad=True)
    (layer(x) ** 2).sum().backward()
    assert not layer.running_mean.requires_grad
    layer.reset_running_stats()
    assert layer.num_batches_tracked.item() == 0
    np.testing.assert_array_equal(layer.running_var.data, 1)
    layer.eval()
    np.testing.assert_allclose(layer(x).data, x.data / np.sqrt(1 + 1e-5), rtol=1e-6)


def test_a_step_between_forward_and_backward_does_not_spoil_saved_statistics() -> None:
    layer = nn.BatchNorm1d(2, dtype=np.float64)
    x = Tensor(np.random.default_rng(0).normal(size=(4, 2)), requires_grad=True)
    (layer(x) * layer(x * 2)).sum().backward()  # the second call moves the statistics on
    assert np.isfinite(x.grad.data).all()


def test_a_batch_far_from_zero_keeps_its_digits() -> None:
    x = np.random.default_rng(0).normal(size=(64, 1)).astype(np.float32)
    shifted = F.batch_norm(x + np.float32(1000), None, None, training=True)
    np.testing.assert_allclose(shifted, F.batch_norm(x, None, None, training=True), atol=1e-3)


def test_empty_batches() -> None:
    assert F.layer_norm(np.ones((0, 3)), (3,)).shape == (0, 3)
    layer = nn.BatchNorm1d(3).eval()
    assert layer(np.ones((0, 3), np.float32)).shape == (0, 3)


def test_normalize_at_zero_has_no_nan() -> None:
    x = Tensor(np.zeros((2, 3)), requires_grad=True)
    F.normalize(x).sum().backward()
    assert np.isfinite(x.grad.data).all()


@pytest.mark.parametrize(
    "call",
    [
        lambda: nn.BatchNorm1d(3)(np.ones((1, 3), np.float32)),
        lambda: nn.BatchNorm2d(3)(np.ones((1, 3, 1, 1), np.float32)),
        lambda: nn.BatchNorm2d(3)(np.ones((2, 3, 4), np.float32)),
        lambda: nn.BatchNorm1d(3)(np.ones((2, 4), np.float32)),
        lambda: nn.BatchNorm1d(3, eps=0.0)(np.ones((2, 3), np.float32)),
        lambda: F.batch_norm(np.ones((2, 3)), None, None),
        lambda: F.instance_norm(np.ones((2, 3, 1))),
        lambda: nn.InstanceNorm1d(3, affine=True)(np.ones((2, 4, 5), np.float32)),
        lambda: nn.InstanceNorm2d(3)(np.ones((2, 3), np.float32)),
        lambda: F.layer_norm(np.ones((2, 3)), (4,)),
        lambda: F.layer_norm(np.ones((2, 3)), (3,), weight=np.ones(2)),
        lambda: F.rms_norm(np.ones((2, 3)), (2, 4)),
        lambda: F.group_norm(np.ones((2, 5, 3)), 2),
        lambda: F.group_norm(np.ones((1, 2)), 2),
        lambda: nn.GroupNorm(2, 5),
        lambda: F.local_response_norm(np.ones((2, 3)), 2),
    ],
)
def test_errors(call: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        call()


def test_batch_norm_of_nothing() -> None:
    """An input (0,) has neither samples nor channels; it comes back, as in PyTorch."""
    assert F.batch_norm(np.zeros(0), np.zeros(0), np.ones(0)).shape == (0,)
    assert F.batch_norm(np.zeros(0), None, None, training=True).shape == (0,)


def test_sync_batch_norm_is_batch_norm():
    net = nn.Sequential(nn.BatchNorm1d(2), nn.Sequential(nn.BatchNorm2d(3, momentum=None)))
    state = net.state_dict()
    made = nn.SyncBatchNorm.convert_sync_batchnorm(net)
    assert made is net
    assert [type(m) for m in net.modules()][1::2] == [nn.SyncBatchNorm, nn.SyncBatchNorm]
    assert list(net.state_dict()) == list(state)
    x = np.random.default_rng(0).normal(size=(4, 3, 2, 2)).astype(np.float32)
    np.testing.assert_array_equal(nn.SyncBatchNorm(3)(x).data, nn.BatchNorm2d(3)(x).data)
    with pytest.raises(ValueError, match="SyncBatchNorm: expected 2 or 3 or 4 or 5 axes"):
        nn.SyncBatchNorm(3)(x[0, 0, 0])


@pytest.mark.parametrize(("kind", "shape"), [(nn.BatchNorm1d, (0, 3)), (nn.BatchNorm2d, (0, 3, 2, 2)),
                                             (nn.InstanceNorm1d, (0, 3, 4))])  # fmt: skip
def test_a_batch_of_nothing_leaves_the_statistics_alone(kind: Any, shape: tuple[int, ...]) -> None:
    norm = kind(3, affine=True, track_running_stats=True)
    result = norm(Tensor(np.zeros(shape, np.float32), requires_grad=True))
    assert result.shape == shape
    result.sum().backward()
    assert norm.weight.grad.data.tolist() == norm.bias.grad.data.tolist() == [0, 0, 0]
    assert norm.running_mean.data.tolist() == [0, 0, 0]
    assert norm.running_var.data.tolist() == [1, 1, 1]


HALF = (300 * np.random.default_rng(0).normal(size=(4, 6, 5))).astype(np.float16)
ONES = np.ones(6, np.float32)
OF_HALVES = {
    "layer_norm": lambda x, w, b: F.layer_norm(x.reshape(4, 5, 6), (6,), w, b),
    "rms_norm": lambda x, w, b: F.rms_norm(x.reshape(4, 5, 6), (6,), w),
    "group_norm": lambda x, w, b: F.group_norm(x, 2, w, b),
    "batch_norm": lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
    "batch_norm, not training": lambda x, w, b: F.batch_norm(x, 9 * ONES, 90000 * ONES, w, b),
    "instance_norm": lambda x, w, b: F.instance_norm(x, None, None, w, b),
}


@pytest.mark.parametrize("name", OF_HALVES)
@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_parameters_of_halves_may_be_single(name: str, kind: Any) -> None:
    """As in PyTorch; the result is of halves, computed in single precision."""
    rng = np.random.default_rng(1)
    values = [HALF, rng.uniform(0.5, 2, 6).astype(kind), rng.normal(size=6).astype(kind)]
    tensors = [Tensor(value, requires_grad=True) for value in values]
    exact = [Tensor(value.astype(float), requires_grad=True) for value in values]
    result, expected = (OF_HALVES[name](*given) for given in (tensors, exact))
    assert result.dtype == np.float16
    np.testing.assert_allclose(result.data, expected.data, rtol=1e-3, atol=1e-3)
    for output in (result, expected):
        output.backward(np.sin(np.arange(120.0)).reshape(output.shape))
    for got, wanted in zip(tensors, exact, strict=True):
        if wanted.grad is not None:
            assert got.grad.dtype == got.dtype
            np.testing.assert_allclose(got.grad.data, wanted.grad.data, rtol=2e-3, atol=2e-3 * wanted.grad.data.max())


@pytest.mark.parametrize(("kind", "eps"), [(np.float16, 2.0**-23), (np.float32, 2.0**-23), (np.float64, 2.0**-52)])
def test_rms_norm_without_eps_takes_that_of_the_dtype_it_computes_in(kind: Any, eps: float) -> None:
    x = np.full((1, 4), 2.0**-13, kind)
    expected = 2.0**-13 / np.sqrt(2.0**-26 + eps)
    np.testing.assert_allclose(F.rms_norm(x, (4,)), expected, rtol=1e-3)
    np.testing.assert_allclose(nn.RMSNorm(4, dtype=kind)(x).data, expected, rtol=1e-3)


def test_statistics_of_halves_go_beyond_their_variance() -> None:
    layer = nn.BatchNorm1d(1, momentum=0.01).half()
    layer(np.array([[600.0], [-600.0]], np.float16))  # whose variance, 720000, is no half
    assert layer.running_var.dtype == np.float16
    np.testing.assert_allclose(layer.running_var.data, 7200.99, rtol=1e-3)


@pytest.mark.parametrize("wild", [np.inf, np.nan])
def test_a_channel_out_of_the_window_has_no_part_in_the_response(wild: float) -> None:
    x = np.ones((1, 6, 2))
    x[0, 0, 0] = wild
    with np.errstate(invalid="ignore"):
        found = F.local_response_norm(x, 3)
    np.testing.assert_array_equal(found[:, 2:], F.local_response_norm(np.ones((1, 6, 2)), 3)[:, 2:])


def test_normalize_over_several_axes():
    x = np.arange(24.0).reshape(2, 3, 4)
    sizes = (np.abs(x) ** 3).sum((0, 2), keepdims=True) ** (1 / 3)
    assert np.allclose(nn.functional.normalize(x, 3.0, (0, 2)), x / sizes)
