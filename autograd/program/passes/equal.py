"""Share equal statements: what is computed twice from the same is computed once."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..program import Program
from ..values import Statement, Value
from .factors import Factors
from .substitute import replace, substitute

_FRESH = frozenset((np.array, np.empty_like, np.zeros_like, np.ones_like, np.full_like, np.copy, np.ndarray.copy))


def share_equal(program: Program) -> None:
    """Where two statements are equal, and their results never change, use the first one's."""
    written = program.written()
    outgoing = {value.root for value in program.outgoing()}
    versions: dict[Value, int] = {}
    known: dict[Any, Statement] = {}
    instead: dict[Value, Value] = {}
    factors = Factors(program)
    kept = []
    for statement in program.statements:
        substitute(statement, instead)
        key = _key(statement, versions)
        for root in statement.writes:
            versions[root] = versions.get(root, 0) + 1
        if key is not None:
            first = known.get(key)
            fixed = all(r.root not in written and r.root not in outgoing for r in statement.results)
            if first is not None and factors.meet(statement.results, first.results, instead):
                fixed = False
            if first is None:
                if fixed or statement.kind == "guard":
                    known[key] = statement
            elif statement.kind == "guard" or (fixed and len(first.results) == len(statement.results)):
                for result, other in zip(statement.results, first.results, strict=True):
                    replace(result, other, instead)
                continue
        kept.append(statement)
    program.statements = kept


def _key(statement: Statement, versions: dict[Value, int]) -> Any:
    """Equal for two statements that give the same; None for one that may not."""
    if statement.kind not in ("call", "guard") or statement.writes or statement.function in _FRESH:
        return None
    if statement.is_view and statement.function is not operator.getitem and not statement.args:
        return None
    try:
        key = (
            statement.kind, statement.function, _frozen(statement.args, versions), _frozen(statement.kwargs, versions),
            statement.expected if statement.kind == "guard" else None,
        )  # fmt: skip
        hash(key)
    except TypeError:
        return None
    return key


def _frozen(item: Any, versions: dict[Value, int]) -> Any:
    if isinstance(item, Value):
        return item, versions.get(item.root, 0)
    if type(item) in (tuple, list):
        return type(item), tuple([_frozen(part, versions) for part in item])
    if type(item) is dict:
        return tuple([(key, _frozen(part, versions)) for key, part in sorted(item.items())])
    if type(item) is slice:
        return slice, _frozen((item.start, item.stop, item.step), versions)
    if isinstance(item, float | np.floating):
        return type(item), repr(item)  # 0.0 is not -0.0
    return type(item), item
