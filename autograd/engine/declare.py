"""How a primitive is declared: `primitive`, and the words for kinds of it that let a reader know a property at once."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from .lists import names_of
from .primitive import Function, Primitive, Rule, making, registry
from .recorders import compiled
from .storing import into, place_of_out, taken_out
from .tensor import unwrap


def primitive(
    function: Callable[..., Any], *overrides: Any, name: str | None = None, kind: str = "", broadcasts: bool = False,
    views: bool = False, multiple: bool = False, single: bool = False, **rules: Rule | None,
) -> Callable[..., Any]:  # fmt: skip
    """Make a function differentiable: give it, for each argument that may be a Tensor, a VJP.

    The function must have a Python signature (a C function is wrapped in a `def` or `lambda` that has one), take plain
    arrays and return one (`multiple=True`: a tuple of them). The other keywords name arguments, and give each the rule
    of its gradient, or None where by definition there is none. `overrides` are functions of NumPy that this one stands
    for on Tensors from now on; a NumPy function that had no rules yet stands for itself, and one that had keeps them.

    Returns a function that records itself when an input needs a gradient. On plain arrays it returns a plain array.

    Raises TypeError for a rule that names neither an argument nor an argument's shape or dtype, `out` or `i`.

    >>> cube = primitive(lambda x: x**3, name="cube", x=lambda g, x: g * 3 * x**2)
    >>> x = Tensor(2.0, requires_grad=True)
    >>> cube(x).backward()
    >>> x.grad
    Tensor(12.)
    """
    if not callable(function):
        raise TypeError(f"primitive: expected a function, got {type(function).__name__}")
    name = name or function.__name__
    operator = any(isinstance(known, np.ufunc) and known.nin > 1 for known in (function, *overrides))
    record = Primitive(
        name,
        function,
        rules,
        kind=kind,
        broadcasts=broadcasts,
        views=views,
        multiple=multiple,
        single=single,
        operator=operator,
    )
    record.stands_for = overrides[0] if overrides else None
    made = _lazily(record)
    if not isinstance(function, FunctionType):
        registry.setdefault(function, made)
    registry.update(dict.fromkeys(overrides, made))
    return made


def elementwise(ufunc: Any, *overrides: Any, **options: Any) -> Callable[..., Any]:
    """A primitive that works element by element on one argument x, or on x and y broadcast together."""
    return primitive(ufunc, *overrides, kind="elementwise", broadcasts=True, **options)


def linear(function: Callable[..., Any], *overrides: Any, **options: Any) -> Callable[..., Any]:
    """A primitive that is linear in each input: its rules need neither the inputs nor the result.

    >>> double = linear(lambda x: x + x, name="double", x=lambda g: g + g)
    >>> double(3.0)
    6.0
    """
    return primitive(function, *overrides, kind="linear", **options)


def composite(*overrides: Any) -> Callable[[Function], Function]:
    """A function built of primitives, which stands on Tensors for functions of NumPy and needs no rule of its own."""

    def register(function: Function) -> Function:
        registry.update(dict.fromkeys(overrides, function))
        return function

    return register


def nondifferentiable(*functions: Any) -> None:
    """These functions take Tensors as the arrays they hold, and return plain arrays that no gradient flows through."""
    for function in functions:
        registry[function] = _plainly(function)


def _plainly(function: Any) -> Callable[..., Any]:
    def plain(*args: Any, **kwargs: Any) -> Any:
        return function(*unwrap(args), **{name: unwrap(value) for name, value in kwargs.items()})

    at = place_of_out(function)

    def storing(*args: Any, **kwargs: Any) -> Any:
        if len(args) > at or "out" in kwargs:
            args, out = taken_out(function, args, kwargs)
            if out is not None:
                return into(function, plain, args, kwargs, out)
        return function(*unwrap(args), **{name: unwrap(value) for name, value in kwargs.items()})

    made = plain if isinstance(function, np.ufunc) or "out" not in names_of(function) else storing
    made.__wrapped__, made.plain = function, True  # type: ignore[attr-defined]
    return made


def with_rules(made: Callable[..., Any], rules: dict[str, Rule | None]) -> None:
    """From now on these are rules of a primitive, in place of those that it had for the same arguments.

    >>> double = linear(lambda x: x + x, name="double", x=lambda g: g + g)
    >>> with_rules(double, {"x": lambda g: 10 * g})
    >>> grad(double)(3.0)
    np.float64(10.0)
    """
    record: Primitive = made.primitive  # type: ignore[attr-defined]
    record.rules = {**record.rules, **rules}
    record.kind, record.plans, record.into = "", {}, None
    made.__code__, made.__defaults__, made.__kwdefaults__ = _STUB, None, None  # type: ignore[attr-defined]


def _lazily(record: Primitive) -> Callable[..., Any]:
    """A function that, first called, compiles its own code."""

    def compile_now() -> None:
        with making:
            if made.__code__ is _STUB:  # else another thread has been here
                code, *defaults = compiled(record, namespace)
                made.__defaults__, made.__kwdefaults__ = defaults
                made.__code__ = code  # last, for from now on other threads run it

    namespace = {"_compile_now": compile_now}
    made = FunctionType(_STUB, namespace, record.name)
    made.__qualname__ = record.name
    namespace["_itself"] = made
    record.recorder, made.primitive = made, record  # type: ignore[attr-defined]
    made.__doc__ = record.function.__doc__
    made.__module__ = getattr(record.function, "__module__", __name__)
    made.__wrapped__ = record.function  # type: ignore[attr-defined]
    return made


_STUB: CodeType = (lambda *args, **kwargs: (_compile_now(), _itself(*args, **kwargs))[1]).__code__  # type: ignore[name-defined] # noqa: F821
