"""Functions that make arrays, called for one like a Tensor: they make Tensors.

NumPy asks nobody how to make an array unless it is told whose. Without `like=`, numpy.array(t) and its kin give the
plain array that t holds, and no gradient flows through it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.declare import composite, primitive
from ..engine.modes import mode
from ..engine.primitive import registry
from ..engine.tensor import Tensor, wrap
from .joining import stack

_MAKERS = (
    np.arange, np.empty, np.eye, np.frombuffer, np.fromfile, np.fromfunction, np.fromiter, np.fromstring,
    np.genfromtxt, np.identity, np.loadtxt, np.ones, np.tri, np.zeros,
)  # fmt: skip


def _making(function: Any) -> Any:
    def made(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs) if mode.batch is None else mode.batch.make(function, args, kwargs)
        return result if isinstance(result, Tensor) else wrap(result)

    made.__doc__ = f"As {function.__module__}.{function.__name__}: a Tensor."
    return made


registry.update({function: _making(function) for function in _MAKERS})


def _joined(value: Any) -> Any:
    """Nested lists and tuples that hold Tensors, as one Tensor; anything else as it is."""
    if type(value) in (list, tuple):
        parts = [_joined(item) for item in value]
        if any(isinstance(part, Tensor) for part in parts):
            return stack([part if hasattr(part, "shape") else np.asarray(part) for part in parts])
    return value


@composite(np.array)
def array(
    object: Any, dtype: Any = None, *, copy: bool | None = True, order: str = "K", subok: bool = False, ndmin: int = 0
) -> Any:
    """As np.array, of Tensors and of nested lists that hold some: a Tensor that is joined to them."""
    value = _joined(object)
    if hasattr(type(value), "copied"):  # it stands for an array
        value = Tensor(value)
    if not isinstance(value, Tensor):
        return wrap(np.array(value, dtype, copy=copy, order=order, ndmin=ndmin))  # type: ignore[call-overload]
    fresh = value is not object
    if dtype is not None and value.dtype != np.dtype(dtype):
        if copy is False:
            raise ValueError(f"array: copy=False cannot give dtype {np.dtype(dtype)}, the Tensor's is {value.dtype}")
        value, fresh = value.astype(dtype), True
    value = value.copy(order) if copy and not fresh else value
    return value.reshape((1,) * (ndmin - value.ndim) + value.shape) if value.ndim < ndmin else value


Tensor._joined = staticmethod(array)  # type: ignore[method-assign]


@composite(np.asarray, np.asanyarray)
def asarray(a: Any, dtype: Any = None, order: Any = None, *, device: Any = None, copy: bool | None = None) -> Any:
    """As np.asarray: a Tensor."""
    return array(a, dtype, copy=copy)


@composite(np.ascontiguousarray, np.asfortranarray)
def ascontiguousarray(a: Any, dtype: Any = None) -> Any:
    """As np.ascontiguousarray: a Tensor (how it lies in memory is not kept)."""
    return array(a, dtype, copy=None, ndmin=1)


@composite(np.require)
def require(a: Any, dtype: Any = None, requirements: Any = None) -> Any:
    """As np.require: a Tensor (how it lies in memory is not kept)."""
    return array(a, dtype, copy=None)


@composite(np.full)
def full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", *, device: Any = None) -> Any:
    """As np.full: a Tensor, joined to the one that it is filled with.

    >>> x = Tensor(2.0, requires_grad=True)
    >>> np.full((2, 3), x, like=x).sum().backward()
    >>> x.grad
    Tensor(6.)
    """
    value = array(fill_value, dtype, copy=None)
    return np.broadcast_to(value, (shape,) if np.ndim(shape) == 0 else tuple(shape)).copy()


def _empty_like(
    prototype: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None, *, device: Any = None
) -> Any:
    return np.empty_like(prototype, dtype, order, subok, shape)


empty_like = primitive(_empty_like, np.empty_like, name="empty_like", prototype=None)
zeros_like, ones_like = primitive(np.zeros_like, a=None), primitive(np.ones_like, a=None)


@composite(np.full_like)
def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *,
    device: Any = None,
) -> Any:  # fmt: skip
    """As np.full_like: a Tensor, joined to the one that it is filled with."""
    value = array(fill_value, copy=None).astype(a.dtype if dtype is None else dtype)
    return full(np.shape(a) if shape is None else shape, value)


LIKE = frozenset(
    [*_MAKERS, np.array, np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray, np.require, np.full]
)
"""The functions that NumPy asks about only when they are called with `like=`."""
