"""What the page of a layer shows besides its docstring: formula, shapes, picture, example."""

from __future__ import annotations

import functools
from pathlib import Path

import curves
import examples
import facts
import panels

DRAWN = Path(__file__).resolve().parents[1] / "pictures" / "nn"
"""The pictures that `make gallery` draws."""

AS = {"RNNBase": "RNN", "RNNCellBase": "RNNCell", "LinearCrossEntropyOptions": "LinearCrossEntropyLoss"}
"""Whose picture stands for that of another class."""


def formula(name: str) -> str:
    """The formula and the shapes."""
    found = facts.fact(name)
    return f"$$\n{found.formula}\n$$\n\nShapes: `{found.takes}` → `{found.gives}`"


def picture(name: str) -> str:
    """A curve, arrays before and after, or the graph of a call; of a lazy layer, that of the one which it becomes."""
    name = AS.get(name, name.removeprefix("Lazy"))
    made = curves.curve(name) or arrays().get(name, "")
    if made.startswith('<svg class="grid"'):  # on a narrow page it scrolls, and stays legible
        made = f'<div class="wide">{made}</div>'
    if made:
        return f"```{{raw}} html\n{made}\n```"
    return f"![a call of {name}](../pictures/nn/{name}.svg)" if (DRAWN / f"{name}.svg").exists() else ""


def example(name: str) -> str:
    """The example, where the docstring has none."""
    made = examples.example(name)
    return f"```pycon\n{made}\n```" if made else ""


@functools.cache
def arrays() -> dict[str, str]:
    return panels.arrays()
