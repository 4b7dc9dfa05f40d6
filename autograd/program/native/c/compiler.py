"""C, compiled with what compiler there is, into functions that ctypes calls.

What is compiled is kept on disk, in files named by a hash of the source, the options, the compiler and the processor.
It is loaded only if it has the hash that was noted when it was written.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from ....engine.forking import in_each_child
from ..cache import digest, folder, write
from ..form import CannotBuild

OPTIONS = (
    "-O3", "-std=gnu11", "-fPIC", "-shared", "-fno-math-errno", "-fno-trapping-math", "-fwrapv", "-fopenmp-simd",
    "-ffp-contract=off", "-fno-sanitize=undefined", "-w",
)  # fmt: skip
"""None of them changes a number: sums are taken in another order only where a loop says so."""

_NATIVE = (("-march=native", "-mprefer-vector-width=512"), ("-march=native",), ("-mcpu=native",), ())
"""How compilers are told to use all that the processor has; the last one is for those that know none of it."""

_lock = threading.Lock()


def compilers() -> list[tuple[str, ...]]:
    """The commands that may be compilers of C: the one of `$CC`, those on the path, and that of the package ziglang."""
    chosen = os.environ.get("CC", "").strip()
    if chosen:
        return [tuple(shlex.split(chosen))]
    paths = [shutil.which(name) for name in ("cc", "gcc", "clang")]
    found: list[tuple[str, ...]] = [(path,) for path in paths if path is not None]
    if importlib.util.find_spec("ziglang") is not None:
        found.append((sys.executable, "-m", "ziglang", "cc"))
    return found


def why_not() -> str | None:
    """Why nothing can be compiled, or None as far as that is known before it is tried."""
    return None if compilers() else "there is no C compiler (cc, gcc, clang or the package ziglang)"


def load(source: str, options: Sequence[str] = ()) -> ctypes.CDLL:
    """The library that a source makes. Raises CannotBuild."""
    with _lock:
        return _loaded(source, tuple(options))


@functools.lru_cache(maxsize=1024)
def _loaded(source: str, options: tuple[str, ...]) -> ctypes.CDLL:
    found = compilers()
    where = folder()
    for compiler in found:
        if where is not None:
            library = _kept(_path(where, compiler, source, options))
            if library is not None:
                return library
    said = why_not() or ""
    for compiler in found:
        for native in _NATIVE:
            try:
                return _compiled(
                    compiler, (*OPTIONS, *native, *options), source, _path(where, compiler, source, options)
                )
            except CannotBuild as error:
                said = str(error)
    raise CannotBuild(said)


def _compiled(compiler: tuple[str, ...], options: Sequence[str], source: str, path: Path | None) -> ctypes.CDLL:
    """Compile, in a folder of its own, put the library and its hash where they are to be kept, and load it."""
    with tempfile.TemporaryDirectory(prefix="backgraph-", ignore_cleanup_errors=True) as place:
        text, made = Path(place, "source.c"), Path(place, "library.so")
        text.write_text(source, encoding="utf-8")
        command = [*compiler, *options, str(text), "-o", str(made), "-lm"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL)
        except OSError as error:
            raise CannotBuild(f"{compiler[0]} cannot be run: {error}") from None
        if done.returncode or not made.is_file():
            lines = [line for line in done.stderr.splitlines() if "error" in line] or done.stderr.splitlines()
            raise CannotBuild(f"{' '.join(compiler)} fails: {lines[0] if lines else f'exit status {done.returncode}'}")
        content = made.read_bytes()
        if path is not None and write(path, content):
            write(path.with_suffix(".c"), source.encode())
            write(path.with_suffix(".sum"), hashlib.sha256(content).hexdigest().encode())
            made = path
        try:
            return ctypes.CDLL(str(made))  # it stays loaded when the file is gone
        except OSError as error:
            raise CannotBuild(f"what {' '.join(compiler)} makes cannot be loaded: {error}") from None


def _path(where: Path | None, compiler: tuple[str, ...], source: str, options: Sequence[str]) -> Path | None:
    if where is None:
        return None
    return where / f"c_{digest(source, *OPTIONS, *options, *_surroundings(compiler))}.so"


def _kept(path: Path | None) -> ctypes.CDLL | None:
    """A library that was kept, if it is whole."""
    if path is None:
        return None
    try:
        said = path.with_suffix(".sum").read_text()
        return ctypes.CDLL(str(path)) if said == hashlib.sha256(path.read_bytes()).hexdigest() else None
    except (OSError, UnicodeDecodeError):
        return None


@functools.lru_cache(maxsize=8)
def _surroundings(compiler: tuple[str, ...]) -> tuple[str, ...]:
    """What a library depends on besides its source: the compiler and the processor."""
    path = shutil.which(compiler[0]) or compiler[0]
    try:
        status = os.stat(os.path.realpath(path))
        version = f"{os.path.realpath(path)} {status.st_size} {status.st_mtime_ns}"
    except OSError:
        version = path
    if "ziglang" in compiler:
        version += importlib.metadata.version("ziglang")
    return (*compiler, version, sys.platform, platform.machine(), _processor())


def _processor() -> str:
    """What the processor is called, and what it can."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            lines = file.read().split("\n\n")[0].splitlines()
    except OSError:
        return platform.processor()
    kept = ("model name", "flags", "Features", "CPU part", "CPU implementer")
    return "\n".join(line for line in lines if line.startswith(kept))


def _renew() -> None:
    """In a forked child nobody would release the lock."""
    global _lock
    _lock = threading.Lock()


in_each_child(_renew)
