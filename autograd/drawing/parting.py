"""Moves gradients' arrows off the values' arrows that they would lie on, in a picture that Graphviz has laid out.

Graphviz keeps arrows apart from boxes, not from one another: where a gradient's arrow goes the way of a value's, or
crosses it at a small angle, one of the two is hidden for a while. Such an arrow is moved sideways: beside its own
way, or beside the way of the value whose gradient it is; whichever lies on the fewest arrows, boxes and formulas.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

NEAR = 4.0
"""Arrows whose middles are closer than this, in points, cannot be told apart."""

LONGEST = 12.0
"""An arrow that lies on another for no more than this is left where it is: as long is a crossing, or a common end."""

ASIDE = (7.0, -7.0, 11.0, -11.0, 16.0, -16.0, 24.0, -24.0, 36.0, -36.0)
"""How far an arrow is moved to a side."""

CELLS = 3e7
"""A larger page than of so many square points is left as it is."""

_STATEMENT = re.compile(r"^\t+(\w+)(?::\w+)?(?: -> (\w+)(?::\w+)?)?\t\[(.*?)\];$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Label:
    """Where a formula stands, and about how large it is."""

    x: float
    y: float
    wide: float
    high: float
    place: tuple[int, int]  # in the text


@dataclass(frozen=True, slots=True)
class _Arrow:
    """An arrow between two boxes, and its way: points a short step apart, from border to border."""

    tail: str
    head: str
    gradient: bool
    way: np.ndarray
    point: float  # how long its head is, which a gradient has at the way's beginning
    place: tuple[int, int]  # of its course in the text
    label: _Label | None


@dataclass(frozen=True, slots=True)
class _Box:
    x: float
    y: float
    wide: float
    high: float
    round: bool

    def inside(self, way: np.ndarray) -> np.ndarray:
        """Which points lie in it."""
        off = (way - (self.x, self.y)) / (self.wide / 2, self.high / 2)
        found: np.ndarray = (np.hypot(*off.T) if self.round else abs(off).max(1)) < 1
        return found

    def border(self, point: np.ndarray) -> np.ndarray:
        """The nearest point of its border to one outside of it."""
        middle, half = np.array([self.x, self.y]), np.array([self.wide, self.high]) / 2
        off = point - middle
        found: np.ndarray = middle + (off * half / np.hypot(*off) if self.round else np.clip(off, -half, half))
        return found


def parted(laid: str) -> str | None:
    """The text of a picture that was laid out (Graphviz's form "dot") with arrows moved; None if none need be."""
    boxes, arrows = _read(laid)
    page = _Page(boxes, arrows)
    moved: set[int] = set()
    for gradients in (True, False, True):
        for n, arrow in enumerate(arrows):
            if arrow.gradient is not gradients or page.longest(arrow) <= LONGEST:
                continue
            page.put(arrow, -1)
            before = page.cost(arrow)
            found = [_led(arrow, way) for way in _ways(arrow, arrows, boxes)]
            best = min(found, key=page.cost, default=arrow)
            if page.cost(best) < 0.8 * before:
                arrows[n] = arrow = best
                moved.add(n)
            page.put(arrow, 1)
    changes = [(arrows[n].place, _course(arrows[n])) for n in moved]
    changes += [(label.place, f"{label.x:.2f},{label.y:.2f}") for n in moved if (label := arrows[n].label) is not None]
    for (begin, end), text in sorted(changes, reverse=True):
        laid = f"{laid[:begin]}{text}{laid[end:]}"
    return laid if moved else None


def _led(arrow: _Arrow, way: np.ndarray) -> _Arrow:
    """The arrow on another way, its formula as far from it as it was."""
    if (label := arrow.label) is not None:
        nearest = np.hypot(*(arrow.way - (label.x, label.y)).T).argmin()
        x, y = way[round(nearest / len(arrow.way) * (len(way) - 1))] - arrow.way[nearest]
        label = _beside(way, replace(label, x=label.x + x, y=label.y + y))
    return replace(arrow, way=way, label=label)


def _beside(way: np.ndarray, label: _Label) -> _Label:
    """The formula moved as little as it takes that the arrow does not go through it."""
    half = np.array([label.wide, label.high]) / 2 + 2
    off = way - (label.x, label.y)
    if not (abs(off) < half).all(1).any():
        return label
    pushes = []
    for k in (0, 1):  # across, or up and down
        at_level = off[abs(off[:, 1 - k]) < half[1 - k], k]
        at_level = at_level[abs(at_level) < 2 * half[k]]
        pushes += [(k, at_level.max() + half[k]), (k, at_level.min() - half[k])]
    k, push = min(pushes, key=lambda each: abs(each[1]))
    return replace(label, x=label.x + push * (k == 0), y=label.y + push * (k == 1))


def _ways(arrow: _Arrow, arrows: list[_Arrow], boxes: dict[str, _Box]) -> Iterator[np.ndarray]:
    """Where an arrow could go as well: beside its way, and beside those of what else goes between its boxes."""
    for other in arrows:
        if (other.tail, other.head) == (arrow.tail, arrow.head):
            yield from (way for aside in ASIDE if (way := _shifted(other.way, aside, boxes, arrow)) is not None)


class _Page:
    """What lies where, in squares of one point."""

    def __init__(self, boxes: dict[str, _Box], arrows: list[_Arrow]) -> None:
        ends = np.concatenate([np.zeros((1, 2)), *(arrow.way for arrow in arrows)])
        self.low = np.floor(ends.min(0)) - 20
        self.size = tuple(int(n) for n in np.ceil(ends.max(0)) + 20 - self.low)
        if math.prod(self.size) > CELLS:
            self.low, self.size = np.zeros(2), (1, 1)
            arrows = []
        self.near = np.zeros((2, *self.size), np.int32)  # how often values' arrows, and gradients', are near
        self.taken = np.zeros(self.size, np.int8)  # by boxes and formulas
        for box in boxes.values():
            self.taken[self._inside(box)] += 1
        for arrow in arrows:
            self.put(arrow, 1)

    def _cells(self, way: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        cells = np.clip((way - self.low).astype(int), 0, np.array(self.size) - 1)
        return cells[:, 0], cells[:, 1]

    def _inside(self, what: _Box | _Label) -> tuple[slice, slice]:
        half = np.array([what.wide, what.high]) / 2 - 1
        ends = [np.maximum((what.x, what.y) + side * half - self.low, 0).astype(int) for side in (-1, 1)]
        return slice(ends[0][0], ends[1][0]), slice(ends[0][1], ends[1][1])

    def put(self, arrow: _Arrow, times: int) -> None:
        """An arrow lies here, or with -1, no longer."""
        cells = [part[::3, None] + offset for part, offset in zip(self._cells(arrow.way), _DISC.T, strict=True)]
        flat = np.ravel_multi_index(cells, self.size, mode="clip").ravel()
        np.add.at(self.near[int(arrow.gradient)].reshape(-1), flat, times)
        if arrow.label is not None:
            self.taken[self._inside(arrow.label)] += times

    def longest(self, arrow: _Arrow) -> float:
        """How far it lies on arrows of the other kind, without a break."""
        return _longest(self.near[int(not arrow.gradient)][self._cells(arrow.way)] > 0)

    def cost(self, arrow: _Arrow) -> float:
        """How much it hides or is hidden by, in points; it itself is not on the page."""
        cells = self._cells(arrow.way)
        others, alike = self.near[int(not arrow.gradient)][cells] > 0, self.near[int(arrow.gradient)][cells] > 0
        cost = 2 * _longest(others) + 0.5 * others.sum() + 4 * (self.taken[cells] > 0).sum() + 0.7 * alike.sum()
        if arrow.label is not None:
            place = self._inside(arrow.label)
            cost += 0.2 * (self.taken[place] > 0).sum() + 0.1 * (self.near[(slice(None), *place)] > 0).sum()
        return float(cost)


_DISC = np.array([(x, y) for x in range(-4, 5) for y in range(-4, 5) if math.hypot(x, y) <= NEAR])


def _longest(on: np.ndarray) -> float:
    """The most places that follow each other where it is so; they are a point apart."""
    breaks = np.flatnonzero(~np.concatenate([[False], on, [False]]))
    return float(np.diff(breaks).max() - 1)


# ---- ways ------------------------------------------------------------------------------------------------------------


def _shifted(way: np.ndarray, aside: float, boxes: dict[str, _Box], arrow: _Arrow) -> np.ndarray | None:
    """The way moved to its left side, from border to border; None if nothing is left of it."""
    along = np.gradient(way, axis=0)
    along = np.array([np.convolve(np.pad(part, 6, mode="edge"), np.ones(13) / 13, "valid") for part in along.T]).T
    length = np.maximum(np.hypot(*along.T), 1e-9)[:, None]
    moved = way + aside * np.stack([-along[:, 1], along[:, 0]], 1) / length
    outside = ~(boxes[arrow.tail].inside(moved) | boxes[arrow.head].inside(moved))
    if outside.sum() < arrow.point + 8:
        return None
    first, last = np.flatnonzero(outside)[[0, -1]]
    moved = moved[first : last + 1]
    return _even(np.concatenate([[boxes[arrow.tail].border(moved[0])], moved, [boxes[arrow.head].border(moved[-1])]]))


def _even(points: np.ndarray) -> np.ndarray:
    """The same way, in steps of a point."""
    lengths = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    at = np.arange(0.0, lengths[-1] + 0.5)
    return np.stack([np.interp(at, lengths, part) for part in points.T], 1)


def _course(arrow: _Arrow) -> str:
    """A way as Graphviz has it: where the arrow's head points to, and from its base on pieces of cubic curves."""
    way, point = arrow.way, round(arrow.point)
    tip, rest = (way[0], way[point:]) if arrow.gradient else (way[-1], way[: len(way) - point])
    knots = rest[np.linspace(0, len(rest) - 1, max(2, 1 + len(rest) // 24)).round().astype(int)]
    slopes = np.gradient(knots, axis=0) / 3
    pieces = [knots[:1]]
    for k in range(len(knots) - 1):
        pieces.append(np.stack([knots[k] + slopes[k], knots[k + 1] - slopes[k + 1], knots[k + 1]]))
    text = " ".join(f"{x:.2f},{y:.2f}" for x, y in np.concatenate(pieces))
    return f"{'s' if arrow.gradient else 'e'},{tip[0]:.2f},{tip[1]:.2f} {text}"


# ---- Graphviz's text -------------------------------------------------------------------------------------------------


def _read(laid: str) -> tuple[dict[str, _Box], list[_Arrow]]:
    boxes: dict[str, _Box] = {}
    arrows: list[_Arrow] = []
    for found in _STATEMENT.finditer(laid):
        name, head, body = found.groups()
        place = re.search(r'\bpos="([^"]*)"', body)
        if place is None or name in ("graph", "node", "edge"):
            continue
        course = place[1].replace("\\\n", "")
        if head is None:
            x, y = map(float, course.split(","))
            wide, high = (72 * float(_given(side, body) or least) for side, least in (("width", 0.75), ("height", 0.3)))
            boxes[name] = _Box(x, y, wide, high, "shape=circle" in body)
            continue
        tip, *points = course.split()
        curve, top = _curve(_numbers(points)), _numbers([tip[2:]])
        gradient = tip.startswith("s")  # its head is at the beginning
        way = _even(np.concatenate([top, curve] if gradient else [curve, top]))
        point = math.dist(top[0], curve[0 if gradient else -1])
        span = (found.start(3) + place.start(1), found.start(3) + place.end(1))
        arrows.append(_Arrow(name, head, gradient, way, point, span, _label(body, found.start(3))))
    return boxes, arrows


def _given(name: str, body: str) -> str:
    """The number that a box has for this itself; "" where it is the one of all boxes."""
    found = re.search(rf"\n\t+{name}=([\d.]+)", body)
    return found[1] if found else ""


def _numbers(points: list[str]) -> np.ndarray:
    return np.array([[float(n) for n in point.split(",")] for point in points]).reshape(-1, 2)


def _curve(points: np.ndarray) -> np.ndarray:
    """Points of cubic curves that follow each other."""
    t = np.linspace(0, 1, 40)[:, None]
    return np.concatenate(
        [
            (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
            for a, b, c, d in (points[k : k + 4] for k in range(0, len(points) - 1, 3))
        ]
    )


def _label(body: str, begin: int) -> _Label | None:
    """The formula of an arrow, whose attributes begin there in the text."""
    label, place = re.search(r"\blabel=<(.*?)>,\n", body, re.DOTALL), re.search(r'\blp="([^"]*)"', body)
    if label is None or place is None:
        return None
    rows = html.unescape(re.sub(r"<(?!br)[^>]*>", "", label[1])).split("<br/>")
    x, y = map(float, place[1].split(","))
    wide = 5.6 * max(len(row.strip()) for row in rows)
    return _Label(x, y, wide, 13.0 * len(rows), (begin + place.start(1), begin + place.end(1)))
