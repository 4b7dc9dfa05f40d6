"""Compiled kernels on disk, in files named by a hash of all that they depend on. What is damaged is made anew.

The folder is `$BACKGRAPH_CACHE` if that is set, else `backgraph` in the system's folder for caches. A folder that
cannot be written is not needed: then each process compiles for itself.
"""

from __future__ import annotations

import functools
import hashlib
import os
import sys
import tempfile
from pathlib import Path


@functools.cache
def folder() -> Path | None:
    """Where compiled kernels are kept; None if nowhere can be written."""
    chosen = os.environ.get("BACKGRAPH_CACHE")
    if chosen is None:
        if sys.platform == "win32":
            base = os.environ.get("LOCALAPPDATA")
        elif sys.platform == "darwin":
            base = "~/Library/Caches"
        else:
            base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        chosen = None if base is None else os.path.join(os.path.expanduser(base), "backgraph")
    if not chosen:
        return None
    try:
        path = Path(chosen)
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError:
        return None


def digest(*parts: str) -> str:
    """A name that no other content has."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def write(path: Path, content: bytes) -> bool:
    """Write a file as a whole, so that nobody sees half of it; whether it could be."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(content)
        os.replace(file.name, path)
    except OSError:
        return False
    return True
