"""The batched forms of functions: how each is found, and what a function is called."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np

Form = Callable[..., Any]
"""A function of NumPy for all examples at once: form(batch, *args, **kwargs). NotImplemented where it has none."""

FORMS: dict[Any, Form] = {}
"""The batched form of each function; what has none runs example by example."""


def form_of(function: Any) -> Form | None:
    """The batched form of a function; of a ufunc and its methods that of all of them."""
    form = FORMS.get(function)
    if form is None:
        ufunc = function if isinstance(function, np.ufunc) else getattr(function, "__self__", None)
        if isinstance(ufunc, np.ufunc) and (ufunc.signature is None or ufunc is not function):
            kind = OF_UFUNCS.get("" if ufunc is function else function.__name__)
            form = None if kind is None else functools.partial(kind, ufunc)
    return form


OF_UFUNCS: dict[str, Callable[..., Any]] = {}
"""The batched form of all ufuncs, by the name of the method that is called: form(ufunc, batch, *args, **kwargs)."""


def form(*functions: Any) -> Callable[[Form], Form]:
    """Declare the batched form of these functions."""

    def register(made: Form) -> Form:
        FORMS.update(dict.fromkeys(functions, made))
        return made

    return register


def said(function: Any) -> str:
    """What a function is called."""
    name = str(getattr(function, "__name__", function))
    if isinstance(function, np.ufunc) or str(getattr(function, "__module__", "")).startswith("numpy"):
        return f"np.{name}"
    if isinstance(getattr(function, "__self__", None), np.ufunc):
        return f"np.{function.__self__.__name__}.{name}"
    if getattr(function, "__code__", None) is not None and function.__code__.co_filename == "<rule>":
        name = getattr(function.__globals__.get("rule"), "__name__", name)
        return f"the rule {name}" if name != "<lambda>" else "a rule"
    return name


def inside(frame: FrameType | None) -> bool:
    """Whether one is within a primitive's function or a rule, which can be run as a whole; of a checkpoint, in none."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name == "<rule>" or name.startswith("<primitive "):
            return name != "<primitive checkpoint>" and frame.f_code.co_name != "checkpoint"
        frame = frame.f_back
    return False


_WRITTEN: dict[Any, str] = {
    np.copyto: "dst", np.place: "arr", np.put: "a", np.putmask: "a", np.put_along_axis: "arr", np.fill_diagonal: "a",
    operator.setitem: "", np.ndarray.fill: "", np.ndarray.put: "", np.ndarray.sort: "", np.ndarray.partition: "",
}  # fmt: skip
"""Functions that write into their first argument, and its name."""


@functools.cache
def _from_out(function: Any) -> tuple[int, tuple[str, ...]]:
    """Where `out` stands among the arguments of a function of NumPy's, and what it and the ones behind are called."""
    import inspect

    if type(function) is METHOD:  # which has the order of the function of its name, and not in each NumPy a signature
        function = getattr(np, function.__name__, function)
    try:
        parameters = inspect.signature(function).parameters.values()
        names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    except ValueError:
        names = []
    return (names.index("out"), tuple(names[names.index("out") :])) if "out" in names else (0, ())


def out_by_name(function: Any, args: Any, kwargs: Any) -> tuple[Any, Any]:
    """The arguments of a function of NumPy's, with the array that it is to write its result into by name."""
    if type(function) is METHOD or str(getattr(function, "__module__", "")).startswith("numpy"):
        place, names = _from_out(function)
        if names:
            return args[:place], {**kwargs, **dict(zip(names, args[place:], strict=False))}
    return args, kwargs


METHOD = type(np.ndarray.copy)


def written(function: Any, args: Any, kwargs: Any) -> list[Any]:
    """The arrays that a call writes to."""
    out = kwargs.get("out")
    found = [] if out is None else list(out) if type(out) is tuple else [out]
    if type(function).__hash__ is not None and function in _WRITTEN:
        found.append(args[0] if args else kwargs[_WRITTEN[function]])
    return found
