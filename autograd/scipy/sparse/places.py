"""Where a sparse matrix has numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu


class Places:
    """The places of a matrix' numbers, row by row, or of the transposed one's in the same order.

    shape          of the matrix
    rows, columns  of each number
    """

    def __init__(self, shape: tuple[int, ...], rows: Any, columns: Any) -> None:
        """The places must be sorted by rows, and none may be there twice."""
        self.shape = shape
        self.rows, self.columns = rows, columns
        self._starts = np.searchsorted(rows, np.arange(shape[0] + 1))
        self._flipped = False

    @property
    def T(self) -> Places:
        """Those of the transposed matrix."""
        made = Places.__new__(Places)
        made.shape = self.shape[::-1]
        made.rows, made.columns, made._starts = self.columns, self.rows, self._starts
        made._flipped = not self._flipped
        return made

    def matrix(self, data: Any) -> Any:
        """SciPy's matrix with these numbers."""
        if self._flipped:
            return sparse.csc_array((data, self.rows, self._starts), shape=self.shape)
        return sparse.csr_array((data, self.columns, self._starts), shape=self.shape)


class Factors:
    """The factors of a square matrix, kept for the next equation with the same numbers, or with it transposed."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._data: Any = None
        self._lu: Any = None

    def solve(self, data: Any, b: Any, transposed: bool) -> Any:
        """Raises numpy.linalg.LinAlgError for a singular matrix."""
        if self._data is None or not np.array_equal(self._data, data):
            try:
                self._lu = splu(self.places.matrix(data).tocsc())
            except RuntimeError as error:
                raise np.linalg.LinAlgError(f"spsolve: the matrix of shape {self.places.shape} is singular") from error
            self._data = np.array(data)
        if b.dtype.kind == "c" and self._lu.U.dtype.kind != "c":
            return self.solve(data, b.real, transposed) + 1j * self.solve(data, b.imag, transposed)
        return self._lu.solve(np.ascontiguousarray(b, self._lu.U.dtype), "T" if transposed else "N")
