"""scipy.signal.convolve, over chosen axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.sums import axes_of
from ..ops.sliding import windows

Axes = tuple[Sequence[int], Sequence[int]]


def convolve(A: Any, B: Any, axes: Axes | None = None, dot_axes: Axes = ((), ()), mode: str = "full") -> Any:
    """The convolution of A and B along pairs of axes.

    axes      the axes of A and those of B to convolve along; without it all of them, as in scipy.signal.convolve
    dot_axes  axes of A and of B to sum the products along
    mode      "full", "same" (the middle of it, of the size of A) or "valid" (where the smaller lies within the larger)

    The result has the remaining axes of A, then those of B, then those convolved.
    Raises ValueError for another mode, for different numbers of axes, and for summed axes of different lengths.

    >>> from autograd.scipy.signal import convolve
    >>> convolve(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0]))
    array([1., 3., 5., 3.])
    """
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"convolve: expected mode 'full', 'same' or 'valid', got {mode!r}")
    along = (range(A.ndim), range(B.ndim)) if axes is None else axes
    (move_a, move_b), (dot_a, dot_b) = [
        [axes_of(tuple(part), x.ndim) for part, x in zip(pair, (A, B), strict=True)] for pair in (along, dot_axes)
    ]
    if len(move_a) != len(move_b) or [A.shape[i] for i in dot_a] != [B.shape[i] for i in dot_b]:
        raise ValueError(
            f"convolve: shapes {A.shape} and {B.shape} do not go together along axes {axes} and dot_axes {dot_axes}"
        )
    rest_a = [i for i in range(A.ndim) if i not in (*move_a, *dot_a)]
    rest_b = [i for i in range(B.ndim) if i not in (*move_b, *dot_b)]
    A = np.transpose(A, [*rest_a, *dot_a, *move_a])
    B = np.flip(np.transpose(B, [*rest_b, *dot_b, *move_b]), axis=tuple(range(B.ndim - len(move_b), B.ndim)))
    n = len(move_a)
    if not n:
        return np.tensordot(A, B, (range(len(rest_a), A.ndim), range(len(rest_b), B.ndim)))
    sizes = list(zip(A.shape[A.ndim - n :], B.shape[B.ndim - n :], strict=True))
    padded = np.pad(A, [(0, 0)] * (A.ndim - n) + [(b - 1, b - 1) for _, b in sizes])
    views = windows(padded, tuple([b for _, b in sizes]))  # (rest, dot, place, window)
    summed = [*range(len(rest_a), len(rest_a) + len(dot_a)), *range(views.ndim - n, views.ndim)]
    full = np.tensordot(views, B, (summed, range(len(rest_b), B.ndim)))  # (rest of A, place, rest of B)
    full = np.moveaxis(full, range(len(rest_a), len(rest_a) + n), range(-n, 0))
    part: Any = (..., *[_crop(a, b, mode) for a, b in sizes])
    return full[part]


def _crop(a: int, b: int, mode: str) -> slice:
    """The part of the full convolution of lengths a and b that a mode gives."""
    if mode == "full":
        return slice(None)
    start, length = ((b - 1) // 2, a) if mode == "same" else (min(a, b) - 1, abs(a - b) + 1)
    return slice(start, start + length)
