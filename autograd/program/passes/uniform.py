"""One number for an array that is the same number everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program import Program
from ..values import Statement, Value
from .substitute import follow, replace, substitute

_EXACT = frozenset((np.add, np.subtract, np.multiply, np.divide, np.maximum, np.minimum))
"""Functions that give the same for a number as for an array of it, whatever the loop that computes them."""


def numbers_for_uniform(program: Program) -> None:
    """Compute with the number of a uniform constant, or of what a number has been broadcast to.

    And not at all, where that is 1 and it multiplies.
    """
    written = program.written()
    outgoing = {value.root for value in program.outgoing()}
    numbers: dict[Value, Value | None] = {}  # None for a constant that is not uniform
    instead: dict[Value, Value] = {}
    kept = []
    for statement in program.statements:
        substitute(statement, instead)
        if (number := _broadcast(statement, written)) is not None:
            numbers[statement.results[0]] = number
        if statement.kind == "call" and statement.function in _EXACT and not _options(statement):
            _with_numbers(statement, written, numbers)
            same = _unchanged(statement)
            if same is not None and not {same.root, statement.results[0].root} & (written | outgoing):
                replace(statement.results[0], same, instead)
                continue
        kept.append(statement)
    program.statements = kept
    follow(program, instead)


def _options(statement: Statement) -> bool:
    return bool(set(statement.kwargs) - {"out"}) or len(statement.args) != 2


def _with_numbers(statement: Statement, written: set[Value], numbers: dict[Value, Value | None]) -> None:
    """Put the number in the place of a uniform operand, where the other one has the shape of the result."""
    for k in (0, 1):
        value, other = statement.args[k], statement.args[1 - k]
        if (
            isinstance(value, Value)
            and isinstance(other, Value)
            and (value in numbers or value.kind == "constant")
            and value.size > 1
            and value.root not in written
            and len(other.shape) >= len(value.shape)
            and np.broadcast_shapes(value.shape, other.shape) == other.shape
        ):
            if value not in numbers:
                numbers[value] = _number(value)
            if (number := numbers[value]) is not None:
                statement.args = (number, other) if k == 0 else (other, number)


def _broadcast(statement: Statement, written: set[Value]) -> Value | None:
    """The number that a statement broadcasts; None if it does something else."""
    if statement.function is not np.broadcast_to or statement.writes or statement.kwargs:
        return None
    number = statement.args[0]
    if not isinstance(number, Value) or number.shape or number.python or number.root in written:
        return None
    return number if number.dtype == statement.results[0].dtype else None


def _number(value: Value) -> Value | None:
    """The number that a constant is everywhere, as a constant of no dimensions; None if it is not uniform."""
    array: Any = value.array
    first = array.reshape(-1)[0]
    if not (array == first).all():
        return None
    if array.dtype.kind == "f" and not (np.signbit(array) == np.signbit(first)).all():  # 0.0 is not -0.0
        return None
    return Value(-1 - value.number, "constant", np.array(first))


def _unchanged(statement: Statement) -> Value | None:
    """The operand that a statement gives as it is."""
    if statement.function is not np.multiply or statement.writes or not statement.results:
        return None
    (result,) = statement.results
    for k in (0, 1):
        one, other = statement.args[k], statement.args[1 - k]
        if (
            isinstance(one, Value)
            and isinstance(other, Value)
            and one.kind == "constant"
            and one.shape == ()
            and not one.python
            and one.array == 1
            and (other.shape, other.strides, other.dtype, other.scalar)
            == (result.shape, result.strides, result.dtype, result.scalar)
        ):
            return other
    return None
