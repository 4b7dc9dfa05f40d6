"""Random statements over arrays of all dtypes, shapes and layouts give what NumPy gives, whatever becomes a loop."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd.program.compiling import Compiled
from autograd.program.native import choose
from autograd.program.native.c import compiler

from .plain import PLAIN

DTYPES = ("float16", "complex64", "complex128", "bool", "int32", "int64", "uint8", "int8") + ("float32", "float64") * 4
SHAPES = ((), (1,), (5,), (0,), (3, 5), (1, 5), (3, 1), (2, 3, 5), (0, 5), (2, 1, 5), (3, 0), (1, 1))
ODD = (np.nan, np.inf, -np.inf, -0.0, 1e-40)
UNARY = (
    "negative", "absolute", "exp", "log", "sqrt", "tanh", "square", "sign", "rint", "log1p", "expm1", "reciprocal",
    "isnan", "isfinite", "logical_not", "conj", "floor", "cos",
)  # fmt: skip
BINARY = (
    "add", "subtract", "multiply", "divide", "maximum", "minimum", "less", "less_equal", "equal", "not_equal",
    "greater", "logical_and", "logical_or", "power", "floor_divide", "remainder", "hypot", "arctan2",
)  # fmt: skip
Statement = Callable[[list[Any]], Any]


def array(rng: random.Random) -> Any:
    shape, dtype = rng.choice(SHAPES), rng.choice(DTYPES)
    numbers = np.random.default_rng(rng.randrange(1 << 30)).standard_normal(shape)
    made = np.asarray(np.abs(numbers) * 10 if dtype == "uint8" else numbers * 3).astype(dtype)
    if dtype.startswith("float") and made.size and rng.random() < 0.2:
        made.reshape(-1)[0] = rng.choice(ODD)
    views: tuple[Callable[[Any], Any], ...] = (
        np.asarray, np.transpose, np.asfortranarray, lambda x: x[::-1], lambda x: x[..., ::2], lambda x: x[..., ::-1],
    )  # fmt: skip
    return rng.choice(views if made.ndim else views[:1])(made)


def statement(rng: random.Random, n: int) -> Statement:
    """One of what is there so far, n arrays."""
    a, b, c = (rng.randrange(n) for _ in range(3))
    kind = rng.randrange(10)
    if kind < 3:
        unary = getattr(np, rng.choice(UNARY))
        return lambda v: unary(v[a])
    if kind < 6:
        binary = getattr(np, rng.choice(BINARY))
        return lambda v: binary(v[a], v[b])
    if kind == 6:
        name, axis, keep = rng.choice(("sum", "max", "min", "mean", "any")), rng.choice((None, 0, -1, 1)), rng.random()
        return lambda v: getattr(v[a], name)(axis=axis, keepdims=keep < 0.4)
    if kind == 7:
        return lambda v: np.where(v[a] > 0, v[b], v[c])
    number = rng.choice((2, -1.5, True, 0))
    others: tuple[Statement, ...] = (
        lambda v: v[a].T, lambda v: v[a][..., ::-1], lambda v: v[a].reshape(-1), lambda v: v[a] * number,
        lambda v: v[a] @ v[b],
    )  # fmt: skip
    return rng.choice(others)


def program(seed: int) -> tuple[Any, list[Any]]:
    """A function of as many of random statements as NumPy can do, and what it is given."""
    rng = random.Random(seed)
    arrays = [array(rng) for _ in range(rng.randrange(1, 4))]
    made: list[Statement] = []
    values = list(arrays)
    for _ in range(rng.randrange(3, 9)):
        step = statement(rng, len(values))
        try:
            values.append(step(values))
        except (TypeError, ValueError, IndexError, AttributeError):
            break
        made.append(step)
    last_alone = rng.random() < 0.5

    def run(*given: Any) -> Any:
        values = list(given)
        for step in made:
            values.append(step(values))
        return tuple(values[-1:] if last_alone else values[len(given) :])

    return run, arrays


def assert_alike(expected: Any, found: Any) -> None:
    for a, b in zip(expected, found, strict=True):
        a, b = np.asarray(a), np.asarray(b)
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        single = {"float16": 5e-2, "float32": 2e-4, "complex64": 2e-4}
        near = single.get(a.dtype.name, 1e-9) if a.dtype.kind in "fc" else 0
        np.testing.assert_allclose(b, a, rtol=near, atol=near)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("first", range(0, 400, 40))
def test_loops_give_what_numpy_gives(first: int) -> None:
    for seed in range(first, first + 40):
        function, arrays = program(seed)
        compiled = Compiled(function, (), PLAIN)
        found = [compiled(*arrays) for _ in range(3)]
        assert compiled.why_not is None
        assert_alike(function(*arrays), found[2])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.skipif(compiler.why_not() is not None, reason="there is no C compiler")
def test_c_gives_what_numpy_gives() -> None:
    """Many at once, for a compiler takes its time."""
    programs = [program(seed) for seed in range(1000, 1030)]
    functions = [(function, len(arrays)) for function, arrays in programs]
    given = [x for _, arrays in programs for x in arrays]

    def together(*given: Any) -> Any:
        rest = iter(given)
        return [function(*[next(rest) for _ in range(n)]) for function, n in functions]

    compiled = Compiled(together, (), choose("c"))
    found = [compiled(*given) for _ in range(3)]
    assert compiled.why_not is None
    for expected, part in zip(together(*given), found[2], strict=True):
        assert_alike(expected, part)
