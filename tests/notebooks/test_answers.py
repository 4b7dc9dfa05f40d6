"""The exercises' answers: each is asked once, what is right is found right, and what is nearly right is not."""

import re
from pathlib import Path

import numpy as np
import pytest

from autograd import Tensor

pytest.importorskip("matplotlib")
nbformat = pytest.importorskip("nbformat")
from answers import ANSWERS, Answer  # noqa: E402
from own_engine import Number  # noqa: E402

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


def perceptron(X, y, w, passes):
    for _ in range(passes):
        for x, target in zip(X, y, strict=True):
            o = 1.0 if w @ x > 0 else 0.0
            w = w + (target - o) * x
    return w


def backward(x, t, W1, b1, W2, b2):
    y1 = np.tanh(x @ W1 + b1)
    g2 = y1 @ W2 + b2 - t
    g1 = (W2 @ g2) * (1 - y1**2)
    return np.outer(x, g1), g1, np.outer(y1, g2), g2


def momentum(w, change, gradient, eta, alpha):
    change = -eta * gradient + alpha * change
    return w + change, change


def convolution(signal, filter, stride):
    rows, columns = filter.shape
    places = lambda length, window: range(0, length - window + 1, stride)
    return np.array([
        [(signal[i : i + rows, j : j + columns] * filter).sum() for j in places(signal.shape[1], columns)]
        for i in places(signal.shape[0], rows)
    ])  # fmt: skip


class Recursive(Number):
    """Whose backward pass is the one that first comes to mind: along each path by itself."""

    def __add__(self, other):
        made = super().__add__(other)
        made.__class__ = Recursive
        return made

    def backward(self, g=1.0):
        if self.parents and self.parents[0].parents and self.parents[0] is self.parents[1]:
            raise RuntimeError("2⁴⁰ paths, for which nobody wants to wait")
        self.grad += g
        for parent, rule in zip(self.parents, self.rules, strict=True):
            Recursive.backward(parent, rule(g))


class Careless(Number):
    """Whose product forgets the second factor's gradient."""

    def __mul__(self, other):
        other = other if isinstance(other, Number) else Careless(other)
        return Careless(self.value * other.value, (self,), (lambda g: g * other.value,))


RIGHT_AND_WRONG = {
    "01.4": (perceptron, lambda X, y, w, passes: perceptron(X, y, w, passes - 1)),
    "03.2": ([1.0, -2.0, -0.5], [1.0, -0.2, -0.5]),
    "04.3": (lambda x: x / (1 + np.exp(-2 * x)), lambda x: x / (1 + np.exp(-x))),
    "05.4": (backward, lambda *given: [-part for part in backward(*given)]),
    "05.5": (momentum, lambda w, c, g, eta, alpha: momentum(w, c, g, eta, 0.0)),
    "07.2": ([[0, 0, 0], [1, 0, 0], [0, 0, 0]], [[0, 0, 0], [0, 0, 1], [0, 0, 0]]),
    "07.3": ((1216, 16 * 28 * 28 * 3073), (1200, 16 * 28 * 28 * 3072)),
    "07.4": (convolution, lambda signal, filter, stride: convolution(signal, filter[::-1, ::-1], stride)),
    "08.1": (100, 64),
    "13.3": (lambda g, x: g / (1 + np.abs(x)) ** 2, lambda g, x: g / (1 + np.abs(x))),
    "13.4": (lambda g, y: y * (g - (g * y).sum(-1, keepdims=True)), lambda g, y: g * y * (1 - y)),
    "14.1": (Number, Recursive),
}
GIVEN = {
    "01.3": (411.0, 41.1, {"bound": 411.0}),
    "02.3": (0.01, 0.001, {"ends_at": lambda rate: 1 / rate, "lowest": 99.9}),
    "08.2": (1, 0, {"missed": np.array([0, 2])}),
    "08.3": (0.75, 0.7, {"reached": lambda: 0.76}),
}


def verdict(number, answer, **given):
    try:
        return ANSWERS[number].fits(answer, given)
    except Exception:
        return False


@pytest.mark.parametrize("number", RIGHT_AND_WRONG)
def test_what_is_built_is_found_right_or_wrong(number):
    right, wrong = RIGHT_AND_WRONG[number]
    assert verdict(number, right)
    assert not verdict(number, wrong)


def test_an_engine_that_forgets_a_factor_does_not_pass():
    assert not verdict("14.1", Careless)


@pytest.mark.parametrize("number", GIVEN)
def test_what_the_notebook_gives_decides(number):
    right, wrong, given = GIVEN[number]
    assert verdict(number, right, **given)
    assert not verdict(number, wrong, **given)


@pytest.mark.parametrize(
    ("right", "answer", "fits"),
    [
        (3, 3, True),
        (3, 3.0000001, True),
        (3, Tensor(3.0), True),
        (3, 4, False),
        (3, float("nan"), False),
        (np.array([1, 2]), [1, 2], True),
        (np.array([1, 2]), [[1, 2]], False),
        ("yes", "no", False),
        ("yes", "yes", True),
        (True, True, True),
        (lambda f: f(2) == 4, lambda x: 2 * x, True),
        (lambda f: f(2) == 4, lambda x: x, False),
    ],
)
def test_an_answer_fits(right, answer, fits):
    assert Answer("the question", right, "think").fits(answer, {}) is fits


def test_every_exercise_is_asked_once_in_its_notebook_and_not_answered_there():
    asked = []
    for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type != "code":
                continue
            found = re.findall(r'^exercise\("(\d\d)\.(\d+)"', cell.source, re.MULTILINE)
            assert all(number == path.name[:2] for number, _ in found)
            asked += [".".join(each) for each in found]
            if found:
                assert "not answered yet" in "".join(output.get("text", "") for output in cell.outputs)
    assert asked == sorted(asked)
    assert asked == list(ANSWERS)
    assert all(answer.text and answer.hint for answer in ANSWERS.values())
