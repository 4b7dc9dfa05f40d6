"""Tensor's operators and ndarray's methods: the primitives themselves, put in place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..engine.operands import OPERANDS, is_no_array
from ..engine.primitive import registry
from ..engine.tensor import Tensor, unwrap
from . import elementwise, indexing, products, reductions, shape, sorting, special
from .assignment import AT_ONCE, augment


def _flipped(function: Any) -> Any:
    return lambda self, other: function(other, self)


def _compare(ufunc: Any) -> Any:
    plain = registry[ufunc]

    def compare(self: Tensor, other: Any) -> Any:
        kind = other.__class__
        if kind is not Tensor and kind not in OPERANDS and is_no_array(other):
            return NotImplemented
        if (kind is str or kind is bytes) and ufunc in (np.equal, np.not_equal):  # which no number equals
            return np.full(self.shape, ufunc is np.not_equal)
        return plain(self, other)

    return compare


def _inplace(function: Any) -> Any:
    return lambda self, other: augment(self, function, other)


def _sort(self: Tensor, axis: int = -1, kind: Any = None, order: Any = None, **options: Any) -> None:
    self[...] = sorting.sort(self, axis, kind, order, **options)  # as ndarray's: in place


def _view(self: Tensor, *shape: Any, dtype: Any = None, type: Any = None) -> Tensor:
    if len(shape) > 1 or (shape and isinstance(shape[0], int | np.integer | tuple | list)):
        wanted = ", ".join(map(str, shape))
        raise TypeError(
            f"Tensor.view: expected nothing, or a dtype, as ndarray's, got {wanted}; write x.reshape({wanted})"
        )
    dtype = shape[0] if shape else dtype
    if type is not None or (dtype is not None and dtype != self.dtype):
        raise TypeError("Tensor.view: bytes have no gradient; use astype to convert, reshape for another shape")
    whole: Tensor = indexing.getitem(self, ...)
    return whole


def _flatten(self: Tensor, order: Any = "C", **axes: int) -> Tensor:
    if not isinstance(order, str) or axes:
        got = ", ".join([*([] if isinstance(order, str) else [repr(order)]), *(f"{k}={v!r}" for k, v in axes.items())])
        raise TypeError(
            f"Tensor.flatten: expected an order such as 'C', got {got}; for all axes but the first in a row write "
            f"x.reshape(len(x), -1), or use nn.Flatten"
        )
    whole: Tensor = shape.ravel(self, order).copy()
    return whole


def _transpose(self: Tensor, *axes: Any) -> Tensor:
    if len(axes) == 2 and self.ndim != 2:
        raise ValueError(
            f"Tensor.transpose: expected all {self.ndim} axes in their new order, got {axes}; "
            f"to swap two of them write x.swapaxes{axes}"
        )
    turned: Tensor = shape.transpose(
        self, None if not axes else axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
    )
    return turned


def _to(self: Tensor, *args: Any, dtype: Any = None, device: Any = None, **others: Any) -> Tensor:
    """The Tensor itself, or converted to a dtype; the device "cpu" is where everything is.

    As PyTorch's: takes a dtype, a device, both, or a Tensor whose dtype is meant. Raises ValueError for another device.
    """
    for value in (*args, device):
        if isinstance(value, Tensor):
            dtype = value.dtype
        elif isinstance(value, str) and value.partition(":")[0] in ("cuda", "gpu", "mps", "xpu"):
            raise ValueError(f"Tensor.to: expected the device 'cpu', where everything is, or none, got {value!r}")
        elif value is not None and not isinstance(value, bool) and str(value).partition(":")[0] != "cpu":
            dtype = value
    if unknown := [name for name in others if name not in ("copy", "memory_format", "non_blocking")]:
        raise TypeError(f"Tensor.to: expected a dtype and a device, got {unknown[0]}=")
    try:
        dtype = None if dtype is None else np.dtype(dtype)
    except TypeError:
        raise TypeError(f"Tensor.to: expected a dtype, a Tensor or the device 'cpu', got {dtype!r}") from None
    if dtype is None or dtype == self.dtype:
        return self.copy() if others.get("copy") else self
    converted: Tensor = shape.astype(self, dtype)
    return converted


def _cuda(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    raise ValueError("Tensor.cuda: expected the device 'cpu', where everything is; leave the call out")


def _cpu(self: Tensor) -> Tensor:
    """The Tensor itself, which is where it always was."""
    return self


def _same(name: str) -> Any:
    def get(self: Tensor) -> Any:
        return getattr(self._content, name)

    get.__name__ = name  # which an error says that has no setter
    return property(get)


def _to_device(self: Tensor, device: str, /, *, stream: Any = None) -> Tensor:
    self._content.to_device(device, stream=stream)  # raises for any device but the array's own
    return self


class Flat:
    """A Tensor's elements in a row, as ndarray.flat: to read, to assign and to go through."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor

    def __len__(self) -> int:
        return self.tensor.size

    def __iter__(self) -> Iterator[Tensor]:
        elements: Iterator[Tensor] = iter(self.tensor.ravel())
        return elements

    def __getitem__(self, index: Any) -> Tensor:
        found: Tensor = self.tensor.ravel()[index].copy()
        return found

    def __setitem__(self, index: Any, value: Any) -> None:
        indexing.assign_flat("flat", self.tensor, np.arange(len(self))[unwrap(index)], value)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self.tensor.ravel().__array__(dtype, copy)


def _conj(self: Tensor) -> Any:
    return elementwise.conjugate(self) if self.dtype.kind == "c" else self  # as ndarray's: real ones themselves


def _fill(self: Tensor, value: Any) -> None:
    if np.ndim(value):
        raise TypeError(
            f"Tensor.fill: expected a number, got an array of shape {np.shape(value)}; write t[...] = array"
        )
    self[...] = value


def _take(self: Tensor, indices: Any, axis: Any = None, out: Any = None, mode: Any = "raise") -> Any:
    return indexing.take(self, indices, axis, mode) if out is None else np.take(self, indices, axis, out, mode)


def _partition(self: Tensor, kth: Any, axis: int = -1, kind: Any = "introselect", order: Any = None) -> None:
    self[...] = sorting.partition(self, kth, axis, kind, order)


AT_ONCE.update({
    elementwise.add: np.add, elementwise.subtract: np.subtract, elementwise.multiply: np.multiply,
    elementwise.divide: np.divide,
})  # fmt: skip
for name, function in {
    "add": elementwise.add, "sub": elementwise.subtract, "mul": elementwise.multiply, "truediv": elementwise.divide,
    "pow": elementwise.power, "matmul": products.matmul, "floordiv": elementwise.floor_divide,
    "mod": elementwise.remainder, "and": elementwise.bitwise_and, "or": elementwise.bitwise_or,
    "xor": elementwise.bitwise_xor, "lshift": elementwise.left_shift, "rshift": elementwise.right_shift,
}.items():  # fmt: skip
    setattr(Tensor, f"__{name}__", function)
    setattr(Tensor, f"__r{name}__", _flipped(function))
    setattr(Tensor, f"__i{name}__", _inplace(function))

for name, function in {
    "__neg__": elementwise.negative, "__pos__": elementwise.positive, "__abs__": elementwise.absolute,
    "__getitem__": indexing.getitem,
    "exp": elementwise.exp, "log": elementwise.log, "sqrt": elementwise.sqrt, "sin": elementwise.sin,
    "cos": elementwise.cos, "tanh": elementwise.tanh, "sigmoid": special.sigmoid, "relu": special.relu,
    "__divmod__": elementwise.divmod, "__rdivmod__": _flipped(elementwise.divmod), "__invert__": elementwise.invert,
    "conj": _conj, "conjugate": _conj, "clip": elementwise.clip,
    "round": elementwise.round, "__round__": lambda self, ndigits=None: elementwise.round(self, ndigits or 0),
    "sum": reductions.sum, "mean": reductions.mean, "var": reductions.var, "std": reductions.std,
    "prod": reductions.prod, "max": reductions.max, "min": reductions.min, "ptp": reductions.ptp,
    "cumsum": reductions.cumsum, "cumprod": reductions.cumprod, "argmax": registry[np.argmax],
    "argmin": registry[np.argmin], "argsort": registry[np.argsort], "argpartition": registry[np.argpartition],
    "searchsorted": registry[np.searchsorted], "sort": _sort, "partition": _partition,
    "any": registry[np.any], "all": registry[np.all],
    "swapaxes": shape.swapaxes,
    "copy": lambda self, order="C": shape.copy(self, order), "astype": shape.astype,
    "ravel": shape.ravel, "flatten": _flatten,
    "squeeze": shape.squeeze, "repeat": shape.repeat, "take": _take,
    "dot": lambda self, b, out=None: products.dot(self, b) if out is None else np.dot(self, b, out),
    "diagonal": indexing.diagonal, "trace": lambda self, *args, **kwargs: np.trace(self, *args, **kwargs),
    "put": indexing.put, "choose": lambda self, *args, **kwargs: np.choose(self, *args, **kwargs),
    "compress": lambda self, condition, axis=None, out=None: np.compress(condition, self, axis, out),
    "nonzero": registry[np.nonzero], "fill": _fill,
    "reshape": lambda self, *shape_, order="C": shape.reshape(
        self, shape_[0] if len(shape_) == 1 else shape_, order
    ),
    "view": _view, "to_device": _to_device, "tobytes": lambda self, order="C": self._content.tobytes(order),
    "setflags": lambda self, write=None, align=None, uic=None: self._content.setflags(write, align, uic),
    "transpose": _transpose, "to": _to, "cpu": _cpu, "cuda": _cuda,
}.items():  # fmt: skip
    setattr(Tensor, name, function)
    if function.__module__ == __name__:  # a name that the errors of Python's may say
        function.__name__, function.__qualname__ = name, f"Tensor.{name}"

Tensor.T = property(shape.transpose)  # type: ignore[attr-defined]
Tensor.real = property(elementwise.real)  # type: ignore[attr-defined]
Tensor.imag = property(elementwise.imag)  # type: ignore[attr-defined]
Tensor.flat = property(Flat, lambda self, value: Flat(self).__setitem__(slice(None), value))  # type: ignore[attr-defined]
for name in ("base", "device", "flags", "strides"):
    setattr(Tensor, name, _same(name))
Tensor.mT = property(lambda self: shape.swapaxes(self, -1, -2))  # type: ignore[attr-defined]

for symbol, ufunc in {
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
}.items():  # fmt: skip
    setattr(Tensor, f"__{symbol}__", _compare(ufunc))
