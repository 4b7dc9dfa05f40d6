"""backgraph, its step compiled to one program of NumPy."""

from __future__ import annotations

from typing import Any

import autograd

from . import backgraph

NAME, VERSION = "backgraph, compiled", backgraph.VERSION


def make(workload: Any, weights: Any, data: Any) -> Any:
    step, results = backgraph.make(workload, weights, data)
    compiled = autograd.compile(step)
    compiled()
    if compiled.why_not:
        raise RuntimeError(f"{workload.name} is not compiled: {compiled.why_not}")
    step, results = backgraph.make(workload, weights, data)  # from the first weights again
    return autograd.compile(step), results
