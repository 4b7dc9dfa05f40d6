"""RMSprop, Adagrad, Adadelta, Rprop and Adafactor: a step of its own for each element, from its gradients so far."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor

from .arithmetic import in_single, mean, mean_square, over_root
from .optimizer import Optimizer, options, rate
from .rows import Lent, Row, State


class RMSprop(Optimizer):
    """The gradient divided by the root of the mean of its square.

    alpha         how much of the mean is kept at each step
    eps           added to the root
    momentum      how much of the former step is kept
    centered      take the square of the gradient's mean off the mean of the square

    Source: Hinton's lecture 6 of "Neural networks for machine learning" 2012; centered: Graves 2013.
    """

    arrays = ("square_avg",)
    sometimes = ("momentum_buffer", "grad_avg")

    scratch = 1

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0,
        momentum: float = 0, centered: bool = False, *, maximize: bool = False, **implementation: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, options(locals()))

    def start(self, group: State) -> State:
        more = ("momentum_buffer",) * (group["momentum"] > 0) + ("grad_avg",) * bool(group["centered"])
        return {**super().start(group), **dict.fromkeys(more, 0)}

    def advance(self, state: State, group: State, row: Row) -> Lent:
        return rate(group), group["alpha"], 1 - group["alpha"], group["eps"], group["momentum"]

    def update(self, x: Any, g: Any, state: State, scratch: Lent, numbers: Any) -> None:
        lr, alpha, share, eps, momentum = numbers
        s, v = scratch[0], state["square_avg"]
        mean_square(v, g, alpha, share, s)
        if "grad_avg" in state:
            center = state["grad_avg"]
            mean(center, g, share, s)
            np.subtract(v, np.multiply(center, center, out=s), out=s)
            v = np.maximum(s, 0, out=s)  # rounding can leave it a little below zero
        step = over_root(g, v, eps, s)
        if "momentum_buffer" in state:
            buffer = state["momentum_buffer"]
            buffer *= momentum
            buffer += step
            step = buffer
        x -= np.multiply(step, lr, out=s)


class Adagrad(Optimizer):
    """The gradient divided by the root of the sum of its squares.

    lr_decay                   the step is lr / (1 + (t - 1) * lr_decay)
    initial_accumulator_value  where the sums begin
    eps                        added to the root

    Source: Duchi, Hazan and Singer 2011.
    """

    scratch = 1

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, lr_decay: float = 0, weight_decay: float = 0,
        initial_accumulator_value: float = 0, eps: float = 1e-10, *, maximize: bool = False, **implementation: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, options(locals()))

    def start(self, group: State) -> State:
        return {"step": 0, "sum": group["initial_accumulator_value"]}

    def advance(self, state: State, group: State, row: Row) -> Lent:
        return rate(group) / (1 + (state["step"] - 1) * group["lr_decay"]), group["eps"]

    def update(self, x: Any, g: Any, state: State, scratch: Lent, numbers: Any) -> None:
        (lr, eps), s, total = numbers, scratch[0], state["sum"]
        total += np.multiply(g, g, out=s)
        x -= np.multiply(over_root(g, total, eps, s), lr, out=s)


class Adadelta(Optimizer):
    """The gradient times the root of the mean of the squared steps, divided by that of the squared gradients.

    rho           how much of the two means is kept at each step
    eps           added to both under the roots

    Source: Zeiler 2012, algorithm 1.
    """

    arrays = ("square_avg", "acc_delta")

    def __init__(
        self, params: Iterable[Any], lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0, *,
        maximize: bool = False, **implementation: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, options(locals()))

    def advance(self, state: State, group: State, row: Row) -> Lent:
        return rate(group), group["rho"], 1 - group["rho"], group["eps"]

    def update(self, x: Any, g: Any, state: State, scratch: Lent, numbers: Any) -> None:
        (lr, rho, share, eps), (s, step) = numbers, scratch[:2]
        of_gradients, of_steps = state["square_avg"], state["acc_delta"]
        mean_square(of_gradients, g, rho, share, s)
        np.sqrt(np.add(of_gradients, eps, out=s), out=s)
        np.sqrt(np.add(of_steps, eps, out=step), out=step)
        step /= s
        step *= g
        mean_square(of_steps, step, rho, share, s)
        x -= np.multiply(step, lr, out=s)


class Rprop(Optimizer):
    """Steps that follow the sign of the gradient alone, longer as long as it stays and shorter when it turns.

    lr          the first step
    etas        what a step is multiplied with when the sign turned, and when it stayed
    step_sizes  the shortest and the longest step

    Source: Riedmiller and Braun 1993, without the step back.
    """

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50), *, maximize: bool = False, **implementation: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, options(locals()))

    def start(self, group: State) -> State:
        return {"step": 0, "prev": 0, "step_size": rate(group)}

    def advance(self, state: State, group: State, row: Row) -> Lent:
        return *group["etas"], *group["step_sizes"]

    def update(self, x: Any, g: Any, state: State, scratch: Lent, numbers: Any) -> None:
        (shorter, longer, shortest, longest), (agree, spare) = numbers, scratch[:2]
        before, size = state["prev"], state["step_size"]
        # a record keeps its masks
        mask = spare.view(np.bool_)[..., : x.shape[-1]] if isinstance(x, np.ndarray) else None
        np.multiply(g, before, out=agree)
        _scale(size, longer, np.greater(agree, 0, out=mask))
        np.copyto(before, g)
        turned = np.less(agree, 0, out=mask)
        _scale(size, shorter, turned)
        np.copyto(before, 0, where=turned)  # one step is left out after a turn
        np.clip(size, shortest, longest, out=size)
        x -= np.multiply(np.sign(before, out=agree), size, out=agree)


def _scale(size: Any, factor: Any, where: Any) -> None:
    """Multiply some elements, in place; of arrays of other libraries, whose ufuncs may know no where=, by a copy."""
    if not isinstance(size, np.ndarray) and not isinstance(size, Tensor):
        np.copyto(size, size * factor, where=where)
        return
    into: Any = size
    np.multiply(into, factor, out=into, where=where)


class Adafactor(Optimizer):
    """Adam's scaling at the memory of a row and a column for each matrix, and steps in proportion to the parameter.

    lr            the largest step, relative to the root mean square of the parameter; it falls with 1 / sqrt(t)
    beta2_decay   t ** beta2_decay is how much of the new square counts in the mean
    eps           (the least variance, by default the dtype's resolution; the least size a parameter is taken to have)
    d             a step of a larger root mean square than this is scaled down to it

    A parameter of more than two axes is a stack of matrices of its last two; one of fewer keeps all its squares.
    Raises ValueError for options out of range, TypeError for complex parameters.
    Source: Shazeer and Stern 2018, in the form of PyTorch's Adafactor.
    """

    limits = {  # noqa: RUF012
        "beta2_decay": ("<= 0", lambda value: value <= 0),
        "eps": (">= 0, both, or None as the first", lambda eps: (eps[0] is None or eps[0] >= 0) and eps[1] >= 0),
        "d": (">= 1", lambda value: value >= 1),
    }
    scratch = 1
    elementwise = False
    decoupled = True
    sometimes = ("row_var", "col_var", "variance")

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3), d: float = 1.0, weight_decay: float = 0.0, *,
        maximize: bool = False, **implementation: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, options(locals()))

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        for p in group.get("params", ()):
            if p.dtype.kind == "c":
                raise TypeError(f"Adafactor: expected real parameters, got one of {p.dtype}")

    def shapes(self, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        if len(shape) < 2:
            return {"variance": shape}
        return {"row_var": (*shape[:-1], 1), "col_var": (*shape[:-2], 1, shape[-1])}

    def advance(self, state: State, group: State, row: Row) -> Lent:
        (least, smallest), step = group["eps"], float(state["step"])
        least = float(np.finfo(row.data[0].dtype).eps) if least is None else float(least)
        lr = min(rate(group), 1 / math.sqrt(step))
        return lr, step ** group["beta2_decay"], least, least * least, float(smallest), float(group["d"])

    def _change(self, kind: Any, x: Any, g: Any, arrays: State, scratch: Lent, factor: Any, numbers: Any) -> None:
        lr, new, least, least_square, smallest, largest = numbers
        norm = np.linalg.norm(in_single(x)).astype(np.float64)  # taken before the weight decay
        size = lr * np.maximum(norm / math.sqrt(x.size), smallest)
        super()._change(kind, x, g, arrays, scratch, factor, (size, new, least, least_square, largest))

    def update(self, x: Any, g: Any, state: State, scratch: Lent, numbers: Any) -> None:
        (size, new, least, least_square, largest), s = numbers, scratch[0]
        np.multiply(g, g, out=s)
        if x.ndim > 1:
            row, column = state["row_var"], state["col_var"]
            row += new * (s.mean(axis=-1, keepdims=True) - row)
            column += new * (s.mean(axis=-2, keepdims=True) - column)
            np.multiply(row / np.maximum(row.mean(axis=-2, keepdims=True), least), column, out=s)
        else:
            variance = state["variance"]
            mean(variance, s, new, s)
            np.copyto(s, variance)
        np.divide(g, np.sqrt(np.maximum(s, least_square, out=s), out=s), out=s)
        rms = np.sqrt(np.vdot(in_single(s), in_single(s)).astype(np.float64) / s.size)
        s *= (size / np.maximum(1.0, rms / largest)).astype(x.dtype)
        x -= s
