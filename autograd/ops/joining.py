"""Joining arrays and splitting them, padding and cropping: each the adjoint of the other."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from ..engine.blocks import in_blocks, zeros
from ..engine.declare import composite, linear
from ..engine.primitive import Function
from ..engine.sharing import note_view
from ..engine.tensor import Tensor, alike, unwrap, wrap
from .shape import _array, atleast_1d, atleast_2d, atleast_3d

# ---- concatenate and split: adjoint to each other -------------------------------------------------------------------


def _slices(ndim: int, axis: int, start: Any, stop: Any, step: Any = None) -> tuple[slice, ...]:
    """The index of a piece along one axis."""
    index = [slice(None)] * ndim
    index[axis] = slice(start, stop, step)
    return tuple(index)


def _concatenate(*arrays: Any, axis: int | None, edges: Any) -> Any:
    return np.concatenate(arrays, axis=axis)


def _part(g: Any, i: int, arrays_shape: Any, axis: int | None, edges: Any) -> Any:
    """The part of a joined array that came from the i-th, which lies between two of its edges."""
    if axis is None:
        return g[edges[i] : edges[i + 1]].reshape(arrays_shape[i])
    return g[_slices(g.ndim, axis, edges[i], edges[i + 1])]


def _edges(arrays: tuple[Any, ...], axis: int | None) -> tuple[int, ...]:
    """Where each of the joined arrays begins and ends; 0 for one that NumPy is going to refuse."""
    contents = [array._content if isinstance(array, Tensor) else array for array in arrays]
    shapes = [array.shape if isinstance(array, np.ndarray) else np.shape(array) for array in contents]
    if axis is None:
        return (0, *itertools.accumulate(map(math.prod, shapes)))
    return (0, *itertools.accumulate(shape[axis] if -len(shape) <= axis < len(shape) else 0 for shape in shapes))


def _split(ary: Any, edges: tuple[int, ...], axis: int) -> tuple[Any, ...]:
    return tuple([ary[_slices(ary.ndim, axis, edges[k], edges[k + 1])] for k in range(len(edges) - 1)])


def _split_ary(g: Any, ary_shape: Any, edges: Any, axis: int) -> Any:
    def nothing(size: int) -> Any:
        shape = (*ary_shape[:axis], size, *ary_shape[axis + 1 :])
        return zeros(some, shape) if in_blocks(some) else np.zeros_like(some, shape=shape)

    some = next(part for part in g if part is not None)
    parts = [nothing(edges[k + 1] - edges[k]) if part is None else part for k, part in enumerate(g)]
    return np.concatenate(parts, axis)


_joined: Function = linear(_concatenate, name="concatenate", arrays=_part)
_pieces: Function = linear(_split, name="split", multiple=True, ary=_split_ary)


@composite(np.concatenate)
def concatenate(arrays: Any, axis: int | None = 0, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    """As np.concatenate."""
    if axis.__class__ is not int and np.ndim(unwrap(axis)):
        raise TypeError("concatenate: expected a list of arrays and then an axis, got an array as axis; write [x, y]")
    arrays = tuple(arrays)
    joined = _joined(*arrays, axis=axis, edges=_edges(arrays, axis))
    return joined if dtype is None else joined.astype(dtype, casting=casting)


@composite(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """As np.array_split: views of that many pieces of nearly one length, or of the pieces between indices."""
    axis = _axis("array_split", axis, ary.ndim)
    n = ary.shape[axis]
    if np.iterable(indices_or_sections):
        stops = [slice(k).indices(n)[1] for k in indices_or_sections]
    else:
        sections = int(indices_or_sections)
        if sections <= 0:
            raise ValueError(f"array_split: expected at least one section, got {sections}")
        size, extra = divmod(n, sections)
        stops = [k * size + min(k, extra) for k in range(1, sections)]
    edges = (0, *stops, n)
    if edges != tuple(sorted(edges)):  # pieces that overlap
        return [ary[_slices(ary.ndim, axis, start, stop)] for start, stop in itertools.pairwise(edges)]
    parts = _pieces(ary, edges, axis)
    if isinstance(ary, Tensor):
        for part in parts:
            note_view(ary, part)
    return list(parts)


@composite(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """As np.split: views of that many equal pieces, or of the pieces between indices."""
    axis = _axis("split", axis, ary.ndim)
    if not np.iterable(indices_or_sections) and ary.shape[axis] % indices_or_sections:
        raise ValueError(
            f"split: axis {axis} of an array of shape {ary.shape} has no {indices_or_sections} equal parts; "
            f"use array_split"
        )
    return array_split(ary, indices_or_sections, axis)


def _axis(who: str, axis: int, ndim: int) -> int:
    if not -ndim <= axis < ndim:
        raise np.exceptions.AxisError(axis, ndim, who)
    return axis % ndim


@composite(np.hsplit)
def hsplit(ary: Any, indices_or_sections: Any) -> Any:
    """As np.hsplit."""
    return split(ary, indices_or_sections, 0 if ary.ndim == 1 else 1)


@composite(np.vsplit)
def vsplit(ary: Any, indices_or_sections: Any) -> Any:
    """As np.vsplit."""
    if ary.ndim < 2:
        raise ValueError(f"vsplit: expected two dimensions or more, got shape {ary.shape}")
    return split(ary, indices_or_sections, 0)


composite(np.dsplit)(lambda ary, indices_or_sections: split(ary, indices_or_sections, 2))


def _unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    if not x.shape[axis]:
        return ()
    return tuple([part.squeeze(axis) for part in split(x, x.shape[axis], axis)])


if hasattr(np, "unstack"):
    composite(np.unstack)(_unstack)

# ---- joining in other ways: concatenate of reshaped arrays ----------------------------------------------------------


_stacked: Function = linear(
    lambda *arrays, axis: np.stack(arrays, axis), name="stack",
    arrays=lambda g, i, axis: g[(*[slice(None)] * axis, i)],
)  # fmt: skip


@composite(np.stack)
def stack(arrays: Any, axis: int = 0, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    """As np.stack."""
    arrays = [_array(array) for array in arrays]
    if not arrays:
        raise ValueError("stack: expected at least one array, got none")
    shapes = {array.shape for array in arrays}
    if len(shapes) > 1:
        raise ValueError(f"stack: expected arrays of one shape, got {sorted(shapes)}")
    (shape,) = shapes
    axis = _axis("stack", axis, len(shape) + 1)
    made = _stacked(*arrays, axis=axis)
    return made if dtype is None else made.astype(dtype, casting=casting)


def _joining(widen: Any, axis: Any) -> Any:
    """Concatenation along an axis, after a change of shape of each array."""

    def join(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
        arrays = [widen(array) for array in tup]
        return concatenate(arrays, axis(arrays), dtype=dtype, casting=casting)

    return join


vstack = composite(np.vstack)(_joining(atleast_2d, lambda arrays: 0))
hstack = composite(np.hstack)(_joining(atleast_1d, lambda arrays: 0 if arrays and np.ndim(arrays[0]) == 1 else 1))
dstack = composite(np.dstack)(_joining(atleast_3d, lambda arrays: 2))


@composite(np.column_stack)
def column_stack(tup: Any) -> Any:
    """As np.column_stack."""
    return concatenate([np.reshape(a, (-1, 1)) if np.ndim(a) < 2 else a for a in tup], 1)


@composite(np.append)
def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    """As np.append."""
    values = values if hasattr(values, "dtype") else np.asarray(values)  # a number has NumPy's dtype here
    return concatenate((arr, values), axis)


@composite(np.delete)
def delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    """As np.delete: without some of the slices along an axis."""
    if axis is None:
        arr, axis = np.reshape(arr, -1), 0
    axis = _axis("delete", axis, arr.ndim)
    return np.take(arr, np.delete(np.arange(arr.shape[axis]), unwrap(obj)), axis)


@composite(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """As np.insert: with `values` put in before the slices that `obj` numbers."""
    arr = _array(arr)
    if axis is None:
        arr, axis = np.reshape(arr, -1), 0
    axis, n, obj = _axis("insert", axis, arr.ndim), arr.shape[axis], unwrap(obj)
    values = np.asarray(values, arr.dtype) if isinstance(values, int | float | complex) else values
    values = np.reshape(values, (1,) * (arr.ndim - np.ndim(values)) + np.shape(values))
    obj = np.arange(n)[obj] if isinstance(obj, slice) else np.asarray(obj)
    obj = obj if obj.size else obj.astype(int)  # [] is taken for one of floats
    places = np.flatnonzero(obj) if obj.dtype.kind == "b" else obj
    values = np.moveaxis(values, 0, axis) if places.ndim == 0 else values
    k = values.shape[axis] if places.size == 1 else places.size
    values = np.broadcast_to(values, (*arr.shape[:axis], k, *arr.shape[axis + 1 :])).astype(arr.dtype)
    places = places.item() if places.size == 1 else places
    return np.take(np.concatenate([arr, values], axis), np.insert(np.arange(n), places, np.arange(n, n + k)), axis)


@composite(np.block)
def block(arrays: Any) -> Any:
    """As np.block: nested lists of arrays, joined from the inside out, the innermost lists along the last axis."""

    def depth(part: Any) -> int:
        if isinstance(part, tuple):
            raise TypeError("block: expected lists, got a tuple; a tuple is no nested list of blocks")
        if not isinstance(part, list):
            return 0
        if not part:
            raise ValueError("block: expected non-empty lists")
        depths = {depth(item) for item in part}
        if len(depths) > 1:
            raise ValueError(f"block: expected lists of one depth, got depths {sorted(depths)}")
        return depths.pop() + 1

    def leaves(part: Any) -> list[Any]:
        return [leaf for item in part for leaf in leaves(item)] if isinstance(part, list) else [part]

    def join(part: Any, level: int) -> Any:
        if isinstance(part, list):
            return concatenate([join(item, level + 1) for item in part], level - deep)
        return np.reshape(part, (1,) * (ndim - np.ndim(part)) + np.shape(part))

    deep = depth(arrays)
    ndim = max([deep, *(np.ndim(leaf) for leaf in leaves(arrays))])
    made = join(arrays, 0)
    return made.copy() if deep == 0 else made


# ---- pad and crop: adjoint to each other ----------------------------------------------------------------------------


def _pad(x: Any, widths: tuple[tuple[int, int], ...], value: Any = 0) -> Any:
    shape = tuple([before + n + after for n, (before, after) in zip(x.shape, widths, strict=True)])
    made = np.zeros_like(x, shape=shape) if type(value) is int and value == 0 else np.full_like(x, value, shape=shape)
    made[tuple([slice(w[0], w[0] + n) for n, w in zip(x.shape, widths, strict=True)])] = x
    return made


def _crop(x: Any, widths: tuple[tuple[int, int], ...]) -> Any:
    return x[tuple([slice(before, n - after) for n, (before, after) in zip(x.shape, widths, strict=True)])]


_padded: Function = linear(_pad, name="pad", x=lambda g, widths: crop(g, widths))
crop: Function = linear(_crop, name="crop", views=True, x=lambda g, widths: _padded(g, widths))


_numpy_pad: Any = np.pad


def _line(x: Any, width: tuple[int, int], axis: int, mode: str, options: tuple[tuple[str, Any], ...]) -> Any:
    widths = [(0, 0)] * x.ndim
    widths[axis] = width
    return _numpy_pad(x, widths, mode, **dict(options))


def _line_x(g: Any, x_shape: Any, width: Any, axis: int, mode: str, options: Any) -> Any:
    """These modes are a matrix along the axis, up to a constant: the one that NumPy makes of the unit vectors."""
    n = x_shape[axis]
    options = {name: value for name, value in options if name != "end_values"}
    matrix = alike(_numpy_pad(np.eye(n), [width, (0, 0)], mode, **options), g)
    return np.moveaxis(np.moveaxis(g, axis, -1) @ matrix, -1, axis)


_padded_line: Function = linear(_line, name="pad", x=_line_x)


@composite(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    """As np.pad, in every mode that has a name."""
    if not isinstance(mode, str):
        raise TypeError("pad: expected the name of a mode, got a function of unknown derivative; use concatenate")
    if any(isinstance(value, Tensor) and value.requires_grad for value in kwargs.values()):
        raise TypeError("pad: constant_values and end_values get no gradient; use concatenate, or .detach() them")
    kwargs = unwrap(kwargs)
    widths = _widths(pad_width, array.shape)
    value = kwargs.get("constant_values", 0)
    if mode == "empty" or (mode == "constant" and np.ndim(value) == 0 and kwargs.keys() <= {"constant_values"}):
        return _padded(array, widths, value)
    if not (isinstance(array, Tensor) and array.requires_grad):
        return wrap(_numpy_pad(unwrap(array), widths, mode, **kwargs))
    _numpy_pad(np.empty((1,) * array.ndim), [(0, 0)] * array.ndim, mode, **kwargs)  # NumPy's own errors
    if mode == "constant":
        around = _numpy_pad(np.zeros_like(array._content), widths, mode, **kwargs)
        return _padded(array, widths) + around
    for axis, width in enumerate(widths):
        if width != (0, 0):
            array = _pad_axis(array, width, axis, mode, kwargs)
    return array


def _widths(pad_width: Any, shape: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """NumPy's many ways to say how much to pad, as a pair for each axis."""
    n = len(shape)
    if isinstance(pad_width, dict):
        given = {axis % n: width for axis, width in pad_width.items()}
        pad_width = [given.get(axis, 0) for axis in range(n)]
        pad_width = [(width, width) if np.ndim(width) == 0 else width for width in pad_width]
    if type(pad_width) is int:
        pairs: Any = [(pad_width, pad_width)] * n
    else:
        pairs = np.broadcast_to(np.asarray(pad_width), (n, 2)).tolist()
    widths = tuple([(before, after) for before, after in pairs])
    if any(type(k) is not int for width in widths for k in width):
        raise TypeError(f"pad: expected integer widths, got {pad_width}")
    if any(k < 0 for width in widths for k in width):
        raise ValueError(f"pad: expected widths of at least 0, got {pad_width}; to take away, index or use crop")
    return widths


def _pad_axis(x: Any, width: tuple[int, int], axis: int, mode: str, kwargs: dict[str, Any]) -> Any:
    n = x.shape[axis]
    per_axis = {
        name: value if isinstance(value, str) or value is None else np.broadcast_to(value, (x.ndim, 2))[axis]
        for name, value in kwargs.items()
    }
    if mode in ("edge", "symmetric", "reflect", "wrap") and kwargs.get("reflect_type", "even") == "even":
        places = _numpy_pad(np.arange(n), width, mode, **kwargs)
        before, after = np.split(places, [width[0], width[0] + n])[::2]
        return np.concatenate([_in_a_row(x, before, axis), x, _in_a_row(x, after, axis)], axis)
    if mode in ("maximum", "minimum", "median"):
        function: Any = {"maximum": np.max, "minimum": np.min, "median": np.median}[mode]
        lengths = per_axis.get("stat_length")
        return _pad_with(x, width, axis, function, (n, n) if lengths is None else lengths)
    options = tuple([(k, v if isinstance(v, str) or v is None else tuple(v.tolist())) for k, v in per_axis.items()])
    return _padded_line(x, width, axis, mode, options)


def _in_a_row(x: Any, places: Any, axis: int) -> Any:
    """np.take; where the places follow one another, or are all the same, by a slice, whose gradient is much faster."""
    first, step = (places[0], places[1] - places[0]) if places.size > 1 else (places.sum(), 1)
    if abs(step) > 1 or (np.diff(places) != step).any():
        return np.take(x, places, axis)
    stop = first + step * places.size if step else first + 1
    part = x[(*[slice(None)] * axis, slice(first, None if stop < 0 else stop, step or 1))]
    return part if step else np.broadcast_to(part, (*x.shape[:axis], places.size, *x.shape[axis + 1 :]))


def _pad_with(x: Any, width: tuple[int, int], axis: int, function: Any, lengths: Any) -> Any:
    """Each end of an axis made longer by a statistic of the elements there."""
    n = x.shape[axis]
    ends = (_slices(x.ndim, axis, 0, lengths[0]), _slices(x.ndim, axis, max(0, n - lengths[1]), n))
    before, after = (
        np.repeat(function(x[end], axis, keepdims=True), k, axis) for end, k in zip(ends, width, strict=True)
    )
    return np.concatenate([before, x, after], axis)
