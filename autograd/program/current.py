"""What other packages ask of a trace: whether one is being taken, and to run Python as it is at each call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..engine.modes import Changed, mode

__all__ = ["Changed", "current_trace", "outside"]


def current_trace() -> Any:
    """The trace that this thread is taking, or None."""
    return mode.trace


def outside(function: Callable[..., Any], *args: Any) -> Any:
    """function(*args), which is no part of a trace but Python that runs as it is at each call of the program.

    It is given arrays in the place of Tensors; arrays that it gives are values of the program.

    >>> outside(max, 1, 2)
    2
    """
    return function(*args) if mode.trace is None else mode.trace.outside(function, *args)
