"""What functions are given in place of Tensors and arrays, and where they are told to put their result."""

from __future__ import annotations

from numbers import Number
from typing import Any

import numpy as np

from .leaving import known
from .primitive import registry
from .tensor import Tensor, check_unmasked, holds_tensor

NUMBERS = frozenset(
    [bool, int, float, complex, *[kind for kind in np.sctypeDict.values() if np.dtype(kind).kind in "biufc"]]
)
"""The classes of single numbers, Python's and NumPy's."""

OPERANDS = NUMBERS | {np.ndarray, type(None)}
"""What most operands are, where they are no Tensors: it is clear how to compute with these."""

OPERATORS: dict[str, Any] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide, "matmul": np.matmul,
    "floordiv": np.floor_divide, "mod": np.remainder, "and": np.bitwise_and, "or": np.bitwise_or,
    "xor": np.bitwise_xor, "lshift": np.left_shift, "rshift": np.right_shift,
}  # fmt: skip
COMPARISONS: dict[str, Any] = {
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
}  # fmt: skip
UNARY: dict[str, Any] = {
    "__neg__": np.negative, "__pos__": np.positive, "__abs__": np.absolute, "__invert__": np.invert,
}  # fmt: skip
"""What NumPy computes for Python's operators, by the names of their methods: for what stands in an array's place."""


def array_of(value: Any) -> Any:
    """The array that stands in a list, a tuple or a table: a Tensor, if it holds Tensors. An array is itself.

    Numbers of other kinds, such as fractions, are Python's floats. Raises TypeError for what holds no numbers.
    """
    if type(value) is list or type(value) is tuple:
        return registry[np.array](value) if holds_tensor(value) else _numeric(value)
    if hasattr(value, "__array_function__"):
        check_unmasked(value, "Tensor")
        return value
    if not hasattr(value, "__array__"):
        number: Any = value
        return float(number) if isinstance(value, Number) and hasattr(value, "__float__") else value
    inner = getattr(value, "data", None)
    return inner if isinstance(inner, Tensor) else _numeric(value)


def _numeric(value: Any) -> Any:
    array = np.asarray(value)
    if array.dtype.kind not in "biufc":
        raise TypeError(
            f"Tensor: expected numbers to compute with, got a {type(value).__name__} that makes an array of "
            f"{array.dtype}; convert it to one of floats before"
        )
    return array


def computes_itself(value: Any) -> bool:
    """Whether an operand is to compute instead: a container that holds an array, which a Tensor may be, or no array.

    pandas' tables cannot hold a Tensor.
    """
    if hasattr(value, "__array_function__") or hasattr(value, "__pandas_priority__"):
        return False
    return hasattr(value, "__array_ufunc__") or is_no_array(value)


def is_no_array(value: Any) -> bool:
    """Whether NumPy's arrays leave it to an operand to compute, as to SciPy's sparse arrays, and to pytest.approx."""
    if hasattr(value, "__array_ufunc__"):
        return value.__array_ufunc__ is None
    return hasattr(value, "__array_priority__") and not hasattr(value, "__array__")


def left_to(name: str, *operands: Any) -> Any:
    """What comes of an operation that is left to one of its operands: of SciPy's sparse matrices what is known here.

    NotImplemented, if the operand is to say it itself.
    """
    for operand in operands:
        if type(operand).__module__.startswith("scipy.sparse"):
            operate = known("autograd.scipy.sparse.operands.operate")
            return NotImplemented if operate is None else operate(name, *operands)
    return NotImplemented


def not_for_plain(who: str) -> TypeError:
    return TypeError(
        f"{who}: a result that requires a gradient cannot be stored in a plain array; make that a Tensor, with "
        f"Tensor(array) or np.zeros(shape, like=x)"
    )
