"""docs/programs.md: the printed derivations give the engine's numbers to the last bit, those by hand to rounding."""

from __future__ import annotations

import doctest
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
from autograd.transforms.tree import leaves

from .test_source import run_text

PAGE = Path(__file__).parents[3] / "docs" / "programs.md"
SHAPES: dict[str, list[Any]] = {  # of the parameters, some of them in lists, and of the inputs
    "perceptron": [(3, 1), (1,), (5, 3), (5, 1)],
    "backprop": [(2, 3), (3,), (3, 2), (2,), (5, 2), (5, 2)],
    "softmax_regression": [(4, 3), (3,), (5, 4), (5, 3)],
    "lenet": [
        (6, 1, 5, 5), (6,), (16, 6, 5, 5), (16,), (256, 120), (120,), (120, 84), (84,), (84, 10), (10,),
        (4, 1, 28, 28), (4, 10),
    ],
    "rnn": [(3, 4), (4, 4), (4,), (5, 4), (8, 5, 3), (5, 4)],
    "stacked": [[(3, 4), (4, 4), (4, 4), (4, 4)], [(4, 4)] * 4, (8, 5, 3), (5, 4)],
    "attention": [(6, 4), (6, 4), (6, 4), (4, 6), (5, 6), (5, 6)],
}  # fmt: skip


@pytest.fixture(scope="module")
def page() -> Any:
    """What the page defines."""
    space: dict[str, Any] = {}
    for example in doctest.DocTestParser().get_examples(PAGE.read_text(encoding="utf-8")):
        if not example.source.startswith("show("):
            exec(example.source, space)
    return space


def data(name: str, seed: int) -> list[Any]:
    rng = np.random.default_rng(seed)
    draw = lambda shape: [*map(draw, shape)] if isinstance(shape, list) else 0.3 * rng.standard_normal(shape)
    *arrays, last = [draw(shape) for shape in SHAPES[name]]
    if name in ("softmax_regression", "lenet"):  # targets that sum to 1
        last = np.exp(last) / np.exp(last).sum(axis=1, keepdims=True)
    return [*arrays, last]


@pytest.mark.parametrize("name", SHAPES)
def test_printed_by_hand_and_by_the_engine(page: Any, name: str) -> None:
    derivative = autograd.value_and_grad(page[name], argnums=tuple(range(len(SHAPES[name]) - 2)))
    program = autograd.trace(derivative, *data(name, 0))
    for seed in (1, 2, 3):
        arrays = data(name, seed)
        engine = leaves(derivative(*arrays))
        outgoing = program.outgoing()
        printed = run_text(program, leaves(arrays), None)
        by_hand = leaves(page[f"{name}_by_hand"](*arrays))
        assert len(engine) == len(by_hand) == len(program.results)
        for expected, place, derived in zip(engine, program.results, by_hand, strict=True):
            np.testing.assert_array_equal(printed[outgoing.index(place)], expected)
            np.testing.assert_allclose(derived, expected, rtol=1e-12, atol=1e-12)
