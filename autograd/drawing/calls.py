"""The calls of modules (and other scopes) that operations were made in: how they nest, and what each is called.

A module that is called three times makes three calls, `cell [1]`, `cell [2]` and `cell [3]`, each a group of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..graph import Node
from ..modes import Call


class Calls:
    """All calls that the operations of a picture were made in.

    nodes  oldest first
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._chains: dict[int, tuple[Call, ...]] = {id(None): ()}
        self._labels: dict[int, str] = {}
        names: dict[tuple[int, str], list[Call]] = {}  # the calls of one name directly inside of one call
        for node in nodes:
            if id(node.call) not in self._chains:
                for call in self.around(node):
                    if id(call) not in self._labels:
                        self._labels[id(call)] = name = call[1] or call[2] or "scope"
                        names.setdefault((id(call[0]), name), []).append(call)
        for (_, name), calls in names.items():
            if len(calls) > 1:
                self._labels.update((id(call), f"{name} [{n}]") for n, call in enumerate(calls, 1))
        self.deepest = max(map(len, self._chains.values()))

    def around(self, node: Node) -> tuple[Call, ...]:
        """The calls that a node was made in, outermost first."""
        known = self._chains.get(id(node.call))
        if known is None:
            found, call = [], node.call
            while call is not None:
                found.append(call)
                call = call[0]
            known = self._chains[id(node.call)] = tuple(reversed(found))
        return known

    def place(self, calls: Iterable[Call]) -> tuple[str, ...]:
        """What each of these calls is called; different calls inside of one are called differently."""
        return tuple([self._labels[id(call)] for call in calls])


def path(calls: Iterable[Call]) -> str:
    """The name of the module as its outermost parent knows it, such as "encoder.0"; the parent's own is ""."""
    return ".".join(call[1] for call in calls if call[1])


def common(a: tuple[Call, ...], b: tuple[Call, ...]) -> tuple[Call, ...]:
    """The calls that both were made in."""
    n = 0
    while n < min(len(a), len(b)) and a[n] is b[n]:
        n += 1
    return a[:n]
