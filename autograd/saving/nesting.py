"""Nested values as JSON: what is no array, and the names under which the arrays stand beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..engine.tensor import Tensor, check_unmasked

DEEPEST = 100
"""How many levels of dicts, lists and tuples there may be: all can be read again in any program."""


def describe(value: Any, keys: tuple[Any, ...], arrays: dict[str, Any]) -> Any:
    """A value as JSON can hold it, with its arrays put into `arrays` under their names."""
    if len(keys) > DEEPEST:
        raise ValueError(f"save: expected at most {DEEPEST} levels, got more in {_place(keys[:3])}, or itself in it")
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, np.generic):
        return {"scalar": _name(value, keys, arrays)}
    if isinstance(value, float):
        return value if np.isfinite(value) else {"float": repr(value)}
    if isinstance(value, complex):
        return {"complex": [repr(value.real), repr(value.imag)]}
    if isinstance(value, Tensor):
        value = value.data
    if hasattr(value, "__array__"):
        return {"array": _name(value, keys, arrays)}
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str | int | float | None) or (isinstance(key, float) and not math.isfinite(key)):
                raise TypeError(f"save: expected strings or numbers as keys, got {key!r} in {_place(keys)}")
        return {"dict": [[key, describe(v, (*keys, key), arrays)] for key, v in value.items()]}
    if isinstance(value, list | tuple):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {kind: [describe(v, (*keys, i), arrays) for i, v in enumerate(value)]}
    raise TypeError(
        f"save: expected arrays, numbers, strings, None, or dicts, lists and tuples of them, "
        f"got {type(value).__name__} as {_place(keys)}"
    )


def _name(value: Any, keys: tuple[Any, ...], arrays: dict[str, Any]) -> str:
    check_unmasked(value, f"save: {_place(keys)}")
    array = np.asarray(value)
    if array.dtype.kind not in "fciub":
        raise TypeError(f"save: expected numbers, got an array of {array.dtype} as {_place(keys)}")
    name = ".".join(map(str, keys))
    while name in arrays:  # {"a.b": …, "a": {"b": …}}
        name += "~"
    arrays[name] = array.astype(array.dtype.newbyteorder("="), copy=False)
    return name


def restore(value: Any, arrays: dict[str, Any]) -> Any:
    """The value that `describe` described; its arrays are taken out of `arrays`."""
    if not isinstance(value, dict):
        return value
    ((kind, inner),) = value.items()
    kinds: dict[str, Callable[[], Any]] = {
        "array": lambda: arrays.pop(inner),
        "scalar": lambda: arrays.pop(inner)[()],
        "float": lambda: float(inner),
        "complex": lambda: complex(*map(float, inner)),
        "dict": lambda: {key: restore(v, arrays) for key, v in inner},
        "list": lambda: [restore(v, arrays) for v in inner],
        "tuple": lambda: tuple(restore(v, arrays) for v in inner),
    }
    return kinds[kind]()


def refuse_surrogates(names: Iterable[str]) -> None:
    """Raises ValueError for a name that is no Unicode text, as none is with half of a pair of surrogates in it."""
    for name in names:
        try:
            name.encode()
        except UnicodeEncodeError:
            raise ValueError(f"save: expected keys of Unicode text, got {name!r:.80}, with a lone surrogate") from None


def _place(keys: tuple[Any, ...]) -> str:
    return "".join(f"[{key!r}]" for key in keys) or "the mapping itself"
