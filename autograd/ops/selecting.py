"""Elements by their rank along an axis, and where they stand: the greatest, the middle, the most frequent.

Where they stand is a plain array; the elements are taken from there, and so are their gradients.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.tensor import plain
from .indexing import take_along_axis


def ranking(x: Any, axis: int = -1, descending: bool = False) -> Any:
    """Where the elements stand, in their order along an axis; equal ones in the order that they have.

    >>> ranking(np.array([2, 3, 2, 1]), descending=True)
    array([1, 0, 2, 3])
    """
    array = plain(x)
    if not descending:
        return np.argsort(array, axis, kind="stable")
    return array.shape[axis] - 1 - np.flip(np.argsort(np.flip(array, axis), axis, kind="stable"), axis)


def topk(x: Any, k: int, axis: int = -1, largest: bool = True) -> tuple[Any, Any]:
    """The k greatest elements along an axis, or the k least, in order, and where they stand: two of shape (…, k, …).

    >>> values, places = topk(np.array([5.0, 1.0, 7.0]), 2)
    >>> values.tolist(), places.tolist()
    ([7.0, 5.0], [2, 0])
    """
    axis %= x.ndim
    if not 0 <= k <= x.shape[axis]:
        raise ValueError(f"topk: expected a k from 0 to {x.shape[axis]}, as long as the axis is, got {k}")
    places = ranking(x, axis, largest)[(slice(None),) * axis + (slice(k),)]
    return take_along_axis(x, places, axis), places


def middle(x: Any, axis: int = -1, skip: bool = False) -> Any:
    """Where the lower of the two middle elements along an axis stands; with a NaN that one, but for `skip`.

    >>> middle(np.array([4.0, 1.0, 3.0, 2.0]))
    array(3)
    """
    array = plain(x)
    count = (array == array).sum(axis)  # of what is no NaN: they come last
    at = np.maximum(count - 1, 0) // 2
    at = np.expand_dims(at if skip else np.where(count < array.shape[axis], count, at), axis)
    return np.take_along_axis(ranking(array, axis), at, axis).squeeze(axis)


def most_frequent(x: Any, axis: int = -1) -> Any:
    """Where the element that comes up most often along an axis stands last; of several the least.

    >>> most_frequent(np.array([4, 1, 3, 1]))
    np.int64(3)
    """
    array = np.moveaxis(plain(x), axis, -1)
    counts = (array[..., None] == array[..., None, :]).sum(-1)
    greatest = np.fmax.reduce(array, axis=None)  # a NaN is equal to nothing, itself included, and is none
    value = np.where(counts == counts.max(-1, keepdims=True), array, greatest).min(-1, keepdims=True)
    return array.shape[-1] - 1 - np.argmax((array == value)[..., ::-1], -1)


def greatest_so_far(x: Any, axis: int = -1, least: bool = False) -> Any:
    """Where the greatest element, or the least, stands among those up to each along an axis; of equal ones the last.

    >>> greatest_so_far(np.array([2.0, 1.0, 3.0, 3.0]))
    array([0, 0, 2, 3])
    """
    array, better = np.moveaxis(plain(x), axis, 0), np.less_equal if least else np.greater_equal
    places = np.zeros(array.shape, np.int64)
    for i in range(1, len(array)):
        best = np.take_along_axis(array, places[i - 1 : i], 0)[0]
        places[i] = np.where(better(array[i], best) | np.isnan(array[i]), i, places[i - 1])
    return np.moveaxis(places, 0, axis)


def runs(x: Any, axis: int | None = None) -> tuple[Any, Any, Any]:
    """What comes several times in a row, once each; for each element in which run it is; and how long the runs are.

    >>> [part.tolist() for part in runs(np.array([1, 1, 2, 1]))]
    [[1, 2, 1], [0, 0, 1, 2], [2, 1, 1]]
    """
    array = plain(x)
    rows = np.ravel(array) if axis is None else np.moveaxis(array, axis, 0)
    new = np.ones(len(rows), bool)
    new[1:] = (rows[1:] != rows[:-1]).any(tuple(range(1, rows.ndim)))
    inside = (np.cumsum(new) - 1).reshape(array.shape if axis is None else (len(rows),))
    unique = rows[new] if axis is None else np.moveaxis(rows[new], 0, axis)
    return unique, inside, np.diff(np.append(np.nonzero(new)[0], len(rows)))


def ranks_among(rows: Any, x: Any, side: Any = "left") -> Any:
    """np.searchsorted of each row of x in the sorted row of the same place, along the last axis.

    >>> ranks_among(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.5], [5.0]])).tolist()
    [[1], [2]]
    """
    rows, x = plain(rows), plain(x)
    found = np.empty(x.shape, np.int64)
    for at in np.ndindex(rows.shape[:-1]):
        found[at] = np.searchsorted(rows[at], x[at], side)
    return found
