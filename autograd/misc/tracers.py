"""A function recorded once, then repeated without its Python code: only what depends on its arguments is computed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Container
from itertools import compress
from typing import Any

from ..graph import Node, walk
from ..primitive import PICK, signature_of
from ..recording import Recording, free, tracked
from ..remembering import remembering
from ..structure import leaves, rebuild

__all__ = ["const_graph"]

Values = dict[int, Any]


def const_graph(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., Any]:
    """A function of the arguments that are not given here, which calls `fun` once and then repeats its operations.

    What does not depend on those arguments is kept from the first call: so are the way that conditions and loops took,
    the numbers that were drawn, and what no derivative leads through, a comparison or an index. Derivatives that `fun`
    takes are repeated too. The function that is returned can be differentiated.

    Raises ValueError at the first call if the result does not depend on its arguments or if something else that is
    tracked went in, TypeError if no argument is floating.

    >>> from autograd.misc import const_graph
    >>> def slope(a, x):
    ...     print("called")
    ...     return a * grad(lambda x: x**3)(x)
    >>> double = const_graph(slope, 2.0)
    >>> double(1.0), double(3.0)
    called
    (np.float64(6.0), np.float64(54.0))
    """
    rest = functools.partial(fun, *args, **kwargs)
    graphs: list[_Graph] = []

    @functools.wraps(fun)
    def repeat(*values: Any) -> Any:
        if graphs:
            return graphs[0](values)
        with remembering():
            recording = Recording("const_graph", rest, values, {}, list(range(len(values))))
        graphs.append(_Graph(recording))
        return recording.value()

    return repeat


class _Graph:
    """The operations between the arguments and the result of a recorded call, as functions of the values before."""

    def __init__(self, recording: Recording) -> None:
        self.moving = recording.moving
        self.points = [point._node.order for point in recording.points if point._node is not None]
        self.result = recording.result
        self.steps: list[tuple[int, Callable[[Values], Any]]] = []
        known = set(self.points)
        for node in reversed(walk([out._node for out in recording.outs if tracked(out)], recording.start)):
            if node.order not in known and any(parent.order > recording.start for parent in node.parents):
                raise ValueError("const_graph: a Tensor that requires a gradient went in; make it an argument")
            if any(parent.order in known for parent in node.parents):
                known.add(node.order)
                self.steps.append((node.order, _again(node, known)))
        self.outs = [out._node.order if tracked(out) and out._node.order in known else None for out in recording.outs]
        self.kept = [
            free(out, False) if order is None else None for out, order in zip(recording.outs, self.outs, strict=True)
        ]
        if not any(self.outs):
            raise ValueError("const_graph: the result does not depend on the arguments; call the function itself")

    def __call__(self, arguments: Any) -> Any:
        values = dict(zip(self.points, compress(leaves(arguments), self.moving), strict=True))
        for order, step in self.steps:
            values[order] = step(values)
        items = zip(self.outs, self.kept, strict=True)
        return rebuild(self.result, iter([kept if order is None else values[order] for order, kept in items]))


def _again(node: Node, known: Container[int]) -> Callable[[Values], Any]:
    """The operation of a node, as a function of the values that are known before it."""
    assert node.plan is not None
    if node.plan is PICK:
        assert node.saved is not None
        whole, place = node.parents[0].order, node.saved[0]
        return lambda values: values[whole][place]
    signature = signature_of(node.plan.primitive)
    assert signature is not None
    assert node.extras is not None
    call, sequence = node.plan.primitive.call, signature.sequence
    given = signature.defaults | node.extras.given
    inputs = [(key, p.order) for key, p in zip(node.plan.inputs, node.parents, strict=True) if p.order in known]

    def step(values: Values) -> Any:
        arguments, listed = dict(given), list(given[sequence]) if sequence else []
        for key, order in inputs:
            if type(key) is tuple:
                listed[key[1]] = values[order]
            else:
                arguments[key] = values[order]
        keywords = {name: arguments[name] for name in signature.keywords}
        return call(*[arguments[name] for name in signature.positional], *listed, **keywords)

    return step
