"""The reverse sweep: from the results back to the leaves, each node once, on the sum of the gradients that reach it.

Every rule's result passes through one place (`_fit`), which sums it over broadcast axes, checks its shape and gives it
the dtype of the input it belongs to. Inside, the gradient of a complex value is the one that makes a rule a plain
product (as in JAX); where it leaves, for `.grad`, `grad(outputs, inputs)` and hooks, it is conjugated to PyTorch's,
along which descent descends.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np

from . import versions
from .blocks import Seen as Blocks
from .blocks import computed, in_blocks
from .broadcasting import sum_to
from .forking import free, in_each_child
from .halves import Seen, rounded, widened
from .lines import Memory, is_dense
from .modes import mode, who_follows
from .node import Node, between
from .primitive import as_array
from .sinks import Sink, sink_of, with_stations
from .tensor import Tensor, unwrap, wrap

_ndarray = np.ndarray
_leaf_lock = threading.Lock()
in_each_child(lambda: free(_leaf_lock))


def backward(
    self: Tensor, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None
) -> None:
    """Add the gradient of this tensor to the `.grad` of every leaf that it was computed from.

    gradient      that of something with respect to this tensor; one element needs none (it is 1)
    retain_graph  keep what was saved for a further backward pass; as create_graph unless it is given
    create_graph  record the backward pass itself, so that gradients can be differentiated again
    inputs        one Tensor or several, of this tensor's graph: only their `.grad` is added to

    Of arrays in blocks that are computed later (Dask's), the gradients of leaves that are NumPy's are computed now, all
    in one pass over the data, and in the same pass this tensor, if it has one element.

    Raises RuntimeError if nothing here needs a gradient, if `gradient` is missing or has another shape, if the
    graph was freed by an earlier backward pass, or if a value that is needed has been overwritten.

    >>> x = Tensor(2.0, requires_grad=True)
    >>> (x**3).backward(create_graph=True)
    >>> g, x.grad = x.grad, None
    >>> g.backward()
    >>> g, x.grad
    (Tensor(12., requires_grad=True), Tensor(12.))
    """
    if inputs is not None:
        inputs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
        if not inputs:
            raise RuntimeError("backward: expected Tensors as inputs, got none; without inputs= all leaves are meant")
        if Sink.given and any(sink_of(input) is not None for input in inputs):
            raise RuntimeError(
                "backward: expected no inputs=, for the gradients of some of these parameters are added up over ranks, "
                "which is done for all of them together"
            )
        found = gradients([self], inputs, [gradient], retain_graph, create_graph)
        with _leaf_lock:
            for input, g in zip(inputs, found, strict=True):
                if g is not None:
                    input._grad = g if input._grad is None else input._grad + g
        return
    root = _root(self, gradient, create_graph)
    _sweep([root], create_graph if retain_graph is None else retain_graph, create_graph, results=[self])


def gradients(
    outputs: Sequence[Tensor], inputs: Sequence[Tensor], seeds: Sequence[Any], retain_graph: bool | None = None,
    create_graph: bool = False,
) -> list[Tensor | None]:  # fmt: skip
    """The gradients of `outputs` for `inputs`, which may stand anywhere in the graph; touches no `.grad`."""
    targets: dict[int, Any] = {}
    for input in inputs:
        if input._node is None:
            raise RuntimeError("grad: one of the inputs does not require a gradient; make it with requires_grad=True")
        targets[input._node.order] = None
    roots = [_root(output, seed, create_graph) for output, seed in zip(outputs, seeds, strict=True)]
    needed = between([root for root, _ in roots], targets)
    if needed is not None:
        roots = [root for root in roots if root[0].order in needed]
    _sweep(roots, create_graph if retain_graph is None else retain_graph, create_graph, targets, needed)
    found = [targets[input._node.order] for input in inputs if input._node is not None]
    if Blocks.blocks and not create_graph:
        found = _in_one_pass(found, [input._content for input in inputs], outputs)
    return [None if g is None else _leaving(g, create_graph) for g in found]


def _root(output: Tensor, gradient: Any, create_graph: bool) -> tuple[Node, Any]:
    """Where a sweep starts, and with which gradient."""
    if not isinstance(output, Tensor):
        raise TypeError(f"backward: expected a Tensor, got {type(output).__name__}")
    node = output._node
    if node is None:
        raise RuntimeError(
            "backward: this tensor does not require a gradient: no input of its computation had requires_grad=True, "
            "or it was computed under no_grad; write Tensor(data, requires_grad=True), or compute it outside of no_grad"
        )
    data = output._content
    if gradient is None:
        if data.ndim == 0 and not create_graph and data.__class__ is np.ndarray:
            unit = _UNITS.get(data.dtype.char)
            if unit is not None:  # a loss, in nearly every program
                return node, unit
        if data.size != 1:
            raise RuntimeError(
                f"backward: a result of shape {data.shape} needs a gradient to start from; "
                f"pass gradient= (of that shape), or reduce it to one element, with .sum() for instance"
            )
        if data.dtype.kind == "c":
            raise RuntimeError("backward: a complex result needs a gradient to start from; pass gradient=")
        seed = np.ones_like(data)
    else:
        seed = unwrap(gradient)
        if not hasattr(seed, "shape"):
            seed = np.asarray(seed)
        if seed.shape != data.shape:
            raise RuntimeError(f"backward: expected a gradient of shape {data.shape}, got shape {seed.shape}")
        if seed.dtype.kind not in "fciub":
            raise RuntimeError(f"backward: expected a numeric gradient, got dtype {seed.dtype}")
        if seed.dtype != data.dtype:
            seed = seed.astype(data.dtype)
        if create_graph and isinstance(gradient, Tensor):
            seed = wrap(seed, gradient._node) if seed is gradient._content else gradient.astype(data.dtype)
    if create_graph and not isinstance(seed, Tensor):
        seed = wrap(seed)
    return node, seed.conj() if data.dtype.kind == "c" else seed


_UNITS = {char: np.dtype(char).type(1) for char in "fd"}


def _sweep(
    roots: list[tuple[Node, Any]], retain_graph: bool, create_graph: bool, targets: dict[int, Any] | None = None,
    needed: set[int] | None = None, results: Sequence[Tensor] = (),
) -> None:  # fmt: skip
    """Run the VJPs of every node once, newest first; then the leaves.

    With `targets`, gradients go there and not to leaves, and only nodes in `needed` are visited. `results` are the
    tensors that the sweep goes out from.
    """
    before, outer = mode.recording, mode.once
    mode.once = None if create_graph else ()
    watch: Any = mode.watch
    plainly = watch is None or watch is mode.trace
    mode.recording = (watch or True) if create_graph else False
    pop, push, ndarray = heappop, heappush, _ndarray
    halves = Seen.halves
    seldom = create_graph or halves
    heap: list[int] = []  # the orders of the nodes whose gradient has begun to arrive; of leaves there is no need
    arrived: dict[int, list[Any]] = {}  # order -> [node, the sum so far]
    try:
        if Sink.given and targets is None:
            roots = with_stations(roots, heap, arrived, _settled, create_graph)
        for node, seed in roots:
            entry = arrived.get(node.order)
            if entry is not None:
                entry[1] = _sum(entry, seed, create_graph)
                continue
            arrived[node.order] = [node, seed]
            if node.plan is not None:
                push(heap, node.order)
        while True:
            try:
                while heap:
                    order = pop(heap)
                    node, g = arrived.pop(order)
                    if node.extras is not None:
                        g = _extras(node, _own(g, node), create_graph)
                    if targets is not None and order in targets:
                        targets[order] = g = _own(g, node)
                    saved = node.saved
                    if saved is None:
                        raise RuntimeError(
                            f"backward: the graph has been freed at {node.name}, by an earlier backward pass through "
                            f"it; pass retain_graph=True to that one, or, if a value was carried over from there, as "
                            f"the state of a recurrent network is, detach() it"
                        )
                    if order > versions.last_write:  # the clock counts down: written after this node was made
                        _check_versions(node, saved)
                    plan = node.plan
                    if seldom:
                        if create_graph:
                            saved = plan.relink(node)
                        if halves and _of_halves(node):
                            g, saved = widened(g), widened(saved)
                    elif plan.elementwise and not node.shape:  # scalars take a tenth of the time
                        saved = tuple([v[()] if v.__class__ is ndarray and not v.ndim else v for v in saved])
                    if not retain_graph:
                        left = plan.left
                        if left:
                            node.left = node.saved if left is True else left(node.saved)
                        node.saved = None
                        if watch is not None:
                            watch.freed(node)
                    if plan.into is not None and not create_graph and plainly:
                        entry = arrived.get(node.parents[0].order)
                        into = plan.into if watch is None else watch.into(plan.into, node, entry, (g, *saved))
                        if entry is not None and into is not None and _added(entry, into, g, saved):
                            entry = g = saved = None
                            continue
                    for parent, vjp in zip(node.parents, plan.vjps):  # noqa: B905 (this is the hottest line)
                        key = parent.order
                        if needed is not None and key not in needed:
                            continue
                        part = vjp(g, saved) if watch is None else watch.vjp(node, parent, vjp, g, saved)
                        if part is None:
                            continue
                        if part.shape != parent.shape or part.dtype is not parent.dtype:
                            part = _fit(part, parent, node)
                        entry = arrived.get(key)
                        if entry is None:
                            arrived[key] = [parent, part]
                            if parent.plan is not None:
                                push(heap, key)
                        else:
                            entry[1] = _sum(entry, part, create_graph)
                            entry = None  # else it would hold that sum when its node's turn comes
                    g = saved = part = None  # what is not needed any more is freed before the next node runs
                break
            except Exception as error:
                whole = who_follows(error)  # where a rule does what cannot be followed inside
                if whole is None:
                    raise
                for parent, part in _as_wholes(whole, vjp, node, g, saved, needed):
                    entry = arrived.setdefault(parent.order, [parent, None])
                    if entry[1] is None and parent.plan is not None:
                        push(heap, parent.order)
                    entry[1] = part if entry[1] is None else entry[1] + part
                entry = g = saved = part = None
        for entry in arrived.values():  # all that is left are leaves
            if halves:
                entry[1] = _own(entry[1], entry[0])
            if entry[0].extras is not None:
                entry[1] = _extras(entry[0], entry[1], create_graph)
        if targets is None:
            if Blocks.blocks and not create_graph:
                _compute(arrived.values(), results)  # not under the lock, for in a block there may be a backward pass
            with _leaf_lock:
                _accumulate(arrived.values(), create_graph)
        else:
            targets.update({order: arrived[order][1] for order in targets.keys() & arrived.keys()})
    finally:
        mode.recording, mode.once = before, outer


def _settled(leaf: Node, entry: list[Any]) -> tuple[Any, bool]:
    """What has arrived at a leaf as what its sink is to get, and whether it is in memory of its own."""
    g, entry[1] = entry[1], None
    if Seen.halves:
        g = _own(g, leaf)
    if leaf.extras is not None:
        g = _extras(leaf, g, False)
    if leaf.dtype.kind == "c":
        g = g.conj()
    is_ours = _is_ours(g, 0)  # before it is in the result, too
    return g, is_ours


def _as_wholes(whole: Any, first: Any, node: Node, g: Any, saved: Any, needed: set[int] | None) -> list[Any]:
    """The gradients of a node's parents from the one on whose rule is `first`, each rule run by `whole` (see modes)."""
    found = []
    begun = False
    for parent, vjp in zip(node.parents, node.plan.vjps, strict=True):
        begun = begun or vjp is first
        if begun and (needed is None or parent.order in needed):
            part = whole.opaque(vjp, g, saved)
            if part is not None:
                found.append((parent, _fit(part, parent, node)))
    return found


_SINGLE = np.dtype(np.float32)


def _of_halves(node: Node) -> bool:
    """Whether a node's rules compute with halves; one of several results has their parent's dtype, if any."""
    dtype = node.parents[0].dtype if node.dtype is None and node.parents else node.dtype
    return dtype is not None and dtype.char == "e"


def _own(g: Any, node: Node) -> Any:
    """A gradient in its node's dtype: that of halves adds up in single precision, and is rounded when asked for."""
    return rounded(g) if node.dtype is not None and node.dtype.char == "e" else g


def _sum(entry: list[Any], part: Any, create_graph: bool) -> Any:
    """The sum so far and one more part: in place when nobody else holds the sum."""
    total = entry[1]
    if not create_graph and part.__class__ is np.ndarray and type(part) is type(total) and _is_ours(total, 1):
        return np.add(total, part, out=total)
    return total + part


def _added(entry: list[Any], into: Any, g: Any, saved: tuple[Any, ...]) -> bool:
    """Add a part to the sum so far, where nobody else holds that; whether it was done."""
    total = entry[1]
    if not _is_ours(total, 1) or g.__class__ is not total.__class__:  # as a trace's stand-ins say theirs
        return False
    into(total, g, *saved)
    return True


def _is_ours(array: Any, others: int) -> bool:
    """Whether nobody holds this array and its memory but the caller's variable and `others` that it knows of."""
    return (
        array.__class__ is np.ndarray
        and sys.getrefcount(array) <= _PASSED_ON + others
        and (array.base is None or array.base.__class__ is Memory)
        and array.flags.writeable
    )


def _shows_all(array: Any) -> bool:
    """Whether an array is all that there is of another one, as what was reshaped or transposed is, and both are ours.

    It may be kept so. That a sum is made in it is for `_is_ours` to say, which a trace's stand-ins answer alike.
    """
    base = array.base
    return (
        type(base) is np.ndarray
        and sys.getrefcount(array) <= _PASSED_ON
        and sys.getrefcount(base) <= _ALONE + 1
        and (base.base is None or base.base.__class__ is Memory)
        and base.nbytes == array.nbytes
        and array.flags.writeable
        and is_dense(array.shape, array.strides, array.itemsize)
    )


class WrongShape(RuntimeError):
    """A rule gave a gradient of another shape than its input has."""


def _fit(part: Any, parent: Node, node: Node) -> Any:
    """A rule's result as the gradient of its input: summed over broadcast axes, of the input's shape and dtype.

    Of halves it is single as yet.
    """
    if part.shape != parent.shape:
        assert node.plan is not None
        if any(n != n for n in parent.shape):  # NaN
            raise RuntimeError(
                f"backward: how many elements a mask takes out of an array in blocks is not known before it is "
                f"computed, and {node.name} needs that of {parent.shape}; write np.where(mask, x, 0), and divide by "
                f"mask.sum()"
            )
        if not node.plan.primitive.broadcasts:
            raise WrongShape(
                f"backward: the rule of {node.name} gave a gradient of shape {part.shape} "
                f"for an input of shape {parent.shape}"
            )
        part = sum_to(part, parent.shape)
    dtype = parent.dtype
    if Seen.halves and dtype is not None and dtype.char == "e":
        dtype = _SINGLE
    if dtype is not None and part.dtype != dtype:
        if part.dtype.kind == "c" and dtype.kind != "c":
            part = part.real
        part = part.astype(dtype)
    return part


def _accumulate(entries: Iterable[list[Any]], create_graph: bool) -> None:
    """Add to the `.grad` of leaves, each of which shares memory with nothing else."""
    for entry in entries:
        node, g = entry
        entry[1] = None
        tensor = node.tensor()
        if tensor is None:
            continue
        if node.dtype.kind == "c":
            g = g.conj()
        known = tensor._grad
        if create_graph:
            g = g if isinstance(g, Tensor) else wrap(_copy(g))
            tensor._grad = g if known is None else known + g
        elif known is None:
            if _is_ours(g, 0):  # only the sweep holds it: no need to copy
                tensor._grad = wrap(g)
            elif type(g) is _ndarray and _shows_all(g):
                base: Any = g.base  # which a later gradient can be added to in place
                alike = (base.shape, base.strides, base.dtype) == (g.shape, g.strides, g.dtype)
                tensor._grad = wrap(base if alike else g)
            else:
                tensor._grad = _kept(g, tensor)
        else:
            total = known._content
            if known._node is None and _is_ours(total, 1):
                total += g
            elif known._node is None and total.__class__ is not type(total):  # traced, it is written over if it can be
                known.data = total + g
            else:
                tensor._grad = wrap(total + g)


def _compute(entries: Iterable[list[Any]], results: Sequence[Tensor]) -> None:
    """Compute the gradients that are in blocks of leaves that are not."""
    entries = list(entries)
    leaves = [node.tensor() for node, _ in entries]
    found = _in_one_pass([g for _, g in entries], [None if t is None else t._content for t in leaves], results)
    for entry, g in zip(entries, found, strict=True):
        entry[1] = g


def _in_one_pass(parts: list[Any], arrays: list[Any], results: Sequence[Tensor]) -> list[Any]:
    """The gradients, of NumPy's `arrays` computed, and with them the results that have one element."""
    later = [i for i, g in enumerate(parts) if in_blocks(g) and not in_blocks(arrays[i])]
    if later:
        small = [result for result in results if in_blocks(result._content) and result.ndim == 0]
        values = computed([parts[i] for i in later] + [result._content for result in small])
        made = dict(zip(later, values, strict=False))
        parts = [as_array(made.get(i, g)) for i, g in enumerate(parts)]
        for result, value in zip(small, values[len(later) :], strict=True):
            result._content = as_array(value)
    return parts


def _kept(g: Any, tensor: Tensor) -> Tensor:
    """A gradient in memory of its own. Raises RuntimeError for one that is another for each example of a vmap."""
    if g.__class__ is not type(g) and type(tensor._content) is _ndarray and mode.batch is not None:
        raise RuntimeError(
            f"backward: within vmap each example has a gradient of its own, which the .grad of a tensor from outside, "
            f"of shape {tensor.shape}, cannot hold; give it as an argument, and use grad"
        )
    return wrap(_copy(g))


def _copy(g: Any) -> Any:
    return g.copy("K") if g.__class__ is np.ndarray else as_array(g.copy())


def _leaving(g: Any, create_graph: bool) -> Tensor:
    """A gradient as the Tensor that a user gets."""
    if g.dtype.kind == "c":
        g = g.conj()
    return g if create_graph and isinstance(g, Tensor) else wrap(_copy(g))  # a rule may give a constant array


def _extras(node: Node, g: Any, create_graph: bool) -> Any:
    """Run a node's hooks, on the summed gradient; keep that gradient if its tensor asked for it."""
    extras = node.extras
    assert extras is not None
    for hook in list(extras.hooks.values()):
        given = _leaving(g, create_graph)
        changed = hook(given)
        if changed is None:
            changed = given  # it may have been changed in place
        elif not isinstance(changed, Tensor):
            changed = wrap(np.asarray(changed))
        if changed.shape != node.shape:
            raise RuntimeError(f"hook: expected a gradient of shape {node.shape}, got shape {changed.shape}")
        changed = changed.astype(node.dtype) if changed.dtype != node.dtype else changed
        changed = changed.conj() if node.dtype.kind == "c" else changed
        g = changed if create_graph else changed._content
    tensor = extras.retain() if extras.retain is not None else None
    if tensor is not None:
        tensor._grad = _leaving(g, create_graph) if tensor._grad is None else tensor._grad + _leaving(g, create_graph)
    return g


def _check_versions(node: Node, saved: tuple[Any, ...]) -> None:
    assert node.plan is not None or node.saved == ()
    arrays = list(arrays_in(saved))
    for array in arrays:
        if versions.written_since(array, node.order):
            raise RuntimeError(
                f"backward: a value that {node.name} saved (shape {array.shape}) has been overwritten since, by an "
                f"assignment, out= or an optimizer's step; do that after the backward pass, or on a copy"
            )
    if node.extras is not None and node.extras.sums is not None:
        for array, before in zip(arrays, node.extras.sums, strict=True):
            if versions.checksum(array) != before:
                raise RuntimeError(
                    f"backward: a value that {node.name} saved (shape {array.shape}) has been overwritten since, "
                    f"through another view of its memory; do that after the backward pass, or on a copy; the "
                    f"operation ran at {node.extras.source}"
                )


def arrays_in(value: Any) -> Iterator[Any]:
    """The arrays in what was saved: in an index, say, or in a Tensor that is the shift of a roll."""
    if isinstance(value, tuple | list):
        for item in value:
            yield from arrays_in(item)
    elif type(value) is slice:
        yield from arrays_in((value.start, value.stop, value.step))
    elif hasattr(value, "dtype"):
        yield unwrap(value)


def _count(array: Any) -> int:
    return sys.getrefcount(array)


def _counts() -> tuple[int, int]:
    """What sys.getrefcount says of an array that one local variable holds: there, and in a function it is passed to.

    Pythons differ in what they count, so it is asked in the way in which it is going to be.
    """
    array = np.empty(1)
    return sys.getrefcount(array), _count(array)


_ALONE, _PASSED_ON = _counts()

Tensor.backward = backward  # type: ignore[method-assign]
