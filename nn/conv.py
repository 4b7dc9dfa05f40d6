"""Convolutions over 1, 2 and 3 axes and their transposes.

What neural networks call a convolution is a correlation: the kernel is not turned round.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd import fold as sum_back
from autograd import windows
from autograd.ops import correlate, correlate_transpose, in_single

from . import init
from .layer import Layer
from .padding import pad
from .shared import one_of, unusual
from .spatial import batched, check_axes, check_dtype, named, per_axis


def _conv(n: int) -> Callable[..., Any]:
    who = f"conv{n}d"

    def conv(
        input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
    ) -> Any:
        """The dot product of a kernel with every window of the input, summed over the channels of a group.

        input    (N, C, *axes), or without N
        weight   (O, C / groups, *kernel)
        bias     (O,)
        padding  with zeros: a number, one for each axis, "valid" (none) or "same" (as many windows as elements)

        Returns (N, O, *windows), floor((axis + 2·padding − dilation·(kernel − 1) − 1) / stride) + 1 along each axis.
        Raises ValueError for shapes that do not fit and for "same" with a stride, TypeError for mixed dtypes.

        >>> from nn.functional import conv1d
        >>> conv1d(np.array([[1.0, 2, 4, 8]]), np.array([[[-1.0, 1]]]))
        array([[1., 2., 4.]])
        """
        _check(who, n, input, weight, bias, groups, weight.shape[1] * groups, weight.shape[0])
        strides = per_axis(stride, n, who, "stride", 1)
        dilations = per_axis(dilation, n, who, "dilation", 1)
        sides = _sides(who, padding, weight.shape[2:], strides, dilations)
        for length, (low, high), k, d in zip(input.shape[-n:], sides, weight.shape[2:], dilations, strict=True):
            if length + low + high < d * (k - 1) + 1:
                raise ValueError(
                    f"{who}: expected an input at least as large as the kernel {weight.shape[2:]} "
                    f"(dilation {dilations}), got shape {input.shape} with padding {padding!r}"
                )
        return batched(lambda x: correlate(x, weight, strides, sides, dilations, groups, bias), input, n)

    return named(conv, who)


def _conv_transpose(n: int) -> Callable[..., Any]:
    who = f"conv_transpose{n}d"

    @in_single
    def conv_transpose(
        input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
        groups: int = 1, dilation: Any = 1,
    ) -> Any:  # fmt: skip
        """The adjoint of a convolution in its input: every element adds its multiple of the kernel to its window.

        input           (N, C, *axes), or without N
        weight          (C, O / groups, *kernel)
        bias            (O,)
        padding         how much is cut off on both sides of the result
        output_padding  how much less is cut off on the right; below the stride or the dilation

        Returns (N, O, *axes), (axis − 1)·stride − 2·padding + dilation·(kernel − 1) + output_padding + 1 along each.
        Raises ValueError for shapes that do not fit, TypeError for mixed dtypes.

        >>> from nn.functional import conv_transpose1d
        >>> conv_transpose1d(np.array([[1.0, 2]]), np.array([[[1.0, 10]]]), stride=2)
        array([[ 1., 10.,  2., 20.]])
        """
        _check(who, n, input, weight, bias, groups, weight.shape[0], weight.shape[1] * groups)
        strides = per_axis(stride, n, who, "stride", 1)
        dilations = per_axis(dilation, n, who, "dilation", 1)
        paddings = per_axis(padding, n, who, "padding", 0)
        extras = per_axis(output_padding, n, who, "output_padding", 0)
        shape, sides, rest = [], [], []
        least = _least(input.shape, weight.shape[2:], strides, paddings, dilations)
        for low, s, p, extra, d in zip(least, strides, paddings, extras, dilations, strict=True):
            if extra >= max(s, d):
                raise ValueError(
                    f"{who}: expected output_padding below the stride {strides} or the dilation {dilations}, "
                    f"got {output_padding!r}"
                )
            if low + extra < 1:
                raise ValueError(
                    f"{who}: an input of shape {input.shape} with padding {padding!r} leaves nothing of the result"
                )
            # below the stride, the same windows fit into so much more; else less is cut off, and the rest is zero
            cut = p if extra < s else max(0, p - extra)
            shape.append(low + extra if extra < s else low + p - cut)
            sides.append((p, cut))
            rest.append(0 if extra < s else max(0, extra - p))
        result = batched(
            lambda y: correlate_transpose(y, weight, tuple(shape), strides, tuple(sides), dilations, groups), input, n
        )
        if any(rest):
            result = pad(result, [side for amount in reversed(rest) for side in (0, amount)])
        return result if bias is None else result + bias.reshape(-1, *(1,) * n)

    return named(conv_transpose, who)


def _least(shape: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> list[int]:
    """The lengths of a transposed convolution's result without output_padding."""
    numbers = zip(shape[-len(kernel) :], kernel, stride, padding, dilation, strict=True)
    return [(length - 1) * s - 2 * p + d * (k - 1) + 1 for length, k, s, p, d in numbers]


def _check(who: str, n: int, input: Any, weight: Any, bias: Any, groups: int, channels: int, features: int) -> None:
    if weight.ndim != n + 2:
        raise ValueError(f"{who}: expected a weight of {n + 2} dimensions, got shape {weight.shape}")
    check_axes(input, n, who)
    if not (isinstance(groups, int) and groups > 0) or channels % groups or features % groups:
        raise ValueError(
            f"{who}: expected groups that divide {channels} input and {features} output channels "
            f"(weight is {weight.shape}), got {groups!r}"
        )
    if input.shape[-n - 1] != channels:
        last = input.ndim == n + 2 and input.shape[-1] == channels
        instead = f"; write input.transpose({', '.join(map(str, (0, n + 1, *range(1, n + 1))))})" if last else ""
        raise ValueError(
            f"{who}: expected {channels} input channels (weight is {weight.shape}"
            + (f", groups {groups}" if groups > 1 else "") + f"), got input of shape {input.shape}{instead}"
        )  # fmt: skip
    if bias is not None and bias.shape != (features,):
        raise ValueError(f"{who}: expected a bias of shape {(features,)}, got {bias.shape}")
    check_dtype(who, weight, input, bias)


def _sides(who: str, padding: Any, kernel: Any, stride: Any, dilation: Any) -> tuple[tuple[int, int], ...]:
    """Padding as (before, after) for each axis."""
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if padding == "same":
        if any(s != 1 for s in stride):
            raise ValueError(f"{who}: padding 'same' needs stride 1, got {stride}")
        totals = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
        return tuple((total // 2, total - total // 2) for total in totals)
    if isinstance(padding, str):
        raise ValueError(f"{who}: expected numbers, 'same' or 'valid' as padding, got {padding!r}")
    return tuple((p, p) for p in per_axis(padding, len(kernel), who, "padding", 0))


conv1d, conv2d, conv3d = map(_conv, (1, 2, 3))
conv_transpose1d, conv_transpose2d, conv_transpose3d = map(_conv_transpose, (1, 2, 3))


class _Conv(Layer):
    """What the six layers have in common; a transposed one has the numbers of its channels the other way round."""

    axes: int
    transposed = False
    padding: Any

    def begin(self, arguments: dict[str, Any]) -> None:
        """Hold a constructor's arguments, one for each axis, and make the parameters."""
        self.hold(arguments)
        who, n, ends = type(self).__name__, self.axes, (self.out_channels, self.in_channels)
        if self.groups <= 0 or any(channels % self.groups for channels in ends):
            raise ValueError(
                f"{who}: expected groups that divide in_channels={ends[1]} and out_channels={ends[0]}, "
                f"got {self.groups}"
            )
        modes = ("zeros",) if self.transposed else ("zeros", "reflect", "replicate", "circular")
        one_of(self.padding_mode, modes, who, "padding_mode")
        for name, least in (("kernel_size", 1), ("stride", 1), ("dilation", 1), ("padding", 0), ("output_padding", 0)):
            value = arguments.get(name, 0)
            setattr(
                self,
                name,
                value if isinstance(value, str) and name == "padding" else per_axis(value, n, who, name, least),
            )
        if not self.transposed:
            _sides(who, self.padding, self.kernel_size, self.stride, self.dilation)
        first, second = ends[::-1] if self.transposed else ends
        shape = (first, second // self.groups, *self.kernel_size)
        self.make(arguments["dtype"], weight=shape, bias=ends[:1] if arguments["bias"] else None)
        self.reset_parameters(self.rng)

    def reset_parameters(self, rng: Any = None) -> None:
        """Draw the initial values again: U(-k, k), k = 1/√(fan-in of the weight)."""
        fan_in = math.prod(self.weight.shape[1:])
        if fan_in:
            init.uniform_by_fan_(fan_in, self.weight, self.bias, rng=rng)

    def extra_repr(self) -> str:
        n = self.axes
        usual = {
            "padding": (0,) * n, "dilation": (1,) * n, "output_padding": (0,) * n, "groups": 1, "bias": True,
            "padding_mode": "zeros",
        }  # fmt: skip
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        return text + unusual({**vars(self), "bias": self.bias is not None}, usual)


class _Forward(_Conv):
    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros", *, device: Any = None,
        dtype: Any = None, rng: Any = None,
    ) -> None:  # fmt: skip
        self.begin(locals())

    def forward(self, input: Any) -> Any:
        padding = self.padding
        if self.padding_mode != "zeros":
            check_axes(input, self.axes, self.function.__name__)
            sides = _sides(self.function.__name__, padding, self.kernel_size, self.stride, self.dilation)
            amounts = [amount for side in reversed(sides) for amount in side]
            input, padding = pad(input, amounts, self.padding_mode), 0
        return self.function(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class _Transposed(_Conv, transposed=True):
    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        output_padding: Any = 0, groups: int = 1, bias: bool = True, dilation: Any = 1, padding_mode: str = "zeros", *,
        device: Any = None, dtype: Any = None, rng: Any = None,
    ) -> None:  # fmt: skip
        self.begin(locals())

    def forward(self, input: Any, output_size: Any = None) -> Any:
        """With output_size (of the spatial axes, or of all), the output_padding is what makes the result that large."""
        extra = self.output_padding
        if output_size is not None:
            check_axes(input, self.axes, self.function.__name__)
            wanted = tuple(output_size)[-self.axes :]
            least = _least(input.shape, self.kernel_size, self.stride, self.padding, self.dilation)
            extra = tuple(size - low for size, low in zip(wanted, least, strict=False))
            reached = all(0 <= more < s for more, s in zip(extra, self.stride, strict=False))
            if len(output_size) not in (self.axes, input.ndim) or not reached:
                most = [low + s - 1 for low, s in zip(least, self.stride, strict=True)]
                raise ValueError(
                    f"{type(self).__name__}: expected an output_size from {tuple(least)} to {tuple(most)}, "
                    f"got {tuple(output_size)}"
                )
        return self.function(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation
        )


class Conv1d(_Forward, axes=1, function=conv1d):
    """A convolution over one axis: (N, in, L) or (in, L) gives (N, out, windows). See `conv1d`."""


class Conv2d(_Forward, axes=2, function=conv2d):
    """A convolution over two axes: (N, in, H, W) or (in, H, W) gives (N, out, *windows). See `conv2d`.

    weight (out, in / groups, *kernel_size) and bias (out,) are drawn from U(-k, k), k = 1/√(in / groups · kernel size).
    padding_mode says what "zeros", "reflect", "replicate" or "circular" padding is made of.

    >>> import nn
    >>> nn.Conv2d(1, 6, 5, padding=2)(Tensor(np.zeros((8, 1, 28, 28), np.float32))).shape
    (8, 6, 28, 28)
    """


class Conv3d(_Forward, axes=3, function=conv3d):
    """A convolution over three axes: (N, in, D, H, W) or (in, D, H, W) gives (N, out, *windows). See `conv3d`."""


class ConvTranspose1d(_Transposed, axes=1, function=conv_transpose1d):
    """A transposed convolution over one axis. See `conv_transpose1d`."""


class ConvTranspose2d(_Transposed, axes=2, function=conv_transpose2d):
    """A transposed convolution over two axes: it enlarges, by its stride. See `conv_transpose2d`.

    >>> import nn
    >>> nn.ConvTranspose2d(6, 1, 2, stride=2)(Tensor(np.zeros((8, 6, 14, 14), np.float32))).shape
    (8, 1, 28, 28)
    """


class ConvTranspose3d(_Transposed, axes=3, function=conv_transpose3d):
    """A transposed convolution over three axes. See `conv_transpose3d`."""


def conv_tbc(input: Any, weight: Any, bias: Any, pad: int = 0) -> Any:
    """conv1d with other axes: (T, N, C) with weight (kernel, C, O) and bias (O,) gives (windows, N, O).

    >>> from nn.functional import conv_tbc
    >>> conv_tbc(np.ones((5, 1, 2)), np.ones((3, 2, 1)), np.zeros(1))[:, 0, 0]
    array([6., 6., 6.])
    """
    return conv1d(input.transpose(1, 2, 0), weight.transpose(2, 1, 0), bias, padding=pad).transpose(2, 0, 1)


# ---- windows as columns --------------------------------------------------------------------------------------------


def unfold(input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """The windows of images as columns: (N, C, H, W) gives (N, C · kernel, windows); N may be missing.

    >>> from nn.functional import unfold
    >>> unfold(np.arange(9).reshape(1, 3, 3), 2)[:, 0]
    array([0, 1, 3, 4])
    """
    check_axes(input, 2, "unfold")
    kernel, dilation, padding, stride = _columns("unfold", kernel_size, dilation, padding, stride)
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    if any(length + 2 * p < span for length, p, span in zip(input.shape[-2:], padding, spans, strict=True)):
        raise ValueError(
            f"unfold: expected windows that fit, got windows {tuple(spans)} (of {kernel}, with dilation) in "
            f"{tuple(input.shape[-2:])} with padding {padding}"
        )

    def run(x: Any) -> Any:
        spread = windows(pad(x, (padding[1], padding[1], padding[0], padding[0])), kernel, stride, dilation)
        batch, channels, rows, columns = spread.shape[:4]
        spread = spread.transpose(0, 1, 4, 5, 2, 3)
        return spread.reshape(batch, channels * math.prod(kernel), rows * columns)

    return batched(run, input, 2)


def fold(input: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """Add columns up into images: (N, C · kernel, windows) gives (N, C, *output_size), the adjoint of `unfold`.

    Raises ValueError for a number of rows or columns that does not fit.

    >>> from nn.functional import fold
    >>> fold(np.ones((4, 4)), (3, 3), 2)[0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    """
    kernel, dilation, padding, stride = _columns("fold", kernel_size, dilation, padding, stride)
    shape = per_axis(output_size, 2, "fold", "output_size", 1)
    padded = tuple(length + 2 * p for length, p in zip(shape, padding, strict=True))
    counts = [
        (length - d * (k - 1) - 1) // s + 1 for length, d, k, s in zip(padded, dilation, kernel, stride, strict=True)
    ]
    size = math.prod(kernel)
    if input.ndim not in (2, 3) or input.shape[-2] % size or input.shape[-1] != math.prod(counts) or min(counts) < 1:
        raise ValueError(
            f"fold: expected ([N], C·{size}, {math.prod(counts)}) for windows of {kernel} in {shape}, got {input.shape}"
        )
    batch = input.shape[:-2]
    spread = input.reshape(*batch, input.shape[-2] // size, *kernel, *counts)
    spread = spread.transpose(*range(len(batch) + 1), *(len(batch) + i for i in (3, 4, 1, 2)))
    whole = sum_back(spread, padded, stride, dilation)
    return whole[..., padding[0] : padding[0] + shape[0], padding[1] : padding[1] + shape[1]]


def _columns(who: str, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> list[tuple[int, ...]]:
    return [
        per_axis(kernel_size, 2, who, "kernel_size", 1), per_axis(dilation, 2, who, "dilation", 1),
        per_axis(padding, 2, who, "padding", 0), per_axis(stride, 2, who, "stride", 1),
    ]  # fmt: skip


class Unfold(Layer, function=unfold):
    """The windows of images as columns: (N, C, H, W) gives (N, C · kernel, windows). See `unfold`."""

    def __init__(self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> None:
        self.hold(locals())


class Fold(Layer, function=fold):
    """Adds columns up into images: (N, C · kernel, windows) gives (N, C, *output_size). See `fold`."""

    def __init__(
        self, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
    ) -> None:
        self.hold(locals())
