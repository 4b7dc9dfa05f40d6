"""The calls of modules (and other scopes) that operations were made in: how they nest, and what each is called.

A module that is called three times makes three calls, `cell [1]`, `cell [2]` and `cell [3]`, each a group of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..engine.modes import Entry
from ..engine.node import Node


class Scopes:
    """All calls that the operations of a picture were made in.

    nodes   oldest first
    owners  of a parameter, by the order of its node: the names of its modules, with their classes
    """

    def __init__(self, nodes: Sequence[Node], owners: Mapping[int, set[tuple[str, str]]]) -> None:
        self._chains: dict[int, tuple[Entry, ...]] = {id(None): ()}
        self._labels: dict[int, str] = {}
        self._wholes = self._named_wholes(nodes, owners)
        self._own: set[int] = set()  # what has a name, and not that of its class only
        names: dict[tuple[int, str], list[Entry]] = {}  # the calls of one name directly inside of one call
        for node in nodes:
            if node.entry is not None and id(node.entry) not in self._labels:
                for call in self.around(node):
                    if id(call) not in self._labels:
                        own = call[1] or self._wholes.get(id(call), "")
                        self._labels[id(call)] = name = own or call[2] or "scope"
                        if own:
                            self._own.add(id(call))
                        names.setdefault((id(call[0]), name), []).append(call)
        for (_, name), calls in names.items():
            if len(calls) > 1:
                self._labels.update((id(call), f"{name} [{n}]") for n, call in enumerate(calls, 1))
        self.deepest = max(map(len, self._chains.values()))

    def around(self, node: Node) -> tuple[Entry, ...]:
        """The calls that a node was made in, outermost first."""
        known = self._chains.get(id(node.entry))
        if known is None:
            found, call = [], node.entry
            while call is not None:
                found.append(call)
                call = call[0]
            known = self._chains[id(node.entry)] = tuple(reversed(found))
        return known

    def _named_wholes(self, nodes: Sequence[Node], owners: Mapping[int, set[tuple[str, str]]]) -> dict[int, str]:
        """What the user calls the module of an outermost call: the one whose parameters, and no other's, it uses."""
        found: dict[int, tuple[Entry, set[tuple[str, str]]]] = {}
        for node in nodes if owners else ():
            around = self.around(node)
            for parent in node.parents if around else ():
                if parent.order in owners:
                    of = owners[parent.order]
                    known = found.setdefault(id(around[0]), (around[0], set(of)))
                    known[1].intersection_update(of)
        wholes = {}
        for call, modules in found.values():
            names = [name for name, kind in sorted(modules) if call[1] or kind == call[2]]
            if len(names) == 1:
                wholes[id(call)] = names[0]
        return wholes

    def whole(self, call: Entry) -> str:
        """What the user calls the module of an outermost call; "" if that is not known."""
        return self._wholes.get(id(call), "")

    def kind(self, call: Entry) -> str:
        """The class of the module, unless the call is called by it."""
        return call[2] if id(call) in self._own else ""

    def place(self, calls: Iterable[Entry]) -> tuple[str, ...]:
        """What each of these calls is called; different calls inside of one are called differently."""
        return tuple([self._labels[id(call)] for call in calls])


def path(calls: Iterable[Entry]) -> str:
    """The name of the module as its outermost parent knows it, such as "encoder.0"; the parent's own is ""."""
    return ".".join(call[1] for call in calls if call[1])


def common(a: tuple[Entry, ...], b: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The calls that both were made in."""
    n = 0
    while n < min(len(a), len(b)) and a[n] is b[n]:
        n += 1
    return a[:n]
