"""The containers among a call's arguments: the trace is given others, and what it does to them is done to these."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..transforms.tree import fields_of, is_dataclass, leaves, rebuild


class Containers:
    """The lists, dicts and dataclasses of `own`, and those of `given`, which is built alike."""

    def __init__(self, own: Any, given: Any) -> None:
        self._pairs = [(a, b, _content(b)) for a, b in _pairs(own, given)]
        self._known = {id(b): (b, a) for a, b, _ in self._pairs}
        self._known |= {id(b): (b, a) for a, b in zip(leaves(own), leaves(given), strict=True)}

    def give_back(self, real: Callable[[Any], Any]) -> bool:
        """Do to the own ones what was done to the given ones; whether anything was."""
        changed = False
        for own, given, before in self._pairs:
            now = _content(given)
            if now.keys() == before.keys() and all(now[key] is before[key] for key in now):
                continue
            changed = True
            content = {key: self._own(value, real) for key, value in now.items()}
            if isinstance(own, list):
                own[:] = content.values()
            elif isinstance(own, dict):
                own.clear()
                own.update(content)
            else:
                for key, value in content.items():
                    object.__setattr__(own, key, value)
        return changed

    def _own(self, value: Any, real: Callable[[Any], Any]) -> Any:
        known = self._known.get(id(value))
        if known is not None:
            return known[1]
        if type(value) in (list, tuple):
            return type(value)([self._own(part, real) for part in value])
        if type(value) is dict:
            return {key: self._own(part, real) for key, part in value.items()}
        return rebuild(value, iter([self._known.get(id(leaf), (leaf, real(leaf)))[1] for leaf in leaves(value)]))


def _content(container: Any) -> dict[Any, Any]:
    if isinstance(container, dict):
        return dict(container)
    if isinstance(container, list):
        return dict(enumerate(container))
    return {name: getattr(container, name) for name in fields_of(container)}


def _pairs(own: Any, given: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(own, dict):
        yield own, given
        for key in own:
            yield from _pairs(own[key], given[key])
    elif isinstance(own, list | tuple):
        if isinstance(own, list):
            yield own, given
        for a, b in zip(own, given, strict=True):
            yield from _pairs(a, b)
    elif is_dataclass(own):
        yield own, given
        for name in fields_of(own):
            yield from _pairs(getattr(own, name), getattr(given, name))
