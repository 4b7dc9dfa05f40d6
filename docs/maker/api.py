"""The reference, from the docstrings: a page for each group of public names, each name with its signature.

The docstrings are plain text in three forms, told apart by how they look: paragraphs; lists of arguments (a name, two
spaces or more, what it is); examples. An indented block is shown as it stands. Names between backticks become links.
"""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import layer as of_layer

import autograd
import nn
import nn.data
import nn.distributions
import nn.functional
import nn.init
import nn.parallel
import nn.utils
import optim
import optim.lr_scheduler

FIRST = (
    *autograd.__all__, "Module", "Parameter", "Sequential", "Optimizer", "LRScheduler", "DataLoader", "Dataset",
)  # fmt: skip
"""What is used most stands first on its page, in this order; the rest follows by the alphabet."""

KINDS = {
    "nn": ("nn: modules, containers", ("module", "parameter", "containers", "overview")),
    "nn-linear": ("nn: linear layers, embeddings, shapes", ("linear", "embedding", "upsample")),
    "nn-activation": ("nn: activations", ("activation",)),
    "nn-convolution": ("nn: convolutions, padding", ("conv", "padding")),
    "nn-pooling": ("nn: pooling", ("pools",)),
    "nn-normalization": ("nn: normalization, dropout", ("normalization", "dropout")),
    "nn-recurrent": ("nn: recurrent layers", ("recurrent",)),
    "nn-attention": ("nn: attention, transformers", ("attention", "transformer")),
    "nn-loss": ("nn: losses, distances", ("loss", "cross_entropy", "ctc", "margin", "adaptive", "distance")),
    "nn-lazy": ("nn: layers that see their sizes", ("lazy",)),
    "nn-boltzmann": ("nn: Boltzmann machines", ("boltzmann",)),
}
"""The pages of nn: file, title, and the modules that define what is on it."""

LINES = "Full lines: the function; dashed: its derivative."
FIRST_WORDS = {
    "nn-activation": LINES,
    "nn-loss": f"{LINES} Each is drawn against one number, which stands below it, the others held.",
    "nn-convolution": "Marked: a window, what it is multiplied by, and what it gives.",
    "nn-pooling": "Marked: a window, and what it gives.",
    "nn-normalization": "Marked: elements that are normalized together, or dropped.",
    "nn-recurrent": "`σ` is the sigmoid, `⊙` the product of elements.",
}
"""What the pictures of a page show."""

EXAMPLES_BEGIN = "The examples begin with `import numpy as np` and `import nn`."

SECTIONS = {
    "autograd.Tensor": ("autograd-tensor", "Tensors, and what is recorded"),
    "autograd.grad": ("autograd-derivatives", "Derivatives"),
    "autograd.checkpoint": ("autograd-checks", "Memory, and checks"),
    "autograd.trace": ("autograd-programs", "Programs"),
    "autograd.draw": ("autograd-pictures", "Pictures, files, random numbers"),
    "autograd.primitive": ("autograd-primitives", "Primitives of one's own"),
    "autograd.relu": ("autograd-functions", "Functions that NumPy has not"),
}
"""The names that a page begins with, its file and its title: `autograd` is shown in the order of use."""

FUNCTIONS = {
    "nn-functional-linear": ("Linear maps, embeddings, shapes", ("linear", "embedding", "upsample", "grid")),
    "nn-functional-activation": ("Activations", ("activation",)),
    "nn-functional-convolution": ("Convolutions, padding", ("conv", "padding")),
    "nn-functional-pooling": ("Pooling", ("pooling",)),
    "nn-functional-normalization": ("Normalization, dropout", ("normalization", "dropout")),
    "nn-functional-attention": ("Attention", ("attention",)),
    "nn-functional-loss": ("Losses, distances", ("loss", "cross_entropy", "ctc", "margin", "distance")),
}
"""The pages of nn.functional: file, title, and the modules that define what is on it."""

OFTEN = (
    "backward", "grad", "requires_grad", "requires_grad_", "detach", "item", "numpy", "data", "to", "retain_grad",
    "register_hook", "name", "is_leaf", "grad_fn",
)  # fmt: skip
"""What a Tensor has beside an array's methods stands first, in the order of use."""

BASES = (nn.Module, optim.Optimizer, optim.lr_scheduler.LRScheduler)  # their methods are shown once, with them

NUMPY = re.compile(r"^(?:-{4,}|Refer to `numpy\.|\.\. )", re.MULTILINE)
ARGUMENT = re.compile(r"^([\w*, ().|/]{1,40}?)  +(\S.*)$")


def public(module: ModuleType) -> list[str]:
    """The names that a module offers."""
    names = getattr(module, "__all__", None)
    if names is None:
        names = [
            name for name, value in vars(module).items()
            if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
        ]  # fmt: skip
    shown = (name for name in names if not isinstance(getattr(module, name), ModuleType))
    return sorted(shown, key=lambda n: (FIRST.index(n) if n in FIRST else len(FIRST), n.lower(), n))


Group = tuple[str, str, str, list[tuple[str, Any]]]
"""A page: file, title, what stands first, [(full name, object)]."""


def groups() -> Iterator[Group]:
    """The pages; one without an object is the table of contents of those whose files begin as its own does."""
    for name, title, place in (
        ("autograd", "autograd: the engine", "autograd"),
        ("autograd.ops", "autograd.ops: kernels of layers", "autograd-ops"),
        ("autograd.tree", "autograd.tree: containers", "autograd-tree"),
        ("autograd.scipy.optimize", "autograd.scipy.optimize: minima, roots, fixed points", "autograd-scipy-optimize"),
        ("autograd.scipy.integrate", "autograd.scipy.integrate: differential equations", "autograd-scipy-integrate"),
        ("autograd.scipy.sparse", "autograd.scipy.sparse: sparse matrices", "autograd-scipy-sparse"),
        (
            "autograd.scipy.sparse.linalg",
            "autograd.scipy.sparse.linalg: their equations",
            "autograd-scipy-sparse-linalg",
        ),
        ("nn", "nn: modules", "nn"),
        ("nn.functional", "nn.functional: functions", "nn-functional"),
        ("nn.init", "nn.init: initial values", "nn-init"),
        ("nn.utils", "nn.utils: tools", "nn-utils"),
        ("nn.data", "nn.data: datasets and loaders", "nn-data"),
        ("nn.distributions", "nn.distributions: random variables", "nn-distributions"),
        ("nn.sklearn", "nn.sklearn: estimators of scikit-learn", "nn-sklearn"),
        ("nn.parallel", "nn.parallel: many processes", "nn-parallel"),
        ("optim", "optim: optimizers", "optim"),
        ("optim.lr_scheduler", "optim.lr_scheduler: learning rates", "optim-lr-scheduler"),
    ):
        module = pkgutil.resolve_name(name)
        if name == "nn":
            yield from layers()
            continue
        items = [(f"{name}.{each}", getattr(module, each)) for each in public(module)]
        first = (inspect.getdoc(module) or "").split("\n\n")[0]
        if name in ("autograd", "nn.functional"):
            yield place, title, first, []
            yield from in_order(items) if name == "autograd" else by_kind(items)
            continue
        if name == "nn.utils":
            for part in (nn.utils.parametrizations, nn.utils.parametrize, nn.utils.rnn):
                items += [(f"{part.__name__}.{each}", getattr(part, each)) for each in public(part)]
        yield place, title, first, items


def in_order(items: list[tuple[str, Any]]) -> Iterator[Group]:
    """The pages of autograd: a new one at each name that a section begins with."""
    begins = [k for k, (full, _) in enumerate(items) if full in SECTIONS]
    for begin, end in zip(begins, [*begins[1:], len(items)], strict=True):
        place, title = SECTIONS[items[begin][0]]
        yield place, f"autograd: {title[0].lower()}{title[1:]}", "", items[begin:end]


def by_kind(items: list[tuple[str, Any]]) -> Iterator[Group]:
    """The pages of nn.functional."""
    for place, (title, modules) in FUNCTIONS.items():
        homes = [f"nn.{name}" for name in modules]
        here = [item for item in items if item[1].__module__ in homes]
        yield place, f"nn.functional: {title[0].lower()}{title[1:]}", "", here


def layers() -> Iterator[Group]:
    """The same of the pages of nn."""
    items = [(f"nn.{each}", getattr(nn, each)) for each in public(nn)]
    for place, (title, modules) in KINDS.items():
        homes = [f"nn.{name}" for name in modules]
        first = (inspect.getdoc(nn) or "").split("\n\n")[0] if place == "nn" else EXAMPLES_BEGIN
        first += f" {FIRST_WORDS[place]}" if place in FIRST_WORDS else ""
        yield place, title, first, [item for item in items if item[1].__module__ in homes]


def pages() -> dict[str, str]:
    """file -> page in Markdown; with the index of them."""
    every = {place: (title, first, items) for place, title, first, items in groups()}
    known = {full: full for _, _, items in every.values() for full, _ in items}
    for full, kind in (
        ("autograd.Tensor", autograd.Tensor),
        ("nn.Module", nn.Module),
        ("optim.Optimizer", optim.Optimizer),
    ):
        known |= {f"{kind.__name__}.{name}": f"{full}.{name}" for name in methods(kind)}
    made = {}
    for place, (title, first, items) in every.items():
        package = place.split("-")[0]
        near = [items, *(others for other, (*_, others) in every.items() if other.split("-")[0] == package)]
        links = dict(known)
        for group in (*(others for *_, others in every.values()), *reversed(near)):  # the nearest of equal names wins
            links |= {full.rsplit(".", 1)[-1]: full for full, _ in group}
        parts = [f"# {title}", prose(first, links)]
        parts += [entry(full, value, links) for full, value in items]
        if not items:
            inside = {other: group for other, group in every.items() if other in PARTS[place]}
            parts += contents(inside, links)
        made[place] = "\n\n".join(filter(None, parts)) + "\n"
    outside = [place for place in every if not any(place in parts for parts in PARTS.values())]
    listed = "\n".join([*outside, "../numpy"])
    made["index"] = (
        f"# Reference\n\nEvery public name, from its docstring.\n\n```{{toctree}}\n:maxdepth: 1\n\n{listed}\n```\n"
    )
    return made


PARTS = {"autograd": [place for place, _ in SECTIONS.values()], "nn-functional": list(FUNCTIONS)}
"""The pages that are tables of contents, and what they lead to."""


def contents(pages: dict[str, tuple[str, str, list[tuple[str, Any]]]], links: dict[str, str]) -> list[str]:
    """Every name of these pages in a line. It has the anchors that the names have on their pages, too: who follows an
    old link to one is led on."""
    parts = ["```{toctree}\n:hidden:\n\n" + "\n".join(pages) + "\n```"]
    for place, (title, _, items) in pages.items():
        rows = []
        for full, value in items:
            inside = methods(value) if inspect.isclass(value) and full == "autograd.Tensor" else {}
            anchors = "".join(f'<span id="{name}"></span>' for name in (full, *(f"{full}.{each}" for each in inside)))
            about = " ".join((inspect.getdoc(value) or "").split("\n\n")[0].split())
            rows.append(f"{anchors}{{py:obj}}`{full.rsplit('.', 1)[-1]} <{full}>`\n: {linked(about, links)}")
        parts += [f"## [{title.partition(': ')[2].capitalize()}]({place}.md)", "\n\n".join(rows)]
    return parts


def methods(kind: type) -> dict[str, Any]:
    """The public methods and properties that a class defines."""
    kinds = (property, classmethod, staticmethod)
    order = (*(name for name in OFTEN if kind is autograd.Tensor), *sorted(vars(kind)))
    return {
        name: value for name, value in {name: vars(kind)[name] for name in order}.items()
        if not name.startswith("_") and (callable(value) or isinstance(value, kinds))
    }  # fmt: skip


def entry(full: str, value: Any, links: dict[str, str], inside: bool = False) -> str:
    """A name: its signature, its docstring, and of a class its methods."""
    kind = "property" if isinstance(value, property) else "class" if inspect.isclass(value) else "function"
    if inside and kind == "function":
        kind = "method"
    if not callable(value) and not isinstance(value, property | classmethod | staticmethod):
        kind = "data"
    text = inspect.getdoc(value) or (f"As ndarray's `{full.rsplit('.', 1)[-1]}`." if inside else "")
    layer = inspect.isclass(value) and full.split(".")[:-1] == ["nn"]
    parts = shown(value, text, links) if layer else [prose(text, links)]
    if inspect.isclass(value) and (value in BASES or not issubclass(value, BASES)):
        parts += [entry(f"{full}.{name}", each, links, inside=True) for name, each in methods(value).items()]
    fence = ":::" if inside else "::::::"
    return (
        f"{fence}{{py:{kind}}} {full}{signature(value, bound=kind == 'method')}\n\n"
        + "\n\n".join(filter(None, parts))
        + f"\n{fence}"
    )


def shown(layer: type, text: str, links: dict[str, str]) -> list[str]:
    """A layer's docstring, with what it leaves to its function's (formula, shapes, errors), a picture, an example."""
    own, prompt, example = text.partition("\n>>>")
    named = [word for word in re.findall(r"`(\w+)`", own) if word in nn.functional.__all__]
    said = (inspect.getdoc(getattr(nn.functional, named[0])) or "").partition("\n>>>")[0] if named else ""
    name = layer.__name__
    return [
        prose(own, links),
        prose(said, links),
        of_layer.formula(name),
        of_layer.picture(name),
        prose(prompt.strip() + example, links),
        of_layer.example(name),
    ]


def signature(value: Any, bound: bool = False) -> str:
    """The arguments and their defaults, without types; of a method without the first; of what cannot be called, ""."""
    if isinstance(value, property):
        return ""
    if isinstance(value, classmethod | staticmethod):
        bound = isinstance(value, classmethod)
        value = value.__func__
    try:
        given = inspect.signature(value)
    except (TypeError, ValueError):
        return "(...)" if callable(value) else ""
    plain = [
        each.replace(
            annotation=each.empty, default=_Shown(each.default) if each.default is not each.empty else each.empty
        )
        for each in given.parameters.values()
    ][bound:]
    if any(each.name == "casting" for each in plain):  # a ufunc's, whose dozen arguments are NumPy's
        plain = [each for each in plain if each.default is each.empty and each.kind is not each.VAR_POSITIONAL]
        plain = [each.replace(kind=each.POSITIONAL_OR_KEYWORD) for each in plain]
        return f"{str(inspect.Signature(plain)).removesuffix(')')}{', ' if plain else ''}...)"
    return str(inspect.Signature(plain))


class _Shown:
    """A default value, as it is written in the source."""

    def __init__(self, value: Any) -> None:
        self.text = repr(value)
        if " at 0x" in self.text or self.text.startswith("<"):
            self.text = getattr(value, "__name__", "...")

    def __repr__(self) -> str:
        return self.text


def prose(text: str, links: dict[str, str]) -> str:
    """A docstring as Markdown."""
    if NUMPY.search(text):  # a method that is NumPy's, with NumPy's docstring
        about = next((block for block in text.split("\n\n") if "(" not in block.split(".")[0]), "")
        return linked(f"{' '.join(about.split())} As in NumPy.".strip(), links)
    parts: list[str] = []
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        lines = block.splitlines()
        if not lines:
            continue
        if lines[0].startswith(">>>"):
            if parts and parts[-1].startswith("```pycon"):
                parts[-1] = parts[-1].removesuffix("\n```") + "\n\n" + block + "\n```"
            else:
                parts.append(f"```pycon\n{block}\n```")
        elif all(line.startswith("  ") for line in lines):
            parts.append("```text\n" + inspect.cleandoc(block) + "\n```")
        elif pairs := arguments(lines):
            rows = "\n\n".join(f"`{name}`\n: {linked(about, links)}" for name, about in pairs)
            parts.append(rows)
        else:
            at = next((k for k, line in enumerate(lines) if line.startswith(">>>")), len(lines))
            parts.append(linked("\n".join(lines[:at]), links))
            if at < len(lines):
                parts.append("```pycon\n" + "\n".join(lines[at:]) + "\n```")
    return "\n\n".join(parts)


def arguments(lines: list[str]) -> list[tuple[str, str]]:
    """The pairs of a list of arguments: all descriptions begin in one column; [] if it is none."""
    first = ARGUMENT.match(lines[0])
    if not first:
        return []
    column = first.start(2)
    pairs: list[tuple[str, str]] = []
    for line in lines:
        if line[:column].strip() == "" and pairs:
            pairs[-1] = pairs[-1][0], f"{pairs[-1][1]} {line.strip()}"
        elif line[column - 1 : column] == " " and line[column : column + 1].strip():
            pairs.append((line[:column].strip(), line[column:].strip()))
        else:
            return []
    return pairs


def linked(text: str, links: dict[str, str]) -> str:
    """Prose with what Markdown would misread made safe, and known names between backticks made links."""
    parts = re.split(r"(`[^`\n]+`)", text)
    for k, part in enumerate(parts):
        if k % 2:
            name = part.strip("`").removesuffix("()")
            parts[k] = f"{{py:obj}}`{part.strip('`')} <{links[name]}>`" if name in links else part
        else:
            part = re.sub(r"(?<!\*)\*(?!\*)|[$<\[]", lambda found: "\\" + found.group(), part)
            parts[k] = re.sub(r"^(\d+)\.(?= )", r"\1\\.", part, flags=re.MULTILINE)
    return "".join(parts)
