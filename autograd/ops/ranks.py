"""Sums and copies over processes that compute side by side, each with a part of the data: its rank says which.

`group` is what carries arrays from one to the others (see nn/parallel/group.py). All ranks call the same functions in
the same order, on the way back as well, so that the derivative of a sum over ranks is one more sum over ranks.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine.declare import linear, primitive
from ..engine.primitive import Function
from ..engine.sums import axes_of, total
from .standardization import _center


def _sum_over_ranks(x: Any, group: Any) -> Any:
    """The sum of the arrays of all ranks, which have one shape."""
    return group.total(x)


def _rows_of_ranks(x: Any, group: Any) -> Any:
    """The rows of all ranks, one rank's after the other's; of numbers, a vector."""
    return group.rows(x)


def _sent_by_rank(x: Any, group: Any, root: int) -> Any:
    """The array of one rank, which those of the others have the shape of."""
    return group.sent(x, root)


def _own(g: Any, group: Any, shape: tuple[int, ...]) -> Any:
    """What is this rank's of a gradient of the rows of all ranks."""
    start = group.start(shape[0] if shape else 1)
    return g[start : start + shape[0]] if shape else g[start]


sum_over_ranks: Function = linear(_sum_over_ranks, name="all_reduce", x=lambda g, group: sum_over_ranks(g, group))

rows_of_ranks: Function = linear(
    _rows_of_ranks, name="all_gather", x=lambda g, group, x_shape: _own(sum_over_ranks(g, group), group, x_shape)
)

sent_by_rank: Function = linear(
    _sent_by_rank, name="broadcast",
    x=lambda g, group, root: sum_over_ranks(g, group) * g.dtype.type(group.rank == root),
)  # fmt: skip


def _center_over_ranks(x: Any, axis: Any, group: Any) -> Any:
    """x - mean along the axes, of all ranks; that mean, the (biased) variance, and of how many values they are.

    The means and variances of the ranks are put together as by Chan, Golub, LeVeque 1983, "Algorithms for computing the
    sample variance". A rank may have nothing.
    """
    axes = axes_of(axis, x.ndim)
    n = math.prod([x.shape[i] for i in axes])
    shape = [1 if i in axes else size for i, size in enumerate(x.shape)]
    centred, mean, variance = _center(x, axes) if n else (x, np.zeros(shape), np.zeros(shape))
    own = np.concatenate([mean.reshape(-1), variance.reshape(-1), [n]], dtype=np.float64)
    of_all = group.rows(own[None])
    counts, width = of_all[:, -1:], mean.size
    count = counts.sum()
    parts = counts / max(count, 1)
    common = (parts * of_all[:, :width]).sum(0)
    spread = (parts * (of_all[:, width:-1] + np.square(of_all[:, :width] - common))).sum(0)
    shift = (own[:width] - common).astype(x.dtype).reshape(shape)
    return (
        centred + shift, common.astype(x.dtype).reshape(shape), spread.astype(x.dtype).reshape(shape),
        np.array(int(count)),
    )  # fmt: skip


def _center_over_ranks_rule(g: Any, x_shape: Any, out: Any, axis: Any, group: Any) -> Any:
    """As that of `center`, with sums over ranks."""
    y, mean, _, count = out
    of_y, of_mean, of_variance, _ = g
    axes = axes_of(axis, len(x_shape))
    nothing = np.zeros_like(mean)
    of_shift = nothing if of_y is None else total(of_y, axes)
    parts = [of_shift, nothing if of_mean is None else of_mean, nothing if of_variance is None else of_variance]
    of_shift, of_mean, of_variance = sum_over_ranks(np.stack(parts), group) / y.dtype.type(max(int(count), 1))
    part = y * (of_variance * 2)
    if of_y is not None:
        part += of_y
    part += of_mean - of_shift
    return part


center_over_ranks: Function = primitive(
    _center_over_ranks, name="center_over_ranks", multiple=True, x=_center_over_ranks_rule
)
