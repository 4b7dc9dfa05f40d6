"""Solutions of equations, differentiated at the solution and not through the way there.

Where F(z, θ) = 0 says what z is, dz/dθ = -(∂F/∂z)⁻¹ ∂F/∂θ, by the implicit function theorem. The rule says it with
functions that have derivatives, so that it can be differentiated in turn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.declare import primitive
from ..engine.modes import mode
from ..engine.tensor import unwrap
from .call import tracked
from .jacobians import jacobian
from .products import vjp
from .vectors import Numbers, may_move

Residual = Callable[[Any, Any], Any]


class Equation:
    """What is solved, for which z, and given what.

    who   whose it is, for errors
    args  what it is given, in containers
    find  find(start, args): a solution, a vector, as plain floats; it may note in `told` what is known besides
    at    at(solution, args): a point z that begins with the solution, and the function F(z, args) that is zero there.
          Both of it may be tracked
    told  what `find` noted of the solution last found
    found what it found already
    """

    def __init__(
        self, who: str, args: Any, find: Callable[[Any, Any], Any], at: Callable[[Any, Any], tuple[Any, Residual]]
    ) -> None:  # fmt: skip
        self.who = who
        self.given = Numbers(who, args, may_move, objects=False)
        self.find = find
        self.at = at
        self.told: Any = None
        self.found: Any = None

    def solution(self, start: Any) -> Any:
        """A solution, found from this start: joined to what of `args` is tracked."""
        untraced(self.who)
        theta, self.given.vector = self.given.vector, None
        if self.alone:  # before the operation that says so, to which errors of the user's function do not belong
            self.found = self.find(unwrap(start), self.given.filled(unwrap(theta)))
        return _solution(theta, start, self)

    @property
    def alone(self) -> bool:
        """Whether what is told belongs to the solution: not so for many examples at once."""
        return mode.batch is None

    def pull(self, g: Any, theta: Any, out: Any) -> Any:
        """The gradient by what is given, for one by the solution."""
        z, residual = self.at(out, self.given.filled(theta))

        def twice(z: Any) -> Any:
            value = residual(z, self.given.filled(theta))
            return value, value

        slope, value = jacobian(twice, has_aux=True)(z)
        self.check(unwrap(slope), unwrap(value), unwrap(z))
        more = z.size - out.size
        w = np.linalg.solve(slope.T, np.concatenate([g, np.zeros(more)]) if more else g)
        return vjp(lambda theta: residual(z, self.given.filled(theta)), theta)[1](-w)[0]

    def check(self, slope: Any, value: Any, z: Any) -> None:
        """Raise where the solution has no derivative, or is none."""
        from scipy.linalg import lapack

        lu, pivots, info = lapack.dgetrf(np.asarray(slope, float))
        inverse_condition = 0.0 if info else lapack.dgecon(lu, np.abs(slope).sum(0).max(initial=0.0))[0]
        if z.size and not inverse_condition > np.finfo(float).eps:
            raise np.linalg.LinAlgError(
                f"{self.who}: the system of {z.size} equations for the derivative is singular at the solution, so this "
                f"is no differentiable function of args there: a change of args moves it without bound, or it is one "
                f"of many solutions; a term that makes it unique helps, such as a small multiple of (x**2).sum()"
            )
        step = lapack.dgetrs(lu, pivots, np.asarray(value, float))[0] if z.size else np.zeros(1)
        if not np.abs(step).max() <= _NEAR * (1 + np.abs(z).max(initial=0.0)):
            raise RuntimeError(
                f"{self.who}: what was found is no solution, for a step of Newton's method from there is of size "
                f"{np.abs(step).max():.1g}, so it has no derivative; see the result's message, and give a smaller tol, "
                f"or more iterations"
            )


_NEAR = 1e-2  # of a solution's size: how far it may be from the exact one


def plainly(who: str, value: Any) -> Any:
    """A value that SciPy gets. Raises TypeError if it is tracked."""
    if tracked(value):
        raise TypeError(
            f"{who}: the function uses a tensor from outside that requires a gradient; give it by args, so that it "
            f"gets one (of a module its parameters, for functional_call), or call {who} within no_grad()"
        )
    return unwrap(value)


def _find(theta: Any, start: Any, equation: Equation) -> Any:
    found, equation.found = equation.found, None
    if found is not None:
        return found
    return whole(lambda theta, start: equation.find(start, equation.given.filled(theta)), theta, start)


def _pull(g: Any, theta: Any, out: Any, equation: Equation) -> Any:
    untraced(equation.who)
    return whole(equation.pull, g, theta, out)


def untraced(who: str) -> None:
    """End a trace: what the function does next depends on what it gave before."""
    if mode.trace is not None:
        mode.trace.fail(f"{who} calls the function until it is content, which is no program of one length")


def whole(function: Callable[..., Any], *values: Any) -> Any:
    """Run a function of arrays for one example at a time."""
    for value in values:
        np.asarray(unwrap(value))  # of many examples this raises what has it run for each
    before, mode.batch = mode.batch, None
    try:
        return function(*values)
    finally:
        mode.batch = before


_solution = primitive(_find, name="solution", start=None, theta=_pull)
