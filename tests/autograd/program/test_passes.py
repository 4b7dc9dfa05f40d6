"""Each pass does what it says, and changes no bit of what is computed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
from autograd.program.code_numpy import Code
from autograd.program.memory import Block, Placement
from autograd.program.passes import PASSES

trace = autograd.trace
X = np.random.default_rng(0).standard_normal((4, 5))


def names(program: Any) -> list[str]:
    return [statement.function.__name__ for statement in program.statements]


def test_what_is_not_used_is_dropped() -> None:
    def fun(x: Any) -> Any:
        _ = np.exp(x) * 3
        return x + 1

    assert names(trace(fun, X)) == ["add"]


def test_writes_that_can_be_seen_are_kept() -> None:
    def fun(x: Any) -> Any:
        x[0] = 1
        y = x * 2
        y[1] = 3
        z = x * 4
        z[1] = 5
        return y

    assert names(trace(fun, X.copy())) == ["setitem", "multiply", "setitem"]


def test_equal_statements_are_shared_unless_something_was_written_between() -> None:
    def fun(x: Any) -> Any:
        a = np.exp(x).sum()
        b = np.exp(x).sum()
        x += 1
        return a + b, np.exp(x).sum()

    assert names(trace(fun, X.copy())).count("exp") == 2
    program = trace(lambda x: (np.exp(x) * 0.0, np.exp(x) * -0.0), X)
    assert names(program) == ["exp", "multiply", "multiply"]


def test_random_numbers_are_not_shared() -> None:
    draw = lambda x: x + autograd.generator().random(3) - autograd.generator().random(3)
    assert names(trace(draw, np.zeros(3))).count("random") == 2


def test_constants_are_folded() -> None:
    program = trace(lambda x: x * (np.ones_like(x) * 3 + np.arange(5.0)), X)
    assert names(program) == ["multiply"]
    assert program.constants()[0].array[0, 1] == 4


def test_a_result_that_is_constant_is_made_anew() -> None:
    f = autograd.compile(lambda x: np.ones_like(x))
    first = f(X)
    first[...] = 7
    assert (f(X) == 1).all()
    assert f(X) is not f(X)


def test_a_uniform_constant_is_a_number_and_one_is_none() -> None:
    program = trace(lambda x: (x * np.ones_like(x)) / np.full_like(x, 2.0), X)
    (divide,) = program.statements
    assert divide.function is np.divide
    assert divide.args[1].shape == ()


def test_copies_of_what_nobody_changes_are_dropped() -> None:
    assert names(trace(lambda x: (x * 2).copy() + 1, X)) == ["multiply", "add"]

    def fun(x: Any) -> Any:
        y = x * 2
        z = y.copy()
        y += 1
        return y, z

    assert names(trace(fun, X)) == ["multiply", "copy", "add"]


def test_checks_come_first() -> None:
    def fun(x: Any, t: Any) -> Any:
        y = x + autograd.generator().random(5)
        return y if t.max() < 3 else -y

    program = trace(fun, X, np.array([0, 1]))
    kinds = [s.kind for s in program.statements]
    assert kinds.index("guard") < kinds.index("draw")


FUNCTIONS = {
    "chain": lambda x: np.tanh(np.exp(x) * 2 - x) / (1 + x * x),
    "views": lambda x: (x.T.reshape(-1)[3:9] * 2).reshape(2, 3) @ x[:3, :2],
    "in place": lambda x: _in_place(x),
    "reductions": lambda x: (x.sum(0) - x.mean(), x.max(axis=1, keepdims=True) * x, np.add.reduce(x, axis=None)),
    "joins": lambda x: np.concatenate([x, x * 2], axis=1)[:, ::2],
    "layouts": lambda x: (x.T * 2) + (x.T.copy() * 3) + np.copy(x, order="F").T,
}


def _in_place(x: Any) -> Any:
    y = x * 2
    part = y[1:]
    part *= 3
    y[0] = part[0] + 1
    z = y.T
    z -= 1
    return y, part


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_prefix_of_the_passes_gives_the_same(name: str) -> None:
    fun = FUNCTIONS[name]
    inputs = [np.random.default_rng(k).standard_normal((4, 5)) for k in range(4)]
    expected = [fun(x) for x in inputs]
    for n in range(len(PASSES) + 1):
        program = _traced(fun, n)
        code = Code(program)
        for x, wanted in zip(inputs, expected, strict=True):
            got = code.run(x)
            wanted = wanted if isinstance(wanted, tuple) else (wanted,)
            outgoing = program.outgoing()
            for value, part in zip(program.results, wanted, strict=True):
                np.testing.assert_array_equal(got[outgoing.index(value)], part)


def _traced(fun: Any, n: int) -> Any:
    from autograd.program.capture import Capture
    from autograd.program.places import Surroundings

    program = Capture(fun, (X,), {}, Surroundings(fun), strict=True).program
    for change in PASSES[:n]:
        change(program)
    return program


def test_memory_is_lent_once_at_a_time() -> None:
    rng = np.random.default_rng(0)
    block, held = Block(), {}
    for _ in range(500):
        if held and rng.random() < 0.5:
            start = list(held)[int(rng.integers(len(held)))]
            block.give(start, held.pop(start))
        else:
            size = int(rng.integers(1, 20)) * 64
            start = block.lend(size)
            assert all(start + size <= other or other + length <= start for other, length in held.items())
            held[start] = size
    for start, size in list(held.items()):
        block.give(start, size)
    assert block.free == [(0, block.top)]


def test_a_long_chain_needs_the_memory_of_a_short_one() -> None:
    def chain(n: int) -> Any:
        def fun(x: Any) -> Any:
            for _ in range(n):
                x = np.tanh(x) * 2
            return x.sum()

        return fun

    assert Placement(trace(chain(50), X)).size == Placement(trace(chain(2), X)).size


@pytest.mark.parametrize("size", [3, 128])
@pytest.mark.parametrize("multiply", [np.matmul, np.dot, np.inner])
def test_what_is_multiplied_by_its_equal_is_not_multiplied_by_itself(multiply: Any, size: int) -> None:
    """The product of an array and itself is rounded otherwise than that of two equal ones."""

    def f(x: Any) -> Any:
        a, b = x.astype(np.float32), x.astype(np.float32)
        return multiply(a, b if multiply is np.inner else b.T), multiply(np.copy(a), a if multiply is np.inner else a.T)

    called = autograd.compile(f)
    for k in range(3):
        x = np.random.default_rng(k).normal(size=(size, size))
        for made, expected in zip(called(x), f(x), strict=True):
            np.testing.assert_array_equal(made, expected)
    assert called.why_not is None
