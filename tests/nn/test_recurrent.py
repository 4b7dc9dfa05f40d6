"""Recurrent networks: packed sequences, dropout, states and errors."""

import copy
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, gradgradcheck
from nn.utils import rnn

KINDS = ["RNN", "LSTM", "GRU"]


def states(state: Any) -> list[Any]:
    return list(state) if isinstance(state, tuple) else [state]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_packed_sequences_are_as_if_run_one_by_one(kind: str, bidirectional: bool) -> None:
    rng = np.random.default_rng(0)
    layer = getattr(nn, kind)(3, 4, num_layers=2, bidirectional=bidirectional, rng=rng).double()
    lengths = [2, 5, 1, 5]
    x = Tensor(rng.normal(size=(5, 4, 3)), requires_grad=True)
    packed = rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
    result, last = layer(packed)
    padded, found = rnn.pad_packed_sequence(result)
    np.testing.assert_array_equal(found, lengths)
    for n, length in enumerate(lengths):
        alone, state = layer(x[:length, n])
        np.testing.assert_allclose(padded.data[:length, n], alone.data)
        np.testing.assert_array_equal(padded.data[length:, n], 0)
        for part, whole in zip(states(state), states(last), strict=True):
            np.testing.assert_allclose(whole.data[:, n], part.data)
    padded.sum().backward()
    for n, length in enumerate(lengths):
        np.testing.assert_array_equal(x.grad.data[length:, n], 0)
        assert np.abs(x.grad.data[:length, n]).min() > 0


@pytest.mark.parametrize("kind", KINDS)
def test_cells_are_the_steps_of_a_layer(kind: str) -> None:
    rng = np.random.default_rng(0)
    layer, cell = getattr(nn, kind)(3, 4, rng=rng), getattr(nn, f"{kind}Cell")(3, 4)
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in layer.state_dict().items()})
    x = rng.normal(size=(5, 2, 3)).astype(np.float32)
    outputs, _ = layer(x)
    state = None
    for step, expected in zip(x, outputs.data, strict=True):
        state = cell(step, state)
        np.testing.assert_allclose(states(state)[0].data, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_second_derivatives(kind: str) -> None:
    layer = getattr(nn, kind)(2, 2, bidirectional=True, rng=np.random.default_rng(0)).double()
    assert gradgradcheck(lambda x: layer(x)[0], np.random.default_rng(1).normal(size=(2, 1, 2)))


def test_dropout_between_layers_in_training_only() -> None:
    layer = nn.LSTM(3, 8, num_layers=2, dropout=0.5, rng=np.random.default_rng(0))
    x = np.random.default_rng(1).normal(size=(4, 2, 3)).astype(np.float32)
    assert not np.allclose(layer(x)[0].data, layer(x)[0].data)
    layer.eval()
    np.testing.assert_array_equal(layer(x)[0].data, layer(x)[0].data)
    with pytest.warns(UserWarning, match="one"):
        nn.GRU(3, 4, dropout=0.5)


def test_names_and_initial_values() -> None:
    layer = nn.LSTM(3, 16, num_layers=2, bidirectional=True, proj_size=5, rng=np.random.default_rng(0))
    assert list(layer.state_dict())[:6] == [
        "weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0", "weight_hr_l0", "weight_ih_l0_reverse",
    ]  # fmt: skip
    assert layer.weight_ih_l1.shape == (64, 10)
    assert len(layer.all_weights) == 4
    values = np.concatenate([p.data.ravel() for p in layer.parameters()])
    assert 0.24 < np.abs(values).max() <= 0.25
    assert repr(layer) == "LSTM(3, 16, proj_size=5, num_layers=2, bidirectional=True)"
    twin = copy.deepcopy(layer)
    x = np.ones((2, 1, 3), np.float32)
    np.testing.assert_array_equal(twin(x)[0].data, layer(x)[0].data)


def test_a_long_sequence_costs_few_nodes_a_step() -> None:
    x = Tensor(np.ones((50, 2, 3), np.float32))
    for kind, most in (("RNN", 6), ("GRU", 22), ("LSTM", 20)):
        output, _ = getattr(nn, kind)(3, 4)(x)
        seen, stack = set(), [output.grad_fn]
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                stack.extend(node.parents)
        assert len(seen) < 50 * most


def test_a_sequence_of_many_steps() -> None:
    layer = nn.GRU(2, 3, rng=np.random.default_rng(0)).double()
    x = Tensor(np.random.default_rng(1).normal(size=(150, 2, 2)), requires_grad=True)
    whole, last = layer(x)
    state, parts = None, []
    for start in range(0, 150, 50):
        part, state = layer(x[start : start + 50], state)
        parts.append(part)
    np.testing.assert_allclose(np.concatenate(parts).data, whole.data)
    np.testing.assert_allclose(state.data, last.data)
    whole.sum().backward()
    want, x.grad = x.grad, None
    np.concatenate(parts).sum().backward()
    np.testing.assert_allclose(x.grad.data, want.data)


def test_pad_sequence() -> None:
    parts = [np.arange(3.0), np.arange(1.0), np.arange(2.0)]
    np.testing.assert_array_equal(rnn.pad_sequence(parts, True, -1.0, "left"), [[0, 1, 2], [-1, -1, 0], [-1, 0, 1]])
    for part, again in zip(parts, rnn.unpack_sequence(rnn.pack_sequence(parts, enforce_sorted=False)), strict=True):
        np.testing.assert_array_equal(part, again)


RNN = nn.RNN(3, 4)
X = np.ones((5, 2, 3), np.float32)


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (ValueError, lambda: RNN(np.ones((5, 2, 4), np.float32))),
        (ValueError, lambda: RNN(np.ones((1, 5, 2, 3), np.float32))),
        (ValueError, lambda: RNN(np.ones((0, 2, 3), np.float32))),
        (ValueError, lambda: RNN(X.astype(float))),
        (ValueError, lambda: RNN(X, np.ones((1, 3, 4), np.float32))),
        (ValueError, lambda: RNN(X, np.ones((2, 4), np.float32))),
        (ValueError, lambda: nn.RNN(3, 4, nonlinearity="sin")),
        (ValueError, lambda: nn.RNN(3, 0)),
        (TypeError, lambda: nn.RNN(3, 4.0)),
        (TypeError, lambda: nn.GRU("3", 4)),
        (TypeError, lambda: nn.LSTM(3, 4, 1.0)),
        (TypeError, lambda: nn.RNN(3, 4, bias=1)),
        (ValueError, lambda: nn.LSTM(3, 4, proj_size=4)),
        (ValueError, lambda: nn.LSTM(3, 4, num_layers=2, dropout=1.5)),
        (ValueError, lambda: nn.LSTMCell(3, 4)(X[0, :, :2])),
        (ValueError, lambda: nn.LSTMCell(3, 4)(X[0], (X[0], X[0]))),
        (ValueError, lambda: nn.RNNCell(3, 4, nonlinearity="sin")),
        (ValueError, lambda: rnn.pack_padded_sequence(X, [1, 2])),
        (ValueError, lambda: rnn.pack_padded_sequence(X, [6, 2])),
        (ValueError, lambda: rnn.pack_padded_sequence(X, [5, 0])),
        (ValueError, lambda: rnn.pack_padded_sequence(X, [5])),
        (ValueError, lambda: rnn.pad_packed_sequence(rnn.pack_padded_sequence(X, [5, 2]), total_length=4)),
    ],
)
def test_errors(error: type[Exception], call: Any) -> None:
    with pytest.raises(error, match="expected"):
        call()
