"""Where the lines of a printed function repeat: the same text but for names and whole numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

_WORD = re.compile(
    r"(?<![\w.'\"])(?P<name>[A-Za-z_]\w*)(?![\w'\"]|=)|(?<![\w.'\"])(?<!\de[-+])(?P<number>\d+)(?![\w.'\"])"
)
_IN_COMMENT = re.compile(r"(?<![\w])(?P<number>\d+)(?=[.:])")
_GIVEN = re.compile(r"(\w+(?:, \w+)*),? = ")


class Line:
    """A line of a function, and what in it may differ from one time to the next.

    key    the text without that
    words  what that is, in its order
    spans  where it stands
    given  the names that the line gives
    """

    def __init__(self, text: str, names: set[str]) -> None:
        self.text = text
        self.words: list[str] = []
        self.spans: list[tuple[int, int]] = []
        rest, at = [], 0
        for match in (_IN_COMMENT if text.startswith("#") else _WORD).finditer(text):
            if match.lastgroup == "name" and match[0] not in names:
                continue
            rest += [text[at : match.start()], "\0" if match.lastgroup == "name" else "\1"]
            at = match.end()
            self.words.append(match[0])
            self.spans.append(match.span())
        self.key = "".join([*rest, text[at:]])
        found = _GIVEN.match(text)
        self.given = [name for name in found[1].split(", ") if name in names] if found else []
        self.stays = text.startswith(("return", "assert", "# backward", "# update", "# forward", "for ", " "))

    def names(self) -> list[str]:
        """The names of values that it uses or gives."""
        return [word for word in self.words if not word[0].isdigit()] if not self.text.startswith("#") else []

    def filled(self, words: list[str]) -> str:
        """The text with other words."""
        parts, at = [], 0
        for (start, end), word in zip(self.spans, words, strict=True):
            parts += [self.text[at:start], word]
            at = end
        return "".join([*parts, self.text[at:]])


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

    def part(self, taken: list[bool]) -> Repeat | None:
        """What is left of it without lines that are taken: the longest piece, if that repeats."""
        pieces, begin = [], self.start
        for k in range(self.start, self.end + 1):
            if k == self.end or taken[k]:
                pieces.append((k - begin, begin))
                begin = k + 1
        length, begin = max(pieces)
        times = length // self.n
        return Repeat(begin, self.n, times, length - self.n * times) if times >= _least(self.n) else None


def _least(n: int) -> int:
    """How often so many lines have to repeat."""
    return 3 if n < 10 else 2


def repeats(lines: list[Line]) -> Iterator[Repeat]:
    """What repeats in the lines, that which spares most lines first."""
    known: dict[str, int] = {}
    keys = np.array([-1 - k if line.stays else known.setdefault(line.key, len(known)) for k, line in enumerate(lines)])
    found = []
    for n in range(1, len(lines) // 2 + 1):
        same = np.concatenate(([False], keys[:-n] == keys[n:], [False]))
        edges = np.flatnonzero(same[1:] != same[:-1])
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            times = (end - start) // n + 1
            if times >= _least(n):
                found.append(Repeat(start, n, times, end - start + n - n * times))
    found.sort(key=lambda repeat: (repeat.n - repeat.n * repeat.times, repeat.n))
    yield from found
