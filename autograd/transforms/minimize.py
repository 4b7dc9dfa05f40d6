"""The minimum of a function of containers of arrays, found by SciPy, with the derivatives that its methods ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine.tensor import unwrap
from .call import Call
from .implicit import Equation, plainly
from .jacobians import hessian, jacobian
from .optimality import Problem
from .products import hvp as hessian_product
from .shared import Function, check_function, ones, scalar, transform
from .tree import leaves_as
from .vectors import Numbers

PRODUCTS = {"newton-cg", "trust-ncg", "trust-krylov", "trust-constr"}
"""The methods that ask for products with the Hessian."""

MATRICES = {"dogleg", "trust-exact"}
"""Those that ask for all of it."""

WITHOUT = {"nelder-mead", "powell", "cobyla", "cobyqa"}
"""Those that ask for no derivative."""


def minimize(
    fun: Function, params: Any, args: Any = (), method: Any = "L-BFGS-B", *, bounds: Any = None, constraints: Any = (),
    hvp: Function | None = None, tol: float | None = None, callback: Callable[[Any], Any] | None = None,
    options: dict[str, Any] | None = None,
) -> Any:  # fmt: skip
    """The minimum of fun(params, *args) over params, found by scipy.optimize.minimize (extra `scipy`).

    params       where to begin: an array, a number, or a container of them (see `autograd.tree`), such as a module.
                 What is no floating number stays
    args         what else `fun` is given: a tuple, or one value
    method       SciPy's; it gets gradients, products with the Hessian or the Hessian, whichever it asks for
    bounds       for params of one array (low, high), or a pair for each element, or a scipy.optimize.Bounds; for a
                 container one like it with such in the places of its arrays. None is no bound
    constraints  SciPy's dicts, one or several: `type` is "eq" for a function that is to be 0 or "ineq" for one that is
                 to be 0 or more, `fun` the function of params and of what stands in `args`
    hvp          hvp(params, direction, *args), the product of the Hessian with a direction, if there is a better way
                 than differentiating twice
    tol, options SciPy's; `callback` gets the params of each iteration

    Returns SciPy's OptimizeResult, whose `x`, and `jac` where the method knows it, are built like params. The function
    gets arrays of the dtypes of params, and so does the result: float32 is found to about five digits.

    `x` is a differentiable function of the Tensors in `args`, and of those in the constraints', to any order: by the
    equations that hold at the minimum, whose Jacobian, of as many numbers as params has, is formed. Its derivatives are
    about as exact as itself, so a small `tol` pays. The rest of the result is constant. In a function that is
    batched only `x` is given, and one that is compiled the engine runs.

    Raises TypeError for params without a floating number, and for a tracked Tensor that `fun` uses past `args`; where
    it is differentiated numpy.linalg.LinAlgError if the minimum is not unique, RuntimeError if it is none.

    >>> found = minimize(lambda p: (p["a"] - 1.0) ** 2 + (p["b"] ** 2).sum(), {"a": 0.0, "b": np.ones(2)})
    >>> bool(found.success), round(float(found.x["a"]), 4)
    (True, 1.0)
    >>> nearest = lambda c: minimize(lambda x, c: ((x - c) ** 2).sum(), np.zeros(2), c, bounds=(0, None)).x
    >>> grad(lambda c: nearest(c).sum())(np.array([3.0, -1.0])).round(6) + 0.0
    array([1., 0.])
    """
    check_function("minimize", fun)
    scipy_optimize()
    start = Numbers("minimize", params, dtype=np.float64)
    if not any(start.kinds):
        raise TypeError(
            f"minimize: expected floating numbers to minimize over, got {type(params).__name__}; convert them, 2 to "
            f"2.0 for instance"
        )
    task = _Task(fun, start, method, bounds, constraints, hvp)
    task.settings = {"tol": tol, "options": options, "callback": task.told(callback)}
    return result_of(task.equation(_as_tuple(args)), start, ("jac",))


def scipy_optimize() -> Any:
    """The module, or ImportError that says what to install."""
    try:
        from scipy import optimize
    except ImportError as error:
        raise ImportError(
            "minimize: SciPy is not installed, which does the minimizing; install it, with "
            "pip install 'backgraph[scipy]'"
        ) from error
    return optimize


def result_of(equation: Equation, start: Numbers, like_x: Sequence[str]) -> Any:
    """SciPy's result, with the solution, and what else is built like it, in the containers of the start."""
    x = start.filled(equation.solution(start.vector))
    found = scipy_optimize().OptimizeResult(equation.told if equation.alone else {})
    found["x"] = x
    for name in like_x:
        if np.shape(found.get(name)) == start.vector.shape:
            found[name] = start.filled(found[name])
    return found


def _as_tuple(args: Any) -> tuple[Any, ...]:
    return args if isinstance(args, tuple) else (args,)


class _Task:
    """What SciPy is asked, in vectors."""

    settings: dict[str, Any]

    def __init__(
        self, fun: Function, start: Numbers, method: Any, bounds: Any, constraints: Any, hvp: Any
    ) -> None:  # fmt: skip
        self.fun, self.start, self.method, self.hvp = fun, start, method, hvp
        self.low, self.high = _limits(bounds, start)
        self.bounded = bounds is not None
        given = [constraints] if isinstance(constraints, dict) else constraints
        self.constraints = [_checked(constraint) for constraint in given]

    def told(self, callback: Callable[[Any], Any] | None) -> Any:
        return None if callback is None else lambda x, *state: callback(self.start.filled(x))

    def value(self, x: Any, given: Any) -> Any:
        return self.fun(self.start.filled(x), *given[0])

    def limit(self, k: int) -> Callable[[Any, Any], Any]:
        """The k-th constraint, of a vector."""
        fun = self.constraints[k]["fun"]
        return lambda x, given: np.reshape(fun(self.start.filled(x), *given[1][k]), -1)

    def limits(self, x: Any, given: Any) -> Any:
        return np.concatenate([self.limit(k)(x, given) for k in range(len(self.constraints))])

    def equation(self, args: Any) -> Equation:
        """What is to be solved, given `args` and what is given to the constraints."""
        more = [_as_tuple(constraint.pop("args", ())) for constraint in self.constraints]

        def at(x: Any, given: Any) -> Any:
            point = unwrap(x)
            equal = [np.zeros(0, bool)]
            for k, constraint in enumerate(self.constraints):
                equal.append(np.full(np.shape(self.limit(k)(point, given)), constraint["type"] == "eq"))
            return Problem(self.value, self.low, self.high, self.limits, np.concatenate(equal)).at(x, given)

        equation = Equation("minimize", (args, more), lambda start, given: self.find(equation, start, given), at)
        return equation

    def find(self, equation: Equation, start: Any, given: Any) -> Any:
        slope = transform("minimize", self.fun, 0, _value_and_slope)

        def both(x: Any) -> tuple[float, Any]:
            return slope(self.start.filled(x), *given[0])  # type: ignore[no-any-return]

        def alone(x: Any) -> float:
            return float(plainly("minimize", self.value(x, given)))

        method = self.method.lower() if isinstance(self.method, str) else None
        gradient = method not in WITHOUT
        asked: dict[str, Any] = {"jac": True} if gradient else {}
        if method in MATRICES:
            asked["hess"] = lambda x: plainly("minimize", hessian(self.value)(x, given))
        elif method in PRODUCTS or self.hvp is not None:
            asked["hessp"] = lambda x, direction: self.product(x, direction, given)
        bounds = scipy_optimize().Bounds(self.low, self.high) if self.bounded else None
        found = scipy_optimize().minimize(
            both if gradient else alone, np.asarray(start, float), method=self.method, bounds=bounds,
            constraints=[self.for_scipy(k, given) for k in range(len(self.constraints))], **asked, **self.settings,
        )  # fmt: skip
        equation.told = found
        return np.asarray(found.x, float)

    def product(self, x: Any, direction: Any, given: Any) -> Any:
        if self.hvp is None:
            return plainly("minimize", hessian_product(lambda x: self.value(x, given), (x,), (direction,))[1][0])
        made = self.hvp(self.start.filled(x), self.start.filled(direction), *given[0])
        return np.asarray(plainly("minimize", self.start.vector_of("minimize: hvp", made)), float)

    def for_scipy(self, k: int, given: Any) -> dict[str, Any]:
        limit = self.limit(k)
        return {
            "type": self.constraints[k]["type"],
            "fun": lambda x: plainly("minimize", limit(x, given)),
            "jac": lambda x: plainly("minimize", jacobian(limit)(x, given)),
        }


def _value_and_slope(call: Call) -> tuple[float, Any]:
    """The value, and the gradient as a vector."""
    out = scalar("minimize", call)
    value = plainly("minimize", call.value())
    parts = call.pull([out], [ones(out)], False, False)
    return float(np.reshape(value, ())), np.concatenate([np.reshape(part._content, -1) for part in parts], dtype=float)


def _checked(constraint: Any) -> dict[str, Any]:
    if not isinstance(constraint, dict) or constraint.get("type") not in ("eq", "ineq") or "fun" not in constraint:
        got = f"one with {sorted(constraint)}" if isinstance(constraint, dict) else type(constraint).__name__
        raise TypeError(f"minimize: expected constraints as dicts with a type, 'eq' or 'ineq', and a fun, got {got}")
    return dict(constraint)


# ---- bounds ----------------------------------------------------------------------------------------------------------


def _limits(bounds: Any, start: Numbers) -> tuple[Any, Any]:
    """A lower and an upper bound for each number."""
    size = len(start.vector)
    low, high = np.full(size, -np.inf), np.full(size, np.inf)
    if bounds is None:
        return low, high
    try:
        given = leaves_as(bounds, start.form, True)
    except TypeError as error:
        raise TypeError(f"minimize: bounds are to be built like params: {error}") from None
    done = 0
    for shape, kind, bound in zip(start.shapes, start.kinds, given, strict=True):
        if kind is not None:
            end = done + int(np.prod(shape))
            for side, array, none in ((0, low, -np.inf), (1, high, np.inf)):
                array[done:end] = np.reshape(_side(bound, side, none, shape), -1)
            done = end
    if (low > high).any():
        k = int(np.argmax(low > high))
        raise ValueError(f"minimize: expected bounds (low, high), got low {low[k]:g} above high {high[k]:g}")
    return low, high


def _side(bound: Any, side: int, none: float, shape: tuple[int, ...]) -> Any:
    """The lower or the upper bound of all elements of an array."""
    if bound is None:
        return np.full(shape, none)
    if hasattr(bound, "lb") and hasattr(bound, "ub"):
        bound = (bound.lb, bound.ub)
    if not isinstance(bound, list | tuple | np.ndarray):
        raise TypeError(f"minimize: expected bounds as (low, high), got {type(bound).__name__}")
    if (len(bound) and all(isinstance(part, list | tuple) for part in bound)) or isinstance(bound, np.ndarray):
        values = [none if pair[side] is None else pair[side] for pair in bound]
        if len(values) != int(np.prod(shape)):
            raise ValueError(
                f"minimize: expected a pair of bounds for each of the {int(np.prod(shape))} elements, got {len(values)}"
            )
        return np.reshape(np.asarray(values, float), shape)
    if len(bound) != 2:
        raise ValueError(f"minimize: expected bounds as (low, high), got {len(bound)} values")
    value = none if bound[side] is None else bound[side]
    return np.broadcast_to(np.asarray(value, float), shape)
