"""Fourier transforms. The matrix of a transform is symmetric, so each is its own adjoint, without conjugation.

The rules see g = dL/dRe - i dL/dIm, for which the VJP is the transposed matrix. A real signal has half of the
frequencies only: all but the first, and the last of an even number, stand for two.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.declare import composite, linear
from ..engine.primitive import Function
from ..engine.tensor import alike
from .joining import _slices

_TURNED = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}


def _turned(norm: Any) -> str:
    """The norm that scales as the transform in the other direction."""
    if norm not in _TURNED:
        raise ValueError(f"fft: expected norm 'backward', 'ortho' or 'forward', got {norm!r}")
    return _TURNED[norm]


# ---- the transforms of whole axes -----------------------------------------------------------------------------------


def _fftn(a: Any, axes: tuple[int, ...], norm: Any) -> Any:
    return np.fft.fftn(a, None, axes, norm) if len(axes) != 1 else np.fft.fft(a, None, axes[0], norm)


def _ifftn(a: Any, axes: tuple[int, ...], norm: Any) -> Any:
    return np.fft.ifftn(a, None, axes, norm) if len(axes) != 1 else np.fft.ifft(a, None, axes[0], norm)


def _rfft(a: Any, axis: int, norm: Any) -> Any:
    return np.fft.rfft(a, None, axis, norm)


def _irfft(a: Any, n: int, axis: int, norm: Any) -> Any:
    return np.fft.irfft(a, n, axis, norm)


def _twice(x: Any, n: int, axis: int, factor: float) -> Any:
    """The frequencies that stand for two of n, times a factor."""
    weights = np.full(x.shape[axis], factor, x.real.dtype)
    weights[0] = 1
    if n % 2 == 0:
        weights[-1] = 1
    return x * alike(weights.reshape((-1,) + (1,) * (x.ndim - 1 - axis % x.ndim)), x)


def _rfft_a(g: Any, a_shape: Any, axis: int, norm: Any) -> Any:
    n = a_shape[axis]
    return _irfft_whole(_twice(g.conj(), n, axis, 0.5), n, axis, _turned(norm))


def _irfft_a(g: Any, n: int, axis: int, norm: Any) -> Any:
    return _twice(_rfft_whole(g, axis, _turned(norm)).conj(), n, axis, 2)


_fft_whole: Function = linear(_fftn, name="fft", a=lambda g, axes, norm: _fft_whole(g, axes, norm))
_ifft_whole: Function = linear(_ifftn, name="ifft", a=lambda g, axes, norm: _ifft_whole(g, axes, norm))
_rfft_whole: Function = linear(_rfft, name="rfft", a=_rfft_a)
_irfft_whole: Function = linear(_irfft, name="irfft", a=_irfft_a)

# ---- NumPy's: axes cut or filled with zeros, then transformed -------------------------------------------------------


def _fit(a: Any, n: int | None, axis: int) -> Any:
    """An axis cut, or filled with zeros at its end, to n elements."""
    have = a.shape[axis]
    if n is None or n == have:
        return a
    if n < 1:
        raise ValueError(f"fft: expected at least one point, got n={n}")
    if n < have:
        return a[_slices(a.ndim, axis, 0, n)]
    widths = [(0, 0)] * a.ndim
    widths[axis] = (0, n - have)
    return np.pad(a, widths)


def _axes(a: Any, s: Any, axes: Any) -> tuple[Any, tuple[int, ...]]:
    """NumPy's defaults: all axes, or as many of the last as there are sizes; a size of -1 is that of the axis.

    An axis that stands there twice has the size that it has in `a` for each of the transforms.
    """
    if axes is None:
        axes = range(a.ndim) if s is None else range(a.ndim - len(s), a.ndim)
    axes = tuple([axis % a.ndim if -a.ndim <= axis < a.ndim else _bad_axis(axis, a.ndim) for axis in axes])
    if s is None:
        s = (None,) * len(axes) if len(set(axes)) == len(axes) else tuple([a.shape[axis] for axis in axes])
    if len(s) != len(axes):
        raise ValueError(f"fft: expected a size for each of {len(axes)} axes, got {len(s)}")
    return tuple([a.shape[axis] if n == -1 else n for n, axis in zip(s, axes, strict=True)]), axes


def _bad_axis(axis: int, ndim: int) -> int:
    raise np.exceptions.AxisError(axis, ndim, "fft")


def _transform(whole: Function) -> Function:
    def transform(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
        s, axes = _axes(a, s, axes)
        if len(set(axes)) < len(axes):
            for n, axis in zip(reversed(s), reversed(axes), strict=True):
                a = whole(_fit(a, n, axis), (axis,), norm)
            return a
        for n, axis in zip(s, axes, strict=True):
            a = _fit(a, n, axis)
        return whole(a, axes, norm)

    return transform


def _real_transform(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    s, axes = _axes(a, s, axes)
    if a.dtype.kind == "c":
        raise TypeError("rfft: expected real values, got complex ones; use fft")
    a = _rfft_whole(_fit(a, s[-1], axes[-1]), axes[-1], norm)
    return fftn(a, s[:-1], axes[:-1], norm) if len(axes) > 1 else a


def _real_inverse(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    whole = s is None
    s, axes = _axes(a, s, axes)
    n, axis = s[-1], axes[-1]
    n = 2 * (a.shape[axis] - 1) if whole or n is None else n
    if len(axes) > 1:
        a = ifftn(a, s[-2::-1], axes[-2::-1], norm)  # NumPy's goes from the first of these axes to the last
    if n < 1:
        raise ValueError(f"irfft: expected at least one point, got n={n}; give n=")
    return _irfft_whole(_fit(a, n // 2 + 1, axis), n, axis, norm)


fftn, ifftn = composite(np.fft.fftn)(_transform(_fft_whole)), composite(np.fft.ifftn)(_transform(_ifft_whole))
rfftn, irfftn = composite(np.fft.rfftn)(_real_transform), composite(np.fft.irfftn)(_real_inverse)


def _of_two(transform: Function) -> Function:
    return lambda a, s=None, axes=(-2, -1), norm=None: transform(a, s, axes, norm)


def _of_one(transform: Function) -> Function:
    return lambda a, n=None, axis=-1, norm=None: transform(a, None if n is None else (n,), (axis,), norm)


fft2, ifft2 = composite(np.fft.fft2)(_of_two(fftn)), composite(np.fft.ifft2)(_of_two(ifftn))
rfft2, irfft2 = composite(np.fft.rfft2)(_of_two(rfftn)), composite(np.fft.irfft2)(_of_two(irfftn))
fft, ifft = composite(np.fft.fft)(_of_one(fftn)), composite(np.fft.ifft)(_of_one(ifftn))
rfft, irfft = composite(np.fft.rfft)(_of_one(rfftn)), composite(np.fft.irfft)(_of_one(irfftn))
hfft = composite(np.fft.hfft)(lambda a, n=None, axis=-1, norm=None: irfft(a.conj(), n, axis, _turned(norm)))
ihfft = composite(np.fft.ihfft)(lambda a, n=None, axis=-1, norm=None: rfft(a, n, axis, _turned(norm)).conj())

# ---- shifts ---------------------------------------------------------------------------------------------------------


def _shift(sign: int) -> Function:
    def shift(x: Any, axes: Any = None) -> Any:
        axes = tuple(range(x.ndim)) if axes is None else tuple(axes) if np.iterable(axes) else (axes,)
        return np.roll(x, tuple([sign * (x.shape[axis] // 2) for axis in axes]), axes)

    return shift


fftshift = composite(np.fft.fftshift)(_shift(1))
ifftshift = composite(np.fft.ifftshift)(_shift(-1))
