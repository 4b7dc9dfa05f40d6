"""RMSprop, Adagrad, Adadelta and Rprop: a step size of its own for each element, from its gradients so far."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .adam import begin
from .optimizer import Optimizer, options


class RMSprop(Optimizer):
    """The gradient divided by the root of the mean of its square.

    alpha         how much of the mean is kept at each step
    eps           added to the root
    weight_decay  times the parameter is added to the gradient
    momentum      how much of the former step is kept
    centered      take the square of the gradient's mean off the mean of the square
    maximize      ascend instead

    Raises ValueError for options out of range.
    Source: Hinton's lecture 6 of "Neural networks for machine learning" 2012; centered: Graves 2013.
    """

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0,
        momentum: float = 0, centered: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, options(locals()))

    def advance(self, data: Any, state: dict[str, Any], group: dict[str, Any]) -> tuple[Any, ...]:
        begin(state, data, "square_avg")
        if group["momentum"] and "momentum_buffer" not in state:
            state["momentum_buffer"] = np.zeros_like(data)
        if group["centered"] and "grad_avg" not in state:
            state["grad_avg"] = np.zeros_like(data)
        return float(group["lr"]), group["alpha"], group["eps"], group["momentum"], group["centered"]

    def update(self, x: Any, g: Any, state: dict[str, Any], scratch: tuple[Any, ...], *numbers: Any) -> None:
        lr, alpha, eps, momentum, centered = numbers
        s, square, v = scratch[0], scratch[1], state["square_avg"]
        np.multiply(g, g, out=s)
        s *= 1 - alpha
        v *= alpha
        v += s
        if centered:
            mean = state["grad_avg"]
            np.subtract(g, mean, out=s)
            s *= 1 - alpha
            mean += s
            np.subtract(v, np.multiply(mean, mean, out=square), out=s)
            v = np.maximum(s, 0, out=s)  # rounding can leave it a little below zero
        np.sqrt(v, out=s)
        s += eps
        np.divide(g, s, out=s)
        if momentum:
            buffer = state["momentum_buffer"]
            buffer *= momentum
            buffer += s
            np.multiply(buffer, lr, out=s)
        else:
            s *= lr
        x -= s


class Adagrad(Optimizer):
    """The gradient divided by the root of the sum of its squares.

    lr_decay                   the step is lr / (1 + (t - 1) * lr_decay)
    weight_decay               times the parameter is added to the gradient
    initial_accumulator_value  where the sums begin
    eps                        added to the root
    maximize                   ascend instead

    Raises ValueError for options out of range. Source: Duchi, Hazan and Singer 2011.
    """

    scratch = 1

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, lr_decay: float = 0, weight_decay: float = 0,
        initial_accumulator_value: float = 0, eps: float = 1e-10, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, options(locals()))

    def advance(self, data: Any, state: dict[str, Any], group: dict[str, Any]) -> tuple[Any, ...]:
        if not state:
            value = group["initial_accumulator_value"]
            state["step"] = 0
            state["sum"] = np.full_like(data, complex(value, value) if data.dtype.kind == "c" else value)
        state["step"] += 1
        return float(group["lr"]) / (1 + (state["step"] - 1) * group["lr_decay"]), group["eps"]

    def update(self, x: Any, g: Any, state: dict[str, Any], scratch: tuple[Any, ...], *numbers: Any) -> None:
        lr, eps = numbers
        s, total = scratch[0], state["sum"]
        total += np.multiply(g, g, out=s)
        np.sqrt(total, out=s)
        s += eps
        np.divide(g, s, out=s)
        s *= lr
        x -= s


class Adadelta(Optimizer):
    """The gradient times the root of the mean of the squared steps, divided by that of the squared gradients.

    rho           how much of the two means is kept at each step
    eps           added to both under the roots
    weight_decay  times the parameter is added to the gradient
    maximize      ascend instead

    Raises ValueError for options out of range. Source: Zeiler 2012, algorithm 1.
    """

    def __init__(
        self, params: Iterable[Any], lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0, *,
        maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, options(locals()))

    def advance(self, data: Any, state: dict[str, Any], group: dict[str, Any]) -> tuple[Any, ...]:
        begin(state, data, "square_avg", "acc_delta")
        return float(group["lr"]), group["rho"], group["eps"]

    def update(self, x: Any, g: Any, state: dict[str, Any], scratch: tuple[Any, ...], *numbers: Any) -> None:
        lr, rho, eps = numbers
        s, step = scratch[:2]
        of_gradients, of_steps = state["square_avg"], state["acc_delta"]
        np.multiply(g, g, out=s)
        s *= 1 - rho
        of_gradients *= rho
        of_gradients += s
        np.add(of_gradients, eps, out=s)
        np.sqrt(s, out=s)
        np.add(of_steps, eps, out=step)
        np.sqrt(step, out=step)
        step /= s
        step *= g
        np.multiply(step, step, out=s)
        s *= 1 - rho
        of_steps *= rho
        of_steps += s
        step *= lr
        x -= step


class Rprop(Optimizer):
    """Steps that follow the sign of the gradient alone, longer as long as it stays and shorter when it turns.

    lr          the first step
    etas        what a step is multiplied with when the sign turned, and when it stayed
    step_sizes  the shortest and the longest step
    maximize    ascend instead

    Raises ValueError for options out of range. Source: Riedmiller and Braun 1993, without the step back.
    """

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50), *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, options(locals()))

    def advance(self, data: Any, state: dict[str, Any], group: dict[str, Any]) -> tuple[Any, ...]:
        if not state:
            lr = float(group["lr"])
            state["step_size"] = np.full_like(data, complex(lr, lr) if data.dtype.kind == "c" else lr)
            state["step"], state["prev"] = 0, np.zeros_like(data)
        state["step"] += 1
        return *group["etas"], *group["step_sizes"]

    def update(self, x: Any, g: Any, state: dict[str, Any], scratch: tuple[Any, ...], *numbers: Any) -> None:
        shorter, longer, shortest, longest = numbers
        agree, spare = scratch[:2]
        before, size = state["prev"], state["step_size"]
        mask = spare.reshape(-1).view(np.bool_)[: x.size].reshape(x.shape)
        np.multiply(g, before, out=agree)
        np.multiply(size, longer, out=size, where=np.greater(agree, 0, out=mask))
        np.copyto(before, g)
        np.less(agree, 0, out=mask)
        np.multiply(size, shorter, out=size, where=mask)
        np.copyto(before, 0, where=mask)  # one step is left out after a turn
        np.clip(size, shortest, longest, out=size)
        np.sign(before, out=agree)
        agree *= size
        x -= agree
