"""A traced program as a picture: its boxes are the lines of its printed text, its arrows what they use."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
import optim
from autograd import Tensor, draw, trace, value_and_grad
from autograd.drawing.rendering import find_renderer


def loss(w: Any, b: Any, x: Any, y: Any) -> Any:
    p = np.tanh(x @ w + b)
    return ((p - y) ** 2).sum() / 2


def perceptron() -> Any:
    shapes = (3, 1), (1,), (5, 3), (5, 1)
    return trace(value_and_grad(loss, argnums=(0, 1)), *[np.ones(shape) for shape in shapes])


def training() -> Any:
    network = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    optimizer = optim.SGD(network.parameters(), 0.1, momentum=0.9)

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        nn.functional.mse_loss(network(x), y).backward()
        optimizer.step()
        optimizer.zero_grad()

    return trace(step, Tensor(np.ones((4, 2), np.float32)), Tensor(np.ones((4, 1), np.float32)))


def test_boxes_are_the_printed_lines_and_arrows_what_they_use() -> None:
    program = perceptron()
    picture = draw(program).graph
    inputs = {box.name: box.kind for box in picture.boxes if not box.scope}
    assert inputs == {"w": "leaf", "b": "leaf", "x": "constant", "y": "constant"}
    lines = [line.strip() for line in program.source.splitlines() if " = " in line]
    assert [box.text for box in picture.boxes if box.scope] == lines
    assert {box.name for box in picture.boxes if box.output} == {"loss", "d_w", "d_b"}
    assert picture.clusters == {("forward",): "forward", ("backward",): "backward"}
    name = {box.id: box.name for box in picture.boxes}
    assert [(arrow.kind, name[arrow.tail], name[arrow.head]) for arrow in picture.arrows] == [
        ("forward", "x", "p"), ("forward", "w", "p"), ("forward", "b", "p"),
        ("forward", "p", "subtract"), ("forward", "y", "subtract"),
        ("forward", "subtract", "loss"),
        ("forward", "subtract", "d_p"),
        ("backward", "d_p", "d_tanh"), ("forward", "p", "d_tanh"),
        ("backward", "d_tanh", "d_b"),
        ("forward", "x", "d_w"), ("backward", "d_tanh", "d_w"),
    ]  # fmt: skip
    shapes = {box.name: (box.shape, box.dtype) for box in picture.boxes}
    assert shapes["p"] == ((5, 1), "float64")
    assert shapes["d_w"] == ((3, 1), "float64")


def test_the_updates_are_one_box_that_gets_every_gradient() -> None:
    picture = draw(training()).graph
    update = picture.boxes[-1]
    assert update.kind == "block"
    assert update.text.startswith("for each ")
    assert len(update.lines) == 3
    name = {box.id: box.name for box in picture.boxes}
    gradients = {name[a.tail] for a in picture.arrows if a.head == update.id and a.kind == "backward"}
    assert gradients == {f"d_network_{k}_{part}" for k in (0, 2) for part in ("weight", "bias")}


def test_what_is_changed_in_place_comes_from_the_change() -> None:
    def change(x: Any) -> Any:
        y = x * 2
        y[0] = x[1]
        return y + x

    picture = draw(trace(change, np.ones(3))).graph
    texts = {box.id: box.text for box in picture.boxes}
    arrows = [(texts[arrow.tail], texts[arrow.head]) for arrow in picture.arrows if arrow.argument == "y"]
    (made, first), (changed, second) = arrows
    assert made == "y = x * 2"
    assert first == changed == "y[0] = x[1]"
    assert "y + x" in second


def test_a_large_program_has_a_box_for_each_module() -> None:
    program = training()
    picture = draw(program, max_nodes=20).graph
    assert len(picture.boxes) < len(draw(program).graph.boxes)
    closed = [(box.scope[0], box.text) for box in picture.boxes if box.kind == "block"]
    assert ("forward", "2: Linear") in closed
    assert ("backward", "2: Linear") in closed
    ids = [box.id for box in picture.boxes]
    assert all(ids.index(arrow.tail) < ids.index(arrow.head) for arrow in picture.arrows)


def test_the_forms_of_a_drawing() -> None:
    drawing = draw(perceptron())
    assert drawing.dot.count("subgraph") == 2
    assert "d_w = x.T.dot(d_tanh)" in drawing.text()
    assert [step.phase for step in drawing.steps()] == ["forward"] * 3 + ["backward"] * 4
    if find_renderer() is not None:
        assert "<svg" in drawing.svg()


@pytest.mark.parametrize(
    "given", [{"wrt": []}, {"names": {}}, {"depth": 1}, {"gradients": True}, {"saved": True}, {"direction": "forward"}]
)
def test_a_program_is_drawn_whole(given: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=f"leave out {next(iter(given))}="):
        draw(perceptron(), **given)
