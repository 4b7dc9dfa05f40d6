"""Tensors that stand in objects, in dicts and as gradients: those of the call are read, given back and replaced."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import autograd
import optim
from autograd import Tensor

from .test_training import assert_same

Step = Callable[[Any], Any]


def hidden() -> tuple[Step, Any]:
    """A state that is replaced at each call."""
    s = SimpleNamespace(h=Tensor(np.ones(3)))

    def step(x: Any) -> Any:
        s.h = (s.h * 0.5 + x).detach()
        return s.h

    return step, s


def hidden_before() -> tuple[Step, Any]:
    s = SimpleNamespace(h=Tensor(np.ones(3)))

    def step(x: Any) -> Any:
        old = s.h
        s.h = (s.h * 0.5 + x).detach()
        return old, s.h

    return step, s


def in_a_list() -> tuple[Step, Any]:
    s = SimpleNamespace(past=[Tensor(np.ones(3)), Tensor(np.zeros(3))])

    def step(x: Any) -> Any:
        old = s.past[0]
        s.past[0] = (s.past[1] * 0.5 + x).detach()
        s.past[1] = (s.past[0] * 2 + old).detach()
        return old, s.past[0], s.past[1]

    return step, s


def written_and_replaced() -> tuple[Step, Any]:
    s = SimpleNamespace(h=Tensor(np.ones(3)))

    def step(x: Any) -> Any:
        old = s.h
        old.data[...] += x
        s.h = (old * 2).detach()
        return old, s.h

    return step, s


def toggled() -> tuple[Step, Any]:
    s = SimpleNamespace(a=Tensor(np.ones(3)), b=Tensor(np.zeros(3)))
    s.now = s.a

    def step(x: Any) -> Any:
        y = s.now + x
        s.now = s.b if s.now is s.a else s.a
        return y

    return step, s


def passed_on() -> tuple[Step, Any]:
    """What was the state becomes the one before it."""
    s = SimpleNamespace(h=Tensor(np.ones(3)))
    s.before = s.h

    def step(x: Any) -> Any:
        s.before = s.h
        s.h = (s.h * 0.5 + x).detach()
        return s.h - s.before

    return step, s


def twice() -> tuple[Step, Any]:
    """A state that stands in two places, and is replaced in one."""
    s = SimpleNamespace(h=Tensor(np.ones(3)))
    s.first = s.h

    def step(x: Any) -> Any:
        s.h = (s.h * 0.5 + x).detach()
        return s.h - s.first

    return step, s


def gradient() -> tuple[Step, Any]:
    w = Tensor(np.ones(3), requires_grad=True)

    def step(x: Any) -> Any:
        return w.grad

    return step, w


def gradient_before() -> tuple[Step, Any]:
    w = Tensor(np.ones(3), requires_grad=True)

    def step(x: Any) -> Any:
        old, w.grad = w.grad, None
        (w * x).sum().backward()
        return old, w.grad

    return step, w


def gradient_added_to() -> tuple[Step, Any]:
    w = Tensor(np.ones(3), requires_grad=True)

    def step(x: Any) -> Any:
        (w * x).sum().backward()
        return w.grad

    return step, w


def gradient_zeroed() -> tuple[Step, Any]:
    w = Tensor(np.ones(3), requires_grad=True)
    optimizer = optim.SGD([w], 0.1)

    def step(x: Any) -> Any:
        optimizer.zero_grad(set_to_none=False)
        (w * x).sum().backward()
        optimizer.step()
        return w.grad

    return step, w


def traced(make: Any, compiled: bool, between: Any) -> Any:
    step, holder = make()
    function = autograd.compile(step) if compiled else step
    seen = []
    for k in range(8):
        between(k, holder)
        made = function(np.arange(3.0) + k)
        state = vars(holder) if isinstance(holder, SimpleNamespace) else {}
        parts = made if isinstance(made, tuple) else (made,)
        seen.append([part if part is None else part.data.copy() for part in parts])
        seen.append([v.data.copy() for v in state.values() if isinstance(v, Tensor)])
    return seen, getattr(function, "why_not", None)


def nothing(k: int, holder: Any) -> None:
    pass


def another(k: int, holder: Any) -> None:
    """Put others in their places now and then."""
    if k in (3, 5):
        if isinstance(holder, Tensor):
            holder.grad = Tensor(np.full(3, float(k)))
        elif hasattr(holder, "h"):
            holder.h = Tensor(np.full(3, float(k)))
        elif hasattr(holder, "past"):
            holder.past[1] = Tensor(np.full(3, float(k)))


PROGRAMS = [
    hidden, hidden_before, in_a_list, written_and_replaced, gradient, gradient_before, gradient_added_to,
    gradient_zeroed,
]  # fmt: skip


@pytest.mark.parametrize("between", [nothing, another])
@pytest.mark.parametrize("make", PROGRAMS)
def test_what_stands_there_is_that_of_the_call(make: Any, between: Any) -> None:
    made, why_not = traced(make, True, between)
    assert why_not is None
    assert_same(made, traced(make, False, between)[0])


@pytest.mark.parametrize("make", [toggled, passed_on, twice])
def test_what_a_program_does_not_move_is_the_engines(make: Any) -> None:
    with pytest.warns(RuntimeWarning, match=r"is set to another (object|Tensor)"):
        made, _ = traced(make, True, nothing)
    assert_same(made, traced(make, False, nothing)[0])


def test_what_is_returned_is_what_stands_there() -> None:
    step, s = hidden()
    step = autograd.compile(step)
    for k in range(4):
        assert step(np.arange(3.0) + k) is s.h
