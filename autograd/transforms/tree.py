"""Nested containers of arrays: the leaves of dicts, lists, tuples, named tuples and dataclasses, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..engine.tensor import Tensor


def leaves(value: Any) -> list[Any]:
    """What stands in the containers, in their order; a value that is no container is the one leaf of itself.

    A dict's order is that of its sorted keys, so that equal dicts have their leaves in the same places.
    """
    return leaves_as(value, value)


def rebuild(like: Any, items: Iterator[Any]) -> Any:
    """The containers of `like` again, with these items for its leaves."""
    if isinstance(like, dict):
        made = like.copy()  # a subclass keeps its own properties
        for key in keys_of(like):
            made[key] = rebuild(like[key], items)
        return made
    if isinstance(like, tuple | list):
        parts = [rebuild(item, items) for item in like]
        return type(like)(*parts) if hasattr(like, "_fields") else type(like)(parts)
    if is_dataclass(like):
        made = object.__new__(type(like))  # past __init__, which may check or compute, and past frozen
        for name, part in getattr(like, "__dict__", {}).items():
            object.__setattr__(made, name, part)
        for name in fields_of(like):
            object.__setattr__(made, name, rebuild(getattr(like, name), items))
        return made
    return next(items)


def leaves_as(value: Any, like: Any) -> list[Any]:
    """The leaves of `value`, one for each leaf of `like`. Raises TypeError where it has not the same containers."""
    found: list[Any] = []
    _collect(value, like, found)
    return found


def is_differentiable(leaf: Any) -> bool:
    """Whether a leaf is a floating or complex array or number."""
    if isinstance(leaf, Tensor):
        return leaf._content.dtype.kind in "fc"
    if isinstance(leaf, float | complex | np.inexact):
        return True
    return hasattr(leaf, "__array_function__") and leaf.dtype.kind in "fc"


def _collect(value: Any, like: Any, found: list[Any]) -> None:
    if isinstance(like, dict):
        if not isinstance(value, dict) or value.keys() != like.keys():
            raise TypeError(f"expected {_said(like)}, got {_said(value)}")
        for key in keys_of(like):
            _collect(value[key], like[key], found)
    elif isinstance(like, tuple | list):
        if not isinstance(value, tuple | list) or len(value) != len(like):
            raise TypeError(f"expected {_said(like)}, got {_said(value)}")
        for item, model in zip(value, like, strict=True):
            _collect(item, model, found)
    elif is_dataclass(like):
        if type(value) is not type(like):
            raise TypeError(f"expected {_said(like)}, got {_said(value)}")
        for name in fields_of(like):
            _collect(getattr(value, name), getattr(like, name), found)
    else:
        found.append(value)


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return f"a dict with the keys {keys_of(value)}"
    if isinstance(value, tuple | list):
        return f"a sequence of {len(value)}"
    return f"a {type(value).__name__}"


def keys_of(value: dict[Any, Any]) -> list[Any]:
    """A dict's keys in the order of its leaves: sorted, or where they cannot be compared as they stand."""
    try:
        return sorted(value)
    except TypeError:  # keys that cannot be compared
        return list(value)


def is_dataclass(value: Any) -> bool:
    """Whether a value is an instance of a dataclass."""
    return hasattr(type(value), "__dataclass_fields__")


def fields_of(value: Any) -> list[str]:
    """The names of a dataclass' fields."""
    from dataclasses import fields

    return [field.name for field in fields(value)]
