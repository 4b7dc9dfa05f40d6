"""SciPy's function of arrays, and for Tensors one that is made of what has a derivative."""

from __future__ import annotations

import functools
from typing import Any

from scipy import linalg

from ..engine.primitive import Function
from ..engine.tensor import Tensor, holds_tensor

_OF_SPEED = {"check_finite", "overwrite_a", "overwrite_ab", "overwrite_b", "lwork", "lapack_driver", "driver"}
"""Options that change no result."""


def any_tensor(*values: Any) -> bool:
    return any(isinstance(value, Tensor) or holds_tensor(value) for value in values)


def on_tensors(function: Function) -> Function:
    """scipy.linalg's function of this name, but for Tensors the one written here, until `defvjp` gives it other rules.

    plain    SciPy's
    instead  what stands for it on Tensors
    """
    theirs = getattr(linalg, function.__name__)

    @functools.wraps(theirs if function.__doc__ is None else function)
    def call(*args: Any, **options: Any) -> Any:
        if any_tensor(*args, *options.values()):
            stands: Any = call.instead  # type: ignore[attr-defined]
            drop = _OF_SPEED if stands is function else ()
            return stands(*args, **{key: value for key, value in options.items() if key not in drop})
        return theirs(*args, **options)

    call.plain, call.instead = theirs, function  # type: ignore[attr-defined]
    return call
