"""The functions of the engine that a printed program uses, as text that runs without the engine."""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import sys
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from ..engine.blocks import in_blocks
from ..engine.tensor import Tensor, unwrap, wrap
from .brevity import does_nothing, of_arrays, without_calls, without_checks

_Cached = functools._lru_cache_wrapper
_PLAIN = (bool, int, float, complex, str, type(None))


class Helpers:
    """Functions by the name under which they are printed, with all that they use themselves."""

    def __init__(self, taken: set[str]) -> None:
        self.taken = taken
        self.parts: dict[str, str] = {}
        self.imports: dict[str, None] = {}
        self._names: dict[Any, str] = {}
        self._empty: set[str] = set()  # of functions that only check their arguments

    def name(self, function: Any, wanted: str | None = None) -> str:
        """The name of a function, which is printed with what it uses."""
        primitive = getattr(function, "primitive", None)
        function = primitive.function if primitive is not None else function
        function = function.__wrapped__ if isinstance(function, _Cached) else function
        wanted = wanted or getattr(function, "__name__", "helper").strip("<>")
        function = getattr(function, "printed_as", function)
        if (known := self._names.get(id(function))) is not None:
            return known
        if (said := said_by_numpy(function)) is not None:
            return said
        name = self._free(wanted)
        self._names[id(function)] = name
        library = (getattr(function, "__module__", None) or "").partition(".")[0] in sys.stdlib_module_names
        node = None if library else _definition(function)
        if node is None:
            self.parts[name] = f"from {function.__module__} import {function.__qualname__} as {name}"
            return name
        space = dict(inspect.getclosurevars(function).nonlocals) if isinstance(function, FunctionType) else {}
        self._print(name, node, {**_globals(function), **space})
        return name

    def text(self) -> str:
        """All definitions."""
        return "\n\n".join([*self.parts.values()])

    def _free(self, wanted: str) -> str:
        wanted = "".join(c if c.isalnum() else "_" for c in wanted)
        name, k = wanted, 2
        while name in self.taken or name in dir(builtins):
            name, k = f"{wanted}{k}", k + 1
        self.taken.add(name)
        return name

    def _print(self, name: str, node: Any, space: dict[str, Any]) -> None:
        """Print a definition under a name, and before it what it refers to."""
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            node = without_checks(node)
        unwrapping = {key for key, value in space.items() if value is unwrap or value is wrap}
        tensors = {key for key, value in space.items() if value is Tensor}
        node = of_arrays(node, unwrapping, tensors, {key for key, value in space.items() if value is in_blocks})
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            node.decorator_list = []
        own = {a.arg for n in ast.walk(node) if isinstance(n, ast.arguments) for a in _all_arguments(n)}
        own |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        used = dict.fromkeys(n.id for n in ast.walk(node) if isinstance(n, ast.Name) and n.id not in own)
        annotations = {id(part) for n in ast.walk(node) for part in _annotations(n)}
        names = {}
        for used_name in used:
            if used_name in space and not self._only_in(used_name, node, annotations):
                names[used_name] = self._value(used_name, space)
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names[node.name] = name
        tree = without_calls(_Renamed(names).visit(ast.parse(ast.unparse(node)).body[0]), self._empty)
        if isinstance(tree, ast.Expr):
            self.parts[name] = f"{name} = {ast.unparse(tree)}"
            return
        tree.name = name
        if does_nothing(tree):
            self._empty.add(name)
        else:
            self.parts[name] = ast.unparse(tree)

    @staticmethod
    def _only_in(name: str, node: Any, annotations: set[int]) -> bool:
        inside = {id(n) for part in ast.walk(node) if id(part) in annotations for n in ast.walk(part)}
        return all(id(n) in inside for n in ast.walk(node) if isinstance(n, ast.Name) and n.id == name)

    def _value(self, name: str, space: dict[str, Any]) -> str:
        """The name under which what a definition refers to is printed."""
        value = space[name]
        if isinstance(value, ModuleType):
            if value is not np:
                self.imports[f"import {value.__name__}" + ("" if value.__name__ == name else f" as {name}")] = None
            return name
        if (
            isinstance(value, FunctionType | _Cached)
            or inspect.isclass(value)
            or isinstance(value, np.ufunc | BuiltinFunctionType)
        ):
            return self.name(value, name)
        key = id(space), name
        if key not in self._names:
            self._names[key] = made = self._free(name)
            assigned = _assigned(space.get("__name__", ""), name)
            if _is_plain(value):
                self.parts[made] = f"{made} = {value!r}"
            elif assigned is not None:
                self._print(made, ast.Expr(assigned), space)
            else:
                self.parts[made] = f"from {space.get('__name__')} import {name} as {made}"
        return self._names[key]


class _Renamed(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> Any:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> Any:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        node.returns = None
        self.generic_visit(node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        self.generic_visit(node)
        if node.value is None:
            return ast.Pass()
        return ast.copy_location(ast.Assign([node.target], node.value), node)


def said_by_numpy(function: Any) -> str | None:
    """How a function of NumPy's or of Python's is called there; None for any other."""
    if isinstance(function, np.ufunc):
        return f"np.{function.__name__}"
    owner = getattr(function, "__self__", None)
    if isinstance(owner, np.ufunc):
        return f"np.{owner.__name__}.{function.__name__}"
    module, name = str(getattr(function, "__module__", "")), getattr(function, "__name__", "")
    if getattr(builtins, name, None) is function:
        return str(name)
    for path in ("", "linalg.", "fft.", "lib.stride_tricks.", "random."):
        holder: Any = np
        for part in path.split(".")[:-1]:
            holder = getattr(holder, part, None)
        if module.startswith("numpy") and getattr(holder, name, None) is function:
            return f"np.{path}{name}"
    return None


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple | list | frozenset | set):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(map(_is_plain, (*value, *value.values())))
    return type(value) in _PLAIN


def _globals(function: Any) -> dict[str, Any]:
    return getattr(function, "__globals__", None) or vars(sys.modules[function.__module__])


def _definition(function: Any) -> Any:
    """The tree of a function or a class; None if its source is not there, or is a part of what cannot be cut out."""
    try:
        filename = inspect.getsourcefile(function)
        start = inspect.getsourcelines(function)[1]
    except (TypeError, OSError):
        return None
    if filename is None:
        return None
    name = function.__name__
    for node in ast.walk(_tree(filename)):
        if name == "<lambda>":
            if isinstance(node, ast.Lambda) and _stands_at(node.body, function.__code__):
                return ast.Expr(node)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            first = min([node.lineno, *[d.lineno for d in node.decorator_list]])
            if first <= start <= node.lineno or start == node.lineno:
                return node
    return None


def _stands_at(body: ast.expr, code: CodeType) -> bool:
    """Whether the code of a lambda is that of this expression: one of its instructions gives the value of all of it."""
    return (body.lineno, body.end_lineno, body.col_offset, body.end_col_offset) in code.co_positions()


def _assigned(module: str, name: str) -> Any:
    """What is assigned to a name at the top of a module."""
    found = sys.modules.get(module)
    for node in ast.walk(_tree(found.__file__)) if found is not None and found.__file__ else ():
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                return node.value
            for target in targets:
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    for part, value in zip(target.elts, node.value.elts, strict=False):
                        if isinstance(part, ast.Name) and part.id == name:
                            return value
    return None


@functools.lru_cache(maxsize=64)
def _tree(filename: str) -> ast.Module:
    with open(filename, encoding="utf-8") as file:
        return ast.parse(file.read())


def _all_arguments(node: ast.arguments) -> list[ast.arg]:
    return [*node.posonlyargs, *node.args, *node.kwonlyargs, *[a for a in (node.vararg, node.kwarg) if a is not None]]


def _annotations(node: Any) -> list[Any]:
    return [part for part in (getattr(node, "annotation", None), getattr(node, "returns", None)) if part is not None]
