"""Padding: more of an array at its edges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .layer import Layer
from .shared import one_of
from .spatial import check_array, check_axes, per_axis


def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    """Pad the last axes: pad = (left, right) of the last axis, then those of the one before, and so on.

    mode   "constant" (with `value`, or 0), "reflect" (mirrored at the edge element), "replicate" (the edge element
           again) or "circular" (from the other end)

    Negative numbers crop; what "circular" fills in comes from what is left. Raises ValueError for a padding that the
    mode cannot fill from the input.

    >>> from nn.functional import pad
    >>> pad(np.arange(4), (2, 1), mode="reflect")
    array([2, 1, 0, 1, 2, 3, 2])
    """
    check_array(input, "pad")
    amounts = tuple(pad) if np.iterable(pad) else (pad,)
    if len(amounts) % 2 or len(amounts) > 2 * input.ndim:
        raise ValueError(
            f"pad: expected pairs (left, right) for at most {input.ndim} axes of an input {input.shape}, got {amounts}"
        )
    one_of(mode, _NUMPY, "pad", "mode")
    pairs = [(input.ndim - 1 - i // 2, amounts[i], amounts[i + 1]) for i in range(0, len(amounts), 2)]
    if mode != "constant" and value is not None:
        raise ValueError(f"pad: mode {mode!r} takes no value, got {value}")
    for axis, left, right in pairs:
        if input.shape[axis] + left + right < 0:
            raise ValueError(f"pad: cannot crop {amounts} from an input of shape {input.shape}")
    first = mode in ("constant", "circular")
    input = _cropped(input, pairs) if first else input
    widths = [(0, 0)] * input.ndim
    for axis, left, right in pairs:
        n = input.shape[axis]
        most = {"constant": math.inf, "reflect": max(n - 1, 0), "replicate": math.inf if n else 0, "circular": n}[mode]
        if max(left, right) > most:
            raise ValueError(f"pad: {mode} adds at most {most} elements to an axis of {n}, got {(left, right)}")
        widths[axis] = max(left, 0), max(right, 0)
    if any(map(any, widths)):
        options: dict[str, Any] = {"constant_values": 0 if value is None else value} if mode == "constant" else {}
        input = np.pad(input, widths, _NUMPY[mode], **options)
    return input if first else _cropped(input, pairs)


_NUMPY: dict[str, Any] = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _cropped(x: Any, pairs: list[tuple[int, int, int]]) -> Any:
    """Without as many elements as the negative numbers say."""
    for axis, left, right in pairs:
        if left < 0 or right < 0:
            if -min(left, 0) - min(right, 0) > x.shape[axis]:
                raise ValueError(f"pad: cannot crop {(left, right)} along axis {axis} from shape {x.shape}")
            x = x[(*(slice(None),) * axis, slice(-min(left, 0), x.shape[axis] + min(right, 0)))]
    return x


class _Pad(Layer, shown="{padding}"):
    """padding: one number for all sides, or (left, right, top, bottom, front, back) as far as there are axes."""

    mode: str
    axes: int
    value: float | None = None

    def __init__(self, padding: Any) -> None:
        padding = per_axis(padding, 2 * self.axes, type(self).__name__, "padding")
        self.hold(locals())

    def forward(self, input: Any) -> Any:
        if self.mode != "constant":
            check_axes(input, self.axes, type(self).__name__)
        return pad(input, self.padding, self.mode, self.value)


class _ConstantPad(_Pad, mode="constant", shown="padding={padding}, value={value}"):
    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value
        self.settings += ("value",)


class ConstantPad1d(_ConstantPad, axes=1):
    """Pads the last axis with a value; padding is (left, right)."""


class ConstantPad2d(_ConstantPad, axes=2):
    """Pads the last two axes with a value; padding is (left, right, top, bottom)."""


class ConstantPad3d(_ConstantPad, axes=3):
    """Pads the last three axes with a value; padding is (left, right, top, bottom, front, back)."""


class ZeroPad1d(_Pad, mode="constant", axes=1):
    """Pads the last axis with zeros; padding is (left, right)."""


class ZeroPad2d(_Pad, mode="constant", axes=2):
    """Pads the last two axes with zeros; padding is (left, right, top, bottom)."""


class ZeroPad3d(_Pad, mode="constant", axes=3):
    """Pads the last three axes with zeros; padding is (left, right, top, bottom, front, back)."""


class ReflectionPad1d(_Pad, mode="reflect", axes=1):
    """Pads (C, W) or (N, C, W) with its mirror image at the edge element."""


class ReflectionPad2d(_Pad, mode="reflect", axes=2):
    """Pads (C, H, W) or (N, C, H, W) with its mirror image at the edge elements."""


class ReflectionPad3d(_Pad, mode="reflect", axes=3):
    """Pads (C, D, H, W) or (N, C, D, H, W) with its mirror image at the edge elements."""


class ReplicationPad1d(_Pad, mode="replicate", axes=1):
    """Pads (C, W) or (N, C, W) with its edge elements."""


class ReplicationPad2d(_Pad, mode="replicate", axes=2):
    """Pads (C, H, W) or (N, C, H, W) with its edge elements."""


class ReplicationPad3d(_Pad, mode="replicate", axes=3):
    """Pads (C, D, H, W) or (N, C, D, H, W) with its edge elements."""


class CircularPad1d(_Pad, mode="circular", axes=1):
    """Pads (C, W) or (N, C, W) from the other end."""


class CircularPad2d(_Pad, mode="circular", axes=2):
    """Pads (C, H, W) or (N, C, H, W) from the other ends."""


class CircularPad3d(_Pad, mode="circular", axes=3):
    """Pads (C, D, H, W) or (N, C, D, H, W) from the other ends."""
