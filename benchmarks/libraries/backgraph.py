"""backgraph, as one writes it."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np

import autograd
import nn
import optim
from autograd import Tensor
from nn import functional as F

from . import networks

NAME, VERSION = "backgraph", version("backgraph")


def make(workload: Any, weights: Any, data: Any) -> Any:
    w = {name: Tensor(value, requires_grad=True) for name, value in weights.items()}
    d = {name: Tensor(value) for name, value in data.items()}
    if workload.name == "hvp":
        return hvp(w, d)
    if not workload.optimizer:
        loss = globals()[workload.name]

        def gradients() -> None:
            for value in w.values():
                value.grad = None
            loss(w, d).backward()

        return gradients, lambda: {name: value.grad.numpy() for name, value in w.items()}
    if workload.name in ("lstm", "gpt"):
        network = {"lstm": Lstm, "gpt": Gpt}[workload.name]()
        names = {name: name for name in w}
    else:
        network = networks.sequential(workload.name, nn)
        names = dict(zip(w, network.state_dict(), strict=True))
    network.load_state_dict({names[name]: value for name, value in weights.items()})
    kind, lr, other = workload.optimizer
    parameters = network.parameters()
    if kind == "sgd":
        optimizer: Any = optim.SGD(parameters, lr, momentum=other)
    else:
        optimizer = optim.AdamW(parameters, lr, weight_decay=other) if other else optim.Adam(parameters, lr)
    objective = {"perceptron": F.mse_loss, "memory": F.mse_loss, "lstm": lambda h, _: (h * h).mean()}.get(
        workload.name, F.cross_entropy
    )
    target = d.get("t")
    if workload.name == "gpt":
        target = target.reshape(-1)

    def step() -> None:
        optimizer.zero_grad()
        objective(network(d["x"]), target).backward()
        optimizer.step()

    return step, lambda: {name: network.state_dict()[names[name]] for name in w}


def small(w: Any, d: Any) -> Any:
    return (w["x"] @ w["w"] + w["b"]).tanh().sum()


def chain(w: Any, d: Any) -> Any:
    y, a, b = w["y"], w["a"], w["b"]
    for _ in range(len(d["steps"])):
        y = y * a + b
    return y


class Lstm(nn.LSTM):
    def __init__(self) -> None:
        super().__init__(32, 128)

    def forward(self, x: Any) -> Any:
        return super().forward(x)[0][-1]


class Block(nn.Module):
    def __init__(self, d: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.qkv, self.proj = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.up, self.down = nn.Linear(d, 4 * d), nn.Linear(4 * d, d)

    def forward(self, x: Any) -> Any:
        b, t, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).reshape(b, t, 3, 4, d // 4).transpose(2, 0, 3, 1, 4)
        x = x + self.proj(F.scaled_dot_product_attention(q, k, v, is_causal=True).swapaxes(1, 2).reshape(b, t, d))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))


class Gpt(nn.Module):
    def __init__(self, d: int = 128) -> None:
        super().__init__()
        self.token, self.place = nn.Embedding(65, d), nn.Embedding(64, d)
        for k in range(2):
            self.add_module(str(k), Block(d))
        self.norm, self.head = nn.LayerNorm(d), nn.Linear(d, 65)

    def forward(self, x: Any) -> Any:
        x = self.token(x) + self.place.weight
        for block in (self.get_submodule("0"), self.get_submodule("1")):
            x = block(x)
        return self.head(self.norm(x)).reshape(-1, 65)


def elementwise(w: Any, d: Any) -> Any:
    x, y = w["x"], w["y"]
    return (((x * y).tanh() + x.sqrt()) * (-y).exp() / (1 + x * x)).sum()


def reduce_norm(w: Any, d: Any) -> Any:
    h = F.layer_norm(w["x"], (512,), w["weight"], w["bias"])
    return (F.softmax(h, 1) * d["c"]).sum() + autograd.logsumexp(h, axis=1).sum()


def hvp(w: Any, d: Any) -> Any:
    weights = list(w.values())
    vector = [d[f"v.{name}"] for name in w]
    found: dict[str, Any] = {}

    def step() -> None:
        h = np.tanh(F.linear(d["x"], w["0.weight"], w["0.bias"]))
        loss = F.cross_entropy(F.linear(h, w["1.weight"], w["1.bias"]), d["t"])
        g = autograd.grad(loss, weights, create_graph=True)
        found.update(zip(w, autograd.grad(g, weights, vector), strict=True))

    return step, lambda: {name: value.numpy() for name, value in found.items()}


class Arrays:
    """NumPy's functions, and autograd's where it has none."""

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name, None) or getattr(autograd, name)


def function(row: Any, inputs: Any, data: Any) -> Any:
    return networks.function(row, Arrays(), F, inputs, data, Tensor)


def scaled(family: str, w: Any, x: Any) -> Any:
    return networks.scaled(family, w, x, nn, Tensor)


def checkpointed(layers: int, segment: int, width: int = 64, batch: int = 1024) -> Any:
    """A step of a chain of tanh layers that share one weight, `segment` of them in each checkpoint (0: without)."""
    rng = np.random.default_rng(0)
    layer = nn.Linear(width, width)
    layer.load_state_dict({"weight": rng.standard_normal((width, width)) / 8, "bias": np.zeros(width)})
    x = Tensor(rng.standard_normal((batch, width)).astype(np.float32))
    count = segment or layers

    def run(h: Any) -> Any:
        for _ in range(count):
            h = np.tanh(layer(h))
        return h

    block = autograd.checkpoint(run) if segment else run

    def step() -> None:
        layer.weight.grad = layer.bias.grad = None
        h = x
        for _ in range(layers // count):
            h = block(h)
        (h * h).mean().backward()

    return step
