"""backgraph, its step compiled in C: large products in NumPy, and all else by a C compiler."""

from __future__ import annotations

from typing import Any

from autograd.program.native.c import compiler

from . import backgraph, backgraph_compiled

if compiler.why_not() is not None:  # then this library is left out
    raise ImportError(compiler.why_not())

NAME, VERSION = "backgraph, C", backgraph.VERSION


def make(workload: Any, weights: Any, data: Any) -> Any:
    return backgraph_compiled.make(workload, weights, data, "c")


def function(row: Any, inputs: Any, data: Any) -> Any:
    return backgraph_compiled.function(row, inputs, data, "c")
