"""What is done with large arrays alone is done with small ones: random programs give what the engine gives.

Memory that is shared, pieces, what is computed again or sooner: all of it begins at so many bytes, and here at one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor
from autograd.program import code_numpy, islands, memory
from autograd.program.running import once, renewed, sooner, to_run

from .test_random_programs import loss, program

SHAPES = (12, 16), (16, 12)


@pytest.fixture(autouse=True)
def from_one_byte_on() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in (memory, code_numpy, once, renewed, sooner):
            patch.setattr(module, "LARGE", 1)
        patch.setattr(renewed, "_LEAST", 1)
        patch.setattr(renewed, "_SHARE", 2.0)
        patch.setattr(renewed, "_GAIN", 0)
        patch.setattr(islands, "LEAST", 1)
        patch.setattr(islands, "PIECE", 64 * 8)
        yield


def draw(k: int) -> list[Any]:
    rng = np.random.default_rng(k)
    return [rng.standard_normal(shape) for shape in SHAPES]


@pytest.mark.parametrize("seed", range(1000, 1100))
def test_a_random_program(seed: int) -> None:
    by_numpy = program(seed)
    compiled = autograd.compile(by_numpy)
    kept = []
    with np.errstate(all="ignore"):
        for k in range(4):
            inputs, copies = draw(k), draw(k)
            expected, got = by_numpy(*inputs), compiled(*copies)
            kept.append((expected, got, [part.copy() for part in expected]))
            for a, b in zip([*expected, *inputs], [*got, *copies], strict=True):
                assert (type(a), a.dtype, a.strides) == (type(b), b.dtype, b.strides)
                np.testing.assert_array_equal(a, b)
    assert compiled.why_not is None
    for _, got, copies in kept[1:]:  # nor does a later call change them
        for a, b in zip(copies, got, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("seed", range(1000, 1080))
def test_a_random_step(seed: int) -> None:
    """Gradients of leaves that stay the same, kept or not, and changed in place by the step."""
    function = loss(seed)

    def stepped() -> Any:
        leaves = [Tensor(part, requires_grad=True) for part in draw(0)]

        def step(x: Any, y: Any) -> Any:
            for leaf in leaves:
                leaf.grad = None
            value = function(leaves[0] + x, leaves[1] * y)
            value.backward()
            with autograd.no_grad():
                for leaf in leaves:
                    leaf -= 0.01 * leaf.grad
            return value.detach()

        return leaves, step

    (leaves, step), (others, by_engine) = stepped(), stepped()
    compiled = autograd.compile(step)
    kept = []
    with np.errstate(all="ignore"):
        for k in range(5):
            np.testing.assert_array_equal(compiled(*draw(k)).data, by_engine(*draw(k)).data)
            for leaf, other in zip(leaves, others, strict=True):
                np.testing.assert_array_equal(leaf.data, other.data)
                np.testing.assert_array_equal(leaf.grad.data, other.grad.data)
            if k % 2:
                kept += [(leaf.grad, leaf.grad.numpy().copy()) for leaf in leaves]
    for gradient, as_it_was in kept:
        np.testing.assert_array_equal(gradient.data, as_it_was)
    assert compiled.why_not is None


def test_what_is_computed_again_lowers_memory_by_what_was_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    planned: list[int] = []
    changed = renewed._Plan.changed

    def watched(plan: Any, program: Any) -> Any:
        planned.append(int(plan.memory.max()))
        return changed(plan, program)

    monkeypatch.setattr(renewed._Plan, "changed", watched)
    before, after, exact = [], [], 0
    for seed in range(1000, 1080):
        with np.errstate(all="ignore"):
            written = autograd.trace(autograd.value_and_grad(loss(seed), (0, 1)), *draw(0))
        least = int(renewed._Plan(written).memory.max())
        changed_to = to_run(written)
        if len(planned) > len(before):
            before.append(least)
            after.append(int(renewed._Plan(changed_to).memory.max()))
            exact += planned[-1] == after[-1]
    assert len(planned) >= 70
    assert sum(after) < 0.67 * sum(before)
    assert sum(planned) < 0.65 * sum(before)
    assert exact > 0.55 * len(planned)  # which statements are done piece by piece together may be others than before
