"""The derivative rules, a file for each family; `methods` puts them on Tensor."""

from . import correlation, elementwise, indexing, linalg, methods, reductions, shape, windows

__all__ = ["correlation", "elementwise", "indexing", "linalg", "methods", "reductions", "shape", "windows"]
