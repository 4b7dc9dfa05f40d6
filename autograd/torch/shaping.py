"""Shapes, joining and splitting."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from .. import ops
from ..engine.broadcasting import broadcast_to, sum_to
from ..engine.primitive import registry
from ..engine.tensor import Tensor as Base
from ..engine.tensor import wrap
from ..ops.along import slices_along
from ..ops.indexing import getitem
from ..ops.shape import _reshaped as reshape
from ..ops.shape import swapaxes, transpose
from . import dtypes
from .boundary import NAMES, below
from .dtypes import Size, common
from .reducing import axes
from .tensors import METHODS, Tensor, alike, cast, conj, itself, offer, ravel, table, values, viewing


def many(shape: Any, named: Any = None) -> tuple[Any, ...]:
    """A shape or dims, given as several numbers, as one sequence, or by name."""
    shape = tuple(named.values()) if named else shape
    return tuple(shape[0]) if len(shape) == 1 and not isinstance(shape[0], int) and np.ndim(shape[0]) else shape


def _view(input: Any, *shape: Any, **named: Any) -> Any:
    if not shape or shape[0].__class__ is not int:
        if shape and isinstance(shape[0], np.dtype | dtypes.dtype):
            return wrap(values(input).view(dtypes.plain(shape[0])))
        shape = tuple(map(int, many(shape, named)))
    return reshape(input, shape)


def _expand(input: Any, *shape: Any, **named: Any) -> Any:
    shape, have = shape if shape and shape[0].__class__ is int else many(shape, named), input._content.shape
    if -1 in shape:
        have = (1,) * (len(shape) - len(have)) + have
        shape = tuple([n if m == -1 else m for n, m in zip(have, shape, strict=True)])
    return broadcast_to(input, tuple(shape))


def _flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    shape = input._content.shape or (1,)
    start, end = start_dim % len(shape), end_dim % len(shape)
    return reshape(input, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


def _squeeze(input: Any, dim: Any = None) -> Any:
    shape = input._content.shape
    if dim.__class__ is int and shape:
        dim %= len(shape)
        return reshape(input, shape if shape[dim] != 1 else (*shape[:dim], *shape[dim + 1 :]))
    if dim is None:
        return reshape(input, tuple([n for n in shape if n != 1]))
    wanted = [d % max(len(shape), 1) for d in np.atleast_1d(dim)]
    return reshape(input, tuple([n for i, n in enumerate(shape) if n != 1 or i not in wanted]))


def _unsqueeze(input: Any, dim: int) -> Any:
    shape = input._content.shape
    end = len(shape) + 1
    if not -end <= dim < end:
        raise IndexError(f"unsqueeze: expected a dim from {-end} to {end - 1}, got {dim}")
    return reshape(input, (*shape[: dim % end], 1, *shape[dim % end :]))


def _transpose(input: Any, dim0: int, dim1: int) -> Any:
    return swapaxes(input, dim0, dim1) if input._content.ndim else input


def _permute(input: Any, *dims: Any, **named: Any) -> Any:
    dims = dims if dims and dims[0].__class__ is int else many(dims, named)
    return transpose(input, dims) if input._content.ndim else input


def _split(tensor: Any, split_size_or_sections: Any, dim: int = 0) -> Any:
    size, shape = split_size_or_sections, tensor._content.shape
    n, whole = shape[dim], (slice(None),) * (dim % len(shape))
    sizes = [min(size, n - i) for i in range(0, n, size)] or [n] if isinstance(size, int) else list(size)
    ends = itertools.pairwise(itertools.accumulate(sizes, initial=0))
    return tuple([getitem(tensor, (*whole, slice(a, b))) for a, b in ends])


def _chunk(input: Any, chunks: int, dim: int = 0) -> Any:
    return _split(input, max(-(-input._content.shape[dim] // chunks), 1), dim)


def _joined(function: Any, theirs: Any = None) -> Any:
    """What joins tensors: those of one dtype at once, others in the dtype that they have together."""
    join = registry[function]

    def arranged(tensors: Any, dim: int = 0) -> Any:
        if function is not np.stack:
            tensors = [t for t in tensors if t.shape != (0,)] or tensors
        kind = common(*tensors)
        return join([cast(t, kind) for t in tensors], axis=dim)

    slowly = below(arranged, NAMES, True)

    def call(tensors: Any, dim: int = 0, **options: Any) -> Any:
        if options or not tensors or dim.__class__ is not int:
            return slowly(tensors, dim, **options)
        kind = tensors[0]._content.dtype
        for t in tensors:
            if t._content.dtype is not kind or t._content.shape == (0,):
                return slowly(tensors, dim)
        made = join(tensors, dim)
        made.__class__ = Tensor
        return made

    return call


def listed(function: Any) -> Any:
    """A function of several tensors, which may be given as one list."""
    return lambda *tensors, **options: function(
        tuple(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], tuple | list) else tensors, **options
    )


def _atleast(function: Any) -> Any:
    return listed(lambda tensors: function(*tensors) if len(tensors) == 1 else tuple([function(t) for t in tensors]))


def _unfold(input: Any, dimension: int, size: int, step: int) -> Any:
    if not input.ndim:
        return np.reshape(input, (1,))[:size]
    pieces = np.lib.stride_tricks.sliding_window_view(input, size, dimension)
    return pieces[slices_along(input, slice(None, None, step), dimension)]


def _narrow(input: Any, dim: int, start: int, length: int) -> Any:
    start %= max(input.shape[dim], 1)
    return input[slices_along(input, slice(start, start + length), dim)]


def _repeat_interleave(input: Any, repeats: Any = None, dim: Any = None, *, output_size: Any = None) -> Any:
    return np.repeat(*((np.arange(len(input)), values(input)) if repeats is None else (input, values(repeats), dim)))


def _tensor_split(input: Any, indices_or_sections: Any, dim: int = 0) -> Any:
    return tuple(np.array_split(input, values(indices_or_sections).tolist(), dim))


def _diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """A view that can be written to, as NumPy's cannot."""
    made: Any = np.diagonal(input, offset, dim1, dim2)
    made.data.flags.writeable = made.data.base is not None and input.data.flags.writeable
    return made


def _block_diag(*tensors: Any) -> Any:
    blocks = [np.atleast_2d(t) for t in alike(*tensors)]
    width, ends = sum(b.shape[1] for b in blocks), itertools.accumulate([b.shape[1] for b in blocks])
    return np.concatenate([np.pad(b, ((0, 0), (n - b.shape[1], width - n))) for b, n in zip(blocks, ends, strict=True)])


def _combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Any:
    pick = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    return input[np.reshape(list(pick(range(len(input)), r)), (-1, r)).astype(int)] if r else np.zeros(0, like=input)


def _copied(name: str) -> Any:
    """What gives a view, or several, gives copies."""
    clone: Any = lambda part: part.clone()
    view = METHODS[name]
    return lambda *args, **options: (
        tuple(map(clone, found)) if isinstance(found := view(*args, **options), tuple) else clone(found)
    )


offer({
    "reshape": _view, "flatten": _flatten, "squeeze": _squeeze, "unsqueeze": _unsqueeze,
    "ravel": ravel, "t": lambda input: _transpose(input, -1, 0), "transpose swapaxes swapdims": _transpose,
    "detach": Base.detach, "permute": _permute, "chunk unsafe_chunk": _chunk,
    "split split_with_sizes unsafe_split unsafe_split_with_sizes": _split,
}, direct=viewing)  # fmt: skip
offer({"view": _view, "expand": _expand, "dim ndimension": lambda self: self._content.ndim,
       "numel nelement": lambda self: self._content.size}, function=False, direct=viewing)  # fmt: skip
offer({
    "as_strided_scatter": lambda input, src, size, stride, storage_offset=0: ops.strided_scatter(
        input, src, size, stride, storage_offset),
    "unflatten": lambda input, dim, sizes: np.reshape(
        input, (*input.shape[: dim % input.ndim], *sizes, *input.shape[dim % input.ndim + 1 :])),
    "movedim moveaxis": lambda input, source, destination: np.moveaxis(input, source, destination),
    "adjoint": lambda input: conj(np.swapaxes(input, -1, -2)), "tensor_split": _tensor_split, "vsplit": _tensor_split,
    "hsplit": lambda input, at: _tensor_split(input, at, 1 if input.ndim > 1 else 0),
    "dsplit": lambda input, at: _tensor_split(input, at, 2),
    "unbind": lambda input, dim=0: tuple(np.moveaxis(input, dim, 0)),
    "roll": lambda input, shifts, dims=None: np.roll(input, shifts, axes(dims)),
    "flip": lambda input, *dims, **named: np.flip(input, many(dims, named)).copy(),
    "fliplr": lambda input: np.fliplr(input).copy(), "flipud": lambda input: np.flipud(input).copy(),
    "rot90": lambda input, k=1, dims=(0, 1): np.rot90(input, k, dims).copy(), "repeat_interleave": _repeat_interleave,
    "tile": lambda input, *dims, **named: np.tile(input, many(dims, named)),
    "diag_embed": lambda input, offset=0, dim1=-2, dim2=-1: ops.diagonal_matrix(input, offset, dim1, dim2),
    "diag": lambda input, diagonal=0: np.diag(input, diagonal),
    "diagflat": lambda input, offset=0: ops.diagonal_matrix(np.ravel(input), offset), "diagonal": _diagonal,
    "trace": lambda input: np.trace(input), "tril": lambda input, diagonal=0: np.tril(input, diagonal),
    "triu": lambda input, diagonal=0: np.triu(input, diagonal),
    "clone": lambda input, *, memory_format=None: input.copy(),
    "broadcast_to": lambda input, size: np.broadcast_to(input, tuple(size)), "narrow": _narrow,
    "as_strided": lambda input, size, stride, storage_offset=None: ops.as_strided(input, size, stride, storage_offset),
    "select": lambda input, dim, index: input[slices_along(input, index, dim)],
})  # fmt: skip
_copies = ("squeeze unsqueeze transpose t permute unbind diagonal narrow split split_with_sizes as_strided view expand "
           "unfold detach")  # fmt: skip
offer({
    "expand_as": lambda self, other: np.broadcast_to(self, other.shape), "unfold": _unfold,
    "repeat": lambda self, *sizes, **named: np.tile(self, many(sizes, named)),
    "view_as reshape_as": lambda self, other: np.reshape(self, other.shape),
    "sum_to_size": lambda self, *size: sum_to(self, tuple(many(size))),
    "contiguous": lambda self, memory_format=None: self if self.data.flags.c_contiguous else np.copy(self, "C"),
}, function=False)  # fmt: skip
offer({f"{name}_copy": _copied(name) for name in _copies.split()}, method=False, direct=itself)
offer({"cat concat concatenate": np.concatenate, "stack": np.stack}, method=False, direct=_joined)
offer({
    **table("hstack vstack row_stack:vstack dstack column_stack", np, lambda join: lambda tensors: join(tensors)),
    **table("atleast_1d atleast_2d atleast_3d", np, _atleast), "combinations": _combinations,
    "block_diag": _block_diag, "alias_copy": lambda input: input.copy(),
    "meshgrid": listed(lambda tensors, indexing="ij": tuple(np.meshgrid(*tensors, indexing=indexing))),
    "broadcast_tensors": lambda *tensors: tuple(np.broadcast_arrays(*tensors)), "numel": lambda input: input.data.size,
    "broadcast_shapes": lambda *shapes: Size(np.broadcast_shapes(*shapes)),
    "cartesian_prod": lambda *tensors: tensors[0] if len(tensors) == 1 else np.stack(
        [np.ravel(t) for t in np.meshgrid(*tensors, indexing="ij")], 1),
}, method=False)  # fmt: skip
