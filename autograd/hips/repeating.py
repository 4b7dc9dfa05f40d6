"""The operations of a recorded call, to be run again for other arguments: only those that depend on the arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import compress
from typing import Any

from ..engine.arguments import keeping_arguments
from ..engine.node import Node, walk
from ..engine.primitive import PICK
from ..engine.signature import signature_of
from ..transforms.call import Call, free, tracked
from ..transforms.tree import leaves, rebuild

Values = dict[int, Any]
"""What has been computed, by the order of its node in the recorded call."""


class Operation:
    """One operation of the call: a function with its arguments, some of which are computed before.

    order   of its node
    inputs  which arguments are computed before, and where: (position or keyword, order)
    """

    def __init__(self, node: Node, inputs: Sequence[tuple[Any, int]]) -> None:
        assert node.plan is not None
        signature = signature_of(node.plan.primitive)
        assert signature is not None
        assert node.extras is not None
        self.order = node.order
        self.function = node.plan.primitive.recorder
        given, defaults, names = node.extras.given, signature.defaults, signature.positional
        wanted = {key for key, _ in inputs}
        n = max([k for k, name in enumerate(names, 1) if name not in defaults or name in wanted], default=0)
        self._args = [given[name] for name in names[:n]] + list(given[signature.sequence] if signature.sequence else ())
        others = [name for name in given if name not in (*names[:n], signature.sequence)]
        self._kwargs = {name: given[name] for name in others if given[name] is not defaults.get(name)}
        places = {name: k for k, name in enumerate(names[:n])}
        self.inputs = [(n + key[1] if type(key) is tuple else places.get(key, key), order) for key, order in inputs]

    def arguments(self, values: Values) -> tuple[list[Any], dict[str, Any]]:
        args, kwargs = list(self._args), dict(self._kwargs)
        for key, order in self.inputs:
            (kwargs if type(key) is str else args)[key] = values[order]
        return args, kwargs

    def run(self, values: Values) -> Any:
        args, kwargs = self.arguments(values)
        return self.function(*args, **kwargs)


class Output:
    """One of several results of an operation."""

    def __init__(self, node: Node) -> None:
        assert node.saved is not None
        self.order, self.source, self.place = node.order, node.parents[0].order, node.saved[0]

    def run(self, values: Values) -> Any:
        return values[self.source][self.place]


class Repeatable:
    """A call of a function, recorded, whose operations can be run again.

    value       what the call gave
    points      the orders of the arguments' nodes
    operations  oldest first
    outs        the orders of the results' nodes; None of what does not depend on the arguments

    Raises TypeError if no argument is floating, ValueError if something else that is tracked went in.
    """

    def __init__(self, who: str, fun: Callable[..., Any], args: Sequence[Any]) -> None:
        with keeping_arguments():
            call = Call(who, fun, args, {}, list(range(len(args))))
        self.value = call.value()
        self.points = [point._node.order for point in call.points if point._node is not None]
        self._moving, self._result = call.moving, call.result
        self.operations: list[Operation | Output] = []
        known = set(self.points)
        for node in reversed(walk([out._node for out in call.outs if tracked(out)], call.start)):
            if node.plan is None or node.order in known:
                continue
            if any(parent.order > call.start for parent in node.parents):
                raise ValueError(f"{who}: a Tensor that requires a gradient went in; make it an argument")
            pairs = zip(node.plan.inputs, node.parents, strict=True)
            inputs = [(key, parent.order) for key, parent in pairs if parent.order in known]
            if inputs:
                known.add(node.order)
                self.operations.append(Output(node) if node.plan is PICK else Operation(node, inputs))
        self.outs = [out._node.order if tracked(out) and out._node.order in known else None for out in call.outs]
        self._kept = [free(out, False) for out in call.outs]

    def run(self, args: Sequence[Any], values: Values) -> Iterator[tuple[Operation | Output, Any]]:
        """Run the operations for these arguments, into `values`: each with its result."""
        values.update(zip(self.points, compress(leaves(args), self._moving), strict=True))
        for operation in self.operations:
            values[operation.order] = operation.run(values)
            yield operation, values[operation.order]

    def __call__(self, *args: Any) -> Any:
        """The result for these arguments; as the function, it can be differentiated."""
        values: Values = {}
        for _ in self.run(args, values):
            pass
        items = zip(self.outs, self._kept, strict=True)
        return rebuild(self._result, iter([kept if order is None else values[order] for order, kept in items]))
