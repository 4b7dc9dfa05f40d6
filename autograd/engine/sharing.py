"""Which Tensors share memory, as a view and what it is a view of do: what is assigned to one, all of them are to see.

How they come to see it is in `ops/assignment.py`.
"""

from __future__ import annotations

from typing import Any
from weakref import ref

import numpy as np

from . import versions
from .modes import mode


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
    if not alive or not tensor.size:
        return []
    memory = _memory(tensor)
    return [member for member in alive if member.size and _memory(member) is memory]


def _memory(tensor: Any) -> Any:
    """The array whose memory it is; of what stood for one in a trace that has ended, the array itself."""
    content = tensor._content
    return versions._owner(content if mode.trace is not None else after_a_trace(content))


def after_a_trace(content: Any) -> Any:
    """What stands for an array though its trace has ended, as the array; anything else as it is.

    Under vmap what looks like an array stands for one of each example, and has no other.
    """
    if type(content) is np.ndarray or content.__class__ is not np.ndarray or mode.batch is not None:
        return content
    return content.__array__()
