"""The same programs for several examples at once: what vmap gives is what a loop over the examples gives."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

import autograd

from .compiled import other_numbers
from .programs import Program, followed

EXAMPLES = 3


def batched_difference(program: Program) -> str | None:
    """What vmap does otherwise than a loop, in the values at the end or in the gradients; None where it agrees.

    "refused: " and the words, where the engine refuses the program, or vmap says why it cannot follow it.
    """
    leaves = [step.out for step in program.steps if step.kind == "leaf"]
    kept = {step.out: step.options["value"] for step in program.steps if step.kind == "data"}
    examples = [
        [s.options["value"] for s in other_numbers(program, k).steps if s.kind == "leaf"] for k in range(EXAMPLES)
    ]

    def run(*arrays: Any) -> tuple[dict[int, Any], Any]:
        starts = dict(zip(leaves, map(autograd.Tensor, arrays), strict=True))
        return followed(program, {**starts, **{k: autograd.Tensor(value.copy()) for k, value in kept.items()}})

    def values(*arrays: Any) -> dict[int, Any]:
        return {k: value.detach() for k, value in run(*arrays)[0].items()}

    single = False
    gradients = autograd.grad(lambda *arrays: run(*arrays)[1], tuple(range(len(leaves))))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for what, function in (("value", values), ("gradient", gradients)):
            try:
                expected = [function(*map(np.copy, one)) for one in examples]
            except (RuntimeError, TypeError, ValueError, np.linalg.LinAlgError) as error:
                return f"refused: {error}"
            try:
                found = autograd.vmap(function)(*map(np.stack, zip(*examples, strict=True)))
            except Exception as error:
                words = isinstance(error, RuntimeError) or str(error).startswith(("vmap:", "assignment:"))
                return f"{'refused' if words else type(error).__name__}: {error}"
            results = expected[0] if what == "value" else range(len(leaves))
            single = single or any(np.asarray(expected[0][k]).dtype == np.float32 for k in results)
            for k in results:
                told = _unlike(np.asarray(found[k]), np.stack([np.asarray(one[k]) for one in expected]), single)
                if told:
                    return f"{what} {k}: {told}"
    return None


def _unlike(a: Any, b: Any, single: bool) -> str | None:
    if a.shape != b.shape or a.dtype != b.dtype:
        return f"{a.dtype} {a.shape}, not {b.dtype} {b.shape}"
    close = 2e-3 if single else 1e-8
    size = np.abs(b[np.isfinite(b)]).max(initial=1)
    same = np.allclose(a, b, rtol=close, atol=close * size, equal_nan=True)
    return None if same else f"{a.tolist()}, not {b.tolist()}"
