"""Saving and loading: nested dicts, lists and tuples of arrays, numbers and strings, in one .npz or .safetensors file.

Weights are a flat dict, and their file holds nothing but the arrays under their names, for any program to read:

    save("weights.npz", model.state_dict())
    model.load_state_dict(load("weights.npz"))

A run that is to go on later, to the same numbers as if it had never stopped, is all that the next step depends on:

    save("run.npz", {
        "model": model.state_dict(), "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict(),
        "loader": loader.state_dict(), "epoch": epoch, "random": generator().bit_generator.state,
    })

    run = load("run.npz")
    model.load_state_dict(run["model"])
    ...
    generator().bit_generator.state = run["random"]

In the file an array has the keys that lead to it as its name, joined by dots. What is no array, and the nesting, stand
beside them as JSON: in .npz as the member structure.json, in .safetensors as the metadata entry "structure". Nothing is
ever pickled, so that a file from elsewhere can do no harm.

From the bottom up:

    nesting      nested values as JSON
    npz          the arrays in a .npz file
    tensors      the arrays in a .safetensors file
    replacement  a file that is replaced whole
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any, BinaryIO

from . import npz, tensors
from .nesting import describe, restore
from .replacement import Path, check_binary, replace


def save(path: Path | BinaryIO, mapping: Mapping[Any, Any]) -> None:
    """Write a dict to a .npz or .safetensors file, whole or not at all.

    path     of the file, or a binary file that is open for writing, such as a BytesIO, into which .npz is written
    mapping  arrays, Tensors, numbers, strings and None, in dicts, lists and tuples

    The file is written under another name beside it and then put in its place, so that a crash leaves the old one; that
    one's permissions are kept. What a process that was killed has left beside it goes at the next save. Tensors are
    saved as arrays. Safetensors needs the package (pip install backgraph[safetensors]).

    Raises ValueError for another ending, for a name that could not be read again and for a nesting of more than 100
    levels, TypeError for a file of text and naming the place of a value that cannot be saved, OSError if the file
    cannot be written; in all cases an older file stays as it was.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/run.npz", {"weights": {"a": np.ones(2)}, "epoch": 3, "rates": (0.1, 0.2)})
    ...     load(f"{folder}/run.npz")
    {'weights': {'a': array([1., 1.])}, 'epoch': 3, 'rates': (0.1, 0.2)}
    """
    if not isinstance(mapping, Mapping):
        instead = "; the path comes first: save(path, mapping)" if isinstance(path, Mapping) else ""
        instead = "; pass its .state_dict()" if hasattr(mapping, "state_dict") else instead
        instead = "; write save(path, module.state_dict())" if hasattr(path, "state_dict") else instead
        raise TypeError(f"save: expected a dict to save, got {type(mapping).__name__}{instead}")
    write = _writer(path)
    arrays: dict[str, Any] = {}
    structure: Any = describe(mapping, (), arrays)
    if all(isinstance(name, str) and value == {"array": name} for name, value in structure["dict"]) and arrays:
        structure = None
    if isinstance(path, str | os.PathLike):
        replace(path, lambda file: write(file, arrays, structure))
    else:
        write(path, arrays, structure)


def _writer(path: Path | BinaryIO) -> Callable[[Any, dict[str, Any], Any], None]:
    """What writes a file of the kind that its name ends with; an open file becomes a .npz file."""
    if not isinstance(path, str | os.PathLike):
        check_binary(path, "save", "write")
        return npz.write
    write = {".npz": npz.write, ".safetensors": tensors.write}.get(os.path.splitext(path)[1])
    if write is None:
        raise ValueError(f"save: expected a path that ends in .npz or .safetensors, got {os.fspath(path)!r}")
    return write


def load(path: Path | BinaryIO) -> dict[Any, Any]:
    """Read what `save` wrote, or the arrays of any other .npz or .safetensors file by their names.

    path  of the file, or a binary file that is open for reading at the place where a .npz begins, such as a BytesIO

    bfloat16, for which NumPy has no dtype, is loaded as float32, which holds all its values.

    Raises FileNotFoundError, or ValueError naming the file if it is truncated, damaged or of another kind, and for
    dtypes such as float8 that NumPy has not; pickled objects are never loaded.
    """
    if isinstance(path, str | os.PathLike):
        name, kinds = os.fspath(path), ".npz or .safetensors"
        with open(path, "rb") as file:
            start = file.read(16)
    else:
        check_binary(path, "load", "read")
        name, kinds = f"the {type(path).__name__}", ".npz"
        path = BytesIO(path.read())
        start = path.getvalue()[:16]
    if start[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        arrays, structure = npz.read(path, name)
    elif start[8:9] == b"{" and not isinstance(path, BytesIO):
        arrays, structure = tensors.read(name)
    else:
        raise ValueError(
            f"load: expected a {kinds} file, but {name} "
            f"{f'begins with {start[:8]!r}' if start else 'is empty'}: it is of another kind, or was cut off"
        )
    if structure is None:
        return arrays
    import json

    try:
        made = restore(json.loads(structure), left := dict(arrays))
        if not isinstance(made, dict):
            raise ValueError("it describes no dict")
        if left:
            raise ValueError(f"it leaves out {', '.join(left)}")
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(
            f"load: expected a file that save() wrote, but the structure in {name} is wrong: {error}"
        ) from None
    return made
