"""From scipy.linalg: sqrtm, solve_sylvester, solve_triangular, solve_banded.

The rules are those of M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008), and what follows from the defining equation in the same way.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg

from ..primitive import Function, primitive

solve_sylvester: Function = primitive(
    lambda a, b, q: linalg.solve_sylvester(a, b, q), name="solve_sylvester",
    a=lambda g, a, b, out: -solve_sylvester(a.T, b.T, g) @ out.T,
    b=lambda g, a, b, out: -out.T @ solve_sylvester(a.T, b.T, g),
    q=lambda g, a, b: solve_sylvester(a.T, b.T, g),
)  # fmt: skip
sqrtm: Function = primitive(lambda A: linalg.sqrtm(A), name="sqrtm", A=lambda g, out: solve_sylvester(out.T, out.T, g))

# ---- triangular ------------------------------------------------------------------------------------------------------


def _outer(x: Any, y: Any) -> Any:
    """x yᵀ of vectors or of the columns of matrices."""
    return x[:, None] * y if x.ndim == 1 else x @ y.T


def _triangular(a: Any, b: Any, trans: int = 0, lower: bool = False, unit_diagonal: bool = False) -> Any:
    return linalg.solve_triangular(a, b, trans, lower, unit_diagonal)


def _triangular_a(g: Any, a: Any, out: Any, trans: int, lower: bool, unit_diagonal: bool) -> Any:
    back = _solve_triangular(a, g, 1 - trans, lower, unit_diagonal)
    product = -_outer(out, back) if trans else -_outer(back, out)
    return np.tril(product, -unit_diagonal) if lower else np.triu(product, unit_diagonal)


_solve_triangular: Function = primitive(
    _triangular, name="solve_triangular", a=_triangular_a,
    b=lambda g, a, trans, lower, unit_diagonal: _solve_triangular(a, g, 1 - trans, lower, unit_diagonal),
)  # fmt: skip


def solve_triangular(a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False) -> Any:
    """As scipy.linalg.solve_triangular, of one matrix: the x with a x = b, where a is triangular.

    >>> from autograd.scipy.linalg import solve_triangular
    >>> solve_triangular(np.array([[2.0, 0.0], [1.0, 1.0]]), np.array([2.0, 3.0]), lower=True)
    array([1., 2.])
    """
    code = {"N": 0, "T": 1, "C": 2}.get(trans, trans)
    if code not in (0, 1, 2):
        raise ValueError(f"solve_triangular: expected trans 0, 1, 2, 'N', 'T' or 'C', got {trans!r}")
    return _solve_triangular(np.conj(a) if code == 2 else a, b, min(code, 1), bool(lower), bool(unit_diagonal))


# ---- banded ----------------------------------------------------------------------------------------------------------


def _transposed(l_and_u: tuple[int, int], ab: Any) -> Any:
    """The diagonals of the transposed matrix: row by row the other way round, each starting in another column."""
    upper = l_and_u[1]
    return np.stack([np.roll(ab[r], r - upper) for r in reversed(range(sum(l_and_u) + 1))])


def _banded_ab(g: Any, l_and_u: tuple[int, int], ab: Any, out: Any) -> Any:
    lower, upper = l_and_u
    back = solve_banded((upper, lower), _transposed(l_and_u, ab), g)
    n = len(out)
    rows = []
    for r in range(lower + upper + 1):
        k = upper - r  # this row holds the elements (j - k, j)
        inside = (np.arange(n) - k >= 0) & (np.arange(n) - k < n)
        product = np.roll(back, k, axis=0) * out
        rows.append(-(product if product.ndim == 1 else product.sum(axis=1)) * inside)
    return np.stack(rows)


solve_banded: Function = primitive(
    lambda l_and_u, ab, b: linalg.solve_banded(l_and_u, ab, b), name="solve_banded", ab=_banded_ab,
    b=lambda g, l_and_u, ab: solve_banded(l_and_u[::-1], _transposed(l_and_u, ab), g),
)  # fmt: skip
