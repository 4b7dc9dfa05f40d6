"""Random numbers within a batch: other ones for each example, or the same for all."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.modes import mode
from ...random import generator
from .batched import Batch, Batched, innermost


class Draws:
    """What stands for a generator while a function runs for all examples.

    rng        the generator; of an outer batch or of a trace, what stands for it there
    different  whether each example gets numbers of its own
    """

    __slots__ = ("batch", "different", "rng")

    def __init__(self, batch: Batch, rng: Any, different: bool) -> None:
        self.batch = batch
        self.rng = rng
        self.different = different

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return np.random.Generator

    @property
    def bit_generator(self) -> Any:
        return self.rng.bit_generator

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.rng, name)

        def drawn(*args: Any, **kwargs: Any) -> Any:
            own = innermost((args, kwargs)) is self.batch
            place = _SIZE.get(name)
            if not own and not self.different and kwargs.get("out") is None and name != "shuffle":
                return method(*args, **kwargs)
            if not own and place is not None and kwargs.get("out") is None:
                of_all = _for_all(self.batch.size, args, kwargs, place)
                if of_all is not None:
                    return Batched(self.batch, method(*of_all[0], **of_all[1]))
            return self._in_turn(name, method, args, kwargs)

        return drawn

    def _in_turn(self, name: str, method: Any, args: Any, kwargs: Any) -> Any:
        state = None if self.different else self.rng.bit_generator.state

        def draw(*args: Any, example: Any, **kwargs: Any) -> Any:
            if state is not None:
                self.rng.bit_generator.state = state
            return method(*args, **kwargs)

        draw.__name__ = name
        return self.batch.loop(draw, args, {**kwargs, "example": Batched(self.batch, np.empty(self.batch.size))})


_SIZE: dict[str, int] = {
    "random": 0, "standard_normal": 0, "standard_exponential": 0, "normal": 2, "uniform": 2, "integers": 2,
    "exponential": 1, "poisson": 1, "binomial": 2, "standard_gamma": 1, "gamma": 2, "beta": 2, "laplace": 2,
    "logistic": 2, "lognormal": 2, "gumbel": 2, "geometric": 1, "standard_cauchy": 0, "standard_t": 1, "chisquare": 1,
    "rayleigh": 1, "weibull": 1, "pareto": 1, "choice": 1,
}  # fmt: skip
"""Where the size stands among the arguments of a generator's method."""


def _for_all(n: int, args: tuple[Any, ...], kwargs: dict[str, Any], place: int) -> Any:
    """The arguments of one draw for all examples; None where the distribution's parameters are arrays."""
    given = dict(kwargs)
    size = given.pop("size", args[place] if len(args) > place else None)
    parameters = args[:place]
    if size is None and any(np.ndim(part) for part in (*parameters, *given.values())):
        return None
    if given.get("replace") is False or (place == 1 and len(args) > 2 and args[2] is False):
        return None  # without putting back: within each example
    size = () if size is None else (size,) if isinstance(size, int | np.integer) else tuple(size)
    if len(args) > place:
        return (*parameters, (n, *size), *args[place + 1 :]), given
    return args, {**given, "size": (n, *size)}


def draws_of(different: bool, before: Batch | None) -> Any:
    """What gives the stand-ins for a batch's generators; `before` is the batch around it."""

    def draws(batch: Batch, rng: Any) -> Draws:
        own, mode.batch = mode.batch, before
        try:
            return Draws(batch, generator(rng), different)
        finally:
            mode.batch = own

    return draws
