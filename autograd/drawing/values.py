"""The values that somebody still holds, by the place in the graph where they belong."""

from __future__ import annotations

import math
from collections import ChainMap
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..engine import versions
from ..engine.left import still_known
from ..engine.modes import no_grad
from ..engine.node import Leaf, Node
from ..engine.tensor import Tensor
from .expressions import INPUT, NOTHING, UNKNOWN, arguments, is_array, saved_values

LARGEST = 100_000
"""A value of more elements than this is not computed again."""


def overwritten(nodes: Iterable[Node]) -> set[int]:
    """The orders of the leaves that do not hold any more what they held when an operation used them."""
    return {
        parent.order
        for node in nodes
        for parent in node.parents
        if isinstance(parent, Leaf) and node.order > versions.last_write  # the clock counts down
        if (tensor := parent.tensor()) is not None and versions.written_since(tensor._content, node.order)
    }


def known_values(nodes: Iterable[Node], tensors: Iterable[Tensor], changed: Collection[int] = ()) -> dict[int, Any]:
    """By the order of the node: what was saved, and what leaves and `tensors` hold; not what was overwritten since.

    changed  the orders of leaves that were overwritten
    """
    values: dict[int, Any] = {}
    for node in nodes:
        if isinstance(node, Leaf):
            if (tensor := node.tensor()) is not None and node.order not in changed:
                values[node.order] = tensor._content
            continue
        saved = saved_values(node)
        if not saved:
            continue
        assert node.plan is not None
        if is_array(saved.get("out")) and not versions.written_since(saved["out"], node.order):
            values[node.order] = saved["out"]
        for input, parent in zip(node.plan.inputs, node.parents, strict=True):
            if type(input) is tuple:
                value = saved[input[0]][input[1]] if input[0] in saved else None
            else:
                value = saved.get(input)
            if is_array(value) and parent.order not in values and not versions.written_since(value, node.order):
                values[parent.order] = value
    for tensor in tensors:
        if tensor._node is not None and tensor._node.order not in values and tensor._node.order not in changed:
            values[tensor._node.order] = tensor._content
    return values


def compute_missing(nodes: Iterable[Node], values: dict[int, Any]) -> None:
    """Add the values that nobody kept, computed again from those that are known, where all arguments are.

    nodes  oldest first
    """
    known: Any = ChainMap(values, several := {})
    with no_grad(), np.errstate(all="ignore"):
        for node in nodes:
            if node.order in values or node.plan is None:
                continue
            if type(node.shape) is not tuple:
                if all(type(p.shape) is tuple and np.prod(p.shape, dtype=object) <= LARGEST for p in node.parents):
                    several[node.order] = _again(node, known)
                continue
            if np.prod(node.shape, dtype=object) > LARGEST:
                continue
            value = _again(node, known)
            if is_array(value) and value.shape == node.shape and value.dtype == node.dtype:
                values[node.order] = value


@contextmanager
def restored(nodes: list[Node], values: dict[int, Any]) -> Iterator[Node | None]:
    """Within it nodes that were freed have their saved values again, computed from `values`; the graph is as before.

    Gives the first of those for which that cannot be done.

    nodes  newest first
    """
    freed = [node for node in nodes if node.saved is None]
    known = dict(values)
    if freed:
        with no_grad(), np.errstate(all="ignore"):
            for node in reversed(nodes):
                if node.order not in known and node.plan is not None:
                    value = _again(node, known)
                    if value is not None and isinstance(value, tuple) is (type(node.shape) is not tuple):
                        known[node.order] = value
    try:
        yield next((node for node in freed if not _restore(node, known)), None)
    finally:
        for node in freed:
            node.saved = None


def _restore(node: Node, values: dict[int, Any]) -> bool:
    assert node.plan is not None
    found = still_known(node)
    inputs = dict(zip(node.plan.inputs, node.parents, strict=True))
    for name in node.plan.names:
        base, _, what = name.rpartition("_")
        source = node if name == "out" else inputs.get(name, inputs.get(base))
        if source is not None and source.order in values:
            value = values[source.order]
            found[name] = value if name == "out" or name in inputs else getattr(value, what, None)
    if all(name in found for name in node.plan.names):
        node.saved = tuple([found[name] for name in node.plan.names])
    return node.saved is not None


def _again(node: Node, values: dict[int, Any], told: Mapping[str, Any] = NOTHING) -> Any:
    assert node.plan is not None
    parents = dict(zip(node.plan.inputs, node.parents, strict=True))
    given: list[Any] = []
    named: dict[str, Any] = {}
    for keyword, argument, value in arguments(node, brief=False, told=told):
        if value is UNKNOWN:
            return None
        if value is INPUT:
            value = values.get(parents[argument].order)
            if value is None:
                return None
        if keyword:
            named[keyword] = value
        else:
            given.append(value)
    try:
        value = node.plan.primitive.function(*given, **named)
    except Exception:  # an option that nothing kept was not the default one
        return None
    return value if isinstance(value, tuple) else np.asarray(value)


def lacks_an_array(node: Node) -> str | None:
    """The argument of an operation that is an array, and that no rule needs and so nothing kept: the t in `t - y`."""
    if node.plan is None or node.shape == "several":
        return None
    rules = node.plan.primitive.rules
    missing = [argument for _, argument, value in arguments(node) if value is UNKNOWN]
    return missing[0] if len(missing) == 1 and rules.get(missing[0]) is not None else None


def lost_argument(
    node: Node, values: dict[int, Any], named: Iterable[Any], users: Iterable[Node]
) -> dict[str, Any]:  # fmt: skip
    """That argument, by its name: the one of the arrays with a name that gives just this result, to the last bit.

    Where nobody kept the result, it is what gives the results of its users; it is then known from there on.

    users  the operations that use the result
    """
    argument = lacks_an_array(node)
    if argument is None or not 0 < math.prod(node.shape) <= LARGEST:
        return {}
    out = values.get(node.order)
    with np.errstate(all="ignore"), no_grad():
        for array in named:
            if isinstance(array, np.ndarray) and array.ndim <= len(node.shape) and array.dtype.kind in "fciub":
                again = _again(node, values, {argument: array})
                if again is None or again.shape != node.shape or again.dtype != node.dtype:
                    continue
                if _same(again, out) if out is not None else _fits(again, node, values, users):
                    values[node.order] = again
                    return {argument: array}
    return {}


def _fits(value: Any, node: Node, values: dict[int, Any], users: Iterable[Node]) -> bool:
    """Whether those users of a node whose results are known get them from this value of it; and there are some."""
    known = [user for user in users if user.order in values]
    tried = {**values, node.order: value} if known else {}
    return bool(known) and all(_same(_again(user, tried), values[user.order]) for user in known)


def _same(a: Any, b: Any) -> bool:
    return a is not None and a.dtype == b.dtype and bool(np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))
