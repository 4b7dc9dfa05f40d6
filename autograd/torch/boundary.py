"""Between two conventions: programs speak PyTorch's, the packages below NumPy's.

A tensor of a program has a class of its own (`Tensor`, in tensors.py), whose names mean what they mean in PyTorch as
long as the program runs. What the engine, `nn` and `optim` do with it is done `below`, where the same tensor answers as
the engine's own class does: so it is one object, and what is written to it, or arrives as its gradient, is there for
both. What comes back from there is `raised` to the program's class; what is called from there, such as a hook, is run
`above` again. Which convention holds is a property of the thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.primitive import as_array
from ..engine.tensor import Tensor as Base
from ..engine.tensor import wrap
from . import dtypes
from .dtypes import Generator, check_device, plain

Function = Callable[..., Any]


class Convention(threading.local):
    """Whether PyTorch's convention holds in this thread, or NumPy's."""

    torch = True


convention = Convention()
RAISED: dict[type, type] = {}
"""The program's class for each of the packages below."""
NAMES = {"axis": "dim", "keepdims": "keepdim"}
"""What PyTorch's functions take for arguments of theirs as well."""


def raised(value: Any) -> Any:
    """What comes from below, as the program knows it: arrays are Tensors, and these of the program's class."""
    kind = value.__class__
    if kind in RAISED:
        value.__class__ = RAISED[kind]
    elif kind is np.ndarray or isinstance(value, np.generic):
        if value.dtype.kind in "fciub":
            return raised(wrap(as_array(value)))
    elif kind is tuple or kind is list:
        return kind([raised(item) for item in value])
    elif kind is dict:
        return {name: raised(item) for name, item in value.items()}
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        return kind(*[raised(item) for item in value])
    return value


def below(function: Function, names: Any = None, narrow: bool = False, theirs: Any = None) -> Function:
    """The function, run by NumPy's convention; `out=`, dtypes, devices and generators may be given as PyTorch's.

    With `narrow`, floats that NumPy makes of integers are of the default dtype, as in PyTorch. What is called from
    below is `theirs`, if there is such a method.
    """
    inside = function if theirs is None else theirs

    def call(*args: Any, **kwargs: Any) -> Any:
        if not convention.torch:
            if kwargs and theirs is None:
                settle(kwargs)
            return inside(*args, **kwargs)
        out = None
        if kwargs and not kwargs.keys() <= _SIMPLE:
            kwargs = {names.get(name, name): value for name, value in kwargs.items()} if names else kwargs
            out = settle(kwargs)
        convention.torch = False
        try:
            result = function(*args, **kwargs)
            if out is not None:
                return store(out, result)
        finally:
            convention.torch = True
        if result.__class__ is Base:
            result.__class__ = RAISED[Base]
        else:
            result = raised(result)
        if narrow and (not kwargs or kwargs.get("dtype") is None):
            _narrow(result, args)
        return result

    call.__wrapped__, call.__doc__ = function, function.__doc__  # type: ignore[attr-defined]
    call.__name__ = call.__qualname__ = getattr(function, "__name__", "function")
    return call


_SIMPLE = frozenset(("dim", "keepdim"))


def _narrow(result: Any, operands: Any) -> None:
    """Give a result of double precision the dtype of PyTorch's, if none of the operands is of double precision."""
    if not isinstance(result, Base):
        for part in result if isinstance(result, tuple) else ():
            _narrow(part, operands)
    elif (kind := result._content.dtype).char in "dD":
        given = [value._content.dtype for value in _tensors(operands)]
        if given and not any(known.char in "dD" for known in given):
            floats = [known for known in given if known.kind in "fc"]
            made = np.result_type(*(floats or [dtypes.default()]), *([np.complex64] if kind.kind == "c" else []))
            made = Base.astype(result, made)  # type: ignore[attr-defined]
            result._content, result._node = made._content, made._node


def _tensors(operands: Any) -> Any:
    for value in operands:
        if isinstance(value, Base):
            yield value
        elif isinstance(value, tuple | list):
            yield from _tensors(value)


def above(function: Function) -> Function:
    """A program's own function, for what runs below: PyTorch's convention holds while it runs."""

    def call(*args: Any, **kwargs: Any) -> Any:
        before, convention.torch = convention.torch, True
        try:
            return function(*raised(args), **raised(kwargs))
        finally:
            convention.torch = before

    return call


_SETTLED = frozenset(("dtype", "device", "generator", "layout", "pin_memory", "memory_format"))


def settle(kwargs: dict[str, Any]) -> Any:
    """Make the keywords NumPy's; the `out=` among them is taken out and returned."""
    for name in _SETTLED & kwargs.keys():
        if name == "dtype":
            kwargs["dtype"] = plain(kwargs["dtype"])
        elif name == "generator":
            given = kwargs.pop("generator")
            kwargs["rng"] = given.rng if isinstance(given, Generator) else given
        else:
            check_device(kwargs.pop(name) if name == "device" else kwargs.pop(name) and None)
    return kwargs.pop("out", None)


def check_cast(made: Any, place: Any) -> None:
    """Raise RuntimeError if what is put in this place is of a later kind, of bool, integer, float and complex."""
    if dtypes.dtype.order(made.dtype) > dtypes.dtype.order(place.dtype):
        kinds = [dtypes.of(plain(value.dtype)) for value in (made, place)]
        raise RuntimeError(f"torch: a result of {kinds[0]!r} cannot be put into a tensor of {kinds[1]!r}")


def store(out: Any, result: Any) -> Any:
    """`out=`: the result put there; what is empty takes its shape."""
    if isinstance(out, tuple | list):
        return type(out)([store(place, value) for place, value in zip(out, result, strict=True)])
    check_cast(result, out)
    if not out.size and out.shape != np.shape(result):
        out.data = np.empty(np.shape(result), out.dtype)
    out[...] = result
    return out
