"""Kernels compiled by a C compiler: those of a program as one library."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..form import Kernel
from . import convolution, rows
from .compiler import load, why_not
from .source import PRODUCTS_OF, source

__all__ = ["NAME", "PRODUCTS", "build", "instead", "why_not"]

NAME = "c"
PRODUCTS = 1 << 22

_SEQUENCE = """#include <stdint.h>
struct call { int (*kernel)(int64_t, int64_t, int64_t, int64_t); int64_t table, rows, n; };
int sequence(int64_t where, int64_t count) {
    const struct call *calls = (const struct call *)(intptr_t)where;
    for (int64_t k = 0; k < count; k++)
        if (calls[k].kernel(calls[k].table, 0, calls[k].rows, calls[k].n)) return 1;
    return 0;
}
"""


def build(kernels: Sequence[Kernel]) -> list[Callable[[int, int, int, int], int]]:
    """The kernels as functions. Raises CannotBuild."""
    distinct = list(dict.fromkeys(kernels))
    if not distinct:
        return []
    text, dtypes = source(distinct)
    library = load(text)
    for dtype in dtypes:
        ctypes.c_void_p.in_dll(library, PRODUCTS_OF.format(dtype)).value = _product(dtype)
    functions = {}
    for k, kernel in enumerate(distinct):
        function = library[f"kernel{k}"]
        function.argtypes = (ctypes.c_int64,) * 4
        functions[kernel] = function
    return [functions[kernel] for kernel in kernels]


def instead(functions: Sequence[Any]) -> dict[int, Any]:
    """Convolution, max-pooling and sums of rows, for the engine's. Raises CannotBuild."""
    used = {id(function) for function in functions}
    found: dict[int, Any] = {}
    for module in (convolution, rows):
        here = {id(function): other for function, other in module.FUNCTIONS.items() if id(function) in used}
        if here:
            module.library("f")
        found |= here
    return found


@functools.cache
def sequence() -> Any:
    """The function that calls kernels one after another."""
    function = load(_SEQUENCE).sequence
    function.argtypes = (ctypes.c_int64,) * 2
    return function


@functools.cache
def _product(dtype: str) -> int:
    """Where the function for products of small matrices is."""
    here = Path(__file__)
    texts = [here.with_name(name).read_text(encoding="utf-8") for name in ("vectors.c", "products.c")]
    library = load("\n".join(texts), convolution.REALS[np.dtype(dtype).char])
    return ctypes.cast(library.product, ctypes.c_void_p).value or 0
