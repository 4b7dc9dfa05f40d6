"""Tracked values as HIPS autograd names them: boxes, which it makes for each trace. Here a box of an array is a Tensor.

What code that traces by itself needs is here: `new_box` begins a graph, `backward_pass` goes back through it, and a
box's `_value`, `_node` and `_trace` say what it is. Containers of boxes are plain containers; for them DictBox and
SequenceBox are only words to ask with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar
from weakref import ref

import numpy as np

from ..engine.node import Leaf, walk
from ..engine.sweep import gradients
from ..engine.tensor import Tensor, unwrap, wrap
from ..transforms.call import BOXES, conj, plain, tracked
from ..transforms.tree import leaves, rebuild
from . import vectors
from .vectors import BOXES_OF, as_vector, shown


class _BoxType(type):
    """The type of Box, of which all Tensors are instances."""

    def __instancecheck__(cls, value: Any) -> bool:
        return type.__instancecheck__(cls, value) or (cls is Box and isinstance(value, Tensor))

    def __subclasscheck__(cls, kind: type) -> bool:
        return type.__subclasscheck__(cls, kind) or (cls is Box and issubclass(kind, Tensor))


class Box(metaclass=_BoxType):
    """What a tracked value is an instance of: a Tensor, or the box of a class of one's own, made from this one.

    Registered for a class, `MyBox.register(Mine)`, such a box stands for a `Mine` in a function that is differentiated;
    its `_value` is that.
    """

    types: ClassVar[set[type]] = set()
    type_mappings: ClassVar[dict[type, Callable[..., Any]]] = BOXES
    """What makes a box of a value, by the value's type: called with the value, the trace and the node."""

    _value: Any
    _trace: Any
    _node: Any

    def __init__(self, value: Any, trace: Any, node: Any) -> None:
        self._value, self._trace, self._node = value, trace, node

    @classmethod
    def register(cls, value_type: type) -> None:
        """Have values of this type boxed by this class. Of a class of arrays the boxes are Tensors all the same."""
        Box.types.add(cls)
        Box.type_mappings[value_type] = Box.type_mappings[cls] = cls
        if not hasattr(value_type, "__array_function__"):
            vectors.register(value_type, cls)


Box.types.add(Tensor)


class Node:
    """The base of what `trace` makes of each operation. A kind of one's own overrides both methods.

    value           the result
    fun             the function, of which `fun.__name__` is the name
    args, kwargs    its arguments
    parent_argnums  which of them depend on where the trace began
    parents         the nodes that made those
    """

    def __init__(
        self, value: Any, fun: Any, args: Any, kwargs: Any, parent_argnums: tuple[int, ...], parents: list[Any]
    ) -> None:
        raise NotImplementedError(f"{type(self).__name__}: a Node of one's own has to define __init__")

    def initialize_root(self, *args: Any, **kwargs: Any) -> None:
        """Begin as the node of the argument, with what `new_root` was given."""
        raise NotImplementedError(f"{type(self).__name__}: a Node of one's own has to define initialize_root")

    @classmethod
    def new_root(cls, *args: Any, **kwargs: Any) -> Any:
        """The node of the argument."""
        root = cls.__new__(cls)
        root.initialize_root(*args, **kwargs)
        return root


class VJPNode(Node):
    """With which code that traces by itself begins: `new_box` takes one, and the boxes have nodes of their own."""

    def __init__(self) -> None:
        self.parents: list[Any] = []

    def initialize_root(self) -> None:
        self.parents = []


class JVPNode(VJPNode):
    """The same for a trace forward, of which the tangent at the beginning is kept."""

    def initialize_root(self, g: Any = None) -> None:
        self.parents, self.g = [], g


class TraceStack:
    """How many traces of one's own are under way, one within the other; -1 is none."""

    def __init__(self) -> None:
        self.top = -1

    @contextmanager
    def new_trace(self) -> Iterator[int]:
        """Count one more, and give its number."""
        self.top += 1
        try:
            yield self.top
        finally:
            self.top -= 1


trace_stack = TraceStack()


class Root(Leaf):
    """Where a graph begins that `new_box` made.

    trace     the number of its trace
    together  all the beginnings that were boxed together, weakly, each with what makes a zero like it
    form      the containers of what was boxed, with their numbers for leaves; None where no gradient flows
    """

    __slots__ = ("form", "together", "trace")

    form: Any
    together: Sequence[tuple[Callable[[], Any], Callable[[], Any]]]
    trace: int


class _Boxes:
    """What a box of a container says of itself."""

    _trace: int
    _node: Any
    _value: Any


class _Tuple(tuple[Any, ...], _Boxes):
    pass


class _List(list[Any], _Boxes):
    pass


class _Dict(dict[Any, Any], _Boxes):
    pass


_CONTAINERS: dict[type, type] = {tuple: _Tuple, list: _List, dict: _Dict}


def new_box(value: Any, trace: int, node: Any = None) -> Any:
    """A box of an array, a number, or a container of them, at which the graph of this trace begins.

    >>> from autograd.core import VJPNode, backward_pass
    >>> from autograd.tracer import new_box
    >>> x = new_box(3.0, 0, VJPNode.new_root())
    >>> y = x**2
    >>> y._value, backward_pass(1.0, y._node)
    (np.float64(9.0), np.float64(6.0))
    """
    kind = type(value)
    if kind not in _CONTAINERS and kind not in Box.type_mappings:
        raise TypeError(f"Can't differentiate w.r.t. type {kind}: expected an array, a number, or a container of them")
    numbers: list[int | None] = []
    roots: list[Root] = []
    zeros: list[Callable[[], Any]] = []

    def boxed(part: Any) -> Any:
        made = Box.type_mappings[type(part)](part, None, True) if type(part) in Box.type_mappings else part
        moves = (isinstance(made, Tensor) and made._content.dtype.kind in "fc") or type(part) in BOXES_OF
        numbers.append(len(roots) if moves else None)
        if not moves:
            return made
        content = np.asanyarray(unwrap(part)) if isinstance(made, Tensor) else as_vector(part)  # of its own class
        made = wrap(content)
        made._node = root = Root(made)
        roots.append(root)
        alone = isinstance(content, np.ndarray)
        zeros.append(partial(np.zeros, root.shape, root.dtype) if alone else partial(np.zeros_like, content))
        return shown(made)

    found = rebuild(value, iter([boxed(part) for part in leaves(value)]))
    form, together = rebuild(value, iter(numbers)), list(zip(map(ref, roots), zeros, strict=True))
    for root in roots:
        root.trace, root.form, root.together = trace, form, together
    if kind not in _CONTAINERS:
        return found
    box: Any = _CONTAINERS[kind](found)
    box._trace, box._node, box._value = trace, node, value
    return box


def roots_of(node: Any) -> list[Root]:
    """The beginnings, made by `new_box`, of what a node depends on."""
    return [found for found in walk([node]) if isinstance(found, Root)]


def backward_pass(g: Any, end_node: Any) -> Any:
    """The gradient of what the newest trace began with, for the gradient g of the result at this node.

    Given a box it gives boxes, joined to g. It may be called again, with another g.
    """
    roots = roots_of(end_node)
    if not roots:
        raise RuntimeError("backward_pass: expected the node of a box that was computed from one that new_box made")
    first = max(roots, key=lambda root: root.trace)
    end = wrap(np.empty(end_node.shape, end_node.dtype), end_node)
    alive = [(i, place()) for i, (place, _) in enumerate(first.together) if place() is not None]
    g = as_vector(g)
    recorded = isinstance(g, Tensor) and g._node is not None
    points = [wrap(np.empty(root.shape, root.dtype), root) for _, root in alive]
    parts: list[Any] = [wrap(zero()) for _, zero in first.together]
    for (i, _), part in zip(alive, gradients([end], points, [conj(g)], True, recorded), strict=True):
        parts[i] = parts[i] if part is None else conj(part)
    found = [part if recorded else plain(part._content) for part in parts]
    return rebuild(first.form, iter([None if i is None else shown(found[i]) for i in leaves(first.form)]))


def _trace_of(self: Tensor) -> int:
    """The number of the newest trace that this tensor depends on; -1 of none."""
    if self._node is None:
        return -1
    return max((root.trace for root in roots_of(self._node)), default=-1)


Tensor._trace = property(_trace_of)  # type: ignore[attr-defined]


def isbox(value: Any) -> bool:
    """Whether a value is a Tensor, or a box of one's own.

    >>> isbox(Tensor(1.0)), isbox(1.0)
    (True, False)
    """
    return isinstance(value, Tensor) or type(value) in Box.types or isinstance(value, _Boxes)


def getval(value: Any) -> Any:
    """The array or number in a Tensor, also in those that stand in containers; anything else is itself.

    >>> getval(Tensor(2.0))
    np.float64(2.0)
    """
    if isinstance(value, Tensor):
        return plain(value._content)
    if isinstance(value, _Boxes) or type(value) in Box.types:
        return value._value
    return unboxed(value) if holds_box(value) else value


def unboxed(value: Any) -> Any:
    """The containers with the arrays and numbers of the Tensors in them."""
    return rebuild(value, iter([shown(plain(unwrap(leaf))) for leaf in leaves(value)]))


def holds_box(value: Any) -> bool:
    """Whether a Tensor or another box stands somewhere in a dict, a list or a tuple."""
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list | tuple):
        return False
    return any(isinstance(item, Tensor) or type(item) in Box.types or holds_box(item) for item in value)


class _Holding(type):
    """The type of words for containers of tracked values: to ask with, and to make plain ones."""

    kinds: tuple[type, ...]

    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, cls.kinds) and any(map(tracked, leaves(value)))

    def __call__(cls, value: Any = (), *given: Any) -> Any:
        kind = next((kind for kind in cls.kinds if isinstance(value, kind)), cls.kinds[0])
        return value if type(value) is kind else kind(value)


class SequenceBox(metaclass=_Holding):
    """Of which a list or a tuple that holds tracked values is an instance."""

    kinds = (tuple, list)


class DictBox(metaclass=_Holding):
    """Of which a dict that holds tracked values is an instance.

    >>> from autograd.builtins import DictBox
    >>> isinstance({"a": Tensor(1.0, requires_grad=True)}, DictBox), isinstance({"a": 1.0}, DictBox)
    (True, False)
    """

    kinds = (dict,)
