"""Primitives as code for HIPS autograd defines them: first a function, then its rules.

A rule's maker gets the result and all arguments, and returns the function of the gradient. All of that is kept until
the backward pass; `autograd.primitive` keeps only what a rule names.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ..engine.declare import primitive as _primitive
from ..engine.tensor import Tensor, unwrap
from ..transforms.call import name_of, plain
from ..transforms.tree import leaves, rebuild
from .vector_space import VSpace, vspace

Function = Callable[..., Any]

__all__ = [
    "Box", "VSpace", "def_linear", "defjvp", "defjvp_argnum", "defjvp_argnums", "defvjp", "defvjp_argnum",
    "defvjp_argnums", "notrace_primitive", "primitive", "vspace",
]  # fmt: skip

Box = Tensor  # what a tracked value is an instance of

primitive_vjps: WeakKeyDictionary[Function, Function] = WeakKeyDictionary()
"""The rules of the primitives that are made here: maker(argnums, result, args, kwargs)(g) is a tuple of gradients."""


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

    def rule(g: Any, i: int, values: tuple[Any, ...], named: dict[str, Any], out: Any) -> Any:
        maker = primitive_vjps.get(call)
        if maker is None:
            raise _undefined(name, i)
        part = maker((i,), out, values, named)(g)[0]
        return part if part is None or hasattr(part, "shape") else np.asarray(part)

    def rule_of_several(g: Any, i: int, values: Any, named: dict[str, Any], made: Any, out: Any) -> Any:
        parts = [np.zeros_like(value) if part is None else part for part, value in zip(g, out, strict=True)]
        return rule(rebuild(made, iter(parts)), i, values, named, rebuild(made, iter(out)))

    name = name_of(fun)

    def value(values: tuple[Any, ...], named: dict[str, Any], found: list[Any]) -> Any:
        """The result that `call` found, which had to see whether it is one array; found again if it is asked again."""
        return found.pop() if found else fun(*map(plain, values), **named)

    single = _primitive(lambda *values, named, found: value(values, named, found), name=name, values=rule)
    several = _primitive(
        lambda *values, named, made, found: tuple(leaves(value(values, named, found))),
        name=name, multiple=True, values=rule_of_several,
    )  # fmt: skip

    @functools.wraps(fun)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not any(isinstance(value, Tensor) for value in args):
            return fun(*args, **kwargs)
        made = fun(*[plain(value._content) if isinstance(value, Tensor) else value for value in args], **kwargs)
        if isinstance(made, tuple | list | dict):
            return rebuild(made, iter(several(*args, named=kwargs, made=made, found=[made])))
        return single(*args, named=kwargs, found=[made])

    call.rules = {}  # type: ignore[attr-defined]
    return call


def defvjp(fun: Function, *makers: Function | None, argnums: Any = None) -> None:
    """Give a primitive its rules: maker(result, *args, **kwargs)(g) is the gradient of that argument.

    The makers are for arguments 0, 1, … or for `argnums`; None stands for a gradient that is zero.
    Raises TypeError for a function that `autograd.extend.primitive` did not make.
    """
    rules = _rules(fun)
    rules.update(zip(itertools.count() if argnums is None else argnums, makers, strict=False))

    def of_one(i: int, out: Any, args: Any, kwargs: Any) -> Function:
        if i not in rules:
            raise _undefined(name_of(fun), i)
        maker = rules[i]
        return (lambda g: None) if maker is None else maker(out, *args, **kwargs)

    defvjp_argnum(fun, of_one)


def defvjp_argnum(fun: Function, maker: Function) -> None:
    """Give a primitive one rule for all its arguments: maker(argnum, result, args, kwargs)(g)."""
    defvjp_argnums(fun, lambda argnums, *given: lambda g: tuple([maker(i, *given)(g) for i in argnums]))


def defvjp_argnums(fun: Function, maker: Function) -> None:
    """Give a primitive one rule for several arguments: maker(argnums, result, args, kwargs)(g) is a tuple."""
    _rules(fun)
    primitive_vjps[fun] = maker


def def_linear(fun: Function, *makers: Any, argnums: Any = None) -> None:
    """Accepts a forward-mode rule, which this engine does not need: its `jvp` goes back twice, by the VJPs."""
    _rules(fun)


defjvp = defjvp_argnum = defjvp_argnums = def_linear


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


def _rules(fun: Function) -> dict[int, Function | None]:
    """A primitive's makers, by argument."""
    rules: dict[int, Function | None] | None = getattr(fun, "rules", None)
    if rules is None:
        raise TypeError(f"defvjp: {name_of(fun)} is no primitive; make it one with autograd.extend.primitive")
    return rules


def _undefined(name: str, i: int) -> NotImplementedError:
    return NotImplementedError(f"{name}: no VJP is defined for argument {i}; give it one with defvjp")
