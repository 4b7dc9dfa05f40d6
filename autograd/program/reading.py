"""A program as it is read: what it has made is not changed, but made anew; what is used once stands where it is used.

Neither changes a bit of what is computed: a change in place, and the function's result in memory of its own, are the
same numbers; and what stands inside of an expression is computed from the same values.
"""

from __future__ import annotations

import copy
import operator
import re
from collections import Counter
from typing import Any

import numpy as np

from .draws import Draw
from .functions import EMPTY, is_elementwise
from .program import Program
from .values import Statement, Value, mapped, values_in


class Reading:
    """A program's statements, to be read.

    statements  in their order
    inside      by value, the statement that makes it, where that is to stand inside of the one that uses it
    now         what has become of a value of the program
    """

    def __init__(self, program: Program) -> None:
        self.now: dict[Value, Value] = {}
        self.statements = self._anew(program)
        self.outgoing = [self.now.get(value, value) for value in program.outgoing()]
        name_results(program, self.outgoing)
        self.inside = _inside(self.statements, set(self.outgoing))

    def _anew(self, program: Program) -> list[Statement]:
        """The statements, with whole changes in place of what the program has made as new values."""
        last = {root: k for k, s in enumerate(program.statements) for root in s.writes}
        viewed = {  # while it is still to be changed
            value.root
            for k, s in enumerate(program.statements)
            for value in s.results
            if value.root is not value and k <= last.get(value.root, -1)
        }
        made = []
        for s in program.statements:
            if (itself := _itself(s)) is not None:
                (result,) = s.results
                self.now[result] = self.now.get(itself, itself)
                continue
            target = _changed(s)
            anew = Statement(s.kind, s.function, self._as_now(s.args), self._as_now(s.kwargs), s.line, s.scope)
            anew.form, anew.results = s.form, s.results
            anew.writes = tuple([self.now.get(root, root) for root in s.writes])
            anew.expected, anew.of = s.expected, s.of
            if target is not None and target.kind == "made" and target not in viewed and _same_result(s, target):
                anew.kwargs = {key: value for key, value in anew.kwargs.items() if key != "out"}
                value = copy.copy(target)
                value.root = value
                before = self.now.get(target)
                if before is not None:
                    before.name = None
                self.now[target] = value
                anew.form, anew.results, anew.writes = value, [value], ()
            made.append(anew)
        changed = self.now.keys()
        for s in made:
            if len(s.results) == 1 and s.results[0] in changed:  # its name is that of what becomes of it
                (before,) = s.results
                first = copy.copy(before)
                first.root, first.name = first, None
                _replace(made, made.index(s), before, first)
        used = {value for s in made for value in s.values()} | {self.now.get(v, v) for v in program.outgoing()}
        return [s for s in made if s.function not in EMPTY or any(value in used for value in s.results)]

    def _as_now(self, item: Any) -> Any:
        return mapped(item, lambda part: self.now.get(part, part) if isinstance(part, Value) else part)


def name_results(program: Program, outgoing: list[Value]) -> None:
    """A result without a name has that of the function that was differentiated."""
    of = re.match(r"(?:value_and_)?grad_of_(\w+)", program.name)
    for value in outgoing:
        if value.name is None and value.kind == "made" and value.slope is None and not value.shape and of is not None:
            value.name = of[1]


def _itself(s: Statement) -> Value | None:
    """The scalar that a statement only takes out of itself, as scalar[()] does."""
    if s.function is operator.getitem and s.args[1] == () and isinstance(s.args[0], Value) and s.args[0].scalar:
        return s.args[0] if s.results and s.results[0].scalar else None
    return None


def _changed(s: Statement) -> Value | None:
    """The value that a statement changes, all of it, element by element."""
    out = s.kwargs.get("out")
    out = out[0] if type(out) is tuple and len(out) == 1 else out
    if s.kind == "call" and isinstance(out, Value) and set(s.kwargs) == {"out"} and is_elementwise(s.function):
        return out if out.root is out and s.writes == (out,) else None
    return None


def _same_result(s: Statement, target: Value) -> bool:
    """Whether the function gives what it would leave in the target."""
    given = [item for item in s.args if isinstance(item, Value)]
    kinds = [
        (type(item.array) if item.kind == "constant" else item.dtype.type) if isinstance(item, Value) and item.python
        else item.dtype if isinstance(item, Value)
        else np.dtype(item.dtype) if hasattr(item, "dtype")
        else type(item)
        for item in s.args
    ]  # fmt: skip
    try:
        dtype = s.function.resolve_dtypes((*kinds, *[None] * s.function.nout))[-1]  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return False
    return bool(dtype == target.dtype) and np.broadcast_shapes(*[value.shape for value in given]) == target.shape


def _replace(statements: list[Statement], start: int, old: Value, new: Value) -> None:
    """What a statement makes, and those after it use, under another value, up to where it is made anew."""
    change = lambda part: new if part is old else part
    statements[start].results = [new]
    statements[start].form = mapped(statements[start].form, change)
    for s in statements[start + 1 :]:
        s.args, s.kwargs = mapped(s.args, change), mapped(s.kwargs, change)


def _inside(statements: list[Statement], outgoing: set[Value]) -> dict[Value, Statement]:
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
    found: dict[Value, Statement] = {}
    printed = list(range(len(statements)))  # where each is printed: where the one is that it stands inside of
    for k in range(len(statements) - 1, -1, -1):
        user = statements[k]
        if user.kind == "outside":
            continue
        for value in user.values():
            place, s = makers.get(value, (k, user))
            named = value.name is not None or (value.slope is not None and value.slope.name is not None)
            if s is user or used[value] != 1 or value in outgoing or named or value in written:
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
