"""Fold constants: what depends on no input and no state is computed once."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..functions import run
from ..program import Program
from ..values import Value, mapped

_OF_SHAPES = frozenset((np.ones_like, np.zeros_like, np.full_like))
"""Functions of the shape and the dtype of their first argument alone."""


def fold_constants(program: Program) -> None:
    """Make a constant of each value that is made of constants, and that nobody writes to."""
    written = program.written() | {value.root for value in program.outgoing()}  # a caller may write to what it gets
    kept = []
    for statement in program.statements:
        args = statement.args
        of_shape = statement.function in _OF_SHAPES if statement.kind == "call" else False
        used = [value for value in statement.values() if not (of_shape and value is args[0])]
        if (
            statement.kind != "call"
            or statement.writes
            or not statement.results
            or isinstance(statement.form, tuple)
            or any(value.kind != "constant" or value.root in written for value in used)
            or statement.results[0].root in written
            or (not of_shape and not used)
        ):
            kept.append(statement)
            continue
        if of_shape:
            like = args[0]
            args = (np.empty(like.shape, like.dtype) if isinstance(like, Value) else like, *args[1:])
            if isinstance(like, Value) and like.strides and like.shape:
                args = (np.lib.stride_tricks.as_strided(args[0], like.shape, like.strides), *args[1:])
        made = run(statement.function, _arrays(args), _arrays(statement.kwargs))
        (result,) = statement.results
        result.kind, result.array = "constant", made
    program.statements = kept


def _arrays(item: Any) -> Any:
    return mapped(item, lambda part: part.array if isinstance(part, Value) else part)
