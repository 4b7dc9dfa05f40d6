"""Reverse-mode automatic differentiation on NumPy."""

from .tensor import Tensor  # isort: skip (the others need it)
from . import ops
from .modes import enable_grad, is_grad_enabled, no_grad, scope, set_grad_enabled
from .primitive import elementwise, linear, nondifferentiable, primitive
from .random import generator, manual_seed

__all__ = [
    "Tensor", "elementwise", "enable_grad", "generator", "is_grad_enabled", "linear", "manual_seed", "no_grad",
    "nondifferentiable", "ops", "primitive", "scope", "set_grad_enabled",
]  # fmt: skip
