"""Reverse-mode automatic differentiation on NumPy.

The folders are stages. From the bottom up, each importing only what stands before it:

    engine                   the kernel: nodes, Tensors, primitives, the reverse sweep
    ops                      the derivative rules, next to their functions
    random                   the generator that all random numbers come from
    transforms               functions into functions: grad, vjp, jacobian, vmap, checkpoint, gradcheck; minimize
    program                  the derivative as a program: traced, printed, compiled
    saving, memory           weights in files; what keeps memory
    drawing                  pictures of a graph and of its backward pass, and the page that plays it
    surface                  what of NumPy can be differentiated
    hips, numpy, scipy       the faces for code written for HIPS autograd, NumPy's and SciPy's names
    torch                    the face for code written for PyTorch; it alone stands on nn and optim, and is not imported
                             with the package
"""

import sys as _sys
from typing import TYPE_CHECKING, Any

import numpy as _np

from .engine.tensor import Tensor

from . import hips, ops  # isort: skip (ops complete Tensor; hips has the names of its modules found)
from .drawing import draw
from .engine.anomaly import detect_anomaly
from .engine.declare import elementwise, linear, nondifferentiable, primitive
from .engine.defaults import get_default_dtype, set_default_dtype
from .engine.hooks import RemovableHandle
from .engine.modes import enable_grad, is_grad_enabled, no_grad, scope, set_grad_enabled
from .memory import memory_table
from .ops.sliding import fold, windows
from .ops.special import (
    digamma,
    erf,
    erfc,
    gammaln,
    i0,
    i1,
    log_ndtr,
    log_softmax,
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
from .random import generator, manual_seed
from .saving import load, save
from .transforms import tree
from .transforms.checkpoint import checkpoint
from .transforms.gradcheck import gradcheck, gradgradcheck
from .transforms.gradients import elementwise_grad, grad, value_and_grad
from .transforms.jacobians import hessian, jacobian
from .transforms.minimize import minimize
from .transforms.over_blocks import over_blocks
from .transforms.products import hvp, jvp, vjp
from .transforms.vmap import vmap

__all__ = [  # noqa: RUF022 (in the order of use)
    "Tensor", "no_grad", "enable_grad", "set_grad_enabled", "is_grad_enabled", "scope", "detect_anomaly",
    "RemovableHandle", "set_default_dtype", "get_default_dtype",
    "grad", "value_and_grad", "elementwise_grad", "vjp", "jvp", "hvp", "jacobian", "hessian", "vmap",
    "over_blocks", "minimize", "tree",
    "checkpoint", "gradcheck", "gradgradcheck",
    "trace", "compile", "Program",
    "draw", "memory_table", "save", "load", "manual_seed", "generator",
    "primitive", "elementwise", "linear", "nondifferentiable", "ops",
    "relu", "sigmoid", "silu", "softplus", "logsigmoid", "softmax", "log_softmax", "logsumexp",
    "erf", "erfc", "ndtr", "log_ndtr", "gammaln", "digamma", "polygamma", "i0", "i1", "logit", "xlogy",
    "windows", "fold",
]  # fmt: skip

ops.refused.PLACES["autograd"] = globals()
_sys.modules["autograd.tree"] = tree  # so that it can be imported from there

# The C library maps the memory of large arrays anew, page by page, until it has once freed a large block: from then on
# it keeps what is freed, up to twice that size, and a fresh array costs the same as a reused one. The block is never
# touched.
_np.empty(31 << 20, _np.uint8)

__version__: str

if TYPE_CHECKING:
    from .program.compiling import compile
    from .program.program import Program
    from .program.tracing import trace
else:
    _LATE = {"trace": "tracing", "compile": "compiling", "Program": "program"}

    def __getattr__(name: str) -> Any:
        """What makes programs, the version, HIPS autograd's modules and names: loaded when first asked for."""
        from importlib import import_module

        if name in _LATE:
            globals()[name] = found = getattr(import_module(f"autograd.program.{_LATE[name]}"), name)
            return found
        if name == "__version__":  # looked up when it is asked for, for that takes longer than all else here
            return import_module("importlib.metadata").version("backgraph")
        if not name.startswith("_"):
            if name in hips.MODULES or name in ("numpy", "scipy"):
                return import_module(f"autograd.{name}")
            for module in ("differential_operators", "builtins"):
                if name in (found := import_module(f"autograd.{module}")).__all__:
                    return getattr(found, name)
        from .ops.habits import instead

        said = instead(name) if not name.startswith("_") else ""
        raise AttributeError(
            f"module 'autograd' has no attribute {name!r}{said}", name=name, obj=import_module("autograd")
        )
