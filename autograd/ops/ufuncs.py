"""What ufuncs take besides arrays, and their methods: on Tensors, in terms of the functions that have rules.

Sums, products and extremes have rules of their own (`reductions.py`). Any other ufunc of two arguments is folded
element by element along the axis: exact, to any order, and slow.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine import versions
from ..engine.dispatch import find, methods
from ..engine.modes import mode
from ..engine.operands import not_for_plain, store
from ..engine.primitive import registry
from ..engine.tensor import Tensor, unwrap, wrap
from . import reductions
from .elementwise import stored
from .indexing import scatter_add, setitem

_none = reductions._none


def _recorded(*values: Any) -> bool:
    return mode.recording is not False and any(getattr(value, "requires_grad", False) for value in values)


def _rule_of(ufunc: Any, method: str = "") -> Any:
    return registry.get(ufunc) or find(ufunc, method)


def _as_tensor(result: Any) -> Any:
    return wrap(result if hasattr(result, "ndim") and not isinstance(result, np.generic) else np.asarray(result))


# ---- options of a call -----------------------------------------------------------------------------------------------


def call(
    ufunc: Any, *inputs: Any, out: Any = None, where: Any = True, dtype: Any = None, casting: Any = "same_kind",
    order: str = "K", subok: bool = True, **others: Any,
) -> Any:  # fmt: skip
    """A ufunc called with options. With `where`, nothing is computed, and no gradient flows, where it is false."""
    function = _rule_of(ufunc)
    if "signature" in others or "sig" in others:
        raise TypeError(f"numpy.{ufunc.__name__}: signature= is not for Tensors; give dtype=")
    outs = out if isinstance(out, tuple) else (out,) * ufunc.nout
    if hasattr(function, "plain"):  # it has no derivative
        return _plain(ufunc, inputs, outs, {"where": unwrap(where), "dtype": dtype, "casting": casting})
    if dtype is not None or casting != "same_kind":
        inputs = _cast(ufunc, inputs, dtype, casting)
    if where is True:
        results = function(*inputs, **others)
        results = results if ufunc.nout > 1 else (results,)
        stored = [_put(ufunc, result, target, casting) for result, target in zip(results, outs, strict=True)]
        return tuple(stored) if ufunc.nout > 1 else stored[0]
    if any(target is None for target in outs):
        raise TypeError(
            f"numpy.{ufunc.__name__}: where= needs out= too, a Tensor of the values that stay where it is false"
        )
    shape = np.broadcast_shapes(*[np.shape(value) for value in (*inputs, where, *outs)])
    mask = np.broadcast_to(unwrap(where), shape)
    picked = [np.broadcast_to(value, shape)[mask] if np.ndim(value) else value for value in inputs]
    results = function(*picked)
    results = results if ufunc.nout > 1 else (results,)
    for result, target in zip(results, outs, strict=True):
        _put(ufunc, result, target, casting, mask)
    return outs if ufunc.nout > 1 else outs[0]


def _cast(ufunc: Any, inputs: Any, dtype: Any, casting: Any) -> Any:
    """The inputs in the dtypes that NumPy would compute with."""
    weak = {bool: np.dtype(bool), int: int, float: float, complex: complex}
    known = [value.dtype if hasattr(value, "dtype") else weak[type(value)] for value in inputs]
    given = {} if dtype is None else {"signature": (None,) * ufunc.nin + (np.dtype(dtype),) * ufunc.nout}
    loop = ufunc.resolve_dtypes((*known, *(None,) * ufunc.nout), casting=casting, **given)
    pairs = zip(inputs, loop, strict=False)
    return [value.astype(kind) if hasattr(value, "astype") and value.dtype != kind else value for value, kind in pairs]


def _put(ufunc: Any, result: Any, target: Any, casting: Any, mask: Any = None) -> Any:
    if target is None:
        return result
    if not np.can_cast(result.dtype, target.dtype, casting):
        raise TypeError(
            f"numpy.{ufunc.__name__}: cannot cast the result from {result.dtype} to {target.dtype}, the dtype of out=, "
            f"with casting={casting!r}"
        )
    if mask is None:
        if np.broadcast_shapes(result.shape, target.shape) != target.shape:
            raise ValueError(f"numpy.{ufunc.__name__}: expected out= of shape {result.shape}, got {target.shape}")
        return store(result, target)
    if mask.shape != target.shape:
        raise ValueError(f"numpy.{ufunc.__name__}: expected out= of shape {mask.shape}, got {target.shape}")
    if isinstance(target, Tensor):
        target[mask] = result
    elif _recorded(result):
        raise not_for_plain("out=")
    else:
        target[mask] = unwrap(result)
    return target


def _plain(ufunc: Any, inputs: Any, outs: Any, options: dict[str, Any]) -> Any:
    arrays = tuple([np.array(target._data) if isinstance(target, Tensor) else target for target in outs])
    given = {name: value for name, value in options.items() if value is not None}
    results = ufunc(*unwrap(inputs), **({} if all(array is None for array in arrays) else {"out": arrays}), **given)
    for target, array in zip(outs, arrays, strict=True):
        if isinstance(target, Tensor):
            target[...] = array
    return results if outs[0] is None else outs[0]


# ---- methods ---------------------------------------------------------------------------------------------------------


def _lines(a: Any, axis: Any) -> Any:
    """The slices along an axis, or along several of them made one."""
    axes = range(a.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    first = [i % a.ndim for i in axes]
    rest = [i for i in range(a.ndim) if i not in first]
    moved = a.transpose(first + rest)
    return moved.reshape((-1, *[a.shape[i] for i in rest]))


def reduce(
    ufunc: Any, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: Any = False,
    initial: Any = _none, where: Any = True,
) -> Any:  # fmt: skip
    """As ufunc.reduce."""
    function = _rule_of(ufunc, "reduce")
    known = _REDUCE.get(ufunc)
    if known is not None:
        array = array if dtype is None else array.astype(dtype)
        result = known(array, axis=axis, keepdims=keepdims, initial=initial, where=where)
    else:
        result = ufunc.reduce(unwrap(array), axis, dtype, None, keepdims, initial, unwrap(where))
        if hasattr(function, "primitive"):
            result = _as_tensor(result)
            if _recorded(array) and array.size:
                if where is not True:
                    raise TypeError(f"numpy.{ufunc.__name__}.reduce: where= has no derivative rule; select before")
                items = iter(_lines(array if dtype is None else array.astype(dtype), axis))
                total = next(items) if initial is _none or initial is None else initial
                for item in items:
                    total = function(total, item)
                result = np.reshape(total, result.shape)
    return stored(result, _one(out))


def accumulate(ufunc: Any, array: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
    """As ufunc.accumulate."""
    function = _rule_of(ufunc, "accumulate")
    known = _ACCUMULATE.get(ufunc)
    if known is not None:
        result = known(array, axis, dtype)
    else:
        result = ufunc.accumulate(unwrap(array), axis, dtype)
        if hasattr(function, "primitive"):
            result = _as_tensor(result)
            if _recorded(array) and array.size:
                totals: list[Any] = []
                for item in np.moveaxis(array if dtype is None else array.astype(dtype), axis, 0):
                    totals.append(function(totals[-1], item) if totals else item)
                result = np.stack(totals, axis)
    return stored(result, _one(out))


def reduceat(ufunc: Any, array: Any, indices: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
    """As ufunc.reduceat."""
    indices = np.asarray(unwrap(indices))
    result = ufunc.reduceat(unwrap(array), indices, axis, dtype)
    if hasattr(_rule_of(ufunc, "reduceat"), "primitive"):
        result = _as_tensor(result)
        if _recorded(array) and result.size:
            moved = np.moveaxis(array, axis, 0)
            ends = zip(indices.tolist(), [*indices[1:].tolist(), len(moved)], strict=True)
            parts = [reduce(ufunc, moved[i : (j if j > i else i + 1)], 0, dtype) for i, j in ends]
            result = np.stack(parts, axis)
    return stored(result, _one(out))


def outer(ufunc: Any, a: Any, b: Any, **options: Any) -> Any:
    """As ufunc.outer."""
    return call(ufunc, np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b, **options)


def at(ufunc: Any, a: Any, indices: Any, *b: Any) -> None:
    """As ufunc.at: where an index comes several times, the function is applied that often."""
    function = _rule_of(ufunc, "at")
    indices = unwrap(indices)
    if not _recorded(a, *b):
        data = unwrap(a)
        versions.writing(data)
        ufunc.at(data, indices, *unwrap(b))
        versions.touch(data)
        return
    if not isinstance(a, Tensor):
        raise not_for_plain(f"numpy.{ufunc.__name__}.at")
    places = np.arange(a.size).reshape(a.shape)[indices]
    values = [np.broadcast_to(value, places.shape) if hasattr(value, "ndim") else value for value in b]
    if ufunc in (np.add, np.subtract) and hasattr(values[0], "ndim"):
        a[...] = function(a, scatter_add(values[0], indices, a.shape))
        return
    places = places.ravel()
    values = [value.reshape(-1) if hasattr(value, "ndim") else value for value in values]
    order = np.argsort(places, kind="stable")
    ranked = places[order]
    turn = np.empty_like(places)  # which of the visits to its place each one is
    turn[order] = np.arange(places.size) - np.searchsorted(ranked, ranked)
    flat = a.reshape(-1)
    for k in range(turn.max(initial=-1) + 1):
        now = turn == k
        parts = [value[now] if hasattr(value, "ndim") else value for value in values]
        flat = setitem(flat, function(flat[places[now]], *parts), places[now])
    a[...] = flat.reshape(a.shape)


def _one(out: Any) -> Any:
    return out[0] if isinstance(out, tuple) else out


def _running(ufunc: Any) -> Any:
    """The running maximum or minimum: each result is the latest element that reached it, and that gets its gradient."""

    def accumulate(array: Any, axis: int, dtype: Any) -> Any:
        array = array if dtype is None else array.astype(dtype)
        plain = unwrap(array)
        here = (plain == ufunc.accumulate(plain, axis)) | (plain != plain)
        index = np.arange(plain.shape[axis]).reshape((-1,) + (1,) * (plain.ndim - 1 - axis % plain.ndim))
        return np.take_along_axis(array, np.maximum.accumulate(here * index, axis), axis)

    return accumulate


_REDUCE = {
    np.add: reductions.sum, np.multiply: reductions.prod, np.maximum: reductions.max, np.minimum: reductions.min
}  # fmt: skip
_ACCUMULATE = {
    np.add: reductions.cumsum, np.multiply: reductions.cumprod, np.maximum: _running(np.maximum),
    np.minimum: _running(np.minimum),
}  # fmt: skip

methods.update(
    __call__=call, reduce=reduce, accumulate=accumulate, reduceat=reduceat, outer=outer, at=at
)  # fmt: skip
