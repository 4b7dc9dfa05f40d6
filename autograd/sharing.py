"""Tensors that share memory, as a view and what it is a view of do: what is assigned to one, all of them see.

A recorded tensor is assigned to by giving it a new value. The others get the elements that lie in the same place from
that value, with the gradient on its way back; and so that the next assignment is seen as well, all of them move to new
memory together, in which they lie to one another as before.
"""

from __future__ import annotations

from typing import Any
from weakref import ref

import numpy as np

from . import versions
from .graph import Node


def note_view(source: Any, view: Any) -> None:
    """Note that two Tensors share memory, for an assignment to either."""
    family = source._family
    if family is None:
        family = source._family = [ref(source)]
    family.append(ref(view))
    view._family = family
    if len(family) & (len(family) - 1) == 0:  # at each power of two: drop the dead, so that it stays linear
        family[:] = [member for member in family if member() is not None]


def others(tensor: Any) -> list[Any]:
    """The other Tensors that lie in the memory of this one, if it has any."""
    alive = [member for known in tensor._family or () if (member := known()) is not None and member is not tensor]
    memory = versions._owner(tensor._data)
    return [m for m in alive if m.size and versions._owner(m._data) is memory] if tensor.size else []


def assign(tensor: Any, new: Any, index: Any, sharing: list[Any]) -> None:
    """Give the tensor the value `new`, which differs from the old one at `index`, and the others what they see of it.

    Raises RuntimeError if one of them is a leaf that requires a gradient, or sees other numbers in the memory, as the
    real part of complex ones does; ValueError if the tensor has an element in several places, as broadcast ones do.
    """
    for other in sharing:
        if other._node is not None and other._node.plan is None:
            raise RuntimeError(
                f"assignment: this tensor of shape {tensor.shape} is a view of a leaf that requires a gradient, which "
                f"cannot be changed in place while recording; do it under no_grad(), or on a copy"
            )
        if other.dtype != tensor.dtype or not type(other._data) is type(tensor._data) is np.ndarray:
            raise RuntimeError(
                f"assignment: another tensor, of {other.dtype}, shares the memory of this one, of {tensor.dtype}, and "
                f"cannot be told of the change; take a .copy() of one of them first"
            )
    bounds = [_bounds(member._data) for member in (tensor, *sharing)]
    low, step = min(first for first, _ in bounds), tensor.itemsize
    assigned = np.full((max(last for _, last in bounds) - low) // step + 1, -1)  # by place: which element of `new`
    places, elements = _places(tensor._data, low)[index], np.arange(tensor.size).reshape(tensor.shape)[index]
    assigned[places] = elements
    if (assigned[places] != elements).any():
        raise ValueError(
            f"assignment: elements of this tensor of shape {tensor.shape} lie in the same memory, as those of a "
            f"broadcast one do; take a .copy() of it first"
        )
    values = [(new._data, new._node)]
    for other, (first, last) in zip(sharing, bounds[1:], strict=True):
        apart = last < bounds[0][0] or bounds[0][1] < first
        values.append((other._data, other._node) if apart else _seen(other, new, assigned[_places(other._data, low)]))
    memory = np.empty(len(assigned), tensor.dtype)
    for member, (data, node) in zip((tensor, *sharing), values, strict=True):
        start = member._data.__array_interface__["data"][0] - low
        place = np.ndarray(member.shape, member.dtype, memory, start, member._data.strides)
        place[...] = data
        member._data, member._node = place, node


def _bounds(array: Any) -> tuple[int, int]:
    """The addresses of the first and the last element in memory."""
    low = high = array.__array_interface__["data"][0]
    for length, stride in zip(array.shape, array.strides, strict=True):
        low, high = low + min(0, (length - 1) * stride), high + max(0, (length - 1) * stride)
    return low, high


def _places(array: Any, low: int) -> Any:
    """Which element of the memory from the address `low` on each one is."""
    found = np.asarray(array.__array_interface__["data"][0] - low)
    for length, stride in zip(array.shape, array.strides, strict=True):
        found = found[..., None] + np.arange(length) * stride
    return found // array.itemsize


def _seen(other: Any, new: Any, source: Any) -> tuple[Any, Node | None]:
    """The array and the node of a tensor whose elements are those of `new` that `source` names, or, at -1, its own."""
    from .ops.indexing import setitem

    known = source >= 0
    if not known.any():
        return other._data, other._node
    seen = new.reshape(-1)[source[known]]
    value = seen.reshape(other.shape) if known.all() else setitem(other, seen, known)
    return value._data, value._node
