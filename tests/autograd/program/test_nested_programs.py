"""Programs of random statements in loops in loops: the printed text, with whatever loops it has, gives the same."""

from __future__ import annotations

import linecache
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import autograd
from autograd.program.rehearsal import are_same, rehearsed, with_ends
from autograd.program.repeats import MAY_GO

from .test_loops import body, check, data

STATEMENTS = (
    "{a} = np.tanh({b} @ ws[{i}][{j}])",
    "{a} = {b} * bs[{i}][{j}] + {c}",
    "{a} = np.tanh({b}) * {c}",
    "{a} = {b} @ ws[{i}][{j}] + 0.5 * {c}",
    "{a} = np.maximum({b}, bs[{i}][{j}])",
    "{a} = {b} - {c} / 3",
    "{a} = np.tanh({b} + x[{i}])",
    "{a} = {b} * 1.5 + np.zeros((2, 2))",
    "{a} = np.sin({b} * u)",
)
SHAPES: list[Any] = [[[(2, 2)] * 3] * 3, [[(2,)] * 3] * 3, (2,), (3, 2, 2)]


def block(draw: random.Random, names: list[str], around: list[str]) -> Iterator[str]:
    """Some statements, perhaps with a loop among them."""
    indent = "    " * (len(around) + 1)
    for _ in range(draw.randint(1, 3)):
        a, b, c = (draw.choice(names) for _ in range(3))
        i, j = [*around, *draw.sample("01", 2)][:2]
        yield indent + draw.choice(STATEMENTS).format(a=a, b=b, c=c, i=i, j=j)
    if len(around) < 2 and (not around or draw.random() < 0.6):
        counter = "ij"[len(around)]
        numbers = draw.choice(["range(3)", "range(3)", "reversed(range(3))"])
        yield f"{indent}for {counter} in {numbers}:"
        yield from block(draw, names, [*around, counter])
    kept = draw.choice(["total = total + ({0} * u).sum()", "keep.append({0})", "", ""]).format(draw.choice(names))
    yield from [indent + kept] if kept else []


def program(seed: int) -> Any:
    """A function with loops in loops, of which states are carried on, kept, overwritten or lost."""
    draw = random.Random(seed)
    names = ["h", "c", "s"][: draw.randint(1, 3)]
    first = [f"    {name} = {draw.choice(['x[0]', 'np.zeros((2, 2))'])}" for name in names]
    lines = ["def f(ws, bs, u, x):", *first, "    total, keep = 0.0, []"]
    for _ in range(draw.randint(2, 3)):
        lines += block(draw, names, [])
    lines.append(f"    return total + ({' + '.join(names)}).sum() + sum((k * k).sum() for k in keep)")
    text, name = "\n".join(lines), f"<nested {seed}>"
    linecache.cache[name] = len(text), None, text.splitlines(True), name  # as names are taken from it
    space: dict[str, Any] = {"np": np}
    exec(compile(text, name, "exec"), space)
    return space["f"]


def kept(ws: Any, bs: Any, u: Any, x: Any) -> Any:
    """All states of the inner loop are kept, and a loop of its own goes on."""
    h = x[0]
    states = []
    h = h - h / 3
    for i in range(2):
        h = h - h / 3
        for j in range(2):
            h = np.tanh(h @ ws[i][j])
            states.append(h)
    total = (h * u).sum()
    for i in range(2):
        h = np.tanh(h @ ws[i][0])
        h = np.tanh(h @ ws[i][0])
    return total + h.sum() + sum((k * k).sum() for k in states)


def overwritten(ws: Any, bs: Any, u: Any, x: Any) -> Any:
    """What an outer loop gives is lost, and given again by an inner one."""
    h, c, total = x[0], np.zeros((2, 2)), 0.0
    states = []
    c = c * bs[0][0] + h
    h = np.maximum(h, bs[0][0])
    for t in range(4):
        c = np.maximum(h, bs[0][0])
        h = c * bs[0][0] + h
        c = np.tanh(h @ ws[0][0])
        for _ in range(3):
            h = np.tanh(c + x[t])
            c = np.sin(h * u)
            states.append(c)
        total = total + (h * u).sum()
    states.append(c)
    for i in range(4):
        c = np.tanh(c) * c
        c = np.maximum(h, bs[i][0])
    for i in reversed(range(4)):
        h = c @ ws[i][0] + 0.5 * h
        c = np.maximum(c, bs[i][0])
        c = np.sin(h * u)
        for j in range(3):
            h = c @ ws[i][j] + 0.5 * h
    return total + (h + c).sum() + sum((k * k).sum() for k in states)


def agrees(function: Any, shapes: list[Any]) -> str:
    """The text of a function's derivative, which gives the engine's numbers."""
    derivative = autograd.value_and_grad(function, argnums=(0, 1, 2))
    traced = autograd.trace(derivative, *data(shapes, 0))
    check(traced, derivative, shapes)
    return str(traced.source)


@pytest.mark.parametrize("seed", [0, 1, 7, 15, 16])
def test_random_loops_in_loops(seed: int) -> None:
    agrees(program(seed), SHAPES)


def test_what_is_kept_or_overwritten_in_loops_in_loops() -> None:
    assert "for " in agrees(kept, [[[(3, 3)] * 2] * 2, [[(3,)] * 2] * 2, (3,), (2, 3, 3)])
    assert "for " in agrees(overwritten, [[[(2, 2)] * 3] * 4, [[(2,)] * 3] * 4, (2,), (4, 2, 2)])


def test_the_end_of_one_array_is_said_where_it_is_none_of_the_next_one() -> None:
    def parts(xs: Any, ys: Any) -> Any:
        t = np.zeros(2)
        for x, y in zip(xs, ys, strict=True):
            t = np.tanh(x[1:3] * t)
            t = t + y
        return t

    shapes: list[Any] = [[(n,) for n in range(3, 9)], [(2,)] * 6]
    traced = autograd.trace(parts, *data(shapes, 0))
    check(traced, parts, shapes)
    assert any(line.startswith("for ") for line in body(traced.source))


PLAIN = ["a_1 = f(x)", "a_2 = f(a_1)", "a_3 = f(a_2)", "x[0] = a_3", f"y = a_1[0{MAY_GO}:2]", "return y"]
KEPT = ["a = [x]", "for t in range(3):", "    a.append(f(a[t]))", "x[0] = a[3]", "return a[1][0:2]"]
OTHERS = {
    "same": (KEPT, True),
    "carried": (["a = x", "for t in range(3):", "    a = f(a)", "x[0] = a", "return a[0:2]"], False),
    "too short": ([*KEPT[:1], "for t in range(2):", *KEPT[2:3], "x[0] = a[2]", *KEPT[4:]], False),
    "other order": ([*PLAIN[:2], "x[0] = a_2", "a_3 = f(a_2)", *PLAIN[4:]], False),
    "no value": (["a_1 = f(x)", "a_2 = f(a_2)", *PLAIN[2:]], False),
    "other part": ([*PLAIN[:4], "return a_1[1:2]"], False),
}


@pytest.mark.parametrize("name", OTHERS)
def test_texts_are_told_apart_by_what_they_do(name: str) -> None:
    lines, same = OTHERS[name]
    plain, other = (rehearsed([with_ends(line) for line in some], {"x": "x"}) for some in (PLAIN, lines))
    assert plain is not None
    assert are_same(plain, other) is same


def test_an_end_that_is_not_said_is_one_of_the_array_at_hand() -> None:
    ends, none = (rehearsed([with_ends(f"return x[1:3{mark}]")], {"x": "x"}) for mark in (MAY_GO, ""))
    assert are_same(ends, none)
    assert not are_same(none, ends)
