"""Where the elements of arrays lie in memory: as addresses, and one array as a view of another."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np


class Extent(NamedTuple):
    """Where an array lies in memory: the addresses of its first element, of the lowest and of the highest."""

    first: int
    low: int
    high: int


def lies(content: Any) -> Any:
    """The array by which it is told where elements lie: of what stands for one of each example, that of the first."""
    while type(content) is not np.ndarray and hasattr(content, "batch"):
        content = content.array[0, ...]
    return content


def extent(array: Any) -> Extent:
    """Where an array lies in memory."""
    first: int = array.__array_interface__["data"][0]
    low = high = first
    for length, stride in zip(array.shape, array.strides, strict=True):
        if stride > 0:
            high += (length - 1) * stride
        else:
            low += (length - 1) * stride
    return Extent(first, low, high)


def places(array: Any) -> Any:
    """The address of each element."""
    found = np.asarray(extent(array).first)
    for length, stride in zip(array.shape, array.strides, strict=True):
        found = np.asarray(found[..., None] + np.arange(length) * stride)
    return found


def assigned(array: Any, index: Any) -> Any:
    """The view that a basic index names, of no axes too, for which NumPy gives a number."""
    keys = index if type(index) is tuple else (index,)
    return array[keys if any(key is ... for key in keys) else (*keys, ...)]


def overlaps_itself(array: Any) -> bool:
    """Whether two elements lie in one place."""
    axes = sorted([(abs(s), n) for n, s in zip(array.shape, array.strides, strict=True) if n > 1])
    reach = array.itemsize
    for stride, length in axes:
        if stride < reach:  # as a rule, then: axes may also interlock
            return bool(np.unique(places(array)).size < array.size)
        reach += stride * (length - 1)
    return False


def within(small: Any, start: int, large: Any, room: Extent) -> tuple[tuple[Any, ...], list[int]] | None:
    """The basic index with which an array is a view of another; None where there is none, or none that is found.

    The index leaves of the large array, which lies in `room`, the axes of more than one element of the small one, which
    begins at `start`, in the order that comes with it. Both have elements.
    """
    axes = sorted([(-abs(s), k) for k, (n, s) in enumerate(zip(large.shape, large.strides, strict=True)) if n > 1])
    if not room.low <= start <= room.high:
        return None
    offset = start - room.low
    index: list[Any] = [0] * large.ndim
    for stride, k in axes:
        if not stride:
            return None
        steps, offset = divmod(offset, -stride)
        index[k] = steps if large.strides[k] > 0 else large.shape[k] - 1 - steps
        if not 0 <= index[k] < large.shape[k]:
            return None
    if offset:
        return None
    taken: dict[int, int] = {}
    for j, (length, stride) in enumerate(zip(small.shape, small.strides, strict=True)):
        if length == 1:
            continue
        k = next((k for minus, k in axes if -minus <= abs(stride)), -1)
        if k < 0:
            return None
        step, rest = divmod(stride, large.strides[k])
        last = index[k] + step * (length - 1) if k not in taken else -1
        if rest or not 0 <= last < large.shape[k]:
            return None
        taken[k] = j
        end = last + (1 if step > 0 else -1)
        index[k] = slice(index[k], end if end >= 0 else None, step)
    return tuple(index), [taken[k] for k in sorted(taken)]


def near(array: Any, first: int, last: int) -> tuple[slice, ...]:
    """A part of the array, along the axis with the longest stride, that has all its elements between two addresses."""
    strides = [abs(stride) if length > 1 else 0 for length, stride in zip(array.shape, array.strides, strict=True)]
    if not any(strides):
        return ()
    axis = strides.index(max(strides))
    stride = array.strides[axis]
    _, low, high = extent(array[(slice(None),) * axis + (slice(0, 1),)])
    ends = sorted([(first - high) / stride, (last - low) / stride])
    begin, end = max(0, math.ceil(ends[0])), min(array.shape[axis], math.floor(ends[1]) + 1)
    return (*[slice(None)] * axis, slice(begin, max(begin, end)))
