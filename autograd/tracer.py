"""Names of HIPS autograd's for asking whether a value is tracked, and for the array in it."""

from __future__ import annotations

from typing import Any

from .extend import Box, notrace_primitive, primitive
from .recording import plain
from .tensor import Tensor

__all__ = ["Box", "getval", "isbox", "notrace_primitive", "primitive"]


def isbox(value: Any) -> bool:
    """Whether a value is a Tensor.

    >>> isbox(Tensor(1.0)), isbox(1.0)
    (True, False)
    """
    return isinstance(value, Tensor)


def getval(value: Any) -> Any:
    """The array or number in a Tensor; anything else is itself.

    >>> getval(Tensor(2.0))
    np.float64(2.0)
    """
    return plain(value._data) if isinstance(value, Tensor) else value
