"""The spaces of arrays, under the names that they have in HIPS autograd."""

from .vector_space import ArrayVSpace, ComplexArrayVSpace, VSpace

__all__ = ["ArrayVSpace", "ComplexArrayVSpace", "VSpace"]
