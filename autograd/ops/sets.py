"""Sets: the elements that are different, each joined to the first place that it stands at."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.declare import composite, nondifferentiable
from ..engine.tensor import unwrap

nondifferentiable(np.isin, *([np.in1d] if hasattr(np, "in1d") else []))


def _out_of(values: Any, *arrays: Any) -> Any:
    """These values, which stand in the arrays, as elements of them."""
    pool = np.concatenate([np.reshape(array, -1) for array in arrays])
    plain = unwrap(pool)
    order = np.argsort(plain, kind="stable")
    found = pool[order[np.searchsorted(plain[order], values)]]
    return found if found.dtype == values.dtype else found.astype(values.dtype)


@composite(np.unique)
def unique(
    ar: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False, axis: Any = None,
    *, equal_nan: bool = True, **options: Any,
) -> Any:  # fmt: skip
    """As np.unique."""
    plain: Any = np.unique
    _, index, *rest = plain(unwrap(ar), True, return_inverse, return_counts, axis, equal_nan=equal_nan, **options)
    values = np.reshape(ar, -1)[index] if axis is None else np.take(ar, index, axis)
    found = (values, *([index] if return_index else []), *rest)
    return found if len(found) > 1 else values


def _unique(function: Any) -> Any:
    def made(x: Any) -> Any:
        found = function(unwrap(x))
        return found._replace(values=_out_of(found.values, x))

    made.__doc__ = f"As np.{function.__name__}."
    return made


for function in (np.unique_all, np.unique_counts, np.unique_inverse):
    composite(function)(_unique(function))


@composite(np.unique_values)
def unique_values(x: Any, **options: Any) -> Any:
    """As np.unique_values."""
    return _out_of(np.unique_values(unwrap(x), **options), x)


@composite(np.union1d)
def union1d(ar1: Any, ar2: Any) -> Any:
    """As np.union1d."""
    return _out_of(np.union1d(unwrap(ar1), unwrap(ar2)), ar1, ar2)


@composite(np.intersect1d)
def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    """As np.intersect1d."""
    values, *places = np.intersect1d(unwrap(ar1), unwrap(ar2), assume_unique, True)
    values = _out_of(values, ar1, ar2)
    return (values, *places) if return_indices else values


@composite(np.setdiff1d)
def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """As np.setdiff1d."""
    return _out_of(np.setdiff1d(unwrap(ar1), unwrap(ar2), assume_unique), ar1)


@composite(np.setxor1d)
def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """As np.setxor1d."""
    return _out_of(np.setxor1d(unwrap(ar1), unwrap(ar2), assume_unique), ar1, ar2)
