"""What ranks exchange: sums, means and extrema over them, their rows, the array of one of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.ops import rows_of_ranks, sent_by_rank, sum_over_ranks

from ..shared import given, one_of
from .group import world


def all_reduce(x: Any, op: str = "sum") -> Any:
    """The sum of x over all ranks, on each of them; or, by `op`, its "mean", "max" or "min", element by element.

    x  an array, a Tensor or a number, of the same shape and dtype on all ranks

    Differentiable: the gradient of the sum is the sum over ranks of its gradients. A NaN of any rank is one of the
    maximum and of the minimum.

    >>> all_reduce(np.array([1.0, 2.0]))  # of one process
    array([1., 2.])
    """
    one_of(op, ("sum", "mean", "max", "min"), "all_reduce", "op")
    x, group = given(x), world()
    if group.size == 1:
        return x
    if op in ("max", "min"):
        return (np.max if op == "max" else np.min)(rows_of_ranks(x.reshape(1, *x.shape), group), axis=0)
    made = sum_over_ranks(x, group)
    return made / group.size if op == "mean" else made


def all_gather(x: Any) -> Any:
    """The rows of x of all ranks, in the order of the ranks; of numbers, a vector. Their number may differ.

    Differentiable: a row's gradient is the sum over ranks of those that it got there.

    >>> all_gather(np.array([[1.0, 2.0]])), all_gather(3.0)
    (array([[1., 2.]]), array([3.]))
    """
    x, group = given(x), world()
    if group.size == 1:
        return x if x.ndim else x.reshape(1)
    return rows_of_ranks(x, group)


def broadcast(x: Any, root: int = 0) -> Any:
    """The x of the rank `root`, on all of them; the others' has to have its shape and dtype.

    Differentiable: its gradient is the sum over ranks of those that it got there. Raises ValueError for a root that is
    no rank.
    """
    x, group = given(x), world()
    if not 0 <= root < group.size:
        raise ValueError(f"broadcast: expected a root from 0 to {group.size - 1}, got {root}")
    return x if group.size == 1 else sent_by_rank(x, group, root)


def barrier() -> None:
    """Wait until all ranks are here."""
    world().meet("a barrier")


def average(value: Any, count: int) -> float:
    """The mean over the examples of all ranks, of which this one's have that mean value and that number.

    A value of no examples, such as the NaN of an empty batch, does not count; of none at all it is NaN.

    >>> average(0.5, 8)
    0.5
    """
    sums = all_reduce(np.array([float(value) * count if count else 0.0, count]))
    return float(sums[0] / sums[1]) if sums[1] else math.nan
