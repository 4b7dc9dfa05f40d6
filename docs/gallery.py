"""Draws the pictures in docs/gallery: `make gallery`."""

from __future__ import annotations

import os

import numpy as np

import nn
from autograd import Tensor, draw, manual_seed

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "gallery")


def neuron() -> None:
    """The README's picture: one neuron, its error, and the backward pass."""
    x = Tensor([[0.5, -1.0, 2.0]], name="x")
    w = Tensor([[0.1], [-0.3], [0.2]], requires_grad=True, name="w")
    b = Tensor([0.0], requires_grad=True, name="b")
    t = Tensor([[1.0]], name="t")
    z = x @ w + b
    y = np.tanh(z)
    error = ((y - t) ** 2).sum()
    draw(error, names={"x": x, "t": t, "z": z, "y": y, "error": error}).save(os.path.join(FOLDER, "neuron.svg"))


def shared() -> None:
    """A value that is used twice: where its gradients meet, they add up."""
    x = Tensor(2.0, requires_grad=True, name="x")
    draw(x * np.exp(x), gradients=True, show=("shape", "value")).save(os.path.join(FOLDER, "shared.svg"))


def network() -> None:
    """A small convolutional network by its modules, forward and backward."""
    manual_seed(0)
    layers = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 10),
    )  # fmt: skip
    images = Tensor(np.random.default_rng(0).random((2, 1, 8, 8), dtype=np.float32), name="images")
    loss = nn.CrossEntropyLoss()(layers(images), Tensor([3, 7]))
    for direction in ("forward", "backward"):
        draw(loss, direction=direction, depth=1).save(os.path.join(FOLDER, f"network_{direction}.svg"))


if __name__ == "__main__":
    os.makedirs(FOLDER, exist_ok=True)
    for picture in (neuron, shared, network):
        picture()
        print(f"gallery: {picture.__name__}")
