"""What a node computed, in Python: `x @ W`, `sum(h, axis=0)`, `x[:, 0]`."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from typing import Any

import numpy as np

from ..engine.left import still_known
from ..engine.node import Node
from ..engine.signature import signature_of

INFIX = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "true_divide": "/", "matmul": "@", "power": "**",
    "floor_divide": "//", "remainder": "%",
}  # fmt: skip
PREFIX = {"negative": "-", "positive": "+"}
UNKNOWN = "…"
"""What stands for an argument that needs no gradient, that no rule kept, and that the result does not tell."""

CALLED = {"correlate_transpose": "conv_transpose"}
"""What a reader calls a function of the engine's own."""

OPTIONS = {
    "axis": None, "axes": None, "ddof": 0, "edges": (), "full_matrices": True, "initial": None, "keepdims": False,
    "norm": None, "where": True,
}  # fmt: skip
"""Arguments that a reader knows by their names: they are written with them, unless they are what they are in NumPy."""

INNER = {("concatenate", "edges"), ("checkpoint", "segment")}
"""Arguments that the engine made for itself."""

SELDOM = {"casting", "edges", "kind", "order", "stable", "subok"}
"""Arguments that are left out where nothing kept them, for they hardly ever are what a reader looks for."""

SHAPES = {"reshape", "broadcast_to", "sum_to", "scatter_add", "on_diagonal"}
"""The primitives whose argument `shape` is the shape of the result."""

NOTHING: Mapping[str, Any] = {}

INPUT = "<an input>"
"""What stands for the value of an argument that needs a gradient: a parent of the node."""

Named = Callable[[Any, Any], str]
"""How an array is called: given the argument (a name, or a name and a position) and its value if that is known."""


def saved_values(node: Node) -> dict[str, Any]:
    """What the node saved, by name, with the numbers among its arguments; empty once it has been freed."""
    if node.plan is None or node.saved is None:
        return {}
    return _with_numbers(dict(zip(node.plan.names, node.saved, strict=True)))


def known_arguments(node: Node) -> dict[str, Any]:
    """What the node saved; of one that has been freed, what is left of that."""
    if node.saved is not None or node.plan is None:
        return saved_values(node)
    return _with_numbers(still_known(node))


def _with_numbers(found: dict[str, Any]) -> dict[str, Any]:
    for name in list(found):
        if name.endswith("_number") and found[name] is not None:
            found[name.removesuffix("_number")] = found[name]
    return found


def arguments(node: Node, brief: bool = True, told: Mapping[str, Any] = NOTHING) -> list[tuple[str, Any, Any]]:
    """The arguments in the order in which they are written: (keyword or "", which argument, its value if known).

    `told` are values of arguments that nothing kept.

    The value is `INPUT` of an argument that needs a gradient, `UNKNOWN` of one that is neither that nor kept.
    Options that nothing kept are left out; in brief, so are those that have their default value.
    """
    assert node.plan is not None
    primitive, inputs, saved = node.plan.primitive, set(node.plan.inputs), known_arguments(node)
    if node.extras is not None:
        saved = node.extras.given | saved
    if told:
        saved = {**told, **saved}
    signature = signature_of(primitive)
    if signature is None:
        return [("", input, INPUT) for input in node.plan.inputs]
    found: list[tuple[str, Any, Any]] = []
    for name in signature.positional + signature.keywords:
        if name == "out":  # to rules, that is the result
            continue
        keyword = name if name in signature.defaults or name in signature.keywords or name in OPTIONS else ""
        if name in inputs:
            found.append((keyword if found and keyword and primitive.rules.get(name) is None else "", name, INPUT))
        elif name in saved and not (brief and (primitive.name, name) in INNER):
            default = signature.defaults.get(name, OPTIONS.get(name, INPUT) if brief else INPUT)
            if type(saved[name]) is dict:  # options by name
                found += [(option, name, value) for option, value in saved[name].items()]
                continue
            plain = _is_plain(saved[name]) and type(default) is type(saved[name])
            if not (saved[name] is default or (plain and default == saved[name]) or _all_are(saved[name], default)):
                found.append((keyword, name, saved[name]))
        elif name == "dtype" and node.name != "astype":
            if node.dtype != node.parents[0].dtype:
                found.append((keyword or name, name, node.dtype))
        elif name not in signature.defaults and name not in signature.keywords and name not in SELDOM:
            found.append(("", name, _from_result(name, node)))
        elif _was_freed(node, name) or (name == "a_min" and "a_max" not in saved):  # clip has a bound at least
            found.append(("", name, UNKNOWN))
    if signature.sequence:
        found[:0] = _sequence(signature.sequence, node, saved)
    return found


def _was_freed(node: Node, name: str) -> bool:
    assert node.plan is not None
    return node.saved is None and name in node.plan.names and name not in SELDOM


def _from_result(name: str, node: Node) -> Any:
    """An argument that nothing kept, as the result tells it: its own shape, its dtype, where its new axes are."""
    if name == "shape" and node.name in SHAPES:
        return node.shape
    if name == "dtype" and node.name == "astype":
        return node.dtype
    if name == "axis" and node.name == "expand_dims":
        return _new_axes(node.parents[0].shape, node.shape)
    return UNKNOWN


def _new_axes(before: tuple[int, ...], after: tuple[int, ...]) -> Any:
    """Axes of size 1 that, put into the first shape, make the second one; which of several equal ones is no matter."""
    rest, axes = list(before), []
    for k, size in enumerate(after):
        if rest and size == rest[0] and (size != 1 or len(rest) == len(after) - k):
            rest.pop(0)
        else:
            axes.append(k)
    return axes[0] if len(axes) == 1 else tuple(axes)


def _sequence(name: str, node: Node, saved: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    assert node.plan is not None
    positions = [input[1] for input in node.plan.inputs if type(input) is tuple and input[0] == name]
    known = saved.get(name)
    shapes = saved.get(f"{name}_shape")
    n = len(known) if known is not None else len(shapes) if shapes is not None else max(positions, default=-1) + 1
    for i in range(n):
        if i in positions:
            yield "", (name, i), INPUT
        else:
            yield "", (name, i), UNKNOWN if known is None else known[i]


def constants(
    node: Node, named: Container[int] = (), told: Mapping[str, Any] = NOTHING
) -> list[tuple[Any, Any]]:  # fmt: skip
    """The arrays that went into the node, need no gradient, and were kept, or `told`: (which argument, array).

    An array of no dimensions is written where it is used, unless its id is among the `named`.
    """
    if node.name == "checkpoint":  # it keeps the arrays of its inputs, which are in the picture
        return []
    return [
        (argument, item)
        for _, argument, value in arguments(node, told=told)
        for item in (value if type(value) is tuple else (value,))
        if is_array(item) and (item.ndim or id(item) in named)
    ]


def is_array(value: Any) -> bool:
    return hasattr(value, "dtype") and hasattr(value, "shape") and not isinstance(value, np.generic)


def _all_are(value: Any, default: Any) -> bool:
    """Whether a tuple says of every axis what a number says of all."""
    if type(value) is not tuple or type(default) is not int:
        return False
    return bool(value) and all(_all_are(item, default) or (type(item) is int and item == default) for item in value)


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, int | float | str | tuple | bool)


def expression(node: Node, named: Named, told: Mapping[str, Any] = NOTHING) -> str:
    """The operation in Python, with the arrays called as `named` says."""
    assert node.plan is not None
    primitive = node.plan.primitive
    if primitive.name == "output":
        return f"{named('values', None)}[{known_arguments(node)['index']}]"
    known = arguments(node, told=told)
    parts = [(keyword, argument_text(argument, value, named)) for keyword, argument, value in known]
    texts = [text for keyword, text in parts if not keyword]
    if primitive.name == "affine" and len(parts) >= 2:
        return f"{texts[0]} @ {texts[1]}.T{''.join(f' + {text}' for _, text in parts[2:])}"
    if primitive.name == "multiply_add" and len(parts) == 3:
        return f"{texts[0]} * {texts[1]} + {texts[2]}"
    if primitive.name == "checkpoint":
        return f"checkpoint({texts[0]})"
    if primitive.name == "argument":  # where a function that is differentiated begins
        return texts[0]
    if primitive.name in INFIX and len(parts) == 2:
        return f"{_operand(parts[0][1])} {INFIX[primitive.name]} {_operand(parts[1][1])}"
    if primitive.name in PREFIX and len(parts) == 1:
        return PREFIX[primitive.name] + texts[0]
    if primitive.name == "getitem" and len(parts) == 2:
        index = known[1]
        return f"{texts[0]}[{_index(index[2], index[1], named)}]"
    if primitive.name == "setitem" and len(parts) == 3:
        _, (_, argument, index) = known[1:]
        return f"{texts[0]} with [{_index(index, argument, named)}] = {texts[1]}"
    if primitive.name == "einsum" and "->" in repr(known[-1][2]):
        return f"einsum({', '.join([repr(repr(known[-1][2])), *texts[:-1]])})"
    if primitive.name == "transpose" and len(parts) == 1:
        return f"{texts[0]}.T"
    written = [text for keyword, text in parts if not keyword]
    written += [f"{keyword}={text}" for keyword, text in parts if keyword]  # as a call in Python has them
    several = [text for k, text in enumerate(written) if k < 2 or not text == written[k - 1] == UNKNOWN]
    name = CALLED.get(primitive.name, primitive.name)
    return f"{name}({', '.join(several)})"  # with one ellipsis for all that stand side by side


def argument_text(argument: Any, value: Any, named: Named) -> str:
    if value is INPUT:
        return named(argument, None)
    if value is UNKNOWN:
        return str(UNKNOWN)
    return str(named(argument, value)) if is_array(value) else literal(value)


def _operand(text: str) -> str:
    return f"({text})" if text.startswith("-") or (text.endswith("j") and "+" in text) else text


def _index(value: Any, argument: Any, named: Named) -> str:
    if value is UNKNOWN:
        return "…"
    parts = value if type(value) is tuple else (value,)
    texts = []
    for part in parts:
        if isinstance(part, slice):
            ends = ["" if end is None else literal(end) for end in (part.start, part.stop)]
            texts.append(":".join(ends) + ("" if part.step is None else f":{literal(part.step)}"))
        elif is_array(part) and part.ndim:
            texts.append(named(argument, part))
        else:
            texts.append("..." if part is Ellipsis else literal(part))
    return ", ".join(texts)


def literal(value: Any) -> str:
    """A value that is no array, as short Python."""
    if isinstance(value, np.generic) or (is_array(value) and not value.ndim):
        value = value.item() if hasattr(value, "item") else value
    if isinstance(value, bool) or value is None or isinstance(value, int | str):
        return repr(value)
    if isinstance(value, complex) and not value.real:
        return f"{short_number(value.imag)}j"
    if isinstance(value, float | complex):
        return short_number(value)
    if isinstance(value, np.dtype):
        return value.name
    if isinstance(value, type) and issubclass(value, np.generic):
        return value.__name__
    if type(value) is tuple:
        return f"({', '.join(map(literal, value))}{',' * (len(value) == 1)})"
    if type(value) is list:
        return f"[{', '.join(map(literal, value))}]"
    if value is Ellipsis:
        return "..."
    if isinstance(value, slice):
        return f"slice({literal(value.start)}, {literal(value.stop)}, {literal(value.step)})"
    return f"<{type(value).__name__}>"


def short_number(value: Any) -> str:
    text: str = f"{value:.4g}"
    return text if complex(text) == complex(value) else f"{value!r}" if len(f"{value!r}") <= 10 else f"{value:.6g}"


def values_text(array: Any, most: int = 12) -> str | None:
    """The elements of a small array in words; None for a large one."""
    if array is None or array.size > most or array.ndim > 2:
        return None
    array = np.asarray(array)
    if array.dtype.kind in "iub":
        items = array.astype(object) if array.dtype.kind != "b" else array
        return str(items.tolist()) if array.ndim else str(array.item())

    def one(number: Any) -> str:  # + 0: no minus before a zero
        return f"{number + 0:.3g}".replace("+0j", "").replace("-0j", "") if number == number else "nan"

    if not array.ndim:
        return f"{array.item() + 0:.4g}"
    rows = array.reshape(-1, array.shape[-1]) if array.size else array.reshape(0, 1)
    texts = ["[" + ", ".join(one(number) for number in row.tolist()) + "]" for row in rows]
    return texts[0] if array.ndim == 1 and texts else "[" + ", ".join(texts) + "]"
