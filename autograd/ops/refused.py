"""What Tensors refuse, by name: why it has no meaning for a gradient, and what to use instead.

A function of NumPy, or a method of ndarray, that would lose the graph without a word, or that works on bytes, files or
dates, raises a TypeError that says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..primitive import registry
from ..tensor import Tensor

_FILES = "a file of NumPy's holds no graph", "write its .data, or use autograd.save"
_DATES = "dates are not numbers that have a gradient", "use it on .data"

FUNCTIONS: dict[str, tuple[str, str]] = {
    "save": _FILES, "savez": _FILES, "savez_compressed": _FILES, "savetxt": _FILES,
    "busday_count": _DATES, "busday_offset": _DATES, "is_busday": _DATES, "datetime_as_string": _DATES,
    "isnat": _DATES,
}  # fmt: skip
"""Functions of numpy: why not, and what to do."""

_BYTES = "bytes have no gradient", "use it on .data"

METHODS: dict[str, tuple[str, str]] = {
    "byteswap": _BYTES, "getfield": _BYTES, "setfield": _BYTES, "newbyteorder": _BYTES, "tofile": _FILES,
    "itemset": ("NumPy took it out", "assign: t[i] = value"), "tostring": ("NumPy took it out", "use tobytes"),
    "dump": ("it would pickle the array alone", "use pickle.dump on the Tensor, or autograd.save"),
    "dumps": ("it would pickle the array alone", "use pickle.dumps on the Tensor"),
    "resize": ("it would change the shape under the graph", "use reshape, or numpy.resize for a new Tensor"),
}  # fmt: skip
"""Methods of ndarray: the same."""


def _refusal(name: str, why: str, instead: str, error: type[Exception] = TypeError) -> Callable[..., Any]:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise error(f"{name}: {why}; {instead}")

    refuse.__name__ = refuse.__qualname__ = name.rpartition(".")[2]
    refuse.__doc__ = f"Refused: {why}; {instead}."
    refuse.refused = (why, instead)  # type: ignore[attr-defined]
    return refuse


for _name, (_why, _instead) in FUNCTIONS.items():
    registry[getattr(np, _name)] = _refusal(f"numpy.{_name}", _why, _instead)

for _name, (_why, _instead) in METHODS.items():
    setattr(Tensor, _name, _refusal(f"Tensor.{_name}", _why, _instead))

Tensor.ctypes = property(_refusal("Tensor.ctypes", *_BYTES, AttributeError))  # type: ignore[attr-defined]
