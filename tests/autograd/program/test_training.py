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


def test_an_update_that_is_not_traced_is_undone_where_a_check_fails() -> None:
    def train(compiled: bool) -> Any:
        autograd.manual_seed(0)
        network = nn.Linear(3, 4, bias=False)
        optimizer = optim.Muon(network.parameters(), 0.1)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss = (network(x) ** 2).mean()
            loss.backward()
            optimizer.step()
            after = ((network(x) ** 2).mean() * x[0, 0]).item()  # known once the weight is another one
            return "more" if after > 0 else "less"

        called = autograd.compile(step) if compiled else step
        seen = []
        for k in range(10):
            word = called(np.random.default_rng(k).standard_normal((5, 3)).astype(np.float32))
            seen.append((word, network.weight.data.copy(), optimizer.state[network.weight]["momentum_buffer"].copy()))
        return seen, called

    seen, step = train(compiled=True)
    expected, _ = train(compiled=False)
    assert {word for word, *_ in expected} == {"more", "less"}
    assert step.why_not is None
    assert len(step.programs) == 2
    assert_same(seen, expected)


def test_a_printed_program_says_that_it_lacks_an_update() -> None:
    network = nn.Linear(3, 4, bias=False)
    optimizer = optim.Muon(network.parameters(), 0.1)

    def step(x: Any) -> None:
        optimizer.zero_grad()
        (network(x) ** 2).mean().backward()
        optimizer.step()

    x = np.ones((5, 3), np.float32)
    step(x)
    program = autograd.trace(step, x)
    space: dict[str, Any] = {}
    exec(program.source, space)
    with pytest.raises(RuntimeError, match="cannot take this optimizer's step"):
        space["step"](x, **program.arrays)


@pytest.mark.parametrize("name", PROGRAMS)
def test_compiled_is_the_engine(name: str) -> None:
    by_engine, _ = run(name, compiled=False)
    compiled, step = run(name, compiled=True)
    assert step.why_not is None
    assert 1 <= len(step.programs) <= 2
    for expected, got in zip(by_engine, compiled, strict=True):
        assert_same(expected, got)
