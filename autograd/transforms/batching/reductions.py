"""Reductions and what runs along an axis: the axes of one example, counted behind that of the examples."""

from __future__ import annotations

from typing import Any

import numpy as np

from .batched import Batch, Batched
from .forms import OF_UFUNCS, form
from .methods import behind


def axes_behind(axis: Any, ndim: int) -> Any:
    """Axes of one example, None for all, where they stand in the array of all."""
    if axis is None:
        return tuple(range(1, ndim + 1))
    if isinstance(axis, tuple | list):
        return tuple([behind(a, ndim) for a in axis])
    if ndim == 0:  # NumPy takes axis 0 or -1 of a number for none
        np.sum(np.empty(()), axis)
        return ()
    return behind(axis, ndim)


def _where(batch: Batch, options: dict[str, Any], ndim: int) -> bool:
    """Put where= among the options in its place; whether all of them can be used."""
    where = options.get("where", True)
    if hasattr(where, "shape"):
        options["where"] = batch.array(where, ndim)
    out = options.get("out")
    if out is not None:
        (out,) = out if type(out) is tuple else (out,)
        if not batch.holds(out):
            return False
        options["out"] = out.array
    return not batch.holds(options.get("initial"))


def _reduce(function: Any, batch: Batch, a: Any, axis: Any, options: dict[str, Any], default: Any = None) -> Any:
    if not batch.holds(a) or not _where(batch, options, a.ndim):
        return NotImplemented
    out = options.get("out")
    made = function(a.array, axis=axes_behind(axis, a.ndim), **options)
    return Batched(batch, made if out is None else out)


def _over(function: Any, *names: str) -> Any:
    """Of a function f(a, axis, *names): several axes, or None for all."""

    def reduced(batch: Batch, a: Any, axis: Any = None, *rest: Any, **options: Any) -> Any:
        options.update(zip(names, rest, strict=False))
        return _reduce(function, batch, a, axis, {k: v for k, v in options.items() if v is not None})

    return reduced


_SUM = ("dtype", "out", "keepdims", "initial", "where")
_MAX = ("out", "keepdims", "initial", "where")
for _functions, _names in {
    (np.sum, np.ndarray.sum): _SUM, (np.prod, np.ndarray.prod): _SUM, (np.nansum,): _SUM, (np.nanprod,): _SUM,
    (np.mean, np.ndarray.mean): ("dtype", "out", "keepdims"), (np.nanmean,): ("dtype", "out", "keepdims"),
    (np.max, np.ndarray.max): _MAX, (np.min, np.ndarray.min): _MAX, (np.nanmax,): _MAX, (np.nanmin,): _MAX,
    (np.var, np.ndarray.var): ("dtype", "out", "ddof", "keepdims"), (np.nanvar,): ("dtype", "out", "ddof", "keepdims"),
    (np.std, np.ndarray.std): ("dtype", "out", "ddof", "keepdims"), (np.nanstd,): ("dtype", "out", "ddof", "keepdims"),
    (np.ptp,): ("out", "keepdims"), (np.count_nonzero,): (), (np.median,): ("out", "overwrite_input", "keepdims"),
    (np.nanmedian,): ("out", "overwrite_input", "keepdims"),
}.items():  # fmt: skip
    form(*_functions)(_over(_functions[0], *_names))


_QUANTILE = ("out", "overwrite_input", "method", "keepdims", "weights")


def _quantiles(function: Any) -> None:
    @form(function)
    def quantile(batch: Batch, a: Any, q: Any, axis: Any = None, *rest: Any, **options: Any) -> Any:
        options.update(zip(_QUANTILE, rest, strict=False))
        if not batch.holds(a) or any(map(batch.holds, (q, *options.values()))):
            return NotImplemented
        if any(options.get(name) is not None for name in ("out", "weights")) or not batch.size:
            return NotImplemented  # of no examples, NumPy's forget how many quantiles
        made = function(a.array, q, axes_behind(axis, a.ndim), **options)
        return Batched(batch, np.moveaxis(made, np.ndim(q), 0))  # the quantiles stand in front


for _function in (np.quantile, np.nanquantile, np.percentile, np.nanpercentile):
    _quantiles(_function)


def _whether(function: Any, *functions: Any) -> None:
    """np.any and np.all, whose result knows which it is."""
    over = _over(function, "out", "keepdims")

    def asked(batch: Batch, *args: Any, **options: Any) -> Any:
        made = over(batch, *args, **options)
        if made is not NotImplemented:
            made.whole = function
        return made

    form(function, *functions)(asked)


_whether(np.any, np.ndarray.any)
_whether(np.all, np.ndarray.all)


def _method(ufunc: Any, batch: Batch, a: Any, axis: Any = 0, *rest: Any, **options: Any) -> Any:
    options.update(zip(("dtype", "out", "keepdims", "initial", "where"), rest, strict=False))
    return _reduce(ufunc.reduce, batch, a, axis, {k: v for k, v in options.items() if v is not None})


def _accumulate(ufunc: Any, batch: Batch, a: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
    return _along_one(ufunc.accumulate, batch, a, axis, (), {"dtype": dtype, "out": out})


def _reduceat(ufunc: Any, batch: Batch, a: Any, indices: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
    return _along_one(ufunc.reduceat, batch, a, axis, (indices,), {"dtype": dtype, "out": out})


OF_UFUNCS.update({"reduce": _method, "accumulate": _accumulate, "reduceat": _reduceat})


def _along_one(function: Any, batch: Batch, a: Any, axis: Any, before: Any, options: dict[str, Any]) -> Any:
    """Along one axis, None for all elements in one row."""
    out = options.pop("out", None)
    out = out[0] if type(out) is tuple else out
    if not batch.holds(a) or any(map(batch.holds, (*before, *options.values()))):
        return NotImplemented
    if out is not None:
        made = _along_one(function, batch, a, axis, before, options)
        if not batch.holds(out) or made is NotImplemented:
            return NotImplemented
        np.copyto(out.array, made.array)
        return out
    array = a.array if axis is not None else a.array.reshape(batch.size, a.size)
    axis = 1 if axis is None else behind(axis, a.ndim)
    return Batched(batch, function(array, *before, axis=axis, **{k: v for k, v in options.items() if v is not None}))


def _along(function: Any, *names: str, last: bool = False) -> Any:
    """Of a function f(a, axis, *names) along one axis; without one along the last, or all elements in one row."""

    def run(batch: Batch, a: Any, axis: Any = -1 if last else None, *rest: Any, **options: Any) -> Any:
        options.update(zip(names, rest, strict=False))
        if options.get("keepdims") is True and axis is None:
            return NotImplemented
        return _along_one(function, batch, a, axis, (), options)

    return run


_OUT = ("dtype", "out")
_KEPT = ("out", "keepdims")
_KIND = ("kind", "order")
_table: Any = (
    ((np.cumsum, np.ndarray.cumsum), _OUT, False), ((np.cumprod, np.ndarray.cumprod), _OUT, False),
    ((np.nancumsum,), _OUT, False), ((np.nancumprod,), _OUT, False),
    ((np.argmax, np.ndarray.argmax), _KEPT, False), ((np.argmin, np.ndarray.argmin), _KEPT, False),
    ((np.nanargmax,), _KEPT, False), ((np.nanargmin,), _KEPT, False),
    ((np.sort,), _KIND, True), ((np.argsort, np.ndarray.argsort), _KIND, True),
)  # fmt: skip
for _functions, _names, _last in _table:
    form(*_functions)(_along(_functions[0], *_names, last=_last))


def _parted(function: Any, *functions: Any) -> None:
    def parted(batch: Batch, a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None) -> Any:
        return _along_one(lambda a, **options: function(a, kth, kind=kind, **options), batch, a, axis, (), {})

    form(function, *functions)(parted)


_parted(np.partition)
_parted(np.argpartition, np.ndarray.argpartition)


@form(np.ndarray.sort)
def _sort(batch: Batch, a: Any, axis: int = -1, *rest: Any, **options: Any) -> None:
    a.array.sort(behind(axis, a.ndim), *rest, **options)


@form(np.diff)
def _diff(batch: Batch, a: Any, n: int = 1, axis: int = -1, *rest: Any, **options: Any) -> Any:
    return NotImplemented if rest or options else Batched(batch, np.diff(a.array, n, behind(axis, a.ndim)))
