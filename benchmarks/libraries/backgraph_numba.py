"""backgraph, its step compiled: products in NumPy, and all between them in loops that Numba compiles."""

from __future__ import annotations

from typing import Any

import numba  # noqa: F401 (without it this library is left out)

from . import backgraph, backgraph_compiled

NAME, VERSION = "backgraph, Numba", backgraph.VERSION


def make(workload: Any, weights: Any, data: Any) -> Any:
    return backgraph_compiled.make(workload, weights, data, "numba")


def function(row: Any, inputs: Any, data: Any) -> Any:
    return backgraph_compiled.function(row, inputs, data, "numba")
