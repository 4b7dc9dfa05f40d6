"""Lists as arguments of NumPy's functions: of Tensors, one that stands for one array is made one Tensor.

NumPy would make a plain array of it, through which no gradient flows. Whether a list stands for one array or for
several is told by the name of the argument; in a list of several arrays, each that is a list stands for one.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .primitive import registry
from .tensor import Tensor, holds_tensor

_NAMES = (
    "A a a1 a2 a_max a_min append ar1 ar2 arr array ary b constant_values element end_values f fill_value fp initial m "
    "nan p prepend q seq_of_zeros src start stop test_elements to_begin to_end u v val vals values w weights x x1 x2 "
    "xp y z"
)
_ARRAYS = frozenset(_NAMES.split())
"""The names of arguments that are arrays in all functions of NumPy."""

_OF_C = {
    "dot": "a b out", "concatenate": "arrays axis out",
    "inner": "a b", "vdot": "a b", "bincount": "x weights", "putmask": "a mask values",
    "copyto": "dst src", "where": "condition x y",
}  # fmt: skip
"""The arguments of functions written in C, whose signature Python does not know."""


def joined(value: Any) -> Any:
    """A list or a tuple that holds Tensors, at any depth, as one Tensor; anything else as it is."""
    return registry[np.array](value) if holds_tensor(value) else value


def one_array(value: Any) -> Any:
    """What stands for one array: a Tensor or an array as it is, a list of Tensors as one, all else as NumPy's."""
    value = joined(value)
    return value if hasattr(value, "shape") else np.asarray(value)


def join_lists(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call of NumPy's function, each list of Tensors that stands for an array made a Tensor."""
    if function is np.block:  # where lists are the layout
        return args, kwargs
    names = names_of(function)
    changed = {}
    for i, value in enumerate(args):
        made = _one(names[i] if i < len(names) else "x", value)  # what follows, of *args, are arrays
        if made is not value:
            changed[i] = made
    if changed:
        args = tuple([changed.get(i, value) for i, value in enumerate(args)])
    return args, {name: _one(name, value) for name, value in kwargs.items()} if kwargs else kwargs


def _one(name: str, value: Any) -> Any:
    if type(value) is not list and type(value) is not tuple:
        return value
    if name in _ARRAYS:
        return joined(value)
    for item in value:
        if item.__class__ is list or item.__class__ is tuple:
            return type(value)([joined(item) for item in value])
    return value


def copied(value: Any) -> Any:
    """A list as another one, and those in it too; anything else as it is."""
    return [copied(item) for item in value] if value.__class__ is list else value


def holds_more_than_numbers(value: Any) -> bool:
    """Whether a list or a tuple holds Tensors, lists or tuples; of any other value it is False."""
    if value.__class__ is list or value.__class__ is tuple:
        for item in value:
            if item.__class__ is list or item.__class__ is tuple or isinstance(item, Tensor):
                return True
    return False


@functools.cache
def names_of(function: Any) -> tuple[str, ...]:
    """The names of the arguments of a function of NumPy's that may be given without them."""
    code = getattr(getattr(function, "_implementation", None), "__code__", None)
    if code is not None:
        names: tuple[str, ...] = code.co_varnames[: code.co_argcount]
        return names
    return tuple(_OF_C.get(function.__name__, "several " * 9).split())
