"""The uses of values: which box takes what from which, and how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..engine.node import Node
from .expressions import constants
from .folding import STUBS, Block
from .picture import Box
from .wording import argument_name

CLOSED = 3
"""So it is with a value that goes into more closed boxes than this, and nowhere else: calls of one layer, mostly."""

INPUTS = 12
"""Into an operation of more inputs than this lead stubs, and one arrow."""


@dataclass(slots=True)
class Link:
    """One use of a value; or, where the one or the other is a closed box, all that pass between the two together.

    tail      the id of the box that the value comes from
    head      the id of the box that uses it
    node      the operation that uses it
    k         which of its parents the value is; None for a constant
    argument  the name of the operation's argument; "" where the user is closed
    count     how many uses it stands for
    closed    whether the user is closed
    flows     whether a gradient comes back
    """

    tail: str
    head: str
    node: Node
    k: int | None
    argument: str
    count: int = 1
    closed: bool = False
    flows: bool = True


def links(
    nodes: Iterable[Node], ids: dict[int, str], closed: dict[int, Block], outside: Callable[[Node], str],
    constant: Callable[[object], Box] | None, named: Container[int], told: dict[int, dict[str, Any]],
) -> list[Link]:  # fmt: skip
    """All uses, in the order in which things were made.

    nodes     oldest first
    ids       the box of each node, by the node's order
    outside   gives the box of a parent that is not among the nodes
    constant  gives the box of an array that needs no gradient; None: these are not drawn
    named     the ids of arrays that have a name (see `constants`); only these are drawn where they go into a closed box
    told      by the order of a node: arguments of it that nothing kept
    """
    found: list[Link] = []
    merged: dict[tuple[str, str], Link] = {}
    for node in nodes:
        if node.plan is None:
            continue
        head, is_closed = ids[node.order], node.order in closed
        for k, parent in enumerate(node.parents):
            inside = parent.order in ids
            tail = ids[parent.order] if inside else outside(parent)
            if not is_closed:
                found.append(Link(tail, head, node, k, argument_name(node.plan.inputs[k]), flows=inside))
            elif tail != head:
                known = merged.get((tail, head))
                if known is None:
                    merged[tail, head] = known = Link(tail, head, node, k, "", count=0, closed=True, flows=inside)
                    found.append(known)
                known.count += 1
        if constant is None:
            continue
        for argument, array in constants(node, named, told.get(node.order, {})):
            if not is_closed:
                found.append(Link(constant(array).id, head, node, None, argument_name(argument), flows=False))
            elif id(array) in named and (tail := constant(array).id, head) not in merged:
                merged[tail, head] = Link(tail, head, node, None, "", closed=True, flows=False)
                found.append(merged[tail, head])
    return found


def stubs(found: Sequence[Link]) -> dict[int, int]:
    """The links that are drawn as numbered stubs, not as long arrows: by their place, which use of the value it is
    (the first of them, where a link stands for several).

    They are those of a value with many uses, and those into an operation of many inputs, such as the stack of all steps
    of a recurrent network, but for the newest of the inputs, and leaves that are used there only.
    """
    uses = Counter(link.tail for link in found)
    opened = {link.tail for link in found if not link.closed}
    inputs = Counter(link.head for link in found if not link.closed)
    newest: dict[str, int] = {}
    for link in found:
        if link.k is not None:
            newest[link.head] = min(newest.get(link.head, 0), link.node.parents[link.k].order)
    turn: Counter[str] = Counter()
    numbers = {}
    for n, link in enumerate(found):
        first = turn[link.tail] + 1
        turn[link.tail] += link.count
        many = inputs[link.head] > INPUTS and not link.closed
        source = link.node.parents[link.k] if link.k is not None else None
        alone = source is None or source.plan is None or source.order == newest[link.head]
        if uses[link.tail] > (STUBS if link.tail in opened else CLOSED) or (
            many and not (alone and uses[link.tail] == 1)
        ):
            numbers[n] = first
    return numbers
