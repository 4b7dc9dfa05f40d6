"""What two rules of a node both need, computed once.

A rule stands for itself: it is given the gradient and what was saved, and gives the gradient of one input. Where two of
them begin with the same work, that is done by the first and handed to the second, within one backward pass.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Protocol, cast

import numpy as np

from .modes import mode


class Once(Protocol):
    """A function that is decorated with `once`; `printed_as` is the function itself, as it is shown."""

    printed_as: Callable[..., Any]
    kept: Callable[..., Any]

    def __call__(self, g: Any, *needs: Any) -> Any: ...


def once(function: Callable[..., Any]) -> Once:
    """A function (g, *needs) of the gradient, an array, that two rules begin with: what it makes is made once for both.

    It is given up when it is asked for again, when another one is kept, or at the end of the backward pass. Who can
    do with it, and without it too, asks `if_made`.

    >>> @once
    ... def solved_back(g, a):
    ...     return np.linalg.solve(a.T, g)
    """

    @functools.wraps(function)
    def run(g: Any, *needs: Any) -> Any:
        if mode.once is None or g.__class__ is not np.ndarray:
            return function(g, *needs)
        made = kept(g, *needs)
        if made is None:
            made = function(g, *needs)
            mode.once = (run, g, *needs), made
        return made

    def kept(*asked: Any) -> Any:
        if not mode.once or len(mode.once[0]) != len(asked) + 1 or not all(map(_is_same, mode.once[0], (run, *asked))):
            return None
        made, mode.once = mode.once[1], ()
        return made

    made_once = cast(Once, run)
    made_once.printed_as, made_once.kept = function, kept
    return made_once


def if_made(function: Callable[..., Any], g: Any, *needs: Any) -> Any:
    """What such a function has made of these for another rule; None if it has not, or keeps nothing."""
    kept = getattr(function, "kept", None)
    return None if kept is None else kept(g, *needs)


def _is_same(a: Any, b: Any) -> bool:
    return a is b or (a.__class__ is b.__class__ is not np.ndarray and bool(a == b))
