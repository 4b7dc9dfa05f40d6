"""draw(..., gradients=True): the norms, the widths, the marks, where a NaN comes from; the order; explain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, checkpoint, detect_anomaly, draw, grad, no_grad, scope
from autograd.drawing.style import LIGHT, Widths, arrow_attributes
from autograd.engine.modes import mode
from autograd.engine.node import walk
from autograd.engine.sweep import _root, _sweep
from autograd.engine.tensor import wrap


def leaf(value: Any, name: str | None = None) -> Tensor:
    return Tensor(value, requires_grad=True, name=name)


DATA = np.random.default_rng(1).normal(size=(5, 3))


def network() -> tuple[Tensor, dict[str, Tensor]]:
    rng = np.random.default_rng(0)
    W, b, V = leaf(rng.normal(size=(3, 4))), leaf(np.zeros(4)), leaf(rng.normal(size=(4, 1)))
    h = (DATA @ W + b).tanh()
    loss = ((h @ V) ** 2).mean()
    return loss, {"W": W, "b": b, "V": V, "h": h, "loss": loss}


def test_norms_are_those_of_the_gradients() -> None:
    loss, names = network()
    drawing = draw(loss, names=names, gradients=True)
    for box in drawing.graph.boxes:
        if box.name in names:
            (g,) = grad(loss, names[box.name], retain_graph=True)
            assert box.gradient is not None
            np.testing.assert_allclose(box.gradient.norm, np.linalg.norm(g.data), rtol=1e-12)
    assert all(tensor._grad is None for tensor in names.values())


def test_kept_gradients_are_left_alone_and_hooks_count() -> None:
    x = leaf([1.0, 2.0], "x")
    y = x * 2.0
    y.retain_grad()
    y.register_hook(lambda g: g * 10)
    drawing = draw(y.sum(), gradients=True)
    assert y.grad is None
    assert drawing.graph.boxes[0].gradient is not None
    assert drawing.graph.boxes[0].gradient.value == "[20, 20]"
    y.sum().backward()
    assert y.grad is not None


def test_widths_grow_with_the_norm() -> None:
    x = leaf([1.0, 2.0], "x")
    drawing = draw(((x * 1e-3).sin() * 50.0).sum(), gradients=True)
    arrows = [arrow for arrow in drawing.graph.arrows if arrow.flow is not None]
    widths = Widths(arrow.flow for arrow in drawing.graph.arrows)
    pairs = sorted((a.flow.norm, float(arrow_attributes(a, LIGHT, widths)["penwidth"])) for a in arrows if a.flow)
    assert [width for _, width in pairs] == sorted(width for _, width in pairs)
    assert pairs[0][1] < pairs[-1][1]
    assert f"{pairs[0][0]:.2g} … {pairs[-1][0]:.2g}" in drawing.dot


def test_widths_of_norms_whose_quotient_overflows() -> None:
    x, w = leaf([1e200, 1e-200], "x"), leaf(1e-300, "w")
    drawing = draw((x * 1e100 * w).sum() + leaf(1.0, "b"), gradients=True)
    widths = Widths(arrow.flow for arrow in drawing.graph.arrows)
    found = [float(arrow_attributes(a, LIGHT, widths)["penwidth"]) for a in drawing.graph.arrows]
    assert all(0.5 < width < 5 for width in found)
    assert max(found) > 3


def test_zero_and_vanished_gradients_are_marked() -> None:
    x = leaf([-1.0, -2.0], "x")
    states = [a.flow.state for a in draw(np.maximum(x, 0).sum(), gradients=True).graph.arrows if a.flow is not None]
    assert "zero" in states
    drawing = draw(((x * 1e-12) + 1.0).sum(), gradients=True)
    assert "vanished" in [a.flow.state for a in drawing.graph.arrows if a.flow is not None]
    assert "≈0 vanished" in drawing.dot


@pytest.mark.parametrize(
    ("make", "note", "alarmed"),
    [
        (lambda x: (np.log(x - 2.0) * 3.0).sum(), "NaN in the forward pass: first made by log", "v2"),
        (lambda x: np.sqrt(x * 0.0).sum(), "infinity in the backward pass: the VJP of sqrt", None),
        (lambda x: np.exp(x * 1000.0).sum(), "infinity in the forward pass: first made by exp", "v2"),
        (lambda x: (x * np.array([np.nan, 1.0])).sum(), "NaN in the forward pass: the constant y of multiply", "v1"),
    ],
)
def test_where_it_began(make: Any, note: str, alarmed: str | None) -> None:
    x = leaf([1.0, 2.0], "x")
    with np.errstate(all="ignore"):
        drawing = draw(make(x), gradients=True)
    assert [n for n in drawing.graph.notes if n.startswith(note)]
    assert [box.name for box in drawing.graph.boxes if box.alarm] == ([alarmed] if alarmed else [])
    assert len([arrow for arrow in drawing.graph.arrows if arrow.alarm]) == (alarmed is None)


def test_an_incoming_gradient() -> None:
    x = leaf([1.0, 2.0], "x")
    y = x * 2.0
    y.register_hook(lambda g: g * np.inf)
    drawing = draw(y.sum(), gradients=True)
    assert [box.name for box in drawing.graph.boxes if box.alarm] == ["v1"]
    assert "incoming gradient" in drawing.graph.notes[0]


def test_gradients_inside_of_closed_parts_are_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograd.drawing import sweep

    measured: list[Any] = []
    measure = sweep.measure
    monkeypatch.setattr(sweep, "measure", lambda g: (measured.append(g), measure(g))[1])
    x = y = leaf(1.0, "x")
    for _ in range(3000):
        y = y * 1.5 if y.data < 2 else y * 0.5
    drawing = draw(y, gradients=True, max_nodes=20)
    assert len(measured) < 60
    assert all(box.gradient is not None for box in drawing.graph.boxes if box.kind in ("leaf", "operation"))
    assert "not inside of the closed boxes" in drawing.graph.notes[-1]
    y.backward()
    assert x.grad is not None
    assert drawing.graph.boxes[0].gradient == sweep.measure(x.grad.data)


def test_what_goes_wrong_inside_of_a_closed_part_is_traced() -> None:
    x = leaf([0.0, 4.0], "x")
    with scope("inside"):
        y = np.sqrt(x)
    drawing = draw((y * 2.0).sum(), gradients=True, depth=0)
    assert [(box.text, box.alarm) for box in drawing.graph.boxes if box.alarm] == [
        ("inside", "inside: infinity from finite values")
    ]
    assert "the VJP of sqrt" in drawing.graph.notes[1]
    arrow = next(arrow for arrow in drawing.graph.arrows if arrow.kind == "backward" and arrow.head == "n1")
    assert arrow.flow is not None
    assert arrow.flow.state == "inf"


def test_the_sweep_goes_through_a_checkpoint() -> None:
    x = leaf([1.0, 2.0], "x")
    block = checkpoint(lambda x: np.tanh(x) * x)
    plain, kept = (draw(made.sum(), gradients=True) for made in (np.tanh(x) * x, block(x)))
    assert kept.graph.boxes[0].gradient == plain.graph.boxes[0].gradient
    assert kept.graph.notes == ()
    assert x.grad is None


def test_complex_gradients_are_explained() -> None:
    z = leaf([1 + 2j])
    assert "conjugate" in draw((z * z.conj()).real.sum(), gradients=True).graph.notes[0]


def test_finite_graphs_raise_no_alarm() -> None:
    loss, names = network()
    drawing = draw(loss, names=names, gradients=True)
    assert not [item for item in (*drawing.graph.boxes, *drawing.graph.arrows) if item.alarm]
    assert drawing.graph.notes == ()


def test_source_lines_are_shown() -> None:
    with detect_anomaly():
        y = leaf(2.0).exp()
        drawing = draw(y)
    assert "test_gradients.py" in drawing.dot


def test_after_a_backward_pass_the_picture_is_the_same() -> None:
    loss, names = network()
    before = draw(loss, names=names, gradients=True, show=("value",))
    loss.backward()
    after = draw(loss, names=names, gradients=True, show=("value",))
    assert after.graph == before.graph
    assert all(node.saved is None for node in walk([loss._node]) if node.plan is not None)


def test_after_a_backward_pass_results_of_several_parts_are_computed_again() -> None:
    scores, classes = leaf(np.arange(6.0).reshape(2, 3)), np.array([2, 0])
    values, vectors = np.linalg.eigh(scores @ scores.T)
    loss = nn.functional.cross_entropy(scores, classes) + values.sum() + (vectors**2 * values).sum()
    before = draw(loss, gradients=True)
    loss.backward()
    assert [a.flow for a in draw(loss, gradients=True).graph.arrows] == [a.flow for a in before.graph.arrows]


@pytest.mark.parametrize("lost", ["a constant is gone", "a leaf has changed"])
def test_a_freed_graph_that_cannot_be_computed_again_says_so(lost: str) -> None:
    w = leaf(np.ones(3))
    loss = np.exp(w * np.full(3, 2.0)).sum() if "gone" in lost else np.exp(w).sum()
    loss.backward()
    if "changed" in lost:
        with no_grad():
            w -= 1
    with pytest.raises(RuntimeError, match="retain_graph"):
        draw(loss, gradients=True)
    assert draw(loss).graph.boxes


def test_steps_are_in_the_order_of_the_sweep() -> None:
    loss, names = network()
    came: list[Any] = []

    class Watch:
        def vjp(self, node: Any, parent: Any, vjp: Any, g: Any, saved: Any) -> Any:
            came.append(node)
            return vjp(g, saved)

    mode.watch = Watch()  # type: ignore[assignment]
    try:
        _sweep([_root(loss, None, False)], True, False)
    finally:
        mode.watch = None
    drawing = draw(loss, names=names)
    steps = [step for step in drawing.steps() if step.phase == "backward"]
    boxes = {box.id: box for box in drawing.graph.boxes}
    played = [boxes[step.box] for step in steps if boxes[step.box].kind == "operation"]
    ran = list(dict.fromkeys(came))
    assert [box.tooltip[0].split()[1] for box in played] == [node.name for node in ran]
    forward = [step.box for step in drawing.steps() if step.phase == "forward"]
    assert forward == [box.id for box in reversed(played)]


def explained() -> dict[str, tuple[str, str]]:
    x, other = leaf([1.0, 2.0], "x"), leaf([1.0])
    y = x * 2.0
    drawing = draw(y.sum(), names={"x": x, "y": y})
    with no_grad():
        view, made, parts, constant = x[:1], x * 2.0, np.linalg.qr(leaf(np.eye(2))), Tensor([1.0]) * 2.0
    restricted = draw((x * leaf(3.0)).sum(), wrt=x)
    return {
        "leaf": (drawing.explain(x), "added to .grad"), "between": (drawing.explain(y), "retain_grad"),
        "integer": (drawing.explain(Tensor([1])), "integer dtype"),
        "boolean": (drawing.explain(Tensor([True])), "boolean dtype"),
        "detached": (drawing.explain(x.detach()), "memory with x"), "view": (drawing.explain(view), "under no_grad"),
        "detached elsewhere": (drawing.explain(other.detach()), "not in this picture"),
        "a wrapped array": (drawing.explain(wrap(y.data)), "memory with y"),
        "constant": (drawing.explain(Tensor([1.0])), "without requires_grad=True"),
        "detached constant": (drawing.explain(Tensor([1.0]).detach()), "without requires_grad=True"),
        "from constants": (drawing.explain(Tensor([1.0]) * 2.0), "computed from such tensors only"),
        "from constants under no_grad": (drawing.explain(constant), "computed from such tensors only"),
        "under no_grad": (drawing.explain(made), "under no_grad"),
        "one of several under no_grad": (drawing.explain(parts[1]), "under no_grad"),
        "from what was made under no_grad": (drawing.explain(made + 1.0), "computed from such tensors only"),
        "unreachable": (drawing.explain(other), "unreachable"), "restricted": (restricted.explain(y), "unreachable"),
    }  # fmt: skip


@pytest.mark.parametrize("what", explained())
def test_explain(what: str) -> None:
    text, says = explained()[what]
    assert says in text
