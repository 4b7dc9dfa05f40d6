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


def test_states_that_come_to_share_memory_lead_to_a_new_program() -> None:
    a, b = Tensor(np.arange(4.0), requires_grad=True), Tensor(np.ones(4), requires_grad=True)

    def step(x: Any) -> None:
        a.data[...] = a.data * 2 + x
        b.data[...] = b.data + a.data

    compiled = Compiled(step, (a, b), PLAIN)
    for _ in range(3):
        compiled(np.ones(4))
    assert len(compiled.programs) == 1
    shared = np.arange(5.0)
    a.data, b.data = shared[1:], shared[:-1]
    expected = shared.copy()
    expected[1:] = expected[1:] * 2 + 1
    expected[:-1] += expected[1:]
    compiled(np.ones(4))
    np.testing.assert_array_equal(shared, expected)


def test_foreign_byte_order_stays_with_numpy() -> None:
    x = np.arange(6.0).astype(">f4")
    compiled = Compiled(lambda x: np.tanh(x) * 2 + x, (), PLAIN)
    for _ in range(3):
        found = compiled(x)
    np.testing.assert_allclose(found, np.tanh(x) * 2 + x)


ALONG = np.random.default_rng(0).standard_normal((3, 2, 2))

LAID_ANEW = {
    "a product, which is differentiated in another way where a factor is 0": lambda x: np.prod(x, 0) * np.ones((2, 2)),
    "a running product": lambda x: np.cumprod(x, 0),
    "softmax of what is turned round": lambda x: autograd.softmax(x[:, ::-1], 0),
    "a product of what is turned round": lambda x: np.prod(x[::-1], 1),
    "softmax of every other one": lambda x: autograd.softmax(x[..., ::2], 1),
}


@pytest.mark.parametrize("what", LAID_ANEW)
def test_a_kernel_finds_what_is_laid_in_another_way(what: str) -> None:
    """The engine's functions may lay out a result by its values, and get views that run backwards or have gaps."""

    def step(x: Any) -> Any:
        y = LAID_ANEW[what](x)
        (gradient,) = autograd.grad((y * y * np.cos(np.arange(y.size)).reshape(y.shape)).sum() + (x * ALONG).sum(), [x])
        return y.detach() * 2, gradient * 2 + 1

    compiled = Compiled(step, (), PLAIN)
    for call in range(5):
        x = np.random.default_rng(call).uniform(0.5, 2, (3, 2, 2))
        x[1, call % 2, 1] = 0 if call > 2 else 1
        assert_near(step(Tensor(x, requires_grad=True)), compiled(Tensor(x, requires_grad=True)), 1e-9, 1e-12)
    assert compiled.why_not is None
