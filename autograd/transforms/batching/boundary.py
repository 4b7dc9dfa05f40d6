"""Into a batch and out of it: primitives, adjoint to each other, so that derivatives cross the boundary both ways.

The graph of what runs within is an ordinary one, whose arrays are batched. Where it meets a node from outside, which is
the same for all examples, its gradient is the sum of theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...engine.declare import primitive
from ...engine.node import Node, walk
from ...engine.primitive import Function
from ...engine.tensor import Tensor
from .batched import Batch, Batched, followed, innermost
from .forms import form, said


def _within(x: Any, batch: Batch, axis: int, function: Callable[..., Any]) -> Any:
    """The same for what stands in a newer batch, which stays the outermost one."""
    return Batched(x.batch, function(x.array, batch, axis + 1 if axis >= 0 else axis))


def _is_newer(x: Any, batch: Batch) -> bool:
    return type(x) is Batched and x.batch.number > batch.number


def _enter(x: Any, batch: Batch, axis: int) -> Any:
    if _is_newer(x, batch):
        return _within(x, batch, axis, _enter)
    if axis == 0:  # seen as a view, so that nobody takes it for memory of its own
        return Batched(batch, x.view() if type(x) is np.ndarray else x)
    return Batched(batch, np.moveaxis(x, axis, 0))


def _leave(x: Any, batch: Batch, axis: int) -> Any:
    if _is_newer(x, batch):
        return _within(x, batch, axis, _leave)
    array = batch.array(x)
    return array if axis == 0 else np.moveaxis(array, 0, axis)


def _first(x: Any, batch: Batch) -> Any:
    """The one value that all examples have as the first one's, the others 0."""
    if _is_newer(x, batch):
        return _within(x, batch, 0, lambda x, batch, _: _first(x, batch))
    made = np.zeros_like(x, shape=(batch.size, *x.shape))
    made[:1] = x
    return Batched(batch, made)


def _chosen(x: Any, batch: Batch) -> Any:
    """The first example's; of what is the same for all, that."""
    if _is_newer(x, batch):
        return _within(x, batch, 0, lambda x, batch, _: _chosen(x, batch))
    return x.array[0, ...] if batch.holds(x) else x


def _total(x: Any, batch: Batch) -> Any:
    if _is_newer(x, batch):
        return _within(x, batch, 0, lambda x, batch, _: _total(x, batch))
    return np.sum(x.array, 0) if batch.holds(x) else x * x.dtype.type(batch.size)


# the array of all examples, as what a function of one example gets, and back
enter: Function = primitive(
    _enter, name="vmap in", x=lambda g, batch, axis: leave(g, batch, axis),
)  # fmt: skip
leave: Function = primitive(_leave, name="vmap out", x=lambda g, batch, axis: enter(g, batch, axis))
# what all examples have in common, as a result: that of the first one, and back
chosen: Function = primitive(_chosen, name="vmap out", x=lambda g, batch: first(g, batch))
first: Function = primitive(_first, name="vmap first", x=lambda g, batch: chosen(g, batch))
# the sum over all examples of what each has of something that is the same for all
total: Function = primitive(_total, name="vmap sum", x=lambda g, batch: _shared(g, batch))
# and back: to each example, for what is made of it there has a gradient for each, and adds them up outside
_shared: Function = primitive(lambda x, batch: x, name="vmap shared", x=lambda g, batch: total(g, batch))
_SHARED = _shared.primitive.plan(("x",))  # type: ignore[attr-defined]


def part_outside(batch: Batch, roots: Sequence[Node], start: int) -> None:
    """Between the nodes that `roots` depend on, made since `start`, and those before, set one that sums over examples.

    It is older than the former and newer than the latter, as the order of the sweep wants it.
    """
    inside = walk(roots, start)
    outside: dict[int, Node] = {}
    for node in inside:
        if node.plan is not None and node.plan.primitive is not enter.primitive:  # type: ignore[attr-defined]
            outside |= {parent.order: parent for parent in node.parents if parent.order > start}
    if not outside:
        return
    made = {}
    for k, (order, parent) in enumerate(outside.items()):
        made[order] = node = Node()
        node.order = start + (1 - (k + 1) / (len(outside) + 1))  # type: ignore[assignment]
        node.plan, node.parents, node.saved = _SHARED, (parent,), (batch,)
        node.shape, node.dtype, node.entry, node.extras = parent.shape, parent.dtype, parent.entry, None
    for node in inside:
        if node.plan is not None and node.plan.primitive is not enter.primitive:  # type: ignore[attr-defined]
            node.parents = tuple([made.get(parent.order, parent) for parent in node.parents])


# ---- example by example ----------------------------------------------------------------------------------------------


@form(Batch.loop)
def looped(batch: Batch, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """A function run for each example, and what it gave stacked. It may be one of Tensors; then that is recorded."""
    known: dict[int, Tensor] = {}
    parts = [
        followed(batch, function, _example(batch, args, i, known), _example(batch, kwargs, i, known))
        for i in range(batch.size or 1)
    ]
    out = kwargs.get("out")
    if out is not None:
        return out[0] if type(out) is tuple else out
    return _stacked(batch, function, parts)


def _example(batch: Batch, item: Any, i: int, known: dict[int, Tensor]) -> Any:
    """The arguments of the i-th example; of a batch without any, ones."""
    if type(item) is Batched:
        if item.batch is not batch:
            return item
        return item.array[i, ...] if batch.size else np.ones_like(item.array, shape=item.shape)
    if isinstance(item, Tensor):
        if innermost(item._content) is not batch:
            if item._node is not None and id(item) not in known:
                known[id(item)] = chosen(item, batch)  # what the examples make of it adds up outside of the batch
            return known.get(id(item), item)
        if not batch.size:
            return Tensor(np.ones_like(item._content.array, shape=item.shape))
        if id(item) not in known:
            known[id(item)] = leave(item, batch, 0)
        return known[id(item)][i]
    if isinstance(item, list):  # or what a node of several results gets as their gradients
        made = type(item)([_example(batch, part, i, known) for part in item])
        if hasattr(item, "only"):
            made.only = item.only  # type: ignore[attr-defined]
        return made
    if type(item) is tuple:
        return tuple([_example(batch, part, i, known) for part in item])
    if type(item) is dict:
        return {key: _example(batch, part, i, known) for key, part in item.items()}
    if type(item) is slice:
        return slice(*[_example(batch, part, i, known) for part in (item.start, item.stop, item.step)])
    return item


def _stacked(batch: Batch, function: Any, parts: list[Any]) -> Any:
    one = parts[0]
    if one is None or isinstance(one, str | np.dtype):
        return one
    if isinstance(one, list | tuple):
        made = [_stacked(batch, function, list(column)) for column in zip(*parts, strict=True)]
        return type(one)(*made) if hasattr(one, "_fields") else type(one)(made)
    shapes = {np.shape(part) for part in parts}
    if len(shapes) > 1:
        raise TypeError(
            f"vmap: {said(function)} gives arrays of different shapes for the examples, {sorted(shapes)}; write it so "
            f"that the shape is the same for each, with np.where for instance"
        )
    if isinstance(one, Tensor):
        joined = np.stack(parts)
        return enter(joined if batch.size else joined[:0], batch, 0)
    joined = np.stack(parts) if hasattr(one, "shape") else np.array(parts)
    return Batched(batch, joined if batch.size else joined[:0])
