"""What functions are given in place of Tensors and arrays, and where they are told to put their result."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import versions
from .primitive import registry
from .tensor import Tensor, unwrap

NUMBERS = frozenset({bool, int, float, complex, *np.sctypeDict.values()})
"""The classes of single numbers, Python's and NumPy's."""

OPERANDS = NUMBERS | {np.ndarray, type(None)}
"""What most operands are, where they are no Tensors: it is clear how to compute with these."""


def array_of(value: Any) -> Any:
    """The array that stands in a list, a tuple or a table: a Tensor, if it holds Tensors. An array is itself."""
    if type(value) is list or type(value) is tuple:
        return registry[np.array](value) if holds_tensor(value) else np.asarray(value)
    if hasattr(value, "__array_function__") or not hasattr(value, "__array__"):
        return value
    inner = getattr(value, "data", None)
    return inner if isinstance(inner, Tensor) else np.asarray(value)


def computes_itself(value: Any) -> bool:
    """Whether an operand is no array but a container that computes with those it holds, which a Tensor may be.

    pandas' tables cannot hold one.
    """
    return (
        hasattr(value, "__array_ufunc__")
        and not hasattr(value, "__array_function__")
        and not hasattr(value, "__pandas_priority__")
    )


def holds_tensor(value: Any) -> bool:
    """Whether a Tensor stands somewhere in a list or a tuple."""
    return type(value) in (list, tuple) and any(isinstance(item, Tensor) or holds_tensor(item) for item in value)


def store(result: Any, out: Any) -> Any:
    """`out=`: put a result into an array that was there before."""
    if isinstance(out, tuple):
        (out,) = out
    if isinstance(out, Tensor):
        out[...] = result
        return out
    if isinstance(result, Tensor) and result.requires_grad:
        raise not_for_plain("out= or an augmented assignment")
    versions.writing(out)
    out[...] = unwrap(result)
    return out


def not_for_plain(who: str) -> TypeError:
    return TypeError(
        f"{who}: a result that requires a gradient cannot be stored in a plain array; make that a Tensor, with "
        f"Tensor(array) or np.zeros(shape, like=x)"
    )
