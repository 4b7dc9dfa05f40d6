"""Fixed points, differentiated at the point and not through the way there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.declare import primitive
from ...engine.tensor import Tensor
from ...transforms.call import tracked
from ...transforms.products import vjp
from ...transforms.tree import leaves, rebuild

Step = Callable[[Any], Callable[[Any], Any]]


def fixed_point(f: Step, a: Any, x0: Any, distance: Callable[[Any, Any], Any], tol: float) -> Any:
    """The x with f(a)(x) = x that iterating from x0 reaches, differentiable by a (an array, or containers of them).

    It has come close enough where distance(x, f(a)(x)) < tol. By the implicit function theorem the gradient is again a
    fixed point, w = g + w ∂f/∂x (Christianson, "Reverse accumulation and attractive fixed points", 1994), found to the
    same tolerance.

    Raises TypeError if f uses something from outside that is tracked: give it by a.

    >>> from autograd.misc.fixed_points import fixed_point
    >>> root = lambda a: fixed_point(lambda a: lambda x: (x + a / x) / 2, a, 1.0, lambda x, y: abs(x - y), 1e-12)
    >>> np.allclose([root(2.0), grad(root)(2.0)], [2**0.5, 0.5 / 2**0.5])
    True
    """
    return _fixed_point(*leaves(a), f=f, form=a, x0=x0, distance=distance, tol=tol)


def _iterate(step: Callable[[Any], Any], x: Any, distance: Callable[[Any, Any], Any], tol: float) -> Any:
    new = step(x)
    if tracked(new):
        raise TypeError("fixed_point: f uses a tracked tensor from outside; give it by a, so that it gets a gradient")
    while not distance(x, new) < tol:
        x, new = new, step(new)
    return new


def _solve(*parts: Any, f: Step, form: Any, x0: Any, distance: Callable[[Any, Any], Any], tol: float) -> Any:
    return _iterate(f(rebuild(form, iter(parts))), x0, distance, tol)


def _gradient(
    g: Any, i: int, out: Any, parts: Any, f: Step, form: Any, distance: Callable[[Any, Any], Any], tol: float
) -> Any:
    _, pull = vjp(lambda parts, x: f(rebuild(form, iter(parts)))(x), list(parts), out)
    w = g + pull(g)[1]
    start = w._content if isinstance(w, Tensor) else w
    if isinstance(g, Tensor):  # recorded: the solution of a linear equation, itself a fixed point in g, parts and x
        w = fixed_point(
            lambda given: lambda w: given[0] + vjp(lambda x: f(rebuild(form, iter(given[1])))(x), given[2])[1](w)[0],
            [g, list(parts), out], start, distance, tol,
        )  # fmt: skip
    else:
        w = _iterate(lambda w: g + pull(w)[1], start, distance, tol)
    found = pull(w)[0][i]
    return found if hasattr(found, "shape") else np.asarray(found)


_fixed_point = primitive(_solve, name="fixed_point", parts=_gradient)
