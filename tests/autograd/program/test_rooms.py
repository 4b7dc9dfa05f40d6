"""What functions need on the way to their results lies in the program's own block, and no value changes by it."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor
from nn import functional as F


def _network(kind: str) -> nn.Module:
    rng = autograd.manual_seed(3)
    if kind == "convolutions":
        return nn.Sequential(
            nn.Conv2d(3, 20, 3, padding=1, rng=rng), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(20, 8, 5, rng=rng),
            nn.ReLU(), nn.Flatten(), nn.Linear(8 * 16, 5, rng=rng),
        )  # fmt: skip
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 256, 300, rng=rng), nn.Softmax(-1), nn.Linear(300, 5, rng=rng))


def _step(network: nn.Module) -> Callable[..., Any]:
    optimizer = optim.SGD(network.parameters(), lr=0.1, momentum=0.9)

    def step(x: Any, t: Any) -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(network(x), t)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


@pytest.mark.parametrize("kind", ["convolutions", "softmax"])
def test_training_agrees_to_the_last_bit(kind: str) -> None:
    plain, compiled = _network(kind), _network(kind)
    eager, fast = _step(plain), autograd.compile(_step(compiled))
    rng = np.random.default_rng(0)
    for k in range(5):
        scale = 1000.0 if k == 3 else 1.0  # so that functions take another way
        x, t = (
            Tensor((scale * rng.standard_normal((128, 3, 16, 16))).astype(np.float32)),
            Tensor(rng.integers(0, 5, 128)),
        )
        np.testing.assert_array_equal(fast(x, t).data, eager(x, t).data)
        for name, value in plain.state_dict().items():
            np.testing.assert_array_equal(compiled.state_dict()[name], value)
    assert fast.why_not is None


def test_a_convolutions_windows_lie_in_the_block() -> None:
    fast = autograd.compile(_step(_network("convolutions")))
    rng = np.random.default_rng(0)
    x, t = Tensor(rng.standard_normal((128, 3, 16, 16)).astype(np.float32)), Tensor(rng.integers(0, 5, 128))
    for _ in range(3):
        fast(x, t)
    assert any(s.needs is not None for s in fast.programs[0].statements)
    tracemalloc.start()
    fast(x, t)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < x.data.nbytes  # the windows of the first convolution alone are three times that


def test_a_result_is_not_changed_by_the_next_call() -> None:
    fast = autograd.compile(lambda x, w: F.conv2d(x, w, padding=1))
    rng = np.random.default_rng(0)
    inputs = [rng.standard_normal((16, 4, 12, 12)) for _ in range(4)]
    w = rng.standard_normal((8, 4, 3, 3))
    results = [fast(x, w) for x in inputs]
    for x, result in zip(inputs, results, strict=True):
        np.testing.assert_array_equal(np.asarray(result), np.asarray(F.conv2d(x, w, padding=1)))


def test_what_functions_need_is_counted() -> None:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((16, 4, 12, 12)), rng.standard_normal((8, 4, 3, 3))
    program = autograd.trace(lambda x, w: F.conv2d(x, w, padding=1), x, w)
    assert program.cost.peak >= 3 * x.nbytes + 2 * x.nbytes
