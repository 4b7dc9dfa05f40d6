"""What ufuncs take besides arrays, and their methods: on Tensors, in terms of the functions that have rules.

Sums, products and extremes have rules of their own (`reductions.py`). Any other ufunc of two arguments is folded
element by element along the axis: exact, to any order, and slow.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..engine import versions
from ..engine.dispatch import find, methods
from ..engine.halves import in_single
from ..engine.modes import mode
from ..engine.operands import not_for_plain
from ..engine.primitive import registry
from ..engine.storing import into, naming, place
from ..engine.tensor import Tensor, alike, unwrap, wrap
from . import reductions
from .assignment import writable
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
    options = others | ({} if where is True else {"where": unwrap(where)})
    options |= {} if dtype is None and casting == "same_kind" else {"dtype": dtype, "casting": casting}
    outs = out if isinstance(out, tuple) else (out,) * ufunc.nout
    for target in outs:
        if target is not None and not hasattr(target, "dtype"):
            raise TypeError(
                f"numpy.{ufunc.__name__}: expected an array or a Tensor as out=, got {type(target).__name__}"
            )
    differentiable = not hasattr(function, "plain")
    if where is not True and differentiable and any(target is None for target in outs):
        raise TypeError(
            f"numpy.{ufunc.__name__}: where= needs out= too, a Tensor of the values that stay where it is false"
        )
    if any(target is not None for target in outs):
        results = _call_into(ufunc, function if differentiable else None, inputs, outs, options)
        return results if ufunc.nout > 1 else results[0]
    if not differentiable:
        return ufunc(*unwrap(inputs), **options)
    return function(*_cast(ufunc, inputs, dtype, casting), **others)


def _call_into(ufunc: Any, function: Any, inputs: Any, outs: Any, options: dict[str, Any]) -> tuple[Any, ...]:
    """The same with `out=`; the function is None where there is no derivative."""
    recorded = _recorded(*outs) or (function is not None and _recorded(*inputs))
    arrays = [unwrap(target) if target is None or not recorded else unwrap(target).copy() for target in outs]
    if not recorded and not all(getattr(getattr(array, "flags", None), "writeable", True) for array in arrays):
        drafts = [None if array is None else array.copy() for array in arrays]  # an assignment may write into them yet
        filled = _call_into(ufunc, None, inputs, drafts, options)
        return tuple([r if t is None else place(None, unwrap(r), t) for r, t in zip(filled, outs, strict=True)])
    if not recorded:
        for array in arrays:
            if array is not None:
                versions.writing(array)
    with naming(f"numpy.{ufunc.__name__}", next(array for array in arrays if array is not None)):
        made = ufunc(*unwrap(inputs), out=tuple(arrays), **options)  # NumPy says what fits
    results: Any = made if ufunc.nout > 1 else (made,)
    if not recorded:
        for target, array in zip(outs, arrays, strict=True):
            if target is not None:
                versions.touch(array)
        return tuple([_as_tensor(r) if t is None else t for r, t in zip(results, outs, strict=True)])
    where = options.pop("where", True)
    if where is not True:
        shape = np.broadcast_shapes(*[np.shape(value) for value in (*inputs, where, *outs)])
        where = np.broadcast_to(where, shape)
        results = tuple([array[where] for array in arrays])
    if function is not None:
        inputs = _cast(ufunc, inputs, options.pop("dtype", None), options.pop("casting", "same_kind"))
        if where is not True:
            inputs = [np.broadcast_to(value, where.shape)[where] if np.ndim(value) else value for value in inputs]
        results = function(*inputs, **options)
        results = results if ufunc.nout > 1 else (results,)
    return tuple([_placed(*each, where) for each in zip(results, arrays, outs, strict=True)])


def _placed(result: Any, draft: Any, target: Any, where: Any) -> Any:
    if target is None:
        return result
    if where is True:
        return place(result, draft, target)
    if _recorded(result) and not isinstance(target, Tensor):
        raise not_for_plain("out=")
    target[where] = result if isinstance(target, Tensor) else unwrap(result)
    return target


def _cast(ufunc: Any, inputs: Any, dtype: Any, casting: Any) -> Any:
    """The inputs in the dtypes that NumPy would compute with."""
    if dtype is None and casting == "same_kind":
        return inputs
    weak = {bool: np.dtype(bool), int: int, float: float, complex: complex}
    known = [value.dtype if hasattr(value, "dtype") else weak[type(value)] for value in inputs]
    given = {} if dtype is None else {"signature": (None,) * ufunc.nin + (np.dtype(dtype),) * ufunc.nout}
    loop = ufunc.resolve_dtypes((*known, *(None,) * ufunc.nout), casting=casting, **given)
    pairs = zip(inputs, loop, strict=False)
    return [value.astype(kind) if hasattr(value, "astype") and value.dtype != kind else value for value, kind in pairs]


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
    if out is not None:
        options = {"keepdims": keepdims, "initial": initial, "where": where}
        return into(ufunc.reduce, functools.partial(reduce, ufunc), (array, axis, dtype), options, out)
    function = _rule_of(ufunc, "reduce")
    known = _REDUCE.get(ufunc)
    if known is not None:
        array = array if dtype is None else array.astype(dtype)
        return known(array, axis=axis, keepdims=keepdims, initial=initial, where=where)
    return _folded(array, ufunc, function, axis, dtype, keepdims, initial, where)


@in_single
def _folded(
    array: Any, ufunc: Any, function: Any, axis: Any, dtype: Any, keepdims: Any, initial: Any, where: Any
) -> Any:  # fmt: skip
    """The ufunc between all elements, one after the other."""
    result = ufunc.reduce(unwrap(array), axis, dtype, None, keepdims, initial, unwrap(where))
    if hasattr(function, "primitive"):
        result = _as_tensor(result)
        if (_recorded(array) or (ufunc in _FORGETFUL and where is True)) and array.size:
            if where is not True:
                raise TypeError(f"numpy.{ufunc.__name__}.reduce: where= has no derivative rule; select before")
            items = iter(_lines(array if dtype is None else array.astype(dtype), axis))
            total = next(items) if initial is _none or initial is None else initial
            for item in items:
                total = function(total, item)
            result = np.reshape(total, result.shape)
            result = result.copy() if np.may_share_memory(unwrap(result), unwrap(array)) else result
    return result


def accumulate(ufunc: Any, array: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
    """As ufunc.accumulate."""
    if out is not None:
        return into(ufunc.accumulate, functools.partial(accumulate, ufunc), (array, axis, dtype), {}, out)
    function = _rule_of(ufunc, "accumulate")
    known = _ACCUMULATE.get(ufunc)
    return _running_fold(array, ufunc, function, axis, dtype) if known is None else known(array, axis, dtype)


@in_single
def _running_fold(array: Any, ufunc: Any, function: Any, axis: int, dtype: Any) -> Any:
    result = ufunc.accumulate(unwrap(array), axis, dtype)
    if hasattr(function, "primitive"):
        result = _as_tensor(result)
        if _recorded(array) and array.size:
            totals: list[Any] = []
            for item in np.moveaxis(array if dtype is None else array.astype(dtype), axis, 0):
                totals.append(function(totals[-1], item) if totals else item)
            result = np.stack(totals, axis)
    return result


def reduceat(ufunc: Any, array: Any, indices: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
    """As ufunc.reduceat."""
    if out is not None:
        return into(ufunc.reduceat, functools.partial(reduceat, ufunc), (array, indices, axis, dtype), {}, out)
    return _folded_at(array, ufunc, _rule_of(ufunc, "reduceat"), np.asarray(unwrap(indices)), axis, dtype)


@in_single
def _folded_at(array: Any, ufunc: Any, function: Any, indices: Any, axis: int, dtype: Any) -> Any:
    result = ufunc.reduceat(unwrap(array), indices, axis, dtype)
    if hasattr(function, "primitive"):
        result = _as_tensor(result)
        if (_recorded(array) or ufunc in _FORGETFUL) and result.size:
            moved = np.moveaxis(array, axis, 0)
            ends = zip(indices.tolist(), [*indices[1:].tolist(), len(moved)], strict=True)
            parts = [reduce(ufunc, moved[i : (j if j > i else i + 1)], 0, dtype) for i, j in ends]
            result = np.stack(parts, axis)
    return result


def outer(ufunc: Any, a: Any, b: Any, **options: Any) -> Any:
    """As ufunc.outer."""
    return call(ufunc, np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b, **options)


def at(ufunc: Any, a: Any, indices: Any, *b: Any) -> None:
    """As ufunc.at: where an index comes several times, the function is applied that often."""
    function = _rule_of(ufunc, "at")
    indices = unwrap(indices)
    if not _recorded(a, *b):
        if not isinstance(a, Tensor):
            versions.writing(a)
        data = writable(a) if isinstance(a, Tensor) else a
        if not getattr(getattr(data, "flags", None), "writeable", True):  # before 2.5 NumPy writes all the same
            raise ValueError(f"numpy.{ufunc.__name__}.at: expected an array that can be written, got a read-only one")
        ufunc.at(data, indices, *unwrap(b))
        versions.touch(data)
        return
    if not isinstance(a, Tensor):
        raise not_for_plain(f"numpy.{ufunc.__name__}.at")
    places = alike(np.arange(a.size).reshape(a.shape), a)[indices]
    values = [np.broadcast_to(value, places.shape) if hasattr(value, "ndim") else value for value in b]
    if ufunc in (np.add, np.subtract) and hasattr(values[0], "ndim"):
        a[...] = function(a, scatter_add(values[0], indices, a.shape))
        return
    places = places.ravel()
    values = [value.reshape(-1) if hasattr(value, "ndim") else value for value in values]
    order = np.argsort(places, kind="stable")
    ranked = places[order]
    turn = np.empty_like(places)  # which of the visits to its place each one is
    turn[order] = alike(np.arange(places.size), a) - np.searchsorted(ranked, ranked)
    flat = a.reshape(-1)
    for k in range(turn.max(initial=-1) + 1):
        now = turn == k
        parts = [value[now] if hasattr(value, "ndim") else value for value in values]
        flat = setitem(flat, function(flat[places[now]], *parts), places[now])
    a[...] = flat.reshape(a.shape)


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
_FORGETFUL = (np.power, np.arctan2)
"""Whose reduction NumPy 2.4 makes, on processors with AVX-512, of the first and the last element alone."""
_ACCUMULATE = {
    np.add: reductions.cumsum, np.multiply: reductions.cumprod, np.maximum: _running(np.maximum),
    np.minimum: _running(np.minimum),
}  # fmt: skip

methods.update(
    __call__=call, reduce=reduce, accumulate=accumulate, reduceat=reduceat, outer=outer, at=at
)  # fmt: skip
