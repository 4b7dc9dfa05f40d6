"""Small helpers under the names that they have in HIPS autograd."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..engine.place import warn
from .basics import func, subval, subvals, toposort
from .test_util import check_grads

__all__ = ["func", "quick_grad_check", "subval", "subvals", "toposort"]


def quick_grad_check(
    fun: Callable[..., Any], arg0: Any, extra_args: Any = (), kwargs: Any = None, verbose: bool = True,
    eps: float = 1e-4, rtol: float = 1e-4, atol: float = 1e-6, rs: Any = None,
) -> None:  # fmt: skip
    """Compare the gradient by the first argument with differences; of all options only the arguments count.

    It is the older name of `autograd.test_util.check_grads`, and warns of that. Raises AssertionError for a wrong
    gradient.
    """
    warn("The quick_grad_check function is deprecated; use autograd.test_util.check_grads")
    check_grads(lambda x: fun(x, *extra_args, **(kwargs or {})), modes=["rev"], order=1)(arg0)
