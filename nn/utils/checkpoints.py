"""A chain of modules or functions, of which only what goes from one part to the next is kept for the backward pass."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from autograd import checkpoint


def checkpoint_sequential(functions: Iterable[Callable[[Any], Any]] | Any, segments: int, input: Any) -> Any:
    """The result of a chain, in so many parts of as many each: all but the last run again in the backward pass.

    functions  one after the other, or a module with such children
    segments   how many parts; with about the root of the number of functions the least is kept (Chen et al. 2016)

    >>> import numpy as np
    >>> from autograd import Tensor
    >>> x = Tensor([1.0], requires_grad=True)
    >>> checkpoint_sequential([np.exp, np.sin, np.cos], 2, x).sum().backward()
    >>> x.grad.tolist() == [float(-np.sin(np.sin(np.e)) * np.cos(np.e) * np.e)]
    True
    """
    parts = list(functions.children() if hasattr(functions, "children") else functions)
    size = max(len(parts) // segments, 1)
    last = size * (segments - 1)

    def chain(start: int, end: int | None, x: Any) -> Any:
        return functools.reduce(lambda value, part: part(value), parts[start:end], x)

    for start in range(0, last, size):
        input = checkpoint(functools.partial(chain, start, start + size))(input)
    return chain(last, None, input)
