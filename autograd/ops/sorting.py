"""Functions that go by the order of elements: sorting, quantiles, bins, interpolation between sorted points."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..primitive import Function, composite, linear, nondifferentiable, primitive, unwrap
from .elementwise import stored

nondifferentiable(
    np.argsort, np.argpartition, np.lexsort, np.searchsorted, np.digitize, np.histogram_bin_edges, np.histogram2d,
    np.histogramdd, np.unique, np.unique_all, np.unique_counts, np.unique_inverse, np.unique_values, np.union1d,
    np.intersect1d, np.setdiff1d, np.setxor1d, np.isin, *([np.in1d] if hasattr(np, "in1d") else []),
)  # fmt: skip

# ---- sorting: a permutation, whose adjoint is its inverse ------------------------------------------------------------


def _inverse(order: Any, axis: int) -> Any:
    places = np.arange(order.shape[axis]).reshape((-1,) + (1,) * (order.ndim - 1 - axis % order.ndim))
    result = np.empty_like(order)
    np.put_along_axis(result, order, np.broadcast_to(places, order.shape), axis)
    return result


def _sort(a: Any, axis: int, kind: Any, stable: Any) -> Any:
    return np.sort(a, axis, kind=kind, stable=stable)


permuted: Function = linear(
    lambda x, order, axis: np.take_along_axis(x, order, axis), name="permuted",
    x=lambda g, order, axis: permuted(g, _inverse(order, axis), axis),
)  # fmt: skip
_sorted = primitive(
    _sort, name="sort", a=lambda g, a, axis: permuted(g, _inverse(np.argsort(a, axis, kind="stable"), axis), axis)
)


def _line(a: Any, axis: int | None) -> tuple[Any, int]:
    return (np.reshape(a, -1), -1) if axis is None else (a, axis)


@composite(np.sort)
def sort(a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: bool | None = None) -> Any:
    """As np.sort. Of equal elements each gets the gradient of its place in a stable sort."""
    return _sorted(*_line(a, axis), kind, stable)


@composite(np.sort_complex)
def sort_complex(a: Any) -> Any:
    """As np.sort_complex."""
    if a.dtype.kind != "c":
        a = a.astype("F" if a.dtype.char in "bBhH" else "G" if a.dtype.char == "g" else "D")
    return a.copy() if a.ndim == 0 else sort(a)


@composite(np.partition)
def partition(a: Any, kth: Any, axis: int | None = -1, kind: Any = "introselect", order: Any = None) -> Any:
    """As np.partition."""
    a, axis = _line(a, axis)
    return permuted(a, np.argpartition(unwrap(a), unwrap(kth), axis, kind), axis)


# ---- quantiles: each is a mean of one or two elements that are next to each other in order ---------------------------


def _spread(g: Any, a: Any, axis: Any, places: Any) -> Any:
    """Take the gradients of quantiles to the elements that they were taken from.

    places(rows) tells, of the sorted rows of a matrix, where each quantile lies: an array (quantiles, rows or 1) of
    indices whose fractions go to the next element, or NaN for nowhere.
    """
    axes = range(a.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    last = [i % a.ndim for i in axes]
    order = [i for i in range(a.ndim) if i not in last] + last
    moved = unwrap(a).transpose(order)
    shape = moved.shape
    rows = moved.reshape(math.prod(shape[: a.ndim - len(last)]), math.prod(shape[a.ndim - len(last) :]))
    ranks = np.argsort(rows, -1, kind="stable")
    where = places(np.take_along_axis(rows, ranks, -1))
    g = g.reshape(where.shape[0], rows.shape[0], 1)
    index = np.arange(rows.shape[1])
    total = None
    for k, place in enumerate(where):  # the weights are a tent of width 1 around the place
        weights = np.maximum(1 - abs(index - place[:, None]), 0).astype(g.dtype)
        part = g[k] * np.where(np.isnan(weights), 0, weights)
        total = part if total is None else total + part
    if total is None:
        total = np.zeros_like(rows, dtype=g.dtype)
    result = permuted(total, _inverse(ranks, -1), -1)
    return result.reshape(shape).transpose(sorted(range(a.ndim), key=order.__getitem__))


def _places(q: Any, method: Any) -> Any:
    """Where quantiles lie among sorted elements without NaNs before them: those of the numbers 0, 1, 2, ... say so."""

    def places(rows: Any) -> Any:
        present = (~np.isnan(rows)).sum(-1)
        result = np.full((q.size, rows.shape[0]), np.nan)
        for n in set(present.tolist()) - {0}:
            result[:, present == n] = np.quantile(np.arange(float(n)), q.ravel(), method=method)[:, None]
        return result

    return places


def _found(out: Any) -> Any:
    """Where the elements `out` are among sorted ones: for weighted quantiles, which are elements."""
    return lambda rows: (rows == out.reshape(-1, rows.shape[0], 1)).argmax(-1).astype(float)


def _quantile_rule(g: Any, a: Any, q: Any, out: Any, axis: Any, method: str, weights: Any, scale: float) -> Any:
    if weights is not None:
        return _spread(g, a, axis, _found(unwrap(out)))
    return _spread(g, a, axis, _places(np.asarray(q) / scale, method))


def _quantiles(function: Any, scale: float) -> Function:
    def quantile(a: Any, q: Any, axis: Any, method: str, keepdims: Any, weights: Any) -> Any:
        many = np.ndim(q) > 1  # with several axes np.nanquantile mixes up a q of two dimensions
        found = function(a, np.ravel(q) if many else q, axis, method=method, keepdims=keepdims, weights=weights)
        return found.reshape(np.shape(q) + found.shape[1:]) if many else found

    return primitive(
        quantile, name=function.__name__, q=None, weights=None,
        a=lambda g, a, q, out, axis, method, weights: _quantile_rule(g, a, q, out, axis, method, weights, scale),
    )  # fmt: skip


def _as_numpy(function: Any, scale: float) -> Function:
    made = _quantiles(function, scale)

    def quantile(
        a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
        keepdims: Any = False, *, weights: Any = None,
    ) -> Any:  # fmt: skip
        axis = tuple(axis) if isinstance(axis, list) else axis
        return stored(made(a, q, axis, method, keepdims, weights), out)

    return composite(function)(quantile)


quantile = _as_numpy(np.quantile, 1)
percentile = _as_numpy(np.percentile, 100)
nanquantile = _as_numpy(np.nanquantile, 1)
nanpercentile = _as_numpy(np.nanpercentile, 100)


def _median_rule(g: Any, a: Any, axis: Any) -> Any:
    return _spread(g, a, axis, _places(np.asarray(0.5), "linear"))


def _median(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False
) -> Any:  # fmt: skip
    return np.median(a, axis, keepdims=keepdims)


def _nanmedian(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False
) -> Any:  # fmt: skip
    return np.nanmedian(a, axis, keepdims=keepdims)


median = primitive(_median, np.median, name="median", a=_median_rule)
nanmedian = primitive(_nanmedian, np.nanmedian, name="nanmedian", a=_median_rule)

# ---- bins ------------------------------------------------------------------------------------------------------------

bincount = linear(
    lambda x, weights=None, minlength=0: np.bincount(x, weights, minlength), np.bincount, name="bincount", x=None,
    weights=lambda g, x: g[x],
)  # fmt: skip


@composite(np.histogram)
def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    """As np.histogram: a gradient flows to the weights, none to `a`."""
    a, bins, range = unwrap(a), unwrap(bins), unwrap(range)
    if weights is None or not getattr(weights, "requires_grad", False):
        return np.histogram(a, bins, range, density, unwrap(weights))
    edges = np.histogram_bin_edges(a, bins, range, unwrap(weights))
    places = np.searchsorted(edges, a.ravel(), "right") - 1
    places[a.ravel() == edges[-1]] = len(edges) - 2
    inside = np.flatnonzero((places >= 0) & (places < len(edges) - 1))
    counts = bincount(places[inside], np.reshape(weights, -1)[inside], len(edges) - 1)
    return (counts / counts.sum() / np.diff(edges) if density else counts), edges


# ---- between sorted points -------------------------------------------------------------------------------------------

unwrapped = primitive(
    lambda p, discont, axis, period: np.unwrap(p, discont, axis, period=period), name="unwrap", p=lambda g: g
)


@composite(np.unwrap)
def unwrap_phase(p: Any, discont: float | None = None, axis: int = -1, *, period: float = 2 * math.pi) -> Any:
    """As np.unwrap: what it adds is constant in pieces."""
    return unwrapped(p, discont, axis, period)


def _double(x: Any) -> Any:
    return x.astype(np.result_type(x.dtype, float)) if hasattr(x, "astype") else np.asarray(x, dtype=None) * 1.0


@composite(np.interp)
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: float | None = None) -> Any:
    """As np.interp; differentiable in all of x, xp and fp. At a point of xp, x has the slope to its right."""
    x, xp, fp = _double(x), _double(xp), _double(fp)
    if xp.ndim != 1 or fp.shape != xp.shape or not xp.size:
        raise ValueError(f"interp: expected xp and fp of one dimension and length, got {xp.shape} and {fp.shape}")
    if "c" in (x.dtype.kind, xp.dtype.kind):
        raise TypeError("interp: expected real x and xp, got complex ones; only fp may be complex")
    if period is not None:
        period, left, right = abs(period), None, None
        x, xp = x % period, xp % period
        order = np.argsort(unwrap(xp))
        xp, fp = xp[order], fp[order]
        xp = np.concatenate([xp[-1:] - period, xp, xp[:1] + period])
        fp = np.concatenate([fp[-1:], fp, fp[:1]])
    at, knots = unwrap(x), unwrap(xp)
    below, above = at < knots[0], at > knots[-1]
    left, right = fp[0] if left is None else left, fp[-1] if right is None else right
    if len(knots) == 1:
        inside = fp[0] + x * 0
    else:
        i = np.searchsorted(knots, at, "right").clip(1, len(knots) - 1)
        inside = fp[i - 1] + (x - xp[i - 1]) * ((fp[i] - fp[i - 1]) / (xp[i] - xp[i - 1]))
    return np.where(below, left, np.where(above, right, inside))
