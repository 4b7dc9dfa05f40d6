"""Plain descent for a gradient function of nested containers: optimizer(grad, x0, callback, ...) -> x.

`grad` is called with the parameters and the number of the iteration, `callback` with both and the gradient. (The
package `optim` has optimizers for modules.)
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .flatten import flatten

Step = Callable[[Any, int], Any]  # of the gradient and the number of the iteration: the change


def unflatten_optimizer(optimize: Callable[..., Any]) -> Callable[..., Any]:
    """Of an optimizer of a vector, optimize(grad, x0, callback, ...), the one of nested containers.

    >>> from autograd.misc.optimizers import unflatten_optimizer
    >>> @unflatten_optimizer
    ... def one_step(grad, x, callback=None, step=0.5):
    ...     return x - step * grad(x, 0)
    >>> one_step(lambda p, i: {"a": 2 * p["a"]}, {"a": np.array([1.0, 2.0])})
    {'a': array([0., 0.])}
    """

    @functools.wraps(optimize)
    def of_containers(
        grad: Callable[..., Any], x0: Any, callback: Callable[..., Any] | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        if not callable(grad):
            raise TypeError(
                f"optimizers: expected the gradient as a function of (x, i), got {type(grad).__name__}; "
                f"autograd.grad gives one"
            )
        x, unflatten = flatten(x0)

        def of_vector(x: Any, i: int) -> Any:
            return flatten(grad(unflatten(x), i))[0]

        def shown(x: Any, i: int, g: Any) -> None:
            if callback is not None:
                callback(unflatten(x), i, unflatten(g))

        return unflatten(optimize(of_vector, x, shown if callback else None, *args, **kwargs))

    return of_containers


@unflatten_optimizer
def _descend(grad: Callable[..., Any], x: Any, callback: Callable[..., Any] | None, n: int, step: Step) -> Any:
    for i in range(n):
        g = grad(x, i)
        if callback is not None:
            callback(x, i, g)
        x = x + step(g, i)
    return x


def sgd(
    grad: Callable[..., Any], x: Any, callback: Callable[..., Any] | None = None, num_iters: int = 200,
    step_size: float = 0.1, mass: float = 0.9,
) -> Any:  # fmt: skip
    """Stochastic gradient descent with momentum.

    >>> from autograd.misc.optimizers import sgd
    >>> sgd(lambda x, i: 2 * (x - 3.0), np.zeros(2)).round(3)
    array([3., 3.])
    """
    velocity: Any = 0.0

    def step(g: Any, i: int) -> Any:
        nonlocal velocity
        velocity = mass * velocity - (1.0 - mass) * g
        return step_size * velocity

    return _descend(grad, x, callback, num_iters, step)


def rmsprop(
    grad: Callable[..., Any], x: Any, callback: Callable[..., Any] | None = None, num_iters: int = 100,
    step_size: float = 0.1, gamma: float = 0.9, eps: float = 1e-8,
) -> Any:  # fmt: skip
    """Descent by the gradient over the root of its mean square (Tieleman and Hinton, 2012).

    >>> from autograd.misc.optimizers import rmsprop
    >>> abs(rmsprop(lambda x, i: 2 * (x - 3.0), np.zeros(2)) - 3).max() < 0.2
    np.True_
    """
    square: Any = 1.0

    def step(g: Any, i: int) -> Any:
        nonlocal square
        square = gamma * square + (1 - gamma) * g**2
        return -step_size * g / (np.sqrt(square) + eps)

    return _descend(grad, x, callback, num_iters, step)


def adam(
    grad: Callable[..., Any], x: Any, callback: Callable[..., Any] | None = None, num_iters: int = 100,
    step_size: float = 0.001, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8,
) -> Any:  # fmt: skip
    """Adam (Kingma and Ba, 2015, https://arxiv.org/abs/1412.6980).

    >>> from autograd.misc.optimizers import adam
    >>> abs(adam(lambda x, i: 2 * (x - 3.0), np.zeros(2), num_iters=500, step_size=0.1) - 3).max() < 1e-2
    np.True_
    """
    mean: Any = 0.0
    square: Any = 0.0

    def step(g: Any, i: int) -> Any:
        nonlocal mean, square
        mean = b1 * mean + (1 - b1) * g
        square = b2 * square + (1 - b2) * g**2
        return -step_size * (mean / (1 - b1 ** (i + 1))) / (np.sqrt(square / (1 - b2 ** (i + 1))) + eps)

    return _descend(grad, x, callback, num_iters, step)
