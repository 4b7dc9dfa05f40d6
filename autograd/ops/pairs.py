"""All pairs of rows, in the order (0, 1), (0, 2), … (1, 2), …: products of their differences, and distances.

Row by row, so that no array of all differences, which is many times as large as the rows, is made.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.declare import primitive
from ..engine.primitive import Function
from .pieces import only_whole
from .roots import over_root


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


def _pair_sums(w: Any, x: Any) -> Any:
    """The sum over j of w of the pair {i, j} times x[i] - x[j], for each row i of x (n, m): (n, m). w: (n(n-1)/2,).

    >>> pair_sums(np.array([1.0, 0.0, 10.0]), np.array([[0.0], [1.0], [3.0]])).tolist()
    [[-1.0], [-19.0], [20.0]]
    """
    if isinstance(x, np.ndarray):
        only_whole(pair_sums, w, x)
    n = len(x)
    of_both = np.zeros((n, n), w.dtype, like=w)
    of_both[np.tri(n, k=-1, dtype=bool).T] = w
    of_both += of_both.T
    made = np.empty(x.shape, np.result_type(w, x), like=x)
    for i in range(n):
        made[i] = of_both[i] @ (x[i] - x)  # the differences first: they are exact where rows are close together
    return made


pair_products: Function = primitive(
    _pair_products, name="pair_products", kind="bilinear",
    a=lambda g, b: pair_sums(g, b), b=lambda g, a: pair_sums(g, a),
)  # fmt: skip
pair_sums: Function = primitive(
    _pair_sums, name="pair_sums", kind="bilinear", w=lambda g, x: pair_products(g, x), x=lambda g, w: pair_sums(w, g)
)


def _pair_distances(x: Any) -> Any:
    """The length of x[i] - x[j] of all pairs of rows i < j of (n, m): (n(n-1)/2,); where it is 0 its gradient is 0.

    The squares must not leave the range of the dtype.

    >>> pair_distances(np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]])).round(4).tolist()
    [5.0, 1.0, 4.2426]
    """
    return np.sqrt(_pair_products(x, x))


pair_distances = primitive(_pair_distances, name="pair_distances", x=lambda g, x, out: pair_sums(over_root(g, out), x))
