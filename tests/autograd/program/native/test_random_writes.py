"""Random programs that write in place, and random derivatives, give what NumPy gives, whatever becomes a loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor
from autograd.program.compiling import Compiled
from autograd.program.native import code, kernels
from autograd.program.native.backends import Backend
from autograd.transforms.tree import leaves

from ..test_random_programs import loss, program
from .plain import PLAIN

BACKENDS = {
    "loops": PLAIN,
    "loops and products": Backend("plain", "a test asked for it", PLAIN.build, products=1 << 20),
}


def draw(k: int) -> list[Any]:
    return [np.random.default_rng(k).standard_normal(shape) for shape in ((3, 4), (4, 3))]


def assert_agree(function: Any, backend: Backend) -> None:
    compiled = Compiled(function, (), backend)
    kept = []
    with np.errstate(all="ignore"):
        for k in range(4):
            inputs, copies = draw(k), draw(k)
            expected, got = leaves(function(*inputs)), leaves(compiled(*copies))
            for a, b in zip([*expected, *inputs], [*got, *copies], strict=True):
                a, b = np.asarray(a), np.asarray(b)
                assert (a.dtype, a.shape) == (b.dtype, b.shape)
                size = float(np.abs(a[np.isfinite(a)]).max(initial=1))
                np.testing.assert_allclose(b, a, rtol=1e-9, atol=1e-11 * size)
            kept.append(([np.asarray(part) for part in got], [np.array(part) for part in got]))
    assert compiled.why_not is None
    for found, values in kept[2:]:
        for part, value in zip(found, values, strict=True):
            np.testing.assert_array_equal(part, value)


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("seed", range(30))
def test_a_random_program(seed: int, backend: str, large: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if large:  # as if all arrays were
        for module in (kernels, code):
            monkeypatch.setattr(module, "LARGE", 1)
    assert_agree(program(seed), BACKENDS[backend])
    assert_agree(autograd.value_and_grad(loss(seed), (0, 1)), BACKENDS[backend])


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_a_random_step(seed: int, together: bool) -> None:
    """Parameters that are changed in place, some of them parts of one array."""
    function = loss(seed)

    def stepped() -> Any:
        whole = np.concatenate([part.reshape(-1) for part in draw(0)])
        parts = [whole[:12].reshape(3, 4), whole[12:].reshape(4, 3)] if together else draw(0)
        parameters = [Tensor(part, requires_grad=True) for part in parts]
        if together:
            for parameter, part in zip(parameters, parts, strict=True):
                parameter.data = part
        count = Tensor(np.zeros(3))

        def step(x: Any, y: Any) -> Any:
            for parameter in parameters:
                parameter.grad = None
            value = function(parameters[0] + x, parameters[1] * y)
            value.backward()
            with autograd.no_grad():
                for parameter in parameters:
                    parameter -= 1e-3 * np.tanh(parameter.grad)
                count[1:] += parameters[0][0, :2]
                count[:2] = count[1:] * 0.5
            return value.detach()

        return [*parameters, count], step

    (found, step), (expected, by_engine) = stepped(), stepped()
    compiled = Compiled(step, (), BACKENDS["loops and products"])
    with np.errstate(all="ignore"):
        for k in range(5):
            np.testing.assert_allclose(compiled(*draw(k)).data, by_engine(*draw(k)).data, rtol=1e-9)
            for a, b in zip(found, expected, strict=True):
                np.testing.assert_allclose(a.data, b.data, rtol=1e-8, atol=1e-10)
    assert compiled.why_not is None
