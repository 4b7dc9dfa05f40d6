"""Where NumPy sends a call that has a Tensor among its arguments."""

from __future__ import annotations

from typing import Any

import numpy as np

from .primitive import _store, registry
from .tensor import Tensor

methods: dict[tuple[Any, str], Any] = {}
"""What stands for a method of a ufunc, such as (np.add, "reduce")."""


def call_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    function = registry.get(ufunc) if method == "__call__" else methods.get((ufunc, method))
    if function is None:
        what = f"numpy.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
        raise TypeError(
            f"{what}: no derivative rule is known for Tensors; apply it to .data, or give it one (primitive)"
        )
    if not kwargs:
        return function(*inputs)
    out = kwargs.pop("out", None)
    if isinstance(out, tuple):
        (out,) = out
    if method == "__call__":
        result = _call_with_options(function, inputs, out, **kwargs)
    else:
        result = function(*inputs, **kwargs)
    return result if out is None else _store(result, out)


def _call_with_options(function: Any, inputs: tuple[Any, ...], out: Any, where: Any = True, dtype: Any = None) -> Any:
    if dtype is not None:
        inputs = tuple(value.astype(dtype) if isinstance(value, Tensor) else value for value in inputs)
    result = function(*inputs)
    if where is True:
        return result
    if out is None:
        raise TypeError("where=: give out= too, which has the values where the condition is false")
    return np.where(where, result, out)


def call_function(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    known = registry.get(function)
    if known is None:
        what = f"{function.__module__}.{function.__name__}"
        raise TypeError(
            f"{what}: no derivative rule is known for Tensors; apply it to .data, or give it one (primitive)"
        )
    out = kwargs.pop("out", None)
    result = known(*args, **kwargs)
    return result if out is None else _store(result, out)
