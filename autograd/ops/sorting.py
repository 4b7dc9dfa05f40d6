"""Functions that go by the order of elements: sorting, quantiles, bins, interpolation between sorted points."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine.blocks import along, in_blocks
from ..engine.declare import composite, linear, nondifferentiable, primitive
from ..engine.primitive import Function
from ..engine.sums import LARGE, axes_of
from ..engine.tensor import alike, unwrap
from .indexing import scatter_add, take

nondifferentiable(
    np.argsort, np.argpartition, np.lexsort, np.searchsorted, np.digitize, np.histogram_bin_edges
)  # fmt: skip

# ---- sorting: a permutation, whose adjoint is its inverse ------------------------------------------------------------


def _inverse(order: Any, axis: int) -> Any:
    places = np.arange(order.shape[axis]).reshape((-1,) + (1,) * (order.ndim - 1 - axis % order.ndim))
    result = np.empty_like(order)
    np.put_along_axis(result, order, np.broadcast_to(places, order.shape), axis)
    return result


def _sort(a: Any, axis: int, kind: Any, stable: Any, options: dict[str, Any]) -> Any:
    if in_blocks(a):
        return along(_sort, [a], axis, kind, stable, options)
    return np.sort(a, axis, kind=kind, stable=stable, **options)


def _sort_rule(g: Any, a: Any, axis: int, options: dict[str, Any]) -> Any:
    if in_blocks(g) or in_blocks(a):
        return along(_sort_rule, [g, a], axis, options)
    return permuted(g, _inverse(np.argsort(a, axis, stable=True, **options), axis), axis)


permuted: Function = linear(
    lambda x, order, axis: np.take_along_axis(x, order, axis), name="permuted",
    x=lambda g, order, axis: permuted(g, _inverse(order, axis), axis),
)  # fmt: skip
_sorted = primitive(_sort, name="sort", a=_sort_rule)


def _line(a: Any, axis: int | None) -> tuple[Any, int]:
    return (np.reshape(a, -1), -1) if axis is None else (a, axis)


@composite(np.sort)
def sort(
    a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: bool | None = None, **options: Any
) -> Any:
    """As np.sort. Of equal elements each gets the gradient of its place in a stable sort."""
    return _sorted(*_line(a, axis), kind, stable, options)  # from NumPy 2.5 on, descending=


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


def _rows(a: Any, axis: Any) -> tuple[Any, tuple[int, ...], list[int]]:
    """The array as a matrix whose rows are what a reduction takes together, the shape before that, and the axes."""
    last = axes_of(axis, a.ndim)
    order = [*[i for i in range(a.ndim) if i not in last], *last]
    moved = a.transpose(order)
    shape, n = moved.shape, a.ndim - len(last)
    return moved.reshape(math.prod(shape[:n]), math.prod(shape[n:])), shape, order


def _spread(g: Any, a: Any, axis: Any, places: Any, ranked: bool = True) -> Any:
    """Take the gradients of quantiles to the elements that they were taken from.

    places(rows) tells, of the rows of a matrix, where each quantile lies: an array (quantiles, rows) of indices, into
    the sorted row if they are ranked, whose fractions go to the next element, or NaN for nowhere.
    """
    rows, shape, order = _rows(unwrap(a), axis)
    where = places(rows)
    n, known = rows.shape[1], ~np.isnan(where)
    low = np.where(known, np.floor(unwrap(where)), 0).astype(int)
    beyond = np.where(known, where - low, 0).astype(g.dtype)
    columns = np.stack([low, np.minimum(low + 1, max(n - 1, 0))])
    each = np.arange(len(rows))
    if ranked and n:
        few = rows.size > LARGE and len(ranks := np.unique(columns)) <= _FEW
        columns = (np.argpartition(rows, ranks, -1) if few else np.argsort(rows, -1, kind="stable"))[each, columns]
    shares = alike(np.stack([known - beyond, beyond]), g) * g.reshape(low.shape)
    result = scatter_add(shares, (each, columns), rows.shape) if n else np.zeros_like(rows, dtype=g.dtype)
    return result.reshape(shape).transpose(sorted(range(a.ndim), key=order.__getitem__))


_FEW = 16  # ranks: so few are found sooner than all elements are sorted


def _places(q: Any, method: Any) -> Any:
    """Where quantiles lie among sorted elements, NaNs being last: those of the numbers 0, 1, 2, ... say so."""

    def places(rows: Any) -> Any:
        missing = np.isnan(rows)
        if rows.shape[1] and not missing.any():
            at = np.quantile(np.arange(float(rows.shape[1])), q.ravel(), method=method)
            return np.repeat(at[:, None], rows.shape[0], 1)
        present = np.array((~missing).sum(-1).tolist())
        result = np.full((q.size, rows.shape[0]), np.nan)
        for n in set(present.tolist()) - {0}:
            result[:, present == n] = np.quantile(np.arange(float(n)), q.ravel(), method=method)[:, None]
        return result

    return places


def _found(out: Any) -> Any:
    """Where the elements `out` are: for weighted quantiles, which are elements."""
    return lambda rows: (rows == out.reshape(-1, rows.shape[0], 1)).argmax(-1).astype(float)


_LINES = {  # among n elements a quantile lies at q * (n + the first) + the second of these; else it jumps with q
    "linear": (-1, 0), "hazen": (0, -1 / 2), "interpolated_inverted_cdf": (0, -1), "weibull": (1, -1),
    "median_unbiased": (1 / 3, -2 / 3), "normal_unbiased": (1 / 4, -5 / 8),
}  # fmt: skip


def _rate(q: Any, rows: Any, method: str) -> Any:
    """How fast the places among sorted rows move with q: not at all before the first and after the last element."""
    n = (~np.isnan(rows)).sum(-1)
    more, start = _LINES[method]
    places = q.reshape(-1, 1) * (n + more) + start
    return np.where((places >= 0) & (places < n - 1), n + more, 0)


def _of_q(g: Any, a: Any, q: Any, axis: Any, method: str, weights: Any, scale: float) -> Any:
    """A quantile moves with q along the line between two elements; at one of them it is the line to the next."""
    if weights is not None or method not in _LINES:
        return np.zeros_like(q, dtype=g.dtype)
    ranked, at = np.sort(_rows(a, axis)[0], -1), unwrap(q) / scale
    rate = _rate(at, unwrap(ranked), method).astype(g.dtype)
    below = np.where(rate > 0, _places(at, method)(unwrap(ranked)), 0).astype(int).T
    above = np.minimum(below + 1, ranked.shape[-1] - 1)
    gap = np.take_along_axis(ranked, above, -1) - np.take_along_axis(ranked, below, -1)
    return (g.reshape(rate.shape) * rate * np.where(rate > 0, gap.T, 0)).sum(-1).reshape(q.shape) / scale


def _moving(q: Any, method: str) -> Any:
    """The places of quantiles, joined to a q that is tracked."""
    at = np.asarray(unwrap(q))
    find = _places(at, method)
    if not getattr(q, "requires_grad", False) or method not in _LINES:
        return find
    return lambda rows: find(rows) + np.reshape(q - at, (-1, 1)) * _rate(at, rows, method)


def _quantile_rule(g: Any, a: Any, q: Any, out: Any, axis: Any, method: str, weights: Any, scale: float) -> Any:
    if weights is not None:
        return _spread(g, a, axis, _found(unwrap(out)), ranked=False)
    return _spread(g, a, axis, _moving((q if hasattr(q, "dtype") else np.asarray(q)) / scale, method))


def _quantiles(function: Any, scale: float) -> Function:
    def quantile(
        a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: Any = False, weights: Any = None
    ) -> Any:  # fmt: skip
        many = np.ndim(q) > 1  # with several axes np.nanquantile mixes up a q of two dimensions
        found = function(a, np.ravel(q) if many else q, axis, method=method, keepdims=keepdims, weights=weights)
        return found.reshape(np.shape(q) + found.shape[1:]) if many else found

    return primitive(
        quantile, name=function.__name__, weights=None,
        a=lambda g, a, q, out, axis, method, weights: _quantile_rule(g, a, q, out, axis, method, weights, scale),
        q=lambda g, a, q, axis, method, weights: _of_q(g, a, q, axis, method, weights, scale),
    )  # fmt: skip


def _as_numpy(function: Any, scale: float) -> Function:
    made = _quantiles(function, scale)

    def quantile(
        a: Any, q: Any, axis: Any = None, overwrite_input: bool = False, method: str = "linear", keepdims: Any = False,
        *, weights: Any = None,
    ) -> Any:  # fmt: skip
        axis = tuple(axis) if isinstance(axis, list) else axis
        return made(a, q, axis, method, keepdims, weights)

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
    counts = _binned([np.ravel(a)], [edges], np.reshape(weights, -1)).astype(weights.dtype)
    return (counts / counts.sum() / np.diff(edges) if density else counts), edges


@composite(np.histogramdd)
def histogramdd(sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    """As np.histogramdd: a gradient flows to the weights, none to the sample."""
    sample, bins, range = unwrap(sample), unwrap(bins), unwrap(range)
    counts, edges = np.histogramdd(sample, bins, range, density, unwrap(weights))
    if weights is None or not getattr(weights, "requires_grad", False):
        return counts, edges
    columns = list(sample) if isinstance(sample, list | tuple) else list(np.atleast_2d(sample.T))
    counts = _binned(columns, edges, weights)
    if density:
        counts = counts / counts.sum()
        for axis, edge in enumerate(edges):
            counts = counts / np.diff(edge).reshape((-1,) + (1,) * (len(edges) - 1 - axis))
    return counts, edges


@composite(np.histogram2d)
def histogram2d(
    x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:  # fmt: skip
    """As np.histogram2d: a gradient flows to the weights, none to the samples."""
    bins = unwrap(bins)
    single = hasattr(bins, "__len__") and len(bins) not in (1, 2)  # the edges of both axes
    counts, edges = histogramdd((x, y), [bins, bins] if single else bins, range, density, weights)
    return counts, *edges


def _binned(columns: list[Any], edges: Any, weights: Any) -> Any:
    """The sums of the weights in each cell between the edges; what lies on the last edge of all lies before it."""
    shape = tuple([len(edge) - 1 for edge in edges])
    place: Any = 0
    inside: Any = True
    for column, edge in zip(columns, edges, strict=True):
        i = np.searchsorted(edge, column, "right") - 1 - (column == edge[-1])
        place = place * (len(edge) - 1) + i
        inside = inside & (i >= 0) & (i < len(edge) - 1)
    chosen = np.flatnonzero(inside)
    return bincount(place[chosen], weights[chosen], math.prod(shape)).reshape(shape)


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
        inside = fp[0] + np.where(np.isfinite(at), x, 0) * 0  # as NumPy's, that of NaN too
    else:
        i = np.searchsorted(knots, at, "right").clip(1, len(knots) - 1)
        (x0, x1), (y0, y1) = ([take(values, k) for k in (i - 1, i)] for values in (xp, fp))
        with np.errstate(invalid="ignore"):  # as NumPy's
            inside = _between(x, x0, x1, y0, y1, np.where(np.isnan(at), np.nan, fp[-1]))
    return np.where(below, left, np.where(above, right, inside))


def _between(x: Any, x0: Any, x1: Any, y0: Any, y1: Any, last: Any) -> Any:
    """The line from (x0, y0) to (x1, y1), at x; between places or values that are infinite, what NumPy makes of it."""
    jump = unwrap(x0) == unwrap(x1)  # at the last knot, if it comes twice: the value behind the jump
    line: Any = lambda x, x0, x1, y0, y1: (x - x0) * ((y1 - y0) / np.where(jump, 1, x1 - x0))
    lost = np.isnan(unwrap(line(*unwrap((x, x0, x1, y0, y1))) + unwrap(y0))) & ~jump
    if not lost.any():
        return np.where(jump, last, y0 + line(x, x0, x1, y0, y1))
    known: Any = lambda where, *values: [np.where(where, v, k) for v, k in zip(values, (0, 0, 1, 0, 0), strict=True)]
    kept = np.where(jump, last, np.where(lost, 0, y0) + line(*known(~lost, x, x0, x1, y0, y1)))
    here, last_one = lost & (unwrap(x) == unwrap(x0)), lost & (unwrap(x) == unwrap(x1))
    beyond = lost & ~here & ~last_one  # on a knot it is the value there, beside it the line from the other one
    x, x0, x1, *y = known(beyond, x, x0, x1, y0, y1)
    slope = (y[1] - y[0]) / np.where(jump, 1, x1 - x0)
    other = np.where(beyond, y1, 0) + (x - x1) * slope
    level = beyond & np.isnan(unwrap(other)) & (unwrap(y0) == unwrap(y1)) & ~np.isnan(unwrap(x))
    return np.where(here | level, y0, np.where(last_one, y1, np.where(beyond, other, kept)))
