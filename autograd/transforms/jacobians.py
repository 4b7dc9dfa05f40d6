"""All derivatives as one array: the Jacobian, by rows or by columns, and the Hessian."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..engine.tensor import Tensor, wrap
from .call import Call, name_of, tracked
from .products import pushforward
from .shared import Function, argnum, one, transform
from .tree import rebuild


@argnum
def jacobian(fun: Function, argnums: Any = 0) -> Function:
    """All derivatives of `fun`: an array of the result's shape followed by the argument's.

    For a result of several arrays, in containers, each stands for one such array (or for a container of them, if the
    argument is one). `fun` is called once; then there is one pass for each element of the result, or of the argument
    where those are far fewer. Raises TypeError if the argument holds nothing to differentiate by.

    >>> jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """

    return transform("jacobian", fun, argnums, functools.partial(_derivatives, "jacobian", argnums))


def _derivatives(who: str, argnums: Any, call: Call) -> Any:
    for out in call.outs:
        if out is not None and not isinstance(out, Tensor) and np.asarray(out).dtype.kind not in "fciub":
            raise TypeError(f"{who}: expected a function that gives numbers or arrays, got {type(out).__name__}")
    blocks = [one(argnums, call.gradients(_jacobian(call, out, call.joined))) for out in call.outs]
    return rebuild(call.result, iter(blocks))


@argnum
def hessian(fun: Function, argnums: Any = 0) -> Function:
    """All second derivatives of `fun`: the Jacobian of its Jacobian.

    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    derive = functools.partial(_derivatives, "hessian", argnums)
    slopes = transform("hessian", fun, argnums, derive)
    slopes.__name__ = name_of(fun)

    def outer(call: Call) -> Any:
        call.warned = True  # slopes that do not move are those of a linear function, and no mistake
        return derive(call)

    derived = transform("hessian", slopes, argnums, outer)
    return derived


def _jacobian(call: Call, out: Any, create_graph: bool) -> list[Tensor]:
    """For each point the derivatives of one result."""
    data = np.asarray(out) if not isinstance(out, Tensor) else out._data
    shape, n = data.shape, sum(point.size for point in call.points)
    real = all(value.dtype.kind == "f" for value in (data, *call.points))
    if not tracked(out):
        call.warn_independent()
        return [wrap(np.zeros_like(point._data, shape=shape + point.shape)) for point in call.points]
    if 3 * n < data.size and real:
        return _columns(call, out, create_graph)
    rows = [call.pull([out], [seed], True, create_graph) for seed in _units(out)]
    return [_joined(list(parts), 0, out, point) for parts, point in zip(_turned(rows, call), call.points, strict=True)]


def _columns(call: Call, out: Any, create_graph: bool) -> list[Tensor]:
    push = pushforward(call, out)
    blocks = []
    for i, point in enumerate(call.points):
        none = [np.zeros_like(other._data) for other in call.points]
        parts = [push([*none[:i], unit, *none[i + 1 :]], create_graph) for unit in _units(point)]
        blocks.append(_joined(parts, -1, out, point))
    return blocks


def _units(value: Tensor) -> Any:
    """For each element an array of the shape of `value` that is 1 there and else 0."""
    for k in range(value.size):
        unit = np.zeros(value.shape, value.dtype)
        unit[np.unravel_index(k, value.shape)] = 1
        yield unit


def _turned(rows: list[list[Tensor]], call: Call) -> list[list[Tensor]]:
    return [[row[i] for row in rows] for i in range(len(call.points))]


def _joined(parts: list[Tensor], axis: int, out: Tensor, point: Tensor) -> Tensor:
    """The rows or columns as one array of the shape of the result and then of the argument."""
    shape = out.shape + point.shape
    if not parts:
        return wrap(np.zeros_like(point._data, shape=shape))
    if not any(map(tracked, parts)):
        return wrap(np.stack([part._data for part in parts], axis).reshape(shape))
    joined: Tensor = np.stack(parts, axis).reshape(shape)  # type: ignore[assignment, call-overload]
    return joined
