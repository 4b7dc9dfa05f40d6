"""Arrays in blocks that are computed later, as Dask's are: larger than memory, on several machines perhaps.

NumPy's functions reach them by its protocols. What stands here is what no protocol says: a function that no such array
knows, run on one block after another, and results that are wanted together, computed together.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, ClassVar
from weakref import ref

import numpy as np

from .tasks import as_few_tasks


class Seen:
    """Whether this process has ever computed with arrays in blocks: if not, the sweep need not look for them."""

    blocks = False
    rows: ClassVar[dict[int, tuple[int, ...]]] = {}  # how so many rows were last cut into blocks


def noted(array: Any) -> Any:
    """An array in blocks, which is remembered, and how its rows are cut; without blocks of nothing.

    Of such Dask finds no maximum, and no variance but NaN.
    """
    Seen.blocks = True
    if any(0 in sizes and len(sizes) > 1 for sizes in array.chunks) and not any(map(np.isnan, array.shape)):
        array = array.rechunk(tuple([tuple([n for n in sizes if n]) or (0,) for sizes in array.chunks]))
    if array.ndim and len(array.chunks[0]) > 1:
        if len(Seen.rows) >= 64:
            Seen.rows.clear()
        Seen.rows[array.shape[0]] = array.chunks[0]
    return array


def spread(x: Any, shape: tuple[int, ...]) -> Any:
    """An array in blocks, broadcast; new rows lie in blocks as those of others did, where Dask makes one block of all.

    What is computed with a block of all is as large as the data, though it be one number.
    """
    from dask.array import broadcast_to

    more = len(shape) - x.ndim
    rows = Seen.rows.get(shape[0]) if shape and (more > 0 or (more == 0 and x.shape[0] == 1)) else None
    if rows is None:
        return np.broadcast_to(x, shape)
    known = [(n,) if i < more or x.shape[i - more] == 1 else x.chunks[i - more] for i, n in enumerate(shape)]
    return broadcast_to(x, shape, chunks=(rows, *known[1:]))


def zeros(like: Any, shape: tuple[int, ...]) -> Any:
    """np.zeros_like(like, shape=shape) of an array in blocks, in blocks as those of other arrays of so many rows."""
    from dask.array import zeros_like

    rows = Seen.rows.get(shape[0]) if shape else None
    return zeros_like(like, shape=shape, chunks=None if rows is None else (rows, *((n,) for n in shape[1:])))


def in_blocks(array: Any) -> bool:
    """Whether an array is made of blocks that are computed when they are asked for."""
    kind = type(array)
    return hasattr(kind, "__dask_graph__") and hasattr(kind, "rechunk")


def each_block(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that works element by element, which computes of arrays in blocks each block by itself, later."""

    def run(*args: Any, **kwargs: Any) -> Any:
        if not any(map(in_blocks, args)):
            return function(*args, **kwargs)
        from dask.array.core import elemwise

        places = [place for place, arg in enumerate(args) if hasattr(arg, "ndim")]
        rest = [None if place in places else arg for place, arg in enumerate(args)]

        def of_block(*blocks: Any) -> Any:
            given = list(rest)
            for place, block in zip(places, blocks, strict=True):
                given[place] = block
            return function(*given, **kwargs)

        return elemwise(of_block, *(args[place] for place in places))

    return run


def by_blocks(function: Callable[..., Any], rows: Sequence[Any], *whole: Any, total: bool = False) -> Any:
    """function(*rows, *whole), computed later, block by block along the first axis of the rows.

    rows   arrays with one first axis, that of examples; at least one is in blocks, and along this axis only it stays so
    whole  what is given to each block as it is; arrays in blocks are put together for it
    total  whether the results of the blocks are summed; else they follow each other, as the rows do

    What the function gives has to be of the same dtype, and but for the first axis of the same shape, for no rows too.

    >>> import dask.array as da
    >>> by_blocks(np.cumsum, [da.ones((4, 3), chunks=2)], 1).compute()[0]
    array([1., 2., 3.])
    """
    like: Any = function(
        *(np.zeros((0, *row.shape[1:]), row.dtype) for row in rows),
        *(np.zeros(value.shape, value.dtype) if in_blocks(value) else value for value in whole),
    )
    made = _run(function, rows, whole, like.shape if total else like.shape[1:], like.dtype, total)
    return made.sum(0, dtype=like.dtype) if total else made


def of_each_block(function: Callable[..., Any], rows: Sequence[Any], *whole: Any) -> list[Any]:
    """function(*rows, *whole) of each block, whatever it gives: values of Dask's that are computed later."""
    made: list[Any] = _run(function, rows, whole, (), np.dtype(object), True).to_delayed().ravel().tolist()
    return made


def _run(function: Callable[..., Any], rows: Any, whole: Any, shape: Any, dtype: Any, alone: bool) -> Any:
    """The array of what the function gives: (rows, *shape), or if each stands alone (blocks, *shape)."""
    from dask.array import blockwise, from_array

    first = next(row for row in rows if in_blocks(row))
    label = itertools.count(1)  # one for each axis; that of examples has 0
    pairs: list[Any] = []
    for row in rows:
        laid = (first.chunks[0], *((n,) for n in row.shape[1:]))
        row = (row if row.chunks == laid else row.rechunk(laid)) if in_blocks(row) else from_array(row, chunks=laid)
        pairs += [row, (0, *itertools.islice(label, row.ndim - 1))]
    for value in whole:
        pairs += [_together(value) if in_blocks(value) else value, None]
    axes = tuple(itertools.islice(label, len(shape)))
    return blockwise(
        _of_block, (0, *axes), *pairs, new_axes=dict(zip(axes, shape, strict=True)), dtype=dtype,
        meta=np.empty((0,) * (1 + len(shape)), dtype), token=function.__name__.strip("_"),
        adjust_chunks={0: 1} if alone else None, function=function, number=len(rows),
        stacked=alone and dtype.kind != "O",
    )  # fmt: skip


def along(function: Callable[..., Any], arrays: Sequence[Any], axis: int, *rest: Any) -> Any:
    """function(*arrays, axis, *rest), which needs an axis as a whole: computed later, along another axis in blocks.

    Raises ValueError for arrays of one axis that is in several blocks.
    """
    n = arrays[0].ndim
    axis %= n
    if n == 1:
        if any(in_blocks(array) and len(array.chunks[0]) > 1 for array in arrays):
            raise ValueError("expected one block along the only axis, got several; write x.rechunk(-1)")
        return by_blocks(lambda *rows: function(*rows, 1, *rest), [array[None] for array in arrays])[0]
    if axis:
        return by_blocks(lambda *rows: function(*rows, axis, *rest), arrays)
    turned = [array.swapaxes(0, 1) for array in arrays]
    return by_blocks(lambda *rows: function(*rows, 1, *rest), turned).swapaxes(0, 1)


def _of_block(*values: Any, function: Callable[..., Any], number: int, stacked: bool) -> Any:
    rows = []
    for row in values[:number]:
        while isinstance(row, list):  # of the blocks along each further axis there is one
            (row,) = row
        rows.append(row)
    made = function(*rows, *values[number:])
    return made[None] if stacked else made


def _together(array: Any) -> Any:
    """All of an array as one value that is computed later."""
    from dask import delayed

    return delayed(np.asarray)(array)


_waiting: dict[int, tuple[ref[Any], Any]] = {}
"""Tensors with a value that is computed with what is next computed, by identity: and the array that it goes into."""


def write_later(tensor: Any, value: Any) -> None:
    """Give a tensor a value in blocks. When anything is next computed so is this, into the tensor's own memory."""
    known = _waiting.get(id(tensor))
    array = known[1] if known is not None and known[0]() is tensor else tensor.data
    tensor.data = value.astype(array.dtype)
    _waiting[id(tensor)] = ref(tensor), array


def computed(arrays: Sequence[Any]) -> list[Any]:
    """The arrays, those in blocks computed in one pass over what they are made of, whose parts are computed once.

    Within Dask's ProgressBar the pass is shown in the terminal, on a cluster too.
    """
    waiting = [(tensor, array) for known, array in list(_waiting.values()) if (tensor := known()) is not None]
    _waiting.clear()
    held = [(tensor, array, tensor.data) for tensor, array in waiting if in_blocks(tensor.data)]
    values = _pass([*arrays, *(later for _, _, later in held)])
    for (tensor, array, later), value in zip(held, values[len(arrays) :], strict=True):
        if tensor.data is later:
            array[...] = value
            tensor.data = array
    return values[: len(arrays)]


def _pass(arrays: list[Any]) -> list[Any]:
    from dask import compute
    from dask.base import get_scheduler
    from dask.callbacks import Callback
    from dask.diagnostics import ProgressBar

    client: Any = getattr(get_scheduler(), "__self__", None)
    parts = itertools.chain.from_iterable(Callback.active)
    shown = any(isinstance(getattr(part, "__self__", None), ProgressBar) for part in parts)
    few = bool(arrays) and all(map(in_blocks, arrays))
    values = as_few_tasks(arrays) if few else arrays
    if not shown or not hasattr(client, "gather"):
        return list(compute(*values, optimize_graph=not few))
    from distributed import progress

    futures = client.compute(values, optimize_graph=not few)
    progress(futures, notebook=False)
    return list(client.gather(futures))
