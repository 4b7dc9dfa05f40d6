"""Helpers that code written for HIPS autograd imports.

From the bottom up, each importing only what stands before it:

    flatten, tracers, optimizers, fixed_points
"""

from .flatten import flatten
from .tracers import const_graph

__all__ = ["const_graph", "flatten"]
