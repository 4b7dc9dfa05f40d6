"""Small things that several layers need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np

from autograd import Tensor
from autograd.ops import by_blocks, in_blocks

Rng: TypeAlias = "np.random.Generator | None"
"""What draws random numbers; None stands for the generator that `manual_seed` seeds."""


def plain(value: Any) -> Any:
    """The array inside of a Tensor; anything else as an array."""
    return value.data if isinstance(value, Tensor) else value if hasattr(value, "dtype") else np.asarray(value)


def given(value: Any) -> Any:
    """A Tensor as it is, anything else as an array."""
    return value if isinstance(value, Tensor) else plain(value)


def integers(value: Any, who: str) -> Any:
    """`value` as an array of integers. Raises TypeError for another dtype."""
    array = plain(value)
    if array.dtype.kind not in "iu" and array.size:
        numbered = "number them, as np.unique(names, return_inverse=True)[1] does"
        said = numbered if array.dtype.kind in "US" else "convert with .astype(int)"
        raise TypeError(f"{who}: expected integers, got dtype {array.dtype}; {said}")
    return array if array.dtype.kind in "iu" else array.astype(np.int64)


def floating(value: Any, input: Any) -> Any:
    """A target of integers or booleans in the input's dtype, in which PyTorch computes; any other as it is."""
    value = given(value)
    return value.astype(input.dtype) if value.dtype.kind in "iub" else value


def replaced(input: Any, result: Any, inplace: bool) -> Any:
    """The result of a function called with `inplace`: if that is true, the input takes its value."""
    if not inplace:
        return result
    input[...] = result
    return input


def axis_of(dim: int, ndim: int, who: str) -> int:
    """An axis counted from the front. Raises IndexError if there is none such."""
    if not isinstance(dim, int | np.integer):
        raise TypeError(f"{who}: expected a whole number as dim, got {dim!r}")
    if not -max(ndim, 1) <= dim < max(ndim, 1):
        raise IndexError(f"{who}: expected a dim from {-ndim} to {ndim - 1}, got {dim}")
    return dim % max(ndim, 1)


def probability(p: float, who: str) -> None:
    """Raises ValueError unless p lies between 0 and 1."""
    if not isinstance(p, int | float | np.integer | np.floating):
        raise TypeError(f"{who}: expected a probability from 0 to 1, got {p!r}")
    if not 0.0 <= p <= 1.0:
        percent = f"; write {p / 100:g} for {p} %" if 1 < p <= 100 else ""
        raise ValueError(f"{who}: expected a probability from 0 to 1, got {p}{percent}")


def one_of(value: Any, choices: Iterable[str], who: str, what: str) -> None:
    """Raises ValueError unless the value is one of the choices."""
    if value not in choices:
        raise ValueError(f"{who}: expected {what} {' or '.join(map(repr, choices))}, got {value!r}")


def within(
    values: Any, least: int, below: int, who: str, what: str, error: type[Exception] = IndexError,
    but: int | None = None,
) -> Any:  # fmt: skip
    """The values of an array of integers. Raises an error unless all are at least the one and below the other.

    but  one more value that may be there; values in blocks are checked when they are computed
    """
    if in_blocks(values):
        return by_blocks(within, [values], least, below, who, what, error, but)
    kept = values if but is None else values[values != but]
    if ((kept < least) | (kept >= below)).any():
        said = f"; count from {least}" if kept.max() == below else ""
        raise error(f"{who}: expected {what} from {least} to {below - 1}, got {kept.min()} to {kept.max()}{said}")
    return values


def norm(x: Any, p: float, axis: int, keepdims: bool = False) -> Any:
    """The p-norm along an axis; where it is 0 its gradient is 0."""
    if not x.ndim:
        return np.abs(x)
    return np.linalg.norm(x, ord=p, axis=axis, keepdims=keepdims)


def unusual(values: Mapping[str, Any], usual: Mapping[str, Any]) -> str:
    """For the text of a layer that leaves out what is usual: ", name=value" for each value that is not."""
    return "".join(f", {name}={values[name]}" for name in usual if name in values and values[name] != usual[name])


def on_cpu(device: Any, who: str) -> None:
    """Raises ValueError unless device is None or names the CPU, in whose memory all arrays are."""
    if device is not None and str(device).partition(":")[0] != "cpu":
        raise ValueError(f"{who}: expected the device 'cpu', where everything is, or none, got {device!r}")
