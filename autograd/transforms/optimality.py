"""What makes a point a minimum: the equations by which it is differentiated.

Where no bound and no constraint is in the way the gradient is zero. Else it is a combination of those of the ones that
are: the conditions of Karush, Kuhn and Tucker (J. Nocedal and S. Wright, Numerical Optimization, 2006,
theorem 12.1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.tensor import unwrap
from .gradients import grad
from .jacobians import jacobian

Objective = Callable[[Any, Any], Any]
"""A function of a vector and of what is given besides."""


class Problem:
    """A function of a vector that is to be minimized.

    low, high  bounds of each element
    limits     a function whose elements are to be 0, or 0 and more
    equal      which of these are to be 0: without constraints it is empty
    """

    def __init__(self, fun: Objective, low: Any, high: Any, limits: Objective, equal: Any) -> None:
        self.fun, self.low, self.high = fun, low, high
        self.limits, self.equal = limits, equal

    def at(self, x: Any, args: Any) -> tuple[Any, Callable[[Any, Any], Any]]:
        """The minimum together with the multipliers of the constraints that hold it, and what is zero there."""
        point = unwrap(x)
        n = len(point)
        rows, free = self._held(point, args)
        multipliers = self._multipliers(x, args, rows, free)

        def residual(z: Any, args: Any) -> Any:
            x = z[:n]
            slope = grad(lambda x: self._lagrangian(x, z[n:], args, rows))(x)
            slope = slope if free.all() else np.where(free, slope, x - point)
            if not len(rows):
                return slope
            return np.concatenate([slope, self.limits(x, args)[rows]])

        return (x if multipliers is None else np.concatenate([x, multipliers])), residual

    def _lagrangian(self, x: Any, multipliers: Any, args: Any, rows: Any) -> Any:
        value = self.fun(x, args)
        if not len(rows):
            return value
        return np.reshape(value, ()) - multipliers @ self.limits(x, args)[rows]

    def _multipliers(self, x: Any, args: Any, rows: Any, free: Any) -> Any:
        """How much each of these constraints holds: by least squares, which has a derivative."""
        if not len(rows):
            return None
        slopes = jacobian(lambda x: self.limits(x, args)[rows])(x)[:, free]
        if np.linalg.matrix_rank(unwrap(slopes)) < len(rows):
            raise np.linalg.LinAlgError(
                f"minimize: the system for the derivative is singular, for of the {len(rows)} constraints that hold "
                f"the minimum one follows from the others there; leave out what is said twice"
            )
        return np.linalg.solve(slopes @ slopes.T, slopes @ grad(self.fun)(x, args)[free])

    def _held(self, x: Any, args: Any) -> tuple[Any, Any]:
        """Which constraints hold the minimum, and which elements no bound holds."""
        slope = unwrap(grad(self.fun)(x, args))
        near_low = _near(x, self.low)
        near_high = _near(x, self.high)
        inside = ~(near_low | near_high)
        rows: Any = np.zeros(0, int)
        if len(self.equal):
            value, slopes = unwrap(self.limits(x, args)), unwrap(jacobian(self.limits)(x, args))
            rows = np.nonzero(self.equal | (value <= _AT * np.maximum(1, np.abs(x).max(initial=0))))[0]
            while len(rows):
                by = np.linalg.lstsq(slopes[rows][:, inside].T, slope[inside], rcond=None)[0]
                loose = np.where(self.equal[rows], np.inf, by)
                if not loose.min() <= _AT * np.abs(slope).max(initial=0):
                    slope = slope - by @ slopes[rows]
                    break
                rows = np.delete(rows, loose.argmin())
        held = (self.low == self.high) | (near_low & (slope > 0)) | (near_high & (slope < 0))
        return rows, ~held


def _near(x: Any, bound: Any) -> Any:
    """Which elements lie at a bound, if it is one."""
    return np.isfinite(bound) & (np.abs(x - bound) <= _AT * np.maximum(1, np.abs(x)))


_AT = 1e-6  # how near a bound, and 0, a solver comes
