"""Roots, fixed points and minima from scipy.optimize, differentiable by what the function is given besides.

By the implicit function theorem the derivative is that of a linear system at the solution, whatever led there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import optimize

from ..engine.tensor import unwrap
from ..transforms.implicit import Equation, plainly
from ..transforms.jacobians import jacobian
from ..transforms.minimize import minimize, result_of
from ..transforms.shared import check_function
from ..transforms.vectors import Numbers

__all__ = ["fixed_point", "minimize", "root"]


def root(
    fun: Callable[..., Any], x0: Any, args: Any = (), method: str = "hybr", *, tol: float | None = None,
    callback: Callable[..., Any] | None = None, options: dict[str, Any] | None = None,
) -> Any:  # fmt: skip
    """As scipy.optimize.root, the x where fun(x, *args) is 0, with the Jacobian made here.

    x0 may be a container of arrays (see `autograd.tree`), and `fun` gives as many numbers, in containers or not. The
    `x` of the result is built like x0, and is a differentiable function of the Tensors in `args`, to any order.

    Raises TypeError for a tracked Tensor that `fun` uses past `args`, ValueError unless it gives as many numbers as x0
    has, and where it is differentiated numpy.linalg.LinAlgError at a root where the Jacobian is singular, RuntimeError
    at what is no root.

    >>> from autograd.scipy.optimize import root
    >>> square_root = lambda a: root(lambda x, a: x**2 - a, np.ones(1), a).x[0]
    >>> np.allclose([square_root(4.0), grad(square_root)(4.0), grad(grad(square_root))(4.0)], [2, 1 / 4, -1 / 32])
    True
    """
    check_function("root", fun)
    start = Numbers("root", x0, dtype=np.float64)

    def value(x: Any, args: Any) -> Any:
        found = Numbers("root", fun(start.filled(x), *args)).vector
        if found.shape != x.shape:
            raise ValueError(
                f"root: expected a function that gives as many numbers as x0 has, {x.size}, got {found.size}"
            )
        return found

    def find(x0: Any, args: Any) -> Any:
        slopes = {"jac": lambda x: plainly("root", jacobian(value)(x, args))} if method in ("hybr", "lm") else {}
        told = None if callback is None else lambda x, *value: callback(start.filled(x), *value)
        found = optimize.root(
            lambda x: plainly("root", value(x, args)), x0, method=method, tol=tol, callback=told, options=options,
            **slopes,
        )  # fmt: skip
        equation.told = found
        return np.asarray(found.x, float)

    equation = Equation("root", args if isinstance(args, tuple) else (args,), find, lambda x, args: (x, value))
    return result_of(equation, start, ("fun",))


def fixed_point(
    func: Callable[..., Any], x0: Any, args: Any = (), xtol: float = 1e-8, maxiter: int = 500, method: str = "del2"
) -> Any:  # fmt: skip
    """As scipy.optimize.fixed_point, the x with func(x, *args) = x; x0 may be a container of arrays.

    It is a differentiable function of the Tensors in `args`, to any order. (That of autograd.misc.fixed_points forms no
    Jacobian, and takes as many iterations for the gradient as for the point.) Raises RuntimeError where the iteration
    does not converge, and what `root` raises.

    >>> from autograd.scipy.optimize import fixed_point
    >>> slow_cosine = lambda a: fixed_point(lambda x, a: np.cos(a * x), 1.0, a)
    >>> x, slope = slow_cosine(1.0), grad(slow_cosine)(1.0)
    >>> np.allclose([x, slope], [0.7390851332, -x * np.sin(x) / (1 + np.sin(x))])
    True
    """
    check_function("fixed_point", func)
    start = Numbers("fixed_point", x0, dtype=np.float64)

    def step(x: Any, args: Any) -> Any:
        return start.vector_of("fixed_point", func(start.filled(x), *args))

    def find(x0: Any, args: Any) -> Any:
        return optimize.fixed_point(
            lambda x: plainly("fixed_point", step(x, args)), unwrap(x0), (), xtol, maxiter, method
        )

    given = args if isinstance(args, tuple) else (args,)
    equation = Equation("fixed_point", given, find, lambda x, args: (x, lambda x, args: x - step(x, args)))
    return start.filled(equation.solution(start.vector))
