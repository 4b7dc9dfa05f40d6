"""Functions that move elements and change none, side by side with their adjoints."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import Function, linear, nondifferentiable, registry

nondifferentiable(np.shares_memory, np.may_share_memory)


# ---- sum_to and broadcast_to: adjoint to each other --------------------------------------------------------------------


def _sum_to(x: Any, shape: tuple[int, ...]) -> Any:
    extra = x.ndim - len(shape)
    axes = tuple(range(extra))
    if x.shape[extra:] != shape:
        axes += tuple([i for i in range(extra, x.ndim) if shape[i - extra] == 1 != x.shape[i]])
    if x.dtype.char == "e":  # many halves overflow on the way
        return np.add.reduce(x, axes, np.float32).reshape(shape).astype(x.dtype)
    total = np.add.reduce(x, axes[0] if len(axes) == 1 else axes)
    return total if total.shape == shape else total.reshape(shape)


def _broadcast_to(x: Any, shape: Any) -> Any:
    if x.ndim or type(shape) is not tuple or not isinstance(x, np.ndarray | np.generic):
        return np.broadcast_to(x, shape)
    view = np.ndarray(shape, x.dtype, np.asarray(x), 0, (0,) * len(shape))  # the same, in a sixth of the time
    view.flags.writeable = False
    return view


sum_to: Function = linear(_sum_to, name="sum_to", x=lambda g, x_shape: broadcast_to(g, x_shape))
broadcast_to: Function = linear(
    _broadcast_to, np.broadcast_to, name="broadcast_to", views=True, x=lambda g, x_shape: sum_to(g, x_shape)
)

# ---- the same elements in another shape or order ----------------------------------------------------------------------


def _reshape(x: Any, shape: Any, order: Any = "C") -> Any:
    return x.reshape(shape, order=order) if order != "C" else x.reshape(shape)


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


reshape = linear(
    _reshape, np.reshape, name="reshape", views=True, x=lambda g, x_shape, order: np.reshape(g, x_shape, order)
)
transpose = linear(
    _transpose, np.transpose, np.permute_dims, name="transpose", views=True, x=lambda g, axes: g.transpose(_undo(axes))
)
swapaxes = linear(
    _swapaxes, np.swapaxes, name="swapaxes", views=True, x=lambda g, axis1, axis2: g.swapaxes(axis1, axis2)
)
copy = linear(lambda x: x.copy(), np.copy, name="copy", x=lambda g: g)


def _astype(x: Any, dtype: Any, casting: str = "unsafe") -> Any:
    return x.astype(dtype, casting=casting)


astype = linear(_astype, name="astype", x=lambda g: g)  # the sweep gives every gradient its input's dtype


# ---- joining ---------------------------------------------------------------------------------------------------------


def _concatenate(*arrays: Any, axis: int | None = 0) -> Any:
    return np.concatenate(arrays, axis=axis)


def _part(g: Any, i: int, arrays_shape: Any, axis: int | None) -> Any:
    """The part of a joined array that came from the i-th."""
    if axis is None:
        sizes = [int(np.prod(shape)) for shape in arrays_shape]
        return g[sum(sizes[:i]) : sum(sizes[: i + 1])].reshape(arrays_shape[i])
    start = sum(shape[axis] for shape in arrays_shape[:i])
    index = [slice(None)] * len(arrays_shape[i])
    index[axis] = slice(start, start + arrays_shape[i][axis])
    return g[tuple(index)]


_joined = linear(_concatenate, name="concatenate", arrays=_part)


def concatenate(arrays: Any, axis: int | None = 0) -> Any:
    """As np.concatenate."""
    return _joined(*arrays, axis=axis)


def stack(arrays: Any, axis: int = 0) -> Any:
    """As np.stack."""
    arrays = list(arrays)
    shape = np.shape(arrays[0])
    axis = axis % (len(shape) + 1)
    return concatenate([np.reshape(array, (*shape[:axis], 1, *shape[axis:])) for array in arrays], axis)


registry[np.concatenate] = concatenate
registry[np.stack] = stack
