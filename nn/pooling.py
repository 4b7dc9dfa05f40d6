"""Pooling: one number for each window, its mean, its maximum or its norm; and max-pooling's way back."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Tensor, generator
from autograd.ops import alike, in_blocks, in_single, max_windows, sum_windows

from .shared import plain, within
from .spatial import check_axes, named, per_axis

Ints = tuple[int, ...]


def _plan(
    who: str, shape: Any, size: Ints, stride: Ints, padding: Ints, dilation: Ints, ceil_mode: bool
) -> tuple[Ints, tuple[tuple[int, int], ...]]:
    """How many windows there are along each axis, and the padding (before, after) with which just so many fit.

    In ceil mode a last window may reach over the edge, but one that would start in the right padding is dropped.
    """
    counts, sides = [], []
    for length, k, s, p, d in zip(shape, size, stride, padding, dilation, strict=True):
        span = d * (k - 1) + 1
        if p > span // 2:
            raise ValueError(f"{who}: expected padding of at most half of the window {size}, got {padding}")
        room = length + 2 * p - span
        count = (-(-room // s) if ceil_mode else room // s) + 1
        if ceil_mode and (count - 1) * s >= length + p:
            count -= 1
        if count < 1:
            raise ValueError(f"{who}: a window {size} is larger than the input {tuple(shape)} with padding {padding}")
        counts.append(count)
        sides.append((p, max(0, (count - 1) * s + span - length - p)))
    return tuple(counts), tuple(sides)


def arguments_of(
    n: int, who: str, kernel_size: Any, stride: Any, padding: Any = 0, dilation: Any = 1
) -> tuple[Ints, Ints, Ints, Ints]:
    """Window, stride (the window unless it is given), padding and dilation as one number for each of n axes."""
    size = per_axis(kernel_size, n, who, "kernel_size", 1)
    stride = size if stride is None or stride == () else per_axis(stride, n, who, "stride", 1)
    return size, stride, per_axis(padding, n, who, "padding", 0), per_axis(dilation, n, who, "dilation", 1)


# ---- the maximum -----------------------------------------------------------------------------------------------------


def _max_pool(n: int) -> Callable[..., Any]:
    who = f"max_pool{n}d"

    def max_pool(
        input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:  # fmt: skip
        """The maximum of every window; padding counts as minus infinity, the gradient goes to the first maximum.

        input           (N, C, *axes), or without N
        stride          that of the windows; their size unless it is given
        ceil_mode       whether a last window may reach over the edge
        return_indices  also return where each maximum is, counted over the flattened axes of a channel

        Raises ValueError for windows that do not fit, and for padding of more than half of a window.

        >>> from nn.functional import max_pool1d
        >>> max_pool1d(np.array([[1.0, 3, 2, 0]]), 2, return_indices=True)
        (array([[3., 2.]]), array([[1, 2]]))
        """
        check_axes(input, n, who)
        _check_real(input, who)
        size, strides, paddings, dilations = arguments_of(n, who, kernel_size, stride, padding, dilation)
        shape = input.shape[-n:]
        counts, sides = _plan(who, shape, size, strides, paddings, dilations, ceil_mode)
        everything = size == tuple(shape) and not any(paddings) and counts == dilations == (1,) * n
        if everything and not in_blocks(plain(input)):
            result, place = _greatest(input, n)
            return (result, place) if return_indices else result
        if not return_indices:
            return max_windows(input, size, strides, sides, dilations)
        places = []
        for length, count, k, s, (before, _), d in zip(shape, counts, size, strides, sides, dilations, strict=True):
            at = np.arange(count)[:, None] * s - before + np.arange(k) * d
            inside = (at >= 0) & (at < length)  # of what is outside, the first element inside is there again
            if not inside.any(axis=1).all():
                raise ValueError(f"{who}: expected an element in each window, to say where it is, got padding alone")
            places.append(np.where(inside, at, at[np.arange(count), inside.argmax(1)][:, None]))
        return _first_maxima(input, places)

    return named(max_pool, who)


max_pool1d, max_pool2d, max_pool3d = map(_max_pool, (1, 2, 3))


def _greatest(input: Any, n: int) -> tuple[Any, Any]:
    """The first maximum over all of the last n axes, which become 1 long, and where it is, counted over them.

    Of NaNs it is the last.
    """
    lead = input.shape[:-n]
    lines = input.reshape(*lead, math.prod(input.shape[-n:]))
    values = plain(lines)
    place = values.argmax(axis=-1)[..., None]
    result = np.take_along_axis(lines, place, -1)
    if np.isnan(plain(result)).any():
        last = lines.shape[-1] - 1 - np.isnan(values)[..., ::-1].argmax(axis=-1)[..., None]
        place = np.where(np.isnan(plain(result)), last, place)
        result = np.take_along_axis(lines, place, -1)
    one = (*lead, *(1,) * n)
    return result.reshape(one), place.reshape(one)


def _check_real(input: Any, who: str) -> None:
    if input.dtype.kind not in "fiu":
        raise TypeError(f"{who}: expected real numbers, which have a maximum, got dtype {input.dtype}")


def _first_maxima(input: Any, places: list[Any]) -> tuple[Any, Any]:
    """The maximum of every window, and where the first is, counted over the flattened axes (of NaNs, the last).

    places  for each axis, where the elements of its windows are: (windows, size), or of each channel its own
    """
    n = len(places)
    lead, shape = input.shape[:-n], input.shape[-n:]
    highest: Any = plain(input)
    where: Any = 0
    nan = np.isnan(highest).any()
    for axis in reversed(range(-n, 0)):
        place = alike(places[axis], highest)
        source, highest = highest, _lines(highest, place[..., 0], axis)
        choice = np.zeros_like(highest, np.int8 if place.shape[-1] < 128 else np.intp)
        for k in range(1, place.shape[-1]):
            other = _lines(source, place[..., k], axis)
            better = other > highest
            if nan:
                better |= np.isnan(other)
            np.maximum(choice, better * choice.dtype.type(k), out=choice)
            np.maximum(highest, other, out=highest)
        first = np.arange(0, place.size, place.shape[-1])
        ones = (1,) * (n + axis), (1,) * (-1 - axis)
        first = alike(first.reshape(*place.shape[:-2], *ones[0], place.shape[-2], *ones[1]), highest)
        place = np.take_along_axis(place.reshape(-1), (first + choice).reshape(-1), 0).reshape(choice.shape)
        before = _taken(where, place, axis) if np.ndim(where) else 0
        where = before + place * math.prod(shape[n + axis + 1 :])
    lines = input.reshape(*lead, math.prod(shape))
    picked = np.take_along_axis(lines, where.reshape(*lead, math.prod(where.shape[-n:])), -1)
    return picked.reshape(where.shape), where


def _lines(x: Any, index: Any, axis: int) -> Any:
    """What stands along an axis at the places of an index, which is the same for all or of each channel its own."""
    if index.ndim == 1:
        return x.take(index, axis)
    wide = x.ndim - (index.ndim - 1)
    shape = (*index.shape[:-1], *(1,) * (wide + axis), index.shape[-1], *(1,) * (-1 - axis))
    return _taken(x, index.reshape(shape), axis)


def _taken(x: Any, index: Any, axis: int) -> Any:
    """np.take_along_axis of plain arrays, in the quicker way that it has on Tensors."""
    return plain(np.take_along_axis(Tensor(x), index, axis))


def _max_unpool(n: int) -> Callable[..., Any]:
    who = f"max_unpool{n}d"

    def max_unpool(
        input: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
    ) -> Any:
        """Put values back where max-pooling found them (its indices), among zeros.

        output_size  of the axes, or of everything, where the sizes given leave it open

        Where an index occurs twice, the last value stays, and each has the gradient of that place, as in PyTorch.
        Raises ValueError for indices of another shape than the input or outside of the result, and for an output_size
        that is out of reach.

        >>> from nn.functional import max_unpool1d
        >>> max_unpool1d(np.array([[3.0, 2]]), np.array([[1, 2]]), 2)
        array([[0., 3., 2., 0.]])
        """
        check_axes(input, n, who)
        size, strides, paddings, _ = arguments_of(n, who, kernel_size, stride, padding)
        places = plain(indices)
        if places.shape != input.shape:
            raise ValueError(f"{who}: expected indices of the input's shape {input.shape}, got {places.shape}")
        pairs = zip(input.shape[-n:], strides, size, paddings, strict=True)
        shape = tuple((length - 1) * s + k - 2 * p for length, s, k, p in pairs)
        if output_size is not None:
            wanted = tuple(output_size)[-n:]
            reach = zip(shape, wanted, strides, strict=False)
            if len(output_size) not in (n, input.ndim) or not all(abs(want - is_) < s for is_, want, s in reach):
                raise ValueError(f"{who}: expected an output_size within a stride of {shape}, got {tuple(output_size)}")
            shape = wanted
        total = math.prod(shape)
        within(places, 0, total, who, "indices", ValueError)
        lead = input.shape[:-n]
        channels = math.prod(lead)
        tensor = isinstance(input, Tensor)
        start = alike(np.arange(channels)[:, None] * total, places)
        where = (start + places.reshape(channels, math.prod(places.shape[-n:]))).reshape(-1)
        result: Any = np.zeros_like(plain(input), shape=channels * total)
        result = Tensor(result) if tensor else result
        values = input.reshape(-1)
        if tensor and input.requires_grad and np.bincount(where).max(initial=0) > 1:
            result[where] = values.data
            np.add.at(result, where, values - values.data)
        else:
            result[where] = values
        return result.reshape(*lead, *shape)

    return named(max_unpool, who)


# ---- the mean --------------------------------------------------------------------------------------------------------


def _mean_pool(
    who: str, input: Any, n: int, arguments: tuple[Ints, Ints, Ints, Ints], ceil_mode: bool, count_include_pad: bool,
    divisor_override: int | None,
) -> Any:  # fmt: skip
    check_axes(input, n, who)
    size, stride, padding, dilation = arguments
    shape = input.shape[-n:]
    counts, sides = _plan(who, shape, size, stride, padding, dilation, ceil_mode)
    if size == tuple(shape) and not any(padding) and divisor_override is None:  # one window, which is everything
        return input.mean(axis=tuple(range(-n, 0)), keepdims=True)
    total = sum_windows(input, size, stride, sides)
    if divisor_override is not None:
        if divisor_override == 0:
            raise ValueError(f"{who}: expected a divisor_override other than 0")
        return total / divisor_override
    divisor: Any = 1
    for i, (length, k, s, p, count) in enumerate(zip(shape, size, stride, padding, counts, strict=True)):
        start = np.arange(count) * s - p
        within = np.minimum(start + k, length + p) - start
        if not count_include_pad:
            within = np.minimum(start + k, length) - np.maximum(start, 0)
        divisor = divisor * (k if (within == k).all() else within.reshape(-1, *(1,) * (n - 1 - i)))
    return total / (divisor if isinstance(divisor, int) else alike(divisor.astype(total.dtype), total))


def _avg_pool(n: int) -> Callable[..., Any]:
    who = f"avg_pool{n}d"

    @in_single
    def avg_pool(
        input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> Any:  # fmt: skip
        """The mean of every window of (N, C, *axes), or of the same without N; padding counts as zeros.

        stride             that of the windows; their size unless it is given
        ceil_mode          whether a last window may reach over the edge
        count_include_pad  whether the padding counts in the mean
        divisor_override   what to divide the sum by instead of the number of elements

        Raises ValueError for windows that do not fit, and for padding of more than half of a window.

        >>> from nn.functional import avg_pool1d
        >>> avg_pool1d(np.array([[1.0, 3, 2, 0]]), 2)
        array([[2., 1.]])
        """
        arguments = arguments_of(n, who, kernel_size, stride, padding)
        return _mean_pool(who, input, n, arguments, ceil_mode, count_include_pad, divisor_override)

    return named(avg_pool, who)


avg_pool1d, avg_pool2d, avg_pool3d = map(_avg_pool, (1, 2, 3))


def _lp_pool(n: int) -> Callable[..., Any]:
    who = f"lp_pool{n}d"

    @in_single
    def lp_pool(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
        """The p-norm without absolute values of every window, (Σ xᵖ)^(1/p), of (N, C, *axes) or without N.

        Where the sum is 0, so is the gradient. For p = ∞ it is the largest absolute value.

        >>> from nn.functional import lp_pool1d
        >>> lp_pool1d(np.array([[3.0, 4, 0, 0]]), 2, 2)
        array([[5., 0.]])
        """
        if norm_type == math.inf:
            return _max_pool(n)(abs(input), kernel_size, stride, ceil_mode=ceil_mode)
        arguments = arguments_of(n, who, kernel_size, stride)
        total = _mean_pool(who, input**norm_type, n, arguments, ceil_mode, True, None) * math.prod(arguments[0])
        if norm_type == 1:
            return total
        empty = plain(total) == 0
        if not in_blocks(empty) and not empty.any():
            return total ** (1 / norm_type)
        return np.where(empty, 0, np.where(empty, 1, total) ** (1 / norm_type))

    return named(lp_pool, who)


# ---- as many windows as are asked for --------------------------------------------------------------------------------


def _output_size(input: Any, output_size: Any, n: int, who: str) -> Ints:
    values = tuple(output_size) if isinstance(output_size, tuple | list) else (output_size,)
    values = values * n if len(values) == 1 else values
    if len(values) == n:
        values = tuple(length if v is None else v for v, length in zip(values, input.shape[-n:], strict=True))
    return per_axis(values, n, who, "output_size", 0)


def _nothing(input: Any, counts: Ints) -> Any:
    """The result where no windows are asked for."""
    lead = input.shape[: input.ndim - len(counts)]
    return input[(..., *(slice(0),) * len(counts))].reshape(*lead, *counts)


def _even(shape: Any, counts: Ints) -> Ints | None:
    """The size of the windows, if they are all alike."""
    pairs = list(zip(shape, counts, strict=True))
    return None if any(length % count for length, count in pairs) else tuple(length // count for length, count in pairs)


def _bins(length: int, count: int) -> tuple[Any, Any]:
    """The first elements, and those after the last, of `count` windows that cover `length` elements."""
    i = np.arange(count)
    return i * length // count, -(-(i + 1) * length // count)


def along(x: Any, axis: int, matrix: Any) -> Any:
    """Every line along an axis times a matrix (length, new length), which is 0 in most places.

    NaN and infinities stay where they belong: 0 times one of them would be NaN everywhere.
    """
    x, matrix = x.swapaxes(axis, -1), alike(matrix.astype(x.dtype), x)
    if not in_blocks(plain(x)) and np.isfinite(plain(x)).all():
        result = x @ matrix
    else:
        result = np.stack([x[..., used] @ column[used] for column in matrix.T for used in np.nonzero(column)], axis=-1)
    return result.swapaxes(axis, -1)


def _adaptive_avg_pool(n: int) -> Callable[..., Any]:
    who = f"adaptive_avg_pool{n}d"

    @in_single
    def adaptive_avg_pool(input: Any, output_size: Any) -> Any:
        """The means of as many windows of (N, C, *axes), or of the same without N, as output_size says.

        None in output_size keeps an axis. Window i of o reaches from floor(i·n/o) to ceil((i + 1)·n/o).

        >>> from nn.functional import adaptive_avg_pool1d
        >>> adaptive_avg_pool1d(np.arange(5.0)[None], 2)
        array([[1., 3.]])
        """
        check_axes(input, n, who)
        counts = _output_size(input, output_size, n, who)
        if 0 in counts:
            return _nothing(input, counts)
        shape = input.shape[-n:]
        if size := _even(shape, counts):
            return (avg_pool1d, avg_pool2d, avg_pool3d)[n - 1](input, size)
        for axis, (length, count) in enumerate(zip(shape, counts, strict=True), -n):
            start, stop = _bins(length, count)
            place = np.arange(length)[:, None]
            lengths = (stop - start).reshape(-1, *(1,) * (-1 - axis))
            lengths = alike(lengths.astype(input.dtype), input)
            input = along(input, axis, (place >= start) & (place < stop)) / lengths
        return input

    return named(adaptive_avg_pool, who)


def _adaptive_max_pool(n: int) -> Callable[..., Any]:
    who = f"adaptive_max_pool{n}d"

    def adaptive_max_pool(input: Any, output_size: Any, return_indices: bool = False) -> Any:
        """The maxima of as many windows of (N, C, *axes), or of the same without N, as output_size says.

        The windows are those of `adaptive_avg_pool1d`. With return_indices also where each maximum is, counted over the
        flattened axes of a channel.

        >>> from nn.functional import adaptive_max_pool1d
        >>> adaptive_max_pool1d(np.arange(5.0)[None], 2)
        array([[2., 4.]])
        """
        check_axes(input, n, who)
        _check_real(input, who)
        counts = _output_size(input, output_size, n, who)
        if 0 in counts:
            empty = _nothing(input, counts)
            return (empty, np.zeros(empty.shape, int)) if return_indices else empty
        shape = input.shape[-n:]
        if size := _even(shape, counts):
            return (max_pool1d, max_pool2d, max_pool3d)[n - 1](input, size, return_indices=return_indices)
        places = []
        for length, count in zip(shape, counts, strict=True):
            start, stop = _bins(length, count)
            longest = int((stop - start).max())  # a shorter window has its last element again
            places.append(np.minimum(start[:, None] + np.arange(longest), stop[:, None] - 1))
        result = _first_maxima(input, places)
        return result if return_indices else result[0]

    return named(adaptive_max_pool, who)


def _fractional_max_pool(n: int) -> Callable[..., Any]:
    who = f"fractional_max_pool{n}d"

    def fractional_max_pool(
        input: Any, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
        _random_samples: Any = None, *, rng: Any = None,
    ) -> Any:  # fmt: skip
        """The maxima of windows whose distances vary at random, so that any output size can be had.

        output_size   how many windows along each axis; or
        output_ratio  how many for each element, between 0 and 1
        _random_samples  numbers in [0, 1), (N, C, n), that choose the windows; drawn from `rng` unless given

        B. Graham, Fractional Max-Pooling, arXiv:1412.6071, the pseudorandom, overlapping kind.

        >>> from nn.functional import fractional_max_pool2d
        >>> fractional_max_pool2d(np.zeros((1, 3, 9, 8)), 2, output_ratio=0.6).shape
        (1, 3, 5, 4)
        """
        check_axes(input, n, who)
        size, counts, ratios = fractions_of(n, who, kernel_size, output_size, output_ratio)
        shape = input.shape[-n:]
        if ratios is not None:
            counts = [int(length * ratio) for length, ratio in zip(shape, ratios, strict=True)]
            counts = per_axis(counts, n, who, "output_size", 1)
        if any(count + k - 1 > length for count, k, length in zip(counts, size, shape, strict=True)):
            raise ValueError(
                f"{who}: expected output_size + kernel_size - 1 of at most the input {shape}, got {counts} and {size}"
            )
        lead = input.shape[:-n]
        samples = generator(rng).random((*lead, n)) if _random_samples is None else plain(_random_samples)
        samples = (samples[: math.prod(lead[:-1])] if samples.ndim == 3 else samples).reshape(*lead, n)
        if n == 2:
            samples = samples[..., ::-1]  # the reference implementation draws the width first, of two axes
        places = []
        for i, (length, count, k) in enumerate(zip(shape, counts, size, strict=True)):
            sample = samples[..., i, None]
            start = np.full_like(samples, length - k, dtype=int, shape=(*lead, 1))
            if count > 1:
                step = samples.dtype.type((length - k) / (count - 1))
                steps = _counted(samples, count - 1)
                others = ((steps + sample) * step).astype(int) - (sample * step).astype(int)
                start = np.concatenate([others, start], -1)
            places.append(start[..., None] + _counted(samples, k))
        result = _first_maxima(input, places)
        return result if return_indices else result[0]

    return named(fractional_max_pool, who)


def _counted(like: Any, n: int) -> Any:
    """0, 1, …, n - 1 in an array of the kind of another."""
    return np.cumsum(np.ones_like(like, dtype=int, shape=(n,))) - 1


def fractions_of(n: int, who: str, kernel_size: Any, output_size: Any, output_ratio: Any) -> tuple[Any, Any, Any]:
    """The window, and of the output's size or ratio the one that is given, as one number for each of n axes."""
    if (output_size is None) == (output_ratio is None):
        raise ValueError(f"{who}: expected either output_size or output_ratio")
    size = per_axis(kernel_size, n, who, "kernel_size", 1)
    if output_ratio is None:
        return size, per_axis(output_size, n, who, "output_size", 1), None
    ratios = output_ratio if isinstance(output_ratio, tuple | list) else (output_ratio,) * n
    if len(ratios) != n or not all(0 < ratio < 1 for ratio in ratios):
        raise ValueError(f"{who}: expected {n} output ratios between 0 and 1, got {ratios}")
    return size, None, ratios


max_unpool1d, max_unpool2d, max_unpool3d = map(_max_unpool, (1, 2, 3))
lp_pool1d, lp_pool2d, lp_pool3d = map(_lp_pool, (1, 2, 3))
adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d = map(_adaptive_avg_pool, (1, 2, 3))
adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d = map(_adaptive_max_pool, (1, 2, 3))
fractional_max_pool2d, fractional_max_pool3d = map(_fractional_max_pool, (2, 3))
