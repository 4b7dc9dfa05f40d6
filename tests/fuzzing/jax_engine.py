"""The same programs in JAX, where it is installed: those that change nothing in place and have no hooks."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .functions import FUNCTIONS
from .programs import IN_PLACE, Program, Result, directions, weights


def can_run(program: Program) -> bool:
    """JAX has no assignment and no hooks, and other rules for what integers and floats together become."""
    return not any(
        step.kind in (*IN_PLACE, "hook") or (step.kind == "data" and step.options["value"].dtype.kind != "f")
        for step in program.steps
    )


def run_jax(program: Program) -> Result:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    starts = {s.out: jnp.asarray(s.options["value"]) for s in program.steps if s.kind == "leaf"}

    def run(leaves: dict[int, Any]) -> dict[int, Any]:
        values: dict[int, Any] = {}
        for step in program.steps:
            inputs = [values[i] for i in step.inputs]
            if step.kind == "leaf":
                values[step.out] = leaves[step.out]
            elif step.kind == "data":
                values[step.out] = jnp.asarray(step.options["value"])
            elif step.kind == "detach":
                values[step.out] = jax.lax.stop_gradient(inputs[0])
            else:
                made = FUNCTIONS[step.name].arrays(jnp, *inputs, **step.options)
                values[step.out] = jax.lax.stop_gradient(made) if step.kind == "constant" else made
        return values

    def loss(leaves: dict[int, Any]) -> Any:
        values = run(leaves)
        return sum((values[k].astype("float64") * w).sum() for k, w in weights(program, values).items())

    along = directions(program)
    u, v = ({k: jnp.asarray(d[i], starts[k].dtype) for k, d in along.items()} for i in range(2))
    slope = lambda leaves: sum((g * u[k]).astype("float64").sum() for k, g in jax.grad(loss)(leaves).items())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = {k: np.asarray(value) for k, value in run(starts).items()}
        return Result(values, float(slope(starts)), float(jax.jvp(slope, (starts,), (v,))[1]))
