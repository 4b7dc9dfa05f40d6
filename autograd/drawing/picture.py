"""A computation as plain data: boxes, arrows, clusters, in words and numbers; no array, no node of the graph.

Everything that a renderer, a page or a reader needs is here, and nothing of how it looks.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Flow:
    """The numbers of a gradient that the drawing's own sweep computed.

    norm      its Euclidean norm
    size      how many elements it has
    finite    whether all are finite
    value     the elements in words, when there are few
    state     "", "zero", "vanished", "nan" or "inf"
    """

    norm: float
    size: int
    finite: bool
    value: str | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A place in the picture.

    id        what arrows call it; numbered in the order in which things were made
    kind      "leaf", "constant", "operation", "block" (closed: it stands for many), "sum" (gradients add up) or
              "stub" (one numbered use of a value with many)
    name      the value's name, as formulas use it
    text      what was computed, in Python: `h = tanh(z)`
    full      the same at full length, where text had to be shortened
    shape     of the value; None where there is none
    dtype     of the value, by name
    lines     further lines to show
    tooltip   further lines to show on request
    scope     the modules it stands in, outermost first
    output    whether the user asked for its picture
    of        the id of the box that a sum or a stub belongs to
    gradient  that of the value, if gradients were asked for
    alarm     what is wrong with its value or gradient, in words
    hooks     how many hooks its gradient goes through
    """

    id: str
    kind: str
    name: str = ""
    text: str = ""
    full: str = ""
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    lines: tuple[str, ...] = ()
    tooltip: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    output: bool = False
    of: str | None = None
    value: str | None = None
    gradient: Flow | None = None
    alarm: str = ""
    hooks: int = 0


@dataclass(frozen=True, slots=True)
class Arrow:
    """What flows from one box to another.

    kind      "forward" (a value) or "backward" (a gradient)
    tail      the id of the box that it leaves
    head      the id of the box that it reaches
    argument  which argument of the operation the value is, or the gradient is for
    formula   of a backward arrow: the VJP that runs on it, in Python, with the picture's names
    count     how many arrows of the graph it stands for
    flow      the gradient's numbers, if gradients were asked for
    alarm     what is wrong with it, in words
    """

    kind: str
    tail: str
    head: str
    argument: str = ""
    formula: str = ""
    count: int = 1
    flow: Flow | None = None
    alarm: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One moment of the two passes, for whoever plays them.

    phase     "forward" or "backward"
    box       the id of the box that acts
    text      what happens, in Python
    value     the value made, or the gradient that arrived, in words
    arriving  of the backward phase: (id of the box it came from, formula, value in words) for each contribution
    sending   of the backward phase: (id of the box it goes to, formula, value in words) for each VJP that runs
    """

    phase: str
    box: str
    text: str
    value: str = ""
    arriving: tuple[tuple[str, str, str], ...] = ()
    sending: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """All of it.

    boxes, arrows  in a fixed order: that in which the values were made
    clusters       the open modules, outermost first, and what to call each
    notes          what the reader must know: what was hidden, what was traced, how much is saved
    passes         "both", "forward" or "backward"
    """

    boxes: tuple[Box, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    clusters: dict[tuple[str, ...], str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    passes: str = "both"
    steps: tuple[Step, ...] = ()

    @property
    def nodes(self) -> tuple[Box, ...]:
        """The boxes, as graphs call them."""
        return self.boxes

    @property
    def edges(self) -> tuple[Arrow, ...]:
        """The arrows, as graphs call them: each from `tail` to `head`."""
        return self.arrows

    @property
    def longest(self) -> int:
        """How many boxes follow each other on the longest way through the picture."""
        kind = "backward" if self.passes == "backward" else "forward"
        after: dict[str, list[str]] = {}
        waits: Counter[str] = Counter()
        for tail, head in {(arrow.tail, arrow.head) for arrow in self.arrows if arrow.kind == kind}:
            after.setdefault(tail, []).append(head)
            waits[head] += 1
        ranks = {box.id: 1 for box in self.boxes}
        ready = [id_ for id_ in ranks if not waits[id_]]
        while ready:
            tail = ready.pop()
            for head in after.get(tail, ()):
                ranks[head] = max(ranks[head], ranks[tail] + 1)
                waits[head] -= 1
                if not waits[head]:
                    ready.append(head)
        return max(ranks.values(), default=0)

    def to_dict(self) -> dict[str, Any]:
        """Only what JSON knows: lists, dicts, strings, numbers, None; without what is empty."""

        def plain(item: Any) -> dict[str, Any]:
            pairs = ((f.name, getattr(item, f.name)) for f in dataclasses.fields(item))
            return {key: value(v) for key, v in pairs if v not in ("", None, (), False)}

        def value(v: Any) -> Any:
            if isinstance(v, Flow):
                return plain(v) | {"norm": v.norm if v.finite else str(v.norm), "finite": v.finite}
            return [value(item) for item in v] if isinstance(v, tuple) else v

        return {
            "passes": self.passes,
            "boxes": [plain(box) for box in self.boxes],
            "arrows": [plain(arrow) for arrow in self.arrows],
            "clusters": [{"scope": list(scope), "text": text} for scope, text in self.clusters.items()],
            "notes": list(self.notes),
            "steps": [plain(step) for step in self.steps],
        }

    def to_networkx(self) -> Any:
        """A networkx.MultiDiGraph whose nodes and edges carry the same fields."""
        import networkx as nx

        graph = nx.MultiDiGraph(passes=self.passes, notes=self.notes)
        for box in self.boxes:
            graph.add_node(box.id, **_fields(box, "id"))
        for arrow in self.arrows:
            graph.add_edge(arrow.tail, arrow.head, **_fields(arrow, "tail", "head"))
        return graph


def _fields(item: Any, *without: str) -> dict[str, Any]:
    return {f.name: getattr(item, f.name) for f in dataclasses.fields(item) if f.name not in without}
