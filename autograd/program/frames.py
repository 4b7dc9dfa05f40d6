"""What the call stack says while a function is traced: where one is, and whether that may leave the trace."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

from ..engine.modes import mode
from .places import is_library
from .values import Line

_RULES: set[CodeType] = set()
_OUTSIDE: set[CodeType] = set()


def runs_rules(method: Callable[..., Any]) -> Any:
    """Mark a method that runs derivative rules, of its argument `node`."""
    _RULES.add(method.__code__)
    return method


def runs_outside(method: Callable[..., Any]) -> Any:
    """Mark a method that runs what is not traced."""
    _OUTSIDE.add(method.__code__)
    return method


def inside() -> bool:
    """Whether the caller runs within a primitive's function or a rule, which can be one statement as a whole.

    A checkpoint's rule runs the user's function once more, and is none of these.
    """
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        code = frame.f_code
        if code.co_filename.startswith("<primitive "):
            return code.co_filename != "<primitive checkpoint>"
        if code in _RULES:
            return bool(frame.f_locals["node"].name != "checkpoint")
        if code in _OUTSIDE:
            return False
        frame = frame.f_back
    return False


def line(frame: FrameType | None) -> Line | None:
    """The line of the user's program that is running."""
    last = None
    while frame is not None:
        name = frame.f_code.co_filename
        if not is_library(name):
            return name, frame.f_lineno, frame.f_code.co_name
        last = frame
        frame = frame.f_back
    return None if last is None else (last.f_code.co_filename, last.f_lineno, last.f_code.co_name)


def scope() -> str | None:
    """The module that is running, by the names of the scopes around it, and its class."""
    names, entry = [], mode.entry
    kind = f": {entry[2]}" if entry is not None and entry[2] else ""
    while entry is not None:
        names.append(entry[1])
        entry = entry[0]
    name = ".".join(filter(None, reversed(names)))
    return name + kind if name else None
