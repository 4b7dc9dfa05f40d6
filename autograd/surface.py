"""What every public name of NumPy does with a Tensor, as a table: `python -m autograd.surface` writes docs/numpy.md.

The table is read off the registry of functions. What NumPy offers no way to overrule stands here, by name. Every
function of `numpy`, `numpy.linalg` and `numpy.fft`, and every method of ndarray, is exactly one of

    differentiable  a Tensor, through which gradients flow
    zero gradient   a Tensor that is constant in pieces: no gradient flows through it
    plain           a plain array, number or flag of the values that the Tensor holds
    refused         a TypeError that says why, and what to use instead
    no tensor       it takes no arrays

>>> [row] = [row for row in surface() if row.name == "numpy.exp"]
>>> row.kind, row.text
('differentiable', '`x: g * out`')
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .engine.primitive import Primitive, registry
from .engine.tensor import Tensor
from .ops.creation import LIKE

KINDS = {
    "differentiable": "a Tensor, through which gradients flow, to any order",
    "zero gradient": "a Tensor that is constant in pieces: no gradient flows through it",
    "plain": "a plain array, number or flag, of the values that the Tensor holds",
    "refused": "a TypeError that says why, and what to use instead",
    "no tensor": "takes no arrays",
}

_LIKE = "with `like=` a Tensor it gives one, joined to what it is made of"

UNDISPATCHED: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        ["array", "asanyarray", "asarray", "ascontiguousarray", "asfortranarray", "full", "require"], ("plain", _LIKE)
    ),
    "asarray_chkfinite": ("plain", ""),
    "asmatrix": ("plain", "a matrix"),
    "bmat": ("plain", "a matrix"),
    "from_dlpack": ("plain", "an array that shares the Tensor's memory"),
    "fromiter": ("plain", ""),
    "info": ("plain", "prints"),
    "isfortran": ("plain", ""),
    "isscalar": ("plain", "False"),
    "iterable": ("plain", ""),
    "row_stack": ("differentiable", "vstack"),
    "trapz": ("differentiable", "trapezoid"),
    **dict.fromkeys(["fftfreq", "rfftfreq"], ("differentiable", "in the spacing d")),
    "fromfunction": ("differentiable", "whatever the function that it calls gives"),
    **dict.fromkeys(
        [
            "arange", "bartlett", "blackman", "diag_indices", "empty", "eye", "hamming", "hanning",
            "identity", "indices", "kaiser", "mask_indices", "ones", "tri", "tril_indices",
            "triu_indices", "zeros",
        ],
        ("no tensor", "makes arrays; a Tensor of one element stands for its number"),
    ),
    **dict.fromkeys(
        ["frombuffer", "fromfile", "fromregex", "fromstring", "genfromtxt", "load", "loadtxt"], ("no tensor", "reads")
    ),
    **dict.fromkeys(
        ["broadcast_shapes", "datetime_data", "isdtype", "issubdtype", "mintypecode", "promote_types", "typename"],
        ("no tensor", "shapes and dtypes"),
    ),
    **dict.fromkeys(
        [
            "base_repr", "binary_repr", "format_float_positional", "format_float_scientific", "get_include",
            "get_printoptions", "getbufsize", "geterr", "geterrcall", "printoptions", "set_printoptions", "setbufsize",
            "seterr", "seterrcall", "show_config", "show_runtime", "test",
        ],
        ("no tensor", "settings, and numbers as text"),
    ),
    **dict.fromkeys(["frompyfunc", "nested_iters"], ("no tensor", "Python's functions and loops; see `primitive`")),
}  # fmt: skip
"""Functions that NumPy lets nobody overrule: what they are, and a remark."""

_SAME = "the array's own"

METHODS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        ["base", "data", "device", "dtype", "flags", "itemsize", "nbytes", "ndim", "shape", "size", "strides"],
        ("plain", _SAME),
    ),
    "item": ("plain", "a Python number"),
    "tolist": ("plain", "Python numbers"),
    "tobytes": ("plain", "bytes"),
    "setflags": ("plain", "sets the array's"),
    "fill": ("differentiable", "t[...] = value"),
    "flat": ("differentiable", "reads, assigns and iterates"),
    "flatten": ("differentiable", "ravel, copied"),
    "mT": ("differentiable", "swapaxes"),
    "T": ("differentiable", "transpose"),
    "to_device": ("differentiable", "the Tensor itself, for its own device"),
    "view": ("differentiable", "refused for another dtype or class"),
    "ctypes": ("refused", "an AttributeError: bytes have no gradient; use it on .data"),
}
"""Attributes and methods of ndarray that are no function of numpy's: what they are, and a remark."""


class Row(NamedTuple):
    """A name of NumPy's, what kind it is, and the rule, the remark or the reason."""

    name: str
    kind: str
    text: str


def functions(module: Any) -> Iterator[tuple[str, Any]]:
    """The public functions and ufuncs of a module, by name: what can be called and is no type."""
    for name in sorted(dir(module)):
        value = getattr(module, name)
        if not name.startswith("_") and callable(value) and not isinstance(value, type):
            yield name, value


def classes_of(name: str, function: Any) -> list[tuple[str, str]]:
    """Everything that the tables and the registry say about a name: one thing, if they are right."""
    found = [UNDISPATCHED[name]] if name in UNDISPATCHED else []
    made = None if function in LIKE else registry.get(function)
    return found if made is None else [*found, _registered(made)]


def surface() -> list[Row]:
    """A row for every public function of numpy, numpy.linalg and numpy.fft, and every attribute of ndarray.

    Raises LookupError for a name of which nothing, or more than one thing, is known.
    """
    rows = []
    for module in (np, np.linalg, np.fft):
        for name, function in functions(module):
            rows.append(_row(f"{module.__name__}.{name}", classes_of(name, function)))
    for name in sorted(dir(np.ndarray)):
        if not name.startswith("_"):
            rows.append(_row(f"ndarray.{name}", classes_of_method(name)))
    return rows


def classes_of_method(name: str) -> list[tuple[str, str]]:
    """The same for an attribute of ndarray."""
    if name in METHODS:
        return [METHODS[name]]
    method: Any = getattr(Tensor, name, None)
    if hasattr(method, "refused"):
        return [("refused", "{}; {}".format(*method.refused))]
    function = getattr(np, name, None)
    if method is None or function not in registry:
        return []
    return [(_registered(registry[function])[0], f"numpy.{name}")]


def _row(name: str, found: list[tuple[str, str]]) -> Row:
    if len(found) != 1:
        raise LookupError(f"surface: expected one class for {name}, got {found}; see autograd/surface.py")
    return Row(name, *found[0])


def _registered(made: Any) -> tuple[str, str]:
    if hasattr(made, "refused"):
        return "refused", "{}; {}".format(*made.refused)
    record = getattr(made, "primitive", None)
    if record is not None:
        rules = {name: rule for name, rule in record.rules.items() if rule is not None}
        return ("differentiable", _rules(record)) if rules else ("zero gradient", "")
    if hasattr(made, "plain"):
        return "plain", ""
    doc: str = (made.__doc__ or "").partition("\n")[0]
    remark = doc.split(" ", 2)[2] if doc.startswith("As np.") and doc.count(" ") > 1 else ""
    return "differentiable", remark or "made of functions that have rules"


def _rules(record: Primitive) -> str:
    """The rules of a primitive, as they are written; of long ones the name."""
    from .drawing.sources import source_of

    texts = []
    for name, rule in record.rules.items():
        if rule is not None:
            tree = source_of(rule)  # type: ignore[arg-type]
            lambda_ = isinstance(tree, ast.Lambda)
            text = ast.unparse(tree.body) if lambda_ else f"{tree.name}({', '.join(a.arg for a in tree.args.args)})"
            texts.append(f"{name}: {text}")
    return f"`{'; '.join(texts)}`"


def page() -> str:
    """The table as a page of Markdown."""
    rows = surface()
    lines = [
        "# NumPy on Tensors",
        "",
        f"Every public function of `numpy`, `numpy.linalg` and `numpy.fft`, and every attribute of `ndarray`, in NumPy "
        f"{np.__version__}. Made from the table of functions itself by `python -m autograd.surface`.",
        "",
        "| class | | names |",
        "|---|---|---|",
    ]
    lines += [f"| {kind} | {what} | {sum(row.kind == kind for row in rows)} |" for kind, what in KINDS.items()]
    lines += [
        "",
        "In a rule `g` is the gradient of the result, `out` the result, and the other names are the arguments; there "
        "is one for each argument through which a gradient flows. What is made of functions with rules needs none.",
    ]
    for title, prefix in {
        "numpy": "numpy.", "numpy.linalg": "numpy.linalg.", "numpy.fft": "numpy.fft.", "ndarray": "ndarray.",
    }.items():  # fmt: skip
        lines += ["", f"## {title}", "", "| name | class | rule, remark or reason |", "|---|---|---|"]
        for row in rows:
            name = row.name.removeprefix(prefix)
            if row.name.startswith(prefix) and "." not in name:
                lines.append(f"| {name} | {row.kind} | {row.text.replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    from pathlib import Path

    target = Path(__file__).parents[1] / "docs" / "numpy.md"
    target.write_text(page())
    print(f"surface: wrote {target}")
