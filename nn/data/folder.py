"""Folders of images: one for each class."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd import get_default_dtype

from .dataset import Dataset

Path = str | os.PathLike[str]

_MODES = ("1", "L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "LAB")


class ImageFolder(Dataset):
    """Images in one folder for each class: sample i is (image, label).

    root       holds the folders; their names, sorted, are the classes
    transform  a function of the image
    mode       Pillow's name for the colours: "RGB", "L" for grey, "1" for black and white, "LA", "RGBA", "CMYK",
               "YCbCr", "HSV", "LAB"
    size       (height, width) to resize every image to

    An image is an array (channels, height, width) of the default dtype, from 0 for the least value that its file can
    hold to 1 for the greatest, with 16 bits as with 8; it is turned as its Exif data say. Needs Pillow (pip install
    backgraph[images]).

    Raises ValueError for another mode, FileNotFoundError if there is no folder or a folder without images; and, when
    an image is asked for, ValueError naming its file if that is damaged, or holds numbers of no known range.
    """

    endings = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".ppm", ".pgm", ".tif", ".tiff", ".webp")

    def __init__(
        self, root: Path, transform: Callable[[Any], Any] | None = None, mode: str = "RGB",
        size: tuple[int, int] | None = None,
    ) -> None:  # fmt: skip
        if mode not in _MODES:
            raise ValueError(f"ImageFolder: expected a mode among {', '.join(_MODES)}, got {mode!r}")
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
                for folder, files in sorted(_walk(os.path.join(root, name)))
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
        try:
            with open(path, "rb") as stream, Image.open(stream) as file:  # a file that Pillow maps, it turns wrongly
                array = _floats(file, self.mode, self.size)
        except Exception as error:  # what Pillow raises for damaged bytes is of many kinds
            if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno is not None):
                raise  # the computer's, or the disk's
            raise ValueError(f"ImageFolder: expected a whole image in {path}: {error}") from error
        return (array if self.transform is None else self.transform(array)), label


def _walk(top: str) -> Iterator[tuple[str, list[str]]]:
    """The folders from `top` down, through links but never round in a circle of them, with the files in each."""
    here = os.path.realpath(top)
    known = {here[:i] or os.sep for i, letter in enumerate(here) if letter == os.sep}
    for folder, below, files in os.walk(top, followlinks=True):
        known.add(os.path.realpath(folder))
        below[:] = [name for name in below if os.path.realpath(os.path.join(folder, name)) not in known]
        yield folder, files


def _floats(file: Any, mode: str, size: tuple[int, int] | None) -> Any:
    """An image that Pillow has opened, as an array (channels, height, width) from 0 to 1."""
    from PIL import Image, ImageOps

    greatest = _greatest(file)
    image = ImageOps.exif_transpose(file)
    if greatest is not None:
        grey = np.asarray(image, dtype=np.float32) / np.float32(greatest)
        if not ((grey >= 0) & (grey <= 1)).all():
            raise ValueError(f"it holds values from {grey.min()} to {grey.max()}, expected 0 to 1")
        if file.format == "TIFF" and file.mode != "F" and file.tag_v2.get(262) == 0:  # where 0 is white
            grey = 1 - grey
        if mode in ("L", "LA", "RGB", "RGBA"):
            if size is not None:
                grey = np.asarray(Image.fromarray(grey).resize(size[::-1])).clip(0, 1)
            grey = grey.astype(get_default_dtype(), copy=False)
            return np.stack([np.ones_like(grey) if band == "A" else grey for band in mode])
        image = Image.fromarray(np.rint(grey * 255).astype(np.uint8))
    image = image.convert(mode)
    if size is not None:
        image = image.resize(size[::-1])
    array, kind = np.asarray(image), get_default_dtype()
    array = array.astype(kind) if array.dtype == bool else array.astype(kind) / 255
    return np.ascontiguousarray(array.transpose(2, 0, 1)) if array.ndim == 3 else array[None]


def _greatest(file: Any) -> float | None:
    """The value that stands for white where it is not one byte's, as Pillow takes it to be when it converts."""
    if file.mode == "F":
        return 1.0
    if file.mode == "I" and file.format not in ("PNG", "PPM"):  # these two have 16 bits
        raise ValueError("it holds integers of 32 bits, for which it is not known what is white")
    if file.mode == "I" or file.mode.startswith("I;16"):
        bits = file.tag_v2.get(258, (16,))[0] if file.format == "TIFF" else 16
        return float(2**bits - 1)
    return None
