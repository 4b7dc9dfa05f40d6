"""All batched forms, loaded when the first function is to run for all examples: few programs need them."""

from . import correlation, elementwise, indexing, linalg, making, products, reductions, shapes

__all__ = ["correlation", "elementwise", "indexing", "linalg", "making", "products", "reductions", "shapes"]
