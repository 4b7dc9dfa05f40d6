"""L-BFGS: Newton's method with the curvature seen in the last steps, and a line search."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograd import enable_grad, no_grad
from autograd.ops import writable
from autograd.program.current import current_trace

from .optimizer import Optimizer, options
from .rows import real

_SEARCHES = (None, "strong_wolfe")
_Point = tuple[float, float, Any, float]  # a length, and the loss, its gradient and its slope there


class LBFGS(Optimizer):
    """L-BFGS for functions without noise; one step runs up to max_iter iterations.

    lr                the length of a step without line search, and where a line search begins
    max_iter          iterations in a step
    max_eval          evaluations of the closure in a step; 1.25 * max_iter unless given
    tolerance_grad    stop at a gradient with no larger element
    tolerance_change  stop at a step, or a change of the loss, that is no larger
    history_size      how many steps the curvature is taken from
    line_search_fn    None or "strong_wolfe"

    All parameters are one group. `step` needs a closure that zeroes the gradients, computes the loss, calls its
    `backward()` and returns it. How often it is called depends on the values, so that no program holds for a step: what
    `autograd.compile` is for is the closure, `optimizer.step(autograd.compile(closure))`.
    Raises ValueError for options out of range or for a second group.
    Source: Nocedal and Wright, "Numerical optimization", algorithms 7.4, 3.5 and 3.6, with the safeguards of minFunc.

    >>> w = Tensor([3.0, -2.0], requires_grad=True)
    >>> optimizer = LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = ((w - [1.0, 2.0]) ** 2).sum()
    ...     loss.backward()
    ...     return loss
    >>> optimizer.step(closure).item()
    20.0
    >>> w.numpy().round(6)
    array([1., 2.])
    """

    limits = {"line_search_fn": ('None or "strong_wolfe"', lambda value: value in _SEARCHES)}  # noqa: RUF012
    elementwise = False
    numbers = ("func_evals", "n_iter", "t", "H_diag", "prev_loss")
    sometimes = ("d", "prev_flat_grad", "old_dirs", "old_stps", "ro", "al")

    def __init__(
        self, params: Iterable[Any], lr: float = 1, max_iter: int = 20, max_eval: int | None = None,
        tolerance_grad: float = 1e-7, tolerance_change: float = 1e-9, history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:  # fmt: skip
        max_eval = max_iter * 5 // 4 if max_eval is None else max_eval
        super().__init__(params, options(locals()))

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Take on the parameters. Raises ValueError for a second group."""
        if self.param_groups:
            raise ValueError("LBFGS: expected all parameters in one group, got a second one")
        super().add_param_group(param_group)

    @no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Up to max_iter iterations; returns the loss before them. Raises TypeError without a closure."""
        if closure is None:
            raise TypeError("LBFGS.step: expected a closure that computes the loss and its gradients, got none")
        if (trace := current_trace()) is not None:
            trace.fail(
                "LBFGS.step calls its closure as often as the values ask for, which no program does; compile what the "
                "closure computes, autograd.compile(closure), and call the step as it is"
            )
        group = self.param_groups[0]
        state = self.state[group["params"][0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        lr, tolerance = float(group["lr"]), group["tolerance_change"]

        def evaluate() -> tuple[Any, Any]:
            """The loss and its gradient, as a row."""
            with enable_grad():
                loss = closure()
            state["func_evals"] += 1
            return loss, _row(np.zeros_like(p.data) if p.grad is None else p.grad.data for p in group["params"])

        def along(t: float) -> tuple[Any, Any]:
            """The same after a step of length t from x, where an iteration begins, along its direction d."""
            self._put(x + t * d)
            return evaluate()

        first, g = evaluate()
        loss, begun = float(first), state["func_evals"] - 1
        if not g.size or abs(g).max() <= group["tolerance_grad"]:
            return first
        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            d = self._direction(g, state, group["history_size"])
            state["prev_flat_grad"], state["prev_loss"], before = g, loss, loss
            state["d"], state["t"] = d, lr if state["n_iter"] > 1 else min(1.0, 1 / float(abs(g).sum())) * lr
            slope = float(g @ d)
            if slope > -tolerance:
                break
            x = _row(p.data for p in group["params"])
            if group["line_search_fn"] is not None:
                left = group["max_eval"] - (state["func_evals"] - begun)
                loss, g, state["t"] = strong_wolfe(along, state["t"], d, loss, g, slope, tolerance, left)
            self._put(x + state["t"] * d)
            if group["line_search_fn"] is None and iteration < group["max_iter"]:
                value, g = evaluate()
                loss = float(value)
            if (
                state["func_evals"] - begun >= group["max_eval"]
                or abs(g).max() <= group["tolerance_grad"]
                or abs(d).max() * state["t"] <= tolerance
                or abs(loss - before) < tolerance
            ):
                break
        return first

    def _direction(self, g: Any, state: dict[str, Any], history: int) -> Any:
        """Minus the gradient, times the inverse curvature that the steps so far have shown."""
        if "old_dirs" not in state:
            state["old_dirs"], state["old_stps"], state["ro"], state["H_diag"] = [], [], [], 1.0
            return -g
        changes, steps, ro = state["old_dirs"], state["old_stps"], state["ro"]
        y, s = g - state["prev_flat_grad"], state["d"] * state["t"]
        if (curvature := float(y @ s)) > 1e-10:
            if len(changes) == history:
                for kept in (changes, steps, ro):
                    kept.pop(0)
            changes.append(y)
            steps.append(s)
            ro.append(1 / curvature)
            state["H_diag"] = curvature / float(y @ y)
        d = -g
        parts = [0.0] * len(steps)
        for i in reversed(range(len(steps))):
            parts[i] = float(steps[i] @ d) * ro[i]
            d -= parts[i] * changes[i]
        d *= state["H_diag"]
        for i in range(len(steps)):
            d += (parts[i] - float(changes[i] @ d) * ro[i]) * steps[i]
        return d

    def _put(self, row: Any) -> None:
        """Write a row into the parameters."""
        for p in self.param_groups[0]["params"]:
            data = writable(p)
            part, row = np.split(row, [data.size * (2 if data.dtype.kind == "c" else 1)])
            data[...] = (part[::2] + 1j * part[1::2] if data.dtype.kind == "c" else part).reshape(data.shape)
            p.data = data


def _row(arrays: Iterable[Any]) -> Any:
    """Arrays one after the other in one row of real numbers, complex ones as pairs."""
    return np.concatenate([real(array.reshape(-1)) for array in arrays])


def strong_wolfe(
    along: Callable[[float], tuple[Any, Any]], t: float, d: Any, loss: float, g: Any, slope: float,
    tolerance: float, evaluations: int,
) -> tuple[float, Any, float]:  # fmt: skip
    """A step that lowers the loss enough and flattens its slope enough (the strong Wolfe conditions).

    along        gives the loss and the gradient after a step of a length along d
    t            the length to try first
    slope        the loss's at the start, along d
    tolerance    stop at a bracket whose ends differ less
    evaluations  how many times `along` may be called beyond the first

    Returns the loss, the gradient and the length found.
    """
    enough, flat = 1e-4, 0.9

    def point(t: float) -> _Point:
        value, gradient = along(t)
        return t, float(value), gradient, float(gradient @ d)

    start: _Point = 0.0, loss, g, slope
    before, now = start, point(t)
    count = 0
    done = False
    while count < evaluations:  # go on until a minimum is bracketed
        if now[1] > loss + enough * now[0] * slope or (count > 1 and now[1] >= before[1]):
            bracket = [before, now]
            break
        if abs(now[3]) <= -flat * slope:
            bracket, done = [now, now], True
            break
        if now[3] >= 0:
            bracket = [before, now]
            break
        bounds = now[0] + 0.01 * (now[0] - before[0]), now[0] * 10
        before, now = now, point(_minimum(before, now, bounds))
        count += 1
    else:
        bracket = [start, now]
    low, high = (0, 1) if bracket[0][1] <= bracket[1][1] else (1, 0)
    stuck = False
    longest = float(abs(d).max())
    while not done and count < evaluations:  # and narrow the bracket
        left, right = sorted((bracket[0][0], bracket[1][0]))
        if (right - left) * longest < tolerance:
            break
        t = _minimum(bracket[0], bracket[1])
        margin = 0.1 * (right - left)
        close = min(right - t, t - left) < margin
        if close and (stuck or not left < t < right):
            t = right - margin if abs(t - right) < abs(t - left) else left + margin
            close = False
        stuck = close
        now = point(t)
        count += 1
        if now[1] > loss + enough * t * slope or now[1] >= bracket[low][1]:
            bracket[high] = now
            low, high = (0, 1) if bracket[0][1] <= bracket[1][1] else (1, 0)
        else:
            if abs(now[3]) <= -flat * slope:
                done = True
            elif now[3] * (bracket[high][0] - bracket[low][0]) >= 0:
                bracket[high] = bracket[low]
            bracket[low] = now
    return bracket[low][1], bracket[low][2], bracket[low][0]


def _minimum(a: _Point, b: _Point, bounds: tuple[float, float] | None = None) -> float:
    """Where the cubic through two points with those slopes is lowest, within bounds (else between the points)."""
    (x1, f1, _, g1), (x2, f2, _, g2) = sorted((a, b), key=lambda point: point[0])
    lowest, highest = bounds or (x1, x2)
    if x1 == x2:
        return lowest
    d1 = g1 + g2 - 3 * (f1 - f2) / (x1 - x2)
    square = d1 * d1 - g1 * g2
    if not square >= 0:
        return (lowest + highest) / 2
    d2 = math.sqrt(square)
    above, width = g2 + d2 - d1, g2 - g1 + 2 * d2
    share = above / width if width else math.copysign(math.inf, above)  # a straight line has its lowest end
    return min(max(x2 - (x2 - x1) * share, lowest), highest)
