"""Reverse-mode automatic differentiation on NumPy."""

from .tensor import Tensor  # isort: skip (the others need it)
from . import ops
from .gradcheck import gradcheck, gradgradcheck
from .modes import enable_grad, is_grad_enabled, no_grad, scope, set_grad_enabled
from .ops.correlation import correlate, correlate_kernel, correlate_transpose
from .ops.windows import fold, max_windows, spread_windows, sum_windows, windows
from .primitive import elementwise, linear, nondifferentiable, primitive
from .random import generator, manual_seed
from .transforms import elementwise_grad, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

__all__ = [
    "Tensor", "correlate", "correlate_kernel", "correlate_transpose", "elementwise", "elementwise_grad", "enable_grad",
    "fold", "generator", "grad", "gradcheck", "gradgradcheck", "hessian", "hvp", "is_grad_enabled", "jacobian", "jvp",
    "linear", "manual_seed", "max_windows", "no_grad", "nondifferentiable", "ops", "primitive", "scope",
    "set_grad_enabled", "spread_windows", "sum_windows", "value_and_grad", "vjp", "windows",
]  # fmt: skip
