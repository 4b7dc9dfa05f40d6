"""What is left of a node's saved values once a backward pass has freed them: enough to draw it.

Numbers and options stay as they are; of an array that was a constant there is a weak reference, which keeps nothing
alive: whoever still has the data sees it in the picture.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from weakref import ref

import numpy as np

from .node import Node

_OPTIONS = {"axis", "axes", "ddof", "keepdims"}  # never arrays
PLAIN: set[type] = {
    bool, int, float, complex, str, slice, type, type(None), type(Ellipsis), type(np._NoValue),  # type: ignore[attr-defined]
    *np.sctypeDict.values(), *[type(np.dtype(code)) for code in np.typecodes["All"]],
}  # fmt: skip
"""The classes of what stays; others that hold no array may be added."""

_LOST = object()
_CONTAINERS = {tuple, list, dict}


Left = Callable[[tuple[Any, ...]], tuple[Any, ...]] | bool


@functools.cache
def left_of(names: tuple[str, ...], inputs: tuple[Any, ...]) -> tuple[Left, tuple[str, ...]]:
    """What makes of the saved values of these names what is left of them, and the names of that.

    False where that is nothing, True where it is all of them as they are. The result, the inputs that need a gradient,
    and their shapes are not among it: the graph tells them. Those of a sequence of arguments are.
    """
    ours = {"out", *inputs}
    remain = tuple([name for name in names if name not in ours and name.rpartition("_")[0] not in ours])
    options = {name for name in remain if name in _OPTIONS or name.endswith(("_number", "_shape", "_dtype"))}
    if not remain or len(options) == len(names):
        return bool(remain), remain
    parts = [(f"saved[{names.index(name)}]", name) for name in remain]
    kept = [
        part if name in options else f"{part} if {part}.__class__ in plain else left({part})" for part, name in parts
    ]
    made: Left = eval(f"lambda saved: ({', '.join(kept)},)", {"left": _left, "plain": PLAIN})
    return made, remain


def _left(value: Any) -> Any:
    kind = value.__class__
    if kind is np.ndarray and type(value) is kind:
        return ref(value)
    if kind in _CONTAINERS:
        return _within(_left, value)
    return value if kind in PLAIN else _LOST


def still_known(node: Node) -> dict[str, Any]:
    """What is left of the saved values of a node that was freed, by name, and is still there."""
    left = getattr(node, "left", ())  # it is not set before
    found = {name: _there(value) for name, value in zip(node.plan.remain, left, strict=False)}
    return {name: value for name, value in found.items() if value is not _LOST}


def _there(value: Any) -> Any:
    if type(value) is ref:
        array = value()
        return _LOST if array is None else array
    if type(value) in _CONTAINERS:
        made = _within(_there, value)
        return _LOST if any(item is _LOST for item in (made.values() if type(made) is dict else made)) else made
    return value


def _within(change: Callable[[Any], Any], container: Any) -> Any:
    if type(container) is dict:
        return {key: change(item) for key, item in container.items()}
    return type(container)([change(item) for item in container])
