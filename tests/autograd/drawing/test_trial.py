"""To draw a function or module changes nothing of it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, draw

X = np.random.default_rng(0).normal(3, 2, (4, 2)).astype(np.float32)


def network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Dropout(0.5))


class Trainer:
    def __init__(self, net: nn.Module) -> None:
        self.net = net

    def loss(self, x: Any) -> Any:
        return self.net(x).sum()


def through_a_closure(net: nn.Module) -> Any:
    return draw(lambda x: net(x) * 2, X)


CALLS: dict[str, Callable[[nn.Module], Any]] = {
    "itself": lambda net: draw(net, X),
    "closure": through_a_closure,
    "partial": lambda net: draw(functools.partial(lambda module, x: module(x), net), X),
    "method": lambda net: draw(Trainer(net).loss, X),
    "argument": lambda net: draw(lambda module, x: module(x), net, X),
    "gradients": lambda net: draw(net, X, gradients=True, show=("value",)),
}


@pytest.mark.parametrize("how", CALLS)
def test_buffers_modes_and_random_numbers_stay(how: str) -> None:
    net = network().train()
    autograd.manual_seed(3)
    np.random.seed(4)
    before = {name: np.array(value) for name, value in net.state_dict().items()}
    arrays = [buffer.data for buffer in net.buffers()]
    drawn = CALLS[how](net)
    assert len(drawn.graph.boxes) > 3
    for name, value in net.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    assert all(buffer.data is array for buffer, array in zip(net.buffers(), arrays, strict=True))
    assert all(module.training for module in net.modules())
    assert all(parameter.grad is None for parameter in net.parameters())
    drew = autograd.random.generator().random(), np.random.random()
    autograd.manual_seed(3)
    np.random.seed(4)
    assert drew == (autograd.random.generator().random(), np.random.random())


def test_the_check_can_fail() -> None:
    net = network().train()
    net(X)
    assert np.any(net[1].running_mean.data != 0)


def test_a_function_that_raises_leaves_all_as_it_was() -> None:
    net = network().train()

    def fails(x: Any) -> Any:
        net(x)
        net.eval()
        raise KeyError("no")

    with pytest.raises(KeyError):
        draw(fails, X)
    assert net.training
    assert np.all(net[1].running_mean.data == 0)


def test_a_generator_of_its_own_stays() -> None:
    rng = np.random.default_rng(5)
    before = rng.bit_generator.state
    draw(lambda x: nn.functional.dropout(x, rng=rng), Tensor(X, requires_grad=True))
    assert rng.bit_generator.state == before


def test_buffers_keep_their_names_in_the_picture() -> None:
    net = network().eval()
    assert "1.running_mean" in draw(net, X).text()
    loss = net(X).sum()
    draw(net.train(), X)
    loss.backward()  # what it needs of the statistics was not written to
