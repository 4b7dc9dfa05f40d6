"""scipy.integrate's odeint and solve_ivp, differentiable by the initial value, the times and the arguments."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import integrate, optimize

from ..engine.modes import mode
from ..engine.tensor import unwrap
from ..hips.misc.flatten import flatten
from ..numpy.creation import array, asarray
from ..transforms.call import tracked
from ..transforms.implicit import untraced
from ..transforms.tree import leaves
from ..transforms.vectors import Numbers, may_move
from .adjoint import Solver, trajectory

__all__ = ["odeint", "solve_ivp"]


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
    untraced("odeint")
    y0, t = asarray(y0, dtype=float).reshape(-1), asarray(t, dtype=float)
    theta, unflatten = flatten(args if isinstance(args, tuple) else (args,))
    slope, slopes = (_time_last(f, options.get("tfirst")) for f in (func, options.get("Dfun")))
    told: list[Any] | None = [] if options.get("full_output") else None
    options = {name: value for name, value in options.items() if name not in ("tfirst", "full_output")}
    if slopes is not None:
        options["Dfun"] = lambda y, t, theta: unwrap(slopes(y, t, *unflatten(theta)))

    def field(y: Any, t: Any, theta: Any) -> Any:
        return array(slope(y, t, *unflatten(theta)), copy=None)

    made = trajectory("odeint", field, y0, t, theta, _Odeint(options, told))
    return made if told is None else (made, told[0])


def _time_last(func: Any, time_first: Any) -> Any:
    return func if func is None or not time_first else lambda y, t, *args: func(t, y, *args)


class _Odeint:
    """SciPy's odeint; what it tells of the way there is put into the list `told`."""

    def __init__(self, options: dict[str, Any], told: list[Any] | None = None) -> None:
        self.options, self.told = options, told

    def __call__(self, slope: Callable[[Any, Any], Any], y0: Any, t: Any, theta: Any) -> Any:
        take = lambda y, t, theta: slope(y, t)
        if self.told is None:
            return integrate.odeint(take, y0, t, (theta,), **self.options)
        made, info = integrate.odeint(take, y0, t, (theta,), full_output=True, **self.options)
        self.told.append(info)
        return made

    def of_adjoint(self, n: int, more: int) -> Solver:
        return _Odeint(_of_adjoint(self.options, n, more, {"Dfun", "col_deriv", "ml", "mu", "tcrit", "h0"}))


def _of_adjoint(options: dict[str, Any], n: int, more: int, leave: set[str]) -> dict[str, Any]:
    """The options for the adjoint equation, in 2n + more variables, from those for n."""
    kept = {name: value for name, value in options.items() if name not in leave}
    for name in ("rtol", "atol"):
        if np.ndim(kept.get(name, 0)):
            kept[name] = np.concatenate([kept[name], kept[name], np.full(more, np.min(kept[name]))])
    return kept


def solve_ivp(
    fun: Callable[..., Any], t_span: Any, y0: Any, method: Any = "RK45", t_eval: Any = None, dense_output: bool = False,
    events: Any = None, vectorized: bool = False, args: Any = None, **options: Any,
) -> Any:  # fmt: skip
    """As scipy.integrate.solve_ivp: dy/dt = fun(t, y, *args) from y0 at t_span[0] to t_span[1].

    The `y` of the result, an array (size of y0, times), is a differentiable function of the Tensors among y0, `args`,
    t_span and t_eval, by the adjoint equation, which is solved with the same method to the same tolerance: it pays to
    give rtol and atol, for SciPy's are wide (1e-3 and 1e-6). The rest of the result is constant: `sol`, and what
    belongs to events. Within `vmap` the times must be given by t_eval, and there are `t` and `y` alone.

    Raises TypeError if `fun` uses something from outside that is tracked: give it by `args`.

    >>> from autograd.scipy.integrate import solve_ivp
    >>> def end(rate):
    ...     field = lambda t, y, rate: -rate * y
    ...     return solve_ivp(field, (0, 2), np.ones(1), args=(rate,), rtol=1e-9, atol=1e-9).y[0, -1]
    >>> np.allclose([end(0.5), grad(end)(0.5), grad(grad(end))(0.5)], np.exp(-1) * np.array([1, -2, 4]))
    True
    """
    untraced("solve_ivp")
    given = () if args is None else args if isinstance(args, tuple) else (args,)
    more = {"dense_output": dense_output, "vectorized": vectorized, **options}
    if not any(map(may_move, leaves((t_span, y0, t_eval, given)))):
        events = _all_plainly(events)
        return integrate.solve_ivp(_plainly(fun), t_span, y0, method, t_eval, events=events, args=args, **more)
    numbers = Numbers("solve_ivp", given, may_move, objects=False)
    theta, solver = numbers.vector, _SolveIvp(method, options)
    y0, ends = asarray(y0, dtype=float).reshape(-1), [asarray(end, dtype=float) for end in t_span]
    t_eval = None if t_eval is None else asarray(t_eval, dtype=float)

    def field(y: Any, t: Any, theta: Any) -> Any:
        slope = fun(t, y[:, None] if vectorized else y, *numbers.filled(theta))
        return np.reshape(array(slope, copy=None), -1)

    if mode.batch is not None:
        if t_eval is None:
            raise TypeError("solve_ivp: within vmap, expected t_eval, for each example would have times of its own")
        times = np.concatenate([ends[0][None], t_eval])
        states = trajectory("solve_ivp", field, y0, times, theta, solver)
        return optimize.OptimizeResult(t=times[1:], y=states[1:].T)
    found = integrate.solve_ivp(
        _plainly(fun), [float(end) for end in map(unwrap, ends)], unwrap(y0), method, unwrap(t_eval),
        events=_all_plainly(events), args=numbers.filled(unwrap(theta)) or None, **more,
    )  # fmt: skip
    inner = found.t[1:-1] if t_eval is None else t_eval[: len(found.t)]
    parts = [ends[0][None], inner]
    known = found.y.T
    if t_eval is not None:
        known = np.concatenate([unwrap(y0)[None], known])
    elif len(found.t) > 1:  # an event may end it before
        parts.append(ends[1][None] if found.t[-1] == unwrap(ends[1]) else found.t[-1:])
    times = np.concatenate(parts)
    states = trajectory("solve_ivp", field, y0, times, theta, solver, known)
    found.t, found.y = (times, states.T) if t_eval is None else (times[1:], states[1:].T)
    return found


def _plainly(fun: Callable[..., Any]) -> Callable[..., Any]:
    """The function as SciPy gets it. Raises TypeError if it gives what is tracked."""

    @functools.wraps(fun, updated=())
    def plain(*given: Any) -> Any:
        value = fun(*given)
        if any(map(tracked, leaves(value))):
            raise TypeError(
                "solve_ivp: fun uses a tracked tensor from outside; give it by args, so that it gets a gradient"
            )
        return unwrap(value)

    for name in ("terminal", "direction"):  # of an event
        if hasattr(fun, name):
            setattr(plain, name, getattr(fun, name))
    return plain


def _all_plainly(events: Any) -> Any:
    if events is None:
        return None
    return _plainly(events) if callable(events) else [_plainly(event) for event in events]


class _SolveIvp:
    """SciPy's solve_ivp, at given times."""

    def __init__(self, method: Any, options: dict[str, Any]) -> None:
        self.method, self.options = method, options

    def __call__(self, slope: Callable[[Any, Any], Any], y0: Any, t: Any, theta: Any) -> Any:
        if t[0] == t[-1]:
            return np.stack([y0] * len(t))
        found = integrate.solve_ivp(lambda t, y: slope(y, t), (t[0], t[-1]), y0, self.method, t[1:], **self.options)
        if not found.success:
            raise RuntimeError(f"solve_ivp: {found.message}")
        return np.concatenate([y0[None], found.y.T])

    def of_adjoint(self, n: int, more: int) -> Solver:
        leave = {"jac", "jac_sparsity", "lband", "uband", "first_step"}
        return _SolveIvp(self.method, _of_adjoint(self.options, n, more, leave))
