"""Names that the user knows: of a function's parameters, and of what a line of it assigns to."""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import keyword
import linecache
import re
from collections.abc import Callable
from typing import Any

from ..transforms.tree import fields_of, is_dataclass, keys_of
from .values import Statement, Value

_FAR = 1000  # groups of statements: how far a line that calls functions is followed


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
    forward = [s for s in statements if s.of is None]
    groups = [(line, list(group)) for line, group in itertools.groupby(forward, lambda s: s.line)]
    for k, (line, run) in enumerate(groups):
        names = _targets(line[0]).get(line[1], ()) if line is not None else ()
        if not names or _goes_on(groups, k):
            continue
        n = _period(run) if len(names) == 1 else _alike(run, len(names))
        for statement, name in zip(run[n - 1 :: n], itertools.cycle(names), strict=False) if n else ():
            value = next(reversed([*statement.writes, *statement.results]), None)
            if value is not None and value.name is None and value.kind == "made":
                value.name = name


def _goes_on(groups: list[tuple[Any, list[Statement]]], k: int) -> bool:
    """Whether a line has called a function, and goes on after it: it is the next of its own function's lines again."""
    line, run = groups[k]
    for following, other in groups[k + 1 : k + 1 + _FAR]:
        if following is not None and (following[0], following[2]) == (line[0], line[2]):
            return bool(following == line and [s.function for s in other] != [s.function for s in run])
    return False


def _period(run: list[Statement]) -> int:
    """After how many statements a line begins anew, which is a loop by itself."""
    done = [(s.function, tuple([r.shape for r in s.results])) for s in run]
    for n in range(2, len(run) // 2 + 1):
        if len(run) % n == 0 and done[n:] == done[:-n]:
            return n
    return len(run)


def _alike(run: list[Statement], several: int) -> int:
    """Of a line that assigns several values which are made alike, how many statements are for one; else 0."""
    for n in range(1, len(run) // several + 1):
        done = [s.function for s in run]
        if len(run) % (n * several) == 0 and done[n:] == done[:-n]:
            return n
    return 0


def name_modules(statements: list[Statement], outgoing: set[Value]) -> None:
    """Call what a module gives by the module: its own name, or its class where it has a number only."""
    users: dict[Value, list[int]] = {}
    for k, s in enumerate(statements):
        for value in s.values():
            users.setdefault(value, []).append(k)
    groups = itertools.groupby(enumerate(statements), lambda item: (item[1].scope, item[1].of is None))
    for (scope, forward), group in groups:
        if scope is None or not forward:
            continue
        own = list(group)
        last = own[-1][0]
        given = [
            value
            for _, s in own
            for value in s.results
            if value in outgoing or any(k > last and statements[k].of is None for k in users.get(value, ()))
        ]
        if given and given[-1].name is None and given[-1].kind == "made":
            path, _, kind = scope.partition(": ")
            word = path.rpartition(".")[2]
            given[-1].name = _word(kind) if not word or word.isdigit() else word


def without_owner(names: list[str]) -> dict[str, str]:
    """Names such as network.conv1.weight without what all of them begin with, where they are names then as well."""
    long = [name for name in names if "." in name]
    owners = {name.partition(".")[0] for name in long}
    if len(owners) != 1 or len(long) < 2 or any(name.partition(".")[2][0].isdigit() for name in long):
        return {}
    short = {name: name.partition(".")[2] for name in long}
    return short if set(names).isdisjoint(short.values()) else {}  # as of mean.weight beside weight


def _word(kind: str) -> str:
    """What a class is called in short: the last word of its name, where that is long."""
    kind = re.sub(r"\d+d$", "", kind)
    words = re.findall(r"[A-Z]?[a-z]?LU|[A-Z][a-z]+|[A-Z]+", kind)
    return (words[-1] if words and len(kind) > 8 else kind).lower()


@functools.lru_cache(maxsize=64)
def _targets(filename: str) -> dict[int, tuple[str, ...]]:
    """By line, the name that a statement on it assigns to, or the names of as many values."""
    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except SyntaxError:
        return {}
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            (target,), value = node.targets, node.value
            several = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
            parts = target.elts if several and len(target.elts) == len(value.elts) else [target]  # type: ignore[attr-defined]
            names = tuple([part.id for part in parts if isinstance(part, ast.Name)])
            if len(names) == len(parts):
                found.update(dict.fromkeys(range(node.lineno, (node.end_lineno or node.lineno) + 1), names))
    return found
