"""What a call looks like to `compile`, so that it can be said what was different."""

from __future__ import annotations

from typing import Any

from ..engine.modes import mode
from ..engine.tensor import Tensor
from ..transforms.tree import leaves
from .places import Surroundings


def signature(args: Any, kwargs: Any, around: Surroundings) -> dict[str, str]:
    """By name, what each argument and each thing outside is, in words."""
    said = {}
    for i, item in enumerate(args):
        said.update(_parts(f"argument {i}", item))
    for name, item in kwargs.items():
        said.update(_parts(f"argument {name}", item))
    said["recording"] = "on" if mode.recording is not False else "off"
    for place, value in around.plain:
        said.setdefault(place.name, repr(value))
    for place, value in around.objects:
        said.setdefault(place.name, f"{type(value).__name__} at {id(value):#x}")
    for tensor, name in around.tensors.values():
        said[f"{name} (its array)"] = _said(tensor)
        said[f"{name}.grad"] = "None" if tensor._grad is None else "there"
    return said


def difference(before: dict[str, str], now: dict[str, str]) -> str:
    """The first thing that is different, in words."""
    for name, text in now.items():
        if before.get(name) != text:
            return f"{name} is {text}, and was {before.get(name, 'not there')}"
    return "something that it uses is another object"


def _parts(name: str, item: Any) -> dict[str, str]:
    parts = leaves(item)
    if len(parts) == 1:
        return {name: _said(parts[0])}
    return {f"{name}, leaf {i}": _said(part) for i, part in enumerate(parts)} | {name: f"{len(parts)} leaves"}


def _said(item: Any) -> str:
    if isinstance(item, Tensor):
        array = item._content
        needs = "" if item._node is None else ", which requires a gradient"
        return f"a Tensor {array.dtype} {array.shape} {getattr(array, 'strides', '')}{needs}"
    if hasattr(item, "dtype") and hasattr(item, "shape"):
        return f"{item.dtype} {item.shape} {getattr(item, 'strides', '')}"
    return "a float" if isinstance(item, float) else repr(item)[:80]
