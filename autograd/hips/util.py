"""Small helpers under the names that they have in HIPS autograd."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def subvals(x: Any, changes: Iterable[tuple[int, Any]]) -> tuple[Any, ...]:
    """The sequence with other values at some places, as a tuple.

    >>> from autograd.util import subvals
    >>> subvals((1, 2, 3), [(0, 10), (2, 30)])
    (10, 2, 30)
    """
    items = list(x)
    for i, value in changes:
        items[i] = value
    return tuple(items)


def subval(x: Any, i: int, value: Any) -> tuple[Any, ...]:
    """The sequence with another value at place i, as a tuple."""
    return subvals(x, [(i, value)])


def quick_grad_check(
    fun: Callable[..., Any], arg0: Any, extra_args: Any = (), kwargs: Any = None, verbose: bool = True,
    eps: float = 1e-4, rtol: float = 1e-4, atol: float = 1e-6, rs: Any = None,
) -> None:  # fmt: skip
    """Compare the gradient by the first argument with differences; of all options only the arguments count.

    It is the older name of `autograd.test_util.check_grads`. Raises AssertionError for a wrong gradient.

    >>> from autograd.util import quick_grad_check
    >>> quick_grad_check(lambda x, y: x**2 + y, 1.0, (2.0,))
    """
    from .test_util import check_grads

    check_grads(lambda x: fun(x, *extra_args, **(kwargs or {})), modes=["rev"], order=1)(arg0)
