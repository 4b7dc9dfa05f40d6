"""Steps along the gradient, or along the sign of its mean: SGD, ASGD and Lion."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .arithmetic import mean
from .optimizer import Lent, Optimizer, State, options


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if asked for.

    momentum      how much of the former step is kept: v = momentum * v + (1 - dampening) * g, and v = g at first
    dampening     how much of the gradient is left out of it
    nesterov      step along g + momentum * v

    Raises ValueError for options out of range, and for nesterov without momentum or with dampening.
    Source: Sutskever et al. 2013, in the form of PyTorch's SGD.

    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    Tensor([0.8, 1.6], requires_grad=True)
    """

    scratch = 1
    numbers = ()

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, momentum: float = 0, dampening: float = 0,
        weight_decay: float = 0, nesterov: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, options(locals()))

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError(
                f"SGD: expected momentum > 0 and dampening 0 with nesterov, "
                f"got momentum {group['momentum']} and dampening {group['dampening']}"
            )

    def advance(self, data: Any, state: State, group: State) -> Lent:
        momentum, keep = group["momentum"], 1 - group["dampening"]
        if momentum and "momentum_buffer" not in state:
            state["momentum_buffer"] = np.zeros_like(data)
            keep = 1  # the first step is the gradient's, undampened
        return float(group["lr"]), momentum, keep, group["nesterov"]

    def update(
        self, x: Any, g: Any, state: State, scratch: Lent, lr: Any, momentum: Any, keep: Any, nesterov: Any
    ) -> None:
        s = scratch[0]
        if momentum:
            v = state["momentum_buffer"]
            v *= momentum
            v += g if keep == 1 else np.multiply(g, keep, out=s)
            if nesterov:
                np.multiply(v, momentum, out=s)
                s += g
                g = s
            else:
                g = v
        x -= np.multiply(g, lr, out=s)


class ASGD(Optimizer):
    """Stochastic gradient descent with a falling step, and the mean of where it has been in `state[p]["ax"]`.

    lambd         how fast the parameter and the step decay
    alpha         the step is lr / (1 + lambd * lr * t) ** alpha
    t0            the step at which the mean begins

    The other options and errors are those of Optimizer.
    Source: Polyak and Juditsky 1992, in the form of PyTorch's ASGD.
    """

    scratch = 1
    numbers = ("step", "eta", "mu")

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, lambd: float = 1e-4, alpha: float = 0.75, t0: float = 1e6,
        weight_decay: float = 0, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, options(locals()))

    def advance(self, data: Any, state: State, group: State) -> Lent:
        lr, lambd = float(group["lr"]), group["lambd"]
        if not state:
            state.update(step=0, eta=lr, mu=1.0, ax=np.zeros_like(data))
        eta, mu = state["eta"], state["mu"]
        step = state["step"] = state["step"] + 1
        state["eta"] = lr / (1 + lambd * lr * step) ** group["alpha"]  # for the next step, as is mu
        state["mu"] = 1 / max(1, step - group["t0"])
        return eta, mu, 1 - lambd * eta

    def update(self, x: Any, g: Any, state: State, scratch: Lent, eta: Any, mu: Any, shrink: Any) -> None:
        s, average = scratch[0], state["ax"]
        x *= shrink
        x -= np.multiply(g, eta, out=s)
        if mu == 1:
            np.copyto(average, x)
        else:
            mean(average, x, mu, s)


class Lion(Optimizer):
    """Steps of one length, along the sign of betas[0] * m + (1 - betas[0]) * g, with the gradient's mean m.

    betas         how much of m counts in the step, and how much of it is kept afterwards

    The other options and errors are those of Optimizer.
    Source: Chen et al. 2023, "Symbolic discovery of optimization algorithms", algorithm 2.

    >>> w = Tensor([1.0, -2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> Lion([w], lr=0.5).step()
    >>> w
    Tensor([ 0.5, -1.5], requires_grad=True)
    """

    scratch = 1
    decoupled = True

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-4, betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, options(locals()))

    def advance(self, data: Any, state: State, group: State) -> Lent:
        if not state:
            state["exp_avg"] = np.zeros_like(data)
        return float(group["lr"]), *group["betas"]

    def update(self, x: Any, g: Any, state: State, scratch: Lent, lr: Any, of_step: Any, of_mean: Any) -> None:
        s, m = scratch[0], state["exp_avg"]
        np.subtract(m, g, out=s)
        s *= of_step
        s += g
        np.sign(s, out=s)
        s *= lr
        x -= s
        mean(m, g, 1 - of_mean, s)
