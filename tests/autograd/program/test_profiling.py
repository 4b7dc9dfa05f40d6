"""A profile says of each line of the printed program how long it takes, and leaves everything as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor
from autograd.program.compiling import Compiled
from autograd.program.native import choose
from nn import functional as F

from .native.plain import PLAIN


def training(backend: Any) -> tuple[Any, Any, Any]:
    autograd.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Dropout(0.5), nn.Linear(8, 3))
    optimizer = optim.Adam(network.parameters(), 0.1)

    def step(x: Any, t: Any) -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(network(x), t)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return Compiled(step, (), backend), network, optimizer


BATCH = Tensor(np.ones((5, 4), np.float32)), Tensor(np.array([0, 1, 2, 0, 1]))


@pytest.mark.parametrize("backend", [choose("numpy"), PLAIN], ids=["numpy", "kernels"])
def test_rows_are_about_the_printed_lines(backend: Any) -> None:
    step, _, _ = training(backend)
    profile = step.profile(*BATCH, calls=3)
    texts = "\n".join(row.text for row in profile.rows)
    assert "tanh = np.tanh(" in texts
    assert "d_network_0_weight" in texts
    assert all(row.seconds > 0 and row.bytes >= 0 for row in profile.rows)
    assert {row.how for row in profile.rows} == ({"numpy"} if backend.name == "numpy" else {"numpy", "plain"})
    assert profile.seconds >= sum(row.seconds for row in profile.rows)
    assert profile.calls == 3


def test_products_move_what_they_read_and_write() -> None:
    step = autograd.compile(lambda x, w: (x @ w) @ w)
    profile = step.profile(np.ones((2, 3)), np.ones((3, 3)), calls=2)
    assert sum(row.bytes for row in profile.rows) == 2 * (6 + 9 + 6) * 8


def test_it_is_printed_as_a_table() -> None:
    step, _, _ = training(choose("numpy"))
    profile = step.profile(*BATCH, calls=2)
    first, head, *lines = str(profile).splitlines()
    assert first.endswith("µs a call, the median of 2")
    assert head.split() == ["µs", "share", "moved", "by"]
    assert lines[-1].endswith("before and after the program")
    times = [float(line.split()[0]) for line in lines if " numpy " in line]
    assert times == sorted(times, reverse=True)
    assert "lines" in repr(profile)


def test_nothing_is_changed() -> None:
    def train(profiled: bool) -> Any:
        step, network, _ = training(choose("numpy"))
        losses = []
        for _ in range(3):
            if profiled:
                step.profile(*BATCH, calls=2)
            losses.append(step(*BATCH).item())
        return losses, [(p.data.tolist(), p.grad.data.tolist()) for p in network.parameters()]

    assert train(True) == train(False)


def test_what_the_engine_runs_has_none() -> None:
    step = autograd.compile(lambda x: np.asarray(x * 2).tolist())
    with pytest.warns(RuntimeWarning), pytest.raises(RuntimeError, match=r"profile: the engine runs .*plain array"):
        step.profile(np.ones(2))
