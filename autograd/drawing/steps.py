"""The two passes, one box after the other, for whoever plays them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .picture import Arrow, Box, Step
from .wording import flow_text, hooks_text

Part = tuple[str, str, str]


def steps(boxes: Mapping[str, Box], arrows: Iterable[Arrow], order: Mapping[str, int], passes: str) -> Iterator[Step]:
    """In the order of the engine: forward as it was recorded; backward the newest first.

    order  for each box that acts, the order of the newest node in it
    """
    newest_first = sorted(order, key=lambda id_: order[id_])
    arriving: dict[str, list[Part]] = {}
    sending: dict[str, list[Part]] = {}
    for arrow in arrows:
        head = boxes[arrow.head]
        if arrow.kind == "backward" and boxes[arrow.tail].kind != "sum":
            target = head.of or head.id
            value = flow_text(arrow.flow)
            arriving.setdefault(target, []).append((arrow.tail, arrow.formula, value))
            sending.setdefault(arrow.tail, []).append((target, arrow.formula, value))
    if passes != "backward":
        for id_ in reversed(newest_first):
            box = boxes[id_]
            if box.kind != "leaf":
                yield Step("forward", id_, box.full, box.value or "")
    if passes != "forward":
        for id_ in newest_first:
            box = boxes[id_]
            text = ": ".join(filter(None, (box.name or box.text, hooks_text(box.hooks))))
            yield Step(
                "backward", id_, text, flow_text(box.gradient), tuple(arriving.get(id_, ())),
                tuple(sending.get(id_, ())),
            )  # fmt: skip
