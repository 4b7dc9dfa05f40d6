"""Elements by index and by mask: gather, scatter, masked_fill and their kin."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..ops import scatter, slices_along
from .shaping import many
from .tensors import cast, of_kind, offer, values, where

_REDUCE = {"add": "sum", "multiply": "prod", "amax": "max", "amin": "min"}


def _by(put: Any) -> Any:
    """What puts values by an index along a dimension, by PyTorch's names of what combines them."""
    return lambda input, dim, index, src, reduce=None, *, include_self=True: put(
        input, index, cast(src, input.dtype), dim, _REDUCE.get(reduce, reduce), include_self
    )


_scattered, _indexed = _by(ops.scatter_along), _by(ops.scatter_slices)


def _index_select(input: Any, dim: int, index: Any) -> Any:
    found = np.take(np.atleast_1d(input), np.atleast_1d(values(index)), dim)
    return found if input.ndim else found.reshape(())


def _masked_select(input: Any, mask: Any) -> Any:
    shape = np.broadcast_shapes(input.shape, mask.shape)
    return np.broadcast_to(input, shape)[np.broadcast_to(values(mask), shape)]


def _nonzero(input: Any, *, as_tuple: bool = False) -> Any:
    found = np.nonzero(np.atleast_1d(values(input)))
    return found if as_tuple else np.stack(found, 1)[:, : np.ndim(input)]


def _nonzero_static(input: Any, *, size: int, fill_value: int = -1) -> Any:
    found = _nonzero(input)[:size]
    return np.concatenate([found, np.full((size - len(found), found.shape[1]), fill_value)])


def _with_diagonal(input: Any, fill_value: Any, wrap: bool = False) -> Any:
    made = input.copy()
    np.fill_diagonal(made, fill_value, wrap)
    return made


offer({
    "gather": lambda input, dim, index, *, sparse_grad=False: ops.gather_along(input, index, dim),
    "nonzero argwhere": _nonzero,
    "masked_scatter": lambda input, mask, source: ops.scatter_mask(input, mask, source), "index_select": _index_select,
    "scatter": lambda input, dim, index, src=None, *, value=None, reduce=None: _scattered(
        input, dim, index, value if src is None else src, reduce),
    "scatter_add": lambda input, dim, index, src: _scattered(input, dim, index, src, "sum"),
    "scatter_reduce": _scattered, "nonzero_static": _nonzero_static,
    "index_reduce": lambda input, dim, index, source, reduce, *, include_self=True: _indexed(
        input, dim, index, source, reduce, include_self=include_self),
    "index_add": lambda input, dim, index, source, *, alpha=1: _indexed(input, dim, index, source * alpha, "sum"),
    "index_copy": lambda input, dim, index, source: _indexed(input, dim, index, source),
    "index_fill": lambda input, dim, index, value: _indexed(input, dim, index, value),
    "index_put": lambda input, indices, values_, accumulate=False: scatter(
        input, tuple(values(i) for i in indices), values_, "sum" if accumulate else None),
    "take": lambda input, index: input.reshape(-1)[values(index)],
    "put": lambda input, index, source, accumulate=False: scatter(
        input.reshape(-1), values(index).reshape(-1), source.reshape(-1), "sum" if accumulate else None
    ).reshape(input.shape),
    "take_along_dim": lambda input, indices, dim=None: np.take_along_axis(
        input, values(indices), dim) if dim is not None else input.reshape(-1)[values(indices).reshape(-1)],
    "masked_fill": lambda input, mask, value: where(values(mask), of_kind(value, input), input),
    "masked_select": _masked_select, "unravel_index": lambda indices, shape: np.unravel_index(
        values(indices), many((shape,))),
    "select_scatter": lambda input, src, dim, index: scatter(input, slices_along(input, index, dim), src),
    "slice_scatter": lambda input, src, dim=0, start=None, end=None, step=1: scatter(
        input, slices_along(input, slice(start, end, step), dim), src),
    "diagonal_scatter": lambda input, src, offset=0, dim1=0, dim2=1: ops.scatter_diagonal(
        input, src, offset, dim1, dim2),
    "fill": lambda input, value: np.broadcast_to(value, input.shape) if np.ndim(value) else np.full_like(input, value),
})  # fmt: skip
offer({
    "copy": lambda self, src, non_blocking=False: np.broadcast_to(cast(src, self.dtype), self.shape),
    "zero": lambda self: np.zeros_like(self), "fill_diagonal": _with_diagonal,
}, function=False)  # fmt: skip
