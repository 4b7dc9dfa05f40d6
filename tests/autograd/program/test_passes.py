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


def test_a_number_that_is_broadcast_is_a_number_where_the_other_operand_has_the_shape() -> None:
    (divide, multiply) = trace(lambda x, s: np.broadcast_to(s / 3, x.shape) * x, X, np.array(0.5)).statements
    assert (divide.function, multiply.function) == (np.divide, np.multiply)
    assert multiply.args[0] is divide.results[0]
    mean = autograd.grad(lambda x, s: np.absolute(x).mean() * s)
    last = trace(mean, np.ones((40, 40)), np.array(0.5)).statements[-1]
    assert last.function is np.multiply
    assert sorted(value.shape for value in last.args) == [(), (40, 40)]
    row = trace(lambda x, s: np.broadcast_to(s / 3, (2, *x.shape)) * x, X, np.array(0.5)).statements
    assert np.broadcast_to in [statement.function for statement in row]


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


def test_nothing_is_written_over_what_the_same_statement_sees_in_another_way() -> None:
    program = trace(lambda x: ((y := x * 2) + y[::-1]).sum(), X)
    multiply, _, add, _ = program.statements
    places = Placement(program).places
    assert places[multiply.results[0]] != places[add.results[0]]
    program = trace(lambda x: ((y := x * 2) + y).sum(), X)
    multiply, add, _ = program.statements
    places = Placement(program).places
    assert places[multiply.results[0]] == places[add.results[0]]


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


def _twice(x: Any) -> Any:
    a, b = x * 2, x * 2
    b[0] = 7
    return a, b


def _read_after(x: Any) -> Any:
    a, b = np.exp(x), np.exp(x)
    first = a.sum()
    b[0] = 7
    return first, b, a.max()


def _read_then_written(x: Any) -> Any:
    a = x * 2
    b = a.copy()
    c = b + 1
    a[0] = 9
    return b, c, a


def _between(x: Any) -> Any:
    a = np.exp(x)
    first = a.sum()
    a *= 2
    return first, a.sum(), a


KEPT: dict[str, Any] = {
    "a copy of an input": lambda x: x.copy(),
    "a copy of a view of an input": lambda x: x[1:].copy(),
    "a copy in another layout": lambda x: (np.copy(x * 2, order="F"), np.copy((x * 2).T), np.copy(x.T, order="C")),
    "a copy of another dtype": lambda x: [(y := (x * 2).astype(np.float32)), y.astype(np.float32), y + 1],
    "a copy that leaves beside its original": lambda x: [(y := x * 2), y.copy(), y + 1],
    "a copy of a copy": lambda x: (x * 2).copy().copy().copy() + 1,
    "a copy that is written to": _read_then_written,
    "equal results": lambda x: (x * 2, x * 2),
    "equal results, one of them written to": _twice,
    "equal values, one written to and the other one read": _read_after,
    "equal views": lambda x: ((x * 2)[1:], (x * 2)[1:]),
    "the same result twice": lambda x: [(y := x * 2), y],
    "a result and a view of it": lambda x: [(y := x * 2), y[1:], y.T],
    "an input": lambda x: (x, x * 2),
    "a view of an input": lambda x: (x[1:], x.T),
    "a number": lambda x: (x * 2).sum(),
    "a number and an array of it": lambda x: [(y := (x * 2).sum()), y.copy(), np.copy(y), y.reshape(()), y + 1],
    "a number of Python's": lambda x: float(3) * x.ndim,
    "times one": lambda x: (x * np.ones_like(x), x * np.ones(5), np.ones((4, 1)) * x),
    "times one of another shape": lambda x: (x[0] * np.ones((4, 5)), x[:1] * np.ones((4, 1))),
    "times one of another dtype": lambda x: x.astype(np.float32) * np.ones((4, 5)),
    "times minus zero": lambda x: (x * np.full(5, -0.0), x * np.array([0.0, -0.0, 0.0, -0.0, 0.0])),
    "uniform, of other functions": lambda x: (np.hypot(x, np.full(5, 2.0)), x ** np.full(5, 2.0), x - np.full(5, 2.0)),
    "constants": lambda x: (np.arange(5.0) * 2, np.arange(5.0) * 2 + x),
    "a constant that is written to": lambda x: _stored(np.zeros_like(x[0]), x),
    "of a shape": lambda x: (np.ones_like(x.T), np.zeros_like(x[:, ::2]), np.full_like(x, 3, dtype=int)),
    "sums before and after a write": _between,
    "an unused write": lambda x: _stored(x * 2, x)[1:],
    "the same number by other ways": lambda x: (x + 1, x + 1.0, x + np.float32(1), x + True),
    "slices alike and unlike": lambda x: (x[0:2] + 1, x[:2] + 1, x[0:2:1] + 1, x[-4:2] + 1, x[(0, 1), :] + 1),
    "numbers to functions of the engine": lambda x: [
        (y := x.sum()),
        autograd.softplus(np.copy(y)),
        autograd.softplus(y),
        np.copy(y) * 2,
        autograd.erf(y.copy()),
    ],
    "an array of a number, and views of it": lambda x: [(y := np.copy(x.sum())), y.reshape(-1), y[None, None]],
    "views of an array of a number": lambda x: [(y := np.copy(x.max()))[None], y.reshape(1, 1)],
    "numbers of an array": lambda x: (x[0, 0].copy(), np.copy(x[0, 0]), x[0, 0] + 0, x[0, 0, ...].copy() * 1),
    "a view of a copy": lambda x: _late(x, lambda a: a.copy()),
    "a view of an equal value": lambda x: _late(x, lambda a: np.exp(x)),
    "a view of what is times one": lambda x: _late(x, lambda a: a * np.ones_like(x)),
    "times one, into an array": lambda x: _into(np.multiply, np.ones_like(x), x),
    "a number of a constant, into an array": lambda x: _into(np.add, x, np.full_like(x, 2.0)),
    "a sum of what is an array of one": lambda x: (
        np.broadcast_to(x[0, :1], x.shape) * x,
        np.broadcast_to(x[0], x.shape) * x,
    ),
    "what is written to after it was broadcast": lambda x: _broadcast(x),
    "a copy of an input that is used before and after": lambda x: (np.exp(x), (y := x.copy()), np.tanh(y) + x, y.T),
    "other axes": lambda x: (x.sum(0), x.sum(axis=0), x.sum(1), x.sum(0, keepdims=True)),
}


def _late(x: Any, again: Any) -> Any:
    """What is seen last of an array that is there in another's place, while others come and go."""
    a = np.exp(x)
    view = again(a)[1:]
    for k in range(4):
        x = np.tanh(x * k) + np.sin(x)
    return view * 2, x, (view + x[1:]).sum()


def _into(function: Any, a: Any, b: Any) -> Any:
    made = np.zeros_like(a)
    function(a, b, made)
    return made, made * 2


def _broadcast(x: Any) -> Any:
    number = np.copy(x[0, 0, ...]) + x[0]
    many = np.broadcast_to(number, x.shape)
    first = many * x
    number += 1
    return first, many * x


def _stored(made: Any, x: Any) -> Any:
    made[..., 0] = x[0, 0]
    return made


@pytest.mark.parametrize("name", KEPT)
def test_results_are_what_they_are_and_share_what_they_share(name: str) -> None:
    """Values, types, layouts, and whose memory is whose, at every call; and a result stays when the next one comes."""
    fun = KEPT[name]
    called = autograd.compile(fun)
    kept = []
    for k in range(4):
        x = np.random.default_rng(k).standard_normal((4, 5))
        expected, found = fun(x.copy()), called(x)
        again = fun(x)
        expected, found, again = (r if isinstance(r, tuple | list) else (r,) for r in (expected, found, again))
        for a, b in zip(expected, found, strict=True):
            assert type(a) is type(b)
            np.testing.assert_array_equal(b, a)
            if isinstance(a, np.ndarray):
                assert (a.dtype, a.shape, np.signbit(a).tolist()) == (b.dtype, b.shape, np.signbit(b).tolist())
                assert (a.flags.c_contiguous, a.flags.f_contiguous) == (b.flags.c_contiguous, b.flags.f_contiguous)
        shares = [
            [isinstance(a, np.ndarray) and np.shares_memory(a, b) for a in got for b in (x, *got)]
            for got in (again, found)
        ]
        assert shares[0] == shares[1]
        kept.append((found, [np.array(part) for part in found]))
    assert called.why_not is None
    for found, values in kept:
        for part, value in zip(found, values, strict=True):
            np.testing.assert_array_equal(part, value)


def test_checks_stay_behind_what_they_depend_on() -> None:
    """On a draw, and on an array that has been written to; what another value is computed from comes with it."""

    def fun(x: Any) -> Any:
        y = x * 2
        y[0] = autograd.generator().random(5)
        z = x + 1
        if z.sum() > 0 and y[0].max() < 2:
            return y
        return -y

    program = trace(fun, np.ones((4, 5)))
    order = [s.kind if s.kind != "call" else s.function.__name__ for s in program.statements]
    assert [order.index(name) for name in ("add", "sum", "guard")] < [order.index("draw")] * 3
    assert order.count("guard") == 2
    last = len(order) - 1 - order[::-1].index("guard")
    assert last > order.index("draw")
    assert last > order.index("max")


SHARED: dict[str, tuple[Any, str, int]] = {  # a function, and how often another one is computed within it
    "with a number": (lambda x: np.exp(x * 2.0).sum() + np.exp(x * 2.0).max(), "exp", 1),
    "with numbers of two kinds": (lambda x: np.exp(x * 2.0).sum() + np.exp(x * 2).max(), "multiply", 2),
    "with zeros of two signs": (lambda x: np.exp(x * 0.0).sum() + np.exp(x * -0.0).max(), "exp", 2),
    "along an axis": (lambda x: np.exp(x).sum(axis=0) * np.exp(x).sum(axis=0), "exp", 1),
    "along two axes": (lambda x: x[:, :4].sum(axis=0) * x[:, :4].sum(axis=1), "sum", 2),
    "of parts": (lambda x: np.exp(x[1:, ::2]).sum() * np.exp(x[1:, ::2]).max(), "exp", 1),
    "reshaped": (lambda x: np.exp(x.reshape(5, 4)).sum() * np.exp(x.reshape(5, 4)).max(), "exp", 1),
    "turned": (lambda x: np.exp(x.T).sum() * np.exp(x.T).max() * np.exp(x.swapaxes(0, 1)).min(), "exp", 2),
    "of other parts": (lambda x: np.exp(x[1:, ::2]).sum() * np.exp(x[1:, 1::2]).max(), "exp", 2),
    "joined": (lambda x: np.exp(np.stack([x, x])).sum() * np.exp(np.stack([x, x])).max(), "exp", 1),
    "a cast": (lambda x: (x.astype("f4") + x.astype("f4")).sum(), "astype", 1),
    "a cast, as factors": (lambda x: x.astype("f4") @ x.astype("f4").T, "astype", 2),
    "a cast, as factors by einsum": (lambda x: np.einsum("ij,kj->ik", x.astype("f4"), x.astype("f4")), "astype", 2),
    "a cast, each a factor of something": (lambda x: (x.astype("f4") @ np.ones((5, 2), "f4")) + (
        x.astype("f4") @ np.ones((5, 2), "f4")), "astype", 1),
}  # fmt: skip


@pytest.mark.parametrize("name", SHARED)
def test_what_is_computed_twice_is_computed_once(name: str) -> None:
    fun, what, times = SHARED[name]
    assert names(trace(fun, X)).count(what) == times


def test_what_is_put_elsewhere_is_put_there_after_the_passes() -> None:
    """In the place of a copy that is dropped its original; and nothing, where nothing is put."""
    kept = autograd.Tensor(np.zeros((4, 5)))
    other = autograd.Tensor(np.zeros(1), requires_grad=True)

    @autograd.compile
    def step(x: Any) -> Any:
        y = (x * 2).copy()
        kept.data = y
        other.grad = None
        return (y.copy() + 1) * np.ones_like(y)

    for k in range(4):
        other.grad = np.ones(1)
        np.testing.assert_array_equal(step(X + k), (X + k) * 2 + 1)
        np.testing.assert_array_equal(kept.data, (X + k) * 2)
        assert other.grad is None
    assert step.why_not is None


def test_a_number_of_python_s_that_is_broadcast_is_an_array_of_its_dtype() -> None:
    function = lambda x, s: np.broadcast_to(s, x.shape) * x
    compiled = autograd.compile(function)
    for s in (1.5, 2.5, 3.5):
        x = X.astype(np.float32)
        expected, found = function(x, s), compiled(x, s)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
    assert compiled.why_not is None


def test_the_passes_are_named() -> None:
    assert trace(np.exp, X).passes == [change.__name__ for change in PASSES]
