"""What differs from one time to the next, where lines repeat."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .repeats import Line, is_name, least


class Body:
    """A function's lines, and where each name is given first and used. What a loop carries on is given before it.

    lists  by its name, the names of the values that a list holds, in their order
    """

    def __init__(self, lines: list[Line]) -> None:
        self.lists: dict[str, list[str]] = {}
        self.read(lines)

    def read(self, lines: list[Line]) -> None:
        """Take other lines."""
        self.lines = lines
        self.made_at: dict[str, int] = {}
        self.bound_at: dict[str, list[int]] = {}
        self.inside: set[int] = set()  # the lines that are to be loops
        self.used_at: dict[str, list[int]] = {}
        for k, line in enumerate(lines):
            line.given = [name for name in line.binds if name not in self.made_at]
            for name in line.binds:
                self.bound_at.setdefault(name, []).append(k)
            self.made_at.update(dict.fromkeys(line.given, k))
            for name in line.names():
                self.used_at.setdefault(name, []).append(k)


class Series:
    """What one line gives, time after time.

    names   in the order of the times
    line    which of the loop's lines it is
    first   what the first time uses of the time before
    kept    whether it stands in a list, as something else than the next time uses it
    leaves  whether any of it is used outside of the loop
    peeled  what the same line gives at the time before the first, which is none of the loop's
    name    in the loop, its name or that of its list
    alone   what one of a list is called before it stands there
    at, step   where in the list it stands at the first time, and by how much further at the next
    before  what stands in the list at first
    size    of the list
    """

    def __init__(self, names: list[str], line: int) -> None:
        self.names, self.line = names, line
        self.first: str | None = None
        self.kept = self.leaves = False
        self.peeled: str | None = None
        self.name = ""
        self.alone: str | None = None
        self.at, self.step, self.size = 0, 1, 0
        self.before: list[str] = []


class Column:
    """What stands at one place of a line, time after time.

    kind      "same" each time, a "number" that counts, the loop's "own" of this time or `lag` times before, or "other"
    words     in the order of the times
    at, step  the number, or the place in a list, at the first time, and how much more at the next
    list      of another's, the list that it is from
    all       whether it goes over all of the list
    said      what it is called instead
    """

    def __init__(
        self, kind: str, words: list[str], at: int = 0, step: int = 0, series: Series | None = None, lag: int = 0
    ) -> None:
        self.kind, self.words, self.at, self.step, self.series, self.lag = kind, words, at, step, series, lag
        self.list: str | None = None
        self.all = False
        self.said: str | None = None


class Rows:
    """`times` times `n` lines from `start` on, up to `end`: what stands in them, by columns.

    fits     whether they can be a loop
    holds    whether they are worth one
    rows     the lines, time by time
    columns  of each line, what stands at each place that may differ
    series   what is given
    given    by a name, what gives it
    """

    def __init__(self, body: Body, start: int, n: int, times: int) -> None:
        self.body, self.start, self.n, self.times = body, start, n, times
        self.end = start + self.n * self.times
        self.rows = [body.lines[k : k + self.n] for k in range(start, self.end, self.n)]
        self.series: list[Series] = []
        self.given: dict[str, tuple[Series, int]] = {}
        alike = all(len(row[j].given) == len(line.given) for row in self.rows for j, line in enumerate(self.rows[0]))
        for j, line in enumerate(self.rows[0] if alike else []):
            for m in range(len(line.given)):
                series = Series([row[j].given[m] for row in self.rows], j)
                self.series.append(series)
                self.given.update({name: (series, k) for k, name in enumerate(series.names)})
        self.columns: list[list[Column]] = []
        alike = alike and all(map(self._stands, {name for row in self.rows for line in row for name in line.names()}))
        self.fits = alike and len(self.given) == len(self.series) * self.times and self._read()
        self.holds = self.fits and self._is_worth_it()

    def _stands(self, name: str) -> bool:
        """Whether a name that is given several values is so within one turn, or before the first one."""
        bound = self.body.bound_at.get(name, ())
        if len(bound) < 2:
            return True
        turns = {(k - self.start) // self.n if self.start <= k < self.end else -1 for k in bound}
        return len(turns) == 1 and max(bound) < self.end

    def flat(self) -> list[Column]:
        return [column for columns in self.columns for column in columns]

    def _read(self) -> bool:
        for j, line in enumerate(self.rows[0]):
            self.columns.append([])
            for i in range(len(line.words)):
                column = self._column([row[j].words[i] for row in self.rows], j)
                if column is None:
                    return False
                self.columns[-1].append(column)
        for series in self.series:
            outside = [any(not self.start <= k < self.end for k in self.body.used_at[name]) for name in series.names]
            series.kept = series.kept or any(outside[:-1])
            series.leaves = any(outside)
        return True

    def size(self) -> int:
        """Of how many lines one turn is."""
        return sum(line.size for line in self.rows[0])

    def spares(self) -> int:
        """How many lines of the text are spared."""
        return self.size() * (self.times - 1) - 1

    def covers(self, other: Rows) -> bool:
        return self.start <= other.start and other.end <= self.end

    def _is_worth_it(self) -> bool:
        if self.times < least(self.rows[0]) or all(line.prepares for line in self.rows[0]):
            return False
        if any(c.kind == "number" or c.lag for c in self.flat()):
            return True
        if all(c.kind != "other" for c in self.flat()):
            return False
        left = sum(series.leaves for series in self.series)
        return self.times >= 3 and (not left or self.spares() - left >= 3)

    def _column(self, words: list[str], j: int) -> Column | None:
        if words[0].isdigit():
            return _numbers([int(word) for word in words])
        if words[-1] in self.given:
            return self._own(words, j)
        if len(set(words)) == 1:
            return Column("same", words) if self._are_there(words[:1]) else None
        return Column("other", words) if self._are_there(words) and all(map(is_name, words)) else None

    def _own(self, words: list[str], j: int) -> Column | None:
        """What line j uses of what this time gives, or the time before."""
        series, k = self.given[words[-1]]
        lag = self.times - 1 - k
        if lag > 1 or words[lag:] != series.names[: self.times - lag] or not self._are_there(words[:lag]):
            return None
        if not lag:
            return Column("own", words, series=series) if j >= series.line else None
        if series.first not in (None, words[0]):
            return None
        series.first = words[0]
        series.kept = series.kept or j > series.line
        return Column("own", words, series=series, lag=lag)

    def _are_there(self, names: Iterable[str]) -> bool:
        """Whether the values of these names are there before the loop."""
        return all(self.body.made_at.get(name, -1) < self.start for name in names)

    def is_over_elements(self) -> bool:
        """Whether nothing in it, but what differs from one time to the next, needs to be counted."""
        return all(
            c.kind == "same"
            or (c.series is not None and not c.lag and (self.n == 1 or not c.series.kept))
            or (c.kind == "other" and (c.list is None or (c.at, c.step, c.all) == (0, 1, True)))
            for c in self.flat()
        )

    def beside(self, back: bool) -> dict[int, Line]:
        """By the number of a line in the loop, the same line of the time before the first, or after the last.

        That time is none of the loop's, as something else in it differs.
        """
        found: dict[int, Line] = {}
        at, step, end = (self.start - 1, -1, -1) if back else (self.end, 1, len(self.body.lines))
        for j in range(self.n - 1, -1, -1) if back else range(self.n):
            for k in range(at, end, step)[:_NEAR]:
                line = self.body.lines[k]
                if k in self.body.inside:  # which has a name of its own there
                    continue
                if line.key == self.rows[0][j].key and self._goes_on(line, j, -1 if back else self.times):
                    found[j], at = line, k + step
                    break
        return found

    def _goes_on(self, line: Line, j: int, time: int) -> bool:
        """Whether a line is line j of another time, by what in it is known of that time."""
        for column, word in zip(self.columns[j], line.words, strict=True):
            if column.kind == "number":
                known = str(column.at + column.step * time)
            elif column.kind == "same":
                known = column.words[0]
            elif column.series is not None and column.lag and time > 0:
                known = column.series.names[-1]
            elif column.list is not None:
                held, at = self.body.lists[column.list], column.at + column.step * time
                known = held[at] if 0 <= at < len(held) else word
            else:
                continue
            if word != known:
                return False
        return True


_NEAR = 8  # lines among which the same line of another time is looked for


def _numbers(numbers: list[int]) -> Column | None:
    step = numbers[1] - numbers[0]
    if numbers != [numbers[0] + step * k for k in range(len(numbers))]:
        return None
    return Column("number" if step else "same", list(map(str, numbers)), at=numbers[0], step=step)


def stem(names: Iterable[str]) -> str | None:
    """What names have in common that differ in one number, or in several that count alike."""
    names = [*names]
    stems = {re.sub(r"_\d+$", "", name) for name in names}
    if len(stems) == 1:
        return stems.pop()
    words = [name.split("_") for name in names]
    if len({re.sub(r"_\d+(?=_|$)", "_0", name) for name in names}) > 1:
        return None
    columns = [*zip(*words, strict=True)]
    differ = [column for column in columns if len(set(column)) > 1]
    if len(differ) > 1 and not all(_counts(column) for column in differ):
        return None
    return re.sub(r"_\d+$", "", "_".join(column[0] for column in columns if len(set(column)) == 1))


def _counts(numbers: Sequence[str]) -> bool:
    """Whether numbers go up, or down, in equal steps."""
    return _numbers([*map(int, numbers)]) is not None


def element(names: Iterable[str]) -> str:
    """What each of several is called in a loop."""
    if all(name.startswith("d_") for name in names):
        return "gradient"
    return stem(names) or "parameter"
