"""backgraph, its step compiled to one program of NumPy."""

from __future__ import annotations

from typing import Any

import autograd

from . import backgraph

NAME, VERSION = "backgraph, compiled", backgraph.VERSION


def make(workload: Any, weights: Any, data: Any, backend: str = "numpy") -> Any:
    step, results = backgraph.make(workload, weights, data)
    compiled = autograd.compile(step, backend=backend)
    return compiled, lambda: (check(compiled), results())[1]


def function(row: Any, inputs: Any, data: Any, backend: str = "numpy") -> Any:
    step, inputs = backgraph.function(row, inputs, data)
    first = autograd.compile(step, backend=backend)
    first()
    check(first)
    return autograd.compile(step, backend=backend), inputs


def check(compiled: Any) -> None:
    if compiled.why_not:
        raise RuntimeError(f"not compiled: {compiled.why_not}")
