"""Activations: what reference values do not show."""

import math
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn import functional as F

INPLACE = [
    "relu", "relu6", "leaky_relu", "rrelu", "elu", "celu", "selu", "silu", "mish", "hardsigmoid", "hardswish",
    "hardtanh",
]  # fmt: skip


@pytest.mark.parametrize("name", INPLACE)
@pytest.mark.parametrize("recorded", [True, False])
def test_inplace_replaces_the_input_and_keeps_the_gradient(name: str, recorded: bool) -> None:
    x = Tensor(np.linspace(-4, 4, 9), requires_grad=recorded)
    expected = getattr(F, name)(x * 1.5)
    y = x * 1.5
    assert getattr(F, name)(y, inplace=True) is y
    np.testing.assert_array_equal(y.data, expected.data)
    if recorded:
        expected.sum().backward()
        want, x.grad = x.grad, None
        y.sum().backward()
        np.testing.assert_array_equal(x.grad.data, want.data)
        with pytest.raises(RuntimeError, match="leaf"):
            getattr(F, name)(x, inplace=True)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 1e4, -1e4])
@pytest.mark.parametrize(
    "name", [*INPLACE, "gelu", "softplus", "logsigmoid", "sigmoid", "tanh", "hardshrink", "softshrink"]
)
def test_extreme_values(name: str, value: float) -> None:
    limits = {  # at inf and at -inf
        "relu6": (6, 0), "hardsigmoid": (1, 0), "hardtanh": (1, -1), "sigmoid": (1, 0), "tanh": (1, -1),
        "logsigmoid": (0, -math.inf), "hardshrink": (math.inf, -math.inf), "softshrink": (math.inf, -math.inf),
        "elu": (math.inf, -1), "celu": (math.inf, -1), "selu": (math.inf, -1.0507009873554805 * 1.6732632423543772),
        "leaky_relu": (math.inf, -math.inf), "rrelu": (math.inf, -math.inf),
    }  # fmt: skip
    if name in ("silu", "mish", "hardswish", "gelu") and value == -math.inf:
        return  # 0 · inf, in PyTorch too
    result = getattr(F, name)(np.array([value])).item()
    if math.isnan(value):
        assert math.isnan(result)
    elif math.isinf(value):
        assert result == pytest.approx(limits.get(name, (math.inf, 0))[value < 0])
    else:
        assert math.isfinite(result)


def test_integers_stay_integers_between_whole_bounds() -> None:
    for clipped in (F.relu6(np.array([-1, 3, 8])), F.hardtanh(np.array([-1, 3, 8]), 0, 6)):
        assert clipped.dtype == np.int64
        assert clipped.tolist() == [0, 3, 6]


@pytest.mark.parametrize("at_the_ends", [True, False])
def test_the_derivative_at_the_ends_of_a_line_is_0(at_the_ends: bool) -> None:
    values = [-2.0, 1.0, 4.0, 7.0, math.nan] + [0.0, 6.0] * at_the_ends
    x = Tensor(values, requires_grad=True)
    y = F.relu6(x)
    y.sum().backward()
    np.testing.assert_array_equal(y.data, np.clip(values, 0, 6))
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.data, [0, 1, 1, 0, 0] + [0, 0] * at_the_ends)


def test_rrelu_draws_a_slope_for_each_negative_element() -> None:
    x = -np.ones(2000)
    slopes = -F.rrelu(x, 0.1, 0.5, training=True, rng=np.random.default_rng(0))
    assert 0.1 <= slopes.min() < 0.11
    assert 0.49 < slopes.max() <= 0.5
    assert len(set(slopes)) == 2000
    module = nn.RReLU(rng=np.random.default_rng(0))
    assert len(np.unique(module(x))) == 2000
    assert len(np.unique(module.eval()(x))) == 1


def test_gumbel_softmax() -> None:
    logits = Tensor(np.log([0.1, 0.2, 0.7]) * np.ones((4000, 1)), requires_grad=True)
    hard = F.gumbel_softmax(logits, hard=True, rng=np.random.default_rng(0))
    np.testing.assert_allclose(hard.data.sum(-1), 1)
    np.testing.assert_allclose(np.sort(hard.data, -1)[:, :2], 0, atol=1e-15)
    np.testing.assert_allclose(hard.data.mean(0), [0.1, 0.2, 0.7], atol=0.03)
    (hard * np.array([1.0, 2.0, 3.0])).sum().backward()
    assert np.abs(logits.grad.data).max() > 1e-3


def test_adaptive_softmax_is_a_distribution() -> None:
    layer = nn.AdaptiveLogSoftmaxWithLoss(6, 9, [3, 5], div_value=2.0, rng=np.random.default_rng(0)).double()
    x = np.random.default_rng(1).normal(size=(5, 6))
    logp = layer.log_prob(x).data
    np.testing.assert_allclose(np.exp(logp).sum(1), 1)
    targets = np.array([0, 4, 8, 2, 5])
    np.testing.assert_allclose(layer(Tensor(x), targets).output.data, logp[np.arange(5), targets])
    np.testing.assert_array_equal(layer.predict(x), logp.argmax(1))


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (ValueError, lambda x: F.glu(x)),
        (ValueError, lambda x: F.hardtanh(x, 1.0, -1.0)),
        (ValueError, lambda x: F.rrelu(x, 0.5, 0.1)),
        (ValueError, lambda x: F.softshrink(x, -1.0)),
        (ValueError, lambda x: F.gelu(x, "sigmoid")),
        (ValueError, lambda x: F.celu(x, 0.0)),
        (ValueError, lambda x: F.prelu(x, np.ones(2))),
        (ValueError, lambda x: F.prelu(x, np.ones((3, 1)))),
        (IndexError, lambda x: F.softmax(x, 2)),
        (IndexError, lambda x: F.log_softmax(x, -3)),
        (ValueError, lambda x: nn.Softmax2d()(x)),
        (ValueError, lambda x: nn.Hardtanh(1.0, 1.0)),
        (ValueError, lambda x: nn.AdaptiveLogSoftmaxWithLoss(4, 5, [])),
        (ValueError, lambda x: nn.AdaptiveLogSoftmaxWithLoss(4, 5, [3, 3])),
        (ValueError, lambda x: nn.AdaptiveLogSoftmaxWithLoss(4, 5, [5])),
        (IndexError, lambda x: nn.AdaptiveLogSoftmaxWithLoss(3, 5, [2])(x, np.array([0, 5]))),
        (ValueError, lambda x: nn.AdaptiveLogSoftmaxWithLoss(3, 5, [2])(x, np.array([0]))),
    ],
)
def test_errors(error: type[Exception], call: Any) -> None:
    with pytest.raises(error, match="expected"):
        call(np.ones((2, 3), np.float32))


@pytest.mark.parametrize(("shape", "axis"), [((3,), 0), ((2, 3), 1), ((2, 3, 4), 0), ((2, 3, 2, 2), 1)])
def test_softmax_warns_where_no_axis_is_named(shape: tuple[int, ...], axis: int) -> None:
    with pytest.warns(UserWarning, match="no dim"):
        result = nn.Softmax()(np.zeros(shape))
    np.testing.assert_allclose(result, 1 / shape[axis])


def test_softmax_of_nothing() -> None:
    for function in (F.softmax, F.log_softmax, F.softmin):
        assert function(np.ones((2, 0)), 1).shape == (2, 0)
    assert F.softmax(np.ones((2, 3), np.float32), 1, dtype=np.float64).dtype == np.float64


def test_text() -> None:
    assert repr(nn.LeakyReLU(0.2)) == "LeakyReLU(negative_slope=0.2)"
    assert repr(nn.ReLU(inplace=True)) == "ReLU(inplace=True)"
    assert repr(nn.GELU("tanh")) == "GELU(approximate='tanh')"
    assert repr(nn.Hardtanh(max_value=2.0)) == "Hardtanh(min_val=-1.0, max_val=2.0)"


@pytest.mark.parametrize("name", ["celu", "elu", "hardtanh", "leaky_relu", "relu", "selu"])
def test_in_place(name):
    x = Tensor(np.linspace(-2, 2, 9))
    wanted = getattr(F, name)(x).data
    assert getattr(F, f"{name}_")(x) is x
    np.testing.assert_array_equal(x.data, wanted)


def test_in_place_with_arguments():
    x = Tensor(np.array([-1.0, 2.0]))
    assert F.threshold_(x, 0.0, 5.0).data.tolist() == [5, 2]
    assert F.rrelu_(x, 0.5, 0.5).data.tolist() == [5, 2]


@pytest.mark.parametrize("dtype", ["f", "d"])
@pytest.mark.parametrize("function", [F.elu, F.selu, F.celu], ids=lambda f: f.__name__)
def test_the_smallest_numbers_count_once(function: Any, dtype: str) -> None:
    """What is just above 0 is on the straight side only."""
    tiny = np.finfo(dtype).smallest_subnormal
    x = Tensor(np.array([tiny, 1e-31, 1.0], dtype), requires_grad=True)
    y = function(x)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.data, x.grad.data[-1])
    np.testing.assert_allclose(y.data[1], x.data[1] * x.grad.data[-1], rtol=1e-6)


@pytest.mark.parametrize("slope", [0.0, 0.01, 1.0, 1.5, -0.5])
def test_leaky_relu_of_every_slope(slope: float) -> None:
    x = Tensor([-2.0, -0.0, 0.0, 3.0, np.inf], requires_grad=True)
    y = F.leaky_relu(x, slope)
    y.backward(np.ones(5))
    np.testing.assert_array_equal(y.data, [-2 * slope, 0, 0, 3, np.inf])
    np.testing.assert_array_equal(x.grad.data, [slope, slope, slope, 1, 1])


@pytest.mark.parametrize(
    ("function", "at", "slope"),
    [
        (F.elu, -20.0, 2.0611537e-9), (F.selu, -20.0, 1.758099 * 2.0611537e-9), (F.celu, -20.0, 2.0611537e-9),
        (F.softsign, 1e8, 1e-16), (F.softsign, -3e12, 1.1111111e-25), (F.softplus, -60.0, 8.7565108e-27),
        (F.logsigmoid, 60.0, 8.7565108e-27),
    ],
)  # fmt: skip
def test_slopes_in_single_precision_where_they_are_small(function, at, slope):
    """Not the difference from 1 of what has been rounded to it. PyTorch: softsign'(1e8) = 0; JAX: elu'(-20) = 0."""
    x = Tensor(np.float32(at), requires_grad=True)
    function(x).backward()
    np.testing.assert_allclose(x.grad.item(), slope, rtol=1e-6)
