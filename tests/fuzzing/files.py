"""Files that are not what they should be, for every loader: it reads what was written, or says which file is wrong.

A good file of each kind is made once. Then its bytes are changed as disks, networks and careless programs change them:
flipped, cut off, doubled, left out, moved, overwritten, or joined with those of another file.
"""

from __future__ import annotations

import gzip
import io
import os
import struct
import tempfile
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd import load, save
from nn.data import ImageFolder, read_csv, read_idx

Read = Callable[[str], Any]
Kind = tuple[str, bytes, Read, bool]
"""How such a file's name ends, a good one, how it is read, and whether checksums tell of any change of its content."""


def mangled_files(rng: np.random.Generator) -> Iterator[tuple[str, Callable[[], None]]]:
    """Without end: what a file is, and a function that reads it.

    That raises AssertionError if what was read is not what was written, for files with checksums, or if what was raised
    is no ValueError that names the file.
    """
    kinds = good_files()
    names = list(kinds)
    while True:
        name = names[rng.integers(len(names))]
        content, told = kinds[name][1], []
        for _ in range(int(rng.integers(1, 4))):
            change = _CHANGES[rng.integers(len(_CHANGES))]
            content = change(content, kinds[names[rng.integers(len(names))]][1], rng)
            told.append(change.__name__.strip("_"))
        yield f"{name}, {' and '.join(told)}: {content[:40]!r}", reader(content, *kinds[name])


def reader(content: bytes, end: str, good: bytes, read: Read, certain: bool) -> Callable[[], None]:
    """A function that reads such a file with this content, and compares."""

    def attempt() -> None:
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of NumPy's and Pillow's parsers, about what stands in the file
            path = os.path.join(folder, "class", f"file{end}")
            os.mkdir(os.path.dirname(path))
            _write(path, good)
            expected = read(path)
            _write(path, content)
            try:
                found = read(path)
            except ValueError as error:
                if path not in str(error):
                    raise AssertionError(f"{error} does not name the file") from error
                return
            if certain:
                np.testing.assert_equal(found, expected)

    return attempt


def _write(path: str, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)


# ---- good files ------------------------------------------------------------------------------------------------------


def good_files() -> dict[str, Kind]:
    """One of each kind, by what it is called."""
    weights = {"layer.weight": np.arange(12, dtype="f4").reshape(3, 4), "layer.bias": np.ones(3, "f4")}
    run = {"model": weights, "epoch": 3, "rates": (0.1, None), "rng": {"state": 2**70, "names": ["a", "ü"]}}
    packed = io.BytesIO()
    np.savez_compressed(packed, **weights)  # type: ignore[arg-type]
    array = np.arange(60, dtype=">i2").reshape(3, 4, 5)
    idx = bytes([0, 0, 0x0B, 3]) + struct.pack(">3I", *array.shape) + array.tobytes()
    rows = "".join(f"{i},{i / 7!r},{'oak' if i % 3 else 'ash'}\n" for i in range(20))
    made: dict[str, Kind] = {
        "weights.npz": (".npz", _saved(weights, ".npz"), load, True),
        "run.npz": (".npz", _saved(run, ".npz"), load, True),
        "compressed.npz": (".npz", packed.getvalue(), load, True),
        "weights.safetensors": (".safetensors", _saved(weights, ".safetensors"), load, False),
        "run.safetensors": (".safetensors", _saved(run, ".safetensors"), load, False),
        "idx": ("", idx, read_idx, False),
        "idx.gz": (".gz", gzip.compress(idx, mtime=0), read_idx, True),
        "table.csv": (".csv", f"a,b,kind\n{rows}".encode(), lambda path: read_csv(path, "kind"), False),
        "numbers.csv": (".csv", rows.replace("oak", "1").replace("ash", "0").encode(), _numbers, False),
    }
    return made | _images()


def _saved(mapping: Any, end: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, f"file{end}")
        save(path, mapping)
        with open(path, "rb") as file:
            return file.read()


def _numbers(path: str) -> Any:
    return read_csv(path, 2, header=False)


def _image(path: str) -> Any:
    found, label = ImageFolder(os.path.dirname(os.path.dirname(path)))[0]
    assert label == 0
    assert found.dtype == np.float32
    assert found.ndim == 3
    assert len(found) == 3
    assert ((found >= 0) & (found <= 1)).all()
    return found


def _images() -> dict[str, Kind]:
    try:
        from PIL import Image
    except ImportError:
        return {}
    ramp = np.arange(24 * 16, dtype=np.uint32).reshape(24, 16)
    bytes_, words = (ramp % 256).astype(np.uint8), (ramp * 170).astype(np.uint16)
    colours = np.stack([bytes_, bytes_[::-1], bytes_[:, ::-1]], axis=-1)
    exif = Image.Exif()
    exif[0x0112] = 6
    made: dict[str, Kind] = {}
    for end, array, options in (
        (".png", colours, {}), (".jpg", colours, {"exif": exif}), (".gif", bytes_, {}), (".bmp", colours, {}),
        (".tiff", words, {"exif": exif}), (".tif", colours, {"compression": "tiff_lzw"}), (".webp", colours, {}),
        (".ppm", colours, {}), (".pgm", words, {}), (".PNG", words, {"exif": exif}),
    ):  # fmt: skip
        content = io.BytesIO()
        kind = {".jpg": "JPEG", ".tif": "TIFF", ".pgm": "PPM"}.get(end, end[1:].upper())
        Image.fromarray(array).save(content, kind, **options)
        made[f"image{end}"] = (end, content.getvalue(), _image, False)
    return made


# ---- changes: each takes a file, another one and a generator ---------------------------------------------------------


def _span(content: bytes, rng: np.random.Generator, longest: int = 64) -> tuple[int, int]:
    begin = int(rng.integers(len(content) + 1))
    return begin, min(len(content), begin + int(rng.integers(1, max(longest, 2))))  # of nothing, nothing


def _one_bit(content: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(content or b"\0")
    changed[rng.integers(len(changed))] ^= 1 << rng.integers(8)
    return bytes(changed)


def _bytes_at_random(content: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    begin, end = _span(content, rng)
    return content[:begin] + rng.bytes(end - begin) + content[end:]


def _cut_off(content: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    return content[: rng.integers(len(content) + 1)]


def _left_out(content: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    begin, end = _span(content, rng)
    return content[:begin] + content[end:]


def _doubled(content: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    begin, end = _span(content, rng, 1 + len(content))
    return content[:end] + content[begin:]


def _moved(content: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    begin, end = _span(content, rng)
    rest = content[:begin] + content[end:]
    at = int(rng.integers(len(rest) + 1))
    return rest[:at] + content[begin:end] + rest[at:]


def _overwritten(content: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    begin, end = _span(content, rng, 9)
    return content[:begin] + [b"\0", b"\xff", b"9", b"[", b"\x7f"][rng.integers(5)] * (end - begin) + content[end:]


def _joined(content: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    (begin, _), (at, _) = _span(content, rng), _span(other, rng)
    return content[:begin] + other[at:]


_CHANGES = (
    _one_bit, _one_bit, _bytes_at_random, _cut_off, _left_out, _doubled, _moved, _overwritten, _overwritten, _joined,
)  # fmt: skip
