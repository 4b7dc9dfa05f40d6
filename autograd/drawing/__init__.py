"""Drawings of computations: the graph as data, as a picture, and as a page that plays the backward pass.

From the bottom up, each importing only what stands before it:

    picture                                  the content as plain data
    wording, style, dot, text                how it is worded, how it looks, and how it is written
    parting                                  which arrows lie on one another once they are laid out, and where they go
    rendering, player                        SVG, PNG and PDF; the page that plays it
    names, scopes, folding                   what values are called, the modules around them, what is drawn closed
    expressions, values                      what was computed, and from which values
    sources, simplifying, rules, reading, textbook
                                             which VJP runs, as Python, in a reader's words, and in a book's
    formulas                                 the same with the picture's names
    sweep                                    the gradients themselves
    linking, steps, collecting               all of it as plain data: a picture
    programs                                 a traced program as a picture
    trial, explaining, drawn                 Drawing, and how one is made
    gallery                                  examples

Nothing of it is imported before something is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .drawn import Drawing

__all__ = ["draw"]


def draw(
    *outputs: Any, wrt: Any = None, names: Any = None, direction: str = "both",
    show: Iterable[str] | None = None, formulas: bool | str = "auto", gradients: bool = False,
    depth: int | None = None, saved: bool = False, max_nodes: int | None = None,
    timeout: float = 10, theme: str = "auto", rankdir: str = "auto", renderer: str = "auto",
) -> Drawing:  # fmt: skip
    """A picture of how `outputs` were computed, and of the backward pass from them.

    outputs    Tensors, or a module or function followed by its example inputs, which have the names of its arguments;
               or a program that `trace` gave, whose boxes are the lines of its `source`
    wrt        draw only what lies on a way from these tensors to the outputs
    names      what to call things: a dict of tensors (`locals()` will do) or a module
    direction  "both" passes, or "forward" or "backward" alone
    show       what to write in the boxes: any of "shape", "dtype", "value" (of small tensors). None: shape and dtype,
               with the values in tooltips; a tree of text, which has none, shows the values beside the shapes
    formulas   the VJPs on the gradient arrows: True, False (in tooltips only) or "auto" (while there are few arrows)
    gradients  run a backward sweep of its own, which touches no .grad, and show what flows where
    depth      close the calls of modules nested deeper than this: 0 closes all of them, 1 leaves the outermost open
    saved      show which arrays are kept for the backward pass, and their bytes
    max_nodes  above this many boxes modules are closed, then whatever is neither old nor new; the picture says so.
               None: 400, and from left to right fewer, where more than 40 operations follow each other: it could not
               be read
    timeout    the seconds after which rendering is given up
    theme      "light", "dark", or "auto" (in SVG: the reader's)
    rankdir    "LR", "TB", "RL", "BT", or "auto": from left to right, and downwards what would grow too wide to be read
    renderer   "auto", "dot" (Graphviz's program) or "pygraphviz" (its Python package)

    The graph is left as it is: nothing is freed, no gradient is changed; nor are the buffers, the modes and the random
    numbers of a module or function that is called. It is drawn after a backward pass as before it: what that freed is
    computed again where it is asked for; `…` stands for constants that nobody has kept besides. Returns a Drawing: see
    its `save`, `dot`, `graph`, `steps`, `explain` and `player`.

    Raises TypeError for outputs that hold no Tensor, ValueError for an unknown option, RuntimeError for gradients of
    what was freed and cannot be computed again, since leaves have changed or constants are gone.

    >>> x = Tensor(2.0, requires_grad=True, name="x")
    >>> print(draw(x * x))
    v1 = x * x = 4
      x = 2   ⇠ ḡ * x
      x   ⇠ ḡ * x
    """
    from .drawn import make

    return make(
        outputs, wrt, names, direction, show, formulas, gradients, depth, saved, max_nodes, timeout, theme, rankdir,
        renderer,
    )  # fmt: skip
