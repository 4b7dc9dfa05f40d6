"""The solution of a differential equation, differentiated by the adjoint equation.

The gradient by the state is carried back from time to time by dλ/dt = -λ ∂f/∂y, and what it meets on the way adds up to
the gradient by the arguments (R. Chen et al., "Neural ordinary differential equations", 2018, appendix B). The adjoint
equation is solved by the same method to the same tolerance, and is recorded, so its solution has derivatives too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

from ..engine.declare import primitive
from ..engine.tensor import Tensor, unwrap
from ..transforms.call import tracked
from ..transforms.implicit import untraced, whole
from ..transforms.products import vjp

Field = Callable[[Any, Any, Any], Any]
"""dy/dt as a function of the state, the time, and the vector of what is given besides."""


class Solver(Protocol):
    """What solves an equation."""

    def __call__(self, slope: Callable[[Any, Any], Any], y0: Any, t: Any, theta: Any) -> Any:
        """The states at these times, one after the other; y0 at the first."""

    def of_adjoint(self, n: int, more: int) -> Solver:
        """The one for the adjoint equation: of the state, its gradient, and that of so many arguments."""


class Equation(NamedTuple):
    """dy/dt = field, of n numbers at m times."""

    who: str
    n: int
    m: int
    field: Field
    solver: Solver

    def slope(self, y: Any, t: Any, theta: Any) -> Any:
        """The field as SciPy gets it. Raises TypeError if it is tracked."""
        value = self.field(y, t, theta)
        if tracked(value):
            raise TypeError(
                f"{self.who}: func uses a tracked tensor from outside; give it by args, so that it gets a gradient"
            )
        return unwrap(value)


def trajectory(who: str, field: Field, y0: Any, t: Any, theta: Any, solver: Solver, known: Any = None) -> Any:
    """The states at the times t, an array (times, numbers), differentiable by all that is given.

    known  the states, if they have been found
    """
    untraced(who)
    return _trajectory(np.concatenate([y0, t, theta]), Equation(who, len(y0), len(t), field, solver), known)


def _solve(given: Any, equation: Equation, known: Any) -> Any:
    if known is not None:
        return known

    def solve(given: Any) -> Any:
        n, m = equation.n, equation.m
        y0, t, theta = given[:n], given[n : n + m], given[n + m :]
        return equation.solver(lambda y, t: equation.slope(y, t, theta), y0, t, theta)

    return whole(solve, given)


def _gradient(g: Any, given: Any, out: Any, equation: Equation) -> Any:
    """The gradient of everything given at once: the initial value, the times, the arguments."""
    who, n, m, field, solver = equation
    t, theta = given[n : n + m], given[n + m :]
    recorded = isinstance(g, Tensor)

    def moving(i: int) -> Any:
        value = field(out[i], t[i], theta)
        return value if recorded else unwrap(value)

    def adjoint(state: Any, t: Any, theta: Any) -> Any:
        """d/dt of the solution, of the gradient by it, and of the gradient by the arguments."""
        slope, pull = vjp(lambda y, theta: field(y, t, theta), state[:n], theta)
        return np.concatenate([slope, *pull(-state[n : 2 * n])])

    back = solver.of_adjoint(n, len(theta))
    wanted = np.ones(m, bool) if recorded else np.any(g != 0, axis=1)  # recorded, it may be another one
    by_y, by_theta = g[m - 1], theta * 0
    by_t: list[Any] = [t[0] * 0] * m
    at = m - 1
    for i in range(m - 2, -1, -1):
        if i and not wanted[i]:
            continue
        by_t[at] = g[at] @ moving(at) if wanted[at] else by_t[at]
        start = np.concatenate([out[at], by_y, by_theta])
        state = trajectory(who, adjoint, start, np.stack([t[at], t[i]]), theta, back)[1]
        by_y, by_theta = state[n : 2 * n], state[2 * n :]
        if not i:
            by_t[0] = -(by_y @ moving(0))
        by_y = by_y + g[i]
        at = i
    return np.concatenate([by_y, np.stack(by_t), by_theta])


_trajectory = primitive(_solve, name="trajectory", given=_gradient)
