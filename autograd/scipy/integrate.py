"""scipy.integrate.odeint, differentiable by the initial value, the times and the arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import integrate

from ..engine.declare import primitive
from ..engine.tensor import unwrap
from ..hips.misc.flatten import flatten
from ..numpy.creation import array, asarray
from ..transforms.call import tracked
from ..transforms.products import vjp


def odeint(func: Callable[..., Any], y0: Any, t: Any, args: Any = (), **options: Any) -> Any:
    """The solution of dy/dt = func(y, t, *args) with y(t[0]) = y0 at the times t: an array (times, size of y0).

    Options (rtol, atol, mxstep, …) are those of scipy.integrate.odeint. Gradients come from the adjoint equation,
    solved backwards from time to time (Chen et al., "Neural ordinary differential equations", 2018, appendix B), to the
    same tolerance.

    Raises TypeError if `func` uses something from outside that is tracked: give it by `args`.

    >>> from autograd.scipy.integrate import odeint
    >>> end = lambda rate: odeint(lambda y, t, rate: -rate * y, np.ones(1), np.array([0.0, 2.0]), (rate,))[1, 0]
    >>> np.allclose([end(0.5), grad(end)(0.5)], [np.exp(-1), -2 * np.exp(-1)])
    True
    """
    y0, t = asarray(y0, dtype=float).reshape(-1), asarray(t, dtype=float)
    theta, unflatten = flatten(args if isinstance(args, tuple) else (args,))

    def field(y: Any, t: Any, theta: Any) -> Any:
        return array(func(y, t, *unflatten(theta)), copy=None)

    return _odeint(np.concatenate([y0, t, theta]), len(y0), len(t), field, options)


def _solve(given: Any, n: int, m: int, field: Callable[..., Any], options: dict[str, Any]) -> Any:
    def slope(y: Any, t: Any, theta: Any) -> Any:
        value = field(y, t, theta)
        if tracked(value):
            raise TypeError(
                "odeint: func uses a tracked tensor from outside; give it by args, so that it gets a gradient"
            )
        return unwrap(value)

    y0, t, theta = given[:n], given[n : n + m], given[n + m :]
    return integrate.odeint(slope, y0, t, (theta,), **options)


def _gradient(g: Any, given: Any, out: Any, n: int, m: int, field: Callable[..., Any], options: dict[str, Any]) -> Any:
    """The gradient of everything given at once: the initial value, the times, the arguments."""
    t, theta = given[n : n + m], given[n + m :]

    def adjoint(state: Any, t: Any, theta: Any) -> Any:
        """d/dt of the solution, of the gradient by it, and of the gradient by the arguments."""
        slope, pull = vjp(lambda y, theta: field(y, t, theta), state[:n], theta)
        return np.concatenate([slope, *pull(-state[n : 2 * n])])

    by_y, by_theta = g[m - 1], theta * 0
    by_t: list[Any] = []
    for i in range(m - 1, 0, -1):
        by_t.append(g[i] @ field(out[i], t[i], theta))
        start = np.concatenate([out[i], by_y, by_theta])
        state = odeint(adjoint, start, np.stack([t[i], t[i - 1]]), (theta,), **options)[1]
        by_y, by_theta = state[n : 2 * n], state[2 * n :]
        if i > 1:
            by_y = by_y + g[i - 1]
    by_t.append(-(by_y @ field(out[0], t[0], theta)) if m > 1 else t[0] * 0)
    by_y = by_y + g[0] if m > 1 else by_y
    return np.concatenate([by_y, np.stack(by_t[::-1]), by_theta])


_odeint = primitive(_solve, name="odeint", given=_gradient)
