"""How statements are spelled in Python that runs fast: by short names, with results where they have their place."""

from __future__ import annotations

import operator
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from ..engine.modes import Changed
from .functions import COPIES, DESCRIPTOR, EMPTY, ONES, SCALARS, ZEROS, is_numpy
from .islands import target_of
from .values import Statement, Value


class Spelling:
    """Python for statements, and what its names stand for.

    space   by name, the functions and other objects that it uses
    placed  the values that have a place in memory, to which statements write
    fixed   those whose array is the same at each call
    inner   those of which there are pieces only
    written those that are changed in place, which a scalar cannot be
    lent    what a statement's function is called by, where it is lent memory
    copied  the values that are written to in another shape, with that
    """

    def __init__(
        self, placed: Collection[Value], fixed: Collection[Value], inner: Collection[Value],
        written: Collection[Value], lent: Mapping[Statement, str],
    ) -> None:  # fmt: skip
        self.space: dict[str, Any] = {"Changed": Changed, "array": np.array, "copy": _copy, "same": _same}
        self.placed = placed
        self.fixed = fixed
        self.inner = inner
        self.written = written
        self.lent = lent
        self._inside: Mapping[Value, str] = {}
        self.copied: list[tuple[Value, tuple[int, ...]]] = []
        self._names: dict[Any, str] = {}

    def statement(self, s: Statement, i: int) -> list[str]:
        if s.kind == "guard":
            return [self._guard(s, i)]
        args = [self.argument(item, s) for item in s.args]
        call = self._call(s, args)
        if s.writes or not s.results:
            return [call]
        if isinstance(s.form, tuple):
            names = ", ".join("_" if part is None else f"v{part.number}" for part in s.form)
            return [f"{names}{',' if len(s.form) == 1 else ''} = {call}"]
        (result,) = s.results
        placed = result in self.placed
        if s.function in EMPTY and (placed or result in self.inner):
            return []
        as_scalars = result.scalar and result.dtype.kind != "c"  # complex scalars round otherwise
        if s.function in SCALARS and as_scalars and len(args) == len(s.args) and not s.kwargs:
            return [f"v{result.number} = {SCALARS[s.function].format(*args)}"]
        if placed and s in self.lent:
            return [call]
        if placed:
            return [self._into(s, args, f"v{result.number}")]
        if s.function in COPIES and s.function is not np.ndarray.astype:
            call = f"array({args[0]})" if s.function is np.asarray and not s.kwargs else call
        if not result.shape and not result.scalar and result in self.written:
            call = f"{self.constant(np.asarray)}({call})"
        return [f"v{result.number} = {call}"]

    def in_place(self, s: Statement, inside: Mapping[Value, str]) -> str:
        """The call of an elementwise statement, where some values are called otherwise."""
        self._inside = inside
        args = [self.argument(item, s) for item in s.args]
        call = f"{self.constant(s.function)}({', '.join([*args, to(s.function, self.name(target_of(s)))])})"
        self._inside = {}
        return call

    def _call(self, s: Statement, args: list[str]) -> str:
        if s.function is operator.getitem:
            return f"{args[0]}[{args[1]}]"
        if s.function is operator.setitem:
            return f"{args[0]}[{args[1]}] = {args[2]}"
        if s.function is operator.pow:
            return f"{args[0]} ** {args[1]}"
        kwargs = dict(s.kwargs)
        if isinstance(s.function, np.ufunc) and set(kwargs) == {"out"}:
            args = [*args, to(s.function, self.argument(kwargs.pop("out")[0], s))]
        given = args + [self._option(name, value, s) for name, value in kwargs.items()]
        if s.function is np.dot and len(given) == 2 and s.args[0] in self.fixed:
            return f"{given[0]}.dot({given[1]})"
        if type(s.function) is DESCRIPTOR:
            return f"{given[0]}.{s.function.__name__}({', '.join(given[1:])})"
        if s in self.lent:
            return f"{self.lent[s]}({', '.join([self.constant(s.function), *given])})"
        return f"{self.constant(s.function)}({', '.join(given)})"

    def _into(self, s: Statement, args: list[str], target: str) -> str:
        """A call whose result goes where it has its place."""
        function, kwargs = s.function, s.kwargs
        if function in ZEROS or function in ONES:
            return f"{target}.fill({int(function in ONES)})"
        if function in COPIES:
            return f"{target}[...] = {args[0]}"
        if function is np.ndarray.reshape:
            self.copied.append((s.results[0], s.args[0].shape))
            return f"{target}_as[...] = {args[0]}"
        name = self.constant(function)
        if isinstance(function, np.ufunc) and not kwargs:
            return f"{name}({', '.join([*args, to(function, target)])})"
        if function in (np.dot, np.ndarray.dot) and not kwargs:
            return f"{self.constant(np.ndarray.dot)}({', '.join([*args, target])})"
        if getattr(function, "__name__", "") == "reduce" and len(args) == 1 and set(kwargs) <= _REDUCE:
            axis, dtype = kwargs.get("axis", 0), kwargs.get("dtype")
            axis = axis[0] if type(axis) is tuple and len(axis) == 1 else axis
            rest = f", {kwargs['keepdims']!r}" if kwargs.get("keepdims") else ""
            return f"{name}({args[0]}, {axis!r}, {self.argument(dtype, s)}, {target}{rest})"
        given = args + [self._option(key, value, s) for key, value in kwargs.items()] + [f"out={target}"]
        return f"{name}({', '.join(given)})"

    def _guard(self, s: Statement, i: int) -> str:
        (value,), how, expected = s.args, s.function, s.expected
        name = self.name(value)
        if how is bool:
            return f"if {'not ' if expected else ''}{name}: raise Changed({i})"
        if type(expected) is tuple:
            return f"if {name}.shape != {expected!r}: raise Changed({i})"
        return f"if not same({self.constant(how)}({name}), {self.constant(expected)}): raise Changed({i})"

    # ---- arguments -------------------------------------------------------------------------------------------------

    def name(self, value: Value) -> str:
        if value in self._inside:
            return self._inside[value]
        if value.kind == "constant" and value.python:
            return self.constant(value.array)
        return named(value)

    def exactly(self, value: Value) -> str:
        """A value as the trace had it: a scalar as a scalar, an array of no dimensions as an array."""
        name = self.name(value)
        if value.shape or value.python:
            return name
        return (
            f"{name}[()]" if value.scalar else name if value in self.fixed else f"{self.constant(np.asarray)}({name})"
        )

    def argument(self, item: Any, s: Statement) -> str:
        kind = type(item)
        if kind is Value:
            plainly = is_numpy(s.function)
            if plainly and item.scalar and not isinstance(s.function, np.ufunc):  # what is taken of it is to be a copy
                plainly = item not in self.placed and item not in self.fixed
            return self.name(item) if plainly else self.exactly(item)
        if kind is tuple:
            inner = "".join(self.argument(part, s) + ", " for part in item)
            return f"({inner.rstrip() if len(item) == 1 else inner.rstrip(', ')})"
        if issubclass(kind, tuple) and hasattr(kind, "_fields"):
            return f"{self.constant(kind)}({', '.join(self.argument(part, s) for part in item)})"
        if kind is list:
            return f"[{', '.join(self.argument(part, s) for part in item)}]"
        if kind is dict:
            return f"{{{', '.join(f'{key!r}: {self.argument(part, s)}' for key, part in item.items())}}}"
        if kind is slice:
            ends = [self.argument(part, s) for part in (item.start, item.stop, item.step)]
            return f"slice({', '.join(ends)})"
        if item is None or item is Ellipsis or kind is bool or kind is str:
            return repr(item)
        if s.function in SCALARS and kind in (int, float) and s.results and s.results[0].scalar and kind is int:
            return repr(item)
        if isinstance(s.function, np.ufunc) and kind in (int, float):
            typed = _typed(item, s)
            return repr(item) if typed is None and kind is int else self.constant(item if typed is None else typed)
        if kind is int:
            return repr(item)
        if isinstance(item, np.generic) and isinstance(s.function, np.ufunc):
            return self.constant(np.asarray(item))
        return self.constant(item)

    def _option(self, name: str, value: Any, s: Statement) -> str:
        """An argument that is given by its name; which axes a ufunc goes along are no operands of it."""
        along = isinstance(s.function, np.ufunc) and name in ("axis", "axes")
        return f"{name}={self.constant(value) if along else self.argument(value, s)}"

    def constant(self, item: Any) -> str:
        """The short name of a function or another object that the code uses."""
        key: Any = (type(item), item.dtype, item.tobytes()) if type(item) is np.ndarray else ("id", id(item))
        key = (type(item), repr(item)) if type(item) in (int, float, complex) else key
        name = self._names.get(key)
        if name is None:
            said = getattr(item, "__name__", type(item).__name__)
            said = "".join(c if c.isalnum() else "_" for c in str(said)).strip("_") or "f"
            owner = getattr(item, "__self__", None)
            if isinstance(owner, np.ufunc):
                said = f"{owner.__name__}_{said}"
            name = f"{said}_{len(self._names)}"
            self._names[key] = name
            self.space[name] = item
        return name


def named(value: Value) -> str:
    return f"v{value.number}" if value.number >= 0 else f"n{-1 - value.number}"


def to(function: Any, target: str) -> str:
    """How a ufunc is told where to put its result: by position takes less time, but these two want the keyword."""
    return f"out={target}" if function in (np.maximum, np.minimum) else target


_REDUCE = {"axis", "dtype", "keepdims"}


def _typed(number: Any, s: Statement) -> Any:
    """A number of Python's as an array of the dtype that it takes on, with which NumPy computes in half the time."""
    dtypes = {value.dtype for value in s.args if isinstance(value, Value) and not value.python}
    if len(dtypes) != 1 or s.kwargs.get("dtype") is not None or s.function is np.ldexp:  # by a whole number
        return None
    (dtype,) = dtypes
    return np.array(number, dtype) if dtype.char in "fd" else None


def _same(a: Any, b: Any) -> bool:
    """Whether two numbers, or lists of them, are the same, as NaN is itself."""
    return type(a) is type(b) and (a == b or repr(a) == repr(b))


def _copy(array: Any) -> Any:
    return array.copy()
