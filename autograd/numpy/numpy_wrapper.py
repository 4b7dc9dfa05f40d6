"""How HIPS autograd makes primitives of all functions of a module, for code that does so with modules of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy

from ..engine.primitive import registry
from ..hips.extend import primitive


def wrap_namespace(old: Mapping[str, Any], new: dict[str, Any]) -> None:
    """Put the functions of one namespace into another: those that take Tensors as they are, the others as primitives.

    Numbers, types and text are put there too. A primitive has no rules until `defvjp` gives it some.

    >>> from autograd.numpy.numpy_wrapper import wrap_namespace
    >>> found = {}
    >>> wrap_namespace({"twice": lambda x: 2 * x, "two": 2}, found)
    >>> found["twice"](3.0), found["two"]
    (6.0, 2)
    """
    made: dict[int, Any] = {}
    for name, value in old.items():
        if name.startswith("__"):
            continue
        if callable(value) and not isinstance(value, type):
            known = isinstance(value, numpy.ufunc) or _stands(value)
            new[name] = value if known else made.setdefault(id(value), primitive(value))
        elif isinstance(value, type | int | float | complex | str | None):
            new[name] = value


def _stands(function: Any) -> bool:
    """Whether something stands for the function on Tensors already."""
    try:
        return function in registry or hasattr(function, "primitive")
    except TypeError:  # it has no hash
        return False
