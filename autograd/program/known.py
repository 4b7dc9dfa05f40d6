"""What a trace knows of arrays: the value of each, and whose memory it lies in."""

from __future__ import annotations

import sys
from typing import Any
from weakref import ref

import numpy as np

from ..engine.sums import is_ones
from .values import Value


class Known:
    """The values of one trace, found by their arrays.

    values  all of them, in their order
    """

    def __init__(self) -> None:
        self.values: list[Value] = []
        self._roots: dict[int, tuple[Any, Value]] = {}  # by what owns memory: that, weakly, and its value
        self._entered: dict[int, tuple[Any, Value]] = {}  # by what came from outside
        self._copies: list[tuple[Any, Any]] = []  # constants, and what they were

    def new(self, kind: str, array: Any, name: str | None = None) -> Value:
        """The value of an array, in memory of its own or of which there is a value."""
        root = self.root_of(array)
        value = Value(len(self.values), kind, array, root, name)
        self.values.append(value)
        if isinstance(array, np.ndarray) and root is None:
            owner = _owner(array)
            self._roots[id(owner)] = ref(owner), value
        return value

    def enter(self, kind: str, array: Any, name: str | None = None) -> Value:
        """The same of an array that came from outside, and is known from then on."""
        value = self.new(kind, array, name)
        if hasattr(array, "dtype"):
            self._entered[id(array)] = array, value
        return value

    def entered(self, array: Any) -> Value | None:
        """The value of an array that came from outside."""
        known = self._entered.get(id(array))
        return known[1] if known is not None and known[0] is array else None

    def constant(self, array: Any) -> Value:
        """The value of an array of which nothing is known: it counts as it is."""
        value = self.entered(array)
        if value is None:
            value = self.enter("constant", array)
            self._copies.append((array, array.copy()))
        return value

    def changed_constant(self) -> Any:
        """A constant that has been written to since; None if there is none."""
        for array, copy in self._copies:
            if array.dtype.kind in "fciub" and array.tobytes() != copy.tobytes():
                return array
        return None

    def shared_constants(self) -> list[tuple[Any, bytes]]:
        """The constants that somebody else has as well, and may write to later, with what they were."""
        counts = self.counts()
        return [
            (array, copy.tobytes())
            for (array, copy), (own, of_owner) in zip(self._copies, counts, strict=True)
            if isinstance(array, np.ndarray)
            and not is_ones(_owner(array))
            and (own > _OURS[_owner(array) is array][0] or of_owner > _OURS[_owner(array) is array][1])
        ]

    def counts(self) -> list[tuple[int, int]]:
        """How many refer to each constant, and to the owner of its memory."""
        return [(sys.getrefcount(array), sys.getrefcount(_owner(array))) for array, _ in self._copies]

    def root_of(self, array: Any) -> Value | None:
        """The value that owns the memory of an array, if that is known."""
        if not isinstance(array, np.ndarray):
            return None
        owner = _owner(array)
        known = self._roots.get(id(owner))
        return known[1] if known is not None and known[0]() is owner else None


def _owner(array: Any) -> Any:
    """The array that owns the memory."""
    owner = array
    while (array := getattr(array, "base", None)) is not None:
        if isinstance(array, np.ndarray):
            owner = array
    return owner


def _counts_of_ours() -> list[tuple[int, int]]:
    known = Known()
    known.constant(np.empty((2, 1))[0])
    known.constant(np.empty(1))
    return known.counts()


_OURS = _counts_of_ours()
"""How many refer to a constant that is nobody else's: to a view, and to an array that owns its memory."""
