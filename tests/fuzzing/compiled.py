"""The same programs as compiled steps, with their gradients: what a program computes is what the engine computes.

With the default backend to the last bit; with loops in machine code to rounding, which sums, exp and tanh have another.
Each is called with the numbers it was drawn with, and then with others, among them infinite ones and NaN.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
from autograd.program.compiling import Compiled

from .programs import Program, followed, started

CALLS = 4
PRODUCTS = frozenset(("matmul", "inv", "einsum"))
"""Functions in which a BLAS leaves out what is multiplied by 0, so that it may have a number where loops have NaN."""


def step_of(program: Program) -> Callable[[dict[int, Any]], Any]:
    """It as a step: all values at the end, and the gradients of the leaves."""

    def step(starts: dict[int, Any]) -> Any:
        values, loss = followed(program, starts)
        leaves = [tensor for tensor in starts.values() if tensor.requires_grad]
        gradients: Any = ()
        if loss.requires_grad:
            gradients = autograd.grad(loss, leaves, allow_unused=True)
        return {k: value.detach() for k, value in values.items()}, gradients

    return step


def other_numbers(program: Program, call: int) -> Program:
    """The program with other numbers in its leaves and data; with some that are not finite from the third call on."""
    rng = np.random.default_rng([program.seed, call])

    def changed(value: Any) -> Any:
        if value.dtype.kind != "f" or call == 0:
            return value
        new = rng.uniform(-2, 2, value.shape).astype(value.dtype)
        if call > 2 and new.size:
            new.flat[rng.integers(new.size)] = [np.nan, np.inf, -np.inf, -0.0, 1e30][rng.integers(5)]
        return new

    steps = [
        s._replace(options={"value": changed(s.options["value"])}) if s.kind in ("leaf", "data") else s
        for s in program.steps
    ]
    return program._replace(steps=steps)


def compiled_difference(program: Program, backend: Any) -> str | None:
    """What a compiled step does otherwise than the engine; None where it agrees.

    "refused: " and the words, where the engine itself refuses the program, or nothing was compiled.
    """
    by_engine = step_of(program)
    compiled = Compiled(by_engine, (), backend)
    exact = backend.name == "numpy"
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for call in range(CALLS):
            now = other_numbers(program, call)
            ours, theirs = started(now), started(now)
            try:
                expected = by_engine(theirs)
            except (RuntimeError, TypeError, np.linalg.LinAlgError) as error:
                return f"refused: {error}"
            try:
                found = compiled(ours)
            except Exception as error:
                return f"call {call}: {type(error).__name__}: {error}"
            pairs = list(_pairs(found, expected, ours, theirs))
            single = any(b is not None and b.dtype.itemsize < 8 and b.dtype.kind == "f" for *_, b in pairs)
            skips = not exact and call > 2 and any(step.name in PRODUCTS for step in program.steps)
            for what, a, b in pairs:
                if skips and a is not None and a.dtype.kind == "f" and a.shape == b.shape:
                    b.data[...] = np.where(np.isnan(a.data), a.data, b.data)
                told = _unlike(a, b, None if exact else 1e-7 if single else 1e-16)
                if told:
                    return f"call {call}, {what}: {told}"
    return f"refused: {compiled.why_not}" if compiled.why_not else None


def _pairs(found: Any, expected: Any, ours: dict[int, Any], theirs: dict[int, Any]) -> Any:
    for k in expected[0]:
        yield f"v{k}", found[0][k], expected[0][k]
    for i, (a, b) in enumerate(zip(found[1], expected[1], strict=True)):
        yield f"gradient {i}", a, b
    for k in theirs:
        yield f"v{k} afterwards", ours[k], theirs[k]


def _unlike(a: Any, b: Any, unit: float | None) -> str | None:
    """How they differ, by more than some units of rounding of the largest; where None is allowed, at all."""
    if a is None or b is None:
        return None if a is b else f"{a}, not {b}"
    a, b = a.data, b.data
    if a.dtype != b.dtype or a.shape != b.shape:
        return f"{a.dtype} {a.shape}, not {b.dtype} {b.shape}"
    if unit is None or a.dtype.kind != "f":
        same = np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    else:
        size = np.abs(b[np.isfinite(b)]).max(initial=1)
        same = np.allclose(a, b, rtol=1e5 * unit, atol=1e4 * unit * size, equal_nan=True)
    return None if same else f"{a.tolist()}, not {b.tolist()}"
