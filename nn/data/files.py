"""Data from files: IDX, CSV, and folders of images."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from .dataset import Dataset, TensorDataset

Path = str | os.PathLike[str]

_IDX = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: Path, md5: str | None = None) -> Any:
    """The array in an IDX file (the format of MNIST), packed with gzip or not.

    md5  the checksum that the unpacked file must have

    Raises ValueError, naming the file, what was expected and what was found, for a file that is no IDX file, that is
    shorter or longer than its header says, or that has another checksum.
    Source: the description of the format in "The MNIST database of handwritten digits".
    """
    content = _unpacked(path)
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _IDX:
        raise ValueError(
            f"read_idx: expected an IDX file, which begins with 00 00, a type (08 to 0e) and the number of dimensions, "
            f"but {os.fspath(path)} begins with {content[:4].hex(' ') or 'nothing'}"
        )
    dtype, ndim = np.dtype(_IDX[content[2]]), content[3]
    start = 4 + 4 * ndim
    if len(content) < start:
        raise ValueError(
            f"read_idx: expected a header of {start} bytes in {os.fspath(path)}, got {len(content)}: truncated?"
        )
    shape = tuple(int.from_bytes(content[i : i + 4], "big") for i in range(4, start, 4))
    size = dtype.itemsize
    for length in shape:
        size *= length
    if len(content) - start != size:
        raise ValueError(
            f"read_idx: expected {size} bytes of data of shape {shape} in {os.fspath(path)}, "
            f"got {len(content) - start}: {'truncated' if len(content) - start < size else 'more than the header says'}"
        )
    if md5 is not None:
        from hashlib import md5 as digest

        found = digest(content, usedforsecurity=False).hexdigest()
        if found != md5:
            raise ValueError(
                f"read_idx: expected the published file, with the MD5 sum {md5} (unpacked), "
                f"but {os.fspath(path)} has {found}"
            )
    return np.frombuffer(content, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))


def _unpacked(path: Path) -> bytes:
    with open(path, "rb") as file:
        content = file.read()
    if content[:2] != b"\x1f\x8b":
        return content
    import gzip
    import zlib

    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(
            f"read_idx: expected a whole gzip file, but {os.fspath(path)} cannot be unpacked: {error}"
        ) from None


def read_csv(
    path: Path, target: str | int | None = None, delimiter: str = ",", header: bool = True, dtype: Any = np.float32
) -> TensorDataset:
    """The table in a CSV file: features (rows, columns) and, if asked for, one column apart as the target (rows,).

    target  the name or the number of that column; whole numbers become int64, names the number of their place among the
            sorted names, all others `dtype`
    header  whether the first line holds the names of the columns
    dtype   that of the features

    Raises ValueError, naming file and line, for a cell that is no number or a row of another length.
    """
    import csv

    name = os.fspath(path)
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file, delimiter=delimiter)
        rows = [(reader.line_num, row) for row in reader if row]
    if not rows or (header and len(rows) < 2):
        raise ValueError(f"read_csv: expected rows of numbers in {name}, found none")
    columns = [cell.strip() for cell in rows[0][1]] if header else [str(i) for i in range(len(rows[0][1]))]
    rows = rows[1:] if header else rows
    for line, row in rows:
        if len(row) != len(columns):
            raise ValueError(f"read_csv: expected {len(columns)} cells in line {line} of {name}, got {len(row)}")
    apart: int | None = None
    if target is not None:
        known = {column: i for i, column in enumerate(columns)} if isinstance(target, str) else range(len(columns))
        if target not in known:
            raise ValueError(f"read_csv: expected the target among the columns {columns} of {name}, got {target!r}")
        apart = known[target]  # type: ignore[index]
    table = np.empty((len(rows), len(columns) - (apart is not None)), dtype=dtype)
    for i, (line, row) in enumerate(rows):
        try:
            table[i] = [float(cell) for j, cell in enumerate(row) if j != apart]
        except ValueError as error:
            raise ValueError(f"read_csv: expected numbers in line {line} of {name}: {error}") from None
    if apart is None:
        return TensorDataset(table)
    return TensorDataset(table, _target([row[apart].strip() for _, row in rows], dtype))


def _target(cells: list[str], dtype: Any) -> Any:
    for kind in (np.int64, dtype):
        try:
            return np.array(cells).astype(kind)
        except ValueError:
            continue
    return np.unique(cells, return_inverse=True)[1].astype(np.int64)


class ImageFolder(Dataset):
    """Images in one folder for each class: sample i is (image, label).

    root       holds the folders; their names, sorted, are the classes
    transform  a function of the image
    mode       Pillow's name for the colours: "RGB", "L" for grey
    size       (height, width) to resize every image to

    An image is an array (channels, height, width) of float32 from 0 to 1. Needs Pillow (pip install backgraph[images]).
    Raises FileNotFoundError if there is no folder or a folder without images.
    """

    endings = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".ppm", ".pgm", ".tif", ".tiff", ".webp")

    def __init__(
        self, root: Path, transform: Callable[[Any], Any] | None = None, mode: str = "RGB",
        size: tuple[int, int] | None = None,
    ) -> None:  # fmt: skip
        self.transform = transform
        self.mode = mode
        self.size = size
        self.classes = sorted(entry.name for entry in os.scandir(root) if entry.is_dir())
        if not self.classes:
            raise FileNotFoundError(f"ImageFolder: expected a folder for each class in {os.fspath(root)}, found none")
        self.class_to_idx = {name: i for i, name in enumerate(self.classes)}
        self.samples: list[tuple[str, int]] = []
        for name, label in self.class_to_idx.items():
            found = [
                os.path.join(folder, file)
                for folder, _, files in sorted(os.walk(os.path.join(root, name), followlinks=True))
                for file in sorted(files)
                if file.lower().endswith(self.endings)
            ]
            if not found:
                raise FileNotFoundError(f"ImageFolder: expected images in {os.path.join(root, name)}, found none")
            self.samples += [(path, label) for path in found]

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        try:
            from PIL import Image
        except ImportError:
            raise ImportError("ImageFolder: reading images needs Pillow; pip install backgraph[images]") from None
        path, label = self.samples[index]
        with Image.open(path) as file:
            image = file.convert(self.mode)
        if self.size is not None:
            image = image.resize(self.size[::-1])
        array = np.asarray(image, dtype=np.float32) / 255
        array = np.ascontiguousarray(array.transpose(2, 0, 1)) if array.ndim == 3 else array[None]
        return (array if self.transform is None else self.transform(array)), label
