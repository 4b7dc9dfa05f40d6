"""What stands around a module's own code: lists of numbers as arrays, and names in the errors of Python's."""

from __future__ import annotations

import sys
from types import FunctionType
from typing import Any

import numpy as np

from autograd import Tensor, get_default_dtype

AS_THEY_ARE = {"output_size"}
"""Arguments of a layer's that are no arrays, though they may be lists."""


def from_lists(module: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """A layer's arguments with arrays for lists of numbers, which have the dtype of its parameters, or the default.

    Whole numbers stay what they are where they name rows or classes: in an embedding, and after the first argument.
    The arguments of modules that a user wrote, and of containers, are passed on as they are.

    Raises ValueError for lists whose rows differ in length.
    """
    forward = type(module).forward
    home = forward.__module__
    if not home.startswith("nn.") or home == "nn.containers":
        return args
    names = forward.__code__.co_varnames[1 : forward.__code__.co_argcount]
    dtype = next((p.dtype for p in module.parameters() if p.dtype.kind in "fc"), get_default_dtype())
    who = type(module).__name__
    keep = hasattr(module, "num_embeddings")
    return tuple(
        [
            _array(arg, dtype, keep or k > 0, who)
            if type(arg) is list and not AS_THEY_ARE.intersection(names[k : k + 1])
            else arg
            for k, arg in enumerate(args)
        ]
    )


def _array(given: list[Any], dtype: Any, keep: bool, who: str) -> Any:
    """The array of nested lists of numbers; anything else as it is, of which the layer itself says what it is."""
    parts = given
    while parts and type(parts[0]) is list:
        parts = parts[0]
    if not parts or any(isinstance(part, Tensor) or hasattr(part, "shape") for part in parts):
        return given
    try:
        made = np.array(given)
    except ValueError:
        raise ValueError(f"{who}: expected lists of one length, or an array, got rows of several lengths") from None
    if made.dtype.kind == "f" or (made.dtype.kind in "iub" and not keep):
        return made.astype(dtype)
    return made if made.dtype.kind in "ciub" else given


def say_own_name(cls: type) -> None:
    """Give a public class its own copies of the methods that it has from a private one.

    They are the same functions, called `Conv2d.__init__` and not `_Forward.__init__` where Python says that an
    argument is missing.
    """
    if cls.__name__.startswith("_"):
        return
    met: set[str] = set(vars(cls))
    for base in cls.__mro__[1:]:
        if base.__module__.startswith("nn.") and base.__name__ not in sys.modules["nn"].__all__:
            for name, function in vars(base).items():
                if type(function) is FunctionType and name not in met:
                    setattr(cls, name, _called(function, f"{cls.__qualname__}.{name}"))
        met.update(vars(base))


def _called(function: FunctionType, name: str) -> FunctionType:
    made = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    made.__kwdefaults__ = function.__kwdefaults__
    made.__dict__.update(function.__dict__)
    made.__annotations__, made.__doc__ = function.__annotations__, function.__doc__
    made.__qualname__ = name
    return made
