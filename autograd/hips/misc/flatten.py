"""Nested containers as one vector, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...transforms.call import plain
from ...transforms.tree import leaves, rebuild


def flatten(value: Any) -> tuple[Any, Callable[[Any], Any]]:
    """(the elements of all arrays in the containers as one vector, the function that puts such a vector back there).

    Both are differentiable.

    >>> from autograd.misc.flatten import flatten
    >>> vector, unflatten = flatten({"a": 1.0, "b": [np.array([2.0, 3.0])]})
    >>> vector
    array([1., 2., 3.])
    >>> unflatten(2 * vector)
    {'a': np.float64(2.0), 'b': [array([4., 6.])]}
    """
    parts = [part if hasattr(part, "reshape") else np.asarray(part) for part in leaves(value)]
    shapes = [part.shape for part in parts]
    ends = np.cumsum([0, *[int(np.prod(shape)) for shape in shapes]]).tolist()

    def unflatten(vector: Any) -> Any:
        pieces = [vector[a:b].reshape(s) for a, b, s in zip(ends[:-1], ends[1:], shapes, strict=True)]
        return rebuild(value, iter([plain(piece) for piece in pieces]))

    return np.concatenate([part.reshape(-1) for part in parts]) if parts else np.zeros(0), unflatten


def flatten_func(fun: Callable[..., Any], example: Any) -> tuple[Callable[..., Any], Callable[[Any], Any], Any]:
    """(fun as a function of a vector and to a vector, the way back, the example as a vector).

    >>> from autograd.misc.flatten import flatten_func
    >>> flatten_func(lambda p: [2 * p[0], p[1]], [1.0, 2.0])[0](np.array([1.0, 5.0]))
    array([2., 5.])
    """
    vector, unflatten = flatten(example)

    def flat(x: Any, *args: Any) -> Any:
        return flatten(fun(unflatten(x), *args))[0]

    return flat, unflatten, vector
