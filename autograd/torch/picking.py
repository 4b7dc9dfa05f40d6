"""Elements by index and by mask: gather, scatter, masked_fill and their kin."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops import scatter
from .reducing import at
from .shaping import along, many
from .tensors import cast, known, of_kind, offer, values

_REDUCE = {"add": "sum", "multiply": "prod", "amax": "max", "amin": "min"}


def _combined(input: Any, at: Any, src: Any, reduce: Any, include_self: bool = True) -> Any:
    return scatter(input, at, src, _REDUCE.get(reduce, reduce), include_self)


def _on_axis(place: Any) -> Any:
    """What puts values along a dimension, at the places that this finds; a tensor without dimensions has one of 1."""

    def call(input: Any, dim: int, index: Any, src: Any, reduce: Any = None, include_self: bool = True) -> Any:
        whole, src = np.atleast_1d(input), np.atleast_1d(src) if not input.ndim and hasattr(src, "dtype") else src
        index, src = place(whole, dim, np.atleast_1d(values(index)), src, reduce)
        made = _combined(whole, index, src, reduce, include_self)
        return made if input.ndim else made.reshape(())

    return call


def _each(input: Any, dim: int, index: Any, src: Any, reduce: Any) -> Any:
    """An index for each value."""
    if hasattr(src, "dtype"):
        src = cast(src, input.dtype)
        src = src[tuple(slice(n) for n in index.shape)] if src.ndim else src
    return at(index, dim), src


def _slices(input: Any, dim: int, index: Any, src: Any, reduce: Any) -> Any:
    """An index for each slice of the values."""
    index = index.reshape(-1)
    if reduce in (None, "sum", "mean"):
        return along(input, dim, index), src
    shape = [-1 if i == dim % input.ndim else 1 for i in range(input.ndim)]
    return at(np.broadcast_to(index.reshape(shape), src.shape), dim), src


_scattered, _indexed = _on_axis(_each), _on_axis(_slices)


def _gather(input: Any, dim: int, index: Any, *, sparse_grad: bool = False) -> Any:
    index = values(index)
    return (
        input[at(index, dim)]
        if input.ndim and index.ndim and index.size
        else input.reshape(-1)[index.reshape(-1)].reshape(index.shape)
    )


def _index_select(input: Any, dim: int, index: Any) -> Any:
    found = np.take(np.atleast_1d(input), np.atleast_1d(values(index)), dim)
    return found if input.ndim else found.reshape(())


def _masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    shape = np.broadcast_shapes(input.shape, mask.shape)
    mask = np.broadcast_to(values(mask), shape)
    return scatter(np.broadcast_to(input, shape), mask, source.reshape(-1)[: mask.sum()])


def _diagonal_scatter(input: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    at, made = np.arange(src.shape[-1]), np.moveaxis(input, (dim1, dim2), (-2, -1))
    made = scatter(made, (..., at + max(-offset, 0), at + max(offset, 0)), src)
    return np.moveaxis(made, (-2, -1), (dim1, dim2))


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
    "gather": _gather, "index_select": _index_select, "masked_scatter": _masked_scatter, "nonzero": _nonzero,
    "scatter": lambda input, dim, index, src=None, *, value=None, reduce=None: _scattered(
        input, dim, index, value if src is None else src, reduce),
    "scatter_add": lambda input, dim, index, src: _scattered(input, dim, index, src, "sum"),
    "scatter_reduce": lambda input, dim, index, src, reduce, *, include_self=True: _scattered(
        input, dim, index, src, reduce, include_self),
    "index_add": lambda input, dim, index, source, *, alpha=1: _indexed(input, dim, index, source * alpha, "sum"),
    "index_copy index_fill": lambda input, dim, index, source: _indexed(input, dim, index, source),
    "index_reduce": lambda input, dim, index, source, reduce, *, include_self=True: _indexed(
        input, dim, index, source, reduce, include_self), "nonzero_static": _nonzero_static,
    "index_put": lambda input, indices, values_, accumulate=False: _combined(
        input, tuple(values(i) for i in indices), values_, "sum" if accumulate else None),
    "take": lambda input, index: input.reshape(-1)[values(index)], "argwhere": lambda input: _nonzero(input),
    "put": lambda input, index, source, accumulate=False: _combined(
        input.reshape(-1), values(index).reshape(-1), source.reshape(-1), "sum" if accumulate else None
    ).reshape(input.shape),
    "take_along_dim": lambda input, indices, dim=None: input.reshape(-1)[values(indices).reshape(-1)]
    if dim is None else np.take_along_axis(input, values(indices), dim),
    "masked_fill": lambda input, mask, value: known.where(values(mask), of_kind(value, input), input),
    "masked_select": lambda input, mask: np.broadcast_to(input, np.broadcast_shapes(input.shape, mask.shape))[
        np.broadcast_to(values(mask), np.broadcast_shapes(input.shape, mask.shape))],
    "select_scatter": lambda input, src, dim, index: scatter(input, along(input, dim, index), src),
    "unravel_index": lambda indices, shape: np.unravel_index(values(indices), many((shape,))),
    "slice_scatter": lambda input, src, dim=0, start=None, end=None, step=1: scatter(
        input, along(input, dim, slice(start, end, step)), src), "diagonal_scatter": _diagonal_scatter,
    "fill": lambda input, value: np.broadcast_to(value, input.shape) if np.ndim(value) else np.full_like(input, value),
})  # fmt: skip
offer({
    "copy": lambda self, src, non_blocking=False: np.broadcast_to(cast(src, self.dtype), self.shape),
    "zero": lambda self: np.zeros_like(self), "fill_diagonal": _with_diagonal,
}, function=False)  # fmt: skip
