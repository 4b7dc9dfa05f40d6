"""Each trap of compilers that trace, as a test: what users of other ones report, and what must not happen here."""

from __future__ import annotations

import copy
import json
import math
import os
import pickle
import random
import re
import signal
import statistics
import threading
import types
import warnings
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor
from autograd.program.current import outside
from nn import functional as F


def data(k: int, n: int = 4) -> Any:
    return np.random.default_rng(k).standard_normal((n, 3))


def agree(runs: Any) -> None:
    """What `runs` gives of a function that is handed to what it is given, is the same compiled or not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for a, b in zip(list(runs(lambda f: f)), list(runs(autograd.compile)), strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_branch_is_not_frozen() -> None:
    @autograd.compile
    def f(x: Any) -> Any:
        return x * 2 if x.sum() > 0 else x - 100

    for x in (np.ones(3), -np.ones(3), np.ones(3), -np.ones(3), 2 * np.ones(3)):
        np.testing.assert_array_equal(f(x), x * 2 if x.sum() > 0 else x - 100)
    assert len(f.programs) == 2


def test_a_loop_that_depends_on_values_is_not_frozen() -> None:
    @autograd.compile
    def halved(x: Any) -> Any:
        while x > 1:
            x = x / 2
        return x

    for value in (8.0, 3.0, 5.0, 8.0, 0.5, 33.0):
        expected = value
        while expected > 1:
            expected /= 2
        assert halved(np.float64(value)) == expected


def test_a_choice_by_where_is_not_frozen() -> None:
    f = autograd.compile(autograd.value_and_grad(lambda x: np.where(x > 0, x * x, -x).sum()))
    for k in range(4):
        x = data(k)
        value, slope = f(x)
        assert value == np.where(x > 0, x * x, -x).sum()
        np.testing.assert_array_equal(slope, np.where(x > 0, 2 * x, -1))


def test_masks_are_drawn_anew_and_as_the_engine_draws_them() -> None:
    def f(x: Any) -> Any:
        return F.dropout(x, 0.5)

    compiled = autograd.compile(f)
    autograd.manual_seed(0)
    expected = [f(np.ones(20)) for _ in range(4)]
    autograd.manual_seed(0)
    got = [compiled(np.ones(20)) for _ in range(4)]
    np.testing.assert_array_equal(expected, got)
    assert not np.array_equal(got[2], got[3])
    autograd.manual_seed(0)
    np.testing.assert_array_equal(compiled(np.ones(20)), expected[0])


def test_numbers_drawn_past_the_trace_are_no_constants() -> None:
    rngs = (np.random.default_rng(0),)

    @autograd.compile
    def f(x: Any) -> Any:
        return x * rngs[0].random()

    with pytest.warns(RuntimeWarning, match=r"drawn from rngs\.0"):
        first = f(np.ones(2))
    assert "autograd.generator" in f.why_not
    assert not np.array_equal(first, f(np.ones(2)))

    @autograd.compile
    def g(x: Any) -> Any:
        return x * np.random.rand()

    with pytest.warns(RuntimeWarning, match=r"numpy\.random"):
        g(np.ones(2))

    draw = np.random.default_rng(0).random

    @autograd.compile
    def h(x: Any, draw: Any = draw) -> Any:
        return x * draw()

    with pytest.warns(RuntimeWarning, match="drawn from a generator without a name"):
        h(np.ones(2))


def test_a_generator_may_be_an_argument_or_wrapped() -> None:
    rng = np.random.default_rng(0)
    f = autograd.compile(lambda x: x + autograd.generator(rng).random(3))
    same = np.random.default_rng(0)
    for _ in range(4):
        np.testing.assert_array_equal(f(np.zeros(3)), same.random(3))
    g = autograd.compile(lambda x, rng: x + rng.normal(size=3))
    one, two = np.random.default_rng(1), np.random.default_rng(1)
    for _ in range(4):
        np.testing.assert_array_equal(g(np.zeros(3), one), two.normal(size=3))


def test_a_generator_that_the_function_finds_draws_anew() -> None:
    rng, same = np.random.default_rng(0), np.random.default_rng(0)
    f = autograd.compile(lambda x: x + rng.random(3))
    for _ in range(4):
        np.testing.assert_array_equal(f(np.zeros(3)), same.random(3))
    assert f.why_not is None
    assert type(rng) is np.random.Generator
    seeded = autograd.manual_seed(0)
    g = autograd.compile(lambda x: x + seeded.random(3) + autograd.generator().random(3))
    same = np.random.default_rng(0)
    for _ in range(4):
        np.testing.assert_array_equal(g(np.zeros(3)), same.random(3) + same.random(3))
    assert g.why_not is None


def test_an_argument_that_requires_a_gradient_since_the_call() -> None:
    @autograd.compile
    def f(x: Any) -> Any:
        x.requires_grad_()
        (x * x).sum().backward()
        return x.grad.data.sum()

    for k in range(12):
        x = Tensor(np.full(3, float(k)))
        assert f(x) == 6 * k
        assert x.requires_grad
        np.testing.assert_array_equal(x.grad.data, [2 * k] * 3)
    assert (f.why_not, len(f.programs)) == (None, 1)


def test_a_number_that_leaves_at_each_call_is_left_to_the_engine() -> None:
    @autograd.compile
    def f(x: Any) -> Any:
        return math.exp(x.sum().item())

    with pytest.warns(RuntimeWarning, match=r"test_footguns.py:\d+: float of a value is not .*; .*math's"):
        assert [f(np.full(2, float(k))) for k in range(12)] == [math.exp(2 * k) for k in range(12)]
    assert f.programs == []


def test_a_rounded_number_is_computed_at_each_call() -> None:
    f = autograd.compile(lambda x: (round(x.sum().item(), 1), round(x.max()), math.floor(x[0]), math.ceil(x[1])))
    g = lambda x: (round(x.sum().item(), 1), round(x.max()), math.floor(x[0]), math.ceil(x[1]))
    for k in range(5):
        x = np.random.default_rng(k).standard_normal(3) * 5
        assert f(x) == g(x)
        assert [*map(type, f(x))] == [*map(type, g(x))]
    assert (f.why_not, len(f.programs)) == (None, 1)


def test_what_is_left_for_a_picture_is_no_part_of_the_trace() -> None:
    @autograd.compile
    def f(x: Any, c: float) -> Any:
        w = Tensor(2.0, requires_grad=True)
        loss = (w * x.sum() + c) ** 2
        loss.backward()
        return loss, w.grad

    for k in range(4):
        loss, slope = f(np.ones(3), float(k))
        assert (loss.item(), slope.item()) == ((6 + k) ** 2, 6 * (6 + k))
    assert f.why_not is None


def test_results_are_not_overwritten_by_later_calls() -> None:
    w = Tensor(np.ones(3), requires_grad=True)

    @autograd.compile
    def f(x: Any) -> Any:
        w.grad = None
        out = np.tanh(w * x)
        out.sum().backward()
        return out.detach(), out.data[1:], w.grad

    kept = []
    for k in range(5):
        result = f(data(k)[0])
        kept.append((result, w.grad, [np.array(part) for part in (result[0].data, result[1], result[2].data)]))
    for (out, part, slope), gradient, copies in kept:
        np.testing.assert_array_equal(out.data, copies[0])
        np.testing.assert_array_equal(part, copies[1])
        np.testing.assert_array_equal(slope.data, copies[2])
        np.testing.assert_array_equal(gradient.data, copies[2])


def test_a_result_is_its_callers_to_change() -> None:
    f = autograd.compile(lambda x: (x + 1, x * 2))
    for k in range(4):
        a, b = f(data(k))
        a[...] = 7
        np.testing.assert_array_equal(b, data(k) * 2)


def test_arguments_are_not_written_to() -> None:
    f = autograd.compile(lambda x: np.exp(-x) * x)
    for k in range(4):
        x = data(k)
        f(x)
        np.testing.assert_array_equal(x, data(k))


def test_what_the_function_writes_to_an_argument_is_written() -> None:
    @autograd.compile
    def f(x: Any) -> None:
        x += 1
        x[0] *= 2

    for k in range(4):
        x, y = data(k), data(k)
        assert f(x) is None
        y += 1
        y[0] *= 2
        np.testing.assert_array_equal(x, y)


def test_learning_rates_are_read_at_each_call() -> None:
    w = Tensor(np.zeros(2), requires_grad=True)
    optimizer = optim.SGD([w], lr=1.0)

    @autograd.compile
    def step() -> None:
        optimizer.zero_grad()
        w.sum().backward()
        optimizer.step()

    expected = 0.0
    for rate in (1.0, 0.5, 0.25, 2.0, 3.0):
        optimizer.param_groups[0]["lr"] = rate
        step()
        expected -= rate
        np.testing.assert_array_equal(w.data, [expected, expected])
    assert len(step.programs) == 1


def test_options_other_than_numbers_make_another_program() -> None:
    def run(compiled: bool) -> Any:
        w = Tensor(np.ones(2), requires_grad=True)
        optimizer = optim.SGD([w], lr=0.1, momentum=0.5)

        def step() -> None:
            optimizer.zero_grad()
            (w * w).sum().backward()
            optimizer.step()

        step = autograd.compile(step) if compiled else step
        for k in range(8):
            optimizer.param_groups[0].update(nesterov=k > 2, weight_decay=0.1 if k > 4 else 0, momentum=0.5 + k / 20)
            step()
        return w.data

    np.testing.assert_array_equal(run(True), run(False))


def test_batch_norm_counts_and_averages() -> None:
    network, twin = nn.BatchNorm1d(3), nn.BatchNorm1d(3)
    f = autograd.compile(lambda x: network(x).detach())
    for k in range(5):
        np.testing.assert_array_equal(f(Tensor(data(k))).data, twin(Tensor(data(k))).data)
    assert network.num_batches_tracked.item() == 5
    for name, value in network.state_dict().items():
        np.testing.assert_array_equal(value, twin.state_dict()[name])


def test_training_mode_is_part_of_the_signature() -> None:
    network = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5))
    f = autograd.compile(lambda x: network(x).detach())
    x = Tensor(data(0).astype(np.float32))
    f(x), f(x), f(x)
    network.eval()
    np.testing.assert_array_equal(f(x).data, network[0](x).data)
    np.testing.assert_array_equal(f(x).data, network[0](x).data)
    network.train()
    assert (f(x).data == 0).any()


def test_recording_is_part_of_the_signature() -> None:
    w = Tensor(np.ones(3), requires_grad=True)
    f = autograd.compile(lambda x: (w * x, autograd.is_grad_enabled())[1])
    for _ in range(3):
        assert f(np.ones(3)) is True
        with autograd.no_grad():
            assert f(np.ones(3)) is False


def test_what_requires_a_gradient_is_part_of_the_signature() -> None:
    def steps(wrap: Any) -> Any:
        autograd.manual_seed(0)
        network = nn.Sequential(nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 1))
        optimizer = optim.Adam(network.parameters(), lr=0.1)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss = (network(x) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss.detach()

        run, found = wrap(step), []
        for k in range(8):
            if k in (3, 6):
                network[0].requires_grad_(k == 6)
            found.append(run(Tensor(data(k).astype(np.float32))).data)
            found += [p.data.copy() for p in network.parameters()]
            found += [np.zeros(0) if p.grad is None else p.grad.data for p in network.parameters()]
        return found

    for a, b in zip(steps(lambda f: f), steps(autograd.compile), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_call_that_changes_what_requires_a_gradient_is_the_engines() -> None:
    w = Tensor(np.ones(3), requires_grad=True)

    @autograd.compile
    def f(x: Any) -> Any:
        value = (w * x).sum()
        w.requires_grad_(not w.requires_grad)
        return value

    w.grad = Tensor(np.zeros(3))
    with pytest.warns(RuntimeWarning, match="w.requires_grad is changed by the call"):
        assert [f(np.ones(3)).requires_grad for _ in range(4)] == [True, False, True, False]


def test_each_instance_has_programs_of_its_own() -> None:
    class Scaled:
        def __init__(self, factor: float) -> None:
            self.factor = factor

        @autograd.compile
        def apply(self, x: Any) -> Any:
            return x * self.factor

    two, three = Scaled(2.0), Scaled(3.0)
    for _ in range(3):
        assert two.apply(np.float64(1)) == 2
        assert three.apply(np.float64(1)) == 3
    two.factor = 5.0
    assert two.apply(np.float64(1)) == 5


SCALE = 2.0
TABLE = np.ones(3)


def test_numbers_from_outside_are_checked_at_each_call() -> None:
    global SCALE
    offset = 1.0

    @autograd.compile
    def f(x: Any) -> Any:
        return x * SCALE + offset

    assert f(np.float64(1)) == f(np.float64(1)) == 3
    SCALE = 3.0
    assert f(np.float64(1)) == 4
    offset = 10.0
    assert f(np.float64(1)) == 13
    SCALE = 2.0


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam, optim.Lion])
def test_a_check_that_fails_after_a_step_undoes_all_of_it(kind: Any) -> None:
    def steps(wrap: Any) -> Any:
        autograd.manual_seed(0)
        network = nn.Linear(3, 2)
        options = {"momentum": 0.9} if kind is optim.SGD else {}
        optimizer = kind(network.parameters(), lr=0.1, **options)
        count = Tensor(np.zeros(()))

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            (network(x) ** 2).mean().backward()
            optimizer.step()
            count.data[...] = float(count) + 1

        run = wrap(step)
        for k in range(5):
            run(Tensor(data(k).astype(np.float32)))
        states = [array for state in optimizer.state.values() for array in state.values()]
        return [*[p.data for p in network.parameters()], *states, count.data]

    for a, b in zip(steps(lambda f: f), steps(autograd.compile), strict=True):
        np.testing.assert_array_equal(a, b)


def test_arrays_from_outside_are_read_at_each_call() -> None:
    global TABLE
    weights = Tensor(np.ones(3))
    f = autograd.compile(lambda x: (x * TABLE * 2 + np.exp(TABLE) + weights * 2).sum().item())

    def expected() -> Any:
        return (TABLE * 2 + np.exp(TABLE) + weights.data * 2).sum().item()

    assert f(np.ones(3)) == expected()
    TABLE[1] = 5
    assert f(np.ones(3)) == expected()
    TABLE = np.arange(3.0)
    assert f(np.ones(3)) == expected()
    weights.data[...] = 7
    assert f(np.ones(3)) == expected()
    weights.data = np.arange(3.0)
    assert f(np.ones(3)) == expected()
    TABLE = np.arange(4.0)
    with pytest.raises(ValueError, match="broadcast"):
        f(np.ones(3))
    TABLE = np.ones(3)


def test_new_lengths_make_programs_up_to_a_bound_and_then_a_warning_says_which_argument() -> None:
    f = autograd.compile(lambda x, y: (x * y).sum())
    for n in range(1, 9):
        f(np.ones(n), 1.0)
    with pytest.warns(RuntimeWarning, match=r"argument 0 is float64 \(9,\)"):
        assert f(np.ones(9), 2.0) == 18
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert f(np.ones(10), 2.0) == 20
        assert f(np.ones(3), 2.0) == 6
    assert len(f.programs) == 8
    assert "argument 0" in f.why_not


def test_a_float_is_no_constant_and_no_new_program() -> None:
    f = autograd.compile(lambda x, rate: x * rate + rate**2)
    for k in range(12):
        x = np.float32([1, 2])
        got = f(x, 0.1 * k)
        np.testing.assert_array_equal(got, x * (0.1 * k) + (0.1 * k) ** 2)
        assert got.dtype == np.float32
    assert len(f.programs) == 1


def test_layouts_make_programs_of_their_own() -> None:
    f = autograd.compile(lambda x: x.sum(axis=0) + x.reshape(-1)[0])
    wide = np.random.default_rng(0).standard_normal((40, 30))
    for x in (wide, wide.T.copy().T, wide[::-1], wide):
        np.testing.assert_array_equal(f(x), x.sum(axis=0) + x[0, 0])


def test_a_value_that_leaves_as_a_number_is_checked() -> None:
    @autograd.compile
    def f(x: Any) -> Any:
        return x * float(x.max())

    for k in (0, 1, 0, 1, 2):
        np.testing.assert_array_equal(f(data(k)), data(k) * data(k).max())


def test_an_item_may_be_returned_and_computed_with() -> None:
    f = autograd.compile(lambda x: ((x * x).sum().item() * 2, x.sum().item() > 0))
    for k in range(6):
        value, positive = f(data(k))
        assert type(value) is float
        assert value == (data(k) ** 2).sum().item() * 2
        assert type(positive) is bool
        assert positive == (data(k).sum() > 0)
    assert len(f.programs) == 1


def test_what_is_printed_or_kept_says_its_line_and_goes_on() -> None:
    kept: list[Any] = []

    @autograd.compile
    def f(x: Any) -> Any:
        y = x * 2
        kept.append(y)
        return y + 1

    with pytest.warns(RuntimeWarning, match="kept after the call"):
        f(np.ones(2))
    f(np.zeros(2))
    np.testing.assert_array_equal([np.asarray(part) for part in kept], [[2, 2], [0, 0]])

    @autograd.compile
    def g(x: Any) -> Any:
        y = x * 2
        return f"{y.sum():.1f}"

    with pytest.warns(RuntimeWarning, match=r"test_footguns\.py:\d+, in g"):
        assert g(np.ones(2)) == "4.0"
    assert g(np.zeros(2)) == "0.0"


def test_python_that_counts_is_not_forgotten() -> None:
    class Counted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.calls = 0

        def forward(self, x: Any) -> Any:
            self.calls += 1
            return x * 2

    network = Counted()
    f = autograd.compile(lambda x: network(x))
    with pytest.warns(RuntimeWarning, match="calls is changed by the call"):
        f(np.ones(2))
    f(np.ones(2)), f(np.ones(2))
    assert network.calls == 3


def test_a_mask_that_selects_other_numbers_of_elements() -> None:
    f = autograd.compile(lambda x: x[x > 0].sum())
    for k in range(5):
        assert f(data(k)) == data(k)[data(k) > 0].sum()


def test_errors_are_the_engines_own() -> None:
    network = nn.Linear(3, 2)
    f = autograd.compile(lambda x: network(x).detach())
    f(Tensor(data(0).astype(np.float32)))
    f(Tensor(data(0).astype(np.float32)))
    with pytest.raises(ValueError, match="expected 3 input features") as by_engine:
        network(Tensor(np.ones((2, 5), np.float32)))
    with pytest.raises(ValueError, match="expected 3 input features") as compiled:
        f(Tensor(np.ones((2, 5), np.float32)))
    assert str(by_engine.value) == str(compiled.value)
    f(Tensor(data(1).astype(np.float32)))


def test_a_wrong_class_is_refused_as_by_the_engine_and_leaves_all_as_it_was() -> None:
    network = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Dropout(0.1))
    optimizer = optim.Adam(network.parameters(), 0.1)

    @autograd.compile
    def step(x: Any, t: Any) -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(network(x), t)
        loss.backward()
        optimizer.step()
        return loss

    x = Tensor(data(0).astype(np.float32))
    for _ in range(3):
        step(x, Tensor([0, 1, 0, 1]))
    before = copy.deepcopy((network.state_dict(), optimizer.state_dict()))
    mask = copy.deepcopy(autograd.generator().bit_generator.state)
    with pytest.raises(IndexError, match="expected targets from 0 to 1"):
        step(x, Tensor([0, 1, 2, 1]))
    for name, value in before[0].items():
        if "running" not in name and "tracked" not in name:  # the engine's forward pass has updated these
            np.testing.assert_array_equal(network.state_dict()[name], value)
    assert optimizer.state_dict()["state"][0]["step"] == before[1]["state"][0]["step"]
    assert autograd.generator().bit_generator.state != mask
    step(x, Tensor([0, 1, 0, 1]))


def test_loading_a_state_is_seen() -> None:
    network = nn.Linear(3, 2)
    optimizer = optim.Adam(network.parameters(), 0.1)

    @autograd.compile
    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = (network(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    x = Tensor(data(0).astype(np.float32))
    for _ in range(3):
        step(x)
    saved = copy.deepcopy((network.state_dict(), optimizer.state_dict()))
    after = [step(x).item() for _ in range(3)]
    network.load_state_dict(saved[0])
    optimizer.load_state_dict(saved[1])
    assert [step(x).item() for _ in range(3)] == after


def test_backward_through_a_compiled_result_is_the_engines() -> None:
    network = nn.Linear(3, 1)
    f = autograd.compile(lambda x: network(x).sum())
    x = Tensor(data(0).astype(np.float32))
    f(x).backward()
    first = network.weight.grad.data.copy()
    for _ in range(3):
        f(x).backward()
    np.testing.assert_allclose(network.weight.grad.data, 4 * first)
    assert f.why_not is None


def test_a_graph_that_was_freed_says_so() -> None:
    w = Tensor(np.ones(3), requires_grad=True)

    @autograd.compile
    def f(x: Any) -> Any:
        loss = (w * x).sum()
        loss.backward()
        return loss

    for _ in range(3):
        loss = f(np.ones(3))
        assert loss.requires_grad
        with pytest.raises(RuntimeError, match="freed"):
            loss.backward()


def test_writes_are_seen_by_graphs_that_need_the_old_values() -> None:
    w = Tensor(np.ones(3), requires_grad=True)
    optimizer = optim.SGD([w], 0.1)

    @autograd.compile
    def step() -> None:
        optimizer.zero_grad()
        (w * w).sum().backward()
        optimizer.step()

    for _ in range(4):
        waiting = (w * w).sum()
        step()
        with pytest.raises(RuntimeError, match="overwritten"):
            waiting.backward()


def test_threads_get_what_one_thread_gets() -> None:
    f = autograd.compile(lambda x: np.tanh(x @ x.T).sum(axis=0))
    inputs = [data(k, 6) for k in range(40)]
    expected = [np.tanh(x @ x.T).sum(axis=0) for x in inputs]
    got: list[Any] = [None] * len(inputs)

    def work(start: int) -> None:
        for i in range(start, len(inputs), 4):
            got[i] = f(inputs[i])

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    np.testing.assert_array_equal(got, expected)


@autograd.compile
def doubled(x: Any) -> Any:
    return x * 2


class Doubling(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(np.full(3, 2.0))

    def forward(self, x: Any) -> Any:
        return self.weight * x


def test_compiled_things_are_copied_and_pickled() -> None:
    doubled(np.ones(2))
    assert pickle.loads(pickle.dumps(doubled)) is doubled
    network = autograd.compile(Doubling())
    with autograd.no_grad():
        for _ in range(3):
            network(np.ones(3))
        twin = copy.deepcopy(network)
        loaded = pickle.loads(pickle.dumps(network))
        network.weight.data[...] = 5
        for _ in range(3):
            np.testing.assert_array_equal(network(np.ones(3)).data, [5, 5, 5])
            np.testing.assert_array_equal(twin(np.ones(3)).data, [2, 2, 2])
            np.testing.assert_array_equal(loaded(np.ones(3)).data, [2, 2, 2])
    assert list(network.state_dict()) == ["weight"]


def test_a_compiled_function_within_another_one_is_a_part_of_it() -> None:
    inner = autograd.compile(lambda x: np.sin(x))
    outer = autograd.compile(lambda x: inner(x) * 2)
    for k in range(3):
        np.testing.assert_array_equal(outer(data(k)), np.sin(data(k)) * 2)
    assert len(inner.programs) == 0


def test_an_error_in_a_trace_leaves_no_stand_in_behind() -> None:
    network = nn.Linear(3, 2)

    @autograd.compile
    def f(x: Any) -> Any:
        network(x)
        raise KeyError("mine")

    with autograd.no_grad():
        for _ in range(3):
            with pytest.raises(KeyError, match="mine"):
                f(np.ones((1, 3), np.float32))
    assert all(type(p.data) is np.ndarray for p in network.parameters())
    assert isinstance(network(Tensor(np.ones((1, 3), np.float32))), Tensor)


def test_anomaly_mode_sees_every_operation() -> None:
    w = Tensor([1.0], requires_grad=True)
    f = autograd.compile(lambda x: np.log(w * x).sum().detach())
    f(np.ones(1)), f(np.ones(1))
    with autograd.detect_anomaly(), pytest.raises(RuntimeError), np.errstate(all="ignore"):
        f(np.zeros(1) - 1)


def test_an_interrupt_waits_until_all_parameters_are_changed(request: Any) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # which in the background may be to ignore it
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))

    class Interrupted(optim.SGD):
        now = False

        def advance(self, state: Any, group: Any, row: Any) -> Any:
            if self.now:
                signal.raise_signal(signal.SIGINT)
                assert group is not None  # where an interrupt would be raised
            return super().advance(state, group, row)

    def build() -> Any:
        autograd.manual_seed(0)
        network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
        return network, Interrupted(network.parameters(), 0.1, momentum=0.9)

    def step_of(network: Any, optimizer: Any) -> Any:
        def step(x: Any) -> Any:
            optimizer.zero_grad()
            (network(x) ** 2).mean().backward()
            optimizer.step()

        return step

    (network, optimizer), (twin, its) = build(), build()
    step, engine = autograd.compile(step_of(network, optimizer)), step_of(twin, its)
    for k in range(3):
        x = Tensor(data(k).astype(np.float32))
        step(x), engine(x)
    optimizer.now = True
    with pytest.raises(KeyboardInterrupt):
        step(x)
    optimizer.now = False
    engine(x)
    for name, value in network.state_dict().items():
        np.testing.assert_array_equal(value, twin.state_dict()[name])
    step(x), engine(x)
    for name, value in network.state_dict().items():
        np.testing.assert_array_equal(value, twin.state_dict()[name])


def test_an_error_on_the_way_leaves_parameters_and_gradients_whole() -> None:
    w = Tensor(np.ones(20000), requires_grad=True)
    optimizer = optim.SGD([w], 0.1)

    @autograd.compile
    def step(x: Any) -> Any:
        optimizer.zero_grad()
        (np.exp(w * x)).sum().backward()
        optimizer.step()

    for _ in range(3):
        step(np.ones(20000))
    before = w.data.copy()
    with pytest.raises(FloatingPointError), np.errstate(all="raise"):
        step(np.full(20000, 1e6))
    np.testing.assert_array_equal(w.data, before)
    assert w.grad is None or np.isfinite(w.grad.data).all()
    step(np.ones(20000))
    np.testing.assert_array_equal(w.data, before - 0.1 * np.exp(before))


def test_gradients_that_were_kept_are_left_alone() -> None:
    w = Tensor(np.ones(20000), requires_grad=True)

    @autograd.compile
    def step(x: Any) -> Any:
        w.grad = None
        (w * x).sum().backward()

    kept: list[Any] = []
    for k in range(6):
        step(np.full(20000, float(k)))
        kept.append((w.grad, w.grad.data, w.grad.data[3:])[k % 3])
    for k, item in enumerate(kept):
        assert np.asarray(item)[5] == k
    memory = set()
    for _ in range(6):
        step(np.zeros(20000))
        memory.add(w.grad.data.ctypes.data)
    assert len(memory) <= 2


def test_an_array_that_changes_between_two_uses() -> None:
    @autograd.compile
    def f(x: Any) -> Any:
        steps = np.arange(3.0)
        first = x * steps
        steps += 10
        return first + x * steps

    with pytest.warns(RuntimeWarning, match="is used and then written to"):
        f(np.ones(3))
    np.testing.assert_array_equal(f(np.ones(3)), [10, 12, 14])


def test_objects_that_change_by_the_way_are_noticed() -> None:
    class Steps:
        def __init__(self) -> None:
            self.taken = 0

        def __call__(self) -> None:
            self.taken += 1

    steps = Steps()

    @autograd.compile
    def f(x: Any) -> Any:
        steps()
        return x * 2

    with pytest.warns(RuntimeWarning, match="taken is changed by the call"):
        f(np.ones(2))
    f(np.ones(2)), f(np.ones(2))
    assert steps.taken == 3


def test_an_argument_that_is_given_twice() -> None:
    f = autograd.compile(lambda a, b: a * 2 + b)
    x, y = Tensor([1.0]), Tensor([10.0])
    assert [f(x, x).item(), f(x, x).item(), f(x, y).item(), f(y, y).item()] == [3, 3, 12, 30]


def test_an_argument_that_the_function_uses_anyway() -> None:
    w = Tensor([1.0])
    f = autograd.compile(lambda x: x + w * 10)
    assert [f(w).item(), f(w).item(), f(Tensor([5.0])).item(), f(w).item()] == [11, 11, 15, 11]


def test_arguments_that_share_memory() -> None:
    @autograd.compile
    def f(a: Any, b: Any) -> Any:
        a += 1
        return b * 2

    for _ in range(3):
        whole = np.zeros(3)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            np.testing.assert_array_equal(f(whole, whole[1:]), [2, 2])
        np.testing.assert_array_equal(f(np.zeros(3), np.zeros(2)), [0, 0])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_finds_no_lock_that_is_held() -> None:
    waits, started, go_on = threading.Event(), threading.Event(), threading.Event()

    class Slow:
        def __call__(self) -> None:
            if waits.is_set():
                started.set()
                go_on.wait(10)

    slow = Slow()
    f = autograd.compile(lambda x: (outside(slow), x * 2)[1])
    f(np.ones(2)), f(np.ones(2))
    waits.set()
    thread = threading.Thread(target=f, args=(np.ones(2),))
    thread.start()
    started.wait(10)
    if not (child := os.fork()):
        waits.clear()
        os._exit(0 if f(np.ones(2)).tolist() == [2, 2] else 1)
    go_on.set()
    thread.join()
    assert os.waitpid(child, 0)[1] == 0


def test_what_is_changed_of_an_argument_is_that_of_the_call() -> None:
    def gradients(wrap: Any) -> Any:
        def f(x: Any) -> Any:
            value = (x**2).sum()
            value.backward()
            return value.detach()

        run = wrap(f)
        for k in range(6):
            x = Tensor(data(k), requires_grad=True)
            x.grad = Tensor(np.ones((4, 3))) if k % 3 == 1 else None
            yield run(x).data
            yield x.grad.data

    def arrays(wrap: Any) -> Any:
        def f(x: Any, y: Any) -> Any:
            x.data = y * 2
            return {"x": x, "y": y}

        run = wrap(f)
        for k in range(4):
            x = Tensor(data(k))
            result = run(x, data(k + 1))
            assert result["x"] is x
            yield x.data.copy()

    def given(wrap: Any) -> Any:
        w = Tensor(np.ones((4, 3)), requires_grad=True)

        def f(x: Any) -> None:
            w.grad = x

        run = wrap(f)
        for k in range(4):
            run(Tensor(data(k)))
            assert w.grad is not None
            yield w.grad.data

    agree(gradients)
    agree(arrays)
    agree(given)


def test_numbers_are_found_wherever_they_stand() -> None:
    def runs(wrap: Any) -> Any:
        module = types.ModuleType("settings")
        vars(module)["scale"] = 1.0

        class Kind:
            scale = 1.0
            weights = np.ones(3)

        class Narrow:
            __slots__ = ("scale",)

        class Model:
            def __init__(self) -> None:
                self._scale = 1.0
                self._shift = 1.0

            @property
            def scale(self) -> float:
                return self._scale

            def shifted(self, x: Any) -> Any:
                return x + self._shift

        narrow, model, kind = Narrow(), Model(), Kind()
        narrow.scale = 1.0
        factors, last, layers = [2.0], deque([1.0]), nn.Sequential(nn.Tanh())

        def f(x: Any) -> Any:
            x = (
                model.shifted(x * module.scale * kind.scale * narrow.scale * model.scale * vars(f)["scale"])
                * Kind.weights
            )
            for factor in factors:
                x = x * factor
            return layers(Tensor(x)).data + last[-1] + f.scale  # type: ignore[attr-defined]

        f.scale = 1.0  # type: ignore[attr-defined]
        changes: list[Any] = [
            lambda: setattr(module, "scale", 2.0), lambda: setattr(Kind, "scale", 3.0), lambda: factors.append(0.5),
            lambda: setattr(narrow, "scale", 4.0), lambda: setattr(model, "_scale", 5.0), lambda: last.append(2.0),
            lambda: setattr(model, "_shift", 6.0), lambda: setattr(f, "scale", 7.0), lambda: layers.append(nn.ReLU()),
            lambda: setattr(Kind, "weights", np.zeros(3)), lambda: Kind.weights.fill(3.0),
            lambda: setattr(kind, "scale", 0.5), lambda: setattr(layers[0], "forward", lambda x: x * 2),
        ]  # fmt: skip
        run = wrap(f)
        yield run(data(0))
        for k, change in enumerate(changes):
            if k == 6:
                run = wrap(f)  # not more programs than are kept
                yield run(data(0))
            change()
            yield run(data(k))

    agree(runs)


def test_lists_that_grow_and_python_s_random_numbers_are_the_engines() -> None:
    kept: list[float] = []

    @autograd.compile
    def f(x: Any) -> Any:
        kept.append(1.0)
        return x * 2

    with pytest.warns(RuntimeWarning, match="a list has 1 entries after it, and had 0"):
        f(np.ones(2))
    f(np.ones(2))
    assert kept == [1.0, 1.0]

    @autograd.compile
    def g(x: Any) -> Any:
        return x * random.random()

    with pytest.warns(RuntimeWarning, match="drawn from random, whose state is global"):
        first = g(np.ones(2))
    assert not np.array_equal(first, g(np.ones(2)))


def test_hooks_that_come_and_go_are_seen() -> None:
    def runs(wrap: Any) -> Any:
        autograd.manual_seed(0)
        network = nn.Sequential(nn.Linear(3, 2), nn.Tanh())
        optimizer = optim.SGD(network.parameters(), lr=0.1)
        weight = network[0].weight

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss = (network(x) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss.detach()

        def triple(*_: Any) -> None:
            weight.grad.data[...] *= 3

        run = wrap(step)
        for hook in (
            None, None, lambda: weight.register_hook(lambda g: g * 2), None,
            lambda: network[1].register_forward_hook(lambda module, given, result: result * 2), None,
            lambda: optimizer.register_step_pre_hook(triple), None,
        ):  # fmt: skip
            handle = hook() if hook is not None else None
            yield run(Tensor(data(1).astype(np.float32))).data
            yield weight.data.copy()
            if handle is not None:
                handle.remove()

    agree(runs)


def test_arrays_where_no_other_can_be_put_are_seen_to_change() -> None:
    def runs(wrap: Any) -> Any:
        default, held = np.ones(3), (np.ones(3), 2.0)

        def f(x: Any, y: Any = default) -> Any:
            return x * y + held[0] * held[1]

        run = wrap(f)
        for k in range(6):
            default[0], held[0][1] = k // 2, k // 3
            yield run(data(k))

    agree(runs)


def test_a_tensor_that_is_returned_twice_is_one() -> None:
    @autograd.compile
    def f(x: Any) -> Any:
        y = x * 2
        return y, {"y": y}

    for k in range(4):
        y, again = f(Tensor(data(k)))
        assert again["y"] is y


def test_what_is_put_into_a_list_or_dict_that_is_an_argument_is_there() -> None:
    @dataclass
    class Pair:
        first: Any
        second: Any

    @autograd.compile
    def f(items: Any, table: Any, pair: Any) -> Any:
        items.append(items[0] * 2)
        table["sum"] = [table.pop("x").sum(), items]
        pair.first = pair.second + 1
        return len(items)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for k in range(4):
            x = data(k)
            items, table, pair = [x], {"x": x}, Pair(x, x)
            assert f(items, table, pair) == 2
            np.testing.assert_array_equal(items[1], 2 * x)
            assert list(table) == ["sum"]
            assert table["sum"][1] is items
            np.testing.assert_array_equal(table["sum"][0], x.sum())
            np.testing.assert_array_equal(pair.first, x + 1)


def test_what_an_object_records_besides_makes_no_new_program() -> None:
    class Trainer:
        def __init__(self) -> None:
            self.history: list[float] = []
            self.scales = [1.0]

        def scale(self) -> float:
            return self.scales[-1]

        def step(self, x: Any) -> Any:
            return x * self.scale()

    trainer = Trainer()
    step = autograd.compile(trainer.step)
    for k in range(20):
        if k == 10:
            trainer.scales.append(2.0)
        trainer.history.append(float(step(np.ones(3))[0]))
    assert trainer.history == [1.0] * 10 + [2.0] * 10
    assert step.why_not is None
    assert len(step.programs) == 2


def test_results_that_are_put_into_a_dict_outside_make_one_program() -> None:
    """What the last call has left there is no other program's business, as long as it is of the same kind."""
    w = Tensor(np.arange(3.0), requires_grad=True)
    found: dict[str, Tensor] = {}

    @autograd.compile
    def step() -> None:
        found.update(slope=autograd.grad((w * w).sum(), [w])[0])

    for k in range(12):
        with autograd.no_grad():
            w += 1
        step()
        np.testing.assert_array_equal(found["slope"].data, 2 * (np.arange(3.0) + k + 1))
    assert step.why_not is None
    assert len(step._entries) <= 2


def test_floating_point_errors_are_ignored_where_the_engine_ignores_them() -> None:
    @autograd.compile
    def f(x: Any) -> Any:
        with np.errstate(divide="ignore"):
            y = 1 / x
        return autograd.sigmoid(x), y, np.log(x + 2e3)

    ours = np.array([-1e3, 1.0, 0.0])
    with np.errstate(divide="raise", over="raise"):
        for _ in range(3):
            low, inverse, _ = f(ours)
            np.testing.assert_array_equal(low, autograd.sigmoid(ours))
            assert inverse[2] == np.inf
        with pytest.raises(FloatingPointError, match="log"):  # which is not within
            f(np.array([-2e3, 1.0, 0.0]))
    assert f.why_not is None


def _through_a_view(x: Any) -> Any:
    h = np.tanh(x)
    whole = h.reshape(3, 1)
    h[np.array([0, 0, 2])] -= h[:1]
    whole[1] = h[0] * x[2]
    return (h * whole[:, 0]).sum()


def _again_after_a_view(x: Any) -> Any:
    h = autograd.checkpoint(lambda x: np.sin(x) * 2)(x)
    part = h[1:]
    part[...] = part * x[0]
    return (h * h).sum()


def _another_view_after_one(x: Any) -> Any:
    a, h = np.tanh(x) * 1, np.sin(x)
    part = h[:1]
    h[...] = h * 2
    seen = a.reshape(1, 3)
    np.subtract(x, h, out=a)
    return (seen * seen).sum() + part.sum()


_TWICE = [0, 2, 0, 0, 1, 0]


def _factors(n: int) -> Any:
    """Constants, which are made within the step."""
    return np.cos(np.arange(1.0, n + 1))


WITH_VIEWS = {
    "an assignment through a view": _through_a_view,
    "a checkpoint before one": _again_after_a_view,
    "another view after one": _another_view_after_one,
}
IN_ORDER = {
    "constants to constants": lambda x: (x * _factors(3)).sum() + (x[_TWICE] * _factors(6)).sum(),
    "what is computed to constants": lambda x: (x * _factors(3)).sum() + (x[_TWICE] ** 2 * _factors(6)).sum(),
    "constants to what is computed": lambda x: (x[_TWICE] * _factors(6)).sum() + (np.exp(x) * _factors(3)).sum(),
}


@pytest.mark.parametrize("name", [*WITH_VIEWS, *IN_ORDER])
def test_gradients_are_added_in_the_order_of_the_engine(name: str) -> None:
    loss = (WITH_VIEWS | IN_ORDER)[name]
    step = lambda x: autograd.grad(loss(x), [x])[0]
    compiled = autograd.compile(step)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for k in range(20):
            x = np.random.default_rng(k).standard_normal(3)
            found, expected = (f(Tensor(x, requires_grad=True)) for f in (compiled, step))
            np.testing.assert_array_equal(found, expected)
    if name in WITH_VIEWS:
        assert "shares memory" in compiled.why_not
    else:
        assert compiled.why_not is None


def test_an_error_that_the_function_handles_is_handled() -> None:
    count = [np.zeros(1)]

    def solved(a: Any, b: Any) -> Any:
        count[0] += 1
        try:
            return np.linalg.solve(a, b)
        except np.linalg.LinAlgError:
            return b * 0 - 1

    def runs(given: Any) -> Any:
        f, before = given(solved), count[0].copy()
        for k in range(10):
            a = np.ones((2, 2)) if k % 3 == 1 else np.random.default_rng(k).standard_normal((2, 2))
            yield f(a, data(k)[0, :2])
            yield count[0] - before

    agree(runs)


def test_an_error_of_a_program_is_the_function_s_own() -> None:
    @autograd.compile
    def inverse(a: Any) -> Any:
        with np.errstate(all="raise"):
            return np.log(np.linalg.inv(a) + 1)

    inverse(np.eye(2)), inverse(np.eye(2))
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        inverse(np.ones((2, 2)))
    with pytest.raises(FloatingPointError, match="invalid"):
        inverse(-np.eye(2) / 4)
    np.testing.assert_array_equal(inverse(np.eye(2)), np.log(np.eye(2) + 1))
    assert len(inverse.programs) == 1


OF_A_FLOAT: dict[str, Any] = {
    "divmod": lambda a: (divmod(a, 0.3), divmod(3.0, a)),
    "its parts": lambda a: (a.real, a.imag, a.conjugate()),
    "whether it is whole": lambda a: a.is_integer(),
    "its ratio": lambda a: (a.as_integer_ratio(), a.hex()),
    "looked up": lambda a: ({1.5: "x", 2.0: "y"}.get(a), a in {2.0}, a in [1.5]),
    "in a list": lambda a: (max(a, 1.0), sorted([a, 1.0, -1.0]), (1.0,) + (a,), [a] * 2),
    "statistics": lambda a: statistics.mean([a, 1.0]),
    "as JSON": lambda a: json.dumps({"a": a}),
    "copied": lambda a: copy.deepcopy([a]),
    "with a list": lambda a: a * [1, 2],
    "a list's": lambda a: (1, 2) * a,
}


@pytest.mark.parametrize("name", OF_A_FLOAT)
def test_a_number_is_what_python_has(name: str) -> None:
    function = OF_A_FLOAT[name]
    compiled = autograd.compile(function)

    def outcome(f: Any, a: float) -> Any:
        try:
            return repr(f(a))
        except TypeError as error:
            return type(error)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for a in (1.5, 2.0, 1.5, -0.5, 3.0):
            assert outcome(compiled, a) == outcome(function, a)


def test_a_whole_number_of_a_program_repeats_a_list() -> None:
    agree(lambda given: [given(lambda n: np.array([7] * n.sum().item()))(np.array([k, 1])) for k in (1, 2, 1, 3)])


def test_a_seed_within_a_step_is_set_at_each_call() -> None:
    def noise(x: Any, seed: int) -> Any:
        before = autograd.generator().random()
        autograd.manual_seed(seed)
        return x * autograd.generator().random(3) + before

    def runs(given: Any) -> Any:
        f = given(noise)
        autograd.manual_seed(5)
        for k in range(8):
            yield f(data(k)[0], k % 3)
            yield autograd.generator().random()

    agree(runs)
    autograd.manual_seed(5)
    text = autograd.trace(noise, np.ones(3), 1).source
    assert "    rng = np.random.default_rng(1)\n" in text
    assert autograd.generator().random() == np.random.default_rng(5).random()  # a trace changes nothing


def test_what_code_for_floats_alone_refuses_runs_in_the_engine() -> None:
    w = Tensor([1.0, 2.0], requires_grad=True)

    def step(x: Any, scale: float) -> Any:
        w.grad = None
        loss = (w * x).sum() * scale
        loss.backward()
        optim.SGD([w], 0.1).step()
        return json.dumps({"scale": scale}), loss

    compiled = autograd.compile(step)
    expected = Tensor(w.data.copy(), requires_grad=True)
    compiled(np.ones(2), 1.0)
    with pytest.warns(RuntimeWarning, match=r"test_footguns.py:\d+, in step: the trace ends with TypeError"):
        said, _ = compiled(np.ones(2), 2.0)
    assert said == '{"scale": 2.0}'
    expected.data[...] -= 0.1 * np.ones(2)
    expected.data[...] -= 0.1 * 2 * np.ones(2)
    np.testing.assert_array_equal(w.data, expected.data)


def test_what_a_step_keeps_is_told_by_its_line_and_is_what_it_would_be() -> None:
    log: list[Any] = []
    kept = {"last": None, "all": deque()}

    class Trainer:
        best = math.inf

        def step(self, x: Any) -> Any:
            loss = (x * x).sum()
            log.append(loss.item())
            kept["last"] = x * 2
            kept["all"].append(Tensor(x + 1))
            self.best = min(self.best, loss.item())
            return loss

    trainer = Trainer()
    step = autograd.compile(trainer.step)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for k in range(4):
            step(data(k)[0])
    assert re.search(r"made in test_footguns.py:\d+, in step|best is changed by the call", step.why_not)
    for k in range(4):
        assert type(log[k]) is float
        assert log[k] == (data(k)[0] ** 2).sum().item()
        np.testing.assert_array_equal(kept["all"][k].data, data(k)[0] + 1)
        assert type(kept["all"][k].data) is np.ndarray
    assert type(kept["last"]) is np.ndarray
    assert type(trainer.best) is float
    json.dumps([log, trainer.best])


def test_a_trace_that_ends_after_a_checkpoint_changes_nothing_of_it() -> None:
    """What the checkpoint notes of a trace is compared with what is there when it has ended."""
    w = Tensor([1.0, 2.0], requires_grad=True)

    def f(x: Any, s: float) -> Any:
        y = autograd.checkpoint(lambda t: np.sin(t) * w)(x)
        z = y * np.asarray(s)  # which ends it
        return autograd.grad(z.sum(), w)[0]

    agree(lambda made: [g(np.arange(2.0) + k, 0.5 + k) for g in [made(f)] for k in range(4)])


def test_what_a_failed_trace_put_into_a_list_is_taken_out_again() -> None:
    """Where the engine runs the call once more: it would be there twice."""

    class Half(float):
        def __array_ufunc__(self, *args: Any, **kwargs: Any) -> Any:
            raise TypeError("of numbers alone")

    def run(made: Any) -> Any:
        seen: list[Any] = [0.0]
        named: dict[str, Any] = {}
        recent: Any = deque([1.0], maxlen=3)

        def f(x: Any) -> Any:
            seen.append(1.0)
            named[f"k{len(named)}"] = len(seen)
            recent.append(len(seen))
            try:
                return (x * Half(0.5)).sum()
            except TypeError:
                if not isinstance(x, np.ndarray) or type(x) is not np.ndarray:
                    raise
                return x.sum() / 2

        g = made(f)
        return [(g(np.arange(3.0) + k), list(seen), dict(named), list(recent)) for k in range(4)]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        assert run(autograd.compile) == run(lambda f: f)


def test_a_number_in_a_vmap_is_traced_in_every_derivative() -> None:
    u = Tensor([1.0, 2.0, 3.0], requires_grad=True)

    def f(s: float) -> Any:
        y = autograd.vmap(lambda t: (t * t).sum() * s)(u)
        (g,) = autograd.grad((y * y).sum(), [u], create_graph=True)
        return autograd.grad((g * g).sum(), [u])[0]

    compiled = autograd.compile(f)
    for s in (0.5, 0.25, 2.0):
        np.testing.assert_array_equal(compiled(s), f(s))
    assert compiled.why_not is None


def test_an_array_that_is_changed_by_a_tensor_stays_an_array() -> None:
    def f(x: Any, y: Any) -> Any:
        made = x * 2
        made += y
        made[1:] *= y[1:]
        return made

    compiled = autograd.compile(f)
    for k in range(3):
        x, y = np.arange(3.0) + k, Tensor(np.arange(3.0) - k)
        assert type(compiled(x, y)) is type(f(x, y)) is np.ndarray
        np.testing.assert_array_equal(compiled(x, y), f(x, y))


def test_a_part_that_may_be_of_another_size_is_not_seen_otherwise_before_that_is_checked() -> None:
    def f(x: Any, m: Any) -> Any:
        part = x[m]
        return np.broadcast_to(part, (2, *part.shape)).reshape(part.shape[0], 2) * 2

    compiled = autograd.compile(f)
    for m in ([True, True, False], [True, True, True], [False, False, False], [True, False, True]):
        np.testing.assert_array_equal(compiled(np.arange(3.0), np.array(m)), f(np.arange(3.0), np.array(m)))


def test_functions_of_numpy_and_classes_that_change_are_noticed() -> None:
    def runs(made: Any) -> Any:
        config = types.SimpleNamespace(act=np.tanh, kinds={"loss": np.abs}, make=np.float64, size=len)
        step = made(lambda x: (config.act(x), config.kinds["loss"](x) * config.size(x), config.make(2.5) * x))
        yield from step(np.arange(3.0) - 1)
        yield from step(np.arange(3.0) - 2)
        config.act = np.sin
        yield from step(np.arange(3.0) - 3)
        config.kinds["loss"] = np.square
        yield from step(np.arange(3.0) - 4)
        config.make = int
        yield from step(np.arange(3.0) - 5)
        config.size = max
        yield from step(np.arange(3.0) - 6)

    agree(runs)


def test_a_second_derivative_within_may_be_differentiated_outside() -> None:
    """What the call made to differentiate by, and nobody has any more, is asked for no gradient."""
    w = Tensor(np.array([[0.5, -1.0], [2.0, 0.25]]), requires_grad=True)

    def u(x: Any) -> Any:
        return np.tanh(x[None] @ w).sum()

    def f(x: Any) -> Any:
        bend = autograd.vmap(lambda p: autograd.hessian(u)(p)[0, 1])(x)
        return bend.sum() + autograd.grad(u)(x[0])[1] + autograd.jvp(u, (x[1],), (np.ones(2),))[1]

    compiled = autograd.compile(f)
    for k in range(3):
        found = []
        for g in (f, compiled):
            w.grad = None
            value = g(Tensor(np.arange(6.0).reshape(3, 2) / (k + 1)))
            value.backward()
            found.append((value.detach(), w.grad))
        np.testing.assert_array_equal(*[value for value, _ in found])
        np.testing.assert_array_equal(*[gradient for _, gradient in found])
    assert compiled.why_not is None


def test_what_a_derivative_within_has_noted_is_not_kept() -> None:
    w = Tensor(np.array([[0.5, -1.0], [2.0, 0.25]]), requires_grad=True)

    def step(x: Any) -> Any:
        loss = autograd.vmap(lambda p: autograd.hessian(lambda q: np.tanh(q[None] @ w).sum())(p)[0, 0])(x).mean()
        w.grad = None
        loss.backward()
        return loss

    compiled = autograd.compile(step)
    for k in range(3):
        expected, slope = step(Tensor(np.ones((3, 2)) * k)).detach(), w.grad
        np.testing.assert_array_equal(compiled(Tensor(np.ones((3, 2)) * k)).detach(), expected)
        np.testing.assert_array_equal(w.grad, slope)
    assert compiled.why_not is None


@pytest.mark.parametrize("function", [np.maximum, np.minimum, np.fmax, np.fmin])
def test_an_infinite_gradient_goes_to_whoever_won(function: Any) -> None:
    """A program, which does not know whether there are ties, gives the bits that the engine gives without any."""
    slopes = lambda x, y, g: autograd.vjp(function, x, y)[1](g)
    compiled = autograd.compile(slopes)
    x, y = data(0), data(1)
    for g in (data(2), data(3), np.full_like(x, np.inf), np.full_like(x, -0.0)):
        with np.errstate(invalid="ignore"):
            for of, other in zip(compiled(x, y, g), slopes(x, y, g), strict=True):
                np.testing.assert_array_equal(of, other)
                np.testing.assert_array_equal(np.signbit(of), np.signbit(other))
    assert compiled.why_not is None
    with np.errstate(invalid="ignore"):
        both = autograd.vjp(function, np.array([1.0, 2.0]), np.array([1.0, 3.0]))[1](np.array([1.0, np.inf]))
    assert [slope[0] for slope in both] == [0.5, 0.5]
    assert sorted(np.isinf(slope[1]) for slope in both) == [False, True]
