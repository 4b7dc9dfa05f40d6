"""Dtypes, devices, shapes and generators as objects of PyTorch's kind, and which dtype operands of several have."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..engine.defaults import get_default_dtype
from ..engine.tensor import Tensor as Base

default = get_default_dtype
"""The dtype of floats that come from Python."""


class dtype:
    """A dtype: NumPy's, by PyTorch's name. NumPy's functions take it as their own.

    >>> import autograd.torch as torch
    >>> torch.float32, torch.float32 == torch.float, torch.zeros(2).dtype.is_floating_point
    (torch.float32, True, True)
    """

    def __init__(self, name: str, numpy: Any) -> None:
        self.name = name
        if numpy is None:
            return
        self.dtype = np.dtype(numpy)
        self.is_floating_point, self.is_complex = self.dtype.kind == "f", self.dtype.kind == "c"
        self.is_signed, self.itemsize = self.dtype.kind in "ifc", self.dtype.itemsize

    @staticmethod
    def order(given: Any) -> int:
        """Of the kinds bool, integer, float and complex, which it is."""
        return _RANK[np.dtype(plain(given)).kind]

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __getattr__(self, name: str) -> Any:
        if name == "dtype":
            raise TypeError(f"{self!r}: NumPy has no such dtype; use float32")
        raise AttributeError(
            f"{self!r} has no attribute {name!r}, as NumPy's dtype has: is a layer of the package nn given a tensor of "
            f"autograd.torch? Take both from one: torch.nn and nn have the same layers",
            name=name,
        )

    def __reduce__(self) -> Any:
        return of, (self.dtype,)


_KINDS = {
    "float32 float": "f4", "float64 double": "f8", "float16 half": "f2", "int64 long": "i8", "int32 int": "i4",
    "int16 short": "i2", "int8": "i1", "uint8": "u1", "uint16": "u2", "uint32": "u4", "uint64": "u8", "bool": "?",
    "complex64 cfloat": "c8", "complex128 cdouble": "c16", "bfloat16": None,
}  # fmt: skip
_MADE = {names: dtype(names.partition(" ")[0], kind) for names, kind in _KINDS.items()}
DTYPES = {name: made for names, made in _MADE.items() for name in names.split()}
_OF = {made.dtype: made for made in _MADE.values() if made.name != "bfloat16"}


def of(numpy: Any) -> dtype:
    """PyTorch's object for a dtype of NumPy's."""
    return _OF[np.dtype(numpy)]


def plain(given: Any) -> Any:
    """NumPy's dtype for PyTorch's, or for a number type of Python's; anything else as it is."""
    if given is float or given is complex:
        return default() if given is float else np.result_type(default(), np.complex64)
    return given.dtype if given.__class__ is dtype else given


class device:
    """Where a tensor is: the CPU. Raises RuntimeError for another when something is put there."""

    def __init__(self, type: Any = "cpu", index: int | None = None) -> None:
        self.type, _, number = str(type).partition(":")
        self.index = int(number) if number else index

    def __repr__(self) -> str:
        return f"device(type={self.type!r}" + ("" if self.index is None else f", index={self.index}") + ")"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, device) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


def check_device(given: Any) -> None:
    if given is not None and str(given).partition(":")[0] != "cpu":
        raise RuntimeError(f"torch: expected the device 'cpu', where everything is, or none, got {str(given)!r}")


class Size(tuple[int, ...]):
    """A shape."""

    __slots__ = ()

    def numel(self) -> int:
        return math.prod(self)

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"

    def __getitem__(self, index: Any) -> Any:
        found = tuple.__getitem__(self, index)
        return Size(found) if isinstance(index, slice) else found


class Generator:
    """Random numbers of their own: a numpy.random.Generator, seeded as PyTorch's is."""

    def __init__(self, device: Any = "cpu") -> None:
        check_device(device)
        self.manual_seed(67280421310721)

    def manual_seed(self, seed: int) -> Generator:
        self.rng, self.given = np.random.default_rng(seed), seed
        return self

    def initial_seed(self) -> int:
        return self.given


_RANK = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}  # a later kind decides alone, but for how many bits a complex has


def promoted(x: Any, y: Any) -> Any:
    """The dtype of two dtypes: PyTorch's promotion, in which int64 and float32 make float32."""
    low, high = sorted((x, y), key=lambda known: _RANK[known.kind])
    return high if _RANK[low.kind] < min(_RANK[high.kind], 2) else np.promote_types(low, high)


def common(*values: Any) -> Any:
    """The dtype of an operation on these: tensors before tensors without dimensions, these before numbers of Python."""
    if isinstance(first := values[0], Base):
        same = first._content.dtype
        if all(isinstance(value, Base) and value._content.dtype is same for value in values):
            return same
    groups: list[Any] = [None, None, None]
    for value in values:
        if isinstance(value, Base | np.ndarray):
            at, kind = (0 if value.ndim else 1), np.dtype(plain(value.dtype))
        elif isinstance(value, bool | int | float | complex | np.generic):
            at, kind = 2, np.asarray(value).dtype
            kind = kind if kind.kind in "biu" else np.result_type(default(), np.complex64 if kind.kind == "c" else 0)
        else:
            continue
        groups[at] = kind if groups[at] is None else promoted(groups[at], kind)
    result: Any = None
    for kind in groups:
        if kind is not None and (result is None or _RANK[kind.kind] > _RANK[result.kind]):
            result = kind if result is None else promoted(result, kind)
    return result


def result_type(first: Any, second: Any, /) -> dtype:
    """The dtype that an operation on the two has."""
    return of(common(first, second))


def promote_types(first: Any, second: Any) -> dtype:
    return of(promoted(plain(first), plain(second)))


def finfo(type: Any = None) -> Any:
    """The limits of a floating dtype: eps, max, min, tiny, bits."""
    found = np.finfo(plain(type) or default())
    names = ("eps", "max", "min", "tiny", "smallest_normal", "resolution")
    return SimpleNamespace(bits=found.bits, dtype=str(found.dtype), **{n: float(getattr(found, n)) for n in names})


def iinfo(type: Any) -> Any:
    """The limits of an integer dtype: max, min, bits."""
    return np.iinfo(plain(type))
