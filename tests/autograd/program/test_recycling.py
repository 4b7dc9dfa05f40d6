"""Gradients of compiled steps lie where the last ones did, unless somebody has kept any part of those."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor


def made() -> tuple[Any, Any]:
    weights = [Tensor(np.ones((3, k), np.float32), requires_grad=True) for k in (2, 200)]

    def step(x: Any) -> None:
        for w in weights:
            w.grad = None
        sum((w * w * x).sum() for w in weights).backward()

    return autograd.compile(step), weights


def gradients(weights: Any) -> list[Any]:
    return [np.array(w.grad) for w in weights]


def test_memory_is_used_again() -> None:
    step, weights = made()
    places = []
    for k in range(5):
        step(np.float32(k))
        places.append([w.grad.data.__array_interface__["data"][0] for w in weights])
        for w in weights:
            np.testing.assert_array_equal(w.grad, 2 * w.data * k)
    assert places[2] == places[3] == places[4]


KEEP: dict[str, Callable[[Any], Any]] = {
    "the Tensor": lambda w: w.grad,
    "its array": lambda w: w.grad.data,
    "a view": lambda w: w.grad.data[1:],
    "a view of a view": lambda w: w.grad.data.T[:1],
    "a detached one": lambda w: w.grad.detach(),
    "an element": lambda w: w.grad[0],
    "a buffer": lambda w: memoryview(w.grad.data),
    "a graph": lambda w: w.grad.detach().requires_grad_() * 2,
}


def value_of(item: Any) -> Any:
    return np.array(item.data if isinstance(item, Tensor) else item)


@pytest.mark.parametrize("what", KEEP)
def test_what_is_kept_stays_what_it_was(what: str) -> None:
    step, weights = made()
    kept = []
    for k in range(10):
        step(np.float32(k))
        for w in weights[:: 1 if k % 2 else -1][:1]:  # now of the one, now of the other
            item = KEEP[what](w)
            kept.append((item, value_of(item)))
        for w in weights:
            np.testing.assert_array_equal(w.grad, 2 * w.data * k)
        if k % 3 == 2:
            del kept[-2]
    for item, before in kept:
        np.testing.assert_array_equal(value_of(item), before)


def test_a_write_to_one_gradient_is_none_to_another() -> None:
    step, weights = made()
    for k in (1, 2, 3):
        step(np.float32(k))
    first, second = (w.grad for w in weights)
    second.requires_grad_()
    square = (second * second).sum()  # which keeps the second gradient
    first *= 2
    square.backward()
    np.testing.assert_array_equal(second.grad, 12 * weights[1].data)


def test_gradients_may_be_moved_between_tensors() -> None:
    step, weights = made()
    other = Tensor(np.ones((3, 2), np.float32), requires_grad=True)
    for k in range(6):
        step(np.float32(k))
        if k == 3:
            other.grad, weights[0].grad = weights[0].grad, weights[0].grad * 2
    np.testing.assert_array_equal(other.grad, 6 * weights[0].data)
    np.testing.assert_array_equal(weights[0].grad, 10 * weights[0].data)


def test_gradients_that_are_recorded_are_left_alone() -> None:
    step, weights = made()
    for k in range(4):
        step(np.float32(k))
    weights[0].grad.requires_grad_()
    step(np.float32(5))
    assert not weights[0].grad.requires_grad
    weights[0].grad.data = weights[1].data[:, :2].copy()
    step(np.float32(6))
    np.testing.assert_array_equal(weights[0].grad, 12 * weights[0].data)


def test_programs_of_one_step_take_turns() -> None:
    step, weights = made()
    kept = []
    for k in range(12):
        step(np.full((3, 1) if k % 3 else (1,), k, np.float32))
        kept.append(gradients(weights))
    for k, both in enumerate(kept):
        for w, g in zip(weights, both, strict=True):
            np.testing.assert_array_equal(g, 2 * w.data * k)
    assert len(step.programs) == 2


def test_an_error_leaves_no_half_of_a_gradient() -> None:
    step, weights = made()
    for k in range(4):
        step(np.float32(k))
    before = [w.data.copy() for w in weights]
    weights[1].data[...] = 3e38
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        step(np.float32(2))
    assert all(w.grad is None for w in weights)
    for w, value in zip(weights, before, strict=True):
        w.data[...] = value
    for k in range(3):
        step(np.float32(k))
        for w in weights:
            np.testing.assert_array_equal(w.grad, 2 * w.data * k)


def test_a_failed_check_keeps_the_last_gradients() -> None:
    w = Tensor(np.ones(50_000, np.float32), requires_grad=True)

    def step(x: Any) -> None:
        loss = (w * w * x).sum()
        if loss > 0:
            w.grad = None
            loss.backward()

    fast = autograd.compile(step)
    for x in (1.0, 2.0, 3.0, -1.0, 4.0, -2.0):
        fast(np.float32(x))
        np.testing.assert_array_equal(w.grad, 2 * w.data * (x if x > 0 else {-1.0: 3, -2.0: 4}[x]))
    assert fast.why_not is None
