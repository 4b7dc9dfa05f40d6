"""Products: batched ones, or one product of all rows where the other operand is the same for each example."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .batched import Batch, Batched
from .forms import form


@form(np.matmul)
def matmul(batch: Batch, x: Any, y: Any, /, out: Any = None, **options: Any) -> Any:
    """Of matrices and vectors, and stacks of them that broadcast."""
    if options:
        return NotImplemented
    if out is not None:
        (out,) = out if type(out) is tuple else (out,)
        if not batch.holds(out):
            return NotImplemented
        np.copyto(out.array, matmul(batch, x, y).array)
        return out
    n, m = x.ndim, y.ndim
    if not n or not m:
        return np.matmul(np.empty(x.shape), np.empty(y.shape))  # which raises what it raises of numbers
    if not batch.holds(y):
        if m == 1:
            return Batched(batch, x.array @ y)
        if m == 2:
            return Batched(batch, _rows(x.array, y))
    if n == 1 and batch.holds(x):
        if m == 1:
            return Batched(batch, (x.array[:, None, :] @ y.array[:, :, None])[:, 0, 0])
        return Batched(batch, (batch.array(x, m - 1)[..., None, :] @ batch.array(y, m))[..., 0, :])
    if not batch.holds(x):
        if n == 1 and m == 1:
            return Batched(batch, y.array @ x)
        if n == 1:
            return Batched(batch, x @ y.array)
        if m == 1:
            return Batched(batch, _rows(y.array, x.T) if n == 2 else (x @ batch.array(y, n - 1)[..., None])[..., 0])
        if n == m == 2 and y.shape[1] == 1:  # a column for each example: all of them as rows
            return Batched(batch, (y.array[..., 0] @ x.T)[..., None])
        return Batched(batch, x @ batch.array(y, n))
    if m == 1:
        return Batched(batch, (x.array @ batch.array(y, n - 1)[..., None])[..., 0])
    k = max(n, m)
    x, y = batch.array(x, k) if batch.holds(x) else x, batch.array(y, k) if batch.holds(y) else y
    if x.shape[-1] == 1 and y.shape[-2] == 1 and x.dtype == y.dtype:  # columns times rows, in a quarter of the time
        return Batched(batch, x * y)
    return Batched(batch, x @ y)


def _rows(x: Any, y: Any) -> Any:
    """All rows of a stack times one matrix."""
    if x.ndim == 2:
        return x @ y
    return (x.reshape(math.prod(x.shape[:-1]), x.shape[-1]) @ y).reshape((*x.shape[:-1], y.shape[-1]))


@form(np.convolve)
def _convolve(batch: Batch, a: Any, v: Any, mode: str = "full") -> Any:
    """Products with all windows of the longer one."""
    if mode != "full" or a.ndim != 1 or v.ndim != 1 or not (a.shape[0] and v.shape[0]):
        return NotImplemented
    a, v = (v, a) if a.shape[0] < v.shape[0] else (a, v)
    more = v.shape[0] - 1
    array = batch.array(a) if batch.holds(a) else a[None]
    padded = np.pad(array, [(0, 0), (more, more)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, more + 1, 1)
    if not batch.holds(v):
        return Batched(batch, windows @ v[::-1])
    return Batched(batch, (windows @ v.array[:, ::-1, None])[..., 0])


@form(np.dot, np.ndarray.dot)
def _dot(batch: Batch, a: Any, b: Any, out: Any = None) -> Any:
    a, b = (x if hasattr(x, "ndim") else np.asarray(x) for x in (a, b))
    if out is not None:
        return NotImplemented
    if not a.ndim or not b.ndim:
        return a * b
    return matmul(batch, a, b) if b.ndim <= 2 else np.tensordot(a, b, ((a.ndim - 1,), (b.ndim - 2,)))
