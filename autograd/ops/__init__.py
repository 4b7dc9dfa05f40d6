"""The derivative rules, a file for each family; `methods` puts them on Tensor.

The functions named here are kernels: what layers are made of, in one step each where NumPy needs several.
"""

from . import (
    correlation,
    creation,
    elementwise,
    fft,
    fused,
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
    standardizing,
    sums,
    ufuncs,
    windows,
)
from .correlation import correlate, correlate_kernel, correlate_transpose
from .fused import affine, multiply_add
from .gates import lstm_gates
from .special import gelu_tanh, hardswish, huber, log_softmax_at, logistic_loss
from .standardizing import center, rescale, standardize
from .windows import max_windows, spread_windows, sum_windows

__all__ = [
    "affine",
    "center",
    "correlate",
    "correlate_kernel",
    "correlate_transpose",
    "correlation",
    "creation",
    "elementwise",
    "fft",
    "fused",
    "gelu_tanh",
    "hardswish",
    "huber",
    "indexing",
    "joining",
    "linalg",
    "log_softmax_at",
    "logistic_loss",
    "lstm_gates",
    "max_windows",
    "methods",
    "multiply_add",
    "pieces",
    "products",
    "reductions",
    "refused",
    "rescale",
    "series",
    "sets",
    "shape",
    "sorting",
    "special",
    "spread_windows",
    "standardize",
    "standardizing",
    "sum_windows",
    "sums",
    "ufuncs",
    "windows",
]
