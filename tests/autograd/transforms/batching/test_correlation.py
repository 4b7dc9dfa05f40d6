"""Convolutions for all examples at once, each operand of each example's own or the same for all, against a loop."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, grad, vmap
from autograd.engine.tensor import unwrap
from autograd.ops import correlate, correlate_kernel, correlate_transpose

RNG = np.random.default_rng(0)
N = 3
LAYOUTS: dict[str, dict[str, Any]] = {  # of images of 4 channels and 7 by 6 elements, and kernels of 2 by 3
    "plain": {},
    "strided": {"stride": (2, 1), "padding": (1, 2)},
    "dilated": {"dilation": (2, 1), "padding": (0, 1)},
    "in groups": {"groups": 2, "padding": (1, 0)},
    "of each channel": {"groups": 4, "stride": (1, 2)},
}
HELD = [held for held in itertools.product((True, False), repeat=3) if any(held)]


def many(shape: tuple[int, ...], held: bool) -> Any:
    return RNG.standard_normal((N, *shape) if held else shape)


def compared(function: Any, arrays: list[Any], held: tuple[bool, ...], looped: bool = False) -> None:
    mapped = vmap(function, tuple([0 if own else None for own in held]))
    got = mapped(*arrays)
    each = [function(*[Tensor(x[k] if own else x) for x, own in zip(arrays, held, strict=True)]) for k in range(N)]
    np.testing.assert_allclose(got, [unwrap(one) for one in each], rtol=1e-10, atol=1e-10)
    assert bool(mapped.why_looped) is looped
    none = mapped(*[x[:0] if own else x for x, own in zip(arrays, held, strict=True)])
    assert (none.shape, none.dtype) == ((0, *got.shape[1:]), got.dtype)


@pytest.mark.parametrize("held", HELD)
@pytest.mark.parametrize("name", LAYOUTS)
def test_correlations(name: str, held: tuple[bool, bool, bool]) -> None:
    options = LAYOUTS[name]
    arrays = [many(shape, own) for shape, own in zip(shapes(name), held, strict=True)]
    compared(lambda x, w, b: correlate(x, w, b=b, **options), arrays, held)
    if held[0] or held[1]:
        compared(lambda x, w: correlate(x, w, **options), arrays[:2], held[:2])


def shapes(name: str) -> tuple[tuple[int, ...], ...]:
    return (2, 4, 7, 6), (8, 4 // LAYOUTS[name].get("groups", 1), 2, 3), (8,)


@pytest.mark.parametrize("held", HELD)
@pytest.mark.parametrize("name", LAYOUTS)
def test_gradients_of_correlations(name: str, held: tuple[bool, bool, bool]) -> None:
    """They are the transposed one, the kernel's and a sum; theirs in turn are of these kinds."""
    options = LAYOUTS[name]
    arrays = [many(shape, own) for shape, own in zip(shapes(name), held, strict=True)]

    def loss(x: Any, w: Any, b: Any) -> Any:
        return np.sin(correlate(x, w, b=b, **options)).sum()

    for k in range(3):
        compared(grad(loss, k), arrays, held)
    slopes = grad(loss, (0, 1))
    for k in range(2):
        compared(grad(lambda *a: sum((s**2).sum() for s in slopes(*a)), k), arrays, held)


@pytest.mark.parametrize("held", [(True, True), (True, False), (False, True)])
@pytest.mark.parametrize("name", LAYOUTS)
def test_the_parts_of_gradients(name: str, held: tuple[bool, bool]) -> None:
    options = LAYOUTS[name]
    x, w, _ = shapes(name)
    out = np.shape(unwrap(correlate(np.zeros(x), np.zeros(w), **options)))
    y, kernel = many(out, held[0]), many(w, held[1])
    compared(lambda y, w: correlate_transpose(y, w, x[2:], **options), [y, kernel], held)
    image = many(x, held[1])
    compared(lambda y, x: correlate_kernel(y, x, w[2:], **options), [y, image], held)


def test_within_another_batch() -> None:
    x, w, b = many((2, 4, 7, 6), True), many((8, 4, 2, 3), True), many((8,), True)
    got = vmap(lambda w: vmap(lambda x, b: correlate(x, w, b=b, padding=1))(x, b))(w)
    each = [[unwrap(correlate(Tensor(x[k]), Tensor(one), b=Tensor(b[k]), padding=1)) for k in range(N)] for one in w]
    np.testing.assert_allclose(got, each)
