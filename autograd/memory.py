"""What a recorded computation keeps for its backward pass: which operation of which module, and how many bytes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from .engine import versions
from .engine.node import walk
from .engine.tensor import Tensor


class Kept(NamedTuple):
    """A row of a memory table: what the operations of one name in one module keep.

    scope      the module's path; "" outside of any
    operation  the primitive's name
    nodes      how often it was recorded there
    alone      bytes that only the graph keeps: they are freed by the backward pass
    shared     bytes of arrays that somebody else holds too: parameters, the data, a tensor in a variable
    """

    scope: str
    operation: str
    nodes: int
    alone: int
    shared: int


class MemoryTable:
    """What `memory_table` gives: `rows` (of `Kept`), oldest first, and the sums over them.

    alone   bytes of arrays that only the graph keeps
    shared  bytes of arrays that somebody else holds too
    nodes   how many operations were recorded
    freed   how many of them a backward pass has freed already

    Its text, and in a notebook its table, lists the rows that keep anything.
    """

    def __init__(self, rows: list[Kept], freed: int) -> None:
        self.rows = rows
        self.freed = freed
        self.nodes = sum(row.nodes for row in rows)
        self.alone = sum(row.alone for row in rows)
        self.shared = sum(row.shared for row in rows)

    def __repr__(self) -> str:
        lines = self._lines()
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(cell.rjust(n) if k > 1 else cell.ljust(n) for k, (cell, n) in enumerate(zip(line, widths)))  # noqa: B905
            for line in lines
        )

    def _repr_html_(self) -> str:
        from html import escape

        def row(cells: tuple[str, ...], tag: str) -> str:
            sides = ("left", "left", "right", "right", "right")
            parts = [f'<{tag} style="text-align: {s}">{escape(c)}</{tag}>' for c, s in zip(cells, sides, strict=True)]
            return f"<tr>{''.join(parts)}</tr>"

        head, *body, total = self._lines()
        parts = [row(head, "th"), *(row(line, "td") for line in body), row(total, "th")]
        return f"<table>{''.join(parts)}</table>"

    def _lines(self) -> list[tuple[str, ...]]:
        total = f"total ({self.freed:,} nodes freed)" if self.freed else "total"
        shown = [row for row in self.rows if row.alone or row.shared]
        return [
            ("module", "operation", "nodes", "only the graph", "others too"),
            *((row.scope, row.operation, f"{row.nodes:,}", f"{row.alone:,}", f"{row.shared:,}") for row in shown),
            (total, "", f"{self.nodes:,}", f"{self.alone:,}", f"{self.shared:,}"),
        ]


def memory_table(*outputs: Tensor) -> MemoryTable:
    """What the graph of `outputs` keeps for the backward pass, in bytes, per module and operation.

    An array counts once, with the oldest operation that saved it or a view of it, and as a whole. "only the graph" is
    what a backward pass frees; "others too" is held by somebody else as well (a parameter, the data, a tensor in a
    variable), so that freeing the graph does not free it. The records themselves, some 300 bytes a node, are left out.

    Raises TypeError if an output is not a Tensor.

    >>> x = Tensor(np.ones((100, 10)), requires_grad=True)
    >>> w = Tensor(np.ones((10, 10)), requires_grad=True)
    >>> loss = (np.tanh(x @ w) * 2).sum()
    >>> memory_table(loss)
    module  operation  nodes  only the graph  others too
            matmul         1               0       8,800
            tanh           1           8,000           0
    total                  4           8,000       8,800
    >>> loss.backward()
    >>> memory_table(loss).alone
    0
    """
    for output in outputs:
        if not isinstance(output, Tensor):
            raise TypeError(f"memory_table: expected Tensors, got {type(output).__name__}; pass them one by one")
    holders: dict[int, list[Any]] = {}  # for each array, and each that it is a view of: [it, references in the graph]
    homes: dict[int, tuple[str, str]] = {}  # for each array that owns memory: the row that it counts in
    counts: dict[tuple[str, str], int] = {}
    freed = 0
    for node in reversed(walk([output._node for output in outputs if output._node is not None])):
        if node.plan is None:
            continue
        key = (node.scope or "", node.name)
        counts[key] = counts.get(key, 0) + 1
        freed += node.saved is None
        for array in _arrays(node.saved):
            while id(array) not in holders:
                holders[id(array)] = [array, 1]
                base = getattr(array, "base", None)
                if type(base) is not type(array):
                    homes[id(array)] = key
                    break
                array = base  # a view holds what it shows
            else:
                holders[id(array)][1] += 1
    array = base = None  # or they would count as holders
    return _table(holders, homes, counts, freed)


def _table(
    holders: dict[int, list[Any]], homes: dict[int, tuple[str, str]], counts: dict[tuple[str, str], int], freed: int
) -> MemoryTable:
    outside = {
        id(versions._owner(entry[0])) for entry in holders.values() if sys.getrefcount(entry[0]) > _ALONE + entry[1]
    }
    alone, shared = dict.fromkeys(counts, 0), dict.fromkeys(counts, 0)
    for identity, key in homes.items():
        (shared if identity in outside else alone)[key] += holders[identity][0].nbytes
    return MemoryTable([Kept(*key, n, alone[key], shared[key]) for key, n in counts.items()], freed)


def _arrays(value: Any) -> Iterator[Any]:
    """The arrays among what a node saved."""
    if isinstance(value, tuple):
        for item in value:
            yield from _arrays(item)
    elif hasattr(value, "nbytes") and hasattr(value, "shape"):
        yield value


def _count_alone() -> int:
    """What sys.getrefcount says of an array that nobody holds but an entry (it differs between Pythons)."""
    import numpy as np

    entry = [np.empty(0), 0]
    return sys.getrefcount(entry[0])


_ALONE = _count_alone()
