"""Every module and function of nn in a compiled training step, with one of the optimizers and one of the schedules."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor
from autograd.transforms.tree import leaves

from .cases import Call, calls

ROWS = {frozenset(call.names): call for call in reversed(list(calls())) if not call.label.split()[0].endswith("_")}
"""One call of each, but for what changes its argument in place, which no parameter may be."""

OPTIMIZERS: list[Any] = [
    lambda p: optim.SGD(p, 1e-3, momentum=0.9, nesterov=True, weight_decay=0.01), lambda p: optim.Adam(p, 1e-3),
    lambda p: optim.AdamW(p, 1e-3), lambda p: optim.RMSprop(p, 1e-3), lambda p: optim.Adagrad(p, 1e-3),
    lambda p: optim.NAdam(p, 1e-3), lambda p: optim.RAdam(p, 1e-3), lambda p: optim.Adamax(p, 1e-3),
    lambda p: optim.Rprop(p, 1e-4), lambda p: optim.Lion(p, 1e-4), lambda p: optim.Adafactor(p, 1e-3),
]  # fmt: skip
SCHEDULES: list[Any] = [
    lambda o: optim.lr_scheduler.StepLR(o, 2), lambda o: optim.lr_scheduler.ExponentialLR(o, 0.9),
    lambda o: optim.lr_scheduler.CosineAnnealingLR(o, 5), lambda o: optim.lr_scheduler.LambdaLR(o, lambda e: 0.9**e),
    lambda o: optim.lr_scheduler.LinearLR(o), lambda o: optim.lr_scheduler.PolynomialLR(o, 8),
]  # fmt: skip


def _moved(item: Any, k: int) -> Any:
    """Arrays as Tensors, floating ones a little nearer to zero at each call."""
    if isinstance(item, np.ndarray):
        return Tensor(item * (1 - 0.01 * k) if item.dtype.kind in "fc" else item)
    return type(item)([_moved(part, k) for part in item]) if type(item) in (list, tuple) else item


def train(call: Call, compiled: bool) -> tuple[list[Any], Any]:
    """What can be seen after each step, and the step."""
    rng = np.random.default_rng(zlib.crc32(call.label.encode()))
    autograd.manual_seed(0)
    function, args, kwargs = call.make()
    trained = list(function.parameters()) if isinstance(function, nn.Module) else []
    floating = [k for k, item in enumerate(args) if isinstance(item, np.ndarray) and item.dtype.kind in "fc"]
    own = Tensor(args[floating[0]], requires_grad=True) if floating and not trained else None
    trained = trained if own is None else [own]
    if not trained:
        pytest.skip("it has neither parameters nor a floating argument")
    optimizer = OPTIMIZERS[rng.integers(len(OPTIMIZERS) if all(p.dtype.kind == "f" for p in trained) else 4)](trained)
    schedule = SCHEDULES[rng.integers(len(SCHEDULES))](optimizer)

    def step(args: Any, kwargs: Any) -> Any:
        optimizer.zero_grad()
        args = [own if own is not None and k == floating[0] else item for k, item in enumerate(args)]
        made = [part for part in leaves(function(*args, **kwargs)) if isinstance(part, Tensor)]
        parts = [(abs(part) if part.dtype.kind == "c" else part) for part in made if part.requires_grad]
        total: Any = sum([(part * np.sin(np.arange(1.0, part.size + 1)).reshape(part.shape)).sum() for part in parts])
        if parts:
            total.backward()
            optimizer.step()
        return total, made

    called = autograd.compile(step) if compiled else step
    buffers = list(function.buffers()) if isinstance(function, nn.Module) else []
    seen = []
    for k in range(4):
        total, made = called(_moved(args, k), {name: _moved(item, k) for name, item in kwargs.items()})
        state = [*trained, *[p.grad for p in trained], *buffers]
        seen.append([np.array(getattr(item, "data", item)) for item in (total, *made, *state) if item is not None])
        schedule.step()
    return seen, called


@pytest.mark.parametrize("call", ROWS.values(), ids=lambda call: call.label)
def test_a_compiled_step_is_the_engine_s(call: Call) -> None:
    if call.label.endswith("BCELoss"):
        pytest.skip("what is trained leaves the probabilities")
    expected, _ = train(call, compiled=False)
    found, step = train(call, compiled=True)
    assert step.why_not is None
    for a, b in zip(expected, found, strict=True):
        for x, y in zip(a, b, strict=True):
            assert x.dtype == y.dtype
            np.testing.assert_array_equal(x, y)
