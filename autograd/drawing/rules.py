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
import functools
import linecache
from types import CodeType, FunctionType
from typing import Any

import numpy as np

LONGEST = 160
"""A helper's expression longer than this is not put in place of its call."""

DEEPEST = 4


class NotPlain(Exception):
    """The rule is more than decided tests, names and one expression."""


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
        tree = source_of(self.rule)
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
                raise NotPlain
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
        try:
            self.known[name] = self.value(value)
            self.shown.pop(name, None)
        except NotPlain:
            made = self.expression(value)
            self.known.pop(name, None)
            self.known[name] = Array(*self.shape(value))
            self.shown[name] = made

    def shape(self, value: ast.expr) -> tuple[Any, ...]:
        return ()

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
            return self.shown[node.id]
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
        """A contraction by labels, as `np.einsum` writes it, if it can (it cannot repeat along new axes)."""
        labels = repr(self.value(node.args[-1]))
        operands, _, result = labels.partition("->")
        if not set(result) <= set(operands) or not labels.replace("->", "").replace(",", "").isalpha():
            return None
        arrays = [self.expression(argument) for argument in node.args[:-1]]
        einsum = ast.Attribute(ast.Name("np", ast.Load()), "einsum", ast.Load())
        return ast.Call(einsum, [ast.Constant(labels), *arrays], [])

    def call(self, node: ast.Call) -> ast.expr | None:
        """A helper's own expression, in place of a call of it; None if it had better stay a call."""
        function = self.outer.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if not isinstance(function, FunctionType):
            return None
        if (record := getattr(function, "primitive", None)) is not None:
            return self.contraction(node) if record.name == "einsum" else None
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
                known[name] = self.known.get(argument.id, Array()) if isinstance(argument, ast.Name) else Array()
        try:
            made = specialise(function, shown, known, self.level + 1)
        except NotPlain:
            return None
        return made if len(ast.unparse(made)) <= LONGEST else None


PURE = {"shape", "ndim", "size", "prod", "dtype", "result_type", "issubdtype", "isscalar"}


def _stored(statement: ast.stmt) -> set[str]:
    return {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def to_expression(value: Any) -> ast.expr:
    """A value as the expression that makes it."""
    if isinstance(value, bool | str) or value is None or value is Ellipsis:
        return ast.Constant(value)
    if isinstance(value, np.generic) and not isinstance(value, np.datetime64 | np.timedelta64):
        value = value.item()
    if isinstance(value, int | float | complex):
        if isinstance(value, complex) or value != value or value in (float("inf"), -float("inf")):
            raise NotPlain
        return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if value < 0 else ast.Constant(value)
    if type(value) is tuple:
        return ast.Tuple([to_expression(item) for item in value], ast.Load())
    if type(value) is list:
        return ast.List([to_expression(item) for item in value], ast.Load())
    if isinstance(value, slice):
        ends = [to_expression(end) for end in (value.start, value.stop, value.step)]
        return ast.Call(ast.Name("slice", ast.Load()), ends, [])
    if isinstance(value, np.dtype) and value.isbuiltin:
        return ast.Attribute(ast.Name("np", ast.Load()), value.name, ast.Load())
    raise NotPlain


def simplify(node: ast.expr) -> ast.expr:
    """Without what changes nothing: `x ** 1`, `1 * x`, and a slice written as one."""
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Pow | ast.Mult | ast.Div) and _is_one(node.right):
            return node.left
        if isinstance(node.op, ast.Mult) and _is_one(node.left):
            return node.right
    if isinstance(node, ast.Subscript):
        node.slice = _as_slices(node.slice)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _as_reshape(node)
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "np.matmul" and len(node.args) == 2:
        return ast.BinOp(node.args[0], ast.MatMult(), node.args[1])
    return node


def _as_reshape(node: ast.Call) -> ast.expr:
    """`reshape` as the method; it is also what scatters back an index that only adds axes, such as `[:, None]`."""
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name == "matmul" and len(node.args) == 2:
        return ast.BinOp(node.args[0], ast.MatMult(), node.args[1])
    if name == "_reshaped" and len(node.args) == 3 and ast.unparse(node.args[2]) == "'C'":
        shape = node.args[1]
    elif name == "scatter_add" and len(node.args) == 3 and _adds_axes(node.args[1]):
        shape = node.args[2]
    else:
        return node
    return ast.Call(ast.Attribute(node.args[0], "reshape", ast.Load()), [shape], [])


def _adds_axes(index: ast.expr) -> bool:
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    return all(ast.unparse(part) in ("None", "slice(None, None, None)", ":") for part in parts)


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1 and not isinstance(node.value, bool)


def _as_slices(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Tuple) and node.elts:
        return ast.Tuple([_as_slices(item) for item in node.elts], ast.Load())
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "slice" and len(node.args) == 3:
        ends = [None if isinstance(a, ast.Constant) and a.value is None else a for a in node.args]
        return ast.Slice(*ends)
    return node


# ---- finding the source --------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=64)
def _functions(filename: str) -> dict[int, list[Any]]:
    """The functions and lambdas of a file, by the line each begins on."""
    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except SyntaxError:
        return {}
    found: dict[int, list[Any]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda | ast.FunctionDef):
            found.setdefault(node.lineno, []).append(node)
            for decorator in getattr(node, "decorator_list", ()):
                found.setdefault(decorator.lineno, []).append(node)
    return found


def source_of(rule: FunctionType) -> Any:
    """The tree of a function's source. Raises NotPlain if it cannot be had."""
    code = rule.__code__
    names = code.co_varnames[: code.co_argcount]
    near = _functions(code.co_filename).get(code.co_firstlineno, [])
    near = [node for node in near if tuple(a.arg for a in (*node.args.posonlyargs, *node.args.args)) == names]
    near = [node for node in near if getattr(node, "name", "<lambda>") == code.co_name]
    if len(near) > 1:
        spans = set(code.co_positions())
        exact = [
            node for node in near
            if isinstance(node, ast.Lambda)
            and (node.body.lineno, node.body.end_lineno, node.body.col_offset, node.body.end_col_offset) in spans
        ]  # fmt: skip
        near = exact or near
    near = [node for node in near if _is_source(node, code)]
    if not near:
        raise NotPlain
    return near[0]


def _is_source(node: Any, code: CodeType) -> bool:
    """Whether the function can have been compiled from this: the file may have been edited since."""
    if isinstance(node, ast.FunctionDef):
        plain = ast.FunctionDef(node.name, node.args, node.body, [], None, None)
        tree: ast.stmt = ast.copy_location(plain, node)
    else:
        tree = ast.copy_location(ast.Expr(node), node)
    whole = compile(ast.fix_missing_locations(ast.Module([tree], [])), "<rule>", "exec")
    made = next(part for part in _nested(whole) if part.co_name == code.co_name)
    return _marks(made) == _marks(code)


def _nested(code: CodeType) -> list[CodeType]:
    return [part for part in code.co_consts if isinstance(part, CodeType)]


def _marks(code: CodeType) -> tuple[Any, ...]:
    """What a function mentions: its names and constants."""
    names = {*code.co_names, *code.co_freevars, *code.co_cellvars} - set(code.co_varnames)
    known = (value for value in code.co_consts if value is not None and not isinstance(value, CodeType))
    constants = sorted({repr(value) for value in known})
    return sorted(names), constants, code.co_varnames
