"""The source of a function as a tree, if it can be had and is still that of the function."""

from __future__ import annotations

import ast
import functools
import linecache
from types import CodeType, FunctionType
from typing import Any


class NotPlain(Exception):
    """The rule is more than decided tests, names and one expression, or its source is not there."""


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
