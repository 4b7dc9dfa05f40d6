"""A program as Python code that runs fast: NumPy's functions by short names, results where they have their place."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..engine import versions
from ..engine.modes import Changed
from ..engine.node import tick
from .draws import Draw, state_of
from .functions import COPIES, DESCRIPTOR, EMPTY, ONES, SCALARS, ZEROS, is_numpy, run
from .memory import LARGE, Placement, array_at, is_placed, last_uses, new_block
from .program import Program
from .values import Statement, Value, mapped


class Code:
    """A program, made to run. What it works in is its own, so one of them runs in one thread at a time.

    program  what is run
    moving   those of its states that are another array at each call: they are given to `run` after the inputs
    lent     results that are put into arrays which `run` is given after these
    text     the function's source
    run      takes the arrays of inputs and moving states, and gives those of `program.outgoing()`
    """

    def __init__(self, program: Program, moving: Iterable[Value] = (), lent: Iterable[Value] = ()) -> None:
        self.program = program
        self.moving = list(moving)
        made = {result: s for s in program.statements for result in s.results}
        self.lent = [v for v in lent if v in made and v.root is v and is_placed(made[v], v)]
        self.placement = Placement(program)
        self.space: dict[str, Any] = {"Changed": Changed, "array": np.array, "copy": _copy, "same": _same}
        self._names: dict[Any, str] = {}
        self._views: list[Statement] = []
        self._fixed: set[Value] = set(self.placement.places)
        self._lines: list[str] = []
        self._ends: dict[int, list[Value]] | None = None
        self._reshaped: list[tuple[Value, tuple[int, ...]]] = []
        self._arrays: dict[Value, Any] = {}
        self.writes: list[Value] = []
        self._emit()
        exec(compile(self.text, f"<program {program.name}>", "exec"), self.space)
        self.run: Callable[..., tuple[Any, ...]] = self.space["run"]
        self.bind()

    # ---- memory ----------------------------------------------------------------------------------------------------

    def bind(self) -> None:
        """Give the code its memory, and the arrays that its states are now."""
        block = new_block(self.placement.size)
        arrays = self._arrays
        for value, start in self.placement.places.items():
            arrays[value] = array_at(block, start, value)
        for value in self.program.states:
            if value not in self.moving:
                arrays[value] = value.array
        for value in self.program.constants():
            arrays[value] = value.array
        for statement in self._views:
            (result,) = statement.results
            arrays[result] = run(statement.function, self._real(statement.args), self._real(statement.kwargs))
        self.space.update({_named(value): array for value, array in arrays.items() if value in self._fixed})
        for value, shape in self._reshaped:
            self.space[f"{_named(value)}_as"] = arrays[value].reshape(shape)
        self._touched = [_record(arrays[root]) for root in self.writes]

    def _real(self, item: Any) -> Any:
        return mapped(item, lambda part: self._arrays[part] if isinstance(part, Value) else part)

    def touch(self) -> None:
        """Tell the engine which arrays have been written, so that it refuses to use what it saved of them before."""
        if self._touched:
            versions.last_write = now = tick()
            for record in self._touched:
                record[1] = now

    # ---- text ------------------------------------------------------------------------------------------------------

    def _emit(self) -> None:
        program = self.program
        self._fixed |= {v for v in program.constants() if not v.python}
        self._fixed |= {v for v in program.states if v not in self.moving}
        last_guard = max((i for i, s in enumerate(program.statements) if _may_fail(s)), default=-1)
        undone: set[Value] = set()
        self._undoes = False
        for i, statement in enumerate(program.statements):
            if self._is_fixed_view(statement):
                self._views.append(statement)
                self._fixed.update(statement.results)
                continue
            if i <= last_guard:
                self._undo(statement, undone)
            self._lines += self._statement(statement, i)
            if names := [_named(value) for value in self._over(i) if value not in self._fixed]:
                self._lines.append(f"del {', '.join(names)}")
            for root in statement.writes:
                if root.kind == "state" and root not in self.moving and root not in self.writes:
                    self.writes.append(root)
        outgoing = program.outgoing()
        given = ", ".join([f"v{value.number}" for value in (*program.inputs, *self.moving, *self.lent)])
        body = self._lines + [f"return ({''.join(self._exactly(value) + ', ' for value in outgoing)})"]
        if self._undoes:
            body = ["undo = []", "try:", *[f"    {line}" for line in body], "except BaseException:"]
            body += ["    for back in reversed(undo):", "        back()", "    raise"]
        self.text = f"def run({given}):\n" + "".join(f"    {line}\n" for line in body)

    def _over(self, i: int) -> list[Value]:
        """The large values outside of the block that are used for the last time by a statement."""
        if self._ends is None:
            ends: dict[int, list[Value]] = {}
            last = last_uses(self.program)
            for statement in self.program.statements:
                for value in statement.results:
                    root = value.root
                    if root.kind == "made" and root.nbytes >= LARGE and root not in self.lent:
                        ends.setdefault(last[root], []).append(value)
            self._ends = ends
        return self._ends.get(i, [])

    def _is_fixed_view(self, statement: Statement) -> bool:
        return (
            statement.is_view
            and statement.kind == "call"
            and not isinstance(statement.form, tuple)
            and len(statement.results) == 1
            and all(value in self._fixed for value in statement.values())
            and is_numpy(statement.function)
        )

    def _undo(self, statement: Statement, undone: set[Value]) -> None:
        """Before something is changed that a later check may find should not have been: note how to change it back."""
        for root in statement.writes:
            if root.kind in ("state", "input") and root not in undone:
                undone.add(root)
                self._undoes = True
                # states may be parts of one array, of which the root is but the first that was met
                for value in dict.fromkeys([root, *[v for v in self.program.states if v.root is root]]):
                    self._lines.append(f"undo.append({self._constant(_restoring)}({self._name(value)}))")
        if statement.kind == "draw" and isinstance(statement.function, Draw):
            self._undoes = True
            self._lines.append(f"undo.append({self._constant(state_of)}({self._constant(statement.function)}.rng))")
        if statement.kind == "outside" and hasattr(statement.function, "undo"):
            self._undoes = True
            self._lines.append(f"undo.append({self._constant(statement.function)}.undo())")

    def _statement(self, s: Statement, i: int) -> list[str]:
        if s.kind == "guard":
            return [self._guard(s, i)]
        args = [self._argument(item, s) for item in s.args]
        call = self._call(s, args)
        if s.writes or not s.results:
            return [call]
        if isinstance(s.form, tuple):
            names = ", ".join("_" if part is None else f"v{part.number}" for part in s.form)
            return [f"{names}{',' if len(s.form) == 1 else ''} = {call}"]
        (result,) = s.results
        placed = result in self.placement.places or result in self.lent
        if s.function in EMPTY and placed:
            return []
        if s.function in SCALARS and result.scalar and len(args) == len(s.args) and not s.kwargs:
            return [f"v{result.number} = {SCALARS[s.function].format(*args)}"]
        if placed:
            return [self._into(s, args, f"v{result.number}")]
        if s.function in COPIES and s.function is not np.ndarray.astype:
            call = f"array({args[0]})" if s.function is np.asarray and not s.kwargs else call
        return [f"v{result.number} = {call}"]

    def _call(self, s: Statement, args: list[str]) -> str:
        if s.function is operator.getitem:
            return f"{args[0]}[{args[1]}]"
        if s.function is operator.setitem:
            return f"{args[0]}[{args[1]}] = {args[2]}"
        if s.function is operator.pow:
            return f"{args[0]} ** {args[1]}"
        kwargs = dict(s.kwargs)
        if isinstance(s.function, np.ufunc) and set(kwargs) == {"out"}:
            args = [*args, _to(s.function, self._argument(kwargs.pop("out")[0], s))]
        given = args + [f"{name}={self._argument(value, s)}" for name, value in kwargs.items()]
        if s.function is np.dot and len(given) == 2 and s.args[0] in self._fixed:
            return f"{given[0]}.dot({given[1]})"
        if type(s.function) is DESCRIPTOR:
            return f"{given[0]}.{s.function.__name__}({', '.join(given[1:])})"
        return f"{self._constant(s.function)}({', '.join(given)})"

    def _into(self, s: Statement, args: list[str], target: str) -> str:
        """A call whose result goes where it has its place."""
        function, kwargs = s.function, s.kwargs
        if function in ZEROS or function in ONES:
            return f"{target}.fill({int(function in ONES)})"
        if function in COPIES:
            return f"{target}[...] = {args[0]}"
        if function is np.ndarray.reshape:
            self._reshaped.append((s.results[0], s.args[0].shape))
            return f"{target}_as[...] = {args[0]}"
        name = self._constant(function)
        if isinstance(function, np.ufunc) and not kwargs:
            return f"{name}({', '.join([*args, _to(function, target)])})"
        if function in (np.dot, np.ndarray.dot) and not kwargs:
            return f"{self._constant(np.ndarray.dot)}({', '.join([*args, target])})"
        if getattr(function, "__name__", "") == "reduce" and len(args) == 1 and set(kwargs) <= _REDUCE:
            axis, dtype = kwargs.get("axis", 0), kwargs.get("dtype")
            axis = axis[0] if type(axis) is tuple and len(axis) == 1 else axis
            rest = f", {kwargs['keepdims']!r}" if kwargs.get("keepdims") else ""
            return f"{name}({args[0]}, {axis!r}, {self._argument(dtype, s)}, {target}{rest})"
        given = args + [f"{key}={self._argument(value, s)}" for key, value in kwargs.items()] + [f"out={target}"]
        return f"{name}({', '.join(given)})"

    def _guard(self, s: Statement, i: int) -> str:
        (value,), how, expected = s.args, s.function, s.expected
        name = self._name(value)
        if how is bool:
            return f"if {'not ' if expected else ''}{name}: raise Changed({i})"
        if type(expected) is tuple:
            return f"if {name}.shape != {expected!r}: raise Changed({i})"
        return f"if not same({self._constant(how)}({name}), {self._constant(expected)}): raise Changed({i})"

    # ---- arguments -------------------------------------------------------------------------------------------------

    def _name(self, value: Value) -> str:
        if value.kind == "constant" and value.python:
            return self._constant(value.array)
        return _named(value)

    def _exactly(self, value: Value) -> str:
        """A value as the trace had it: a scalar as a scalar, an array of no dimensions as an array."""
        name = self._name(value)
        if value.shape or value.python:
            return name
        return (
            f"{name}[()]" if value.scalar else name if value in self._fixed else f"{self._constant(np.asarray)}({name})"
        )

    def _argument(self, item: Any, s: Statement) -> str:
        kind = type(item)
        if kind is Value:
            return self._name(item) if is_numpy(s.function) else self._exactly(item)
        if kind is tuple:
            inner = "".join(self._argument(part, s) + ", " for part in item)
            return f"({inner.rstrip() if len(item) == 1 else inner.rstrip(', ')})"
        if issubclass(kind, tuple) and hasattr(kind, "_fields"):
            return f"{self._constant(kind)}({', '.join(self._argument(part, s) for part in item)})"
        if kind is list:
            return f"[{', '.join(self._argument(part, s) for part in item)}]"
        if kind is dict:
            return f"{{{', '.join(f'{key!r}: {self._argument(part, s)}' for key, part in item.items())}}}"
        if kind is slice:
            ends = [self._argument(part, s) for part in (item.start, item.stop, item.step)]
            return f"slice({', '.join(ends)})"
        if item is None or item is Ellipsis or kind is bool or kind is str:
            return repr(item)
        if s.function in SCALARS and kind in (int, float) and s.results and s.results[0].scalar and kind is int:
            return repr(item)
        if isinstance(s.function, np.ufunc) and kind in (int, float):
            typed = _typed(item, s)
            return repr(item) if typed is None and kind is int else self._constant(item if typed is None else typed)
        if kind is int:
            return repr(item)
        if isinstance(item, np.generic) and isinstance(s.function, np.ufunc):
            return self._constant(np.asarray(item))
        return self._constant(item)

    def _constant(self, item: Any) -> str:
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


def _named(value: Value) -> str:
    return f"v{value.number}" if value.number >= 0 else f"n{-1 - value.number}"


def _to(function: Any, target: str) -> str:
    """How a ufunc is told where to put its result: by position takes less time, but these two want the keyword."""
    return f"out={target}" if function in (np.maximum, np.minimum) else target


def _may_fail(statement: Statement) -> bool:
    """Whether a statement may say that the program does not hold for this call."""
    return statement.kind == "guard" or getattr(statement.function, "may_change", False)


_REDUCE = {"axis", "dtype", "keepdims"}


def _typed(number: Any, s: Statement) -> Any:
    """A number of Python's as an array of the dtype that it takes on, with which NumPy computes in half the time."""
    dtypes = {value.dtype for value in s.args if isinstance(value, Value) and not value.python}
    if len(dtypes) != 1 or s.kwargs.get("dtype") is not None:
        return None
    (dtype,) = dtypes
    return np.array(number, dtype) if dtype.char in "fd" else None


def _same(a: Any, b: Any) -> bool:
    """Whether two numbers, or lists of them, are the same, as NaN is itself."""
    return type(a) is type(b) and (a == b or repr(a) == repr(b))


def _copy(array: Any) -> Any:
    return array.copy()


def _restoring(array: Any) -> Callable[[], None]:
    """What gives an array the values back that it has now."""
    kept = array.copy()
    return lambda: array.__setitem__(..., kept)


def _record(array: Any) -> Any:
    """The engine's record of when the memory of an array was last written."""
    versions.touch(array)
    return versions.record_of(array)
