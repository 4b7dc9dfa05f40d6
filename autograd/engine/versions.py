"""Which arrays were written in place, and when: so that a backward pass never uses a value that is no longer there.

Nothing is paid for this when an operation is recorded. Whoever writes into an array in place says so here; the time of
the write is on the clock that also orders the nodes. The backward pass compares a node's time with that of the last
write anywhere, and looks at its saved arrays only if that write came later.
"""

from __future__ import annotations

from typing import Any
from weakref import ref

from .node import tick

last_write = 0
"""When any array was last written; the clock counts down, so a smaller number is later."""

_writes: dict[int, list[Any]] = {}
"""By the identity of an array that owns its memory: a weak reference to it, and when it was last written."""

locked: dict[int, int] = {}
"""The arrays that anomaly mode keeps read-only, by their identity: for how many nodes."""


def touch(array: Any) -> None:
    """Note that the memory of `array` has been overwritten just now."""
    global last_write
    last_write = now = tick()
    owner = _owner(array) if getattr(array, "base", None) is not None else array
    key = id(owner)
    known = _writes.get(key)
    if known is not None and known[0]() is owner:
        known[1] = now
    else:
        _writes[key] = [ref(owner, lambda _: _writes.pop(key, None)), now]


def written_since(array: Any, order: int) -> bool:
    """Whether the memory of `array` was overwritten after the node of that order was made."""
    owner = _owner(array)
    known = _writes.get(id(owner))
    return known is not None and known[0]() is owner and bool(known[1] < order)


def came_read_only(array: Any) -> bool:
    """Whether the memory of `array` could not be written when it came: not if only this view of it is read-only."""
    owner = _owner(array)
    return not owner.flags.writeable and id(owner) not in locked


def _owner(array: Any) -> Any:
    """The array that owns the memory: all views of it are overwritten together."""
    owner, kind = array, type(array)
    while (array := getattr(array, "base", None)) is not None:  # as_strided puts something else in between
        if type(array) is kind:
            owner = array
    return owner
