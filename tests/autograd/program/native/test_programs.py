"""Training programs run by kernels give what the engine gives, to rounding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor
from autograd.program.compiling import Compiled

from ..training import PROGRAMS
from .plain import PLAIN

ROUGHLY = {"transformer": 3e-3, "language model": 3e-3, "batch norm": 1e-2}
"""Where Adam divides a gradient that is 0 but for rounding by its own size: that of a key's bias, or before a mean."""


def run(name: str, backend: Any, calls: int = 6) -> tuple[list[Any], Any]:
    """What can be seen after each call, as results and state; and the function that was called."""
    autograd.manual_seed(0)
    program = PROGRAMS[name]()
    step = program.step if backend is None else Compiled(program.step, (), backend)
    rng = np.random.default_rng(1)
    seen = []
    for _ in range(calls):
        result = step(*program.batch(rng))
        seen.append((result, program.state()))
        program.after()
    return seen, step


def assert_near(a: Any, b: Any, rtol: float = 2e-3, atol: float = 0.0) -> None:
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        a, b = list(a.values()), list(b.values())
    if isinstance(a, list | tuple):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            assert_near(x, y, rtol, atol)
    elif isinstance(a, Tensor):
        assert_near(a.data, b.data, rtol, atol)
    elif isinstance(a, np.ndarray | np.generic):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        np.testing.assert_allclose(a, b, rtol, atol)
    elif isinstance(a, float):
        np.testing.assert_allclose(a, b, rtol, atol)
    else:
        assert a == b


@pytest.mark.parametrize("name", PROGRAMS)
def test_kernels_train_as_the_engine_does(name: str) -> None:
    expected, _ = run(name, None)
    found, step = run(name, PLAIN)
    assert step.why_not is None
    assert_near(expected, found, atol=ROUGHLY.get(name, 2e-4))
