"""Passes over a program, each small and named: they change how it is computed, and no bit of what.

    substitute    one value in the place of another
    factors       arrays that are multiplied by one another
    constants     what depends on no input is computed once
    copies        copies of what nobody changes are none
    equal         what is computed twice is computed once
    guards        checks come first
    uniform       one number for an array of it
    unused        what nobody uses is dropped

All but the first two are passes, which take a program and change it.
"""

from __future__ import annotations

from ..program import Program
from .constants import fold_constants
from .copies import drop_copies
from .equal import share_equal
from .guards import guards_first
from .uniform import numbers_for_uniform
from .unused import drop_unused

PASSES = (drop_unused, fold_constants, numbers_for_uniform, share_equal, drop_copies, drop_unused, guards_first)
"""In the order in which a program goes through them."""


def improve(program: Program) -> Program:
    """The program after all passes; it is changed itself."""
    for change in PASSES:
        change(program)
        program.passes.append(change.__name__)
    return program


__all__ = [
    "PASSES",
    "drop_copies",
    "drop_unused",
    "fold_constants",
    "guards_first",
    "improve",
    "numbers_for_uniform",
    "share_equal",
]
