"""All pairs of rows, in the order (0, 1), (0, 2), … (1, 2), …: products of their differences, and distances.

Row by row, so that no array of all differences, which is many times as large as the rows, is made; or, of rows in
single precision that are well apart, from products of matrices in double precision, whose digits suffice.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.declare import primitive
from ..engine.primitive import Function
from .pieces import only_whole
from .roots import over_root

_APART = 1e-4
"""Rows are well apart if no distance is less than this part of the largest row's length, once their mean is taken off:
then a square of a distance, though it is a difference of squares of lengths, keeps 8 of the 16 digits."""

_GAP = 8
"""Elements between the rows of a matrix that is read by columns: those of one column would else, of many sizes, all
share a few places of the cache."""


def _centred(x: Any) -> Any:
    """Rows in double precision, their mean taken off."""
    made = x.astype(float)
    made -= made.mean(0)
    return made


def _upper(n: int) -> Any:
    """Which elements of a matrix (n, n) are those of the pairs, in their order."""
    return ~np.tri(n, dtype=bool)


def _pair_products(a: Any, b: Any) -> Any:
    """(a[i] - a[j]) · (b[i] - b[j]) of all pairs of rows i < j of two (n, m): (n(n-1)/2,).

    >>> pair_products(np.array([[0.0], [1.0], [3.0]]), np.array([[0.0], [1.0], [3.0]])).tolist()
    [1.0, 9.0, 4.0]
    """
    if isinstance(a, np.ndarray):
        only_whole(pair_products, a, b)
    n = len(a)
    made = np.empty(n * (n - 1) // 2, np.result_type(a, b), like=a)
    end = 0
    for i in range(n - 1):
        start, end = end, end + n - 1 - i
        apart = a[i + 1 :] - a[i]
        other = apart if b is a else b[i + 1 :] - b[i]
        made[start:end] = np.vecdot(apart, other) if isinstance(a, np.ndarray) else (apart * other).sum(-1)
    return made


def _pair_sums(w: Any, x: Any, distances: Any = None) -> Any:
    """The sum over j of w of the pair {i, j} times x[i] - x[j], for each row i of x (n, m): (n, m). w: (n(n-1)/2,).

    The distances of all pairs, where they are known, tell whether rows are well apart.

    >>> pair_sums(np.array([1.0, 0.0, 10.0]), np.array([[0.0], [1.0], [3.0]])).tolist()
    [[-1.0], [-19.0], [20.0]]
    """
    if isinstance(x, np.ndarray):
        only_whole(pair_sums, w, x)
    n = len(x)
    pays = type(x) is np.ndarray and x.dtype.char == w.dtype.char == "f" and n > 1
    centred = _centred(x) if distances is not None and pays else None
    quick = centred is not None and distances.min() >= _APART * np.vecdot(centred, centred).max() ** 0.5
    of_both = np.zeros((n, n + _GAP), float if quick else w.dtype, like=w)[:, :n]
    of_both[_upper(n)] = w
    of_both += of_both.T
    if quick:
        made = centred * of_both.sum(1)[:, None]
        made -= of_both @ centred
        return made.astype(x.dtype)
    made = np.empty(x.shape, np.result_type(w, x), like=x)
    for i in range(n):
        made[i] = of_both[i] @ (x[i] - x)  # the differences first: they are exact where rows are close together
    return made


pair_products: Function = primitive(
    _pair_products, name="pair_products", kind="bilinear",
    a=lambda g, b: pair_sums(g, b), b=lambda g, a: pair_sums(g, a),
)  # fmt: skip
pair_sums: Function = primitive(
    _pair_sums, name="pair_sums", w=lambda g, x: pair_products(g, x), x=lambda g, w: pair_sums(w, g), distances=None
)


def _pair_distances(x: Any) -> Any:
    """The length of x[i] - x[j] of all pairs of rows i < j of (n, m): (n(n-1)/2,); where it is 0 its gradient is 0.

    The squares must not leave the range of the dtype.

    >>> pair_distances(np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]])).round(4).tolist()
    [5.0, 1.0, 4.2426]
    """
    if isinstance(x, np.ndarray):
        only_whole(pair_distances, x)
    if type(x) is np.ndarray and x.dtype.char == "f" and len(x) > 1:
        centred = _centred(x)
        squares = (-2 * centred) @ np.ascontiguousarray(
            centred.T
        )  # of an array and its own transpose in twice the time
        lengths = np.vecdot(centred, centred)
        squares += lengths
        squares += lengths[:, None]
        made = squares[_upper(len(x))]
        if made.min() >= _APART**2 * lengths.max():
            return np.sqrt(made, out=made).astype(x.dtype)
    return np.sqrt(_pair_products(x, x))


pair_distances = primitive(
    _pair_distances, name="pair_distances", x=lambda g, x, out: pair_sums(over_root(g, out), x, out)
)
