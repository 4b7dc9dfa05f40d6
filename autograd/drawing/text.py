"""A Picture as an indented tree of text, for where no picture can be shown."""

from __future__ import annotations

from collections.abc import Collection

from .picture import Arrow, Box, Picture
from .wording import flow_text, gradient_text

MOST = 200
"""How many lines a tree has at most; it says how many more there are."""


def to_text(picture: Picture, show: Collection[str] = ("shape",)) -> str:
    """Each result with what it was computed from below it; a value that stood there before is only named.

    show  what to write beside a value: "shape", "value"; gradients are there where they were computed
    """
    boxes = {box.id: box for box in picture.boxes}
    inputs: dict[str, list[str]] = {}
    for tail, head in _links(picture):
        inputs.setdefault(head, []).append(tail)
    heads = {tail for tails in inputs.values() for tail in tails}
    formulas: dict[tuple[str, str], list[Arrow]] = {}
    for arrow in picture.arrows:
        if arrow.kind == "backward" and arrow.formula:
            target = boxes[arrow.head].of or arrow.head
            formulas.setdefault((arrow.tail, target), []).append(arrow)
    roots = [box.id for box in picture.boxes if box.output or (box.id not in heads and box.kind not in ("sum", "stub"))]
    lines: list[str] = []
    seen: set[str] = set()
    stack = [(id_, 0, "") for id_ in reversed(roots)]
    more = 0
    while stack:
        id_, level, above = stack.pop()
        if not level and id_ in seen:
            continue
        box = boxes[id_]
        again = id_ in seen
        pending = formulas.get((above, id_), [])
        formula = _flowing(pending.pop(0)) if pending else ""
        if len(lines) >= MOST:
            more += 1
        else:
            what = (box.name or box.text) + " (above)" if again and inputs.get(id_) else box.text
            indent = "  " * min(level, 30)
            lines.append(f"{indent}{what}{'' if again else _beside(box, show)}{formula}")
        if not again:
            seen.add(id_)
            stack += [(tail, level + 1, id_) for tail in reversed(inputs.get(id_, []))]
    if more:
        lines.append(f"… and {more:,} more lines")
    return "\n".join([*lines, *picture.notes])


def _beside(box: Box, show: Collection[str]) -> str:
    """The shape, value and gradient of a box, and what is wrong with it."""
    parts = [f" {box.shape}" if box.shape and "shape" in show else ""]
    parts += [f" = {box.value}" if box.value is not None and "value" in show else ""]
    parts += [f"   {gradient_text(box.gradient)}" if box.gradient is not None else ""]
    return "".join(parts) + (f"   ⚠ {box.alarm}" if box.alarm else "")


def _flowing(arrow: Arrow) -> str:
    """The formula of a gradient, and what it comes to."""
    amount = f" = {flow_text(arrow.flow)}" if arrow.flow is not None else ""
    return f"   ⇠ {arrow.formula}{amount}" + (f"   ⚠ {arrow.alarm}" if arrow.alarm else "")


def _links(picture: Picture) -> list[tuple[str, str]]:
    """What each box was computed from, through sums and stubs."""
    of = {box.id: box.of or box.id for box in picture.boxes}
    kind = "backward" if picture.passes == "backward" else "forward"
    links = [(arrow.tail, arrow.head) for arrow in picture.arrows if arrow.kind == kind]
    if kind == "backward":
        links = [(head, tail) for tail, head in links]
    return [(of[tail], of[head]) for tail, head in links if of[tail] != of[head]]
