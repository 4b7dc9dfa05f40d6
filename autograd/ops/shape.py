"""Functions that move elements and change none, side by side with their adjoints."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..engine.broadcasting import sum_to
from ..engine.declare import composite, linear, nondifferentiable
from ..engine.leaving import left_to_operand
from ..engine.primitive import Function
from ..engine.sums import is_large, total
from ..engine.tensor import unwrap
from .indexing import scatter_add
from .pieces import only_whole


@composite(np.broadcast_arrays)
def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Any, ...]:
    """As np.broadcast_arrays."""
    args = tuple([_array(array) for array in args])
    shape = np.broadcast_shapes(*(np.shape(array) for array in args))
    return tuple([array if np.shape(array) == shape else np.broadcast_to(array, shape) for array in args])


# ---- another shape --------------------------------------------------------------------------------------------------


def _reshape(x: Any, shape: Any, order: Any = "C") -> Any:
    return x.reshape(shape, order=order) if order != "C" else x.reshape(shape)


_reshaped: Function = linear(
    _reshape, name="reshape", views=True, x=lambda g, x_shape, order: _reshaped(g, x_shape, order)
)


@composite(np.reshape)
def reshape(a: Any, /, shape: Any, order: Any = "C", *, copy: bool | None = None) -> Any:
    """As np.reshape."""
    if order == "A":
        order = "F" if _layout(a) == "F" else "C"
    made = _reshaped(a, shape, order)
    if copy is False and not np.may_share_memory(unwrap(made), unwrap(a)) and made.size:
        raise ValueError(
            f"reshape: shape {a.shape} cannot be made {made.shape} without a copy, which copy=False forbids"
        )
    return made.copy() if copy else made


def _layout(x: Any) -> str:
    """In which order the elements of an array lie in a row: "C", "F", or "" where they do not."""
    flags = getattr(getattr(x, "_content", x), "flags", None)
    return "C" if flags is None or flags.c_contiguous else "F" if flags.f_contiguous else ""


def _in_memory(x: Any) -> Any:
    """The array with its axes in the order in which they lie in memory: what NumPy's "K" goes through."""
    strides = getattr(getattr(x, "_content", x), "strides", (0,) * x.ndim)
    axes: list[int] = []  # the innermost first; one along which nothing moves stays where it is
    for axis in reversed(range(x.ndim)):
        at = len(axes)
        for k in reversed(range(len(axes))):
            if strides[axes[k]] and strides[axis]:
                if abs(strides[axes[k]]) <= abs(strides[axis]):
                    break
                at = k
        axes.insert(at, axis)
    return x if axes[::-1] == list(range(x.ndim)) else x.transpose(axes[::-1])


@composite(np.ravel)
def ravel(a: Any, order: Any = "C") -> Any:
    """As np.ravel: one axis, a view where the elements lie in a row, one next to the other."""
    made = _reshaped(_in_memory(a), -1) if order == "K" else reshape(a, -1, order)
    return made if _layout(made) else made.copy()


squeeze = linear(np.squeeze, views=True, a=lambda g, a_shape: g.reshape(a_shape))
expand_dims = linear(np.expand_dims, views=True, a=lambda g, a_shape: g.reshape(a_shape))


def _each(function: Any) -> Any:
    """A function of one array as NumPy's `atleast_nd` are: of several, it gives a tuple."""
    return lambda *arys: function(arys[0]) if len(arys) == 1 else tuple([function(array) for array in arys])


def _at_least(n: int, before: Any) -> Any:
    """Axes of size 1 until there are n, `before(ndim)` of them in front."""

    def widen(x: Any) -> Any:
        shape = np.shape(x)
        k = before(len(shape))
        return x if len(shape) >= n else np.reshape(x, (1,) * k + shape + (1,) * (n - len(shape) - k))

    return _each(widen)


atleast_1d = composite(np.atleast_1d)(_at_least(1, lambda ndim: 1))
_of_two_axes = _at_least(2, lambda ndim: 2 - ndim)


@composite(np.atleast_2d)
def atleast_2d(*arys: Any) -> Any:
    """As np.atleast_2d."""
    # SciPy before 1.14 asks by it whether the other operand of a sparse matrix is an array
    return np.array([[None]]) if left_to_operand() else _of_two_axes(*arys)


atleast_3d = composite(np.atleast_3d)(_at_least(3, lambda ndim: (1, 1, 1)[ndim] if ndim < 2 else 0))

# ---- another order of the axes --------------------------------------------------------------------------------------


def _transpose(x: Any, axes: Any = None) -> Any:
    return x.transpose(axes) if axes is not None else x.transpose()


def _undo(axes: Any) -> Any:
    """The permutation that reverses `axes`."""
    if axes is None:
        return None
    back = [0] * len(axes)
    for i, axis in enumerate(axes):
        back[axis] = i
    return tuple(back)


def _swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    return x.swapaxes(axis1, axis2)


transpose = linear(
    _transpose, np.transpose, np.permute_dims, name="transpose", views=True,
    x=lambda g, axes: _transpose(g, _undo(axes)),
)  # fmt: skip
swapaxes = linear(
    _swapaxes, np.swapaxes, name="swapaxes", views=True, x=lambda g, axis1, axis2: g.swapaxes(axis1, axis2)
)
moveaxis = linear(np.moveaxis, views=True, a=lambda g, source, destination: np.moveaxis(g, destination, source))


@composite(np.rollaxis)
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """As np.rollaxis: the axis stands before what was at `start`."""
    n = a.ndim
    if not (-n <= axis < n and -n <= start <= n):
        raise ValueError(f"rollaxis: axis {axis} or start {start} is out of bounds for an array of shape {a.shape}")
    axis, start = axis % n, start + n if start < 0 else start
    return np.moveaxis(a, axis, start - 1 if axis < start else start)


@composite(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x: Any, /) -> Any:
    """The last two axes swapped."""
    if x.ndim < 2:
        raise ValueError(f"matrix_transpose: expected at least 2 dimensions, got shape {x.shape}; use .T or [:, None]")
    return x.swapaxes(-1, -2)


# ---- the same elements elsewhere ------------------------------------------------------------------------------------

flip = linear(np.flip, views=True, m=lambda g, axis: np.flip(g, axis))
composite(np.flipud)(lambda m: np.flip(m, 0))
composite(np.fliplr)(lambda m: np.flip(m, 1))
rot90 = linear(np.rot90, views=True, m=lambda g, k, axes: np.rot90(g, -k, axes))
roll = linear(
    np.roll, shift=None,
    a=lambda g, shift, axis: np.roll(g, tuple([-s for s in shift]) if np.ndim(shift) else -shift, axis),
)  # fmt: skip


_BAND = 64  # rows: of these, most columns are in the triangle as a whole or not at all


def _bands(shape: tuple[int, ...], k: int) -> Iterator[tuple[slice, int, int]]:
    """Rows of a lower triangle, of how many columns they have all, and where the columns end of which some have any."""
    n, width = shape[-2:]
    for start in range(0, n, _BAND):
        stop = min(start + _BAND, n)
        yield slice(start, stop), min(max(start + k + 1, 0), width), min(max(stop + k, 0), width)


@functools.lru_cache(maxsize=64)
def _triangle(n: int, width: int, k: int) -> Any:
    return np.tri(n, width, k, dtype=bool)


def _tril(m: Any, k: int = 0) -> Any:
    if not is_large(m) or m.ndim < 2:
        return np.tril(m, k)
    only_whole(_tril, m)
    made = np.zeros_like(m)
    for rows, whole, end in _bands(m.shape, k):
        made[..., rows, :whole] = m[..., rows, :whole]
        inside = _triangle(rows.stop - rows.start, end - whole, k + rows.start - whole)
        np.copyto(made[..., rows, whole:end], m[..., rows, whole:end], where=inside)
    return made


def _triu(m: Any, k: int = 0) -> Any:
    if not is_large(m) or m.ndim < 2:
        return np.triu(m, k)
    only_whole(_triu, m)
    made = np.zeros_like(m)
    for rows, none, end in _bands(m.shape, k - 1):
        made[..., rows, end:] = m[..., rows, end:]
        below = _triangle(rows.stop - rows.start, end - none, k - 1 + rows.start - none)
        np.copyto(made[..., rows, none:end], m[..., rows, none:end], where=~below)
    return made


# of one axis NumPy makes a matrix
tril: Function = linear(_tril, np.tril, name="tril", m=lambda g, k, m_shape: sum_to(tril(g, k), m_shape))
triu: Function = linear(_triu, np.triu, name="triu", m=lambda g, k, m_shape: sum_to(triu(g, k), m_shape))

# ---- elements again and again ---------------------------------------------------------------------------------------


def _repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    return a.repeat(repeats, axis)


def _repeat_a(g: Any, a_shape: Any, repeats: Any, axis: Any) -> Any:
    shape = (_size(a_shape),) if axis is None else a_shape
    axis = 0 if axis is None else axis % len(shape)
    if np.size(repeats) == 1:  # a group of neighbours for each
        g = g.reshape((*shape[: axis + 1], -1 if 0 not in g.shape else int(np.max(repeats)), *shape[axis + 1 :]))
        return total(g, (axis + 1,)).reshape(a_shape)
    places = np.repeat(np.arange(shape[axis]), repeats)
    return scatter_add(g, (slice(None),) * axis + (places,), shape).reshape(a_shape)


def _size(shape: tuple[int, ...]) -> int:
    n = 1
    for k in shape:
        n *= k
    return n


def _tile_a(g: Any, A_shape: Any, reps: Any) -> Any:
    reps = tuple(reps) if np.iterable(reps) else (reps,)
    n = max(len(reps), len(A_shape))
    reps, shape = (1,) * (n - len(reps)) + reps, (1,) * (n - len(A_shape)) + A_shape
    blocks = g.reshape([k for pair in zip(reps, shape, strict=True) for k in pair])
    return blocks.sum(tuple(range(0, 2 * n, 2))).reshape(A_shape)


repeat = linear(_repeat, np.repeat, name="repeat", repeats=None, a=_repeat_a)
tile = linear(np.tile, reps=None, A=_tile_a)


@composite(np.resize)
def resize(a: Any, new_shape: Any) -> Any:
    """As np.resize: the elements in order, from the beginning again when there are too few."""
    new_shape = tuple(new_shape) if np.iterable(new_shape) else (new_shape,)
    if any(n < 0 for n in new_shape):
        raise ValueError(f"resize: expected sizes of at least 0, got {new_shape}")
    n, size = _size(new_shape), a.size
    if size == 0:
        return np.zeros_like(a, shape=new_shape)
    return np.tile(a.reshape(-1), -(-n // size))[:n].reshape(new_shape)


@composite(np.meshgrid)
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    """As np.meshgrid: the coordinates of a grid, an array for each axis."""
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: expected indexing 'xy' or 'ij', got {indexing!r}")
    n = len(xi)
    places = [1, 0, *range(2, n)] if indexing == "xy" and n > 1 else list(range(n))
    axes = [x.reshape((1,) * p + (-1,) + (1,) * (n - p - 1)) for x, p in zip(map(_array, xi), places, strict=True)]
    if not sparse:
        axes = list(broadcast_arrays(*axes))
    return tuple([x.copy() for x in axes] if copy else axes)


def _array(x: Any) -> Any:
    return x if hasattr(x, "reshape") else np.asarray(x)


# ---- the same values, kept or converted -----------------------------------------------------------------------------


def _copy(a: Any, order: Any = "K", subok: bool = False) -> Any:
    return a.copy() if order == "C" or not isinstance(a, np.ndarray) else a.copy(order)


def _astype(x: Any, dtype: Any, order: Any, casting: Any, subok: bool) -> Any:
    return x.astype(dtype, casting=casting) if order == "K" else x.astype(dtype, order, casting, subok)


copy = linear(_copy, np.copy, name="copy", a=lambda g: g)
_converted = linear(_astype, name="astype", x=lambda g: g)  # the sweep gives each gradient its input's dtype


def astype(
    x: Any, dtype: Any, order: Any = "K", casting: Any = "unsafe", subok: bool = True, copy: bool = True
) -> Any:  # fmt: skip
    """As ndarray.astype; with copy=False what needs no conversion is returned itself."""
    if np.dtype(dtype).kind not in "fciub":
        raise TypeError(f"astype: expected a numeric dtype, got {np.dtype(dtype)}; a Tensor holds numbers")
    if not copy and x.dtype == dtype:
        return x
    return _converted(x, dtype, order, casting, subok)


if hasattr(np, "astype"):
    composite(np.astype)(lambda x, dtype, /, *, copy=True, device=None: astype(x, dtype, copy=copy))

nondifferentiable(np.shares_memory, np.may_share_memory)
