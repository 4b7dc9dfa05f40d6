"""Arrows that would lie on one another are moved apart: measured in the layout that Graphviz gives back."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
import nn.functional as F
from autograd import Tensor, draw, grad
from autograd.drawing.drawn import Drawing
from autograd.drawing.rendering import find_renderer, render

pytestmark = pytest.mark.skipif(find_renderer() is None, reason="neither dot nor pygraphviz is here")


def normal(*shape: int) -> Any:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def leaf(*shape: int) -> Tensor:
    return Tensor(normal(*shape), requires_grad=True)


def transformer(**look: Any) -> Drawing:
    return draw(nn.TransformerEncoderLayer(8, 2, 16), normal(3, 1, 8), **look)


def residual(**look: Any) -> Drawing:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Conv2d(2, 2, 3, padding=1), nn.Conv2d(2, 2, 3, padding=1)
            self.norm = nn.BatchNorm2d(2)

        def forward(self, x: Any) -> Any:
            return F.relu(self.norm(self.second(F.relu(self.first(x)))) + x)

    return draw(nn.Sequential(Block(), Block(), nn.Flatten(), nn.Linear(32, 3)), normal(2, 2, 4, 4), **look)


def adversaries(**look: Any) -> Drawing:
    maker = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 3))
    judge = nn.Sequential(nn.Linear(3, 4), nn.LeakyReLU(0.2), nn.Linear(4, 1))
    fake, ones = maker(normal(5, 2)), np.ones((5, 1), np.float32)
    told = F.binary_cross_entropy_with_logits(judge(normal(5, 3)), ones)
    told = told + F.binary_cross_entropy_with_logits(judge(fake.detach()), 0 * ones)
    return draw(told, F.binary_cross_entropy_with_logits(judge(fake), ones), **look)


def twice_the_same_network(**look: Any) -> Drawing:
    net = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 2))
    apart = np.sqrt(((net(normal(3, 4)) - net(normal(3, 4) + 1)) ** 2).sum(axis=1) + 1e-6)
    return draw((apart**2 + np.maximum(1 - apart, 0) ** 2).mean(), names=net, **look)


def kernel(**look: Any) -> Drawing:
    s, length, X = Tensor(1.0, requires_grad=True), Tensor(0.5, requires_grad=True), normal(5, 3)
    K = s**2 * np.exp(-((X[:, None] - X) ** 2).sum(-1) / (2 * length**2)) + 0.1 * np.eye(5)
    L = np.linalg.cholesky(K)
    a = np.linalg.solve(L, normal(5))
    return draw(0.5 * (a @ a) + np.log(np.diagonal(L)).sum(), names=locals(), **look)


def steps(**look: Any) -> Drawing:
    cell, h = nn.GRUCell(3, 5), Tensor(np.zeros((2, 5), np.float32))
    for _ in range(2):
        h = cell(normal(2, 3), h)
    return draw(h.sum(), names=cell, **look)


def penalty(**look: Any) -> Drawing:
    w = leaf(3)
    (slope,) = grad(np.tanh(w @ normal(3)), w, create_graph=True)
    return draw((slope**2).sum(), names={"w": w}, **look)


GRAPHS = [transformer, residual, adversaries, twice_the_same_network, kernel, steps, penalty]


def points(course: str) -> np.ndarray:
    """The way of an arrow in steps of two points, its head left out."""
    at = [tuple(map(float, part.split(","))) for part in course.split() if part[0] not in "se"]
    t = np.linspace(0, 1, 60)[:, None]
    pieces = [np.array(at[k : k + 4]) for k in range(0, len(at) - 1, 3)]
    way = np.concatenate(
        [(1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d for a, b, c, d in pieces]
    )
    lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))])
    return np.stack([np.interp(np.arange(0, lengths[-1], 2), lengths, part) for part in way.T], 1)


def together(one: np.ndarray, other: np.ndarray, near: float = 3.0) -> float:
    """How far one goes within so many points of the other, without a break."""
    if (one.min(0) > other.max(0) + near).any() or (one.max(0) < other.min(0) - near).any():
        return 0.0
    close = (np.hypot(*(one[:, None] - other).transpose(2, 0, 1)) < near).any(1)
    return 2.0 * max(len(run) for run in "".join("x" if each else " " for each in close).split(" "))


def laid_out(drawing: Drawing) -> Any:
    return json.loads(render(drawing.dot, "json", 60))


@pytest.mark.parametrize("rankdir", ["TB", "LR"])
@pytest.mark.parametrize("make", GRAPHS)
def test_solid_and_dashed_arrows_do_not_run_together(make: Callable[..., Drawing], rankdir: str) -> None:
    """For no more than a line of text is high. Before they were moved it was up to 166 points, in each of these."""
    layout = laid_out(make(rankdir=rankdir))
    ways = [(edge["class"], points(edge["pos"])) for edge in layout["edges"]]
    for kind, way in ways:
        if kind == "backward":
            assert max(together(way, other) for what, other in ways if what == "forward") <= 30


@pytest.mark.parametrize("rankdir", ["TB", "LR"])
@pytest.mark.parametrize("make", [transformer, adversaries])
def test_an_arrow_goes_from_border_to_border_and_through_no_box(make: Callable[..., Drawing], rankdir: str) -> None:
    layout = laid_out(make(rankdir=rankdir))
    boxes = [
        (*map(float, box["pos"].split(",")), 36 * float(box["width"]), 36 * float(box["height"]))
        if "pos" in box else None
        for box in layout["objects"]
    ]  # fmt: skip
    for edge in layout["edges"]:
        way = points(edge["pos"])
        tip = np.array([float(n) for n in edge["pos"].split()[0][2:].split(",")])
        for at, end in ((edge["tail"], way[0]), (edge["head"], way[-1])):
            x, y, wide, high = boxes[at]
            end = tip if edge["class"] == ("backward" if at == edge["tail"] else "forward") else end
            assert abs(max(abs(end[0] - x) - wide, abs(end[1] - y) - high)) < 6  # a circle's border lies further in
        for n, box in enumerate(boxes):
            if box is not None and n not in (edge["tail"], edge["head"]):
                inside = (abs(way - box[:2]) < np.array(box[2:]) - 3).all(1)
                assert 2 * inside.sum() < 12, (edge["id"], layout["objects"][n]["name"])


@pytest.mark.parametrize("rankdir", ["TB", "LR"])
@pytest.mark.parametrize("make", [residual, adversaries, kernel])
def test_a_formula_stays_beside_its_arrow(make: Callable[..., Drawing], rankdir: str) -> None:
    for edge in laid_out(make(rankdir=rankdir, formulas=True))["edges"]:
        if "lp" in edge:
            place = np.array([float(n) for n in edge["lp"].split(",")])
            rows = re.sub("<(?!br)[^>]*>", "", html.unescape(edge["label"])).split("<br/>")
            half = np.array([2.8 * max(len(row.strip()) for row in rows), 6.5 * len(rows)])
            off = abs(points(edge["pos"]) - place)
            assert np.maximum(off - half, 0).max(1).min() < 24, edge["label"]
            assert 2 * (off < half * (0.8, 0.5)).all(1).sum() < 12, edge["label"]  # through the letters


def test_a_picture_without_such_arrows_is_left_as_it_was_laid_out() -> None:
    from autograd.drawing.parting import parted
    from autograd.drawing.rendering import _run

    x = Tensor(0.5, requires_grad=True, name="x")
    assert parted(_run(str(find_renderer()), draw(np.tanh(x)).dot, "dot", "dot", 60).decode()) is None
