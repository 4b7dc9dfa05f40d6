"""over_blocks: a function of some examples, summed over all blocks of them, each where it is."""

from __future__ import annotations

import functools
import operator
from typing import Any

from ..engine.blocks import computed, in_blocks, of_each_block
from ..engine.tensor import unwrap
from . import tree
from .shared import Function, check_function

_TOGETHER = 8  # results of blocks that are added in one go


def over_blocks(fun: Function) -> Function:
    """`fun`, whose result is a sum over examples, for examples in blocks that are computed later (Dask's arrays).

    Each block of the first axis is one call of `fun`, with arrays of NumPy's, on the worker that has the block; the
    results, a tree of arrays, are added up. All is computed in one pass, when it is called. Arguments that are in
    blocks are cut alike; all others go to each worker once. Without any such argument it is `fun` itself.

    Raises ValueError for arguments in blocks of which not all have equally many examples.

    >>> import dask.array as da
    >>> loss = lambda w, x, y: ((x @ w - y) ** 2).sum()
    >>> x, y = da.ones((6, 2), chunks=(2, 2)), da.arange(6.0, chunks=3)
    >>> over_blocks(value_and_grad(loss))(np.array([1.0, 1.0]), x, y)
    (np.float64(19.0), array([-6., -6.]))
    """
    check_function("over_blocks", fun)

    @functools.wraps(fun, updated=())
    def summed(*args: Any, **kwargs: Any) -> Any:
        given = [unwrap(leaf) for leaf in tree.leaves((args, kwargs), True)]
        places = [place for place, leaf in enumerate(given) if in_blocks(leaf)]
        if not places:
            return fun(*args, **kwargs)
        from dask import delayed

        rows = [given[place] for place in places]
        if len({len(row) for row in rows}) > 1:
            raise ValueError(f"over_blocks: expected equally many examples, got {[row.shape for row in rows]}")
        whole = _Whole(fun, tree.rebuild((args, kwargs), iter(given), True), places)
        parts = of_each_block(_step, rows, delayed(whole, traverse=False))
        add = delayed(_sum, pure=False)
        while len(parts) > 1:
            parts = [add(parts[start : start + _TOGETHER]) for start in range(0, len(parts), _TOGETHER)]
        return computed(parts)[0]

    return summed


class _Whole:
    """What all calls have in common: the function, its arguments without those in blocks, and the places of these."""

    def __init__(self, fun: Function, given: Any, places: list[int]) -> None:
        items = tree.leaves(given, True)
        for place in places:
            items[place] = None
        self.fun, self.places = fun, places
        self.given = tree.rebuild(given, iter(items), True)


def _step(*values: Any) -> Any:
    *blocks, whole = values
    items = tree.leaves(whole.given, True)
    for place, block in zip(whole.places, blocks, strict=True):
        items[place] = block
    args, kwargs = tree.rebuild(whole.given, iter(items), True)
    return whole.fun(*args, **kwargs)


def _sum(parts: list[Any]) -> Any:
    return tree.map(lambda *items: functools.reduce(operator.add, items), parts[0], *parts[1:])
