"""IDX files, the format of MNIST: a header that says dtype and shape, and the numbers."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

Path = str | os.PathLike[str]

_IDX = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_AXES = 64  # NumPy has no more
_RATIO = 1100  # how many bytes gzip can make of one, and some


def read_idx(path: Path, md5: str | None = None) -> Any:
    """The array in an IDX file (the format of MNIST), packed with gzip or not.

    md5  the checksum that the unpacked file must have

    The header is read first, and no more is unpacked than it says that there is.

    Raises ValueError, naming the file, what was expected and what was found, for a file that is no IDX file, that is
    shorter or longer than its header says, or that has another checksum.
    Source: the description of the format in "The MNIST database of handwritten digits".
    """
    import gzip
    import zlib

    name = os.fspath(path)
    with open(path, "rb") as file:
        length = os.fstat(file.fileno()).st_size
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not packed:
            return _read(file, name, length, md5)
        try:
            with gzip.GzipFile(fileobj=file) as unpacked:
                return _read(unpacked, name, None, md5, _RATIO * length)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise ValueError(f"read_idx: expected a whole gzip file, but {name} cannot be unpacked: {error}") from None


def _read(file: Any, name: str, length: int | None, md5: str | None, most: int = 0) -> Any:
    """The array in a file of that length, or of an unknown one of at most `most` bytes."""
    begin = file.read(4)
    if len(begin) < 4 or begin[:2] != b"\0\0" or begin[2] not in _IDX or begin[3] > _AXES:
        raise ValueError(
            f"read_idx: expected an IDX file, which begins with 00 00, a type (08 to 0e) and the number of dimensions, "
            f"but {name} begins with {begin.hex(' ') or 'nothing'}"
        )
    dtype, header = np.dtype(_IDX[begin[2]]), begin + file.read(4 * begin[3])
    start = 4 + 4 * begin[3]
    if len(header) < start:
        raise ValueError(f"read_idx: expected a header of {start} bytes in {name}, got {len(header)}: truncated?")
    shape = tuple(int.from_bytes(header[i : i + 4], "big") for i in range(4, start, 4))
    size = dtype.itemsize
    for axis in shape:
        size *= axis
    content = file.read(size) if size <= (most if length is None else length) else b""
    left = length - start if length is not None else len(content) + len(file.read(1))
    if left != size:
        told = "truncated" if left < size else "more than the header says"
        raise ValueError(f"read_idx: expected {size} bytes of data of shape {shape} in {name}, got {left}: {told}")
    if md5 is not None:
        from hashlib import md5 as digest

        found = digest(header + content, usedforsecurity=False).hexdigest()
        if found != md5:
            raise ValueError(
                f"read_idx: expected the published file, with the MD5 sum {md5} (unpacked), but {name} has {found}"
            )
    try:
        return np.frombuffer(content, dtype).reshape(shape).astype(dtype.newbyteorder("="))
    except ValueError as error:  # a shape that has a 0 in it, and whose other sides NumPy cannot hold
        raise ValueError(f"read_idx: expected a shape that NumPy can hold in {name}, got {shape}: {error}") from None
