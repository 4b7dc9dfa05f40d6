"""A product that is added to something is added up there, with no memory of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd.program.compiling import Compiled
from autograd.program.native import groups, kernels
from autograd.program.native.backends import Backend
from autograd.program.native.sums import joined_sums

from .plain import PLAIN

PRODUCTS = Backend("plain", "a test asked for it", PLAIN.build, products=1 << 20)
RNG = np.random.default_rng(0)
A, B, C, D = (RNG.standard_normal(shape) for shape in ((5, 3), (3, 4), (5, 4), (4, 5)))
WIDE = RNG.standard_normal((5, 9))


def accumulated(a: Any, b: Any, c: Any) -> Any:
    total = c * 1.0
    total += a @ b
    total += (a * 2) @ b
    return total


ROWS = {
    "on the right": (lambda a, b, c: np.tanh(c + a @ b), (A, B, C), 1),
    "on the left": (lambda a, b, c: np.tanh(a @ b + c), (A, B, C), 1),
    "in place": (accumulated, (A, B, C), 2),
    "a part of something": (lambda a, b, c: (c[:, 2:6] + a @ b) * 2, (A, B, WIDE), 1),
    "a row for all": (lambda a, b, c: (c[0] + a @ b) * 2, (A, B, C), 1),
    "a column for all": (lambda a, b, c: (c[:, :1] + a @ b) * 2, (A, B, C), 1),
    "turned": (lambda a, b, c: (c.T + a @ b) * 2, (A, B, D), 1),
    "a turned product": (lambda a, b, c: (c + (a @ b).T) * 2, (A, B, D), 0),
    "itself": (lambda a, b, c: (lambda p: p + p)(a @ b) - c, (A, B, C), 0),
    "used again": (lambda a, b, c: (lambda p: (c + p) * p)(a @ b), (A, B, C), 0),
    "taken from it": (lambda a, b, c: (c - a @ b) * 2, (A, B, C), 0),
    "of a vector": (lambda a, b, c: (c[:, 0] + a @ b[:, 0]) * 2, (A, B, C), 0),
    "of a column": (lambda a, b, c: c[:, :1] * 1.0 + a @ b[:, :1] + (b[:, :1].T @ a.T).T, (A, B, C), 2),
    "of a row": (lambda a, b, c: c[:1] * 1.0 + a[:1] @ b + (b.T @ a[:1].T).T, (A, B, C), 2),
    "one in length": (lambda a, b, c: (c + a[:, :1] @ b[:1]) * 2, (A, B, C), 0),
}
"""What is added, to what, and how many products begin with something"""


@pytest.mark.parametrize("name", ROWS)
def test_it_is_what_numpy_gives(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    function, arrays, joined = ROWS[name]
    begun = []

    def watched(*given: Any) -> Any:
        steps = joined_sums(*given)
        begun.extend([step for step in steps if step.begin is not None])
        return steps

    monkeypatch.setattr(kernels, "joined_sums", watched)
    monkeypatch.setattr(groups, "calls_by_steps", kernels.calls_of)
    compiled = Compiled(function, (), PRODUCTS)
    found = [compiled(*arrays) for _ in range(3)][2]
    np.testing.assert_allclose(found, function(*arrays), rtol=1e-12, atol=1e-12)
    assert compiled.why_not is None
    assert len(begun) == joined


def test_new_data_at_each_call() -> None:
    function = ROWS["in place"][0]
    compiled = Compiled(function, (), PRODUCTS)
    for k in range(5):
        given = [x + k for x in (A, B, C)]
        np.testing.assert_allclose(compiled(*given), function(*given), rtol=1e-12)
