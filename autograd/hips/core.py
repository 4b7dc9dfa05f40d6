"""HIPS autograd's two modes, of a function of one argument, and the ways in which its older code defines primitives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..engine.place import warn
from ..transforms.products import jvp, vjp
from . import extend
from .basics import func, toposort
from .boxes import Box, JVPNode, Node, VJPNode, backward_pass, getval, isbox
from .extend import (
    def_linear,
    defjvp,
    defjvp_argnum,
    defjvp_argnums,
    defvjp,
    defvjp_argnum,
    defvjp_argnums,
)
from .pulling import primitive_jvps, primitive_vjps
from .tracer import trace
from .vector_space import SparseObject, VSpace, vspace

__all__ = [
    "Box", "JVPNode", "Node", "SparseObject", "VJPNode", "VSpace", "backward_pass", "def_linear", "defjvp",
    "defjvp_argnum", "defjvp_argnums", "defvjp", "defvjp_argnum", "defvjp_argnums", "func", "getval", "isbox",
    "make_jvp", "make_vjp", "primitive", "primitive_jvps", "primitive_vjps", "primitive_with_deprecation_warnings",
    "toposort", "trace", "vspace",
]  # fmt: skip


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


def primitive(fun: Callable[..., Any]) -> Any:
    """As `autograd.extend.primitive`; its rules can also be given one at a time, by methods.

        f.defgrad(maker, argnum=0)   maker(result, *args)(g)
        f.defvjp(rule, argnum=0)     rule(g, result, space of the argument, space of g, *args)
        f.defvjp_is_zero(argnums)    no gradient flows into these

    >>> from autograd.core import primitive
    >>> @primitive
    ... def cube(x):
    ...     return x**3
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):  # these methods are deprecated, which they say
    ...     cube.defgrad(lambda ans, x: lambda g: g * 3 * x**2)
    >>> grad(cube)(2.0)
    np.float64(12.0)
    """
    made: Any = extend.primitive(fun)

    def defgrad(maker: Callable[..., Any], argnum: int = 0) -> None:
        _deprecated("defgrad")
        extend.defvjp(made, maker, argnums=[argnum])

    def defvjp(rule: Callable[..., Any], argnum: int = 0) -> None:
        def maker(ans: Any, *args: Any, **kwargs: Any) -> Callable[[Any], Any]:
            return lambda g: rule(g, ans, vspace(args[argnum]), vspace(g), *args, **kwargs)

        _deprecated("defvjp")
        extend.defvjp(made, maker, argnums=[argnum])

    def defvjp_is_zero(argnums: Any = (0,)) -> None:
        _deprecated("defvjp_is_zero")
        extend.defvjp(made, *[None for _ in argnums], argnums=argnums)

    made.defgrad, made.defvjp, made.defvjp_is_zero = defgrad, defvjp, defvjp_is_zero
    return made


primitive_with_deprecation_warnings = primitive


def _deprecated(method: str) -> None:
    warn(f"The {method} method is deprecated; give the rule with autograd.extend.defvjp(f, maker)")
