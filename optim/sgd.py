"""Steps along the gradient, along the sign of its mean, or along its nearest rotation: SGD, ASGD, Lion and Muon."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from .arithmetic import in_single, mean
from .optimizer import Optimizer, options, rate
from .rows import Lent, Row, State


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
    sometimes = ("momentum_buffer",)

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, momentum: float = 0, dampening: float = 0,
        weight_decay: float = 0, nesterov: bool = False, *, maximize: bool = False, **implementation: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, options(locals()))

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError(
                f"SGD: expected momentum > 0 and dampening 0 with nesterov, "
                f"got momentum {group['momentum']} and dampening {group['dampening']}"
            )

    def start(self, group: State) -> State:
        return {"momentum_buffer": 0} if group["momentum"] else {}

    def advance(self, state: State, group: State, row: Row) -> Lent:
        # the first step is the gradient's, undampened
        keep = None if row.first or not group["dampening"] else 1 - group["dampening"]
        return rate(group), group["momentum"], keep, group["nesterov"]

    def update(self, x: Any, g: Any, state: State, scratch: Lent, numbers: Any) -> None:
        (lr, momentum, keep, nesterov), s = numbers, scratch[0]
        if state:
            v = state["momentum_buffer"]
            v *= momentum
            v += g if keep is None else np.multiply(g, keep, out=s)
            g = np.add(np.multiply(v, momentum, out=s), g, out=s) if nesterov else v
        x -= np.multiply(g, lr, out=s)


class ASGD(Optimizer):
    """Stochastic gradient descent with a falling step, and the mean of where it has been in `state[p]["ax"]`.

    lambd         how fast the parameter and the step decay
    alpha         the step is lr / (1 + lambd * lr * t) ** alpha
    t0            the step at which the mean begins

    Source: Polyak and Juditsky 1992, in the form of PyTorch's ASGD.
    """

    steady = False
    scratch = 1
    numbers = ("step", "eta", "mu")

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, lambd: float = 1e-4, alpha: float = 0.75, t0: float = 1e6,
        weight_decay: float = 0, maximize: bool = False, **implementation: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, options(locals()))

    def start(self, group: State) -> State:
        return {"step": 0, "eta": rate(group), "mu": 1.0, "ax": 0}

    def advance(self, state: State, group: State, row: Row) -> Lent:
        lr, lambd, eta, mu = rate(group), group["lambd"], state["eta"], state["mu"]
        state["eta"] = lr / (1 + lambd * lr * state["step"]) ** group["alpha"]  # for the next step, as is mu
        state["mu"] = 1 / max(1, state["step"] - group["t0"])
        return eta, None if mu == 1 else mu, 1 - lambd * eta

    def update(self, x: Any, g: Any, state: State, scratch: Lent, numbers: Any) -> None:
        (eta, mu, shrink), s, average = numbers, scratch[0], state["ax"]
        x *= shrink
        x -= np.multiply(g, eta, out=s)
        if mu is None:
            np.copyto(average, x)
        else:
            mean(average, x, mu, s)


class Lion(Optimizer):
    """Steps of one length, along the sign of betas[0] * m + (1 - betas[0]) * g, with the gradient's mean m.

    betas         how much of m counts in the step, and how much of it is kept afterwards

    Source: Chen et al. 2023, "Symbolic discovery of optimization algorithms", algorithm 2.

    >>> w = Tensor([1.0, -2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> Lion([w], lr=0.5).step()
    >>> w
    Tensor([ 0.5, -1.5], requires_grad=True)
    """

    scratch = 1
    decoupled = True
    numbers = ()
    arrays = ("exp_avg",)

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-4, betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0, *, maximize: bool = False, **implementation: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, options(locals()))

    def advance(self, state: State, group: State, row: Row) -> Lent:
        of_step, of_mean = group["betas"]
        return rate(group), of_step, 1 - of_mean

    def update(self, x: Any, g: Any, state: State, scratch: Lent, numbers: Any) -> None:
        (lr, of_step, share), s, m = numbers, scratch[0], state["exp_avg"]
        np.subtract(m, g, out=s)
        s *= of_step
        s += g
        x -= np.multiply(np.sign(s, out=s), lr, out=s)
        mean(m, g, share, s)


class Muon(Optimizer):
    """Steps along the momentum's nearest orthogonal matrix: for the weights of hidden layers, all of two axes.

    momentum         how much of the gradient's mean is kept at each step
    nesterov         step along the gradient, taken towards the mean by momentum
    ns_coefficients  (a, b, c) of the iteration X <- a X + (b X X' + c X X' X X') X, which brings all singular values of
                     a matrix near 1
    eps              the least norm that the matrix is divided by before it
    ns_steps         how many iterations
    adjust_lr_fn     times what the step is for a matrix (m, n): "original" (or None) sqrt(max(1, m / n)),
                     "match_rms_adamw" 0.2 sqrt(max(m, n)), so that an AdamW's lr and weight decay serve

    Weight decay is decoupled. The iteration is done in the parameter's dtype, of float16 in float32 (PyTorch does it in
    bfloat16, which differs in the third digit). Raises ValueError for parameters that are no matrices or complex, too.
    Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks"; Liu et al. 2025.
    """

    limits = {  # noqa: RUF012
        "adjust_lr_fn": ('None, "original" or "match_rms_adamw"', lambda v: v in (None, "original", "match_rms_adamw")),
        "ns_coefficients": ("three numbers", lambda value: len(value) == 3),
        "ns_steps": ("a whole number below 100", lambda value: isinstance(value, int) and value < 100),
    }
    scratch = 1
    elementwise = False
    decoupled = True
    numbers = ()
    sometimes = ("momentum_buffer",)

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, weight_decay: float = 0.1, momentum: float = 0.95,
        nesterov: bool = True, ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7, ns_steps: int = 5, adjust_lr_fn: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(params, options(locals()))

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        for p in group.get("params", ()):
            if p.ndim != 2 or p.dtype.kind == "c":
                raise ValueError(f"Muon: expected real matrices, got a parameter of shape {p.shape} and {p.dtype}")

    def shapes(self, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        return {"momentum_buffer": shape}

    def advance(self, state: State, group: State, row: Row) -> Lent:
        lr, momentum, options = rate(group), group["momentum"], ("nesterov", "ns_steps", "adjust_lr_fn")
        a, b, c = map(float, group["ns_coefficients"])
        return lr, momentum, 1 - momentum, float(group["eps"]), a, b, c, *[group[name] for name in options]

    def update(self, x: Any, g: Any, state: State, scratch: Lent, numbers: Any) -> None:
        lr, momentum, share, least, a, b, c, nesterov, ns_steps, adjusted = numbers
        s, buffer, (m, n) = scratch[0], state["momentum_buffer"], x.shape
        mean(buffer, g, share, s)
        if nesterov:
            np.subtract(buffer, g, out=s)
            s *= momentum
            s += g
        step = in_single(s if nesterov else buffer)
        wide = (step if m <= n else step.T) / np.maximum(np.linalg.norm(step), least)
        for _ in range(ns_steps):
            gram = wide @ wide.T
            wide = wide * a + (gram * b + (gram @ gram) * c) @ wide
        ratio = 0.2 * math.sqrt(max(m, n)) if adjusted == "match_rms_adamw" else math.sqrt(max(1, m / n))
        x -= (wide if m <= n else wide.T) * (lr * ratio)
