"""Memory for large results, and for what functions need on the way to them: NumPy's, or what is lent.

A program lays all that it makes into one block. What a function of the engine makes within would lie beside it, such as
the windows of a convolution. So such functions ask for memory here, and who runs them may lend some: it knows what they
ask for from when it watched them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple
from weakref import ref

import numpy as np

from .modes import mode


def empty(shape: tuple[int, ...], dtype: Any) -> Any:
    """As np.empty."""
    if mode.lender is None:
        return np.empty(shape, dtype)
    return mode.lender.lend((shape, dtype), lambda: np.empty(shape, dtype))


def empty_like(x: Any, dtype: Any = None) -> Any:
    """As np.empty_like."""
    if mode.lender is None or type(x) is not np.ndarray:
        return np.empty_like(x, dtype=dtype)
    return mode.lender.lend((x.shape, x.strides, dtype or x.dtype), lambda: np.empty_like(x, dtype=dtype))


def zeros_like(x: Any, dtype: Any = None) -> Any:
    """As np.zeros_like."""
    if mode.lender is None or type(x) is not np.ndarray:
        return np.zeros_like(x, dtype=dtype)
    made = empty_like(x, dtype)
    made[...] = 0
    return made


def copied(x: Any) -> Any:
    """As np.copy."""
    if mode.lender is None or type(x) is not np.ndarray:
        return x.copy(order="K")
    made = empty_like(x)
    made[...] = x
    return made


def contiguous(x: Any) -> Any:
    """As np.ascontiguousarray of an array."""
    if mode.lender is None or x.flags.c_contiguous:
        return np.ascontiguousarray(x)
    made = empty(x.shape, x.dtype)
    made[...] = x
    return made


empty.printed_as = np.empty  # type: ignore[attr-defined]
empty_like.printed_as = np.empty_like  # type: ignore[attr-defined]
zeros_like.printed_as = np.zeros_like  # type: ignore[attr-defined]
copied.printed_as = np.copy  # type: ignore[attr-defined]
contiguous.printed_as = np.ascontiguousarray  # type: ignore[attr-defined]


class Need(NamedTuple):
    """An array that a function asks for.

    asked       what tells it
    shape, dtype, strides   how it lies
    start, end  how many it asks for before this one, and until this one is not used any more
    leaves      whether it is a result, or a part of one
    """

    asked: Any
    shape: tuple[int, ...]
    dtype: Any
    strides: tuple[int, ...]
    start: int
    end: int
    leaves: bool

    @property
    def nbytes(self) -> int:
        return int(np.prod(self.shape)) * int(self.dtype.itemsize)


class Watched:
    """Within it, what is asked for is NumPy's memory, and noted."""

    def __init__(self) -> None:
        self._noted: list[Any] = []
        self._owners: list[Any] = []  # weak references to what has the memory
        self._ends: dict[int, int] = {}

    def __enter__(self) -> Watched:
        self._before, mode.lender = (mode.lender, mode.once), self
        mode.once = None  # what rules make for each other, a program does not keep
        return self

    def __exit__(self, *_: object) -> None:
        mode.lender, mode.once = self._before

    def lend(self, asked: Any, make: Callable[[], Any]) -> Any:
        self._look()
        made = make()
        self._noted.append((asked, made.shape, made.dtype, made.strides))
        self._owners.append(ref(owner_of(made)))
        return made

    def needs(self, result: Any) -> list[Need]:
        """What was asked for on the way to a result; nothing, where some of it is still used and is no part of that."""
        self._look()
        leaving = {id(owner_of(part)) for part in _arrays(result)}
        found = []
        for k, (noted, owner) in enumerate(zip(self._noted, self._owners, strict=True)):
            leaves = (alive := owner()) is not None and id(alive) in leaving
            if alive is not None and not leaves:
                return []
            asked, shape, dtype, strides = noted
            found.append(Need(asked, shape, dtype, strides, k, self._ends.get(k, len(self._noted)), leaves))
        return found

    def _look(self) -> None:
        for k, owner in enumerate(self._owners):
            if k not in self._ends and owner() is None:
                self._ends[k] = len(self._owners)


class Lent:
    """Memory for what a function asks for at each call: the arrays, or None where it is NumPy's."""

    def __init__(self, asked: Sequence[Any], arrays: Sequence[Any]) -> None:
        self._asked, self._arrays = asked, arrays
        self._next = 0

    def __enter__(self) -> None:
        self._before, mode.lender = mode.lender, self
        self._next = 0

    def __exit__(self, *_: object) -> None:
        mode.lender = self._before

    def lend(self, asked: Any, make: Callable[[], Any]) -> Any:
        k = self._next
        if k < len(self._asked) and self._asked[k] == asked:
            self._next += 1
            return make() if self._arrays[k] is None else self._arrays[k]
        self._next = len(self._asked)  # it does something else this time
        return make()


def owner_of(array: Any) -> Any:
    """What has an array's memory."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _arrays(item: Any) -> Iterator[Any]:
    if isinstance(item, np.ndarray):
        yield item
    elif isinstance(item, tuple | list):
        for part in item:
            yield from _arrays(part)
