"""What is known of the functions in a program: whose they are, and how they take their result's place."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

DESCRIPTOR = type(np.ndarray.sum)
_BUILTIN = type(np.add.reduce)


def run(function: Any, args: Any, kwargs: Any) -> Any:
    """Call a function; a method of arrays also on a scalar, which has it too."""
    if type(function) is DESCRIPTOR and not isinstance(args[0], np.ndarray):
        return getattr(args[0], function.__name__)(*args[1:], **kwargs)
    return function(*args, **kwargs)


def is_numpy(function: Any) -> bool:
    """Whether a function is NumPy's or Python's, to which a scalar and an array of no dimensions are the same."""
    if isinstance(function, np.ufunc | DESCRIPTOR) or isinstance(getattr(function, "__self__", None), np.ufunc):
        return True
    return str(getattr(function, "__module__", "")).partition(".")[0] in ("numpy", "_operator", "operator")


def is_hashable(function: Any) -> bool:
    """Whether a function can be looked up in a table: an object that is called need not have a hash."""
    return type(function).__hash__ is not None


def is_elementwise(function: Any) -> bool:
    """Whether a function works element by element, so that it may write over an operand."""
    return isinstance(function, np.ufunc) and function.signature is None and function.nout == 1


def takes_out(function: Any) -> bool:
    """Whether a function can be told by `out=` where to put its result."""
    if isinstance(function, np.ufunc):
        return function.nout == 1
    owner = getattr(function, "__self__", None)
    if isinstance(owner, np.ufunc):
        return function.__name__ in ("reduce", "accumulate") and owner.nout == 1
    return function in _OUT


def position_of_out(function: Any) -> int:
    """Of a function that takes out, after how many arguments it is that."""
    if isinstance(function, np.ufunc):
        return function.nin
    return 3 if isinstance(getattr(function, "__self__", None), np.ufunc) else _OUT[function]


_OUT: dict[Any, int] = {
    np.dot: 2, np.concatenate: 2, np.stack: 2, np.ndarray.dot: 2, np.ndarray.sum: 3, np.ndarray.max: 2,
    np.ndarray.min: 2, np.ndarray.mean: 3, np.ndarray.cumsum: 3, np.cumsum: 3,
}  # fmt: skip

COPIES = frozenset((np.asarray, np.array, np.copy, np.ndarray.copy, np.ndarray.astype))
"""Functions whose result is their first argument in memory of its own, in its own dtype or another one."""

EMPTY = frozenset((np.empty_like,))
ZEROS = frozenset((np.zeros_like,))
ONES = frozenset((np.ones_like,))
MADE = EMPTY | ZEROS | ONES
"""Functions whose result has its first argument's shape, and not its values."""

CLIP: Any = np._core.umath.clip  # type: ignore[attr-defined]
"""What np.clip is where both bounds are given: a function that works element by element."""

SCALARS: dict[Any, str] = {
    np.add: "{} + {}", np.subtract: "{} - {}", np.multiply: "{} * {}", np.divide: "{} / {}", np.negative: "-{}",
    np.less: "{} < {}", np.less_equal: "{} <= {}", np.greater: "{} > {}", np.greater_equal: "{} >= {}",
    np.equal: "{} == {}", np.not_equal: "{} != {}", np.bitwise_and: "{} & {}", np.bitwise_or: "{} | {}",
}  # fmt: skip
"""Functions whose operator gives the same of scalars, in a tenth of the time."""

ITEM = operator.getitem
"""Indexing."""
