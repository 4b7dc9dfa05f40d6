"""Compiled functions whose results are differentiated outside of them."""

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

from .test_training import assert_same


def train(compiled: bool) -> Any:
    autograd.manual_seed(0)
    network = nn.Sequential(
        nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 3)
    )  # fmt: skip
    optimizer = optim.Adam(network.parameters(), 1e-2)
    model = autograd.compile(network) if compiled else network
    rng, seen = np.random.default_rng(0), []
    for k in range(8):
        x = Tensor(rng.standard_normal((5, 4)).astype(np.float32), requires_grad=k > 4)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), Tensor(rng.integers(0, 3, 5)))
        loss.backward()
        optimizer.step()
        seen.append((loss.item(), copy.deepcopy(network.state_dict()), None if x.grad is None else x.grad.data))
    return seen, model


def test_a_compiled_network_is_trained_as_ever() -> None:
    by_engine, _ = train(compiled=False)
    compiled, model = train(compiled=True)
    assert_same(by_engine, compiled)
    assert model.why_not is None
    assert len(model.programs) == 2  # an input with and one without a gradient
    assert [*model.state_dict()] == [*model._fun.state_dict()]


def test_graphs_of_several_calls_live_at_a_time() -> None:
    w = Tensor([1.0, 2.0], requires_grad=True)
    fun = lambda x: (np.tanh(w * x) * w).sum()
    f = autograd.compile(fun)
    f(np.ones(2)), f(np.ones(2))
    losses = [f(np.array([1.0, k])) for k in range(5)]
    w.grad = None
    for loss in losses[::-1]:
        loss.backward()
    found, w.grad = w.grad, None
    for k in reversed(range(5)):
        fun(np.array([1.0, k])).backward()
    np.testing.assert_array_equal(found.data, w.grad.data)
    assert f.why_not is None
    with pytest.raises(RuntimeError, match="freed"):
        losses[-1].backward()


def test_several_results_of_which_some_are_used() -> None:
    w = Tensor([1.0, 2.0], requires_grad=True)
    f = autograd.compile(lambda x: {"a": w * x, "b": (np.exp(w), x + 1), "c": w.detach()})
    for k in range(5):
        w.grad = None
        out = f(np.array([float(k), 3.0]))
        assert not out["c"].requires_grad
        np.testing.assert_array_equal(out["b"][1], [k + 1, 4])
        (out["b"][0].sum() if k % 2 else out["a"].sum()).backward()
        np.testing.assert_array_equal(w.grad.data, np.exp(w.data) if k % 2 else [k, 3])
    assert f.why_not is None


def test_a_parameter_that_was_overwritten_in_between() -> None:
    w = Tensor([1.0, 2.0], requires_grad=True)
    f = autograd.compile(lambda x: (w * w * x).sum())
    for _ in range(4):
        loss = f(np.ones(2))
        optim.SGD([w], 0.1).zero_grad()
        with autograd.no_grad():
            w += 1
        with pytest.raises(RuntimeError, match="overwritten"):
            loss.backward()


def test_a_gradient_that_is_to_be_recorded_says_what_to_do() -> None:
    w = Tensor([1.0, 2.0], requires_grad=True)
    f = autograd.compile(lambda x: (w**3 * x).sum())
    f(np.ones(2)), f(np.ones(2))
    with pytest.raises(RuntimeError, match=r"cannot be recorded \(create_graph=True\)"):
        f(np.ones(2)).backward(create_graph=True)


def test_a_network_within_a_larger_graph() -> None:
    first, second = nn.Linear(3, 4), nn.Linear(4, 1)
    model = autograd.compile(second)
    for k in range(4):
        x = Tensor(np.random.default_rng(k).standard_normal((2, 3)).astype(np.float32))
        first.zero_grad(), second.zero_grad()
        model(first(x)).sum().backward()
        found = [p.grad.data.copy() for p in (*first.parameters(), *second.parameters())]
        first.zero_grad(), second.zero_grad()
        second(first(x)).sum().backward()
        assert_same(found, [p.grad.data for p in (*first.parameters(), *second.parameters())])
    assert model.why_not is None
    assert len(model.programs) == 1


def test_what_was_computed_before_is_no_constant() -> None:
    w = Tensor([1.0, 2.0], requires_grad=True)
    doubled = w * 2
    f = autograd.compile(lambda x: (doubled * x).sum())
    for k in range(3):
        w.grad = None
        if k:
            loss = f(np.ones(2))
        else:
            with pytest.warns(RuntimeWarning, match="computed before"):
                loss = [f(np.ones(2)) for _ in range(2)][1]
        loss.backward(retain_graph=True)
        np.testing.assert_array_equal(w.grad.data, [2, 2])


def test_transforms_of_a_compiled_function_go_to_any_order() -> None:
    f = autograd.compile(lambda x: (x**3).sum())
    x = np.array([1.0, 2.0])
    for _ in range(3):
        f(x)
        np.testing.assert_allclose(autograd.hessian(f)(x), np.diag(6 * x))
