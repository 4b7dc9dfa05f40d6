"""The networks that read the same in PyTorch and in backgraph: `nn` is either's."""

from __future__ import annotations

from typing import Any


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
