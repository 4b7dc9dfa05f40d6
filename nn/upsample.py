"""Other resolutions: interpolation, the exchange of channels for pixels, and sampling on a grid."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.ops import in_single, spread_windows

from . import pooling
from .layer import Layer
from .pooling import along
from .shared import one_of
from .spatial import check_array, check_axes

_AXES = {
    "nearest": (1, 2, 3), "nearest-exact": (1, 2, 3), "area": (1, 2, 3), "linear": (1,), "bilinear": (2,),
    "bicubic": (2,), "trilinear": (3,),
}  # fmt: skip


@in_single
def interpolate(
    input: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None, antialias: bool = False,
) -> Any:  # fmt: skip
    """(N, C, *axes) at another resolution: of `size`, or `scale_factor` times as large, both for all axes or for each.

    mode           "nearest", "nearest-exact", "area" (adaptive mean), "linear" (1 axis), "bilinear", "bicubic" (2),
                   "trilinear" (3)
    align_corners  whether the centres of the corner elements (or else their outer edges) stay where they are
    recompute_scale_factor  take the ratio of the sizes, not the scale factor given, to find where elements come from
    antialias      for "bilinear" and "bicubic": take the mean over what one new element covers when it gets smaller

    Raises ValueError for what does not fit together.

    >>> from nn.functional import interpolate
    >>> interpolate(np.array([[[0.0, 1.0]]]), 4, mode="linear", align_corners=False)
    array([[[0.  , 0.25, 0.75, 1.  ]]])
    """
    check_array(input, "interpolate")
    n = input.ndim - 2
    one_of(mode, _AXES, "interpolate", "mode")
    if n not in _AXES[mode]:
        raise ValueError(f"interpolate: expected {_AXES[mode]} spatial axes for {mode!r}, got input {input.shape}")
    check_axes(input, n, "interpolate")
    if align_corners is not None and mode in ("nearest", "nearest-exact", "area"):
        raise ValueError(f"interpolate: {mode!r} takes no align_corners")
    if antialias and mode not in ("bilinear", "bicubic"):
        raise ValueError(f"interpolate: antialias is for bilinear and bicubic, got {mode!r}")
    sizes, scales = _sizes(input.shape[2:], size, scale_factor, recompute_scale_factor)
    if mode == "area":
        pool = (pooling.adaptive_avg_pool1d, pooling.adaptive_avg_pool2d, pooling.adaptive_avg_pool3d)[n - 1]
        return pool(input, sizes)
    if mode.startswith("nearest"):
        return _nearest(input, sizes, scales, 0.5 if mode == "nearest-exact" else 0.0)
    for axis, (length, new, scale) in enumerate(zip(input.shape[2:], sizes, scales, strict=True), 2):
        cubic, corners = mode == "bicubic", bool(align_corners)
        if length == new and (antialias or not cubic or corners or scale in (None, 1)):
            continue
        matrix = (_smooth if antialias else _sharp)(length, new, _step(length, new, scale, corners), corners, cubic)
        input = along(input, axis, matrix)
    return input


def upsample(
    input: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None
) -> Any:
    """The former name of `interpolate`."""
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    """`interpolate` with mode "nearest"."""
    return interpolate(input, size, scale_factor)


def upsample_bilinear(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    """`interpolate` with mode "bilinear" and align_corners."""
    return interpolate(input, size, scale_factor, "bilinear", True)


def _sizes(
    shape: Any, size: Any, scale_factor: Any, recompute_scale_factor: bool | None
) -> tuple[tuple[int, ...], tuple[float | None, ...]]:
    """The new sizes, and the scale factors that say where elements come from (None: the ratio of the sizes)."""
    n = len(shape)
    if (size is None) == (scale_factor is None):
        raise ValueError("interpolate: expected either size or scale_factor")
    given = size if size is not None else scale_factor
    values = tuple(given) if isinstance(given, tuple | list) else (given,) * n
    if len(values) != n:
        raise ValueError(f"interpolate: expected one number or {n}, one for each axis, got {given!r}")
    if size is not None:
        if recompute_scale_factor:
            raise ValueError("interpolate: recompute_scale_factor needs a scale_factor")
        sizes = tuple(map(int, values))
    else:
        sizes = tuple(math.floor(length * value) for length, value in zip(shape, values, strict=True))
    if min(sizes) < 1:
        raise ValueError(f"interpolate: expected a size of at least 1 along each axis, got {sizes}")
    keep = size is None and not recompute_scale_factor
    return sizes, tuple(float(value) if keep else None for value in values)


def _step(length: int, new: int, scale: float | None, align_corners: bool) -> float:
    """How far apart, in old elements, the new ones are."""
    if align_corners:
        return (length - 1) / (new - 1) if new > 1 else 0.0
    return 1 / scale if scale else length / new


def _nearest(x: Any, sizes: tuple[int, ...], scales: tuple[float | None, ...], shift: float) -> Any:
    times, picks = [1] * len(sizes), {}
    for i, (length, new, scale) in enumerate(zip(x.shape[2:], sizes, scales, strict=True)):
        whole = new // length
        exact = whole <= 2 == len(sizes) and not shift  # images are kept or doubled whatever the exact factor was
        if new == whole * length and (scale in (None, whole) or exact):
            times[i] = whole
            continue
        step = np.float32(1 / scale if scale else length / new)  # single precision, as the reference implementation
        index = ((np.arange(new, dtype=np.float32) + np.float32(shift)) * step).astype(int)
        picks[i + 2] = np.minimum(index, length - 1)
    for axis, index in picks.items():
        x = x[(*(slice(None),) * axis, index)]
    if max(times) == 1:
        return x
    # along some axes each element is there `times` times: a window for each
    shape = tuple(length * k for length, k in zip(x.shape[2:], times, strict=True))
    return spread_windows(x, shape, tuple(times), tuple(times), 0, 1)


def _sharp(length: int, new: int, step: float, align_corners: bool, cubic: bool) -> Any:
    """The matrix (length, new) of a kernel as wide as old elements are apart; at the edges they stand for more."""
    i = np.arange(new)
    position = step * i if align_corners else step * (i + 0.5) - 0.5
    low = np.floor(position).astype(int)
    made = np.zeros((length, new))
    for tap in range(-1, 3) if cubic else (0, 1):
        distance = position - (low + tap)
        np.add.at(made, (np.clip(low + tap, 0, length - 1), i), keys(distance, -0.75) if cubic else _triangle(distance))
    return made


def _triangle(x: Any) -> Any:
    """The kernel of linear interpolation at a distance x."""
    return np.maximum(1 - np.abs(x), 0)


def keys(x: Any, a: float) -> Any:
    """The kernel of cubic convolution at a distance x (R. Keys, IEEE Trans. ASSP 29, 1981; a is −1/2 there)."""
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


def _smooth(length: int, new: int, step: float, align_corners: bool, cubic: bool) -> Any:
    """The matrix (length, new) of a kernel as wide as a new element, each column normalized."""
    stretch = max(step, 1.0)
    support = (2 if cubic else 1) * stretch
    centre = step * (np.arange(new) + 0.5)
    first = np.maximum((centre - support + 0.5).astype(int), 0)
    last = np.minimum((centre + support + 0.5).astype(int), length)
    place = np.arange(length)[:, None]
    distance = (place - centre + 0.5) / stretch
    weights = keys(distance, -0.5) if cubic else _triangle(distance)
    weights = weights * ((place >= first) & (place < last))
    return weights / weights.sum(axis=0)


class Upsample(Layer, function=interpolate):
    """(N, C, *axes) at another resolution. See `interpolate`.

    >>> import nn
    >>> nn.Upsample(scale_factor=2)(np.array([[[1.0, 2.0]]]))
    array([[[1., 1., 2., 2.]]])
    """

    def __init__(
        self, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:  # fmt: skip
        if isinstance(scale_factor, tuple | list):
            scale_factor = tuple(map(float, scale_factor))
        else:
            scale_factor = float(scale_factor) if scale_factor else None
        self.hold(locals())

    def extra_repr(self) -> str:
        first = f"scale_factor={self.scale_factor!r}" if self.scale_factor is not None else f"size={self.size!r}"
        return f"{first}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Upsample of two axes with mode "nearest"."""

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """Upsample of two axes with mode "bilinear" and align_corners=True."""

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)


# ---- channels for pixels -------------------------------------------------------------------------------------------


def pixel_shuffle(input: Any, upscale_factor: int) -> Any:
    """(..., C·r², H, W) gives (..., C, H·r, W·r) (W. Shi et al., CVPR 2016).

    >>> from nn.functional import pixel_shuffle
    >>> pixel_shuffle(np.arange(4).reshape(4, 1, 1), 2)
    array([[[0, 1],
            [2, 3]]])
    """
    r = upscale_factor
    if r < 1 or input.ndim < 3 or input.shape[-3] % (r * r):
        raise ValueError(f"pixel_shuffle: expected (..., C·{r}², H, W) for upscale_factor {r}, got shape {input.shape}")
    *lead, channels, height, width = input.shape
    k, channels = len(lead), channels // (r * r)
    split = input.reshape(*lead, channels, r, r, height, width)
    split = split.transpose(*range(k), k, k + 3, k + 1, k + 4, k + 2)
    return split.reshape(*lead, channels, height * r, width * r)


def pixel_unshuffle(input: Any, downscale_factor: int) -> Any:
    """(..., C, H·r, W·r) gives (..., C·r², H, W): the inverse of `pixel_shuffle`.

    >>> from nn.functional import pixel_unshuffle
    >>> pixel_unshuffle(np.arange(4).reshape(1, 2, 2), 2).shape
    (4, 1, 1)
    """
    r = downscale_factor
    if r < 1 or input.ndim < 3 or input.shape[-2] % r or input.shape[-1] % r:
        raise ValueError(
            f"pixel_unshuffle: expected (..., C, H·{r}, W·{r}) for downscale_factor {r}, got shape {input.shape}"
        )
    *lead, channels, height, width = input.shape
    k = len(lead)
    split = input.reshape(*lead, channels, height // r, r, width // r, r)
    split = split.transpose(*range(k), k, k + 2, k + 4, k + 1, k + 3)
    return split.reshape(*lead, channels * r * r, height // r, width // r)


def channel_shuffle(input: Any, groups: int) -> Any:
    """Take the channels of (N, C, *axes) from each of `groups` in turn (X. Zhang et al., CVPR 2018).

    >>> from nn.functional import channel_shuffle
    >>> channel_shuffle(np.arange(4).reshape(1, 4, 1), 2)[0, :, 0]
    array([0, 2, 1, 3])
    """
    if input.ndim < 3 or groups < 1 or input.shape[1] % groups:
        raise ValueError(
            f"channel_shuffle: expected (N, C, *axes) with C divisible by groups {groups}, got shape {input.shape}"
        )
    batch, channels, *axes = input.shape
    split = input.reshape(batch, groups, channels // groups, *axes)
    return split.swapaxes(1, 2).reshape(input.shape)


class PixelShuffle(Layer, function=pixel_shuffle):
    """(..., C·r², H, W) gives (..., C, H·r, W·r)."""

    def __init__(self, upscale_factor: int) -> None:
        self.hold(locals())


class PixelUnshuffle(Layer, function=pixel_unshuffle):
    """(..., C, H·r, W·r) gives (..., C·r², H, W)."""

    def __init__(self, downscale_factor: int) -> None:
        self.hold(locals())


class ChannelShuffle(Layer, function=channel_shuffle):
    """Takes the channels of (N, C, *axes) from each of `groups` in turn."""

    def __init__(self, groups: int) -> None:
        self.hold(locals())
