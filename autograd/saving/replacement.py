"""A file that is replaced whole: it is written as a draft beside it, which takes its place when it is on the disk.

A draft is locked while it is written. The lock ends with its process, however that ends; so a draft without one is
what a process has left that was killed, and the next that writes the file removes it. Where there are no locks, it is
one that has not been written to for a day.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from io import TextIOBase
from typing import Any

Path = str | os.PathLike[str]
_DAY = 24 * 60 * 60


def check_binary(file: Any, who: str, does: str) -> None:
    """Raise TypeError for what is neither a path nor a file of bytes."""
    if not hasattr(file, does) or isinstance(file, TextIOBase):
        what = "a file of text; open it in binary mode" if isinstance(file, TextIOBase) else type(file).__name__
        raise TypeError(f"{who}: expected a path, or a binary file such as a BytesIO, got {what}")


def _lock(file: Any) -> None:
    """Take a file for this process. Raises BlockingIOError where another has it, OSError where there are no locks."""
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError:  # Windows
        raise OSError("no locks") from None
    flock(file, LOCK_EX | LOCK_NB)


def replace(path: Path, write: Callable[[Any], None]) -> None:
    """Have `write` fill a new file, and put that in the place of `path` when it is safely on the disk."""
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    _sweep(folder, name)
    draft = ""
    try:
        file, draft = _begin(folder, name)
        with file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
            if os.path.exists(target):
                os.chmod(draft, os.stat(target).st_mode & 0o7777)
            if os.name == "posix":  # while it is locked
                os.replace(draft, target)
        if os.name != "posix":  # where no open file can be replaced
            os.replace(draft, target)
    except BaseException as error:
        if os.path.exists(draft):
            os.unlink(draft)
        if isinstance(error, OSError) and (not draft or error.filename in (None, draft)):  # None: no space is left, say
            error.filename = os.fspath(path)
        raise
    if os.name == "posix":  # the new name itself is on the disk only when the folder is
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _begin(folder: str, name: str) -> tuple[Any, str]:
    """A new draft, locked where there are locks, and its path."""
    while True:
        draft = os.path.join(folder, f".{name}.{os.getpid()}.{os.urandom(4).hex()}.tmp")
        file = open(draft, "xb")  # noqa: SIM115 (it is closed by whoever writes it)
        try:
            _lock(file)
            if os.stat(draft).st_ino == os.fstat(file.fileno()).st_ino:
                return file, draft
        except (BlockingIOError, FileNotFoundError):  # it was swept in the moment before it was locked
            pass
        except OSError:  # no locks, and so no sweeping
            return file, draft
        file.close()


def _sweep(folder: str, name: str) -> None:
    """Remove the drafts of a file that nobody is writing any more."""
    drafts = re.compile(rf"\.{re.escape(name)}\.\d+\.[0-9a-f]{{8}}\.tmp")
    try:
        found = [entry for entry in os.listdir(folder) if drafts.fullmatch(entry)]
    except OSError:
        return
    for draft in found:
        with suppress(OSError):  # somebody is writing it, or it has just taken its place
            _remove_abandoned(os.path.join(folder, draft))


def _remove_abandoned(draft: str) -> None:
    with open(draft, "r+b") as file:
        try:
            _lock(file)
        except BlockingIOError:
            return
        except OSError:  # no locks
            old = time.time() - os.stat(draft).st_mtime > _DAY
        else:
            os.unlink(draft)  # while it is locked
            return
    if old:  # closed, for Windows removes no open file: neither this one nor that of who still writes
        os.unlink(draft)
