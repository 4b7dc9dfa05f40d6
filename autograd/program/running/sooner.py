"""Sooner: what frees more memory than it takes is done before what takes some.

The gradient of a layer's weights is the last to use what went into the layer; so it comes before the gradient of that.
"""

from __future__ import annotations

from bisect import bisect_left, insort

from ..memory import LARGE, last_uses
from ..program import Program
from ..values import Statement, Value


def free_sooner(program: Program) -> None:
    """Move each such statement up to where its operands are made, and views, which cost nothing, too."""
    outgoing = {value.root for value in program.outgoing()}
    program.statements = statements = _views_first(program.statements)
    last = last_uses(statements, outgoing)
    made: dict[Value, int] = {}  # by value, where it is made
    uses: dict[Value, list[int]] = {}  # by root, the statements that use it
    writes: dict[Value, int] = {}  # by root, where it was written last
    taking: list[int] = []  # the statements that take memory
    places: list[tuple[float, int]] = []
    barrier = -1  # what is no call, which stays where it is
    for i, s in enumerate(statements):
        roots = {value.root for value in s.values()}
        frees = [r for r in roots if last[r] == i and r.kind == "made" and r.nbytes >= LARGE]
        takes = sum([r.nbytes for r in s.results if r.root is r and r not in outgoing])
        place: float = i
        if frees and not s.writes and is_movable(s) and sum([r.nbytes for r in frees]) > takes:
            most = max(frees, key=lambda root: root.nbytes)
            before = [*[made.get(v, -1) for v in s.values()], *[writes.get(r, -1) for r in roots], *uses[most][-1:]]
            first = max(barrier, *before)
            if bisect_left(taking, i) > bisect_left(taking, first + 1):
                place = first + 0.5
        places.append((place, i))
        barrier = barrier if is_movable(s) else i
        for value in s.results:
            made[value] = i
        for root in {*roots, *[v.root for v in s.results]}:
            uses.setdefault(root, []).append(i)
        for root in s.writes:
            writes[root] = i
            uses.setdefault(root, []).append(i)
        if not s.is_view and takes >= LARGE:
            insort(taking, i)
    program.statements = [statements[i] for _, i in sorted(places)]


def is_movable(s: Statement) -> bool:
    """Whether it does not matter when a statement is run, as long as its operands are what they are."""
    return s.kind == "call" and not getattr(s.function, "may_change", False)


def _views_first(statements: list[Statement]) -> list[Statement]:
    """Each view right after what it is a view of, or what else it needs: also the checks that say that it can be."""
    made: dict[Value, float] = {}
    places = []
    barrier = -1.0
    for i, s in enumerate(statements):
        place: float = i
        if s.kind == "call" and s.is_view:
            values = s.values()
            place = max([made.get(value, -1.0) for value in values], default=-1.0)
            place = max(place, barrier) if len(values) > 1 else place  # where an index is computed
            place = place if place % 1 else place + 0.5
        for value in s.results if s.kind != "guard" else s.values():
            made[value] = place
        barrier = barrier if is_movable(s) else place
        places.append((place, i))
    return [statements[i] for _, i in sorted(places)]
