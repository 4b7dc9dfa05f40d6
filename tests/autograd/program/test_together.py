"""What is done alike to many small parameters is done once, and gives what the engine gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor
from nn import functional as F

OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "sgd": lambda p: optim.SGD(p, 0.1),
    "momentum": lambda p: optim.SGD(p, 0.1, momentum=0.9),
    "nesterov": lambda p: optim.SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "ascent": lambda p: optim.SGD(p, 0.01, momentum=0.9, maximize=True),
    "adam": lambda p: optim.Adam(p, 0.01, amsgrad=True),
    "adamw": lambda p: optim.AdamW(p, 0.01),
    "rmsprop": lambda p: optim.RMSprop(p, 0.01),
    "adagrad": lambda p: optim.Adagrad(p, 0.01),
    "lion": lambda p: optim.Lion(p, 0.01),
}


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(*[nn.Linear(8, 8) for _ in range(4)])
        self.scale = nn.Parameter(np.ones((), np.float32))
        self.wide = nn.Linear(8, 700)  # more elements than are laid together

    def forward(self, x: Any) -> Any:
        return self.wide(np.tanh(self.layers(x)) * self.scale)


def trained(optimizer: Callable[[Any], Any], compiled: bool, between: Callable[[Any, Any, int], None]) -> Any:
    autograd.manual_seed(0)
    net = Net()
    made = optimizer(net.parameters())

    def step(x: Any) -> Any:
        made.zero_grad()
        loss = F.mse_loss(net(x), x.sum() * np.ones((5, 700), np.float32))
        loss.backward()
        made.step()
        return loss.detach()

    run = autograd.compile(step) if compiled else step
    seen = []
    for k in range(10):
        x = Tensor(np.random.default_rng(k).standard_normal((5, 8)).astype(np.float32))
        loss = run(x)
        seen.append([np.array(loss), *[np.array(v) for p in net.parameters() for v in (p.data, p.grad)]])
        between(net, made, k)
    return seen, run


def nothing(net: Any, optimizer: Any, k: int) -> None:
    pass


def new_arrays(net: Any, optimizer: Any, k: int) -> None:
    if k == 4:
        for p in net.parameters():
            p.data = p.data * 0.5


def loaded(net: Any, optimizer: Any, k: int) -> None:
    if k == 4:
        optimizer.load_state_dict(optimizer.state_dict())
        net.load_state_dict({name: value * 0.5 for name, value in net.state_dict().items()})


def other_state(net: Any, optimizer: Any, k: int) -> None:
    if k == 4:  # of the same layout, but no longer side by side
        for state in optimizer.state.values():
            for name, value in state.items():
                if isinstance(value, np.ndarray):
                    state[name] = value.copy()


@pytest.mark.parametrize("between", [nothing, new_arrays, loaded, other_state])
@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_steps_agree(name: str, between: Any) -> None:
    expected, _ = trained(OPTIMIZERS[name], False, between)
    found, step = trained(OPTIMIZERS[name], True, between)
    assert step.why_not is None
    for k, (a, b) in enumerate(zip(expected, found, strict=True)):
        for x, y in zip(a, b, strict=True):
            np.testing.assert_array_equal(x, y, err_msg=f"call {k}")


def test_small_parameters_are_updated_together() -> None:
    _, step = trained(OPTIMIZERS["momentum"], True, nothing)
    (group,) = step._entries[0].code._together
    assert len(group.parts) == 9  # weights and biases of four layers, and the bias of the wide one
    assert sorted(group.kinds) == ["apart", "inner", "own", "state"]
    _, step = trained(OPTIMIZERS["momentum"], True, other_state)
    assert "state" in step._entries[0].code._together[0].kinds  # they are laid side by side again


def test_parameters_that_overlap_are_not_updated_together() -> None:
    memory = np.arange(12, dtype=np.float32)
    weights = [Tensor(np.zeros((2, 4), np.float32), requires_grad=True) for _ in range(2)]
    for w, start in zip(weights, (0, 4), strict=True):
        w.data = memory[start : start + 8].reshape(2, 4)
    optimizer = optim.SGD(weights, 1e-3, momentum=0.9)

    @autograd.compile
    def step() -> None:
        optimizer.zero_grad()
        (weights[0] * weights[1] * weights[1]).sum().backward()
        optimizer.step()

    for _ in range(3):
        step()
    assert not step._entries[0].code._together
