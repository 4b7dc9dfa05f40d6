"""Names that the user knows: of a function's parameters, and of what a line of it assigns to."""

from __future__ import annotations

import ast
import functools
import inspect
import keyword
import linecache
import re
from collections.abc import Callable
from typing import Any

from ..transforms.tree import fields_of, is_dataclass, keys_of
from .values import Statement


def argument_names(function: Callable[..., Any], args: Any, kwargs: Any) -> list[str]:
    """A name for each leaf of the arguments: the parameter's, or below it that of the entry."""
    names = _parameters(function)
    found: list[str] = []
    for i, item in enumerate(args):
        _below(names[i] if i < len(names) else f"x{i}", item, found)
    for name in keys_of(kwargs):
        _below(name, kwargs[name], found)
    return found


def _parameters(function: Callable[..., Any]) -> list[str]:
    """The names of a function's positional parameters; of what a transform made of one, the one's."""
    while True:
        code = getattr(function, "__code__", None)
        inner = next(
            (
                cell.cell_contents
                for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True)  # type: ignore[attr-defined]
                if name == "fun"
            ),
            None,
        ) if code is not None else None  # fmt: skip
        if not callable(inner):
            break
        function = inner
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def _below(name: str, item: Any, found: list[str]) -> None:
    if isinstance(item, dict):
        for key in keys_of(item):
            _below(str(key), item[key], found)
    elif isinstance(item, tuple | list):
        for i, part in enumerate(item):
            _below(f"{name}_{i}", part, found)
    elif is_dataclass(item):
        for field in fields_of(item):
            _below(field, getattr(item, field), found)
    else:
        found.append(name)


def identifier(text: str) -> str:
    """The text as a name that Python takes."""
    name = re.sub(r"\W+", "_", text).strip("_") or "value"
    name = f"p{name}" if name[0].isdigit() else name
    return f"{name}_" if keyword.iskeyword(name) else name


def name_values(statements: list[Statement]) -> None:
    """Call the last value that a line makes what the line assigns to."""
    for statement, following in zip(statements, [*statements[1:], None], strict=True):
        made = statement.results or statement.writes
        if statement.line is None or statement.of is not None or not made:
            continue
        if following is not None and following.line == statement.line and following.of is None:
            continue
        name = _targets(statement.line[0]).get(statement.line[1])
        value = made[-1]
        if name is not None and value.name is None and value.kind == "made":
            value.name = name


@functools.lru_cache(maxsize=64)
def _targets(filename: str) -> dict[int, str]:
    """By line, the one name that a statement on it assigns to."""
    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except SyntaxError:
        return {}
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                found[line] = node.targets[0].id
    return found
