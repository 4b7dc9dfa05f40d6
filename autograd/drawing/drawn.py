"""Drawing: a frozen picture of a computation, and the forms it can take; and how one is made."""

from __future__ import annotations

import gc
import json
import os
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ..engine.arguments import keeping_arguments
from ..engine.modes import enable_grad
from ..engine.node import Node
from ..engine.place import warn
from ..engine.tensor import Tensor
from ..program.program import Program
from .collecting import Collector, needed_for
from .dot import to_dot
from .explaining import Explainer
from .folding import MOST, readable
from .names import Names, named_tensors
from .picture import Picture, Step
from .player import Player
from .programs import picture_of
from .rendering import ADVICE, WIDEST, adapt, find_renderer, render
from .style import THEMES, Look
from .sweep import Sweep
from .text import to_text
from .trial import unchanged

DIRECTIONS = ("both", "forward", "backward")
SHOW = ("shape", "dtype", "value")
ON_PICTURES, IN_TEXT = ("shape", "dtype"), ("shape", "value")
"""What is shown where the reader chose nothing: a picture has the values in its tooltips, and a text has none."""


class Drawing:
    """A picture of a computation. It is a snapshot: it holds no tensor, and what happens later does not change it.

    A notebook shows it by itself. `graph` is its content as plain boxes and arrows, `dot` its source in Graphviz's
    language; `save` writes it to a file, `player` makes a page that plays it.
    """

    def __init__(
        self, picture: Picture, look: Look, told: tuple[str, ...], timeout: float, renderer: str, explainer: Explainer
    ) -> None:  # fmt: skip
        self.graph = picture
        self._explainer = explainer
        self._look = look
        self._told = told
        self._timeout = timeout
        self._renderer = renderer
        self._dot: str | None = None
        self._rendered: dict[str, bytes] = {}

    @property
    def dot(self) -> str:
        """The source in Graphviz's language."""
        if self._dot is None:
            self._dot = to_dot(self.graph, self._look)
        return self._dot

    @property
    def source(self) -> Any:
        """A graphviz.Source, to go on with the graphviz package."""
        import graphviz

        return graphviz.Source(self.dot)

    def steps(self) -> tuple[Step, ...]:
        """The forward pass and then the backward pass, step by step, in the order in which the engine runs them."""
        return self.graph.steps

    def to_json(self, indent: int | None = None) -> str:
        """The content as JSON."""
        return json.dumps(self.graph.to_dict(), ensure_ascii=False, indent=indent)

    def to_networkx(self) -> Any:
        """The content as a networkx.MultiDiGraph (needs the package networkx)."""
        return self.graph.to_networkx()

    def svg(self) -> str:
        """The picture as SVG. Raises RenderError where it cannot be made."""
        return adapt(self._render("svg").decode(), self._look.theme)

    def text(self) -> str:
        """The picture as an indented tree of text."""
        return to_text(self.graph, self._told)

    def explain(self, tensor: Tensor) -> str:
        """In words: whether a gradient reaches this tensor in the backward pass drawn, and if not, why.

        >>> x = Tensor(2.0, requires_grad=True)
        >>> draw(x * x).explain(Tensor([1, 2]))
        'It has an integer dtype (int64), and only floating and complex tensors have gradients.'
        """
        return self._explainer.explain(tensor)

    def player(self, *later: Drawing, losses: Sequence[Any] | None = None) -> Player:
        """A page that plays the forward and then the backward pass; a notebook shows it by itself.

        later   drawings of the same computation at later steps of a training, which are played after this one
        losses  the loss at each of these steps, this one's first, which is shown beside them

        Raises ValueError if there is not one loss for each of several drawings.

        >>> x, y = Tensor(2.0, requires_grad=True), Tensor(1.0, requires_grad=True)
        >>> first, second = draw(x * x, gradients=True), draw(y * y, gradients=True)
        >>> first.player(second, losses=[4.0, 1.0])
        <Player: 3 steps, 2 times>
        """
        drawings = (self, *later)
        if (later or losses is not None) and len(drawings) != len(losses or ()):
            raise ValueError(
                f"Drawing.player: expected the losses of {len(drawings)} drawings, got "
                f"{'none' if losses is None else len(losses)}"
            )
        return Player([(drawing.graph, drawing.svg) for drawing in drawings], self._look.theme, losses)

    def _render(self, form: str) -> bytes:
        if form not in self._rendered:
            self._rendered[form] = render(self.dot, form, self._timeout, self._renderer)
        return self._rendered[form]

    def save(self, path: Any) -> None:
        """Write a file of the kind its name ends with: .svg, .png, .pdf, .dot, .json, .txt, or .html for the player.

        Raises ValueError for another ending, RenderError (a RuntimeError) if a picture cannot be rendered, OSError if
        the file cannot be written. Nothing is left of a file that could not be made. Of a PNG that was shrunk it warns.

        >>> import tempfile, os
        >>> x = Tensor(2.0, requires_grad=True, name="x")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     draw(x * x).save(os.path.join(folder, "square.dot"))
        """
        path = os.fspath(path)
        ending = os.path.splitext(path)[1].lower().lstrip(".")
        makers: dict[str, Callable[[], str | bytes]] = {
            "svg": lambda: '<?xml version="1.0" encoding="UTF-8"?>\n' + self.svg(), "png": lambda: self._render("png"),
            "pdf": lambda: self._render("pdf"), "dot": lambda: self.dot, "gv": lambda: self.dot,
            "html": lambda: self.player().html,
            "json": lambda: self.to_json(indent=1) + "\n", "txt": lambda: self.text() + "\n",
        }  # fmt: skip
        if ending not in makers:
            raise ValueError(f"Drawing.save: expected a name that ends in .{', .'.join(makers)}, got {path!r}")
        made = makers[ending]()
        if ending == "png" and max(struct.unpack(">II", made[16:24])) >= WIDEST * 144 - 1:  # type: ignore[arg-type]
            warn(
                f"Drawing.save: {os.path.basename(path)} was shrunk to {WIDEST} inches, and may not be legible: save "
                f"it as .svg, close modules with depth=, or draw a part"
            )
        with open(path, "wb") as file:
            file.write(made.encode() if isinstance(made, str) else made)

    def show(self) -> None:
        """Open the picture in a browser, as a page of its own that plays the two passes; a notebook shows it anyway.

        Raises RenderError (a RuntimeError) if the picture cannot be rendered, RuntimeError if no browser can be opened.
        """
        import tempfile
        import webbrowser
        from pathlib import Path

        page = self.player().html
        with tempfile.NamedTemporaryFile("w", suffix=".html", delete=False, encoding="utf-8") as file:
            file.write(page)  # it stays, for the browser reads it later
        if not webbrowser.open(Path(file.name).as_uri()):
            raise RuntimeError(
                f"Drawing.show: no browser could be opened; the page is {file.name}, and save() writes other files"
            )

    # ---- in a notebook ---------------------------------------------------------------------------------------------

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """SVG where it can be made, and text always. It never raises."""
        try:
            bundle = {"text/plain": self.text()}
        except Exception as error:  # a display that raises would hide the cell's own result
            bundle = {"text/plain": f"{self!r} ({type(error).__name__}: {error})"}
        try:
            bundle["image/svg+xml"] = self.svg()
        except Exception as error:
            bundle["text/plain"] += f"\n({error})"
        return bundle

    def __repr__(self) -> str:
        return f"<Drawing: {len(self.graph.boxes):,} boxes, {len(self.graph.arrows):,} arrows>"

    def __str__(self) -> str:
        hint = "" if find_renderer(self._renderer) else f"\n({ADVICE})"
        return self.text() + hint


def make(
    outputs: tuple[Any, ...], wrt: Any, names: Any, direction: str, show: Iterable[str] | None,
    formulas: bool | str, gradients: bool, depth: int | None, saved: bool, max_nodes: int | None, timeout: float,
    theme: str, rankdir: str, renderer: str,
) -> Drawing:  # fmt: skip
    """See `autograd.draw`."""
    for what, value, known in (
        ("direction", direction, DIRECTIONS), ("theme", theme, tuple(THEMES)),
        ("rankdir", rankdir, ("auto", "LR", "TB", "RL", "BT")),
        ("formulas", formulas, ("auto", True, False)), ("renderer", renderer, ("auto", "dot", "pygraphviz")),
    ):  # fmt: skip
        if value not in known:
            raise ValueError(f"draw: expected {what}= to be one of {', '.join(map(repr, known))}, got {value!r}")
    for what, number, least in (("max_nodes", max_nodes, 1), ("depth", depth, 0)):
        if not isinstance(number, int | None):
            raise TypeError(f"draw: expected {what}= to be a whole number, got {number!r}")
        if number is not None and number < least:
            raise ValueError(f"draw: expected {what}= of {least} or more, got {number}")
    if not isinstance(timeout, int | float) or not timeout > 0:
        raise ValueError(f"draw: expected timeout= to be a number of seconds above 0, got {timeout!r}")
    if not isinstance(show, Iterable | None):
        raise TypeError(f"draw: expected show= to hold any of {', '.join(map(repr, SHOW))}, got {show!r}")
    shown, told = (ON_PICTURES, IN_TEXT) if show is None else ((show,) if isinstance(show, str) else tuple(show),) * 2
    if unknown := [item for item in shown if item not in SHOW]:
        raise ValueError(f"draw: expected show= to hold any of {', '.join(map(repr, SHOW))}, got {unknown[0]!r}")
    if outputs and isinstance(outputs[0], Program):
        asked = {"wrt": wrt, "names": names, "depth": depth, "gradients": gradients or None, "saved": saved or None}
        for what, given in (asked | {"direction": None if direction == "both" else direction}).items():
            if given is not None:
                raise TypeError(f"draw: a program is drawn whole, with the names of its source: leave out {what}=")
        picture = picture_of(outputs[0], max_nodes or MOST)
        look = Look(theme, _turned(picture, rankdir), shown, formulas)
        return Drawing(picture, look, told, timeout, renderer, Explainer((), (), {}, {}))
    tensors, named = _outputs(outputs, names)
    with _no_collection():
        named_tensors(named, tensors)
        roots, targets = _roots(tensors), _wrt(wrt)
        nodes = needed_for(roots, targets)
        evaluate = show is None or "value" in shown or gradients
        most = max_nodes or readable(nodes, rankdir not in ("TB", "BT"))
        room = most
        while True:  # what sums and stubs add is known only when all is in place
            collector = Collector(tensors, nodes, named, direction, depth, saved, room, evaluate)
            excess = collector.size - most
            if excess <= 0 or room == 1:
                break
            room = max(1, room - max(excess, room // 8))
        picture = collector.picture(Sweep(tensors, nodes, collector.closed) if gradients else None)
        every = nodes if targets is None else needed_for(roots, None)
        explainer = Explainer(nodes, every, collector.called, collector.values)
    return Drawing(picture, Look(theme, _turned(picture, rankdir), shown, formulas), told, timeout, renderer, explainer)


ROW = 20
"""As many boxes may follow each other from left to right; more of them go from top to bottom, where one scrolls."""


def _turned(picture: Picture, rankdir: str) -> str:
    if rankdir != "auto":
        return rankdir
    return "LR" if picture.longest <= ROW else "TB"


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without the collector of cycles: there are none here, and it would go through a million objects many times."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def _roots(tensors: list[Tensor]) -> list[Node]:
    return [tensor._node for tensor in tensors if tensor._node is not None]


def _wrt(wrt: Any) -> list[Tensor] | None:
    if wrt is None:
        return None
    found = list(_tensors(wrt.parameters() if hasattr(wrt, "parameters") else wrt))
    if not found:
        raise TypeError(f"draw: expected wrt= to be a tensor or a list of tensors, got {type(wrt).__name__}")
    for tensor in found:
        if tensor._node is None:
            raise ValueError(
                "draw: a tensor in wrt= does not require a gradient; make it with requires_grad=True before it is used"
            )
    return found


def _outputs(outputs: tuple[Any, ...], names: Any) -> tuple[list[Tensor], Names]:
    """The tensors to draw, and what names them. A function or module comes with its example inputs, and is called."""
    inputs: dict[str, Any] = {}
    called = bool(outputs) and callable(outputs[0]) and not isinstance(outputs[0], Tensor)
    if called:
        function, given = outputs[0], outputs[1:]
        if not given and hasattr(function, "parameters"):
            raise TypeError(
                f"draw: expected a module and its example inputs, got {type(function).__name__} alone; write "
                f"draw(module, x)"
            )
        with enable_grad(), keeping_arguments(), unchanged(function, given):
            result = function(*given)
            named = Names(function if names is None and hasattr(function, "named_parameters") else names)
        inputs = _named_inputs(function, given)
        found = list(_tensors(result))
    else:
        found, named = list(_tensors(outputs)), Names(names)
    if not found and called:
        name = getattr(function, "__name__", None) or type(function).__name__
        raise TypeError(
            f"draw: expected a function that gives Tensors, got {type(result).__name__} from "
            f"{'it' if name == '<lambda>' else name}; give it Tensors, such as Tensor(x, requires_grad=True)"
        )
    if not found:
        kinds = ", ".join(type(output).__name__ for output in outputs) or "nothing"
        raise TypeError(f"draw: expected Tensors, or a module or function and its inputs, got {kinds}")
    named.add(inputs)
    return found, named


def _named_inputs(function: Any, given: tuple[Any, ...]) -> dict[str, Any]:
    """What a function calls its arguments, and the arguments."""
    import inspect

    try:
        parameters = list(inspect.signature(getattr(function, "forward", function)).parameters.values())
    except (TypeError, ValueError):  # it has none that one could see
        return {}
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    plain = [parameter.name for parameter in parameters if parameter.kind in kinds]
    return dict(zip(plain, given, strict=False))


def _tensors(value: Any) -> Iterator[Tensor]:
    """The Tensors in nested lists, tuples and dicts."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, Tensor):
            yield item
        elif isinstance(item, Mapping):
            stack.extend(reversed(list(item.values())))
        elif isinstance(item, list | tuple) or (hasattr(item, "__next__") and not hasattr(item, "shape")):
            stack.extend(reversed(list(item)))
