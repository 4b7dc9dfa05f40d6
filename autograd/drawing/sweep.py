"""A backward sweep of the drawing's own: the gradients at every place, and where a NaN or an infinity came from.

It is the engine's sweep, watched, with the gradients going here and to no `.grad`. Hooks run, since they may change
what flows; what `retain_grad` keeps is left alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..engine.modes import mode
from ..engine.node import Node
from ..engine.sweep import _fit, _root, _sweep
from ..engine.tensor import Tensor
from .expressions import constants, values_text
from .picture import Flow
from .values import compute_missing, known_values, overwritten, restored

VANISHED = 1e-8
"""A gradient whose elements are this many times smaller than the largest in the picture has vanished."""


class Sweep:
    """What one sweep saw of the gradients that are drawn: all but those inside of the closed parts.

    Where something of that is not finite, a second sweep looks at everything, to tell where it began.

    gradients    of each node's value, by the node's order
    parts        what each VJP sent: by the order of its node and the position of the parent
    alarms       what is wrong at a node, and part_alarms with a VJP, where it began
    notes        the same in sentences
    """

    def __init__(self, outputs: Sequence[Tensor], nodes: list[Node], closed: Mapping[int, object]) -> None:
        self.gradients: dict[int, Flow] = {}
        self.parts: dict[tuple[int, int], Flow] = {}
        self.alarms: dict[int, str] = {}
        self.part_alarms: dict[tuple[int, int], str] = {}
        self.notes: list[str] = []
        self.closed = closed
        self.within = {node.order for node in nodes}
        values = known_values(nodes, outputs, overwritten(nodes))
        with restored(nodes, values) as lost:
            if lost is not None:
                raise RuntimeError(
                    f"draw: gradients=True needs the values that were saved for the backward pass, but those of "
                    f"{lost.name} have been freed by an earlier one, and what they were computed from is gone or has "
                    f"changed; draw before it, or pass it retain_graph=True"
                )
            self._observe(outputs, nodes)
        self._mark_vanished()
        self._note(outputs, nodes, closed)

    def _observe(self, outputs: Sequence[Tensor], nodes: list[Node]) -> None:
        self._run(outputs, nodes)
        if not all(flow.finite for flow in self.gradients.values()) or any(not_finite(o._content) for o in outputs):
            if self.closed:
                self.closed = {}
                self._run(outputs, nodes)
            values = known_values(nodes, outputs)
            compute_missing(reversed(nodes), values)
            self._trace(nodes, values)

    def _note(self, outputs: Sequence[Tensor], nodes: list[Node], closed: Mapping[int, object]) -> None:
        if closed:
            self.notes.append("gradients were measured at what is drawn, not inside of the closed boxes")
        if any(node.dtype is not None and node.dtype.kind == "c" for node in nodes):
            self.notes.append("complex gradients are shown as they flow; the .grad of a leaf is the conjugate")
        if any(output.size != 1 for output in outputs if output._node is not None):
            self.notes.append("the backward pass starts from ones: the gradients are those of the sum of the elements")

    def _run(self, outputs: Sequence[Tensor], nodes: list[Node]) -> None:
        within = self.within
        roots = [
            _root(output, np.ones_like(output._content), False)
            for output in outputs
            if output._node is not None and output._node.order in within
        ]
        targets: dict[int, Any] = {node.order: None for node in nodes if node.plan is None}
        kept = [(node.extras, node.extras.retain) for node in nodes if node.extras is not None and node.extras.retain]
        before = mode.watch
        mode.watch = self  # type: ignore[assignment]
        for extras, _ in kept:
            extras.retain = None
        try:
            with np.errstate(all="ignore"):
                _sweep(roots, True, False, targets, within)
        finally:
            mode.watch = before
            for extras, retain in kept:
                extras.retain = retain
        for order, g in targets.items():
            if g is not None and (order not in self.closed or not_finite(g)):
                self.gradients[order] = measure(g)

    def vjp(self, node: Node, parent: Node, vjp: Callable[[Any, Any], Any], g: Any, saved: Any) -> Any:
        """Called by the engine in place of each VJP."""
        assert node.plan is not None
        if node.order not in self.within:  # what a checkpoint computes again is not drawn
            return vjp(g, saved)
        block = self.closed.get(node.order)
        if block is None and node.order not in self.gradients:
            self.gradients[node.order] = measure(g)
        part = vjp(g, saved)
        if part is not None:
            if part.shape != parent.shape or part.dtype is not parent.dtype:
                part = _fit(part, parent, node)
            if block is None or self.closed.get(parent.order) is not block:
                self.parts[node.order, node.plan.vjps.index(vjp)] = measure(part)
        return part

    def __call__(self, *_: Any) -> None:
        """Called for what is recorded during the sweep, as inside of a checkpoint."""

    def freed(self, node: Node) -> None:
        """Called for each node whose saved values have been used up."""

    def _mark_vanished(self) -> None:
        flows = [*self.gradients.values(), *self.parts.values()]
        largest = max((rms(flow) for flow in flows if flow.finite), default=0.0)
        for found in (self.gradients, self.parts):
            for key, flow in found.items():  # type: ignore[attr-defined]
                if not flow.state and flow.size and rms(flow) < VANISHED * largest:
                    found[key] = replace(flow, state="vanished")  # type: ignore[index]

    # ---- NaN and infinity ------------------------------------------------------------------------------------------

    def _trace(self, nodes: list[Node], values: dict[int, Any]) -> None:
        """Find where what is not finite began: in a forward operation, in a VJP, or in a gradient that came in."""
        tainted: set[int] = set()
        for node in reversed(nodes):
            value = values.get(node.order)
            before = any(parent.order in tainted for parent in node.parents)
            if value is None:
                given = node.plan is not None and any(not_finite(array) for _, array in constants(node))
                if given and not before:
                    self._forward_origin(node, "NaN or infinity", values)
                if before or given:
                    tainted.add(node.order)
                continue
            kind = not_finite(value)
            if kind:
                tainted.add(node.order)
                if not before:
                    self._forward_origin(node, kind, values)
        arrived: dict[int, bool] = {}
        for node in nodes:
            flow = self.gradients.get(node.order)
            if flow is not None and not flow.finite and node.order in arrived and not arrived[node.order]:
                self.alarms[node.order] = f"{word(flow)}: gradient made so where it came in"
                self.notes.append(
                    f"{word(flow)} in an incoming gradient: what reached {node.name} was finite, its sum or a hook's "
                    f"result is not"
                )
            for k, parent in enumerate(node.parents):
                part = self.parts.get((node.order, k))
                if part is None:
                    continue
                arrived[parent.order] = arrived.get(parent.order, False) or not part.finite
                at_fault = not part.finite and flow is not None and flow.finite
                if at_fault and node.order not in tainted and not any(p.order in tainted for p in node.parents):
                    self.part_alarms[node.order, k] = f"{word(part)} from finite values"
                    self.notes.append(
                        f"{word(part)} in the backward pass: the VJP of {node.name}{_where(node)} gives it from a "
                        f"finite value and a finite gradient"
                    )

    def _forward_origin(self, node: Node, kind: str, values: dict[int, Any]) -> None:
        if node.plan is None:
            self.alarms[node.order] = f"{kind} in this leaf"
            self.notes.append(f"{kind} in the forward pass: a leaf holds it")
            return
        given = [argument for argument, array in constants(node) if not_finite(array)]
        if given:
            self.alarms[node.order] = f"{kind}: came in with a constant"
            self.notes.append(f"{kind} in the forward pass: the constant {given[0]} of {node.name} holds it")
            return
        unsure = any(parent.order not in values for parent in node.parents)
        self.alarms[node.order] = f"{kind} made here" + (" or just before" if unsure else "")
        self.notes.append(
            f"{kind} in the forward pass: first made by {node.name}{_where(node)}"
            + (" or by an operation just before it, whose value nobody kept" if unsure else " from finite inputs")
        )


def _where(node: Node) -> str:
    """The source line of an operation that was recorded in anomaly mode."""
    source = node.extras.source if node.extras is not None else None
    return f" ({source.strip().splitlines()[0].strip()})" if source else ""


def measure(g: Any) -> Flow:
    """A gradient in numbers, and in words if it is small. That of several results is measured as one."""
    if isinstance(g, tuple | list):
        flows = [measure(part) for part in g if part is not None]
        norm = float(np.sqrt(sum(flow.norm**2 for flow in flows)))
        finite = all(flow.finite for flow in flows)
        return Flow(norm, sum(flow.size for flow in flows), finite, None, "" if norm or not flows else "zero")
    array = np.asarray(g)
    words = values_text(array)
    if array.size == 1 and math.isfinite(single := abs(array.item())):
        return Flow(single, 1, True, words, "" if single else "zero")
    kind = not_finite(array)
    if kind:
        return Flow(math.nan if kind == "NaN" else math.inf, array.size, False, words, state_of(kind))
    sizes = np.abs(array).astype(np.float64)
    largest = float(sizes.max(initial=0))
    norm = largest * float(np.sqrt(np.square(sizes / largest).sum())) if largest else 0.0
    return Flow(norm, array.size, True, words, "" if norm else "zero")


def rms(flow: Flow) -> float:
    return flow.norm / math.sqrt(max(flow.size, 1))


def not_finite(array: Any) -> str:
    """ "NaN", "infinity", or nothing."""
    array = np.asarray(array)
    if array.dtype.kind not in "fc" or np.isfinite(array).all():
        return ""
    return "NaN" if np.isnan(array).any() else "infinity"


def state_of(kind: str) -> str:
    return "nan" if kind == "NaN" else "inf"


def word(flow: Flow) -> str:
    return "NaN" if flow.state == "nan" else "infinity"
