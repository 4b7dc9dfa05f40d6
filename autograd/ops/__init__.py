"""The derivative rules, a file for each family; `methods` puts them on Tensor."""

from . import (
    correlation,
    elementwise,
    fft,
    indexing,
    joining,
    linalg,
    methods,
    products,
    reductions,
    series,
    shape,
    sorting,
    special,
    ufuncs,
    windows,
)

__all__ = [
    "correlation",
    "elementwise",
    "fft",
    "indexing",
    "joining",
    "linalg",
    "methods",
    "products",
    "reductions",
    "series",
    "shape",
    "sorting",
    "special",
    "ufuncs",
    "windows",
]
