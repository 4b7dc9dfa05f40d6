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

    Options (rtol, atol, mxstep, tfirst, …) are those of scipy.integrate.odeint; with full_output the result is a pair,
    of that array and the dict. Gradients come from the adjoint equation, solved backwards from time to time (Chen et
    al., "Neural ordinary differential equations", 2018, appendix B), to the same tolerance. What is said of the
    equation itself, its Jacobian `Dfun`, the bands `ml` and `mu` of that, `tcrit` and `h0`, serves its solution alone.

    Raises TypeError if `func` uses something from outside that is tracked: give it by `args`.

    >>> from autograd.scipy.integrate import odeint
    >>> end = lambda rate: odeint(lambda y, t, rate: -rate * y, np.ones(1), np.array([0.0, 2.0]), (rate,))[1, 0]
    >>> np.allclose([end(0.5), grad(end)(0.5)], [np.exp(-1), -2 * np.exp(-1)])
    True
    """
    y0, t = asarray(y0, dtype=float).reshape(-1), asarray(t, dtype=float)
    theta, unflatten = flatten(args if isinstance(args, tuple) else (args,))
    slope, slopes = (_time_last(f, options.get("tfirst")) for f in (func, options.get("Dfun")))
    told: list[Any] | None = [] if options.get("full_output") else None
    options = {name: value for name, value in options.items() if name not in ("tfirst", "full_output")}
    if slopes is not None:
        options["Dfun"] = lambda y, t, theta: unwrap(slopes(y, t, *unflatten(theta)))

    def field(y: Any, t: Any, theta: Any) -> Any:
        return array(slope(y, t, *unflatten(theta)), copy=None)

    made = _odeint(np.concatenate([y0, t, theta]), len(y0), len(t), field, options, told)
    return made if told is None else (made, told[0])


def _time_last(func: Any, time_first: Any) -> Any:
    return func if func is None or not time_first else lambda y, t, *args: func(t, y, *args)


def _solve(given: Any, n: int, m: int, field: Callable[..., Any], options: dict[str, Any], told: Any = None) -> Any:
    """The solution; what SciPy tells of the way there is put into the list `told`."""

    def slope(y: Any, t: Any, theta: Any) -> Any:
        value = field(y, t, theta)
        if tracked(value):
            raise TypeError(
                "odeint: func uses a tracked tensor from outside; give it by args, so that it gets a gradient"
            )
        return unwrap(value)

    y0, t, theta = given[:n], given[n : n + m], given[n + m :]
    if told is None:
        return integrate.odeint(slope, y0, t, (theta,), **options)
    made, info = integrate.odeint(slope, y0, t, (theta,), full_output=True, **options)
    told.append(info)
    return made


def _gradient(g: Any, given: Any, out: Any, n: int, m: int, field: Callable[..., Any], options: dict[str, Any]) -> Any:
    """The gradient of everything given at once: the initial value, the times, the arguments."""
    t, theta = given[n : n + m], given[n + m :]

    def adjoint(state: Any, t: Any, theta: Any) -> Any:
        """d/dt of the solution, of the gradient by it, and of the gradient by the arguments."""
        slope, pull = vjp(lambda y, theta: field(y, t, theta), state[:n], theta)
        return np.concatenate([slope, *pull(-state[n : 2 * n])])

    options = _of_adjoint(options, n, len(theta))
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


def _of_adjoint(options: dict[str, Any], n: int, more: int) -> dict[str, Any]:
    """The options for the adjoint equation, in 2n + more variables, from those for n."""
    kept = {k: v for k, v in options.items() if k not in ("Dfun", "col_deriv", "ml", "mu", "tcrit", "h0")}
    for name in ("rtol", "atol"):
        if np.ndim(kept.get(name, 0)):
            kept[name] = np.concatenate([kept[name], kept[name], np.full(more, np.min(kept[name]))])
    return kept


_odeint = primitive(_solve, name="odeint", given=_gradient)
