"""What a call has changed is put back: a trace takes no step."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor
from autograd.program.places import Surroundings
from autograd.program.signature import difference, signature
from autograd.program.snapshot import unchanged


def test_all_that_a_call_may_change_is_put_back() -> None:
    weight = nn.Parameter(np.array([1.0, 2.0]))
    other = Tensor([3.0], requires_grad=True)
    optimizer = optim.SGD([weight], lr=0.5, momentum=0.9)
    scheduler = optim.lr_scheduler.StepLR(optimizer, 1)
    table, count = np.arange(3.0), SimpleNamespace(n=1)
    rng = np.random.default_rng(3)
    argument, array = Tensor([1.0]), np.zeros(2)
    frozen = np.ones(2)
    frozen.flags.writeable = False

    def step(x: Any, a: Any) -> Any:
        return weight, other, optimizer, scheduler, table, count.n, rng, frozen

    (weight * weight).sum().backward()
    optimizer.step()
    gradient = weight.grad
    assert gradient is not None
    around = Surroundings(step)
    data = weight.data
    kept = {**optimizer.state[weight]}
    before = (data.copy(), gradient.data.copy(), {k: np.array(v) for k, v in kept.items()}, rng.bit_generator.state)
    default = autograd.generator()
    drawn = default.bit_generator.state

    def call() -> None:
        gradient.data[...] = 7
        optimizer.step()
        scheduler.step()
        optimizer.state[weight]["another"] = np.zeros(2)
        optimizer.state[other]["momentum_buffer"] = np.ones(1)
        optimizer.param_groups[0]["lr"] = 9.0
        weight.data = np.zeros(2)
        weight.grad = None
        other.grad = Tensor([1.0])
        other.requires_grad_(False)
        table[0] = 8
        count.n = 5
        rng.random(4)
        autograd.generator().random(2)
        autograd.manual_seed(11)
        argument.data[...] = 4
        array[1] = 6
        raise KeyError("of the call")

    with pytest.raises(KeyError, match="of the call"), unchanged(around, (argument,), {"a": array}):
        call()
    assert weight.data is data
    assert weight.grad is gradient
    np.testing.assert_array_equal(data, before[0])
    np.testing.assert_array_equal(gradient.data, before[1])
    assert list(optimizer.state) == [weight]
    assert optimizer.state[weight].keys() == kept.keys()
    for name, value in optimizer.state[weight].items():
        assert value is kept[name]
        np.testing.assert_array_equal(value, before[2][name])
    assert optimizer.param_groups[0]["lr"] == 0.5
    assert scheduler.get_last_lr() == [0.5]
    assert scheduler.last_epoch == 0
    assert other.grad is None
    assert other.requires_grad
    assert (table[0], count.n) == (0, 1)
    assert rng.bit_generator.state == before[3]
    assert autograd.generator() is default
    assert default.bit_generator.state == drawn
    assert (argument.item(), array[1]) == (1, 0)


def test_state_that_was_not_there_before_begins_anew() -> None:
    """In the arrays that a program's text writes to."""
    weight = nn.Parameter(np.array([1.0, 2.0]))
    optimizer = optim.Adagrad([weight], lr=0.5, initial_accumulator_value=0.25)
    weight.grad = Tensor([1.0, 1.0])
    optimizer.state.clear()
    made = {}
    with unchanged(Surroundings(lambda: (optimizer, weight)), (), {}):
        optimizer.step()
        made = {**optimizer.state[weight]}
        assert (made["sum"] == 1.25).all()
    assert not optimizer.state
    assert (made["sum"] == 0.25).all()


LATER: dict[str, tuple[Any, Any, str]] = {  # what a call has instead of (np.zeros((2, 3)), n=1), and what is said of it
    "shape": ((np.zeros((3, 3)),), {"n": 1}, "argument 0 is float64 (3, 3) (24, 8), and was float64 (2, 3) (24, 8)"),
    "layout": ((np.zeros((3, 2)).T,), {"n": 1}, "argument 0 is float64 (2, 3) (8, 16), and was float64 (2, 3) (24, 8)"),
    "dtype": (
        (np.zeros((2, 3), "f"),), {"n": 1}, "argument 0 is float32 (2, 3) (12, 4), and was float64 (2, 3) (24, 8)"
    ),
    "a keyword": ((np.zeros((2, 3)),), {"n": 2}, "argument n is 2, and was 1"),
    "a keyword more": ((np.zeros((2, 3)),), {"n": 1, "m": "x"}, "argument m is 'x', and was not there"),
    "a float": ((np.zeros((2, 3)),), {"n": 1.5}, "argument n is a float, and was 1"),
    "a list": (([1, 2],), {"n": 1}, "argument 0, leaf 0 is 1, and was not there"),
    "a Tensor": (
        (Tensor(np.zeros((2, 3))),), {"n": 1},
        "argument 0 is a Tensor float64 (2, 3) (24, 8), and was float64 (2, 3) (24, 8)",
    ),
    "one that requires a gradient": (
        (Tensor(np.zeros((2, 3)), requires_grad=True),), {"n": 1},
        "argument 0 is a Tensor float64 (2, 3) (24, 8), which requires a gradient, and was float64 (2, 3) (24, 8)",
    ),
    "nothing": ((np.zeros((2, 3)),), {"n": 1}, "something that it uses is another object"),
}  # fmt: skip


@pytest.mark.parametrize("name", LATER)
def test_what_is_different_is_said(name: str) -> None:
    args, kwargs, said = LATER[name]
    around = Surroundings(lambda x, n: x)
    before = signature((np.zeros((2, 3)),), {"n": 1}, around)
    assert difference(before, signature(args, kwargs, around)) == said


def test_what_is_different_outside_is_said() -> None:
    w = Tensor([1.0, 2.0], requires_grad=True)
    state = SimpleNamespace(n=1, text="a")

    def fun() -> Any:
        w.grad = None
        return w * state.n, state.text

    around = Surroundings(fun)
    before = signature((), {}, around)
    with autograd.no_grad():
        assert difference(before, signature((), {}, around)) == "recording is off, and was on"
    w.grad = Tensor([2.0, 1.0])
    assert difference(before, signature((), {}, around)) == "w.grad is there, and was None"
    w.grad = None
    state.n = 2
    assert difference(before, signature((), {}, Surroundings(fun))) == "state.n is 2, and was 1"
    state.n = 1
    w.data = np.zeros(4)[::2]
    assert difference(before, signature((), {}, Surroundings(fun))) == (
        "w (its array) is a Tensor float64 (2,) (16,), which requires a gradient, "
        "and was a Tensor float64 (2,) (8,), which requires a gradient"
    )
