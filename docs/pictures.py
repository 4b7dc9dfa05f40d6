"""Draws the pictures of the guides in docs/pictures. `make gallery` runs it."""

from pathlib import Path

import numpy as np

from autograd import Tensor, draw, grad

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


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for picture in (engine, shared, second):
        picture()
