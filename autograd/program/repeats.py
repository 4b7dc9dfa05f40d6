"""Where the lines of a printed function repeat: the same text but for names, whole numbers and constants."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

MAY_GO = "\3"
"""After a number in a slice: it is where the axis begins or ends, and goes unless it counts in a loop."""

_WORD = re.compile(
    r"(?P<constant>\bnp\.(?:zeros|ones|full)\((?:[^()]|\([^()]*\))*\)|(?<![\w.'\"])\d+\.\d*(?:e[-+]?\d+)?(?![\w.'\"]))|"
    r"(?<![\w.'\"])(?P<name>[A-Za-z_]\w*)(?![\w'\"]|=)|"
    rf"(?<![\w.'\"])(?<!\de[-+])(?P<number>\d+)(?![\w.'\"]){MAY_GO}?"
)
_IN_COMMENT = re.compile(r"(?<![\w])(?P<number>\d+)(?=[.:])")
_GIVEN = re.compile(r"\s*(?:for )?(\w+(?:, \w+)*),? (?:= |in )")
_MARKS = {"name": "\0", "number": "\1", "constant": "\2"}


class Line:
    """A line of a function, or a whole loop, and what in it may differ from one time to the next.

    key       the text without that
    words     what that is, in its order: names, whole numbers, and constants such as 0.5 or np.zeros(3)
    spans     where it stands
    comments  whether that is a comment
    ends      whether it is a number that may go
    binds     the names that it gives a value
    given     those that have none before
    size      of how many lines it is
    depth     how many loops are in one another there
    prepares  whether it only makes what a loop needs
    """

    def __init__(self, text: str, names: set[str], depth: int = 0, prepares: bool = False) -> None:
        self.text, self.depth, self.prepares = text, depth, prepares
        self.words: list[str] = []
        self.spans: list[tuple[int, int]] = []
        self.comments: list[bool] = []
        self.ends: list[bool] = []
        given: dict[str, None] = {}
        rest, at, begin = [], 0, 0
        physical = text.split("\n")
        for one in physical:
            comment = one.lstrip().startswith("#")
            for match in (_IN_COMMENT if comment else _WORD).finditer(text, begin, begin + len(one)):
                if match.lastgroup == "name" and match[0] not in names:
                    continue
                rest += [text[at : match.start()], _MARKS[match.lastgroup or ""]]
                at = match.end()
                self.words.append(match[0].rstrip(MAY_GO))
                self.ends.append(match[0].endswith(MAY_GO))
                self.spans.append(match.span())
                self.comments.append(comment)
            found = None if comment else _GIVEN.match(one)
            given |= dict.fromkeys(name for name in found[1].split(", ") if name in names) if found else {}
            begin += len(one) + 1
        self.key = "".join([*rest, text[at:]]).replace("\2", "\0")
        self.binds = [*given]
        self.given = self.binds
        self.size = len(physical)
        self.stays = text.startswith(("return", "# backward", "# update", "# forward"))

    def names(self) -> list[str]:
        """The names of values that it uses or gives."""
        return [word for word in self.words if is_name(word)]

    def filled(self, words: list[str], ends: list[bool] | None = None) -> str:
        """The text with other words, of which others may be numbers that may go."""
        parts, at = [], 0
        for (start, end), old, word, may_go in zip(
            self.spans, self.words, words, self.ends if ends is None else ends, strict=True
        ):
            parts += [self.text[at:start], word, MAY_GO if may_go and word == old else ""]
            at = end
        return "".join([*parts, self.text[at:]])


def is_name(word: str) -> bool:
    """Whether a word is a value's name, and neither a number nor a constant."""
    return not word[0].isdigit() and "." not in word


@dataclass(frozen=True)
class Repeat:
    """`times` times `n` lines, beginning within `spare` lines from `start` on."""

    start: int
    n: int
    times: int
    spare: int

    @property
    def end(self) -> int:
        return self.start + self.n * self.times + self.spare

    def covers(self, other: Any) -> bool:
        """Whether lines from a start to an end are some of these."""
        return bool(self.start <= other.start and other.end <= self.end)

    def pieces(self, taken: list[bool]) -> Iterator[Repeat]:
        """What is left of it without lines that are taken."""
        begin = self.start
        for k in range(self.start, self.end + 1):
            if k == self.end or taken[k]:
                if (times := (k - begin) // self.n) > 1:
                    yield Repeat(begin, self.n, times, k - begin - self.n * times)
                begin = k + 1


def least(lines: list[Line]) -> int:
    """How often so many lines have to repeat."""
    return 3 if sum(line.size for line in lines) < 10 else 2


def repeats(lines: list[Line]) -> Iterator[Repeat]:
    """What repeats in the lines, the shortest first."""
    known: dict[str, int] = {}
    keys = np.array([-1 - k if line.stays else known.setdefault(line.key, len(known)) for k, line in enumerate(lines)])
    for n in range(1, len(lines) // 2 + 1):
        same = np.concatenate(([False], keys[:-n] == keys[n:], [False]))
        edges = np.flatnonzero(same[1:] != same[:-1])
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            times = (end - start) // n + 1
            if times >= least(lines[start : start + n]):
                yield Repeat(start, n, times, end - start + n - n * times)


def without_ends(text: str) -> str:
    """The text without the ends of slices that are those of the axis."""
    return re.sub(rf"(?<=[\[ ,:])\d+{MAY_GO}", "", text).replace(MAY_GO, "")
