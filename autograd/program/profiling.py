"""Where the time of a compiled step goes: for each line of the printed program, how long it takes and what it moves."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any, NamedTuple

from .cost import short
from .counting import moved
from .entry import Entry
from .native import Island as Kernels
from .native import bytes_of
from .printing import lines_of
from .values import Statement

_SHOWN = 20  # lines, of a table that is printed


class Row(NamedTuple):
    """What is run together.

    text     the lines of the printed program that it is, or a part of
    seconds  of one call
    bytes    that it reads and writes, where nothing stays in the cache
    how      "numpy", or the backend whose kernels run it
    """

    text: str
    seconds: float
    bytes: int
    how: str


class Profile:
    """What `profile` gives: print it.

    rows     in the order in which the program runs
    around   seconds of what is done before and after the program: checks, and what is made of its results
    seconds  of all of it
    calls    of which these times are the medians
    """

    def __init__(self, rows: list[Row], around: float, calls: int) -> None:
        self.rows = rows
        self.around = around
        self.seconds = around + sum(row.seconds for row in rows)
        self.calls = calls

    def __str__(self) -> str:
        """The lines that take most, and what is left."""
        first = sorted(self.rows, key=lambda row: -row.seconds)[:_SHOWN]
        lines = [f"{self.seconds * 1e6:.1f} µs a call, the median of {self.calls}", "    µs  share       moved  by"]
        for row in first:
            said = row.text.split("\n")
            more = f"  … and {len(said) - 1} more" if len(said) > 1 else ""
            lines.append(f"{self._time(row.seconds)}  {short(row.bytes):>9}B  {row.how:<6}  {said[0]}{more}")
        left = len(self.rows) - len(first)
        if left:
            rest = sum(row.seconds for row in self.rows) - sum(row.seconds for row in first)
            lines.append(f"{self._time(rest)}              {left} others")
        lines.append(f"{self._time(self.around)}              before and after the program")
        return "\n".join(lines)

    def _time(self, seconds: float) -> str:
        share = 100 * seconds / self.seconds if self.seconds else 0.0
        return f"{seconds * 1e6:6.1f}  {share:4.0f}%"

    def __repr__(self) -> str:
        return f"<profile of {len(self.rows)} lines: {self.seconds * 1e6:.1f} µs a call>"


def profile(entry: Entry, call: Callable[[], Any], how: str, calls: int) -> Profile:
    """The profile of an entry, of so many calls by `call`."""
    blocks = [block for block, _ in entry.code.blocks]
    spent: list[list[float]] = [[] for _ in blocks]
    last = 0.0

    def clock(k: int) -> None:
        nonlocal last
        now = time.perf_counter()
        if k >= 0:
            spent[k].append(now - last)
        last = time.perf_counter()

    around = []
    with entry.watched(clock):
        for _ in range(calls):
            begin = time.perf_counter()
            call()
            around.append(time.perf_counter() - begin)
    inside = [sum(times) for times in zip(*spent, strict=True)] or [0.0] * calls
    own = _cost_of(lambda: clock(-1)) * (len(blocks) + 1)
    left = max(0.0, median([whole - part for whole, part in zip(around, inside, strict=True)]) - own)
    return Profile(_rows(entry, blocks, [median(times) for times in spent], how), left, calls)


def _cost_of(function: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    for _ in range(1000):
        function()
    return (time.perf_counter() - begin) / 1000


def _rows(entry: Entry, blocks: list[Any], spent: list[float], how: str) -> list[Row]:
    """A row for each block, and one for those of NumPy's that are parts of one printed line."""
    lines, printed = lines_of(entry.program)
    rows: list[_Block] = []
    at: dict[int, _Block] = {}  # by the number of a printed line, who among NumPy's is a part of it
    for block, seconds in zip(blocks, spent, strict=True):
        statements = statements_of(block)
        origins = [id(s.origin or s) for s in statements]
        row = _Block({printed[i] for i in origins if i in printed}, seconds, _bytes(block))
        row.names = [getattr(s.function, "__name__", type(s.function).__name__) for s in statements]
        row.how = how if isinstance(block, Kernels) else "numpy"
        if row.how == "numpy":
            for other in {id(at[n]): at[n] for n in row.lines if n in at}.values():
                rows.remove(other)
                row.join(other)
            at.update(dict.fromkeys(row.lines, row))
        rows.append(row)
    return [Row(row.text(lines), row.seconds, row.bytes, row.how) for row in rows]


class _Block:
    """A row in the making: which lines it is a part of."""

    def __init__(self, lines: set[int], seconds: float, moves: int) -> None:
        self.lines, self.seconds, self.bytes = lines, seconds, moves
        self.names: list[str] = []
        self.how = ""

    def join(self, other: _Block) -> None:
        self.lines |= other.lines
        self.seconds += other.seconds
        self.bytes += other.bytes

    def text(self, lines: list[str]) -> str:
        return "\n".join([lines[n] for n in sorted(self.lines)]) or ", ".join(self.names)


def _bytes(block: Any) -> int:
    if isinstance(block, Statement):
        return moved(block)
    if isinstance(block, Kernels):
        return bytes_of(block)
    used = {v.root for s in statements_of(block) for v in (*s.values(), *s.results)} - set(block.inner)
    return sum(root.nbytes for root in used)


def statements_of(block: Any) -> list[Statement]:
    """The statements that are run as one."""
    return [block] if isinstance(block, Statement) else [s for _, s in block.statements]
