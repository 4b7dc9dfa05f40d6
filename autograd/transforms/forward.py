"""Forward mode: how the results of a recorded call move when its arguments move, node by node in the order they ran.

A node's derivative is that which its rules pull back, transposed: for functions that work element by element it is the
rule itself (of complex numbers what it makes of 1 and of i), for bilinear ones the function, once for each input that
moves. Of any other, unless the primitive says how it moves, the rules, which are linear in the gradient, are recorded
and pulled back (J. Townsend, "A new trick for calculating Jacobian vector products", 2017).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..engine.modes import enable_grad, mode
from ..engine.node import BACKWARD, Node, between, walk
from ..engine.primitive import INPUTS, PICK, Cotangents
from ..engine.sweep import _fit, gradients
from ..engine.tensor import Tensor, wrap
from .call import Call, conj


def push(call: Call, outs: Sequence[Tensor], tangents: Sequence[Any], create_graph: bool) -> list[Any]:
    """The tangents of these results, for those of the call's points; of what does not depend on them, zeros.

    The call must have been recorded with what its operations were given (see `engine.arguments`).
    With create_graph the tangents may be tracked, and what is computed from them is recorded.
    """
    nodes = [point._node for point in call.points]
    known: dict[int, Any] = {}
    for node, tangent in zip(nodes, tangents, strict=True):
        assert node is not None
        known[node.order] = tangent
    roots = [out._node for out in outs if out._node is not None]
    needed = between(roots, known.keys())
    with _recording(create_graph):
        for node in reversed(walk(roots, max(known, default=0))):
            if node.order not in known and (needed is None or node.order in needed):
                moved = _moved(node, known, create_graph)
                if moved is not None:
                    known[node.order] = moved
    if not any(out._node is not None and out._node.order in known for out in outs):
        call.warn_independent()
    return [_result(out, known) for out in outs]


class _recording:
    """Whether what is computed is recorded."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled

    def __enter__(self) -> None:
        self.before = mode.recording
        mode.recording = (mode.watch or True) if self.enabled else False

    def __exit__(self, *error: Any) -> None:
        mode.recording = self.before


def _result(out: Tensor, known: dict[int, Any]) -> Any:
    found = None if out._node is None else known.get(out._node.order)
    return np.zeros_like(out._content) if found is None else found


def _moved(node: Node, known: dict[int, Any], create_graph: bool) -> Any:
    """A node's tangent; None where it does not move. Of several results each is worked out where it is picked."""
    plan = node.plan
    if plan is None:
        return None
    if plan is PICK:
        (several,), (place, n) = node.parents, node.saved  # type: ignore[misc]
        moved = known.get(several.order)
        if type(moved) is list:
            return _fitted(moved[place], node)
        return None if moved is None else _total(node, several, known, create_graph, (place, n))
    if not any(parent.order in known for parent in node.parents):
        return None
    if plan.primitive is INPUTS:
        return [known.get(parent.order) for parent in node.parents]
    if plan.primitive.forward is not None:
        moved = _by_rule_forward(node, known, create_graph)
        if moved is not None:
            return moved if plan.primitive.multiple else _fitted(moved, node)
    return _SEVERAL if plan.primitive.multiple else _total(node, node, known, create_graph, None)


_SEVERAL = object()
"""What is known of a node of several results: that it moves."""


def _by_rule_forward(node: Node, known: dict[int, Any], create_graph: bool) -> Any:
    """What a primitive says of how its result moves, or of several a list; None where it says nothing."""
    plan = node.plan
    pairs = zip(plan.inputs, node.parents, strict=True)
    tangents = {input: known[parent.order] for input, parent in pairs if parent.order in known}
    saved: Any = plan.relink(node) if create_graph else node.saved
    return plan.primitive.forward(tangents, {**_given(node, create_graph), **dict(zip(plan.names, saved, strict=True))})


def _given(node: Node, create_graph: bool) -> dict[str, Any]:
    """A node's arguments by name; with create_graph those that move are joined to the graph."""
    assert node.extras is not None
    given = dict(node.extras.given)
    if create_graph:
        for input, parent in zip(node.plan.inputs, node.parents, strict=True):
            if type(input) is tuple:
                name, place = input
                items = list(given[name])
                items[place] = wrap(items[place], parent)
                given[name] = tuple(items)
            else:
                given[input] = wrap(given[input], parent)
    return given


def _fitted(tangent: Any, node: Node) -> Any:
    """A tangent in the shape and the dtype of its node."""
    if tangent is None:
        return None
    tangent = _spread(tangent if hasattr(tangent, "shape") else np.asarray(tangent), node.shape)
    if tangent.dtype == node.dtype:
        return tangent
    return (tangent.real if tangent.dtype.kind == "c" and node.dtype.kind != "c" else tangent).astype(node.dtype)


def _total(result: Node, node: Node, known: dict[int, Any], create_graph: bool, place: Any) -> Any:
    """The tangent of a node's result, or of the one of several at `place`: that which each moving input gives it."""
    plan = node.plan
    saved = plan.relink(node) if create_graph else node.saved
    primitive = plan.primitive
    parts: list[Any] = []
    others: list[tuple[int, Any]] = []
    for k, parent in enumerate(node.parents):
        tangent = known.get(parent.order)
        if tangent is None:
            continue
        name = plan.inputs[k]
        if primitive.kind == "elementwise" and place is None:
            parts.append(_scaled(partial(plan.vjps[k], saved=saved), _spread(tangent, node.shape), node, parent))
        elif primitive.kind == "bilinear" and name in _factors(primitive):
            parts.append(_multiplied(node, name, tangent, create_graph))
        else:
            others.append((k, tangent))
    if others:
        parts.append(_transposed(result, node, others, create_graph, place))
    moved = [part for part in parts if part is not None]
    return _fitted(sum(moved[1:], moved[0]), result) if moved else None


def _scaled(rule: Callable[[Any], Any], tangent: Any, node: Node, parent: Node) -> Any:
    """What the rule of a function that works element by element makes of a tangent.

    With complex numbers an element moves by a t + b conj(t), where its gradient is a g + conj(b) conj(g): the rule is
    its own transpose only if b is real. What it makes of 1 and of i says what a and b are.
    """
    if node.dtype.kind != "c" and parent.dtype.kind != "c":
        return rule(tangent)
    one = np.ones_like(tangent, dtype=node.dtype)
    of_one = rule(one)
    if node.dtype.kind != "c":
        return (of_one * tangent).real
    of_i = rule(1j * one)
    if parent.dtype.kind != "c":
        return (of_one.real - 1j * of_i.real) * tangent
    p, q = of_one, 1j * of_i
    return ((p - q) * tangent + ((p + q) * tangent).conj()) / 2


def _spread(tangent: Any, shape: tuple[int, ...]) -> Any:
    return tangent if tangent.shape == shape else np.broadcast_to(tangent, shape)


def _factors(primitive: Any) -> list[str]:
    """The two inputs that a bilinear function multiplies; a third one is added to the product."""
    return list(primitive.rules)[:2]


def _multiplied(node: Node, name: str, tangent: Any, create_graph: bool) -> Any:
    """A bilinear function with the tangent in the place of one factor."""
    plan, given = node.plan, _given(node, create_graph)
    given[name] = tangent
    for more in list(plan.primitive.rules)[2:]:
        given[more] = None
    return plan.primitive.recorder(*given.values())


def _transposed(
    result: Node, node: Node, moving: Sequence[tuple[int, Any]], create_graph: bool, place: Any
) -> Any:  # fmt: skip
    """By pulling back the rules of these inputs, which are linear in the gradient that they pull back."""
    start = wrap(_zeros(result, node, place)).requires_grad_()
    slopes: list[Tensor] = []
    tangents: list[Any] = []
    with enable_grad():
        saved = node.plan.relink(node)
        g = start if place is None else Cotangents.of_one(start, *place)
        for k, tangent in moving:
            slope = node.plan.vjps[k](g, saved)
            pairs: Any = zip(slope, tangent, strict=True) if isinstance(slope, Cotangents) else [(slope, tangent)]
            for part, moves in pairs:
                if moves is not None and isinstance(part, Tensor) and part._node is not None:
                    slopes.append(part if tangent is not moves else _fit(part, node.parents[k], node))
                    tangents.append(conj(moves))
        if not slopes:
            return None
        (found,) = gradients(slopes, [start], tangents, True, create_graph)
    found = conj(found)
    return found if found is None or create_graph else found._content


def _zeros(result: Node, node: Node, place: Any) -> Any:
    """Zeros like a node's result, or the one of several at `place`, which may be of a class of one's own."""
    if node.plan.primitive.kind != BACKWARD:
        return np.zeros(result.shape, result.dtype)
    out = node.saved[node.plan.names.index("out")]  # type: ignore[index]
    return np.zeros_like(out if place is None else out[place[0]])
