"""Half precision: stored in 16 bits, computed with in 32.

float16 ends at 65504 and has 11 bits, so that a sum of many, a square or an exponential on the way leaves it where the
result would not. One rule keeps that from showing: what takes more than one step on halves takes them in float32, and
its result is rounded once.

Forward, that is `in_single`, for primitives as their option `single=True`. Backward the sweep does it for every rule:
it is given what it needs as float32 (`widened`), and the gradients that they give add up in float32 and are rounded
where they are asked for: by a leaf, by `grad` or by a hook.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np


class Seen:
    """Whether this process has ever recorded anything of halves: if not, the sweep need not look for them."""

    halves = False


F = TypeVar("F", bound=Callable[..., Any])
_SINGLE = np.dtype(np.float32)


def is_half(x: Any) -> bool:
    """Whether x is an array, a Tensor or a NumPy number of float16."""
    try:
        half: bool = x.dtype.char == "e"
    except AttributeError:
        return False
    return half


def widened(value: Any) -> Any:
    """float16 as float32, in tuples and lists too; anything else as it is."""
    if value.__class__ is tuple or isinstance(value, list):
        if not any(map(_holds_half, value)):
            return value
        made = [widened(item) for item in value]
        return tuple(made) if value.__class__ is tuple else type(value)(made)
    return value.astype(_SINGLE) if is_half(value) else value


def _holds_half(value: Any) -> bool:
    return any(map(_holds_half, value)) if isinstance(value, tuple | list) else is_half(value)


def rounded(value: Any) -> Any:
    """float32 as float16, in tuples and lists too: what a function made of widened arguments."""
    if isinstance(value, tuple | list):
        made = [rounded(item) for item in value]
        return type(value)(*made) if hasattr(value, "_fields") else type(value)(made)
    return value.astype(np.float16) if getattr(value, "dtype", None) == _SINGLE else value


def in_single(function: F) -> F:
    """The function, which of halves is computed in float32, and its results rounded once.

    That is where the first argument is of float16, no other floating array is of another dtype, and no other dtype is
    asked for; else the function runs as it stands. Arrays in tuples and lists count as arguments.

    >>> @in_single
    ... def root_mean_square(x):
    ...     return np.sqrt(np.square(x).mean())
    >>> float(root_mean_square(np.full(4, 300, np.float16)))  # whose squares are no halves
    300.0
    """

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        first = args[0] if args else next(iter(kwargs.values()), None)
        if not is_half(first) or not all(map(_may_be_half, (*args, *kwargs.values()))):
            return function(*args, **kwargs)
        wide = [_single(value) for value in args]
        return rounded(function(*wide, **{name: _single(value) for name, value in kwargs.items()}))

    return cast(F, run)


def _may_be_half(value: Any) -> bool:
    """Whether the result may be of halves in spite of this argument."""
    dtype = _named(value)
    if dtype is not None:
        return bool(dtype.char == "e")
    if isinstance(value, tuple | list):
        return all(map(_may_be_half, value))
    dtype = getattr(value, "dtype", None)
    return dtype is None or dtype.char == "e" or dtype.kind not in "fc"


def _single(value: Any) -> Any:
    return widened(value) if _named(value) is None else _SINGLE


def _named(value: Any) -> Any:
    """The dtype that an argument asks for, if it does."""
    if not isinstance(value, np.dtype | type | str):
        return None
    try:
        return np.dtype(value)
    except TypeError:  # another word
        return None
