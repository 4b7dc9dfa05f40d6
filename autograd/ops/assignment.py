"""How a Tensor is assigned to: `t[i] = v`, `t += v`, and what Tensors that share its memory see of it.

A recorded tensor is assigned to by giving it a new value. The others get the elements that lie in the same place from
that value, with the gradient on its way back; and so that the next assignment is seen as well, all of them move to new
memory together, in which they lie to one another as before. So an assignment takes the time of a copy, and some
microseconds for each tensor that shares the memory and is still referred to.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine import versions
from ..engine.modes import mode
from ..engine.node import Node
from ..engine.sharing import after_a_trace, others
from ..engine.tensor import Tensor, unwrap
from .indexing import is_basic, setitem
from .items import is_item
from .places import Extent, assigned, extent, lies, near, overlaps_itself, places, within


def assign(self: Tensor, index: Any, value: Any) -> None:
    """self[index] = value. A recorded tensor gets a new value; whoever saved the old one keeps that."""
    _refuse_leaf(self, "t[i] = v")
    index = unwrap(index)
    recorded = mode.recording is not False and (self._node is not None or getattr(value, "_node", None) is not None)
    if recorded or (mode.batch is not None and mode.batch.spreads(self._content, (index, value))):
        _check_target(self)
        new = value.copy() if _becomes(self, index, value) else setitem(self, value, index)
        _rebind(self, new, index)
    else:
        writable(self)[index] = unwrap(value)
        versions.touch(self._content)


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
    array = tensor._content
    if isinstance(array, np.ndarray) and not array.flags.writeable and versions.came_read_only(array):
        sharing = others(tensor)
        if not sharing:
            tensor._content = np.array(array)
        elif all(other.dtype == tensor.dtype for other in sharing):
            members = [tensor, *sharing]
            _move(members, [extent(m._content) for m in members], [(m._content, m._node) for m in members])
    versions.writing(tensor._content)
    return tensor._content


def _becomes(self: Tensor, index: Any, value: Any) -> bool:
    """Whether self[index] = value is `x[...] = f(x)`: nothing stays of what was there, but in the value."""
    if index is not ... or getattr(value, "_node", None) is None:
        return False
    of_self = any(parent is self._node for parent in value._node.parents)
    return of_self and value.shape == self.shape and value.dtype == self.dtype


def augment(self: Tensor, operator: Callable[..., Any], other: Any) -> Any:
    """`self += other` and its kin."""
    _refuse_leaf(self, "an augmented assignment")
    if (ufunc := AT_ONCE.get(operator)) is not None and _is_plain(self, other):
        ufunc(self._content, unwrap(other), out=writable(self))
        versions.touch(self._content)
        return self
    result = operator(self, other)
    if result is NotImplemented:
        return result
    if result.shape != self.shape:
        raise ValueError(f"augmented assignment: the result's shape {result.shape} is not {self.shape}")
    spreads = mode.batch is not None and mode.batch.spreads(self._content, result._content)
    if spreads or (mode.recording is not False and result._node is not None):
        item = self._family is not None and is_item(sys.getrefcount(self), sys._getframe(2))
        if not item:
            _check_target(self)
        result = result if result.dtype == self.dtype else result.astype(self.dtype, casting="same_kind")
        _rebind(self, result, ..., item)
    else:
        np.copyto(writable(self), result._content, casting="same_kind")
        versions.touch(self._content)
    return self


AT_ONCE: dict[Callable[..., Any], np.ufunc] = {}
"""The ufunc that an operator of floating numbers is, where nothing is recorded."""


def _is_plain(self: Tensor, other: Any) -> bool:
    """Whether nobody is to know of an operation on these, whose result is of the dtype and shape of the first."""
    array, node = self._content, self._node
    if array.__class__ is not np.ndarray or array.dtype.char not in "fd" or mode.batch is not None:
        return False
    if isinstance(other, Tensor):
        node, value = node or other._node, other._content
        same = value.__class__ is np.ndarray and value.dtype is array.dtype and value.shape == array.shape
    else:
        same = other.__class__ is float or other.__class__ is int
    return same and (mode.recording is False or (mode.recording is True and node is None))


def _rebind(self: Tensor, new: Tensor, index: Any, item: bool = False) -> None:
    """Take the value `new`, which differs at `index`; but for an item, what shares memory with it sees that too."""
    if self._family is not None:
        if not item and (sharing := others(self)):
            return _assign_all(self, new, index, sharing)
        self._family[:] = [member for member in self._family if member() is not self]
        self._family = None
    if self._node is not None and self._node.extras is not None:
        _retain_next(self, new._node)
    self._content, self._node = new._content, new._node


def _retain_next(self: Tensor, node: Node | None) -> None:
    """A gradient that is to be retained is that of the value which the tensor has now."""
    old = self._node
    if old is not None and old.extras is not None and old is not node and node is not None:
        retain = old.extras.retain
        if retain is not None and retain() is self:
            old.extras.retain, node.more().retain = None, retain


def _refuse_leaf(self: Tensor, what: str) -> None:
    if self._node is not None and self._node.plan is None and mode.recording is not False:
        raise RuntimeError(
            f"{what}: this leaf requires a gradient, so it cannot be changed in place while recording; "
            f"do it under no_grad(), or on a copy"
        )


def _check_target(self: Tensor) -> None:
    """What NumPy would not write into is not given a new value either, though it could be."""
    data = self._content
    if self._node is None and data.dtype.kind not in "fc":
        raise TypeError(
            f"assignment: a tensor of {data.dtype} has no gradient, so it cannot take a value that requires one; "
            f"make it a floating one with astype, or write value.detach() if a constant is meant"
        )
    if type(data) is not np.ndarray or ((flags := data.flags).forc and flags.writeable):
        return
    if _read_only(data):
        raise ValueError(
            f"assignment: this tensor of shape {self.shape} is read-only, as what diagonal and broadcast_to give is; "
            f"take a .copy() of it first"
        )
    if overlaps_itself(data):
        raise ValueError(
            f"assignment: elements of this tensor of shape {self.shape} lie in the same memory; take a .copy() of it "
            f"first"
        )


def _read_only(array: Any) -> bool:
    """Whether NumPy made an array read-only, not the backward pass that needs it."""
    while type(array) is np.ndarray and not array.flags.writeable:
        if type(array.base) is not np.ndarray or array.base.flags.writeable:
            return id(array) not in versions.locked and not versions.came_read_only(array)
        array = array.base
    return False


# ---- several that share memory ---------------------------------------------------------------------------------------


def _assign_all(tensor: Any, new: Any, index: Any, sharing: list[Any]) -> None:
    """Give the tensor the value `new`, which differs from the old one at `index`, and the others what they see of it.

    Raises RuntimeError if one of them is a leaf that requires a gradient, or sees other numbers in the memory, as the
    real part of complex ones does. A trace ends here.
    """
    if mode.trace is not None:
        mode.trace.fail("a tensor is assigned to that shares memory with another one, and where it lies is not traced")
    for member in (tensor, new, *sharing):
        member._content = after_a_trace(member._content)
    index = after_a_trace(index)
    for other in sharing:
        if other._node is not None and other._node.plan is None:
            raise RuntimeError(
                f"assignment: this tensor of shape {tensor.shape} is a view of a leaf that requires a gradient, which "
                f"cannot be changed in place while recording; do it under no_grad(), or on a copy"
            )
        if other.dtype != tensor.dtype or not type(lies(other._content)) is type(lies(tensor._content)) is np.ndarray:
            raise RuntimeError(
                f"assignment: another tensor, of {other.dtype}, shares the memory of this one, of {tensor.dtype}, and "
                f"cannot be told of the change; take a .copy() of one of them first"
            )
    members = [tensor, *sharing]
    extents = [extent(lies(member._content)) for member in members]
    array = lies(tensor._content)
    change = _Region(array, new, index) if is_basic(index) else _Elements(array, new, index)
    seen = [change.seen_by(other, where) for other, where in zip(sharing, extents[1:], strict=True)]
    _move(members, extents, [(new._content, new._node), *seen])


class _Region:
    """What was assigned to a view: to others, that is mostly a view as well, or they are one of it."""

    def __init__(self, array: Any, new: Any, index: Any) -> None:
        self.given = array, new, index
        self.there = assigned(array, index)
        self.extent = extent(self.there)
        self.value = new if index is ... else new[index]
        self.elements: _Elements | None = None

    def seen_by(self, other: Any, where: Extent) -> tuple[Any, Node | None]:
        """The array and the node that another tensor has now, which lies there."""
        there = self.there
        if where.high < self.extent.low or self.extent.high < where.low or not there.size:
            return other._content, other._node
        array = lies(other._content)
        if (found := within(array, where.first, there, self.extent)) is not None:
            index, order = found
            value = self.value[index] if index else self.value[...]
            value = value.transpose([order.index(k) for k in sorted(order)]) if order != sorted(order) else value
            value = value if value.shape == other.shape else value.reshape(other.shape)
        elif (found := within(there, self.extent.first, array, where)) is not None:
            index, order = found
            long = [k for k, n in enumerate(there.shape) if n > 1]
            value = self.value if len(long) == there.ndim else self.value.reshape([there.shape[k] for k in long])
            value = value.transpose([long.index(k) for k in order]) if order != long else value
            value = setitem(other, value, index)
        else:
            self.elements = self.elements or _Elements(*self.given)
            return self.elements.seen_by(other, where)
        return value._content, value._node


class _Elements:
    """What was assigned to, element by element."""

    def __init__(self, array: Any, new: Any, index: Any) -> None:
        self.new, self.index, self.step = new, index, array.itemsize
        there = places(array)[index]
        self.size = there.size
        if there.size:
            self.first, self.last = int(there.min()), int(there.max())
            self.numbers = np.full((self.last - self.first) // self.step + 1, -1)  # by place in memory, or -1
            self.numbers[(there - self.first) // self.step] = np.arange(there.size).reshape(there.shape)

    def seen_by(self, other: Any, where: Extent) -> tuple[Any, Node | None]:
        """The array and the node that another tensor has now, which lies there."""
        old = other._content, other._node
        if not self.size or where.high < self.first or self.last < where.low:
            return old
        array = lies(other._content)
        part = near(array, self.first, self.last)
        there = places(array[(*part, ...)])
        inside = (self.first <= there) & (there <= self.last)
        source = np.where(inside, self.numbers[np.where(inside, there - self.first, 0) // self.step], -1)
        known = source >= 0
        if not known.any():
            return old
        flat = self.new[self.index].reshape(-1)
        if known.all():
            value = setitem(other, flat[source], part)
        else:
            at = np.nonzero(known)
            if part:
                at = (*at[: len(part) - 1], at[len(part) - 1] + part[-1].start, *at[len(part) :])
            value = setitem(other, flat[source[known]], at)
        return value._content, value._node


def _move(members: list[Any], extents: list[Extent], values: list[tuple[Any, Node | None]]) -> None:
    """Give each of the members its value, all in one memory, in which they lie to one another as in the old one.

    Under vmap each example has such a memory, one after the other.
    """
    low, high = min([where.low for where in extents]), max([where.high for where in extents])
    batches = max([_batches(data) for data, _ in values], key=len)
    memory = None
    for member, where, (data, _) in zip(members, extents, values, strict=True):
        whole = where.low == low and where.high == high and data is not member._content and not batches
        if whole and data.base is None and data.strides == member._content.strides:
            memory = data.ravel("K")  # new, and it lies as the old one: the others are views of it
            break
    host = memory is not None
    if memory is None:
        examples = [batch.size for batch in reversed(batches)]
        memory = np.empty((*examples, (high - low) // members[0].itemsize + 1), members[0].dtype)
    for member, where, (data, node) in zip(members, extents, values, strict=True):
        shape, strides = (*memory.shape[:-1], *data.shape), (*memory.strides[:-1], *member._content.strides)
        place: Any = np.ndarray(shape, data.dtype, memory, where.first - low, strides)
        if not host:
            for batch in batches:
                data = batch.array(data)
            place[...] = data
        if not member._content.flags.writeable and _read_only(member._content):
            place.flags.writeable = False
        for batch in reversed(batches):
            place = batch.wrap(place)
        _retain_next(member, node)
        member._content, member._node = place, node


def _batches(content: Any) -> list[Any]:
    """The batches in which an array stands for one of each example, the innermost first."""
    found = []
    while type(content) is not np.ndarray and hasattr(content, "batch"):
        found.append(content.batch)
        content = content.array
    return found


Tensor.__setitem__ = assign  # type: ignore[method-assign]
