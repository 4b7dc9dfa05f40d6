"""Taking elements out and putting them back: getitem and scatter_add are adjoint to each other."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ..engine import versions
from ..engine.blocks import along, by_blocks, in_blocks, zeros
from ..engine.broadcasting import sum_to
from ..engine.declare import composite, linear, nondifferentiable
from ..engine.halves import widened
from ..engine.primitive import Function
from ..engine.sums import axes_of
from ..engine.tensor import Tensor, alike, plain, unwrap

_ALL = slice(None)

# ---- getitem, scatter_add, setitem ----------------------------------------------------------------------------------


def _getitem(x: Any, index: Any) -> Any:
    last = index[-1] if type(index) is tuple and index else index
    if last.__class__ is np.ndarray and x.__class__ is np.ndarray and x.flags.c_contiguous:
        axis = _rows_of(index, x.shape)
        if axis is not None and last.ndim:
            return x.take(last, axis)  # the same, up to ten times as fast
    if in_blocks(index) and not in_blocks(x):
        return by_blocks(lambda index, x: x[index], [index], x)
    return x[index]


def _rows_of(index: Any, shape: tuple[int, ...]) -> int | None:
    """Along which axis an index is one array of integers, all others being whole; None for any other index."""
    parts = index if type(index) is tuple else (index,)
    axis = len(parts) - 1
    whole = all(type(part) is slice and part == _ALL for part in parts[:axis])
    return axis if whole and 0 <= axis < len(shape) and _dtype(parts[axis]).kind in "iu" else None


def _dtype(part: Any) -> Any:
    return part.dtype if hasattr(part, "dtype") else np.asarray(part).dtype


def is_basic(index: Any) -> bool:
    """Whether an index names each element at most once, because no array is in it."""
    for part in index if type(index) is tuple else (index,):
        kind = type(part)
        if kind is slice or kind is int or part is None or part is Ellipsis:
            continue
        if kind is bool or not isinstance(part, int | np.integer):
            return False
    return True


def _scatter_add(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    if in_blocks(index):
        return by_blocks(_scatter_add, [g, index], shape, total=True)
    total = zeros(g, shape) if in_blocks(g) else np.zeros_like(g, order="C", shape=shape)
    if total.__class__ is not np.ndarray:
        return _scatter_add_elsewhere(total, g, index, shape)
    if _names_once(index) or _counts_up(index):
        total[index] = g
    elif _rows_of(index, shape) == 0 and math.prod(shape[1:]) >= _WIDE and np.size(index) <= shape[0]:
        rows = np.reshape(index, -1)
        g = g.reshape(len(rows), *shape[1:])
        total[rows] = g  # of several for one row the last one stays, and the others are added
        last = np.empty(shape[0], np.intp)
        left: Any = slice(None)  # which parts have not been added yet
        for turn in range(_TURNS):
            steps = np.arange(len(rows))
            last[rows] = steps
            chosen = last[rows] == steps  # one for each row
            if turn:
                total[rows[chosen]] += g[left[chosen]]
            if chosen.all():
                return total
            others = ~chosen
            rows, left = rows[others], left[others] if turn else np.flatnonzero(others)
        _add_at(total, g[left], shape, rows)
    else:
        _add_at(total, g, shape, index)
    return total


_TURNS = 6  # times one of the rows that several parts are added to gets one of them, before they are added singly
_WIDE = 16  # elements: shorter rows are added as quickly as they are assigned
_LONG = 2048  # elements: so many are added line by line, without their places being worked out
_PIECE = 16384  # elements to be added whose places are worked out together


def _add_at(total: Any, g: Any, shape: tuple[int, ...], index: Any) -> None:
    """total[index] += g, also where the index names an element more than once."""
    if _names_once(index):
        total[index] += g
        return
    if not g.size:
        return
    if total.dtype.char == "e":  # 1 added to 2048 is 2048
        wide = widened(total)
        _add_at(wide, widened(g), shape, index)
        total[...] = wide
        return
    if g.__class__ is not np.ndarray or not total.flags.c_contiguous:
        np.add.at(total, index, g)
        return
    # in one dimension np.add.at is several times as fast
    if _rows_of(index, shape) == len(shape) - 1 > 0 and np.size(last := index[-1]) > _LONG:
        for row, part in zip(total.reshape(-1, shape[-1]), g.reshape(-1, np.size(last)), strict=True):
            np.add.at(row, np.reshape(last, -1), part)
        return
    places = _places(index, shape)
    if places is None:
        np.add.at(total, index, g)
        return
    total, places, g = total.reshape(-1), places.reshape(-1), g.reshape(-1)
    along = np.arange(g.size // max(places.size, 1))
    if len(along) < 2:
        np.add.at(total, places, g)
        return
    places = places * len(along)
    for start in range(0, places.size, max(1, _PIECE // len(along))):
        few = places[start : start + max(1, _PIECE // len(along))]
        each = (few[:, None] + along).reshape(-1)
        np.add.at(total, each, g[start * len(along) : start * len(along) + each.size])


def _names_once(index: Any) -> bool:
    return is_basic(index) or (hasattr(index, "dtype") and index.dtype.kind == "b")


def _counts_up(index: Any) -> bool:
    """Whether along each axis of what an index selects one of its arrays counts up, so that it names no element twice.

    So does that of one class for each row: (rows, classes).
    """
    if type(index) is not tuple or not all(part.__class__ is np.ndarray and part.dtype.kind in "iu" for part in index):
        return False
    axes = max([part.ndim for part in index], default=0)
    free = set()
    for part in index:
        long = [axis for axis, n in enumerate(part.shape, axes - part.ndim) if n > 1]
        if not part.size:  # it names none
            return True
        if len(long) == 1 and long[0] not in free:
            line = part.reshape(-1)
            if line[0] >= 0 and (line[1:] > line[:-1]).all():
                free.add(long[0])
    return all(axis in free for part in index for axis, n in enumerate(part.shape, axes - part.ndim) if n > 1)


def _scatter_add_elsewhere(total: Any, g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """The same for arrays that are not NumPy's, which may know neither None in an assignment nor np.add.at."""
    if is_basic(index):
        index = tuple([part for part in (index if type(index) is tuple else (index,)) if part is not None])
        total[index] = g.reshape(total[index].shape)
        return total
    try:
        np.add.at(total, index, g)
        return total
    except TypeError:  # a sum for each place, of what goes there
        size = math.prod(shape)
        goes = np.arange(size)[:, None] == np.arange(size).reshape(shape)[index].reshape(-1)
        return np.where(goes, g.reshape(-1), 0).sum(1).reshape(shape)


def _places(index: Any, shape: tuple[int, ...]) -> Any:
    """Where in the flattened array what an index names lies, elements or rows of the axes after it.

    None where that would cost more than it spares.
    """
    axis = _rows_of(index, shape)
    parts = index if type(index) is tuple else (index,)
    if axis is None and not all(map(_are_integers, parts)):
        size = math.prod(shape)
        return np.arange(size).reshape(shape)[index] if size < 100_000 else None
    first = axis or 0
    places: Any = 0
    for part, n in zip(parts[first:], shape[first:], strict=False):
        part = np.asarray(part)
        places = places * n + (part if part.min(initial=0) >= 0 else np.where(part < 0, part + n, part))
    if first:
        places = np.arange(math.prod(shape[:first])).reshape(-1, 1) * shape[first] + places.reshape(-1)
    return places


def _are_integers(part: Any) -> bool:
    return type(part) is int or (part.__class__ is np.ndarray and part.dtype.kind in "iu")


def _setitem(x: Any, value: Any, index: Any) -> Any:
    if type(x) is np.ndarray:
        result = x.copy("K")
    else:
        result = x.copy() if x.ndim else np.asarray(x.copy())  # a scalar cannot be assigned to
    result[index] = value
    return result


def _setitem_x(g: Any, index: Any) -> Any:
    return setitem(g, 0, index)


def _setitem_value(g: Any, value_shape: tuple[int, ...], index: Any) -> Any:
    part = g[index]
    if not is_basic(index):  # of several values for one element the last is the one that stays
        places = alike(np.empty(g.shape, dtype=np.intp), g)
        order = alike(np.arange(part.size).reshape(part.shape), g)
        places[index] = order
        part = part * (places[index] == order)
    return sum_to(part, value_shape[max(0, len(value_shape) - part.ndim) :]).reshape(value_shape)


get = linear(_getitem, name="getitem", views=True, x=lambda g, x_shape, index: scatter_add(g, index, x_shape))
get.primitive.into = _add_at  # type: ignore[attr-defined]
scatter_add: Function = linear(_scatter_add, name="scatter_add", g=lambda g, index: g[index])
setitem: Function = linear(_setitem, name="setitem", x=_setitem_x, value=_setitem_value)


def getitem(x: Any, index: Any) -> Any:
    """x[index], where the index may hold integer and boolean Tensors."""
    kind = type(index)
    if kind is int or kind is slice:
        return get(x, index)
    if kind is tuple:
        for part in index:
            if isinstance(part, _HOLDERS):
                return get(x, unwrap(index))
        return get(x, index)
    return get(x, unwrap(index))


_HOLDERS = (Tensor, list)  # what in an index may hold Tensors and does not convert itself


# ---- take and its kin -----------------------------------------------------------------------------------------------


def _take(a: Any, indices: Any, axis: int | None = None, mode: Any = "raise") -> Any:
    if mode != "raise":
        return np.take(a, indices, axis, mode=mode)
    return a.take(indices, axis) if isinstance(a, np.ndarray) else np.take(a, indices, axis)


def _take_a(g: Any, a_shape: Any, indices: Any, axis: Any, mode: Any) -> Any:
    shape = a_shape if axis is not None else (int(np.prod(a_shape)),)
    axis = 0 if axis is None else axis % len(shape)
    if mode == "clip":
        indices = np.clip(indices, 0, shape[axis] - 1)
    elif mode == "wrap":
        indices = indices % shape[axis] if hasattr(indices, "dtype") else np.asarray(indices) % shape[axis]
    return scatter_add(g, (slice(None),) * axis + (indices,), shape).reshape(a_shape)


def _along(indices: Any, shape: tuple[int, ...], axis: int) -> tuple[Any, ...]:
    """The index that take_along_axis means."""
    n = len(shape)
    places = [np.arange(k).reshape((-1,) + (1,) * (n - i - 1)) for i, k in enumerate(shape)]
    places[axis] = indices
    return tuple(places)


def _take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    if in_blocks(arr) or in_blocks(indices):
        if axis is None:
            arr, axis = arr.reshape(-1), 0
        return along(_take_along_axis, [arr, indices], axis)
    plain = arr.__class__ is np.ndarray and _are_integers(indices) and indices.size and arr.ndim == indices.ndim
    if axis is not None and plain and -arr.shape[axis] <= indices.min() and indices.max() < arr.shape[axis]:
        return arr.reshape(-1).take(_places(_along(indices, arr.shape, axis), arr.shape))  # in a third of the time
    return np.take_along_axis(arr, indices, axis)


def _take_along_axis_arr(g: Any, arr_shape: Any, indices: Any, axis: Any) -> Any:
    if axis is None:
        return scatter_add(g, indices, (int(np.prod(arr_shape)),)).reshape(arr_shape)
    if in_blocks(indices) or in_blocks(g):
        return along(_put_along_axis, [g, indices], axis, arr_shape[axis])
    return scatter_add(g, _along(indices, arr_shape, axis), arr_shape)


def _put_along_axis(g: Any, indices: Any, axis: int, length: int) -> Any:
    """The gradient of what take_along_axis took along an axis of this length."""
    shape = (*g.shape[:axis], length, *g.shape[axis + 1 :])
    return _scatter_add(g, _along(indices, shape, axis), shape)


take = linear(_take, np.take, name="take", indices=None, a=_take_a)
take_along_axis = linear(
    _take_along_axis, np.take_along_axis, name="take_along_axis", indices=None, arr=_take_along_axis_arr
)

# ---- diagonals: diagonal and on_diagonal are adjoint to each other --------------------------------------------------


def _on_diagonal(x: Any, shape: tuple[int, ...], offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    made = np.zeros_like(x, shape=shape)
    steps = np.arange(x.shape[-1])
    if not isinstance(made, np.ndarray):  # that may not know the assignment below
        before, after = max(-offset, 0) + len(steps), max(offset, 0) + len(steps)
        square = np.where(alike(np.eye(len(steps), dtype=bool), x), x[..., None], 0)
        ends = [(before - len(steps), shape[axis1] - before), (after - len(steps), shape[axis2] - after)]
        return np.moveaxis(np.pad(square, [(0, 0)] * (x.ndim - 1) + ends), (-2, -1), (axis1, axis2))
    np.moveaxis(made, (axis1, axis2), (-2, -1))[..., steps - min(offset, 0), steps + max(offset, 0)] = x
    return made


diagonal = linear(
    np.diagonal, views=True,
    a=lambda g, a_shape, offset, axis1, axis2: on_diagonal(g, a_shape, offset, axis1, axis2),
)  # fmt: skip
on_diagonal: Function = linear(
    _on_diagonal, name="on_diagonal", x=lambda g, offset, axis1, axis2: np.diagonal(g, offset, axis1, axis2)
)


@composite(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    """As np.diag: a matrix with this diagonal, or the diagonal of this matrix."""
    if v.ndim == 1:
        return on_diagonal(v, (v.shape[0] + abs(k),) * 2, k)
    if v.ndim == 2:
        return np.diagonal(v, k)
    raise ValueError(f"diag: expected 1 or 2 dimensions, got shape {v.shape}; use diagonal")


composite(np.diagflat)(lambda v, k=0: diag(v.reshape(-1), k))


@composite(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    """As np.trace: the sum along a diagonal."""
    return np.diagonal(a, offset, axis1, axis2).sum(-1, dtype=dtype)


composite(np.linalg.diagonal)(lambda x, /, *, offset=0: np.diagonal(x, offset, -2, -1))
composite(np.linalg.trace)(lambda x, /, *, offset=0, dtype=None: trace(x, offset, -2, -1, dtype))

# ---- choosing by conditions -----------------------------------------------------------------------------------------


@composite(np.compress)
def compress(condition: Any, a: Any, axis: int | None = None) -> Any:
    """As np.compress: the slices along an axis where the condition holds."""
    condition = plain(condition)
    if condition.ndim != 1:
        raise ValueError(f"compress: expected a condition of one dimension, got shape {condition.shape}")
    return np.take(a, np.flatnonzero(condition), axis)


@composite(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    """As np.extract: the elements where the condition holds."""
    return np.take(arr, np.flatnonzero(plain(condition)))


@composite(np.choose)
def choose(a: Any, choices: Any, mode: str = "raise") -> Any:
    """As np.choose: each element from the array that `a` numbers."""
    a = plain(a)
    choices = list(choices)
    n = len(choices)
    if mode == "raise" and a.size and not (a.min() >= 0 and a.max() < n):
        raise ValueError(f"choose: expected numbers from 0 to {n - 1} for {n} choices, got {a.min()} to {a.max()}")
    a = np.clip(a, 0, n - 1) if mode == "clip" else a % n
    shape = np.broadcast_shapes(a.shape, *(np.shape(choice) for choice in choices))
    stacked = np.stack([np.broadcast_to(choice, shape) for choice in choices])
    return take_along_axis(stacked, np.broadcast_to(a, shape)[None], 0)[0]


@composite(np.select)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """As np.select: each element from the first choice whose condition holds there."""
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ValueError(f"select: expected a condition for each choice, got {len(condlist)} and {len(choicelist)}")
    conditions = [plain(condition) for condition in condlist]
    if any(condition.dtype != bool for condition in conditions):
        raise TypeError(f"select: expected boolean conditions, got {[c.dtype.name for c in conditions]}")
    result = default
    for condition, choice in zip(reversed(conditions), reversed(choicelist), strict=True):
        result = np.where(condition, choice, result)
    return result


@composite(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """As np.piecewise: on each part of x its own function, or constant."""
    condlist = unwrap(condlist)
    if np.isscalar(condlist) or (x.ndim and not _is_many(condlist[0])):
        condlist = [condlist]
    conditions = [plain(condition).astype(bool) for condition in condlist]
    if len(funclist) == len(conditions) + 1:
        conditions.append(~functools.reduce(np.logical_or, conditions))
    if len(funclist) != len(conditions):
        raise ValueError(f"piecewise: expected a function for each condition ({len(conditions)}), got {len(funclist)}")
    result = np.zeros_like(x)
    for condition, function in zip(conditions, funclist, strict=True):
        if condition.any() or not callable(function):
            result = setitem(result, function(x[condition], *args, **kw) if callable(function) else function, condition)
    return result


def _is_many(value: Any) -> bool:
    """Whether it is a list or an array, and not a number."""
    return isinstance(value, list) or hasattr(value, "__array_function__")


@composite(np.trim_zeros)
def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    """As np.trim_zeros: without the zeros at the ends of the axes."""
    n = filt.ndim
    axes = axes_of(axis, n)
    places = np.nonzero(unwrap(filt))
    index = [slice(None)] * n
    for a in axes:
        first, last = (int(places[a].min()), int(places[a].max())) if places[a].size else (filt.shape[a], -1)
        front, back = "f" in trim.lower(), "b" in trim.lower()
        index[a] = slice(first if front else 0, last + 1 if back else filt.shape[a])
    return filt[tuple(index)]


# ---- a function along axes ------------------------------------------------------------------------------------------


@composite(np.apply_along_axis)
def apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """As np.apply_along_axis: the function of each line, put where the line was."""
    lines = np.moveaxis(arr, axis, -1)
    around = lines.shape[:-1]
    if 0 in around:
        raise ValueError(f"apply_along_axis: expected lines to apply to, got shape {arr.shape}")
    made = np.stack([func1d(lines[index], *args, **kwargs) for index in np.ndindex(around)])
    made = made.reshape(around + made.shape[1:])
    inner = made.ndim - len(around)
    start = axis % arr.ndim
    return np.moveaxis(made, tuple(range(len(around), made.ndim)), tuple(range(start, start + inner)))


@composite(np.apply_over_axes)
def apply_over_axes(func: Any, a: Any, axes: Any) -> Any:
    """As np.apply_over_axes: func(a, axis) for one axis after the other, which stay with size 1."""
    for axis in axes if np.iterable(axes) else (axes,):
        made = func(a, axis)
        a = made if made.ndim == a.ndim else np.expand_dims(made, axis)
    return a


# ---- assignment: functions that write into their first argument -----------------------------------------------------


def _check_target(who: str, target: Any) -> None:
    if not hasattr(target, "dtype"):
        raise TypeError(f"{who}: expected a Tensor or an array to write into, got {type(target).__name__}")


def _assign(who: str, a: Any, index: Any, value: Any) -> None:
    if not isinstance(a, Tensor) and isinstance(value, Tensor):
        if value.requires_grad:
            raise TypeError(f"{who}: a Tensor that requires a gradient cannot be written into an array; give a Tensor")
        value = value._content
    if not isinstance(a, Tensor):
        versions.writing(a)
    a[index] = value


def assign_flat(who: str, a: Any, places: Any, values: Any) -> None:
    """The values in order, from the beginning again when there are too few, at places of the flattened array."""
    values = values if hasattr(values, "dtype") else np.asarray(values)
    if places.size and values.size:
        values = np.resize(values, places.shape)
        if a.ndim:
            _assign(who, a, np.unravel_index(places, a.shape), values)
        else:
            _assign(who, a, ..., values.reshape(-1)[-1])


@composite(np.put)
def put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    """As np.put: values at places of the flattened array."""
    _check_target("put", a)
    n = a.size
    places = plain(ind).ravel()
    if mode == "raise":
        if places.size and not (-n <= places.min() and places.max() < n):
            raise IndexError(f"put: expected places from {-n} to {n - 1}, got {places.min()} to {places.max()}")
        places = places % n if places.size else places
    else:
        places = np.clip(places, 0, n - 1) if mode == "clip" else places % n
    assign_flat("put", a, places, v)


@composite(np.place)
def place(arr: Any, mask: Any, vals: Any) -> None:
    """As np.place: the first values at the places where the mask holds."""
    _check_target("place", arr)
    mask = plain(mask).astype(bool).reshape(arr.shape)
    n = int(np.count_nonzero(mask))
    if n and not np.size(vals):
        raise ValueError("place: expected values to place, got none")
    assign_flat("place", arr, np.flatnonzero(mask), vals)


@composite(np.putmask)
def putmask(a: Any, /, mask: Any, values: Any) -> None:
    """As np.putmask: where the mask holds, the values that stand at the same places."""
    _check_target("putmask", a)
    places = np.flatnonzero(plain(mask).astype(bool).reshape(a.shape))
    values = values if hasattr(values, "dtype") else np.asarray(values)
    assign_flat("putmask", a, places, values.reshape(-1)[places % values.size] if values.size else values)


@composite(np.copyto)
def copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    """As np.copyto."""
    _check_target("copyto", dst)
    kind = src.dtype if hasattr(src, "dtype") else np.result_type(np.min_scalar_type(src))
    if not np.can_cast(kind, dst.dtype, casting):
        raise TypeError(f"copyto: cannot cast from {kind} to {dst.dtype} by the rule {casting!r}")
    where = unwrap(where)
    if where is True:
        return _assign("copyto", dst, ..., src)
    mask = np.broadcast_to(where, dst.shape)
    more = np.ndim(src) - dst.ndim
    src = src.reshape(src.shape[more:]) if more > 0 and src.shape[:more] == (1,) * more else src
    return _assign("copyto", dst, mask, np.broadcast_to(src, dst.shape)[mask])


@composite(np.put_along_axis)
def put_along_axis(arr: Any, indices: Any, values: Any, axis: int | None) -> None:
    """As np.put_along_axis."""
    _check_target("put_along_axis", arr)
    indices = plain(indices)
    if axis is None:
        return _assign("put_along_axis", arr, np.unravel_index(indices % arr.size, arr.shape), values)
    return _assign("put_along_axis", arr, _along(indices, arr.shape, axis), values)


@composite(np.fill_diagonal)
def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    """As np.fill_diagonal."""
    _check_target("fill_diagonal", a)
    if a.ndim < 2 or (a.ndim > 2 and len(set(a.shape)) > 1):
        raise ValueError(f"fill_diagonal: expected a matrix, or all sides of one length, got shape {a.shape}")
    step = a.shape[1] + 1 if a.ndim == 2 else 1 + sum([a.shape[0] ** k for k in range(1, a.ndim)])
    end = a.shape[1] ** 2 if a.ndim == 2 and not wrap else a.size
    assign_flat("fill_diagonal", a, np.arange(0, min(end, a.size), step), val)


nondifferentiable(
    np.nonzero, np.argwhere, np.flatnonzero, np.unravel_index, np.ravel_multi_index, np.ix_, np.diag_indices_from,
    np.tril_indices_from, np.triu_indices_from, np.array_repr, np.array_str, np.array2string, np.can_cast,
    np.common_type, np.einsum_path, np.min_scalar_type, np.iscomplexobj, np.isrealobj, np.packbits, np.unpackbits,
)  # fmt: skip
