"""The arrays in a .safetensors file, with the structure among its metadata where there is more than arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from .nesting import refuse_surrogates

STRUCTURE = "structure"
_RESERVED = "__metadata__"
_AS_THEY_ARE = {"BOOL", "U8", "I8", "U16", "I16", "U32", "I32", "U64", "I64", "F16", "F32", "F64", "C64"}


def write(file: Any, arrays: dict[str, Any], structure: Any) -> None:
    """Write a file. Raises ValueError for a name, TypeError for a dtype that could not be read again."""
    import json

    package = _package()
    if _RESERVED in arrays:
        raise ValueError(
            f"save: expected keys that can stand in a .safetensors file, got {_RESERVED!r}: it is reserved"
        )
    refuse_surrogates(arrays)
    plain = {name: np.ascontiguousarray(array).reshape(array.shape) for name, array in arrays.items()}
    metadata = None if structure is None else {STRUCTURE: json.dumps(structure, allow_nan=False)}
    try:
        file.write(package.numpy.save(plain, metadata))
    except (KeyError, package.SafetensorError) as error:
        kinds = sorted({str(array.dtype) for array in plain.values()})
        raise TypeError(f"save: expected dtypes that safetensors can hold, got {kinds}: {error}") from None


def read(path: str) -> tuple[dict[str, Any], str | None]:
    """The arrays by their names, and the structure. Raises ValueError naming the file if anything is wrong with it."""
    package = _package()
    try:
        with package.safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            kinds = {name: file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118
            _refuse_unknown(kinds, path)
            arrays = {
                name: file.get_tensor(name) if kind in _AS_THEY_ARE else _bfloat16(path, name)
                for name, kind in kinds.items()
            }
            return arrays, metadata.get(STRUCTURE)
    except (package.SafetensorError, TypeError, AttributeError) as error:
        raise ValueError(
            f"load: expected a whole .safetensors file, but {path} is damaged or foreign: {error}"
        ) from None


def _refuse_unknown(kinds: dict[str, str], path: str) -> None:
    for name, kind in kinds.items():
        if kind != "BF16" and kind not in _AS_THEY_ARE:
            raise ValueError(
                f"load: expected dtypes that NumPy has, or BF16, but {name} in {path} is of {kind}"
                f"{' (a kind of float8)' if kind.startswith('F8') else ''}; convert it to float32 where it was written"
            )


def _bfloat16(path: str, name: str) -> Any:
    """An array of bfloat16, which is the upper half of float32, as that. The file's header is known to be right."""
    import json

    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        entry = json.loads(file.read(length))[name]
        begin, end = entry["data_offsets"]
        file.seek(8 + length + begin)
        upper = np.frombuffer(file.read(end - begin), "<u2")
    return (upper.astype(np.uint32) << 16).view(np.float32).reshape(entry["shape"])


def _package() -> Any:
    try:
        import safetensors
        import safetensors.numpy
    except ImportError:
        raise ImportError("safetensors files need the package: pip install backgraph[safetensors]") from None
    return safetensors
