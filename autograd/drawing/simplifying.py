"""Expressions of Python written as a reader would: values as what makes them, calls without what changes nothing."""

from __future__ import annotations

import ast
import inspect
from typing import Any

import numpy as np

from .sources import NotPlain


def to_expression(value: Any) -> ast.expr:
    """A value as the expression that makes it."""
    if isinstance(value, bool | str) or value is None or value is Ellipsis:
        return ast.Constant(value)
    if isinstance(value, np.generic) and not isinstance(value, np.datetime64 | np.timedelta64):
        value = value.item()
    if isinstance(value, int | float | complex):
        if not np.isfinite(value):
            raise NotPlain
        if isinstance(value, complex):
            return ast.Constant(value)
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
    """Without what changes nothing: `x ** 1`, `1 * x`, `x - 0`, and a slice written as one."""
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Pow | ast.Mult | ast.Div) and _is_one(node.right):
            return node.left
        if isinstance(node.op, ast.Mult) and _is_one(node.left):
            return node.right
        if isinstance(node.op, ast.Sub) and _is_zero(node.left):
            return ast.UnaryOp(ast.USub(), node.right)
        if isinstance(node.op, ast.Sub) and _is_zero(node.right):
            return node.left
        if isinstance(node.op, ast.Add) and isinstance(node.left, ast.Tuple) and isinstance(node.right, ast.Tuple):
            return ast.Tuple([*node.left.elts, *node.right.elts], ast.Load())
    if isinstance(node, ast.Subscript):
        node.slice = _as_slices(node.slice)
        if isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 1:
            node.slice = node.slice.elts[0]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "transpose" and not node.args:
            return ast.Attribute(node.func.value, "T", ast.Load())
        if node.func.attr == "sum" and node.args and ast.unparse(node.args[0]) == "None":
            node.args = []
        if (
            node.func.attr == "sum"
            and node.args
            and isinstance(node.args[0], ast.Tuple)
            and len(node.args[0].elts) == 1
        ):
            node.args = [node.args[0].elts[0], *node.args[1:]]
        if node.func.attr == "reshape" and not node.keywords:
            return _without_detour(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _as_reshape(node)
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "np.matmul" and len(node.args) == 2:
        return ast.BinOp(node.args[0], ast.MatMult(), node.args[1])
    return node


def _without_detour(node: ast.Call) -> ast.expr:
    """One `reshape` where there were two; and none where the sum below has that shape by itself."""
    inner = node.func.value if isinstance(node.func, ast.Attribute) else node
    while (
        isinstance(inner, ast.Call)
        and isinstance(inner.func, ast.Attribute)
        and inner.func.attr == "reshape"
        and not inner.keywords
    ):
        inner = inner.func.value
    shape = getattr(inner, "shape", None)
    if isinstance(inner, ast.Call) and ast.unparse(inner.func) == "scatter_add":
        shape = ast.unparse(inner.args[2])
    if len(node.args) == 1 and ast.unparse(node.args[0]) == shape:
        return inner
    return ast.Call(ast.Attribute(inner, "reshape", ast.Load()), node.args, [])


def _as_reshape(node: ast.Call) -> ast.expr:
    """`reshape` as the method; it is also what scatters back an index that only adds axes, such as `[:, None]`."""
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name == "matmul" and len(node.args) == 2:
        return ast.BinOp(node.args[0], ast.MatMult(), node.args[1])
    if name == "total_of_product" and len(node.args) == 3:
        product = ast.BinOp(node.args[0], ast.Mult(), node.args[1])
        keep = [ast.keyword("keepdims", ast.Constant(True))]
        return simplify(ast.Call(ast.Attribute(product, "sum", ast.Load()), [node.args[2]], keep))
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


def _is_zero(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 0 and not isinstance(node.value, bool)


def _as_slices(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Tuple) and node.elts:
        return ast.Tuple([_as_slices(item) for item in node.elts], ast.Load())
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "slice" and len(node.args) == 3:
        ends = [None if isinstance(a, ast.Constant) and a.value is None else a for a in node.args]
        return ast.Slice(*ends)
    return node


def axes_summed(tree: ast.expr, shape: tuple[int, ...], target: tuple[int, ...]) -> ast.expr:
    """The sum of an array of this shape over the axes that the target was broadcast along."""
    extra = len(shape) - len(target)
    if extra < 0:
        return ast.Call(ast.Name("sum_to", ast.Load()), [tree, to_expression(target)], [])
    narrow = tuple(k for k in range(extra, len(shape)) if target[k - extra] == 1 != shape[k])
    axes = (*range(extra), *narrow)
    if not axes:
        return tree
    if len(axes) == len(shape) and not (target and extra == 0):
        summed = ast.Call(ast.Attribute(tree, "sum", ast.Load()), [], [])
        return summed if not target else _reshaped(summed, target)
    axis = to_expression(axes[0] if len(axes) == 1 else axes)
    keep = [ast.keyword("keepdims", ast.Constant(True))] if narrow and not extra else []
    made = ast.Call(ast.Attribute(tree, "sum", ast.Load()), [axis], keep)
    if not keep:
        made.shape = ast.unparse(to_expression(tuple(n for k, n in enumerate(target, extra) if k not in narrow)))  # type: ignore[attr-defined]
    return _reshaped(made, target) if narrow and extra else made


def _reshaped(tree: ast.expr, shape: tuple[int, ...]) -> ast.expr:
    return ast.Call(ast.Attribute(tree, "reshape", ast.Load()), [to_expression(shape)], [])


class Brief(ast.NodeTransformer):
    """Slices outside of brackets as `np.s_[...]`; a call of the engine's without arguments that are its defaults."""

    def __init__(self, space: dict[str, Any]) -> None:
        self.space = space

    def visit_Tuple(self, node: ast.Tuple) -> ast.AST:
        made = _as_slices(node)
        if isinstance(made, ast.Tuple) and any(isinstance(item, ast.Slice) for item in made.elts):
            return _s(made)
        self.generic_visit(node)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        node.value = self.visit(node.value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        made = _as_slices(node)
        if isinstance(made, ast.Slice):
            return _s(made)
        self.generic_visit(node)
        function = self.space.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if getattr(function, "__module__", "").startswith("autograd.ops.") and not node.keywords:
            self._without_defaults(node, function)
        return node

    def _without_defaults(self, node: ast.Call, function: Any) -> None:
        try:
            parameters = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError):
            return
        while node.args and len(node.args) <= len(parameters):
            default = parameters[len(node.args) - 1].default
            if parameters[len(node.args) - 1].kind is inspect.Parameter.VAR_POSITIONAL:
                return
            if default is inspect.Parameter.empty or not _says(node.args[-1], default):
                return
            node.args.pop()


def _s(index: ast.expr) -> ast.expr:
    return ast.Subscript(ast.Attribute(ast.Name("np", ast.Load()), "s_", ast.Load()), index, ast.Load())


def _says(node: ast.expr, default: Any) -> bool:
    """Whether an argument is the default: the same, or that number for every axis."""
    if isinstance(node, ast.Tuple) and isinstance(default, int):
        return bool(node.elts) and all(_says(item, default) for item in node.elts)
    return isinstance(node, ast.Constant) and type(node.value) is type(default) and node.value == default
