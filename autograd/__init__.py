"""Reverse-mode automatic differentiation on NumPy."""

from .tensor import Tensor  # isort: skip (the others need it)
from . import ops
from .anomaly import detect_anomaly
from .gradcheck import gradcheck, gradgradcheck
from .modes import enable_grad, is_grad_enabled, no_grad, scope, set_grad_enabled
from .ops.correlation import correlate, correlate_kernel, correlate_transpose
from .ops.special import (
    digamma, erf, erfc, gammaln, i0, i1, log_ndtr, log_softmax, logit, logsigmoid, logsumexp, polygamma,
    relu, sigmoid, softmax, softplus, xlogy,
)  # fmt: skip
from .ops.windows import fold, max_windows, spread_windows, sum_windows, windows
from .primitive import elementwise, linear, nondifferentiable, primitive
from .random import generator, manual_seed

__all__ = [
    "Tensor", "correlate", "correlate_kernel", "correlate_transpose", "detect_anomaly", "digamma", "elementwise",
    "enable_grad", "erf", "erfc", "fold", "gammaln", "generator", "gradcheck", "gradgradcheck", "i0", "i1",
    "is_grad_enabled", "linear", "log_ndtr", "log_softmax", "logit", "logsigmoid", "logsumexp", "manual_seed",
    "max_windows", "no_grad", "nondifferentiable", "ops", "polygamma", "primitive", "relu", "scope", "set_grad_enabled",
    "sigmoid", "softmax", "softplus", "spread_windows", "sum_windows", "windows", "xlogy",
]  # fmt: skip
