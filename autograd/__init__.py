"""Reverse-mode automatic differentiation on NumPy."""

from .tensor import Tensor  # isort: skip (the others need it)
from . import ops
from .gradcheck import gradcheck, gradgradcheck
from .modes import enable_grad, is_grad_enabled, no_grad, scope, set_grad_enabled
from .ops.correlation import correlate, correlate_kernel, correlate_transpose
from .ops.windows import fold, max_windows, spread_windows, sum_windows, windows
from .primitive import elementwise, linear, nondifferentiable, primitive
from .random import generator, manual_seed

__all__ = [
    "Tensor", "correlate", "correlate_kernel", "correlate_transpose", "elementwise", "enable_grad", "fold",
    "generator", "gradcheck", "gradgradcheck", "is_grad_enabled", "linear", "manual_seed", "max_windows", "no_grad",
    "nondifferentiable", "ops", "primitive", "scope", "set_grad_enabled", "spread_windows", "sum_windows",
    "windows",
]  # fmt: skip
