"""Operators on functions of one argument, made operators on functions of several, and names (as HIPS autograd's)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..transforms.call import name_of


def wraps(
    fun: Callable[..., Any], namestr: str = "{fun}", docstr: str = "{doc}", **names: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator that gives a function a name and a text made of another's: {fun} and {doc} stand for those.

    >>> from autograd.wrap_util import wraps
    >>> wraps(np.sin, "{fun}_{times}", times=2)(lambda x: np.sin(np.sin(x))).__name__
    'sin_2'
    """

    def named(function: Callable[..., Any]) -> Callable[..., Any]:
        known = {"fun": name_of(fun), "doc": getattr(fun, "__doc__", None) or "", **names}
        function.__name__, function.__doc__ = namestr.format(**known), docstr.format(**known)
        return function

    return named


def unary_to_nary(operator: Callable[..., Any]) -> Callable[..., Callable[..., Any]]:
    """Of operator(fun, x, ...) the operator(fun, argnum=0, ...)(*args): x is that argument, or a tuple of several.

    >>> @unary_to_nary
    ... def twice(fun, x):
    ...     return fun(fun(x))
    >>> twice(lambda x, y: x - y, 1)(10.0, 3.0)
    3.0
    """

    @wraps(operator)  # not functools': its signature is its own
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
