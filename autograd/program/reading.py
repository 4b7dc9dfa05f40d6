"""A program as it is read: what it has made is not changed, but made anew; what is used once stands where it is used.

Neither changes a bit of what is computed: a change in place, and the function's result in memory of its own, are the
same numbers; and what stands inside of an expression is computed from the same values.
"""

from __future__ import annotations

import copy
import itertools
import operator
import re
from collections import Counter
from typing import Any

import numpy as np

from .formulas import Formulas
from .functions import EMPTY, is_elementwise
from .inlining import inside
from .naming import name_modules
from .plainly import plainly
from .program import Program
from .values import Statement, Value, mapped
from .views import Views, axes_by_stride, drop_copies, is_all, is_contiguous


class Reading:
    """A program's statements, to be read.

    statements  in their order
    sections    by a statement's identity: "forward", "backward", or "update" of what outlives the call
    inside      by value, the statement that makes it, where that is to stand inside of the one that uses it
    now         what has become of a value of the program
    origins     by a statement's identity, the one of the program that it is made of
    """

    def __init__(self, program: Program) -> None:
        self.now: dict[Value, Value] = {}
        self.origins: dict[int, Statement] = {}
        self.statements = self._anew(program)
        self.outgoing = [self.now.get(value, value) for value in program.outgoing()]
        name_results(program, self.outgoing)
        name_modules(self.statements, set(self.outgoing))
        self.sections = _sections(self.statements)
        self.inside = inside(self.statements, set(self.outgoing))

    def _anew(self, program: Program) -> list[Statement]:
        """The statements, with whole changes in place of what the program has made as new values."""
        formulas = Formulas(program.statements, program.outgoing())
        statements, self.now = formulas.statements, dict(formulas.now)
        last = {root: k for k, s in enumerate(statements) for root in s.writes}
        filled = _filled(statements)
        alls = {s.results[0]: s for s in statements if is_all(s)}
        viewed = {  # while it is still to be changed
            value.root
            for k, s in enumerate(statements)
            for value in s.results
            if value.root is not value and value not in filled and not is_all(s) and k <= last.get(value.root, -1)
        }
        views = Views(statements, [self.now.get(value, value) for value in program.outgoing()])
        made = []
        summed: set[Value] = set()
        for s in statements:
            function, args = s.function, self._as_now(s.args)
            itself = _itself(s)
            itself = views.same(s, args) if itself is None else self.now.get(itself, itself)
            if itself is not None:
                (result,) = s.results
                self.now[result] = itself
                itself.slopes += [of for of in result.slopes if of not in itself.slopes]
                continue
            if (shorter := views.shortened(s, args)) is not None:
                function, args = shorter
            if (s.results and s.results[0] in filled) or _puts_back(s, alls):
                continue
            kwargs = self._as_now(s.kwargs)
            if not kwargs and (call := plainly(function, args)) is not None:
                function, args, kwargs = call
            target = _changed(s, alls)
            anew = Statement(s.kind, function, args, kwargs, s.line, s.scope)
            self.origins[id(anew)] = formulas.origins.get(id(s), s)
            anew.form, anew.results = s.form, s.results
            anew.writes = tuple([self.now.get(root, root).root for root in s.writes])
            anew.expected, anew.of = s.expected, s.of
            if target is not None and target.kind == "made" and target not in viewed and same_result(s, target):
                anew.kwargs = {key: value for key, value in anew.kwargs.items() if key != "out"}
                value = _like(target)
                before = self.now.get(target)
                if _adds_gradient(s, target):
                    summed.add(target)
                elif before is not None:
                    before.name, before.operation, before.slopes = None, None, []
                self.now[target] = value
                self.now.update({view: value for view, of in alls.items() if of.args[0] is target and view in self.now})
                anew.form, anew.results, anew.writes = value, [value], ()
            made.append(anew)
            out = _out(s)
            if out in filled:  # what fills memory that is seen in another shape, in that shape
                anew.kwargs = {key: value for key, value in anew.kwargs.items() if key != "out"}
                product = _like(out)
                product.name = product.operation = None
                anew.form, anew.results, anew.writes = product, [product], ()
                whole = Statement("call", np.ndarray.reshape, (product, out.root.shape), {}, s.line, s.scope)
                value = _like(out.root)
                value.root = product
                self.now[out.root] = whole.form = value
                whole.results, whole.of = [value], s.of
                made.append(whole)
        firsts: dict[
            Value, Value
        ] = {}  # what is changed later: what it is before, which has not the name of what it becomes
        for s in made:
            if firsts:
                now = lambda part: firsts.get(part, part) if isinstance(part, Value) else part
                s.args, s.kwargs = mapped(s.args, now), mapped(s.kwargs, now)
            if len(s.results) == 1 and s.results[0] in self.now:
                (before,) = s.results
                first = firsts[before] = s.form = _like(before)
                first.name = first.operation = None
                first.slopes = first.slopes if before in summed else []
                s.results = [first]
        _sum_gradients(made, self.origins)
        used = {self.now.get(value, value) for value in program.outgoing()}
        kept = []
        for s in reversed(made):
            if any(value in used for value in s.results) or not (s.is_view or s.function in EMPTY):
                kept.append(s)
                used.update(s.values())
        return drop_copies(kept[::-1], {self.now.get(value, value) for value in program.outgoing()})

    def _as_now(self, item: Any) -> Any:
        return mapped(item, lambda part: self.now.get(part, part) if isinstance(part, Value) else part)


def _sections(statements: list[Statement]) -> dict[int, str]:
    """What each statement is a part of: what follows a backward pass and leads to a change of a state is an update."""
    found: dict[int, str] = {}
    begun = False
    for backward, group in itertools.groupby(statements, lambda s: s.of is not None):
        run = [*group]
        found.update(dict.fromkeys(map(id, run), "backward" if backward else "forward"))
        if begun and not backward:
            before = [*itertools.takewhile(lambda s: not s.scope, run)]
            writes = [k for k, s in enumerate(before) if any(root.kind == "state" for root in s.writes)]
            found.update(dict.fromkeys(map(id, before[: writes[-1] + 1] if writes else []), "update"))
        begun = begun or backward
    return found


def _adds_gradient(s: Statement, target: Value) -> bool:
    """Whether a statement adds to a gradient another one of the same value."""
    part = s.args[-1]
    return s.function is np.add and isinstance(part, Value) and any(of in part.slopes for of in target.slopes)


def _sum_gradients(statements: list[Statement], origins: dict[int, Statement]) -> None:
    """A sum of gradients of the same value belongs to the backward pass, and bears their name in place of the last."""
    gradients: dict[Value, Statement] = {}
    for s in statements:
        if s.of is None and s.function is np.add and (s.writes or not s.kwargs):
            known = [part for part in s.args if isinstance(part, Value) and part in gradients]
            others = [part for part in s.args if part not in known]
            origin = origins.get(id(s), s)
            onto = bool(known) and known[0] is s.args[0] and _out(origin) is origin.args[0]  # it is added to in place
            if onto or (known and all(not isinstance(part, Value) or part.kind == "constant" for part in others)):
                last = gradients[known[-1]]
                common = [of for of in known[0].slopes if of in known[-1].slopes] or known[-1].slopes[:1]
                s.of, s.scope = last.of, last.scope
                for total in s.results:
                    total.slopes = common + [of for of in total.slopes if of not in common]
                if last.function is not np.add and len(known) > 1:
                    known[-1].slopes = [of for of in known[-1].slopes if of not in common]
        elif s.of is None and s.function in _COPIES and s.args[0] in gradients and len(s.results) == 1:
            s.of, s.scope = gradients[s.args[0]].of, gradients[s.args[0]].scope
        if s.of is not None:
            gradients.update(dict.fromkeys(s.results, s))


_COPIES = (np.array, np.copy, np.ndarray.copy)


def _like(value: Value) -> Value:
    """Another value of the same kind, in memory of its own."""
    other = copy.copy(value)
    other.root, other.slopes = other, list(value.slopes)
    return other


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


def _out(s: Statement) -> Any:
    out = s.kwargs.get("out")
    return out[0] if type(out) is tuple and len(out) == 1 else out


def _filled(statements: list[Statement]) -> set[Value]:
    """The views of memory that has only been asked for, which a product fills by them and which nobody else uses."""
    empty = {s.results[0]: s.results[0] for s in statements if s.function in EMPTY and s.results}
    views: dict[Value, Value] = {}
    found: set[Value] = set()
    uses: Counter[Value] = Counter(value for s in statements for value in s.values())
    for s in statements:
        out = _out(s)
        plainly = s.function is np.matmul and set(s.kwargs) == {"out"} and out in views and out.root in empty
        if plainly and uses[out] == 1 and all(value.dtype == out.dtype for value in s.values()):
            found.add(out)
        for root in s.writes:
            empty.pop(root, None)
        if s.function is np.ndarray.reshape and s.is_view and s.args[0] in empty and s.results[0].strides[-1:] == (
            s.results[0].dtype.itemsize,
        ):  # fmt: skip
            views[s.results[0]] = s.args[0]
    return found


def _puts_back(s: Statement, alls: dict[Value, Statement]) -> bool:
    """Whether a statement puts all of an array where it is, as the last part of x[...] += y does."""
    of = alls.get(s.args[2]) if s.function is operator.setitem and isinstance(s.args[2], Value) else None
    return of is not None and of.args[0] is s.args[0] and repr(of.args[1]) == repr(s.args[1])


def _changed(s: Statement, alls: dict[Value, Statement]) -> Value | None:
    """The value that a statement changes, all of it, element by element."""
    out = _out(s)
    out = alls[out].args[0] if out in alls else out
    if s.kind == "call" and isinstance(out, Value) and set(s.kwargs) == {"out"} and is_elementwise(s.function):
        return out if out.root is out and s.writes == (out,) else None
    return None


def same_result(s: Statement, target: Value) -> bool:
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
    if dtype != target.dtype or np.broadcast_shapes(*[value.shape for value in given]) != target.shape:
        return False
    whole = [value for value in given if value.shape == target.shape]  # by which NumPy lays out the result
    like = [axes_by_stride(value) == axes_by_stride(target) for value in whole]
    return (bool(like) and all(like)) or (is_contiguous(target) and (not like or any(map(is_contiguous, whole))))
