"""Sparse matrices in products, differentiable by both factors.

A matrix or an array of scipy.sparse is a constant: `S @ x`, `x @ S`, `S * x`, `x / S` and sums of such with Tensors are
recorded. One whose numbers get a gradient is a `csr_array` from here, with the numbers as a Tensor.

From the bottom up, each importing only what stands before it:

    places    where a matrix has numbers
    products  products, and solutions of equations, of the numbers at these places
    arrays    the matrix with a Tensor of numbers
    operands  what Tensors make of scipy.sparse's matrices
    linalg    spsolve
"""

from . import linalg, operands
from .arrays import csr_array

__all__ = ["csr_array", "linalg", "operands"]
