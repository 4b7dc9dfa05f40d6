"""Rows that are added to those that an index names, in C: the gradient of an embedding's table."""

from __future__ import annotations

import ctypes
import functools
import math
from pathlib import Path
from typing import Any

import numpy as np

from ....ops import indexing
from .compiler import load
from .convolution import REALS


@functools.cache
def library(char: str) -> Any:
    """The compiled function for one dtype. Raises CannotBuild."""
    made = load(Path(__file__).with_name("rows.c").read_text(encoding="utf-8"), REALS[char])
    made.add_rows.argtypes = (ctypes.c_void_p,) * 3 + (ctypes.c_int64,) * 3
    return made


def scatter_add(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """As the engine's, up to the order of sums; what the C does not do is left to the engine, and so are errors."""
    width = math.prod(shape[1:])
    if not (
        index.__class__ is g.__class__ is np.ndarray
        and index.dtype == np.int64
        and g.dtype.char == "f"
        and index.flags.c_contiguous
        and g.flags.c_contiguous
        and g.size == index.size * width
        and g.size
        and (index.flags.aligned and g.flags.aligned and g.dtype.isnative and index.dtype.isnative)
    ):
        return indexing._scatter_add(g, index, shape)
    total = np.zeros(shape, g.dtype)
    at = [array.ctypes.data for array in (total, g, index)]
    if library("f").add_rows(*at, index.size, width, shape[0]):
        return indexing._scatter_add(g, index, shape)  # which says what is wrong
    return total


FUNCTIONS: dict[Any, Any] = {indexing._scatter_add: scatter_add}
"""By a function of the engine's, what does the same."""
