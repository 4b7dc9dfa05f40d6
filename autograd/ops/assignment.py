"""How a Tensor is assigned to: `t[i] = v`, `t += v`, and what Tensors that share its memory see of it.

A recorded tensor is assigned to by giving it a new value. The others get the elements that lie in the same place from
that value, with the gradient on its way back; and so that the next assignment is seen as well, all of them move to new
memory together, in which they lie to one another as before.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine import versions
from ..engine.modes import mode
from ..engine.node import Node
from ..engine.sharing import others
from ..engine.tensor import Tensor, unwrap
from .indexing import is_basic, setitem


def assign(self: Tensor, index: Any, value: Any) -> None:
    """self[index] = value. A recorded tensor gets a new value; whoever saved the old one keeps that."""
    _refuse_leaf(self, "t[i] = v")
    if mode.recording is not False and (self._node is not None or getattr(value, "_node", None) is not None):
        new = value.copy() if _becomes(self, index, value) else setitem(self, value, index)
        _rebind(self, new, unwrap(index))
    else:
        writable(self)[unwrap(index)] = unwrap(value)
        versions.touch(self._data)


def writable(tensor: Tensor) -> Any:
    """The array of a Tensor, to write into: a copy in its place where its memory came read-only.

    A memory map is such memory, and what joblib and ray lend to other processes. It is copied for all Tensors that lie
    in it as views of one another. What is read-only for another reason stays so, and NumPy refuses to write: broadcast
    views, and what `detect_anomaly` has locked. Whoever has written says so by `tensor.data = array`.

    >>> p = Tensor(np.zeros(2))
    >>> p.data = np.frombuffer(bytes(16))
    >>> array = writable(p)
    >>> array += 1
    >>> p.data = array
    >>> p
    Tensor([1., 1.])
    """
    array = tensor._data
    if isinstance(array, np.ndarray) and not array.flags.writeable and versions.came_read_only(array):
        sharing = others(tensor)
        if not sharing:
            tensor._data = np.array(array)
        elif all(other.dtype == tensor.dtype for other in sharing):
            _move([tensor, *sharing], [(member._data, member._node) for member in (tensor, *sharing)])
    versions.writing(tensor._data)
    return tensor._data


def _becomes(self: Tensor, index: Any, value: Any) -> bool:
    """Whether self[index] = value is `x[...] = f(x)`: nothing stays of what was there, but in the value."""
    if index is not ... or getattr(value, "_node", None) is None:
        return False
    of_self = any(parent is self._node for parent in value._node.parents)
    return of_self and value.shape == self.shape and value.dtype == self.dtype


def augment(self: Tensor, operator: Callable[..., Any], other: Any) -> Any:
    """`self += other` and its kin."""
    _refuse_leaf(self, "an augmented assignment")
    result = operator(self, other)
    if result is NotImplemented:
        return result
    if mode.recording is not False and result._node is not None:
        if result.shape != self.shape:
            raise ValueError(f"augmented assignment: the result's shape {result.shape} is not {self.shape}")
        result = result if result.dtype == self.dtype else result.astype(self.dtype, casting="same_kind")
        item = sys.getrefcount(self) <= _ITEM  # that of `t[i] += v`, which is assigned to t in a moment
        _rebind(self, result, ..., item)
    else:
        np.copyto(writable(self), result._data, casting="same_kind")
        versions.touch(self._data)
    return self


def _rebind(self: Tensor, new: Tensor, index: Any, item: bool = False) -> None:
    """Take the value `new`, which differs at `index`; but for an item, what shares memory with it sees that too."""
    if self._family is not None:
        if not item and (sharing := others(self)):
            return _assign_all(self, new, index, sharing)
        self._family[:] = [member for member in self._family if member() is not self]
        self._family = None
    self._data, self._node = new._data, new._node


def _refuse_leaf(self: Tensor, what: str) -> None:
    if self._node is not None and self._node.plan is None and mode.recording is not False:
        raise RuntimeError(
            f"{what}: this leaf requires a gradient, so it cannot be changed in place while recording; "
            f"do it under no_grad(), or on a copy"
        )


def _references() -> int:
    """How often the item in `t[i] += v`, which has no name, is referred to in `augment`; -1 where one with a name may
    be as often. Pythons differ in what they count, and count otherwise once code has been run some times."""
    seen: list[int] = []

    def augment(self: Any, operator: Any, other: Any) -> Any:
        seen.append(sys.getrefcount(self))
        return self

    class Item:
        __iadd__ = lambda self, other: augment(self, None, other)

    class Whole:
        __getitem__ = lambda self, index: Item()
        __setitem__ = lambda self, index, value: None

    whole, item = Whole(), Item()
    for _ in range(50):
        whole[0] += 1
        item += 1
    most, least = max(seen[::2]), min(seen[1::2])
    return most if most < least else -1


_ITEM = _references()


def _assign_all(tensor: Any, new: Any, index: Any, sharing: list[Any]) -> None:
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
    if _overlaps_itself(tensor._data):
        raise ValueError(
            f"assignment: elements of this tensor of shape {tensor.shape} lie in the same memory, as those of a "
            f"broadcast one do; take a .copy() of it first"
        )
    places = _assigned(tensor._data, index)
    if not places.size:
        return
    first, last = int(places.min()), int(places.max())
    step = tensor.itemsize
    elements = np.full((last - first) // step + 1, -1)  # by place in memory: which of those assigned lies there
    elements[(places - first) // step] = np.arange(places.size).reshape(places.shape)
    values = [(new._data, new._node), *[_seen(other, new, index, elements, first, last) for other in sharing]]
    _move([tensor, *sharing], values)


def _move(members: list[Any], values: list[tuple[Any, Node | None]]) -> None:
    """Give Tensors new memory, in which they lie to one another as before, and each its value and node."""
    bounds = [_bounds(member._data) for member in members]
    low = min(low for low, _ in bounds)
    memory = np.empty((max(high for _, high in bounds) - low) // members[0].itemsize + 1, members[0].dtype)
    for member, (data, node) in zip(members, values, strict=True):
        start = member._data.__array_interface__["data"][0] - low
        place = np.ndarray(member.shape, member.dtype, memory, start, member._data.strides)
        place[...] = data
        member._data, member._node = place, node


def _overlaps_itself(array: Any) -> bool:
    axes = sorted((abs(s), length) for length, s in zip(array.shape, array.strides, strict=True) if length > 1)
    reach = array.itemsize
    for stride, length in axes:
        if stride < reach:  # as a rule, then: axes may also interlock
            return bool(np.unique(_places(array)).size < array.size)
        reach += stride * (length - 1)
    return False


def _bounds(array: Any) -> tuple[int, int]:
    """The addresses of the first and the last element in memory."""
    low = high = array.__array_interface__["data"][0]
    for length, stride in zip(array.shape, array.strides, strict=True):
        low, high = low + min(0, (length - 1) * stride), high + max(0, (length - 1) * stride)
    return low, high


def _places(array: Any) -> Any:
    """The address of each element."""
    found = np.asarray(array.__array_interface__["data"][0])
    for length, stride in zip(array.shape, array.strides, strict=True):
        found = np.asarray(found[..., None] + np.arange(length) * stride)
    return found


def _assigned(array: Any, index: Any) -> Any:
    """The addresses of array[index]."""
    if is_basic(index):
        keys = index if type(index) is tuple else (index,)
        return _places(array[keys if any(key is ... for key in keys) else (*keys, ...)])  # a view, of no axes too
    return np.asarray(_places(array)[index])


def _seen(other: Any, new: Any, index: Any, elements: Any, first: int, last: int) -> tuple[Any, Node | None]:
    """The array and the node of a tensor, of whose memory the part from `first` to `last` was assigned to.

    `elements` says for each place in that part which element of new[index] lies there, or -1.
    """
    old = other._data, other._node
    low, high = _bounds(other._data)
    if high < first or last < low:
        return old
    near = _near(other._data, first, last)
    places = _places(other._data[near])
    inside = (first <= places) & (places <= last)
    source = np.where(inside, elements[np.where(inside, places - first, 0) // other.itemsize], -1)
    known = source >= 0
    if not known.any():
        return old
    flat = new[index].reshape(-1)
    if known.all():
        value = setitem(other, flat[source], near)
    else:
        at = np.nonzero(known)
        if near:
            at = (*at[: len(near) - 1], at[len(near) - 1] + near[-1].start, *at[len(near) :])
        value = setitem(other, flat[source[known]], at)
    return value._data, value._node


def _near(array: Any, first: int, last: int) -> tuple[slice, ...]:
    """A part of the array, along the axis with the longest stride, that has all its elements between two addresses."""
    strides = [abs(stride) if length > 1 else 0 for length, stride in zip(array.shape, array.strides, strict=True)]
    if not any(strides):
        return ()
    axis = strides.index(max(strides))
    stride = array.strides[axis]
    low, high = _bounds(array[(slice(None),) * axis + (slice(0, 1),)])
    ends = sorted([(first - high) / stride, (last - low) / stride])
    begin, end = max(0, math.ceil(ends[0])), min(array.shape[axis], math.floor(ends[1]) + 1)
    return (*[slice(None)] * axis, slice(begin, max(begin, end)))


Tensor.__setitem__ = assign  # type: ignore[method-assign]
