"""Islands: what is run piece by piece gives what the engine gives, whatever its layout, and at every call."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor
from autograd.engine.rows import Buffer
from autograd.program import islands

from .test_training import assert_same
from .training import PROGRAMS, run

N = 100_003  # elements, which no piece's size divides


def compiled_agrees(fun: Callable[..., Any], *shapes: tuple[int, ...], calls: int = 4, order: Any = "C") -> Any:
    """A function that gives the same compiled, to the last bit, at several calls; the compiled one."""
    step = autograd.compile(fun)
    kept = []
    for k in range(calls):
        rng = np.random.default_rng(k)
        arrays = [np.array(rng.uniform(0.5, 1.5, shape), np.float32, order=order) for shape in shapes]
        expected = fun(*[a.copy(order="K") for a in arrays])
        found = step(*arrays)
        kept.append((expected, found))
    for expected, found in kept:  # none was changed by a later call
        for a, b in zip(expected, found, strict=True):
            np.testing.assert_array_equal(a, b)
            assert a.strides == b.strides
    assert step.why_not is None
    return step


def of(step: Any) -> list[islands.Island]:
    found: list[islands.Island] = step._entries[0].code._islands
    return found


def test_a_chain_of_large_arrays_is_one_island() -> None:
    def fun(x: Any, y: Any) -> Any:
        t = np.tanh(x * y) + np.sqrt(x)
        return t, t * np.exp(-y) / (1 + x * x)

    step = compiled_agrees(fun, (N,), (N,))
    (island,) = of(step)
    assert len(island.statements) == len(step.programs[0].statements)
    assert len(island.results) == 2
    assert island.count < len(island.inner)
    assert step._entries[0].code.placement.size == 0  # what is between is there in pieces only


@pytest.mark.parametrize("order", ["C", "F"])
def test_pieces_follow_the_layout(order: Any) -> None:
    def fun(x: Any, y: Any) -> Any:
        return (np.exp(x * y - x),) if order == "C" else (np.exp(x * y - x).sum(),)

    step = compiled_agrees(fun, (301, 401), (301, 401), order=order)
    assert [i.rows for i in of(step)] == [False]


def test_rows_are_cut_where_something_is_broadcast() -> None:
    def fun(x: Any, row: Any, column: Any) -> Any:
        return (np.tanh((x - column) * row + row) / column,)

    (island,) = of(compiled_agrees(fun, (1001, 130), (130,), (1001, 1)))
    assert island.rows
    assert island.cut % 32 == 0  # rows of 130: so many are a multiple of 64 elements


@pytest.mark.parametrize("steps", [1, 3])  # one statement, and an island
@pytest.mark.parametrize(("columns", "size"), [(512, 512), (500, 496), (64, 8192), (16384, 8192)])
def test_what_is_broadcast_is_gone_through_row_by_row(columns: int, size: int, steps: int) -> None:
    def fun(x: Any, row: Any, column: Any) -> Any:
        y = x
        for _ in range(steps):
            y = (y - column) if steps == 1 else y * row - column
        return (np.sort(y),)

    rows = 200_000 // columns
    step = compiled_agrees(fun, (rows, columns), (columns,), (rows, 1))
    assert len(of(step)) == (steps > 1)
    code = step._entries[0].code
    sizes = [item.size for item in code._spelling.space.values() if isinstance(item, Buffer)]
    assert sizes == ([] if size == 8192 else [size])
    assert np.getbufsize() == 8192


def test_a_short_first_axis_is_not_cut() -> None:
    def fun(x: Any, row: Any) -> Any:
        return (np.tanh(x * row) + row,)

    assert not of(compiled_agrees(fun, (2, 50_021), (50_021,)))


def test_small_arrays_and_single_statements_are_no_islands() -> None:
    assert not of(compiled_agrees(lambda x: (np.tanh(x * x),), (100,)))
    assert not of(compiled_agrees(lambda x: (np.tanh(x),), (N,)))


def test_what_is_used_outside_is_there_whole() -> None:
    def fun(x: Any) -> Any:
        t = x * x
        s = np.sqrt(t) - x
        return t[::-1] + s, t.sum(), s.max()

    step = compiled_agrees(fun, (N,))
    assert {len(i.results) for i in of(step)} == {2}


def test_other_dtypes_share_the_pieces() -> None:
    def fun(x: Any) -> Any:
        large = (x > 1) & (x < 1.3)
        return (np.where(large, x, 0.0), np.add(x * large, x, dtype=np.float64), x.astype(np.float64) * 2 - 1)

    compiled_agrees(fun, (N,))


def test_writes_through_a_view_end_an_island() -> None:
    buffer = np.zeros(2 * N, np.float32)

    def fun(x: Any) -> Any:
        left, right = buffer[:N], buffer[N:]
        left += x
        right += left * 2
        whole = buffer[N // 2 : N // 2 + N]
        whole *= 0.5
        left -= whole
        return (left * 1, right * 1)

    expected = []
    for k in range(4):
        expected.append([a.copy() for a in fun(np.full(N, k, np.float32))])
    buffer[...] = 0
    step = autograd.compile(fun)
    for k in range(4):
        for a, b in zip(step(np.full(N, k, np.float32)), expected[k], strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_failed_check_finds_all_as_it_was() -> None:
    state = np.zeros(N)

    def fun(x: Any) -> Any:
        nonlocal state
        state += x * 2 - 1
        return state.sum() if x.sum() > 0 else -state.sum()

    values = [fun(x * np.ones(N)) for x in (1, 1, -1, 2, -1, 3)]
    state[...] = 0
    step = autograd.compile(fun)
    assert [step(x * np.ones(N)) for x in (1, 1, -1, 2, -1, 3)] == values


def test_gradients_of_large_arrays_agree() -> None:
    x, y = (Tensor(np.random.default_rng(k).uniform(0.5, 1.5, N), requires_grad=True) for k in (0, 1))

    def step() -> None:
        x.grad = y.grad = None
        (((x * y).tanh() + x.sqrt()) * (-y).exp() / (1 + x * x)).sum().backward()

    fast = autograd.compile(step)
    for k in range(5):
        x.data[...] = np.random.default_rng(k).uniform(0.5, 1.5, N)
        step()
        expected = [np.array(t.grad) for t in (x, y)]
        fast()
        for a, t in zip(expected, (x, y), strict=True):
            np.testing.assert_array_equal(a, t.grad)
    (entry,) = fast._entries
    assert entry.code.placement.size == 0
    assert len(entry.code._islands) == 1


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_training_agrees_in_tiny_pieces(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(islands, "LEAST", 1)
    monkeypatch.setattr(islands, "PIECE", 512)
    monkeypatch.setattr(islands, "_ROWS", 2)
    monkeypatch.setattr("autograd.program.memory.LARGE", 128)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a program that is not compiled
        expected, found = (run(name, compiled, 4)[0] for compiled in (False, True))
    for a, b in zip(expected, found, strict=True):
        assert_same(a, b)
