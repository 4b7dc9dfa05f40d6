"""A program as text: plain NumPy, one statement a line, which runs without this library."""

from __future__ import annotations

import operator
import re
import textwrap
from collections.abc import Collection, Iterable
from typing import Any

import numpy as np

from .draws import OfState, Seeds
from .expressions import OPERATORS, Expressions, is_term
from .functions import EMPTY, is_elementwise
from .listing import folded
from .literals import Text, dtype_text, numbers_text
from .loops import Looped, right
from .memory import order_of
from .plainly import add_to
from .program import Program
from .reading import same_result
from .rehearsal import are_same, rehearsed, with_ends
from .repeats import Line, without_ends
from .reusing import reused
from .values import Statement, Value, mapped, values_in
from .views import axes_by_stride

_WIDE = 96  # characters: an expression that takes more is written on several lines
_MANY = 3  # parts of a line: more are written on lines of their own
_SAME = re.compile(r"\s*(\w+) = \1")  # what nothing is left of
_ROOM = 24  # of these, for the name of such a line


def source(program: Program) -> str:
    """The program as a Python file: `import numpy as np`, the function, and below it what it needs besides."""
    return Page(program).text()


def parameters(program: Program) -> list[Any]:
    """What the printed function takes, in order: a Value, a list of these or of lists, or "rng" for a generator."""
    page = Page(program)
    page.text()
    return page.parameters


def arrays(program: Program) -> dict[str, Any]:
    """The arrays of its states, by the names under which the printed function takes them."""
    page = Page(program)
    page.text()
    found: dict[str, Any] = {}
    for p in page.parameters:
        if isinstance(p, list) and all(value.kind == "state" for value in values_in(p)):
            found[page.lists[id(p)]] = mapped(p, lambda value: value.array)
        elif isinstance(p, Value) and p.kind == "state":
            found[page.names[p]] = p.array
    return found


def lines_of(program: Program) -> tuple[list[str], dict[int, int]]:
    """The printed lines before loops are made of them, and by a statement's identity the number of its line."""
    page = Page(program)
    page.text()
    found: dict[int, int] = {}
    for k, statements in enumerate(page.printed):
        for s in statements:
            if id(s) in page.reading.origins:
                found.setdefault(id(page.reading.origins[id(s)]), k)
    return page.lines, found


class Page(Expressions):
    """A program, being printed."""

    def text(self, rows: bool = False) -> str:
        """The text; with `rows`, each name in it is one value, and the only loops are those over rows of names."""
        program = self.program
        body: list[str] = []
        self.lines: list[str] = []  # those of each statement, and which statements these are
        self.printed: list[list[Statement]] = []
        scope: str | None = None
        section = ""
        inside = {id(s) for s in self.reading.inside.values()}
        self._written = {root for s in self.reading.statements for root in s.writes}
        for s in self.reading.statements:
            if id(s) in inside:
                continue
            whole = [s, *self._inside(s)]
            lines = self._statement(s)
            if lines:
                self.lines.append(without_ends("\n".join(lines)))
                self.printed.append(whole)
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
        self._leave()
        return "\n\n\n".join(part for part in parts if part) + "\n"

    def _inside(self, s: Statement) -> list[Statement]:
        """The statements that stand inside of one."""
        return [self.reading.inside[value] for value in self._parts(s)]

    def _with_loops(self, body: list[str], rows: bool) -> list[str]:
        """The body with loops, which does the same to the same; without those with which it would not."""
        inputs = {self.names[p] for p in self.parameters if isinstance(p, Value) and p.kind != "made"}
        numbers = {self.names[p] for p in self.parameters if isinstance(p, Value) and p.kind == "made"}
        names = set(self.names.values()) - numbers
        given = {name: name for name in [self.names[p] if isinstance(p, Value) else p for p in self.parameters]}
        plain = rehearsed([with_ends(line) for line in body], given)

        def write(but: Collection[str], most: int | None) -> Looped:
            return Looped([Line(text, names) for text in body], self._taken, inputs, names, rows, but, most)

        def is_right(text: list[str], written: Looped) -> bool:
            return are_same(plain, rehearsed([with_ends(line) for line in text], written.given(given)))

        written = write((), None)
        text = written.text if rows else self._reused(written, inputs)
        if not is_right(text, written):
            written = right(write, lambda written: is_right(written.text, written))
            text = written.text if rows else self._reused(written, inputs)
            if not is_right(text, written):
                text = written.text
            if not is_right(text, written):
                written, text = write((), 0), body
        self._take_lists(written)
        text = [without_ends(line) for line in text]
        return text if rows else [line for long in text for line in folded(long, _WIDE)]

    def _take_lists(self, written: Looped) -> None:
        """Take a list where what is written does."""
        by_name = {name: value for value, name in self.names.items()}
        for name, whole in written.given({}).items():
            values = mapped(whole, by_name.__getitem__)
            held = values_in(values)
            self.parameters[self.parameters.index(held[0])] = values
            self.parameters = [p for p in self.parameters if p not in held]
            self.lists[id(values)] = name

    def _reused(self, written: Looped, inputs: set[str]) -> list[str]:
        """What is written, with names that are used again."""
        by_name = {name: value for value, name in self.names.items()}
        known = {name for name, v in by_name.items() if v.name is not None or self._is_slope(v)} | written.called
        if written.called:
            known |= {name for name in by_name if name.startswith("d_")}
        fixed = {*written.listing, *self._constants.values(), *inputs, *(self._taken - set(by_name))} | set(
            by_name
        ) - known
        return [line for line in reused(written.text, known, fixed) if not _SAME.fullmatch(line)]

    @staticmethod
    def _is_slope(value: Value) -> bool:
        """Whether a value is the gradient of something with a name."""
        return value.slope is not None and value.slope.name is not None

    # ---- statements ------------------------------------------------------------------------------------------------

    def _statement(self, s: Statement) -> list[str]:
        if isinstance(s.function, OfState) and "rng" in self.parameters:
            state = self._states.setdefault(id(s.function.state), "")
            if not state:
                state = self._states[id(s.function.state)] = self._free("state")
            return [f"{state} = rng.bit_generator.state" if s.function.keeps else f"rng.bit_generator.state = {state}"]
        if isinstance(s.function, Seeds):
            return [f"rng = np.random.default_rng({s.function.seed!r})"] if "rng" in self.parameters else []
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
        (result,) = s.results
        if not result.shape and not result.scalar and result in self._written and not call.startswith("np.array("):
            call = Text(f"np.asarray({call})")  # of a scalar, NumPy gives a scalar, which cannot be changed
        return [f"{self._named(s, result)} = {call}"]

    def _write(self, s: Statement, args: list[Text]) -> list[str]:
        out: Any = s.kwargs.get("out")
        if out is None:
            if s.function is add_to:
                place = f"{args[0]}[{self._index(s.args[1], s)}]"
                return [*self._made(s.args[0]), changed_by(place, args[2])]
            if s.function is operator.setitem:
                return [*self._made(s.args[0]), self._set(s, args)]
            if s.function is np.copyto and len(args) == 2 and set(s.kwargs) <= {"casting"}:
                return [*self._made(s.args[0]), self._filled(s, args)]
            return [*self._made(s.args[0]), self._expression(s, args)]
        target: Any = out[0] if type(out) is tuple else out
        rest = {key: value for key, value in s.kwargs.items() if key != "out"}
        plain = Statement(s.kind, s.function, s.args, rest)
        if target in self._fresh and not rest and (not is_elementwise(s.function) or same_result(s, target)):
            self._fresh.discard(target)
            return [f"{self._name(target)} = {self._expression(plain, args)}"]
        sign = OPERATORS.get(s.function)
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
                    return changed_by(place, added)
        return f"{place} = {args[2]}"

    def _filled(self, s: Statement, args: list[Text]) -> str:
        """All of an array set to something, or changed by an operator."""
        target, value = s.args
        made = self.reading.inside.get(value) if isinstance(value, Value) else None
        if made is not None and made.args[:1] == (target,) and len(made.args) == 2 and not made.kwargs:
            sign, same = OPERATORS.get(made.function), (value.dtype, value.shape) == (target.dtype, target.shape)
            if sign is not None and same and re.fullmatch(r"\w+", args[0]):
                return f"{args[0]} {sign}= {self._argument(made.args[1], made)}"
        return f"{args[0].within(9)}[...] = {args[1]}"

    def _made(self, value: Value) -> Iterable[str]:
        """A line that makes memory that has only been asked for, before it is written to in part."""
        root = value.root
        if root in self._fresh:
            self._fresh.discard(root)
            order, axes, turned = order_of(root), axes_by_stride(root), ""
            if [axis for axis in order if root.shape[axis] > 1] == axes != sorted(axes):
                turned = f".transpose({tuple(sorted(range(len(order)), key=order.__getitem__))!r})"
            shape = tuple([root.shape[axis] for axis in order]) if turned else root.shape
            yield f"{self._name(root)} = np.empty({shape!r}, {dtype_text(root.dtype)}){turned}"

    def _guard(self, s: Statement) -> str:
        (value,) = s.args
        name, expected = self._name(value), s.expected
        if s.function is bool:
            return f"assert {'' if expected else 'not '}{name}"
        if type(expected) is tuple:
            return f"assert {name}.shape == {expected!r}"
        how = {"_list": ".tolist()"}.get(s.function.__name__)
        taken = f"{name}{how}" if how else f"{s.function.__name__}({name})"
        text = numbers_text(expected)
        return (
            f"assert np.array_equal({taken}, {text}, equal_nan=True)" if "nan" in text else f"assert {taken} == {text}"
        )


def changed_by(place: str, added: Text | str) -> str:
    """A line that adds to what is there."""
    return f"{place} -= {added[1:]}" if added.startswith("-") and is_term(added) else f"{place} += {added}"


def _length(text: str) -> int:
    """How long a text is, whatever numbers its names have: lines that differ in these alone are written alike."""
    return len(re.sub(r"_\d+|(?<=\[)\d+(?=\])", "", without_ends(text)))
