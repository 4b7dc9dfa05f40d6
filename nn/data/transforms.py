"""Transforms: plain functions of images (…, channels, height, width) and labels. Tensors give Tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Tensor, generator, get_default_dtype

from ..shared import plain


def compose(*functions: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The functions one after another, as one function.

    >>> compose(abs, float)(-2)
    2.0
    """

    def composed(value: Any) -> Any:
        for function in functions:
            value = function(value)
        return value

    return composed


def normalize(images: Any, mean: Any, std: Any) -> Any:
    """(images - mean) / std, with one mean and one standard deviation for all or for each channel.

    Raises ValueError for a standard deviation of zero.

    >>> normalize(np.full((2, 1, 1), 3.0), mean=[1.0, 2.0], std=2.0)[:, 0, 0]
    array([1. , 0.5])
    """
    array = _array(images)
    mean, std = (np.asarray(value, dtype=array.dtype) for value in (mean, std))
    if not std.all():
        raise ValueError(f"normalize: expected standard deviations other than zero, got {std.tolist()}")
    mean, std = (value.reshape(-1, 1, 1) if value.ndim else value for value in (mean, std))
    return _like(images, (array - mean) / std)


def one_hot(labels: Any, num_classes: int | None = None) -> Any:
    """Labels (…) of whole numbers as rows (…, classes) of the default dtype with a one at the label.

    num_classes  one more than the largest label unless given

    Raises TypeError for labels that are no whole numbers, ValueError for one out of range.

    >>> one_hot(np.array([2, 0]))
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    from ..embedding import one_hot as of_integers

    return of_integers(labels, -1 if num_classes is None else num_classes).astype(get_default_dtype())


def random_crop(
    images: Any, size: int | tuple[int, int], padding: int = 0, rng: np.random.Generator | None = None
) -> Any:
    """A window of each image, at a place of its own drawn at random.

    size     height and width of the window
    padding  rows and columns of zeros put around the images first
    rng      the generator to draw from; without it the one that `manual_seed` seeds

    Raises ValueError for a window larger than the images.

    >>> random_crop(np.ones((5, 1, 8, 8)), 6).shape
    (5, 1, 6, 6)
    """
    array = _array(images)
    rng = generator(rng)
    height, width = (size, size) if isinstance(size, int) else size
    if padding:
        array = np.pad(array, [(0, 0)] * (array.ndim - 2) + [(padding, padding)] * 2)
    rows, columns = array.shape[-2] - height + 1, array.shape[-1] - width + 1
    if min(rows, columns) < 1 or min(height, width) < 1:
        raise ValueError(f"random_crop: expected a window within {array.shape[-2:]}, got {(height, width)}")
    stack = array.reshape(-1, *array.shape[-3:])
    tops, lefts = rng.integers(rows, size=len(stack)), rng.integers(columns, size=len(stack))
    made = np.zeros_like(stack, shape=(*stack.shape[:2], height, width))
    for i, (top, left) in enumerate(zip(tops, lefts, strict=True)):
        made[i] = stack[i, :, top : top + height, left : left + width]
    return _like(images, made.reshape(*array.shape[:-2], height, width))


def random_flip(images: Any, p: float = 0.5, axis: int = -1, rng: np.random.Generator | None = None) -> Any:
    """Each image turned round along `axis` (-1: left to right, -2: upside down) with probability p.

    rng  the generator to draw from; without it the one that `manual_seed` seeds

    >>> random_flip(np.array([[[1, 2]]]), p=1.0)
    array([[[2, 1]]])
    """
    array = _array(images)
    if axis not in (-1, -2):
        raise ValueError(f"random_flip: expected axis -1 (left to right) or -2 (upside down), got {axis}")
    turned = generator(rng).random(array.shape[:-3]) < p
    return _like(images, np.where(turned[..., None, None, None], np.flip(array, axis), array))


def _array(images: Any) -> Any:
    """The array of a Tensor, but one that requires a gradient as it is."""
    return images if isinstance(images, Tensor) and images.requires_grad else plain(images)


def _like(given: Any, array: Any) -> Any:
    return Tensor(array) if isinstance(given, Tensor) and not isinstance(array, Tensor) else array
