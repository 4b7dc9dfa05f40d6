import math

import numpy as np
import pytest

import nn
from autograd import Tensor, manual_seed
from nn import init


def tensor(*shape, dtype=np.float64):
    return nn.Parameter(np.zeros(shape, dtype))


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("function", "low", "high", "std"),
    [
        (lambda t: init.uniform_(t, -2, 4, rng=rng()), -2, 4, 6 / math.sqrt(12)),
        (lambda t: init.normal_(t, 1, 2, rng=rng()), None, None, 2),
        (lambda t: init.xavier_uniform_(t, 2, rng=rng()), -2 * 0.1, 2 * 0.1, 0.2 / math.sqrt(3)),
        (lambda t: init.xavier_normal_(t, rng=rng()), None, None, math.sqrt(2 / 600)),
        (lambda t: init.kaiming_uniform_(t, rng=rng()), -math.sqrt(6 / 400), math.sqrt(6 / 400), math.sqrt(2 / 400)),
        (lambda t: init.kaiming_normal_(t, mode="fan_out", nonlinearity="linear", rng=rng()), None, None,
         math.sqrt(1 / 200)),
        (lambda t: init.kaiming_normal_(t, a=1, rng=rng()), None, None, math.sqrt(1 / 400)),
        (lambda t: init.trunc_normal_(t, 0, 1, -1, 1, rng=rng()), -1, 1, 0.5396),
    ],
)  # fmt: skip
def test_distributions(function, low, high, std):
    t = tensor(200, 400)
    assert function(t) is t
    assert t.data.std() == pytest.approx(std, rel=0.01)
    if low is not None:
        assert low <= t.data.min() < low * 0.99
        assert high * 0.99 < t.data.max() <= high


@pytest.mark.parametrize(
    ("mean", "std", "a", "b"),
    [(0, 1, -2, 2), (0, 0.02, -2, 2), (0, 1, 3, 9), (0, 1, 3, 3.1), (0, 1, -9, -3), (5, 2, 4, 4.5), (0, 1, -0.1, 20)],
)  # fmt: skip
def test_truncated_normal_is_the_normal_cut_off(mean, std, a, b):
    t = init.trunc_normal_(tensor(20_000), mean, std, a, b, rng=rng())
    assert a <= t.data.min() < t.data.max() <= b
    density = lambda x: math.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    mass = lambda x: 0.5 * math.erfc(-x / math.sqrt(2))
    low, high = (a - mean) / std, (b - mean) / std
    expected = mean + std * (density(low) - density(high)) / (mass(high) - mass(low))
    assert t.data.mean() == pytest.approx(expected, abs=0.02 * min(std, b - a))


def test_constants():
    assert init.constant_(tensor(2, 2), 3).data.tolist() == [[3, 3], [3, 3]]
    assert init.ones_(tensor(2)).data.tolist() == [1, 1]
    assert init.zeros_(init.ones_(tensor(2))).data.tolist() == [0, 0]
    assert init.eye_(tensor(2, 3)).data.tolist() == [[1, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_dirac_hands_channels_on(n):
    conv = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[n - 1](4, 4, 3, padding=1, groups=2, bias=False, dtype=np.float64)
    init.dirac_(conv.weight, groups=2)
    x = rng().normal(size=(1, 4, *[5] * n))
    np.testing.assert_array_equal(conv(Tensor(x)).data, x)


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (6, 2, 3)])
def test_orthogonal(shape):
    values = init.orthogonal_(tensor(*shape), gain=2, rng=rng()).data.reshape(shape[0], -1)
    product = values @ values.T if values.shape[0] <= values.shape[1] else values.T @ values
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)
    assert (
        init.orthogonal_(tensor(*shape), rng=rng(1)).data != init.orthogonal_(tensor(*shape), rng=rng(2)).data
    ).any()


def test_sparse():
    values = init.sparse_(tensor(10, 7), 0.25, std=1, rng=rng()).data
    assert ((values == 0).sum(axis=0) == 3).all()


def test_gains():
    assert init.calculate_gain("leaky_relu", 0.2) == math.sqrt(2 / 1.04)
    assert init.calculate_gain("leaky_relu") == math.sqrt(2 / (1 + 0.01**2))
    assert (init.calculate_gain("selu"), init.calculate_gain("conv2d")) == (0.75, 1)


def test_seeds_and_the_graph():
    manual_seed(3)
    first = init.normal_(tensor(4)).data.copy()
    manual_seed(3)
    assert (init.normal_(tensor(4)).data == first).all()
    t = tensor(4, dtype=np.float32)
    y = (t * t).sum()
    init.ones_(t)
    assert t.dtype == np.float32
    assert t.requires_grad
    assert t.is_leaf
    with pytest.raises(RuntimeError, match="overwritten"):
        y.backward()
    assert init.normal_(nn.Parameter(np.zeros(1000, complex)), rng=rng()).data.imag.std() == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: init.xavier_normal_(tensor(3)), ValueError, "at least 2 dimensions, got shape"),
        (lambda: init.kaiming_normal_(tensor(3, 3), mode="fan"), ValueError, "'fan_in' or 'fan_out', got 'fan'"),
        (lambda: init.calculate_gain("step"), ValueError, "expected one of linear, .*, got 'step'"),
        (lambda: init.calculate_gain("leaky_relu", True), ValueError, "a number as negative slope"),
        (lambda: init.eye_(tensor(3)), ValueError, "eye_: expected a tensor of 2 dimensions"),
        (lambda: init.dirac_(tensor(3, 3)), ValueError, "dirac_: expected a tensor of 3, 4 or 5"),
        (lambda: init.dirac_(tensor(3, 3, 3), 2), ValueError, "divisible by groups=2"),
        (lambda: init.orthogonal_(tensor(3)), ValueError, "orthogonal_: expected at least 2"),
        (lambda: init.sparse_(tensor(3), 0.1), ValueError, "sparse_: expected a tensor of 2"),
        (lambda: init.trunc_normal_(tensor(3), 0, 1, 2, 1), ValueError, "expected a < b"),
        (lambda: init.trunc_normal_(tensor(3), 0, 0.01, 1, 2), ValueError, "near the mean"),
        (lambda: init.ones_([0.0]), TypeError, "expected a Tensor or an array to write into, got list"),
        (lambda: init.normal_(tensor(3), rng=3), TypeError, "expected a numpy.random.Generator, got int"),
    ],
)  # fmt: skip
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_every_orthogonal_matrix_is_as_likely():
    random = rng()
    corners = [init.orthogonal_(tensor(3, 3), rng=random).data[0, 0] for _ in range(300)]
    assert abs(np.mean(corners)) < 0.15


def test_the_array_inside_a_parameter() -> None:
    """What is often written of a module's weight.data."""
    layer = nn.Linear(2, 2)
    assert init.normal_(layer.weight.data, 0.0, 0.02) is layer.weight.data
    init.constant_(layer.bias.data, 3)
    assert layer.bias.data.tolist() == [3, 3]
    assert 0 < abs(layer.weight.data).max() < 0.2
