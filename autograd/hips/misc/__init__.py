"""Helpers that code written for HIPS autograd imports: flatten, const_graph, optimizers, fixed_points."""

from .flatten import flatten
from .tracers import const_graph

__all__ = ["const_graph", "flatten"]
