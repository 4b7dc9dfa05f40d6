"""Products of sparse matrices, and their equations, as functions of the numbers in the matrix and of the other factor.

Of a product the gradient by one factor is a product with the other, and so it has derivatives of any order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.declare import primitive
from ...engine.primitive import Function
from ...transforms.batching.batched import Batch, Batched
from ...transforms.batching.forms import form
from .places import Factors, Places


def _multiply(data: Any, x: Any, places: Places) -> Any:
    data, x = np.asarray(data), np.asarray(x)
    if x.ndim not in (1, 2) or x.shape[0] != places.shape[1]:
        raise ValueError(
            f"sparse @: expected a vector or a matrix with {places.shape[1]} rows, for a sparse matrix of shape "
            f"{places.shape}, got shape {x.shape}"
        )
    return places.matrix(data) @ x


def _sampled(g: Any, x: Any, places: Places) -> Any:
    """Of the product of columns g and rows xᵀ the elements at these places."""
    product = g[places.rows] * x[places.columns]
    return product if x.ndim == 1 else np.sum(product, axis=-1)


product: Function = primitive(
    _multiply, name="sparse @",
    data=lambda g, x, places: _sampled(g, x, places),
    x=lambda g, data, places: product(data, g, places.T),
)  # fmt: skip


@form(_multiply)
def _many(batch: Batch, data: Any, x: Any, places: Places) -> Any:
    """All examples as columns of one matrix, if the sparse one is the same for each."""
    if batch.holds(data) or not batch.holds(x) or x.ndim not in (1, 2):
        return NotImplemented
    columns = np.moveaxis(x.array, 0, -1)
    made = _multiply(data, columns.reshape(len(columns), -1), places)
    return Batched(batch, np.moveaxis(made.reshape(len(made), *columns.shape[1:]), -1, 0))


def _solution(data: Any, b: Any, factors: Factors, transposed: bool) -> Any:
    return factors.solve(np.asarray(data), np.asarray(b), transposed)


def _solve_data(g: Any, data: Any, out: Any, factors: Factors, transposed: bool) -> Any:
    back = solution(data, g, factors, not transposed)
    return -_sampled(out, back, factors.places) if transposed else -_sampled(back, out, factors.places)


solution: Function = primitive(
    _solution, name="spsolve", data=_solve_data,
    b=lambda g, data, factors, transposed: solution(data, g, factors, not transposed),
)  # fmt: skip
