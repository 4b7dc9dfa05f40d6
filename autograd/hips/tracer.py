"""Names of HIPS autograd's: whether a value is tracked, the array in it, and what operations a function is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..engine.tensor import Tensor
from ..transforms.call import argument, plain
from .extend import Box, notrace_primitive, primitive
from .repeating import Output, Repeatable, Values

__all__ = ["Box", "Node", "getval", "isbox", "notrace_primitive", "primitive", "trace"]


def isbox(value: Any) -> bool:
    """Whether a value is a Tensor.

    >>> isbox(Tensor(1.0)), isbox(1.0)
    (True, False)
    """
    return isinstance(value, Tensor)


def getval(value: Any) -> Any:
    """The array or number in a Tensor; anything else is itself.

    >>> getval(Tensor(2.0))
    np.float64(2.0)
    """
    return plain(value._data) if isinstance(value, Tensor) else value


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


def trace(start_node: Any, fun: Callable[[Any], Any], x: Any) -> tuple[Any, Any]:
    """(fun(x), its node): from start_node, the node of x, on a node of the same class for every operation, in order.

    The node is None for a result that does not depend on x. Raises as a transform does for an x that is not floating.

    >>> class Named(Node):
    ...     def initialize_root(self):
    ...         self.text = "x"
    ...     def __init__(self, value, fun, args, kwargs, parent_argnums, parents):
    ...         self.text = f"{fun.__name__}({', '.join(parent.text for parent in parents)})"
    >>> value, node = trace(Named.new_root(), lambda x: np.sin(x) * x, 2.0)
    >>> node.text
    'multiply(sin(x), x)'
    """
    call = Repeatable("trace", fun, (x,))
    nodes: dict[int, Any] = dict.fromkeys(call.points, start_node)
    values: Values = {}
    for operation, value in call.run((x,), values):
        if isinstance(operation, Output):
            nodes[operation.order] = nodes[operation.source]
            continue
        places, orders = zip(*operation.inputs, strict=True)
        parents = [nodes[order] for order in orders]
        if operation.function is argument:  # where a derivative inside of the function begins: nothing happens
            nodes[operation.order] = parents[0]
            continue
        args, kwargs = operation.arguments(values)
        nodes[operation.order] = type(start_node)(
            plain(value), operation.function, tuple(args), kwargs, places, parents
        )
    return call.value, next((nodes[order] for order in call.outs if order is not None), None)
