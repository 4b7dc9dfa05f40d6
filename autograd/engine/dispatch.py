"""Where NumPy sends a call that has a Tensor among its arguments."""

from __future__ import annotations

from typing import Any

import numpy as np

from .leaving import known
from .lists import holds_more_than_numbers, join_lists
from .primitive import registry
from .storing import into, place_of_out, taken_out
from .tensor import Tensor

methods: dict[str, Any] = {}
"""What stands for each method of a ufunc, and for a call with options; put in place by `ops/ufuncs.py`."""


def call_ufunc(self: Tensor, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """`Tensor.__array_ufunc__`."""
    if kwargs or method != "__call__":
        return methods[method](ufunc, *inputs, **kwargs)
    function = registry.get(ufunc) or find(ufunc)
    return function(*inputs)


def call_function(self: Tensor, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`Tensor.__array_function__`."""
    stand_in = registry.get(function) or find(function)
    for value in (*args, *kwargs.values()) if kwargs else args:
        if holds_more_than_numbers(value):
            args, kwargs = join_lists(function, args, kwargs)
            break
    if (kwargs and "out" in kwargs) or (len(args) > 2 and len(args) > place_of_out(function)):
        args, out = taken_out(function, args, kwargs)
        if out is not None:
            return into(function, stand_in, args, kwargs, out)
    return stand_in(*args, **kwargs)


def find(function: Any, method: str = "") -> Any:
    """What stands for a function on Tensors; for SciPy's ufuncs that is known once autograd.scipy.special is loaded.

    Raises TypeError where there is nothing.
    """
    name = function.__name__
    module = getattr(function, "__module__", None) or ("numpy" if hasattr(np, name) else "ufunc")
    if known(f"scipy.special.{name}") is function:
        module = "scipy.special"
        known(f"autograd.scipy.special.{name}")  # to ask for it loads it
    if function not in registry:
        name = "frompyfunc(…)" if "<lambda>" in name else name
        raise TypeError(
            f"{module}.{name}{method and '.' + method}: no derivative rule is known for Tensors; apply it to .data, or "
            f"give it one (primitive)"
        )
    return registry[function]


Tensor.__array_ufunc__ = call_ufunc  # type: ignore[method-assign]
Tensor.__array_function__ = call_function  # type: ignore[method-assign]
