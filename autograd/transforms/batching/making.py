"""New arrays: like one of the batch, one for each example, so that they can be written to."""

from __future__ import annotations

from typing import Any

import numpy as np

from .batched import Batch, Batched, across, innermost, refuse
from .forms import form


def _shape(batch: Batch, shape: Any) -> tuple[int, ...]:
    return (batch.size, *((shape,) if isinstance(shape, int | np.integer) else shape))


_functions: Any = (np.zeros_like, np.ones_like, np.empty_like)
for _function in _functions:

    @form(_function)
    def _like(
        batch: Batch, a: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None,
        _function: Any = _function, device: Any = None,
    ) -> Any:  # fmt: skip
        shape = None if shape is None else _shape(batch, shape)
        return Batched(batch, _function(a.array, dtype, order, subok, shape))


@form(np.full_like)
def _full_like(
    batch: Batch, a: Any, fill_value: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None,
    device: Any = None,
) -> Any:  # fmt: skip
    shape = np.shape(a) if shape is None else _shape(batch, shape)[1:]
    if batch.holds(fill_value):
        fill_value = batch.array(fill_value, len(shape))
    like = a.array if batch.holds(a) else a
    return Batched(batch, across(np.full_like, like, fill_value, dtype, order, subok, (batch.size, *shape)))


_functions = (np.zeros, np.ones, np.empty)
for _function in _functions:

    @form(_function)
    def _made(
        batch: Batch, shape: Any, dtype: Any = float, order: Any = "C", _function: Any = _function, device: Any = None,
    ) -> Any:  # fmt: skip
        """What np.zeros(shape, like=x) asks for."""
        return Batched(batch, _function(_shape(batch, shape), dtype, order))


@form(np.full)
def _full(batch: Batch, shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C", device: Any = None) -> Any:
    shape = _shape(batch, shape)
    dtype = getattr(fill_value, "dtype", None) if dtype is None else dtype
    if batch.holds(fill_value):
        fill_value = batch.array(fill_value, len(shape) - 1)
    return Batched(batch, across(np.full, shape, fill_value, dtype))


@form(np.copy, np.ndarray.copy)
def _copy(batch: Batch, a: Any, order: str = "K", subok: bool = False) -> Any:
    return a.copy(order)


@form(np.asarray, np.asanyarray)
def _asarray(batch: Batch, a: Any, dtype: Any = None, *rest: Any, **options: Any) -> Any:
    if not batch.holds(a):
        return NotImplemented
    return a if dtype is None or a.dtype == dtype else a.astype(dtype)


@form(np.ascontiguousarray)
def _ascontiguousarray(batch: Batch, a: Any, dtype: Any = None, **options: Any) -> Any:
    return Batched(batch, np.ascontiguousarray(a.array, dtype, like=a.array))


@form(np.array)
def _array(batch: Batch, a: Any, dtype: Any = None, **options: Any) -> Any:
    if batch.holds(a):
        return a.copied(dtype)
    if isinstance(a, list | tuple) and innermost(a) is batch:
        made = np.stack([item if hasattr(item, "shape") else np.array(item, like=_first(a)) for item in a])
        return made if dtype is None else made.astype(dtype)
    return NotImplemented


def _first(items: Any) -> Any:
    for item in items:
        if type(item) is Batched:
            return item
        if isinstance(item, list | tuple) and (found := _first(item)) is not None:
            return found
    return None


@form(np.ndarray.fill)
def _fill(batch: Batch, a: Any, value: Any) -> None:
    refuse(batch, a)
    np.copyto(a.array, batch.array(value, a.ndim) if batch.holds(value) else value, "unsafe")


@form(np.diag)
def _diag(batch: Batch, v: Any, k: int = 0) -> Any:
    if v.ndim == 2:
        return Batched(batch, np.diagonal(v.array, k, 1, 2))
    if v.ndim != 1:
        return NotImplemented
    n = v.shape[0] + abs(k)
    made = np.zeros_like(v.array, shape=(batch.size, n, n))
    rows = np.arange(v.shape[0])
    made[:, rows + max(-k, 0), rows + max(k, 0)] = v.array
    return Batched(batch, made)
