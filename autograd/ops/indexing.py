"""Taking elements out and putting them back: getitem and scatter_add are adjoint to each other."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import Function, linear, unwrap

# ---- getitem, scatter_add, setitem ----------------------------------------------------------------------------------


def _getitem(x: Any, index: Any) -> Any:
    return x[index]


def is_basic(index: Any) -> bool:
    """Whether an index names each element at most once, because no array is in it."""
    for part in index if type(index) is tuple else (index,):
        kind = type(part)
        if kind is slice or kind is int or part is None or part is Ellipsis:
            continue
        if kind is bool or not isinstance(part, int | np.integer):
            return False
    return True


def _scatter_add(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    total = np.zeros_like(g, shape=shape)
    if is_basic(index):
        total[index] = g
    else:
        np.add.at(total, index, g)
    return total


def _setitem(x: Any, value: Any, index: Any) -> Any:
    result = x.copy()
    result[index] = value
    return result


def _setitem_x(g: Any, index: Any) -> Any:
    return setitem(g, 0, index)


def _setitem_value(g: Any, value_shape: tuple[int, ...], index: Any) -> Any:
    from .shape import sum_to

    part = g[index]
    if not is_basic(index):  # of several values for one element the last is the one that stays
        places = np.empty(g.shape, dtype=np.intp)
        order = np.arange(part.size).reshape(part.shape)
        places[index] = order
        part = part * (places[index] == order)
    return sum_to(part, value_shape[max(0, len(value_shape) - part.ndim) :]).reshape(value_shape)


_get = linear(_getitem, name="getitem", views=True, x=lambda g, x_shape, index: scatter_add(g, index, x_shape))
scatter_add: Function = linear(_scatter_add, name="scatter_add", g=lambda g, index: g[index])
setitem: Function = linear(_setitem, name="setitem", x=_setitem_x, value=_setitem_value)


def getitem(x: Any, index: Any) -> Any:
    """x[index], where the index may hold integer and boolean Tensors."""
    return _get(x, unwrap(index))


# ---- take and its kin -----------------------------------------------------------------------------------------------


def _take(a: Any, indices: Any, axis: int | None = None, mode: Any = "raise") -> Any:
    return a.take(indices, axis, mode=mode) if mode != "raise" else a.take(indices, axis)


def _take_a(g: Any, a_shape: Any, indices: Any, axis: Any, mode: Any) -> Any:
    shape = a_shape if axis is not None else (int(np.prod(a_shape)),)
    axis = 0 if axis is None else axis % len(shape)
    if mode == "clip":
        indices = np.clip(indices, 0, shape[axis] - 1)
    elif mode == "wrap":
        indices = indices % shape[axis] if hasattr(indices, "dtype") else np.asarray(indices) % shape[axis]
    return scatter_add(g, (slice(None),) * axis + (indices,), shape).reshape(a_shape)


def _along(indices: Any, shape: tuple[int, ...], axis: int) -> tuple[Any, ...]:
    """The index that take_along_axis means."""
    n = len(shape)
    places = [np.arange(k).reshape((-1,) + (1,) * (n - i - 1)) for i, k in enumerate(shape)]
    places[axis] = indices
    return tuple(places)


def _take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    return np.take_along_axis(arr, indices, axis)


def _take_along_axis_arr(g: Any, arr_shape: Any, indices: Any, axis: Any) -> Any:
    if axis is None:
        return scatter_add(g, indices, (int(np.prod(arr_shape)),)).reshape(arr_shape)
    return scatter_add(g, _along(indices, arr_shape, axis), arr_shape)


take = linear(_take, np.take, name="take", indices=None, a=_take_a)
take_along_axis = linear(
    _take_along_axis, np.take_along_axis, name="take_along_axis", indices=None, arr=_take_along_axis_arr
)
