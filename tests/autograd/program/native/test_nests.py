"""What is known to lie apart in memory does; and what plainly does is known to."""

from __future__ import annotations

import itertools
import random
from types import SimpleNamespace
from typing import Any

import numpy as np

from autograd.program.native import nests
from autograd.program.native.steps import Ref
from autograd.program.values import Value

N = 40


def elements(ref: Ref, shape: tuple[int, ...]) -> set[int]:
    """The places that a reference names, of every number that its index may be."""
    extents = [*zip(shape, ref.strides, strict=True), *([ref.index[1:]] if ref.index is not None else [])]
    return {
        ref.offset + sum(k * stride for k, (_, stride) in zip(at, extents, strict=True))
        for at in itertools.product(*[range(n) for n, _ in extents])
    }


def drawn(draw: random.Random, base: Value, indexed: bool) -> tuple[Ref, tuple[int, ...]]:
    while True:
        shape = tuple(draw.randint(1, 4) for _ in range(draw.randint(1, 2)))
        strides = tuple(draw.choice((-5, -2, -1, 0, 1, 2, 3, 8)) for _ in shape)
        index: Any = (None, draw.randint(2, 4), draw.choice((1, 2, 9))) if indexed and draw.random() < 0.4 else None
        ref = Ref(base, draw.randrange(N), strides, index)
        if min(elements(ref, shape)) >= 0 and max(elements(ref, shape)) < N:
            return ref, shape


def part(shape: tuple[int, ...]) -> Any:
    return SimpleNamespace(step=SimpleNamespace(shape=shape))


def test_what_is_said_to_lie_apart_does() -> None:
    draw = random.Random(0)
    array = np.zeros(N)
    base = Value(0, "made", array)
    memory: Any = SimpleNamespace(array=lambda value: array)
    for indexed in (False, True):
        found = []
        for _ in range(3000):
            (a, shape_a), (b, shape_b) = (drawn(draw, base, indexed) for _ in range(2))
            here, there = elements(a, shape_a), elements(b, shape_b)
            assert nests._reach(a, shape_a) == (min(here), max(here))
            apart = nests._apart(a, b, part(shape_a), part(shape_b), memory)
            is_so = here.isdisjoint(there)
            assert is_so or not apart
            if max(here) < min(there) or max(there) < min(here) or (not indexed and is_so):
                assert apart
            found.append(apart)
        assert 300 < sum(found) < 2700


def test_pieces_at_distances_have_nothing_in_common() -> None:
    draw = random.Random(1)
    said = []
    for _ in range(3000):
        shape = tuple(draw.randint(1, 4) for _ in range(draw.randint(1, 3)))
        strides = tuple(draw.choice((-12, -6, -2, 1, 2, 3, 4, 6, 12, 24)) for _ in shape)
        span = draw.randint(1, 4)
        places = [
            sum(k * stride for k, stride in zip(at, strides, strict=True))
            for at in itertools.product(*map(range, shape))
        ]
        covered = [place + k for place in places for k in range(span)]
        apart = nests._are_apart(strides, shape, span)
        assert not apart or len(set(covered)) == len(covered)
        said.append(apart)
    assert nests._are_apart((4, 1), (3, 4), 1)
    assert nests._are_apart((-4, 2), (3, 2), 2)
    assert not nests._are_apart((3, 1), (3, 4), 1)
    assert not nests._are_apart((0,), (2,), 1)
    assert 600 < sum(said) < 2400


def test_two_bases_of_one_array_may_lie_in_the_same_memory() -> None:
    whole = np.zeros(10)
    root = Value(0, "state", whole)

    def part_of(number: int, array: Any) -> Ref:
        value = Value(number, "state", whole[:6])
        value.root, value.array = root, array
        return Ref(value, 0, (1,))

    first, second, later = (part_of(k, array) for k, array in enumerate((whole[:6], whole[4:], whole[6:]), start=1))
    unknown = part_of(4, None)
    assert nests.overlap(first, second)
    assert not nests.overlap(first, second, writes=False)
    assert not nests.overlap(first, later)
    assert not nests.overlap(first, first)
    assert nests.overlap(first, unknown)
    assert nests.overlap(unknown, first)
    assert not nests.overlap(first, Ref(Value(9, "state", whole[:6]), 0, (1,)))
