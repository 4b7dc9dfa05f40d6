"""The arrays in a .npz file: a zip archive of .npy files, and of structure.json where there is more than arrays.

What is read is checked before it is believed: that nothing of the file is left out, and that no array is larger than
the bytes that are there for it.
"""

from __future__ import annotations

from errno import EINVAL
from typing import Any

import numpy as np

from .nesting import refuse_surrogates

STRUCTURE = "structure.json"


def write(file: Any, arrays: dict[str, Any], structure: Any) -> None:
    """Write a file. Raises ValueError for a name that would not be read as it is."""
    import json
    from zipfile import ZipFile, ZipInfo

    refuse_surrogates(arrays)
    for name in arrays:
        if ZipInfo(f"{name}.npy").filename != f"{name}.npy":  # as it is read again
            raise ValueError(f"save: expected keys that can stand in a .npz file, got {name!r:.80}: it has a zero byte")
        if len(name.encode()) > 65_000:
            raise ValueError(f"save: expected keys of at most 65,000 bytes, got {name!r:.60}… of {len(name.encode())}")
    with ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
        if structure is not None:
            archive.writestr(STRUCTURE, json.dumps(structure, allow_nan=False))


def read(path: Any, name: str) -> tuple[dict[str, Any], str | None]:
    """The arrays by their names, and the structure. Raises ValueError naming the file if anything is wrong with it."""
    from zipfile import ZipFile

    arrays: dict[str, Any] = {}
    structure = None
    try:
        with ZipFile(path) as archive:
            _check_whole(archive)
            for info in archive.infolist():
                if info.filename == STRUCTURE:
                    structure = archive.read(info).decode()
                elif info.filename.endswith(".npy"):
                    arrays[info.filename.removesuffix(".npy")] = _array(archive, info)
                else:
                    raise ValueError(f"it holds {info.filename}, which is no array")
    except MemoryError:
        raise
    except Exception as error:  # what zipfile and the packers under it raise for damaged bytes is of many kinds
        if isinstance(error, OSError) and error.errno not in (None, EINVAL):
            raise  # the disk's
        raise ValueError(
            f"load: expected a whole .npz file of arrays, but {name} is damaged or foreign: {error}"
        ) from None
    return arrays, structure


def _check_whole(archive: Any) -> None:
    """Raises ValueError unless the members fill the archive, one after another: none is left out, none is there twice.

    Their sizes are those that their bytes can unpack to, so that whoever makes room for them makes no more than that.
    """
    from zipfile import ZIP_DEFLATED, ZIP_STORED

    end = described = 0
    names: set[str] = set()
    for info in sorted(archive.infolist(), key=lambda info: info.header_offset):
        if info.filename in names:
            raise ValueError(f"it holds {info.filename} twice")
        names.add(info.filename)
        if not end <= info.header_offset <= end + (24 if described else 0):
            raise ValueError(f"there is something before {info.filename} that its directory leaves out")
        packed = info.compress_size
        largest = {ZIP_STORED: packed, ZIP_DEFLATED: 1100 * packed + 100}.get(info.compress_type)
        if largest is None:
            raise ValueError(f"{info.filename} is packed by method {info.compress_type}, expected none or deflate")
        if info.file_size > largest:
            raise ValueError(f"{info.filename} cannot have {info.file_size} bytes in {packed}")
        described = info.flag_bits & 8  # up to 24 bytes follow that say again how long it is
        archive.fp.seek(info.header_offset + 26)
        lengths = archive.fp.read(4)
        end = info.header_offset + 30 + sum(int.from_bytes(lengths[i : i + 2], "little") for i in (0, 2)) + packed
    if not end <= archive.start_dir <= end + (24 if described else 0):
        raise ValueError("there is something at its end that its directory leaves out")


def _array(archive: Any, info: Any) -> Any:
    with archive.open(info) as member:
        shape, dtype, start = _header(member)
    if dtype.hasobject:
        raise ValueError("Object arrays cannot be loaded, for they are pickled")
    if dtype.kind == "V" and dtype.names is None:
        raise ValueError(
            f"{info.filename} holds raw bytes, {dtype.itemsize} for each element, as arrays of bfloat16 (2) and of "
            f"float8 (1) are written, for which NumPy has no dtype; convert it to float32 where it was written"
        )
    size = dtype.itemsize
    for length in shape:
        size *= length
    if start + size != info.file_size:
        raise ValueError(
            f"{info.filename} has {info.file_size - start} bytes of data, expected {size} for {dtype} of shape {shape}"
        )
    with archive.open(info) as member:
        array = np.lib.format.read_array(member, allow_pickle=False)
        member.read(1)  # reading to the end checks the checksum
    return array


def _header(member: Any) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    """The shape and the dtype that a .npy file says it has, and where its data begin."""
    try:
        version = np.lib.format.read_magic(member)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, _, dtype = read(member)
    except (MemoryError, RecursionError, KeyError) as error:  # of a header that is no header
        raise ValueError(f"a header of it is wrong: {error or type(error).__name__}") from None
    if any(type(length) is not int or length < 0 for length in shape):
        raise ValueError(f"a header of it has the shape {shape}")
    return shape, dtype, member.tell()
