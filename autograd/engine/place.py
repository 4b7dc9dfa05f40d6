"""Where the user's program stands: the line that called into these packages, and what it called there."""

from __future__ import annotations

import functools
import os
import sys
from types import CodeType, FrameType, ModuleType
from typing import Any, NamedTuple

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_OURS = (*(os.path.join(_ROOT, name) + os.sep for name in ("autograd", "nn", "optim")), "<primitive", "<rule")


def outside(frame: FrameType | None) -> FrameType | None:
    """The innermost frame, from this one outward, of code that does not belong to these packages."""
    while frame is not None and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
    return frame


def line_of(frame: FrameType) -> str:
    """Where a frame stands: file:line, and what is written there."""
    import linecache

    text = linecache.getline(frame.f_code.co_filename, frame.f_lineno, frame.f_globals).strip()
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" + (f": {text}" if text else "")


def caller() -> str:
    """The line outside of these packages that the call came from."""
    frame = outside(sys._getframe(1))
    return line_of(frame) if frame is not None else "an unknown place"


def warn(message: str, frame: FrameType | None = None) -> None:
    """A UserWarning that names the line of a frame, or without one the line outside of these packages."""
    from warnings import warn_explicit

    frame = frame or outside(sys._getframe(1)) or sys._getframe(1)
    warn_explicit(
        message,
        UserWarning,
        frame.f_code.co_filename,
        frame.f_lineno,
        frame.f_globals.get("__name__") or "<string>",
        frame.f_globals.setdefault("__warningregistry__", {}),
    )


class Doing(NamedTuple):
    """What a frame is just doing.

    operation  of the interpreter: CALL, BINARY_OP %, STORE_SUBSCR, …
    names      of what is called, as it is written: ("math", "sin"); "" stands for what is no name
    """

    operation: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, frame: FrameType) -> Doing:
        return _doing(frame.f_code, frame.f_lasti)

    def called(self, frame: FrameType) -> Any:
        """The function that is called, if it is one of a module or stands by itself; else None."""
        first, *rest = self.names or ("",)
        found: Any = None
        for scope in (frame.f_locals, frame.f_globals, frame.f_builtins):
            if first in scope:
                found = scope[first]
                break
        for name in rest:
            found = getattr(found, name, None) if isinstance(found, ModuleType) else None
        return found


@functools.lru_cache(256)
def _doing(code: CodeType, at: int) -> Doing:
    """Read from the instructions. Those that fetch what is called begin in the source where the call begins."""
    import dis

    done = [step for step in dis.get_instructions(code) if step.offset <= at]
    if not done:
        return Doing("", ())
    here = done.pop()
    operation = f"{here.opname} {here.argrepr}".strip() if here.opname == "BINARY_OP" else here.opname
    if not operation.startswith(("CALL", "PRECALL")) or here.positions is None:
        return Doing(operation, ())
    if here.opname == "CALL_KW":
        done.pop()  # the names of the keywords
    names: list[str] = []
    for step in reversed(done):
        if step.positions is None or step.positions[::2] != here.positions[::2] or step.opname in _BESIDE:
            continue
        name = step.argval if step.opname.startswith("LOAD_") and step.opname != "LOAD_CONST" else None
        if not isinstance(name, str) or not name.isidentifier():
            names.append("")
            break
        names.append(name)
        if step.opname not in ("LOAD_ATTR", "LOAD_METHOD"):
            break
    else:
        names.append("")
    return Doing("CALL", tuple(reversed(names)))


_BESIDE = frozenset({"PUSH_NULL", "PRECALL", "KW_NAMES", "RESUME", "COPY", "SWAP", "NOP", "EXTENDED_ARG"})
