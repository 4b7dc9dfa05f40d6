"""One loop of a printed program: what is called how in it, and its lines.

What one time gives and only that time uses has a name; what the next time uses is carried on by its name; what is used
later, by a loop back over the same steps, is kept in a list; what comes from elsewhere and differs stands in a list.
"""

from __future__ import annotations

import itertools
import keyword
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from .columns import Body, Column, Rows, Series, element, stem
from .listing import listed, range_from
from .repeats import Line

_ROWS = 8  # a loop over more writes what it goes over as lists


class Names(Body):
    """A function's lines, and what is called how in them.

    taken    names that are in use
    inputs   those that the function takes, of which some may be the elements of a list that it takes
    names    those of values, and of lists of them
    simply   only loops over rows of names, in which nothing has a new name

    listing  those that have been lists
    where    by a value's name, what it is called now: by another name, or as an element of a list
    takes    the lists that the function takes
    called   the names that stand for one value after the other
    """

    def __init__(self, lines: list[Line], taken: set[str], inputs: set[str], names: set[str], simply: bool) -> None:
        super().__init__(lines)
        self.taken, self.inputs, self.names, self.simply = set(taken), set(inputs), set(names), simply
        self.counters: list[str] = []
        self.stems = {re.sub(r"_\d+$", "", name) for name in taken}
        self.takes: dict[str, list[str]] = {}
        self.called: set[str] = set()
        self.listing: set[str] = set()
        self.where: dict[str, str] = {}

    def hold(self, name: str, held: list[str], but: Iterable[str] = ()) -> None:
        """Note that a list of this name holds these, which are called by it from then on, but for some."""
        self.lists[name] = held
        self.listing.add(name)
        self.where.update({each: f"{name}[{k}]" for k, each in enumerate(held) if each not in but})

    def element(self, name: str) -> str:
        return self.where.get(name, name)

    def given(self, plain: dict[str, Any]) -> dict[str, Any]:
        """What the function takes, where it takes this otherwise: some in lists, or in lists of those."""
        held = {each: name for name, names in self.takes.items() for each in names}
        taken = {name: self._held(name) for name in self.takes if held.get(name, name) == name}
        return {name: item for name, item in plain.items() if name not in held} | taken

    def _held(self, name: str) -> list[Any]:
        """What is in a list, of which the first may be called as the list is."""
        return [self._held(each) if each in self.takes and each != name else each for each in self.takes[name]]

    def free(self, wanted: str) -> str:
        name, k = wanted, 1
        while name in self.taken or keyword.iskeyword(name):
            name, k = f"{wanted}_{k}", k + 1
        self.taken.add(name)
        self.names.add(name)
        return name

    def counter(self, depth: int) -> str:
        """What a loop counts by, of which so many are in one another."""
        while len(self.counters) < depth:
            self.counters.append(self.free(next((c for c in "tkij" if c not in self.stems), "t")))
            self.stems.add(self.counters[-1])
            self.names.remove(self.counters[-1])
        return self.counters[depth - 1]


class Loop(Rows):
    """Rows, written as a loop.

    counter      what it counts by, from `first` on in steps of 1 or -1
    depth        how many loops are in one another there
    lists        by their names, those that are made for it
    elements     by the name of an element, what the loop goes over without counting
    later        by a value's name, what it is called after the loop, where it stands in a list of it, too
    """

    def __init__(self, body: Names, start: int, n: int, times: int) -> None:
        super().__init__(body, start, n, times)
        self.whole = body
        self.first, self.step, self.counter = 0, 1, ""
        self.depth = 1 + max(line.depth for line in self.rows[0])
        self.lists: dict[str, list[str]] = {}
        self.elements: dict[str, tuple[str, ...]] = {}
        self.later: dict[str, str] = {}
        self.in_rows = False

    def burden(self, latest: int) -> float:
        """How much a reader has to keep in mind; least where all is counted alike, from a module's comment on.

        latest  where it could begin at the latest
        """
        self._find_lists()
        flat = self.flat()
        starts = Counter(c.at for c in flat if c.kind == "number" or c.list is not None)
        unlike = starts.total() - max(starts.values(), default=0)
        others = {tuple(c.words) for c in flat if c.kind == "other" and c.list is None}
        carried = {id(c.series) for c in flat if c.lag}
        comment = not self.rows[0][0].text.startswith("#") and any(line.text.startswith("#") for line in self.rows[0])
        early = self.start < latest and all(c.step >= 0 for c in flat)
        return 2 * early + unlike + 2 * len(others) + len(carried) + sum(s.kept for s in self.series) + 3 * comment

    def is_in_line(self) -> bool:
        """Whether it is written on one line, as a list of what it gives."""
        return self.size() == len(self.series) == 1 and self.series[0].kept and not any(c.lag for c in self.flat())

    # ---- what is called how ----------------------------------------------------------------------------------------

    def plan(self) -> None:
        """Settle what the loop counts by, and what is called how."""
        body, flat = self.whole, self.flat()
        body.taken -= self.given.keys()
        self._find_lists()
        over = self.is_over_elements()
        before = self.beside(back=True)
        for series in self.series:
            series.peeled = series.first if series.first in body.made_at else None
            if series.first is None:
                series.peeled = self._name_beside(series, before)
        others: dict[tuple[str, ...], Column] = {}
        for column in flat:
            if column.kind == "other":
                others.setdefault(tuple(column.words), column)
        few = self.times <= _ROWS or body.simply
        self.in_rows = over and few and all(column.list is None for column in others.values())
        if not over:
            self.counter = body.counter(self.depth)
            for column in others.values():
                self._take_list(column)
            self._count()
        for words, column in others.items():
            if not self.in_rows and column.list is None:
                self._put_in_list(column, over)
            if over:
                self.elements[body.free(element(words))] = words
        called = {words: name for name, words in self.elements.items()}
        for column in flat:
            if column.kind == "other":
                first = others[tuple(column.words)]
                column.list, column.at, column.step = first.list, first.at, first.step
                column.said = called.get(tuple(column.words))
        after = self.beside(back=False)
        for series in self.series:
            self._name(series, after)

    def _find_lists(self) -> None:
        """Of names that stand in a list already: which, and from where on."""
        for column in (column for column in self.flat() if column.kind == "other"):
            for name, held in self.whole.lists.items():
                if column.words[0] not in held or column.words[1] not in held:
                    continue
                at = held.index(column.words[0])
                step = held.index(column.words[1]) - at
                places = range(at, at + step * self.times, step) if step else range(0)
                if len(places) and 0 <= places[-1] < len(held) and [held[k] for k in places] == column.words:
                    column.list, column.at, column.step, column.all = name, at, step, len(held) == self.times
                    break

    def _count(self) -> None:
        """Find what the loop counts by: a number in its lines, or where they are in lists."""
        flat = self.flat()
        counted = [c for c in flat if c.kind == "number" and abs(c.step) == 1]
        found = [c for c in flat if c.kind == "other" and c.list is not None and abs(c.step) == 1]
        up = sum(c.step for c in counted + found) >= 0
        counted, found = ([c for c in some if (c.step > 0) is up] for some in (counted, found))
        late = any(series.kept and series.peeled is not None for series in self.series)
        columns = counted or found or [Column("number", [], at=int(late), step=1)]
        often = Counter(column.at for column in columns)
        by = max(columns, key=lambda column: often[column.at])
        self.first, self.step = by.at, by.step

    def _put_in_list(self, column: Column, over_elements: bool) -> None:
        body, words = self.whole, column.words if self.step > 0 else column.words[::-1]
        column.list = next((name for name, held in body.lists.items() if held == words), None)
        if column.list is None and not (over_elements and self._take_list(column, "s")):
            common = stem(words)
            column.list = body.free(common if common and common not in body.taken else f"{element(words)}s")
            self.lists[column.list] = body.lists[column.list] = words
            body.listing.add(column.list)
        column.at, column.step = (0, 1) if self.step > 0 else (len(words) - 1, -1)

    def _take_list(self, column: Column, plural: str = "") -> bool:
        """Let the function take a list, if all that a column goes over is what it takes."""
        body, words = self.whole, column.words
        common = stem(words)
        if column.list is not None or not common or not body.inputs.issuperset(words) or body.where.keys() & set(words):
            return False
        if len(set(words)) < len(words):  # an argument stands in one place
            return False
        held = words if plural else self._whole_list(words)
        body.taken -= set(held) - body.takes.keys()
        body.inputs -= set(held)
        column.list = body.free(f"{common}{plural}")
        body.inputs.add(column.list)
        body.takes[column.list] = held
        body.hold(column.list, held)
        column.at = held.index(words[0])
        column.step = held.index(words[1]) - column.at
        return True

    def _whole_list(self, words: list[str]) -> list[str]:
        """The list among what the function takes that these are from, if they stand there one after the other."""
        body, (name, _, first) = self.whole, words[0].rpartition("_")
        every = itertools.takewhile(body.inputs.__contains__, (f"{name}_{k}" for k in itertools.count()))
        held = list(every) if first.isdigit() and not body.where.keys() & set(words) else []
        for run in (words, words[::-1]):
            at = held.index(run[0]) if run[0] in held else 0
            if held[at : at + len(run)] == run:
                return held
        return words

    def _name_beside(self, series: Series, beside: dict[int, Line]) -> str | None:
        """What the same line gives at another time, if that has no name of its own."""
        given = beside[series.line].given if series.kept and series.line in beside else []
        if len(given) == 1 and given[0] not in self.whole.where and stem([*given, *series.names]) is not None:
            return given[0]
        return None

    def _name(self, series: Series, after: dict[int, Line]) -> None:
        """Settle what it is called inside of the loop and outside, or in what list it stands."""
        body, first = self.whole, series.first
        common = stem(series.names) or series.names[0]
        if not series.kept:
            series.name = body.where[series.names[-1]] = body.free(common)
            body.called |= {series.name, *({first or ""} & body.made_at.keys())}
            return
        begin = series.peeled if first is None else first
        series.before = [begin] if begin is not None else []
        if series.peeled == common and common not in body.where:
            body.where[common] = body.free(f"{common}_0")
            series.name = common
        else:
            series.name = body.free(f"{common}s" if common in body.inputs and common in body.taken else common)
        if self.step > 0:
            held = [*series.before, *series.names]
            series.at, series.step = len(series.before), 1
        else:
            held = [*series.names[::-1], *series.before]
            series.at, series.step = self.times - 1, -1
            if (last := self._name_beside(series, after)) is not None:
                held = [last, *held]
                series.at += 1
        series.size = len(held)
        body.hold(series.name, held, series.before)
        for name in series.before:
            if name in body.made_at:
                self.later[name] = f"{series.name}[{held.index(name)}]"

    # ---- writing ---------------------------------------------------------------------------------------------------

    def text(self) -> list[str]:
        """Lines for what the loop needs before, and last the loop."""
        inner = [text for j in range(self.n) for text in self._line(j)]
        lines, head = self._before(), self._head()
        only = self.series[0] if len(self.series) == len(inner) == 1 and not self.rows[0][0].depth else None
        if only is not None and only.kept and not only.before and self.step > 0 and f"{only.name}[" not in inner[0]:
            made = inner[0].removeprefix(f"{only.name}.append(")[:-1]
            over = " ".join(part.strip() for part in head).replace("( ", "(").replace(", )", ")").removesuffix(":")
            lines.remove(f"{only.name} = []")
            return [*lines, f"{only.name} = [{made} {over}]"]
        return [*lines, "\n".join([*head, *[f"    {one}" for text in inner for one in text.split("\n")]])]

    def _before(self) -> list[str]:
        """The lines that make its lists, and name what it begins with."""
        body = self.whole
        lines: list[str] = []
        for name, words in self.lists.items():
            items = listed([*map(body.element, words)], body.lists)
            whole = len(items) == 1 and items[0].startswith("*[")
            lines.append(f"{name} = {items[0][1:]}" if whole else f"{name} = [{', '.join(items)}]")
        for series in self.series:
            before = ", ".join(map(body.element, series.before))
            if not series.kept:
                if series.first is not None:
                    lines.append(f"{series.name} = {body.element(series.first)}")
            elif self.step > 0:
                lines.append(f"{series.name} = [{before}]")
            else:
                none = f"[None] * {series.size - len(series.before)}"
                lines.append(f"{series.name} = {none} + [{before}]" if before else f"{series.name} = {none}")
        return lines

    def _head(self) -> list[str]:
        body = self.whole
        if not self.elements:
            low, high = sorted((self.first, self.first + self.step * (self.times - 1)))
            return [f"for {self.counter} in {range_from(low, high, self.step)}:"]
        head = f"for {', '.join(self.elements)} in "
        if self.in_rows:
            rows = [[body.element(words[k]) for words in self.elements.values()] for k in range(self.times)]
            return [
                f"{head}(",
                *[f"    ({', '.join(row)})," if len(row) > 1 else f"    {row[0]}," for row in rows],
                "):",
            ]
        lists = [next(n for n, held in body.lists.items() if tuple(held) == words) for words in self.elements.values()]
        return [f"{head}zip({', '.join(lists)}, strict=True):" if len(lists) > 1 else f"{head}{lists[0]}:"]

    def _line(self, j: int) -> list[str]:
        """What stands for line j of each turn."""
        line, columns = self.rows[0][j], self.columns[j]
        ends = [all(each) for each in zip(*[row[j].ends for row in self.rows], strict=True)]  # of all of their arrays
        given = [series for series in self.series if series.names[0] in line.given]
        kept = [series for series in given if series.kept] if self.step > 0 else []
        if len(given) > 1 or line.depth:  # then what is kept has a name first
            for series in kept:
                series.alone = series.alone or self.whole.free(f"{series.name}_{self.counter}")
        text = line.filled([self._said(column, line, i) for i, column in enumerate(columns)], ends)
        if line.text.startswith("#"):
            return [re.sub(r"\.?(\[[^]]*\])", r"\1", text)]
        if kept and kept[0].alone is None:
            return [f"{kept[0].name}.append({text.partition(' = ')[2]})"]
        return [text, *[f"{series.name}.append({series.alone})" for series in kept]]

    def _said(self, column: Column, line: Line, i: int) -> str:
        if column.said is not None:
            return column.said
        if column.kind == "same":
            return self.whole.element(column.words[0])
        if column.kind == "number":
            text = self._affine(column.at, column.step)
            if line.comments[i]:
                return f"[{text}]"
            start, end = line.spans[i]
            alone = line.text[:start].rstrip()[-1:] in "[(,:=" and line.text[end:].lstrip()[:1] in "]),:"
            return text if alone or text.isidentifier() else f"({text})"
        if (series := column.series) is None:
            return f"{column.list}[{self._affine(column.at, column.step)}]"
        if not series.kept:
            return series.name
        if series.alone is not None and not column.lag and series.names[0] in line.given:
            return series.alone
        return f"{series.name}[{self._affine(series.at - series.step * column.lag, series.step)}]"

    def _affine(self, at: int, step: int) -> str:
        """at + step * k for the k-th time, by what the loop counts by."""
        times = step * self.step
        rest = at - times * self.first
        text = self.counter if abs(times) == 1 else f"{abs(times)} * {self.counter}"
        if times < 0:
            return f"{rest} - {text}"
        return text if not rest else f"{text} {'+' if rest > 0 else '-'} {abs(rest)}"
