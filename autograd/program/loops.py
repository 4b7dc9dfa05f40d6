"""Lines that repeat are printed as loops: over time steps, over layers, over the parameters that are updated.

Once what repeats is a loop, loops may repeat: so they are found in one another, the inner ones first. Lines stay in
their order, and each name stands for the array that it stood for, or it is no text: what is printed is rehearsed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from .listing import at_once, gathered
from .repeats import Line, Repeat, repeats
from .turns import Loop, Names


class Looped(Names):
    """A function's body, written with loops for what repeats, and with loops for what then repeats of these.

    but      what is to be no loop, by its lines
    written  by its lines, each loop, in the order in which they are written, of which there are so many at `most`
    text     the body's lines
    """

    def __init__(
        self, lines: list[Line], taken: set[str], inputs: set[str], names: set[str], simply: bool,
        but: Collection[str] = (), most: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(lines, taken, inputs, names, simply)
        self.but, self.written = but, list[str]()
        while loops := self._chosen()[: None if most is None else most - len(self.written)]:
            self.written += [_lines(loop) for loop in loops]
            self._write(loops)
            if simply:
                break
        text = [one for line in self.lines for one in gathered(line.text, self.lists).split("\n")]
        self.text = text if simply else at_once(text)

    def _write(self, loops: list[Loop]) -> None:
        """Put loops in the place of their lines: each is one line then, of which some may be alike again."""
        earlier = dict(self.lists)  # of which some are elements of a list themselves now
        self.inside = {k for loop in loops for k in range(loop.start, loop.end)}
        for loop in loops:
            loop.plan()
        lines: list[Line] = []
        k = 0
        for loop in loops:
            lines += [self._again(line) for line in self.lines[k : loop.start]]
            *before, whole = loop.text()
            lines += [Line(text, self.names, prepares=True) for text in before]
            lines.append(Line(whole, self.names, loop.depth))
            k = loop.end
            self.where |= loop.later
        lines += [self._again(line) for line in self.lines[k:]]
        self.lists = {
            self._place(name) if earlier.get(name) is held else name: [*map(self.element, held)]
            for name, held in self.lists.items()
        }
        self.where = {}
        self.read(lines)

    def _again(self, line: Line) -> Line:
        """A line outside of all loops."""
        if self.where.keys().isdisjoint(line.words):
            return line
        return Line(line.filled([self.element(word) for word in line.words]), self.names, line.depth, line.prepares)

    def _chosen(self) -> list[Loop]:
        """What is to be a loop, in its order: the shortest first, for others may be around it.

        What makes the turn of a longer one little shorter is left to that one.
        """
        taken = [False] * len(self.lines)
        whole = [*repeats(self.lines)]
        known: dict[Repeat, list[Loop]] = {}
        chosen: list[Loop] = []
        for k, repeat in enumerate(whole):
            for loop in [loop for piece in repeat.pieces(taken) for loop in self._loops(piece)]:
                around = next(
                    (of for of in whole[k + 1 :] if of.n >= loop.end - loop.start and self._is(of, loop, known)), None
                )
                if loop.is_in_line() or around is None or 3 * loop.spares() >= self._size(around):
                    chosen.append(loop)
                    taken[loop.start : loop.end] = [True] * (loop.end - loop.start)
        return sorted(chosen, key=lambda loop: loop.start)

    def _is(self, repeat: Repeat, inside: Loop, known: dict[Repeat, list[Loop]]) -> bool:
        """Whether a repeat can be a loop with another one inside."""
        if not repeat.covers(inside):
            return False
        if repeat not in known:
            known[repeat] = [*self._loops(repeat)]
        return any(loop.covers(inside) for loop in known[repeat])

    def _size(self, repeat: Repeat) -> int:
        """Of how many lines one turn is."""
        return sum(line.size for line in self.lines[repeat.start : repeat.start + repeat.n])

    def _loops(self, repeat: Repeat) -> Iterator[Loop]:
        """The loops that a repeat can be, one after the other: each as long as the lines are of one kind."""
        at, n, end = repeat.start, repeat.n, repeat.end
        while at + 2 * n <= end:
            times = self._times(at, n, (end - at) // n)
            starts = range(at, min(at + n, end - n * times + 1)) if times > 1 else ()
            found = [loop for start in starts if (loop := Loop(self, start, n, times)).holds]
            found = [loop for loop in found if not self.but or _lines(loop) not in self.but]
            found = [loop for loop in found if not self.simply or loop.is_over_elements()]
            if found:
                latest = found[-1].start
                yield (best := min(found, key=lambda loop: loop.burden(latest)))
                at = best.end
            else:
                at += max(1, len(starts))

    def _times(self, start: int, n: int, most: int) -> int:
        """How often the lines go on as they begin."""
        if not Loop(self, start, n, 2).fits:
            return 1
        if Loop(self, start, n, most).fits:
            return most
        low, high = 2, most
        while high - low > 1:
            middle = min(2 * low, (low + high) // 2)
            low, high = (middle, high) if Loop(self, start, n, middle).fits else (low, middle)
        return low

    def _place(self, name: str) -> str:
        """What a list is called now, which may be an element of others itself, as in ws[2]."""
        first, opens, rest = name.partition("[")
        return f"{self.element(first)}{opens}{rest}"


def _lines(loop: Loop) -> str:
    return "\n".join(line.text for row in loop.rows for line in row)


_TRIES = 8


def right(write: Callable[[Collection[str], int | None], Looped], is_right: Callable[[Looped], bool]) -> Looped:
    """What is written with all loops but those with which it is not right any more."""
    but: set[str] = set()
    low: int | None = None
    for _ in range(_TRIES):
        whole = write(but, None)
        if is_right(whole):
            return whole
        low, high = 0, len(whole.written)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if is_right(write(but, middle)) else (low, middle)
        but |= {*whole.written[low:high]}
    return write(but, low)
