"""Nested containers of arrays: the leaves of dicts, lists, tuples, named tuples and dataclasses, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .tensor import Tensor


def leaves(value: Any) -> list[Any]:
    """What stands in the containers, in their order; a value that is no container is the one leaf of itself."""
    found: list[Any] = []
    _collect(value, found)
    return found


def rebuild(like: Any, items: Iterator[Any]) -> Any:
    """The containers of `like` again, with these items for its leaves."""
    if isinstance(like, dict):
        made = like.copy()  # a subclass keeps its own properties
        for key in like:
            made[key] = rebuild(like[key], items)
        return made
    if isinstance(like, tuple | list):
        parts = [rebuild(item, items) for item in like]
        return type(like)(*parts) if hasattr(like, "_fields") else type(like)(parts)
    if _is_dataclass(like):
        made = object.__new__(type(like))  # past __init__, which may check or compute, and past frozen
        for name, part in getattr(like, "__dict__", {}).items():
            object.__setattr__(made, name, part)
        for name in _fields(like):
            object.__setattr__(made, name, rebuild(getattr(like, name), items))
        return made
    return next(items)


def is_differentiable(leaf: Any) -> bool:
    """Whether a leaf is a floating or complex array or number."""
    if isinstance(leaf, Tensor):
        return leaf._data.dtype.kind in "fc"
    if isinstance(leaf, float | complex | np.inexact):
        return True
    return hasattr(leaf, "__array_function__") and leaf.dtype.kind in "fc"


def _collect(value: Any, found: list[Any]) -> None:
    if isinstance(value, dict):
        for item in value.values():
            _collect(item, found)
    elif isinstance(value, tuple | list):
        for item in value:
            _collect(item, found)
    elif _is_dataclass(value):
        for name in _fields(value):
            _collect(getattr(value, name), found)
    else:
        found.append(value)


def _is_dataclass(value: Any) -> bool:
    return hasattr(type(value), "__dataclass_fields__")


def _fields(value: Any) -> list[str]:
    from dataclasses import fields

    return [field.name for field in fields(value)]
