"""Chains of views and copies: printed as few as can be, and each result is what NumPy makes it, wherever it lies."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd

from .test_source import run_text

STEPS: tuple[Callable[[Any], Any], ...] = (
    lambda u: u.reshape(-1),
    lambda u: u.reshape(4, -1) if u.size % 4 == 0 and u.size else u,
    lambda u: u.reshape(2, 3, -1) if u.size % 6 == 0 and u.size else u,
    lambda u: np.reshape(u, (-1,), order="F"),
    lambda u: u.T,
    lambda u: u.swapaxes(0, -1) if u.ndim else u,
    lambda u: u.transpose(sorted(range(u.ndim), reverse=True)),
    lambda u: u.squeeze(),
    lambda u: u[None],
    lambda u: u[...],
    lambda u: u[:] if u.ndim else u[()],
    lambda u: u[::-1] if u.ndim else u,
    lambda u: u.ravel(),
    lambda u: u.copy(),
    lambda u: np.copy(u, order="F"),
    lambda u: u * 2,
    lambda u: u.sum()[()],
    lambda u: np.copy(u.min()),
    lambda u: u[()] if u.ndim == 0 else u[:1],
    lambda u: u.max(axis=0) if u.ndim else u + 1,
    lambda u: np.tanh(u),
)


def _shift(u: Any) -> Any:
    if not u.ndim or u.flags.writeable:
        u -= 0.5
    return u


def program(seed: int) -> Callable[[Any], list[Any]]:
    draw = random.Random(seed)
    steps = [(draw.choice((*STEPS, _shift)), draw.random()) for _ in range(draw.randint(3, 14))]
    given = [draw.random() for _ in range(draw.randint(1, 3))]

    def run(x: Any) -> list[Any]:
        values = [x * 1.0]
        for step, place in steps:
            values.append(step(values[-1] if place < 0.6 else values[int(place * len(values))]))
        return [values[int(place * len(values))] for place in given] + [values[-1]]

    return run


def draws(k: int) -> Any:
    return np.random.default_rng(k).standard_normal((4, 6))


@pytest.mark.parametrize("first", range(0, 300, 50))
def test_random_chains(first: int) -> None:
    for seed in range(first, first + 50):
        function = program(seed)
        compiled, written = autograd.compile(function), autograd.trace(function, draws(0))
        outgoing = written.outgoing()
        kept = []
        for k in range(4):
            expected, got = function(draws(k)), compiled(draws(k))
            text = run_text(written, [draws(k)], None)
            for value, a, b in zip(written.results, expected, got, strict=True):
                assert (type(a), a.dtype, a.shape) == (type(b), b.dtype, b.shape)
                assert a.strides == b.strides or a.size <= 1
                np.testing.assert_array_equal(b, a)
                if value is not None:
                    np.testing.assert_array_equal(text[outgoing.index(value)], a)
            shared = [[np.shares_memory(a, b) for a in found for b in found] for found in (expected, got)]
            assert shared[0] == shared[1]
            kept.append((got, [np.array(part) for part in got]))
        assert compiled.why_not is None
        for found, values in kept:
            for part, value in zip(found, values, strict=True):
                np.testing.assert_array_equal(part, value)


def test_no_more_of_them_are_printed_than_need_be() -> None:
    sources = [autograd.trace(program(seed), draws(0)).source for seed in range(300)]
    views = sum(
        text.count(word) for text in sources for word in (".reshape(", ".T", ".transpose(", ".squeeze(", ".swap")
    )
    copies = sum(text.count(word) for text in sources for word in (".copy(", "np.copy(", "np.array("))
    lines = sum(text.count("\n") for text in sources)
    assert views <= 469
    assert copies <= 251
    assert lines <= 2568
