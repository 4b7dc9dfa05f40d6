"""The answers to the exercises, and their hints: read on only when you have tried.

`exercise("05.1", answer)` in a notebook looks here: the number of the notebook, and that of the exercise.
"""

from __future__ import annotations

import types
from typing import Any, NamedTuple

import checks
import engine_checks
import numpy as np

from autograd import Tensor


class Answer(NamedTuple):
    """What an exercise asks for.

    text       what was asked, in a few words
    right      the right value (a number, a string, an array: compared in shape and, up to `tolerance`, in value), or a
               check (checks.py) that takes the answer, and by name what the notebook gives besides, and raises
               AssertionError for one that is wrong
    hint       what to try
    slips      wrong answers that lie near, each with what was overlooked
    tolerance  relative and absolute
    """

    text: str
    right: Any
    hint: str
    slips: tuple[tuple[Any, str], ...] = ()
    tolerance: float = 1e-6

    def fault(self, answer: Any, given: dict[str, Any]) -> str | None:
        """None for a right answer; for a wrong one what is wrong with it, "" where that is not known.

        Never raises: what the check of an answer raises is a fault, too.
        """
        for slip, overlooked in self.slips:
            if self._same(answer, slip):
                return overlooked
        if not isinstance(self.right, types.FunctionType):
            return None if self._same(answer, self.right) else ""
        try:
            self.right(answer, **given)
        except AssertionError as error:
            return str(error)
        except Exception as error:
            return f"checking it raised {type(error).__name__}: {error}"
        return None

    def _same(self, answer: Any, wanted: Any) -> bool:
        if isinstance(wanted, str):
            return isinstance(answer, str) and answer.strip().lower() == wanted
        try:
            found, right = (np.asarray(v.data if isinstance(v, Tensor) else v, float) for v in (answer, wanted))
        except (TypeError, ValueError):  # no number, and no array of numbers
            return False
        return found.shape == right.shape and bool(np.allclose(found, right, rtol=self.tolerance, atol=self.tolerance))


ANSWERS = {
    "00.1": Answer(
        "layers with weights",
        3,
        "weights stand between two layers",
        (
            (4, "the input layer only hands its numbers on"),
            (2, "the output layer has weights, too"),
            (1, "each hidden layer has weights of its own, and so has the output layer"),
        ),
    ),
    "00.2": Answer(
        "pieces",
        16,
        "each layer of this kind doubles the number of pieces",
        (
            (8, "each layer folds what is folded already: the pieces do not add up"),
            (9, "that is for eight units side by side"),
            (32, "that is one layer more"),
        ),
    ),
    "01.1": Answer(
        "the updated weights",
        [3.0, 2.0, 1.0],
        "w · x + b first, then o, then (y - o) x",
        (
            ([1, -1, 0], "2 - 3 is not above 0: it did not fire, and should have"),
            ([-1, -4, -1], "it should have fired and did not, so x is added, not taken away"),
            ([3, 2, 0], "the bias has an input, too: it is always 1"),
        ),
    ),
    "01.2": Answer(
        "the mistakes with a smaller η",
        "as many",
        "does the sign of w · x depend on the length of w?",
        (
            ("more", "every step is a tenth as long, but so is w: the outputs stay the same"),
            ("fewer", "every step is a tenth as long, but so is w: the outputs stay the same"),
        ),
    ),
    "01.3": Answer(
        "the bound in millimetres",
        checks.bound_in_millimetres,
        "what happens to R, and what to γ?",
    ),
    "01.4": Answer(
        "a perceptron", checks.perceptron, "for each row: o = 1.0 if w @ x > 0 else 0.0, then w = w + (y - o) * x"
    ),
    "02.1": Answer(
        "the gradient",
        [-1.0, -0.5],
        "o = 0.5; (t - o) times -x",
        (
            ([1, 0.5], "that is the way down; the gradient points up"),
            ([-2, -1], "the ½ in E takes away the 2 of the square"),
            ([-0.5, -0.5], "that is -(t - o): the input of each weight is missing"),
        ),
    ),
    "02.2": Answer(
        "the updates",
        60,
        "how many batches make one pass?",
        (
            (20, "that is one pass"),
            (3, "each batch is an update, not each pass"),
            (3000, "that is one update for each example"),
            (150, "50 is the size of a batch, not their number"),
        ),
    ),
    "02.3": Answer("the learning rate", checks.rate_for_ten_steps, "near 2/λ, not beyond it"),
    "03.1": Answer(
        "the parameters",
        11 * 20 + 21 * 3,
        "(inputs + 1) · units for each layer",
        (
            (260, "the biases are parameters, too"),
            (280, "the output units have biases, too"),
            (263, "the hidden units have biases, too"),
            (33, "those are the units; parameters are their connections, and their biases"),
        ),
    ),
    "03.2": Answer("XOR by hand", checks.xor, "OR must lift it above 0, AND must push it back"),
    "03.3": Answer(
        "the folded layer",
        3,
        "it maps 2 inputs to 1 output",
        (
            (2, "it has a bias, too"),
            (33, "those are the parameters of both layers; folded they are one"),
            (8, "the 8 units in between are gone once it is folded"),
        ),
    ),
    "04.1": Answer(
        "the derivative",
        0.09,
        "you do not need x: y (1 - y)",
        (
            (0.9, "that is y itself"),
            (0.25, "¼ is the largest it can be, at y = ½"),
            (0.1, "that is 1 - y"),
            (0.2055, "0.9 is the output, not the input"),
        ),
        1e-4,
    ),
    "04.2": Answer(
        "what is left",
        0.25**5,
        "¼ for each, at best",
        (
            (0.25, "that is one of them"),
            (1.25, "one after the other: they multiply, and do not add up"),
            (0.05, "one after the other: they multiply"),
            (0.5**5, "the slope of a sigmoid is ¼ at most, ½ is its output there"),
        ),
    ),
    "04.3": Answer("Swish-2 and its derivative", checks.swish, "lambda x: ...; sigmoid is imported above"),
    "05.1": Answer(
        "the error signal",
        0.2 * 0.8 * 0.2,
        "(t - y) · y · (1 - y)",
        (
            (-0.032, "that is the gradient: the lecture's δ has the other sign"),
            (0.2, "that is the error; the sigmoid's slope is missing"),
            (0.16, "that is the slope alone, without the error"),
        ),
    ),
    "05.2": Answer(
        "the hidden error signal",
        0.5 * 0.5 * 0.032 * 2.0,
        "y (1 - y) times what comes back: δ w",
        (
            (0.064, "that is what comes back; the hidden neuron's own slope is missing"),
            (0.008, "the weight is missing"),
            (0.01024, "the slope is that of the hidden neuron, at y = 0.5"),
            (-0.016, "the signs are those of the lecture's δ"),
        ),
    ),
    "05.3": Answer(
        "the change with momentum",
        0.1 * 0.032 * 0.5 + 0.9 * 0.004,
        "η δ y + α Δw, with the error signal of exercise 1",
        (
            (0.0016, "that is without momentum"),
            (0.0036, "that is the momentum alone"),
            (0.0056, "the last change is multiplied by α"),
            (0.00504, "only the last change is multiplied by α"),
            (0.0068, "y is the activation where the connection begins, 0.5"),
        ),
    ),
    "05.4": Answer(
        "a backward pass",
        checks.backward,
        "at the output the gradient is y2 - t; W2 brings it back, and tanh' is 1 - y1²; of weights take np.outer",
    ),
    "05.5": Answer("momentum", checks.momentum, "change = -eta * gradient + alpha * change, then w + change"),
    "06.1": Answer(
        "parameters of 64–32–32–10",
        65 * 32 + 33 * 32 + 33 * 10,
        "(inputs + 1) × outputs, for each layer",
        (
            (64 * 32 + 32 * 32 + 32 * 10, "the biases are parameters, too"),
            (65 * 32 + 33 * 10, "there is a layer from 32 to 32, too"),
            (74, "those are the biases alone"),
        ),
    ),
    "06.2": Answer(
        "the limit",
        0.25,
        "2/λ for the largest λ",
        (
            (4, "that is the limit of the flattest direction; the steepest runs away first"),
            (0.125, "that is 1/λ, where the steepest direction is there in one step"),
            (1, "the steepest direction, 8, runs away before"),
        ),
    ),
    "06.3": Answer(
        "the factor",
        1 / (0.01 * 0.99),
        "divide the two formulas: one has y(1 − y) more",
        (
            (100, "that is 1/y; what the squared error has more is y(1 − y)"),
            (0.0099, "the other way round"),
            (99, "that is (1 − y)/y; what the squared error has more is y(1 − y)"),
        ),
        1e-3,
    ),
    "07.1": Answer(
        "rows of the result",
        14,
        "the formula above, with n = 28",
        (
            (28, "that is at stride 1"),
            (12, "that is without padding"),
            (13, "the first window counts, too: + 1"),
            (15, "round down"),
        ),
    ),
    "07.2": Answer("the filter that moves right", checks.moves_right, "each output pixel must copy its left neighbour"),
    "07.3": Answer(
        "weights of both layers", checks.both_counts, "one filter has 5 × 5 weights for each of its 3 input channels"
    ),
    "07.4": Answer(
        "a convolution",
        checks.convolution,
        "result[i, j] is (window * filter).sum(), and the window begins at row i * stride, column j * stride",
    ),
    "08.1": Answer(
        "pixels that one unit looks at",
        checks.receptive,
        "3, then 4, then 4 + 2·2, then + 1·2 along a side",
        (
            (10, "that is one side: square it"),
            (64, "the last pooling looks at more than one of its inputs"),
            (49, "a pixel behind the first pooling is worth two"),
            (36, "a pixel behind the first pooling is worth two"),
        ),
    ),
    "08.2": Answer("the digit missed most", checks.missed_most, "look along the rows, off the diagonal"),
    "08.3": Answer("accuracy on moved digits", checks.average_pooling, "train(...) and moved_accuracy(...), as above"),
    "09.1": Answer(
        "divergence",
        2.0,
        "put μ² = 4, σ² = 1 and ln 1 = 0 into the formula",
        ((4, "there is a ½ before the sum"), (2.5, "σ² - 1 is 0"), (1, "μ is squared")),
    ),
    "09.2": Answer(
        "share of the size",
        2 / 64,
        "numbers in the code / numbers in the picture",
        (
            (32, "that is the other way round"),
            (0.25, "the picture has 64 pixels, not 8"),
            (62 / 64, "that is what is saved"),
        ),
        1e-3,
    ),
    "09.3": Answer(
        "∂z/∂μ",
        1.0,
        "σ and ε do not depend on μ",
        (
            (0, "z moves with μ: they are in the same sum"),
            (0.3, "that is ε, which belongs to σ"),
            (0.7, "that is μ itself"),
        ),
    ),
    "10.1": Answer(
        "states",
        2**7,
        "each of the units is 0 or 1",
        (
            (12, "that is the number of weights"),
            (24, "each state of the visible units goes with each of the hidden ones: 16 times 8"),
            (7, "that is the number of units"),
            (14, "the possibilities of the units multiply"),
        ),
    ),
    "10.2": Answer(
        "free energy",
        -3 * np.log(2),
        "softplus(0) = log 2",
        (
            (0, "log(1 + e⁰) is not 0"),
            (3 * np.log(2), "there is a minus before the sum"),
            (-np.log(2), "each of the three hidden units counts"),
            (-4 * np.log(2), "the sum goes over the hidden units"),
        ),
        1e-3,
    ),
    "10.3": Answer(
        "parameters",
        65 * 256 + 2 * 257 * 256 + 257 * 10,
        "64·256 + 256 + …",
        (
            (64 * 256 + 2 * 256 * 256 + 256 * 10, "the biases count, too"),
            (65 * 256 + 2 * 257 * 256, "ten classes need a layer of their own"),
            (65 * 256 + 257 * 256 + 257 * 10, "from 256 to 256 there are two layers"),
        ),
    ),
    "11.1": Answer(
        "the return of a late reward",
        0.9**3,
        "it is three steps away",
        (
            (1, "it comes late: γ for each step"),
            (0.9, "it is more than one step away"),
            (0.9**4, "the reward of the first step itself is not discounted"),
        ),
    ),
    "11.2": Answer(
        "∇ log π(2)",
        [-0.5, -0.3, 0.8],
        "onehot(a) − π",
        (
            ([0.5, 0.3, -0.8], "the other sign: more of what was done"),
            ([-0.5, 0.7, -0.2], "actions are counted from 0"),
            ([0, 0, 5], "that is with respect to the probabilities; the scores are asked for"),
            ([0, 0, 0.8], "a higher score of one action makes the others less likely"),
        ),
    ),
    "11.3": Answer(
        "rewards with γ = 0",
        1,
        "0⁰ = 1, and every higher power is 0",
        ((0, "the reward of the same step counts: γ⁰ = 1"), (2, "γ¹ is 0 already"), (4, "γ¹ is 0 already")),
    ),
    "12.1": Answer(
        "pairs",
        64 * 65 // 2,
        "letter k sees k letters, itself among them",
        (
            (4096, "that is without the mask"),
            (2016, "each letter sees itself, too"),
            (64, "that is one for each letter"),
        ),
    ),
    "12.2": Answer(
        "numbers in weight_ih_l0",
        4 * 32 * 1,
        "4 · 32 · inputs",
        (
            (32, "there are four gates"),
            (4096, "that is weight_hh_l0, from state to state"),
            (256, "the biases stand in other arrays"),
        ),
    ),
    "12.3": Answer(
        "bits",
        2,
        "−log₂ of the probability",
        (
            (4, "that is 1/p; what is asked is its logarithm"),
            (0.25, "that is the probability"),
            (-2, "bits are −log₂ p"),
            (0.5, "two bits tell four things apart"),
        ),
    ),
    "13.1": Answer(
        "the fourth derivative of x⁵",
        240.0,
        "5 · 4 · 3 · 2 · x",
        (
            (120, "x = 2 is still to be put in"),
            (80, "that is the first derivative"),
            (160, "that is the second derivative"),
            (480, "that is the third derivative, doubled"),
        ),
    ),
    "13.2": Answer(
        "the Hessian",
        [[2.0, 3.0], [3.0, 0.0]],
        "the mixed derivative stands twice",
        (
            ([[2, 3], [0, 0]], "it is symmetric"),
            ([[2, 0], [0, 0]], "3 x₀ x₁ has a mixed derivative"),
            ([[2, 6], [6, 0]], "∂/∂x₁ of 2 x₀ + 3 x₁ is 3"),
            ([2, 0], "it is a matrix of 2 × 2"),
        ),
    ),
    "13.3": Answer("softsign's rule", checks.softsign, "its derivative is 1 / (1 + |x|)²"),
    "13.4": Answer("softmax's rule", checks.softmax, "y (g - Σ g y), the sum along the last axis, kept as an axis"),
    "14.1": Answer(
        "a number that remembers", engine_checks.remembers, "print(made.parents), and call each of made.rules with 3.0"
    ),
    "14.2": Answer(
        "the order",
        engine_checks.order,
        "a number goes on the list when all of its parents are; then turn the list round",
    ),
    "14.3": Answer(
        "an engine of your own", engine_checks.own_engine, "run that expression by hand: which gradient differs first?"
    ),
}
"""By the number of the notebook and that of the exercise."""
