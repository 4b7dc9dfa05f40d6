"""Results that require a gradient: joined to the graph outside by one node, whose rule is a program as well.

Where a function returns a Tensor that is still to be differentiated, what its backward pass would do is traced in the
same call. The program is cut in two there: the first part gives, besides the results, the values that the second one
needs, and these are what the node saves.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.declare import primitive
from ..engine.forking import free
from ..engine.node import Node, walk
from ..engine.primitive import Cotangents
from ..engine.sweep import gradients
from ..engine.tensor import Tensor, wrap
from ..transforms.checkpoint import NOTHING, bundle
from .interrupts import free_in_children
from .native import Backend, code_of
from .passes import improve
from .passes.substitute import substitute
from .program import Program
from .values import Statement, Value


class Backward:
    """The second part of a program: from the gradients of the results to those of the leaves.

    kept     the values of the first part that it needs, in the order in which it takes them
    leaves   the Tensors that get a gradient
    program  the second part; it takes the gradients of the results, then what is kept
    """

    def __init__(
        self, seeds: list[Value], statements: list[Statement], found: list[Value | None], leaves: list[Tensor],
        backend: Backend,
    ) -> None:  # fmt: skip
        self.leaves = leaves
        self.seeds = [(value.shape, value.dtype) for value in seeds]
        made = {value for s in statements for value in s.results}
        used = dict.fromkeys(v for s in statements for v in s.values())
        used.update(dict.fromkeys(v for v in found if v is not None))
        self.kept = [v for v in used if v not in made and v not in seeds and v.kind != "constant"]
        inside = {value: _alone(value) for value in self.kept}
        for s in statements:
            substitute(s, inside)
            for result in s.results:
                if result.root not in made:  # a view of what is kept
                    result.root = next((v.root for v in s.values()), result)
        results = [None if v is None else inside.get(v, v) for v in found]
        self.program = Program("backward", statements, [*seeds, *inside.values()], [], results, [])
        improve(self.program)
        self.code = code_of(backend, self.program)
        self.lock = threading.Lock()
        free_in_children(self)

    def renew(self) -> None:
        """Begin anew in a forked child."""
        free(self.lock)

    @staticmethod
    def writes_outside(statements: list[Statement]) -> bool:
        """Whether statements change what others have made, so that they cannot be cut off."""
        made = {value for s in statements for value in s.results}
        return any(root not in made for s in statements for root in s.writes)

    def __call__(self, g: Any, kept: tuple[Any, ...]) -> Cotangents:
        """The gradients of the leaves, for those of the results."""
        if any(isinstance(part, Tensor) for part in g):
            raise RuntimeError(
                "backward: a compiled function's gradient cannot be recorded (create_graph=True); differentiate within "
                "the function, or call the one that was compiled"
            )
        given = [np.zeros(*seed) if part is None else part for part, seed in zip(g, self.seeds, strict=True)]
        with self.lock:
            outs = self.code.run(*given, *kept)
        outgoing = self.program.outgoing()
        return Cotangents(None if v is None else outs[outgoing.index(v)] for v in self.program.results)


def trace_backward(
    recorder: Any, outs: Sequence[Tensor], known: dict[int, Tensor], start: int, cut: Sequence[Tensor], backend: Backend
) -> Backward | str:
    """What leads back from Tensors that are still recorded to the known leaves; or why there is no such program.

    start  when the call began
    cut    arguments that were computed before: they count as leaves
    """
    if any(out.dtype.kind == "c" for out in outs):
        return "its result is complex and requires a gradient; call backward() in it"
    ends = {tensor._node.order: tensor for tensor in cut if tensor._node is not None}
    leaves: dict[int, Tensor] = {}
    nodes = walk([out._node for out in outs if out._node is not None], start)
    for node in nodes:
        if node.order in ends:
            leaves[node.order] = ends[node.order]
            continue
        for end in (node, *node.parents):
            if end.plan is None:
                tensor = end.tensor()  # type: ignore[attr-defined]
                if tensor is None and end.order < start:  # made by the call, and nobody has it any more
                    continue
                leaf = known.get(id(tensor))
                if leaf is None:
                    return "it requires a gradient of a Tensor that is not found from outside; declare that (state=)"
                leaves[end.order] = leaf
            elif end.order > start:
                return "its result depends on what was computed before and requires a gradient; make that an argument"
    seeds = [recorder.enter("input", np.ones(out.shape, out.dtype), f"g{k}") for k, out in enumerate(outs)]
    begin = len(recorder.statements)
    with recorder.recording():
        found = gradients(outs, list(leaves.values()), [wrap(seed) for seed in seeds], True, False)
    statements = recorder.statements[begin:]
    if not recorder.open:
        return str(recorder.why_not)
    if any(s.kind != "call" for s in statements) or Backward.writes_outside(statements):
        return "its result requires a gradient, whose backward pass does more than compute; call backward() in it"
    del recorder.statements[begin:]
    values = [None if g is None else recorder.noted(g) for g in found]
    return Backward([seed.value for seed in seeds], statements, values, list(leaves.values()), backend)


def join(back: Backward, nodes: Sequence[Node], kept: tuple[Any, ...], outs: tuple[Any, ...]) -> tuple[Tensor, ...]:
    """The results as Tensors that lead back to the leaves."""
    made: tuple[Tensor, ...] = _compiled(wrap(NOTHING, bundle(tuple(nodes))), kept, outs, back)
    return made


_compiled = primitive(
    lambda inputs, kept, outs, back: outs, name="compiled", multiple=True, inputs=lambda g, kept, back: back(g, kept)
)


def _alone(value: Value) -> Value:
    """The same value as an input of its own."""
    made = Value(value.number, "input", _Shaped(value))
    made.python, made.scalar, made.name, made.slopes = value.python, value.scalar, value.name, list(value.slopes)
    return made


class _Shaped:
    """What a Value asks of an array."""

    def __init__(self, value: Value) -> None:
        self.shape, self.dtype, self.strides = value.shape, value.dtype, value.strides
