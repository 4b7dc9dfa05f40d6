"""What stands where it is used: what is used once, and short views, which need no name."""

from __future__ import annotations

import operator
from collections import Counter
from typing import Any

import numpy as np

from .draws import Draw
from .functions import EMPTY
from .values import Statement, Value, values_in


def inside(statements: list[Statement], outgoing: set[Value]) -> dict[Value, Statement]:
    """The values that are used once, by a statement of the same part, and whose operands are the same until then."""
    used: Counter[Value] = Counter(value for s in statements for value in values_in((s.args, s.kwargs)))
    written: dict[Value, list[int]] = {}
    for k, s in enumerate(statements):
        for root in s.writes:
            written.setdefault(root, []).append(k)
    makers: dict[Value, tuple[int, Statement]] = {}
    for k, s in enumerate(statements):
        for value in s.results:
            makers[value] = k, s
    alike = _as_most(statements, used)
    views = {s.results[0] for s in statements if s.is_view}
    again = {s.results[0] for s in statements if _may_be_said_again(s, views) and s.results[0] not in outgoing}
    for s in reversed(statements):
        if s.results and s.results[0] in again and used[s.results[0]] > 1:
            for value in s.values():  # which then stands at as many places
                used[value] += used[s.results[0]] - 1
    found: dict[Value, Statement] = {}
    printed = list(range(len(statements)))  # where each is printed: where the one is that it stands inside of
    for k in range(len(statements) - 1, -1, -1):
        user = statements[k]
        if user.kind == "outside":
            continue
        for value in user.values():
            place, s = makers.get(value, (k, user))
            named = value.name is not None or (value.slope is not None and value.slope.name is not None)
            if s is user or value in outgoing or named or (value in written and not user.is_view):
                continue
            if value in again:
                found[value] = s
                printed[place] = max(printed[place], printed[k]) if used[value] > 1 else printed[k]
                continue
            if used[value] != 1 or value in alike:
                continue
            if (
                s.kind != "call"
                or s.writes
                or len(s.results) != 1
                or s.form is not value
                or isinstance(s.function, Draw)
            ):
                continue
            if (s.of is None) != (user.of is None) or (s.scope != user.scope and not s.is_view) or s.function in EMPTY:
                continue
            if any(place < at < printed[k] for part in s.values() for at in written.get(part.root, ())):
                continue
            found[value] = s
            printed[place] = printed[k]
    return found


def _as_most(statements: list[Statement], used: Counter[Value]) -> set[Value]:
    """The values that are used once, though most that are made like them are used more often: all but the last, say."""
    groups: dict[Any, list[Value]] = {}
    known: dict[Value, list[tuple[Any, Any]]] = {}
    kinds: dict[Value, tuple[Any, Any]] = {}
    for s in statements:
        if s.kind != "call" or len(s.results) != 1:
            continue
        (value,) = s.results
        levels = known[value] = _made_how(s, known)
        if not s.is_view:
            kinds[value] = tuple([(closely, s.line, s.of, value.shape, levels[-1][closely]) for closely in (0, 1)])  # type: ignore[assignment]
            for kind in kinds[value]:
                groups.setdefault(kind, []).append(value)
    most = {kind for kind, group in groups.items() if 5 * sum(used[value] > 1 for value in group) > 3 * len(group) > 6}
    return {
        value
        for value, (roughly, closely) in kinds.items()
        if (closely if len(groups[closely]) > 2 else roughly) in most
    }


_DEPTH = 3


def _made_how(s: Statement, known: dict[Value, list[tuple[Any, Any]]]) -> list[tuple[Any, Any]]:
    """How a statement's result is made, by so many steps back: without numbers, and with those that it is given."""
    given = repr([None if isinstance(item, Value) else item for item in s.args[1:]])
    levels: list[tuple[Any, Any]] = [(s.function, (s.function, given))]
    for k in range(_DEPTH - 1):
        parts = [known[part][k] if part in known else (part.shape, part.shape) for part in s.values()]
        roughly, closely = tuple([part[0] for part in parts]), tuple([part[1] for part in parts])
        levels.append((hash((levels[0][0], roughly)), hash((levels[0][1], closely))))
    return levels


def _may_be_said_again(s: Statement, views: set[Value]) -> bool:
    """Whether a statement is a short view, such as x[3] or w.T, which need not have a name to be used twice."""
    if not s.is_view or s.kind != "call" or isinstance(s.form, tuple) or not isinstance(s.args[0], Value):
        return False
    if s.function is operator.getitem:
        parts = s.args[1] if type(s.args[1]) is tuple else (s.args[1],)
        return all(type(part) in (int, slice) or part is Ellipsis for part in parts)
    if s.function is np.ndarray.reshape:
        return s.args[0] not in views
    return len(s.args[0].shape) == 2 and s.function in (np.ndarray.transpose, np.ndarray.swapaxes)
