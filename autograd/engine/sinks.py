"""Gradients that are wanted as soon as they are complete, and not when the sweep is over.

A leaf can be given a sink. A sweep that is to reach such a leaf looks first which node uses it last, and puts a station
behind that node, among the nodes still to come. So a sweep without sinks does nothing for them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from heapq import heappush
from math import inf
from typing import Any

from .node import Leaf, Node, walk
from .primitive import Primitive


class Sink:
    """Takes the gradients of leaves, each as soon as it is complete, in the place of their `.grad`.

    Several leaves may have one sink. It is told when a backward pass that reaches one of them begins and ends; one that
    ends with an error has no end.
    """

    __slots__ = ()
    given = False
    """Whether any leaf of this process was ever given a sink: if not, a sweep need not look for them."""

    def begin(self, nodes: int, tensors: list[Any]) -> Any:
        """A backward pass begins; by what its first gradient is to be multiplied, as an array.

        nodes    how many it goes through
        tensors  whose gradient it reaches, of the sink's leaves
        """
        raise NotImplementedError

    def take(self, tensor: Any, gradient: Any, is_ours: bool) -> None:
        """The gradient of a tensor, an array; and whether nobody else has its memory, so that it may be kept."""
        raise NotImplementedError

    def end(self) -> None:
        """Every gradient that this pass has for the sink's leaves has been taken."""
        raise NotImplementedError


def give(tensor: Any, sink: Sink | None) -> None:
    """Have a backward pass bring the gradient of a leaf to a sink, or with None to its `.grad` again."""
    leaf = tensor._node
    if not isinstance(leaf, Leaf):
        raise RuntimeError(
            f"expected a leaf that requires a gradient, got a tensor of shape {tensor.shape} that is none"
        )
    leaf.sink = sink
    Sink.given = True


def sink_of(tensor: Any) -> Sink | None:
    """The sink of a leaf, if it has one."""
    return getattr(tensor._node, "sink", None)


class _Plan:
    """What stands in the place of a node's plan at a station: its `vjps` are called when the sweep comes by."""

    primitive = Primitive("the end of a leaf's gradient", lambda: None, {})
    elementwise, into, inputs, left = False, None, (), False

    def __init__(self, vjps: tuple[Callable[..., None], ...]) -> None:
        self.vjps = vjps


class _Station(Node):
    """A node that only this sweep has."""

    __slots__ = ()

    def __init__(self, order: float, parents: tuple[Node, ...], vjps: tuple[Callable[..., None], ...]) -> None:
        self.order = order  # type: ignore[assignment]
        self.plan = _Plan(vjps)
        self.parents = parents
        self.saved = ()
        self.dtype = self.entry = self.extras = None


def with_stations(
    roots: list[tuple[Node, Any]], heap: list[Any], arrived: dict[Any, list[Any]],
    settled: Callable[[Node, list[Any]], tuple[Any, bool]], create_graph: bool,
) -> list[tuple[Node, Any]]:  # fmt: skip
    """Put stations into a sweep from `roots`; these again, with the gradients from which it is to begin.

    heap, arrived  the sweep's own: the orders of nodes to come, and the gradient that has arrived at each
    settled        makes of the node and the gradient that has arrived at a leaf what its sink is to get
    """
    nodes = walk([node for node, _ in roots])
    last: dict[Leaf, float] = {}  # the order of the oldest node that uses the leaf, or its own where it is a root
    for node, _ in roots:
        if isinstance(node, Leaf) and node.sink is not None:
            last[node] = node.order
    for node in nodes:  # newest first
        for parent in node.parents:
            if isinstance(parent, Leaf) and parent.sink is not None:
                last[parent] = node.order
    if not last:
        return roots
    if create_graph:
        raise RuntimeError(
            "backward: expected create_graph=False, for the gradients of some parameters are added up over ranks, and "
            "what comes of that is no longer joined to the graph"
        )
    behind: dict[float, list[Leaf]] = {}
    for leaf, order in last.items():
        behind.setdefault(order, []).append(leaf)

    def take(leaf: Leaf, g: Any, saved: Any) -> None:
        entry = arrived.pop(leaf.order, None)
        tensor = leaf.tensor()
        if entry is not None and tensor is not None and leaf.sink is not None:
            leaf.sink.take(tensor, *settled(leaf, entry))

    def end(sink: Sink, g: Any, saved: Any) -> None:
        sink.end()

    sinks = list(dict.fromkeys(leaf.sink for leaf in last if leaf.sink is not None))
    factors = [
        sink.begin(len(nodes), [tensor for leaf in last if leaf.sink is sink and (tensor := leaf.tensor()) is not None])
        for sink in sinks
    ]
    factor = factors[0]
    if any(other != factor for other in factors[1:]):
        raise RuntimeError(f"backward: expected modules that have seen the same share of a batch, got shares {factors}")
    first = next(iter(last))
    stations = [_Station(order + 0.5, tuple(leaves), tuple([partial(take, leaf) for leaf in leaves]))
                for order, leaves in behind.items()]  # fmt: skip
    stations.append(_Station(inf, (first,) * len(sinks), tuple([partial(end, sink) for sink in sinks])))
    for station in stations:
        arrived[station.order] = [station, None]
        heappush(heap, station.order)
    return [(node, seed * factor.astype(seed.dtype)) for node, seed in roots]
