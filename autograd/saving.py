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
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .engine.tensor import Tensor

Path = str | os.PathLike[str]

_STRUCTURE = "structure"


def save(path: Path, mapping: Mapping[Any, Any]) -> None:
    """Write a dict to a .npz or .safetensors file, whole or not at all.

    mapping  arrays, Tensors, numbers, strings and None, in dicts, lists and tuples

    The file is written under another name beside it and then put in its place, so that a crash leaves the old one; that
    one's permissions are kept. Tensors are saved as arrays. Safetensors needs the package (pip install
    backgraph[safetensors]).

    Raises ValueError for another ending, TypeError naming the place of a value that cannot be saved, OSError if
    the file cannot be written; in all cases an older file stays as it was.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/run.npz", {"weights": {"a": np.ones(2)}, "epoch": 3, "rates": (0.1, 0.2)})
    ...     load(f"{folder}/run.npz")
    {'weights': {'a': array([1., 1.])}, 'epoch': 3, 'rates': (0.1, 0.2)}
    """
    if not isinstance(mapping, Mapping):
        instead = "; the path comes first: save(path, mapping)" if isinstance(path, Mapping) else ""
        raise TypeError(f"save: expected a dict to save, got {type(mapping).__name__}{instead}")
    write = {".npz": _write_npz, ".safetensors": _write_safetensors}.get(os.path.splitext(path)[1])
    if write is None:
        raise ValueError(f"save: expected a path that ends in .npz or .safetensors, got {os.fspath(path)!r}")
    arrays: dict[str, Any] = {}
    structure: Any = _describe(mapping, (), arrays)
    if all(isinstance(name, str) and value == {"array": name} for name, value in structure["dict"]) and arrays:
        structure = None
    _replace(path, lambda file: write(file, arrays, structure))


def load(path: Path) -> dict[Any, Any]:
    """Read what `save` wrote, or the arrays of any other .npz or .safetensors file by their names.

    Raises FileNotFoundError, or ValueError naming the file if it is truncated, damaged or of another kind; pickled
    objects are never loaded.
    """
    name = os.fspath(path)
    with open(path, "rb") as file:
        start = file.read(16)
    if start[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        arrays, structure = _read_npz(name)
    elif start[8:9] == b"{":
        arrays, structure = _read_safetensors(name)
    else:
        raise ValueError(
            f"load: expected a .npz or .safetensors file, but {name} "
            f"{f'begins with {start[:8]!r}' if start else 'is empty'}: it is of another kind, or was cut off"
        )
    if structure is None:
        return arrays
    import json

    try:
        made = _restore(json.loads(structure), arrays)
        if not isinstance(made, dict):
            raise ValueError("it describes no dict")
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise ValueError(
            f"load: expected a file that save() wrote, but the structure in {name} is wrong: {error}"
        ) from None
    return made


# ---- nesting as JSON -----------------------------------------------------------------------------------------------


def _describe(value: Any, keys: tuple[Any, ...], arrays: dict[str, Any]) -> Any:
    """A value as JSON can hold it, with its arrays put into `arrays` under their names."""
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, np.generic):
        return {"scalar": _name(value, keys, arrays)}
    if isinstance(value, float):
        return value if np.isfinite(value) else {"float": repr(value)}
    if isinstance(value, complex):
        return {"complex": [repr(value.real), repr(value.imag)]}
    if isinstance(value, Tensor):
        value = value.data
    if hasattr(value, "__array__"):
        return {"array": _name(value, keys, arrays)}
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str | int | float | None):
                raise TypeError(f"save: expected strings or numbers as keys, got {key!r} in {_place(keys)}")
        return {"dict": [[key, _describe(v, (*keys, key), arrays)] for key, v in value.items()]}
    if isinstance(value, list | tuple):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {kind: [_describe(v, (*keys, i), arrays) for i, v in enumerate(value)]}
    raise TypeError(
        f"save: expected arrays, numbers, strings, None, or dicts, lists and tuples of them, "
        f"got {type(value).__name__} as {_place(keys)}"
    )


def _name(value: Any, keys: tuple[Any, ...], arrays: dict[str, Any]) -> str:
    array = np.asarray(value)
    if array.dtype.kind not in "fciub":
        raise TypeError(f"save: expected numbers, got an array of {array.dtype} as {_place(keys)}")
    name = ".".join(map(str, keys))
    while name in arrays:  # {"a.b": …, "a": {"b": …}}
        name += "~"
    arrays[name] = array.astype(array.dtype.newbyteorder("="), copy=False)
    return name


def _restore(value: Any, arrays: dict[str, Any]) -> Any:
    """The value that `_describe` described."""
    if not isinstance(value, dict):
        return value
    ((kind, inner),) = value.items()
    restore: dict[str, Callable[[], Any]] = {
        "array": lambda: arrays[inner],
        "scalar": lambda: arrays[inner][()],
        "float": lambda: float(inner),
        "complex": lambda: complex(*map(float, inner)),
        "dict": lambda: {key: _restore(v, arrays) for key, v in inner},
        "list": lambda: [_restore(v, arrays) for v in inner],
        "tuple": lambda: tuple(_restore(v, arrays) for v in inner),
    }
    return restore[kind]()


def _place(keys: tuple[Any, ...]) -> str:
    return "".join(f"[{key!r}]" for key in keys) or "the mapping itself"


# ---- the two kinds of files ----------------------------------------------------------------------------------------


def _write_npz(file: Any, arrays: dict[str, Any], structure: Any) -> None:
    import json
    from zipfile import ZipFile

    with ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
        if structure is not None:
            archive.writestr(f"{_STRUCTURE}.json", json.dumps(structure, allow_nan=False))


def _read_npz(path: str) -> tuple[dict[str, Any], str | None]:
    from zipfile import BadZipFile, ZipFile

    arrays: dict[str, Any] = {}
    structure = None
    try:
        with ZipFile(path) as archive:
            for name in archive.namelist():
                if name == f"{_STRUCTURE}.json":
                    structure = archive.read(name).decode()
                elif name.endswith(".npy"):
                    with archive.open(name) as member:
                        arrays[name.removesuffix(".npy")] = np.lib.format.read_array(member, allow_pickle=False)
                        if member.read(1):  # reading to the end checks the checksum
                            raise ValueError(f"{name} is longer than its array")
                else:
                    raise ValueError(f"it holds {name}, which is no array")
    except (BadZipFile, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        raise ValueError(
            f"load: expected a whole .npz file of arrays, but {path} is damaged or foreign: {error}"
        ) from None
    return arrays, structure


def _write_safetensors(file: Any, arrays: dict[str, Any], structure: Any) -> None:
    import json

    package = _safetensors()
    plain = {name: np.ascontiguousarray(array).reshape(array.shape) for name, array in arrays.items()}
    metadata = None if structure is None else {_STRUCTURE: json.dumps(structure, allow_nan=False)}
    try:
        file.write(package.numpy.save(plain, metadata))
    except (KeyError, package.SafetensorError) as error:
        kinds = sorted({str(array.dtype) for array in plain.values()})
        raise TypeError(f"save: expected dtypes that safetensors can hold, got {kinds}: {error}") from None


def _read_safetensors(path: str) -> tuple[dict[str, Any], str | None]:
    package = _safetensors()
    try:
        with package.safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            return {name: file.get_tensor(name) for name in file.keys()}, metadata.get(_STRUCTURE)  # noqa: SIM118
    except (package.SafetensorError, TypeError, AttributeError) as error:
        raise ValueError(
            f"load: expected a whole .safetensors file, but {path} is damaged or foreign: {error}"
        ) from None


def _safetensors() -> Any:
    try:
        import safetensors
        import safetensors.numpy
    except ImportError:
        raise ImportError("safetensors files need the package: pip install backgraph[safetensors]") from None
    return safetensors


def _replace(path: Path, write: Callable[[Any], None]) -> None:
    """Have `write` fill a new file, and put that in the place of `path` when it is safely on the disk."""
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    draft = os.path.join(folder, f".{name}.{os.getpid()}.{os.urandom(4).hex()}.tmp")
    try:
        with open(draft, "xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(target):
            os.chmod(draft, os.stat(target).st_mode & 0o7777)
        os.replace(draft, target)
    except BaseException as error:
        if os.path.exists(draft):
            os.unlink(draft)
        if isinstance(error, OSError) and error.filename in (None, draft):  # None: no space is left, say
            error.filename = os.fspath(path)
        raise
    if os.name == "posix":  # the new name itself is on the disk only when the folder is
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
