"""draw: the structure of small pictures, the forms they take, what stands in for a missing renderer, and size."""

from __future__ import annotations

import gc
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname
from xml.etree import ElementTree

import numpy as np
import pytest

import nn
from autograd import Tensor, checkpoint, detect_anomaly, draw, enable_grad, grad, no_grad, scope, windows
from autograd.drawing import rendering
from autograd.drawing.dot import wrapped
from autograd.drawing.rendering import RenderError, find_renderer
from autograd.engine.modes import mode
from autograd.ops import affine

needs_renderer = pytest.mark.skipif(find_renderer() is None, reason="neither dot nor pygraphviz is here")


def leaf(value: Any = 2.0, name: str | None = None) -> Tensor:
    return Tensor(value, requires_grad=True, name=name)


def square() -> Any:
    x = leaf()
    return draw(x * x, names={"x": x})


def constant() -> Any:
    x, c = leaf(np.ones(2)), Tensor(np.ones(2))
    return draw(x * c, names={"x": x, "c": c})


def shared() -> Any:
    w, a = leaf(), leaf()
    return draw((w * a) + w, names={"w": w, "a": a})


def two_outputs() -> Any:
    x = leaf()
    return draw(x + 1.0, x * 2.0, names={"x": x})


def chain() -> Any:
    x = leaf()
    return draw((x * 2.0).tanh().exp(), names={"x": x})


def alone() -> Any:
    return draw(leaf(name="x"))


def not_recorded() -> Any:
    return draw(Tensor([1.0, 2.0], name="x"))


def restricted() -> Any:
    x, y = leaf(name="x"), leaf(name="y")
    return draw((x * 2.0) * (y * 3.0), wrt=x)


def several_results() -> Any:
    x = leaf(np.eye(2) * 2, name="x")
    q, r = np.linalg.qr(x)
    return draw(q, r)


def diamond() -> Any:
    x = leaf(name="x")
    y = x.exp()
    return draw(y.sin() + y.cos())


def closed() -> Any:
    x = leaf(name="x")
    with scope("body"):
        y = x.exp().sin()
    return draw(y + 1.0, depth=0)


def second() -> Any:
    x = leaf(name="x")
    (slope,) = grad(x**3, x, create_graph=True)
    return draw(slope)


F, B = "forward", "backward"
EXPECTED: dict[Any, tuple[list[str], list[tuple[str, str, str]]]] = {
    square: (["x", "v1 = x * x", "Σ"], [
        (F, "x", "v1 = x * x"), (F, "x", "v1 = x * x"), (B, "v1 = x * x", "Σ"), (B, "v1 = x * x", "Σ"), (B, "Σ", "x"),
    ]),
    constant: (["x", "v1 = x * c", "c"], [
        (F, "x", "v1 = x * c"), (B, "v1 = x * c", "x"), (F, "c", "v1 = x * c"),
    ]),
    shared: (["w", "a", "v1 = w * a", "v2 = v1 + w", "Σ"], [
        (F, "w", "v1 = w * a"), (F, "a", "v1 = w * a"), (F, "v1 = w * a", "v2 = v1 + w"), (F, "w", "v2 = v1 + w"),
        (B, "v1 = w * a", "Σ"), (B, "v1 = w * a", "a"), (B, "v2 = v1 + w", "v1 = w * a"), (B, "v2 = v1 + w", "Σ"),
        (B, "Σ", "w"),
    ]),
    two_outputs: (["x", "v1 = x + 1", "v2 = x * 2", "Σ"], [
        (F, "x", "v1 = x + 1"), (F, "x", "v2 = x * 2"), (B, "v1 = x + 1", "Σ"), (B, "v2 = x * 2", "Σ"),
        (B, "Σ", "x"),
    ]),
    chain: (["x", "v1 = x * 2", "v2 = tanh(v1)", "v3 = exp(v2)"], [
        (F, "x", "v1 = x * 2"), (F, "v1 = x * 2", "v2 = tanh(v1)"), (F, "v2 = tanh(v1)", "v3 = exp(v2)"),
        (B, "v3 = exp(v2)", "v2 = tanh(v1)"), (B, "v2 = tanh(v1)", "v1 = x * 2"), (B, "v1 = x * 2", "x"),
    ]),
    alone: (["x"], []),
    not_recorded: (["x"], []),
    restricted: (["x", "v1 = x * 2", "v3 = v1 * v2", "v2"], [
        (F, "x", "v1 = x * 2"), (B, "v1 = x * 2", "x"), (F, "v1 = x * 2", "v3 = v1 * v2"),
        (B, "v3 = v1 * v2", "v1 = x * 2"), (F, "v2", "v3 = v1 * v2"),
    ]),
    several_results: (["x", "v1 = qr(x)", "v2 = v1[0]", "v3 = v1[1]", "Σ"], [
        (F, "x", "v1 = qr(x)"), (B, "v1 = qr(x)", "x"), (F, "v1 = qr(x)", "v2 = v1[0]"), (B, "v2 = v1[0]", "Σ"),
        (F, "v1 = qr(x)", "v3 = v1[1]"), (B, "v3 = v1[1]", "Σ"), (B, "Σ", "v1 = qr(x)"),
    ]),
    diamond: (["x", "v1 = exp(x)", "v2 = sin(v1)", "v3 = cos(v1)", "v4 = v2 + v3", "Σ"], [
        (F, "x", "v1 = exp(x)"), (B, "v1 = exp(x)", "x"), (F, "v1 = exp(x)", "v2 = sin(v1)"), (B, "v2 = sin(v1)", "Σ"),
        (F, "v1 = exp(x)", "v3 = cos(v1)"), (B, "v3 = cos(v1)", "Σ"), (B, "Σ", "v1 = exp(x)"),
        (F, "v2 = sin(v1)", "v4 = v2 + v3"), (F, "v3 = cos(v1)", "v4 = v2 + v3"),
        (B, "v4 = v2 + v3", "v2 = sin(v1)"), (B, "v4 = v2 + v3", "v3 = cos(v1)"),
    ]),
    closed: (["x", "body", "v2 = v1 + 1"], [
        (F, "x", "body"), (B, "body", "x"), (F, "body", "v2 = v1 + 1"), (B, "v2 = v1 + 1", "body"),
    ]),
    second: (["x", "v1 = x ** 2", "v2 = 3 * v1", "v3 = 1 * v2"], [
        (F, "x", "v1 = x ** 2"), (B, "v1 = x ** 2", "x"), (F, "v1 = x ** 2", "v2 = 3 * v1"),
        (B, "v2 = 3 * v1", "v1 = x ** 2"), (F, "v2 = 3 * v1", "v3 = 1 * v2"), (B, "v3 = 1 * v2", "v2 = 3 * v1"),
    ]),
}  # fmt: skip


@needs_renderer
@pytest.mark.parametrize("make", EXPECTED)
def test_structure(make: Any) -> None:
    """What Graphviz lays out is what was written down by hand, arrows as often as they are there."""
    drawing = make()
    texts = {box.id: box.text for box in drawing.graph.boxes}
    laid_out = json.loads(drawing._render("json"))
    ids = {item["_gvid"]: item["name"] for item in laid_out["objects"] if item["name"] in texts}
    boxes = Counter(texts[name] for name in ids.values())
    arrows: Counter[tuple[str, str, str]] = Counter()
    for edge in laid_out.get("edges", []):
        tail, head = texts[ids[edge["tail"]]], texts[ids[edge["head"]]]
        back = edge.get("dir") == "back"
        arrows[("backward", head, tail) if back else ("forward", tail, head)] += 1
        assert (edge.get("style") == "dashed") == back
    assert (boxes, arrows) == (Counter(EXPECTED[make][0]), Counter(EXPECTED[make][1]))


def test_one_direction() -> None:
    x = leaf()
    kinds = {d: {a.kind for a in draw(x * x, direction=d).graph.arrows} for d in ("forward", "backward", "both")}
    assert kinds == {"forward": {"forward"}, "backward": {"backward"}, "both": {"forward", "backward"}}


NAMES = ['"', "a\\b", "{x|y}", "<b>", "&amp;", "ξ̄", "a\nb", "N\\N", "]]>", "x -> y", "'", "\x00", "%d", "[1]"]


@needs_renderer
@pytest.mark.parametrize("name", NAMES)
def test_names_of_all_kinds(name: str) -> None:
    x = leaf([1.0], name)
    with scope(name):
        y = x * 2.0
    svg = draw(y).svg()
    root = ElementTree.fromstring(svg)
    shown = "".join(c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in name)
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count(shown) == 2  # the box's and the frame's
    assert f"v1 = {shown}_2 * 2" in texts or f"v1 = {shown} * 2" in texts
    tips = [item.get("{http://www.w3.org/1999/xlink}title", "") for item in root.iter("{http://www.w3.org/2000/svg}a")]
    assert f"module: {shown}" in tips


@needs_renderer
def test_saved_forms(tmp_path: Path) -> None:
    drawing = square()
    starts = {
        "svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF", "dot": b"digraph", "json": b"{", "txt": b"v1 = x * x",
        "html": b"<!DOCTYPE html>",
    }  # fmt: skip
    for ending, start in starts.items():
        drawing.save(tmp_path / f"d.{ending}")
        assert (tmp_path / f"d.{ending}").read_bytes().startswith(start)
    assert json.loads((tmp_path / "d.json").read_text())["boxes"][0]["name"] == "x"
    with pytest.raises(ValueError, match="ends in"):
        drawing.save(tmp_path / "d.bmp")
    assert drawing.source.source.strip() == drawing.dot.strip()
    graph = drawing.to_networkx()
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (3, 5)


@needs_renderer
def test_themes() -> None:
    x = leaf()
    assert "prefers-color-scheme:dark" in draw(x * x).svg()
    assert "prefers-color-scheme" not in draw(x * x, theme="dark").svg()
    assert "#0d1117" in draw(x * x, theme="dark").dot


def test_without_a_renderer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(rendering.shutil, "which", lambda name: None)
    monkeypatch.setattr(rendering.importlib.util, "find_spec", lambda name: None)
    drawing = square()
    bundle = drawing._repr_mimebundle_()
    assert set(bundle) == {"text/plain"}
    assert "v1 = x * x" in bundle["text/plain"]
    assert "install" in bundle["text/plain"]
    with pytest.raises(RenderError, match="install"):
        drawing.save(tmp_path / "d.svg")
    assert not list(tmp_path.iterdir())
    assert "v1 = x * x" in drawing.player().html
    drawing.save(tmp_path / "d.dot")


@pytest.mark.skipif(os.name != "posix", reason="the stand-in for dot is a shell script")
@pytest.mark.parametrize(("script", "says"), [("sleep 60", "stopped"), ("echo broken >&2; exit 3", "broken")])
def test_a_renderer_that_stalls_or_fails(
    script: str, says: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "dot"
    program.write_text(f"#!/bin/sh\nexec 0<&0\n{script.replace('sleep', 'exec sleep')}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    x = leaf()
    drawing = draw(x * x, timeout=0.3)
    with pytest.raises(RenderError, match=says):
        drawing.svg()
    assert says in drawing._repr_mimebundle_()["text/plain"]


PROGRAM = """
import numpy as np
from autograd import Tensor, draw
x, W = Tensor(np.ones((2, 3)), requires_grad=True), Tensor(np.ones((3, 3)), requires_grad=True)
h = (x @ W).tanh() * np.arange(3.0)
print(draw((h @ W + h).sum(), names=locals(), gradients=True, saved=True).dot)
"""


def test_the_same_in_every_process() -> None:
    outputs = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1]
    assert b"digraph" in outputs[0]


# ---- modules, options, and what is wrong -----------------------------------------------------------------------------


def network() -> Any:
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


def test_a_module_with_an_example() -> None:
    with no_grad(), enable_grad():
        drawing = draw(network(), np.ones((5, 3), np.float32))
    assert {"0.weight", "0.bias", "2.weight", "2.bias"} <= {box.name for box in drawing.graph.boxes}
    assert drawing.graph.clusters == {
        ("Sequential",): "Sequential · 26 parameters", ("Sequential", "0"): "0 · Linear · 16 parameters",
        ("Sequential", "1"): "1 · Tanh", ("Sequential", "2"): "2 · Linear · 10 parameters",
    }  # fmt: skip
    closed = draw(network(), np.ones((5, 3), np.float32), depth=1)
    assert [box.text for box in closed.graph.boxes] == ["0 · Linear", "1 · Tanh", "2 · Linear", "input"]
    assert "16 parameters" in closed.graph.boxes[0].lines
    whole, given = draw(network(), np.ones((5, 3), np.float32), depth=0).graph.boxes
    assert (given.name, given.kind) == ("input", "constant")
    assert (whole.text, whole.lines[:2]) == ("Sequential", ("2 affine, 1 tanh", "26 parameters"))


def test_parameters_are_counted_where_the_module_is_not_known() -> None:
    result = network()(Tensor(np.ones((5, 3), np.float32)))
    assert draw(result).graph.clusters == draw(network(), np.ones((5, 3), np.float32)).graph.clusters


class Twice(nn.Module):
    """Calls one layer twice, and another one between."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
        self.other = nn.Linear(2, 2)

    def forward(self, x: Any) -> Any:
        return {"once": self.layer(x), "twice": self.layer(self.other(self.layer(self.layer(x))))}


def test_every_call_of_a_module_is_a_box_of_its_own() -> None:
    net, x = Twice(), np.ones((1, 2), np.float32)
    closed = draw(net, x, depth=1).graph
    assert [box.text for box in closed.boxes if box.kind == "block"] == [
        "layer [1] · Sequential", "layer [2] · Sequential", "layer [3] · Sequential", "other · Linear",
        "layer [4] · Sequential",
    ]  # fmt: skip
    assert [box.name for box in closed.boxes if box.kind == "leaf"] == ["layer.0.weight", "layer.0.bias"]
    ids = {box.id: box.text for box in closed.boxes}
    between = [
        (ids[a.tail], ids[a.head]) for a in closed.arrows if a.kind == "forward" and "layer.0" not in ids[a.tail]
    ]
    assert between == [
        ("x", "layer [1] · Sequential"), ("x", "layer [2] · Sequential"),
        ("layer [2] · Sequential", "layer [3] · Sequential"), ("layer [3] · Sequential", "other · Linear"),
        ("other · Linear", "layer [4] · Sequential"),
    ]  # fmt: skip
    opened = draw(net, x).graph.clusters
    assert opened["Twice", "layer [2]", "0"] == "0 · Linear · 6 parameters"
    assert opened["Twice", "other"] == "other · Linear · 6 parameters"
    assert opened["Twice",] == "Twice · 12 parameters"
    inner = draw(net, x, depth=2).graph
    first = [box.text for box in inner.boxes if box.kind == "block"][:2]
    assert first == ["layer [1].0 · Linear", "layer [1].1 · Tanh"]


def test_modules_that_are_called_by_the_user_close_as_well() -> None:
    cell = nn.RNNCell(2, 3)
    h = Tensor(np.zeros((1, 3), np.float32))
    for _ in range(3):
        h = cell(np.ones((1, 2), np.float32), h)
    boxes = draw(h, names=cell, depth=0).graph.boxes
    assert [box.text for box in boxes if box.kind == "block"] == ["RNNCell [1]", "RNNCell [2]", "RNNCell [3]"]
    assert [box.name for box in boxes if box.kind == "leaf"] == ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
    assert all("21 parameters" in box.lines for box in boxes if box.kind == "block")


def test_modules_have_the_names_that_the_user_gave_them() -> None:
    """Two networks of one class are told apart, also where only one of them is trained."""
    G, D = nn.Sequential(nn.Linear(2, 3), nn.Tanh()), nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    fake = G(np.ones((1, 2), np.float32))
    loss = (D(fake) + D(fake.detach())).sum()
    graph = draw(loss, names={"G": G, "D": D}).graph
    assert {scope: text for scope, text in graph.clusters.items() if len(scope) == 1} == {
        ("G",): "G · Sequential · 9 parameters", ("D [1]",): "D [1] · Sequential · 11 parameters",
        ("D [2]",): "D [2] · Sequential · 11 parameters",
    }  # fmt: skip
    assert graph.clusters["G", "0"] == "0 · Linear · 9 parameters"
    assert graph.clusters["D [2]", "1"] == "1 · Linear · 3 parameters"
    closed = draw(loss, names={"G": G, "D": D}, depth=0, wrt=G.parameters()).graph
    assert [box.text for box in closed.boxes if box.kind == "block"] == ["G · Sequential", "D · Sequential"]
    part = draw(D[1](np.ones((1, 2), np.float32)), names={"D": D}).graph
    assert part.clusters == {("1",): "1 · Linear · 3 parameters"}
    shared = draw(loss, names={"both": nn.ModuleList([G, D]), "D": D}).graph
    assert {("D [1]",), ("Sequential",)} <= set(shared.clusters)


def test_a_hook_is_seen() -> None:
    x = leaf([1.0, 2.0], "x")
    y = x * 3
    y.register_hook(lambda g: g * 10)
    drawing = draw(y.sum(), names={"y": y}, gradients=True)
    lines = {box.name: box.lines for box in drawing.graph.boxes}
    assert [step.text for step in drawing.steps()][3:] == ["y: a hook sees ḡ, and may change it", "x"]
    assert lines["y"] == ("a hook sees ḡ, and may change it",)
    assert lines["x"] == ()
    y.register_hook(lambda g: None)
    assert draw(y).graph.boxes[1].lines == ("2 hooks see ḡ, and may change it",)
    assert draw(y, direction="forward").graph.boxes[1].lines == ()


def test_a_leaf_that_was_overwritten_shows_no_value_that_nobody_used() -> None:
    w = leaf([1.0, 2.0], "w")
    before, other = (w - 3) ** 2, leaf([1.0, 2.0], "other")
    with no_grad():
        w.data -= 0.5
    boxes = {box.name: box for box in draw(before * other, show="value").graph.boxes}
    assert (boxes["w"].value, boxes["w"].lines) == (None, ("overwritten since",))
    assert (boxes["other"].value, boxes["other"].lines) == ("[1, 2]", ())
    assert boxes["v1"].value == "[-2, -1]"
    after = draw(w * 2, show="value").graph.boxes[0]
    assert (after.value, after.lines) == ("[0.5, 1.5]", ())


def test_a_part_of_a_named_array_says_so() -> None:
    xs, w = np.arange(6.0).reshape(3, 2), leaf([1.0, 2.0], "w")
    boxes = {box.name: box for box in draw(w * xs[1], names={"xs": xs}).graph.boxes}
    assert boxes["c1"].lines == ("a view of xs",)
    assert draw(w * xs[1].copy(), names={"xs": xs}).graph.boxes[-1].lines == ()


def test_the_argument_of_a_function_that_is_differentiated_reads_as_itself() -> None:
    boxes = draw(grad(lambda x: np.exp(x)), leaf(2.0, "x")).graph.boxes
    assert [box.text for box in boxes[:3]] == ["x", "v1 = x", "v2 = exp(v1)"]


def test_a_parameter_of_many_closed_calls_is_drawn_as_stubs() -> None:
    layer = nn.Linear(2, 2)
    for calls, stubs in ((3, 0), (4, 8)):
        x = Tensor(np.ones((1, 2), np.float32))
        for _ in range(calls):
            x = layer(x)
        kinds = Counter(box.kind for box in draw(x, names=layer, depth=0).graph.boxes)
        assert (kinds["block"], kinds["leaf"], kinds["stub"]) == (calls, 2, stubs)


def test_a_scope_that_is_entered_twice_is_two() -> None:
    x, same = leaf(name="x"), scope("same")
    with same:
        y = x.exp()
        with same:
            y = y.sin()
    with same:
        y = y.cos()
    assert list(draw(y).graph.clusters) == [("same [1]",), ("same [1]", "same"), ("same [2]",)]
    assert [box.text for box in draw(y, depth=0).graph.boxes if box.kind == "block"] == ["same [1]", "same [2]"]


def test_a_row_that_could_not_be_read_is_closed_in_its_middle() -> None:
    """A loop of sixty steps, and thirty blocks: across the page, and not where rows go down or more is asked for."""
    h = w = Tensor(0.9, requires_grad=True, name="w")
    for _ in range(60):
        h = np.tanh(h * w)
    assert len(draw(h).graph.boxes) <= 41
    assert any(box.kind == "block" for box in draw(h).graph.boxes)
    assert len(draw(h, rankdir="TB").graph.boxes) > 120
    assert len(draw(h, max_nodes=400).graph.boxes) > 120
    blocks = nn.Sequential(*[nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2)) for _ in range(30)])
    graph = draw(blocks, np.ones((1, 2), np.float32)).graph
    assert [box.text for box in graph.boxes if box.kind == "block"] == [f"{k} · Sequential" for k in range(30)]


def test_a_long_row_goes_down_unless_it_is_asked_to_go_across() -> None:
    h = Tensor(0.9, requires_grad=True, name="h")
    for n in range(24):
        long = draw(h)
        assert long.graph.longest == n + 1
        assert ("rankdir=TB" in long.dot.replace('"', "")) is (n + 1 > 20)
        assert "rankdir=LR" in draw(h, rankdir="LR").dot.replace('"', "")
        h = np.tanh(h)
    backward = draw(h, direction="backward")
    assert backward.graph.longest == 25
    assert "rankdir=TB" in backward.dot.replace('"', "")


@pytest.mark.skipif(find_renderer() is None, reason="neither dot nor pygraphviz is here")
def test_a_png_that_was_shrunk_says_so(tmp_path: Path) -> None:
    h = w = Tensor(0.9, requires_grad=True, name="w")
    for _ in range(60):
        h = np.tanh(h * w)
    with pytest.warns(UserWarning, match=r"long.png was shrunk to 60 inches.*\.svg, close modules with depth="):
        draw(h, max_nodes=400).save(tmp_path / "long.png")
    draw(w * w).save(tmp_path / "short.png")


@pytest.mark.skipif(find_renderer() is None, reason="neither dot nor pygraphviz is here")
def test_from_top_to_bottom_gradients_go_beside_values() -> None:
    """Apart by more than the width of an arrow, all the way."""
    x = Tensor(0.5, requires_grad=True, name="x")
    svg = draw(np.tanh(x), rankdir="TB", theme="light").svg()
    ways = {
        kind: [
            [float(n) for n in re.findall(r"-?[\d.]+", d)]
            for d in re.findall(rf'<g id="e\d" class="edge {kind}">.*?<path[^>]* d="([^"]*)"', svg, re.S)
        ]
        for kind in ("forward", "backward")
    }
    (value,), (gradient,) = ways["forward"], ways["backward"]
    assert min(gradient[0::2]) > max(value[0::2]) + 10


def test_room_is_not_wasted_on_one_closed_module() -> None:
    """Of five hundred layers as many are shown as there is room for, and not their container alone."""
    net = nn.Sequential(*[nn.Linear(2, 2) for _ in range(500)])
    graph = draw(net, np.ones((1, 2), np.float32), max_nodes=400).graph
    assert 200 < len(graph.boxes) <= 400
    assert {"0 · Linear", "499 · Linear"} <= {box.text for box in graph.boxes}
    assert "to stay readable (max_nodes= asks for more)" in graph.notes[0]
    assert {box.kind for box in graph.boxes} == {"block", "constant"}  # parameters are inside of their layers
    assert {box.scope for box in graph.boxes if box.kind == "block"} == {("Sequential",)}
    small = draw(net[:30], np.ones((1, 2), np.float32), max_nodes=20).graph
    assert "29 · Linear" in {box.text for box in small.boxes}


def test_arguments_that_no_rule_keeps() -> None:
    x = leaf(np.ones((2, 3)), "x")
    rows: list[tuple[Any, str]] = [
        (x.reshape(3, -1), "reshape(x, (3, 2))"), (np.broadcast_to(x, (4, 2, 3)), "broadcast_to(x, (4, 2, 3))"),
        (np.expand_dims(x, (0, 2)), "expand_dims(x, (0, 2))"), (np.expand_dims(x, -1), "expand_dims(x, 2)"),
        (x.astype(np.float32), "astype(x, float32)"), (x - 1.0, "x - 1"), (x.sum(axis=0), "sum(x, axis=0)"),
        (x.mean(), "mean(x)"), (x.transpose(1, 0), "transpose(x, axes=(1, 0))"), (x[:, 0], "x[:, 0]"),
    ]  # fmt: skip
    for made, text in rows:
        assert next(box.full for box in draw(made).graph.boxes if box.output) == f"v1 = {text}"


def test_a_number_is_shown_also_where_no_rule_needs_it() -> None:
    x = leaf(np.array([0.3, -1.7, 12.0]), "x")
    changed = x * 2
    changed[1:] = 0
    rows: list[tuple[Any, str]] = [
        (1 / (1 + np.exp(-x)), "1 / v3"), (x - 0.25, "x - 0.25"), (3.5 - x, "3.5 - x"), (x + 1e-5, "x + 1e-05"),
        (x - (-2.0), "x - (-2)"), (x + 1 / 3, "x + 0.333333"), (x + 0.0, "x + 0"), (x + 2j, "x + 2j"),
        (x + np.float32(0.5), "x + 0.5"), (np.arctan2(x, 1), "arctan2(x, 1)"), (changed, "v1 with [1:] = 0"),
        (np.where(x.data > 0, x, 0.5), "where(c1, x, 0.5)"), (np.clip(x, None, 3), "clip(x, a_max=3)"),
        (x + np.array([1.0, 2.0, 1.0]), "x + …"), (x + np.ones(3), "x + …"), (x + np.array(1.0), "x + …"),
    ]  # fmt: skip
    for made, text in rows:
        full = {box.full for box in draw(made).graph.boxes if box.output}
        assert full.pop().split(" = ", 1)[1] == text
    drawn = draw(1 / (1 + np.exp(-x)), names={"x": x})
    assert [box.text for box in drawn.graph.boxes][1:] == ["v1 = -x", "v2 = exp(v1)", "v3 = 1 + v2", "v4 = 1 / v3"]


def test_an_array_with_a_name_that_nothing_kept_is_found() -> None:
    y, t = leaf(np.array([0.3, -1.7]), "y"), np.array([1.0, 0.0])
    error = ((Tensor(t) - y) ** 2).sum()
    graph = draw(error, names={"t": t, "ones": np.ones(2)}).graph
    assert [box.text for box in graph.boxes] == ["y", "v1 = t - y", "v2 = v1 ** 2", "v3 = sum(v2)", "t"]
    assert [(a.tail, a.head) for a in graph.arrows if a.tail == "c1"] == [("c1", "n2")]
    number = draw(((1 - y) ** 2).sum(), names={"ones": np.ones(2)}).graph
    assert "v1 = 1 - y" in [box.text for box in number.boxes]
    target, shift = Tensor(1.0), np.array(2.0)
    single = draw((target - y) ** 2 * shift, names={"target": target, "shift": shift}).graph
    assert [box.text for box in single.boxes][1:4] == ["v1 = target - y", "v2 = v1 ** 2", "v3 = v2 * shift"]
    mask, key = np.array([[0.0, -np.inf], [0.0, 0.0]]), leaf(np.array([[1.0, 2.0], [0.5, 3.0]]), "key")
    weights = nn.functional.softmax(key @ key.T / 2 + mask, -1)  # nobody keeps what goes into the softmax
    other = np.zeros((2, 2))
    texts = [box.text for box in draw(weights, names={"other": other, "mask": mask}, show="value").graph.boxes]
    assert "v4 = v3 + mask" in texts
    put = y * 2
    put[:1] = t[1:]
    assert "v2 = v1 with [:1] = last" in [box.text for box in draw(put, names={"last": t[1:]}).graph.boxes]


def test_options_have_their_names_and_defaults_are_left_out() -> None:
    x, d = leaf(np.arange(6.0).reshape(2, 3), "x"), leaf(np.ones(3), "d")
    rows: list[tuple[Any, str]] = [
        (x.var(), "var(x)"), (x.std(1, ddof=1, keepdims=True), "std(x, axis=1, ddof=1, keepdims=True)"),
        (np.percentile(x, 25), "percentile(x, 25)"), (np.diag(d), "on_diagonal(d, (3, 3))"),
        (np.cumsum(x, 0), "cumsum(x, axis=0)"), (np.sum(x, dtype=np.float32), "sum(x, dtype=float32)"),
        (np.clip(x, 0, 3), "clip(x, a_min=0, a_max=3)"), (np.concatenate([x, x]), "concatenate(x, x, axis=0)"),
        (np.fft.fft(x), "fft(x, axes=(1,))"), (x * 1j, "x * 1j"), (x * (1 + 2j), "x * (1+2j)"),
    ]  # fmt: skip
    for made, text in rows:
        assert next(box.full for box in draw(made).graph.boxes if box.output) == f"v1 = {text}"


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(2, 2)

    def forward(self, x: Any, shift: Any) -> Any:
        return np.clip(self.inner(x) + x, 0, 6) - shift


def test_a_function_that_is_called_shows_all_that_it_was_given() -> None:
    x, shift = np.ones((1, 2), np.float32), Tensor(np.ones((1, 2), np.float32), name="down")
    graph = draw(Residual(), x, shift).graph
    assert [box.full for box in graph.boxes if box.kind == "operation"] == [
        "v1 = x @ inner.weight.T + inner.bias", "v2 = v1 + x", "v3 = clip(v2, a_min=0, a_max=6)", "v4 = v3 - down",
    ]  # fmt: skip
    ids = {box.name: box.id for box in graph.boxes}
    heads = {name: [a.head for a in graph.arrows if a.tail == ids[name]] for name in ("x", "down")}
    assert heads == {"x": [ids["v1"], ids["v2"]], "down": [ids["v4"]]}
    joined = draw(lambda x, y: np.concatenate([x, y]), leaf(np.ones(2)), np.zeros(2)).graph
    assert "v1 = concatenate(x, y, axis=0)" in [box.text for box in joined.boxes]
    many = draw(lambda *args, **options: args[0] * 2.0, leaf()).graph
    assert [box.text for box in many.boxes] == ["x1", "v1 = x1 * 2"]
    named = draw(Residual(), x, shift, names={"pixels": x}).graph
    assert {"pixels", "down"} <= {box.name for box in named.boxes}
    before = mode.recording
    with pytest.raises(ZeroDivisionError):
        draw(lambda x: x / (1 // 0), leaf())
    assert mode.recording is before
    with detect_anomaly(), pytest.raises(RuntimeError, match="log made -inf"), np.errstate(divide="ignore"):
        draw(np.log, leaf(0.0))


def test_constants_that_a_module_makes_stand_inside_of_it() -> None:
    (state,) = (box for box in draw(nn.RNN(2, 3), np.ones((1, 1, 2), np.float32)).graph.boxes if box.name == "c1")
    assert state.scope == ("RNN",)


def test_a_matrix_is_written_in_rows() -> None:
    x = leaf(np.arange(6.0).reshape(3, 2) / 8, "x")
    dot = draw(x * 1.0, show="value").dot
    assert ">[[0, 0.125],<" in dot
    assert "> [0.5, 0.625]]<" in dot


def test_a_wide_picture_is_not_shrunk_until_it_cannot_be_read() -> None:
    x = leaf(name="x")
    for _ in range(12):
        x = x.tanh()
    svg = draw(x).svg()
    found = re.search(r'width="([\d.]+)pt" height="[\d.]+pt" style="max-width:max\(100%,(\d+)pt\);height:auto"', svg)
    assert found is not None
    assert float(found[2]) == pytest.approx(rendering.SMALLEST * float(found[1]), abs=1)


def test_what_a_rule_calls_out_is_no_argument() -> None:
    x, c = leaf(np.ones((2, 3)), "x"), Tensor(3.0)
    rows: list[tuple[Any, str]] = [
        (x.max(axis=0), "max(x, axis=0)"), (x.prod(), "prod(x)"), (windows(x, (2, 2)), "windows(x, (2, 2))"),
        (x * 1.000001, "x * 1.000001"), (x * c, "x * c"), (x * Tensor(-2.0), "x * (-2)"),
    ]  # fmt: skip
    for made, text in rows:
        boxes = draw(made, names={"c": c}).graph.boxes
        assert next(box.full for box in boxes if box.output) == f"v1 = {text}"
        assert {box.name for box in boxes if box.kind == "constant"} == ({"c"} if "c" in text else set())


def test_an_assignment_reads_as_one() -> None:
    x = leaf(np.ones(4), "x")
    y = x * 2.0
    y[1] = x[0]
    y[2:] = 0.0
    assert [box.full for box in draw(y, names={"y": y}).graph.boxes if box.kind == "operation"] == [
        "v1 = x * 2", "v2 = x[0]", "v3 = v1 with [1] = v2", "y = v3 with [2:] = 0",
    ]  # fmt: skip


def test_long_formulas_break_at_their_operators() -> None:
    assert wrapped("ḡ * (a > b) + ḡ * 0.5 * (a == b)") == ["ḡ * (a > b) + ḡ * 0.5", "* (a == b)"]
    assert wrapped("scatter_add(ḡ, np.s_[1:3, ::2], (5, 4))") == ["scatter_add(ḡ, np.s_[1:3, ::2],", "(5, 4))"]
    assert wrapped("ḡ @ W.T") == ["ḡ @ W.T"]
    assert wrapped("f" * 80) == ["f" * 40 + " …"]


def test_a_long_call_shows_its_first_arguments() -> None:
    weight = leaf(np.ones((4, 3)), "a_rather_long_name_of_a_weight_that_goes_on_and_on")
    x = leaf(np.ones((4, 3)), "a_shorter_name_of_the_input")
    drawing = draw(np.maximum(x, weight))
    box = next(box for box in drawing.graph.boxes if box.output)
    assert box.text == "v1 = maximum(a_shorter_name_of_the_input, …)"
    assert box.full == f"v1 = maximum(a_shorter_name_of_the_input, {weight.name})"
    assert "<td><b>v1 =</b></td>" not in drawing.dot
    assert "<b>v1 = maximum(a_shorter_name_of_the_input,</b></td></tr><tr><td><b>…)</b>" in drawing.dot


def test_what_a_kernel_does_at_once_reads_as_what_it_does() -> None:
    """And a call has its keywords last, as one in Python must."""
    x, w, b = leaf(np.ones((2, 3)), "x"), leaf(np.ones(3), "w"), leaf(np.ones(3), "b")
    assert draw(nn.functional.layer_norm(x, (3,), w, b)).graph.boxes[-1].text == "v3 = v2 * w + b"
    conv = nn.Conv2d(1, 1, 3, padding=1)
    texts = [box.full for box in draw(conv, np.ones((1, 1, 4, 4), np.float32)).graph.boxes]
    assert "v1 = correlate(input, weight, bias, padding=((1, 1), (1, 1)))" in texts


def test_an_affine_map_reads_as_one() -> None:
    x, w, b = leaf(np.ones((4, 3)), "x"), leaf(np.ones((2, 3)), "w"), leaf(np.ones(2), "b")
    assert [draw(y).graph.boxes[-1].text for y in (affine(x, w), affine(x, w, b))] == [
        "v1 = x @ w.T",
        "v1 = x @ w.T + b",
    ]


def test_index_arrays_are_shown() -> None:
    x, rows = leaf(np.eye(3), "x"), np.array([0, 2])
    drawing = draw(x[rows, np.array([1, 1])], names={"rows": rows})
    assert [box.text for box in drawing.graph.boxes] == ["x", "v1 = x[rows, c1]", "rows", "c1"]


def test_saved_arrays_are_counted_once() -> None:
    x = leaf(np.ones(10))
    assert "80 B in 1 arrays" in draw(x * x, saved=True).graph.notes[0]
    y = x * x
    y.sum().backward()
    assert "freed" in draw(y, saved=True).graph.notes[0]


def test_saved_arrays_have_the_names_of_the_picture() -> None:
    x, y = leaf(np.ones(2)), leaf(np.ones(2))
    drawing = draw(np.tanh(x * y), names={"y": x, "z": y}, saved=True)
    assert [box.lines for box in drawing.graph.boxes if box.kind == "operation"] == [
        ("saved: z, y · 32 B",), ("saved: v2 · 16 B",),
    ]  # fmt: skip


def test_a_checkpoint_shows_its_inputs_once() -> None:
    x, w = leaf(np.ones((1, 2)), "x"), leaf(np.eye(2), "w")
    graph = draw(checkpoint(lambda x: np.tanh(x @ w))(x)).graph
    assert [box.full for box in graph.boxes] == [
        "x", "w", "v1 = inputs(x, w)", "v2 = checkpoint(v1)", "v3 = v2[0]",
    ]  # fmt: skip
    assert "ḡ · ∂v2/∂v1, run again" in [arrow.formula for arrow in graph.arrows]


def test_a_checkpoint_of_an_argument_that_is_not_tracked() -> None:
    w, c = leaf(np.ones(2), "w"), Tensor(np.ones(2), name="c")
    graph = draw(checkpoint(lambda c: c * w)(c)).graph
    assert [box.full for box in graph.boxes][:2] == ["w", "v1 = inputs(w)"]
    assert "ḡ · ∂v2/∂v1, run again" in [arrow.formula for arrow in graph.arrows]


def test_values_are_as_they_were() -> None:
    x = leaf([1.0, 2.0], "x")
    y = x.exp()
    drawing = draw(y, show="value")
    with no_grad():
        x.data -= 1
    assert next(box.value for box in drawing.graph.boxes if box.name == "x") == "[1, 2]"


def test_drawing_leaves_the_graph_alone() -> None:
    x = leaf([1.0, 2.0])
    y = (x * x).sum()
    draw(y, gradients=True, saved=True).svg() if find_renderer() else draw(y, gradients=True)
    assert x.grad is None
    y.backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.data, [2.0, 4.0])


def test_a_drawing_keeps_nothing_alive() -> None:
    import gc
    from weakref import ref

    x = leaf(np.ones(3))
    y = x * x
    drawing, array, node = draw(y, gradients=True, show="value"), ref(y.data), ref(y._node)
    gc.disable()
    try:
        del y
        assert array() is None
        assert node() is None
    finally:
        gc.enable()
    assert drawing.graph.boxes


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"direction": "up"}, ValueError, "direction"), ({"theme": "pink"}, ValueError, "theme"),
        ({"show": "size"}, ValueError, "show"), ({"rankdir": "X"}, ValueError, "rankdir"),
        ({"max_nodes": 0}, ValueError, "max_nodes"), ({"names": 3}, TypeError, "names"),
        ({"wrt": 3}, TypeError, "wrt"), ({"wrt": Tensor(1.0)}, ValueError, "requires_grad"),
        ({"depth": -1}, ValueError, "depth"), ({"depth": "1"}, TypeError, "depth"),
        ({"max_nodes": "9"}, TypeError, "max_nodes"),
        ({"timeout": 0}, ValueError, "timeout"), ({"timeout": "9"}, ValueError, "timeout"),
        ({"show": 3}, TypeError, "show"),
        ({"renderer": "x"}, ValueError, "renderer"), ({"formulas": "no"}, ValueError, "formulas"),
    ],
)  # fmt: skip
def test_wrong_options(options: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        draw(leaf() * 2.0, **options)


def test_names_in_either_direction() -> None:
    x = leaf()
    assert draw(x * 2.0, names={x: "weight"}).graph == draw(x * 2.0, names={"weight": x}).graph
    assert draw(x, names={x: "weight"}).graph.boxes[0].name == "weight"


def test_nothing_to_draw() -> None:
    with pytest.raises(TypeError, match="expected Tensors"):
        draw(3)
    with pytest.raises(TypeError, match="nothing"):
        draw()
    with pytest.raises(TypeError, match=r"gives Tensors, got ndarray from sin.*requires_grad=True"):
        draw(np.sin, np.ones(2))


# ---- size ------------------------------------------------------------------------------------------------------------


def test_a_long_chain() -> None:
    x = y = leaf(1.0, "x")
    for _ in range(5000):
        y = y + 1.0
    drawing = draw(y)
    assert len(drawing.graph.boxes) <= 400
    hidden = 5000 - sum(box.kind == "operation" for box in drawing.graph.boxes)
    assert drawing.graph.notes[0].startswith(f"{hidden:,} of 5,000 operations are inside 1 closed box")
    assert len(draw(y, max_nodes=10_000).graph.boxes) == 5001
    assert x.grad is None


@needs_renderer
@pytest.mark.parametrize("most", [1, 2, 5, 20, 100, 1000])
def test_a_recurrent_network(most: int) -> None:
    W, h = leaf(np.ones((2, 2)) / 2), leaf(np.ones((1, 2)))
    y = h
    for _ in range(100):
        y = (y @ W).tanh() + np.ones(2)
    drawing = draw(y, max_nodes=most, names={"W": W})
    assert len(drawing.graph.boxes) <= max(most, 1)
    assert any(box.output for box in drawing.graph.boxes)
    assert drawing.svg().startswith("<svg")
    if most == 1000:
        stubs = [box.text for box in drawing.graph.boxes if box.kind == "stub"]
        assert stubs == [f"W [{n}]" for n in range(1, 101)]


def test_uses_are_counted_also_where_some_are_in_a_closed_part() -> None:
    w, y = leaf(0.5, "w"), leaf(1.0, "y")
    h = y
    for _ in range(30):
        h = np.tanh(h * w)
    stubs = [box.text for box in draw(h, max_nodes=36).graph.boxes if box.kind == "stub"]
    ranges = [[int(n) for n in text[3:-1].split("…")] for text in stubs]
    assert any(len(both) == 2 for both in ranges)
    assert [n for both in ranges for n in range(both[0], both[-1] + 1)] == list(range(1, 31))


@needs_renderer
def test_all_steps_of_a_recurrent_network_stacked() -> None:
    """Into an operation of many inputs lead stubs: with arrows from every step its layout would take minutes."""
    W, h = leaf(np.ones((2, 2)) / 2, "W"), Tensor(np.ones((1, 2)))
    steps = []
    for _ in range(100):
        h = (h @ W).tanh()
        steps.append(h)
    drawing = draw(np.stack(steps), max_nodes=1000)
    last = next(box.id for box in drawing.graph.boxes if box.output)
    boxes = {box.id: box for box in drawing.graph.boxes}
    into = [boxes[arrow.tail] for arrow in drawing.graph.arrows if arrow.kind == "forward" and arrow.head == last]
    assert Counter(box.kind for box in into) == {"stub": 99, "operation": 1}  # the last one is joined to it
    assert {box.text[-4:] for box in into if box.kind == "stub"} == {" [2]"}  # [1] is the next step
    assert drawing.svg().startswith("<svg")
    few = draw(np.concatenate([leaf([1.0]) for _ in range(20)]))
    assert not [box for box in few.graph.boxes if box.kind == "stub"]


@needs_renderer
def test_a_long_picture_is_no_endless_bitmap() -> None:
    y = leaf(1.0)
    for _ in range(120):
        y = y.tanh()
    png = draw(y)._render("png")
    assert int.from_bytes(png[16:20], "big") <= rendering.WIDEST * 144 + 200


def test_thirty_squares() -> None:
    y = leaf(1.0)
    for _ in range(30):
        y = y * y
    drawing = draw(y, gradients=True)
    kinds = Counter(arrow.kind for arrow in drawing.graph.arrows)
    assert kinds == {"forward": 60, "backward": 90}
    assert drawing.graph.boxes[0].gradient is not None
    assert drawing.graph.boxes[0].gradient.norm == 2.0**30


def test_closed_parts_make_no_circle() -> None:
    import networkx as nx

    x = leaf(np.ones(2), "x")
    y = x
    for k in range(30):
        with scope("ab"[k % 2]), scope(str(k % 3)):
            y = y * x + y.sin()
    for depth in (0, 1, 2, None):
        for most in (5, 30, 400):
            drawing = draw(y, depth=depth, max_nodes=most, direction="forward")
            assert nx.is_directed_acyclic_graph(drawing.to_networkx())
            assert len(drawing.graph.boxes) <= most


def test_formulas_move_to_the_tooltips() -> None:
    x = y = leaf()
    for _ in range(40):
        y = y.tanh()
    assert not re.search(r"label=<[^>]*ḡ \*", draw(y).dot)
    assert re.search(r"label=<[^>]*ḡ \*", draw(y, formulas=True).dot)
    assert re.search(r'tooltip="[^"]*ḡ \*', draw(y).dot)
    assert x.grad is None


def test_the_graph_has_nodes_and_edges() -> None:
    x = Tensor(2.0, requires_grad=True, name="x")
    graph = draw(x * x, direction="forward").graph
    assert [node.name for node in graph.nodes] == [box.name for box in graph.boxes]
    ids = {node.name: node.id for node in graph.nodes}
    assert [edge.tail for edge in graph.edges] == [ids["x"]] * 2  # both arrows of x * x


def test_values_and_gradients_stand_in_the_text() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    drawn = draw((x * x * np.array([1.0, 3.0])).sum(), show=("value",), gradients=True)
    assert drawn.text().splitlines() == [
        "v3 = sum(v2) = 13   ḡ 1",
        "  v2 = v1 * c1 = [1, 12]   ḡ [1, 1]   ⇠ broadcast_to(ḡ, (2,)) = [1, 1]",
        "    v1 = x * x = [1, 4]   ḡ [1, 3]   ⇠ ḡ * c1 = [1, 3]",
        "      x = [1, 2]   ḡ [2, 12]   ⇠ ḡ * x = [1, 6]",
        "      x   ⇠ ḡ * x = [1, 6]",
        "    c1 = [1, 3]",
    ]


def test_small_values_stand_in_the_text_unless_others_are_asked_for() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    y = (x + 1) * 3
    before = draw(y)
    y.sum().backward()  # what was kept is freed: it is computed again
    for drawn in (before, draw(y)):
        assert drawn.text().splitlines() == [
            "v2 = v1 * 3 (2,) = [6, 9]",
            "  v1 = x + 1 (2,) = [2, 3]   ⇠ ḡ * 3",
            "    x (2,) = [1, 2]   ⇠ ḡ",
        ]
    assert draw(y, show="shape").text().splitlines()[0] == "v2 = v1 * 3 (2,)"
    matrix = Tensor([[2.0, 0.0], [0.0, 3.0]], requires_grad=True, name="a")
    assert "  v2 = v1[0] (2,) = [2, 3]" in draw(np.linalg.eigh(matrix)[0].sum()).text()
    many = draw(x * np.ones((13, 1)))
    assert many.text().splitlines()[0] == "v1 = x * c1 (13, 2)"


def test_what_is_wrong_stands_in_the_text() -> None:
    x = Tensor([0.0], requires_grad=True, name="x")
    with np.errstate(all="ignore"):
        text = draw(np.log(x).sum(), gradients=True).text()
    assert "⚠ infinity made here" in text


def test_a_name_outlives_its_variable() -> None:
    def loss() -> Tensor:
        w, later = Tensor([1.0], requires_grad=True, name="w"), Tensor([2.0], requires_grad=True)
        later.name = "b"
        hidden = w * later
        hidden.name = "hidden"
        return hidden * hidden

    drawn = draw(loss())
    assert {"w", "b", "hidden"} <= {box.name for box in drawn.graph.boxes}
    gc.collect()
    assert drawn.text() == draw(loss()).text()


@needs_renderer
def test_show_opens_a_page_in_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda url: opened.append(url) is None)
    x = Tensor(2.0, requires_grad=True, name="x")
    drawn = draw(x * x)
    drawn.show()
    (url,) = opened
    path = url2pathname(urlsplit(url).path)
    with open(path, encoding="utf-8") as file:
        assert "<svg" in file.read()
    os.remove(path)
    monkeypatch.setattr("webbrowser.open", lambda url: opened.append(url))
    with pytest.raises(RuntimeError, match=r"no browser could be opened; the page is .*\.html"):
        drawn.show()
    os.remove(url2pathname(urlsplit(opened[-1]).path))
