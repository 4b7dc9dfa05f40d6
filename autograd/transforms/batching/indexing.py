"""Indexing: an index may be another one for each example, and then the example's own number stands beside it."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ...ops.indexing import get, scatter_add, take, take_along_axis
from .batched import Batch, Batched, across, innermost, refuse
from .forms import OF_UFUNCS, form
from .methods import behind


class Place:
    """Where an index points to in the array of all examples.

    index   for that array
    ndim    of what an example's index gives
    """

    __slots__ = ("index", "ndim", "order")

    def __init__(self, batch: Batch, x: Any, index: Any) -> None:
        parts = _parts(index, x.ndim)
        arrays = [k for k, part in enumerate(parts) if _is_array(part)]
        depth = max([parts[k].ndim for k in arrays], default=0)
        many = any(batch.holds(part) for part in parts)
        numbers = [k for k, part in enumerate(parts) if _is_array(part) or (arrays and _is_number(part))]
        together = numbers == list(range(numbers[0], numbers[-1] + 1)) if numbers else True
        before = sum(1 for part in parts[: numbers[0]] if not _is_number(part)) if numbers else 0
        slices = sum(1 for part in parts if part is None or type(part) is slice)
        self.ndim = slices + (depth if arrays else 0)
        if many:
            own = [batch.array(part, depth) if batch.holds(part) else part for part in parts]
            examples = np.arange(batch.size).reshape((-1,) + (1,) * depth)
            self.index = (examples, *own) if batch.holds(x) else tuple(own)
        else:
            self.index = (slice(None), *parts)
        # where the axes of the result, first that of the examples, then an example's, lie in what NumPy gives
        rest = list(range(depth, self.ndim))
        one = [*rest[:before], *range(depth), *rest[before:]] if arrays and together else list(range(self.ndim))
        if not arrays:
            order = list(range(self.ndim + 1))
        elif many and batch.holds(x):  # in front: the examples, the arrays' axes, the others
            at_once = together and numbers[0] == 0
            order = [0, *[k + 1 for k in (range(self.ndim) if at_once else one)]]
        elif many:
            at = before if together else 0
            order = [at, *[k if k < at else k + 1 for k in range(self.ndim)]]
        elif together:
            order = list(range(self.ndim + 1))
        else:  # in front: the arrays' axes, then the examples
            order = [depth, *range(depth), *range(depth + 1, self.ndim + 1)]
        self.order = order

    def example_first(self, result: Any) -> Any:
        """What NumPy gives for the index, with the examples in front and the other axes as one example has them."""
        return result if self.order == sorted(self.order) else result.transpose(self.order)

    def as_numpy(self, batch: Batch, value: Any) -> Any:
        """A value to put there, with its axes as NumPy wants them."""
        if not hasattr(value, "shape"):
            return value
        if not batch.holds(value) and not value.ndim:
            return value
        while value.ndim > self.ndim:  # NumPy takes leading axes of size 1 for none
            value = value[0]
        array = batch.array(value, self.ndim)
        return array if self.order == sorted(self.order) else array.transpose(np.argsort(self.order))


def _parts(index: Any, ndim: int) -> list[Any]:
    """An index as one part for each axis, its masks as indices."""
    parts: list[Any] = []
    for part in index if type(index) is tuple else (index,):
        if isinstance(part, list):
            part = np.asarray(part) if part else np.empty(0, int)
        if hasattr(part, "dtype") and part.dtype.kind == "b":
            if type(part) is Batched or not part.ndim:
                raise _Unlike
            parts += part.nonzero()
        elif isinstance(part, bool | np.bool):
            raise _Unlike
        else:
            parts.append(part)
    if any(type(part) is slice and innermost(part) is not None for part in parts):
        raise _Unlike
    used = sum(1 for part in parts if part is not None and part is not Ellipsis)
    if used > ndim:
        raise IndexError(f"too many indices for array: array is {ndim}-dimensional, but {used} were indexed")
    if not any(part is Ellipsis for part in parts):
        parts.append(Ellipsis)
    at = next(k for k, part in enumerate(parts) if part is Ellipsis)
    return [*parts[:at], *[slice(None)] * (ndim - used), *parts[at + 1 :]]


class _Unlike(Exception):
    """Raised for an index whose result may have another shape for each example."""


def _is_array(part: Any) -> bool:
    return isinstance(part, np.ndarray) and part.dtype.kind in "iu"  # as which what stands for an array counts


def _is_number(part: Any) -> bool:
    return isinstance(part, int | np.integer) and not _is_array(part)


@form(operator.getitem, get.primitive.function)  # type: ignore[attr-defined]
def getitem(batch: Batch, x: Any, index: Any) -> Any:
    """x[index]"""
    parts = index if type(index) is tuple else (index,)
    if batch.holds(x) and _is_basic(index):
        found = x.array[(slice(None), *parts)]
    else:
        try:
            place = Place(batch, x, index)
        except _Unlike:
            return NotImplemented
        array = x.array if batch.holds(x) else x
        found = place.example_first(across(operator.getitem, array, place.index))
    element = found.ndim == 1 and not any(part is Ellipsis for part in parts)  # which is no view, as NumPy's numbers
    return Batched(batch, found.copy() if element else found)


def _is_basic(index: Any) -> bool:
    for part in index if type(index) is tuple else (index,):
        kind = type(part)
        if kind is slice and innermost(part) is not None:
            return False
        if kind is not int and kind is not slice and part is not None and part is not Ellipsis:
            return False
    return True


@form(operator.setitem)
def _setitem(batch: Batch, x: Any, index: Any, value: Any) -> Any:
    refuse(batch, x)
    if _is_basic(index) and (not hasattr(value, "shape") or value.ndim == 0):
        full = (slice(None), *index) if type(index) is tuple else (slice(None), index)
        if batch.holds(value):
            there = x.array[full]
            across(operator.setitem, there, ..., batch.array(value, there.ndim - 1))
        else:
            across(operator.setitem, x.array, full, value)
        return None
    try:
        place = Place(batch, x, index)
    except _Unlike:
        masks = hasattr(index, "dtype") and index.shape == x.shape
        if masks and not np.ndim(value):
            value = batch.array(value, x.ndim) if batch.holds(value) else value
            np.copyto(x.array, value, "unsafe", batch.array(index))
            return None
        return NotImplemented
    across(operator.setitem, x.array, place.index, place.as_numpy(batch, value))
    return None


def _at(ufunc: Any, batch: Batch, x: Any, index: Any, *values: Any) -> Any:
    refuse(batch, x)
    try:
        place = Place(batch, x, index)
    except _Unlike:
        return NotImplemented
    ufunc.at(x.array, place.index, *[place.as_numpy(batch, value) for value in values])
    return None


OF_UFUNCS["at"] = _at


@form(scatter_add.primitive.function)  # type: ignore[attr-defined]
def _scatter_add(batch: Batch, g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    total = Batched(batch, np.zeros_like(g.array if batch.holds(g) else g, shape=(batch.size, *shape)))
    return NotImplemented if _at(np.add, batch, total, index, g) is NotImplemented else total


@form(np.take, np.ndarray.take)
def _take(batch: Batch, a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Any:
    if out is not None:
        return NotImplemented
    if batch.holds(a) and not batch.holds(indices):
        array = a.array if axis is not None else a.array.reshape(batch.size, a.size)
        axis = 1 if axis is None else behind(axis, a.ndim)
        return Batched(batch, across(np.take, array, indices, axis, None, mode))
    if mode != "raise":
        return NotImplemented
    a, k = (a.reshape(-1), 0) if axis is None else (a, behind(axis, a.ndim) - 1)
    return getitem(batch, a, (*(slice(None),) * k, indices))


@form(take.primitive.function)  # type: ignore[attr-defined]
def _taken(batch: Batch, a: Any, indices: Any, axis: Any = None, mode: str = "raise") -> Any:
    return _take(batch, a, indices, axis, None, mode)


@form(np.take_along_axis, take_along_axis.primitive.function)  # type: ignore[attr-defined]
def _take_along_axis(batch: Batch, arr: Any, indices: Any, axis: Any = -1) -> Any:
    if axis is None:
        return NotImplemented
    return Batched(batch, np.take_along_axis(batch.array(arr), batch.array(indices), behind(axis, np.ndim(arr))))


@form(np.put_along_axis)
def _put_along_axis(batch: Batch, arr: Any, indices: Any, values: Any, axis: Any) -> Any:
    refuse(batch, arr)
    if axis is None:
        return NotImplemented
    values = batch.array(values, arr.ndim) if hasattr(values, "shape") else values
    np.put_along_axis(arr.array, batch.array(indices), values, behind(axis, arr.ndim))
    return None


@form(np.searchsorted)
def _searchsorted(batch: Batch, a: Any, v: Any, side: Any = "left", sorter: Any = None) -> Any:
    if batch.holds(a) or batch.holds(sorter) or sorter is not None:
        return NotImplemented
    return Batched(batch, np.searchsorted(a, v.array, side))
