"""Random numbers within a trace: each draw is a statement, so that each call of the program draws anew."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.modes import mode
from ..random import generator_of, manual_seed, use


class Draws:
    """What stands for a generator while a function is traced.

    rng  the generator, or None for the one that `manual_seed` seeds, whichever that is at a call
    """

    __slots__ = ("recorder", "rng")

    def __init__(self, recorder: Any, rng: np.random.Generator | None) -> None:
        self.recorder = recorder
        self.rng = rng

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return np.random.Generator

    @property
    def bit_generator(self) -> Any:
        return _Bits(self)

    def __getattr__(self, name: str) -> Any:
        if not hasattr(np.random.Generator, name):
            raise AttributeError(f"'Generator' object has no attribute {name!r}")
        draw = Draw(self.rng, name)

        def drawn(*args: Any, **kwargs: Any) -> Any:
            if mode.trace is not self.recorder:  # in a thread of its own, or in what runs as it is
                return draw(*args, **kwargs)
            if name == "shuffle" or kwargs.get("out") is not None:
                return self.recorder.write(draw, args, kwargs, kwargs.get("out", args[0] if args else None))
            return self.recorder.call(draw, args, kwargs, "draw")

        return drawn


class Draw:
    """A method of the generator, called on it at each call."""

    __slots__ = ("__name__", "rng")

    def __init__(self, rng: np.random.Generator | None, name: str) -> None:
        self.rng = rng
        self.__name__ = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return getattr(generator_of(self.rng), self.__name__)(*args, **kwargs)


class _State(dict[str, Any]):
    """The state of a generator at one moment of the program: a checkpoint draws the same numbers from it again.

    A generator takes it as one of its own, for the trace may have ended when the checkpoint is run again.
    """


class OfState:
    """Keeps a generator's state, or restores it."""

    def __init__(self, rng: np.random.Generator | None, state: Any, keeps: bool) -> None:
        self.__name__ = "keep_random_state" if keeps else "restore_random_state"
        self.rng, self.state, self.keeps = rng, state, keeps

    def __call__(self) -> None:
        bits = generator_of(self.rng).bit_generator
        if self.keeps:
            self.state.update(bits.state)
        else:
            bits.state = self.state

    def undo(self) -> Callable[[], None]:
        """What brings the generator back to where it is now."""
        return state_of(self.rng)


class Seeds:
    """Seeds the generator that is used where no other one is given, at each call."""

    __name__ = "manual_seed"

    def __init__(self, seed: Any) -> None:
        self.seed = seed

    def __call__(self) -> None:
        manual_seed(self.seed)

    def undo(self) -> Callable[[], None]:
        """What brings back the generator that there was."""
        return functools.partial(use, generator_of(None))


class _Bits:
    def __init__(self, draws: Draws) -> None:
        self.draws = draws

    @property
    def state(self) -> Any:
        state = _State()
        self.draws.recorder.outside(OfState(self.draws.rng, state, keeps=True))
        return state

    @state.setter
    def state(self, state: Any) -> None:
        self.draws.recorder.outside(OfState(self.draws.rng, state, keeps=False))


def state_of(rng: np.random.Generator | None) -> Callable[[], None]:
    """What brings a generator back to where it is now."""
    bits = generator_of(rng).bit_generator
    kept = bits.state

    def back() -> None:
        bits.state = kept

    return back
