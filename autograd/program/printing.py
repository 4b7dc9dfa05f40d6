"""A program as text: plain NumPy, one statement a line, which runs without this library."""

from __future__ import annotations

import builtins
import operator
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from .draws import Draw
from .functions import COPIES, DESCRIPTOR, EMPTY, is_numpy
from .helpers import Helpers, said_by_numpy
from .naming import identifier, name_values
from .program import Program
from .values import Statement, Value

_OPERATORS: dict[Any, str] = {
    np.add: "+", np.subtract: "-", np.multiply: "*", np.divide: "/", np.matmul: "@", np.floor_divide: "//",
    np.remainder: "%", np.bitwise_and: "&", np.bitwise_or: "|", np.bitwise_xor: "^", np.equal: "==",
    np.not_equal: "!=", np.less: "<", np.less_equal: "<=", np.greater: ">", np.greater_equal: ">=",
    operator.add: "+", operator.sub: "-", operator.mul: "*", operator.truediv: "/", operator.pow: "**",
    operator.lt: "<", operator.le: "<=", operator.gt: ">", operator.ge: ">=", operator.eq: "==", operator.ne: "!=",
}  # fmt: skip


def source(program: Program) -> str:
    """The program as a Python file: `import numpy as np`, the function, and below it what it needs besides."""
    return Page(program).text()


def parameters(program: Program) -> list[Any]:
    """What the printed function takes, in order: each a Value, or "rng" for a generator of random numbers."""
    return Page(program).parameters


class Page:
    """A program, being printed.

    parameters  inputs, states, numbers that Python works out anew at each call, and "rng" if numbers are drawn
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        name_values(program.statements)
        self.names: dict[Value, str] = {}
        self._taken = {"np", "rng", program.name, *dir(builtins)}
        used = {value for s in program.statements for value in s.values()} | set(program.outgoing())
        roots = {value.root for value in used}
        states = [value for value in program.states if value in used or value in roots]
        numbers = [v for s in program.statements if s.kind == "outside" for v in s.results if v in used]
        self.parameters: list[Any] = [*program.inputs, *states, *numbers]
        if any(isinstance(s.function, Draw) for s in program.statements):
            self.parameters.append("rng")
        for value in (*program.inputs, *states):
            self._call(value, value.name or "x")
        for s in program.statements:
            if s.kind == "outside":
                for value in s.results:
                    self._call(value, "number")
        self._helpers = Helpers(self._taken)
        self._constants: dict[Value, str] = {}
        self._fresh: set[Value] = set()  # made by np.empty_like, and not written to yet

    def text(self) -> str:
        program = self.program
        body: list[str] = []
        scope: str | None = None
        backward = False
        for s in program.statements:
            lines = self._statement(s)
            if lines and s.kind != "outside":
                if s.of is not None and not backward:
                    body += ["", "# backward"]
                backward = backward or s.of is not None
                if s.scope is not None and s.scope != scope:
                    body.append(f"# {s.scope}")
                scope = s.scope
            body += lines
        results = [self._result(value) for value in program.outgoing()]
        body.append(f"return {results[0] if len(results) == 1 else '(' + ', '.join(results) + ')'}")
        given = ", ".join(p if p == "rng" else self.names[p] for p in self.parameters)
        head = [f"{name} = {_array(value.array)}" for value, name in self._constants.items()]
        function = f"def {program.name}({given}):\n" + "".join(f"    {line}".rstrip() + "\n" for line in body)
        imports = "\n".join(["import numpy as np", *self._helpers.imports])
        parts = [imports, "\n".join(head), function.rstrip(), self._helpers.text()]
        return "\n\n\n".join(part for part in parts if part) + "\n"

    # ---- names -----------------------------------------------------------------------------------------------------

    def _call(self, value: Value, wanted: str) -> str:
        wanted = identifier(wanted)
        name, k = wanted, 1
        while name in self._taken:
            name, k = f"{wanted}_{k}", k + 1
        self._taken.add(name)
        self.names[value] = name
        return name

    def _name(self, value: Value) -> str:
        if value in self.names:
            return self.names[value]
        if value.kind == "constant":
            if value.python or not value.shape:
                array: Any = value.array
                return _literal(array if value.python else array[()])
            name = self._constants[value] = self._call(value, "constant")
            return name
        return self._call(value, value.name or "t")

    def _named(self, s: Statement, value: Value) -> str:
        word = getattr(s.function, "__name__", "t").strip("_<>")
        word = getattr(getattr(s.function, "__self__", None), "__name__", word)
        if value.name is None and word in ("item", "getitem", "reshape", "transpose", "swapaxes", "lambda"):
            word = "t"
        prefix = "d_" if s.of is not None else ""
        return self._call(value, value.name or f"{prefix}{s.of[0] if s.of is not None else word}")

    # ---- statements ------------------------------------------------------------------------------------------------

    def _statement(self, s: Statement) -> list[str]:
        if s.kind == "outside":
            return []
        if s.kind == "guard":
            return [self._guard(s)]
        args = [self._argument(item, s) for item in s.args]
        if s.function in EMPTY and s.results:
            self._fresh.add(s.results[0])
            return []
        if s.writes:
            return self._write(s, args)
        made = [line for value in s.values() for line in self._made(value)]
        call = self._expression(s, args)
        if not s.results:
            return [*made, call]
        if isinstance(s.form, tuple):
            names = ["_" if part is None else self._named(s, part) for part in s.form]
            return [*made, f"{', '.join(names)}{',' if len(names) == 1 else ''} = {call}"]
        return [*made, f"{self._named(s, s.results[0])} = {call}"]

    def _write(self, s: Statement, args: list[str]) -> list[str]:
        out: Any = s.kwargs.get("out")
        if out is None:
            if s.function is operator.setitem:
                return [*self._made(s.args[0]), f"{args[0]}[{self._index(s.args[1], s)}] = {args[2]}"]
            return [*self._made(s.args[0]), self._expression(s, args)]
        target: Any = out[0] if type(out) is tuple else out
        rest = {key: value for key, value in s.kwargs.items() if key != "out"}
        plain = Statement(s.kind, s.function, s.args, rest)
        if target in self._fresh and not rest:
            self._fresh.discard(target)
            return [f"{self._name(target)} = {self._expression(plain, args)}"]
        sign = _OPERATORS.get(s.function)
        if sign is not None and len(args) == 2 and s.args[0] is target and not rest:
            return [*self._made(target), f"{self._name(target)} {sign}= {args[1]}"]
        given = self._expression(plain, [*args, f"out={self._name(target)}"], True)
        return [*self._made(target), given]

    def _made(self, value: Value) -> Iterable[str]:
        """A line that makes memory that has only been asked for, before it is written to in part."""
        if value.root in self._fresh:
            self._fresh.discard(value.root)
            yield f"{self._name(value.root)} = np.empty({value.root.shape!r}, {_dtype(value.root.dtype)})"

    def _expression(self, s: Statement, args: list[str], called: bool = False) -> str:
        function = s.function
        given = args + [f"{key}={self._argument(value, s)}" for key, value in s.kwargs.items()]
        if not called and not s.kwargs:
            if function in _OPERATORS and len(args) == 2:
                return f"{_in_brackets(args[0])} {_OPERATORS[function]} {_in_brackets(args[1])}"
            if function in (np.negative, operator.neg):
                return f"-{_in_brackets(args[0])}"
            if function is operator.getitem:
                return f"{args[0]}[{self._index(s.args[1], s)}]"
        if isinstance(function, Draw):
            return f"rng.{function.__name__}({', '.join(given)})"
        if type(function) is DESCRIPTOR:
            return f"{args[0]}.{function.__name__}({', '.join(given[1:])})"
        if getattr(function, "__name__", "") == "_item":
            return f"{args[0]}.item()"
        if function in COPIES and function is np.asarray:
            return f"np.array({args[0]})"
        name = said_by_numpy(function)
        if getattr(function, "__name__", "") == "reduce" and name is not None:
            return self._reduction(s, name, args)
        if name is None:
            rule = f"{s.of[0]}_rule" if s.of is not None and function.__name__ == "<lambda>" else None
            name = self._helpers.name(function, rule)
        return f"{name}({', '.join(given)})"

    def _reduction(self, s: Statement, name: str, args: list[str]) -> str:
        axis = s.kwargs.get("axis", 0)
        axis = axis[0] if type(axis) is tuple and len(axis) == 1 else axis
        parts = [args[0], f"axis={axis!r}"]
        for key, value in s.kwargs.items():
            if key != "axis" and value is not None and value is not False:
                parts.append(f"{key}={self._argument(value, s)}")
        return f"{name}({', '.join([*parts, *args[1:]])})"

    def _guard(self, s: Statement) -> str:
        (value,) = s.args
        name, expected = self._name(value), s.expected
        if s.function is bool:
            return f"assert {'' if expected else 'not '}{name}"
        if type(expected) is tuple:
            return f"assert {name}.shape == {expected!r}"
        how = {"_list": ".tolist()"}.get(s.function.__name__)
        taken = f"{name}{how}" if how else f"{s.function.__name__}({name})"
        return f"assert {taken} == {expected!r}"

    # ---- arguments -------------------------------------------------------------------------------------------------

    def _result(self, value: Value) -> str:
        name = self._name(value)
        return f"np.asarray({name})" if not value.shape and not value.scalar and not value.python else name

    def _argument(self, item: Any, s: Statement) -> str:
        if isinstance(item, Value):
            return self._name(item) if is_numpy(s.function) or isinstance(s.function, Draw) else self._result(item)
        if type(item) is tuple:
            inner = ", ".join(self._argument(part, s) for part in item)
            return f"({inner}{',' if len(item) == 1 else ''})"
        if type(item) is list:
            return f"[{', '.join(self._argument(part, s) for part in item)}]"
        if type(item) is dict:
            return f"{{{', '.join(f'{key!r}: {self._argument(part, s)}' for key, part in item.items())}}}"
        if type(item) is slice:
            return f"slice({', '.join(self._argument(part, s) for part in (item.start, item.stop, item.step))})"
        return _literal(item)

    def _index(self, item: Any, s: Statement) -> str:
        if type(item) is tuple and item:
            return ", ".join(self._index(part, s) for part in item) + ("," if len(item) == 1 else "")
        if type(item) is slice:
            start, stop, step = ("" if p is None else self._argument(p, s) for p in (item.start, item.stop, item.step))
            return f"{start}:{stop}" + (f":{step}" if step else "")
        return "..." if item is Ellipsis else self._argument(item, s)


def _in_brackets(text: str) -> str:
    return f"({text})" if text.startswith("-") else text


def _literal(item: Any) -> str:
    if isinstance(item, np.dtype):
        return _dtype(item)
    if isinstance(item, type) and issubclass(item, np.generic):
        return f"np.{item.__name__}"
    if isinstance(item, np.generic):
        inner = repr(item.item())
        return f"np.{type(item).__name__}({_number(inner)})"
    if isinstance(item, float):
        return _number(repr(item))
    return "..." if item is Ellipsis else repr(item)


def _number(text: str) -> str:
    return f"float({text!r})" if text in ("inf", "-inf", "nan") else text


def _dtype(dtype: Any) -> str:
    return f"np.{dtype.name}" if dtype.name != "bool" else "bool"


def _array(array: Any) -> str:
    """An array as an expression."""
    dtype = _dtype(array.dtype)
    if array.size and (array == array.flat[0]).all() and array.dtype.kind != "c":
        first = array.flat[0]
        if first in (0, 1) and not np.signbit(first):
            return f"np.{'ones' if first else 'zeros'}({array.shape!r}, {dtype})"
        return f"np.full({array.shape!r}, {_literal(first)}, {dtype})"
    if array.ndim == 1 and array.dtype.kind == "i" and (array == np.arange(array.size)).all():
        return f"np.arange({array.size})" if array.dtype == np.dtype(int) else f"np.arange({array.size}, dtype={dtype})"
    values = re.sub(r"\b(inf|nan)\b", r"np.\1", repr(array.tolist()))
    return f"np.array({values}, {dtype})"
