"""scipy.sparse.linalg.spsolve, differentiable by both arguments."""

from __future__ import annotations

from typing import Any

from scipy.sparse import issparse
from scipy.sparse import linalg as _linalg

from ...numpy.creation import asarray
from ...transforms.vectors import may_move
from .arrays import csr_array
from .places import Factors
from .products import solution

__all__ = ["spsolve"]


def spsolve(A: Any, b: Any, **options: Any) -> Any:
    """As scipy.sparse.linalg.spsolve, the x with A x = b, for a square A and a vector or a matrix b.

    A is a constant of scipy.sparse, or a csr_array from here whose numbers get a gradient. The factors are found once,
    for the solution and its derivatives. The options are SciPy's, and serve constants alone.

    Raises numpy.linalg.LinAlgError for a singular A, ValueError for shapes that do not fit.

    >>> from scipy.sparse import diags_array
    >>> from autograd.scipy.sparse.linalg import spsolve
    >>> grad(lambda b: (spsolve(diags_array([2.0, 4.0]), b) ** 2).sum())(np.ones(2))
    array([0.5  , 0.125])
    """
    if issparse(A) and not may_move(b):
        return _linalg.spsolve(A, b, **options)
    matrix, b = csr_array(A), asarray(b)
    if matrix.shape[0] != matrix.shape[1] or b.ndim not in (1, 2) or b.shape[0] != matrix.shape[0]:
        raise ValueError(f"spsolve: expected a square matrix and as many rows, got shapes {matrix.shape} and {b.shape}")
    return solution(matrix.data, b, Factors(matrix._places), False)
