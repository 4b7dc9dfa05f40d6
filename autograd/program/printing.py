"""A program as text: plain NumPy, one statement a line, which runs without this library."""

from __future__ import annotations

import builtins
import operator
import re
import textwrap
from collections.abc import Iterable
from typing import Any

import numpy as np

from .draws import Draw, OfState
from .functions import COPIES, DESCRIPTOR, EMPTY, is_numpy
from .helpers import Helpers, said_by_numpy
from .listing import folded
from .literals import Text, array_text, dtype_text, literal
from .loops import Looped
from .naming import identifier, name_values, without_owner
from .program import Program
from .reading import Reading
from .repeats import Line
from .reusing import reused
from .values import Statement, Value
from .views import is_contiguous

_OPERATORS: dict[Any, str] = {
    np.add: "+", np.subtract: "-", np.multiply: "*", np.divide: "/", np.matmul: "@", np.floor_divide: "//",
    np.remainder: "%", np.bitwise_and: "&", np.bitwise_or: "|", np.bitwise_xor: "^", np.equal: "==",
    np.not_equal: "!=", np.less: "<", np.less_equal: "<=", np.greater: ">", np.greater_equal: ">=",
    operator.add: "+", operator.sub: "-", operator.mul: "*", operator.truediv: "/", operator.pow: "**",
    operator.lt: "<", operator.le: "<=", operator.gt: ">", operator.ge: ">=", operator.eq: "==", operator.ne: "!=",
}  # fmt: skip
_BINDS = {
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), 1), "|": 2, "^": 3, "&": 4, "+": 5, "-": 5,
    **dict.fromkeys(("*", "/", "//", "%", "@"), 6), "**": 8,
}  # fmt: skip
"""How strongly each operator binds; a minus in front binds as 7, all else as 9."""
_WIDE = 96  # characters: an expression that takes more is written on several lines
_MANY = 3  # parts of a line: more are written on lines of their own
_ROOM = 24  # of these, for the name of such a line
_REDUCTIONS: dict[Any, str] = {np.add: "sum", np.maximum: "max", np.minimum: "min", np.multiply: "prod"}


_WORDS = {
    "getitem": "part", "reshape": "reshaped", "transpose": "transposed", "swapaxes": "swapped", "lambda": "made",
    "copy": "copied", "item": "number", "empty_like": "made",
}  # fmt: skip
"""What a value is called that has no better name than that of the function that makes it."""


_OF_SHAPE = {np.zeros_like: "zeros", np.ones_like: "ones"}


def source(program: Program) -> str:
    """The program as a Python file: `import numpy as np`, the function, and below it what it needs besides."""
    return Page(program).text()


def parameters(program: Program) -> list[Any]:
    """What the printed function takes, in order: a Value, a list of these, or "rng" for a generator."""
    page = Page(program)
    page.text()
    return page.parameters


def arrays(program: Program) -> dict[str, Any]:
    """The arrays of its states, by the names under which the printed function takes them."""
    page = Page(program)
    page.text()
    found: dict[str, Any] = {}
    for p in page.parameters:
        if isinstance(p, list) and all(value.kind == "state" for value in p):
            found[page.lists[id(p)]] = [value.array for value in p]
        elif isinstance(p, Value) and p.kind == "state":
            found[page.names[p]] = p.array
    return found


class Page:
    """A program, being printed.

    parameters  inputs, states, numbers that Python works out anew at each call, and "rng" if numbers are drawn
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        name_values(program.statements)
        self.reading = Reading(program)
        self.names: dict[Value, str] = {}
        self._taken = {"np", "rng", program.name, *dir(builtins)}
        used = {value for s in program.statements for value in s.values()} | set(program.outgoing())
        roots = {value.root for value in used}
        states = [value for value in program.states if value in used or value in roots]
        numbers = [v for s in program.statements if s.kind == "outside" for v in s.results if v in used]
        self.parameters: list[Any] = [*program.inputs, *states, *numbers]
        if any(isinstance(s.function, Draw) for s in program.statements):
            self.parameters.append("rng")
        short = without_owner([value.name for value in states if value.name is not None])
        for value in (*program.inputs, *states):
            self._call(value, short.get(value.name or "", value.name or "x"))
        for s in program.statements:
            if s.kind == "outside":
                for value, word in zip(s.results, _words(s), strict=False):
                    self._call(value, word)
        for value in self.reading.outgoing:
            if value not in self.names and value.kind == "made" and value.name is None and value.slope is not None:
                self._named_slope(value)
        self._helpers = Helpers(self._taken)
        self._states: dict[int, str] = {}  # by the identity of a kept state of a generator, its name
        self.lists: dict[int, str] = {}  # by the identity of a list of parameters, its name
        self._constants: dict[str, str] = {}  # by its text, the name of a constant
        self._fresh: set[Value] = set()  # made by np.empty_like, and not written to yet

    def text(self, rows: bool = False) -> str:
        """The text; with `rows`, each name in it is one value, and the only loops are those over rows of names."""
        program = self.program
        body: list[str] = []
        scope: str | None = None
        section = ""
        inside = {id(s) for s in self.reading.inside.values()}
        for s in self.reading.statements:
            if id(s) in inside:
                continue
            lines = self._statement(s)
            if lines and s.kind != "outside":
                now = self.reading.sections[id(s)]
                if now != section:
                    body += ["", f"# {now}"] if section or now != "forward" else []
                    section, scope = now, None
                if s.scope is not None and s.scope != scope:
                    body.append(f"# {s.scope}")
                elif s.scope is None and scope is not None and section == "forward":
                    body.append("")
                scope = s.scope
            body += lines
        results = [self._result(value) for value in self.reading.outgoing]
        body += [f"# result {k + 1} is {value!r} at each call" for k, value in program.plain.items()]
        body.append(f"return {results[0] if len(results) == 1 else '(' + ', '.join(results) + ')'}")
        body = self._with_loops(body, rows)
        given = ", ".join(
            p if p == "rng" else self.names[p] if isinstance(p, Value) else self.lists[id(p)] for p in self.parameters
        )
        head = [f"{name} = {text}" for text, name in self._constants.items()]
        if len(given) > _WIDE - len(program.name):
            given = "\n    " + textwrap.fill(given, _WIDE, subsequent_indent="    ", break_on_hyphens=False) + ",\n"
        function = f"def {program.name}({given}):\n" + "".join(f"    {line}".rstrip() + "\n" for line in body)
        imports = "\n".join(["import numpy as np", *self._helpers.imports])
        parts = [imports, "\n".join(head), function.rstrip(), self._helpers.text()]
        return "\n\n\n".join(part for part in parts if part) + "\n"

    def _with_loops(self, body: list[str], rows: bool) -> list[str]:
        inputs = {self.names[p] for p in self.parameters if isinstance(p, Value) and p.kind != "made"}
        numbers = {self.names[p] for p in self.parameters if isinstance(p, Value) and p.kind == "made"}
        lines = [Line(text, set(self.names.values()) - numbers) for text in body]
        written = Looped(lines, self._taken, inputs, rows)
        if rows:
            return written.text
        by_name = {name: value for value, name in self.names.items()}
        for name, names in written.takes.items():
            values = [by_name[each] for each in names]
            self.parameters[self.parameters.index(values[0])] = values
            self.parameters = [p for p in self.parameters if p not in values]
            self.lists[id(values)] = name
        known = {name for name, v in by_name.items() if v.name is not None or self._is_slope(v)} | written.called
        if written.called:
            known |= {name for name in by_name if name.startswith("d_")}
        fixed = {*written.lists, *inputs, *(self._taken - set(by_name))} | set(by_name) - known
        return [line for long in reused(written.text, known, fixed) for line in folded(long, _WIDE)]

    @staticmethod
    def _is_slope(value: Value) -> bool:
        """Whether a value is the gradient of something with a name."""
        return value.slope is not None and value.slope.name is not None

    # ---- names -----------------------------------------------------------------------------------------------------

    def _call(self, value: Value, wanted: str) -> str:
        name = self.names[value] = self._free(wanted)
        return name

    def _free(self, wanted: str) -> str:
        """A name that is not taken yet."""
        wanted = identifier(wanted)
        name, k = wanted, 1
        while name in self._taken:
            name, k = f"{wanted}_{k}", k + 1
        self._taken.add(name)
        return name

    def _name(self, value: Value) -> Text:
        """A value as it stands in an expression: by its name, or what makes it."""
        if value in self.names:
            return Text(self.names[value])
        if value in self.reading.inside:
            s = self.reading.inside[value]
            return self._expression(s, [self._argument(item, s) for item in s.args])
        if value.kind == "constant":
            if value.python or not value.shape:
                array: Any = value.array
                return literal(array if value.python else array[()])
            if len(text := array_text(value.array)) < 32:
                return Text(text)
            name = self._constants.get(text)
            if name is None:
                name = self._constants[text] = self._call(value, "constant")
            self.names[value] = name
            return Text(name)
        return Text(self._call(value, value.name or "t"))

    def _named(self, s: Statement, value: Value) -> str:
        if value in self.names:
            return self.names[value]
        word = value.operation if s.of is None else None
        owner = getattr(s.function, "__self__", None)
        named = owner if isinstance(owner, np.ufunc) else s.function
        word = word or getattr(named, "__name__", "made").strip("_<>")
        word = _WORDS.get(word, word)
        if self._named_slope(value):
            return self.names[value]
        prefix = "d_" if s.of is not None else ""
        return self._call(value, value.name or f"{prefix}{s.of[0] if s.of is not None else word}")

    def _named_slope(self, value: Value) -> bool:
        """Name a gradient by what it is the gradient of, if that has a name."""
        of = value.slope
        if value.name is not None or of is None or (of.name is None and of not in self.names):
            return False
        self._call(value, f"d_{identifier(self.names.get(of, of.name or ''))}")
        return True

    # ---- statements ------------------------------------------------------------------------------------------------

    def _statement(self, s: Statement) -> list[str]:
        if isinstance(s.function, OfState) and "rng" in self.parameters:
            state = self._states.setdefault(id(s.function.state), "")
            if not state:
                state = self._states[id(s.function.state)] = self._free("state")
            return [f"{state} = rng.bit_generator.state" if s.function.keeps else f"rng.bit_generator.state = {state}"]
        if s.kind == "outside":
            return []
        if s.kind == "guard":
            return [self._guard(s)]
        if s.function in EMPTY and s.results:
            self._fresh.add(s.results[0])
            return []
        lines = [line for value in s.values() for line in self._made(value)] if not s.writes else []
        return [*lines, *self._narrow(s)]

    def _narrow(self, s: Statement) -> list[str]:
        """A statement's lines; where they are too long, parts of it stand on lines of their own before."""
        before: list[str] = []
        while True:
            lines = self._line(s, [self._argument(item, s) for item in s.args])
            parts = self._parts(s)
            if not parts or max(map(_length, lines)) <= _WIDE:
                return before + lines
            if many := self._many(s, parts):
                before += [line for value in many for line in self._statement(self.reading.inside.pop(value))]
                continue
            lengths = {value: _length(self._name(value)) for value in parts}
            fitting = [value for value in parts if lengths[value] < _WIDE - _ROOM]
            part = max(fitting or parts, key=lengths.__getitem__)
            before += self._statement(self.reading.inside.pop(part))

    def _many(self, s: Statement, parts: list[Value]) -> list[Value]:
        """The parts of a statement, or of one inside of it, that has too many."""
        for inner in (s, *[self.reading.inside[part] for part in parts]):
            found = [value for value in dict.fromkeys(inner.values()) if value in self.reading.inside]
            if len(found) > _MANY:
                return found
        return []

    def _parts(self, s: Statement) -> list[Value]:
        """The values that stand inside of a statement, and inside of these."""
        found = [value for value in s.values() if value in self.reading.inside]
        for value in found:  # which grows
            found += [part for part in self.reading.inside[value].values() if part in self.reading.inside]
        return found

    def _line(self, s: Statement, args: list[Text]) -> list[str]:
        if s.writes:
            return self._write(s, args)
        call = self._expression(s, args)
        if not s.results:
            return [call]
        if isinstance(s.form, tuple):
            names = ["_" if part is None else self._named(s, part) for part in s.form]
            return [f"{', '.join(names)}{',' if len(names) == 1 else ''} = {call}"]
        return [f"{self._named(s, s.results[0])} = {call}"]

    def _write(self, s: Statement, args: list[Text]) -> list[str]:
        out: Any = s.kwargs.get("out")
        if out is None:
            if s.function is operator.setitem:
                return [*self._made(s.args[0]), self._set(s, args)]
            return [*self._made(s.args[0]), self._expression(s, args)]
        target: Any = out[0] if type(out) is tuple else out
        rest = {key: value for key, value in s.kwargs.items() if key != "out"}
        plain = Statement(s.kind, s.function, s.args, rest)
        if target in self._fresh and not rest:
            self._fresh.discard(target)
            return [f"{self._name(target)} = {self._expression(plain, args)}"]
        sign = _OPERATORS.get(s.function)
        assignable = re.fullmatch(r"\w+(\[.*\])?", self._name(target)) is not None
        if sign is not None and len(args) == 2 and s.args[0] is target and not rest and assignable:
            return [*self._made(target), f"{self._name(target)} {sign}= {args[1]}"]
        given = self._expression(plain, [*args, Text(f"out={self._name(target)}")], True)
        return [*self._made(target), given]

    def _set(self, s: Statement, args: list[Text]) -> str:
        target, index, value = s.args
        place = f"{args[0]}[{self._index(index, s)}]"
        made = self.reading.inside.get(value) if isinstance(value, Value) else None
        if made is not None and made.function is np.add and len(made.args) == 2 and not made.kwargs:  # x[i] = x[i] + y
            before = self.reading.inside.get(made.args[0])
            if before is not None and before.function is operator.getitem and before.args[0] is target:
                added = self._argument(made.args[1], made)
                if f"{args[0]}[{self._index(before.args[1], before)}]" == place:
                    added = self._number_beside(made.args[1], value) or added
                    return f"{place} -= {added[1:]}" if added.startswith("-") else f"{place} += {added}"
        return f"{place} = {args[2]}"

    def _made(self, value: Value) -> Iterable[str]:
        """A line that makes memory that has only been asked for, before it is written to in part."""
        if value.root in self._fresh:
            self._fresh.discard(value.root)
            yield f"{self._name(value.root)} = np.empty({value.root.shape!r}, {dtype_text(value.root.dtype)})"

    def _expression(self, s: Statement, args: list[Text], called: bool = False) -> Text:
        function = s.function
        given: list[str] = [*args, *[f"{key}={self._argument(value, s)}" for key, value in s.kwargs.items()]]
        if not called and not s.kwargs:
            if function in _OPERATORS and len(args) == 2 and not _rounds_otherwise(s):
                return self._operator(s, args)
            if function in (np.negative, operator.neg):
                return Text(f"-{args[0].within(7)}", 7)
            if function is operator.getitem:
                index = s.args[1]
                if type(index) is tuple and not index and isinstance(s.args[0], Value) and s.args[0].scalar:
                    return args[0]
                return Text(f"{args[0].within(9)}[{self._index(index, s)}]")
        if isinstance(function, Draw):
            return Text(f"rng.{function.__name__}({', '.join(given)})")
        if type(function) is DESCRIPTOR:
            owner = args[0].within(9)
            if _is_transpose(s):
                return Text(f"{owner}.T")
            if function.__name__ in ("reshape", "transpose") and len(s.args) == 2 and not s.kwargs:
                axes = s.args[1] if type(s.args[1]) in (tuple, list) else [s.args[1]]
                given[1:] = [self._argument(part, s) for part in axes] or [Text("()")]
            return Text(f"{owner}.{function.__name__}({', '.join(given[1:])})")
        if getattr(function, "__name__", "") == "_item":
            return Text(f"{args[0].within(9)}.item()")
        if function in COPIES and function is np.asarray:
            return Text(f"np.array({args[0]})")
        if function is np.reciprocal and len(args) == 1 and s.results[0].dtype.kind == "f":
            return Text(f"1 / {args[0].within(7)}", 6)
        if (kind := _OF_SHAPE.get(function)) and "shape" in s.kwargs and is_contiguous(s.results[0]):
            (result,) = s.results
            shape = result.shape[0] if len(result.shape) == 1 else result.shape
            return Text(f"np.{kind}({shape!r}, {dtype_text(result.dtype)})")
        name = said_by_numpy(function)
        if getattr(function, "__name__", "") == "reduce" and name is not None:
            return self._reduction(s, name, args)
        if name is None:
            rule = f"{s.of[0]}_rule" if s.of is not None and function.__name__ == "<lambda>" else None
            name = self._helpers.name(function, rule)
        return Text(f"{name}({', '.join(given)})")

    def _operator(self, s: Statement, args: list[Text]) -> Text:
        sign = _OPERATORS[s.function]
        binds = _BINDS[sign]
        left, right = (self._number_beside(s.args[i], s.args[1 - i]) or args[i] for i in (0, 1))
        if sign == "**":
            return Text(f"{left.within(9)} ** {right.within(8)}", binds)
        return Text(f"{left.within(binds + (binds == 1))} {sign} {right.within(binds + 1)}", binds)

    @staticmethod
    def _number_beside(item: Any, other: Any) -> Text | None:
        """A number of the other operand's dtype as Python's, which takes that dtype again; None for anything else."""
        if isinstance(item, Value) and item.kind == "constant" and not item.python and not item.shape:
            item = item.array[()]  # type: ignore[index]
        if not isinstance(item, np.float32 | np.float64) or not isinstance(other, Value) or other.python:
            return None
        if other.dtype != item.dtype or other.kind == "constant" or not np.isfinite(item):
            return None
        text = str(item)
        return Text(text, 7 if text.startswith("-") else 9)

    def _reduction(self, s: Statement, name: str, args: list[Text]) -> Text:
        axis = s.kwargs.get("axis", 0)
        axis = axis[0] if type(axis) is tuple and len(axis) == 1 else axis
        word = _REDUCTIONS.get(getattr(s.function, "__self__", np.add))
        of = s.args[0]
        plainly = word is not None and len(args) == 1 and isinstance(of, Value) and not of.python
        parts = [] if plainly and axis is None else [f"axis={axis!r}"]
        for key, value in s.kwargs.items():
            if key != "axis" and value is not None and value is not False:
                parts.append(f"{key}={self._argument(value, s)}")
        if plainly:
            return Text(f"{args[0].within(9)}.{word}({', '.join(parts)})")
        return Text(f"{name}({', '.join([args[0], *parts, *args[1:]])})")

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

    def _result(self, value: Value) -> Text:
        name = self._name(value)
        return Text(f"np.asarray({name})") if not value.shape and not value.scalar and not value.python else name

    def _argument(self, item: Any, s: Statement) -> Text:
        if isinstance(item, Value):
            return self._name(item) if is_numpy(s.function) or isinstance(s.function, Draw) else self._result(item)
        if isinstance(item, tuple):
            inner = ", ".join(self._argument(part, s) for part in item)
            return Text(f"({inner}{',' if len(item) == 1 else ''})")
        if type(item) is list:
            return Text(f"[{', '.join(self._argument(part, s) for part in item)}]")
        if type(item) is dict:
            return Text(f"{{{', '.join(f'{key!r}: {self._argument(part, s)}' for key, part in item.items())}}}")
        if type(item) is slice:
            parts = (item.start, item.stop, item.step)
            return Text(f"slice({', '.join(self._argument(part, s) for part in parts)})")
        return literal(item)

    def _index(self, item: Any, s: Statement) -> str:
        if type(item) is tuple and item:
            item = _shortly(item, s.args[0].shape)
            return ", ".join(self._index(part, s) for part in item) + ("," if len(item) == 1 else "")
        if type(item) is slice:
            if item is s.args[1]:
                (item,) = _shortly((item,), s.args[0].shape)
            start, stop, step = ("" if p is None else self._argument(p, s) for p in (item.start, item.stop, item.step))
            return f"{start}:{stop}" + (f":{step}" if step else "")
        return "..." if item is Ellipsis else self._argument(item, s)


def _length(text: str) -> int:
    """How long a text is, whatever numbers its names have: lines that differ in these alone are written alike."""
    return len(re.sub(r"_\d+|(?<=\[)\d+(?=\])", "", text))


def _shortly(index: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[Any, ...]:
    """An index without the ends of slices where these are the axis's."""
    if any(part is None or not (type(part) in (int, slice) or part is Ellipsis) for part in index):
        return index
    at = index.index(Ellipsis) if Ellipsis in index else len(index)
    axes = [k if k < at else k - len(index) + len(shape) for k in range(len(index))]
    made: list[Any] = []
    for part, axis in zip(index, axes, strict=True):
        ends = (part.start, part.stop, part.step) if type(part) is slice else ()
        if not ends or any(end is not None and (type(end) is not int or end < 0) for end in ends):
            made.append(part)
            continue
        begin = part.start or None
        taken = range(*part.indices(shape[axis]))
        short = slice(begin, None, part.step if part.step != 1 else None)
        made.append(short if range(*short.indices(shape[axis])) == taken else slice(begin, part.stop, short.step))
    return tuple(made)


def _rounds_otherwise(s: Statement) -> bool:
    """Whether an operator between scalars is not computed as the function is: of complex ones the products are."""
    result = s.results[0] if s.results else None
    return result is not None and result.dtype.kind == "c" and not result.shape and not result.python


def _is_transpose(s: Statement) -> bool:
    """Whether a method gives the transpose of a matrix."""
    name, axes = s.function.__name__, s.args[1:]
    axes = tuple(axes[0]) if len(axes) == 1 and type(axes[0]) in (tuple, list) else axes
    swapped = (name == "swapaxes" and axes == (-1, -2)) or (name == "transpose" and axes in ((), (1, 0)))
    return swapped and not s.kwargs and len(s.args[0].shape) == 2


def _words(s: Statement) -> list[str]:
    """What the numbers are called that Python works out at each call."""
    words: list[str] = getattr(s.function, "words", list)()
    return [*words, *["number"] * (len(s.results) - len(words))]
