"""NumPy's warnings of floating-point errors name the line of the program, and come once for each of its lines.

A ufunc written in C says where Python was just running, which is the function that stands for it here. The filter that
Python asks what to do with a warning sees that, and warns again in the name of the line that called.

Python asks the filters in order. One that the program puts before this one decides by itself, and what is shown then
names the function here; turned into an error, its traceback leads to the program's line all the same.
"""

from __future__ import annotations

import re
import sys
import warnings
from types import FrameType

from .place import outside

_TEXT = re.compile("(divide by zero|overflow|underflow|invalid value) encountered in|Mean of empty|Degrees of freedom")


class _Ours:
    """In the place of the pattern that a filter compares a warning's text with: matches those that arise in here."""

    def match(self, text: str) -> bool:
        if not _TEXT.match(text):
            return False
        frame: FrameType | None = sys._getframe(1)
        if frame is not None and frame.f_code is _Ours.match.__code__:
            return False  # it is the second warning
        while frame is not None and f"{frame.f_globals.get('__name__')}.".startswith("numpy."):
            frame = frame.f_back
        program = outside(frame)
        if program is None or program is frame:
            return False
        warnings.warn_explicit(
            text, RuntimeWarning, program.f_code.co_filename, program.f_lineno,
            program.f_globals.get("__name__") or "<string>",
            program.f_globals.setdefault("__warningregistry__", {}),
        )  # fmt: skip
        return True


warnings.filters.insert(0, ("ignore", _Ours(), RuntimeWarning, None, 0))  # type: ignore[attr-defined, arg-type]
