"""The exercises' answers: each is asked once, the right one is found right, nearly right ones are not, and hear why."""

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


def perceptron(X, y, w, passes, output=lambda net: float(net > 0), change=lambda y, o, x: (y - o) * x):
    for _ in range(passes):
        for x, target in zip(X, y, strict=True):
            w = w + change(target, output(w @ x), x)
    return w


def backward(x, t, W1, b1, W2, b2, slope=lambda y: 1 - y**2):
    y1 = np.tanh(x @ W1 + b1)
    g2 = y1 @ W2 + b2 - t
    g1 = (W2 @ g2) * slope(y1)
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


def in_order(result):
    found, waiting, seen = [], [(result, False)], set()
    while waiting:
        n, finished = waiting.pop()
        if finished:
            found.append(n)
        elif id(n) not in seen:
            seen.add(id(n))
            waiting += [(n, True), *((parent, False) for parent in n.parents)]
    return found[::-1]


def along_paths(result):
    return [result, *(n for parent in result.parents for n in along_paths(parent))]


def by_distance(result):
    """Those first that are few steps away."""
    found, waiting = [], [result]
    while waiting:
        n = waiting.pop(0)
        if n not in found:
            found.append(n)
            waiting += n.parents
    return found


def by_recursion(result, seen=None):
    seen = [] if seen is None else seen
    if result not in seen:
        for parent in result.parents:
            by_recursion(parent, seen)
        seen.append(result)
    return seen[::-1]


def engine(old="", new="", backward=None):
    """The model answer with one change in its text, or with another way back."""
    text = (NOTEBOOKS / "own_engine.py").read_text(encoding="utf-8")
    assert old in text
    space = {"by_distance": by_distance, "__name__": "changed"}
    exec(text.replace(old, new), space)
    if backward:
        space["Number"].backward = backward
    return space["Number"]


def path_by_path(self, g=1.0):
    self.grad += g
    for parent, rule in zip(self.parents, self.rules, strict=True):
        path_by_path(parent, rule(g))


def recursive(self):
    self.grad += 1
    for n in by_recursion(self):
        for parent, rule in zip(n.parents, n.rules, strict=True):
            parent.grad += rule(n.grad)


ONE_FACTOR = "lambda g: g * other.value, lambda g: g * self.value", "lambda g: g * other.value, lambda g: 0.0"
PARENTS = ", (self, other), (lambda g: g, lambda g: g)", ""
REVERSED = "__radd__, __rmul__ = __add__, __mul__", ""


def grid(place):
    return [[float((i, j) == place) for j in range(3)] for i in range(3)]


# For what is built: what is right, and what is nearly right, with a word of what is said of it.
BUILT = {
    "01.4": (perceptron, [
        (lambda X, y, w, passes: perceptron(X, y, w, 1), "one pass only"),
        (lambda *given: perceptron(*given, output=lambda net: net), "threshold"),
        (lambda *given: perceptron(*given, change=lambda y, o, x: (y - o) * np.ones(3)), "leaves out the input"),
        (lambda *given: perceptron(*given, change=lambda y, o, x: (o - y) * x), "wrong way"),
        (lambda X, y, w, passes: None, "should give the 3 weights"),
    ]),
    "03.2": ([1.0, -2.0, -0.5], [
        ([1.0, -0.2, -0.5], "at (1, 1)"), ([1.0, -1.0, 0.5], "at (0, 0)"), ([1.0, -2.0, -2.0], "at (0, 1)"),
        ([1.0, 2.0], "raised"),
    ]),
    "04.3": (lambda x: x / (1 + np.exp(-2 * x)), [
        (lambda x: x / (1 + np.exp(-x)), "at x = 4"), (lambda x: 1 / (1 + np.exp(-2 * x)), "at x = 4"),
        (lambda x: 2 * x / (1 + np.exp(-2 * x)), "at x = 4"), (lambda x: x.data / (1 + np.exp(-2 * x.data)), "raised"),
        (lambda x: (x / (1 + np.exp(-2 * x))).sum(), "shape ()"),
    ]),
    "05.4": (backward, [
        (lambda *given: [-part for part in backward(*given)], "∂E/∂W2 has the wrong sign"),
        (lambda *given: [2 * part for part in backward(*given)], "twice"),
        (lambda *given: backward(*given, slope=lambda y: 1), "∂E/∂W1 is another one"),
        (lambda *given: [part.T for part in backward(*given)], "∂E/∂W2 has the shape (4, 2)"),
        (lambda *given: backward(*given)[:2], "four gradients"),
    ]),
    "05.5": (momentum, [
        (lambda w, c, g, eta, alpha: momentum(w, c, g, eta, 0.0), "from step 2 on"),
        (lambda w, c, g, eta, alpha: momentum(w, c, -g, eta, alpha), "uphill"),
        (lambda w, c, g, eta, alpha: (w - eta * g + alpha * c, -eta * g), "from step 3 on"),
        (lambda w, c, g, eta, alpha: momentum(w, c, g, eta * (1 - alpha), alpha), "first step"),
    ]),
    "07.2": (grid((1, 0)), [
        (grid((1, 2)), "to the left"), (grid((1, 1)), "where it is"), (grid((0, 1)), "down"), ([1, 0, 0], "3 × 3"),
        (grid((2, 1)), "something else"),
    ]),
    "07.3": ((1216, 16 * 28 * 28 * 3073), [
        ((1200, 16 * 28 * 28 * 3073), "a bias for each filter"), ((416, 16 * 28 * 28 * 3073), "3 input channels"),
        ((1216, 16 * 28 * 28 * 3072), "outputs has a bias"), (1216, "raised"), ((1216, 3073), "another number"),
    ]),
    "07.4": (convolution, [
        (lambda signal, filter, stride: convolution(signal, filter[::-1, ::-1], stride), "180°"),
        (lambda signal, filter, stride: convolution(signal, filter, 1), "at stride 2 fits"),
        (lambda signal, filter, stride: convolution(signal, filter, stride)[:-1], "fits (3, 4) times"),
        (lambda signal, filter, stride: convolution(signal, filter, stride) / filter.size, "other numbers"),
    ]),
    "13.3": (lambda g, x: g / (1 + np.abs(x)) ** 2, [
        (lambda g, x: g / (1 + np.abs(x)), "differences give"),
        (lambda g, x: 1 / (1 + np.abs(x)) ** 2 + 0 * g**2, "differences give"),
        (lambda g, x: -g / (1 + np.abs(x)) ** 2, "differences give"), (lambda x: x, "differences give"),
    ]),
    "13.4": (lambda g, y: y * (g - (g * y).sum(-1, keepdims=True)), [
        (lambda g, y: g * y * (1 - y), "differences give"), (lambda g, y: (g * y).sum(-1), "softmax"),
        (lambda g, y: y * (g - (g * y).sum()), "differences give"),
        (lambda g, y: g - (g * y).sum(-1, keepdims=True), "differences give"),
    ]),
    "14.1": (Number, [
        (engine(*ONE_FACTOR), "a * b, with a = 2, b = 5 and g = 3: b should get 6, and gets 0"),
        (engine(*PARENTS), "a + b, with a = 2, b = 5 and g = 3: a should get 3, and gets 0"),
        (engine(*REVERSED), "unsupported operand type"), (float, "raised"),
        (engine("self.value + other.value", "self.value - other.value"), "the value of a + b is 7, and yours -3"),
    ]),
    "14.2": (in_order, [
        (along_paths, "each number is to be visited once"),
        (by_distance, "a number stands before one that it went into"),
        (by_recursion, "keep a list of what is waiting"), (lambda result: in_order(result)[::-1], "should stand first"),
        (lambda result: [result], "stand in the list"), (lambda result: [*in_order(result), result], "more than once"),
    ]),
    "14.3": (Number, [
        (engine(*ONE_FACTOR), "∂e/∂b is"), (engine("in reversed(order)", "in by_distance(self)"), "where c = a * b"),
        (engine(backward=path_by_path), "each number is to be visited once"),
        (engine(backward=recursive), "keep a list"),
        (engine("return number(other) - self", "return self - number(other)"), "(5 - a * b).tanh() at"),
        (engine("1 - y * y", "1 - y"), "(a * b).tanh()"), (engine(backward=lambda self: None), "e = a + b"),
        (engine("n.grad += g", "n.grad = g"), "1 + 3"),
    ]),
}  # fmt: skip
# The same for what the notebook has a word in.
ACCURACY = {"make": list, "parts": {8: None}, "train": lambda make, part, seed: (make(), None)}
ENDS = {"ends_at": lambda rate: 1e9 if rate > 0.011 else 10.1 + abs(rate - 0.01) * 1e3, "lowest": 10.0}
GIVEN = {
    "01.3": (
        411.0, [(4110.0, "ten times"), (41100.0, "a hundred times"), (4.11, "a hundred times"), (100, "")],
        {"bound": 411.0},
    ),
    "02.3": (0.01, [(0.001, "above the lowest"), (0.02, "grows"), (1.0, "beyond 2/λ"), ("small", "raised")], ENDS),
    "08.2": (
        1, [(0, "0 was missed 0 times"), (2, "2 was missed 1 times"), (10, "from 0 to 9")],
        {"missed": np.array([0, 2, 1])},
    ),
    "08.3": (
        0.75, [(0.7, "another accuracy"), (0.8, "another accuracy"), (75, "from 0 to 1")],
        ACCURACY | {"moved_accuracy": lambda network, part: 0.76},
    ),
}  # fmt: skip


@pytest.mark.parametrize("number", ANSWERS)
def test_what_is_right_is_found_right(number):
    right = BUILT[number][0] if number in BUILT else GIVEN[number][0] if number in GIVEN else ANSWERS[number].right
    right = 100 if number == "08.1" else right
    assert ANSWERS[number].fault(right, GIVEN[number][2] if number in GIVEN else {}) is None


@pytest.mark.parametrize("number", ANSWERS)
def test_at_least_three_answers_that_lie_near_are_found_wrong_and_told_why(number):
    asked, given = ANSWERS[number], GIVEN[number][2] if number in GIVEN else {}
    wrong = [*asked.slips, *(BUILT | GIVEN).get(number, (None, []))[1]]
    assert len(wrong) >= (2 if isinstance(asked.right, str) else 3)
    for answer, said in wrong:
        fault = asked.fault(answer, given)
        assert fault is not None, answer
        assert said in fault
        assert not isinstance(asked.right, int | float | list) or fault


@pytest.mark.parametrize(
    ("right", "answer", "fault"),
    [
        (3, 3, None),
        (3, 3.0000001, None),
        (3, Tensor(3.0), None),
        (3, 4, ""),
        (3, 5, "that is five"),
        (3, float("nan"), ""),
        (3, "three", ""),
        (3, lambda: 3, ""),
        (np.array([1, 2]), [1, 2], None),
        (np.array([1, 2]), [[1, 2]], ""),
        (np.array([1, 2]), [[1], [1, 2]], ""),
        ("yes", "no", ""),
        ("yes", " Yes", None),
        ("yes", 1, ""),
        (lambda f: f(2), lambda x: x, None),
        (lambda f: f(2), lambda x: 1 / 0, "checking it raised ZeroDivisionError: division by zero"),
    ],
)
def test_what_is_wrong_with_an_answer(right, answer, fault):
    assert Answer("the question", right, "think", ((5, "that is five"),)).fault(answer, {}) == fault


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
                assert "def " not in re.sub("#.*", "", cell.source), (
                    f"{path.name}: {cell.id} holds more than the question"
                )
    assert asked == sorted(asked)
    assert asked == list(ANSWERS)
    assert all(answer.text and answer.hint for answer in ANSWERS.values())
