"""What stands for arrays while a function is traced, and is left in a user's objects when the trace has failed."""

from __future__ import annotations

import gc
from collections import deque
from types import CellType
from typing import Any

import numpy as np

from ..engine.tensor import Tensor
from .standin import Standin


def put_back(held: list[Standin]) -> None:
    """Put the arrays and numbers where what stands for them is: in lists, dicts, objects, closures and Tensors."""
    while held:
        item = held.pop()
        for holder in gc.get_referrers(item):
            _replace(holder, item)


def _replace(holder: Any, item: Standin) -> None:
    array: Any = item.array
    if isinstance(holder, Tensor):
        holder._content = np.asarray(array) if isinstance(array, np.generic | float) else array
    elif isinstance(holder, list | deque):
        for k, part in enumerate(holder):
            if part is item:
                holder[k] = array
    elif isinstance(holder, dict):
        for key in [key for key, part in holder.items() if part is item]:
            holder[key] = array
    elif isinstance(holder, CellType):
        holder.cell_contents = array
    elif isinstance(attributes := getattr(holder, "__dict__", None), dict):  # Python says the object, not its dict
        _replace(attributes, item)
