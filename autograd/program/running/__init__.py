"""Passes over a program that is to run, and is not read: it takes less memory, and less time. No bit changes.

    numbers       new values, and statements that have them
    opened        the engine's functions are what they do
    once          what is written over is a value of its own
    sooner        what frees memory comes before what takes some
    renewed       what is needed much later is computed again

All but `numbers` are passes.
"""

from __future__ import annotations

from ..passes import drop_unused, share_equal
from ..program import Program
from .once import make_once
from .opened import open_functions
from .renewed import renew
from .sooner import free_sooner

PASSES = (open_functions, make_once, share_equal, drop_unused, free_sooner, renew)
"""In the order in which a program goes through them."""


def to_run(program: Program) -> Program:
    """The program as it is run; it is not changed itself."""
    made = Program(
        program.name, [s.again() for s in program.statements], program.inputs, program.states, list(program.results),
        list(program.assigned), list(program.kept), program.plain,
    )  # fmt: skip
    for change in PASSES:
        change(made)
    return made


__all__ = ["PASSES", "free_sooner", "make_once", "open_functions", "renew", "to_run"]
