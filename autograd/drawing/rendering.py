"""DOT made into SVG, PNG or PDF, in a child process that is stopped when it takes too long.

Two renderers: the `dot` program of Graphviz, else the package pygraphviz, whose wheel carries Graphviz's libraries.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys

from .parting import parted
from .style import dark_css

WIDEST = 60
"""A PNG is at most so many inches wide and high, at 144 dots per inch; a larger picture is scaled down."""

SMALLEST = 0.45
"""A place narrower than this part of an SVG's width scrolls: shrunk any further, its text could not be read."""

ADVICE = "to see drawings, install Graphviz (its `dot` program) or `pip install pygraphviz`"

_CHILD = """
import sys
import pygraphviz
source = sys.stdin.buffer.read().decode()
graph = pygraphviz.AGraph(string=source)
sys.stdout.buffer.write(graph.draw(format=sys.argv[1], prog=sys.argv[2]))
sys.stdout.buffer.flush()
"""


class RenderError(RuntimeError):
    """No renderer is there, or it failed, or it was stopped."""


def find_renderer(wanted: str = "auto") -> str | None:
    """The renderer to use: "dot", "pygraphviz", or None if there is none."""
    if wanted in ("auto", "dot") and shutil.which("dot"):
        return "dot"
    if wanted in ("auto", "pygraphviz") and importlib.util.find_spec("pygraphviz") is not None:
        return "pygraphviz"
    return None


def render(source: str, form: str, timeout: float, renderer: str = "auto") -> bytes:
    """The drawing as "svg", "png", "pdf" or "json" (Graphviz's, with the layout).

    Raises RenderError with what to do about it.
    """
    found = find_renderer(renderer)
    if found is None:
        missing = "no renderer was found" if renderer == "auto" else f"the renderer {renderer!r} was not found"
        raise RenderError(f"draw: {missing}; {ADVICE}, or save as .dot, .json or .txt")
    if form == "png":
        source = source.replace("digraph {", f'digraph {{\n  graph [dpi=144 size="{WIDEST},{WIDEST}"]', 1)
    if "splines=polyline" not in source:  # a picture of so many boxes is not looked at arrow by arrow
        moved = parted(_run(found, source, "dot", "dot", timeout).decode())
        if moved is not None:
            return _run(found, moved, "nop2", form, timeout)
    return _run(found, source, "dot", form, timeout)


def _run(renderer: str, source: str, engine: str, form: str, timeout: float) -> bytes:
    """What an engine of Graphviz makes of it; "nop2" draws what is laid out already."""
    if renderer == "dot":
        command = [shutil.which("dot") or "dot", f"-K{engine}", f"-T{form}"]
    else:
        command = [sys.executable, "-c", _CHILD, form, engine]
    try:
        done = subprocess.run(command, input=source.encode(), capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        raise RenderError(
            f"draw: {renderer} took more than {timeout:g} s and was stopped; give a larger timeout=, or a smaller "
            f"max_nodes= or depth="
        ) from None
    except OSError as error:
        raise RenderError(f"draw: {renderer} could not be started ({error}); {ADVICE}") from None
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise RenderError(
            f"draw: {renderer} failed (exit {done.returncode}): {said[-1] if said else 'it said nothing'}"
        )
    return done.stdout


def adapt(svg: str, theme: str) -> str:
    """An SVG that stands alone: no prolog, a size that fits its place as far as it stays legible, and with "auto" the
    colours of a dark system."""
    svg = svg[svg.index("<svg") :]
    head, rest = svg.split(">", 1)

    def sized(found: re.Match[str]) -> str:
        least = SMALLEST * float(found[1])
        return f'{found[0]} style="max-width:max(100%,{least:.0f}pt);height:auto"'

    head = re.sub(r'width="([\d.]+)pt" height="[\d.]+pt"', sized, head, count=1)
    return f"{head}>{f'<style>{dark_css()}</style>' if theme == 'auto' else ''}{rest}"
