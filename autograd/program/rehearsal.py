"""What a printed function does to what, in its order: Python runs its text on stand-ins that write that down.

Two texts that do the same to the same give the same numbers, whatever in them is called how, stands in which list or
is written as a loop. So a text with loops is compared with the one without: no name in it can mean another array.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from typing import Any

from .repeats import MAY_GO

_LOOPS = {"range": range, "reversed": reversed, "zip": zip}
_FRESH = {"np.zeros", "np.ones", "np.full"}  # that give new arrays, no matter when
_OPERATORS = (
    "add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor", "lshift", "rshift",
)  # fmt: skip
_IN_PLACE = {f"i{name}" for name in _OPERATORS}  # as in x += y, which is said of arrays only, and leaves x the same
_DEEDS = (
    "call", "getitem", "setitem", "delitem", "setattr", "neg", "pos", "invert", "abs",
    "eq", "ne", "lt", "le", "gt", "ge", *_IN_PLACE, *(f"{kind}{name}" for kind in ("", "r") for name in _OPERATORS),
)  # fmt: skip


def rehearsed(lines: list[str], given: dict[str, Any]) -> list[Any] | None:
    """What a function with these lines does to what; None where Python cannot run them so.

    given  by the name of an argument, what it is called here, or a list of that
    """
    deeds, text = Deeds(), "\n".join(lines)
    space: dict[str, Any] = {name: Thing(deeds, name) for name in {*_NAME.findall(text)}} | _LOOPS
    space |= {_ASSERTED: deeds.asserted, _PARTS: deeds.parts, _END: End}
    text = _SEVERAL.sub(_told, _ASSERTS.sub(rf"\1{_ASSERTED}(\2)", text))
    try:
        exec(compile(f"def printed({', '.join(given)}):\n" + textwrap.indent(text, "    "), "<printed>", "exec"), space)
        deeds.done("return", space["printed"](*[_things(item, deeds) for item in given.values()]))
    except (TypeError, NameError, ValueError, LookupError, AttributeError, SyntaxError):
        return None
    return deeds.all


def with_ends(line: str) -> str:
    """The line with what may go from its slices, as it can be rehearsed."""
    return re.sub(rf"(\d+){MAY_GO}", rf"{_END}(\1)", line)


def are_same(plain: list[Any] | None, other: list[Any] | None) -> bool:
    """Whether a text does what the one without loops does; where an end of a slice went, it did there, too."""
    if plain is None or other is None or len(plain) != len(other):
        return False
    return all(a == b or _fits(a, b) for a, b in zip(plain, other, strict=True))


def _fits(plain: Any, other: Any) -> bool:
    if isinstance(plain, tuple) and isinstance(other, tuple):
        return len(plain) == len(other) and all(map(_fits, plain, other))
    return bool(plain == other or (isinstance(plain, End) and repr(plain.number) == other))


_ASSERTED, _PARTS, _END = "__asserted__", "__parts__", "__end__"
_NAME = re.compile(r"[A-Za-z_]\w*")
_ASSERTS = re.compile(r"^( *)assert (.*)$", re.MULTILINE)
_SEVERAL = re.compile(r"^( *)(\w+,(?: \w+,)*(?: \w+)?) = (.*)$", re.MULTILINE)


def _told(line: re.Match[str]) -> str:
    """What gives several names a value, with how many these are."""
    return f"{line[1]}{line[2]} = {_PARTS}({line[3]}, {len(_NAME.findall(line[2]))})"


class Deeds:
    """What is done, in its order: each by its name, and by what it is done to.

    all    of them; what one gives is known by its number
    """

    def __init__(self) -> None:
        self.all: list[Any] = []

    def done(self, name: str, *args: Any, **kwargs: Any) -> Thing:
        """Write down that something is done."""
        self.all.append((name, *map(self.known, args), *[(key, self.known(item)) for key, item in kwargs.items()]))
        return Thing(self, len(self.all))

    def known(self, item: Any) -> Any:
        """What tells whether two things are the same."""
        if isinstance(item, Thing):
            if item._new is not None:  # it is there from when it is used
                self.all.append(item._new)
                item._become(len(self.all))
            return item._is
        if isinstance(item, tuple | list):
            return ("several", *map(self.known, item))
        if isinstance(item, dict):
            return ("dict", *map(self.known, item.items()))
        if isinstance(item, slice):
            return ("slice", *map(self.known, (item.start, item.stop, item.step)))
        return item if isinstance(item, End) else repr(item)

    def asserted(self, item: Any) -> None:
        self.done("assert", item)

    def parts(self, item: Any, n: int) -> Any:
        return [self.done("part", item, k) for k in range(n)] if isinstance(item, Thing) else item


class Thing:
    """What stands for anything in a text.

    _is   an array: the number of what gives it, or what argument it is; what the file has, as np.tanh: that name
    _new  what gives an array that is used nowhere yet
    """

    __slots__ = ("_deeds", "_is", "_new")
    __iter__ = None  # of how many it is nobody knows
    __hash__ = None  # type: ignore[assignment]
    _deeds: Deeds
    _is: Any
    _new: Any

    def __init__(self, deeds: Deeds, known: Any, new: Any = None) -> None:
        object.__setattr__(self, "_deeds", deeds)
        self._become(known, new)

    def _become(self, known: Any, new: Any = None) -> None:
        object.__setattr__(self, "_is", known)  # as what a text sets is written down
        object.__setattr__(self, "_new", new)

    def __getattr__(self, name: str) -> Thing:
        if isinstance(self._is, str):  # as in np.add.reduce
            return Thing(self._deeds, f"{self._is}.{name}")
        return self._deeds.done("getattr", self, name)

    def __bool__(self) -> bool:
        self._deeds.done("bool", self)
        return True


def _doing(name: str) -> Callable[..., Any]:
    def does(self: Thing, *args: Any, **kwargs: Any) -> Thing:
        if name == "call" and isinstance(self._is, str) and self._is in _FRESH and not _has_things((args, kwargs)):
            return Thing(self._deeds, None, (self._is, *map(self._deeds.known, (args, kwargs))))
        made = self._deeds.done(name, self, *args, **kwargs)
        return self if name in _IN_PLACE else made

    return does


for _name in _DEEDS:
    setattr(Thing, f"__{_name}__", _doing(_name))


class End:
    """A number in a slice at which the axis begins or ends anyway, so that it is not printed."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, End) and self.number == other.number

    def __hash__(self) -> int:
        return hash(self.number)


def _has_things(item: Any) -> bool:
    """Whether there is an array among these, and not only what the file has, as np.float32."""
    items = item.values() if isinstance(item, dict) else item if isinstance(item, tuple | list) else ()
    return (isinstance(item, Thing) and not isinstance(item._is, str)) or any(map(_has_things, items))


def _things(given: Any, deeds: Deeds) -> Any:
    """An argument, or a list of such."""
    return [_things(each, deeds) for each in given] if isinstance(given, list) else Thing(deeds, ("given", given))
