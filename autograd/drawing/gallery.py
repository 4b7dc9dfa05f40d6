"""The gallery: `python -m autograd.drawing.gallery docs/gallery` draws every picture in it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .. import Tensor, draw, grad, scope, windows
from .drawn import Drawing
from .player import Player


def _parameter(rng: np.random.Generator, *shape: int, name: str | None = None) -> Tensor:
    return Tensor(rng.normal(size=shape) / max(shape[0], 1) ** 0.5, dtype=np.float32, requires_grad=True, name=name)


def neurons() -> Drawing:
    """One input, a hidden layer of three neurons, one output: with the values and the gradients."""
    x, target = Tensor([[0.5, -1.0]], name="x"), Tensor([[1.0]])
    W1 = Tensor([[0.1, 0.4, -0.3], [0.8, -0.6, 0.5]], requires_grad=True)
    b1 = Tensor([0.0, 0.1, 0.2], requires_grad=True)
    W2 = Tensor([[0.7], [-0.2], [0.9]], requires_grad=True)
    h = (x @ W1 + b1).tanh()
    y = h @ W2
    loss = ((y - target) ** 2).sum()
    return draw(loss, names=locals(), gradients=True, show=("shape", "value"))


def xor() -> Drawing:
    """The four cases of XOR through a network of two layers, and the rules that train it."""
    rng = np.random.default_rng(0)
    x = Tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
    t = Tensor([[0], [1], [1], [0]], dtype=np.float32)
    W1, b1 = _parameter(rng, 2, 4), _parameter(rng, 4)
    W2, b2 = _parameter(rng, 4, 1), _parameter(rng, 1)
    h = (x @ W1 + b1).tanh()
    y = (h @ W2 + b2).sigmoid()
    loss = ((y - t) ** 2).mean()
    return draw(loss, names=locals())


def square() -> Drawing:
    """`x * x`: both uses, both gradients, and their sum."""
    x = Tensor(3.0, requires_grad=True)
    y = x * x
    return draw(y, names=locals(), gradients=True, show=("value",))


def convolution() -> Drawing:
    """A convolution is windows and a product: what flows back through each."""
    rng = np.random.default_rng(0)
    image, kernel = _parameter(rng, 6, 6), _parameter(rng, 3, 3)
    pieces = windows(image, (3, 3))
    result = np.einsum("ijkl,kl->ij", pieces, kernel)
    loss = (result**2).sum()
    return draw(loss, names=locals())


def _layers(rng: np.random.Generator, x: Any) -> tuple[Tensor, list[Tensor]]:
    """The scores, and the parameters, which somebody must hold for their names to be known."""
    held: list[Tensor] = []

    def parameter(*shape: int, name: str) -> Tensor:
        held.append(_parameter(rng, *shape, name=name))
        return held[-1]

    with scope("features"):
        with scope("conv1"):
            k = parameter(5, 5, name="conv1.kernel")
            x = np.einsum("bijkl,kl->bij", windows(x, (5, 5)), k) + parameter(1, name="conv1.bias")
        with scope("relu1"):
            x = np.maximum(x, 0)
        with scope("pool1"):
            x = windows(x, (2, 2), stride=2).mean(axis=(-2, -1))
    with scope("classifier"):
        for n, (a, b) in enumerate(((36, 20), (20, 10)), 1):
            with scope(f"linear{n}"):
                weight, bias = parameter(a, b, name=f"linear{n}.weight"), parameter(b, name=f"linear{n}.bias")
                x = x.reshape(len(x), -1) @ weight + bias
            if n == 1:
                with scope("tanh"):
                    x = x.tanh()
    return x, held


def lenet() -> Drawing:
    """A LeNet by its layers, each of them closed."""
    rng = np.random.default_rng(0)
    images = Tensor(rng.normal(size=(4, 16, 16)), dtype=np.float32)
    scores, held = _layers(rng, images)
    return draw(scores, names={"images": images, "scores": scores} | {p.name: p for p in held}, depth=1)


def lenet_open() -> Drawing:
    """The same with every layer open."""
    rng = np.random.default_rng(0)
    images = Tensor(rng.normal(size=(4, 16, 16)), dtype=np.float32)
    scores, held = _layers(rng, images)
    return draw(scores, names={"images": images, "scores": scores} | {p.name: p for p in held}, rankdir="TB")


def recurrent() -> Drawing:
    """A recurrent network of twenty steps: its weights are used at each, drawn as numbered stubs."""
    rng = np.random.default_rng(0)
    W, U = _parameter(rng, 4, 4), _parameter(rng, 3, 4)
    inputs = rng.normal(size=(20, 1, 3)).astype(np.float32)
    h = Tensor(np.zeros((1, 4), np.float32), name="h0")
    for k in range(20):
        x = inputs[k]
        h = (h @ W + x @ U).tanh()
    return draw(h, names={"W": W, "U": U, "h": h}, max_nodes=60, show="shape", rankdir="TB")


def residual() -> Drawing:
    """A residual block: the gradient comes back along both ways, and adds up."""
    rng = np.random.default_rng(0)
    x, W1, W2 = _parameter(rng, 8, 16), _parameter(rng, 16, 16), _parameter(rng, 16, 16)
    with scope("block"):
        inner = np.maximum(x @ W1, 0) @ W2
        y = x + inner
    return draw(y, names={"x": x, "W1": W1, "W2": W2, "y": y}, gradients=True)


def double_backward() -> Drawing:
    """The gradient of x³, computed with create_graph=True, is itself a graph."""
    x = Tensor(2.0, requires_grad=True)
    y = x**3
    (slope,) = grad(y, x, create_graph=True)
    return draw(slope, names={"x": x, "y": y, "slope": slope})


def nan_hunt() -> Drawing:
    """Where an infinity comes from: the VJP of sqrt, at a zero."""
    x = Tensor([0.0, 4.0], requires_grad=True)
    distance = np.sqrt(x * x)
    loss = (distance * Tensor([0.0, 1.0])).sum()
    return draw(loss, names=locals(), gradients=True, show=("value",))


def dark() -> Drawing:
    """The network of three neurons for a dark page."""
    rng = np.random.default_rng(1)
    x = Tensor(rng.normal(size=(8, 3)), dtype=np.float32)
    W, b = _parameter(rng, 3, 2), _parameter(rng, 2)
    loss = ((x @ W + b).tanh() ** 2).mean()
    return draw(loss, names={"x": x, "W": W, "b": b, "loss": loss}, theme="dark", gradients=True, saved=True)


def training() -> Player:
    """A neuron of two inputs that learns: five steps of gradient descent, with the loss beside them."""
    x, target = Tensor([0.5, -1.0], name="x"), Tensor(1.0, name="target")
    weights, bias = np.array([0.1, 0.4]), np.array(0.0)
    drawings, losses = [], []
    for _ in range(5):
        w, b = Tensor(weights, requires_grad=True), Tensor(bias, requires_grad=True)
        y = (x @ w + b).tanh()
        loss = (y - target) ** 2
        drawings.append(draw(loss, names=locals(), gradients=True, show=("value",)))
        losses.append(loss.item())
        along, by = grad(loss, [w, b])
        weights, bias = weights - 0.1 * along.numpy(), bias - 0.1 * by.numpy()
    return drawings[0].player(*drawings[1:], losses=losses)


PICTURES: tuple[Callable[[], Drawing], ...] = (
    neurons, xor, square, convolution, lenet, lenet_open, recurrent, residual, double_backward, nan_hunt, dark,
)  # fmt: skip


def main(folder: str) -> None:
    """Draw them all into a folder, with a page that lists them, and the player."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    lines = ["# Gallery", "", "Made by `python -m autograd.drawing.gallery docs/gallery`. How to read them: "
             "[drawing.md](../drawing.md).", ""]  # fmt: skip
    for make in PICTURES:
        drawing = make()
        name = make.__name__.replace("_", "-")
        drawing.save(place / f"{name}.svg")
        lines += [f"## {name}", "", (make.__doc__ or "").strip(), "", f"![{name}]({name}.svg)", ""]
    training().save(place / "player.html")
    lines += ["## player", "", f"[player.html](player.html): {(training.__doc__ or '').strip()}", ""]
    (place / "README.md").write_text("\n".join(lines), encoding="utf-8")
    print(f"{len(PICTURES)} pictures and the player are in {place}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m autograd.drawing.gallery FOLDER")
    main(sys.argv[1])
