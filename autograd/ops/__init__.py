"""The derivative rules, a file for each family; `methods` puts them on Tensor."""

from ..engine import sums
from . import (
    correlation,
    creation,
    elementwise,
    fft,
    indexing,
    joining,
    linalg,
    methods,
    pieces,
    products,
    reductions,
    refused,
    series,
    sets,
    shape,
    sorting,
    special,
    ufuncs,
)
from . import fused as affine
from . import fused as multiply_add
from . import sliding as windows
from . import standardization as standardize

__all__ = [
    "affine",
    "correlation",
    "creation",
    "elementwise",
    "fft",
    "indexing",
    "joining",
    "linalg",
    "methods",
    "multiply_add",
    "pieces",
    "products",
    "reductions",
    "refused",
    "series",
    "sets",
    "shape",
    "sorting",
    "special",
    "standardize",
    "sums",
    "ufuncs",
    "windows",
]
