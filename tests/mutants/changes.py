"""Small mistakes that a person could make in a source file: one mutant for each, as a change of one place of its tree.

What is changed is what a derivative rule can have wrong (its sign, a factor, a term or a conjugate that is missing, two
arguments that are swapped, `out` for `x`) and what code can have wrong (a comparison, a constant, a statement that is
left out, `break` for `continue`, parameters no longer positional-only). Asserts, the words of errors and what is there
for type checkers are left alone, and so are whole numbers that get a name at the top of a module: they say from what
size on another way is faster.
"""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator
from copy import copy
from typing import Any, NamedTuple

SWAPS: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitOr, ast.LShift: ast.RShift,
    ast.RShift: ast.LShift, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE,
    ast.GtE: ast.Gt, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or,
    ast.Or: ast.And,
}  # fmt: skip
CONJUGATES = ("conj", "conjugate")
TRANSPOSES = ("T", "mT", "real", "imag")
UNORDERED = {"isinstance", "getattr", "hasattr", "zip", "issubclass"}  # swapped, they fail at once
UNORDERED |= {
    "max",
    "min",
    "maximum",
    "minimum",
    "add",
    "multiply",
    "array_equal",
    "may_share_memory",
    "gcd",
    "masked",
}  # or do the same


class Mutant(NamedTuple):
    """One change: `put()` makes it in the tree that it belongs to.

    key    what it is called, wherever in the file it stands: function: before → after
    lines  where it is, from the first to the last
    rule   whether it is in a derivative rule
    state  the digest of the statement at the top of the module that it is in
    """

    key: str
    lines: tuple[int, int]
    rule: bool
    state: str
    before: str
    after: str
    place: tuple[ast.AST, str, int | None]
    new: Any

    def put(self) -> None:
        node, field, index = self.place
        if index is None:
            setattr(node, field, self.new)
        else:
            getattr(node, field)[index] = self.new


class _Where(NamedTuple):
    """What is known on the way down: the functions around, whether in a rule, and what a survivor is shown by."""

    names: tuple[str, ...] = ()
    rule: bool = False
    owner: ast.AST | None = None  # the lambda or the statement around
    argument: str | None = None  # for which argument a rule is


def mutants(tree: ast.Module) -> list[Mutant]:
    """Every mutant of a module, each to be put into this tree by itself."""
    seen: Counter[str] = Counter()
    made = []
    for top in tree.body:
        state = hashlib.sha256(ast.unparse(top).encode()).hexdigest()[:12]
        for place, old, new, where in _down(top, (tree, "body", tree.body.index(top)), _Where()):
            key = f"{'.'.join(where.names) or 'module'}: {_text(old)} → {_text(new)}"
            seen[key] += 1
            key += f" #{seen[key]}" if seen[key] > 1 else ""
            before, after = _shown(place, new, where.owner or top)
            made.append(Mutant(key, _lines(old, where.owner or top), where.rule, state, before, after, place, new))
    return made


def _down(node: ast.AST, place: Any, where: _Where) -> Iterator[tuple[Any, Any, Any, _Where]]:
    if isinstance(node, ast.Assert | ast.Raise | ast.Import | ast.ImportFrom) or _only_a_size(node, where):
        if isinstance(node, ast.Raise) and where.names:
            yield place, node, ast.copy_location(ast.Pass(), node), where._replace(owner=node)
        return
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        where = _Where((*where.names, node.name), where.rule or _is_rule(node), node)
    elif isinstance(node, ast.Lambda):
        where = where._replace(rule=where.rule or _is_rule(node), owner=node)
    elif isinstance(node, ast.stmt):
        where = where._replace(owner=node)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and not where.names:
            where = where._replace(names=(node.targets[0].id,))
    elif isinstance(node, ast.keyword) and isinstance(node.value, ast.Lambda) and node.arg:
        where = where._replace(names=(*where.names, node.arg), argument=node.arg)
    elif isinstance(node, ast.keyword) and node.arg == "strict":  # of zip: no mutant, for lengths are equal
        return
    for new in _changed(node, where):
        if ast.unparse(new) == ast.unparse(node):
            continue
        yield place, node, ast.fix_missing_locations(ast.copy_location(new, node)), where
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        if isinstance(value, list):
            for i, item in enumerate(value):
                if isinstance(item, ast.AST):
                    yield from _down(item, (node, field, i), where)
        elif isinstance(value, ast.AST):
            yield from _down(value, (node, field, None), where)


def _is_rule(node: ast.FunctionDef | ast.Lambda | ast.ClassDef) -> bool:
    arguments = getattr(node, "args", None)
    return bool(arguments and arguments.args and arguments.args[0].arg == "g")


def _only_a_size(node: ast.AST, where: _Where) -> bool:
    return not where.names and isinstance(node, ast.Assign) and _whole(node.value)


def _whole(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp):
        return _whole(node.left) and _whole(node.right)
    return isinstance(node, ast.Constant) and type(node.value) is int


def _changed(node: ast.AST, where: _Where) -> Iterator[Any]:
    """What else could stand in the place of one node."""
    if isinstance(node, ast.BinOp):
        yield from _of_operation(node, where.rule)
    elif isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.UAdd):
        yield node.operand
    elif isinstance(node, ast.Compare):
        yield _with(node, ops=[SWAPS[type(node.ops[0])](), *node.ops[1:]])
    elif isinstance(node, ast.BoolOp):
        yield _with(node, op=SWAPS[type(node.op)]())
    elif isinstance(node, ast.If | ast.IfExp | ast.While) and isinstance(
        node.test, ast.Name | ast.Call | ast.Attribute
    ):
        yield _with(node, test=ast.copy_location(ast.UnaryOp(ast.Not(), node.test), node.test))
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield ast.Constant(not node.value)
        elif isinstance(node.value, int):
            yield ast.Constant(node.value + 1)
        elif isinstance(node.value, float | complex):
            yield ast.Constant(node.value * 2 or 1.0)
    elif isinstance(node, ast.Call):
        yield from _of_call(node)
    elif isinstance(node, ast.Attribute) and node.attr in TRANSPOSES and where.rule:
        yield node.value
    elif isinstance(node, ast.AugAssign) and type(node.op) in SWAPS:
        yield _with(node, op=SWAPS[type(node.op)]())
    elif isinstance(node, ast.Lambda) and _is_rule(node):
        yield from (_with(node, body=body) for body in _scaled(node.body))
        yield from _of_parameters(node, where.argument)
    elif isinstance(node, ast.Return) and where.rule and node.value is not None and not _is_none(node.value):
        yield from (_with(node, value=value) for value in _scaled(node.value))
    elif isinstance(node, ast.Continue | ast.Break):
        yield ast.Break() if isinstance(node, ast.Continue) else ast.Continue()
    elif where.names and (
        (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call))
        or (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute | ast.Subscript))
    ):
        yield ast.Pass()
    elif isinstance(node, ast.arguments) and node.posonlyargs:
        yield _with(node, posonlyargs=[], args=[*node.posonlyargs, *node.args])


def _of_operation(node: ast.BinOp, rule: bool) -> Iterator[Any]:
    if isinstance(node.op, ast.MatMult):
        yield _with(node, left=node.right, right=node.left)
        return
    if type(node.op) in SWAPS:
        yield _with(node, op=SWAPS[type(node.op)]())
    if isinstance(node.op, ast.Add | ast.Sub) or (rule and isinstance(node.op, ast.Mult | ast.Div)):
        yield node.left
    if rule and isinstance(node.op, ast.Add | ast.Mult):
        yield node.right


def _of_call(node: ast.Call) -> Iterator[Any]:
    called = node.func
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    if name in CONJUGATES:
        yield node.args[0] if node.args else called.value  # type: ignore[attr-defined]
    elif name == "astype" and isinstance(called, ast.Attribute):
        yield called.value
    elif len(node.args) > 1 and name not in UNORDERED and not any(isinstance(a, ast.Starred) for a in node.args[:2]):
        yield _with(node, args=[node.args[1], node.args[0], *node.args[2:]])


def _of_parameters(node: ast.Lambda, argument: str | None) -> Iterator[Any]:
    """`out` where an argument is named, the argument where `out` is, and two of them swapped."""
    names = [a.arg for a in node.args.args]
    for name in names[1:]:
        other = "out" if name != "out" else argument
        if other and other not in names and not name.endswith(("_shape", "_dtype", "axis", "keepdims")):
            # the rule's text stays what it was: the parameter gets the other's name, and so does what the text means
            yield _Renamed(name, other).visit(ast.parse(ast.unparse(node), mode="eval").body)
    if len(names) > 2:  # by what they mean, not by where they stand, for parameters are given by name
        body = _Renamed(names[1], "_").visit(ast.parse(ast.unparse(node.body), mode="eval").body)
        body = _Renamed("_", names[2]).visit(_Renamed(names[2], names[1]).visit(body))
        yield _with(node, body=body)


class _Renamed(ast.NodeTransformer):
    def __init__(self, old: str, new: str) -> None:
        self.old, self.new = old, new

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(self.new) if node.arg == self.old else node

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.new, node.ctx) if node.id == self.old else node


def _scaled(body: Any) -> Iterator[Any]:
    yield ast.copy_location(ast.UnaryOp(ast.USub(), body), body)
    yield ast.copy_location(ast.BinOp(ast.Constant(2), ast.Mult(), body), body)


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _with(node: Any, **fields: Any) -> Any:
    made = copy(node)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def _lines(node: Any, owner: Any) -> tuple[int, int]:
    """The lines whose being run says that a change can matter: those of the whole lambda or statement, of a statement
    with a body those of its head, of a function all down to its first."""
    if isinstance(owner, ast.FunctionDef | ast.ClassDef):
        return min([owner.lineno, *[d.lineno for d in owner.decorator_list]]), owner.body[0].lineno
    if hasattr(owner, "body") and isinstance(owner, ast.stmt):
        return owner.lineno, getattr(node, "end_lineno", owner.lineno) if node is not owner else owner.lineno
    return owner.lineno, owner.end_lineno


def _text(node: ast.AST) -> str:
    """A node in a line; of a statement with a body, its head."""
    if isinstance(node, ast.arguments):
        return f"({ast.unparse(node)})"
    return ast.unparse(node).split("\n")[0]


def _shown(place: Any, new: Any, owner: ast.AST) -> tuple[str, str]:
    """The lambda or the statement around a change, before and after it."""
    node, field, index = place
    before = ast.unparse(owner)
    old = getattr(node, field) if index is None else getattr(node, field)[index]
    if old is owner:
        return _differing(before, ast.unparse(new))
    change = Mutant("", (0, 0), False, "", "", "", place, new)
    change.put()
    after = ast.unparse(owner)
    change._replace(new=old).put()
    return _differing(before, after)


def _differing(before: str, after: str) -> tuple[str, str]:
    """The first line in which two texts differ."""
    for a, b in zip(before.split("\n"), after.split("\n"), strict=False):
        if a != b:
            return a.strip(), b.strip()
    return before, after
