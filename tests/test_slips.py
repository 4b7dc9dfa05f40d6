"""A beginner's first hour: each slip is told in one line that says what to write instead, and common habits work."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor

from .slips import FINE, ROWS


def namespace() -> dict[str, Any]:
    autograd.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    data = Tensor(np.ones((2, 3), np.float32))
    return {
        "autograd": autograd, "nn": nn, "optim": optim, "F": nn.functional, "np": np, "math": math, "Tensor": Tensor,
        "net": net, "data": data, "loss": net(data).sum(), "optimizer": optim.SGD(net.parameters(), lr=0.1),
        "labels": np.array([0, 1]), "scores": Tensor(np.eye(2, 3, dtype=np.float32)),
        "w": Tensor([1.0, 2.0], requires_grad=True),
    }  # fmt: skip


@pytest.mark.parametrize(("code", "kind", "instead"), ROWS, ids=[row[0] for row in ROWS])
def test_a_slip_is_told_what_to_write(code: str, kind: type[Exception], instead: str) -> None:
    space = namespace()
    with pytest.raises(kind) as raised:
        exec(code, space)
    message = str(raised.value)
    assert instead in message
    assert "\n" not in message


@pytest.mark.parametrize("code", FINE)
def test_a_habit_that_does_what_is_expected(code: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(code, namespace())


def test_there_are_enough() -> None:
    assert len({row[0] for row in ROWS}) == len(ROWS) >= 40
