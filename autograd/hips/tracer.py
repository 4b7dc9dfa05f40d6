"""Names of HIPS autograd's: whether a value is tracked, the array in it, and what operations a function is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..engine.modes import mode
from ..engine.node import ARGUMENT, walk
from ..engine.place import warn
from ..engine.primitive import PICK
from ..engine.signature import signature_of
from ..transforms.call import Call, plain, tracked
from .basics import subvals, toposort
from .boxes import Box, Node, TraceStack, VJPNode, getval, isbox, new_box, trace_stack
from .extend import notrace_primitive, primitive, register_notrace

__all__ = [
    "Box", "Node", "TraceStack", "getval", "isbox", "new_box", "notrace_primitive", "primitive", "register_notrace",
    "subvals", "toposort", "trace", "trace_stack",
]  # fmt: skip

box_types, box_type_mappings = Box.types, Box.type_mappings


def trace(start_node: Any, fun: Callable[[Any], Any], x: Any) -> tuple[Any, Any]:
    """(fun(x), its node): from start_node, the node of x, on a node of the same class for every operation, in order.

    There is one too for what is computed from x and not used. The node is None for a result that does not depend on x.
    Raises as a transform does for an x that is not floating.
    From a VJPNode on it is the node of the result itself, for `backward_pass`.

    >>> from autograd.tracer import trace
    >>> class Named(Node):
    ...     def initialize_root(self):
    ...         self.text = "x"
    ...     def __init__(self, value, fun, args, kwargs, parent_argnums, parents):
    ...         self.text = f"{fun.__name__}({', '.join(parent.text for parent in parents)})"
    >>> value, node = trace(Named.new_root(), lambda x: np.sin(x) * x, 2.0)
    >>> node.text
    'multiply(sin(x), x)'
    """
    if isinstance(start_node, VJPNode):
        with trace_stack.new_trace() as number:
            value = fun(new_box(x, number, start_node))
        if isbox(value) and value._trace == number:
            return value._value, value._node
        warn("Output seems independent of input.")
        return value, None
    with _watching() as watch:
        call = Call("trace", fun, (x,), {}, [0])
    nodes: dict[int, Any] = {point._node.order: start_node for point in call.points if point._node is not None}
    roots = [out._node for out in call.outs if tracked(out)]
    made = {node.order: node for node in (*[node for node, *_ in watch.seen.values()], *walk(roots, call.start))}
    for node in sorted(made.values(), key=lambda node: -node.order):  # the clock counts down
        if node.plan is None or node.order in nodes:
            continue
        pairs = zip(node.plan.inputs, node.parents, strict=True)
        inputs = [(key, nodes[parent.order]) for key, parent in pairs if parent.order in nodes]
        if not inputs:
            continue
        if node.plan is PICK or node.plan.primitive.kind == ARGUMENT:  # where nothing happens but that a part is taken
            nodes[node.order] = inputs[0][1]
            continue
        value, args, kwargs, places = watch.call_of(node, [key for key, _ in inputs])
        parents = [parent for _, parent in inputs]
        nodes[node.order] = type(start_node)(value, node.plan.primitive.recorder, args, kwargs, places, parents)
    return call.value(), next((nodes[root.order] for root in roots if root.order in nodes), None)


class _Watch:
    """What is shown every operation: it keeps what that was given, and gave; and passes it on to who watched before."""

    def __init__(self, recording: Any, watch: Any) -> None:
        self.recording = recording if callable(recording) else None
        self.watch = watch
        self.seen: dict[int, tuple[Any, Any, dict[str, Any], Any]] = {}

    def __call__(self, primitive: Any, node: Any, results: Any, given: dict[str, Any], listed: Any) -> None:
        if node is not None:
            self.seen[node.order] = node, results, given, listed
        if self.recording is not None:
            self.recording(primitive, node, results, given, listed)

    def vjp(self, node: Any, parent: Any, rule: Callable[..., Any], g: Any, saved: Any) -> Any:
        return rule(g, saved) if self.watch is None else self.watch.vjp(node, parent, rule, g, saved)

    def freed(self, node: Any) -> None:
        if self.watch is not None:
            self.watch.freed(node)

    def call_of(self, node: Any, inputs: list[Any]) -> tuple[Any, tuple[Any, ...], dict[str, Any], tuple[Any, ...]]:
        """The result of an operation, its arguments by place and by name, and the places of those inputs."""
        record = node.plan.primitive
        signature = signature_of(record)
        assert signature is not None
        _, results, given, listed = self.seen[node.order]
        names, defaults = signature.positional, signature.defaults
        n = max([k for k, name in enumerate(names, 1) if name not in defaults or name in inputs], default=0)
        args = [given[name] for name in names[:n]] + list(listed if signature.sequence else ())
        others = [name for name in given if name not in names[:n]]
        kwargs = {name: given[name] for name in others if given[name] is not defaults.get(name)}
        at = {name: k for k, name in enumerate(names[:n])}
        places = tuple([n + key[1] if type(key) is tuple else at.get(key, key) for key in inputs])
        return results if record.multiple else plain(results[0]), tuple(args), kwargs, places


@contextmanager
def _watching() -> Iterator[_Watch]:
    before = mode.recording, mode.watch
    mode.recording = mode.watch = watch = _Watch(*before)  # type: ignore[assignment]
    try:
        yield watch
    finally:
        mode.recording, mode.watch = before
