"""A page that plays the two passes: one HTML file that needs no network, with the picture's own fixed layout."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from .picture import Picture
from .rendering import RenderError
from .style import DARK, THEMES, Theme


def _colours(name: str) -> str:
    """The page's colours, as CSS: those of the picture in it; and no gradient is seen before its step has come."""

    def rule(theme: Theme) -> str:
        used = ("paper", "ink", "operation", "leaf_line", "cluster_line", "forward", "backward", "formula")
        colours = " ".join(f"--{name}: {getattr(theme, name)};" for name in used)
        return f":root {{ color-scheme: {'dark' if theme is DARK else 'light'}; {colours} }}"

    dark = f"\n@media (prefers-color-scheme: dark) {{ {rule(DARK)} }}" if name == "auto" else ""
    unseen = f'g.node:not(.sum):not(.back) text[fill="{THEMES[name].formula}"] {{ visibility: hidden; }}'
    return f"{rule(THEMES[name])}{dark}\n{unseen}"


class Player:
    """The page: `html` is its text, `save` writes it, a notebook shows it inline.

    pictures  what is played, one after another: what is drawn, and what renders it
    theme     the name of its colours
    losses    of several pictures, which are steps of a training: the loss of each
    """

    def __init__(
        self, pictures: Sequence[tuple[Picture, Callable[[], str]]], theme: str, losses: Sequence[float] | None = None
    ) -> None:
        self._pictures, self._theme = pictures, theme
        self._losses = [None] * len(pictures) if losses is None else [float(loss) for loss in losses]

    @cached_property
    def html(self) -> str:
        """The page. Where no picture can be rendered, it plays on the tree of text."""
        played = [_played(*drawn, loss) for drawn, loss in zip(self._pictures, self._losses, strict=True)]
        stage = played[0]["stage"]
        if len(played) == 1:
            del played[0]["stage"]
        text = json.dumps(played, ensure_ascii=False).replace("</", "<\\/").replace("<!--", "<\\!--")
        page = (Path(__file__).parent / "player.html").read_text(encoding="utf-8")
        page = page.replace("/*COLOURS*/", _colours(self._theme))
        return page.replace("/*DATA*/null", text).replace("<!--STAGE-->", stage)

    def save(self, path: Any) -> None:
        """Write the page to a file."""
        page = self.html
        Path(path).write_text(page, encoding="utf-8")

    def _repr_html_(self) -> str:
        source = html.escape(self.html, quote=True)
        # A notebook that is not trusted drops the frame, and of the sentence only that it is hidden.
        return (
            f'<iframe srcdoc="{source}" style="width:100%;height:640px;border:0" title="backward pass"></iframe>'
            "<p hidden>The player runs once this notebook is trusted (File, Trust Notebook) or the cell is run.</p>"
        )

    def __repr__(self) -> str:
        steps = f"{len(self._pictures[0][0].steps)} steps"
        return f"<Player: {steps}{f', {len(self._pictures)} times' if len(self._pictures) > 1 else ''}>"


def _played(graph: Picture, svg: Callable[[], str], loss: float | None) -> dict[str, Any]:
    """One picture as the page knows it."""
    try:
        stage = svg()
    except RenderError as error:
        boxes = (
            f'<li id="{box.id}" class="{box.kind}">{html.escape(box.full or box.text)}</li>' for box in graph.boxes
        )
        stage = f"<p>{html.escape(str(error))}</p><ol>{''.join(boxes)}</ol>"
    data = graph.to_dict()
    return {
        "steps": data["steps"],
        "boxes": {box["id"]: box for box in data["boxes"]},
        "arrows": [
            {"id": f"e{n}", "kind": arrow.kind, "tail": arrow.tail, "head": arrow.head, "formula": arrow.formula}
            for n, arrow in enumerate(graph.arrows)
        ],
        "stage": stage,
        "loss": loss,
    }
