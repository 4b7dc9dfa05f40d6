"""A checkpoint, which one rank writes for all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import autograd

from .group import world


def save(path: str | os.PathLike[str], mapping: Mapping[Any, Any]) -> None:
    """Have rank 0 write a file, as `autograd.save` does; no rank goes on before it is whole.

    path, mapping  those of `autograd.save`; all ranks call it, and the mapping of rank 0 counts

    Any number of ranks can go on from what depends on none of them: the state of a module, of an optimizer, of the
    generator of random numbers, and of a loader whose DistributedSampler has split_batches=True.

    Raises, on rank 0, what `autograd.save` raises, and on all others OSError with its words.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/run.npz", {"epoch": 3})
    ...     autograd.load(f"{folder}/run.npz")
    {'epoch': 3}
    """
    group = world()
    failed: Exception | None = None
    if group.rank == 0:
        try:
            autograd.save(path, mapping)
        except Exception as error:
            failed = error
    said = group.told(None if failed is None else f"{type(failed).__name__}: {failed}")
    if failed is not None:
        raise failed
    if said is not None:
        raise OSError(f"save: rank 0 could not write {os.fspath(path)}: {said}")
