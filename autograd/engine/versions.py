"""Which arrays were written in place, and when: so that a backward pass never uses a value that is no longer there.

Nothing is paid for this when an operation is recorded. Whoever writes into an array in place says so here; the time of
the write is on the clock that also orders the nodes. The backward pass compares a node's time with that of the last
write anywhere, and looks at its saved arrays only if that write came later.
"""

from __future__ import annotations

from typing import Any
from weakref import ref

import numpy as np

from .lines import Memory
from .modes import mode
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


def checksum(array: Any) -> int:
    """A number that changes with what an array holds, under vmap that of any example; 0 of what is not NumPy's."""
    from zlib import crc32  # here, for not all need it

    while type(array) is not np.ndarray and hasattr(array, "batch"):
        array = array.array
    return crc32(np.ascontiguousarray(array).data) if isinstance(array, np.ndarray) else 0


def suspect() -> None:
    """Have the backward pass look at what the nodes made until now have saved, though nobody said of a write."""
    global last_write
    last_write = tick()


def writing(array: Any) -> None:
    """Said before an array is written in place: who keeps what was there does so now."""
    if mode.writes is not None:
        mode.writes.keep(array)


class Writes:
    """Within it, what arrays held before they are written in place is kept, so that a program can be run again.

    It keeps no array alive, and nothing of those that have died.
    """

    def __init__(self) -> None:
        self.around: Writes | None = None
        # by the identity of an array that owns its memory: a weak reference, what it held, when it had been written
        self.kept: dict[int, tuple[Any, Any, int]] = {}

    def __enter__(self) -> None:
        self.around, mode.writes = mode.writes, self

    def __exit__(self, *error: object) -> None:
        mode.writes, self.around = self.around, None
        if mode.writes is not None:
            for owner, content, time in self.alive():
                mode.writes.keep(owner, content, time)

    def keep(self, array: Any, content: Any = None, time: int | None = None) -> None:
        owner = _owner(array)
        key, kept = id(owner), self.kept
        if key not in kept:
            content = owner.copy() if content is None else content
            kept[key] = ref(owner, lambda _: kept.pop(key, None)), content, _time(owner) if time is None else time

    def alive(self) -> list[tuple[Any, Any, int]]:
        found = [(reference(), content, time) for reference, content, time in self.kept.values()]
        return [entry for entry in found if entry[0] is not None]

    def swap(self) -> None:
        """Put back what the arrays held, and keep what they hold now instead; called again, the other way round."""
        for owner, content, time in self.alive():
            reference = self.kept[id(owner)][0]
            self.kept[id(owner)] = reference, owner.copy(), _time(owner)
            owner[...] = content
            touch(owner)
            _writes[id(owner)][1] = time

    def touch_changed(self) -> None:
        """Note a write to the arrays that hold anything else than what is kept of them."""
        for owner, content, _ in self.alive():
            if owner.tobytes() != content.tobytes():
                touch(owner)


def _time(owner: Any) -> int:
    """When the memory of an array was last written; before all nodes, if it never was."""
    known = _writes.get(id(owner))
    return known[1] if known is not None and known[0]() is owner else 1


def written_since(array: Any, order: int) -> bool:
    """Whether the memory of `array` was overwritten after the node of that order was made."""
    owner = _owner(array)
    known = _writes.get(id(owner))
    return known is not None and known[0]() is owner and bool(known[1] < order)


def came_read_only(array: Any) -> bool:
    """Whether the memory of `array` could not be written when it came: not if only this view of it is read-only, nor
    if it is NumPy's own, which whoever has it made read-only."""
    owner = _owner(array)
    own = owner.flags.owndata or type(owner.base) is Memory
    return not owner.flags.writeable and not own and id(owner) not in locked


def _owner(array: Any) -> Any:
    """The array that owns the memory: all views of it are overwritten together."""
    owner, kind = array, type(array)
    while (array := getattr(array, "base", None)) is not None:  # as_strided puts something else in between
        if type(array) is kind or type(array) is np.ndarray:  # in which those of all examples of a batch lie
            owner = array
    return owner


def record_of(array: Any) -> list[Any]:
    """Of an array that has been written: [a weak reference to what owns the memory, when that was]."""
    return _writes[id(_owner(array))]
