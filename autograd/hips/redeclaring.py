"""Rules in the manner of HIPS autograd for functions that have rules here: NumPy's, SciPy's and our own."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import Any

import numpy as np

from ..engine.declare import with_rules
from ..engine.place import warn
from ..engine.primitive import Primitive, registry
from ..engine.signature import Signature
from ..transforms.call import name_of
from ..transforms.tree import leaves

Function = Callable[..., Any]


def redeclared(fun: Function, maker: Function, argnums: list[int] | None, primitive: Function) -> None:
    """From now on a function's rules are maker(argnums, result, args, kwargs)(g), for these arguments or for all.

    `primitive` makes one of a function that is built of others. Warns where nobody asks for the rules of the function.
    """
    known, made = _standing_for(fun)
    if made is None and hasattr(fun, "instead"):
        fun.instead = _with_maker(primitive, fun.plain, maker)  # type: ignore[attr-defined]
    elif made is None:
        _warn_unasked("defvjp", fun)
    elif (record := _record_of(made)) is not None:
        with_rules(made, _rules(record, maker, argnums))
    else:
        new = _with_maker(primitive, known, maker)
        for key in [key for key, value in registry.items() if value is made]:
            registry[key] = new


def redeclared_forward(fun: Function, maker: Function, primitive: Function) -> None:
    """From now on a function's result moves by maker(argnums, gs, result, args, kwargs)."""
    _, made = _standing_for(fun)
    record = _record_of(made)
    if record is not None:
        record.forward = _forward(record, maker)
    elif made is None and hasattr(fun, "instead"):
        from .pulling import primitive_jvps

        fun.instead = fun.instead or primitive(fun.plain)  # type: ignore[attr-defined]
        primitive_jvps[fun.instead] = maker
    elif made is None:
        _warn_unasked("defjvp", fun)


def _standing_for(fun: Any) -> tuple[Any, Any]:
    """The function of NumPy's or SciPy's that is meant, if any, and what stands for it on Tensors."""
    known = next((found for found in (fun, getattr(fun, "__wrapped__", None)) if _is_known(found)), None)
    return known, fun if _record_of(fun) else registry.get(known)


def _warn_unasked(who: str, fun: Function) -> None:
    warn(
        f"{who}: {name_of(fun)} is no primitive, so that nobody will ask for this rule: what it computes is "
        f"recorded, or else lost; make it one with autograd.extend.primitive"
    )


def _forward(record: Primitive, maker: Function) -> Function:
    """How the result moves by a rule of this form, of a primitive that may not have saved all that the rule gets."""
    signature = Signature(record)
    names = signature.positional

    def forward(tangents: dict[Any, Any], known: dict[str, Any]) -> Any:
        places = tuple([len(names) + key[1] if type(key) is tuple else names.index(key) for key in tangents])
        args = (*[known[name] for name in names], *known.get(signature.sequence or "", ()))
        options = {name: known[name] for name in signature.keywords}
        out = known["out"] if "out" in known and "out" not in signature.names() else record.recorder(*args, **options)
        moved = maker(places, list(tangents.values()), out, args, options)
        return leaves(moved) if record.multiple else moved

    return forward


def declared(fun: Any, primitive: Function) -> Any:
    """What is to get the rules of a function: of one that autograd.primitive made, without any rule, one that
    `primitive` makes of it, which it calls from now on.
    """
    if hasattr(fun, "declared"):
        return fun.declared
    record = _record_of(fun)
    if record is None or record.rules or fun is not record.recorder:
        return fun
    made: Any = fun
    made.declared = made.__globals__["_declared"] = primitive(record.function)
    made.__code__, made.__defaults__, made.__kwdefaults__ = _ON, None, None
    return made.declared


_ON: CodeType = (lambda *args, **kwargs: _declared(*args, **kwargs)).__code__  # type: ignore[name-defined] # noqa: F821


def _is_known(function: Any) -> bool:
    try:
        return function in registry
    except TypeError:  # it has no hash
        return False


def _record_of(made: Any) -> Primitive | None:
    record = getattr(made, "primitive", None)
    return record if isinstance(record, Primitive) else None


def _with_maker(primitive: Function, fun: Any, maker: Function) -> Function:
    from .pulling import primitive_vjps

    made: Function = primitive(fun)
    made.rules = None  # type: ignore[attr-defined]
    primitive_vjps[made] = maker
    return made


def _rules(record: Primitive, maker: Function, argnums: list[int] | None) -> dict[str, Any]:
    """A rule for each argument, in the form that a primitive's has."""
    signature = Signature(record)
    names, sequence = signature.positional, signature.sequence
    chosen = range(len(names)) if argnums is None else [i for i in argnums if i < len(names)]

    def pulled(i: int, g: Any, out: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        part = next(iter(maker((i,), out, args, kwargs)(g)))
        return part if part is None or hasattr(part, "shape") else np.asarray(part)

    given = ", ".join([*names, *([sequence] if sequence else []), *signature.keywords])
    args = "".join(f"{name}, " for name in names) + (f"*{sequence}" if sequence else "")
    kwargs = ", ".join(f"{name!r}: {name}" for name in signature.keywords)
    form = f"pulled({{}}, g, out, ({args}), {{{{{kwargs}}}}})"
    rules = {names[i]: eval(f"lambda g, out, {given}: {form.format(i)}", {"pulled": pulled}) for i in chosen}
    if sequence and (argnums is None or max(argnums, default=-1) >= len(names)):
        place = f"{len(names)} + i"
        rules[sequence] = eval(f"lambda g, i, out, {given}: {form.format(place)}", {"pulled": pulled})
    return rules
