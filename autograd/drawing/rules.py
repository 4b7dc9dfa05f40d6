"""The source of a derivative rule, specialised to one call of it: what is known is put in, what remains is the formula.

A rule is Python: `lambda g, y: g * y`, or a function that looks at shapes and options and returns an expression. At a
node of a recorded graph the shapes and options are known, so tests on them are decided, helpers are put in place of
their calls, and constants are folded: `sum`'s rule becomes `broadcast_to(g, (3, 2))`, not a call of a helper with five
arguments. What cannot be specialised stays a call, which is as true.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import copy
from types import FunctionType
from typing import Any

import numpy as np

from .simplifying import axes_summed, simplify, to_expression
from .sources import NotPlain, source_of

LONGEST = 160
"""A helper's expression longer than this is not put in place of its call."""

DEEPEST = 4


class Array:
    """What is known of an array without looking at its values."""

    def __init__(self, shape: Any = None, dtype: Any = None) -> None:
        if shape is not None:
            self.shape = shape
            self.ndim = len(shape)
            self.size = int(np.prod(shape, dtype=object))
        if dtype is not None:
            self.dtype = dtype

    __class__ = property(lambda self: np.ndarray)  # type: ignore[assignment]

    def _refuse(self, *_: Any) -> Any:
        raise NotPlain

    __bool__ = __len__ = __iter__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse  # type: ignore[assignment]
    __hash__ = object.__hash__


def specialise(rule: FunctionType, shown: dict[str, ast.expr], known: dict[str, Any], level: int = 0) -> ast.expr:
    """The expression that `rule` comes down to.

    shown  for each parameter, what stands for it
    known  of each parameter, its value; or an `Array`, where only so much is known; or nothing
    """
    if level > DEEPEST:
        raise NotPlain
    return _Rule(rule, shown, known, level).run()


class _Rule:
    def __init__(self, rule: FunctionType, shown: dict[str, ast.expr], known: dict[str, Any], level: int) -> None:
        self.rule = rule
        self.shown = dict(shown)
        self.known = dict(known)
        self.level = level
        free = dict(zip(rule.__code__.co_freevars, rule.__closure__ or (), strict=True))
        self.outer = {**vars(builtins), **rule.__globals__}
        for name, cell in free.items():
            with contextlib.suppress(ValueError):
                self.outer[name] = cell.cell_contents

    def run(self) -> ast.expr:
        tree = _Asked().visit(copy.deepcopy(source_of(self.rule)))
        if isinstance(tree, ast.Lambda):
            return self.expression(tree.body)
        result = self.block(tree.body)
        if result is None:
            raise NotPlain
        return result

    def block(self, statements: list[ast.stmt]) -> ast.expr | None:
        for statement in statements:
            if isinstance(statement, ast.Return) and statement.value is not None:
                return self.expression(statement.value)
            if isinstance(statement, ast.If):
                found = self.block(statement.body if self.value(statement.test) else statement.orelse)
                if found is not None:
                    return found
            elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue
            else:
                self.statement(statement)
        return None

    def statement(self, statement: ast.stmt) -> None:
        """An assignment, or anything made of known values only, which is simply run."""
        names = _stored(statement)
        loaded = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
        if isinstance(statement, ast.AnnAssign) and statement.value is not None:
            statement = ast.Assign([statement.target], statement.value)
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name):
                return self.assign(target.id, statement.value)
            if isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
                return self.assign_all(target.elts, statement.value.elts)
        if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            target_now = ast.Name(statement.target.id, ast.Load())
            return self.assign(statement.target.id, ast.BinOp(target_now, statement.op, statement.value))
        for name in loaded - names:
            if (name not in self.known and name not in self.outer) or isinstance(self.known.get(name), Array):
                raise NotPlain
        if isinstance(statement, ast.Import | ast.ImportFrom | ast.For | ast.Assign | ast.Expr):
            module = ast.fix_missing_locations(ast.Module([statement], []))
            space = dict(self.known)
            try:
                exec(compile(module, "<rule>", "exec"), {**self.outer}, space)
            except Exception:
                raise NotPlain from None
            for name, value in space.items():
                if isinstance(statement, ast.Import | ast.ImportFrom):
                    self.outer[name] = value if name not in self.known else self.outer.get(name)
                elif name not in self.shown:
                    self.known[name] = value
            return None
        raise NotPlain

    def assign(self, name: str, value: ast.expr) -> None:
        self.assign_all([ast.Name(name, ast.Store())], [value])

    def assign_all(self, targets: list[ast.expr], values: list[ast.expr]) -> None:
        """`a = x`, or `a, b = x, y`, where all values are found before any name is bound."""
        found: list[tuple[str, Any, ast.expr | None]] = []
        for target, value in zip(targets, values, strict=True):
            if not isinstance(target, ast.Name):
                raise NotPlain
            try:
                found.append((target.id, self.value(value), None))
            except NotPlain:
                found.append((target.id, self.about(value), self.expression(value)))
        for name, known, shown in found:
            self.known[name] = known
            if shown is None:
                self.shown.pop(name, None)
            else:
                self.shown[name] = shown

    def about(self, value: ast.expr) -> Array:
        """What is known of an array: of a parameter, its shape; of a piece of one, the shape that the index gives."""
        if isinstance(value, ast.Name):
            known = self.known.get(value.id)
            return known if isinstance(known, Array) else Array()
        if isinstance(value, ast.Subscript):
            whole = self.about(value.value)
            if hasattr(whole, "shape"):
                try:
                    piece = np.broadcast_to(np.empty((), np.bool_), whole.shape)[self.value(value.slice)]
                except (NotPlain, IndexError):
                    return Array()
                return Array(np.shape(piece), getattr(whole, "dtype", None))
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "sum_to":
            return Array(self.value(value.args[1]))
        return Array()

    # ---- values that are known -------------------------------------------------------------------------------------

    def value(self, node: ast.expr) -> Any:
        """The value of an expression of known things. Raises NotPlain where it is not known."""
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and part.id in self.shown and part.id not in self.known:
                raise NotPlain
            if isinstance(part, ast.NamedExpr | ast.Lambda | ast.Await):
                raise NotPlain
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
                root: ast.expr = part.func
                while isinstance(root, ast.Attribute):
                    root = root.value
                if isinstance(root, ast.Name) and root.id in ("np", "numpy") and part.func.attr not in PURE:
                    raise NotPlain
        try:
            whole = ast.fix_missing_locations(ast.Expression(copy.deepcopy(node)))
            value = eval(compile(whole, "<rule>", "eval"), {**self.outer, **self.known})
        except Exception:
            raise NotPlain from None
        if isinstance(value, Array) or (hasattr(value, "dtype") and getattr(value, "ndim", None)):
            raise NotPlain
        return value

    # ---- expressions -----------------------------------------------------------------------------------------------

    def expression(self, node: ast.expr) -> ast.expr:
        """The expression with what stands for each parameter, and what is known, in place."""
        if isinstance(node, ast.Constant):
            return node
        if isinstance(node, ast.Name):
            return self.name(node)
        if not isinstance(node, ast.Starred | ast.Slice):
            try:
                return to_expression(self.value(node))
            except NotPlain:
                pass
        if isinstance(node, ast.IfExp):
            return self.expression(node.body if self.value(node.test) else node.orelse)
        if isinstance(node, ast.Call):
            found = self.call(node)
            if found is not None:
                return found
        if isinstance(node, ast.Subscript):
            picked = self.pick(node)
            if picked is not None:
                return picked
        if isinstance(node, ast.NamedExpr | ast.Lambda | ast.ListComp | ast.GeneratorExp | ast.DictComp | ast.SetComp):
            raise NotPlain
        return simplify(self.rebuild(node))

    def rebuild(self, node: Any) -> Any:
        made = type(node)(**{name: getattr(node, name) for name in node._fields if hasattr(node, name)})
        for name, value in ast.iter_fields(made):
            if isinstance(value, ast.expr):
                setattr(made, name, self.expression(value))
            elif isinstance(value, list):
                setattr(made, name, [self.part(item) for item in value])
        return made

    def part(self, item: Any) -> Any:
        if isinstance(item, ast.expr):
            return self.expression(item)
        return self.rebuild(item) if isinstance(item, ast.keyword) else item

    def name(self, node: ast.Name) -> ast.expr:
        if node.id in self.shown:
            return copy.deepcopy(self.shown[node.id])
        if node.id in self.known:
            return to_expression(self.known[node.id])
        if node.id in self.outer:
            value = self.outer[node.id]
            if isinstance(value, int | float | str | tuple | bool) or value is None:
                try:
                    return to_expression(value)
                except NotPlain:
                    pass
            return node
        raise NotPlain

    def pick(self, node: ast.Subscript) -> ast.expr | None:
        """One of a tuple whose elements are shown."""
        if isinstance(node.value, ast.Name) and isinstance(shown := self.shown.get(node.value.id), ast.Tuple):
            index = self.value(node.slice)
            if isinstance(index, int):
                return shown.elts[index]
        return None

    def contraction(self, node: ast.Call) -> ast.expr | None:
        """A contraction by labels, as `np.einsum` writes it. That cannot repeat along a new axis, but multiply by ones;
        and cannot fill a diagonal, but multiply by the identity."""
        plan = self.value(node.args[-1])
        known = dict.fromkeys(label for labels in (*plan.operands, plan.result) for label in labels)
        letters = dict(zip(known, _LETTERS, strict=False))
        spare = iter(_LETTERS[len(letters) :])
        if 2 * len(letters) > len(_LETTERS):
            return None
        operands = ["".join(letters[label] for label in labels) for labels in plan.operands]
        arrays = [self.expression(argument) for argument in node.args[:-1]]
        met = {label for labels in plan.operands for label in labels}
        result = ""
        for k, label in enumerate(plan.result):
            letter = letters[label]
            if label in plan.result[:k]:
                letter = next(spare)
                operands.append(letters[label] + letter)
                arrays.append(_call_of_numpy("eye", plan.sizes[label]))
            elif label not in met and label not in plan.result[k + 1 :]:
                operands.append(letter)
                arrays.append(_call_of_numpy("ones", plan.sizes[label]))
            result += letter
        einsum = ast.Attribute(ast.Name("np", ast.Load()), "einsum", ast.Load())
        return ast.Call(einsum, [ast.Constant(f"{','.join(operands)}->{result}"), *arrays], [])

    def call(self, node: ast.Call) -> ast.expr | None:
        """A helper's own expression, in place of a call of it; None if it had better stay a call."""
        if isinstance(node.func, ast.Name) and node.func.id == "in_rows":  # by pieces or not, the formula is the same
            node = ast.Call(node.args[0], node.args[1:], [])
        if isinstance(node.func, ast.Name) and node.func.id == "axes_of":  # an axis that is not known stays what it is
            return self.expression(node.args[0])
        function: Any = self.outer.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if isinstance(node.func, ast.Name) and node.func.id == "sum_to" and len(node.args) == 2:
            array, target = self.about(node.args[0]), self.value(node.args[1])
            if hasattr(array, "shape"):
                return axes_summed(self.expression(node.args[0]), array.shape, target)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "reshape" and len(node.args) == 1:
            array = self.about(node.func.value)
            if hasattr(array, "shape") and array.shape == self.value(node.args[0]):
                return self.expression(node.func.value)
        if isinstance(node.func, ast.Subscript):  # a table of functions
            function = self.value(node.func)
        if not isinstance(function, FunctionType):
            return None
        if (record := getattr(function, "primitive", None)) is not None:
            if record.name != "softmax_by":
                return self.contraction(node) if record.name == "einsum" else None
            function = record.function  # of which one knows the formula, and not the name
        function = getattr(function, "printed_as", function)
        if function.__module__.split(".")[0] != self.rule.__module__.split(".")[0] or function is self.rule:
            return None
        code = function.__code__
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        if code.co_flags & 0x0C or any(isinstance(a, ast.Starred) for a in node.args):
            return None
        if not all(keyword.arg for keyword in node.keywords):
            return None
        given = dict(zip(names, node.args, strict=False)) | {str(k.arg): k.value for k in node.keywords}
        shown: dict[str, ast.expr] = {}
        defaults = function.__defaults__ or ()
        known: dict[str, Any] = dict(zip(names[code.co_argcount - len(defaults) :], defaults, strict=False))
        known.update(function.__kwdefaults__ or {})
        for name, argument in given.items():
            known.pop(name, None)
            try:
                known[name] = self.value(argument)
            except NotPlain:
                shown[name] = self.expression(argument)
                known[name] = self.about(argument)
        try:
            made = specialise(function, shown, known, self.level + 1)
        except NotPlain:
            return None
        return made if len(ast.unparse(made)) <= LONGEST else None


class _Asked(ast.NodeTransformer):
    """`x.__class__` as `type(x)`: the way of arrays, in place and in pieces, is not the formula."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        if node.attr != "__class__":
            return node
        return ast.copy_location(ast.Call(ast.Name("type", ast.Load()), [node.value], []), node)


def _call_of_numpy(name: str, size: int) -> ast.expr:
    return ast.Call(ast.Attribute(ast.Name("np", ast.Load()), name, ast.Load()), [ast.Constant(int(size))], [])


_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

PURE = {"shape", "ndim", "size", "prod", "dtype", "result_type", "issubdtype", "isscalar", "finfo"}


def _stored(statement: ast.stmt) -> set[str]:
    return {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
