"""PyTorch, eager, as one writes it."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from . import networks

NAME, VERSION = "PyTorch", torch.__version__


def make(workload: Any, weights: Any, data: Any, compiled: Any = lambda function: function) -> Any:
    """`compiled` makes something quicker of what computes a loss, and of what an optimizer does."""
    w = {name: torch.tensor(value, requires_grad=True) for name, value in weights.items()}
    d = {name: torch.tensor(value) for name, value in data.items()}
    if workload.name == "hvp":
        return hvp(w, d)
    if not workload.optimizer:
        loss = compiled(globals()[workload.name])

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
    network.load_state_dict({names[name]: value for name, value in w.items()})
    kind, lr, other = workload.optimizer
    parameters = network.parameters()
    if kind == "sgd":
        optimizer: Any = torch.optim.SGD(parameters, lr, momentum=other)
    else:
        optimizer = torch.optim.AdamW(parameters, lr, weight_decay=other) if other else torch.optim.Adam(parameters, lr)
    objective = {"perceptron": F.mse_loss, "memory": F.mse_loss, "lstm": lambda h, _: (h * h).mean()}.get(
        workload.name, F.cross_entropy
    )
    target = d.get("t")
    if workload.name == "gpt":
        target = target.reshape(-1)

    forward, update = compiled(lambda x, t: objective(network(x), t)), compiled(optimizer.step)

    def step() -> None:
        optimizer.zero_grad()
        forward(d["x"], target).backward()
        update()

    return step, lambda: {name: network.state_dict()[names[name]].numpy() for name in w}


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
        q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, 4, d // 4).permute(2, 0, 3, 1, 4)
        x = x + self.proj(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(b, t, d))
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
    return (F.softmax(h, 1) * d["c"]).sum() + torch.logsumexp(h, 1).sum()


def hvp(w: Any, d: Any) -> Any:
    weights = list(w.values())
    vector = [d[f"v.{name}"] for name in w]
    found: dict[str, Any] = {}

    def step() -> None:
        h = torch.tanh(F.linear(d["x"], w["0.weight"], w["0.bias"]))
        loss = F.cross_entropy(F.linear(h, w["1.weight"], w["1.bias"]), d["t"])
        g = torch.autograd.grad(loss, weights, create_graph=True)
        found.update(zip(w, torch.autograd.grad(g, weights, vector), strict=True))

    return step, lambda: {name: value.numpy() for name, value in found.items()}


def function(row: Any, inputs: Any, data: Any) -> Any:
    return networks.function(row, torch, F, inputs, data, torch.tensor)


def scaled(family: str, w: Any, x: Any) -> Any:
    return networks.scaled(family, w, x, nn, torch.tensor)
