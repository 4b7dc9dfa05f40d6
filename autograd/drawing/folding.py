"""Which parts of a graph are drawn closed, as one box: modules below a depth, and what is left over in mid-time.

A closed part is always a run of operations that follow each other in time. Whatever lies on a path between two of them
is then in the same run, so closing never makes a circle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection

from ..engine.modes import Entry
from ..engine.node import Node
from .scopes import Scopes

STUBS = 6
"""A value with more uses than this is drawn as numbered stubs instead of with an arrow to each use."""

MOST, CHAIN = 400, 40
"""A picture has so many boxes, unless it is asked for more; and so many operations in a row, where rows go across."""

COARSE = 10
"""Scopes are not closed to save room where less than this part of it would then be used."""


def readable(nodes: list[Node], across: bool) -> int:
    """How many boxes there may be: fewer where a row of operations would grow wider than one can read.

    nodes   newest first
    across  whether what follows is drawn beside, and not below
    """
    longest: dict[int, int] = {}
    for node in reversed(nodes):
        before = max((longest.get(parent.order, 0) for parent in node.parents), default=0)
        longest[node.order] = before + is_operation(node)
    chain = max(longest.values(), default=0)
    if chain <= CHAIN or not across:
        return MOST
    return min(MOST, sum(map(is_operation, nodes)) * CHAIN // chain)


class Block:
    """A closed part: the call it is (with those around it), its operations counted by name, and its own leaves.

    What was closed only to save room, and is no call, has no calls.
    """

    __slots__ = ("calls", "leaves", "operations", "size")

    def __init__(self, calls: tuple[Entry, ...]) -> None:
        self.calls = calls
        self.size = 0
        self.operations: Counter[str] = Counter()
        self.leaves: list[Node] = []

    def add(self, node: Node) -> None:
        if is_operation(node):
            self.size += 1
            self.operations[node.name] += 1


def is_operation(node: Node) -> bool:
    """Whether a reader would count it: no leaf, and not one of several results picked out."""
    return node.plan is not None and node.name != "output"


def fold(
    nodes: list[Node], calls: Scopes, depth: int | None, most: int, outputs: Collection[int],
    extra: Callable[[Node], int], stays: Callable[[Node], bool],
) -> tuple[dict[int, Block], bool]:  # fmt: skip
    """The closed parts, by the order of each node in them; and whether `most` forced more to be closed than asked.

    nodes    newest first
    depth    calls nested deeper than this are closed; None: none
    most     how many boxes there may be
    outputs  the orders of nodes that stay open if at all possible
    extra    how many boxes of its own an operation brings along (its constants)
    stays    whether a leaf stays open even where only one closed module uses it
    """
    uses = count_uses(nodes)
    first = calls.deepest if depth is None else min(depth, calls.deepest)
    finer: dict[int, Block] | None = None
    for level in range(first, -1, -1):
        blocks = {} if level >= calls.deepest else _close(nodes, calls, level)
        _absorb(nodes, blocks, stays)
        boxes = _count(nodes, blocks, uses, extra, most)
        if level < first and boxes < most // COARSE and finer is not None:
            blocks = finer  # this level would waste most of the room
            break
        if boxes <= most:
            return blocks, level < first
        finer = blocks
    return _close_middle(nodes, blocks, uses, most, outputs, extra), True


def count_uses(nodes: list[Node]) -> dict[int, int]:
    """How often each value is used, by the order of its node."""
    uses: dict[int, int] = {}
    for node in nodes:
        for parent in node.parents:
            uses[parent.order] = uses.get(parent.order, 0) + 1
    return uses


def _close(nodes: list[Node], calls: Scopes, depth: int) -> dict[int, Block]:
    """Every run of operations inside of one call below `depth` becomes a block."""
    blocks: dict[int, Block] = {}
    current: Block | None = None
    for node in reversed(nodes):
        if node.plan is None:
            continue
        around = calls.around(node)
        if len(around) <= depth:
            current = None
            continue
        if current is None or current.calls[-1] is not around[depth]:
            current = Block(around[: depth + 1])
        current.add(node)
        blocks[node.order] = current
    return blocks


def _absorb(nodes: list[Node], blocks: dict[int, Block], stays: Callable[[Node], bool]) -> None:
    """A leaf that only one block uses goes into it."""
    if not blocks:
        return
    owner: dict[int, Block | None] = {}
    for node in nodes:
        block = blocks.get(node.order)
        for parent in node.parents:
            if parent.plan is None:
                known = owner.setdefault(parent.order, block)
                if known is not block:
                    owner[parent.order] = None
    for node in nodes:
        block = owner.get(node.order) if node.plan is None else None
        if block is not None and not stays(node):
            blocks[node.order] = block
            block.leaves.append(node)


def _count(
    nodes: list[Node], blocks: dict[int, Block], uses: dict[int, int], extra: Callable[[Node], int], most: int
) -> int:
    """How many boxes there would be; above `most` the graph is not looked at any further."""
    cost = len({id(block) for block in blocks.values()})
    for node in nodes:
        if cost > most:
            break
        if node.order not in blocks:
            cost += _own_cost(node, uses, extra)
    return cost


def _own_cost(node: Node, uses: dict[int, int], extra: Callable[[Node], int]) -> int:
    n = uses.get(node.order, 0)
    return 1 + (n > 1) + (n if n > STUBS else 0) + (extra(node) if node.plan is not None else 0)


def _close_middle(
    nodes: list[Node], blocks: dict[int, Block], uses: dict[int, int], most: int, outputs: Collection[int],
    extra: Callable[[Node], int],
) -> dict[int, Block]:  # fmt: skip
    """Keep what is newest and oldest open as far as there is room; what lies between becomes blocks."""
    items = _items(nodes, blocks)
    room = max(most - 2, 1)
    pinned = outputs if len(outputs) <= room // 4 else ()
    kept = [any(node.order in pinned for node in item) for item in items]
    shown: set[int] = set()  # the orders of leaves
    spent = 0

    def price(item: list[Node]) -> int:
        if item[0].order in blocks:
            return 2
        (node,) = item
        leaves = [p for p in {p.order: p for p in node.parents}.values() if p.plan is None and p.order not in shown]
        busy = sum(uses[p.order] > STUBS for p in node.parents)
        return 1 + (uses.get(node.order, 0) > 1) + busy + 2 * len(leaves) + extra(node) + (node.order in pinned)

    def keep(k: int, limit: int) -> bool:
        nonlocal spent
        cost = price(items[k])
        if spent + cost > limit:
            return False
        spent += cost
        kept[k] = True
        shown.update(p.order for node in items[k] for p in node.parents if p.plan is None and p.order not in blocks)
        return True

    for k in [k for k, is_pinned in enumerate(kept) if is_pinned]:
        kept[k] = keep(k, room)
    newest, oldest = len(items) - 1, 0
    while newest >= 0 and (kept[newest] or keep(newest, room * 2 // 3)):
        newest -= 1
    while oldest < newest and (kept[oldest] or keep(oldest, room)):
        oldest += 1

    closed: dict[int, Block] = {}
    current: Block | None = None
    for item, open_ in zip(items, kept, strict=True):
        if open_:
            if item[0].order in blocks:
                closed.update((node.order, blocks[node.order]) for node in item)
            current = None
            continue
        if current is None:
            current = Block(())
        for node in item:
            current.add(node)
            closed[node.order] = current
    still = {id(block) for block in closed.values()}
    for node in nodes:  # leaves: with the closed module they were in, or with the first part that uses them
        if node.plan is None and node.order in blocks and node.order not in shown:
            known = blocks[node.order]
            if id(known) in still:
                closed[node.order] = known
    _rest(nodes, closed, shown)
    return closed


def _items(nodes: list[Node], blocks: dict[int, Block]) -> list[list[Node]]:
    """The operations, oldest first, with those of one block together."""
    items: list[list[Node]] = []
    last: Block | None = None
    for node in reversed(nodes):
        if node.plan is None:
            continue
        block = blocks.get(node.order)
        if block is not None and block is last:
            items[-1].append(node)
        else:
            items.append([node])
        last = block
    return items


def _rest(nodes: list[Node], closed: dict[int, Block], shown: set[int]) -> None:
    """Leaves that no open operation uses go into a block that uses them."""
    for node in nodes:
        block = closed.get(node.order)
        for parent in node.parents:
            if parent.plan is not None or parent.order in closed:
                continue
            if block is None or parent.order in shown:
                continue
            closed[parent.order] = block
            block.leaves.append(parent)
