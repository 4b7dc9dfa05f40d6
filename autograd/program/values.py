"""What a program is made of: values and the statements that make them."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

Line = tuple[str, int, str]
"""Where a statement comes from: file, line number, function."""

PLAIN = frozenset((int, float, bool, complex, str, type(None), type, type(Ellipsis)))
"""Types of what is no container, and no value."""


class Value:
    """One array of a program, as the trace saw it.

    number   counts the values of a program
    kind     "input" of the function, "state" that outlives a call, "constant", or "made" by a statement
    shape, dtype, strides   of the array
    root     the value whose memory it lies in: itself, unless it is a view
    array    the array of a state or a constant; the value of a Python number
    scalar   whether NumPy gave a scalar of it, and not an array of no dimensions
    python   whether it is a number of Python's
    name     what the user calls it, where that is known
    operation  the engine's name of the operation whose result it is, where it is one
    slopes   of a gradient, the values that it is the gradient of: several, where a rule passes it on as it is
    """

    __slots__ = (
        "array",
        "dtype",
        "kind",
        "name",
        "number",
        "operation",
        "python",
        "root",
        "scalar",
        "shape",
        "slopes",
        "strides",
    )

    def __init__(self, number: int, kind: str, array: Any, root: Value | None = None, name: str | None = None) -> None:
        self.number = number
        self.kind = kind
        self.python = not hasattr(array, "dtype")
        self.scalar = isinstance(array, np.generic)
        self.shape: tuple[int, ...] = () if self.python else array.shape
        self.dtype: np.dtype[Any] = np.dtype(type(array)) if self.python else array.dtype
        self.strides: tuple[int, ...] = getattr(array, "strides", ())
        self.root = self if root is None else root
        self.array = array if kind in ("state", "constant") else None
        self.name = name
        self.operation: str | None = None
        self.slopes: list[Value] = []

    @property
    def slope(self) -> Value | None:
        """What it is the gradient of: a value with a name, if there is one."""
        return next((value for value in self.slopes if value.name is not None), self.slopes[0] if self.slopes else None)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize

    def __repr__(self) -> str:
        return f"v{self.number}"


class Exchange(partial[Any]):
    """What a statement does together with other processes, which it therefore cannot do once more for the same call."""


class Statement:
    """results = function(*args, **kwargs): one call of NumPy, or of a function of the engine on arrays.

    kind      "call"; "guard", which fails where a value that Python took is another one; "draw" of random numbers;
              "outside", which runs Python as it is
    results   the values that it makes; of a function that gives several, in their order
    form      how the results stand in what the function gives: a Value, None, or a tuple of these
    writes    the roots of the values that it changes in place
    errors    what NumPy is to do about floating-point errors in it, where that is not what it does elsewhere
    expected  of a guard: what the trace saw
    line      where in the user's program it comes from
    scope     the module that it belongs to
    of        the operation whose derivative it is a part of, as (name, line), or None
    needs     what memory its function asks for on the way to the result, where that is much (see rooms.py)
    origin    of a part of what one statement does, or of it done again, that statement
    """

    __slots__ = (
        "_values",
        "args",
        "errors",
        "expected",
        "form",
        "function",
        "kind",
        "kwargs",
        "line",
        "needs",
        "of",
        "origin",
        "results",
        "scope",
        "writes",
    )

    def __init__(
        self, kind: str, function: Callable[..., Any], args: Any, kwargs: Any, line: Line | None = None,
        scope: str | None = None,
    ) -> None:  # fmt: skip
        self.kind = kind
        self.function = function
        self.args: tuple[Any, ...] = args
        self.kwargs: dict[str, Any] = kwargs
        self.results: list[Value] = []
        self.form: Any = None
        self.writes: tuple[Value, ...] = ()
        self.errors: dict[str, str] = {}
        self.expected: Any = None
        self.line = line
        self.scope = scope
        self.of: tuple[str, Line | None] | None = None
        self.needs: Any = None
        self.origin: Statement | None = None
        self._values: tuple[Any, Any, list[Value]] | None = None

    def again(self) -> Statement:
        """The same statement, to be changed."""
        made = Statement(self.kind, self.function, self.args, self.kwargs, self.line, self.scope)
        made.results, made.form, made.writes = list(self.results), self.form, self.writes
        made.errors, made.expected, made.of, made.origin = self.errors, self.expected, self.of, self.origin or self
        made.needs = self.needs
        return made

    def values(self) -> list[Value]:
        """The values among its arguments, each as often as it stands there."""
        known = self._values
        if known is not None and known[0] is self.args and known[1] is self.kwargs:
            return known[2]
        found: list[Value] = []
        _collect(self.args, found)
        if self.kwargs:
            _collect(self.kwargs, found)
        self._values = self.args, self.kwargs, found
        return found

    def forget(self) -> None:
        """Give up what was only to be found quickly: a program that runs is kept for long."""
        self._values = None

    @property
    def is_view(self) -> bool:
        """Whether all it does is to see memory that is there otherwise."""
        return bool(self.results) and not self.writes and all(result.root is not result for result in self.results)

    @property
    def has_effect(self) -> bool:
        """Whether it matters though nobody uses its results."""
        return self.kind != "call"

    def __repr__(self) -> str:
        name = getattr(self.function, "__name__", str(self.function))
        return f"{', '.join(map(repr, self.results)) or '_'} = {name}({self.args}, {self.kwargs})"


def values_in(item: Any) -> list[Value]:
    """The values in nested tuples, lists, dicts and slices."""
    found: list[Value] = []
    _collect((item,), found)
    return found


def _collect(items: Any, found: list[Value]) -> None:
    for part in items.values() if type(items) is dict else items:
        kind = type(part)
        if kind is Value:
            found.append(part)
        elif kind in PLAIN:
            pass
        elif kind is list or kind is dict or isinstance(part, tuple):
            _collect(part, found)
        elif kind is slice:
            _collect((part.start, part.stop, part.step), found)


def mapped(item: Any, change: Callable[[Any], Any]) -> Any:
    """The same containers with `change` of everything that stands in them."""
    kind = type(item)
    if kind in PLAIN:
        return change(item)
    if kind is tuple or kind is list:
        return kind([mapped(part, change) for part in item])
    if isinstance(item, tuple) and hasattr(item, "_fields"):  # of which NumPy's are results of linalg
        return type(item)(*[mapped(part, change) for part in item])
    if kind is dict:
        return {key: mapped(part, change) for key, part in item.items()}
    if kind is slice:
        return slice(mapped(item.start, change), mapped(item.stop, change), mapped(item.step, change))
    return change(item)
