"""Nothing that is kept grows with the variety of calls: lengths, and which of many inputs need a gradient."""

from __future__ import annotations

import gc
import random
from types import FunctionType

import numpy as np

import nn
from autograd import Tensor, checkpoint
from autograd.engine.primitive import Plan, registry


def _joins(lengths: range) -> None:
    rng = random.Random(lengths.start)
    for n in lengths:
        tracked = [Tensor(np.ones(2), requires_grad=True) for _ in range(n)]
        some = [x if rng.random() < 0.5 else x.data for x in tracked] + tracked[:1]
        for joined in (np.stack(tracked), np.concatenate(some), np.hstack(some), checkpoint(np.vstack)(tracked)):
            joined.sum().backward()


def _sequences(lengths: range) -> None:
    lstm = nn.LSTM(1, 2)
    for n in lengths:
        lstm(Tensor(np.ones((n, 1, 1), "f4"), requires_grad=True))[0].sum().backward()


def _kept() -> tuple[int, int]:
    """How many functions made of rules there are, and how many plans."""
    gc.collect()
    found = gc.get_objects()
    functions = [item for item in found if type(item) is FunctionType and item.__code__.co_filename[0] == "<"]
    return len(functions), sum(issubclass(type(item), Plan) for item in found)  # a proxy would ask what is gone


def test_functions_and_plans() -> None:
    for call in (_joins, _sequences):
        call(range(1, 40))
    before = _kept()
    for call in (_joins, _sequences):
        call(range(40, 80))
    assert _kept() == before


def test_a_plan_for_each_set_of_arguments_at_most() -> None:
    _joins(range(1, 9))
    for function in set(registry.values()):
        primitive = getattr(function, "primitive", None)
        if primitive is not None:
            assert len(primitive.plans) < 2 ** len(primitive.rules)


def test_parts_of_long_and_short_sequences() -> None:
    """Which of them a gradient is for is known, also beyond those whose VJPs are kept."""
    for n in (1, 2, 16, 17, 40):
        xs = [Tensor(np.full(2, float(k)), requires_grad=k % 3 != 1 or n < 17) for k in range(n)]
        for _ in range(2):
            joined = np.concatenate(xs)
            assert [place for _, place in joined.grad_fn.plan.inputs] == [
                k for k, x in enumerate(xs) if x.requires_grad
            ]
            (joined * np.arange(2.0 * n)).sum().backward()
        for k, x in enumerate(xs):
            assert x.grad is None or x.grad.tolist() == [4 * k, 4 * k + 2]
            assert (x.grad is None) is not x.requires_grad
