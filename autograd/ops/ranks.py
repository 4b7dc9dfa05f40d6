"""Sums and copies over processes that compute side by side, each with a part of the data: its rank says which.

`group` is what carries arrays from one to the others (see nn/parallel/group.py). All ranks call the same functions in
the same order, on the way back as well, so that the derivative of a sum over ranks is one more sum over ranks.
"""

from __future__ import annotations

from typing import Any

from ..engine.declare import linear
from ..engine.primitive import Function


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
