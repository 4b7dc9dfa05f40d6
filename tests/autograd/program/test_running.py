"""What a program goes through before it runs: less memory, fewer passes over it, and no other bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor
from autograd.program.functions import CLIP
from autograd.program.memory import Placement
from autograd.program.passes import drop_unused, share_equal
from autograd.program.program import Program
from autograd.program.running import ask_once, free_sooner, make_once, open_functions, to_run

RNG = np.random.default_rng(0)
LARGE = RNG.standard_normal((300, 500)).astype(np.float32)


def names(program: Program) -> list[str]:
    return [statement.function.__name__ for statement in program.statements]


def network(width: int = 256, layers: int = 3) -> tuple[Any, Any]:
    """A step of a network that normalizes and has GELU between its layers."""
    rng = np.random.default_rng(1)
    parts = [(nn.LayerNorm(width), nn.Linear(width, width, rng=rng), nn.GELU("tanh")) for _ in range(layers)]
    model = nn.Sequential(*[module for part in parts for module in part], nn.Linear(width, 8, rng=rng))
    optimizer = optim.SGD(model.parameters(), lr=0.01)

    def step(x: Any, t: Any) -> Any:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), t)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return model, step


def batch(k: int, width: int = 256) -> tuple[Tensor, Tensor]:
    rng = np.random.default_rng(k)
    return Tensor(rng.standard_normal((700, width)).astype(np.float32)), Tensor(rng.integers(0, 8, 700))


def test_a_step_gives_the_engines_bits_and_takes_less_memory() -> None:
    (expected, plain), (got, step) = network(), network()
    compiled = autograd.compile(step)
    for k in range(4):
        assert plain(*batch(k)).item() == compiled(*batch(k)).item()
    assert compiled.why_not is None
    for p, q in zip(expected.parameters(), got.parameters(), strict=True):
        assert np.array_equal(p.numpy(), q.numpy())
        assert np.array_equal(p.grad.numpy(), q.grad.numpy())
    program = compiled.programs[0]
    peak = lambda program: Placement(program).peak
    assert peak(to_run(program)) < 0.85 * peak(program)


def test_the_program_that_is_read_stays_as_it_is() -> None:
    _, step = network(64)
    program = autograd.trace(step, *batch(0, 64))
    before = [(id(s), s.function, s.args, list(s.results), s.writes) for s in program.statements]
    to_run(program)
    assert before == [(id(s), s.function, s.args, list(s.results), s.writes) for s in program.statements]


@pytest.mark.parametrize("slope", [False, True])
def test_a_function_that_works_in_pieces_is_opened(slope: bool) -> None:
    fun = lambda x: nn.functional.gelu(x, approximate="tanh")
    fun = autograd.elementwise_grad(fun) if slope else fun
    program = autograd.trace(fun, LARGE)
    assert "exp" not in names(program)
    open_functions(program)
    assert "exp" in names(program)
    assert all(isinstance(s.function, np.ufunc) for s in program.statements)
    for scale in (1.0, 1e30):
        x = LARGE * np.float32(scale)
        assert np.array_equal(autograd.compile(fun)(x), fun(x))


def test_what_depends_on_values_is_not_opened() -> None:
    fun = lambda x: nn.functional.gelu(Tensor(x)).data
    program = autograd.trace(fun, LARGE)
    before = names(program)
    open_functions(program)
    assert names(program) == before


def test_floating_point_errors_are_treated_as_in_the_function() -> None:
    fun = autograd.compile(lambda x: nn.functional.gelu(x, approximate="tanh"))
    with np.errstate(all="raise", under="ignore"):
        for _ in range(3):
            assert fun(LARGE * np.float32(1e4)).max() > 1e4  # exp overflows within


def test_clipping_between_two_numbers_is_elementwise() -> None:
    program = to_run(autograd.trace(lambda x: np.clip(x, -1, 1) + x.clip(0, 2) + np.clip(x, None, 1), LARGE))
    assert [s.function is CLIP for s in program.statements].count(True) == 2
    integers = autograd.trace(lambda x: np.clip(x, -1, 1), np.arange(5))
    assert to_run(integers).statements[0].function is not CLIP


def test_a_whole_number_stays_one_where_the_function_wants_it() -> None:
    for n in (3, [1, 2, 3], np.array([1, 2, 3])):
        step = autograd.compile(lambda x, n=n: np.ldexp(x, n))
        for x in (np.ones(3), np.full(3, 0.3), np.arange(3.0)):
            np.testing.assert_array_equal(step(x), np.ldexp(x, n))


def test_what_is_written_over_is_a_value_of_its_own() -> None:
    def fun(x: Any) -> Any:
        y = x * 2
        y += 1
        y *= x
        z = x * 2
        z += 1
        return (y - np.exp(z)).sum()

    program = autograd.trace(fun, LARGE)
    assert program.written()
    make_once(program)
    assert not program.written()
    share_equal(program)
    drop_unused(program)
    assert names(program) == ["multiply", "add", "multiply", "exp", "subtract", "sum"]
    assert autograd.compile(fun)(LARGE) == fun(LARGE)


def test_what_others_see_or_what_is_cast_is_written_as_before() -> None:
    def fun(x: Any) -> Any:
        y = x * 2
        first = y[:10]
        y += 1
        z = x * 3
        z += np.float64(0.1) * np.ones_like(x, dtype=float)
        w = x * 4
        w[0] = 0
        w += 1
        return first.sum() + y.sum() + z.sum() + w.sum()

    program = autograd.trace(fun, LARGE)
    written = program.written()
    assert len(written) == 3
    make_once(program)
    assert program.written() == written
    assert autograd.compile(fun)(LARGE) == fun(LARGE)


def test_what_frees_memory_comes_before_what_takes_some() -> None:
    def fun(x: Any, w: Any) -> Any:
        h = np.exp(x)
        back = w @ w
        return back.sum(), h.sum()

    program = autograd.trace(fun, LARGE, RNG.standard_normal((400, 400)).astype(np.float32))
    assert names(program) == ["exp", "matmul", "sum", "sum"]
    free_sooner(program)
    assert names(program) == ["exp", "sum", "matmul", "sum"]


def test_nothing_is_moved_before_what_it_needs() -> None:
    def fun(x: Any, y: Any) -> Any:
        h = np.exp(x)
        g = np.ones_like(x)
        y += 1
        g += h * y
        return g.sum()

    x, y = LARGE.copy(), LARGE.copy()
    expected = fun(x, y.copy())
    compiled = autograd.compile(fun)
    for _ in range(3):
        assert compiled(x, y.copy()) == expected


def test_what_is_cheap_is_made_again_where_memory_is_highest() -> None:
    def fun(x: Any) -> Any:
        many = [np.tanh(x + k) for k in range(8)]
        cheap = [h * 2.0 for h in many]
        total = sum(np.sin(c).sum() for c in cheap)
        return total + sum((np.cos(h) * c).sum() for h, c in zip(many, cheap, strict=True))

    program = autograd.trace(fun, LARGE)
    before = Placement(program).peak
    renewed = to_run(program)
    assert names(renewed).count("multiply") > names(program).count("multiply")
    assert Placement(renewed).peak < 0.8 * before
    assert autograd.compile(fun)(LARGE) == fun(LARGE)


def test_a_product_is_made_again_where_it_is_a_small_part_of_all() -> None:
    def network() -> tuple[Any, Any]:
        rng = np.random.default_rng(2)
        model = nn.Sequential(*[m for _ in range(12) for m in (nn.Linear(128, 128, rng=rng), nn.Tanh())])
        optimizer = optim.SGD(model.parameters(), lr=0.01)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss = (model(x) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss.detach()

        return model, step

    (expected, plain), (got, step) = network(), network()
    compiled = autograd.compile(step)
    for k in range(4):
        x = Tensor(np.random.default_rng(k).standard_normal((512, 128)).astype(np.float32))
        assert plain(x).item() == compiled(x).item()
    for p, q in zip(expected.parameters(), got.parameters(), strict=True):
        assert np.array_equal(p.numpy(), q.numpy())
    program = compiled.programs[0]
    runs = to_run(program)
    more = names(runs).count("matmul") - names(program).count("matmul")
    assert 0 < more <= 4
    assert Placement(runs).peak <= Placement(program).peak - more * 512 * 128 * 4


def test_what_is_changed_meanwhile_is_not_made_again_of_that() -> None:
    def fun(x: Any, y: Any) -> Any:
        many = [np.tanh(x + k) for k in range(8)]
        cheap = [y * k for k in range(8)]
        total = sum(np.sin(c).sum() for c in cheap) + sum(np.cos(h).sum() for h in many)
        y += 1
        return total + sum((np.cos(h) * c).sum() for h, c in zip(many, cheap, strict=True))

    program = to_run(autograd.trace(fun, LARGE, LARGE.copy()))
    write = next(i for i, s in enumerate(program.statements) if s.writes)
    y = program.statements[write].writes[0]
    assert not any(y in s.values() for s in program.statements[write + 1 :])
    assert names(program).count("tanh") == 8  # which costs too much
    compiled = autograd.compile(fun)
    for _ in range(3):
        assert compiled(LARGE, LARGE.copy()) == fun(LARGE, LARGE.copy())


def test_the_gradients_of_the_traced_call_lie_where_the_next_ones_do() -> None:
    model, step = network(16, 1)
    compiled = autograd.compile(step)
    compiled(*batch(0, 16))
    compiled(*batch(1, 16))  # traced
    other, plain = network(16, 1)
    plain(*batch(0, 16)), plain(*batch(1, 16))
    traced = [p.grad for p in model.parameters()]
    for p, q in zip(model.parameters(), other.parameters(), strict=True):
        assert np.array_equal(p.grad.numpy(), q.grad.numpy())
    places = [id(g) for g in traced]
    del traced, p, q
    compiled(*batch(2, 16))
    assert [id(p.grad) for p in model.parameters()][1:] == places[
        1:
    ]  # the first one is einsum's, which is told no place
    kept = [p.grad for p in model.parameters()]
    values = [g.numpy().copy() for g in kept]
    compiled(*batch(3, 16))
    assert all(np.array_equal(g.numpy(), v) for g, v in zip(kept, values, strict=True))


def test_the_profile_names_the_line_of_what_was_opened() -> None:
    compiled = autograd.compile(lambda x: nn.functional.gelu(x, approximate="tanh"))
    profile = compiled.profile(LARGE, calls=2)
    assert any("gelu_tanh" in row.text for row in profile.rows)


@pytest.mark.parametrize("dtype", [np.int8, np.int64])
def test_a_range_is_asked_for_once(dtype: Any) -> None:
    def fun(x: Any, t: Any) -> Any:
        return nn.functional.cross_entropy(x, t)

    x, t = RNG.standard_normal((6, 5)), np.array([0, 4, 2, 1, 3, 3], dtype)
    program = to_run(autograd.trace(fun, x, t))
    reductions = lambda program: [s for s in program.statements if s.function in (np.minimum.reduce, np.maximum.reduce)]
    before = len(reductions(program))
    ask_once(program)
    assert len(reductions(program)) == before - 1
    compiled = autograd.compile(fun)
    for wrong in (5, -1, -128):
        for _ in range(3):
            assert compiled(x, t) == fun(x, t)
        with pytest.raises(IndexError, match=str(wrong)):
            compiled(x, np.array([0, 4, 2, 1, 3, wrong], dtype))
        compiled = autograd.compile(fun)
        compiled(x, t)
    every_other = np.repeat(t, 2)[::2]
    assert compiled(x, every_other) == fun(x, t)


def test_two_bounds_are_one_call_unless_zero_or_the_wrong_way_round() -> None:
    both = lambda low, high: autograd.trace(lambda x: np.minimum(np.maximum(x, low), high), LARGE)
    for low, high, found in (
        (-1.0, 2.0, [CLIP]),
        (0.0, 2.0, [np.maximum, np.minimum]),
        (2.0, 1.0, [np.maximum, np.minimum]),
    ):
        program = both(low, high)
        ask_once(program)
        assert [s.function for s in program.statements] == found
    x = np.float32([np.nan, np.inf, -np.inf, -0.0, 1.5, -3.0])
    fun = lambda x: np.minimum(np.maximum(x, -1.0), 2.0)
    assert autograd.compile(fun)(x).tobytes() == fun(x).tobytes()
