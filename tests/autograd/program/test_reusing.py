"""A name is used again where what had it is not needed any more, and a text computes what it did."""

from __future__ import annotations

import random
from typing import Any

import pytest

from autograd.program.reusing import reused

EXAMPLES: dict[str, tuple[str, str, set[str]]] = {  # lines before and after; the names that stay are in capitals
    "the next of a kind": ("h = A + 1\nh_1 = h * 2\nR = h_1", "h = A + 1\nh = h * 2\nR = h", set()),
    "one that is used later": (
        "h = A + 1\nh_1 = h * 2\nR = h_1 + h", "h = A + 1\nh_1 = h * 2\nR = h_1 + h", set()
    ),
    "one that is free again": (
        "h = A + 1\nh_1 = h * 2\nh_2 = h + h_1\nh_3 = h_2 * h_2\nR = h_3",
        "h = A + 1\nh_1 = h * 2\nh = h + h_1\nh = h * h\nR = h", set(),
    ),
    "of two kinds": ("h = A + 1\nk = h * 2\nk_1 = k - h\nR = k_1", "h = A + 1\nk = h * 2\nk = k - h\nR = k", set()),
    "one that stays": ("h = A + 1\nh_1 = h * 2\nR = h_1 + 0", "h = A + 1\nh = h * 2\nR = h + 0", {"h"}),
    "a copy": ("h = A + 1\nk = h\nh_1 = B * 2\nR = k * h_1", "h = A + 1\nh_1 = B * 2\nR = h * h_1", set()),
    "two copies": (
        "h = A + 1\nk = h\nk_1 = B * k\nh_1 = k_1\nR = h_1 * 2", "h = A + 1\nk = B * h\nR = k * 2", set()
    ),
    "a copy of what is given": ("k = h\nR = k * 2", "R = h * 2", set()),
    "two that are given": ("R = h - h_1", "R = h - h_1", set()),
    "a copy, as others": ("h = A + 1\nk = h\nR = k + h", "h = A + 1\nk = h\nR = k + h", set()),
    "a copy that is needed": (
        "h = A + 1\nk = h\nh_1 = A * 3\nk_1 = k + h_1\nR = k_1 * h",
        "h = A + 1\nk = h\nh_1 = A * 3\nk = k + h_1\nR = k * h",
        set(),
    ),
    "in words": ("h = A + 1\n# of h_1\nh_1 = h * 2\nR = h_1", "h = A + 1\n# of h\nh = h * 2\nR = h", set()),
    "two at a time": ("h, h_1 = A, B\nh_2 = h + h_1\nR = h_2", "h, h_1 = A, B\nh = h + h_1\nR = h", set()),
    "a keyword": ("h = A + 1\nh_1 = dict(h=h)\nR = h_1['h']", "h = A + 1\nh = dict(h=h)\nR = h['h']", set()),
    "a loop that carries it": (
        "h = A + 1\nfor i in range(3):\n    h_1 = h * 2\n    h = h_1 + B\nR = h",
        "h = A + 1\nfor i in range(3):\n    h = h * 2\n    h = h + B\nR = h", set(),
    ),
    "a loop that reads what was before": (
        "h = A + 1\nk = A * 0\nfor i in range(3):\n    h_1 = k + 2\n    k = h_1 + h\nR = k",
        "h = A + 1\nk = A * 0\nfor i in range(3):\n    h_1 = k + 2\n    k = h_1 + h\nR = k", set(),
    ),
}  # fmt: skip


def names_of(text: str) -> set[str]:
    return {
        word
        for line in text.split("\n")
        for word in line.replace(",", " ").replace("(", " ").split()
        if word[0] in "hk"
    }


def run(lines: list[str]) -> Any:
    space: dict[str, Any] = {"A": 1.25, "B": -0.75, "h": 2.5, "h_1": 3.5}
    exec("\n".join(lines), space)
    return space["R"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_names_are_used_again(name: str) -> None:
    before, after, fixed = EXAMPLES[name]
    names = {"h", "k", *(f"{stem}_{k}" for stem in "hk" for k in range(1, 5))}
    assert "\n".join(reused(before.split("\n"), names, {"A", "B", "R", "i"} | fixed)) == after
    assert run(before.split("\n")) == run(after.split("\n"))


def random_text(seed: int) -> list[str]:
    """Statements, some of them in loops, of names that were given a value before."""
    draw = random.Random(seed)
    counts = {"h": 0, "k": 0}
    given = ["A", "B"]

    def new() -> str:
        stem = draw.choice("hk")
        counts[stem] += 1
        return f"{stem}_{counts[stem] - 1}" if counts[stem] > 1 else stem

    def expression() -> str:
        return f"{draw.choice(given)} {draw.choice('+-*')} 0.5 * {draw.choice(given)}"

    lines = []
    for _ in range(draw.randint(4, 14)):
        kind = draw.randrange(8)
        if kind == 0:
            a, b, value = new(), new(), f"{draw.choice(given)}, {expression()}"
            lines.append(f"{a}, {b} = {value}")
            given += [a, b]
        elif kind == 1:
            a = new()
            lines.append(f"{a} = {draw.choice(given)}")
            given.append(a)
        elif kind == 2 and len(given) > 3:
            lines.append("for i in range(3):")
            for _ in range(draw.randint(1, 4)):
                old = [name for name in given if name not in "AB"]
                value = expression()
                a = draw.choice(old) if draw.random() < 0.5 else new()
                lines.append(f"    {a} = {value}")
                given += [a] if a not in given else []
        else:
            value = expression()
            a = draw.choice(given[2:]) if len(given) > 3 and draw.random() < 0.2 else new()
            lines.append(f"{a} = {value}")
            given += [a] if a not in given else []
    lines.append(f"R = ({', '.join(draw.choice(given) for _ in range(3))})")
    return lines


def test_random_texts_compute_what_they_did() -> None:
    before = after = 0
    for seed in range(400):
        lines = random_text(seed)
        names = {name for line in lines for name in names_of(line.replace(")", ""))}
        made = reused(lines, sorted(names), {"A", "B", "R", "i"})
        assert run(made) == run(lines)
        before += len(names)
        after += len({name for line in made for name in names_of(line.replace(")", ""))})
    assert after < 0.63 * before
