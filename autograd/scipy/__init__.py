"""SciPy's names, differentiable: functions, and solutions of equations; needs the extra `scipy`.

Each imports only what stands before it:

    on_tensors, matrix_functions, matrix_patterns, matrix_equations, linalg
    error_functions, gamma_ratios, special, stats, adjoint, integrate, optimize, signal, sparse, misc
"""

from importlib import import_module as _import_module
from typing import Any as _Any

try:
    import scipy as _scipy  # noqa: F401
except ImportError as error:
    raise ImportError(
        "autograd.scipy: SciPy is not installed; install it, with pip install 'backgraph[scipy]'"
    ) from error

__all__ = ["integrate", "linalg", "misc", "optimize", "signal", "sparse", "special", "stats"]


def __getattr__(name: str) -> _Any:
    if name in __all__:
        return _import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
