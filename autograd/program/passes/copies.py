"""Drop copies of what nobody changes afterwards."""

from __future__ import annotations

import numpy as np

from ..functions import is_numpy
from ..program import Program
from ..values import Value
from .factors import Factors
from .substitute import follow, replace, substitute

_COPIES = frozenset((np.asarray, np.array, np.copy, np.ndarray.copy))


def drop_copies(program: Program) -> None:
    """Use the original where a copy has its layout, and neither is written to nor leaves with the other."""
    written = program.written()
    outgoing = {value.root for value in program.outgoing()}
    seen = {
        value.root for value in program.outgoing() if value.root is not value
    }  # and a number shows itself to nobody
    exact = set(program.outgoing())  # where a scalar and an array of no dimensions are not the same
    for statement in program.statements:
        if not is_numpy(statement.function):
            exact.update(statement.values())
    instead: dict[Value, Value] = {}
    factors = Factors(program)
    kept = []
    for statement in program.statements:
        substitute(statement, instead)
        if statement.kind == "call" and statement.function in _COPIES and statement.results and not statement.kwargs:
            source, (result,) = statement.args[0], statement.results
            if (
                isinstance(source, Value)
                and not source.python
                and (source.strides, source.dtype) == (result.strides, result.dtype)
                and not written & {source.root, result.root}
                and not factors.meet([result], [source], instead)
                and (result.scalar == source.scalar or (source not in exact and result not in seen))
                and (result.root not in outgoing or (source.root is source and source.kind == "made"))
                and not (result.root in outgoing and source.root in outgoing)
            ):
                if result in exact:
                    source.scalar = result.scalar
                    exact.add(source)
                if result.root in outgoing:
                    outgoing.add(source.root)
                replace(result, source, instead)
                continue
        kept.append(statement)
    program.statements = kept
    follow(program, instead)
