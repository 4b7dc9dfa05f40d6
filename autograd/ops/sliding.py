"""Windows that slide over the last axes of an array: as a view, summed, and their maximum, each beside its adjoint.

Only `windows` makes the windows. The others go tap by tap: the elements that stand at the same place in every window
are one strided slice of the array, so a k × k window is k·k slices, and nothing k·k times as large as the array is ever
made. Sums and maxima go one axis after the other, in k + k slices.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..engine.blocks import by_blocks, in_blocks
from ..engine.declare import composite, linear, primitive
from ..engine.lending import copied, empty_like, zeros_like
from ..engine.primitive import Function

Slices = tuple[Any, ...]


def per_axis(value: Any, n: int, what: str) -> tuple[Any, ...]:
    """An int for each of n axes, from one for all or a tuple."""
    values = tuple(value) if isinstance(value, tuple | list) else (value,) * n
    if len(values) != n:
        raise ValueError(f"{what}: expected one value or {n}, one for each axis, got {value!r}")
    return values


def pairs(padding: Any, n: int) -> tuple[tuple[int, int], ...]:
    """Padding as (before, after) for each of n axes."""
    return tuple((p, p) if isinstance(p, int | np.integer) else tuple(p) for p in per_axis(padding, n, "padding"))


class Geometry:
    """How windows lie over the last axes of an array: `out` of them along each axis, checked.

    Raises ValueError for sizes, strides or dilations below 1, negative padding, and windows larger than the padded
    array.
    """

    def __init__(self, spatial: Any, size: Any, stride: Any, padding: Any, dilation: Any) -> None:
        n = len(size) if isinstance(size, tuple | list) else len(spatial)
        if n > len(spatial):
            raise ValueError(f"windows: expected an array with at least {n} axes, got {len(spatial)}")
        self.spatial = tuple(spatial)[len(spatial) - n :]
        self.size = per_axis(size, n, "size")
        self.stride = per_axis(stride, n, "stride")
        self.dilation = per_axis(dilation, n, "dilation")
        self.padding = pairs(padding, n)
        out = []
        for length, k, s, (low, high), d in zip(
            self.spatial, self.size, self.stride, self.padding, self.dilation, strict=True
        ):
            if k < 1 or s < 1 or d < 1 or low < 0 or high < 0:
                raise ValueError(
                    f"windows: expected positive size, stride and dilation and padding of at least 0, "
                    f"got {k}, {s}, {d} and {(low, high)}"
                )
            room = length + low + high - d * (k - 1) - 1
            if room < 0:
                raise ValueError(
                    f"windows: a window of size {k} (dilation {d}) does not fit into {length} elements "
                    f"with padding {(low, high)}"
                )
            out.append(room // s + 1)
        self.out = tuple(out)

    def taps(self) -> Iterator[tuple[tuple[int, ...], Slices, Slices]]:
        """For each place in a window: (the place, where it is in the array, for which windows), padding left out."""
        for tap in itertools.product(*map(range, self.size)):
            spans = [self.span(axis, i) for axis, i in enumerate(tap)]
            if None not in spans:
                yield tap, (..., *(a for a, _ in spans)), (..., *(b for _, b in spans))  # type: ignore[misc]

    def taps_along(self, axis: int) -> Iterator[tuple[Slices, Slices]]:
        """The same for windows along one axis alone: (where it is in the array, for which windows)."""
        after = (slice(None),) * (len(self.size) - 1 - axis)
        for i in range(self.size[axis]):
            span = self.span(axis, i)
            if span is not None:
                yield (..., span[0], *after), (..., span[1], *after)

    def resized(self, shape: Any, axis: int, lengths: tuple[int, ...]) -> tuple[int, ...]:
        """An array's shape, with one of these lengths (`out`, or `spatial`) along an axis that windows lie over."""
        at = axis + len(shape) - len(lengths)
        return (*shape[:at], lengths[axis], *shape[at + 1 :])

    def span(self, axis: int, i: int) -> tuple[slice, slice] | None:
        """Along one axis: where the i-th elements of the windows are, and which windows have theirs inside."""
        s, shift = self.stride[axis], i * self.dilation[axis] - self.padding[axis][0]
        first = max(0, -(shift // s))
        last = min(self.out[axis] - 1, (self.spatial[axis] - 1 - shift) // s)
        if last < first:
            return None
        start = first * s + shift
        return slice(start, start + (last - first) * s + 1, s), slice(first, last + 1)


def _over_rows(function: Any, geometry: Geometry, arrays: Any, *rest: Any) -> Any:
    """The function of arrays in blocks, each block of the first axis by itself: no window may lie over that one."""
    if arrays[0].ndim == len(geometry.size):
        return by_blocks(function, [array[None] for array in arrays], *rest)[0]
    return by_blocks(function, arrays, *rest)


# ---- windows and fold: adjoint to each other -------------------------------------------------------------------------


def _windows(x: Any, size: Any, stride: Any = 1, dilation: Any = 1) -> Any:
    """All windows over the last axes, as a view: shape (..., *number of windows, *size).

    Raises ValueError for sizes that do not fit.

    >>> windows(np.arange(5), (3,)).tolist()
    [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
    >>> windows(np.arange(5), (2,), stride=2).tolist()
    [[0, 1], [2, 3]]
    """
    geometry = Geometry(x.shape, size, stride, 0, dilation)
    n = len(geometry.size)
    spans = tuple(d * (k - 1) + 1 for k, d in zip(geometry.size, geometry.dilation, strict=True))
    view: Any = np.lib.stride_tricks.sliding_window_view(x, spans, axis=tuple(range(-n, 0)))
    steps = tuple(slice(None, None, s) for s in (*geometry.stride, *geometry.dilation))
    return view[(..., *steps)]


def _fold(windows: Any, shape: Any, stride: Any = 1, dilation: Any = 1) -> Any:
    """Add windows up into an array whose last axes are `shape`: the adjoint of `windows`.

    >>> fold(np.ones((3, 3)), (5,))
    array([1., 2., 3., 2., 1.])
    """
    n = len(shape)
    geometry = Geometry(shape, windows.shape[-n:], stride, 0, dilation)
    total: Any = np.zeros_like(windows, shape=(*windows.shape[: windows.ndim - 2 * n], *shape))
    for tap, inside, which in geometry.taps():
        total[inside] += windows[(*which, *tap)]
    return total


def _last(shape: Any, n: int) -> Any:
    return shape[len(shape) - n :]


def _axes(size: Any, shape: Any) -> int:
    """Over how many axes windows of this size slide."""
    return len(size) if isinstance(size, tuple | list) else len(shape)


windows: Function = linear(
    _windows, name="windows", views=True,
    x=lambda g, x_shape, size, stride, dilation: fold(g, _last(x_shape, _axes(size, x_shape)), stride, dilation),
)  # fmt: skip
fold: Function = linear(
    _fold, name="fold", single=True,
    windows=lambda g, windows_shape, shape, stride, dilation: windows(
        g, _last(windows_shape, len(shape)), stride, dilation
    ),
)  # fmt: skip


@composite(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Any:
    """As np.lib.stride_tricks.sliding_window_view: the windows along each axis, their own axes last."""
    sizes = tuple(window_shape) if np.iterable(window_shape) else (window_shape,)
    axes = tuple(range(x.ndim)) if axis is None else tuple(axis) if np.iterable(axis) else (axis,)
    if len(sizes) != len(axes):
        raise ValueError(f"sliding_window_view: expected a size for each of the axes {axes}, got {sizes}")
    n = x.ndim
    for size, a in zip(sizes, axes, strict=True):
        x = np.moveaxis(windows(np.moveaxis(x, a % n, -1), (size,)), -2, a % n)
    return x


# ---- sums over windows, and their adjoint ----------------------------------------------------------------------------


def _sum_windows(x: Any, size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Any:
    """The sum over each window of the last axes, padded with zeros: shape (..., *number of windows).

    >>> sum_windows(np.ones((4, 4)), (2, 2), stride=2)
    array([[4., 4.],
           [4., 4.]])
    """
    geometry = Geometry(x.shape, size, stride, padding, dilation)
    if in_blocks(x):
        return _over_rows(_sum_windows, geometry, (x,), size, stride, padding, dilation)
    for axis in range(len(geometry.out)):
        total = np.zeros_like(x, shape=geometry.resized(x.shape, axis, geometry.out))
        for inside, which in geometry.taps_along(axis):
            total[which] += x[inside]
        x = total
    return x


def _spread(g: Any, shape: Any, size: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """The adjoint of `sum_windows`: every element of a window gets the window's value."""
    geometry = Geometry(shape, size, stride, padding, dilation)
    if in_blocks(g):
        return _over_rows(_spread, geometry, (g,), shape, size, stride, padding, dilation)
    for axis in range(len(geometry.out)):
        total = np.zeros_like(g, shape=geometry.resized(g.shape, axis, geometry.spatial))
        for inside, which in geometry.taps_along(axis):
            total[inside] += g[which]
        g = total
    return g


sum_windows: Function = linear(
    _sum_windows, name="sum_windows", single=True,
    x=lambda g, x_shape, size, stride, padding, dilation: spread_windows(
        g, _last(x_shape, _axes(size, x_shape)), size, stride, padding, dilation
    ),
)  # fmt: skip
spread_windows: Function = linear(
    _spread, name="spread_windows", single=True,
    g=lambda g, size, shape, stride, padding, dilation: sum_windows(
        g, per_axis(size, len(shape), "size"), stride, padding, dilation
    ),
)  # fmt: skip


# ---- the maximum over windows ----------------------------------------------------------------------------------------


def _max_windows(x: Any, size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Any:
    """The maximum over each window of the last axes; padding counts as minus infinity.

    The gradient goes to the first maximum of each window.

    >>> max_windows(np.array([1.0, 3.0, 2.0, 0.0]), (2,), stride=2)
    array([3., 2.])
    """
    geometry = Geometry(x.shape, size, stride, padding, dilation)
    if in_blocks(x):
        return _over_rows(_max_windows, geometry, (x,), size, stride, padding, dilation)
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    for axis in range(len(geometry.out)):
        highest, shape = None, geometry.resized(x.shape, axis, geometry.out)
        for inside, which in geometry.taps_along(axis):
            part = x[inside]
            if highest is None and part.shape == shape:
                highest = copied(part)
                continue
            if highest is None:
                highest = np.full_like(x, lowest, shape=shape)
            np.maximum(highest[which], part, out=highest[which])
        x = np.full_like(x, lowest, shape=shape) if highest is None else highest
    return x


def _comparable(x: Any, highest: Any) -> tuple[Any, Any]:
    """Both, with infinity for NaN, which equals nothing: so that a NaN is its window's maximum."""
    if not np.isnan(highest).any():
        return x, highest
    return np.where(np.isnan(x), np.inf, x), np.where(np.isnan(highest), np.inf, highest)


def _hits(x: Any, out: Any, geometry: Geometry) -> Iterator[tuple[Slices, Slices, Any]]:
    """For each place in a window: where it is, for which windows, and in which of these the first maximum is there."""
    x, out = _comparable(x, out)
    free = np.ones_like(out, dtype=bool)
    for _, inside, which in geometry.taps():
        hit = x[inside] == out[which]
        hit &= free[which]
        free[which] &= ~hit
        yield inside, which, hit


def _to_max(g: Any, x: Any, highest: Any, size: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """Every window's value at the place of its first maximum."""
    geometry = Geometry(x.shape, size, stride, padding, dilation)
    if in_blocks(x) or in_blocks(g):
        return _over_rows(_to_max, geometry, (g, x, highest), size, stride, padding, dilation)
    apart = all(s >= d * (k - 1) + 1 for k, s, d in zip(geometry.size, geometry.stride, geometry.dilation, strict=True))
    total = zeros_like(x, g.dtype)
    rest = empty_like(highest, g.dtype)  # of the windows whose maximum has not been found yet
    rest[...] = g
    found = empty_like(rest)
    x, highest = _comparable(x, highest)
    taps = list(geometry.taps())
    for number, (_, inside, which) in enumerate(taps, 1):
        part = rest[which]
        if number < len(taps):  # what is left at the last place belongs there
            part = np.multiply(part, x[inside] == highest[which], out=found[which])
            rest[which] -= part
        if apart:
            total[inside] = part
        else:
            total[inside] += part
    return total


def _from_max(g: Any, x: Any, highest: Any, size: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """For every window what stands at the place of its first maximum: the adjoint."""
    geometry = Geometry(x.shape, size, stride, padding, dilation)
    if in_blocks(x) or in_blocks(g):
        return _over_rows(_from_max, geometry, (g, x, highest), size, stride, padding, dilation)
    total = np.zeros_like(highest, dtype=g.dtype)
    for inside, which, hit in _hits(x, highest, geometry):
        total[which] += g[inside] * hit
    return total


max_windows = primitive(
    _max_windows, name="max_windows",
    x=lambda g, x, out, size, stride, padding, dilation: to_max(g, x, out, size, stride, padding, dilation),
)  # fmt: skip
to_max: Function = primitive(
    _to_max, name="to_max", x=None, highest=None,
    g=lambda g, x, highest, size, stride, padding, dilation: from_max(g, x, highest, size, stride, padding, dilation),
)  # fmt: skip
from_max: Function = primitive(
    _from_max, name="from_max", x=None, highest=None,
    g=lambda g, x, highest, size, stride, padding, dilation: to_max(g, x, highest, size, stride, padding, dilation),
)  # fmt: skip
