"""Reverse-mode automatic differentiation on NumPy.

The folders are stages. From the bottom up, each importing only what stands before it:

    engine                   the kernel: nodes, Tensors, primitives, the reverse sweep
    ops                      the derivative rules, next to their functions
    random                   the generator that all random numbers come from
    transforms               functions into functions: grad, vjp, jacobian, checkpoint, gradcheck
    saving, memory           weights in files; what keeps memory
    drawing                  pictures of a graph and of its backward pass, and the page that plays it
    surface                  what of NumPy can be differentiated
    hips, numpy, scipy       the faces for code written for HIPS autograd, NumPy's and SciPy's names
"""

from typing import TYPE_CHECKING, Any

import numpy as _np

from .engine.tensor import Tensor

from . import hips, ops  # noqa: F401 # isort: skip (ops complete Tensor; hips has the names of its modules found)
from .drawing import draw
from .engine.anomaly import detect_anomaly
from .engine.declare import elementwise, linear, nondifferentiable, primitive
from .engine.hooks import RemovableHandle
from .engine.modes import enable_grad, is_grad_enabled, no_grad, scope, set_grad_enabled
from .memory import memory_table
from .ops.assignment import writable
from .ops.correlation import correlate, correlate_kernel, correlate_transpose
from .ops.fused import affine, multiply_add
from .ops.gates import lstm_gates
from .ops.sliding import fold, max_windows, spread_windows, sum_windows, windows
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
from .ops.standardization import center, rescale, standardize
from .random import generator, manual_seed
from .saving import load, save
from .transforms.checkpoint import checkpoint
from .transforms.gradcheck import gradcheck, gradgradcheck
from .transforms.gradients import elementwise_grad, grad, value_and_grad
from .transforms.jacobians import hessian, jacobian
from .transforms.products import hvp, jvp, vjp

__all__ = [
    "RemovableHandle", "Tensor", "affine", "center", "checkpoint", "correlate", "correlate_kernel",
    "correlate_transpose", "detect_anomaly", "digamma", "draw", "elementwise", "elementwise_grad", "enable_grad",
    "erf", "erfc", "fold", "gammaln", "gelu_tanh", "generator", "grad", "gradcheck", "gradgradcheck", "hardswish",
    "hessian", "huber", "hvp", "i0", "i1", "is_grad_enabled", "jacobian", "jvp", "linear", "load", "log_ndtr",
    "log_softmax", "log_softmax_at", "logistic_loss", "logit", "logsigmoid", "logsumexp", "lstm_gates",
    "manual_seed", "max_windows", "memory_table", "multiply_add", "ndtr", "no_grad", "nondifferentiable", "ops",
    "polygamma", "primitive", "relu", "rescale", "save", "scope", "set_grad_enabled", "sigmoid", "silu", "softmax",
    "softplus", "spread_windows", "standardize", "sum_windows", "value_and_grad", "vjp", "windows", "writable", "xlogy",
]  # fmt: skip

ops.refused.PLACES["autograd"] = globals()

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
