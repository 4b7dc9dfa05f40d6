"""What the engine's own functions (softmax, gelu, …) do, as statements of NumPy: found by running them on symbols.

A function that works on large arrays in pieces is one statement of a program. It works in one go on what is no array of
NumPy's: so it is called with stand-ins that are none, and of which only shapes are known to it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from ..functions import is_numpy, run
from ..memory import laid
from ..values import Statement, Value, mapped
from .kernels import numbers
from .lowering import is_basic, is_of_places

_MOST = 60
"""Statements: what is longer is left as it is."""

_LARGEST = 1 << 24
"""Elements: a function of larger arrays is not run on trial."""


class Unknown(Exception):
    """The function asks for a value, or for what is no array's."""


class Symbol(NDArrayOperatorsMixin):
    """A value of an expansion: an array of zeros that writes down what NumPy is asked."""

    def __init__(self, book: Book, array: Any, value: Value) -> None:
        self.book = book
        self.array = array
        self.value = value

    shape = property(lambda self: self.array.shape)
    dtype = property(lambda self: self.array.dtype)
    ndim = property(lambda self: self.array.ndim)
    size = property(lambda self: self.array.size)
    strides = property(lambda self: self.array.strides)
    T = property(lambda self: self.transpose())

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "at" or len(kwargs.get("out", ())) > 1:
            raise Unknown
        return self.book.call(ufunc if method == "__call__" else getattr(ufunc, method), inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return self.book.call(function, args, kwargs)

    def __getitem__(self, index: Any) -> Any:
        return self.book.call(np.ndarray.__getitem__, (self, index), {})

    def __setitem__(self, index: Any, item: Any) -> None:
        raise Unknown

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not callable(function := getattr(np.ndarray, name, None)):
            raise Unknown
        return lambda *args, **kwargs: self.book.call(function, (self, *args), kwargs)

    def _refuse(self, *args: Any) -> Any:
        raise Unknown

    __bool__ = __float__ = __int__ = __index__ = __array__ = __len__ = __iter__ = _refuse
    __hash__ = object.__hash__


class Book:
    """The statements of one expansion."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self.owners: dict[int, Value] = {}
        self.alive: list[Any] = []

    def given(self, value: Value) -> Symbol:
        """A symbol for a value of the program."""
        return self._of(laid(value.shape, value.dtype, value.strides), value)

    def _of(self, array: Any, value: Value) -> Symbol:
        owner = _owner(array)
        self.owners.setdefault(id(owner), value.root if array is not owner else value)
        self.alive.append(owner)
        return Symbol(self, array, value)

    def call(self, function: Any, args: Any, kwargs: Any) -> Any:
        import operator

        if function is np.ndarray.__getitem__:
            function = operator.getitem
            if not is_basic(args[1]) and not _is_place(args[1]):
                raise Unknown
        if len(self.statements) > _MOST or (function is np.einsum and is_of_places(args[0]) is None):
            raise Unknown  # before a contraction is made that takes longer than all else, and becomes no loops
        arrays = lambda item: item.array if isinstance(item, Symbol) else item
        with np.errstate(all="ignore"):
            result = run(function, mapped(args, arrays), mapped(kwargs, arrays))
        out = kwargs.get("out")
        given = mapped(args, self._value)
        named = {k: mapped(v, self._value) for k, v in kwargs.items() if v is not None or k != "out"}
        statement = Statement("call", function, given, named)
        self.statements.append(statement)
        if out is not None:
            target = out[0] if type(out) is tuple else out
            statement.writes = (target.value.root,)
            statement.kwargs["out"] = (target.value,)
            return target
        if not isinstance(result, np.ndarray | np.generic):
            raise Unknown
        array = np.asarray(result)
        owner = _owner(array)
        root = self.owners.get(id(owner))
        value = Value(next(numbers), "made", array, root)
        statement.results, statement.form = [value], value
        return self._of(array, value)

    def _value(self, item: Any) -> Any:
        if isinstance(item, Symbol):
            return item.value
        if isinstance(item, np.ndarray):
            return Value(next(numbers), "constant", item)
        return item


def _is_place(index: Any) -> bool:
    """Whether an index is one of rows in their order, and one number for each."""
    return type(index) is tuple and len(index) == 2 and isinstance(index[1], Symbol)


def _owner(array: Any) -> Any:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def expand(s: Statement) -> list[Statement] | None:
    """The statements that make what a function of the engine's makes, in memory of its results; None if unknown."""
    module = str(getattr(s.function, "__module__", ""))
    if s.kind != "call" or s.writes or is_numpy(s.function) or module.partition(".")[0] not in ("autograd", "nn"):
        return None
    if not s.results or any(v.size > _LARGEST or v.dtype.kind not in "fbi" or v.dtype.char == "e" for v in s.values()):
        return None
    if any(result.root is not result or result.python for result in s.results):
        return None
    book = Book()
    symbols = {value: book.given(value) for value in s.values()}
    try:
        args = mapped(s.args, lambda item: symbols[item] if isinstance(item, Value) else item)
        kwargs = mapped(s.kwargs, lambda item: symbols[item] if isinstance(item, Value) else item)
        made = s.function(*args, **kwargs)
    except Exception:  # whatever it does not do with symbols, it does with arrays
        return None
    wanted = s.form if isinstance(s.form, tuple) else (s.form,)
    made = made if type(made) is tuple else (made,)
    if len(made) != len(wanted):
        return None
    for value, symbol in zip(wanted, made, strict=True):
        if value is None:
            continue
        if not isinstance(symbol, Symbol) or (symbol.shape, symbol.dtype) != (value.shape, value.dtype):
            return None
        copy = Statement("call", np.copy, (symbol.value,), {})
        copy.results, copy.form = [value], value
        book.statements.append(copy)
    for statement in book.statements:
        statement.line, statement.scope = s.line, s.scope
    return book.statements
