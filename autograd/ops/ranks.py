"""Sums and copies over processes that compute side by side, each with a part of the data: its rank says which.

`group` is what carries arrays from one to the others (see nn/parallel/group.py). All ranks call the same functions in
the same order, on the way back as well, so that the derivative of a sum over ranks is one more sum over ranks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..engine.declare import linear, primitive
from ..engine.modes import mode
from ..engine.primitive import Function
from ..engine.sums import added, axes_of, total
from .standardization import _center


def _at_each_call(function: Callable[..., Any], x: Any) -> Any:
    """function(x), which exchanges something with other ranks; of a program that is traced, at each of its calls."""
    return function(x) if mode.trace is None else mode.trace.outside(function, x)


def _sum_over_ranks(x: Any, group: Any) -> Any:
    """The sum of the arrays of all ranks, which have one shape."""
    return _at_each_call(group.total, x)


def _rows_of_ranks(x: Any, group: Any) -> Any:
    """The rows of all ranks, one rank's after the other's; of numbers, a vector."""
    if mode.trace is not None:
        mode.trace.fail("rows are collected from other ranks, whose number may be another one at each call")
    return group.rows(x)


def _sent_by_rank(x: Any, group: Any, root: int) -> Any:
    """The array of one rank, which those of the others have the shape of."""
    return _at_each_call(partial(group.sent, root=root), x)


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
    return _at_each_call(partial(_centred, axes=axes_of(axis, x.ndim), group=group), x)


def _centred(x: Any, axes: tuple[int, ...], group: Any) -> Any:
    n = math.prod([x.shape[i] for i in axes])
    shape = [1 if i in axes else size for i, size in enumerate(x.shape)]
    width = math.prod(shape)
    own = np.zeros((1, 2 * width + 1))
    y = x
    if n:
        y, mean, variance = _center(x, axes)
        own[0, :width], own[0, width:-1], own[0, -1] = mean.reshape(-1), variance.reshape(-1), n
    of_all = group.rows(own)
    count = of_all[:, -1].sum()
    parts = of_all[:, -1] / max(count, 1)
    common = parts @ of_all[:, :-1]
    apart = of_all[:, :width] - common[:width]
    common[width:] += parts @ (apart * apart)
    shift = own[0, :width] - common[:width]
    mean, variance = common.astype(x.dtype).reshape(2, *shape)
    return added(y, shift.astype(x.dtype).reshape(shape)) if n else y, mean, variance, np.array(int(count))


def _center_over_ranks_rule(g: Any, x_shape: Any, out: Any, axis: Any, group: Any) -> Any:
    """As that of `center`, with sums over ranks."""
    y, mean, _, count = out
    of_y, of_mean, of_variance, _ = g
    shift = None if of_y is None else -total(of_y, axes_of(axis, len(x_shape)))
    if of_mean is not None:
        shift = of_mean if shift is None else shift + of_mean
    parts = [np.zeros_like(mean) if part is None else part for part in (shift, of_variance)]
    shift, of_variance = sum_over_ranks(np.stack(parts), group) / np.maximum(count, 1).astype(y.dtype)
    part = y * (of_variance * 2)
    part += shift
    if of_y is not None:
        part += of_y
    return part


center_over_ranks: Function = primitive(
    _center_over_ranks, name="center_over_ranks", multiple=True, x=_center_over_ranks_rule
)
