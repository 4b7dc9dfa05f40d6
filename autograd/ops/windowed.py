"""Correlations of arrays that are not NumPy's: their windows, contracted with the kernel.

Arrays in blocks are taken block by block of the examples, each with NumPy's own (`correlation.py`). For all others, as
those of a GPU, what stands here goes by NumPy's protocols alone, and its products are those of that library.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.blocks import by_blocks, in_blocks
from .sliding import Geometry, _fold, _windows

_AXES = "uvw", "xyz"
"""The letters of a contraction for where windows are, and for the places in them; n, g, f, c are the other axes."""


def of_rows(function: Callable[..., Any], elsewhere: Callable[..., Any], arrays: Any, rest: Any, many: int) -> Any:
    """function(*arrays, *rest) for arrays of which some are not NumPy's; the first `many` have an axis of examples.

    elsewhere  what computes it where they are in no blocks
    """
    if not any(map(in_blocks, arrays)):
        return elsewhere(*arrays, *rest)
    rows = arrays[:many]
    if not any(map(in_blocks, rows)):  # only a kernel is, which is no larger than memory
        return function(*map(np.asarray, arrays), *rest)
    return by_blocks(function, rows, *arrays[many:], *rest, total=many == 2)


def correlate(x: Any, w: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """As `correlation.correlate`, without b."""
    geometry = Geometry(x.shape[2:], w.shape[2:], stride, padding, dilation)
    made = np.einsum(_letters("{g}{s},{w}->{o}", geometry), _grouped(x, geometry, groups), _split(w, groups))
    return made.reshape(x.shape[0], w.shape[0], *geometry.out)


def correlate_transpose(y: Any, w: Any, shape: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """As `correlation.correlate_transpose`."""
    geometry = Geometry(shape, w.shape[2:], stride, padding, dilation)
    y = y.reshape(y.shape[0], groups, -1, *geometry.out)
    found = np.einsum(_letters("{o},{w}->{g}{s}", geometry), y, _split(w, groups))
    lengths = [low + n + high for n, (low, high) in zip(geometry.spatial, geometry.padding, strict=True)]
    image = _fold(found, tuple(lengths), geometry.stride, geometry.dilation)
    inner = (slice(low, low + n) for n, (low, _) in zip(geometry.spatial, geometry.padding, strict=True))
    return image[(..., *inner)].reshape(y.shape[0], -1, *geometry.spatial)


def correlate_kernel(y: Any, x: Any, size: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """As `correlation.correlate_kernel`."""
    geometry = Geometry(x.shape[2:], tuple(size), stride, padding, dilation)
    y = y.reshape(y.shape[0], groups, -1, *geometry.out)
    found = np.einsum(_letters("{o},{g}{s}->{w}", geometry), y, _grouped(x, geometry, groups))
    return found.reshape(y.shape[1] * y.shape[2], -1, *size)


def _letters(text: str, geometry: Geometry) -> str:
    """A contraction over axes as many as there are: g the image's groups, s its windows, w the kernel, o the result."""
    out, size = (letters[: len(geometry.out)] for letters in _AXES)
    return text.format(g=f"ngc{out}", s=size, w=f"gfc{size}", o=f"ngf{out}")


def _grouped(x: Any, geometry: Geometry, groups: int) -> Any:
    """All windows of the padded image: (examples, groups, channels, *windows, *size)."""
    if any(map(any, geometry.padding)):
        x = np.pad(x, ((0, 0), (0, 0), *geometry.padding))
    x = x.reshape(x.shape[0], groups, -1, *x.shape[2:])
    return _windows(x, geometry.size, geometry.stride, geometry.dilation)


def _split(w: Any, groups: int) -> Any:
    return w.reshape(groups, -1, *w.shape[1:])
