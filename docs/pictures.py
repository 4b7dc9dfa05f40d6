"""Draws the guides' pictures in docs/pictures, and those of layers in docs/pictures/nn. `make gallery` runs it."""

from pathlib import Path
from typing import Any

import numpy as np

import autograd
import nn
from autograd import Tensor, draw, grad
from autograd.drawing.drawn import Drawing

FOLDER = Path(__file__).with_name("pictures")


def engine() -> None:
    """The computation that the guide to the engine follows."""
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    w = Tensor([0.5, -0.5], requires_grad=True, name="w")
    h = np.tanh(x * w)
    y = h.sum()
    names = {"h": h, "y": y}
    draw(y, names=names, direction="forward", show=("shape", "value")).save(FOLDER / "engine-forward.svg")
    draw(y, names=names, direction="backward", gradients=True, show=("value",)).save(FOLDER / "engine-backward.svg")


def shared() -> None:
    """A value that is used twice."""
    x = Tensor(2.0, requires_grad=True, name="x")
    y = x * np.exp(x)
    draw(y, names={"y": y}, gradients=True, show=("value",)).save(FOLDER / "engine-shared.svg")


def second() -> None:
    """The gradient of tanh, and the graph that it has itself."""
    x = Tensor(0.5, requires_grad=True, name="x")
    (slope,) = grad(np.tanh(x), x, create_graph=True)
    draw(slope, names={"slope": slope}, show=("value",)).save(FOLDER / "engine-second.svg")


# ---- layers ----------------------------------------------------------------------------------------------------------


def given(*shape: int) -> Tensor:
    return Tensor(np.ones(shape, np.float32), requires_grad=True)


class Chosen(nn.Module):
    """One of the modules of a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.act = nn.ModuleDict({"tanh": nn.Tanh(), "relu": nn.ReLU()})

    def forward(self, x: Any) -> Any:
        return self.act["tanh"](x) + self.act["relu"](x)


class Chain(nn.Module):
    """The modules of a list, one after the other, each added to its input."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = nn.ModuleList([nn.Linear(3, 3) for _ in range(2)])

    def forward(self, x: Any) -> Any:
        for part in self.parts:
            x = x + part(x)
        return x


class Weighted(nn.Module):
    """The parameters of a list or a dict as factors."""

    def __init__(self, factors: Any) -> None:
        super().__init__()
        self.w = factors

    def forward(self, x: Any) -> Any:
        for factor in self.w.values() if isinstance(self.w, nn.ParameterDict) else self.w:
            x = x * factor
        return x


class Neuron(nn.Module):
    """A module as one writes it."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter([0.5, -1.0])

    def forward(self, x: Any) -> Any:
        return np.tanh(x @ self.w)


class Scaled(nn.Module):
    """A parameter, and a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.w, self.scale = nn.Parameter([2.0, 3.0]), nn.Buffer([10.0, 100.0])

    def forward(self, x: Any) -> Any:
        return x * self.w * self.scale


class Unrolled(nn.Module):
    """Three steps of a cell."""

    def __init__(self, cell: Any) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, x1: Any, x2: Any, x3: Any) -> Any:
        state = None
        for x in (x1, x2, x3):
            state = self.cell(x, state)
        return state


def named(name: str, value: Any) -> Any:
    value.name = name
    return value


class Attention(nn.Module):
    """One head of attention of a sequence to itself."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(4, 4) for _ in range(4))

    def forward(self, x: Any) -> Any:
        q, k, v = named("q", self.query(x)), named("k", self.key(x)), named("v", self.value(x))
        weights = named("weights", autograd.softmax(q @ k.T / 2.0))
        return self.out(weights @ v)


class Gates(nn.Module):
    """What the gates of a cell are made of: a linear layer of the input and the state each."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        for name in names:
            setattr(self, f"linear_{name}", nn.Linear(5, 3))

    def gate(self, name: str, x: Any, h: Any, function: Any) -> Any:
        made = function(getattr(self, f"linear_{name}")(np.concatenate([x, h])))
        return named(name, made)


class Updated(Gates):
    """A step of a gated recurrent unit."""

    def forward(self, x: Any, h: Any) -> Any:
        r, z = (self.gate(name, x, h, autograd.sigmoid) for name in "rz")
        n = self.gate("n", x, r * h, np.tanh)
        return named("h'", (1 - z) * n + z * h)


class Remembered(Gates):
    """A step of a long short-term memory."""

    def forward(self, x: Any, h: Any, c: Any) -> Any:
        i, f, o = (self.gate(name, x, h, autograd.sigmoid) for name in "ifo")
        g = self.gate("g", x, h, np.tanh)
        return named("h'", o * np.tanh(named("c'", f * c + i * g)))


class Loss(nn.Module):
    """A loss with its target in it."""

    def __init__(self, loss: Any, target: Any) -> None:
        super().__init__()
        self.loss, self.target = loss, np.array(target)

    def forward(self, x: Any) -> Any:
        made = self.loss(x, self.target)
        return getattr(made, "loss", made)


def layers() -> dict[str, Drawing]:
    """The pictures of layers whose graph tells what they are, by the names of the classes."""
    encoder, decoder = nn.TransformerEncoderLayer(8, 2, 16), nn.TransformerDecoderLayer(8, 2, 16)
    adaptive = nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs=[5, 10])
    down: dict[str, Any] = {"direction": "forward", "rankdir": "TB"}
    steps = [given(2) for _ in range(3)]
    table: dict[str, tuple[Any, list[Any], dict[str, Any]]] = {
        "Linear": (nn.Linear(3, 2), [given(4, 3)], {}),
        "Bilinear": (nn.Bilinear(3, 2, 2), [given(4, 3), given(4, 2)], down),
        "RNNCell": (nn.RNNCell(2, 3), [given(2), given(3)], down),
        "GRUCell": (Updated("r", "z", "n"), [given(2), given(3)], {"depth": 1, **down}),
        "LSTMCell": (Remembered("i", "f", "o", "g"), [given(2), given(3), given(3)], {"depth": 1, **down}),
        "RNN": (Unrolled(nn.RNNCell(2, 3)), steps, {"depth": 1, "direction": "forward"}),
        "GRU": (Unrolled(nn.GRUCell(2, 3)), steps, {"depth": 1, "direction": "forward"}),
        "LSTM": (Unrolled(nn.LSTMCell(2, 3)), steps, {"depth": 1, "direction": "forward"}),
        "MultiheadAttention": (Attention(), [given(3, 4)], {"depth": 1, **down}),
        "TransformerEncoderLayer": (encoder, [given(5, 2, 8)], {"depth": 1, **down}),
        "TransformerDecoderLayer": (decoder, [given(3, 2, 8), given(5, 2, 8)], {"depth": 1, **down}),
        "TransformerEncoder": (nn.TransformerEncoder(encoder, 2), [given(5, 2, 8)], {"depth": 1}),
        "TransformerDecoder": (nn.TransformerDecoder(decoder, 2), [given(3, 2, 8), given(5, 2, 8)], {"depth": 1}),
        "Transformer": (nn.Transformer(8, 2, 1, 1, 16), [given(5, 2, 8), given(3, 2, 8)], {"depth": 1}),
        "AdaptiveLogSoftmaxWithLoss": (Loss(adaptive, [0, 7]), [given(2, 8)], {"depth": 2, **down}),
        "LinearCrossEntropyLoss": (Loss(nn.LinearCrossEntropyLoss(4, 3), [0, 1]), [given(2, 4)], {"depth": 2, **down}),
        "RBM": (nn.RBM(4, 3), [given(2, 4)], {}),
        "DeepBeliefNetwork": (nn.DeepBeliefNetwork([4, 3, 2]), [given(2, 4)], {"depth": 1}),
        "Sequential": (nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)), [given(5, 3)], {"depth": 1}),
        "ModuleList": (Chain(), [given(5, 3)], {"depth": 1}),
        "ModuleDict": (Chosen(), [given(3)], {}),
        "ParameterList": (Weighted(nn.ParameterList([[2.0, 2.0], [3.0, 3.0]])), [given(2)], {}),
        "ParameterDict": (Weighted(nn.ParameterDict({"a": [2.0, 2.0], "b": [3.0, 3.0]})), [given(2)], {}),
        "Module": (Neuron(), [given(2)], {"show": ("value",)}),
        "Parameter": (Scaled(), [np.ones(2, np.float32)], {"show": ("value",)}),
        "Buffer": (Scaled(), [np.ones(2, np.float32)], {"show": ("value",)}),
    }
    made = {}
    for name, (layer, inputs, options) in table.items():
        autograd.manual_seed(0)
        made[name] = draw(layer, *inputs, **{"show": ("shape",), **options})
    return made


if __name__ == "__main__":
    (FOLDER / "nn").mkdir(parents=True, exist_ok=True)
    for picture in (engine, shared, second):
        picture()
    for name, drawing in layers().items():
        drawing.save(FOLDER / "nn" / f"{name}.svg")
