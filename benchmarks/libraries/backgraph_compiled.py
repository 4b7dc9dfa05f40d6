"""backgraph, its step compiled to one program of NumPy."""

from __future__ import annotations

from typing import Any

import autograd

from . import backgraph

NAME, VERSION = "backgraph, compiled", backgraph.VERSION


def make(workload: Any, weights: Any, data: Any) -> Any:
    _check(backgraph.make(workload, weights, data)[0])
    step, results = backgraph.make(workload, weights, data)  # from the first weights again
    return autograd.compile(step), results


def function(row: Any, inputs: Any, data: Any) -> Any:
    step, inputs = backgraph.function(row, inputs, data)
    _check(step)
    return autograd.compile(step), inputs


def _check(step: Any) -> None:
    compiled = autograd.compile(step)
    compiled()
    if compiled.why_not:
        raise RuntimeError(f"not compiled: {compiled.why_not}")
