"""One call of a function, recorded: what the transforms of functions have in common.

The call gets arguments that begin a graph of their own. What the function takes from outside, tracked by an enclosing
transform or by a tensor that requires a gradient, stays joined to where it came from: then the derivative is recorded
too, and can be differentiated in turn. So transforms nest to any order, and one level's variable is never taken for
another's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from ..engine.arguments import keeping_arguments
from ..engine.declare import primitive
from ..engine.modes import enable_grad, mode
from ..engine.node import ARGUMENT, tick, walk
from ..engine.place import warn
from ..engine.primitive import as_array
from ..engine.sweep import gradients
from ..engine.tensor import Tensor, wrap
from .batching.batched import Batched
from .tree import is_differentiable, leaves, rebuild

# where the graph of one call begins
argument = primitive(lambda x: x, name="argument", kind=ARGUMENT, x=lambda g: g)


def array_box(value: Any, *given: Any) -> Tensor:
    """The tensor of a value with which a graph begins."""
    return wrap(value._content if isinstance(value, Tensor) else np.asanyarray(value))


BOXES: dict[type, Callable[..., Any]] = dict.fromkeys(
    (np.ndarray, float, complex, np.float16, np.float32, np.float64, np.longdouble, np.complex64, np.complex128,
     np.clongdouble, Tensor), array_box,
)  # fmt: skip
"""What makes the tensor of a value, by its class; that of a class of one's own may refuse to."""


class Call:
    """A call of a function, recorded from those of its arguments that are selected.

    result  what the function gave
    aux     what it gave besides, with has_aux
    points  a Tensor for each array in the selected arguments: where the graph begins

    With `forward` the operations keep what they are given, as forward mode wants it.
    """

    def __init__(
        self, who: str, fun: Callable[..., Any], args: Any, kwargs: dict[str, Any], keys: list[Any],
        has_aux: bool = False, forward: bool = False,
    ) -> None:  # fmt: skip
        self.recorded = mode.recording is not False
        self.selected = [kwargs[key] if isinstance(key, str) else args[key] for key in keys]
        self.who = who
        self.leaves = [of_floats(leaf) for leaf in leaves(self.selected, True)]
        self.tensors = any(isinstance(leaf, Tensor) for leaf in leaves((args, kwargs)))
        self.moving = [is_differentiable(leaf) for leaf in self.leaves]
        if self.leaves and not any(self.moving):
            kinds = sorted({_kind(leaf) for leaf in self.leaves})
            tables = any(hasattr(leaf, "to_numpy") for leaf in self.leaves)
            raise TypeError(
                f"{who}: expected floating or complex values to differentiate by, got {', '.join(kinds)}; "
                f"{'take .to_numpy() of it' if tables else 'convert them, 2 to 2.0 for instance'}"
            )
        self.start = tick()  # what the call records is newer than this
        with enable_grad():
            given = [_begin(leaf) if moves else leaf for leaf, moves in zip(self.leaves, self.moving, strict=True)]
            self.points = [wrap(item._content, item._node) for item in self.pick(given)]
            parts = rebuild(self.selected, iter(given), True)
            args, kwargs = list(args), dict(kwargs)
            for key, part in zip(keys, parts, strict=True):
                (kwargs if isinstance(key, str) else args)[key] = part
            before, mode.start = mode.start, self.start if mode.start is None else mode.start
            try:
                with keeping_arguments() if forward else nullcontext():
                    self.result = fun(*args, **kwargs)
            finally:
                mode.start = before
        self.has_aux, self.aux = has_aux, None
        if has_aux:
            self.result, self.aux = _pair(who, self.result)
        self.outs = leaves(self.result)
        self.warned = False
        beside = leaves(self.aux) if has_aux else []
        self.joined = self.reaches_out([*self.outs, *beside])  # whether what follows is to be recorded too
        self.passes_on = False  # whether the last pass was, in which a gradient may be an array that somebody else has

    def reaches_out(self, values: Sequence[Any]) -> bool:
        """Whether any value depends on something tracked that was there before the call."""
        roots = [value._node for value in values if isinstance(value, Tensor) and value._node is not None]
        if not (self.recorded and roots):
            return False
        start, seen = self.start, set()
        while roots:
            node = roots.pop()
            if node.order > start:
                return True
            if node.order not in seen:
                seen.add(node.order)
                roots.extend(node.parents)
        return False

    def pull(self, outs: Sequence[Any], seeds: Sequence[Any], retain: bool, create_graph: bool) -> list[Tensor]:
        """The gradients at the points, for these gradients of these results; each in JAX's sense."""
        self.passes_on = create_graph
        roots: list[Any] = []
        given: list[Any] = []
        for out, seed in zip(outs, seeds, strict=True):
            if tracked(out):
                roots.append(out)
                given.append(conj(seed))
        found: list[Tensor | None] = [None] * len(self.points)
        if roots:
            found = gradients(roots, self.points, given, retain or create_graph, create_graph)
        if all(g is None for g in found) and not self._reached(roots):
            self.warn_independent()
        return [
            wrap(np.zeros_like(point._content)) if g is None else conj(g)
            for g, point in zip(found, self.points, strict=True)
        ]

    def _reached(self, outs: Sequence[Any]) -> bool:
        """Whether one of the results was computed from the points, though rules say that nothing flows to them."""
        points = {point._node.order for point in self.points if point._node is not None}
        return any(node.order in points for node in walk([out._node for out in outs], self.start))

    def warn_independent(self) -> None:
        """Say once that a derivative is zero because the result does not depend on the arguments at all."""
        others = len(self.outs) > 1 and any(tracked(out) and out._node.order < self.start for out in self.outs)
        if not (self.warned or others) and self.points:
            self.warned = True
            warn(
                f"Output seems independent of input. {self.who}: what the function gave was not computed from the "
                f"arguments to differentiate by, or from their values alone, so its derivatives are zero"
            )

    def pick(self, items: Sequence[Any]) -> list[Any]:
        """Of one item for each leaf of the selected arguments those that belong to the points."""
        return [item for item, moves in zip(items, self.moving, strict=True) if moves]

    def structured(self, items: Sequence[Any]) -> list[Any]:
        """One item for each point, in the containers of the selected arguments; None at what has no derivative."""
        rest = iter(items)
        filled = [next(rest) if moves else None for moves in self.moving]
        parts: list[Any] = rebuild(self.selected, iter(filled), True)
        return parts

    def gradients(self, items: Sequence[Tensor]) -> list[Any]:
        """`structured`, each of them a Tensor or plain as its argument was."""
        pairs = zip(items, self.pick(self.leaves), strict=True)
        return self.structured([self.leave(item, isinstance(source, Tensor)) for item, source in pairs])

    def value(self) -> Any:
        """The result: Tensors if an argument was one, else plain arrays."""
        return self.freed(self.result)

    def beside(self, derived: Any) -> Any:
        """What was derived; with has_aux a pair of that and what the function gave besides."""
        return (derived, self.freed(self.aux)) if self.has_aux else derived

    def freed(self, values: Any) -> Any:
        """What the function gave, as the caller gets it: what nothing outside tracks is joined to nothing."""
        items = [out if self.joined and self.reaches_out([out]) else free(out, self.tensors) for out in leaves(values)]
        return rebuild(values, iter(items))

    def leave(self, value: Tensor, tensor: bool) -> Any:
        """A derivative as the caller gets it: joined to what was tracked outside, else with memory of its own."""
        if value._node is not None and self.reaches_out([value]):
            return value
        data = value._content
        alone = type(data) is Batched  # which the sweep has copied
        if not alone and isinstance(data, np.ndarray):
            shared = self.passes_on or data.base is not None or value._node is not None
            value = wrap(data.copy()) if shared else value
        return free(value, tensor)


def _pair(who: str, result: Any) -> Any:
    if not isinstance(result, tuple) or len(result) != 2:
        got = f"{len(result)} values" if isinstance(result, tuple) else type(result).__name__
        raise TypeError(f"{who}: expected a function that gives a pair (result, aux), for has_aux=True, got {got}")
    return result


def free(value: Any, tensor: bool) -> Any:
    """A value that nothing tracks: as a Tensor or as a plain array."""
    return value if not isinstance(value, Tensor) else wrap(value._content) if tensor else plain(value._content)


def of_floats(leaf: Any) -> Any:
    """An array of integers as one of floats, by which one can differentiate."""
    return leaf.astype(np.float64) if isinstance(leaf, np.ndarray) and leaf.dtype.kind in "iu" else leaf


def _begin(leaf: Any) -> Tensor:
    """A leaf of the arguments as the beginning of a graph, joined to what tracks it outside."""
    if not isinstance(leaf, Tensor):
        if BOXES.get(type(leaf), array_box) is not array_box:
            BOXES[type(leaf)](leaf, None, True)  # it may raise
        leaf = wrap(as_array(leaf) if isinstance(leaf, np.generic | float | complex) else leaf).requires_grad_()
    elif leaf._node is None:
        leaf = wrap(leaf._content).requires_grad_()
    begun: Tensor = argument(leaf)
    return begun


def plain(data: Any) -> Any:
    """An array as NumPy's functions give it: of no dimensions as a scalar."""
    return data[()] if isinstance(data, np.ndarray) and data.ndim == 0 else data


def tracked(value: Any) -> bool:
    return isinstance(value, Tensor) and value._node is not None


def conj(g: Any) -> Any:
    dtype = getattr(g, "dtype", None)
    return g.conj() if dtype is not None and dtype.kind == "c" else g


def _kind(leaf: Any) -> str:
    array = hasattr(leaf, "dtype") and hasattr(leaf, "ndim") and not hasattr(leaf, "to_numpy")
    return f"an array of {leaf.dtype}" if array else type(leaf).__name__


def select(who: str, fun: Callable[..., Any], argnums: Any, args: Any, kwargs: dict[str, Any]) -> list[Any]:
    """Where the arguments stand that `argnums` means: positions, and names of keyword arguments."""
    keys: list[Any] = []
    for key in argnums if isinstance(argnums, tuple | list) else (argnums,):
        if isinstance(key, str):
            key = key if key in kwargs else _position(fun, key)
            if key is None:
                raise TypeError(f"{who}: {_called(fun)} was called without an argument {argnums!r}")
        if not isinstance(key, str) and not -len(args) <= key < len(args):
            raise TypeError(
                f"{who}: argnums is {argnums!r}, but {_called(fun)} was called with {len(args)} positional arguments"
            )
        keys.append(key if isinstance(key, str) else key % len(args))
    if len(set(keys)) < len(keys):
        raise TypeError(f"{who}: argnums is {argnums!r}, which means an argument twice")
    return keys


def _position(fun: Callable[..., Any], name: str) -> int | None:
    import inspect

    names = list(inspect.signature(fun).parameters)
    return names.index(name) if name in names else None


def _called(fun: Any) -> str:
    name = name_of(fun)
    return "the function" if "<lambda>" in name else name


def name_of(fun: Any) -> str:
    return str(getattr(fun, "__name__", None) or type(fun).__name__)
