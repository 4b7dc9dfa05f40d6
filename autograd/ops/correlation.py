"""Sliding dot products, which convolutional layers are made of, over any number of axes.

Three functions, each linear in both of its arguments, and each the derivative of the other two:

    correlate            image, kernel     -> result
    correlate_transpose  result, kernel    -> image
    correlate_kernel     result, image     -> kernel

They work in one memory order, (rows..., channels, columns, examples), which is a matter of strides: everybody sees
(examples, channels, *axes). Of the image, only the shifts along the last axis are copied, k-fold and not k·k-fold; the
rows of a window then follow each other in memory, so that a strided view is the matrix of every row of results, and the
product with the kernel one batch of matrix products. Of large images a band of rows is done at a time, with its shifts.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..engine.broadcasting import sum_to
from ..engine.declare import primitive
from ..engine.lending import contiguous, empty
from ..engine.once import if_made, once
from ..engine.primitive import Function
from ..engine.sums import added
from .sliding import Geometry

_BAND = 1 << 21  # bytes of shifts that are made at a time

_FEW = 131072  # elements: so small may the kernel's gradients of all rows be to be made at once, and not one by one


_SLIM = 16  # features: of more, that BLAS copies the image before it multiplies is soon paid back
_AT_ONCE = 1_000_000  # multiplications: up to so many in a product OpenBLAS copies nothing


class _Layout(Geometry):
    """The geometry of one correlation, its groups, and its matrices."""

    def __init__(self, image: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> None:
        super().__init__(image[2:], tuple(kernel[2:]), stride, padding, dilation)
        self.groups = groups
        self.examples, self.channels = image[0], image[1] // groups
        self.features = kernel[0] // groups
        self.rows, self.columns = self.out[:-1], self.out[-1]
        # the rows of a window follow each other in memory unless a dilation stands between them: `height` of them
        self.height = self.size[-2] if len(self.size) > 1 and self.dilation[-2] == 1 else 1
        self.merged = self.height * self.size[-1] * self.channels

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Layout) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def reached(self, axis: int) -> int:
        """How many elements along an axis, padding counted, have one of a window's first places over them.

        These are as many as the stride is long, so that each element has just one; where a dilation or a short window
        leaves gaps, it is 0.
        """
        covered = self.dilation[axis] == 1 and self.size[axis] >= self.stride[axis]
        return int(self.stride[axis] * self.out[axis]) if covered else 0

    def row_taps(self) -> Iterator[tuple[int, ...]]:
        """The places in a window that have a product of their own: all its rows, or only the first of those merged."""
        sizes = list(self.size[:-1])
        if sizes and self.height > 1:
            sizes[-1] = 1
        return itertools.product(*map(range, sizes))

    def bands(self, itemsize: int) -> list[slice]:
        """The rows of results, so many at a time that the shifts that they need stay in the cache."""
        if not self.rows:
            return [slice(None)]
        if self.is_alone:
            return [slice(0, self.rows[0])]
        rest = self.padded_rows()[1:]
        row = math.prod(rest) * self.size[-1] * self.groups * self.channels * self.columns * self.examples * itemsize
        reach = self.dilation[0] * (self.size[0] - 1)
        height = max(1, 2 * reach, (_BAND // max(row, 1) - reach) // self.stride[0])
        return [slice(start, min(start + height, self.rows[0])) for start in range(0, self.rows[0], height)]

    def source(self, image: Any) -> Any:
        """An image as shifts are copied from it: (groups, rows..., channels, columns, examples)."""
        n = len(self.rows)
        source: Any = image.reshape(self.examples, self.groups, self.channels, *self.spatial)
        source = source.transpose(1, *range(3, 3 + n), 2, 3 + n, 0)
        if self.is_alone or (self.examples > 1 and source.strides[-1] > source.strides[-2]):  # once, not at each shift
            source = contiguous(source)
        return source

    @property
    def is_alone(self) -> bool:
        """Whether an image is its only shift."""
        return bool(self.size[-1] == 1 == self.stride[-1] and not any(map(any, self.padding)))

    def shifted(self, source: Any, band: slice) -> Any:
        """The padded image once for each shift along its last axis: (groups, rows, k, channels, columns, examples).

        Of its rows there are those that a band of results needs.
        """
        n, k, lengths = len(self.rows), self.size[-1], list(self.padded_rows())
        inner = list(self.unpadded_rows())
        if n and band != slice(0, self.rows[0]):
            first, end = band.start * self.stride[0], (band.stop - 1) * self.stride[0] + 1
            lengths[0] = end + self.dilation[0] * (self.size[0] - 1) - first
            low, high = (min(max(at - first, 0), lengths[0]) for at in (inner[0].start, inner[0].stop))
            start = low + first - inner[0].start
            source, inner[0] = source[:, start : start + high - low], slice(low, high)
        if self.is_alone:
            return source[(*(slice(None),) * (n + 1), None)]
        shape = (self.groups, *lengths, k, self.channels, self.columns, self.examples)
        made: Any = empty(shape, source.dtype)
        for axis, rows in enumerate(inner, 1):  # only what surrounds the image is made zero
            for around in (slice(rows.start), slice(rows.stop, None)):
                made[(*(slice(None),) * axis, around)] = 0
        for i in range(k):
            shift: Any = made[(slice(None), *inner, i)]  # (groups, rows, channels, columns, examples)
            span = self.span(-1, i)
            if span is None:
                shift[...] = 0
                continue
            shift[..., : span[1].start, :] = 0
            shift[..., span[1].stop :, :] = 0
            shift[..., span[1], :] = source[..., span[0], :]
        return made

    def padded_rows(self) -> tuple[int, ...]:
        return tuple(
            low + length + high for (low, high), length in zip(self.padding[:-1], self.spatial[:-1], strict=True)
        )

    def unpadded_rows(self) -> tuple[slice, ...]:
        """Where the image's rows are among the padded ones."""
        return tuple(
            slice(low, low + length) for (low, _), length in zip(self.padding[:-1], self.spatial[:-1], strict=True)
        )

    def matrices(self, shifted: Any, tap: tuple[int, ...], band: slice) -> Any:
        """Of every row of a band of results, the matrix (window, columns x examples) at one row tap: a view."""
        g, rest = shifted.strides[0], shifted.strides[1 : 1 + len(self.rows)]
        offset = sum(t * d * step for t, d, step in zip(tap, self.dilation, rest, strict=False))
        steps = tuple(s * step for s, step in zip(self.stride, rest, strict=False))
        wide = self.columns * self.examples
        rows = (band.stop - band.start, *self.rows[1:]) if self.rows else ()
        shape = (self.groups, *rows, self.merged, wide)
        strides = (g, *steps, wide * shifted.itemsize, shifted.itemsize)
        return np.ndarray(shape, shifted.dtype, shifted, offset, strides)

    def kernels(self, kernel: Any, tap: tuple[int, ...]) -> Any:
        """The kernel's matrix at one row tap: (groups, 1..., features, window)."""
        n = len(self.size)
        parts = kernel.reshape(self.groups, self.features, self.channels, *self.size)
        parts = parts.transpose(0, 1, *range(3, 3 + n), 2)  # (groups, features, *size, channels)
        if n > 1:
            index = tap if self.height == 1 else tap[:-1]
            parts = parts[(slice(None), slice(None), *index)]
        parts = parts.reshape(self.groups, *(1,) * len(self.rows), self.features, self.merged)
        return np.ascontiguousarray(parts)  # BLAS does not go backwards, as one that was turned round may have to

    def results(self, memory: Any) -> Any:
        """(rows..., groups, features, columns x examples) in memory, as everybody sees it."""
        n = len(self.rows)
        seen = memory.reshape(*self.rows, self.groups * self.features, self.columns, self.examples)
        return seen.transpose(n + 2, n, *range(n), n + 1)

    def matrices_of(self, result: Any) -> Any:
        """A result as (groups, rows..., features, columns x examples); a copy unless it is in our memory order."""
        n = len(self.rows)
        seen = result.transpose(*range(2, 2 + n), 1, 2 + n, 0)
        seen = seen.reshape(*self.rows, self.groups, self.features, self.columns * self.examples)
        return seen.transpose(n, *range(n), n + 1, n + 2)


def _correlate(
    x: Any, w: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1, b: Any = None
) -> Any:
    """The dot product of a kernel with every window of an image, summed over channels ("convolution" in neural
    networks).

    x  image (examples, channels, *axes)
    w  kernel (features, channels / groups, *size)
    b  (features,), which is added; without it nothing is

    stride, dilation: an int, or one for each axis; padding (with zeros): an int, or for each axis an int or (before,
    after). Returns (examples, features, *number of windows). Raises ValueError where the shapes do not fit.

    >>> correlate(np.arange(4.0).reshape(1, 1, 4), np.array([[[1.0, -1.0]]]))
    array([[[-1., -1., -1.]]])
    """
    _check(x.shape, w.shape, groups)
    if not (x.__class__ is w.__class__ is np.ndarray):
        from autograd.ops import windowed

        rest = stride, padding, dilation, groups
        return _biased(windowed.of_rows(_correlate, windowed.correlate, (x, w), rest, 1), b)
    layout = _Layout(x.shape, w.shape, stride, padding, dilation, groups)
    x, w = _common(x, w)
    if x.flags.c_contiguous and mixes_channels(w.shape[2:], stride, padding):
        return _biased(_mixed(w.reshape(groups, layout.features, layout.channels), x), b)
    return _biased(_sums(layout, w, x, _shifts_for_both(x, layout)), b)


def mixes_channels(size: Any, stride: Any, padding: Any) -> bool:
    """Whether windows are of one place each: one after the other, and without padding.

    An image in C order is then, for each example, a matrix (channels, places) as it stands, and nothing is copied.
    """
    return set(size) == {1} and _is_all(stride, 1) and _is_all(padding, 0)


def _is_all(value: Any, number: int) -> bool:
    return all(_is_all(part, number) for part in value) if isinstance(value, tuple | list) else bool(value == number)


def _places(image: Any, groups: int) -> Any:
    """(examples, groups, channels, places)."""
    return image.reshape(len(image), groups, image.shape[1] // groups, math.prod(image.shape[2:]))


def _mixed(matrices: Any, image: Any) -> Any:
    """Of every place the channels times the matrix of their group: (groups, features, channels)."""
    groups, features, _ = matrices.shape
    return (matrices @ _places(image, groups)).reshape(len(image), groups * features, *image.shape[2:])


def _shifts(image: Any, layout: _Layout) -> Any:
    """The shifts of an image, if these are few; None if they are made band by band, and not kept."""
    bands = layout.bands(image.itemsize)
    return layout.shifted(layout.source(image), bands[0]) if len(bands) == 1 else None


_shifts_for_both = once(_shifts)


def _by_bands(layout: _Layout, image: Any, shifts: Any) -> Iterator[tuple[slice, Any]]:
    """Each band of results with the shifts that it needs, which may be there already."""
    bands = layout.bands(image.itemsize)
    if len(bands) == 1:
        yield bands[0], layout.shifted(layout.source(image), bands[0]) if shifts is None else shifts
        return
    source = layout.source(image)
    for band in bands:
        yield band, layout.shifted(source, band)


def _sums(layout: _Layout, w: Any, x: Any, shifts: Any = None) -> Any:
    """The results: of each window the product with the kernel."""
    memory = empty((*layout.rows, layout.groups, layout.features, layout.columns * layout.examples), w.dtype)
    n = len(layout.rows)
    kernels = [(tap, layout.kernels(w, tap)) for tap in layout.row_taps()] if memory.size else []
    for band, shifted in _by_bands(layout, x, shifts) if kernels else ():
        part: Any = memory[band] if n else memory
        matrices = part.transpose(n, *range(n), n + 1, n + 2)
        more: Any = None
        for number, (tap, kernel) in enumerate(kernels):
            image = layout.matrices(shifted, tap, band)
            if number == 0:
                parts = _parts(kernel, image)
                np.matmul(kernel[..., None, :, :], _cut(image, parts), out=_cut(matrices, parts))
            else:
                more = empty(matrices.shape, w.dtype) if more is None else more
                matrices += np.matmul(kernel, image, out=more)
        del shifted, image, more  # before the next ones are made
    return layout.results(memory)


def _parts(kernel: Any, image: Any) -> int:
    """In how many parts to multiply the columns: of few features BLAS is quicker where it copies nothing first."""
    (features, window), wide = kernel.shape[-2:], image.shape[-1]
    if features > _SLIM:
        return 1
    least = -(-features * window * wide // _AT_ONCE)
    return next((n for n in range(max(1, least), 4 * least) if wide % n == 0), 1)


def _cut(matrices: Any, n: int) -> Any:
    """The columns of matrices (..., window, columns) in n parts: (..., n, window, columns / n)."""
    return matrices.reshape(*matrices.shape[:-1], n, matrices.shape[-1] // n).swapaxes(-3, -2)


def _biased(made: Any, b: Any) -> Any:
    return made if b is None else added(made, b.reshape(-1, *(1,) * (made.ndim - 2)))


def _mixed_kernel(y: Any, x: Any) -> Any:
    """The products of all examples' matrices (examples, groups, features or channels, places), summed: the kernel's."""
    if len(y) * math.prod(y.shape[1:3]) * x.shape[2] <= _FEW:
        return _summed(y.swapaxes(0, 1), x.swapaxes(0, 1))
    y, x = (part.transpose(1, 2, 0, 3).reshape(*part.shape[1:3], -1) for part in (y, x))  # one product of all examples
    return _summed(y, x)


def _correlate_transpose(
    y: Any, w: Any, shape: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """The adjoint of `correlate` in its image: every element of `y` adds its multiple of the kernel to its window.

    y      (examples, features, *number of windows)
    w      kernel (features, channels / groups, *size)
    shape  of the image's axes, which `y` alone leaves open when the stride is not 1

    Returns (examples, channels, *shape).

    >>> correlate_transpose(np.ones((1, 1, 2)), np.array([[[1.0, 2.0]]]), (3,))
    array([[[1., 3., 2.]]])
    """
    layout = _Layout((y.shape[0], w.shape[1] * groups, *shape), w.shape, stride, padding, dilation, groups)
    if y.shape[1:] != (w.shape[0], *layout.out):
        raise ValueError(
            f"expected {(y.shape[0], w.shape[0], *layout.out)} (the windows in an image of {tuple(shape)}), "
            f"got {y.shape}"
        )
    if not (y.__class__ is w.__class__ is np.ndarray):
        from autograd.ops import windowed

        rest = shape, stride, padding, dilation, groups
        return windowed.of_rows(_correlate_transpose, windowed.correlate_transpose, (y, w), rest, 1)
    y, w = _common(y, w)
    if y.flags.c_contiguous and mixes_channels(w.shape[2:], stride, padding):
        return _mixed(w.reshape(groups, layout.features, layout.channels).swapaxes(1, 2), y)
    y = _in_order_for_both(y)
    many = layout.channels >= min(16, layout.features / 2)  # so that the products that follow have rows enough
    if many and all(s == 1 for s in layout.stride) and y.size:  # then it is a correlation, with the kernel turned round
        turned, y = _turned(y, layout)
        return _sums(turned, _turned_kernel(w, groups), y)
    if layout.channels == layout.features == 1 < groups:
        return _depthwise_transpose(y, w, layout)
    n = len(layout.rows)
    lengths = layout.padded_rows()
    k, wide = layout.size[-1], layout.columns * layout.examples
    sums: Any = empty((groups, *lengths, k * layout.channels, wide), y.dtype)
    more: Any = None
    for axis in range(n):
        sums[(*(slice(None),) * (axis + 1), slice(layout.reached(axis), None))] = 0
    results = layout.matrices_of(y)
    for tap in itertools.product(*map(range, layout.size[:-1])):
        kernel = w.reshape(groups, layout.features, layout.channels, *layout.size)
        kernel = kernel[(slice(None), slice(None), slice(None), *tap)].transpose(0, 3, 2, 1)
        kernel = kernel.reshape(groups, *(1,) * n, k * layout.channels, layout.features)
        index = tuple(
            slice(t * d, t * d + (r - 1) * s + 1, s)
            for t, d, r, s in zip(tap, layout.dilation, layout.rows, layout.stride, strict=False)
        )
        if all(t * d < s for t, d, s in zip(tap, layout.dilation, layout.stride, strict=False)):
            np.matmul(kernel, results, out=sums[(slice(None), *index)])  # where nothing is as yet
        else:
            more = empty((groups, *layout.rows, k * layout.channels, wide), y.dtype) if more is None else more
            sums[(slice(None), *index)] += np.matmul(kernel, results, out=more)
    sums = sums.reshape(groups, *lengths, k, layout.channels, layout.columns, layout.examples)
    inner = layout.unpadded_rows()
    memory: Any = empty((*layout.spatial[:-1], groups, layout.channels, layout.spatial[-1], layout.examples), y.dtype)
    image: Any = memory.transpose(n, *range(n), n + 1, n + 2, n + 3)  # (groups, rows..., channels, columns, examples)
    image[..., max(0, layout.reached(-1) - layout.padding[-1][0]) :, :] = 0
    for i in range(k):
        span = layout.span(-1, i)
        if span is not None:
            columns, part = image[..., span[0], :], sums[(slice(None), *inner, i, slice(None), span[1])]
            if i * layout.dilation[-1] < layout.stride[-1]:
                columns[...] = part
            else:
                columns += part
    memory = memory.reshape(*layout.spatial[:-1], groups * layout.channels, layout.spatial[-1], layout.examples)
    return memory.transpose(n + 2, n, *range(n), n + 1)


def _turned_kernel(w: Any, groups: int) -> Any:
    """Backwards along each axis, with features and channels of a group exchanged."""
    turned = w.reshape(groups, -1, *w.shape[1:]).swapaxes(1, 2)
    turned = turned[(..., *(slice(None, None, -1),) * (w.ndim - 2))]
    return turned.reshape(-1, w.shape[0] // groups, *w.shape[2:])


def _turned(y: Any, layout: _Layout) -> tuple[_Layout, Any]:
    """Of a correlation with stride 1, how its results lie for the adjoint, which is one again, and those that count."""
    reach = [d * (k - 1) for d, k in zip(layout.dilation, layout.size, strict=True)]
    padding = [(r - low, r - high) for r, (low, high) in zip(reach, layout.padding, strict=True)]
    y = y[(..., *(slice(-min(0, low), min(0, high) or None) for low, high in padding))]
    padding = [(max(0, low), max(0, high)) for low, high in padding]
    kernel = (layout.groups * layout.channels, layout.features, *layout.size)
    turned = _Layout(y.shape, kernel, 1, tuple(padding), layout.dilation, layout.groups)
    return turned, y


def _correlate_kernel(
    y: Any, x: Any, size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """The adjoint of `correlate` in its kernel: (features, channels / groups, *size)."""
    if not (y.__class__ is x.__class__ is np.ndarray):
        from autograd.ops import windowed

        rest = size, stride, padding, dilation, groups
        return windowed.of_rows(_correlate_kernel, windowed.correlate_kernel, (y, x), rest, 2)
    kernel_shape = (y.shape[1], x.shape[1] // groups, *size)
    layout = _Layout(x.shape, kernel_shape, stride, padding, dilation, groups)
    y, x = _common(y, x)
    if y.flags.c_contiguous and x.flags.c_contiguous and mixes_channels(size, stride, padding):
        return _mixed_kernel(_places(y, groups), _places(x, groups)).reshape(kernel_shape)
    return _kernel(layout, x, if_made(_shifts_for_both, x, layout), _in_order_for_both(y))


def _kernel(layout: _Layout, x: Any, shifts: Any, y: Any) -> Any:
    """The products of the results' gradients with the windows, of all of them together."""
    total: Any = np.zeros((layout.groups, layout.features, *layout.size, layout.channels), y.dtype)
    if y.size:
        results = layout.matrices_of(y)
        form = layout.groups, layout.rows, layout.features, layout.merged
        sums = {tap: _Products(*form, y.dtype) for tap in layout.row_taps()}
        for band, shifted in _by_bands(layout, x, shifts):
            part: Any = results[:, band] if layout.rows else results
            for tap, found in sums.items():
                found.add(part, layout.matrices(shifted, tap, band), band)
            del shifted  # before the next ones are made
        for tap, found in sums.items():
            index = tap if layout.height == 1 else tap[:-1]
            part = total[(slice(None), slice(None), *index)]
            part[...] = found.total().reshape(part.shape)
    n = len(layout.size)
    total = total.transpose(0, 1, 2 + n, *range(2, 2 + n))
    return np.ascontiguousarray(total).reshape(-1, layout.channels, *layout.size)


class _Products:
    """The matrix products a @ bᵀ, summed over all axes between the first and the last two, which come band by band."""

    def __init__(self, groups: int, rows: tuple[int, ...], features: int, window: int, dtype: Any) -> None:
        self._turned = window > features  # BLAS is up to twice as fast when the first factor has the more rows
        shape = (window, features) if self._turned else (features, window)
        few = groups * math.prod(shape) * math.prod(rows) <= _FEW
        self._each: Any = empty((groups, *rows, *shape), dtype) if few else None
        self._sum: Any = None if few else np.zeros((groups, *shape), dtype)

    def add(self, a: Any, b: Any, band: slice) -> None:
        if self._turned:
            a, b = b, a
        b = b.swapaxes(-1, -2)
        if self._each is not None:
            np.matmul(a, b, out=self._each[:, band] if a.ndim > 3 else self._each)
            return
        for row in np.ndindex(a.shape[1:-2]):
            where = (slice(None), *row)
            self._sum += a[where] @ b[where]

    def total(self) -> Any:
        """(groups, features, window)."""
        made = self._sum if self._each is None else self._each.sum(tuple(range(1, self._each.ndim - 2)))
        return made.swapaxes(-1, -2) if self._turned else made


def _summed(a: Any, b: Any) -> Any:
    """The same of all at once."""
    found = _Products(len(a), a.shape[1:-2], a.shape[-2], b.shape[-2], a.dtype)
    found.add(a, b, slice(None))
    return found.total()


def _depthwise_transpose(y: Any, w: Any, layout: _Layout) -> Any:
    """With one channel to a group, no matrix products, but as many passes as the window has places."""
    total: Any = np.zeros_like(y, shape=(*y.shape[:2], *layout.spatial))
    for tap, inside, which in layout.taps():
        total[inside] += y[which] * w[(slice(None), 0, *tap)].reshape(-1, *(1,) * len(tap))
    return total


def is_to_be_turned(g: Any) -> bool:
    """Whether an image, of several examples, does not lie in our memory order, nor in one that is as good."""
    return len(g) > 1 and bool(g.strides[0] > g.strides[-1])


def _in_order(g: Any) -> Any:
    """The same array in our memory order."""
    if type(g) is not np.ndarray or not is_to_be_turned(g):
        return g
    n = g.ndim
    turned = contiguous(g.transpose(*range(2, n - 1), 1, n - 1, 0))
    return turned.transpose(n - 1, n - 3, *range(n - 3), n - 2)


_in_order_for_both = once(_in_order)


# ---- arguments -------------------------------------------------------------------------------------------------------


def _common(a: Any, b: Any) -> tuple[Any, Any]:
    dtype = np.result_type(a, b)
    return a.astype(dtype, copy=False), b.astype(dtype, copy=False)


def _check(x: Any, w: Any, groups: int) -> None:
    if len(x) != len(w) or len(x) < 3:
        raise ValueError(f"expected an image (examples, channels, *axes) and a kernel of as many axes, got {x} and {w}")
    if groups < 1 or x[1] % groups or w[0] % groups:
        raise ValueError(f"expected channels ({x[1]}) and features ({w[0]}) to be divisible by groups, got {groups}")
    if x[1] != w[1] * groups:
        raise ValueError(f"expected {w[1] * groups} channels (the kernel is {w}, groups {groups}), got {x[1]}")
    if not math.prod(w[2:]):
        raise ValueError(f"expected a kernel with at least one element, got {w}")


correlate: Function = primitive(
    _correlate, name="correlate", kind="bilinear", single=True,
    x=lambda g, w, x_shape, stride, padding, dilation, groups: correlate_transpose(
        g, w, x_shape[2:], stride, padding, dilation, groups
    ),
    w=lambda g, x, w_shape, stride, padding, dilation, groups: correlate_kernel(
        g, x, w_shape[2:], stride, padding, dilation, groups
    ),
    b=lambda g, b_shape: sum_to(g, b_shape + (1,) * (g.ndim - 2)).reshape(b_shape),
)  # fmt: skip
correlate_transpose: Function = primitive(
    _correlate_transpose, name="correlate_transpose", kind="bilinear", single=True,
    y=lambda g, w, stride, padding, dilation, groups: correlate(g, w, stride, padding, dilation, groups),
    w=lambda g, y, w_shape, stride, padding, dilation, groups: correlate_kernel(
        y, g, w_shape[2:], stride, padding, dilation, groups
    ),
)  # fmt: skip
correlate_kernel: Function = primitive(
    _correlate_kernel, name="correlate_kernel", kind="bilinear", single=True,
    y=lambda g, x, stride, padding, dilation, groups: correlate(x, g, stride, padding, dilation, groups),
    x=lambda g, y, x_shape, stride, padding, dilation, groups: correlate_transpose(
        y, g, x_shape[2:], stride, padding, dilation, groups
    ),
)  # fmt: skip
