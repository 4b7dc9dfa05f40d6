"""What two rules share: made once in a backward pass, right again in the next one, and nothing of it stays."""

import gc
from weakref import ref

import numpy as np
import pytest

from autograd import Tensor, enable_grad, grad, gradgradcheck, primitive
from autograd.engine.modes import mode
from autograd.engine.once import if_made, once

CALLS = []


@once
def part(g, s):
    CALLS.append(g)
    return g * s


def scaled_product():
    """s x y, whose rules share s g."""
    return primitive(
        lambda x, y, s: s * x * y, name="scaled_product", kind="elementwise", s=None,
        x=lambda g, y, s: part(g, s) * y, y=lambda g, x, s: part(g, s) * x,
    )  # fmt: skip


F = scaled_product()


@pytest.fixture(autouse=True)
def none_before_or_after():
    CALLS.clear()
    yield
    CALLS.clear()
    assert mode.once is None


def operands():
    return Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0], requires_grad=True)


def test_it_is_made_once_for_both():
    x, y = operands()
    F(x, y, 5.0).backward(np.ones(2))
    assert len(CALLS) == 1
    np.testing.assert_array_equal(x.grad, [15, 20])
    np.testing.assert_array_equal(y.grad, [5, 10])


def test_each_node_has_its_own():
    x, y = operands()
    (F(x, y, 5.0) + F(x, y, 7.0)).backward(np.ones(2))
    assert len(CALLS) == 2
    np.testing.assert_array_equal(x.grad, [36, 48])


def test_a_gradient_that_changes_between_two_passes_is_seen():
    x, y = operands()
    z, seed = F(x, y, 5.0), np.ones(2)
    (first,) = grad(z, [x], seed, retain_graph=True)
    seed *= 10
    (second,) = grad(z, [y], seed, retain_graph=True)
    np.testing.assert_array_equal(first, [15, 20])
    np.testing.assert_array_equal(second, [50, 100])


def test_nothing_stays_where_only_one_asks():
    x, _ = operands()
    seed = np.ones(2)
    gone = ref(seed)
    gc.disable()
    try:
        F(x, np.ones(2), 5.0).backward(seed)
        CALLS.clear()
        del seed
        assert gone() is None
    finally:
        gc.enable()


def test_nothing_stays_after_an_error():
    x, _ = operands()

    def fail(g):
        assert mode.once
        raise ValueError("a hook's")

    x.register_hook(fail)
    with pytest.raises(ValueError, match="a hook's"):
        F(x, np.ones(2), 5.0).backward(np.ones(2))
    assert mode.once is None


def test_a_pass_within_a_pass_keeps_to_itself():
    x, y = operands()
    z = F(x, y, 5.0)

    def inner(g):
        with enable_grad():
            a, b = operands()
            F(a, b, 5.0).backward(np.ones(2))

    x.register_hook(inner)
    z.register_hook(inner)
    z.backward(np.ones(2))
    np.testing.assert_array_equal(y.grad, [5, 10])
    assert len(CALLS) == 3


def test_to_the_second_order():
    gradgradcheck(lambda x, y: F(x, y, 3.0), np.array([1.0, 2.0]), np.array([3.0, 4.0]))


@pytest.mark.parametrize("columns", [(), (2,)])
def test_a_system_is_solved_back_once(columns, monkeypatch):
    rng = np.random.default_rng(0)
    a = Tensor(np.eye(3) + 0.1 * rng.random((3, 3)), requires_grad=True)
    b = Tensor(rng.random((3, *columns)), requires_grad=True)
    x = np.linalg.solve(a, b)
    count, solve = [], np.linalg.solve
    monkeypatch.setattr(np.linalg, "solve", lambda *args: count.append(1) or solve(*args))
    x.backward(np.ones(x.shape))
    assert len(count) == 1
    back = solve(a.data.T, np.ones(x.shape))
    np.testing.assert_allclose(b.grad, back)
    np.testing.assert_allclose(a.grad, -np.outer(back, x.data) if not columns else -back @ x.data.T)


def test_who_can_do_without_asks_what_was_made():
    x, y = operands()
    found = []

    def of_y(g, x, s):
        found.append(if_made(part, g, s))
        return found[-1] * x

    product = primitive(lambda x, y, s: s * x * y, name="asks", s=None, x=lambda g, y, s: part(g, s) * y, y=of_y)
    product(x, y, 5.0).backward(np.ones(2))
    np.testing.assert_array_equal(found[0], [5, 5])
    np.testing.assert_array_equal(y.grad, [5, 10])
    assert if_made(part, np.ones(2), 5.0) is None


@once
def sum_part(g, s):
    return g + s


def test_what_is_shared_is_told_apart_by_function_and_by_what_it_is_given():
    """Each rule has what it asks for, though the other asked for something with the same gradient before."""
    made = primitive(
        lambda x, y, s: s * x + (s + 1) * y, name="two_scales", kind="elementwise", s=None,
        x=lambda g, s: part(g, s), y=lambda g, s: part(g, s + 1),
    )  # fmt: skip
    x, y = operands()
    made(x, y, 5.0).backward(np.ones(2))
    np.testing.assert_array_equal(x.grad, [5, 5])
    np.testing.assert_array_equal(y.grad, [6, 6])
    other = primitive(
        lambda x, y, s: s * x + y, name="two_functions", kind="elementwise", s=None,
        x=lambda g, s: part(g, s), y=lambda g, s: sum_part(g, s) - s,
    )  # fmt: skip
    x, y = operands()
    other(x, y, 5.0).backward(np.ones(2))
    np.testing.assert_array_equal(x.grad, [5, 5])
    np.testing.assert_array_equal(y.grad, [1, 1])
