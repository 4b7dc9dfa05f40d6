"""A definition without what a printed program does not need: checks of arguments, which were made, and long words."""

from __future__ import annotations

import ast
import copy
from typing import Any


def without_checks(node: Any) -> Any:
    """The definition of a function or a class, without what only raises an error, and with short docstrings."""
    return ast.fix_missing_locations(_Shortened().visit(ast.parse(ast.unparse(node)).body[0]))


def does_nothing(node: Any) -> bool:
    """Whether nothing is left of a function."""
    return isinstance(node, ast.FunctionDef) and all(_is_text(part) or isinstance(part, ast.Pass) for part in node.body)


def without_calls(node: Any, of: set[str]) -> Any:
    """The same without statements that only call one of these functions."""
    return ast.fix_missing_locations(_Uncalled(of).visit(node))


class _Shortened(ast.NodeTransformer):
    def visit_If(self, node: ast.If) -> Any:
        self.generic_visit(node)
        if not node.body and not node.orelse:
            return None
        if all(isinstance(part, ast.Raise) for part in node.body):
            return node.orelse or None
        return node

    def visit_For(self, node: ast.For) -> Any:
        self.generic_visit(node)
        return node if node.body else None

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        return self._definition(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        return self._definition(node)

    def _definition(self, node: Any) -> Any:
        self.generic_visit(node)
        first = node.body[0] if node.body else None
        if first is not None and _is_text(first):
            first.value = ast.Constant(" ".join(first.value.value.strip().split("\n\n")[0].split()))
        node.body = node.body or [ast.Pass()]
        return node


class _Uncalled(ast.NodeTransformer):
    def __init__(self, names: set[str]) -> None:
        self.names = names

    def visit_If(self, node: ast.If) -> Any:
        self.generic_visit(node)
        return node if node.body else node.orelse or None

    def visit_Expr(self, node: ast.Expr) -> Any:
        called = node.value.func if isinstance(node.value, ast.Call) else None
        return None if isinstance(called, ast.Name) and called.id in self.names else node


def _is_text(node: Any) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def of_arrays(tree: Any, unwrapping: set[str], tensors: set[str], others: set[str]) -> Any:
    """A definition for NumPy's arrays alone: without the calls, by these names, that take arrays out of Tensors.

    tensors  the names of the class Tensor, of which nothing is
    others   the names of functions that ask whether an array is of another kind than NumPy's
    """
    return _OfArrays(unwrapping, tensors, others).visit(copy.deepcopy(tree))


class _OfArrays(ast.NodeTransformer):
    def __init__(self, unwrapping: set[str], tensors: set[str], others: set[str]) -> None:
        self.unwrapping, self.tensors, self.others = unwrapping, tensors, others

    def visit_Call(self, node: ast.Call) -> Any:
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in self.unwrapping:
            return node.args[0]
        if name == "isinstance" and isinstance(node.args[1], ast.Name) and node.args[1].id in self.tensors:
            return ast.copy_location(ast.Constant(False), node)
        if name in self.others:
            return ast.copy_location(ast.Constant(False), node)
        if name == "getattr" and isinstance(node.args[1], ast.Constant) and node.args[1].value == "_content":
            return node.args[2]
        return node

    def visit_Compare(self, node: ast.Compare) -> Any:
        """Two arrays are both NumPy's: `x.__class__ is y.__class__ is np.ndarray`."""
        self.generic_visit(node)
        both = len(node.ops) == 2 and ast.unparse(node).endswith(".__class__ is np.ndarray")
        return ast.copy_location(ast.Constant(True), node) if both else node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        self.generic_visit(node)
        known = isinstance(node.op, ast.Not) and isinstance(node.operand, ast.Constant)
        return ast.copy_location(ast.Constant(not node.operand.value), node) if known else node  # type: ignore[attr-defined]

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        self.generic_visit(node)
        neutral = isinstance(node.op, ast.And)
        known = [part for part in node.values if isinstance(part, ast.Constant) and type(part.value) is bool]
        if any(part.value is not neutral for part in known):
            return ast.copy_location(ast.Constant(not neutral), node)
        node.values = [part for part in node.values if part not in known]
        return ast.copy_location(ast.Constant(neutral), node) if not node.values else _one(node)

    def visit_If(self, node: ast.If) -> Any:
        self.generic_visit(node)
        if any(isinstance(part, ast.keyword) and part.arg == "create_graph" for n in node.body for part in ast.walk(n)):
            return node.orelse or None  # what is done where a derivative is recorded
        if isinstance(node.test, ast.Constant) and type(node.test.value) is bool:
            return (node.body if node.test.value else node.orelse) or None
        return node

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        self.generic_visit(node)
        if isinstance(node.test, ast.Constant) and type(node.test.value) is bool:
            return node.body if node.test.value else node.orelse
        return node


def _one(node: ast.BoolOp) -> Any:
    return node.values[0] if len(node.values) == 1 else node
