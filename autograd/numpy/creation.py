"""Arrays of nested lists that may hold Tensors, and other things that NumPy offers no way to overrule."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy

from ..engine.lists import join_lists, joined, one_array
from ..engine.tensor import Tensor, holds_tensor

Function = Callable[..., Any]


def lifted(module: ModuleType) -> dict[str, Any]:
    """The public names of a module of NumPy's; those of its functions that take arrays take lists of Tensors too.

    NumPy asks a Tensor how to compute np.mean(t), but knows nothing of those in np.mean([t, t]).
    """
    return {
        name: _lifted(value) if hasattr(value, "_implementation") else value
        for name, value in vars(module).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }


_SEVERAL = frozenset(["concatenate", "column_stack", "dstack", "hstack", "row_stack", "stack", "vstack"])
"""The functions that take a sequence of arrays, here from whatever can be iterated."""


def _lifted(function: Function) -> Function:
    @functools.wraps(function)
    def call_of_several(arrays: Any, *args: Any, **kwargs: Any) -> Any:
        if type(arrays) not in (list, tuple) and hasattr(arrays, "__iter__") and not hasattr(arrays, "shape"):
            arrays = list(arrays)
        return call(arrays, *args, **kwargs)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        for value in (*args, *kwargs.values()) if kwargs else args:
            if value.__class__ is list or value.__class__ is tuple:
                args, kwargs = join_lists(function, args, kwargs)
                break
        return function(*args, **kwargs)

    return call_of_several if function.__name__ in _SEVERAL and function.__module__ == "numpy" else call


def array(object: Any, dtype: Any = None, *, copy: bool | None = True, ndmin: int = 0, **options: Any) -> Any:
    """As numpy.array; where a list or tuple holds a Tensor the result is one too, joined to it.

    >>> import autograd.numpy as anp
    >>> grad(lambda x: anp.array([[x, 2 * x], [3.0, 4.0]]).sum())(1.0)
    np.float64(3.0)
    """
    if not isinstance(object, Tensor) and not holds_tensor(object):
        return numpy.array(object, dtype, copy=copy, ndmin=ndmin, **options)
    if options:
        raise TypeError(f"array: {', '.join(options)} is not for Tensors")
    if dtype is not None and numpy.dtype(dtype).kind == "O":
        return _of_objects(joined(object))
    made: Any = object.copy() if isinstance(object, Tensor) and copy else joined(object)
    made = made.astype(dtype) if dtype is not None and made.dtype != dtype else made
    return made.reshape((1,) * (ndmin - made.ndim) + made.shape) if made.ndim < ndmin else made


def _of_objects(tensor: Any) -> Any:
    """A plain array of the elements, each of them a Tensor."""
    made = numpy.empty(tensor.shape, object)
    for place in numpy.ndindex(tensor.shape):
        made[place] = tensor[place]
    return made


def asarray(a: Any, dtype: Any = None, **options: Any) -> Any:
    """As numpy.asarray, of Tensors and lists of them too."""
    if isinstance(a, Tensor) or holds_tensor(a):
        return array(a, dtype, copy=None)
    return numpy.asarray(a, dtype, **options)


asanyarray = ascontiguousarray = asarray


def full(shape: Any, fill_value: Any, dtype: Any = None, **options: Any) -> Any:
    """As numpy.full, filled with a Tensor too.

    >>> import autograd.numpy as anp
    >>> grad(lambda x: anp.full((2, 3), x).sum())(1.0)
    np.float64(6.0)
    """
    if not isinstance(fill_value, Tensor):
        return numpy.full(shape, fill_value, dtype, **options)
    return array(numpy.broadcast_to(fill_value, shape), dtype)


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """As numpy.where, with names for its arguments; of numbers or lists a plain True or False gives x or y itself.

    >>> import autograd.numpy as anp
    >>> anp.where(condition=np.array([True, False]), x=1.0, y=0.0)
    array([1., 0.])
    """
    if x is None and y is None:
        return numpy.where(condition)
    if isinstance(condition, bool) and not (hasattr(x, "dtype") or hasattr(y, "dtype")):
        return x if condition else y
    return numpy.where(condition, joined(x), joined(y))


def make_diagonal(D: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Square matrices in the last two axes with the last axis of D on their diagonals: the reverse of numpy.diagonal.

    >>> import autograd.numpy as anp
    >>> anp.make_diagonal(np.array([1.0, 2.0]), axis1=-1, axis2=-2)
    array([[1., 0.],
           [0., 2.]])
    """
    if offset != 0 or {axis1, axis2} not in ({-1, -2}, {numpy.ndim(D) - 1, numpy.ndim(D)}):
        raise NotImplementedError("make_diagonal: expected offset=0 and the last two axes, axis1=-1 and axis2=-2")
    return D[..., None] * numpy.eye(D.shape[-1], dtype=D.dtype)


class _Joined:
    """np.r_ and np.c_, of Tensors too."""

    def __init__(self, plain: Any, axis: int) -> None:
        self.plain = plain
        self.axis = axis

    def __getitem__(self, key: Any) -> Any:
        items = key if isinstance(key, tuple) else (key,)
        if not any(isinstance(item, Tensor) or holds_tensor(item) for item in items):
            return self.plain[key]
        if isinstance(items[0], str):
            raise TypeError("r_: a directive in a string is not for Tensors; use concatenate or stack")
        parts = [numpy.r_[item] if isinstance(item, slice) else one_array(item) for item in items]
        parts = [part.reshape(-1, 1)[:, 0] if part.ndim == 0 else part for part in parts]
        if self.axis == -1:
            parts = [part[:, None] if part.ndim == 1 else part for part in parts]
        return numpy.concatenate(parts, axis=self.axis)


r_ = _Joined(numpy.r_, 0)
c_ = _Joined(numpy.c_, -1)
