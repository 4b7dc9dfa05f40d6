"""The derivative rules, a file for each family; `methods` puts them on Tensor."""

from . import (
    affine,
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
    "affine",
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
