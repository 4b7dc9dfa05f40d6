"""Lines that repeat are printed as a loop: over time steps, over layers, over the parameters that are updated.

What one time gives and only that time uses has a name; what the next time uses is carried on by its name; what is used
later, by a loop back over the same steps, is kept in a list; what comes from elsewhere and differs stands in a list.
Lines stay in their order, and each name stands for the array that it stood for: so the numbers are the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from .columns import Body, Column, Rows, Series, element, stem
from .listing import gathered, listed, range_from
from .repeats import Line, Repeat, repeats

_ROWS = 8  # a loop over more writes what it goes over as lists


class Looped(Body):
    """A function's body, written with loops for what repeats.

    taken   names that are in use
    inputs  those that the function takes, of which some may be the elements of a list that it takes
    simply  only loops over rows of names, in which nothing has a new name

    text    its lines
    lists   by its name, the names of the values that a list holds, in their order
    where   by a value's name, what it is called now: by another name, or as an element of a list
    also    by the name of a value that is the element of a list, too, which
    takes   the lists that the function takes
    called  the names that stand for one value after the other
    """

    def __init__(self, lines: list[Line], taken: set[str], inputs: set[str], simply: bool) -> None:
        super().__init__(lines)
        self.taken, self.inputs, self.simply = set(taken), inputs, simply
        self.counter = self.free(next((name for name in "tkij" if name not in self.taken), "t"))
        self.takes: dict[str, list[str]] = {}
        self.called: set[str] = set()
        self.lists: dict[str, list[str]] = {}
        self.where: dict[str, str] = {}
        self.also: dict[str, str] = {}
        loops: list[Loop] = []
        for repeat in self._chosen():
            loops.append(min(self._forms(repeat), key=Loop.burden))
            loops[-1].plan()
        self.text: list[str] = []
        k = 0
        for loop in loops:
            self.text += [self._said(line) for line in self.lines[k : loop.start]]
            self.text += loop.text()
            k = loop.end
        self.text += [self._said(line) for line in self.lines[k:]]

    def _chosen(self) -> list[Repeat]:
        """What is to be a loop, in its order: of all that repeats, that which spares most lines first."""
        inside = [False] * len(self.lines)
        chosen: list[Repeat] = []
        for whole in repeats(self.lines):
            repeat = whole.part(inside)
            if repeat is not None and next(self._forms(repeat), None) is not None:
                chosen.append(repeat)
                inside[repeat.start : repeat.end] = [True] * (repeat.end - repeat.start)
        return sorted(chosen, key=lambda repeat: repeat.start)

    def _forms(self, repeat: Repeat) -> Iterator[Loop]:
        """A repeat as a loop that begins with one or another of its lines."""
        for start in range(repeat.start, repeat.start + repeat.spare + 1):
            loop = Loop(self, start, repeat)
            if loop.holds and (not self.simply or loop.is_over_elements()):
                yield loop

    def _said(self, line: Line) -> str:
        """A line outside of all loops."""
        text = line.filled([self.element(word) for word in line.words])
        return gathered(text, self.lists, {self.element(name): place for name, place in self.also.items()})

    def hold(self, name: str, held: list[str], but: Iterable[str] = ()) -> None:
        """Note that a list of this name holds these, which are called by it from then on, but for some."""
        self.lists[name] = held
        for k, each in enumerate(held):
            (self.also if each in but else self.where)[each] = f"{name}[{k}]"

    def element(self, name: str) -> str:
        return self.where.get(name, name)

    def free(self, wanted: str) -> str:
        name, k = wanted, 1
        while name in self.taken:
            name, k = f"{wanted}_{k}", k + 1
        self.taken.add(name)
        return name


class Loop(Rows):
    """Rows, written as a loop.

    counter      what it counts by, from `first` on in steps of 1 or -1
    lists        by their names, those that are made for it
    elements     by the name of an element, what the loop goes over without counting
    """

    def __init__(self, body: Looped, start: int, repeat: Repeat) -> None:
        super().__init__(body, start, repeat)
        self.whole, self.latest = body, repeat.start + repeat.spare
        self.first, self.step, self.counter = 0, 1, body.counter
        self.lists: dict[str, list[str]] = {}
        self.elements: dict[str, tuple[str, ...]] = {}
        self.in_rows = False

    def burden(self) -> float:
        """How much a reader has to keep in mind; least where all is counted alike, from a module's comment on."""
        self._find_lists()
        flat = self.flat()
        starts = Counter(c.at for c in flat if c.kind == "number" or c.list is not None)
        unlike = starts.total() - max(starts.values(), default=0)
        others = {tuple(c.words) for c in flat if c.kind == "other" and c.list is None}
        carried = {id(c.series) for c in flat if c.lag}
        comment = not self.rows[0][0].text.startswith("#") and any(line.text.startswith("#") for line in self.rows[0])
        early = self.start < self.latest and all(c.step >= 0 for c in flat)
        return 2 * early + unlike + 2 * len(others) + len(carried) + sum(s.kept for s in self.series) + 3 * comment

    # ---- what is called how ----------------------------------------------------------------------------------------

    def plan(self) -> None:
        """Settle what the loop counts by, and what is called how."""
        body, flat = self.whole, self.flat()
        body.taken -= self.given.keys()
        over = self.is_over_elements()
        before = self.beside(back=True)
        for series in self.series:
            series.peeled = series.first if series.first in body.made_at else None
            if series.first is None:
                series.peeled = self._name_beside(series, before)
        if not over:
            self._count()
        others: dict[tuple[str, ...], Column] = {}
        for column in flat:
            if column.kind == "other":
                others.setdefault(tuple(column.words), column)
        few = self.times <= _ROWS or body.simply
        self.in_rows = over and few and all(column.list is None for column in others.values())
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
        late = any(series.kept and series.peeled is not None for series in self.series)
        by = (counted or found or [Column("number", [], at=int(late), step=1)])[0]
        self.first, self.step = by.at, by.step

    def _put_in_list(self, column: Column, over_elements: bool) -> None:
        body, words = self.whole, column.words if self.step > 0 else column.words[::-1]
        column.at, column.step = (0, 1) if self.step > 0 else (len(words) - 1, -1)
        column.list = next((name for name, held in body.lists.items() if held == words), None)
        if column.list is not None:
            return
        common = stem(words)
        if common and body.inputs.issuperset(words) and not body.where.keys() & set(words):  # the function takes it
            body.taken -= set(words)
            column.list = body.free(f"{common}s" if over_elements else common)
            body.takes[column.list] = words
            body.hold(column.list, words)
        else:
            column.list = body.free(common if common and common not in body.taken else f"{element(words)}s")
            self.lists[column.list] = body.lists[column.list] = words

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
            if first == common and self._is_over(first):  # the name goes on
                series.name = body.element(first)
            else:
                series.name = body.free(common)
                if first in body.made_at and self._is_over(first):
                    body.where[first] = series.name
            body.where[series.names[-1]] = series.name
            body.called.add(series.name)
            return
        begin = series.peeled if first is None else first
        series.before = [begin] if begin is not None else []
        if series.peeled == common:
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

    def _is_over(self, name: str) -> bool:
        """Whether a name is not used any more but by the first time, as what it carries on."""
        if name in self.whole.where or max(self.whole.used_at[name]) >= self.end:
            return False
        uses = [column for column in self.flat() if name in column.words]
        carried = all(column.lag and column.series is not None and column.series.first == name for column in uses)
        return carried and sum(series.first == name for series in self.series) == 1

    # ---- writing ---------------------------------------------------------------------------------------------------

    def text(self) -> list[str]:
        """The lines of the loop, and before it those of what it needs."""
        inner = [
            text for line, columns in zip(self.rows[0], self.columns, strict=True) for text in self._line(line, columns)
        ]
        lines, head = self._before(), self._head()
        only = self.series[0] if len(self.series) == len(inner) == 1 else None
        if only is not None and only.kept and not only.before and self.step > 0 and f"{only.name}[" not in inner[0]:
            made = inner[0].removeprefix(f"{only.name}.append(")[:-1]
            over = " ".join(part.strip() for part in head).replace("( ", "(").replace(", )", ")").removesuffix(":")
            lines.remove(f"{only.name} = []")
            return [*lines, f"{only.name} = [{made} {over}]"]
        return [*lines, *head, *[f"    {text}" for text in inner]]

    def _before(self) -> list[str]:
        """The lines that make its lists, and name what it begins with."""
        body = self.whole
        lines: list[str] = []
        for name, words in self.lists.items():
            items = listed([*map(body.element, words)], body.lists)
            whole = len(items) == 1 and items[0].startswith("*[")
            lines.append(f"{name} = {items[0][1:]}" if whole else f"{name} = [{', '.join(items)}]")
        made: dict[str, list[str]] = {}
        for series in self.series:
            before = ", ".join(map(body.element, series.before))
            if not series.kept:
                if series.first is not None and body.element(series.first) != series.name:
                    lines.append(f"{series.name} = {body.element(series.first)}")
            elif self.step > 0:
                made.setdefault(f"[{before}]", []).append(series.name)
            else:
                none = f"[None] * {series.size - len(series.before)}"
                made.setdefault(f"{none} + [{before}]" if before else none, []).append(series.name)
        for empty, names in made.items():
            several = f"{', '.join(names)} = ({empty} for _ in range({len(names)}))"
            lines += [several] if len(names) > 2 else [f"{name} = {empty}" for name in names]
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

    def _line(self, line: Line, columns: list[Column]) -> list[str]:
        text = line.filled([self._said(column, line, i) for i, column in enumerate(columns)])
        if line.text.startswith("#"):
            return [re.sub(r"\.?(\[[^]]*\])", r"\1", text)]
        given = [series for series in self.series if series.names[0] in line.given]
        kept = [series for series in given if series.kept]
        if not kept or self.step < 0:
            return [text]
        made = text.partition(" = ")[2]
        if len(given) == 1:
            return [f"{kept[0].name}.append({made})"]
        names = ", ".join(f"{series.name}_{self.counter}" if series.kept else series.name for series in given)
        return [f"{names} = {made}", *[f"{series.name}.append({series.name}_{self.counter})" for series in kept]]

    def _said(self, column: Column, line: Line, i: int) -> str:
        if column.said is not None:
            return column.said
        if column.kind == "same":
            return self.whole.element(column.words[0])
        if column.kind == "number":
            text = self._affine(column.at, column.step)
            if line.text.startswith("#"):
                return f"[{text}]"
            start, end = line.spans[i]
            alone = line.text[:start].rstrip()[-1:] in "[(,:=" and line.text[end:].lstrip()[:1] in "]),:"
            return text if alone or text.isidentifier() else f"({text})"
        if (series := column.series) is None:
            return f"{column.list}[{self._affine(column.at, column.step)}]"
        if not series.kept:
            return series.name
        return f"{series.name}[{self._affine(series.at - series.step * column.lag, series.step)}]"

    def _affine(self, at: int, step: int) -> str:
        """at + step * k for the k-th time, by what the loop counts by."""
        times = step * self.step
        rest = at - times * self.first
        text = self.counter if times == 1 else f"{times} * {self.counter}"
        return text if not rest else f"{text} {'+' if rest > 0 else '-'} {abs(rest)}"
