"""Elements by an index along one axis: found, put, added or otherwise combined.

An index is an array of integers that has no gradient; an array without axes has one of length 1.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..engine.tensor import plain
from .scattering import scatter


@functools.lru_cache(maxsize=256)
def _grid(shape: tuple[int, ...]) -> tuple[Any, ...]:
    return tuple(np.ogrid[tuple([slice(n) for n in shape])])


def each_along(index: Any, axis: int) -> tuple[Any, ...]:
    """What NumPy is to be indexed with for an index along one axis that says it for every place of the others.

    >>> np.array([[1, 2], [3, 4]])[each_along(np.array([[1], [0]]), 1)].tolist()
    [[2], [3]]
    """
    grid = list(_grid(index.shape))
    grid[axis] = index
    return tuple(grid)


def slices_along(x: Any, index: Any, axis: int) -> tuple[Any, ...]:
    """What NumPy is to be indexed with for an index, a slice or a mask along one axis of x, and all of the others.

    >>> slices_along(np.zeros((2, 3)), 0, -1)
    (slice(None, None, None), 0)
    """
    return (*(slice(None),) * (axis % max(x.ndim, 1)), index)


def one_along(x: Any, places: Any, axis: int, keepdims: bool = False) -> tuple[Any, Any]:
    """The elements at one place each along an axis, and where they stand: as max and argmax are related.

    >>> x = np.array([[5.0, 2.0], [3.0, 4.0]])
    >>> one_along(x, x.argmax(1), 1)[0].tolist()
    [5.0, 4.0]
    """
    axis %= x.ndim
    if keepdims:
        places = np.expand_dims(places, axis)
        return x[each_along(places, axis)], places
    grid = _grid(places.shape)
    return x[(*grid[:axis], places, *grid[axis:])], places


def gather_along(x: Any, index: Any, axis: int) -> Any:
    """The elements of x at an index for each along an axis, of an index that may be shorter than x along the others.

    >>> gather_along(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1, 1]]), 0).tolist()
    [[3.0, 4.0]]
    """
    index = plain(index)
    if x.ndim and index.ndim and index.size:
        return x[each_along(index, axis)]
    return x.reshape(-1)[index.reshape(-1)].reshape(index.shape)


def scatter_along(
    x: Any, index: Any, values: Any, axis: int, reduce: str | None = None, include_self: bool = True
) -> Any:  # fmt: skip
    """A copy of x with values where gather_along finds elements of it, put or combined as in `scatter`.

    >>> scatter_along(np.zeros((2, 2)), np.array([[1, 0]]), np.array([[5.0, 6.0]]), 0).tolist()
    [[0.0, 6.0], [5.0, 0.0]]
    """
    index = np.atleast_1d(plain(index))
    if np.ndim(values):
        values = values[tuple([slice(n) for n in index.shape])]
    return _of_axes(x, lambda x: scatter(x, each_along(index, axis), values, reduce, include_self))


def scatter_slices(
    x: Any, index: Any, values: Any, axis: int, reduce: str | None = None, include_self: bool = True
) -> Any:  # fmt: skip
    """A copy of x with the slices of values put at an index along an axis of x, or combined, as in `scatter`.

    >>> scatter_slices(np.zeros((2, 2)), np.array([1, 1]), np.ones((2, 2)), 0, "sum").tolist()
    [[0.0, 0.0], [2.0, 2.0]]
    """
    index = np.reshape(plain(index), -1)
    values = np.atleast_1d(values) if not x.ndim and hasattr(values, "dtype") else values

    def put(x: Any) -> Any:
        if reduce in (None, "sum", "mean"):
            return scatter(x, slices_along(x, index, axis), values, reduce, include_self)
        shape = [-1 if i == axis % x.ndim else 1 for i in range(x.ndim)]
        at = each_along(np.broadcast_to(np.reshape(index, shape), values.shape), axis)
        return scatter(x, at, values, reduce, include_self)

    return _of_axes(x, put)


def _of_axes(x: Any, put: Any) -> Any:
    return put(x) if x.ndim else put(np.reshape(x, (1,))).reshape(())


def scatter_mask(x: Any, mask: Any, values: Any) -> Any:
    """A copy of x, broadcast with the mask, with the first of the values, in their order, where the mask is true.

    >>> scatter_mask(np.zeros(3), np.array([True, False, True]), np.array([1.0, 2.0, 3.0])).tolist()
    [1.0, 0.0, 2.0]
    """
    shape = np.broadcast_shapes(x.shape, mask.shape)
    mask = np.broadcast_to(plain(mask), shape)
    return scatter(np.broadcast_to(x, shape), mask, values.reshape(-1)[: mask.sum()])


def scatter_diagonal(x: Any, values: Any, offset: int = 0, axis1: int = -2, axis2: int = -1) -> Any:
    """A copy of x with values on the diagonal of two axes, which is their last one.

    >>> scatter_diagonal(np.zeros((2, 2)), np.array([1.0, 2.0])).tolist()
    [[1.0, 0.0], [0.0, 2.0]]
    """
    at, made = np.arange(values.shape[-1]), np.moveaxis(x, (axis1, axis2), (-2, -1))
    made = scatter(made, (..., at + max(-offset, 0), at + max(offset, 0)), values)
    return np.moveaxis(made, (-2, -1), (axis1, axis2))


def diagonal_matrix(x: Any, offset: int = 0, axis1: int = -2, axis2: int = -1) -> Any:
    """Zeros with x on the diagonal of two new axes: np.diag of each vector along the last axis.

    >>> diagonal_matrix(np.array([[1.0, 2.0]])).tolist()
    [[[1.0, 0.0], [0.0, 2.0]]]
    """
    n = x.shape[-1] + abs(offset)
    zeros = np.zeros((*x.shape[:-1], n, n), x.dtype, like=x)
    return np.moveaxis(scatter_diagonal(zeros, x, offset), (-2, -1), (axis1, axis2))
