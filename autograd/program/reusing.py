"""A name again for what takes the place of what had it, as in h = tanh(h @ w), once that is not used any more."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NAME = re.compile(r"(?<![\w.'\"])[A-Za-z_]\w*(?![\w'\"]|=)")
_GIVEN = re.compile(r"\s*(\w+(?:, \w+)*),? = ")


def reused(lines: list[str], names: Iterable[str], fixed: set[str]) -> list[str]:
    """The lines with these names, of which each may be h or h_1 or h_2, as few of those as can be.

    fixed  names that stay what they are
    """
    movable = set(names) - fixed
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
        said: dict[str, list[str]] = {}
        free = [
            name for k in range(len(group)) if (name := f"{stem}_{k}" if k else stem) not in there - {*group} - fixed
        ]
        for name in group:
            for wanted in dict.fromkeys([*free, *said, name]):
                others = [*said.get(wanted, ()), *([wanted] if wanted in fixed else ())]
                if not any(_meet(name, other, text, living) for other in others):
                    said.setdefault(wanted, []).append(name)
                    called[name] = wanted
                    break
    return [_NAME.sub(lambda match: called.get(match[0], match[0]), line) for line in lines]


class _Line:
    def __init__(self, text: str, names: set[str]) -> None:
        self.inside = text.startswith(" ")
        self.loops = text.startswith("for ")
        self.words = [] if text.lstrip().startswith("#") else [n for n in _NAME.findall(text) if n in names]
        given = _GIVEN.match(text)
        self.given = {name for name in given[1].split(", ") if name in names} if given else set()
        at = len(given[0]) if given else 0
        self.used = {n for n in _NAME.findall(text[at:]) if n in names} if self.words else set()


def _living(lines: list[_Line]) -> list[set[str]]:
    """After each line, the names that are still used as they are then."""
    after: list[set[str]] = [set() for _ in lines]
    now: set[str] = set()
    around: set[str] = set()
    end = len(lines)
    k = end - 1
    while k >= 0:
        line = lines[k]
        if line.inside and (k + 1 == end or not lines[k + 1].inside):  # the last line of a loop: the first may follow
            start = next(i for i in range(k, -1, -1) if lines[i].loops)
            around = set(now)
            for i in range(k, start, -1):
                around = (around - lines[i].given) | lines[i].used
            now = now | around
        after[k] = set(now)
        now = (now - line.given) | line.used
        k -= 1
    return after


def _meet(a: str, b: str, lines: list[_Line], living: list[set[str]]) -> bool:
    """Whether one of the names is given a value while the other one is still used."""
    for line, after in zip(lines, living, strict=True):
        if (a in line.given and b in after) or (b in line.given and a in after) or {a, b} <= line.given:
            return True
    first = (living[0] - lines[0].given) | lines[0].used
    return a in first and b in first
