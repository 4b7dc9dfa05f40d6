"""Random numbers by example: drawn for all examples of a batch, of which each rank takes those of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd.random import drawing

from .group import Group

_SIZE = {
    "random": 0, "standard_normal": 0, "standard_exponential": 0, "normal": 2, "uniform": 2, "gumbel": 2, "laplace": 2,
    "logistic": 2, "integers": 2, "exponential": 1, "binomial": 2,
}  # fmt: skip
"""Where the size stands among the arguments of a generator's method."""


class Rows:
    """What stands for a generator while a module computes with a rank's part of a batch.

    count  how many examples the part has; what is drawn with so many rows is drawn for all examples of the batch, and
           all else as it is, so that the generators of all ranks stay in the same state
    """

    def __init__(self, rng: np.random.Generator, group: Group, count: int, known: dict[str, Any]) -> None:
        self.rng = rng
        self.group = group
        self.count = count
        self.known = known

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return np.random.Generator

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.rng, name)
        if (place := _SIZE.get(name)) is None:
            return method

        def drawn(*args: Any, **kwargs: Any) -> Any:
            shape = args[place] if len(args) > place else kwargs.get("size")
            if not isinstance(shape, tuple) or not shape or shape[0] != self.count or kwargs.get("out") is not None:
                return method(*args, **kwargs)
            start, total = self._place()
            whole = (total, *shape[1:])
            if len(args) > place:
                made = method(*args[:place], whole, *args[place + 1 :], **kwargs)
            else:
                made = method(*args, **{**kwargs, "size": whole})
            return made[start : start + self.count]

        return drawn

    def _place(self) -> tuple[int, int]:
        """Where the rank's examples begin among those of all, and how many these are."""
        if not self.known:
            counts = [count for (count,) in self.group.meet("random numbers for each example", self.count)]
            self.known.update(start=sum(counts[: self.group.rank]), total=sum(counts))
        return self.known["start"], self.known["total"]


@contextmanager
def rows_of(group: Group, count: int) -> Iterator[None]:
    """Within it random numbers are drawn by example, of which this rank has so many."""
    known: dict[str, Any] = {}
    with drawing(lambda rng: Rows(rng, group, count, known)):
        yield
