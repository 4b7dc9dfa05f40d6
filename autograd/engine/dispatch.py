"""Where NumPy sends a call that has a Tensor among its arguments."""

from __future__ import annotations

from typing import Any

from .lists import holds_more_than_numbers, join_lists
from .operands import store
from .primitive import registry
from .tensor import Tensor

methods: dict[str, Any] = {}
"""What stands for each method of a ufunc, and for a call with options; put in place by `ops/ufuncs.py`."""


def call_ufunc(self: Tensor, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """`Tensor.__array_ufunc__`."""
    if kwargs or method != "__call__":
        return methods[method](ufunc, *inputs, **kwargs)
    function = registry.get(ufunc)
    if function is None:
        raise TypeError(
            f"numpy.{ufunc.__name__}: no derivative rule is known for Tensors; apply it to .data, or give it one "
            f"(primitive)"
        )
    return function(*inputs)


def call_function(self: Tensor, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`Tensor.__array_function__`."""
    known = registry.get(function)
    if known is None:
        what = f"{function.__module__}.{function.__name__}"
        raise TypeError(
            f"{what}: no derivative rule is known for Tensors; apply it to .data, or give it one (primitive)"
        )
    for value in (*args, *kwargs.values()) if kwargs else args:
        if holds_more_than_numbers(value):
            args, kwargs = join_lists(function, args, kwargs)
            break
    out = kwargs.pop("out", None)
    result = known(*args, **kwargs)
    return result if out is None else store(result, out)


Tensor.__array_ufunc__ = call_ufunc  # type: ignore[method-assign]
Tensor.__array_function__ = call_function  # type: ignore[method-assign]
