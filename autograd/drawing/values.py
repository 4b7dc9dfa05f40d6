"""The values that somebody still holds, by the place in the graph where they belong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .. import versions
from ..graph import Leaf, Node
from ..modes import no_grad
from ..tensor import Tensor
from .expressions import INPUT, UNKNOWN, arguments, is_array, saved_values

LARGEST = 100_000
"""A value of more elements than this is not computed again."""


def known_values(nodes: Iterable[Node], tensors: Iterable[Tensor]) -> dict[int, Any]:
    """By the order of the node: what was saved, and what leaves and `tensors` hold; not what was overwritten since."""
    values: dict[int, Any] = {}
    for node in nodes:
        if isinstance(node, Leaf):
            if (tensor := node.tensor()) is not None:
                values[node.order] = tensor._data
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
        if tensor._node is not None and tensor._node.order not in values:
            values[tensor._node.order] = tensor._data
    return values


def compute_missing(nodes: Iterable[Node], values: dict[int, Any]) -> None:
    """Add the values that nobody kept, computed again from those that are known, where all arguments are.

    nodes  oldest first
    """
    with no_grad(), np.errstate(all="ignore"):
        for node in nodes:
            if node.order in values or node.plan is None or type(node.shape) is not tuple:
                continue
            if np.prod(node.shape, dtype=object) > LARGEST:
                continue
            value = _again(node, values)
            if is_array(value) and value.shape == node.shape and value.dtype == node.dtype:
                values[node.order] = value


def _again(node: Node, values: dict[int, Any]) -> Any:
    assert node.plan is not None
    if node.plan.primitive.name == "output" or node.saved is None:
        return None
    parents = dict(zip(node.plan.inputs, node.parents, strict=True))
    given: list[Any] = []
    named: dict[str, Any] = {}
    for keyword, argument, value in arguments(node, brief=False):
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
        return np.asarray(node.plan.primitive.function(*given, **named))
    except Exception:  # an option that nothing kept was not the default one
        return None


SOLVED: dict[tuple[str, str], Callable[[Any, Any], Any]] = {
    ("add", "x"): lambda out, other: out - other, ("add", "y"): lambda out, other: out - other,
    ("subtract", "x"): lambda out, other: out + other, ("subtract", "y"): lambda out, other: other - out,
    ("divide", "x"): lambda out, other: out * other,
}  # fmt: skip
"""For an operation, and the argument of it that nothing kept: that argument, from the result and the other one."""

DIGITS = 6


def wants_its_input(node: Node, values: dict[int, Any]) -> bool:
    """Whether it takes only the value of its input to tell the number that it was given."""
    if node.order not in values or len(node.parents) != 1 or node.parents[0].order in values:
        return False
    assert node.plan is not None
    missing = [argument for _, argument, value in arguments(node) if value is UNKNOWN]
    return len(missing) == 1 and (node.name, missing[0]) in SOLVED


def lost_argument(node: Node, values: dict[int, Any], named: Iterable[Any]) -> dict[str, Any]:
    """What no rule needs and so nothing kept, by the argument's name: the 1 in `1 - y`, or the t in `t - y`.

    It is told where both the result and the other argument are known, by what gives just this result, to the last bit:
    one of the arrays with a name, if it has different elements, or else the number of the fewest digits, and of no more
    than `DIGITS`.
    """
    if node.plan is None or len(node.parents) != 1:
        return {}
    out, other = values.get(node.order), values.get(node.parents[0].order)
    missing = [argument for _, argument, value in arguments(node) if value is UNKNOWN]
    if len(missing) != 1 or not isinstance(out, np.ndarray) or not 0 < out.size <= LARGEST or out.dtype.kind != "f":
        return {}
    argument, ufunc = missing[0], node.plan.primitive.function
    saved = saved_values(node)
    if node.name == "setitem" and argument == "value":
        return _the_one(argument, out[saved["index"]])
    if node.name == "where" and argument in ("x", "y"):
        condition = np.broadcast_to(np.asarray(saved["condition"], bool), out.shape)
        return _the_one(argument, out[condition if argument == "x" else ~condition])
    solve = SOLVED.get((node.name, argument))
    if solve is None or not isinstance(other, np.ndarray):
        return {}

    def fits(value: Any) -> bool:
        again = ufunc(other, value) if argument == "y" else ufunc(value, other)
        return again.dtype == out.dtype and np.array_equal(again, out, equal_nan=True)

    with np.errstate(all="ignore"):
        for array in named:
            if _differs(array, out) and fits(array):
                return {argument: array}
        at = np.argmin(np.abs(np.where(np.isfinite(out), other, np.inf)))  # where the least is lost to rounding
        guess = float(solve(out, np.broadcast_to(other, out.shape)).flat[at])
        for digits in range(1, DIGITS + 1):
            number = float(f"{guess:.{digits}g}")
            if number and fits(number):
                return {argument: number}
    return {}


def _the_one(argument: str, piece: Any) -> dict[str, Any]:
    """The number that all elements of a piece of the result are."""
    piece = np.asarray(piece)
    return {argument: piece.flat[0].item()} if piece.size and (piece == piece.flat[0]).all() else {}


def _differs(array: Any, out: np.ndarray[Any, Any]) -> bool:
    """Whether it is an array that could go into this result, and that no single number could be taken for."""
    if (
        not isinstance(array, np.ndarray)
        or array.dtype.kind not in "fiu"
        or array.shape not in (out.shape, out.shape[1:])
    ):
        return False
    return bool((array != array.flat[0]).any())
