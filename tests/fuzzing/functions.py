"""The functions that random programs call: each for arrays (`xp` is NumPy or JAX's) and for duals.

Where a function has a domain, both forms take its argument there first; large numbers are made small again by the
functions that are bounded, and programs that grow beyond that are cut.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from . import naive

Rng = np.random.Generator


class Function(NamedTuple):
    """arity, as code for arrays, as code for duals, and what else it is given, drawn for its arguments' shape."""

    arity: int
    arrays: Callable[..., Any]
    duals: Callable[..., Any]
    options: Callable[[Rng, tuple[int, ...]], dict[str, Any]] = lambda rng, shape: {}
    views: bool = False


def _axis(rng: Rng, shape: tuple[int, ...]) -> dict[str, Any]:
    return {"axis": int(rng.integers(-len(shape), len(shape)))}


def _axes(rng: Rng, shape: tuple[int, ...]) -> dict[str, Any]:
    axis = None if not shape or rng.random() < 0.3 else int(rng.integers(len(shape)))
    return {"axis": axis, "keepdims": bool(rng.random() < 0.5)}


def _factor(rng: Rng, shape: tuple[int, ...]) -> dict[str, Any]:
    return {"factor": [2, -1, 0.5, 3][rng.integers(4)]}


def _mask(rng: Rng, shape: tuple[int, ...]) -> dict[str, Any]:
    return {"condition": rng.random(shape) < 0.5}


def _dtype(rng: Rng, shape: tuple[int, ...]) -> dict[str, Any]:
    return {"dtype": ["float32", "float64"][rng.integers(2)]}


def _new_shape(rng: Rng, shape: tuple[int, ...]) -> dict[str, Any]:
    n = int(np.prod(shape))
    shapes = [(n,), (1, n), (n, 1), (-1,), *([(2, n // 2), (n // 2, 2)] if n % 2 == 0 and n else [])]
    return {"shape": shapes[rng.integers(len(shapes))]}


def _order(rng: Rng, shape: tuple[int, ...]) -> dict[str, Any]:
    return {"axes": tuple(int(a) for a in rng.permutation(len(shape)))}


def _repeats(rng: Rng, shape: tuple[int, ...]) -> dict[str, Any]:
    return {"repeats": int(rng.integers(1, 3)), **_axis(rng, shape)}


def _picked(rng: Rng, shape: tuple[int, ...]) -> dict[str, Any]:
    return {"index": index(rng, shape)}


def index(rng: Rng, shape: tuple[int, ...], basic: bool = False) -> Any:
    """An index of any kind into an array of a shape."""
    kind = rng.integers(4 if basic else 7)
    if kind == 6:
        return rng.random(shape) < 0.5
    if kind == 5 and shape:
        return tuple(rng.integers(0, n, 3) if n else slice(None) for n in shape)
    if kind == 4 and shape and shape[0]:
        return rng.integers(-shape[0], shape[0], int(rng.integers(1, 4)))
    parts: list[Any] = []
    for n in shape[: rng.integers(len(shape) + 1)]:
        if n and rng.random() < 0.3:
            parts.append(int(rng.integers(-n, n)))
        else:
            start, step = int(rng.integers(0, n + 1)), [1, 2, -1, 1][rng.integers(4)]
            parts.append(slice(start if rng.random() < 0.5 else None, None, step))
    if rng.random() < 0.2:
        parts.insert(int(rng.integers(len(parts) + 1)), None)
    if rng.random() < 0.3:
        parts.append(...)
    return tuple(parts)


def _same(x: Any) -> Any:
    return naive.multiply(x, x)


FUNCTIONS: dict[str, Function] = {
    "add": Function(2, lambda xp, x, y: x + y, naive.add),
    "subtract": Function(2, lambda xp, x, y: x - y, naive.subtract),
    "multiply": Function(2, lambda xp, x, y: x * y, naive.multiply),
    "divide": Function(2, lambda xp, x, y: x / (2.0 + y * y), lambda x, y: naive.divide(x, naive.add(_same(y), 2.0))),
    "scale": Function(
        1, lambda xp, x, factor: factor * x, lambda x, factor: naive.multiply(x, naive.dual(factor)), _factor
    ),
    "shift": Function(
        1, lambda xp, x, factor: factor - x, lambda x, factor: naive.subtract(naive.dual(factor), x), _factor
    ),
    "exp": Function(1, lambda xp, x: xp.exp(xp.sin(x)), lambda x: naive.exp(naive.sin(x))),
    "log": Function(1, lambda xp, x: xp.log(x * x + 1.5), lambda x: naive.log(naive.add(_same(x), 1.5))),
    "sqrt": Function(1, lambda xp, x: xp.sqrt(x * x + 0.5), lambda x: naive.root(naive.add(_same(x), 0.5))),
    "sin": Function(1, lambda xp, x: xp.sin(x), naive.sin),
    "cos": Function(1, lambda xp, x: xp.cos(x), naive.cos),
    "tanh": Function(1, lambda xp, x: xp.tanh(x), naive.tanh),
    "arctan": Function(1, lambda xp, x: xp.arctan(x), naive.arctan),
    "square": Function(1, lambda xp, x: xp.square(x), naive.square),
    "cube": Function(1, lambda xp, x: x**3, naive.cube),
    "abs": Function(1, lambda xp, x: abs(x), naive.absolute),
    "relu": Function(1, lambda xp, x: xp.maximum(x, 0), naive.positive_part),
    "maximum": Function(2, lambda xp, x, y: xp.maximum(x, y), naive.maximum),
    "minimum": Function(2, lambda xp, x, y: xp.minimum(x, y), naive.minimum),
    "where": Function(
        2, lambda xp, x, y, condition: xp.where(condition, x, y),
        lambda x, y, condition: naive.where(condition, x, y), _mask,
    ),
    "chosen": Function(
        2, lambda xp, x, y: xp.where(x > y, x * y, y - x),
        lambda x, y: naive.where(x.value > y.value, naive.multiply(x, y), naive.subtract(y, x)),
    ),
    "clip": Function(
        1, lambda xp, x, factor: xp.clip(x, -0.5, abs(factor)),
        lambda x, factor: naive.clipped(x, -0.5, abs(factor)), _factor,
    ),
    "expm1": Function(1, lambda xp, x: xp.expm1(xp.cos(x)), lambda x: naive.expm1(naive.cos(x))),
    "log1p": Function(1, lambda xp, x: xp.log1p(x * x), lambda x: naive.log1p(_same(x))),
    "sigmoid": Function(
        1, lambda xp, x: 1 / (1 + xp.exp(-x)),
        lambda x: naive.reciprocal(naive.add(naive.exp(naive.subtract(0.0, x)), 1.0)),
    ),
    "power": Function(
        2, lambda xp, x, y: (x * x + 1.0) ** xp.tanh(y),
        lambda x, y: naive.exp(naive.multiply(naive.tanh(y), naive.log(naive.add(_same(x), 1.0)))),
    ),
    "matmul": Function(2, lambda xp, x, y: x @ y, naive.matmul),
    "outer": Function(2, lambda xp, x, y: x[..., :, None] * y[..., None, :], naive.outer),
    "sum": Function(1, lambda xp, x, **o: xp.sum(x, **o), naive.total, _axes),
    "mean": Function(1, lambda xp, x, **o: xp.mean(x, **o), naive.mean, _axes),
    "max": Function(1, lambda xp, x, axis: xp.max(x, axis), naive.largest, _axis),
    "min": Function(
        1, lambda xp, x, axis: xp.min(x, axis, keepdims=True), lambda x, axis: naive.smallest(x, axis), _axis
    ),
    "sum of some": Function(
        1, lambda xp, x, condition: xp.sum(x, -1, where=condition),
        naive.linear(lambda x, condition: np.sum(x, -1, where=condition)), _mask,
    ),
    "norm": Function(
        1, lambda xp, x, axis: xp.linalg.norm(x * x + 0.5, axis=axis),
        lambda x, axis: naive.norm(naive.add(_same(x), 0.5), axis), _axis,
    ),
    "sort": Function(1, lambda xp, x, axis: xp.sort(x, axis), naive.ordered, _axis),
    "prod": Function(1, lambda xp, x, axis: xp.prod(x, axis), naive.product, _axis),
    "var": Function(1, lambda xp, x, axis: xp.var(x, axis), naive.variance, _axis),
    "cumsum": Function(1, lambda xp, x, axis: xp.cumsum(x, axis), naive.linear(np.cumsum), _axis),
    "softmax": Function(
        1, lambda xp, x, axis: xp.exp(x) / xp.sum(xp.exp(x), axis, keepdims=True), naive.softmax, _axis
    ),
    "logsumexp": Function(1, lambda xp, x, axis: xp.log(xp.sum(xp.exp(x), axis)), naive.logsumexp, _axis),
    "inv": Function(
        1, lambda xp, x: xp.linalg.inv(x @ xp.swapaxes(x, -1, -2) + 2.0 * xp.eye(x.shape[-2])),
        lambda x: naive.inverse(
            naive.add(naive.matmul(x, naive.linear(np.swapaxes)(x, -1, -2)), 2.0 * np.eye(x.value.shape[-2]))
        ),
    ),
    "concatenate": Function(
        2, lambda xp, x, y, axis: xp.concatenate([x, y], axis), lambda x, y, axis: naive.concatenate([x, y], axis),
        _axis,
    ),
    "stack": Function(2, lambda xp, x, y: xp.stack([x, y]), lambda x, y: naive.stack([x, y], 0)),
    "astype": Function(1, lambda xp, x, dtype: x.astype(dtype), naive.linear(lambda x, dtype: x.astype(dtype)), _dtype),
    "repeat": Function(1, lambda xp, x, **o: xp.repeat(x, **o), naive.linear(np.repeat), _repeats),
    "roll": Function(
        1, lambda xp, x, axis: xp.roll(x, 2, axis), naive.linear(lambda x, axis: np.roll(x, 2, axis)), _axis
    ),
    "pad": Function(
        1, lambda xp, x: xp.pad(x, [(1, 0)] * x.ndim), naive.linear(lambda x: np.pad(x, [(1, 0)] * x.ndim))
    ),
    "tile": Function(1, lambda xp, x: xp.tile(x, 2), naive.linear(lambda x: np.tile(x, 2))),
    "diff": Function(
        1, lambda xp, x, axis: xp.diff(x, axis=axis), naive.linear(lambda x, axis: np.diff(x, axis=axis)),
        _axis,
    ),
    "tril": Function(1, lambda xp, x: xp.tril(x), naive.linear(np.tril)),
    "take": Function(
        1, lambda xp, x, axis: xp.take(x, xp.array([0, -1, 0]), axis),
        naive.linear(lambda x, axis: np.take(x, [0, -1, 0], axis)), _axis,
    ),
    "einsum": Function(
        2, lambda xp, x, y: xp.einsum("...i,...i->...", x, y),
        naive.bilinear(lambda x, y: np.einsum("...i,...i->...", x, y)),
    ),
    "reshape": Function(
        1, lambda xp, x, shape: x.reshape(shape), naive.linear(lambda x, shape: x.reshape(shape)), _new_shape, True
    ),
    "transpose": Function(
        1, lambda xp, x, axes: xp.transpose(x, axes), naive.linear(np.transpose), _order, True
    ),
    "expand_dims": Function(
        1, lambda xp, x, axis: xp.expand_dims(x, axis), naive.linear(np.expand_dims), _axis, True
    ),
    "diagonal": Function(1, lambda xp, x: xp.diagonal(x).copy(), naive.linear(lambda x: np.diagonal(x).copy())),
    "flip": Function(1, lambda xp, x, axis: xp.flip(x, axis), naive.linear(np.flip), _axis, True),
    "getitem": Function(1, lambda xp, x, index: x[index], naive.linear(lambda x, index: x[index]), _picked, True),
}  # fmt: skip
