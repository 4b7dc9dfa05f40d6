"""A trace is the program of a call, leaves everything as it was, and says where it cannot follow."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor
from nn import functional as F


def names(program: Any) -> list[str]:
    return [statement.function.__name__ for statement in program.statements]


def test_a_function_of_containers() -> None:
    def fun(params: Any, x: Any, scale: float) -> Any:
        return {"sum": (x @ params["w"] + params["b"]).sum() * scale, "twice": (x * 2, None, "text")}

    program = autograd.trace(fun, {"w": np.ones((3, 2)), "b": np.zeros(2)}, np.ones((4, 3)), 2.0)
    assert names(program) == ["matmul", "add", "sum", "multiply", "multiply"]
    assert [value.name for value in program.inputs] == ["b", "w", "x", "scale"]
    assert [value.shape for value in program.inputs] == [(2,), (3, 2), (4, 3), ()]
    assert [None if value is None else value.shape for value in program.results] == [(), (4, 3), None, None]


def test_a_step_is_traced_and_not_taken() -> None:
    autograd.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2))
    optimizer = optim.Adam(network.parameters(), 0.1)
    scheduler = optim.lr_scheduler.ExponentialLR(optimizer, 0.5)

    def step(x: Any, t: Any) -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(network(x), t)
        loss.backward()
        optimizer.step()
        scheduler.step()
        return loss

    seen = lambda: copy.deepcopy(
        (network.state_dict(), optimizer.state_dict()["state"], optimizer.param_groups[0]["lr"],
         [None if p.grad is None else p.grad.data for p in network.parameters()],
         autograd.generator().bit_generator.state)
    )  # fmt: skip
    x, t = Tensor(np.ones((5, 3), np.float32)), Tensor([0, 1, 0, 1, 0])
    before = seen()
    program = autograd.trace(step, x, t)
    assert str(seen()) == str(before)
    step(x, t)
    before = seen()
    program = autograd.trace(step, x, t)
    assert str(seen()) == str(before)
    assert {"numbers_of_Adam", "random", "dot"} <= set(names(program))
    assert {s.scope and s.scope.partition(":")[0] for s in program.statements} >= {"0", "1", "2", "3"}
    assert all(type(p.data) is np.ndarray for p in network.parameters())


def test_statements_say_where_they_come_from() -> None:
    def fun(x: Any) -> Any:
        hidden = np.tanh(x)
        return (hidden * hidden).sum()

    program = autograd.trace(autograd.grad(fun), np.ones(3))
    line = fun.__code__.co_firstlineno + 1
    tanh = next(s for s in program.statements if s.function is np.tanh)
    assert tanh.line[1:] == (line, "fun")
    assert any(s.of is not None and s.of[0] == "tanh" for s in program.statements)


@pytest.mark.parametrize(
    ("leave", "what"),
    [
        (lambda x: np.asarray(x), "a plain array"),
        (lambda x: f"{x.sum():.2f}", "text"),
        (lambda x: x.ctypes, "ctypes"),
        (lambda x: x.tobytes(), "tobytes"),
    ],
)  # fmt: skip
def test_what_leaves_names_its_line(leave: Any, what: str) -> None:
    def fun(x: Any) -> Any:
        leave(x * 2)
        return x

    with pytest.raises((TypeError, ValueError)) as error:
        autograd.trace(fun, np.ones(3))
    said = str(error.value.__cause__ or error.value)
    assert "test_trace.py:" in said
    assert what in said


def test_a_branch_is_a_check() -> None:
    program = autograd.trace(lambda x: x * 2 if x.sum() > 0 else x, np.ones(3))
    (guard,) = [s for s in program.statements if s.kind == "guard"]
    assert guard.expected is True
    assert "assert " in program.source


def test_higher_derivatives_are_programs_too() -> None:
    third = autograd.grad(autograd.grad(autograd.grad(lambda x: x**5)))
    program = autograd.trace(third, 2.0)
    space: dict[str, Any] = {}
    exec(program.source, space)
    assert space[program.name](3.0) == third(3.0) == 540


def test_within_a_trace_nothing_is_a_plain_array_by_accident() -> None:
    """What the engine asks of an array, a stand-in answers as the array does."""
    calls = []

    def fun(x: Any) -> Any:
        calls.append(1)
        told = (isinstance(x, np.ndarray), x.shape, x.dtype, x.ndim, x.size, len(x), x.strides, x.nbytes, x.base)
        assert told == (True, (2, 3), np.float64, 2, 6, 2, (24, 8), 48, None)
        assert (x.T.shape, x.flags.c_contiguous, x.real is x, hash(x)) == ((3, 2), True, True, hash(x))
        assert x[0].base is not None
        return list(x)[1] + x[-1]

    autograd.trace(fun, np.ones((2, 3)))
    assert calls == []  # lists are afterwards as they were
