"""`out=`: where a function is told to put its result.

NumPy itself says what fits there and how it is converted: its function runs on the arrays, with `out=`. If a gradient
is needed, that is done with a draft, whose values then come to where they belong with the node of the result.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from . import versions
from .lists import names_of
from .modes import mode
from .operands import not_for_plain
from .primitive import Function, registry
from .tensor import Tensor, unwrap, wrap


def into(function: Any, known: Function, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    """The result of NumPy's function put into `out`, which is returned; `known` is what stands for it on Tensors.

    None in its place is a function that NumPy does not have: what it gives is copied.
    """
    target = out
    if isinstance(out, tuple):
        (target,) = out
    if not isinstance(unwrap(target), np.ndarray):  # of another library, which need not know out=
        if not hasattr(target, "dtype"):
            who = getattr(function, "__name__", "out=")
            raise TypeError(
                f"{who}: expected an array or a Tensor as out, got {type(target).__name__}; several axes are a tuple, "
                f"as in axis=(0, 1)"
            )
        target[...] = known(*args, **kwargs)
        return target
    recorded = mode.recording is not False and _tracked((target, args, kwargs))
    half = unwrap(target).dtype.char == "e"  # which NumPy does not reckon in single precision
    result = known(*args, **kwargs) if recorded or half else None
    array = unwrap(target)
    drafted = recorded or not array.flags.writeable  # which an assignment may know how to write into all the same
    if drafted:
        array = array.copy("K")
    else:
        versions.writing(array)
    with naming((function or known).__name__, array):
        if function is None:
            np.copyto(array, known(*unwrap(args), **unwrap(kwargs)))
        else:
            function(*unwrap(args), **unwrap(kwargs), out=array)
    if half:
        array[...] = unwrap(result)
    if drafted:
        return place(result, array, target)
    versions.touch(array)
    return target


@contextmanager
def naming(who: str, out: Any) -> Iterator[None]:
    """NumPy's errors within it say whose they are, and what there was to write into."""
    try:
        yield
    except Exception as error:
        error.add_note(f"in {who}, with out= of shape {out.shape} and {out.dtype}")
        raise


def place(result: Any, draft: Any, target: Any) -> Any:
    """Give the target the values of the draft, and to go back the way that the result has."""
    node = getattr(result, "_node", None)
    if node is not None:
        if not isinstance(target, Tensor):
            raise not_for_plain("out= or an augmented assignment")
        result = result if result.dtype == draft.dtype else result.astype(draft.dtype)
        result = result if result.shape == draft.shape else registry[np.broadcast_to](result, draft.shape)
        draft = wrap(draft, result._node)
    target[...] = draft
    return target


def _tracked(value: Any) -> bool:
    if type(value) is tuple or type(value) is list:
        return any(map(_tracked, value))
    return any(map(_tracked, value.values())) if type(value) is dict else getattr(value, "_node", None) is not None


def taken_out(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], Any]:
    """The arguments of a call of NumPy's function without its `out`, and that; what stands after it goes to kwargs."""
    at = place_of_out(function)
    if len(args) <= at:
        return args, kwargs.pop("out", None)
    kwargs.update(zip(names_of(function)[at + 1 :], args[at + 1 :], strict=False))
    return args[:at], args[at]


@functools.cache
def place_of_out(function: Any) -> int:
    """Where `out` stands among the arguments of a function of NumPy's; a great number if nowhere."""
    names = names_of(function)
    return names.index("out") if "out" in names else 99
