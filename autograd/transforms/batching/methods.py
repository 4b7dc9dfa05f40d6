"""Operators of arrays of all examples, and the methods that they are asked for most."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.operands import COMPARISONS, OPERATORS, UNARY
from ...engine.tensor import Tensor, unwrap

power: Any = np.power


def behind(axis: Any, ndim: int) -> int:
    """Where an axis of one example stands in the array of all. Raises AxisError where there is none."""
    axis = operator.index(axis)
    if not -ndim <= axis < ndim:
        raise np.exceptions.AxisError(axis, ndim)
    return int(axis % ndim + 1)


def _filled(shape: tuple[int, ...], size: int) -> tuple[int, ...]:
    """A shape without its -1, which would take the examples in as well."""
    if -1 not in shape:
        return shape
    known = 1
    for n in shape:
        known *= n if n != -1 else 1
    return tuple([n if n != -1 else size // known for n in shape]) if known else shape


def _is_plain(index: slice) -> bool:
    """Whether a slice's ends are numbers, which all examples have in common."""
    return all(part is None or isinstance(part, int) for part in (index.start, index.stop, index.step))


class Methods:
    """What `Batched` does itself, without asking for the batched form of a function."""

    __slots__ = ()

    batch: Any
    array: Any
    shape: tuple[int, ...]
    size: Any

    def _of(self, array: Any) -> Any:
        """Another array of all examples."""
        raise NotImplementedError

    def _call(self, function: Callable[..., Any], *args: Any) -> Any:
        """A function of one example's arrays, for all examples."""
        raise NotImplementedError

    def _is_operand(self, other: Any) -> bool:
        """Whether an operand is for NumPy to compute with, and does not do so itself as a Tensor does."""
        return not isinstance(other, Tensor) and (
            type(other) is type(self)
            or not hasattr(other, "__array_ufunc__")
            or isinstance(
                other, np.ndarray | np.generic | int | float | complex
            )  # also what a trace has in their place
        )

    def reshape(self, *shape: Any, order: Any = "C") -> Any:
        if len(shape) == 1 and not isinstance(shape[0], int | np.integer):
            shape = tuple(shape[0])
        if order != "C":  # in which the examples would be mixed
            return self.batch.loop(np.ndarray.reshape, (self, shape), {"order": order})
        return self._of(self.array.reshape((self.batch.size, *_filled(shape, self.size))))

    def transpose(self, *axes: Any) -> Any:
        if len(axes) == 1 and not isinstance(axes[0], int | np.integer):
            axes = () if axes[0] is None else tuple(axes[0])
        n = len(self.shape)
        order = [behind(a, n) for a in axes] if axes else range(n, 0, -1)
        return self._of(self.array.transpose((0, *order)))

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        n = len(self.shape)
        return self._of(self.array.swapaxes(behind(axis1, n), behind(axis2, n)))

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        return self._of(self.array.astype(dtype, *args, **kwargs))

    def copy(self, order: str = "C") -> Any:
        return self._of(self.array.copy(order))

    def conj(self) -> Any:
        return self if self.array.dtype.kind != "c" else self._of(self.array.conj())

    def __getitem__(self, index: Any) -> Any:
        kind = type(index)
        if kind is int or index is None or (kind is slice and _is_plain(index)):
            found = self.array[:, index]
            return self._of(found.copy() if found.ndim == 1 else found)  # an element is no view, as NumPy's numbers
        if index is Ellipsis or (kind is tuple and not index):
            return self if self.shape or index is Ellipsis else self.copy()
        return self._call(operator.getitem, self, unwrap(index))

    def __setitem__(self, index: Any, value: Any) -> None:
        kind = type(index)
        known = kind is int or (kind is slice and _is_plain(index))
        if known and type(value) is type(self) and value.batch is self.batch:
            there = self.array[:, index]
            if there.ndim == value.array.ndim and type(value.array) is type(there):
                there[...] = value.array
                return
        self._call(operator.setitem, self, unwrap(index), unwrap(value))

    def __pow__(self, other: Any, modulo: Any = None) -> Any:
        if not self._is_operand(other):
            return NotImplemented
        if type(other) is type(self):
            return power(self, other)
        return self._of(self.array**other) if not getattr(other, "ndim", 0) else power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return power(other, self) if self._is_operand(other) else NotImplemented

    def __ipow__(self, other: Any) -> Any:  # type: ignore[misc]
        return power(self, other, out=self)

    conjugate = conj


def _operator(ufunc: Any) -> tuple[Any, Any, Any]:
    elementwise = ufunc.signature is None

    def there(self: Any, other: Any) -> Any:
        kind = type(other)
        if elementwise and kind is type(self) and other.batch is self.batch and len(other.shape) == len(self.shape):
            return self._of(ufunc(self.array, other.array))
        if kind is float or kind is int:
            return self._of(ufunc(self.array, other))
        return ufunc(self, other) if self._is_operand(other) else NotImplemented

    def back(self: Any, other: Any) -> Any:
        return ufunc(other, self) if self._is_operand(other) else NotImplemented

    def inplace(self: Any, other: Any) -> Any:
        return ufunc(self, other, out=self) if self._is_operand(other) else NotImplemented

    return there, back, inplace


for _name, _ufunc in OPERATORS.items():
    for _text, _made in zip(("__{}__", "__r{}__", "__i{}__"), _operator(_ufunc), strict=True):
        setattr(Methods, _text.format(_name), _made)
for _name, _ufunc in COMPARISONS.items():
    setattr(Methods, f"__{_name}__", _operator(_ufunc)[0])


def _unary(ufunc: Any) -> Callable[[Any], Any]:
    return lambda self: self._of(ufunc(self.array))


for _name, _ufunc in UNARY.items():
    setattr(Methods, _name, _unary(_ufunc))
