"""An engine that lets no value out of the graph: within `watched()`, what nn may not do raises `Cut`.

A value that nn reads out of a tracked tensor is `Held`: it may go on only through what has derivative 0 (comparisons,
places of the largest, rounding), which gives plain masks and indices. Where it meets a Tensor, goes into the engine or
leaves the layer, the gradient would no longer be the derivative of the value. Other ways out (`detach`, `no_grad`,
`np.asarray`, `float`, ...) and into the engine (`_content`, `register_hook`, ...) raise at once.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import numpy as np

import autograd
from autograd import Tensor

THROUGH = {("nn.shared", "plain"), ("nn.shared", "integers"), ("nn.shared", "floating"), ("nn.parameter", "write")}
"""Helpers of nn that read for whoever calls them."""
FLAT = {
    np.ceil, np.floor, np.rint, np.sign, np.trunc,
    np.empty_like, np.full_like, np.ones_like, np.round, np.zeros_like,
}  # fmt: skip
"""Functions of constant pieces: their derivative is 0, so that what they give is no part of the gradient."""
METHODS = {
    "all", "any", "argmax", "argmin", "argsort", "astype", "clip", "copy", "cumsum", "max", "mean", "min", "nonzero",
    "prod", "ravel", "repeat", "reshape", "round", "squeeze", "sum", "swapaxes", "take", "transpose",
}  # fmt: skip
"""What may be asked of a value that was read."""


class Cut(AssertionError):
    """A value left the graph where the gradient is meant to be the derivative."""


class Watch:
    """What was seen: the lines of nn that read tensors, and which of the allowed places were used."""

    def __init__(self, allowed: Collection[str]) -> None:
        self.allowed = allowed
        self.used: set[str] = set()
        self.lines: set[tuple[str, int]] = set()

    def allows(self, frame: FrameType | None, what: str, read: bool = False) -> bool:
        """Whether it is not nn that does this, or nn at an allowed place. Raises Cut elsewhere, but for a `read`."""
        caller = _nn(frame)
        if caller is None:
            return True
        place = place_of(caller)
        self.lines.add((caller.f_globals["__name__"], caller.f_lineno))
        if place in self.allowed:
            self.used.add(place)
            return True
        if not read:
            raise Cut(f"{place}: {what}")
        return False


def _nn(frame: FrameType | None) -> FrameType | None:
    """The frame of nn or optim that asked, unless the engine or a test is nearer."""
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name.partition(".")[0] in ("nn", "optim"):
            if (name, frame.f_code.co_name) not in THROUGH:
                return frame
        elif not (name.partition(".")[0] in ("numpy", "copy", "contextlib", "functools") or name == __name__):
            return None
        frame = frame.f_back
    return None


def place_of(frame: FrameType) -> str:
    """module.function or module.Class.method."""
    parts = [part for part in frame.f_code.co_qualname.split(".<locals>.") if not part.startswith("<")]
    return f"{frame.f_globals['__name__']}.{parts[-1]}"


# ---- what was read ---------------------------------------------------------------------------------------------------


class Held(np.lib.mixins.NDArrayOperatorsMixin):
    """An array that was read out of the graph."""

    __slots__ = ("array", "place")
    __hash__ = object.__hash__

    def __init__(self, array: Any, place: str) -> None:
        self.array = array
        self.place = place

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return self._through(ufunc, getattr(ufunc, method), inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return self._through(function, function, args, kwargs)

    def _through(self, function: Any, call: Any, args: Any, kwargs: Any) -> Any:
        frame = sys._getframe(2)
        while frame.f_globals.get("__name__") == __name__ or frame.f_globals.get("__name__", "").startswith("numpy"):
            frame = frame.f_back
        if _nn(frame) is None or any(isinstance(value, Tensor) for value in (*args, *kwargs.values())):
            name = getattr(function, "__name__", function)
            raise Cut(f"{self.place}: what was read out of a tracked tensor goes back into the graph, by {name}")
        out = kwargs.get("out")
        result = call(*_bare(args), **_bare(kwargs))
        if out is not None:
            return out[0] if isinstance(out, tuple) else out
        return result if function in FLAT else self._hold(result)

    def _hold(self, value: Any) -> Any:
        if isinstance(value, tuple | list):
            return [self._hold(item) for item in value]
        return Held(value, self.place) if getattr(value, "dtype", np.dtype(bool)).kind in "fc" else value

    def __getattr__(self, name: str) -> Any:
        if name in ("dtype", "itemsize", "nbytes", "ndim", "shape", "size"):
            return getattr(self.array, name)
        if name in ("T", "imag", "mT", "real"):
            return self._hold(getattr(self.array, name))
        if name in METHODS:
            method = getattr(self.array, name)
            return lambda *args, **kwargs: self._through(name, method, args, kwargs)
        if name.startswith("__"):
            raise AttributeError(name)
        raise Cut(f"{self.place}: {name} of what was read out of a tracked tensor")

    def __getitem__(self, index: Any) -> Any:
        return self._through("indexing", self.array.__getitem__, (index,), {})

    def __setitem__(self, index: Any, value: Any) -> None:
        self._through("assignment", self.array.__setitem__, (index, value), {})

    def __len__(self) -> int:
        return len(self.array)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise Cut(f"{self.place}: what was read out of a tracked tensor becomes a plain array")

    def __bool__(self) -> bool:
        raise Cut(f"{self.place}: what was read out of a tracked tensor becomes a plain value")

    __complex__ = __float__ = __index__ = __int__ = __bool__


def _bare(value: Any) -> Any:
    if isinstance(value, Held):
        return value.array
    if type(value) in (tuple, list):
        return type(value)([_bare(item) for item in value])
    return {name: _bare(item) for name, item in value.items()} if isinstance(value, dict) else value


# ---- the engine, watched ---------------------------------------------------------------------------------------------

DATA, NODE = Tensor._content, Tensor._node  # the slots


@contextmanager
def watched(allowed: Collection[str] = ()) -> Iterator[Watch]:
    """Tensors that let no value out where nn computes, but at the allowed places ("nn.ctc.ctc_loss")."""
    watch = Watch(allowed)
    changed: list[tuple[Any, str, Any]] = []

    def put(owner: Any, name: str, value: Any) -> None:
        changed.append((owner, name, vars(owner).get(name)))
        setattr(owner, name, value)

    def tracked(tensor: Any) -> bool:
        return NODE.__get__(tensor) is not None

    def read(tensor: Any) -> Any:
        array, frame = DATA.__get__(tensor), sys._getframe(1)
        if watch.allows(frame, "", read=True) or not tracked(tensor):
            return array
        return Held(array, place_of(_nn(frame)))

    def refuse(name: str, always: bool = False) -> None:
        method = getattr(Tensor, name)

        def refused(self: Any, *args: Any, **kwargs: Any) -> Any:
            if always or tracked(self):
                watch.allows(sys._getframe(1), f"{name} of a tracked tensor")
            return method(self, *args, **kwargs)

        put(Tensor, name, refused)

    def hide(name: str, slot: Any) -> None:
        def get(self: Any) -> Any:
            if (caller := _nn(sys._getframe(1))) is not None:
                raise Cut(f"{place_of(caller)}: reaches for {name}")
            return slot.__get__(self)

        put(Tensor, name, property(get, lambda self, value: slot.__set__(self, value)))

    begin, write, enter = Tensor.__init__, Tensor.data.fset, autograd.no_grad.__enter__

    def made(self: Any, data: Any, *args: Any, **kwargs: Any) -> None:
        if isinstance(data, Held):  # a tracked Tensor's copy is joined to it
            watch.allows(sys._getframe(1), "a Tensor made of a tracked one's data")
        begin(self, data, *args, **kwargs)

    def written(self: Any, value: Any) -> None:
        if tracked(self):
            watch.allows(sys._getframe(1), "other data for a tracked tensor")
        write(self, value)

    def entered(self: Any) -> None:
        watch.allows(sys._getframe(1), "no_grad")
        enter(self)

    def declared(name: str) -> None:
        function = getattr(autograd, name)

        def refused(*args: Any, **kwargs: Any) -> Any:
            watch.allows(sys._getframe(1), name)
            return function(*args, **kwargs)

        put(autograd, name, refused)

    for name in ("__complex__", "__float__", "__index__", "__int__", "__bool__", "__array__", "item", "tolist"):
        refuse(name)
    for name in ("__reduce__", "__getstate__", "__repr__", "__format__", "tobytes"):
        refuse(name)
    for name in ("detach", "requires_grad_"):
        refuse(name)
    for name in ("backward", "register_hook", "retain_grad"):
        refuse(name, always=True)
    for name in ("primitive", "elementwise", "linear", "nondifferentiable", "set_grad_enabled"):
        declared(name)
    put(Tensor, "__init__", made)
    put(Tensor, "data", property(read, written))
    put(Tensor, "numpy", read)
    put(Tensor, "requires_grad", property(Tensor.requires_grad.fget, lambda self, value: self.requires_grad_(value)))
    hide("_content", DATA)
    hide("_node", NODE)
    put(autograd.no_grad, "__enter__", entered)
    try:
        yield watch
    finally:
        for owner, name, value in reversed(changed):
            delattr(owner, name) if value is None else setattr(owner, name, value)


def leaks(results: Any) -> list[str]:
    """What of a layer's results is no part of the graph, though it is made of numbers."""
    if isinstance(results, tuple | list):
        return [leak for result in results for leak in leaks(result)]
    kind = getattr(getattr(results, "dtype", None), "kind", "")
    if isinstance(results, Held):
        return [f"{results.place}: what was read out of a tracked tensor leaves the layer"]
    if kind and kind in "fc" and not (isinstance(results, Tensor) and results.requires_grad):
        return [f"a result of shape {results.shape} has no gradient"]
    return []
