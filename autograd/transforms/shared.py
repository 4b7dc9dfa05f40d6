"""What the transforms of functions share: a function made of a function, by one call of it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ..engine.tensor import Tensor, wrap
from .call import Call, name_of, select

Function = Callable[..., Any]
Transform = TypeVar("Transform", bound=Callable[..., Any])


def argnum(transform: Transform) -> Transform:
    """The transform, with argnums also under the name that it has in HIPS autograd."""

    @functools.wraps(transform)
    def named(*args: Any, **kwargs: Any) -> Any:
        if "argnum" in kwargs:
            kwargs["argnums"] = kwargs.pop("argnum")
        return transform(*args, **kwargs)

    return named  # type: ignore[return-value]


def check_function(who: str, fun: Any) -> None:
    """Raise TypeError for what cannot be called."""
    if not callable(fun):
        hint = "; write it as a function of what to differentiate by" if isinstance(fun, Tensor) else ""
        raise TypeError(f"{who}: expected a function, got {type(fun).__name__}{hint}")


def transform(
    who: str, fun: Any, argnums: Any, derive: Callable[[Call], Any], has_aux: bool = False, forward: bool = False
) -> Function:
    """A function of fun's arguments that records a call of fun and gives what `derive` makes of that."""
    check_function(who, fun)
    if hasattr(argnums, "dtype") and np.ndim(argnums):
        what = type(argnums).__name__
        raise TypeError(f"{who}: expected argnums as a position, a name or several, got {what}; write {who}(f)(x)")

    def derived(*args: Any, **kwargs: Any) -> Any:
        return derive(Call(who, fun, args, kwargs, select(who, fun, argnums, args, kwargs), has_aux, forward))

    derived.__name__ = derived.__qualname__ = f"{who}_of_{name_of(fun)}_wrt_argnum_{argnums}"
    said = f"{who} of function {name_of(fun)} with respect to argument number {argnums}."
    derived.__doc__ = f"    {said}\n\n{fun.__doc__ or ''}".rstrip()
    return derived


def one(argnums: Any, parts: list[Any]) -> Any:
    """Of several arguments a tuple, of one itself."""
    return tuple(parts) if isinstance(argnums, tuple | list) else parts[0]


def scalar(who: str, call: Call) -> Any:
    """The one real number that the function gave."""
    out = call.result
    if not isinstance(out, Tensor):
        if out is not (call.outs[0] if call.outs else None) or out is None:
            raise TypeError(f"{who}: expected a function with a scalar result, got {type(out).__name__}")
        out = wrap(array_of(out))
    data = out._content
    if data.size != 1:
        raise TypeError(
            f"{who}: expected a function with a scalar result, got shape {data.shape}; "
            f"use jacobian, or elementwise_grad for a function that works element by element"
        )
    if data.dtype.kind != "f":
        hint = "take its real part, or use holomorphic_grad if it is holomorphic" if data.dtype.kind == "c" else ""
        raise TypeError(
            f"{who}: expected a function with a real result, got {data.dtype}; {hint or 'it has no derivative'}"
        )
    return out


def array_of(out: Any) -> Any:
    """What a function gave, as an array; of many examples at once as it is."""
    if isinstance(out, Tensor):
        return out._content
    return out if isinstance(out, np.ndarray) else np.asarray(out)


def ones(out: Any) -> Any:
    return np.ones_like(out._content) if isinstance(out, Tensor) else None
