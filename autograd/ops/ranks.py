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
from ..engine.rows import by_rows
from ..engine.sums import axes_of, total
from .standardization import _center, _times


def _at_each_call(function: Callable[..., Any], *args: Any) -> Any:
    """What a function gives that exchanges something with other ranks; of a program, at each of its calls."""
    return function(*args) if mode.trace is None else mode.trace.exchange(function, *args)


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
    """x - its own mean along the axes, and that mean - `mean`; the mean and the (biased) variance of all ranks' x.

    Then that variance, unbiased, and 1 / the number of values of all ranks. So x is gone through as by `center`, and
    x - `mean` is the sum of the first two, which is put together best with what comes next. A rank may have nothing.

    Raises ValueError if all ranks together have one value.
    """
    axes = axes_of(axis, x.ndim)
    n = math.prod([x.shape[i] for i in axes])
    if n:
        y, mean, variance = _center(x, axes)
    else:
        y = x + 0
        mean = variance = total(x, axes)
    return (y, *_at_each_call(partial(_together, n, group), mean, variance))


def _together(n: int, group: Any, mean: Any, variance: Any) -> list[Any]:
    """What `_center_over_ranks` gives besides x, of this rank's mean and variance of n values.

    Source: Chan, Golub, LeVeque 1983, "Algorithms for computing the sample variance".
    """
    size, shape, dtype = mean.size, mean.shape, mean.dtype
    own = np.empty((1, 2 * size + 1))
    own[0, :size], own[0, size:-1], own[0, -1] = mean.reshape(-1), variance.reshape(-1), n
    of_all = group.rows(own)
    counts = of_all[:, -1].tolist()
    count = max(sum(counts), 1.0)
    if count == 1 == max(counts):
        raise ValueError(
            "normalization over all ranks: expected more than one value per channel in training, got one on one rank "
            "and none on the others; call .eval() to use what was learned, or train with larger batches"
        )
    shares = np.array([one / count for one in counts])
    made = np.empty((4, size))  # the shift, the mean, the variance, the unbiased variance
    shares.dot(of_all[:, :-1], out=made[1:3].reshape(-1))
    apart = of_all[:, :size] - made[1]
    made[0] = apart[group.rank] if n else 0
    apart *= apart
    made[2] += shares.dot(apart)
    np.multiply(made[2], count / max(count - 1, 1.0), out=made[3])
    return [*made.astype(dtype).reshape(4, *shape), np.array(1 / count, dtype)]


def _center_over_ranks_rule(g: Any, x_shape: Any, out: Any, axis: Any, group: Any) -> Any:
    """As that of `center`, with sums over ranks."""
    y, shift, _, _, _, each = out
    of_y, of_shift, of_mean, of_variance = g[:4]
    axes = axes_of(axis, len(x_shape))
    n = max(1, math.prod([x_shape[i] for i in axes]))
    if of_shift is None:
        of_shift = np.zeros_like(shift)
    of_mean = -of_shift if of_mean is None else of_mean - of_shift
    of_variance = np.zeros_like(shift) if of_variance is None else of_variance
    sums = sum_over_ranks(np.concatenate([of_mean, of_variance]), group) * each
    of_mean, of_variance = sums[: len(shift)], sums[len(shift) :] * 2
    own = of_mean + of_variance * shift
    if of_y is not None:
        of_shift = of_shift - total(of_y, axes)
    with by_rows(y, shift.shape):
        part = _times(y, of_variance)
        part += own + of_shift / n
        if of_y is not None:
            part += of_y
    return part


center_over_ranks: Function = primitive(
    _center_over_ranks, name="center_over_ranks", multiple=True, x=_center_over_ranks_rule
)
