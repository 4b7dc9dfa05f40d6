"""Pictures of layers that move, mix or measure elements: small arrays before and after, with some cells marked."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import numpy as np

HEIGHT, GAP, LINE = 22, 14, 18
"""The height of a cell, the space between matrices, and that for a caption, in pixels."""


@dataclass(frozen=True)
class Panel:
    """An array of up to four axes, what stands above it, and which of its cells are marked (1, or 2 in another way)."""

    caption: str
    array: Any
    marks: Any = None


def text_of(value: Any) -> str:
    """A number in few digits, or a word."""
    return str(value) if isinstance(value, str) else f"{float(value) + 0:.3g}".replace("-", "−").replace("inf", "∞")


def matrices(array: Any) -> list[list[Any]]:
    """An array as rows of matrices: of three axes they stand side by side, of four below each other too."""
    array = np.asarray(array)
    array = array.reshape((1,) * max(0, 2 - array.ndim) + array.shape)
    array = array.reshape((1,) * (4 - array.ndim) + array.shape)
    return [list(row) for row in array]


def picture(panels: list[Panel], label: str) -> str:
    """The panels from left to right with arrows between them, as SVG that takes the page's colours."""
    parts: list[str] = []
    across, most = 2, 0
    for k, panel in enumerate(panels):
        if k:
            parts.append(f'<text x="{across + 10}" y="{LINE + HEIGHT * 0.7:g}">→</text>')
            across += 34
        drawn, wide, high = drawing(panel, across)
        parts += drawn
        across += wide
        most = max(most, high)
    size = f'width="{across + 2}" height="{most + 4}" viewBox="0 0 {across + 2} {most + 4}"'
    return f'<svg class="grid" role="img" {size} aria-label="{html.escape(label)}">{"".join(parts)}</svg>'


def drawing(panel: Panel, left: float) -> tuple[list[str], int, int]:
    """A panel's elements, its width and its height."""
    cells = matrices(panel.array)
    marks = matrices(np.zeros(np.shape(panel.array), int) if panel.marks is None else panel.marks)
    texts = [text_of(value) for row in cells for matrix in row for value in matrix.ravel().tolist()]
    wide = max(26, 10 + 8 * max(map(len, texts), default=1))
    parts, right, down = [f'<text x="{left}" y="12">{html.escape(panel.caption)}</text>'], left, LINE
    for row, row_marks in zip(cells, marks, strict=True):
        x = left
        for matrix, marked in zip(row, row_marks, strict=True):
            for (i, j), value in np.ndenumerate(matrix):
                at = f'x="{x + j * wide:g}" y="{down + i * HEIGHT}" width="{wide}" height="{HEIGHT}"'
                kind = ("", ' class="marked"', ' class="other"')[int(marked[i, j])]
                middle = f'x="{x + (j + 0.5) * wide:g}" y="{down + i * HEIGHT + 15}"'
                parts.append(f'<rect {at}{kind}/><text {middle} text-anchor="middle">{text_of(value)}</text>')
            x += matrix.shape[1] * wide + GAP
        right = max(right, x - GAP)
        down += row[0].shape[0] * HEIGHT + GAP
    return parts, int(max(right - left, 7 * len(panel.caption))), down - GAP
