"""What is done for each example of a vmap, compiled and as text: what the engine gives."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import grad, vmap

from .test_training import assert_same

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "ravel in Fortran's order": lambda a: np.ravel(a, order="F"),
    "repeat": lambda a: np.repeat(a, 2, axis=0),
    "cumprod": lambda a: np.cumprod(a, axis=0),
    "det": np.linalg.det,
    "median": lambda a: np.median(a, axis=-1),
    "concatenate": lambda a: np.concatenate([a, a], axis=0),
    "prod": lambda a: np.prod(a, axis=-1),
    "sort": lambda a: np.sort(a, axis=-1),
}


@pytest.mark.parametrize("derivative", [False, True])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_examples_within_a_program(name: str, derivative: bool) -> None:
    function = FUNCTIONS[name]
    one = grad(lambda a: np.sin(function(a)).sum()) if derivative else function

    def batched(x: Any) -> Any:
        return vmap(one)(x)

    called = autograd.compile(batched)
    rng = np.random.default_rng(0)
    for _ in range(3):
        x = rng.normal(size=(2, 3, 3))
        made = called(x)
        assert_same(made, batched(x))
        np.testing.assert_allclose(made, np.stack([one(part) for part in x]))
    assert called.why_not is None


@pytest.mark.parametrize("size", [3, 130])
def test_a_copy_in_fortran_s_order_is_that_at_each_call(size: int) -> None:
    """Also where it is put into memory of the program's own."""

    def f(x: Any) -> Any:
        return np.sin(np.ravel(x, order="F") * np.arange(float(x.size))).sum()

    called = autograd.compile(autograd.value_and_grad(f))
    rng = np.random.default_rng(0)
    for _ in range(3):
        x = rng.normal(size=(size, size + 1))
        value, slope = called(x)
        weights = np.arange(float(x.size)).reshape(x.shape, order="F")
        np.testing.assert_allclose(value, np.sin(x * weights).sum(), rtol=1e-9)
        np.testing.assert_array_equal(slope, np.cos(x * weights) * weights)
