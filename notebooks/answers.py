"""The answers to the exercises, and their hints: read on only when you have tried.

`exercise("05.1", answer)` in a notebook looks here: the number of the notebook, and that of the exercise.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import nn
import nn.functional as F
import optim
from autograd import Tensor, elementwise, grad, gradcheck, primitive, sigmoid


class Answer(NamedTuple):
    """What an exercise asks for.

    text       what was asked, in a few words
    right      the right value (a number, a string, an array: compared in shape and, up to `tolerance`, in value), or a
               function that takes the answer, and by name what the notebook gives besides, and says whether it is right
    hint       what to try
    tolerance  relative and absolute
    """

    text: str
    right: Any
    hint: str
    tolerance: float = 1e-6

    def fits(self, answer: Any, given: dict[str, Any]) -> bool:
        """Whether an answer is right."""
        if isinstance(self.right, types.FunctionType):
            return bool(np.all(np.asarray(self.right(answer, **given))))
        if isinstance(self.right, str | bool):
            return bool(answer == self.right)
        found, wanted = (np.asarray(v.data if isinstance(v, Tensor) else v) for v in (answer, self.right))
        return found.shape == wanted.shape and bool(
            np.allclose(found, wanted, rtol=self.tolerance, atol=self.tolerance)
        )


# ---- what is built: compared with the library, on numbers that nobody has seen ---------------------------------------


def _perceptron(train: Callable[..., Any]) -> bool:
    """train(X, y, w, passes) gives the weights; the rule is applied in the order of the rows."""
    rng = np.random.default_rng(0)
    for _ in range(3):
        X = np.column_stack([rng.normal(size=(30, 2)), np.ones(30)])
        y = (X @ [1.0, -2.0, 0.3] > 0).astype(float)
        expected = np.zeros(3)
        for _ in range(5):
            for x, target in zip(X, y, strict=True):
                expected += (target - float(expected @ x > 0)) * x
        if not np.allclose(train(X, y, np.zeros(3), 5), expected):
            return False
    return True


def _backward(write: Callable[..., Any]) -> bool:
    """write(x, t, W1, b1, W2, b2) gives dE/dW1, dE/db1, dE/dW2, dE/db2 of a tanh layer and a linear one."""
    rng = np.random.default_rng(1)
    x, t, *weights = (rng.normal(size=shape) for shape in ((3,), (2,), (3, 4), (4,), (4, 2), (2,)))

    def error(W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
        return ((t - (np.tanh(x @ W1 + b1) @ W2 + b2)) ** 2).sum() / 2

    expected = grad(error, (0, 1, 2, 3))(*weights)
    return all(np.allclose(a, b) for a, b in zip(write(x, t, *weights), expected, strict=True))


def _momentum(step: Callable[..., Any]) -> bool:
    """step(w, change, gradient, eta, alpha) gives the new w and the new change."""
    rng = np.random.default_rng(2)
    start = rng.normal(size=3)
    w, change, p = start.copy(), np.zeros(3), Tensor(start.copy(), requires_grad=True)
    optimizer = optim.SGD([p], lr=0.1, momentum=0.8)
    for _ in range(5):
        gradient = rng.normal(size=3)
        p.grad = Tensor(gradient)
        optimizer.step()
        w, change = step(w, change, gradient, 0.1, 0.8)
    return bool(np.allclose(w, p.numpy()))


def _convolution(convolve: Callable[..., Any]) -> bool:
    """convolve(signal, filter, stride) of two matrices."""
    rng = np.random.default_rng(3)
    for height, width, rows, columns, stride in ((5, 6, 3, 3, 1), (7, 7, 3, 2, 2), (8, 5, 1, 5, 3)):
        signal, filter = rng.normal(size=(height, width)), rng.normal(size=(rows, columns))
        expected = F.conv2d(Tensor(signal[None, None]), Tensor(filter[None, None]), stride=stride).numpy()[0, 0]
        if not np.allclose(convolve(signal, filter, stride), expected):
            return False
    return True


def _softmax(rule: Callable[..., Any]) -> bool:
    """rule(g, y): the gradient that comes in, and the softmax at hand, along the last axis."""

    def softmax(x: Any) -> Any:
        e = np.exp(x - x.max(-1, keepdims=True))
        return e / e.sum(-1, keepdims=True)

    recorded = primitive(softmax, name="softmax", x=lambda g, out: rule(g, out))
    gradcheck(recorded, np.random.default_rng(4).normal(size=(3, 5)))
    return True


def _own_engine(Number: Any) -> bool:
    """The test that an engine of one's own must pass, notebook 14: values and gradients of expressions as here."""
    rng = np.random.default_rng(5)
    expressions: list[Callable[..., Any]] = [
        lambda a, b: a + b,
        lambda a, b: a * b + 3,
        lambda a, b: 2 * a - b,
        lambda a, b: a * a * a,  # the same number three times
        lambda a, b: (a * b).tanh() * (a + 1).exp(),
        lambda a, b: (a + b) * (a + b) - a * b,
        lambda a, b: (5 - a * b).tanh(),
    ]
    for f in expressions:
        start = rng.normal(size=2)
        ours = [Number(float(v)) for v in start]
        theirs = [Tensor(v, requires_grad=True) for v in start]
        result, expected = f(*ours), f(*theirs)
        result.backward()
        expected.backward()
        pairs = [(result.value, expected.item())]
        pairs += [(n.grad, 0.0 if t.grad is None else t.grad.item()) for n, t in zip(ours, theirs, strict=True)]
        if not all(np.isclose(*pair, rtol=1e-12, atol=1e-12) for pair in pairs):
            return False
    x = y = Number(0.5)
    for _ in range(40):  # 2⁴⁰ paths lead through this, and 41 numbers: each must be visited once
        y = y + y
    y.backward()
    long = x
    for _ in range(5000):  # deeper than Python's own recursion goes
        long = long + 1.0
    x.grad = 0.0
    long.backward()
    return y.value == 0.5 * 2**40 and x.grad == 1.0


# ---- what is calculated or tried -------------------------------------------------------------------------------------


def _xor(unit: Any) -> bool:
    return [int(unit[0] * (a or b) + unit[1] * (a and b) + unit[2] > 0) for a in (0, 1) for b in (0, 1)] == [0, 1, 1, 0]


def _swish(f: Any) -> bool:
    x = Tensor(np.linspace(-4, 4, 161), requires_grad=True)
    f(x).sum().backward()
    s = sigmoid(2 * x.data)
    return bool(np.allclose(x.grad.data, s * (1 + 2 * x.data * (1 - s))))  # type: ignore[union-attr]


def _both_counts(pair: Any) -> bool:
    layer = nn.Conv2d(3, 16, 5)
    return list(pair) == [sum(p.size for p in layer.parameters()), 16 * 28 * 28 * (3 * 32 * 32 + 1)]


def _moves_right(filter: Any) -> bool:
    photo = np.random.default_rng(6).random((6, 7))
    given = Tensor(np.array(filter, dtype=float)[None, None])
    moved = F.conv2d(Tensor(photo[None, None]), given, padding=1).numpy()[0, 0]
    return bool(np.allclose(moved[:, 1:], photo[:, :-1]))


def _receptive(field: Any) -> bool:
    pixels = Tensor(np.random.default_rng(7).random((1, 1, 32, 32)).astype("f"), requires_grad=True)
    convolve = lambda: nn.Conv2d(1, 1, 3, padding=1)
    averages = nn.Sequential(convolve(), nn.AvgPool2d(2), convolve(), nn.AvgPool2d(2))
    averages(pixels)[0, 0, 4, 4].backward()
    return bool(field == np.count_nonzero(pixels.grad.numpy()))  # type: ignore[union-attr]


def _softsign(rule: Any) -> bool:
    gradcheck(elementwise(lambda x: x / (1 + np.abs(x)), name="softsign", x=rule), np.array([0.5, -2.0]))
    return True


ANSWERS = {
    "00.1": Answer("layers with weights", 3, "two hidden layers and the output layer have weights; the input has none"),
    "00.2": Answer("pieces", 16, "each layer of this kind doubles the number of pieces"),
    "01.1": Answer("the updated weights", [3.0, 2.0, 1.0], "2 - 3 is not above 0: add x, and 1 to the bias"),
    "01.2": Answer("the mistakes with a smaller η", "as many", "does the sign of w · x depend on the length of w?"),
    "01.3": Answer(
        "the bound in millimetres", lambda a, bound: abs(a - bound) < 1, "what happens to R, and what to γ?"
    ),
    "01.4": Answer(
        "a perceptron", _perceptron, "for each row: o = 1.0 if w @ x > 0 else 0.0, then w = w + (y - o) * x"
    ),
    "02.1": Answer("the gradient", [-1.0, -0.5], "o = 0.5; (t - o) times -x"),
    "02.2": Answer("the updates", 60, "how many batches make one pass?"),
    "02.3": Answer(
        "the learning rate", lambda rate, ends_at, lowest: ends_at(rate) < lowest + 0.5, "near 2/λ, not beyond it"
    ),
    "03.1": Answer("the parameters", 11 * 20 + 21 * 3, "(inputs + 1) · units for each layer"),
    "03.2": Answer("XOR by hand", _xor, "OR must lift it above 0, AND must push it back"),
    "03.3": Answer("the folded layer", 3, "it maps 2 inputs to 1 output"),
    "04.1": Answer("the derivative", 0.09, "you do not need x: y (1 - y)"),
    "04.2": Answer("what is left", 0.25**5, "¼ for each, at best"),
    "04.3": Answer("Swish-2 and its derivative", _swish, "lambda x: ...; sigmoid is imported above"),
    "05.1": Answer("the error signal", 0.2 * 0.8 * 0.2, "(t - y) · y · (1 - y)"),
    "05.2": Answer("the hidden error signal", 0.5 * 0.5 * 0.032 * 2.0, "y (1 - y) times what comes back: δ w"),
    "05.3": Answer(
        "the change with momentum",
        0.1 * 0.032 * 0.5 + 0.9 * 0.004,
        "η δ y + α Δw, with the error signal of exercise 1",
    ),
    "05.4": Answer(
        "a backward pass",
        _backward,
        "at the output the gradient is y2 - t; W2 brings it back, and tanh' is 1 - y1²; of weights take np.outer",
    ),
    "05.5": Answer("momentum", _momentum, "change = -eta * gradient + alpha * change, then w + change"),
    "06.1": Answer("parameters of 64–32–32–10", 65 * 32 + 33 * 32 + 33 * 10, "(inputs + 1) × outputs, for each layer"),
    "06.2": Answer("the limit", 0.25, "2/λ for the largest λ"),
    "06.3": Answer("the factor", 1 / (0.01 * 0.99), "divide the two formulas: one has y(1 − y) more", 1e-2),
    "07.1": Answer("rows of the result", 14, "the formula above, with n = 28"),
    "07.2": Answer("the filter that moves right", _moves_right, "each output pixel must copy its left neighbour"),
    "07.3": Answer(
        "weights of both layers", _both_counts, "one filter has 5 × 5 weights for each of its 3 input channels"
    ),
    "07.4": Answer(
        "a convolution",
        _convolution,
        "result[i, j] is (window * filter).sum(), and the window begins at row i * stride, column j * stride",
    ),
    "08.1": Answer("pixels that one unit looks at", _receptive, "3, then 4, then 4 + 2·2, then + 1·2 along a side"),
    "08.2": Answer(
        "the digit missed most",
        lambda digit, missed: missed[digit] == missed.max(),
        "look along the rows, off the diagonal",
    ),
    "08.3": Answer(
        "accuracy on moved digits",
        lambda share, reached: abs(share - reached()) < 0.02,
        "train(...) and moved(...), as above",
    ),
    "09.1": Answer("divergence", 2.0, "put μ² = 4, σ² = 1 and ln 1 = 0 into the formula"),
    "09.2": Answer("share of the size", 2 / 64, "numbers in the code / numbers in the picture"),
    "09.3": Answer("∂z/∂μ", 1.0, "σ and ε do not depend on μ"),
    "10.1": Answer("states", 2**7, "each of the units is 0 or 1"),
    "10.2": Answer("free energy", -3 * np.log(2), "softplus(0) = log 2"),
    "10.3": Answer("parameters", 65 * 256 + 2 * 257 * 256 + 257 * 10, "64·256 + 256 + …"),
    "11.1": Answer("the return of a late reward", 0.9**3, "it is three steps away"),
    "11.2": Answer("∇ log π(2)", [-0.5, -0.3, 0.8], "onehot(a) − π"),
    "11.3": Answer("rewards with γ = 0", 1, "0⁰ = 1, and every higher power is 0"),
    "12.1": Answer("pairs", 64 * 65 // 2, "letter k sees k letters, itself among them"),
    "12.2": Answer("numbers in weight_ih_l0", 4 * 32 * 1, "4 · 32 · inputs"),
    "12.3": Answer("bits", 2, "−log₂ of the probability"),
    "13.1": Answer("the fourth derivative of x⁵", 240.0, "5 · 4 · 3 · 2 · x"),
    "13.2": Answer("the Hessian", [[2.0, 3.0], [3.0, 0.0]], "the mixed derivative stands twice"),
    "13.3": Answer("softsign's rule", _softsign, "its derivative is 1 / (1 + |x|)²"),
    "13.4": Answer("softmax's rule", _softmax, "y (g - Σ g y), the sum along the last axis, kept as an axis"),
    "14.1": Answer("an engine of your own", _own_engine, "run each expression of the test by hand: which one differs?"),
}
"""By the number of the notebook and that of the exercise."""
