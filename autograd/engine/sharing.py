"""Which Tensors share memory, as a view and what it is a view of do: what is assigned to one, all of them are to see.

How they come to see it is in `ops/assignment.py`.
"""

from __future__ import annotations

from typing import Any
from weakref import ref

from . import versions


def note_view(source: Any, view: Any) -> None:
    """Note that two Tensors share memory, for an assignment to either."""
    family = source._family
    if family is None:
        family = source._family = [ref(source)]
    family.append(ref(view))
    view._family = family
    if len(family) & (len(family) - 1) == 0:  # at each power of two: drop the dead, so that it stays linear
        family[:] = [member for member in family if member() is not None]


def others(tensor: Any) -> list[Any]:
    """The other Tensors that lie in the memory of this one, if it has any."""
    alive = [member for known in tensor._family or () if (member := known()) is not None and member is not tensor]
    memory = versions._owner(tensor._content)
    return [m for m in alive if m.size and versions._owner(m._content) is memory] if tensor.size else []
