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
    class Descent(optim.Optimizer):
        elementwise = False
        scratch = 0

        def advance(self, state: Any, group: Any, row: Any) -> Any:
            return (group["lr"],)

        def update(self, x: Any, g: Any, state: Any, scratch: Any, numbers: Any) -> None:
            state.setdefault("mean", np.zeros(()))
            x -= numbers[0] * g / max(1.0, float(np.linalg.norm(g)))

    network = nn.Linear(3, 4, bias=False)
    optimizer = Descent(network.parameters(), {"lr": 0.1})

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


@pytest.mark.parametrize("kind", ["StepLR", "OneCycleLR", "CyclicLR", "SequentialLR", "ReduceLROnPlateau", "own"])
def test_a_schedule_within_a_step_is_undone_where_a_check_fails(kind: str) -> None:
    """The returned number is checked, and another one at each call: then the call is traced anew from where it was."""

    class Own(optim.lr_scheduler.LRScheduler):
        def __init__(self, optimizer: Any) -> None:
            self.past: list[float] = []
            super().__init__(optimizer)

        def get_lr(self) -> list[float]:
            self.past.append(self.optimizer.param_groups[0]["lr"] * 0.9)
            return [sum(self.past) / len(self.past)]

    def make(optimizer: Any) -> Any:
        if kind == "StepLR":
            return optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
        if kind == "OneCycleLR":
            return optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=100)
        if kind == "CyclicLR":
            return optim.lr_scheduler.CyclicLR(optimizer, 0.01, 0.1, 3)
        if kind == "SequentialLR":
            parts = [optim.lr_scheduler.StepLR(optimizer, 1, 0.5), optim.lr_scheduler.ExponentialLR(optimizer, 0.9)]
            return optim.lr_scheduler.SequentialLR(optimizer, parts, [2])
        if kind == "ReduceLROnPlateau":
            return optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)
        return Own(optimizer)

    def train(compiled: bool) -> Any:
        w = Tensor(np.ones(3), requires_grad=True)
        optimizer = optim.SGD([w], 0.1, momentum=0.9)
        scheduler = make(optimizer)

        def step(x: Any) -> float:
            optimizer.zero_grad()
            loss = ((w * x) ** 2).mean()
            loss.backward()
            optimizer.step()
            scheduler.step(*(loss.detach(),) if kind == "ReduceLROnPlateau" else ())
            return float(loss.detach())

        function = autograd.compile(step) if compiled else step
        losses = [function(np.arange(3.0) + k) for k in range(6)]
        group = {name: value for name, value in optimizer.param_groups[0].items() if name != "params"}
        return losses, w.detach(), group, scheduler.state_dict()

    assert_same(train(True), train(False))


def test_a_trace_leaves_a_schedule_where_it_was() -> None:
    w = Tensor(np.ones(3), requires_grad=True)
    optimizer = optim.SGD([w], 0.1)
    scheduler = optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
    before = scheduler.state_dict()

    def step(x: Any) -> Any:
        loss = (w * x).sum()
        loss.backward()
        optimizer.step()
        scheduler.step()
        return loss.detach()

    autograd.trace(step, np.arange(3.0))
    assert scheduler.state_dict() == before
    assert optimizer.param_groups[0]["lr"] == 0.1


@pytest.mark.parametrize("frozen", [False, True])
def test_a_gradient_that_is_put_there_between_calls_counts(frozen: bool) -> None:
    """Also where the step begins and ends without one, and of a parameter that requires none."""

    def train(compiled: bool) -> Any:
        w = Tensor(np.ones(3), requires_grad=True)
        v = Tensor(np.ones(3), requires_grad=not frozen)
        optimizer = optim.SGD([w, v], 0.1)

        def step(x: Any) -> Any:
            loss = (w * x * v).sum()
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            return loss.detach()

        function = autograd.compile(step) if compiled else step
        losses = []
        for k in range(6):
            if k == 3:
                v.grad = Tensor(np.full(3, 10.0))
            losses.append(function(np.arange(3.0) + k))
        return losses, w.detach(), v.detach(), v.grad

    made = train(True)
    assert made[3] is None
    assert_same(made, train(False))


def test_a_step_reads_gradients_that_appear_between_calls() -> None:
    w = Tensor(np.ones(2), requires_grad=True)
    w.grad = Tensor(np.zeros(2))

    @autograd.compile
    def doubled() -> Any:
        return None if w.grad is None else w.grad * 2

    assert doubled() is not None
    w.grad = None
    assert [doubled() for _ in range(3)] == [None] * 3
    w.grad = Tensor(np.ones(2))
    assert_same([doubled() for _ in range(3)], [Tensor([2.0, 2.0])] * 3)


def test_gradients_come_and_go_without_a_new_program_where_none_is_asked_for() -> None:
    w = Tensor(np.ones(2), requires_grad=True)

    @autograd.compile
    def predict(x: Any) -> Any:
        with autograd.no_grad():
            return w * x

    for k in range(6):
        w.grad = Tensor(np.ones(2)) if k % 2 else None
        assert_same(predict(np.arange(2.0)), Tensor([0.0, 1.0]))
    assert len(predict.programs) == 1


def test_a_gradient_that_somebody_holds_is_added_to_as_by_the_engine() -> None:
    def train(compiled: bool) -> Any:
        w = Tensor(np.ones(3), requires_grad=True)

        def step(x: Any) -> None:
            (w * x).sum().backward()

        function = autograd.compile(step) if compiled else step
        function(np.arange(3.0))
        held = w.grad
        for k in range(3):
            function(np.arange(3.0) + k)
        return held, w.grad is held

    assert train(False)[1]
    assert_same(train(True), train(False))


@pytest.mark.parametrize("order", ["F", "C"])
@pytest.mark.parametrize("name", ["Rprop", "Adam", "SGD", "Adagrad", "RMSprop", "Lion", "ASGD"])
def test_parameters_in_any_layout(name: str, order: Any) -> None:
    def train(compiled: bool) -> Any:
        w = Tensor(np.asarray(np.linspace(-1, 1, 12).reshape(3, 4), order=order), requires_grad=True)
        v = Tensor(np.linspace(-1, 1, 24).reshape(2, 3, 4).transpose(1, 2, 0), requires_grad=True)
        optimizer = getattr(optim, name)([w, v], 0.1)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss = ((x @ w) ** 2).mean() + (v * v * x[0, 0]).sum()
            loss.backward()
            optimizer.step()
            return loss.detach()

        function = autograd.compile(step) if compiled else step
        return (
            [function(np.ones((2, 3)) * k) for k in range(5)],
            w.detach(),
            v.detach(),
            getattr(function, "why_not", None),
        )

    assert_same(train(True), train(False))


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_the_closure_of_a_line_search_is_compiled(search: Any) -> None:
    def train(compiled: bool) -> Any:
        autograd.manual_seed(0)
        network = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
        optimizer = optim.LBFGS(network.parameters(), max_iter=5, line_search_fn=search)

        def evaluate(x: Any) -> Any:
            optimizer.zero_grad()
            loss = (network(x) ** 2).mean()
            loss.backward()
            return loss

        called = autograd.compile(evaluate) if compiled else evaluate
        seen = []
        for k in range(5):
            x = Tensor(np.random.default_rng(k).standard_normal((5, 3)).astype(np.float32))
            seen.append([optimizer.step(lambda x=x: called(x)), *[p.data.copy() for p in network.parameters()]])
        return seen, called

    seen, evaluate = train(compiled=True)
    assert_same(seen, train(compiled=False)[0])
    assert (evaluate.why_not, len(evaluate.programs)) == (None, 1)


def test_a_line_search_within_a_step_is_left_to_the_engine() -> None:
    w = Tensor([3.0, -2.0], requires_grad=True)
    optimizer = optim.LBFGS([w], max_iter=3)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (w**4).sum()
        loss.backward()
        return loss

    @autograd.compile
    def step() -> Any:
        return optimizer.step(closure)

    step()
    with pytest.warns(RuntimeWarning, match="in step: LBFGS.step calls its closure .* compile what the closure"):
        losses = [step().item() for _ in range(3)]
    assert losses[0] > losses[1] > losses[2]
