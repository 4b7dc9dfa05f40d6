"""How a picture looks: the colours of the two themes, and the shape, stroke and width of each box and arrow.

Nothing is told by colour alone: a value's arrow is solid with a filled head, a gradient's dashed with an open one;
leaves are rounded, constants dashed, results have a double border, closed parts the outline of a stack. The hues are
from the palette of Okabe and Ito, which colour-blind readers can tell apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields

from .picture import Arrow, Box, Flow, Picture

FONT = "Helvetica,Arial,sans-serif"


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours. In each theme they all differ, so that a page can exchange one theme's for the other's."""

    paper: str
    ink: str
    muted: str
    operation: str  # fills
    leaf: str
    constant: str
    block: str
    cluster: str
    deeper: str
    result: str
    operation_line: str  # borders
    leaf_line: str
    constant_line: str
    block_line: str
    cluster_line: str
    result_line: str
    forward: str
    backward: str
    formula: str
    faint: str
    alarm: str


LIGHT = Theme(
    paper="#ffffff", ink="#1b1f24", muted="#57606a", operation="#f6f8fa", leaf="#dcecf8", constant="#fdfdfc",
    block="#ece8f4", cluster="#f9fafb", deeper="#f3f5f7", result="#dff3ea", operation_line="#6e7781",
    leaf_line="#0072b2", constant_line="#8c959f", block_line="#6c5b9e", cluster_line="#c4cbd2", result_line="#00835f",
    forward="#3d444d",
    backward="#c74e00", formula="#9c3d00", faint="#a8805f", alarm="#b3006b",
)  # fmt: skip
DARK = Theme(
    paper="#0d1117", ink="#f0f3f6", muted="#a4afbb", operation="#1c232c", leaf="#0f3350", constant="#10151c",
    block="#2a2440", cluster="#121820", deeper="#171e27", result="#0c3a2c", operation_line="#8b96a3",
    leaf_line="#56b4e9", constant_line="#717c88", block_line="#a594dc", cluster_line="#3a444f", result_line="#2fc592",
    forward="#c3ccd5",
    backward="#ff9a4d", formula="#ffb57d", faint="#a9805f", alarm="#ff7fc4",
)  # fmt: skip
THEMES = {"light": LIGHT, "dark": DARK, "auto": LIGHT}

ON_PICTURE = 32
"""With `formulas="auto"`, a picture of more gradient arrows than this has its formulas in tooltips only."""

THINNEST, THICKEST = 0.8, 3.6


@dataclass(frozen=True, slots=True)
class Look:
    """What the reader chose: see `draw`."""

    theme: str = "auto"
    rankdir: str = "LR"
    show: tuple[str, ...] = ("shape", "dtype")
    formulas: bool | str = "auto"

    def formulas_shown(self, picture: Picture) -> bool:
        """Whether formulas stand on the picture, and not in its tooltips only."""
        if self.formulas == "auto":
            return sum(bool(arrow.formula) for arrow in picture.arrows) <= ON_PICTURE
        return self.formulas is True


class Widths:
    """Stroke widths of gradients: they grow with the logarithm of the norm, between the smallest and the largest."""

    def __init__(self, flows: Iterable[Flow | None]) -> None:
        norms = [flow.norm for flow in flows if flow is not None and flow.finite and flow.norm > 0]
        self.low = min(norms, default=0.0)
        self.high = max(norms, default=0.0)

    def of(self, flow: Flow | None) -> float:
        if flow is None:
            return 1.2
        if not flow.finite or self.high <= self.low:
            return 1.6
        if flow.norm <= 0:
            return THINNEST
        low = math.log(self.low)  # no quotient of the norms themselves: that may overflow
        part = (math.log(flow.norm) - low) / max(math.log(self.high) - low, math.log(100))
        return THINNEST + (THICKEST - THINNEST) * part


def box_attributes(box: Box, theme: Theme) -> dict[str, str]:
    """The outline and the fill of a box."""
    fill, line = {
        "leaf": (theme.leaf, theme.leaf_line), "constant": (theme.constant, theme.constant_line),
        "operation": (theme.operation, theme.operation_line), "block": (theme.block, theme.block_line),
        "sum": (theme.paper, theme.backward), "stub": (theme.leaf, theme.leaf_line),
    }[box.kind]  # fmt: skip
    found = {"shape": "box", "style": "filled", "fillcolor": fill, "color": line, "penwidth": "1.2"}
    if box.kind in ("leaf", "stub"):
        found["style"] = "rounded,filled"
    if box.kind == "constant":
        found["style"] = "filled,dashed"
    if box.kind == "block":
        found.update(shape="box3d", margin="0.18,0.12")
    if box.kind == "sum":
        found.update(shape="circle", width="0.3", height="0.3", fixedsize="true", fontcolor=theme.formula, margin="0")
    if box.output:
        found.update(peripheries="2", color=theme.result_line)
        if box.kind == "operation":
            found["fillcolor"] = theme.result
    if box.alarm:
        found.update(color=theme.alarm, penwidth="3")
    return found


def arrow_attributes(arrow: Arrow, theme: Theme, widths: Widths) -> dict[str, str]:
    """The stroke and the head of an arrow; a gradient's is laid out along its value's, with the head at the tail."""
    if arrow.kind == "forward":
        return {"color": theme.forward, "arrowhead": "normal", "arrowsize": "0.7", "penwidth": "1.2"}
    width = widths.of(arrow.flow)
    found = {
        "color": theme.backward, "fontcolor": theme.formula, "style": "dashed", "dir": "back", "arrowtail": "vee",
        "arrowsize": f"{0.6 + 0.4 * width:.3f}",  # a head that grew less would be filled by its own outline
        "penwidth": f"{width:.3f}",
    }  # fmt: skip
    state = arrow.flow.state if arrow.flow is not None else ""
    if state in ("zero", "vanished"):
        found.update(style="dotted", color=theme.faint, arrowtail="onormal" if state == "zero" else "vee")
    if state in ("nan", "inf") or arrow.alarm:
        found.update(color=theme.alarm, fontcolor=theme.alarm, arrowtail="veevee" if arrow.alarm else "vee")
    return found


def dark_css() -> str:
    """CSS that exchanges the light colours of an SVG for the dark ones where the reader's system is dark."""
    rules = []
    for name in (field.name for field in fields(Theme)):
        old, new = getattr(LIGHT, name), getattr(DARK, name)
        rules.append(f'[fill="{old}"]{{fill:{new}}}[stroke="{old}"]{{stroke:{new}}}')
    return f"@media (prefers-color-scheme:dark){{{''.join(rules)}}}"
