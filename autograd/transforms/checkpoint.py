"""Checkpoints: what a function computes on its way is not kept for the backward pass, but computed again there.

The function is recorded twice, in both passes, and in between only its arguments are kept. What it takes from outside
and is tracked there (the parameters of a layer, say) is found by walking the record, and gets its gradient as well.
That the second run computes with the same values as the first is told by a checksum of all that came from outside.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np

from ..engine import versions
from ..engine.arguments import observed
from ..engine.declare import primitive
from ..engine.modes import enable_grad, mode
from ..engine.node import Leaf, Node, tick, walk
from ..engine.primitive import INPUTS, Cotangents, Primitive
from ..engine.sharing import note_view
from ..engine.sweep import gradients
from ..engine.tensor import Tensor, unwrap, wrap
from ..engine.versions import Writes
from ..random import generator
from .call import argument, conj, tracked
from .shared import check_function
from .tree import leaves, rebuild


def checkpoint(fun: Callable[..., Any]) -> Callable[..., Any]:
    """`fun`, trading time for memory: it keeps nothing for the backward pass but its arguments, and runs again there.

    The results and all derivatives, of higher order too, are those of `fun` itself, which may take and give nested
    containers and may use tracked tensors from outside. Its random numbers are the same again if they come from the
    generator that `manual_seed` seeds. What it writes into tensors, such as the statistics of a batch normalization, is
    written once: run again it finds them as they were, and leaves them as they are. Other effects happen a second time:
    a count in an attribute goes up by two, a list gets two entries.

    The backward pass raises RuntimeError if by then a value that `fun` starts from has been overwritten, an argument or
    what it takes from outside, tracked or not, or if `fun` does something else when it is run again.

    >>> block = checkpoint(lambda x: np.tanh(np.sin(x) * x))
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> block(x).sum().backward()
    >>> np.allclose(x.grad.data, grad(lambda x: np.tanh(np.sin(x) * x).sum())(x.data))
    True
    """

    check_function("checkpoint", fun)

    @functools.wraps(fun)
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        if mode.recording is False:
            return fun(*args, **kwargs)
        return _Segment(fun, args, kwargs).first()

    return checkpointed


def checkpoint_sequential(functions: Iterable[Callable[[Any], Any]], segments: int, input: Any) -> Any:
    """The result of one function after the other, in so many parts of as many each, all but the last checkpointed.

    With about as many segments as the root of the number of functions the least is kept. (Chen et al., "Training deep
    nets with sublinear memory cost", 2016)

    >>> x = Tensor([1.0], requires_grad=True)
    >>> checkpoint_sequential([np.exp, np.sin, np.cos], 2, x).sum().backward()
    >>> np.allclose(x.grad.data, -np.sin(np.sin(np.e)) * np.cos(np.e) * np.e)
    True
    """
    parts = list(functions)
    size = max(len(parts) // segments, 1)
    last = size * (segments - 1)

    def chain(start: int, end: int | None, x: Any) -> Any:
        return functools.reduce(lambda value, part: part(value), parts[start:end], x)

    for start in range(0, last, size):
        input = checkpoint(functools.partial(chain, start, start + size))(input)
    return chain(last, None, input)


class _Segment:
    """One call of a function that is to run again."""

    def __init__(self, fun: Callable[..., Any], args: Any, kwargs: Any) -> None:
        self.fun = fun
        self.leaves = leaves((args, kwargs))
        self.form = rebuild((args, kwargs), itertools.repeat(None))
        self.places = [k for k, leaf in enumerate(self.leaves) if tracked(leaf)]
        self.outside: tuple[Node, ...] = ()  # what fun uses that is tracked outside, besides its arguments
        self.state = generator().bit_generator.state
        self.writes = Writes()
        self.nodes: tuple[Node, ...] = ()  # those of the arguments, then those outside
        self.results: tuple[Any, ...] = ()
        self.values: int | None = None  # a checksum of what fun computed with

    def first(self) -> Any:
        """Run fun, forget its record, and give its results with one node for all of it."""
        tensors = [self.leaves[k] for k in self.places]
        start = tick()
        with self.writes:
            result, points, self.values = self.run(tensors)
        outs = leaves(result)
        nodes = [out._node for out in outs if tracked(out)]
        edges = _edges(nodes, start, points)
        self.outside = tuple({node.order: node for node, _ in edges}.values())
        arguments = [leaf for leaf in self.leaves if isinstance(leaf, Tensor)]
        constants = [wrap(leaf._content) for leaf in arguments if not tracked(leaf)]
        kept = iter(constants)
        for k, leaf in enumerate(self.leaves):
            if k in self.places:
                self.leaves[k] = None  # the node keeps their arrays; the tensors need not live on
            elif isinstance(leaf, Tensor):
                self.leaves[k] = next(kept)  # which no assignment gives a new value
        self.results = tuple(out._content for out in outs if tracked(out))
        if not self.results:
            return result
        tensors += [_value(node) for node in self.outside]
        self.nodes = tuple([tensor._node for tensor in tensors if tensor._node is not None])
        arrays = tuple([tensor._content for tensor in tensors + constants])
        made = _segment(wrap(NOTHING, bundle(self.nodes)), arrays, self)
        _note_views([*arguments, *made])
        made = iter(made)
        return rebuild(result, iter([next(made) if tracked(out) else out for out in outs]))

    def take(self) -> tuple[Any, ...]:
        results, self.results = self.results, ()
        return results

    def run(self, tensors: list[Tensor]) -> tuple[Any, list[Tensor], int | None]:
        """fun's result from these tensors; where its record begins; and a checksum of what it took from outside.

        In a trace there is none: the values of other calls count, and the program says what they are.
        """
        with enable_grad():
            points = [argument(tensor) for tensor in tensors]
        given = list(self.leaves)
        for k, point in zip(self.places, points, strict=True):
            given[k] = wrap(point._content, point._node)  # fun may assign to what it gets
        args, kwargs = rebuild(self.form, iter(given))
        values = _Values(tick(), {point._node.order for point in points if point._node is not None})
        traced = mode.trace is not None
        with nullcontext() if traced else observed(values.see), enable_grad():
            return self.fun(*args, **kwargs), points, None if traced else values.sum

    def again(self, g: tuple[Any, ...], arrays: tuple[Any, ...]) -> Cotangents:
        """The gradients of the arguments and of what is used from outside, from a record made now."""
        create_graph = any(isinstance(part, Tensor) for part in g)
        written = Writes()
        self.writes.swap()  # fun finds what it found
        try:
            return self.rerun(g, arrays, create_graph, written)
        finally:  # and changes nothing
            written.swap()
            self.writes.swap()
            if create_graph:
                written.touch_changed()

    def rerun(
        self, g: tuple[Any, ...], arrays: tuple[Any, ...], create_graph: bool, written: Writes
    ) -> Cotangents:  # fmt: skip
        n = len(self.places)
        self.check(arrays[n : n + len(self.outside)])
        start = tick()
        stand_ins = {node.order: stand_in(node) for node in self.outside}
        with _random_state(self.state), written:
            if create_graph:
                given = [wrap(array, node) for array, node in zip(arrays[:n], self.nodes[:n], strict=True)]
            else:
                given = [wrap(array).requires_grad_() for array in arrays[:n]]
            result, points, values = self.run(given)
        outs = [out for out in leaves(result) if tracked(out)]
        edges = _edges([out._node for out in outs], start, points)
        if len(outs) != len(g) or {node.order for node, _ in edges} != set(stand_ins):
            raise RuntimeError(
                f"checkpoint: {getattr(self.fun, '__name__', 'the function')} used other tracked tensors, or "
                f"gave another number of results, when it was run again for the backward pass"
            )
        if values != self.values and values is not None and self.values is not None:  # a trace may have ended since
            raise RuntimeError(
                f"checkpoint: {getattr(self.fun, '__name__', 'the function')} computed with other values when it was "
                f"run again for the backward pass: an array or a tensor that it uses has been overwritten since, or it "
                f"draws random numbers of a generator that manual_seed does not seed; do that after the backward pass"
            )
        for _, node in edges:  # the record that was just made goes back to the stand-ins, and no further
            if node is not None:
                node.parents = tuple([stand_ins.get(parent.order, parent) for parent in node.parents])
        outs = [wrap(out._content, stand_ins.get(out._node.order, out._node)) for out in outs]
        pairs = [(out, conj(seed)) for out, seed in zip(outs, g, strict=True) if seed is not None]
        targets = points + [wrap(NOTHING, node) for node in stand_ins.values()]
        found = gradients([out for out, _ in pairs], targets, [seed for _, seed in pairs], create_graph, create_graph)
        return Cotangents(
            None if part is None else conj(part) if create_graph else conj(part)._content for part in found
        )

    def check(self, arrays: tuple[Any, ...]) -> None:
        """That the leaves outside still hold the arrays that they held."""
        for node, array in zip(self.outside, arrays, strict=True):
            tensor = node.tensor() if isinstance(node, Leaf) else None
            if tensor is not None and _itself(tensor._content) is not _itself(array):
                raise RuntimeError(
                    f"checkpoint: the .data of a tensor of shape {node.shape} that the function uses has been replaced "
                    f"since; do that after the backward pass"
                )


def _itself(content: Any) -> Any:
    """The array that something stands for in a trace, which may have ended since; any other array itself."""
    return getattr(content, "array", content)


NOTHING = np.empty(0)


class _Values:
    """A checksum of what a run since `start` computes with and has not recorded itself: constants, and what is tracked
    outside but leaves, whose own writes are known."""

    def __init__(self, start: int, points: set[int]) -> None:
        self.start = start
        self.points = points
        self.sum = 0

    def see(self, made_by: Primitive, node: Node, given: dict[str, Any], listed: Any) -> None:
        if made_by is _segment.primitive:  # type: ignore[attr-defined] # of another checkpoint, whose run was seen
            return
        known = {
            input
            for input, parent in zip(node.plan.inputs, node.parents, strict=True)
            if parent.order < self.start or parent.plan is None or parent.order in self.points
        }
        values = [value for name, value in given.items() if name not in known]
        name = node.plan.inputs[-1][0] if type(node.plan.inputs[-1]) is tuple else None
        values += [value for i, value in enumerate(listed) if (name, i) not in known]
        self.sum = hash((self.sum, made_by.name, *map(_checksum, values)))


def _checksum(value: Any) -> Any:
    """Something that is the same for equal arrays, numbers, texts and containers of these."""
    value = unwrap(value)
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.char, versions.checksum(value)
    if isinstance(value, np.generic | int | float | complex | str | None):
        return repr(value)
    if type(value) is slice:
        return _checksum((value.start, value.stop, value.step))
    return tuple(map(_checksum, value)) if type(value) in (tuple, list) else type(value).__name__


def _note_views(tensors: list[Tensor]) -> None:
    """Note which of the results lie in the memory of arguments, or of one another."""
    owners: dict[int, Tensor] = {}
    for tensor in tensors:
        if isinstance(tensor._content, np.ndarray) and tensor.size:
            source = owners.setdefault(id(versions._owner(tensor._content)), tensor)
            if source is not tensor:
                note_view(source, tensor)


_segment = primitive(
    lambda inputs, arrays, segment: segment.take(), name="checkpoint", multiple=True,
    inputs=lambda g, arrays, segment: segment.again(g, arrays),
)  # fmt: skip


def bundle(nodes: tuple[Node, ...]) -> Node:
    """A node for several inputs together, so that one rule gives all their gradients at once."""
    return _node(INPUTS.plan(tuple([("inputs", i) for i in range(len(nodes))])), nodes, Cotangents)


def _edges(roots: list[Node], start: int, points: list[Tensor]) -> list[tuple[Node, Node | None]]:
    """Where a run's record meets what was there before: (the node outside, the one inside or, for a result, None)."""
    begin = {point._node.order for point in points if point._node is not None}
    found: list[tuple[Node, Node | None]] = [(root, None) for root in roots if root.order > start]
    for node in walk(roots, start):
        if node.order not in begin:
            found += [(parent, node) for parent in node.parents if parent.order > start]
    return found


def _value(node: Node) -> Tensor:
    """A tensor for a node outside: of a leaf with its array, so that overwriting it is noticed."""
    tensor = node.tensor() if isinstance(node, Leaf) else None
    return wrap(NOTHING if tensor is None else tensor._content, node)


def stand_in(node: Node) -> Node:
    """A node in the new record that passes its gradient on to the node outside."""
    return _node(argument.primitive.plan(("x",)), (node,), node)  # type: ignore[attr-defined]


def _node(plan: Any, parents: tuple[Node, ...], like: Any) -> Node:
    made = Node.__new__(Node)
    made.order = tick()
    made.plan, made.parents, made.saved = plan, parents, ()
    made.shape, made.dtype, made.entry, made.extras = like.shape, like.dtype, mode.entry, None
    return made


@contextmanager
def _random_state(state: Any) -> Iterator[None]:
    bits = generator().bit_generator
    before = bits.state
    bits.state = state
    try:
        yield
    finally:
        bits.state = before
