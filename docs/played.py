"""Draws docs/played.svg, the README's picture: one neuron, in which values come up in the order of the forward pass and
gradients in that of the backward pass; all of it at once where less motion is asked for. `make gallery` runs it.
"""

from pathlib import Path

import numpy as np

from autograd import Tensor, draw
from autograd.drawing.drawn import Drawing
from autograd.drawing.style import LIGHT

SECONDS = 1.2  # a step takes so long
STAY = 4  # steps for which the whole picture stays before it begins anew


def neuron() -> Drawing:
    x = Tensor([0.5, -1.0, 2.0])
    w = Tensor([0.1, -0.3, 0.2], requires_grad=True)
    b = Tensor(0.1, requires_grad=True)
    net = x @ w + b
    y = np.tanh(net)
    names = {"x": x, "w": w, "b": b, "net": net, "y": y}
    return draw(y, names=names, gradients=True, show=("value",), theme="light")


def played(drawing: Drawing) -> str:
    """The drawing's SVG, in which everything stays out of sight until its step."""
    steps = drawing.steps()
    whole = len(steps) + STAY
    shown: list[tuple[str, int]] = []  # what comes up, and with which step
    for k, step in enumerate(steps):
        forward = step.phase == "forward"
        gradient = f'[id="{step.box}"] text[fill="{LIGHT.formula}"]'
        shown.append((f'[id="{step.box}"]' if forward else gradient, k))
        for n, arrow in enumerate(drawing.graph.arrows):
            end = arrow.head if forward else arrow.tail
            if end == step.box and (arrow.kind == "forward") == forward:
                shown.append((f'[id="e{n}"]', k))
    rules = []
    for k in range(len(steps)):
        selectors = ", ".join(selector for selector, at in shown if at == k)
        rules.append(f"{selectors} {{ animation: s{k} {whole * SECONDS:g}s infinite; }}")
        start, end = (100 * (k + part) / whole for part in (0.0, 0.3))
        rules.append(f"@keyframes s{k} {{ 0%, {start:.2f}% {{ opacity: 0; }} {end:.2f}%, 100% {{ opacity: 1; }} }}")
    moving = "\n".join(rules)
    style = f"<style>@media (prefers-reduced-motion: no-preference) {{\n{moving}\n}}</style>"
    svg = drawing.svg()
    head = svg.index(">") + 1
    return f"{svg[:head]}\n{style}{svg[head:]}\n"


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(played(neuron()), encoding="utf-8")
