"""What Tensors make of scipy.sparse's matrices: constants, in the operators that SciPy has for them."""

from __future__ import annotations

from typing import Any

from scipy import sparse

from .arrays import csr_array


def operate(name: str, x: Any, y: Any) -> Any:
    """The result of the operation of this name, of which one operand is SciPy's; NotImplemented if it has none."""
    left = sparse.issparse(x)
    matrix, other = (x, y) if left else (y, x)
    if matrix.ndim != 2 or sparse.issparse(other):
        return NotImplemented
    if name == "multiply" and isinstance(matrix, sparse.spmatrix) and other.ndim:
        name = "matmul"  # as SciPy's matrices have it
    if name == "matmul":
        return csr_array(matrix) @ other if left else other @ csr_array(matrix)
    if name == "multiply":
        return csr_array(matrix) * other
    if name == "divide" and left:
        return csr_array(matrix) / other
    if name in ("add", "subtract"):
        dense = matrix.toarray()
        return getattr(dense, f"__{_DENSE[name]}__")(other) if left else getattr(other, f"__{_DENSE[name]}__")(dense)
    return NotImplemented


_DENSE = {"add": "add", "subtract": "sub"}
