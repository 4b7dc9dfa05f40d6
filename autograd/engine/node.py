"""The graph: one Node per recorded operation, and the one walk over them.

A node holds its parents' *nodes*, never tensors, so a value lives on only where a derivative rule asked for it,
and there is nothing here that could form a reference cycle. What a node refers to is made by the layers above, so its
types are theirs, and not named here.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable
from typing import Any
from weakref import ref

from .halves import Seen

tick = itertools.count(0, -1).__next__
"""The clock that orders nodes and writes. It counts down: the newest has the smallest number, first out of a heap."""


class Node:
    """One recorded operation.

    order    when it ran (see `tick`); a parent is always older than its children
    plan     which function it was, and the VJP of each parent (see `primitive.Plan`); None for a leaf
    parents  the nodes of those inputs that need a gradient, in the plan's order
    saved    the values that the VJPs name; None once the backward pass has freed them
    left     what is left of them then, for pictures (see left.py); not set before
    shape    of the result, and so of its gradient
    dtype    of the result, and so of its gradient
    entry    the innermost scope, of a module for instance, that it was made in (see `modes.Entry`), or None
    extras   what few nodes have: hooks, a tensor that retains its gradient, a name, the source line; else None
    """

    __slots__ = ("__weakref__", "dtype", "entry", "extras", "left", "order", "parents", "plan", "saved", "shape")

    order: int
    plan: Any
    parents: tuple[Node, ...]
    saved: tuple[Any, ...] | None
    left: tuple[Any, ...]
    shape: Any
    dtype: Any
    entry: tuple[Any, str, str] | None
    extras: Extras | None

    @property
    def name(self) -> str:
        """The name of the function that made this node; `leaf` for a leaf."""
        return "leaf" if self.plan is None else str(self.plan.primitive.name)

    @property
    def scope(self) -> str | None:
        """The names of the scopes that it was made in, outermost first, with dots between them; None outside of any."""
        names, entry = [], self.entry
        while entry is not None:
            names.append(entry[1])
            entry = entry[0]
        return ".".join(filter(None, reversed(names))) or None

    def __repr__(self) -> str:
        return f"<{self.name} node {self.shape} {self.dtype}>"

    @property
    def called(self) -> str | None:
        """The name that its tensor was given."""
        return None if self.extras is None else self.extras.called

    def rename(self, called: str | None) -> None:
        """Keep the name that its tensor was given."""
        self.more().called = called

    def more(self) -> Extras:
        """The node's extras, made when first asked for."""
        if self.extras is None:
            self.extras = Extras()
        return self.extras


class Leaf(Node):
    """Where the graph begins: the place of a tensor that a user asked gradients for.

    It refers to its tensor weakly (the tensor refers to it strongly), so the two form no cycle.

    sink  what takes its gradient as soon as that is complete (see sinks.py); None: it goes to the tensor's `.grad`
    """

    __slots__ = ("_called", "sink", "tensor")

    tensor: Callable[[], Any]
    sink: Any
    _called: str | None

    def __init__(self, tensor: Any) -> None:
        self.order = tick()
        self.plan = None
        self.parents = ()
        self.saved = ()
        self.shape = tensor._content.shape
        self.dtype = tensor._content.dtype
        if self.dtype.char == "e":
            Seen.halves = True
        self.entry = None
        self.extras = None
        self.sink = None
        self.tensor = ref(tensor)
        self._called = tensor._name

    @property
    def called(self) -> str | None:
        return self._called

    def rename(self, called: str | None) -> None:
        self._called = called


class Extras:
    """What few nodes have."""

    __slots__ = ("called", "given", "hooks", "retain", "source", "sums")

    def __init__(self) -> None:
        self.called: str | None = None
        self.hooks: dict[int, Callable[[Any], Any]] = {}
        self.retain: Callable[[], Any] | None = None
        self.source: str | None = None
        self.sums: tuple[int, ...] | None = None  # checksums of the arrays that it saved, in the checked mode
        self.given: dict[str, Any] = {}  # its arguments (see arguments.py)


def walk(roots: Iterable[Node], oldest: int | None = None) -> list[Node]:
    """Every node that `roots` depend on, each once, newest first; with `oldest`, none made before that order."""
    found: dict[int, Node] = {}
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node.order not in found and (oldest is None or node.order <= oldest):
            found[node.order] = node
            stack.extend(node.parents)
    return [found[order] for order in sorted(found)]


def between(roots: Iterable[Node], targets: Collection[int]) -> set[int] | None:
    """The orders of the nodes on a way from `roots` to one of `targets`; None if `roots` depend on no other node."""
    oldest = max(targets, default=0)
    found: dict[int, tuple[Node, ...]] = {}
    others = False
    stack = list(roots)
    while stack:
        node = stack.pop()
        order = node.order
        if order in found:
            continue
        if order > oldest:
            others = True
            continue
        found[order] = parents = node.parents
        if parents:
            stack.extend(parents)
        elif order not in targets:
            others = True
    if not others:
        return None
    needed = set(targets)
    for order in sorted(found, reverse=True):
        for parent in found[order]:
            if parent.order in needed:
                needed.add(order)
                break
    return needed


BACKWARD = "backward"
"""The kind of a primitive whose rules may know no more than how to go back, with plain arrays."""

ARGUMENT = "argument"
"""The kind of the primitive with which the graph of a call begins that a transform makes."""


def depends_on_arguments(node: Node, start: int) -> bool:
    """Whether a node depends on the arguments of a call that a transform began at `start`."""
    return any(found.plan is not None and found.plan.primitive.kind == ARGUMENT for found in walk([node], start))
