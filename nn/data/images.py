"""Handwritten digits: the small set that comes with the package, and MNIST from its original files."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from autograd import get_default_dtype

from .dataset import TensorDataset
from .idx import read_idx

_MNIST = {  # the MD5 sums of the four files, unpacked
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


def digits() -> TensorDataset:
    """1,797 handwritten digits: images (1797, 1, 8, 8) of the default dtype from 0 to 1, and labels (1797,).

    Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository,
    1998, doi 10.24432/C50P49 (its test set); licence CC BY 4.0. It comes with the package.

    >>> image, label = digits()[0]
    >>> image.shape, label.item()
    ((1, 8, 8), 0)
    """
    with np.load(os.path.join(os.path.dirname(__file__), "digits.npz"), allow_pickle=False) as file:
        images = file["images"].astype(get_default_dtype())[:, None] / 16
        return TensorDataset(images, file["labels"].astype(np.int64))


def mnist(root: str | os.PathLike[str], train: bool = True, verify: bool = True) -> TensorDataset:
    """MNIST from its four original files: images (n, 1, 28, 28) from 0 to 1, and labels (n,).

    The images are of the default dtype, the labels int64.

    root    the folder that holds train-images-idx3-ubyte and so on, each as it is or with .gz
    train   the 60,000 images to learn from, or the 10,000 to test with
    verify  compare the files with their published checksums; False takes other data in files of the same names

    Raises FileNotFoundError naming the file, ValueError for a file that is truncated, that is no IDX file of images
    (labels), or that is not the published one.
    Source: Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten digits".
    """
    part = "train" if train else "t10k"
    images_file, images = _official(root, f"{part}-images-idx3-ubyte", verify, 3)
    labels_file, labels = _official(root, f"{part}-labels-idx1-ubyte", verify, 1)
    if len(images) != len(labels):
        raise ValueError(f"mnist: expected as many labels in {labels_file} as images in {images_file} ({len(images)}), "
                         f"got {len(labels)}")  # fmt: skip
    if len(labels) and labels.max() > 9:
        raise ValueError(f"mnist: expected labels from 0 to 9 in {labels_file}, got {labels.max()}")
    scaled = images[:, None].astype(get_default_dtype())
    scaled /= 255
    return TensorDataset(scaled, labels.astype(np.int64))


def _official(root: str | os.PathLike[str], name: str, verify: bool, ndim: int) -> tuple[str, Any]:
    """The path and the array of one of the four files."""
    paths = [os.path.join(root, name + end) for end in ("", ".gz")]
    path = next((path for path in paths if os.path.isfile(path)), None)
    if path is None:
        raise FileNotFoundError(f"mnist: expected {paths[0]} or {paths[1]}, found neither")
    array = read_idx(path, md5=_MNIST[name] if verify else None)
    if array.ndim != ndim or array.dtype != np.uint8:
        raise ValueError(
            f"mnist: expected an array of uint8 with {ndim} axes in {path}, got {array.ndim} of {array.dtype}"
        )
    return path, array
