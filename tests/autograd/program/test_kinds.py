"""Programs of many kinds: compiled, and as text, they give what the engine gives to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from autograd.program.printing import parameters
from autograd.program.values import mapped
from autograd.transforms.tree import leaves

from .kinds import compared, generative, scientific, sequences, supervised  # noqa: F401 (they fill the table)
from .kinds.common import KINDS
from .test_alone import alone
from .test_training import assert_same


@pytest.mark.parametrize("name", KINDS)
def test_compiled_is_the_engine(name: str) -> None:
    def run(compiled: bool) -> tuple[list[Any], Any]:
        autograd.manual_seed(0)
        program, rng = KINDS[name](), np.random.default_rng(1)
        step = autograd.compile(program.step) if compiled else program.step
        seen = []
        for _ in range(10):
            seen.append((leaves(step(*program.batch(rng))), program.state()))
            program.after()
        return seen, step

    found, step = run(compiled=True)
    assert_same(found, run(compiled=False)[0])
    assert step.why_not is None
    assert len(step.programs) <= 2


@pytest.mark.parametrize("name", KINDS)
def test_the_text_is_the_engine(name: str) -> None:
    def third() -> tuple[Any, Any]:
        """A program after two steps, and its third batch."""
        autograd.manual_seed(0)
        program, rng = KINDS[name](), np.random.default_rng(1)
        for _ in range(2):
            program.step(*program.batch(rng))
            program.after()
        return program, program.batch(rng)

    program, batch = third()
    written = autograd.trace(program.step, *batch)
    kinds = Tensor | np.ndarray | np.generic | float | complex
    arrays = [leaf.data if isinstance(leaf, Tensor) else leaf for leaf in leaves(batch) if isinstance(leaf, kinds)]
    given: dict[Any, Any] = dict(zip(written.inputs, arrays, strict=True))
    for statement in written.statements:
        if statement.kind == "outside":
            form = statement.form if isinstance(statement.form, tuple) else (statement.form,)
            given.update(zip(form, statement.function() or (None,), strict=True))
    rng = autograd.generator()
    taken = [rng if p == "rng" else mapped(p, lambda v: given.get(v, v.array)) for p in parameters(written)]
    found = alone(written)(*taken)
    found = found if isinstance(found, tuple) else (found,)

    engine, batch = third()
    expected = leaves(engine.step(*batch))
    outgoing = written.outgoing()
    for value, part in zip(written.results, expected, strict=True):
        if value is not None:
            np.testing.assert_array_equal(found[outgoing.index(value)], part.data if isinstance(part, Tensor) else part)
    for a, b in zip(program.objects, engine.objects, strict=True):
        if isinstance(a, nn.Module):
            assert_same(a.state_dict(), b.state_dict())
