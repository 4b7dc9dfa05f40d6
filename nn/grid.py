"""Sampling an image on a grid of any points (spatial transformers: M. Jaderberg et al., NeurIPS 2015)."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.ops import alike, in_single

from .shared import one_of, plain
from .upsample import keys


@in_single
def affine_grid(theta: Any, size: tuple[int, ...], align_corners: bool | None = None) -> Any:
    """The grid on which `grid_sample` shows an image under affine maps.

    theta          (N, n, n + 1): a matrix and a shift for each image, of n = 2 or 3 axes, x (the last axis) first
    size           (N, C, *axes) of the images to make
    align_corners  whether −1 and 1 are the centres of the corner elements, or their outer edges

    Returns (N, *axes, n). Raises ValueError for shapes that do not fit.

    >>> from nn.functional import affine_grid
    >>> affine_grid(np.array([[[1.0, 0, 0], [0, 1, 0]]]), (1, 1, 1, 2)).tolist()
    [[[[-0.5, 0.0], [0.5, 0.0]]]]
    """
    axes = tuple(size[2:])
    n = len(axes)
    if n not in (2, 3) or theta.shape != (size[0], n, n + 1):
        raise ValueError(f"affine_grid: expected theta {(size[0], n, n + 1)} for size {tuple(size)}, got {theta.shape}")
    lines = [np.linspace(-1, 1, k) if k > 1 else np.zeros(k) for k in axes]
    if not align_corners:
        lines = [line * ((k - 1) / k) for line, k in zip(lines, axes, strict=True)]
    points = [mesh.reshape(-1) for mesh in np.meshgrid(*lines, indexing="ij")[::-1]]
    base = np.stack([*points, np.ones(math.prod(axes))], axis=-1).astype(theta.dtype)
    return (alike(base, theta) @ theta.swapaxes(1, 2)).reshape(size[0], *axes, n)


@in_single
def grid_sample(
    input: Any, grid: Any, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool | None = None
) -> Any:
    """The values of images (N, C, *axes), of 2 or 3 axes, at the points of a grid (N, *new axes, n).

    grid           x (along the last axis), y (and z) from −1 to 1 over the image
    mode           "bilinear" (linear along each axis), "nearest" or, of 2 axes, "bicubic"
    padding_mode   what is outside: "zeros", "border" (the nearest element) or "reflection"
    align_corners  whether −1 and 1 are the centres of the corner elements, or their outer edges

    Returns (N, C, *new axes). Raises ValueError for shapes and modes that do not fit.

    >>> from nn.functional import grid_sample
    >>> grid_sample(np.arange(4.0).reshape(1, 1, 2, 2), np.zeros((1, 1, 1, 2)))
    array([[[[1.5]]]])
    """
    n = input.ndim - 2
    if n not in (2, 3) or grid.ndim != n + 2 or grid.shape[0] != input.shape[0] or grid.shape[-1] != n:
        raise ValueError(
            f"grid_sample: expected a grid ({input.shape[0]}, ..., {n}) for {input.shape}, got {grid.shape}"
        )
    one_of(mode, ("bilinear", "nearest", "bicubic"), "grid_sample", "mode")
    one_of(padding_mode, ("zeros", "border", "reflection"), "grid_sample", "padding_mode")
    if mode == "bicubic" and n != 2:
        raise ValueError(f"grid_sample: bicubic is for images of 2 axes, got {input.shape}")
    if not math.prod(input.shape[1:]):
        raise ValueError(f"grid_sample: expected an input with elements, got shape {input.shape}")
    corners = bool(align_corners)
    shape = input.shape[2:]
    taps: list[Any] = []  # along each axis: pairs of the place, and the weight that it has
    for i, length in enumerate(shape):
        place = grid[..., n - 1 - i].reshape(-1)
        place = (place + 1) * ((length - 1) / 2) if corners else ((place + 1) * length - 1) * 0.5
        if mode == "bicubic":
            low = np.floor(plain(place))
            shifts = [(low + tap, keys(place - (low + tap), -0.75)) for tap in (-1, 0, 1, 2)]
            taps.append([(_inside(at, length, padding_mode, corners), weight) for at, weight in shifts])
            continue
        place = _inside(place, length, padding_mode, corners)
        if mode == "nearest":
            still = np.where(True, 1, place) if isinstance(place, Tensor) else None  # whose gradient is 0 everywhere
            taps.append([(np.rint(plain(place)), still)])
        else:
            low = np.floor(plain(place))
            part = place - low
            taps.append([(low, 1 - part), (low + 1, part)])
    kind = input.dtype
    taps = [[_tap(at, part, n, kind) for at, part in pairs] for pairs, n in zip(taps, shape, strict=True)]
    channels = input.swapaxes(0, 1).reshape(input.shape[1], -1)
    batch = alike(np.repeat(np.arange(input.shape[0]), math.prod(grid.shape[1:-1])), input)
    finite = np.isfinite(plain(input)).all()  # what is outside counts 0 times, which of infinity would be NaN
    total: Any = 0
    for corner in itertools.product(*taps):
        index, weight, inside = batch, 1, True  # type: Any, Any, Any
        for (at, part, within), length in zip(corner, shape, strict=True):
            index, weight, inside = index * length + at, part * weight, within & inside
        value = channels[:, index]
        total = total + (value if finite else np.where(inside, value, 0)) * weight
    return total.reshape(input.shape[1], *grid.shape[:-1]).swapaxes(0, 1)


def _tap(at: Any, part: Any, length: int, dtype: Any) -> tuple[Any, Any, Any]:
    """Places along an axis as indices, the weights they have, 0 outside of the image, and whether they are inside."""
    inside = (at >= 0) & (at < length)
    weight = inside.astype(dtype)
    return np.nan_to_num(at).clip(0, length - 1).astype(np.intp), weight if part is None else part * weight, inside


def _inside(place: Any, length: int, padding_mode: str, corners: bool) -> Any:
    """Coordinates brought into the image, if the padding mode says so; where they are held at an edge, constant."""
    if padding_mode == "zeros":
        return place
    if padding_mode == "reflection":
        least, span = (0.0, length - 1.0) if corners else (-0.5, float(length))
        if not span:
            return place * 0
        place = np.abs(place - least)
        turns = np.floor(plain(place) / span)
        place = place - turns * span
        place = np.where(turns % 2 == 0, place, span - place) + least
    at = plain(place)
    return np.where(at <= 0, 0.0, np.where(at >= length - 1, length - 1.0, place))
