"""Shapes: the axis of the examples stays in front."""

from __future__ import annotations

from typing import Any

import numpy as np

from .batched import Batch, Batched, across
from .forms import form
from .methods import behind


@form(np.reshape)
def _reshape(batch: Batch, a: Any, shape: Any = None, order: Any = "C", copy: Any = None, newshape: Any = None) -> Any:
    shape = shape if newshape is None else newshape
    return NotImplemented if order != "C" or copy is not None else a.reshape(shape)


@form(np.ravel, np.ndarray.ravel)
def _ravel(batch: Batch, a: Any, order: str = "C") -> Any:
    return NotImplemented if order != "C" else a.reshape(-1)


@form(np.ndarray.flatten)
def _flatten(batch: Batch, a: Any, order: str = "C") -> Any:
    return NotImplemented if order != "C" else a.copy().reshape(-1)


form(np.transpose, np.ndarray.transpose)(lambda batch, a, axes=None: a.transpose(axes))
form(np.swapaxes, np.ndarray.swapaxes)(lambda batch, a, axis1, axis2: a.swapaxes(axis1, axis2))
form(np.matrix_transpose)(lambda batch, a: a.swapaxes(-1, -2))


def _axes(axis: Any, ndim: int) -> Any:
    return tuple([behind(k, ndim) for k in axis]) if np.iterable(axis) else behind(axis, ndim)


@form(np.moveaxis)
def _moveaxis(batch: Batch, a: Any, source: Any, destination: Any) -> Any:
    return Batched(batch, np.moveaxis(a.array, _axes(source, a.ndim), _axes(destination, a.ndim)))


@form(np.rollaxis)
def _rollaxis(batch: Batch, a: Any, axis: int, start: int = 0) -> Any:
    start = start + a.ndim if start < 0 else start
    return Batched(batch, np.rollaxis(a.array, behind(axis, a.ndim), start + 1))


@form(np.expand_dims)
def _expand_dims(batch: Batch, a: Any, axis: Any) -> Any:
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    n = a.ndim + len(axes)
    return Batched(batch, np.expand_dims(a.array, tuple([behind(k, n) for k in axes])))


@form(np.squeeze, np.ndarray.squeeze)
def _squeeze(batch: Batch, a: Any, axis: Any = None) -> Any:
    axes = tuple([k for k, n in enumerate(a.shape) if n == 1]) if axis is None else axis
    axes = axes if isinstance(axes, tuple | list) else (axes,)
    return Batched(batch, np.squeeze(a.array, tuple([behind(k, a.ndim) for k in axes])))


@form(np.broadcast_to)
def _broadcast_to(batch: Batch, array: Any, shape: Any, subok: bool = False) -> Any:
    shape = (int(shape),) if isinstance(shape, int | np.integer) else tuple(shape)
    return Batched(batch, np.broadcast_to(batch.array(array, len(shape)), (batch.size, *shape)))


@form(np.broadcast_arrays)
def _broadcast_arrays(batch: Batch, *arrays: Any, subok: bool = False) -> Any:
    shape = np.broadcast_shapes(*[np.shape(a) for a in arrays])
    return tuple([np.broadcast_to(a, shape) for a in arrays])


@form(np.concatenate)
def _concatenate(batch: Batch, arrays: Any, axis: Any = 0, out: Any = None, **options: Any) -> Any:
    if axis is None or (out is not None and not batch.holds(out)):
        return NotImplemented
    given = [batch.array(a) for a in arrays]
    out = None if out is None else out.array
    return Batched(batch, np.concatenate(given, behind(axis, given[0].ndim - 1), out, **options))


@form(np.stack)
def _stack(batch: Batch, arrays: Any, axis: int = 0, out: Any = None, **options: Any) -> Any:
    if out is not None:
        return NotImplemented
    given = [batch.array(a) for a in arrays]
    return Batched(batch, np.stack(given, behind(axis, given[0].ndim), **options))


@form(np.flip)
def _flip(batch: Batch, m: Any, axis: Any = None) -> Any:
    axes = tuple(range(m.ndim)) if axis is None else axis
    return Batched(batch, np.flip(m.array, _axes(axes, m.ndim)))


@form(np.roll)
def _roll(batch: Batch, a: Any, shift: Any, axis: Any = None) -> Any:
    if not batch.holds(a) or batch.holds(shift):
        return NotImplemented
    if axis is None:
        rows = a.array.reshape(batch.size, a.size)
        return Batched(batch, across(np.roll, rows, shift, 1).reshape((batch.size, *a.shape)))
    return Batched(batch, across(np.roll, a.array, shift, _axes(axis, a.ndim)))


@form(np.rot90)
def _rot90(batch: Batch, m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    return Batched(batch, np.rot90(m.array, k, _axes(axes, m.ndim)))


@form(np.repeat, np.ndarray.repeat)
def _repeat(batch: Batch, a: Any, repeats: Any, axis: Any = None) -> Any:
    if not batch.holds(a) or batch.holds(repeats):
        return NotImplemented
    array = a.array.reshape(batch.size, a.size) if axis is None else a.array
    return Batched(batch, across(np.repeat, array, repeats, 1 if axis is None else behind(axis, a.ndim)))


@form(np.tile)
def _tile(batch: Batch, A: Any, reps: Any) -> Any:
    if not batch.holds(A):
        return NotImplemented
    reps = tuple(reps) if np.ndim(reps) else (int(reps),)
    n = max(A.ndim, len(reps))
    return Batched(batch, np.tile(batch.array(A, n), (1, *(1,) * (n - len(reps)), *reps)))


@form(np.pad)
def _pad(batch: Batch, array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    if callable(mode) or any(map(batch.holds, options.values())) or not batch.holds(array):
        return NotImplemented
    widths = np.broadcast_to(np.asarray(pad_width), (array.ndim, 2)).tolist()
    for name in ("constant_values", "end_values"):
        if np.ndim(options.get(name, 0)):
            values = np.broadcast_to(np.asarray(options[name]), (array.ndim, 2)).tolist()
            options[name] = [(0, 0), *values]
    return Batched(batch, np.pad(array.array, [(0, 0), *widths], mode, **options))


@form(np.diagonal, np.ndarray.diagonal)
def _diagonal(batch: Batch, a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return Batched(batch, np.diagonal(a.array, offset, behind(axis1, a.ndim), behind(axis2, a.ndim)))


@form(np.trace, np.ndarray.trace)
def _trace(batch: Batch, a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, *rest: Any, **options: Any) -> Any:
    if rest or options:
        return NotImplemented
    return Batched(batch, np.trace(a.array, offset, behind(axis1, a.ndim), behind(axis2, a.ndim)))


_functions: Any = (np.tril, np.triu)
for _function in _functions:

    @form(_function)
    def _triangle(batch: Batch, m: Any, k: int = 0, _function: Any = _function) -> Any:
        return Batched(batch, _function(m.array, k)) if m.ndim > 1 else NotImplemented


@form(np.lib.stride_tricks.sliding_window_view)
def _windows(batch: Batch, x: Any, window_shape: Any, axis: Any = None, **options: Any) -> Any:
    shape = tuple(window_shape) if np.iterable(window_shape) else (window_shape,)
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple | list) else (axis,)
    axes = tuple([behind(k, x.ndim) for k in axes])
    return Batched(batch, np.lib.stride_tricks.sliding_window_view(x.array, shape, axes, **options))


_functions = (np.atleast_1d, np.atleast_2d, np.atleast_3d)
for _function in _functions:

    @form(_function)
    def _atleast(batch: Batch, *arrays: Any, _function: Any = _function) -> Any:
        made = [a.reshape(_function(np.empty(np.shape(a))).shape) if hasattr(a, "shape") else a for a in arrays]
        return made[0] if len(made) == 1 else tuple(made)


_functions = (
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.common_type, np.min_scalar_type, np.iscomplexobj,
    np.isrealobj, np.broadcast_shapes, np.may_share_memory, np.shares_memory,
)  # fmt: skip
for _function in _functions:

    @form(_function)
    def _static(batch: Batch, *args: Any, _function: Any = _function, **options: Any) -> Any:
        """What asks for shapes and dtypes alone."""
        return _function(*[_likeness(batch, item) for item in args], **options)


def _likeness(batch: Batch, item: Any) -> Any:
    """An array of one example's shape and dtype, all in one place."""
    if not batch.holds(item):
        return item
    return np.broadcast_to(np.empty((), item.dtype), item.shape)
