"""Helpers that code written for HIPS autograd imports: flatten, optimizers, fixed_points."""

from .flatten import flatten

__all__ = ["flatten"]
