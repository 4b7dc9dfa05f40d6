"""An array with others put, added or otherwise combined at places of it: what `ufunc.at` does in place."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.tensor import Tensor

_COMBINED: dict[str, Any] = {"prod": np.prod, "max": np.max, "min": np.min}
_NEUTRAL = {"prod": 1.0, "max": -np.inf, "min": np.inf, "sum": 0.0, "mean": 0.0}


def scatter(x: Any, index: Any, values: Any, reduce: str | None = None, include_self: bool = True) -> Any:
    """A copy of x with values at x[index], by any index of NumPy's; where it names a place twice, the last ones.

    reduce        "sum", "prod", "max", "min" or "mean" of what is there and of all the values for a place
    include_self  whether what is there counts, at the places that the index names

    The rows of each node of a graph, say, summed into it:

    >>> scatter(np.zeros((2, 1)), np.array([0, 1, 1]), np.array([[1.0], [2.0], [3.0]]), "sum").tolist()
    [[1.0], [5.0]]
    """
    if reduce not in (None, *_NEUTRAL):
        raise ValueError(f"scatter: expected reduce to be None, 'sum', 'prod', 'max', 'min' or 'mean', got {reduce!r}")
    made, whole = x.copy(), x.dtype.kind in "biu"
    if reduce is None:
        made[index] = values
        return made
    if not include_self:
        made[index] = _neutral(reduce, x.dtype)
    if reduce in _COMBINED:
        flat = np.broadcast_to(np.reshape(np.arange(x.size), x.shape)[index], np.shape(values)).reshape(-1)
        made = _one_by_one(made.reshape(-1), flat, np.reshape(values, -1), reduce).reshape(x.shape)
        return made if made.dtype == x.dtype else made.astype(x.dtype)
    np.add.at(made, index, values)
    if reduce == "mean":
        counts = np.full(x.shape, int(include_self))
        np.add.at(counts, index, 1)
        counts = np.maximum(counts, 1).astype(x.dtype)
        made = made // counts if whole else made / counts
    return made


def _neutral(reduce: str, kind: Any) -> Any:
    """What changes nothing when it is combined with other values of this dtype."""
    if kind.kind == "f" or reduce not in ("max", "min"):
        return _NEUTRAL[reduce]
    limits = (False, True) if kind.kind == "b" else (np.iinfo(kind).min, np.iinfo(kind).max)
    return limits[reduce == "min"]


def _one_by_one(made: Any, flat: Any, values: Any, reduce: str) -> Any:
    """A row for each time that a place comes up again, and all rows reduced: that has the function's slopes."""
    order = np.argsort(flat, kind="stable")
    turn = np.arange(len(flat)) - np.searchsorted(flat[order], flat[order])
    rows = [made]
    for i in range(int(turn.max(initial=-1)) + 1):
        now = order[turn == i]
        row = Tensor(np.full(made.shape, _neutral(reduce, made.dtype), made.dtype))
        row[flat[now]] = values[now]
        rows.append(row if isinstance(made, Tensor) or isinstance(values, Tensor) else row.data)
    return _COMBINED[reduce](np.stack(rows), axis=0)
