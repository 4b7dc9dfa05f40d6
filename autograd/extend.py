"""Primitives as code for HIPS autograd defines them: first a function, then its rules.

A rule's maker gets the result and all arguments, and returns the function of the gradient. All of that is kept until
the backward pass; `autograd.primitive` keeps only what a rule names.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from .primitive import primitive as _primitive
from .primitive import unwrap
from .recording import plain
from .structure import leaves, rebuild
from .tensor import Tensor
from .vector_space import VSpace, vspace

Function = Callable[..., Any]

__all__ = [
    "Box", "VSpace", "def_linear", "defjvp", "defjvp_argnum", "defjvp_argnums", "defvjp", "defvjp_argnum",
    "defvjp_argnums", "notrace_primitive", "primitive", "vspace",
]  # fmt: skip

Box = Tensor  # what a tracked value is an instance of


def primitive(fun: Function) -> Function:
    """Make a function of arrays differentiable; `defvjp` gives it its rules.

    Its result may stand in containers: then the gradient that a rule gets does too, with zeros for what had no part.

    >>> from autograd.extend import defvjp, primitive
    >>> @primitive
    ... def cube(x):
    ...     return x**3
    >>> defvjp(cube, lambda ans, x: lambda g: g * 3 * x**2)
    >>> grad(cube)(2.0)
    np.float64(12.0)
    """
    rules: dict[int, Function | None] = {}
    together: list[Function] = []

    def rule(g: Any, i: int, values: tuple[Any, ...], named: dict[str, Any], out: Any) -> Any:
        if together:
            return together[-1]((i,), out, values, named)(g)[0]
        maker = rules.get(i, _missing(name, i))
        return None if maker is None else _array(maker(out, *values, **named)(g), g)

    def rule_of_several(g: Any, i: int, values: Any, named: dict[str, Any], made: Any, out: Any) -> Any:
        parts = [np.zeros_like(value) if part is None else part for part, value in zip(g, out, strict=True)]
        return rule(rebuild(made, iter(parts)), i, values, named, rebuild(made, iter(out)))

    name = getattr(fun, "__name__", "primitive")
    single = _primitive(lambda *values, named, made: made, name=name, values=rule)
    several = _primitive(
        lambda *values, named, made: tuple(leaves(made)), name=name, multiple=True, values=rule_of_several
    )

    @functools.wraps(fun)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not any(isinstance(value, Tensor) for value in args):
            return fun(*args, **kwargs)
        made = fun(*[plain(value._data) if isinstance(value, Tensor) else value for value in args], **kwargs)
        if isinstance(made, tuple | list | dict):
            return rebuild(made, iter(several(*args, named=kwargs, made=made)))
        return single(*args, named=kwargs, made=made)

    call.rules = rules  # type: ignore[attr-defined]
    call.together = together  # type: ignore[attr-defined]
    return call


def _missing(name: str, i: int) -> Function:
    def maker(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"{name}: no VJP is defined for argument {i}; give it one with defvjp")

    return maker


def _array(value: Any, g: Any) -> Any:
    return value if hasattr(value, "shape") else np.asarray(value)


def defvjp(fun: Function, *makers: Function | None, argnums: Any = None) -> None:
    """Give a primitive its rules: maker(result, *args, **kwargs)(g) is the gradient of that argument.

    The makers are for arguments 0, 1, … or for `argnums`; None stands for a gradient that is zero.
    Raises TypeError for a function that `autograd.extend.primitive` did not make.
    """
    _of(fun, "rules").update(zip(itertools.count() if argnums is None else argnums, makers, strict=False))


def defvjp_argnum(fun: Function, maker: Function) -> None:
    """Give a primitive one rule for all its arguments: maker(argnum, result, args, kwargs)(g)."""
    defvjp_argnums(fun, lambda argnums, *given: lambda g: tuple([maker(i, *given)(g) for i in argnums]))


def defvjp_argnums(fun: Function, maker: Function) -> None:
    """Give a primitive one rule for several arguments: maker(argnums, result, args, kwargs)(g) is a tuple."""
    _of(fun, "together").append(maker)


def _no_rule_needed(fun: Function, *makers: Any, argnums: Any = None) -> None:
    """Accepts a forward-mode rule, which this engine does not need: its `jvp` goes back twice, by the VJPs."""
    _of(fun, "rules")


defjvp = defjvp_argnum = defjvp_argnums = def_linear = _no_rule_needed


def notrace_primitive(fun: Function) -> Function:
    """A function of the arrays in Tensors, through which no gradient flows.

    >>> from autograd.extend import notrace_primitive
    >>> notrace_primitive(lambda x: x > 0)(Tensor(1.0))
    np.True_
    """

    @functools.wraps(fun)
    def untraced(*args: Any, **kwargs: Any) -> Any:
        return fun(*map(plain, unwrap(args)), **{key: plain(unwrap(value)) for key, value in kwargs.items()})

    return untraced


def _of(fun: Function, what: str) -> Any:
    found = getattr(fun, what, None)
    if found is None:
        raise TypeError(
            f"defvjp: {getattr(fun, '__name__', fun)} is no primitive; make it one with autograd.extend.primitive"
        )
    return found
