"""Where that lies which functions of the engine need on the way to their results: in the program's block of memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine.lending import Lent, Need, Watched
from .functions import run
from .memory import LARGE, Block, rounded

_OURS = "autograd.ops"


class Needs:
    """What a function asks for on the way to its result: arrays of which some are used one after another.

    all      in their order
    offsets  where each lies in a room, or None for results and parts of them
    size     of the room, in bytes
    result   which one is the memory of the result, and of nothing else; None if there is none
    """

    def __init__(self, needs: Sequence[Need], result: Any) -> None:
        self.all = needs
        block = Block()
        self.offsets: list[int | None] = []
        for k, need in enumerate(needs):
            for earlier, offset in zip(needs[:k], self.offsets, strict=True):
                if offset is not None and earlier.end == k and earlier.end > earlier.start:
                    block.give(offset, rounded(earlier.nbytes))
            self.offsets.append(None if need.leaves else block.lend(rounded(need.nbytes)))
        self.size = block.top
        leaving = [k for k, need in enumerate(needs) if need.leaves]
        whole = isinstance(result, np.ndarray) and len(leaving) == 1 and needs[leaving[0]].nbytes == result.nbytes
        self.result = leaving[0] if whole else None


def watched(function: Any, args: Any, kwargs: Any) -> tuple[Any, Needs | None]:
    """What a function gives, and what large memory it needed for that; None where it asked for none."""
    if not str(getattr(function, "__module__", "")).startswith(_OURS):
        return run(function, args, kwargs), None
    with Watched() as watch:
        result = run(function, args, kwargs)
    needs = watch.needs(result)
    if sum([need.nbytes for need in needs]) < LARGE:
        return result, None
    return result, Needs(needs, result)


class InRoom:
    """Calls a function with memory for what it asks for.

    room    bytes, of which it needs some on the way
    target  where its result is to be; None for memory of NumPy's
    """

    def __init__(self, needs: Needs, room: Any, target: Any) -> None:
        arrays: list[Any] = []
        for k, (need, offset) in enumerate(zip(needs.all, needs.offsets, strict=True)):
            memory = None if offset is None else room[offset : offset + need.nbytes]
            if k == needs.result and target is not None:
                memory = _bytes_of(target)
            arrays.append(None if memory is None else np.ndarray(need.shape, need.dtype, memory, 0, need.strides))
        self._lent = Lent([need.asked for need in needs.all], arrays)
        self._target = target

    def __call__(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with self._lent:
            made = function(*args, **kwargs)
        target = self._target
        if target is None:
            return made
        if made.__array_interface__ != target.__array_interface__:
            target[...] = made
        return target


def _bytes_of(array: Any) -> Any:
    """The memory of an array that has no gaps."""
    order = sorted(range(array.ndim), key=array.strides.__getitem__, reverse=True)
    return array.transpose(order).reshape(-1).view(np.uint8)
