"""What layers over 1, 2 or 3 axes have in common: an argument for each axis, a batch axis that may be missing."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from autograd import Tensor


def per_axis(value: Any, n: int, who: str, what: str, least: int | None = None) -> tuple[int, ...]:
    """One int for each of n axes: from one for all, or from n of them; none below `least`."""
    values = tuple(value) if isinstance(value, tuple | list) else (value,)
    values = values * n if len(values) == 1 else values
    try:
        numbers = tuple(map(operator.index, values))
    except TypeError:
        raise TypeError(f"{who}: expected integers for {what}, got {value!r}") from None
    if len(numbers) != n:
        raise ValueError(f"{who}: expected one {what} or {n}, one for each axis, got {value!r}")
    if least is not None and min(numbers, default=least) < least:
        raise ValueError(f"{who}: expected {what} of at least {least}, got {value!r}")
    return numbers


def check_array(input: Any, who: str) -> None:
    """Raise TypeError for what is neither a Tensor nor an array; a table of pandas is none."""
    if not isinstance(input, Tensor) and (not hasattr(input, "shape") or hasattr(input, "to_numpy")):
        raise not_an_array(input, who)


def not_an_array(given: Any, who: str) -> TypeError:
    """The error for something else than an array: most often a tuple that a recurrent layer returned."""
    what = type(given).__name__
    if type(given) is tuple:
        what = f"a tuple of {len(given)}; take the one that is meant, as of the (output, state) of an LSTM"
    if hasattr(given, "to_numpy"):
        what = f"a {what}; take its .to_numpy(np.float32)"
    return TypeError(f"{who}: expected a Tensor or an array, got {what}")


def check_dtype(who: str, weight: Any, *others: Any) -> None:
    """Raise TypeError unless the input and the bias have the weight's dtype."""
    for other in others:
        if other is not None and other.dtype != weight.dtype:
            module = f", or the module with .to({str(other.dtype)!r})" if other.dtype.kind in "fc" else ""
            raise TypeError(
                f"{who}: expected everything to be {weight.dtype}, as the weight, got {other.dtype}; "
                f"convert with .astype({str(weight.dtype)!r}){module}"
            )


def batched(function: Callable[[Any], Any], input: Any, n: int) -> Any:
    """function(input) for an input (N, C, *n axes); where N is missing it is put there, and taken away again."""
    return function(input) if input.ndim == n + 2 else function(input[None])[0]


def check_axes(input: Any, n: int, who: str) -> None:
    """Raise ValueError unless an input is (C, *n axes) or (N, C, *n axes)."""
    check_array(input, who)
    if input.ndim not in (n + 1, n + 2):
        said = "; write input[None] for one channel" if input.ndim == n else ""
        raise ValueError(
            f"{who}: expected an input of {n + 1} (unbatched) or {n + 2} dimensions, got shape {input.shape}{said}"
        )
    if not math.prod(input.shape[-n - 1 :]):
        raise ValueError(f"{who}: expected an input with elements along every axis but N, got shape {input.shape}")


def named(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The function, and one that it wraps, under the name that users know it by."""
    for part in (function, getattr(function, "__wrapped__", function)):
        part.__name__ = part.__qualname__ = name
    return function
