"""What stands in the lines of a printed program: values by their names, and calls of NumPy as one writes them."""

from __future__ import annotations

import builtins
import operator
from typing import Any

import numpy as np

from .draws import Draw
from .functions import COPIES, DESCRIPTOR, is_numpy
from .helpers import Helpers, said_by_numpy
from .literals import Text, array_text, dtype_text, literal, number
from .naming import identifier, name_values, without_owner
from .program import Program
from .reading import Reading
from .repeats import MAY_GO
from .values import Statement, Value
from .views import is_contiguous

OPERATORS: dict[Any, str] = {
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
_REDUCTIONS: dict[Any, str] = {np.add: "sum", np.maximum: "max", np.minimum: "min", np.multiply: "prod"}


_WORDS = {
    "getitem": "part", "reshape": "reshaped", "transpose": "transposed", "swapaxes": "swapped", "lambda": "made",
    "copy": "copied", "item": "number", "empty_like": "made",
}  # fmt: skip
"""What a value is called that has no better name than that of the function that makes it."""


_OF_SHAPE = {np.zeros_like: "zeros", np.ones_like: "ones"}


class Expressions:
    """A program's values and calls, as text.

    parameters  inputs, states, numbers that Python works out anew at each call, and "rng" if numbers are drawn
    names       of the values that have one
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        every = {v for s in program.statements for v in (*s.values(), *s.results)} | set(program.outgoing())
        self._before = [(value, value.name, value.operation, list(value.slopes)) for value in every]
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

    def _leave(self) -> None:
        """Leave the program as it was, so that it is printed alike again."""
        for value, name, operation, slopes in self._before:
            value.name, value.operation, value.slopes = name, operation, slopes

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

    # ---- calls -----------------------------------------------------------------------------------------------------

    def _expression(self, s: Statement, args: list[Text], called: bool = False) -> Text:
        function = s.function
        options = {key: value for key, value in s.kwargs.items() if not (key == "where" and value is True)}
        given: list[str] = [*args, *[f"{key}={self._argument(value, s)}" for key, value in options.items()]]
        if not called and not s.kwargs:
            if function in OPERATORS and len(args) == 2 and not _rounds_otherwise(s):
                return self._operator(s, args)
            if function in (np.negative, operator.neg) and args[0].startswith("-") and is_term(args[0]):
                return Text(args[0][1:], args[0].binds if args[0].binds < 7 else 9)
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
            if function is np.ndarray.copy and not s.results[0].shape and not s.results[0].scalar:
                return Text(f"np.array({args[0]})")  # of a scalar, a copy is another one
            if function is np.ndarray.copy and is_contiguous(s.results[0]):
                return Text(f"{owner}.copy()")
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
        if (kind := _OF_SHAPE.get(function)) and _is_of_shape(s):
            (result,) = s.results
            shape = result.shape[0] if len(result.shape) == 1 else result.shape
            dtype = "" if result.dtype == np.dtype(float) else f", {dtype_text(result.dtype)}"
            return Text(f"np.{kind}({shape!r}{dtype})")
        name = said_by_numpy(function)
        if getattr(function, "__name__", "") == "reduce" and name is not None:
            return self._reduction(s, name, args)
        if name is None:
            rule = f"{s.of[0]}_rule" if s.of is not None and function.__name__ == "<lambda>" else None
            name = self._helpers.name(function, rule)
        return Text(f"{name}({', '.join(given)})")

    def _operator(self, s: Statement, args: list[Text]) -> Text:
        sign = OPERATORS[s.function]
        binds = _BINDS[sign]
        left, right = (self._number_beside(s.args[i], s.args[1 - i]) or args[i] for i in (0, 1))
        if sign == "*" and left in ("1", "1.0") and self._is_part(s, s.args[1]):
            return right
        if sign in "+-" and right.startswith("-") and is_term(right):  # x + -y is x - y to the last bit
            sign, right = "-" if sign == "+" else "+", Text(right[1:], 6)
        elif sign == "+" and left.startswith("np.exp(") and right == "1":
            left, right = right, left
        if sign == "**":
            return Text(f"{left.within(9)} ** {right.within(8)}", binds)
        return Text(f"{left.within(binds + (binds == 1))} {sign} {right.within(binds + 1)}", binds)

    def _is_part(self, s: Statement, other: Any) -> bool:
        """Whether a statement stands inside of another one, and gives what one of its operands is but for a factor."""
        (result,) = s.results
        same = isinstance(other, Value) and (other.shape, other.dtype) == (result.shape, result.dtype)
        return result in self.reading.inside and same

    @staticmethod
    def _number_beside(item: Any, other: Any) -> Text | None:
        """A number of the other operand's dtype as Python's, which takes that dtype again; None for anything else."""
        if isinstance(item, Value) and item.kind == "constant" and not item.python and not item.shape:
            item = item.array[()]  # type: ignore[index]
        if not isinstance(item, np.float32 | np.float64) or not isinstance(other, Value) or other.python:
            return None
        if other.dtype != item.dtype or other.kind == "constant" or not np.isfinite(item):
            return None
        return number(item)

    def _reduction(self, s: Statement, name: str, args: list[Text]) -> Text:
        axis = s.kwargs.get("axis", 0)
        axis = axis[0] if type(axis) is tuple and len(axis) == 1 else axis
        word = _REDUCTIONS.get(getattr(s.function, "__self__", np.add))
        of = s.args[0]
        plainly = word is not None and len(args) == 1 and isinstance(of, Value) and not of.python
        parts = [] if plainly and axis is None else [f"axis={axis!r}"]
        for key, value in s.kwargs.items():
            if key != "axis" and value is not None and value is not False and not (key == "where" and value is True):
                parts.append(f"{key}={self._argument(value, s)}")
        if plainly:
            return Text(f"{args[0].within(9)}.{word}({', '.join(parts)})")
        return Text(f"{name}({', '.join([args[0], *parts, *args[1:]])})")

    # ---- arguments -------------------------------------------------------------------------------------------------

    def _result(self, value: Value) -> Text:
        name = self._name(value)
        return Text(f"np.asarray({name})") if not value.shape and not value.scalar and not value.python else name

    def _argument(self, item: Any, s: Statement) -> Text:
        if isinstance(item, Value) and s.function is operator.setitem and item is s.args[2] and _is_uniform(item):
            return literal(item.array.flat[0].item())  # type: ignore[union-attr]
        if isinstance(item, Value) and _is_of_shape(s):
            return Text("")  # which is not said
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
            while len(item) > 1 and item[-1] == slice(None) and Ellipsis not in item[:-1]:
                item = item[:-1]
            return ", ".join(self._index(part, s) for part in item) + ("," if type(item[0]) is tuple else "")
        if item is s.args[1] and type(item) is slice:
            (item,) = _shortly((item,), s.args[0].shape)
        if type(item) is slice:
            start, stop, step = ("" if p is None else self._argument(p, s) for p in (item.start, item.stop, item.step))
            return f"{start}:{stop}" + (f":{step}" if step else "")
        return "..." if item is Ellipsis else item if type(item) is Text else self._argument(item, s)


def _is_of_shape(s: Statement) -> bool:
    """Whether all that a statement has of an array is its dtype."""
    return s.function in _OF_SHAPE and "shape" in s.kwargs and is_contiguous(s.results[0])


def _is_uniform(value: Value) -> bool:
    """Whether all numbers of a constant are the same, so that one may stand for them."""
    array = value.array
    if array is None or not value.shape or not value.size or value.kind != "constant" or value.dtype.kind not in "fiu":
        return False
    return bool((array == array.flat[0]).all())


def is_term(text: Text | str) -> bool:
    """Whether a text that begins with a minus is a product of which that is the sign."""
    depth = 0
    for k, c in enumerate(text):
        depth += (c in "([{") - (c in ")]}")
        if not depth and k and (c in "@%" or text[k : k + 2] == "//" or text[k : k + 3] in (" + ", " - ")):
            return False
    return isinstance(text, Text) and text.binds >= 6


def _shortly(index: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[Any, ...]:
    """An index without the ends of slices where these are the axis's; or with a mark that they may go."""
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
        taken = range(*part.indices(n := shape[axis]))
        if taken.step == 1 and 0 < len(taken) < n:
            first, last = (MAY_GO if taken.start == 0 else ""), (MAY_GO if taken.stop == n else "")
            made.append(Text(f"{taken.start}{first}:{taken.stop}{last}"))
            continue
        short = slice(part.start or None, None, part.step if part.step != 1 else None)
        made.append(short if range(*short.indices(n)) == taken else slice(short.start, part.stop, short.step))
    return tuple(made)


def _rounds_otherwise(s: Statement) -> bool:
    """Whether an operator between scalars is not computed as the function is: of complex ones the products are."""
    result = s.results[0] if s.results and isinstance(s.function, np.ufunc) else None
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
