"""PyTorch, compiled: `torch.compile` of the loss, whose backward pass it compiles as well, and of the optimizer."""

from __future__ import annotations

from typing import Any

import torch

from . import pytorch

NAME, VERSION = "PyTorch (compile)", torch.__version__


def make(workload: Any, weights: Any, data: Any) -> Any:
    if workload.name == "hvp":
        return hvp({k: torch.tensor(v) for k, v in weights.items()}, {k: torch.tensor(v) for k, v in data.items()})
    return pytorch.make(workload, weights, data, torch.compile)


def hvp(w: Any, d: Any) -> Any:
    """Forward through backward, for torch.compile has no second backward pass."""

    def loss(w: Any) -> Any:
        h = torch.tanh(torch.nn.functional.linear(d["x"], w["0.weight"], w["0.bias"]))
        return torch.nn.functional.cross_entropy(torch.nn.functional.linear(h, w["1.weight"], w["1.bias"]), d["t"])

    run = torch.compile(lambda w, v: torch.func.jvp(torch.func.grad(loss), (w,), (v,))[1])
    vector = {name: d[f"v.{name}"] for name in w}
    found: dict[str, Any] = {}
    return lambda: found.update(run(w, vector)), lambda: {name: value.numpy() for name, value in found.items()}
