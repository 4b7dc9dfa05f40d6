"""Convolution and max-pooling in C: what takes the place of the engine's functions of the same names in a program.

Each gives what the engine's gives, in the same memory order and up to the order of sums. What the C does not do (three
axes, dtypes other than float32 and float64) is left to the engine, and so are errors.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ....ops import correlation, sliding
from ....ops.sliding import Geometry
from ..form import CannotBuild
from .compiler import load

_RING = 512 << 10
"""Bytes: the rows of an image that are in use at a time are to fit into a second-level cache."""

REALS = {
    "f": ("-DREAL=float", "-DFLOAT", "-ffp-contract=fast"),
    "d": ("-DREAL=double", "-DDOUBLE", "-ffp-contract=fast"),
}
"""By a dtype's character, the options with which these files are compiled for it."""

Ints = tuple[int, ...]


@functools.cache
def library(char: str) -> Any:
    """The compiled functions for one dtype. Raises CannotBuild."""
    here = Path(__file__)
    names = ("vectors.c", "convolution.c", "kernels.c", "pooling.c")
    texts = [here.with_name(name).read_text(encoding="utf-8") for name in names]
    made = load("\n".join(texts), (*REALS[char], "-O2"))  # half the time of -O3: the vectors are written out
    for name, count in (("correlate", 5), ("correlate_kernel", 4), ("to_max", 5)):
        getattr(made, name).argtypes = (ctypes.c_void_p,) * count
    return made


# ---- correlation -----------------------------------------------------------------------------------------------------


def correlate(
    x: Any, w: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1, b: Any = None
) -> Any:
    """As the engine's, over one or two axes."""
    if not _can(x, w) or (b is not None and (b.dtype != x.dtype or b.strides != (b.itemsize,))):
        return correlation._correlate(x, w, stride, padding, dilation, groups, b)
    call = _forward(x.shape, x.strides, w.shape, w.strides, stride, padding, dilation, groups, x.dtype)
    return call.image(x, w, b)


def correlate_transpose(
    y: Any, w: Any, shape: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """As the engine's, over one or two axes."""
    if not _can(y, w):
        return correlation._correlate_transpose(y, w, shape, stride, padding, dilation, groups)
    call = _backward(y.shape, y.strides, w.shape, w.strides, tuple(shape), stride, padding, dilation, groups, y.dtype)
    made = call.image(y, w, None)
    alone = w.shape[1] == 1 and w.shape[0] == groups > 1 and call.strided
    if alone and not correlation.is_to_be_turned(y):  # then the engine's result has the order of y
        ordered = np.empty_like(y, shape=made.shape)
        if ordered.strides != made.strides:
            ordered[...] = made
            return ordered
    return made


def correlate_kernel(
    y: Any, x: Any, size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """As the engine's, over one or two axes."""
    if not _can(y, x):
        return correlation._correlate_kernel(y, x, size, stride, padding, dilation, groups)
    call = _kernel(y.shape, y.strides, x.shape, x.strides, tuple(size), stride, padding, dilation, groups, y.dtype)
    made = np.empty(call.shape, y.dtype)
    _check(library(y.dtype.char).correlate_kernel(call.at, _at(x), _at(y), _at(made)))
    return made


def _can(a: Any, b: Any) -> bool:
    """Whether these are arrays that the C reads, with something in them."""
    return bool(
        a.dtype == b.dtype
        and a.dtype.char in REALS
        and a.dtype.isnative
        and 3 <= a.ndim <= 4
        and a.size
        and b.size
        and not any(step % a.itemsize for step in (*a.strides, *b.strides))
        and a.flags.aligned
        and b.flags.aligned
        and _is_compiled(a.dtype.char)
    )


@functools.cache
def _is_compiled(char: str) -> bool:
    """Whether there are functions for a dtype: a step is not to fail because a compiler does."""
    try:
        library(char)
    except CannotBuild:
        return False
    return True


class _Call:
    """A `struct geometry`, and the shape of what is made with it.

    at       its address
    strided  whether any stride is not 1
    """

    def __init__(self, shape: Ints, fields: list[Any], tables: list[Any]) -> None:
        self.shape = shape
        self.strided = False
        self._tables = [np.ascontiguousarray(table, np.int64) for table in tables]
        self._memory = np.array([*fields, *[_at(table) for table in self._tables]], np.int64)
        self.at = _at(self._memory)

    def image(self, source: Any, kernel: Any, bias: Any) -> Any:
        """What `correlate` makes of it."""
        made = _rows_first(self.shape, source.dtype)
        given = None if bias is None else _at(bias)
        _check(library(source.dtype.char).correlate(self.at, _at(source), _at(kernel), given, _at(made)))
        return made if source.ndim == 4 else made[:, :, 0]


@functools.lru_cache(maxsize=512)
def _forward(
    x: Ints,
    x_strides: Ints,
    w: Ints,
    w_strides: Ints,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
    dtype: Any,
) -> _Call:
    """Of a correlation: the rows of the image are what the ring holds."""
    correlation._check(x, w, groups)
    axes = _Axes(x[2:], w[2:], stride, padding, dilation)
    shape = (x[0], w[0], *axes.out)
    steps = _elements(w_strides, dtype)
    kernel = _with_rows((w[0] // groups * steps[0], *steps), 3)
    made = _rows_first_strides(shape)
    image = x[0], x[1] // groups, w[0] // groups, groups, axes.spatial[1]
    return _call(shape, axes.places(), axes.rows(), image, _elements(x_strides, dtype), made, kernel, dtype)


@functools.lru_cache(maxsize=512)
def _backward(
    y: Ints, y_strides: Ints, w: Ints, w_strides: Ints, shape: Ints, stride: Any, padding: Any, dilation: Any,
    groups: int, dtype: Any,
) -> _Call:  # fmt: skip
    """Of its adjoint in the image: the rows of the result are what the ring holds."""
    axes = _Axes(shape, w[2:], stride, padding, dilation)
    if y[2:] != axes.geometry.out or y[1] != w[0]:
        raise ValueError(f"expected {(y[0], w[0], *axes.geometry.out)} (the windows in an image of {shape}), got {y}")
    whole = (y[0], w[1] * groups, *axes.spatial)
    feature, channel, *steps = _elements(w_strides, dtype)
    kernel = _with_rows((w[0] // groups * feature, channel, feature, *steps), 3)
    image = y[0], w[0] // groups, w[1], groups, axes.out[1]
    made = _rows_first_strides(whole)
    call = _call(whole, axes.places_back(), axes.rows_back(), image, _elements(y_strides, dtype), made, kernel, dtype)
    call.strided = set(axes.stride) != {1}
    return call


@functools.lru_cache(maxsize=512)
def _kernel(
    y: Ints, y_strides: Ints, x: Ints, x_strides: Ints, size: Ints, stride: Any, padding: Any, dilation: Any,
    groups: int, dtype: Any,
) -> _Call:  # fmt: skip
    """Of its adjoint in the kernel: the rows of the image are what the ring holds."""
    axes = _Axes(x[2:], size, stride, padding, dilation)
    shape = (y[1], x[1] // groups, *size)
    strides = _elements(np.empty(shape, np.int8).strides, np.dtype(np.int8))
    kernel = _with_rows((y[1] // groups * strides[0], *strides), 3)
    image = x[0], x[1] // groups, y[1] // groups, groups, axes.spatial[1]
    results = _with_rows(_elements(y_strides, dtype))
    return _call(shape, axes.places(), axes.rows(), image, _elements(x_strides, dtype), results, kernel, dtype)


def _call(
    shape: Ints, places: tuple[Any, ...], rows: Any, image: Ints, source: Ints, target: Ints, kernel: Ints, dtype: Any
) -> _Call:
    """The fields of `struct geometry`, in their order."""
    examples, channels, features, groups, columns = image
    phases, taps, step, low, plane = places
    spans = [int(row.max() - row[row >= 0].min()) + 1 for row in rows if row.max() >= 0]
    ring = max(spans, default=1)
    each = ring * channels * step * plane * dtype.itemsize
    block = examples if each * examples <= _RING else min(examples, max(16, _RING // each // 16 * 16))
    fields = [examples, block, groups, channels, features, columns, *_with_rows(source), len(rows), *target, *kernel]
    fields += [rows.shape[1], step, low, plane, ring, len(phases)]
    return _Call(shape, fields, [rows, phases, taps])


class _Axes:
    """How windows lie over two axes, of which the first may be one that there is not; padding and strides are known.

    What is said of rows is said of the first one, what is said of columns of the second.
    """

    def __init__(self, spatial: Any, size: Any, stride: Any, padding: Any, dilation: Any) -> None:
        self.geometry = g = Geometry(spatial, tuple(size), stride, padding, dilation)
        rows = len(spatial) == 1
        self.spatial, self.size, self.out = ((1,) * rows + tuple(value) for value in (g.spatial, g.size, g.out))
        self.stride, self.dilation = ((1,) * rows + tuple(value) for value in (g.stride, g.dilation))
        self.low = (0,) * rows + tuple(low for low, _ in g.padding)

    def rows(self) -> Any:
        """For each row of results and of the kernel the row of the image that they meet in, or -1."""
        row, tap = np.ogrid[: self.out[0], : self.size[0]]
        found = row * self.stride[0] + tap * self.dilation[0] - self.low[0]
        return np.where((found >= 0) & (found < self.spatial[0]), found, -1)

    def rows_back(self) -> Any:
        """For each row of the image and of the kernel the row of results that they meet in, or -1."""
        row, tap = np.ogrid[: self.spatial[0], : self.size[0]]
        found, rest = np.divmod(row + self.low[0] - tap * self.dilation[0], self.stride[0])
        return np.where((rest == 0) & (found >= 0) & (found < self.out[0]), found, -1)

    def places(self) -> tuple[Any, ...]:
        """For the columns of results: phases, places, and how columns of the image stand in the ring."""
        step, count = self.stride[1], self.out[1]
        shifts = [k * self.dilation[1] for k in range(self.size[1])]
        plane = count + max(shift // step for shift in shifts)
        taps = [(k, shift % step * plane + shift // step) for k, shift in enumerate(shifts)]
        return [(0, 1, count, len(taps), 0)], taps, step, self.low[1], plane

    def places_back(self) -> tuple[Any, ...]:
        """The same for the columns of the image, of which every one in `stride` has the same places."""
        step, low, last = self.stride[1], self.low[1], self.spatial[1] - 1
        phases: list[Ints] = []
        taps: list[tuple[int, int]] = []
        for phase in range(step):
            first, end = -((phase - low) // step), (last + low - phase) // step
            if end < first:
                continue
            mine = [
                (k, first + (phase - k * self.dilation[1]) // step) for k in range(self.size[1])
                if (phase - k * self.dilation[1]) % step == 0
            ]  # fmt: skip
            phases.append((step * first + phase - low, step, end - first + 1, len(mine), len(taps)))
            taps += mine
        shift = max(0, -min([offset for _, offset in taps], default=0))
        taps = [(k, offset + shift) for k, offset in taps]
        plane = max([taps[p][1] + n for _, _, n, many, start in phases for p in range(start, start + many)], default=1)
        return phases, np.reshape(taps, (-1, 2)), 1, shift, plane


def _with_rows(strides: Ints, others: int = 2) -> Ints:
    """The strides of two axes, and of others before them, where there may be no axis of rows."""
    return strides if len(strides) == others + 2 else (*strides[:others], 0, *strides[others:])


def _elements(strides: Ints, dtype: Any) -> Ints:
    return tuple(step // dtype.itemsize for step in strides)


def _rows_first(shape: Ints, dtype: Any) -> Any:
    """Memory in the order of the engine's results: rows, channels, columns, examples."""
    n, c, h, w = shape
    return np.empty((h, c, w, n), dtype).transpose(3, 1, 0, 2)


def _rows_first_strides(shape: Ints) -> Ints:
    n, c, _, w = shape
    return 1, w * n, c * w * n, n


def _at(array: Any) -> int:
    """Where an array's first element is."""
    where: int = array.__array_interface__["data"][0]
    return where


def _check(good: int) -> None:
    if not good:
        raise MemoryError("convolution: there is not enough memory")


# ---- pooling ---------------------------------------------------------------------------------------------------------


def to_max(g: Any, x: Any, highest: Any, size: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """As the engine's, for windows over two axes that lie apart, in memory without gaps along the examples."""
    if not (_can(x, highest) and _can(x, g) and x.ndim == 4):
        return sliding._to_max(g, x, highest, size, stride, padding, dilation)
    call = _apart(
        g.strides, x.shape, x.strides, highest.shape, highest.strides, size, stride, padding, dilation, x.dtype
    )
    if call is None:
        return sliding._to_max(g, x, highest, size, stride, padding, dilation)
    covered = all(length == n * k for length, n, k in zip(x.shape[2:], highest.shape[2:], size, strict=True))
    made = np.empty_like(x) if covered else np.zeros_like(x)
    if made.strides != x.strides:
        return sliding._to_max(g, x, highest, size, stride, padding, dilation)
    library(x.dtype.char).to_max(call.at, _at(g), _at(x), _at(highest), _at(made))
    return made


@functools.lru_cache(maxsize=512)
def _apart(
    g: Ints, x: Ints, x_strides: Ints, highest: Ints, highest_strides: Ints, size: Any, stride: Any, padding: Any,
    dilation: Any, dtype: Any,
) -> _Call | None:  # fmt: skip
    """The fields of `struct windows`, or None where the engine is to do it."""
    geometry = Geometry(x, size, stride, padding, dilation)
    apart = all(s >= k for k, s in zip(geometry.size, geometry.stride, strict=True))
    if len(geometry.size) != 2 or not apart or set(geometry.dilation) != {1} or any(map(any, geometry.padding)):
        return None
    maxima, image = _elements(highest_strides, dtype), _elements(x_strides, dtype)
    if maxima[0] != 1 or image[0] != 1:
        return None
    values = _elements(g, dtype)
    fields = [x[0], x[1], *geometry.out, *geometry.size, *values, *maxima, *image, *geometry.stride]
    return _Call(x, fields, [])


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    correlation._correlate: correlate,
    correlation._correlate_transpose: correlate_transpose,
    correlation._correlate_kernel: correlate_kernel,
    sliding._to_max: to_max,
}
"""By the engine's function, the one that takes its place."""
