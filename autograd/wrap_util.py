"""Operators on functions of one argument, made operators on functions of several (a name of HIPS autograd's)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from .recording import name_of


def unary_to_nary(operator: Callable[..., Any]) -> Callable[..., Callable[..., Any]]:
    """Of operator(fun, x, ...) the operator(fun, argnum=0, ...)(*args): x is that argument, or a tuple of several.

    >>> @unary_to_nary
    ... def twice(fun, x):
    ...     return fun(fun(x))
    >>> twice(lambda x, y: x - y, 1)(10.0, 3.0)
    3.0
    """

    @functools.wraps(operator)
    def on_several(fun: Callable[..., Any], argnum: Any = 0, *options: Any, **named: Any) -> Callable[..., Any]:
        single = not isinstance(argnum, tuple | list)

        def derived(*args: Any, **kwargs: Any) -> Any:
            def of_one(x: Any) -> Any:
                given = list(args)
                for key, value in [(argnum, x)] if single else zip(argnum, x, strict=True):
                    given[key] = value
                return fun(*given, **kwargs)

            of_one.__name__ = name_of(fun)
            x = args[argnum] if single else tuple([args[i] for i in argnum])
            return operator(of_one, x, *options, **named)

        derived.__name__ = f"{name_of(operator)}_of_{name_of(fun)}_wrt_argnum_{argnum}"
        return derived

    return on_several
