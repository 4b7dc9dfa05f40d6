"""A sparse matrix whose numbers are a Tensor."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from ...engine.modes import mode
from ...numpy.creation import asarray
from ...ops.indexing import scatter_add
from .places import Places
from .products import product


class csr_array:
    """A sparse matrix by rows, as scipy.sparse.csr_array, whose numbers may be a Tensor and then get a gradient.

    Made of (data, indices, indptr) or (data, (rows, columns)) with a shape, where data at the same place adds up; or of
    a matrix of scipy.sparse. Products `A @ x` and `x @ A` with vectors and matrices give Tensors; `A * x` and `A / x`,
    element by element, with a number or with an array that broadcasts to its shape, and `-A` give another one.

    data           the numbers, row by row
    rows, columns  where they stand

    The shape, dtype, nnz, T, toarray(), sum(axis) and diagonal() are as in SciPy.

    Raises TypeError for another sparse matrix as an operand.

    >>> from autograd.scipy.sparse import csr_array
    >>> places = (np.array([0, 0, 1]), np.array([0, 1, 1]))
    >>> grad(lambda data: (csr_array((data, places), (2, 2)) @ np.array([1.0, 10.0])).sum())(np.array([1.0, 2.0, 3.0]))
    array([ 1., 10., 10.])
    """

    __array_ufunc__ = None  # so that arrays, and Tensors, leave it to this to compute
    ndim = 2

    data: Any
    _places: Places

    def __init__(self, given: Any, shape: tuple[int, ...] | None = None) -> None:
        if mode.trace is not None:
            mode.trace.fail("where a sparse matrix has numbers decides what is computed, which no program follows")
        if sparse.issparse(given):
            found = sparse.csr_array(given)
            given, shape = (found.data, found.indices, found.indptr), found.shape
        if isinstance(given, csr_array):
            self.data, self._places = given.data, given._places
            return
        if not isinstance(given, tuple) or len(given) not in (2, 3):
            raise TypeError(
                f"csr_array: expected (data, indices, indptr), (data, (rows, columns)) or a matrix of scipy.sparse, "
                f"got {type(given).__name__}"
            )
        data = asarray(given[0])
        if len(given) == 3:
            columns, ends = (np.asarray(part) for part in given[1:])
            rows = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
        else:
            rows, columns = (np.asarray(part) for part in given[1])
        if not data.shape == rows.shape == columns.shape or data.ndim != 1:
            raise ValueError(
                f"csr_array: expected as many numbers as places, got {data.shape} for {rows.shape} rows and "
                f"{columns.shape} columns"
            )
        if shape is None:
            shape = (int(rows.max(initial=-1)) + 1, int(columns.max(initial=-1)) + 1)
        if len(rows) and (min(rows.min(), columns.min()) < 0 or rows.max() >= shape[0] or columns.max() >= shape[1]):
            raise ValueError(f"csr_array: expected places within the shape {tuple(shape)}")
        keys, first = np.unique(rows * shape[1] + columns, return_inverse=True)
        self._places = Places(tuple(shape), keys // max(shape[1], 1), keys % max(shape[1], 1))
        in_order = len(keys) == len(rows) and (first == np.arange(len(first))).all()
        self.data = data if in_order else _added(data, first, len(keys))

    @property
    def shape(self) -> tuple[int, ...]:
        return self._places.shape

    @property
    def rows(self) -> Any:
        return self._places.rows

    @property
    def columns(self) -> Any:
        return self._places.columns

    @property
    def dtype(self) -> Any:
        return self.data.dtype

    @property
    def nnz(self) -> int:
        return len(self._places.rows)

    @property
    def T(self) -> csr_array:
        return csr_array((self.data, (self.columns, self.rows)), self.shape[::-1])

    def toarray(self) -> Any:
        """The matrix with its zeros."""
        size = self.shape[0] * self.shape[1]
        return _added(self.data, self.rows * self.shape[1] + self.columns, size).reshape(self.shape)

    def sum(self, axis: int | None = None) -> Any:
        """The sum of all numbers; along axis 0 of each column, along axis 1 of each row."""
        if axis is None:
            return self.data.sum()
        kept = 1 - range(2)[axis]
        return _added(self.data, self.columns if kept else self.rows, self.shape[kept])

    def diagonal(self) -> Any:
        """The numbers on the diagonal."""
        on = self.rows == self.columns
        return _added(self.data[on], self.rows[on], min(self.shape))

    def __matmul__(self, x: Any) -> Any:
        return product(self.data, _dense("@", x), self._places)

    def __rmatmul__(self, x: Any) -> Any:
        x = _dense("@", x)
        return product(self.data, x.T, self._places.T).T

    def __mul__(self, x: Any) -> csr_array:
        return self._with(self.data * self._at_places("*", x))

    __rmul__ = __mul__

    def __truediv__(self, x: Any) -> csr_array:
        return self._with(self.data / self._at_places("/", x))

    def __neg__(self) -> csr_array:
        return self._with(-self.data)

    def __repr__(self) -> str:
        return f"<sparse matrix of shape {self.shape} and {self.dtype} with {self.nnz} numbers>"

    def _at_places(self, what: str, x: Any) -> Any:
        x = _dense(what, x)
        if x.ndim == 0:
            return x
        try:
            whole = np.broadcast_to(x, self.shape)
        except ValueError:
            raise ValueError(
                f"sparse {what}: expected a number or an array that broadcasts to {self.shape}, got shape {x.shape}"
            ) from None
        return whole[self.rows, self.columns]

    def _with(self, data: Any) -> csr_array:
        made = csr_array.__new__(csr_array)
        made.data, made._places = data, self._places
        return made


def _added(data: Any, places: Any, n: int) -> Any:
    """An array of n numbers: at each place the sum of the data that belong there."""
    return scatter_add(data, places, (n,))


def _dense(what: str, x: Any) -> Any:
    if sparse.issparse(x) or isinstance(x, csr_array):
        raise TypeError(
            f"sparse {what}: expected a number or an array with all its elements, got another sparse matrix; take "
            f".toarray() of it"
        )
    return x if hasattr(x, "ndim") else asarray(x)
