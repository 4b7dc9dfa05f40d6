"""Sums, means, extrema along dimensions, running ones, sorting and counting."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

import autograd as ag

from .. import ops
from ..engine.primitive import registry
from .tensors import alike, cast, floats, offer, values


def axes(dim: Any) -> Any:
    """NumPy's axis for PyTorch's dim, of which an empty list means all."""
    return dim if dim is None or isinstance(dim, int) else tuple(dim) or None


def _of_scalars(function: Any) -> Any:
    """A tensor without dimensions may be given dim=0 or -1."""

    def call(input: Any, *args: Any, **kwargs: Any) -> Any:
        if input.ndim:
            return function(input, *args, **kwargs)
        return _flat(function(np.reshape(input, (1,)), *args, **kwargs))

    return call


def _flat(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_flat, value))
    return np.reshape(value, ()) if np.size(value) == 1 else value


def _reduced(function: Any) -> Any:
    function = registry[function]
    return lambda input, dim=None, keepdim=False, *, dtype=None: function(
        cast(input, dtype), axis=axes(dim), keepdims=keepdim
    )


def _spread(function: Any, mean: bool = False) -> Any:
    """var and std, of the dimensions, of `unbiased` alone, of both; and the mean with it."""

    function, average = registry[function], registry[np.mean]

    def call(
        input: Any, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *, correction: Any = None
    ) -> Any:
        dim, unbiased = (None, dim) if isinstance(dim, bool) else (axes(dim), unbiased)
        found = function(input, axis=dim, ddof=int(unbiased) if correction is None else correction, keepdims=keepdim)
        return (found, average(input, axis=dim, keepdims=keepdim)) if mean else found

    return call


@functools.lru_cache(maxsize=256)
def _grid(shape: tuple[int, ...]) -> tuple[Any, ...]:
    return tuple(np.ogrid[tuple([slice(n) for n in shape])])


def at(index: Any, dim: int) -> tuple[Any, ...]:
    """What NumPy is to be indexed with for an index along one dimension, which has the others' sizes."""
    grid = list(_grid(index.shape))
    grid[dim] = index
    return tuple(grid)


def _along(input: Any, indices: Any, dim: int, keepdim: bool) -> Any:
    """The elements at one index each, and these."""
    dim %= input.ndim
    if keepdim:
        whole = np.expand_dims(indices, dim)
        return input[at(whole, dim)], whole
    grid = _grid(indices.shape)
    return input[(*grid[:dim], indices, *grid[dim:])], indices


def _extremum(whole: Any, pair: Any, where: Any) -> Any:
    def call(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
        if hasattr(dim, "dtype") or other is not None:
            return pair(*alike(input, dim if other is None else other))
        return whole(input) if dim is None else _along(input, where(values(input), dim), dim, keepdim)

    return call


def _placed_by(where: Any) -> Any:
    """The elements along a dimension that stand where this says."""

    def call(input: Any, dim: Any = -1, keepdim: bool = False) -> Any:
        return _along(input, where(input, dim), dim, keepdim)

    return call


def _median(skip: bool) -> Any:
    pair = _placed_by(lambda input, dim: ops.middle(input, dim, skip))

    def call(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
        if dim is not None:
            return pair(input, dim, keepdim)
        return pair(np.ravel(input), 0)[0] if np.size(input) else np.full((), np.nan, like=input)

    return call


def _running(least: bool) -> Any:
    def call(input: Any, dim: int) -> Any:
        places = ops.greatest_so_far(input, dim, least)
        return np.take_along_axis(input, places, dim), places

    return call


def _sort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    order = ops.ranking(input, dim, descending)
    return input[at(order, dim)], order


_root = registry[np.linalg.vector_norm]


def _norm(input: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
    if p == "nuc":
        return np.linalg.norm(input, "nuc", axes(dim) or (0, 1), keepdims=keepdim)
    return vector_norm(input, 2 if p in ("fro", None) else p, dim, keepdim, dtype=dtype)


def vector_norm(x: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    dim = axes(dim) if x.ndim > 1 else None
    return _root(floats(cast(x, dtype)), axis=dim, keepdims=keepdim, ord=ord)


def _truth(function: Any) -> Any:
    def call(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
        found = function(input, axis=axes(dim), keepdims=keepdim)
        return found.astype(np.uint8) if input.dtype == np.uint8 else found

    return call


def _where(function: Any) -> Any:
    return lambda input, dim=None, keepdim=False: function(values(input), axis=dim, keepdims=keepdim)


def _some(unique: Any, inverse: Any, counts: Any, return_inverse: bool, return_counts: bool) -> Any:
    found = (unique, *([inverse] if return_inverse else []), *([counts] if return_counts else []))
    return found if len(found) > 1 else unique


def _unique(
    input: Any, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: Any = None
) -> Any:
    found = np.unique(values(input), return_inverse=True, return_counts=True, axis=dim)
    return _some(*found, return_inverse, return_counts)


def _quantile(function: Any) -> Any:
    return lambda input, q, dim=None, keepdim=False, *, interpolation="linear": function(
        input, values(q).astype(input.dtype), axis=dim, keepdims=keepdim, method=interpolation
    )


def _renorm(input: Any, p: Any, dim: int, maxnorm: Any) -> Any:
    norms = vector_norm(input, p, [i for i in range(input.ndim) if i != dim % input.ndim], True)
    return input * np.where(norms > maxnorm, maxnorm / (norms + 1e-7), 1.0)


def _steps(y: Any, x: Any, dx: Any, dim: int) -> Any:
    n = y.shape[dim]
    means = (np.take(y, np.arange(1, n), dim) + np.take(y, np.arange(n - 1), dim)) / 2
    if x is None:
        return means * dx
    wide = x.ndim == 1
    return means * (
        np.reshape(np.diff(x), (-1,) + (1,) * (y.ndim - 1 - dim % y.ndim)) if wide else np.diff(x, axis=dim)
    )


def _histc(input: Any, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    array = values(input)
    low, high = (array.min(), array.max()) if min == max and array.size else (min, max)
    return np.histogram(array, bins, (low - (low == high), high + (low == high)))[0].astype(input.dtype)


def _searchsorted(
    sorted_sequence: Any, input: Any, *, out_int32: bool = False, right: bool = False, side: Any = None,
    sorter: Any = None,
) -> Any:  # fmt: skip
    rows = values(sorted_sequence)
    rows = rows if sorter is None else np.take_along_axis(rows, values(sorter), -1)
    found = ops.ranks_among(rows, input, side or ("right" if right else "left"))
    return found.astype(np.int32) if out_int32 else found


def _gradient(input: Any, spacing: Any, dim: Any, edge_order: int) -> Any:
    dims = tuple(range(input.ndim)) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    steps: Any = list(spacing) if isinstance(spacing, tuple | list) else [1 if spacing is None else spacing] * len(dims)
    gradient: Any = np.gradient
    found = gradient(input, *[values(h) if np.ndim(h) else h for h in steps], axis=dims, edge_order=edge_order)
    return tuple(found) if isinstance(found, list | tuple) else (found,)


def _histogramdd(input: Any, bins: Any, *, range: Any = None, weight: Any = None, density: bool = False) -> Any:
    pairs = None if range is None else list(zip(range[::2], range[1::2], strict=True))
    bins = bins if isinstance(bins, int) else [values(b) if np.ndim(b) else b for b in bins]
    points = values(input).reshape(-1, input.shape[-1])
    found, edges = np.histogramdd(points, bins, pairs, density, None if weight is None else values(weight).reshape(-1))
    return found.astype(input.dtype), tuple([edge.astype(input.dtype) for edge in edges])


_DIMMED = {
    **{name: _reduced(getattr(np, name)) for name in ("sum", "nansum", "prod", "mean", "nanmean", "amax", "amin")},
    "all": _truth(np.all), "any": _truth(np.any), "var": _spread(np.var), "std": _spread(np.std), "norm": _norm,
    "argmax": _where(np.argmax), "argmin": _where(np.argmin),
    "logsumexp": lambda input, dim, keepdim=False: ag.logsumexp(floats(input), axis=axes(dim), keepdims=keepdim),
    "cumsum": lambda input, dim, *, dtype=None: np.cumsum(cast(input, dtype), axis=dim),
    "cumprod": lambda input, dim, *, dtype=None: np.cumprod(cast(input, dtype), axis=dim),
    "cummax": _running(False), "cummin": _running(True),
    "max": _extremum(np.max, np.maximum, np.argmax), "min": _extremum(np.min, np.minimum, np.argmin),
    "median": _median(False), "nanmedian": _median(True), "sort": _sort,
    "mode": _placed_by(ops.most_frequent),
    "argsort": lambda input, dim=-1, descending=False, stable=False: ops.ranking(input, dim, descending),
    "topk": lambda input, k, dim=-1, largest=True, sorted=True: ops.topk(input, k, dim, largest),
    "kthvalue": lambda input, k, dim=-1, keepdim=False: _along(
        input, np.take(ops.ranking(input, dim), k - 1, dim), dim, keepdim),
    "quantile": _quantile(np.quantile), "nanquantile": _quantile(np.nanquantile), "renorm": _renorm,
    "logcumsumexp": lambda input, dim: np.logaddexp.accumulate(input, dim),
    "count_nonzero": lambda input, dim=None: np.count_nonzero(input, axis=axes(dim)),
    "softmax": lambda input, dim, dtype=None: ag.softmax(cast(input, dtype), dim),
    "log_softmax": lambda input, dim, dtype=None: ag.log_softmax(cast(input, dtype), dim),
    "aminmax": lambda input, *, dim=None, keepdim=False: (
        np.min(input, axis=dim, keepdims=keepdim), np.max(input, axis=dim, keepdims=keepdim)),
}  # fmt: skip
offer({name: _of_scalars(function) for name, function in _DIMMED.items()})
offer({"bincount": lambda input, weights=None, minlength=0: np.bincount(input, weights, minlength)}, narrow=False)
offer({
    "unique": _unique, "unique_consecutive": lambda input, return_inverse=False, return_counts=False, dim=None: _some(
        *ops.runs(input, dim), return_inverse, return_counts),
    "msort": lambda input: _sort(input, 0)[0], "histc": _histc, "corrcoef": lambda input: np.corrcoef(
        input).astype(floats(input).dtype),
    "cov": lambda input, *, correction=1, fweights=None, aweights=None: np.cov(
        input, ddof=correction, fweights=fweights, aweights=aweights).astype(floats(input).dtype),
    "histogram": lambda input, bins=100, *, range=None, weight=None, density=False: tuple([
        part.astype(input.dtype) for part in np.histogram(
            values(input), values(bins) if np.ndim(bins) else bins, range, density, weight)]),
    "dist": lambda input, other, p=2: vector_norm(input - other, p),
    "bucketize": lambda input, boundaries, *, out_int32=False, right=False: _searchsorted(
        boundaries, input, out_int32=out_int32, right=right),
    "isin": lambda input, test_elements, *, assume_unique=False, invert=False: np.isin(
        input, test_elements, assume_unique, invert),
    "diff": lambda input, n=1, dim=-1, prepend=None, append=None: np.diff(input, n, dim, **{
        name: value for name, value in (("prepend", prepend), ("append", append)) if value is not None}),
})  # fmt: skip
offer({
    "var_mean": _spread(np.var, True), "std_mean": _spread(np.std, True), "searchsorted": _searchsorted,
    "trapezoid trapz": lambda y, x=None, *, dx=1, dim=-1: np.sum(_steps(y, x, dx, dim), dim),
    "cumulative_trapezoid": lambda y, x=None, *, dx=1, dim=-1: np.cumsum(_steps(y, x, dx, dim), dim),
    "gradient": lambda input, *, spacing=1, dim=None, edge_order=1: _gradient(input, spacing, dim, edge_order),
    "histogramdd": _histogramdd,
}, method=False)  # fmt: skip
