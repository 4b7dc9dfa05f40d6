"""A Picture written in Graphviz's language."""

from __future__ import annotations

import html
from collections.abc import Iterable

from .picture import Arrow, Box, Picture
from .style import FONT, THEMES, Look, Theme, Widths, arrow_attributes, box_attributes
from .wording import gradient_text

WRAP, LINES = 30, 4
"""A formula on the picture has lines of about this many characters, and at most so many of them."""

TITLE = 34
"""What a box computes has lines of about this many characters."""

MANY = 150
"""A picture of more boxes than this is laid out with less patience, and with straight arrows, and
has the norms of gradients in the arrows' widths and tooltips only."""


BESIDE = {"TB": ("se", "ne"), "BT": ("ne", "se")}
"""Where a gradient's arrow touches its boxes in a column, so that it does not lie on the value's, in the middle."""


def to_dot(picture: Picture, look: Look) -> str:
    """The DOT source: the same text for the same picture, always."""
    theme = THEMES[look.theme]
    widths = Widths(arrow.flow for arrow in picture.arrows)
    font = f"fontname={quote(FONT)}"
    lines = [
        "digraph {",
        f"  graph [rankdir={quote(look.rankdir)} bgcolor={quote(theme.paper)} {font} fontcolor={quote(theme.ink)} "
        f"nodesep=0.35 ranksep=0.55 pad=0.2 labelloc=b labeljust=l]",
        f'  node [{font} fontsize=13 fontcolor={quote(theme.ink)} margin="0.12,0.06" height=0.3]',
        f"  edge [{font} fontsize=11]",
    ]
    if len(picture.boxes) > MANY:
        lines.append("  graph [mclimit=0.1 splines=polyline]")
    label = _legend(picture, look, theme, widths)
    if label:
        lines.append(f"  graph [label=<{label}>]")
    lines += _cluster(picture, (), look, theme, 1)
    with_formulas = look.formulas_shown(picture)
    for n, arrow in enumerate(picture.arrows):
        lines.append("  " + _arrow(arrow, n, look, widths, with_formulas, len(picture.boxes) <= MANY))
    return "\n".join([*lines, "}"]) + "\n"


def quote(text: str) -> str:
    """A quoted string of DOT."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def escape(text: str, backslash: str = "&#92;&#92;") -> str:
    """Text inside an HTML-like label, where a backslash stands twice: of `\\N` Graphviz would make the box's name."""
    clean = "".join(c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return html.escape(clean, quote=True).replace("\\", backslash)


def _tip(lines: Iterable[str]) -> str:
    """A tooltip: its value knows entities and backslashes."""
    return quote("\0".join(escape(line, "\\\\") for line in lines if line)).replace("\0", "&#10;")


def _attributes(pairs: dict[str, str]) -> str:
    texts = (value if value.startswith(("<", '"')) else quote(value) for value in pairs.values())
    return " ".join(f"{key}={text}" for key, text in zip(pairs, texts, strict=True))


def _cluster(picture: Picture, scope: tuple[str, ...], look: Look, theme: Theme, level: int) -> list[str]:
    """The boxes of a module, with the modules inside of it; iterative depth is that of the modules' nesting."""
    by_scope: dict[tuple[str, ...], list[Box]] = {}
    for box in picture.boxes:
        by_scope.setdefault(box.scope, []).append(box)
    lines: list[str] = []
    stack: list[tuple[tuple[str, ...], bool]] = [(scope, True)]
    while stack:
        here, opening = stack.pop()
        pad = "  " * (len(here) + 1)
        if not opening:
            lines.append(f"{pad[2:]}}}")
            continue
        if here:
            fill = theme.cluster if len(here) % 2 else theme.deeper
            name = f'<<font color="{theme.muted}" point-size="12"><b>{escape(picture.clusters[here])}</b></font>>'
            lines.append(f"{pad[2:]}subgraph cluster_{list(picture.clusters).index(here) + 1} {{")
            lines.append(
                f'{pad}graph [label={name} labelloc=t labeljust=l style="rounded,filled" fillcolor={quote(fill)} '
                f"color={quote(theme.cluster_line)} margin=12 tooltip={_tip(['module: ' + '.'.join(here)])}]"
            )
            stack.append((here, False))
        lines += [pad + _box(box, look, theme) for box in by_scope.get(here, ())]
        inner = [s for s in picture.clusters if len(s) == len(here) + 1 and s[: len(here)] == here]
        stack += [(s, True) for s in reversed(inner)]
    return lines


def _box(box: Box, look: Look, theme: Theme) -> str:
    if box.kind == "sum":
        label = "<<b>Σ</b>>"
    else:
        rows = [f"<b>{escape(line)}</b>" for line in wrapped(box.text, TITLE)]
        rows += [_small(line, theme) for line in _lines(box, look)]
        if box.gradient is not None:
            rows.append(_small(gradient_text(box.gradient), theme, theme.formula))
        if box.alarm:
            rows.append(_small("⚠ " + box.alarm, theme, theme.alarm))
        body = "".join(f"<tr><td>{row}</td></tr>" for row in rows)
        label = f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="1">{body}</table>>'
    tip = [box.full, _shape(box, ("shape", "dtype")), *box.lines, *box.tooltip]
    if box.value is not None:
        tip.append(f"value: {box.value}")
    pairs = {"id": box.id, "class": box.kind, "label": label, "tooltip": _tip(dict.fromkeys(tip))}
    pairs.update(box_attributes(box, theme))
    return f"{box.id} [{_attributes(pairs)}]"


def _lines(box: Box, look: Look) -> list[str]:
    """The lines under the name, as the reader chose."""
    lines = [_shape(box, look.show)]
    if "value" in look.show and box.value is not None:
        lines += _rows(box.value)
    return [line for line in [*lines, *box.lines] if line]


def _rows(value: str) -> list[str]:
    """The elements of a value; a matrix that is wide and not very long in its rows."""
    rows = value.replace("], [", "],\n[").split("\n")
    if len(value) > 24 and len(rows) <= 6:
        return [" " * (k > 0) + row for k, row in enumerate(rows)]
    return [value if len(value) <= 40 else value[:38] + " …"]


def _shape(box: Box, show: tuple[str, ...]) -> str:
    parts = []
    if "shape" in show and box.shape:
        parts.append(str(box.shape))
    if "dtype" in show and box.dtype is not None and box.kind != "stub":
        parts.append(box.dtype)
    return " ".join(parts)


def _small(text: str, theme: Theme, color: str | None = None) -> str:
    return f'<font point-size="11" color="{color or theme.muted}">{escape(text)}</font>'


def _arrow(arrow: Arrow, n: int, look: Look, widths: Widths, with_formulas: bool, with_norms: bool) -> str:
    ends = (arrow.tail, arrow.head) if arrow.kind == "forward" else (arrow.head, arrow.tail)
    pairs = {"id": f"e{n}", "class": arrow.kind, **arrow_attributes(arrow, THEMES[look.theme], widths)}
    if arrow.kind == "backward" and look.rankdir in BESIDE:
        pairs["tailport"], pairs["headport"] = BESIDE[look.rankdir]
    rows = []
    if with_formulas and arrow.formula:
        rows += wrapped(arrow.formula)
    if arrow.flow is not None and arrow.formula:
        mark = {"zero": "∅ zero", "vanished": "≈0 vanished", "nan": "NaN", "inf": "∞"}.get(arrow.flow.state)
        rows += [mark] if mark else [f"‖·‖ {arrow.flow.norm:.3g}"] if with_norms else []
    if arrow.alarm:
        rows.append("⚠ " + arrow.alarm)
    if arrow.count > 1:
        rows.append(f"×{arrow.count:,}")
    if rows:
        beside = "&nbsp;" * max(1, round(2 * widths.of(arrow.flow)) - 1)  # a little off the arrow, and off its head
        texts = [f"{beside}{escape(row)}{beside[6:]}" for row in rows]
        if widths.of(arrow.flow) > 2:
            texts.append('<font point-size="4">&nbsp;</font>')
        pairs["label"] = f"<{'<br/>'.join(texts)}>"
    tip = [f"for {arrow.argument}" if arrow.argument and arrow.kind == "backward" else arrow.argument, arrow.formula]
    if arrow.flow is not None:
        tip.append(f"norm {arrow.flow.norm:.6g}" + (f", value {arrow.flow.value}" if arrow.flow.value else ""))
    text = _tip([("gradient " if arrow.kind == "backward" else "value ") + (tip[0] or ""), *tip[1:], arrow.alarm])
    pairs["tooltip"] = text
    if "label" in pairs:
        pairs["labeltooltip"] = text
    return f"{ends[0]} -> {ends[1]} [{_attributes(pairs)}]"


def wrapped(formula: str, wide: int = WRAP) -> list[str]:
    """A formula in a few lines, broken where the fewest brackets are open; what is left out is marked."""
    lines = []
    rest = formula
    while len(rest) > wide and (at := _break(rest, wide)) is not None:
        lines.append(rest[:at])
        rest = rest[at + 1 :]
    lines = [line if len(line) <= wide + 12 else line[: wide + 10] + " …" for line in [*lines, rest]]
    return lines if len(lines) <= LINES else [*lines[: LINES - 1], lines[LINES - 1] + " …"]


def _break(text: str, wide: int) -> int | None:
    """The space to break a line at: before an operator or after a comma, not too early."""
    depth = 0
    found: list[tuple[int, int]] = []
    for k, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if character == " " and k > wide // 3 and (text[k - 1] == "," or text[k + 1] in "+-*/@<>=!&|"):
            found.append((depth, -k))
        if k > wide and found:
            break
    return -min(found)[1] if found else None


def _legend(picture: Picture, look: Look, theme: Theme, widths: Widths) -> str:
    """What the signs mean, as far as they occur, and what the reader must know."""
    kinds = {box.kind for box in picture.boxes}
    arrows = {arrow.kind for arrow in picture.arrows}
    parts = []
    if "forward" in arrows:
        parts.append((theme.forward, "━▶ value (forward)"))
    if "backward" in arrows:
        parts.append((theme.backward, "┅➤ gradient (backward)"))
        if any("ḡ" in arrow.formula for arrow in picture.arrows):
            parts.append((theme.formula, "ḡ: the gradient that reached the box the arrow leaves"))
    if "sum" in kinds:
        parts.append((theme.formula, "Σ: gradients add up"))
    if "leaf" in kinds:
        parts.append((theme.leaf_line, "rounded: leaf, receives .grad"))
    if "constant" in kinds:
        parts.append((theme.muted, "dashed box: constant"))
    if "block" in kinds:
        parts.append((theme.block_line, "stack: closed, stands for many operations"))
    if "stub" in kinds:
        parts.append((theme.leaf_line, "w [3]: third use of w"))
    if widths.high > widths.low:
        parts.append((theme.formula, f"width: log of the norm, {widths.low:.2g} … {widths.high:.2g}"))
    states = {arrow.flow.state for arrow in picture.arrows if arrow.flow is not None}
    if states & {"zero", "vanished"}:
        parts.append((theme.formula, "dotted: ∅ zero or ≈0 vanished gradient"))
    rows = []
    if len(picture.boxes) > 1:
        cells = [f'<font color="{color}">{escape(text)}</font>' for color, text in parts]
        rows += ["&nbsp;&nbsp;&nbsp; ".join(cells[k : k + 3]) for k in range(0, len(cells), 3)]
    rows += [f'<font color="{theme.ink}">{escape(note)}</font>' for note in picture.notes]
    if not rows:
        return ""
    body = "".join(f'<tr><td align="left"><font point-size="11">{row}</font></td></tr>' for row in rows)
    return f'<table border="0" cellborder="0" cellspacing="2">{body}</table>'
