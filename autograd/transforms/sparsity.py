"""Patterns of sparse Jacobians: which columns, or rows, can be found together.

Columns that have no row in common share a color, and one product with the sum of their unit vectors finds them all
(A. Curtis, M. Powell and J. Reid, "On the estimation of sparse Jacobian matrices", 1974).
"""

from __future__ import annotations

from typing import Any

import numpy as np


class Pattern:
    """Where a matrix may differ from 0.

    shape          of the matrix
    rows, columns  of each place, row by row
    """

    def __init__(self, who: str, given: Any) -> None:
        self.who = who
        if hasattr(given, "tocoo"):
            found = given.tocoo()
            rows, columns, self.shape = found.row, found.col, found.shape
            keep = np.asarray(found.data) != 0
            rows, columns = rows[keep], columns[keep]
        else:
            array = np.asarray(given)
            if array.ndim != 2:
                raise ValueError(
                    f"{who}: expected a sparsity of two dimensions, the result's size by the argument's, got shape "
                    f"{array.shape}"
                )
            rows, columns = np.nonzero(array)
            self.shape = array.shape
        order = np.lexsort((columns, rows))
        self.rows, self.columns = rows[order], columns[order]

    def check_shape(self, shape: tuple[int, int]) -> None:
        """Raise ValueError unless the matrix has this shape."""
        if tuple(self.shape) != shape:
            raise ValueError(
                f"{self.who}: expected a sparsity of shape {shape}, the result's size by the argument's, got "
                f"{tuple(self.shape)}"
            )

    @property
    def columns_meet_less(self) -> bool:
        """Whether columns are found in fewer passes than rows: as many meet in a row as it has places."""
        most = [np.bincount(places).max(initial=0) for places in (self.rows, self.columns)]
        return bool(most[0] <= most[1])

    def colors(self, by_columns: bool) -> Any:
        """A color for each column, or row: in their order the first that none has with which it meets."""
        own, other = (self.columns, self.rows) if by_columns else (self.rows, self.columns)
        n, m = (self.shape[1], self.shape[0]) if by_columns else self.shape
        order = np.argsort(own, kind="stable")
        crossed, ends = other[order].tolist(), np.searchsorted(own[order], np.arange(n + 1)).tolist()
        taken = [0] * m  # for each row the colors of its columns, as the bits of a number
        colors = np.empty(n, np.intp)
        for k in range(n):
            places = crossed[ends[k] : ends[k + 1]]
            known = 0
            for place in places:
                known |= taken[place]
            bit = ~known & (known + 1)
            colors[k] = bit.bit_length() - 1
            for place in places:
                taken[place] |= bit
        return colors

    def matrix(self, values: Any) -> Any:
        """The sparse matrix with these values in its places."""
        try:
            from scipy.sparse import csr_array
        except ImportError as error:
            raise ImportError(
                f"{self.who}: a Jacobian of known sparsity is a scipy.sparse.csr_array; install SciPy, with "
                f"pip install 'backgraph[scipy]'"
            ) from error
        ends = np.searchsorted(self.rows, np.arange(self.shape[0] + 1))
        return csr_array((values, self.columns, ends), shape=self.shape)

    def check_product(self, matrix: Any, direction: Any, expected: Any) -> None:
        """Raise ValueError unless the matrix times the direction is what is expected."""
        got = matrix @ direction
        size = abs(matrix) @ abs(direction) + abs(expected)
        wrong = np.flatnonzero(~np.isclose(got, expected, rtol=0, atol=0) & (abs(got - expected) > 1e-6 * size))
        if wrong.size:
            raise ValueError(
                f"{self.who}: the sparsity misses a derivative, in row {wrong[0]}"
                + (f" and {wrong.size - 1} others" if wrong.size > 1 else "")
            )
