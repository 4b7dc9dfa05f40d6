"""Sums over axes, and sums of products: the way that is quickest for how the array lies in memory.

NumPy's own reduction is exact and general, but for large arrays of floats a product with ones is two to five times
faster, because BLAS reads every number once and in order. A sum of products needs no array of the products.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .declare import primitive
from .lines import MANY
from .primitive import Function
from .rows import by_rows

_add_reduce: Any = np.add.reduce
_maximum_reduce: Any = np.maximum.reduce
LARGE = 4096  # elements: below, NumPy's reduction takes less time than to choose
Ints = tuple[int, ...]
_SHORT = 32  # elements: so few are multiplied and added up sooner than they are handed to BLAS row by row
_LONG = 4096  # elements: the most that BLAS adds up without a partial sum, so that single precision keeps its digits


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """An axis, several, or None for all, as a tuple of those counted from the front.

    Raises AxisError for an axis that there is not, ValueError for one that comes twice.
    """
    if axis is None:
        return tuple(range(ndim))
    if axis.__class__ is int and -ndim <= axis < ndim:
        return (axis % ndim,)
    return _counted(tuple(axis) if isinstance(axis, tuple | list) else (axis,), ndim)


@functools.lru_cache(maxsize=1024)
def _counted(axes: tuple[int, ...], ndim: int) -> tuple[int, ...]:
    for a in axes:
        if not -ndim <= a < ndim and not (ndim == 0 and -1 <= a <= 0):
            raise np.exceptions.AxisError(a, ndim)
    made = tuple([a % ndim for a in axes]) if ndim else ()  # of one number, axis 0 or -1 is none, as in NumPy's sums
    if len(made) > 1 and len(set(made)) < len(made):
        raise ValueError(f"expected each axis once, got {axes}")
    return made


_ONES = {char: np.ones(LARGE, char) for char in "fd"}


def ones(n: int, char: str) -> Any:
    """A vector of up to LARGE ones, of single ("f") or double precision ("d"); not to be written to."""
    return _ONES[char][:n]


def is_ones(array: Any) -> bool:
    """Whether an array owns the memory of such ones."""
    return any(array is own for own in _ONES.values())


def added(made: Any, b: Any) -> Any:
    """made + b, for an array that nobody else has yet: in its own memory, if b does not change its dtype."""
    if made.dtype is getattr(b, "dtype", None) or made.dtype == np.result_type(made, b):
        if made.size < MANY:  # known without a call, in steps of small networks
            made += b
            return made
        with by_rows(made, b.shape):
            made += b
        return made
    return made + b


def is_large(x: Any) -> bool:
    """Whether it is worth to choose how to sum: an array of NumPy's, of many floats."""
    return x.__class__ is np.ndarray and x.size >= LARGE and x.dtype.char in "fd"


@functools.lru_cache(maxsize=1024)  # to work it out takes as long as a large array is summed
def _grouped(shape: Ints, strides: Ints, axes: Ints) -> tuple[Ints, Ints, tuple[bool, ...]]:
    """How to see an array: its axes in the order of memory, neighbours that stay or go together as one.

    The permutation, the shape then, and which of its axes are summed over.
    """
    order = sorted(range(len(shape)), key=strides.__getitem__, reverse=True)
    groups: list[int] = []
    summed: list[bool] = []
    for i in order:
        gone = i in axes
        if summed and summed[-1] is gone:
            groups[-1] *= shape[i]
        else:
            groups.append(shape[i])
            summed.append(gone)
    return tuple(order), tuple(groups), tuple(summed)


def _back(total: Any, order: Ints, shape: Ints, axes: Ints) -> Any:
    """What is left, in memory's order, with the axes where they were, and of size 1 where they were summed."""
    kept, back = _places(order, shape, axes)
    total = total.reshape(kept)
    return total if back is None else total.transpose(back)


@functools.lru_cache(maxsize=1024)
def _places(order: Ints, shape: Ints, axes: Ints) -> tuple[Ints, Ints | None]:
    """The shape in memory's order with size 1 where it was summed; and the way back, if it is another order."""
    kept = tuple([1 if i in axes else shape[i] for i in order])
    back = [0] * len(order)
    for k, i in enumerate(order):
        back[i] = k
    return kept, None if order == tuple(range(len(order))) else tuple(back)


def largest(x: Any, axes: tuple[int, ...]) -> Any:
    """The maximum over axes, which stay with size 1."""
    return _maximum_reduce(x, axes, None, None, True) if x.__class__ is np.ndarray else x.max(axes, keepdims=True)


def total(x: Any, axes: tuple[int, ...]) -> Any:
    """The sum over axes counted from the front, which stay with size 1."""
    if not is_large(x):
        return _add_reduce(x, axes, None, None, True) if x.__class__ is np.ndarray else x.sum(axes, keepdims=True)
    order, shape, summed = _grouped(x.shape, x.strides, axes)
    if len(shape) == 1 and not summed[0]:
        return x
    n = shape[-1]
    if 0 in x.strides or (n > _LONG if summed[-1] else len(shape) > 3 or (len(shape) == 2 and shape[0] < 8)):
        return _add_reduce(x, axes, None, None, True)
    flat = x.transpose(order).reshape(shape)
    if summed[-1]:
        part = flat.reshape(-1, n) @ np.ones(n, x.dtype)
        if len(shape) > 2:
            part = _add_reduce(part.reshape(shape[:-1]), tuple([k for k, gone in enumerate(summed[:-1]) if gone]))
    else:
        part = np.ones(shape[-2], x.dtype) @ flat
    return _back(part, order, x.shape, axes)


def _total_of_product(a: Any, b: Any, axes: tuple[int, ...]) -> Any:
    """The sum of a * b over axes counted from the front, which stay with size 1; a and b have one shape."""
    if not (
        a.__class__ is b.__class__ is np.ndarray and a.shape == b.shape and a.dtype is b.dtype and b.dtype.char in "fd"
    ):
        return (a * b).sum(axes, keepdims=True)
    if axes == (b.ndim - 1,) and b.shape[-1] <= 16 * _LONG:
        if b.size >= LARGE and b.shape[-1] <= _SHORT:
            return total(a * b, axes)
        return np.vecdot(a, b)[..., None]
    if b.size < LARGE:
        return (a * b).sum(axes, keepdims=True)
    order, shape, summed = _grouped(b.shape, b.strides, axes)
    if len(shape) == 1 and not summed[0]:
        return a * b
    if summed[-1] and shape[-1] > 16 * _LONG:
        return _add_reduce(a * b, axes, None, None, True)
    a, c = a.transpose(order).reshape(shape), b.transpose(order).reshape(shape)
    if summed[-1]:
        part = np.vecdot(a, c)
        if len(shape) > 2:
            part = _add_reduce(part, tuple([k for k, gone in enumerate(summed[:-1]) if gone]))
    else:
        letters = "abcdefghijklmnopqrstuvwxyz"[: len(shape)]
        kept = "".join([letter for letter, gone in zip(letters, summed, strict=True) if not gone])
        part = np.einsum(f"{letters},{letters}->{kept}", a, c)
    return _back(part, order, b.shape, axes)


total_of_product: Function = primitive(
    _total_of_product, name="total_of_product", single=True, a=lambda g, b: g * b, b=lambda g, a: g * a
)


def summed_axes(shape: tuple[int, ...], to: tuple[int, ...]) -> tuple[int, ...]:
    """Over which axes of `shape` an array is summed to become one that broadcasts to it."""
    extra = len(shape) - len(to)
    axes = tuple(range(extra))
    if shape[extra:] == to:
        return axes
    return axes + tuple([i for i in range(extra, len(shape)) if to[i - extra] == 1 != shape[i]])


def product_to(a: Any, b: Any, shape: tuple[int, ...]) -> Any:
    """a * b, which have one shape, summed to a shape that broadcasts to it."""
    axes = summed_axes(b.shape, shape)
    return total_of_product(a, b, axes).reshape(shape) if axes else a * b
