"""Helpers of tuples and graphs, under the names that they have in HIPS autograd."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any


def subvals(x: Any, changes: Iterable[tuple[int, Any]]) -> tuple[Any, ...]:
    """The sequence with other values at some places, as a tuple.

    >>> from autograd.util import subvals
    >>> subvals((1, 2, 3), [(0, 10), (2, 30)])
    (10, 2, 30)
    """
    items = list(x)
    for i, value in changes:
        items[i] = value
    return tuple(items)


def subval(x: Any, i: int, value: Any) -> tuple[Any, ...]:
    """The sequence with another value at place i, as a tuple."""
    return subvals(x, [(i, value)])


def func(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function of a method, which it is already in Python 3."""
    return f


def toposort(end_node: Any, parents: Callable[[Any], Iterable[Any]] = operator.attrgetter("parents")) -> Iterator[Any]:
    """The nodes that a node was computed from, itself first, each after all that were computed from it.

    >>> from autograd.util import toposort
    >>> list(toposort("a", {"a": "bc", "b": "c", "c": ""}.get))
    ['a', 'b', 'c']
    """
    waiting = {end_node: 0}
    stack = [end_node]
    while stack:
        for parent in parents(stack.pop()):
            if parent not in waiting:
                stack.append(parent)
            waiting[parent] = waiting.get(parent, 0) + 1
    ready = [end_node]
    while ready:
        node = ready.pop()
        yield node
        for parent in parents(node):
            waiting[parent] -= 1
            if not waiting[parent]:
                ready.append(parent)
