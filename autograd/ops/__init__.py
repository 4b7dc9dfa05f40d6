"""The derivative rules, a file for each family; `methods` puts them on Tensor."""

from . import (
    correlation,
    elementwise,
    indexing,
    joining,
    linalg,
    methods,
    products,
    reductions,
    shape,
    sorting,
    special,
    ufuncs,
    windows,
)

__all__ = [
    "correlation",
    "elementwise",
    "indexing",
    "joining",
    "linalg",
    "methods",
    "products",
    "reductions",
    "shape",
    "sorting",
    "special",
    "ufuncs",
    "windows",
]
