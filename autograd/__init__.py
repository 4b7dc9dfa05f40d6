"""Reverse-mode automatic differentiation on NumPy."""

from typing import TYPE_CHECKING, Any

import numpy as _np

from .tensor import Tensor  # isort: skip (the others need it)
from . import ops
from .anomaly import detect_anomaly
from .checkpoint import checkpoint
from .drawing import draw
from .gradcheck import gradcheck, gradgradcheck
from .hooks import RemovableHandle
from .memory import memory_table
from .modes import enable_grad, is_grad_enabled, no_grad, scope, set_grad_enabled
from .ops.correlation import correlate, correlate_kernel, correlate_transpose
from .ops.fused import affine, multiply_add
from .ops.gates import lstm_gates
from .ops.special import (
    digamma,
    erf,
    erfc,
    gammaln,
    gelu_tanh,
    hardswish,
    huber,
    i0,
    i1,
    log_ndtr,
    log_softmax,
    log_softmax_at,
    logistic_loss,
    logit,
    logsigmoid,
    logsumexp,
    ndtr,
    polygamma,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
    xlogy,
)  # fmt: skip
from .ops.standardizing import center, rescale, standardize
from .ops.windows import fold, max_windows, spread_windows, sum_windows, windows
from .primitive import elementwise, linear, nondifferentiable, primitive
from .random import generator, manual_seed
from .saving import load, save
from .transforms import elementwise_grad, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

__all__ = [
    "RemovableHandle", "Tensor", "affine", "center", "checkpoint", "correlate", "correlate_kernel",
    "correlate_transpose", "detect_anomaly", "digamma", "draw", "elementwise", "elementwise_grad", "enable_grad",
    "erf", "erfc", "fold", "gammaln", "gelu_tanh", "generator", "grad", "gradcheck", "gradgradcheck", "hardswish",
    "hessian", "huber", "hvp", "i0", "i1", "is_grad_enabled", "jacobian", "jvp", "linear", "load", "log_ndtr",
    "log_softmax", "log_softmax_at", "logistic_loss", "logit", "logsigmoid", "logsumexp", "lstm_gates",
    "manual_seed", "max_windows", "memory_table", "multiply_add", "ndtr", "no_grad", "nondifferentiable", "ops",
    "polygamma", "primitive", "relu", "rescale", "save", "scope", "set_grad_enabled", "sigmoid", "silu", "softmax",
    "softplus", "spread_windows", "standardize", "sum_windows", "value_and_grad", "vjp", "windows", "xlogy",
]  # fmt: skip

# The C library maps the memory of large arrays anew, page by page, until it has once freed a large block: from then on
# it keeps what is freed, up to twice that size, and a fresh array costs the same as a reused one. The block is never
# touched.
_np.empty(31 << 20, _np.uint8)

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """HIPS autograd's modules and names, loaded when first asked for."""
        if not name.startswith("_"):
            from importlib import import_module

            if name in ("builtins", "core", "extend", "misc", "numpy", "scipy", "test_util", "tracer", "util"):
                return import_module(f"autograd.{name}")
            for module in ("differential_operators", "builtins"):
                if name in (found := import_module(f"autograd.{module}")).__all__:
                    return getattr(found, name)
        raise AttributeError(f"module 'autograd' has no attribute {name!r}")
