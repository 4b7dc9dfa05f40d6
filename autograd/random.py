"""The random numbers of all computations: one generator, seeded by `manual_seed`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .engine.forking import free, in_each_child
from .engine.modes import mode

_default: np.random.Generator | None = None  # made when first asked for: to import numpy.random takes a while


def manual_seed(seed: int) -> np.random.Generator:
    """Seed the generator that is used wherever no `rng=` is given, and return it.

    >>> manual_seed(0).random() == manual_seed(0).random()
    True
    """
    global _default
    if mode.trace is not None:
        seeded: np.random.Generator = mode.trace.seed(seed)
        return seeded
    try:
        _default = np.random.default_rng(seed)
    except (TypeError, ValueError) as error:
        raise type(error)(f"manual_seed: expected a whole number of 0 or more, got {seed!r}") from None
    return _default


def use(rng: np.random.Generator) -> None:
    """Draw from this generator wherever no other is given, as before it was seeded anew."""
    global _default
    _default = rng


def generator(rng: np.random.Generator | None = None) -> np.random.Generator:
    """`rng` itself, or without one the generator that `manual_seed` seeds.

    Raises TypeError for anything else (a seed, say: make a generator of it with np.random.default_rng).
    """
    if rng is not None and not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng: expected a numpy.random.Generator, got {type(rng).__name__}")
    if mode.batch is not None:
        drawn: np.random.Generator = mode.batch.generator(rng)
        return drawn
    if mode.trace is not None and mode.draws is not None:
        mode.trace.fail("random numbers are drawn for the examples of all ranks, whose number may change")
    if mode.trace is not None:
        found: np.random.Generator = mode.trace.generator(rng)
        return found
    if mode.draws is not None:
        stands: np.random.Generator = mode.draws(generator_of(rng))
        return stands
    return generator_of(rng)


@contextmanager
def drawing(instead: Callable[[np.random.Generator], Any]) -> Iterator[None]:
    """Within it `generator` gives what `instead` makes of a generator, which stands for it. Per thread."""
    before, mode.draws = mode.draws, instead
    try:
        yield
    finally:
        mode.draws = before


def generator_of(rng: np.random.Generator | None) -> np.random.Generator:
    """The same, also while a function is traced."""
    global _default
    if rng is not None:
        return rng
    if _default is None:
        _default = np.random.default_rng()
    return _default


def _renew() -> None:
    if _default is not None:
        free(_default.bit_generator.lock)


in_each_child(_renew)
