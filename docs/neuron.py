"""Draws docs/neuron.svg, the README's picture: one neuron, its error, and the backward pass. `make gallery` runs it."""

from pathlib import Path

import numpy as np

from autograd import Tensor, draw

x = Tensor([[0.5, -1.0, 2.0]])
w = Tensor([[0.1], [-0.3], [0.2]], requires_grad=True)
b = Tensor([0.0], requires_grad=True)
t = Tensor([[1.0]])
z = x @ w + b
y = np.tanh(z)
error = ((y - t) ** 2).sum()
draw(error, names={"x": x, "w": w, "b": b, "t": t, "z": z, "y": y, "error": error}).save(
    Path(__file__).with_name("neuron.svg")
)
