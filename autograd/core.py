"""HIPS autograd's two modes, of a function of one argument: make_vjp and make_jvp."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .transforms import jvp, vjp


def make_vjp(fun: Callable[..., Any], x: Any) -> tuple[Callable[[Any], Any], Any]:
    """(pullback, fun(x)): the pullback takes a gradient of the result to that of x. See `autograd.vjp`.

    >>> make_vjp(lambda x: x**2, 3.0)[0](1.0)
    np.float64(6.0)
    """
    value, pullback = vjp(fun, x)
    return lambda g: pullback(g)[0], value


def make_jvp(fun: Callable[..., Any], x: Any) -> Callable[[Any], tuple[Any, Any]]:
    """A function of a tangent of x that gives fun(x) and its tangent. See `autograd.jvp`.

    >>> make_jvp(lambda x: x**2, 3.0)(1.0)
    (np.float64(9.0), np.float64(6.0))
    """
    return lambda tangent: jvp(fun, (x,), (tangent,))
