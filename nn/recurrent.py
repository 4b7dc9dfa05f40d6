"""Recurrent networks: RNN, LSTM and GRU, over sequences padded or packed, and their single steps.

The products with the inputs are one for all steps; each step then has one product with the hidden state. Inside,
everything is (features, examples): then each gate is one piece of memory, and the products are BLAS's fastest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import autograd
from autograd import generator
from autograd.ops import alike, lstm, lstm_gates

from . import init
from .dropout import dropout
from .layer import Layer
from .shared import Rng, one_of, probability, unusual
from .spatial import check_array
from .utils.rnn import PackedSequence

Step = Callable[[Any, tuple[Any, ...]], tuple[Any, ...]]
"""From the inputs' part of a step and the state before it, the state after it, of which the output is the first."""


# ---- one step --------------------------------------------------------------------------------------------------------


def _simple(activation: Any, w_hh: Any, b_hh: Any) -> Step:
    """h' = tanh(x + W h), or relu. (Elman 1990)"""
    return lambda x, state: (activation(x + w_hh @ state[0]),)


def _gru(w_hh: Any, b_hh: Any) -> Step:
    """r, z = sigmoid(x + W h); n = tanh(x + r (W h + b)); h' = n + z (h - n). (Cho et al. 2014)"""
    n = w_hh.shape[1]
    b = None if b_hh is None else b_hh[:, None]

    def step(x: Any, state: tuple[Any, ...]) -> tuple[Any, ...]:
        (h,) = state
        x_gates, x_new = np.split(x, [2 * n])
        h_gates, h_new = np.split(w_hh @ h, [2 * n])
        r, z = np.split(autograd.sigmoid(x_gates + h_gates), 2)
        new = np.tanh(x_new + r * (h_new if b is None else h_new + b))
        return (new + z * (h - new),)

    return step


def _lstm(w_hh: Any, b_hh: Any, w_hr: Any = None) -> Step:
    """i, f, o = sigmoid(x + W h); g = tanh(x + W h); c' = f c + i g; h' = o tanh(c').

    Hochreiter and Schmidhuber (1997), whose cell forgot nothing; the forget gate f is of Gers, Schmidhuber and Cummins
    (2000).
    """

    def step(x: Any, state: tuple[Any, ...]) -> tuple[Any, ...]:
        h, c, *_ = lstm_gates(x + w_hh @ state[0], state[1])
        return (h if w_hr is None else w_hr @ h), c

    return step


def _inputs(mode: str, x: Any, w_ih: Any, b_ih: Any, b_hh: Any) -> tuple[Any, Any]:
    """The inputs' part of all steps, with what of the biases can be added there, and what is left of b_hh."""
    made = w_ih @ x
    if b_ih is None:
        return made, None
    if mode != "GRU":
        return made + (b_ih + b_hh)[:, None], None
    gates, new = np.split(b_hh, [2 * b_hh.shape[0] // 3])
    return made + (b_ih + np.concatenate([gates, np.zeros_like(new)]))[:, None], new


def _step(mode: str, w_hh: Any, b_hh: Any, w_hr: Any = None) -> Step:
    if mode == "LSTM":
        return _lstm(w_hh, b_hh, w_hr)
    if mode == "GRU":
        return _gru(w_hh, b_hh)
    return _simple(np.tanh if mode == "RNN_TANH" else autograd.relu, w_hh, b_hh)


# ---- a whole sequence ------------------------------------------------------------------------------------------------


def _run(step: Step, x: Any, state: tuple[Any, ...], sizes: list[int], reverse: bool) -> tuple[Any, tuple[Any, ...]]:
    """All steps of one layer in one direction, over packed inputs x (gates, sum of sizes).

    Sequences that end early leave their last state behind; in reverse, they join when their last step is reached.
    """
    parts = np.split(x, np.cumsum(sizes)[:-1], axis=1) if len(sizes) > 1 else [x]
    outputs: list[Any] = [None] * len(sizes)
    whole, left = state, []
    if reverse:
        state = tuple(s[:, : sizes[-1]] for s in state) if sizes[-1] < sizes[0] else state
    for t in reversed(range(len(sizes))) if reverse else range(len(sizes)):
        n, before = sizes[t], state[0].shape[1]
        if n < before:
            left.append(tuple(s[:, n:] for s in state))
            state = tuple(s[:, :n] for s in state)
        elif n > before:
            state = tuple(np.concatenate([s, w[:, before:n]], 1) for s, w in zip(state, whole, strict=True))
        state = step(parts[t], state)
        outputs[t] = state[0]
    if left:
        state = tuple(np.concatenate(pieces, 1) for pieces in zip(state, *reversed(left), strict=True))
    return np.concatenate(outputs, 1) if len(outputs) > 1 else outputs[0], state


def _whole_lstm(x: Any, w_hh: Any, state: tuple[Any, ...], steps: int, reverse: bool) -> tuple[Any, tuple[Any, ...]]:
    """As _run, of sequences of the same length: all steps at once."""
    x = x.reshape(x.shape[0], steps, -1)
    outputs, memory = lstm(x[:, ::-1] if reverse else x, w_hh, *state)
    whole = (outputs[::-1] if reverse else outputs).swapaxes(0, 1)
    return whole.reshape(whole.shape[0], -1), (outputs[-1], memory)


class RNNBase(Layer):
    """What RNN, LSTM and GRU share.

    input   (T, N, input_size); (N, T, input_size) with batch_first; (T, input_size); or a PackedSequence
    hx      the first state, (layers · directions, N, hidden_size), an LSTM's a pair (h, c); zeros without it
    result  the last layer's outputs, in the input's form, directions side by side; and the last state

    Layer k has parameters weight_ih_lk (gates · hidden_size, inputs), weight_hh_lk, bias_ih_lk and bias_hh_lk, in
    reverse with the suffix _reverse, with proj_size weight_hr_lk too. All are drawn from U(-k, k), k = 1/√hidden_size.
    `dropout` is applied in training to the outputs of every layer but the last. Raises ValueError for shapes that do
    not match.
    """

    gates: Mapping[str, int] = {"RNN_TANH": 1, "RNN_RELU": 1, "LSTM": 4, "GRU": 3}
    proj_size = 0  # but for an LSTM

    def __init__(
        self, mode: str, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, proj_size: int = 0, *,
        device: Any = None, dtype: Any = None, rng: Rng = None,
    ) -> None:  # fmt: skip
        self.begin(locals())

    def begin(self, arguments: dict[str, Any]) -> None:
        """Hold a constructor's arguments and the mode, and make the parameters."""
        self.hold(arguments)
        self.bias, self.dropout = arguments["bias"], float(arguments["dropout"])
        who, hidden = type(self).__name__, self.hidden_size
        one_of(self.mode, self.gates, who, "mode")
        for flag, value in (("bias", self.bias), ("batch_first", self.batch_first)):
            if not isinstance(value, bool):
                raise TypeError(f"{who}: expected {flag} to be True or False, got {value!r}")
        probability(self.dropout, f"{who}: dropout")
        for name in ("input_size", "hidden_size", "num_layers", "proj_size"):
            if not isinstance(value := getattr(self, name), int | np.integer):
                raise TypeError(f"{who}: expected {name} to be an integer, got {type(value).__name__}")
        if min(self.input_size, hidden, self.num_layers) <= 0:
            raise ValueError(
                f"{who}: expected input_size, hidden_size and num_layers above 0, got {self.input_size}, {hidden} and "
                f"{self.num_layers}"
            )
        if not 0 <= self.proj_size < hidden:
            raise ValueError(f"{who}: expected proj_size from 0 to below hidden_size {hidden}, got {self.proj_size}")
        if self.proj_size and self.mode != "LSTM":
            raise ValueError(f"{who}: proj_size is for the LSTM only")
        if self.dropout and self.num_layers == 1:
            import warnings

            warnings.warn(f"{who}: dropout is applied between layers, and there is only one", stacklevel=3)
        rows, output = self.gates[self.mode] * hidden, self.proj_size or hidden
        for layer in range(self.num_layers):
            inputs = self.input_size if layer == 0 else output * (2 if self.bidirectional else 1)
            shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, inputs), "weight_hh": (rows, output)}
            shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)} if self.bias else {}
            shapes |= {"weight_hr": (output, hidden)} if self.proj_size else {}
            for suffix in self._suffixes(layer):
                self.make(arguments["dtype"], **{f"{kind}_{suffix}": shape for kind, shape in shapes.items()})
        self.reset_parameters(self.rng)

    def _suffixes(self, layer: int) -> list[str]:
        return [f"l{layer}", f"l{layer}_reverse"] if self.bidirectional else [f"l{layer}"]

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw the initial values again."""
        init.uniform_by_fan_(self.hidden_size, *self.parameters(), rng=rng)

    @property
    def all_weights(self) -> list[list[Any]]:
        """The parameters of each layer and direction, in order."""
        kinds = ["weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr"]
        suffixes = [suffix for layer in range(self.num_layers) for suffix in self._suffixes(layer)]
        return [[getattr(self, f"{k}_{s}") for k in kinds if hasattr(self, f"{k}_{s}")] for s in suffixes]

    def flatten_parameters(self) -> None:
        """Does nothing: there is no other layout that would be faster."""

    def forward(self, input: Any, hx: Any = None) -> Any:
        order = back = None
        batched = True
        if isinstance(input, PackedSequence):
            x, order, back = input.data, input.sorted_indices, input.unsorted_indices
            sizes = input.batch_sizes.tolist()
            self._check_input(x, (2,))
        else:
            self._check_input(input, (2, 3))
            batched = input.ndim == 3
            x = input if batched else input.reshape(input.shape[0], 1, input.shape[1])
            x = x.swapaxes(0, 1) if self.batch_first and batched else x
            steps, n = x.shape[:2]
            if not steps:
                raise ValueError(f"{type(self).__name__}: expected at least one step, got input of shape {input.shape}")
            x, sizes = x.reshape(steps * n, x.shape[2]), [n] * steps
        state = self._first_state(hx, sizes[0], batched, x)
        if order is not None and hx is not None:
            state = tuple(s[:, order] for s in state)
        x, state = self._layers(x, state, sizes)
        if back is not None:
            state = tuple(s[:, back] for s in state)
        if not batched:
            state = tuple(s.reshape(s.shape[0], s.shape[2]) for s in state)
        result = state if self.mode == "LSTM" else state[0]
        if isinstance(input, PackedSequence):
            return input._replace(data=x), result
        if not batched:
            return x, result
        x = x.reshape(steps, n, x.shape[1])
        return (x.swapaxes(0, 1) if self.batch_first else x), result

    def _layers(self, x: Any, state: tuple[Any, ...], sizes: list[int]) -> tuple[Any, tuple[Any, ...]]:
        last: list[Any] = []
        x = x.T
        for layer in range(self.num_layers):
            if layer and self.dropout and self.training:
                x = self._dropped(x, sizes)
            outputs = []
            for suffix in self._suffixes(layer):
                w_ih, w_hh, b_ih, b_hh, w_hr = (
                    getattr(self, f"{kind}_{suffix}", None)  # which a parametrization may compute
                    for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
                )
                inputs, b_left = _inputs(self.mode, x, w_ih, b_ih, b_hh)
                first, reverse = tuple(s[len(last)].T for s in state), suffix.endswith("reverse")
                if self.mode == "LSTM" and w_hr is None and sizes[0] == sizes[-1] and len(sizes) > 1:
                    output, after = _whole_lstm(inputs, w_hh, first, len(sizes), reverse)
                else:
                    step = _step(self.mode, w_hh, b_left, w_hr)
                    output, after = _run(step, inputs, first, sizes, reverse)
                outputs.append(output)
                last.append(tuple(s.T for s in after))
            x = np.concatenate(outputs) if len(outputs) > 1 else outputs[0]
        return x.T, tuple(np.stack(parts) for parts in zip(*last, strict=True))

    def _dropped(self, x: Any, sizes: list[int]) -> Any:
        """Dropout of (features, steps · N), whose random numbers are drawn by example, unless these are packed."""
        steps, n = len(sizes), sizes[0]
        if x.shape[1] != steps * n:
            return dropout(x, self.dropout, rng=generator(self.rng))
        by_example = x.reshape(len(x), steps, n).T
        return dropout(by_example, self.dropout, rng=generator(self.rng)).T.reshape(x.shape)

    def _check_input(self, input: Any, axes: tuple[int, ...]) -> None:
        check_array(input, type(self).__name__)
        if input.ndim not in axes or input.shape[-1] != self.input_size:
            raise ValueError(
                f"{type(self).__name__}: expected input of {' or '.join(map(str, axes))} axes, the last of length "
                f"{self.input_size}, got shape {input.shape}"
            )
        dtype = self.weight_ih_l0.dtype
        if input.dtype != dtype:
            raise ValueError(
                f"{type(self).__name__}: expected input of the parameters' dtype {dtype}, got {input.dtype}; convert "
                f"it, or the module, with .to()"
            )

    def _first_state(self, hx: Any, n: int, batched: bool, x: Any) -> tuple[Any, ...]:
        layers = self.num_layers * (2 if self.bidirectional else 1)
        shapes = [(layers, n, self.proj_size or self.hidden_size)]
        shapes += [(layers, n, self.hidden_size)] if self.mode == "LSTM" else []
        if hx is None:
            return tuple(alike(np.zeros(shape, x.dtype), x) for shape in shapes)
        if self.mode == "LSTM" and not isinstance(hx, tuple | list):
            raise TypeError(f"LSTM: expected a first state as a tuple (h, c), got {type(hx).__name__}")
        given = tuple(hx) if self.mode == "LSTM" else (hx,)
        expected = shapes if batched else [(shape[0], shape[2]) for shape in shapes]
        if [value.shape for value in given] != expected:
            raise ValueError(
                f"{type(self).__name__}: expected a first state of shapes {expected}, got {[v.shape for v in given]}"
            )
        return given if batched else tuple(value.reshape(shape) for value, shape in zip(given, shapes, strict=True))

    def extra_repr(self) -> str:
        usual = {
            "proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0, "bidirectional": False,
        }  # fmt: skip
        return f"{self.input_size}, {self.hidden_size}" + unusual(vars(self), usual)


def _mode(who: str, nonlinearity: str) -> str:
    one_of(nonlinearity, ("tanh", "relu"), who, "nonlinearity")
    return f"RNN_{nonlinearity.upper()}"


class RNN(RNNBase):
    """h' = tanh(W x + b + W h + b), or relu with nonlinearity="relu"; see RNNBase. (Elman 1990)

    >>> from nn import RNN
    >>> outputs, last = RNN(3, 4)(np.ones((5, 2, 3), np.float32))
    >>> outputs.shape, last.shape
    ((5, 2, 4), (1, 2, 4))
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh", bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, *, device: Any = None,
        dtype: Any = None, rng: Rng = None,
    ) -> None:  # fmt: skip
        self.begin({"mode": _mode("RNN", nonlinearity), **locals()})


class LSTM(RNNBase):
    """Long short-term memory; the gates i, f, g, o lie in this order in the parameters; see RNNBase.

    With W x + b + W h + b within: i, f, o = sigmoid(...); g = tanh(...); c' = f c + i g; h' = o tanh(c').

    Hochreiter and Schmidhuber (1997), with the forget gate f of Gers, Schmidhuber and Cummins (2000).

    proj_size  if above 0, the length to which the hidden state is projected. (Sak et al. 2014)
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
        dropout: float = 0.0, bidirectional: bool = False, proj_size: int = 0, *, device: Any = None,
        dtype: Any = None, rng: Rng = None,
    ) -> None:  # fmt: skip
        self.begin({"mode": "LSTM", **locals()})


class GRU(RNNBase):
    """Gated recurrent unit; the gates r, z, n lie in this order in the parameters; see RNNBase.

    r, z = sigmoid(W x + b + W h + b); n = tanh(W x + b + r (W h + b)); h' = (1 - z) n + z h. (Cho et al. 2014)
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
        dropout: float = 0.0, bidirectional: bool = False, *, device: Any = None, dtype: Any = None, rng: Rng = None,
    ) -> None:  # fmt: skip
        self.begin({"mode": "GRU", **locals()})


# ---- cells -----------------------------------------------------------------------------------------------------------


class RNNCellBase(Layer):
    """One step: of an input (N, input_size) or (input_size,) and a state (N, hidden_size) or (hidden_size,).

    Parameters weight_ih (gates · hidden_size, input_size), weight_hh, bias_ih, bias_hh, drawn as RNNBase's.
    """

    mode: str

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, *, device: Any = None, dtype: Any = None,
        rng: Rng = None,
    ) -> None:  # fmt: skip
        self.hold(locals())
        self.bias, rows = bias, num_chunks * hidden_size
        biases = (rows,) if bias else None
        self.make(dtype, weight_ih=(rows, input_size), weight_hh=(rows, hidden_size), bias_ih=biases, bias_hh=biases)
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw the initial values again."""
        init.uniform_by_fan_(self.hidden_size, *self.parameters(), rng=rng)

    def forward(self, input: Any, hx: Any = None) -> Any:
        who, state, parts = type(self).__name__, hx, 2 if self.mode == "LSTM" else 1
        if input.ndim not in (1, 2) or input.shape[-1] != self.input_size:
            raise ValueError(f"{who}: expected input (N, {self.input_size}) or ({self.input_size},), got {input.shape}")
        expected = (*input.shape[:-1], self.hidden_size)
        if state is None:
            state = tuple(alike(np.zeros(expected, input.dtype), input) for _ in range(parts))
        state = tuple(state) if parts > 1 else state if isinstance(state, tuple) else (state,)
        if any(value.shape != expected for value in state):
            raise ValueError(f"{who}: expected a state of shape {expected}, got {[value.shape for value in state]}")
        x, *state = (value.T if value.ndim == 2 else value.reshape(-1, 1) for value in (input, *state))
        inputs, b_left = _inputs(self.mode, x, self.weight_ih, self.bias_ih, self.bias_hh)
        after = _step(self.mode, self.weight_hh, b_left)(inputs, tuple(state))
        after = tuple(s.T if input.ndim == 2 else s.reshape(-1) for s in after)
        return after if parts > 1 else after[0]

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + unusual(vars(self), {"bias": True, "nonlinearity": "tanh"})


class RNNCell(RNNCellBase):
    """One step of an RNN: gives the next hidden state, h' = tanh(W x + b + W h + b), or relu."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", *, device: Any = None,
        dtype: Any = None, rng: Rng = None,
    ) -> None:  # fmt: skip
        mode = _mode("RNNCell", nonlinearity)
        super().__init__(input_size, hidden_size, bias, 1, device=device, dtype=dtype, rng=rng)
        self.nonlinearity, self.mode = nonlinearity, mode


class _GatedCell(RNNCellBase):
    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, *, device: Any = None, dtype: Any = None,
        rng: Rng = None,
    ) -> None:  # fmt: skip
        chunks = RNNBase.gates[self.mode]
        super().__init__(input_size, hidden_size, bias, chunks, device=device, dtype=dtype, rng=rng)


class LSTMCell(_GatedCell, mode="LSTM"):
    """One step of an LSTM, whose docstring has the formula: the state is a pair (h, c), and so is the result."""


class GRUCell(_GatedCell, mode="GRU"):
    """One step of a GRU, whose docstring has the formula: gives the next hidden state."""
