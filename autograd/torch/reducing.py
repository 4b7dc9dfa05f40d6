"""Sums, means, extrema along dimensions, running ones, sorting and counting."""

from __future__ import annotations

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
    flat: Any = lambda part: np.reshape(part, ()) if np.size(part) == 1 else part

    def call(input: Any, *args: Any, **kwargs: Any) -> Any:
        if input.ndim:
            return function(input, *args, **kwargs)
        found = function(np.reshape(input, (1,)), *args, **kwargs)
        return tuple(map(flat, found)) if isinstance(found, tuple) else flat(found)

    return call


def _reduced(name: str) -> Any:
    function = registry[getattr(np, name)]
    return lambda input, dim=None, keepdim=False, *, dtype=None: function(
        cast(input, dtype), axis=axes(dim), keepdims=keepdim
    )


def _spread(function: Any, mean: bool = False) -> Any:
    """var and std, of the dimensions, of `unbiased` alone, of both; and the mean with it."""
    function, average = registry[function], registry[np.mean]

    def call(input: Any, dim: Any = None, unbiased: Any = True, keepdim: Any = False, *, correction: Any = None) -> Any:
        dim, unbiased = (None, dim) if isinstance(dim, bool) else (axes(dim), unbiased)
        found = function(input, axis=dim, ddof=int(unbiased) if correction is None else correction, keepdims=keepdim)
        return (found, average(input, axis=dim, keepdims=keepdim)) if mean else found

    return call


def _extremum(whole: Any, pair: Any, where: Any) -> Any:
    def call(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
        if hasattr(dim, "dtype") or other is not None:
            return pair(*alike(input, dim if other is None else other))
        return whole(input) if dim is None else ops.one_along(input, where(values(input), dim), dim, keepdim)

    return call


def _placed_by(where: Any) -> Any:
    """The elements along a dimension that stand where this says, and where that is."""
    return lambda input, dim=-1, keepdim=False: ops.one_along(input, where(input, dim), dim, keepdim)


def _median(skip: bool) -> Any:
    pair = _placed_by(lambda input, dim: ops.middle(input, dim, skip))

    def call(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
        if dim is not None:
            return pair(input, dim, keepdim)
        return pair(np.ravel(input), 0)[0] if np.size(input) else np.full((), np.nan, like=input)

    return call


def _ordered(input: Any, places: Any, dim: int) -> Any:
    return np.take_along_axis(input, places, dim), places


_root = registry[np.linalg.vector_norm]


def vector_norm(x: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    return _root(floats(cast(x, dtype)), axis=axes(dim) if x.ndim > 1 else None, keepdims=keepdim, ord=ord)


def _norm(input: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
    if p == "nuc":
        return np.linalg.norm(input, "nuc", axes(dim) or (0, 1), keepdims=keepdim)
    return vector_norm(input, 2 if p in ("fro", None) else p, dim, keepdim, dtype=dtype)


def _truth(function: Any) -> Any:
    return lambda input, dim=None, keepdim=False: cast(
        function(input, axis=axes(dim), keepdims=keepdim), np.uint8 if input.dtype == np.uint8 else None
    )


def _where(function: Any) -> Any:
    return lambda input, dim=None, keepdim=False: function(values(input), axis=dim, keepdims=keepdim)


def _distinct(found: Any, return_inverse: bool, return_counts: bool) -> Any:
    found = (found[0], *found[1:2] * return_inverse, *found[2:] * return_counts)
    return found if len(found) > 1 else found[0]


def _quantile(function: Any) -> Any:
    return lambda input, q, dim=None, keepdim=False, *, interpolation="linear": function(
        input, values(q).astype(input.dtype), axis=dim, keepdims=keepdim, method=interpolation
    )


def _renorm(input: Any, p: Any, dim: int, maxnorm: Any) -> Any:
    norms = vector_norm(input, p, [i for i in range(input.ndim) if i != dim % input.ndim], True)
    return input * np.where(norms > maxnorm, maxnorm / (norms + 1e-7), 1.0)


def _histc(input: Any, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    array = values(input)
    low, high = (array.min(), array.max()) if min == max and array.size else (min, max)
    return np.histogram(array, bins, (low - (low == high), high + (low == high)))[0].astype(input.dtype)


def _searchsorted(
    sorted_sequence: Any, input: Any, *, out_int32: bool = False, right: bool = False, side: Any = None,
    sorter: Any = None,
) -> Any:  # fmt: skip
    rows = sorted_sequence if sorter is None else np.take_along_axis(values(sorted_sequence), values(sorter), -1)
    return cast(ops.ranks_among(rows, input, side or ("right" if right else "left")), np.int32 if out_int32 else None)


def _gradient(input: Any, *, spacing: Any = 1, dim: Any = None, edge_order: Any = 1) -> Any:
    dims = tuple(range(input.ndim)) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    steps: Any = list(spacing) if isinstance(spacing, tuple | list) else [1 if spacing is None else spacing] * len(dims)
    steps = [values(h) if np.ndim(h) else h for h in steps]
    found = np.gradient(input, *steps, axis=dims, edge_order=edge_order)
    return tuple(found) if isinstance(found, list | tuple) else (found,)


def _histogramdd(input: Any, bins: Any, *, range: Any = None, weight: Any = None, density: bool = False) -> Any:
    pairs = None if range is None else list(zip(range[::2], range[1::2], strict=True))
    bins = bins if isinstance(bins, int) else [values(b) if np.ndim(b) else b for b in bins]
    points = values(input).reshape(-1, input.shape[-1])
    found, edges = np.histogramdd(points, bins, pairs, density, None if weight is None else values(weight).reshape(-1))
    return found.astype(input.dtype), tuple([edge.astype(input.dtype) for edge in edges])


_DIMMED = {
    **{name: _reduced(name) for name in ("sum", "nansum", "prod", "mean", "nanmean", "amax", "amin")},
    "all": _truth(np.all), "any": _truth(np.any), "var": _spread(np.var), "std": _spread(np.std), "norm": _norm,
    "argmax": _where(np.argmax), "argmin": _where(np.argmin), "median": _median(False), "nanmedian": _median(True),
    "max": _extremum(np.max, np.maximum, np.argmax), "min": _extremum(np.min, np.minimum, np.argmin), "renorm": _renorm,
    "mode": _placed_by(ops.most_frequent), "quantile": _quantile(np.quantile), "nanquantile": _quantile(np.nanquantile),
    "logsumexp": lambda input, dim, keepdim=False: ag.logsumexp(floats(input), axis=axes(dim), keepdims=keepdim),
    "cumsum": lambda input, dim, *, dtype=None: np.cumsum(cast(input, dtype), axis=dim),
    "cumprod": lambda input, dim, *, dtype=None: np.cumprod(cast(input, dtype), axis=dim),
    "cummax": lambda input, dim: _ordered(input, ops.greatest_so_far(input, dim), dim),
    "cummin": lambda input, dim: _ordered(input, ops.greatest_so_far(input, dim, True), dim),
    "sort": lambda input, dim=-1, descending=False, stable=False: _ordered(
        input, ops.ranking(input, dim, descending), dim),
    "argsort": lambda input, dim=-1, descending=False, stable=False: ops.ranking(input, dim, descending),
    "topk": lambda input, k, dim=-1, largest=True, sorted=True: ops.topk(input, k, dim, largest),
    "kthvalue": lambda input, k, dim=-1, keepdim=False: ops.one_along(
        input, np.take(ops.ranking(input, dim), k - 1, dim), dim, keepdim),
    "logcumsumexp": lambda input, dim: np.logaddexp.accumulate(input, dim),
    "count_nonzero": lambda input, dim=None: np.sum(input != 0, axis=axes(dim)),
    "softmax": lambda input, dim, dtype=None: ag.softmax(cast(input, dtype), dim),
    "log_softmax": lambda input, dim, dtype=None: ag.log_softmax(cast(input, dtype), dim),
    "aminmax": lambda input, *, dim=None, keepdim=False: (
        np.min(input, axis=dim, keepdims=keepdim), np.max(input, axis=dim, keepdims=keepdim)),
}  # fmt: skip
offer({name: _of_scalars(function) for name, function in _DIMMED.items()})
offer({"bincount": lambda input, weights=None, minlength=0: np.bincount(input, weights, minlength)}, narrow=False)
offer({
    "unique": lambda input, sorted=True, return_inverse=False, return_counts=False, dim=None: _distinct(
        np.unique(values(input), False, True, True, dim), return_inverse, return_counts),
    "unique_consecutive": lambda input, return_inverse=False, return_counts=False, dim=None: _distinct(
        ops.runs(input, dim), return_inverse, return_counts), "histc": _histc,
    "msort": lambda input: np.sort(input, 0), "corrcoef": lambda input: cast(np.corrcoef(input), floats(input).dtype),
    "cov": lambda input, *, correction=1, fweights=None, aweights=None: cast(
        np.cov(input, ddof=correction, fweights=fweights, aweights=aweights), floats(input).dtype),
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
    "trapezoid trapz": lambda y, x=None, *, dx=1, dim=-1: np.trapezoid(y, x, dx, dim),
    "cumulative_trapezoid": lambda y, x=None, *, dx=1, dim=-1: ops.cumulative_trapezoid(y, x, dx, dim),
    "gradient": _gradient, "histogramdd": _histogramdd,
}, method=False)  # fmt: skip
