"""How the exercises in which something is built are checked: against the library, on numbers that nobody has seen.

Each check takes the answer, and by name what the notebook gives besides. It raises AssertionError, saying what is wrong
with an answer, and returns nothing for one that is right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import nn
import nn.functional as F
import optim
from autograd import Tensor, elementwise, grad, gradcheck, primitive, sigmoid


def expect(condition: Any, otherwise: str) -> None:
    """AssertionError that says so, unless the condition holds."""
    if not np.all(condition):
        raise AssertionError(otherwise)


def close(a: Any, b: Any) -> bool:
    """Equal in shape, and in value up to rounding."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    return a.shape == b.shape and bool(np.allclose(a, b))


# ---- the perceptron, Adaline, XOR ------------------------------------------------------------------------------------


def perceptron(train: Callable[..., Any]) -> None:
    """train(X, y, w, passes) gives the weights; the rule is applied in the order of the rows."""
    slips: dict[str, Callable[..., Any]] = {
        "": lambda x, y, w: (y - float(w @ x > 0)) * x,
        "it leaves out the threshold": lambda x, y, w: (y - w @ x) * x,
        "it leaves out the input": lambda x, y, w: (y - float(w @ x > 0)) * np.ones(3),
        "it goes the wrong way: y - o, not o - y": lambda x, y, w: (float(w @ x > 0) - y) * x,
    }
    rng = np.random.default_rng(0)
    for _ in range(3):
        X = np.column_stack([rng.normal(size=(30, 2)), np.ones(30)])
        y = (X @ [1.0, -2.0, 0.3] > 0).astype(float)
        weights = {slip: np.zeros(3) for slip in slips} | {"it makes one pass only": np.zeros(3)}
        for number in range(5):
            for x, target in zip(X, y, strict=True):
                for slip, change in slips.items():
                    weights[slip] = weights[slip] + change(x, target, weights[slip])
            if number == 0:
                weights["it makes one pass only"] = weights[""]
        found = train(X, y, np.zeros(3), 5)
        expect(np.shape(found) == (3,), f"it should give the 3 weights, and gave {found!r}"[:120])
        expect(np.isfinite(found), "its weights grow beyond all bounds: it leaves out the threshold")
        for slip, others in weights.items():
            expect(not slip or not close(found, others) or close(others, weights[""]), slip)
        expect(close(found, weights[""]), "after 5 passes over 30 rows the weights are other ones")


def bound_in_millimetres(found: Any, bound: float) -> None:
    """Novikoff's bound has no unit."""
    expect(abs(found / bound - 10) > 0.1, "R is ten times as long, and so is γ")
    expect(abs(found / bound - 100) > 1, "R² is a hundred times as large, and so is γ²")
    expect(abs(bound / found - 100) > 1, "γ² is a hundred times as large, and so is R²")
    expect(abs(found - bound) < 1, "it is another number")


def rate_for_ten_steps(rate: Any, ends_at: Callable[..., float], lowest: float) -> None:
    """A learning rate with which descent comes within 0.5 of the lowest error."""
    end = ends_at(rate)
    expect(end < 1e3, f"with it the error grows to {end:.2g}: it is beyond 2/λ")
    expect(end < lowest + 0.5, f"with it the error ends {end - lowest:.2f} above the lowest")


def xor(unit: Any) -> None:
    """The output unit's weights of OR and AND, and its bias."""
    for a in (0, 1):
        for b in (0, 1):
            fires = int(unit[0] * (a or b) + unit[1] * (a and b) + unit[2] > 0)
            expect(fires == a ^ b, f"at ({a}, {b}) OR gives {a or b} and AND {a and b}, and your unit says {fires}")


def swish(f: Any) -> None:
    """x σ(2x) as a function of Tensors."""
    x = Tensor(np.linspace(-4, 4, 161), requires_grad=True)
    y = f(x)
    s = sigmoid(2 * x.data)
    expect(np.shape(y) == (161,), f"for 161 numbers it gave an array of shape {np.shape(y)}")
    expect(np.allclose(y.data, x.data * s), f"at x = 4 it gives {y.data[-1]:.4g}; 4 σ(8) is {4 * s[-1]:.4g}")
    (slope,) = grad(y.sum(), [x])
    expect(np.allclose(slope.data, s * (1 + 2 * x.data * (1 - s))), "its derivative is another one")


# ---- back-propagation and momentum -----------------------------------------------------------------------------------


def backward(write: Callable[..., Any]) -> None:
    """write(x, t, W1, b1, W2, b2) gives dE/dW1, dE/db1, dE/dW2, dE/db2 of a tanh layer and a linear one."""
    rng = np.random.default_rng(1)
    x, t, *weights = (rng.normal(size=shape) for shape in ((3,), (2,), (3, 4), (4,), (4, 2), (2,)))

    def error(W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
        return ((t - (np.tanh(x @ W1 + b1) @ W2 + b2)) ** 2).sum() / 2

    expected = grad(error, (0, 1, 2, 3))(*weights)
    found = write(x, t, *weights)
    expect(len(found) == 4, f"it should give four gradients, and gave {len(found)}")
    for name, ours, right in zip(("∂E/∂W2", "∂E/∂b2", "∂E/∂W1", "∂E/∂b1"), found[2:] + found[:2],
                                 expected[2:] + expected[:2], strict=True):  # fmt: skip
        shape = np.shape(ours)
        expect(shape == right.shape, f"{name} has the shape {right.shape}, as the weights have, and yours {shape}")
        expect(not np.allclose(ours, -right), f"{name} has the wrong sign: it is the gradient, not the way down")
        expect(not np.allclose(ours, 2 * right), f"{name} is twice as large: E has a ½")
        expect(np.allclose(ours, right), f"{name} is another one")


def momentum(step: Callable[..., Any]) -> None:
    """step(w, change, gradient, eta, alpha) gives the new w and the new change."""
    rng = np.random.default_rng(2)
    start = rng.normal(size=3)
    w, change, p = start.copy(), np.zeros(3), Tensor(start.copy(), requires_grad=True)
    optimizer = optim.SGD([p], lr=0.1, momentum=0.8)
    for number in range(1, 6):
        gradient = rng.normal(size=3)
        p.grad = Tensor(gradient)
        before = p.numpy().copy()
        optimizer.step()
        w, change = step(w, change, gradient, 0.1, 0.8)
        if not np.allclose(w, p.numpy()):
            expect(not np.allclose(w - before, before - p.numpy()), "it goes uphill: against the gradient")
            expect(number > 1, "the first step, before which nothing has moved, should be -eta * gradient")
            expect(False, f"from step {number} on it is elsewhere: what becomes of the last change?")


# ---- convolution, digits ---------------------------------------------------------------------------------------------


def moves_right(filter: Any) -> None:
    """A 3 × 3 filter that copies each pixel's left neighbour."""
    expect(np.shape(filter) == (3, 3), f"it should have 3 × 3 numbers, and has the shape {np.shape(filter)}")
    photo = np.random.default_rng(6).random((6, 7))
    given = Tensor(np.array(filter, dtype=float)[None, None])
    moved = F.conv2d(Tensor(photo[None, None]), given, padding=1).numpy()[0, 0]
    expect(not np.allclose(moved[:, :-1], photo[:, 1:]), "it moves the picture to the left")
    expect(not np.allclose(moved, photo), "it leaves the picture where it is")
    expect(not np.allclose(moved[1:], photo[:-1]), "it moves the picture down")
    expect(np.allclose(moved[:, 1:], photo[:, :-1]), "it does something else to the picture")


def both_counts(pair: Any) -> None:
    """The parameters of nn.Conv2d(3, 16, 5), and of the dense layer in its place."""
    convolution, dense = pair
    layer = nn.Conv2d(3, 16, 5)
    right = sum(p.size for p in layer.parameters()), 16 * 28 * 28 * (3 * 32 * 32 + 1)
    expect(convolution not in (1200, 416), "the convolution has 3 input channels, and a bias for each filter")
    expect(convolution == right[0], "the convolution has another number")
    expect(dense != 16 * 28 * 28 * 3 * 32 * 32, "each of the dense layer's outputs has a bias, too")
    expect(dense == right[1], "the dense layer has another number")


def convolution(convolve: Callable[..., Any]) -> None:
    """convolve(signal, filter, stride) of two matrices."""
    rng = np.random.default_rng(3)
    for height, width, rows, columns, stride in ((5, 6, 3, 3, 1), (7, 7, 3, 2, 2), (8, 5, 1, 5, 3)):
        signal, filter = rng.normal(size=(height, width)), rng.normal(size=(rows, columns))
        expected = F.conv2d(Tensor(signal[None, None]), Tensor(filter[None, None]), stride=stride).numpy()[0, 0]
        turned = F.conv2d(Tensor(signal[None, None]), Tensor(filter[None, None, ::-1, ::-1].copy()), stride=stride)
        found = np.asarray(convolve(signal, filter, stride))
        sizes = f"{height} × {width} under {rows} × {columns} at stride {stride}"
        expect(found.shape == expected.shape, f"{sizes} fits {expected.shape} times, and yours {found.shape}")
        expect(close(found, expected) or not close(found, turned.numpy()[0, 0]), "it turns the filter by 180°")
        expect(close(found, expected), f"{sizes} gives other numbers")


def receptive(field: Any) -> None:
    """How many pixels a unit behind two convolutions of 3, each followed by a pooling of 2, depends on."""
    pixels = Tensor(np.random.default_rng(7).random((1, 1, 32, 32)).astype("f"), requires_grad=True)
    convolve = lambda: nn.Conv2d(1, 1, 3, padding=1)
    averages = nn.Sequential(convolve(), nn.AvgPool2d(2), convolve(), nn.AvgPool2d(2))
    (slope,) = grad(averages(pixels)[0, 0, 4, 4], [pixels])
    expect(field == np.count_nonzero(slope.numpy()), "it is another number")


def missed_most(digit: Any, missed: Any) -> None:
    """A digit that was missed most often."""
    expect(digit in range(10), "it should be a digit from 0 to 9")
    expect(missed[digit] == missed.max(), f"{digit} was missed {missed[digit]} times, and another digit more often")


def average_pooling(
    share: Any, make: Callable[..., Any], parts: dict[int, Any], train: Any, moved_accuracy: Any
) -> None:
    """The accuracy on moved digits of the network of `make` with average pooling, the mean over the parts."""
    expect(0 < share <= 1, "it should be a share from 0 to 1")

    def averaging() -> nn.Module:
        return nn.Sequential(*(nn.AvgPool2d(2) if isinstance(layer, nn.MaxPool2d) else layer for layer in make()))

    found = np.mean([moved_accuracy(train(averaging, part, seed)[0], part) for seed, part in parts.items()])
    expect(abs(share - found) < 0.02, "the check, which trains it too, comes to another accuracy")


# ---- rules -----------------------------------------------------------------------------------------------------------


def softsign(rule: Any) -> None:
    """rule(g, x) of x / (1 + |x|)."""
    gradcheck(elementwise(lambda x: x / (1 + np.abs(x)), name="softsign", x=rule), np.array([0.5, -2.0]))


def softmax(rule: Callable[..., Any]) -> None:
    """rule(g, y): the gradient that comes in, and the softmax at hand, along the last axis."""

    def of(x: Any) -> Any:
        e = np.exp(x - x.max(-1, keepdims=True))
        return e / e.sum(-1, keepdims=True)

    recorded = primitive(of, name="softmax", x=lambda g, out: rule(g, out))
    gradcheck(recorded, np.random.default_rng(4).normal(size=(3, 5)))
