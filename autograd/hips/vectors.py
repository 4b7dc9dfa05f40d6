"""Values that are no arrays, of a class with a box and a space of its own, as arrays of no dimensions in a graph.

The engine needs of an array little more than that it can be added to another, and that there is a zero like it. A
`Vector` holds such a value, and asks its class' space for both; where a function of the user's is called, a rule or
what is differentiated, the value itself or its box stands in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.tensor import Tensor, wrap
from ..transforms import tree
from .vector_space import VSpace, vspace

BOXES_OF: dict[type, Callable[..., Any]] = {}
"""The box of each class of such values: called with the value, the trace and the node."""


class Vector:
    """An array of no dimensions for the engine, which holds a value."""

    shape, ndim, size, dtype = (), 0, 1, np.dtype(float)

    def __init__(self, value: Any) -> None:
        self.value = value

    def copy(self) -> Vector:
        """Itself, for nobody writes to it."""
        return self

    def __add__(self, other: Vector) -> Vector:
        return Vector(vspace(self.value).add(self.value, other.value))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return inputs[0] + inputs[1] if ufunc is np.add and method == "__call__" else NotImplemented

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return Vector(vspace(self.value).zeros()) if function is np.zeros_like else NotImplemented


def register(kind: type, box: Any) -> None:
    """Have values of a class flow, and be boxed by `box` in what is differentiated."""

    def shown_again(rest: type, parts: Any) -> Any:
        return shown(parts[0])

    BOXES_OF[kind] = box
    tree.register_object(kind, lambda value: ([Vector(value)], kind), shown_again)
    tree.register(box, lambda value: ([as_vector(value)], kind), shown_again)
    VSpace.register(box, lambda value: vspace(value._value))


def as_vector(value: Any) -> Any:
    """What stands for a value in a graph: for a box a Tensor, for a value with a space of its own a Vector."""
    kind = type(value)
    if hasattr(value, "_node") and not isinstance(value, Tensor) and hasattr(value, "_value"):
        return wrap(as_vector(value._value), value._node)
    if kind in BOXES_OF or (kind in VSpace.mappings and not isinstance(value, _ARRAYS)):
        return Vector(value)
    return value


_ARRAYS = (Tensor, np.ndarray, np.generic, float, complex)


def shown(value: Any) -> Any:
    """What a function of the user's gets in the place of a Vector, or of a Tensor of one."""
    content = value._content if isinstance(value, Tensor) else value
    if type(content) is not Vector:
        return value
    held = content.value
    return held if content is value else BOXES_OF[type(held)](held, None, value._node)
