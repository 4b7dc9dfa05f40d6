"""Arrays that stand inside Tensors while a function is traced, and write down what NumPy is asked.

To Python a stand-in looks like the array it stands for: it has its class (by `__class__`), shape, dtype, layout and
methods, so the engine, the rules and the optimizers take the way that they take with arrays. It is none to C code,
which asks for `__array__`, and there it notices that a value is about to leave the trace.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..engine.operands import COMPARISONS, OPERATORS, UNARY
from ..engine.tensor import Tensor, unwrap
from ..transforms.batching.batched import Batched, call, innermost
from .values import Value

_OTHERS = (Tensor, Batched)
"""What computes by itself, also with stand-ins."""


class Standin:
    """An array, or a scalar of NumPy or a float of Python, that a trace watches.

    recorder  the trace
    array     what it stands for
    value     its place in the program
    """

    __slots__ = ("__weakref__", "_base", "array", "recorder", "value")

    def __init__(self, recorder: Any, array: Any, value: Value, base: Any = None) -> None:
        self.recorder = recorder
        self.array = array
        self.value = value
        self._base = base

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return type(self.array)

    # ---- what it looks like ----------------------------------------------------------------------------------------

    shape = property(lambda self: self.array.shape)
    dtype = property(lambda self: self.array.dtype)
    ndim = property(lambda self: self.array.ndim)
    size = property(lambda self: self.array.size)
    strides = property(lambda self: self.array.strides)
    itemsize = property(lambda self: self.array.itemsize)
    nbytes = property(lambda self: self.array.nbytes)
    flags = property(lambda self: self.array.flags)
    T = property(lambda self: self._method("transpose"))
    mT = property(lambda self: self._method("swapaxes", -1, -2))

    def __hash__(self) -> int:
        """A number is looked up by its value."""
        return object.__hash__(self) if isinstance(self.array, np.ndarray) else int(self.recorder.guard(self, hash))

    @property
    def base(self) -> Any:
        return self._base

    @property
    def real(self) -> Any:
        return self if not np.iscomplexobj(self.array) else self.recorder.call(np.real, (self,))

    @property
    def imag(self) -> Any:
        return self.recorder.call(np.imag, (self,))

    def __len__(self) -> int:
        return len(self.array)

    def __iter__(self) -> Iterator[Any]:
        if not self.array.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self.array)))

    def __deepcopy__(self, memo: Any) -> Any:
        return self._method("copy") if isinstance(self.array, np.ndarray) else self

    # ---- NumPy's protocols -----------------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(isinstance(item, _OTHERS) for item in (*inputs, *_tuple(kwargs.get("out")))):
            return NotImplemented
        function = ufunc if method == "__call__" else getattr(ufunc, method)
        if method == "at":
            return self.recorder.write(function, inputs, kwargs, inputs[0])
        out = kwargs.get("out")
        if out is None:
            if function is np.square and not kwargs and _is_complex_number(self.array):
                function, inputs = np.multiply, (self, self)  # which of scalars, too, is what it is of arrays
            return self.recorder.call(function, inputs, kwargs)
        (target,) = _tuple(out)
        return self.recorder.write(function, inputs, kwargs, target)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if any(issubclass(kind, _OTHERS) for kind in types):
            return NotImplemented
        if function in _STATIC:
            return function(*self.recorder.arrays(args), **self.recorder.arrays(kwargs))
        target = _WRITTEN.get(function)
        if target is not None:
            return self.recorder.write(function, args, kwargs, args[0] if args else kwargs[target])
        out = kwargs.get("out")
        if out is not None:
            return self.recorder.write(function, args, kwargs, *_tuple(out))
        return self.recorder.call(function, args, kwargs)

    # ---- what leaves the trace -------------------------------------------------------------------------------------

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.recorder.left(self, _PLAINLY), dtype=dtype, copy=copy)

    def __bool__(self) -> bool:
        return bool(self.recorder.guard(self, bool))

    def __float__(self) -> float:
        return float(self.recorder.guard(self, float))

    def __int__(self) -> int:
        return int(self.recorder.guard(self, int))

    def __round__(self, ndigits: int | None = None) -> Any:
        return self.recorder.call(round, (self,) if ndigits is None else (self, ndigits))

    def __trunc__(self) -> Any:
        return self.recorder.call(math.trunc, (self,))

    def __floor__(self) -> Any:
        return self.recorder.call(math.floor, (self,))

    def __ceil__(self) -> Any:
        return self.recorder.call(math.ceil, (self,))

    def __complex__(self) -> complex:
        return complex(self.recorder.guard(self, complex))

    def __index__(self) -> int:
        return int(self.recorder.guard(self, operator.index))

    def item(self, *index: Any) -> Any:
        chosen = self if not index else self[index[0] if len(index) == 1 and type(index[0]) is tuple else index]
        return chosen.recorder.item(chosen)

    def beside(self, array: Any) -> Any:
        """An array of NumPy's that is to be used with this one, as a value of the program: it may be indexed."""
        recorder = self.recorder
        return recorder.copied(recorder.constant(array), None) if recorder.open else array

    def copied(self, dtype: Any) -> Any:
        """An array of the same values in memory of its own."""
        return self.recorder.copied(self, dtype)

    def tolist(self) -> Any:
        return self.recorder.guard(self, _list)

    def __contains__(self, item: Any) -> bool:
        return bool((self == item).any())

    def __repr__(self) -> str:
        return repr(self.recorder.left(self, "text"))

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(self.recorder.left(self, "text"), spec)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.recorder.left(self, "pickled bytes").__reduce_ex__(protocol)

    def __getattr__(self, name: str) -> Any:
        if name in _METHODS and hasattr(self.array, name):
            return lambda *args, **kwargs: self._method(name, *args, **kwargs)
        if name in _LEAVING:
            return getattr(self.recorder.left(self, _PLAINLY if name.startswith("__") else f"its .{name}"), name)
        if name in _ATTRIBUTES:
            return getattr(self.array, name)
        if not isinstance(self.array, np.ndarray) and not name.startswith("__") and hasattr(self.array, name):
            self.recorder.guard(self, complex if isinstance(self.array, complex) else float)
            return getattr(self.array, name)
        raise AttributeError(f"{type(self.array).__name__!r} object has no attribute {name!r}")

    # ---- methods ---------------------------------------------------------------------------------------------------

    def _method(self, name: str, *args: Any, **kwargs: Any) -> Any:
        function = getattr(np.ndarray, name)
        if name in ("all", "any") and isinstance(self.array, np.bool) and not args and not kwargs:
            return self  # a scalar itself
        if (batch := innermost((args, kwargs))) is not None:
            return call(batch, function, (self, *args), kwargs)
        if args and name in _PARAMETERS:  # by name, so that out= can be added
            given = dict(zip(_PARAMETERS[name], args, strict=False))
            args, kwargs = (), {**{k: v for k, v in given.items() if v is not None}, **kwargs}
        out = kwargs.get("out")
        if out is not None:
            return self.recorder.write(function, (self, *args), kwargs, *_tuple(out))
        if name in _CHANGING:
            return self.recorder.write(function, (self, *args), kwargs, self)
        return self.recorder.call(function, (self, *args), kwargs)

    def __getitem__(self, index: Any) -> Any:
        if (batch := innermost(index)) is not None:
            return call(batch, operator.getitem, (self, unwrap(index)), {})
        return self.recorder.call(operator.getitem, (self, unwrap(index)))

    def __setitem__(self, index: Any, value: Any) -> None:
        if (batch := innermost((index, value))) is not None:
            call(batch, operator.setitem, (self, unwrap(index), unwrap(value)), {})
        else:
            self.recorder.write(operator.setitem, (self, unwrap(index), unwrap(value)), {}, self)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __pow__(self, other: Any, modulo: Any = None) -> Any:
        return self.recorder.call(*_power(self, other)) if _go_together(self, other) else NotImplemented

    def __rpow__(self, other: Any) -> Any:
        return self.recorder.call(*_power(other, self)) if _go_together(self, other) else NotImplemented

    def __ipow__(self, other: Any) -> Any:  # type: ignore[misc]
        return self.recorder.write(operator.ipow, (self, other), {}, self)


def _tuple(value: Any) -> tuple[Any, ...]:
    return value if type(value) is tuple else () if value is None else (value,)


def _list(array: Any) -> Any:
    return array.tolist()


def _is_operand(other: Any) -> bool:
    """Whether an operand is for NumPy to compute with, and does not do so itself as a Tensor does."""
    return not isinstance(other, _OTHERS) and (
        type(other) is Standin or not hasattr(other, "__array_ufunc__") or isinstance(other, np.ndarray | np.generic)
    )


def _is_python(item: Any) -> bool:
    return isinstance(item, int | float | complex) and not isinstance(item, np.generic)


def _go_together(item: Any, other: Any) -> bool:
    """Whether an operator between them is one of NumPy's, or of Python's numbers: with a list, a number is none."""
    return _is_operand(other) and (not _is_python(item) or isinstance(other, _NUMBERS))


_NUMBERS = (int, float, complex, np.ndarray, np.generic)


def _as_scalars(*items: Any) -> bool:
    """Whether an operator is Python's, or that of NumPy's complex scalars, whose products and sizes round otherwise."""
    if all(map(_is_python, items)):
        return True
    return not any(isinstance(item, np.ndarray) for item in items) and any(map(np.iscomplexobj, items))


def _is_complex_number(array: Any) -> bool:
    return isinstance(array, np.ndarray) and not array.shape and array.dtype.kind == "c"


def _power(x: Any, y: Any) -> tuple[Any, tuple[Any, ...]]:
    """The function that a power is, and its arguments: of an array of no dimensions NumPy's own, which gives the same
    of a scalar, as the operator does not."""
    pair = x, y
    if any(np.ndim(item) for item in pair) or not any(isinstance(item, np.ndarray) for item in pair):
        return operator.pow, pair
    if isinstance(x, np.ndarray) and x.dtype.kind in "fc" and type(y) in (int, float) and y in _EASY_POWERS:
        return (_EASY_POWERS[y], (x,)) if x.dtype.kind == "f" or y != 2 else (np.multiply, (x, x))
    return np.power, pair


_EASY_POWERS: dict[Any, Any] = {2: np.square, 0.5: np.sqrt, -1: np.reciprocal}
"""What an array to such a power is, as the operator has it."""


def _binary(ufunc: Any, python: Any) -> tuple[Any, Any, Any]:
    """The methods of an operator: NumPy's function, or of two numbers of Python's the operator itself."""

    def there(self: Any, other: Any) -> Any:
        function = python if _as_scalars(self, other) else ufunc
        return self.recorder.call(function, (self, other)) if _go_together(self, other) else NotImplemented

    def back(self: Any, other: Any) -> Any:
        function = python if _as_scalars(self, other) else ufunc
        return self.recorder.call(function, (other, self)) if _go_together(self, other) else NotImplemented

    def inplace(self: Any, other: Any) -> Any:
        if not isinstance(self.array, np.ndarray):  # a scalar cannot be changed
            return there(self, other)
        if isinstance(other, _OTHERS):  # an array is changed, whatever it is changed by
            return ufunc(self, other, out=(self,))
        if not _is_operand(other):
            return NotImplemented
        return self.recorder.write(ufunc, (self, other), {"out": (self,)}, self)

    return there, back, inplace


for _name, _ufunc in OPERATORS.items():
    for _form, _made in zip(
        ("__{}__", "__r{}__", "__i{}__"), _binary(_ufunc, getattr(operator, f"__{_name}__")), strict=True
    ):  # fmt: skip
        setattr(Standin, _form.format(_name), _made)
for _name, _ufunc in COMPARISONS.items():
    setattr(Standin, f"__{_name}__", _binary(_ufunc, getattr(operator, _name))[0])


def _unary(ufunc: Any, python: Any) -> Callable[[Any], Any]:
    return lambda self: self.recorder.call(python if _as_scalars(self) else ufunc, (self,))


for _name, _ufunc in UNARY.items():
    setattr(Standin, _name, _unary(_ufunc, getattr(operator, _name)))

_PLAINLY = (
    "a plain array, by code that knows no other (where it is to index an array that the function makes, let that be a "
    "Tensor)"
)
_METHODS = frozenset(
    ("all", "any", "argmax", "argmin", "argpartition", "argsort", "astype", "choose", "clip", "compress", "conj",
     "conjugate", "copy", "cumprod", "cumsum", "diagonal", "dot", "fill", "flatten", "max", "mean", "min", "nonzero",
     "partition", "prod", "ptp", "put", "ravel", "repeat", "reshape", "round", "searchsorted", "sort", "squeeze", "std",
     "sum", "swapaxes", "take", "trace", "transpose", "var", "view")
)  # fmt: skip
_SUM: tuple[str, ...] = ("axis", "dtype", "out", "keepdims", "initial", "where")
_MAX, _ARG = ("axis", "out", "keepdims"), ("axis", "out")
_VAR = ("axis", "dtype", "out", "ddof", "keepdims")
_PARAMETERS: dict[str, tuple[str, ...]] = {
    "sum": _SUM, "prod": _SUM, "mean": _SUM[:4], "max": _MAX, "min": _MAX, "any": _MAX, "all": _MAX, "var": _VAR,
    "std": _VAR, "cumsum": _SUM[:3], "cumprod": _SUM[:3], "argmax": _ARG, "argmin": _ARG,
}  # fmt: skip
"""The names of what may be given by place to a method that sums up."""

_CHANGING = frozenset(("fill", "partition", "put", "sort"))
"""Methods that change the array and return nothing."""

_LEAVING = frozenset(
    ("__array_interface__", "__array_struct__", "__dlpack__", "ctypes", "data", "dump", "dumps", "flat", "tobytes",
     "tofile")
)  # fmt: skip
_ATTRIBUTES = frozenset(("device", "__dlpack_device__"))

_WRITTEN: dict[Any, str] = {
    np.copyto: "dst", np.place: "arr", np.put: "a", np.putmask: "a", np.put_along_axis: "arr", np.fill_diagonal: "a",
}  # fmt: skip
"""Functions that write into an argument, and its name."""

_STATIC = frozenset(
    (np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.common_type, np.min_scalar_type, np.iscomplexobj,
     np.isrealobj, np.broadcast_shapes)
)  # fmt: skip
"""Functions of shapes and dtypes alone."""
