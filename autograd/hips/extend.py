"""Primitives as code for HIPS autograd defines them: first a function, then its rules.

A rule's maker gets the result and all arguments, and returns the function of the gradient. All of that is kept until
the backward pass; `autograd.primitive` keeps only what a rule names.
"""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine.declare import primitive as _primitive
from ..engine.node import BACKWARD
from ..engine.tensor import Tensor, unwrap
from ..transforms.call import name_of, plain
from ..transforms.tree import leaves, rebuild
from .boxes import Box, JVPNode, VJPNode, getval, holds_box
from .pulling import Given, Undefined, primitive_jvps, primitive_vjps, undefined
from .redeclaring import declared, redeclared, redeclared_forward
from .vector_space import SparseObject, VSpace, vspace
from .vectors import as_vector, shown

Function = Callable[..., Any]

__all__ = [
    "Box", "JVPNode", "SparseObject", "VJPNode", "VSpace", "def_linear", "defjvp", "defjvp_argnum", "defjvp_argnums",
    "defvjp", "defvjp_argnum", "defvjp_argnums", "notrace_primitive", "primitive", "register_notrace", "vspace",
]  # fmt: skip


def primitive(fun: Function) -> Function:
    """Make a function of arrays differentiable; `defvjp` gives it its rules.

    An argument for which there is a rule may be a container that holds tracked values: then the rule gives a container
    of gradients, as one for a list may give an array. The result may stand in containers: then the gradient that a rule
    gets does too, with zeros for what had no part.

    >>> from autograd.extend import defvjp, primitive
    >>> @primitive
    ... def cube(x):
    ...     return x**3
    >>> defvjp(cube, lambda ans, x: lambda g: g * 3 * x**2)
    >>> grad(cube)(2.0)
    np.float64(12.0)
    """

    def rule(g: Any, i: int, given: Given, values: tuple[Any, ...], out: Any) -> Any:
        return given.gradient(g, i, values, out)

    def rule_of_several(g: Any, i: int, given: Given, values: tuple[Any, ...], made: Any, out: Any) -> Any:
        parts = [np.zeros_like(value) if part is None else part for part, value in zip(g, out, strict=True)]
        return given.gradient(g, i, values, rebuild(made, iter(out)), rebuild(made, iter(parts)))

    name = name_of(fun)

    def value(values: tuple[Any, ...], given: Given, found: list[Any]) -> Any:
        """The result that `call` found, which had to see whether it is one array; found again if it is asked again."""
        return found.pop() if found else fun(*given.arguments(values, _plain), **given.named)

    single = _primitive(
        lambda *values, given, found: as_vector(value(values, given, found)), name=name, kind=BACKWARD, values=rule
    )
    several = _primitive(
        lambda *values, given, made, found: tuple(map(as_vector, leaves(value(values, given, found)))),
        name=name, kind=BACKWARD, multiple=True, values=rule_of_several,
    )  # fmt: skip

    def forward(tangents: Any, known: Any) -> Any:
        moved = known["given"].pushed(tangents, known["values"], known["out"])
        return None if moved is None else moved[0]

    def forward_of_several(tangents: Any, known: Any) -> Any:
        return known["given"].pushed(tangents, known["values"], rebuild(known["made"], iter(known["out"])))

    single.primitive.forward, several.primitive.forward = forward, forward_of_several  # type: ignore[attr-defined]

    @functools.wraps(fun)
    def call(*args: Any, **kwargs: Any) -> Any:
        for value in args:
            if isinstance(value, Tensor) or type(value) in Box.types or holds_box(value):
                break
        else:
            return fun(*args, **kwargs)
        spread = [k for k, value in enumerate(args) if holds_box(value) and has_rule(k)]
        if not spread and not any(isinstance(value, Tensor) or type(value) in Box.types for value in args):
            return fun(*args, **kwargs)
        given = Given(call, args, spread, kwargs)
        values = list(map(as_vector, given.values))
        given.values = ()
        made = fun(*given.arguments(unwrap(values), _plain), **kwargs)
        if isinstance(made, tuple | list | dict):
            return rebuild(made, map(shown, several(*values, given=given, made=made, found=[made])))
        return shown(single(*values, given=given, found=[made]))

    def has_rule(argnum: int) -> bool:
        """Whether there is a rule for it. Without one the function gets the tracked values themselves."""
        return call in primitive_vjps and (call.rules is None or call.rules.get(argnum) is not None)  # type: ignore[attr-defined]

    call.rules = {}  # type: ignore[attr-defined] # maker by argument; None: one maker for all of them
    call.fun, call._is_autograd_primitive = fun, True  # type: ignore[attr-defined]
    return call


def _plain(value: Any) -> Any:
    return shown(plain(value))


def defvjp(fun: Function, *makers: Function | None, argnums: Any = None) -> None:
    """Give a function its rules: maker(result, *args, **kwargs)(g) is the gradient of that argument.

    The makers are for arguments 0, 1, … or for `argnums`; None stands for a gradient that is zero. The function is one
    that `primitive` made, of this module or of `autograd`, or one of NumPy's or SciPy's that has rules already, which
    are from now on these. Of any other function nobody asks for rules, of which this warns.

    Raises TypeError for what is no function, and where there are no rules.
    """
    if not makers:
        raise TypeError(f"defvjp: expected rules for {name_of(fun)}, got none")
    rules = dict(zip(itertools.count() if argnums is None else argnums, makers, strict=False))
    fun = declared(fun, primitive)
    rules = {**(getattr(fun, "rules", None) or {}), **rules}
    name = name_of(fun)

    def of_one(i: int, out: Any, args: Any, kwargs: Any) -> Function:
        if i not in rules:
            raise undefined(name, i)
        maker = rules[i]
        return (lambda g: None) if maker is None else maker(out, *args, **kwargs)

    _defined(fun, _one_by_one(of_one), rules)


def defvjp_argnum(fun: Function, maker: Function) -> None:
    """Give a function one rule for all its arguments: maker(argnum, result, args, kwargs)(g)."""
    _defined(fun, _one_by_one(maker), None)


def defvjp_argnums(fun: Function, maker: Function) -> None:
    """Give a function one rule for several arguments: maker(argnums, result, args, kwargs)(g) is a tuple."""
    _defined(fun, maker, None)


def _one_by_one(maker: Function) -> Function:
    def of_several(argnums: Sequence[int], *given: Any) -> Function:
        pulls = [maker(i, *given) for i in argnums]
        return lambda g: tuple([pull(g) for pull in pulls])

    return of_several


def _defined(fun: Function, maker: Function, rules: dict[int, Function | None] | None) -> None:
    if not callable(fun):
        raise TypeError(f"defvjp: expected a function, got {type(fun).__name__}")
    fun = declared(fun, primitive)
    if hasattr(fun, "rules"):
        primitive_vjps[fun], fun.rules = maker, rules
    else:
        redeclared(fun, maker, None if rules is None else list(rules), primitive)


def defjvp(fun: Function, *rules: Any, argnums: Any = None) -> None:
    """Give a primitive rules of how its result moves: rule(g, result, *args, **kwargs), g how the argument moves.

    "same" stands for the function itself with g in that argument's place, None for a result that stays. `jvp` uses
    them (without one it uses the VJP), and the backward pass where a VJP cannot be differentiated or there is none.
    Of a function that is built of others here, as `slogdet` is, those move, and no rule is asked for.
    """
    known = dict(zip(itertools.count() if argnums is None else argnums, rules, strict=False))

    def of_one(argnum: int, g: Any, ans: Any, args: Any, kwargs: Any) -> Any:
        if argnum not in known:
            raise Undefined(f"{name_of(fun)}: no JVP is defined for argument {argnum}; give it with defjvp")
        rule = known[argnum]
        if rule is None:
            return vspace(ans).zeros()
        if rule == "same":
            return fun(*args[:argnum], g, *args[argnum + 1 :], **kwargs)
        return rule(g, ans, *args, **kwargs)

    defjvp_argnum(fun, of_one)


def defjvp_argnum(fun: Function, maker: Function) -> None:
    """Give a primitive one such rule for all its arguments: maker(argnum, g, result, args, kwargs)."""

    def of_several(argnums: Sequence[int], gs: Any, *given: Any) -> Any:
        first, *others = [maker(i, g, *given) for i, g in zip(argnums, gs, strict=True)]
        for other in others:
            first = rebuild(first, map(operator.add, leaves(first), leaves(other)))
        return first

    defjvp_argnums(fun, of_several)


def defjvp_argnums(fun: Function, maker: Function) -> None:
    """Give a primitive one such rule for several arguments: maker(argnums, gs, result, args, kwargs)."""
    fun = declared(fun, primitive)
    if hasattr(fun, "rules"):
        primitive_jvps[fun] = maker
    else:
        redeclared_forward(fun, maker, primitive)


def def_linear(fun: Function) -> None:
    """Say that a function is linear in each of its arguments: its result moves as the function says of the motion.

    >>> from autograd.extend import def_linear, primitive
    >>> double = primitive(lambda x: 2 * x)
    >>> def_linear(double)
    >>> grad(double)(3.0)
    np.float64(2.0)
    """
    defjvp_argnum(fun, lambda i, g, ans, args, kwargs: fun(*args[:i], g, *args[i + 1 :], **kwargs))


def register_notrace(kind: type, fun: Function) -> None:
    """Have no gradient flow through a function that `primitive` made. (`kind` is VJPNode or JVPNode; both are meant.)

    >>> from autograd.extend import VJPNode, primitive, register_notrace
    >>> sign = primitive(lambda x: np.sign(x))
    >>> register_notrace(VJPNode, sign)
    >>> grad(lambda x: x * sign(x))(-2.0)
    np.float64(-1.0)
    """
    defvjp_argnum(fun, lambda *given: lambda g: None)


def notrace_primitive(fun: Function) -> Function:
    """A function of the arrays in Tensors, through which no gradient flows.

    >>> from autograd.extend import notrace_primitive
    >>> notrace_primitive(lambda x: x > 0)(Tensor(1.0))
    np.True_
    """

    @functools.wraps(fun)
    def untraced(*args: Any, **kwargs: Any) -> Any:
        return fun(*map(getval, args), **{key: getval(value) for key, value in kwargs.items()})

    return untraced
