"""Shapes, joining and splitting."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from ..engine.primitive import registry
from .dtypes import Size, common
from .reducing import axes
from .tensors import cast, offer, values


def many(shape: Any, named: Any = None) -> tuple[Any, ...]:
    """A shape or dims, given as several numbers, as one sequence, or by name."""
    shape = tuple(named.values()) if named else shape
    return tuple(shape[0]) if len(shape) == 1 and np.ndim(shape[0]) else shape


_reshape, _swapaxes, _transpose, _expand_dims = (
    registry[function] for function in (np.reshape, np.swapaxes, np.transpose, np.expand_dims)
)
"""As np.reshape(input, shape) and so on, without asking NumPy who is to do it."""


def _view(input: Any, *shape: Any, **named: Any) -> Any:
    return _reshape(input, tuple([int(n) for n in many(shape, named)]))


def _expand(input: Any, *shape: Any, **named: Any) -> Any:
    shape = many(shape, named)
    have = (1,) * (len(shape) - input.ndim) + tuple(input.shape)
    return np.broadcast_to(input, tuple(n if m == -1 else m for n, m in zip(have, shape, strict=True)))


def _flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    if not input.ndim:
        return np.reshape(input, (1,))
    start, end = start_dim % input.ndim, end_dim % input.ndim
    return np.reshape(input, (*input.shape[:start], math.prod(input.shape[start : end + 1]), *input.shape[end + 1 :]))


def _squeeze(input: Any, dim: Any = None) -> Any:
    wanted = range(input.ndim) if dim is None else [d % max(input.ndim, 1) for d in np.atleast_1d(dim)]
    return np.reshape(input, [n for i, n in enumerate(input.shape) if n != 1 or i not in wanted])


def _split(tensor: Any, split_size_or_sections: Any, dim: int = 0) -> Any:
    size, n = split_size_or_sections, tensor.shape[dim]
    sizes = [min(size, n - i) for i in range(0, n, size)] or [n] if isinstance(size, int) else list(size)
    ends, whole = itertools.accumulate(sizes, initial=0), (slice(None),) * (dim % tensor.ndim)
    return tuple([tensor[(*whole, slice(a, b))] for a, b in itertools.pairwise(ends)])


def _tensor_split(input: Any, indices_or_sections: Any, dim: int = 0) -> Any:
    at = values(indices_or_sections).tolist()
    return tuple(np.array_split(input, at, dim))


def _joined(function: Any) -> Any:
    join = registry[function]

    def call(tensors: Any, dim: int = 0) -> Any:
        kind, some = common(*tensors), [t for t in tensors if function is np.stack or t.shape != (0,)] or tensors
        return join([cast(t, kind) for t in some], axis=dim)

    return call


def listed(function: Any) -> Any:
    """A function of several tensors, which may be given as one list."""
    return lambda *tensors, **options: function(
        tuple(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], tuple | list) else tensors, **options
    )


def _atleast(function: Any) -> Any:
    return listed(lambda tensors: function(*tensors) if len(tensors) == 1 else tuple([function(t) for t in tensors]))


def _repeat_interleave(input: Any, repeats: Any = None, dim: Any = None, *, output_size: Any = None) -> Any:
    if repeats is None:
        return np.repeat(np.arange(len(input)), values(input))
    return np.repeat(input, values(repeats), dim)


def _unfold(input: Any, dimension: int, size: int, step: int) -> Any:
    if not input.ndim:
        return np.reshape(input, (1,))[:size]
    starts = np.arange(0, input.shape[dimension] - size + 1, step)
    found = np.take(input, starts[:, None] + np.arange(size), dimension)
    return np.moveaxis(found, dimension % input.ndim + 1, -1)


def _diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    at, n = np.arange(input.shape[-1]), input.shape[-1] + abs(offset)
    made = np.zeros((*input.shape[:-1], n, n), input.dtype, like=input)
    made[..., at + max(-offset, 0), at + max(offset, 0)] = input
    return np.moveaxis(made, (-2, -1), (dim1, dim2))


def _block_diag(*tensors: Any) -> Any:
    blocks, kind = [np.atleast_2d(t) for t in tensors], common(*tensors)
    zeros: Any = lambda a, b: np.zeros((a.shape[0], b.shape[1]), kind)
    return np.block([[b if i == j else zeros(a, b) for j, b in enumerate(blocks)] for i, a in enumerate(blocks)])


def _sum_to_size(input: Any, *size: Any) -> Any:
    size, lead = many(size), input.ndim - len(many(size))
    kept = tuple(i + lead for i, n in enumerate(size) if n == 1 and input.shape[i + lead] != 1)
    return np.reshape(np.sum(input, (*range(lead), *kept)), size)


def _as_strided(input: Any, size: Any, stride: Any, storage_offset: int = 0) -> Any:
    steps = [np.arange(n) * step for n, step in zip(size, stride, strict=True)]
    return np.ravel(input)[storage_offset + sum(np.ix_(*steps))] if steps else np.ravel(input)[storage_offset]


def _combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Any:
    pick = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    return input[np.reshape(list(pick(range(len(input)), r)), (-1, r)).astype(int)] if r else np.zeros(0, like=input)


offer({
    "reshape view_copy": _view, "flatten": _flatten, "squeeze squeeze_copy": _squeeze,
    "unflatten": lambda input, dim, sizes: np.reshape(
        input, (*input.shape[: dim % input.ndim], *sizes, *input.shape[dim % input.ndim + 1 :])),
    "unsqueeze unsqueeze_copy": lambda input, dim: _expand_dims(input, dim), "ravel": lambda input: np.ravel(input),
    "transpose swapaxes swapdims transpose_copy": lambda input, dim0, dim1: _swapaxes(
        input, dim0, dim1) if input.ndim else input, "t t_copy": lambda input: input.T,
    "permute permute_copy": lambda input, *dims, **named: _transpose(
        input, many(dims, named)) if input.ndim else input,
    "movedim moveaxis": lambda input, source, destination: np.moveaxis(input, source, destination),
    "adjoint": lambda input: np.conj(np.swapaxes(input, -1, -2)), "expand_copy": _expand, "tensor_split": _tensor_split,
    "split split_with_sizes split_with_sizes_copy unsafe_split": _split,
    "chunk unsafe_chunk": lambda input, chunks, dim=0: _split(input, max(-(-input.shape[dim] // chunks), 1), dim),
    "hsplit": lambda input, at: _tensor_split(input, at, 1 if input.ndim > 1 else 0), "vsplit": _tensor_split,
    "dsplit": lambda input, at: _tensor_split(input, at, 2),
    "unbind unbind_copy": lambda input, dim=0: tuple(np.moveaxis(input, dim, 0)),
    "roll": lambda input, shifts, dims=None: np.roll(input, shifts, axes(dims)),
    "flip": lambda input, *dims, **named: np.flip(input, many(dims, named)) if input.ndim else input,
    "fliplr": lambda input: np.fliplr(input), "flipud": lambda input: np.flipud(input),
    "rot90": lambda input, k=1, dims=(0, 1): np.rot90(input, k, dims), "repeat_interleave": _repeat_interleave,
    "tile": lambda input, *dims, **named: np.tile(input, many(dims, named)), "diag_embed": _diag_embed,
    "diag": lambda input, diagonal=0: np.diag(input, diagonal) if input.ndim == 2 else _diag_embed(input, diagonal),
    "diagflat": lambda input, offset=0: _diag_embed(np.ravel(input), offset), "unfold_copy": _unfold,
    "diagonal diagonal_copy": lambda input, offset=0, dim1=0, dim2=1: np.diagonal(input, offset, dim1, dim2),
    "tril": lambda input, diagonal=0: np.tril(input, diagonal), "trace": lambda input: np.trace(input),
    "triu": lambda input, diagonal=0: np.triu(input, diagonal),
    "broadcast_to": lambda input, size: np.broadcast_to(input, tuple(size)),
    "clone alias_copy": lambda input, *, memory_format=None: input.copy(),
    "narrow narrow_copy": lambda input, dim, start, length: np.take(
        input, np.arange(int(start), int(start) + length), dim),
    "as_strided": _as_strided, "detach detach_copy": lambda input: input.detach(), "unsafe_split_with_sizes": _split,
    "select": lambda input, dim, index: input[(slice(None),) * (dim % input.ndim) + (index,)],
})  # fmt: skip
offer({
    "view": _view, "expand": _expand, "expand_as": lambda self, other: np.broadcast_to(self, other.shape),
    "repeat": lambda self, *sizes, **named: np.tile(self, many(sizes, named)), "unfold": _unfold,
    "view_as reshape_as": lambda self, other: np.reshape(self, other.shape), "sum_to_size": _sum_to_size,
    "contiguous": lambda self, memory_format=None: self, "dim ndimension": lambda self: self.ndim,
    "numel nelement": lambda self: self.data.size,
}, function=False)  # fmt: skip
offer({
    "cat concat concatenate": _joined(np.concatenate), "stack": _joined(np.stack), "block_diag": _block_diag,
    "hstack": lambda tensors: np.hstack(tensors), "vstack row_stack": lambda tensors: np.vstack(tensors),
    "dstack": lambda tensors: np.dstack(tensors), "column_stack": lambda tensors: np.column_stack(tensors),
    **{f"atleast_{n}d": _atleast(getattr(np, f"atleast_{n}d")) for n in (1, 2, 3)}, "combinations": _combinations,
    "meshgrid": listed(lambda tensors, indexing="ij": tuple(np.meshgrid(*tensors, indexing=indexing))),
    "broadcast_tensors": lambda *tensors: tuple(np.broadcast_arrays(*tensors)), "numel": lambda input: input.data.size,
    "broadcast_shapes": lambda *shapes: Size(np.broadcast_shapes(*shapes)),
    "cartesian_prod": lambda *tensors: tensors[0] if len(tensors) == 1 else np.stack(
        [np.ravel(t) for t in np.meshgrid(*tensors, indexing="ij")], 1),
}, method=False)  # fmt: skip
