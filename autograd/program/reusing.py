"""A name again for what takes the place of what had it, as in h = tanh(h @ w), once that is not used any more."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable

_NAME = re.compile(r"(?<![\w.'\"])[A-Za-z_]\w*(?![\w'\"]|=)")
_COPIED = re.compile(r"\s*(\w+) = (\w+)")
_GIVEN = re.compile(r"\s*(\w+(?:, \w+)*),? = ")


def reused(lines: list[str], names: Iterable[str], fixed: set[str]) -> list[str]:
    """The lines with these names, of which each may be h or h_1 or h_2, as few of those as can be.

    fixed  names that stay what they are
    """
    movable = set(names) - fixed
    said = {name for line in lines if not line.lstrip().startswith("#") for name in _NAME.findall(line)}
    fixed = fixed | (said - movable)  # such as what only a loop has a name for
    lines = _joined(lines, movable, fixed)
    text = [_Line(line, movable | fixed) for line in lines]
    living = _living(text)
    stems: dict[str, list[str]] = {}
    for line in text:
        for name in line.words:
            if name in movable and name not in (group := stems.setdefault(re.sub(r"_\d+$", "", name), [])):
                group.append(name)
    there = {name for line in text for name in line.words} | fixed
    called: dict[str, str] = {}
    for stem, group in stems.items():
        taken: dict[str, list[str]] = {}
        free = [
            name for k in range(len(group)) if (name := f"{stem}_{k}" if k else stem) not in there - {*group} - fixed
        ]
        for name in group:
            new = (f"{stem}_{k}" for k in itertools.count(1) if f"{stem}_{k}" not in there)
            for wanted in itertools.chain(free, [*taken, name], new):
                others = [*taken.get(wanted, ()), *([wanted] if wanted in fixed else ())]
                if not any(_meet(name, other, text, living) for other in others):
                    taken.setdefault(wanted, []).append(name)
                    called[name] = wanted
                    break
        there |= taken.keys()
    return [_called(line, called) for line in lines]


def _called(line: str, names: dict[str, str]) -> str:
    """The line with other names."""
    return _NAME.sub(lambda match: names.get(match[0], match[0]), line)


def _joined(lines: list[str], movable: set[str], fixed: set[str]) -> list[str]:
    """The lines with one name for what only goes on under another one."""
    k = 0
    while k < len(lines):
        copied = _COPIED.fullmatch(lines[k])
        if copied is not None and movable.issuperset(copied.groups()):
            new, old = copied.groups()
            text = [_Line(line, movable | fixed) for line in lines]
            if not _meet(new, old, text, _living(text)):
                lines = [_called(line, {new: old}) for line in lines]
                del lines[k]
                continue
        k += 1
    return lines


class _Line:
    """A line, and which names it gives and uses.

    depth     in how many loops it stands
    is_head   whether it begins one
    """

    def __init__(self, text: str, names: set[str]) -> None:
        self.depth = (len(text) - len(text.lstrip())) // 4
        self.is_head = text.lstrip().startswith("for ")
        self.words = [] if text.lstrip().startswith("#") else [n for n in _NAME.findall(text) if n in names]
        given = _GIVEN.match(text)
        self.given = {name for name in given[1].split(", ") if name in names} if given else set()
        at = len(given[0]) if given else 0
        self.used = {n for n in _NAME.findall(text[at:]) if n in names} if self.words else set()

    def before(self, after: set[str]) -> set[str]:
        """The names that are used as they are before it, of those that are used after it so."""
        return (after - self.given) | self.used


def _living(lines: list[_Line]) -> list[set[str]]:
    """After each line, the names that are still used as they are then."""
    following = [[k + 1] if k + 1 < len(lines) else [] for k in range(len(lines))]
    for k, head in enumerate(lines):
        if head.is_head:  # from the last line of a loop it goes on with the first, or after it
            inside = [*itertools.takewhile(functools.partial(_is_within, head), lines[k + 1 :])]
            following[k + len(inside)].append(k)
    after: list[set[str]] = [set() for _ in lines]
    changed = True
    while changed:
        changed = False
        for k in reversed(range(len(lines))):
            now = {name for i in following[k] for name in lines[i].before(after[i])}
            changed = changed or now != after[k]
            after[k] = now
    return after


def _is_within(head: _Line, line: _Line) -> bool:
    return line.depth > head.depth


def _meet(a: str, b: str, lines: list[_Line], living: list[set[str]]) -> bool:
    """Whether one of the names is given a value while the other one is still used."""
    for line, after in zip(lines, living, strict=True):
        if (a in line.given and b in after) or (b in line.given and a in after) or {a, b} <= line.given:
            return True
    first = lines[0].before(living[0])
    return a in first and b in first
