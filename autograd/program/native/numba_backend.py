"""Kernels compiled by Numba. Each is a module of its own: one can read it in the cache's folder.

Numba keeps machine code beside a module that it is told to cache; it is used only as long as it has the hash that was
noted when it was written, so that no damaged code is ever run.
"""

from __future__ import annotations

import functools
import importlib.metadata
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .cache import digest, folder, write
from .form import CannotBuild, Kernel
from .numba_source import source

NAME = "numba"


def why_not() -> str | None:
    """Why it cannot be used, or None."""
    try:
        import numba  # noqa: F401
    except ImportError as error:  # it is not there, or not for this NumPy
        return f"Numba cannot be imported ({error})"
    return None


def build(kernels: Sequence[Kernel]) -> list[Callable[[int, int, int, int], int]]:
    """The kernels as functions. Raises CannotBuild."""
    return [_built(kernel) for kernel in kernels]


@functools.lru_cache(maxsize=4096)
def _built(kernel: Kernel) -> Callable[[int, int, int, int], int]:
    text = source(kernel)
    where = folder()
    if where is not None:
        path = where / f"numba_{digest(text, *_surroundings())}.py"
        if (path.is_file() and path.read_bytes() == text.encode()) or write(path, text.encode()):
            made = _cached(path, text)
            if made is not None:
                return made
    try:
        return _function(text, "<kernel>", False)
    except Exception as error:  # Numba has classes of errors for each of its parts
        said = str(error).strip().splitlines()
        raise CannotBuild(f"Numba does not compile a kernel ({said[0] if said else type(error).__name__})") from error


def _cached(path: Path, text: str) -> Callable[..., int] | None:
    """The function, with what Numba has kept of it, or what it keeps from now on."""
    note = path.with_suffix(".sum")
    if _noted(note) != _sum(path):
        for file in _kept(path):
            file.unlink(missing_ok=True)
    try:
        made = _function(text, str(path), True)
    except Exception:  # whatever is wrong with what was kept
        for file in _kept(path):
            file.unlink(missing_ok=True)
        return None
    said = _sum(path)
    if _noted(note) != said:
        write(note, said.encode())
    return made


def _kept(path: Path) -> list[Path]:
    return sorted((path.parent / "__pycache__").glob(f"{path.stem}.kernel*"))


def _sum(path: Path) -> str:
    """A hash of the machine code that is kept; none while another process is about to make it anew."""
    try:
        return digest(*[f"{file.name} {digest(file.read_bytes().hex())}" for file in _kept(path)])
    except FileNotFoundError:
        return ""


def _noted(note: Path) -> str | None:
    try:
        return note.read_text()
    except (OSError, UnicodeDecodeError):
        return None


def _function(text: str, name: str, keep: bool) -> Callable[..., int]:
    # what Numba keeps names the module that it comes from, which has to be there when it is loaded
    space: dict[str, Any] = {"CACHE": keep, "__name__": f"{__package__}.numba_maths", "__file__": name}
    exec(compile(text, name, "exec"), space)
    dispatcher = space["kernel"]
    (overload,) = dispatcher.overloads.values()
    # the function itself takes a fifth of the time of the dispatcher, which looks at what it is given first
    return getattr(overload, "entry_point", dispatcher)  # type: ignore[no-any-return]


@functools.cache
def _surroundings() -> tuple[str, ...]:
    """What machine code depends on besides its source."""
    import numba
    from llvmlite import binding

    maths = Path(__file__).with_name("numba_maths.py").read_text(encoding="utf-8")
    cpu = binding.get_host_cpu_name()
    return (numba.__version__, sys.version, cpu, maths, importlib.metadata.version("numpy"))
