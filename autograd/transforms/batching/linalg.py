"""Linear algebra: NumPy's functions take stacks of matrices, so the examples are one more axis of the stack."""

from __future__ import annotations

from typing import Any

import numpy as np

from .batched import Batch, Batched
from .elementwise import aligned
from .forms import form
from .methods import behind

_L: Any = np.linalg
for _function in (
    _L.inv, _L.det, _L.slogdet, _L.cholesky, _L.eig, _L.eigh, _L.eigvals, _L.eigvalsh, _L.svd, _L.svdvals, _L.qr,
    _L.matrix_power, _L.matrix_rank, _L.pinv, _L.cond,
):  # fmt: skip

    @form(_function)
    def _stacked(batch: Batch, a: Any, *args: Any, _function: Any = _function, **options: Any) -> Any:
        if not batch.holds(a) or a.ndim < 2 or any(map(batch.holds, (*args, *options.values()))):
            return NotImplemented
        return batch.wrap(_function(a.array, *args, **options))


@form(_L.solve)
def _solve(batch: Batch, a: Any, b: Any) -> Any:
    if b.ndim == 1:
        return _solve(batch, a, b[:, None])[..., 0]
    if a.ndim < 2:
        return NotImplemented
    n = max(a.ndim, b.ndim)
    a, b = (batch.array(x, n) if batch.holds(x) else x for x in (a, b))
    return Batched(batch, _L.solve(a, b))


@form(_L.norm)
def _norm(batch: Batch, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if axis is None:
        if ord is None:
            array = x.array.reshape(batch.size, x.size)
            made = _L.norm(array, axis=1)
            return Batched(batch, made.reshape((batch.size, *(1,) * x.ndim)) if keepdims else made)
        if x.ndim not in (1, 2):
            return NotImplemented
        axis = tuple(range(x.ndim)) if x.ndim == 2 else 0
    axes = tuple([behind(k, x.ndim) for k in axis]) if isinstance(axis, tuple) else behind(axis, x.ndim)
    return Batched(batch, _L.norm(x.array, ord, axes, keepdims))


def _along_axis(function: Any, default: int) -> None:
    @form(function)
    def transformed(batch: Batch, a: Any, n: Any = None, axis: int = default, norm: Any = None, out: Any = None) -> Any:
        return NotImplemented if out is not None else Batched(batch, function(a.array, n, behind(axis, a.ndim), norm))


def _along_axes(function: Any, default: Any) -> None:
    @form(function)
    def transformed(batch: Batch, a: Any, s: Any = None, axes: Any = default, norm: Any = None, out: Any = None) -> Any:
        if out is not None:
            return NotImplemented
        if axes is None:
            axes = range(a.ndim) if s is None else range(a.ndim - len(s), a.ndim)
        return Batched(batch, function(a.array, s, tuple([behind(k, a.ndim) for k in axes]), norm))


for _function in (np.fft.fft, np.fft.ifft, np.fft.rfft, np.fft.irfft, np.fft.hfft, np.fft.ihfft):
    _along_axis(_function, -1)
for _function, _default in (
    (np.fft.fft2, (-2, -1)), (np.fft.ifft2, (-2, -1)), (np.fft.rfft2, (-2, -1)), (np.fft.irfft2, (-2, -1)),
    (np.fft.fftn, None), (np.fft.ifftn, None), (np.fft.rfftn, None), (np.fft.irfftn, None),
):  # fmt: skip
    _along_axes(_function, _default)
_functions: Any = (np.fft.fftshift, np.fft.ifftshift)
for _function in _functions:

    @form(_function)
    def _shifted(batch: Batch, x: Any, axes: Any = None, _function: Any = _function) -> Any:
        axes = range(x.ndim) if axes is None else axes if isinstance(axes, tuple | list) else (axes,)
        return Batched(batch, _function(x.array, tuple([behind(k, x.ndim) for k in axes])))


@form(_L.cross)
def _cross(batch: Batch, x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return NotImplemented if axis != -1 else Batched(batch, _L.cross(*aligned(batch, x1, x2)))
