"""A function traced once, then run without its Python code: HIPS autograd's name for `compile`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ...program.compiling import compile

__all__ = ["const_graph"]


def const_graph(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., Any]:
    """A function of the arguments that are not given here, which calls `fun` once and then runs its program.

    It is `compile` of `fun` with these arguments: what depends on values (a branch, a comparison, an index) depends on
    those of each call, and random numbers are drawn anew. Arguments of other shapes or dtypes make another program. The
    function that is returned can be differentiated, which calls `fun`.

    >>> from autograd.misc import const_graph
    >>> def slope(a, x):
    ...     print("called")
    ...     return a * grad(lambda x: x**3)(x)
    >>> double = const_graph(slope, 2.0)
    >>> double(1.0), double(3.0)
    called
    (np.float64(6.0), np.float64(54.0))
    """
    compiled: Callable[..., Any] = compile(functools.partial(fun, *args, **kwargs))
    return functools.update_wrapper(compiled, fun, updated=())
