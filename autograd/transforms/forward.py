"""Forward mode: how the results of a recorded call move when its arguments move, node by node in the order they ran.

A node's derivative is that which its rules pull back, transposed: for functions that work element by element it is the
rule itself, for bilinear ones the function, once for each input that moves. Of any other the rule, which is linear in
the gradient, is recorded and pulled back (J. Townsend, "A new trick for calculating Jacobian vector products", 2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.modes import enable_grad, mode
from ..engine.node import Node, between, walk
from ..engine.primitive import INPUTS, PICK, Cotangents
from ..engine.sweep import _fit, gradients
from ..engine.tensor import Tensor, wrap
from .call import Call


def push(call: Call, outs: Sequence[Tensor], tangents: Sequence[Any], create_graph: bool) -> list[Any]:
    """The tangents of these results, for those of the call's points; of what does not depend on them, zeros.

    The call must have been recorded with what its operations were given (see `engine.arguments`), of real numbers.
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
        return None if several.order not in known else _total(node, several, known, create_graph, (place, n))
    if not any(parent.order in known for parent in node.parents):
        return None
    if plan.primitive is INPUTS:
        return [known.get(parent.order) for parent in node.parents]
    return _SEVERAL if plan.primitive.multiple else _total(node, node, known, create_graph, None)


_SEVERAL = object()
"""What is known of a node of several results: that it moves."""


def _total(result: Node, node: Node, known: dict[int, Any], create_graph: bool, place: Any) -> Any:
    """The tangent of a node's result, or of the one of several at `place`: that which each moving input gives it."""
    plan = node.plan
    saved = plan.relink(node) if create_graph else node.saved
    primitive = plan.primitive
    total: Any = None
    for k, parent in enumerate(node.parents):
        tangent = known.get(parent.order)
        if tangent is None:
            continue
        name = plan.inputs[k]
        if primitive.kind == "elementwise" and place is None:
            part = plan.vjps[k](_spread(tangent, node.shape), saved)
        elif primitive.kind == "bilinear" and name in _factors(primitive):
            part = _multiplied(node, name, tangent, create_graph)
        else:
            part = _transposed(result, node, k, tangent, plan.relink(node), create_graph, place)
        total = part if total is None else total if part is None else total + part
    if total is None:
        return None
    total = _spread(total, result.shape)
    return total if total.dtype == result.dtype else total.astype(result.dtype)


def _spread(tangent: Any, shape: tuple[int, ...]) -> Any:
    return tangent if tangent.shape == shape else np.broadcast_to(tangent, shape)


def _factors(primitive: Any) -> list[str]:
    """The two inputs that a bilinear function multiplies; a third one is added to the product."""
    return list(primitive.rules)[:2]


def _multiplied(node: Node, name: str, tangent: Any, create_graph: bool) -> Any:
    """A bilinear function with the tangent in the place of one factor."""
    plan = node.plan
    assert node.extras is not None
    given = dict(node.extras.given)
    if create_graph:
        for input, parent in zip(plan.inputs, node.parents, strict=True):
            given[input] = wrap(given[input], parent)
    given[name] = tangent
    for more in list(plan.primitive.rules)[2:]:
        given[more] = None
    return plan.primitive.recorder(*given.values())


def _transposed(
    result: Node, node: Node, k: int, tangent: Any, saved: Any, create_graph: bool, place: Any
) -> Any:  # fmt: skip
    """By pulling back the rule, which is linear in the gradient that it pulls back."""
    start = wrap(np.zeros(result.shape, result.dtype)).requires_grad_()
    with enable_grad():
        slope = node.plan.vjps[k](start if place is None else Cotangents.of_one(start, *place), saved)
        pairs: Any = zip(slope, tangent, strict=True) if isinstance(slope, Cotangents) else [(slope, tangent)]
        moving = [(s, t) for s, t in pairs if t is not None and isinstance(s, Tensor) and s._node is not None]
        if not moving:
            return None
        slopes = [s if tangent is not t else _fit(s, node.parents[k], node) for s, t in moving]
        (found,) = gradients(slopes, [start], [t for _, t in moving], True, create_graph)
    return found if found is None or create_graph else found._content
