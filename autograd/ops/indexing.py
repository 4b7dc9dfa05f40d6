"""Taking elements out and putting them back: getitem and scatter_add are adjoint to each other."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import Function, linear, unwrap


def _getitem(x: Any, index: Any) -> Any:
    return x[index]


def is_basic(index: Any) -> bool:
    """Whether an index names each element at most once, because no array is in it."""
    parts = index if type(index) is tuple else (index,)
    return all(part is None or part is Ellipsis or isinstance(part, int | np.integer | slice) for part in parts)


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
