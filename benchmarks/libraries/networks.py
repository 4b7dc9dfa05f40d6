"""What reads the same in PyTorch and in backgraph: `nn` is either's, and `tensor` makes its tensors of arrays."""

from __future__ import annotations

from typing import Any

import numpy as np


def sequential(name: str, nn: Any) -> Any:
    """The network of a workload that is a plain sequence of modules."""
    layers = {
        "perceptron": lambda: (nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1), nn.Tanh()),
        "mlp_small": lambda: (nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10)),
        "mlp_large": lambda: (nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10)),
        "memory": lambda: [module for _ in range(20) for module in (nn.Linear(1024, 1024), nn.Tanh())],
        "lenet": lambda: (
            nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
        ),
        "vgg": lambda: (
            nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(4096, 10),
        ),
    }  # fmt: skip
    return nn.Sequential(*layers[name]())


def function(row: Any, m: Any, f: Any, inputs: Any, data: Any, tensor: Any) -> Any:
    """A step of a function, forward and backward, and its inputs, which have the gradients then."""
    inputs, data = [tensor(value) for value in inputs], [tensor(value) for value in data]
    for value in inputs:
        value.requires_grad_()
    shape = row.run(m, f, *inputs, *data).shape
    seed = tensor(np.random.default_rng(0).standard_normal(shape).astype(inputs[0].detach().numpy().dtype))

    def step() -> Any:
        for value in inputs:
            value.grad = None
        made = row.run(m, f, *inputs, *data)
        made.backward(seed)
        return made

    return step, inputs


def scaled(family: str, w: Any, x: Any, nn: Any, tensor: Any) -> Any:
    """A step of a family, and its results: the gradients of mean(output²)."""
    network = _of_family(family, w, nn)
    names = dict(zip(w, network.state_dict(), strict=True))
    network.load_state_dict({names[name]: tensor(value) for name, value in w.items()})
    parameters = list(network.parameters())
    x = tensor(x)

    def step() -> None:
        for parameter in parameters:
            parameter.grad = None
        y = network(x)
        (y * y).mean().backward()

    return step, lambda: {name: p.grad.numpy() for name, p in zip(w, parameters, strict=True)}


def _of_family(family: str, w: Any, nn: Any) -> Any:
    if family == "steps":

        class Lstm(nn.LSTM):
            def forward(self, x: Any) -> Any:
                return super().forward(x)[0]

        return Lstm(32, 64)
    if family == "kernel":
        k = w["conv0.weight"].shape[-1]
        return nn.Conv2d(16, 16, k, padding=k // 2)
    if family == "length":

        class Attention(nn.Linear):
            def forward(self, x: Any) -> Any:
                y = super().forward(x)
                q, k, v = y[..., :32], y[..., 32:64], y[..., 64:]
                return nn.functional.scaled_dot_product_attention(q, k, v)

        return Attention(32, 96)
    shapes = [value.shape for name, value in w.items() if name.endswith("weight")]
    return nn.Sequential(*[module for n, m in shapes for module in (nn.Linear(m, n), nn.Tanh())])
