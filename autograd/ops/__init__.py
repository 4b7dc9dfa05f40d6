"""The derivative rules, a file for each family; `methods` puts them on Tensor."""

from . import elementwise, indexing, linalg, methods, reductions, shape

__all__ = ["elementwise", "indexing", "linalg", "methods", "reductions", "shape"]
