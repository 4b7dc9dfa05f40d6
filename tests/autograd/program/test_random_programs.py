"""Programs of random statements, with views, writes in place and copies among them: compiled as by NumPy."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor
from autograd.transforms.tree import leaves

from .test_source import run_text


def _changed(u: Any, v: Any, c: float) -> Any:
    if u.ndim and u.flags.writeable:
        u += c
    return u


def _first_set(u: Any, v: Any, c: float) -> Any:
    if u.ndim and u.shape[0] > 1 and u.flags.writeable:
        u[0] = u[-1] * c
    return u * 1.0


def _part_set(u: Any, v: Any, c: float) -> Any:
    made = u * 2.0
    if made.ndim:
        made[..., 0] = c
        made *= 2
    return made


def _written(u: Any, v: Any, c: float) -> Any:
    made = np.empty_like(u)
    made[...] = u
    return np.multiply(made, c, out=made) if made.ndim else made


OPERATIONS: tuple[Callable[[Any, Any, float], Any], ...] = (
    lambda u, v, c: u + (v if u.shape == v.shape else c),
    lambda u, v, c: u * (v if u.shape == v.shape else 0.5),
    lambda u, v, c: np.tanh(u),
    lambda u, v, c: np.exp(-u * u),
    lambda u, v, c: u.T,
    lambda u, v, c: u.reshape(-1),
    lambda u, v, c: u[1:] if u.ndim and u.shape[0] > 1 else u * 2,
    lambda u, v, c: u[::-1] if u.ndim else u + 1,
    lambda u, v, c: u.sum(axis=0) if u.ndim else u - 1,
    lambda u, v, c: u.max(axis=-1, keepdims=True) if u.ndim else u * 3,
    lambda u, v, c: np.concatenate([np.atleast_1d(u).reshape(-1), np.atleast_1d(v).reshape(-1)])[:12],
    lambda u, v, c: np.where(u > 0, u, 0.1 * u),
    lambda u, v, c: u.copy(),
    lambda u, v, c: u.astype(np.float32).astype(np.float64),
    lambda u, v, c: u[[0, 0]] if u.ndim else u / 2,
    lambda u, v, c: np.maximum(u, c),
    lambda u, v, c: u - u.mean(),
    lambda u, v, c: np.zeros_like(u) + c if c < 0.5 else np.ones_like(u) * u,
    lambda u, v, c: u @ v if u.ndim == v.ndim == 2 and u.shape[1] == v.shape[0] else u**2,
    lambda u, v, c: np.add.reduce(u, axis=None),
    lambda u, v, c: u[..., None] if u.ndim < 3 else u,
    lambda u, v, c: (u > c) * 1.0,
    lambda u, v, c: np.sqrt(np.abs(u)) + 1,
    _changed,
    _first_set,
    _part_set,
    _written,
)


def program(seed: int) -> Callable[[Any, Any], list[Any]]:
    """A function of two arrays that gives some of what it computes."""
    draw = random.Random(seed)
    steps = [(draw.choice(OPERATIONS), draw.random(), draw.random(), draw.random()) for _ in range(draw.randint(3, 25))]
    given = [draw.random() for _ in range(draw.randint(1, 4))]

    def run(x: Any, y: Any) -> list[Any]:
        values = [x, y]
        for operation, a, b, c in steps:
            value = operation(values[int(a * len(values))], values[int(b * len(values))], c)
            values.append(value if value.size <= 200 else value.reshape(-1)[:50])
        return [values[int(place * len(values))] for place in given]

    return run


def assert_printed_gives(program: Any, inputs: Any, expected: Any) -> None:
    """The printed program gives the same, and changes the inputs as it does."""
    got, outgoing = run_text(program, inputs, None), program.outgoing()
    for value, part in zip(program.results, expected, strict=True):
        if value is not None:
            np.testing.assert_array_equal(got[outgoing.index(value)], part)


@pytest.mark.parametrize("seed", range(120))
def test_a_random_program_as_text(seed: int) -> None:
    by_numpy = program(seed)
    draw = lambda k: [np.random.default_rng(k).standard_normal(shape) for shape in ((3, 4), (4, 3))]
    with np.errstate(all="ignore"):
        written = autograd.trace(by_numpy, *draw(0))
        for k in (1, 2):
            inputs, copies = draw(k), draw(k)
            assert_printed_gives(written, copies, by_numpy(*inputs))
            np.testing.assert_array_equal(copies[0], inputs[0])
            np.testing.assert_array_equal(copies[1], inputs[1])


@pytest.mark.parametrize("seed", range(60))
def test_a_random_derivative_as_text(seed: int) -> None:
    derivative = autograd.value_and_grad(loss(seed), (0, 1))
    draw = lambda k: [np.random.default_rng(k).standard_normal(shape) for shape in ((3, 4), (4, 3))]
    with np.errstate(all="ignore"):
        written = autograd.trace(derivative, *draw(0))
        for k in (1, 2):
            assert_printed_gives(written, draw(k), leaves(derivative(*draw(k))))


@pytest.mark.parametrize("seed", range(60))
def test_a_random_program(seed: int) -> None:
    by_numpy = program(seed)
    compiled = autograd.compile(by_numpy)
    with np.errstate(all="ignore"):
        for k in range(4):
            rng = np.random.default_rng(k)
            inputs = rng.standard_normal((3, 4)), rng.standard_normal((4, 3))
            copies = [x.copy() for x in inputs]
            expected, got = by_numpy(*inputs), compiled(*copies)
            for a, b in zip([*expected, *inputs], [*got, *copies], strict=True):
                assert type(a) is type(b)
                assert a.dtype == b.dtype
                np.testing.assert_array_equal(a, b)
    assert compiled.why_not is None


DIFFERENTIABLE: tuple[Callable[[Any, Any, float], Any], ...] = (
    *OPERATIONS[:12],
    *OPERATIONS[14:17],
    lambda u, v, c: autograd.softmax(u, -1) if u.ndim else u * c,
    lambda u, v, c: autograd.logsumexp(u, -1) if u.ndim else u + c,
    lambda u, v, c: autograd.sigmoid(u),
    lambda u, v, c: autograd.relu(u),
    lambda u, v, c: u.std() if u.size > 1 else u,
    lambda u, v, c: np.cumsum(u, axis=0) if u.ndim else u,
    lambda u, v, c: np.sort(u, axis=0) if u.ndim else u,
    lambda u, v, c: u / (1 + v * v) if u.shape == v.shape else u / 3,
    lambda u, v, c: np.einsum("...i,...i->...", u, u) if u.ndim else u,
    lambda u, v, c: np.clip(u, -c, c),
)


def loss(seed: int) -> Callable[[Any, Any], Any]:
    """A function of two arrays that gives one number."""
    draw = random.Random(seed)
    steps = [
        (draw.choice(DIFFERENTIABLE), draw.random(), draw.random(), draw.random()) for _ in range(draw.randint(3, 16))
    ]

    def run(x: Any, y: Any) -> Any:
        values = [x, y]
        for operation, a, b, c in steps:
            value = operation(values[int(a * len(values))], values[int(b * len(values))], c)
            values.append(value if value.size <= 200 else value.reshape(-1)[:50])
        return sum([(value * value).sum() for value in values[-3:]]) + (x * y.T).sum() * 0.1

    return run


@pytest.mark.parametrize("seed", range(40))
def test_a_random_derivative(seed: int) -> None:
    function = loss(seed)
    derivative = autograd.value_and_grad(function, (0, 1))
    compiled, joined = autograd.compile(derivative), autograd.compile(function)
    with np.errstate(all="ignore"):
        for k in range(4):
            rng = np.random.default_rng(k)
            x, y = rng.standard_normal((3, 4)), rng.standard_normal((4, 3))
            value, slopes = derivative(x, y)
            again, by_program = compiled(x, y)
            tensors = [Tensor(part, requires_grad=True) for part in (x, y)]
            result = joined(*tensors)
            result.backward()
            np.testing.assert_array_equal(again, value)
            np.testing.assert_array_equal(result.data, value)
            for slope, other, tensor in zip(slopes, by_program, tensors, strict=True):
                np.testing.assert_array_equal(other, slope)
                np.testing.assert_array_equal(tensor.grad.data, slope)
    assert compiled.why_not is None
    assert joined.why_not is None
