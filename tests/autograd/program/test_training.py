"""Compiled training steps give what the engine gives, to the last bit, at every call with new data."""

from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor

from .training import PROGRAMS, run


def assert_same(a: Any, b: Any) -> None:
    assert type(a) is type(b)
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        for key in a:
            assert_same(a[key], b[key])
    elif isinstance(a, tuple | list):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            assert_same(x, y)
    elif isinstance(a, Tensor):
        assert a.requires_grad == b.requires_grad
        assert_same(a.data, b.data)
    elif isinstance(a, np.ndarray):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        np.testing.assert_array_equal(a, b)
    else:
        assert a == b or (a != a and b != b)


def test_an_optimizer_that_cannot_be_traced_is_the_engines() -> None:
    def train(compiled: bool) -> Any:
        autograd.manual_seed(0)
        network = nn.Linear(3, 4, bias=False)
        optimizer = optim.Muon(network.parameters(), 0.1)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            (network(x) ** 2).mean().backward()
            optimizer.step()

        called = autograd.compile(step) if compiled else step
        for k in range(4):
            called(np.random.default_rng(k).standard_normal((5, 3)).astype(np.float32))
        return network.weight.data, called

    with pytest.warns(RuntimeWarning, match="Muon computes with Python's numbers"):
        weight, step = train(compiled=True)
    np.testing.assert_array_equal(weight, train(compiled=False)[0])
    assert "Muon" in step.why_not


@pytest.mark.parametrize("name", PROGRAMS)
def test_compiled_is_the_engine(name: str) -> None:
    by_engine, _ = run(name, compiled=False)
    compiled, step = run(name, compiled=True)
    assert step.why_not is None
    assert 1 <= len(step.programs) <= 2
    for expected, got in zip(by_engine, compiled, strict=True):
        assert_same(expected, got)
