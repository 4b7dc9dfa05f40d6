"""The VJP that runs on a backward arrow, as a formula with the picture's names."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import numpy as np

from ..engine.node import Node
from ..engine.primitive import Primitive, needs_of, registry, rule_of
from .expressions import UNKNOWN, is_array, known_arguments
from .reading import in_words, says_little
from .rules import Array, specialise
from .simplifying import Brief, axes_summed, to_expression
from .sources import NotPlain
from .textbook import in_a_textbook

Named = Callable[[Any, Any], str]

SEVERAL = 5
"""The gradient of as many results, or fewer, is written as a tuple, with None for those that had no part in it."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula.

    code    Python, with an identifier `_0_`, `_1_`, … for each array
    arrays  what each identifier stands for: "g", "out", a saved name, or (a saved name, position)
    text    the same in the picture's names and a reader's words
    """

    code: str
    arrays: dict[str, Any]
    text: str


class _Symbols:
    """Identifiers for the arrays of a formula."""

    def __init__(self) -> None:
        self.of: dict[Any, str] = {}
        self.names: dict[str, str] = {}

    def add(self, what: Any, name: str) -> ast.expr:
        symbol = self.of.setdefault(what, f"_{len(self.of)}_")
        self.names[symbol] = name
        return ast.Name(symbol, ast.Load())


def formula(node: Node, k: int, named: Named, out: str) -> Formula:
    """The formula of the gradient that `node` sends to its k-th parent.

    named  what an argument is called, given which one it is and its value (None: it is a parent)
    out    what the node's own value is called
    """
    assert node.plan is not None
    plan = node.plan
    input, parent = plan.inputs[k], node.parents[k]
    rule = rule_of(plan.primitive, input)
    symbols = _Symbols()
    values = known_arguments(node)
    parents = dict(zip(plan.inputs, node.parents, strict=True))
    shape = node.shape if type(node.shape) is tuple else None
    shown: dict[str, ast.expr] = {"g": symbols.add("g", "ḡ")}
    known: dict[str, Any] = {"g": Array(shape, node.dtype)}
    for name in needs_of(rule):
        if name == "i":
            known["i"] = input[-1]
        elif name == "out":
            shown[name] = symbols.add("out", out)
            known[name] = Array(shape, node.dtype)
        elif name in parents:
            shown[name] = symbols.add(name, named(name, None))
            known[name] = Array(parents[name].shape, parents[name].dtype)
        elif name not in values:
            _unknown(name, parents, symbols, shown, known)
        elif is_array(values[name]):
            shown[name] = symbols.add(name, named(name, values[name]))
            known[name] = Array(values[name].shape, values[name].dtype)
        elif type(values[name]) is tuple and any(map(is_array, values[name])):
            shown[name] = _several(name, values[name], parents, symbols, named)
        else:
            known[name] = values[name]
    return _written(rule, shown, known, symbols, node, parent, input, named, out)


def _unknown(
    name: str, parents: dict[Any, Node], symbols: _Symbols, shown: dict[str, ast.expr], known: dict[str, Any]
) -> None:
    """What was saved has been freed: a parent's shape is still known."""
    base, _, what = name.rpartition("_")
    if what in ("shape", "dtype") and base in parents:
        known[name] = getattr(parents[base], what)
    elif what == "strides" and base in parents:
        known[name] = None
    else:
        shown[name] = symbols.add(name, UNKNOWN)


def _several(name: str, value: Any, parents: dict[Any, Node], symbols: _Symbols, named: Named) -> ast.expr:
    """A sequence of arguments, some of which are arrays."""
    items: list[ast.expr] = []
    for i, item in enumerate(value):
        if (name, i) in parents:
            items.append(symbols.add((name, i), named((name, i), None)))
        elif is_array(item):
            items.append(symbols.add((name, i), named(name, item)))
        else:
            try:
                items.append(to_expression(item))
            except NotPlain:
                items.append(symbols.add((name, i), f"{name}[{i}]"))
    return ast.Tuple(items, ast.Load())


def _written(
    rule: Any,
    shown: dict[str, ast.expr],
    known: dict[str, Any],
    symbols: _Symbols,
    node: Node,
    parent: Node,
    input: Any,
    named: Named,
    out: str,
) -> Formula:
    assert node.plan is not None
    given = dict(shown)
    for name in list(known):
        if name not in given:
            try:
                given[name] = to_expression(known[name])
            except NotPlain:
                shown[name] = given[name] = symbols.add(name, _named_or(name, known[name], named))
    try:
        tree = specialise(rule, shown, known) if isinstance(rule, FunctionType) else None
    except (NotPlain, RecursionError):
        tree = None
    if tree is None:
        tree = ast.Call(
            ast.Name(_rule_name(rule, node), ast.Load()), [given[name] for name in ("g", *needs_of(rule))], []
        )
    tree = _transposed(tree, symbols, node)
    if all(kind != "c" for kind in _kinds(node)):
        tree = _Real().visit(tree)
    tree = _in_full(tree, symbols, node, parent)
    tree = _summed(tree, node, parent, input)
    space = environment(node, node.plan.inputs.index(input))
    tree = Brief(space).visit(tree)
    arrays = {symbol: what for what, symbol in symbols.of.items()}
    code = ast.unparse(ast.fix_missing_locations(tree))
    name, real = f"{node.name}.{input}", all(kind != "c" for kind in _kinds(node))
    book = in_a_textbook(
        name, rule, node, parent, _reduced(node, parent, known.get("axis"), given) | given, known, real
    )
    told = tree if book is None else _Real().visit(book) if real else book
    words = in_words(told, space) if not _is_a_face(rule) and node.name != "checkpoint" else None
    if words is not None:
        text = re.sub(r"_\d+_", lambda found: symbols.names.get(found[0], found[0]), ast.unparse(words))
        text = re.sub(r"(?<![\w.])_(?=[a-z])", "", text)
        return Formula(code, arrays, UNKNOWN if says_little(text) else text)
    how = ", run again" if node.name == "checkpoint" else ""
    return Formula(code, arrays, f"ḡ · ∂{out}/∂{named(input, None)}{how}")


def _reduced(node: Node, parent: Node, axis: Any, given: dict[str, ast.expr]) -> dict[str, ast.expr]:
    """What the words for a reduction are made of besides what its rule needs (see `textbook.TEXTBOOK`)."""
    found: dict[str, ast.expr] = {"kept": ast.Constant(None if axis is None else True)}
    found |= {name.upper(): given[name] for name in ("g", "out") if name in given}
    if parent.shape and type(parent.shape) is tuple:
        ndim = len(parent.shape)
        gone = range(ndim) if axis is None else {k % ndim for k in (axis if type(axis) is tuple else (axis,))}
        found["n"] = ast.Constant(math.prod(parent.shape[k] for k in gone))
        if axis is not None and type(node.shape) is tuple and len(node.shape) < ndim:
            whole = to_expression(tuple([1 if k in gone else size for k, size in enumerate(parent.shape)]))
            for name in {"G", "OUT"} & set(found):
                found[name] = ast.Call(ast.Attribute(found[name], "reshape", ast.Load()), [whole], [])
    return found


def _named_or(name: str, value: Any, named: Named) -> str:
    try:
        return named(name, value) if is_array(value) else name
    except KeyError:
        return name


def _transposed(tree: ast.expr, symbols: _Symbols, node: Node) -> ast.expr:
    """Products of matrices and vectors as one writes them, and `W.T` for the two axes of a matrix exchanged."""
    assert node.plan is not None
    values = known_arguments(node)
    parents = dict(zip(node.plan.inputs, node.parents, strict=True))
    dims: dict[str, int] = {}
    for what, symbol in symbols.of.items():
        at = node if what in ("g", "out") else parents.get(what)
        shape = at.shape if at is not None else getattr(values.get(what) if type(what) is str else None, "shape", None)
        if type(shape) is tuple:
            dims[symbol] = len(shape)

    def is_matrix(part: ast.expr) -> bool:
        """Whether it has two axes: by its name, or as a product of two that have."""
        if isinstance(part, ast.BinOp):
            return isinstance(part.op, ast.MatMult) and is_matrix(part.left) and is_matrix(part.right)
        part = part.value if isinstance(part, ast.Attribute) and part.attr == "T" else part
        return isinstance(part, ast.Name) and dims.get(part.id) == 2

    class Swapped(ast.NodeTransformer):
        def visit_Call(self, call: ast.Call) -> ast.AST:
            self.generic_visit(call)
            inner = call.func
            text = ast.unparse(call)
            if isinstance(inner, ast.Attribute) and re.search(r"\.reshape\(\d+, \d+\)\.swapaxes\(-1, -2\)$", text):
                return ast.Attribute(inner.value, "T", ast.Load())
            flips = text.endswith((".swapaxes(-1, -2)", ".transpose(None)", ".transpose((1, 0))"))
            if not (flips and isinstance(inner, ast.Attribute) and is_matrix(inner.value)):
                return call
            return ast.Attribute(inner.value, "T", ast.Load())

        def visit_Subscript(self, part: ast.Subscript) -> ast.AST:
            """`W @ v` for what makes a column of the vector, and a vector of the column that comes out."""
            self.generic_visit(part)
            found = re.fullmatch(r"\((\w+)(?:\.T)? @ (\w+)\[\.\.\., None\]\)\[\.\.\., 0\]", ast.unparse(part))
            if found is None or dims.get(found[1]) != 2 or dims.get(found[2]) != 1:
                return part
            return ast.BinOp(part.value.left, ast.MatMult(), ast.Name(found[2], ast.Load()))  # type: ignore[attr-defined]

        def visit_BinOp(self, product: ast.BinOp) -> ast.AST:
            """`np.outer(v, w)` for a column times a row."""
            self.generic_visit(product)
            found = re.fullmatch(r"(\w+)\[[:.]+, None\] \* (\w+)(?:\[\.\.\., None, :\])?", ast.unparse(product))
            if found is None or dims.get(found[1]) != 1 or dims.get(found[2]) != 1:
                return product
            vectors: list[ast.expr] = [ast.Name(found[k], ast.Load()) for k in (1, 2)]
            return ast.Call(ast.Attribute(ast.Name("np", ast.Load()), "outer", ast.Load()), vectors, [])

    made: ast.expr = Swapped().visit(tree)
    return made


def _kinds(node: Node) -> set[str]:
    """The kinds of the dtypes of all arrays that a rule of this node may meet."""
    values = [
        item for value in known_arguments(node).values() for item in (value if type(value) is tuple else (value,))
    ]
    dtypes = [node.dtype, *(parent.dtype for parent in node.parents), *(v.dtype for v in values if is_array(v))]
    return {"" if dtype is None else dtype.kind for dtype in dtypes}


class _Real(ast.NodeTransformer):
    """Real numbers are their own conjugates."""

    def visit_Call(self, call: ast.Call) -> ast.AST:
        self.generic_visit(call)
        conjugates = isinstance(call.func, ast.Attribute) and call.func.attr == "conj" and not call.args
        return call.func.value if conjugates and isinstance(call.func, ast.Attribute) else call


def _in_full(tree: ast.expr, symbols: _Symbols, node: Node, parent: Node) -> ast.expr:
    """In plain terms: the sum of ḡ, or of a product with it, down to a shape; ḡ at its place among several results."""
    if isinstance(tree, ast.Call) and type(node.shape) is tuple:
        made = rf"\({symbols.of['g']} \* \w+\)\.sum\(.+, keepdims=True\)\.reshape\(.+\)"
        if re.fullmatch(made, ast.unparse(tree)):
            product = tree.func.value.func.value  # type: ignore[attr-defined]
            return axes_summed(product, node.shape, parent.shape)
    name = tree.func.id if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) else ""
    if isinstance(tree, ast.Call) and name == "sum_to" and ast.unparse(tree.args[0]) == symbols.of["g"]:
        return tree.args[0] if node.shape == parent.shape else axes_summed(tree.args[0], node.shape, parent.shape)
    assert node.plan is not None
    place = known_arguments(node) if node.plan.primitive.name == "output" else {}
    if place and place["n"] <= SEVERAL:
        items: list[ast.expr] = [ast.Constant(None)] * place["n"]
        items[place["index"]] = ast.Name(symbols.of["g"], ast.Load())
        return ast.Tuple(items, ast.Load())
    return tree


def _summed(tree: ast.expr, node: Node, parent: Node, input: Any) -> ast.expr:
    """The sum over broadcast axes, as the sweep does it after the rule; and the real part, where the input is real."""
    assert node.plan is not None
    primitive = node.plan.primitive
    if primitive.broadcasts and type(node.shape) is tuple and parent.shape != node.shape:
        core = _core(primitive, input)
        if core is None and not _fits(parent.shape, node.shape):
            tree = ast.Call(ast.Name("sum_to", ast.Load()), [tree, to_expression(parent.shape)], [])
        elif core is not None:
            of_result, of_input = core
            if len(parent.shape) < of_input:  # matmul's vector: it and the result have one axis less
                of_result, of_input = of_result - 1, of_input - 1
            batch = node.shape[: max(len(node.shape) - of_result, 0)]
            at_once = primitive.name == "matmul" and input == "y" and len(parent.shape) == 2  # of all rows: no sum
            if batch not in ((), parent.shape[: len(parent.shape) - of_input]) and not at_once:
                tree = axes_summed(tree, (*batch, *parent.shape[len(parent.shape) - of_input :]), parent.shape)
        else:
            tree = axes_summed(tree, node.shape, parent.shape)
    if node.dtype is not None and node.dtype.kind == "c" and parent.dtype is not None and parent.dtype.kind != "c":
        tree = ast.Attribute(tree, "real", ast.Load())
    return tree


def _core(primitive: Primitive, input: Any) -> tuple[int, int] | None:
    """Of a function that works on the last axes only, such as matmul: how many the result has, and this input."""
    for key, function in registry.items():
        if isinstance(key, np.ufunc) and key.signature and getattr(function, "primitive", None) is primitive:
            inputs, _, output = key.signature.partition("->")
            counts = [len([axis for axis in part.split(",") if axis]) for part in inputs[1:-1].split("),(")]
            place = list(primitive.rules).index(input)
            return len([axis for axis in output[1:-1].split(",") if axis]), counts[min(place, len(counts) - 1)]
    return None


def _fits(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    """Whether an array of this shape broadcasts to the target."""
    return len(shape) <= len(target) and all(
        a in (1, b) for a, b in zip(reversed(shape), reversed(target), strict=False)
    )


def _is_a_face(rule: Any) -> bool:
    """Whether it is one rule for all functions that code for HIPS autograd declares, which tells a reader nothing."""
    return bool(rule.__module__ == "autograd.hips.extend")


def _rule_name(rule: Any, node: Node) -> str:
    """What a rule is called that cannot be written out: by its own name, unless that says nothing."""
    said = rule.__name__.isidentifier() and not _is_a_face(rule)
    return rule.__name__ if said else f"{node.name}_vjp"


def environment(node: Node, k: int) -> dict[str, Any]:
    """The names in which a formula's code is evaluated, besides its arrays."""
    from .. import ops

    assert node.plan is not None
    rule = rule_of(node.plan.primitive, node.plan.inputs[k])
    space: dict[str, Any] = {}
    for module in vars(ops).values():
        if type(module) is type(ops):
            space.update((name, value) for name, value in vars(module).items() if callable(value))
    space.update(rule.__globals__)
    for name, cell in zip(rule.__code__.co_freevars, rule.__closure__ or (), strict=True):
        space[name] = cell.cell_contents
    space.setdefault("np", np)
    space[_rule_name(rule, node)] = rule
    return space


def formula_text(node: Node, k: int, named: Named, out: str) -> str:
    return formula(node, k, named, out).text
