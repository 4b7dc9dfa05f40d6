"""Adam and its kin: steps scaled by running means of the gradient and of its square."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from .optimizer import Optimizer, options


class Adam(Optimizer):
    """Adam: the mean of the gradient, divided by the root of the mean of its square.

    betas                   how much of the two means is kept at each step
    eps                     added to the root
    weight_decay            times the parameter is added to the gradient
    amsgrad                 divide by the largest mean of the square so far (Reddi et al. 2018)
    maximize                ascend instead
    decoupled_weight_decay  shrink the parameter by lr * weight_decay instead, as AdamW does

    Raises ValueError for options out of range. Source: Kingma and Ba 2015, algorithm 1.

    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    Tensor([0.9, 1.9], requires_grad=True)
    """

    scratch = 1

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, amsgrad: bool = False, *, maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, options(locals()))

    def advance(self, data: Any, state: dict[str, Any], group: dict[str, Any]) -> tuple[Any, ...]:
        begin(state, data, "exp_avg", "exp_avg_sq")
        if group["amsgrad"] and "max_exp_avg_sq" not in state:
            state["max_exp_avg_sq"] = np.zeros_like(data)
        beta1, beta2 = group["betas"]
        root = math.sqrt(1 - beta2 ** state["step"])
        return float(group["lr"]) / (1 - beta1 ** state["step"]), root, beta1, beta2, group["eps"], group["amsgrad"]

    def update(self, x: Any, g: Any, state: dict[str, Any], scratch: tuple[Any, ...], *numbers: Any) -> None:
        size, root, beta1, beta2, eps, amsgrad = numbers
        s, m, v = scratch[0], state["exp_avg"], state["exp_avg_sq"]
        means(g, m, v, beta1, beta2, s)
        if amsgrad:
            v = np.maximum(state["max_exp_avg_sq"], v, out=state["max_exp_avg_sq"])
        np.sqrt(v, out=s)
        s /= root
        s += eps
        np.divide(m, s, out=s)
        s *= size
        x -= s


class AdamW(Adam):
    """Adam that shrinks the parameter by lr * weight_decay instead of adding decay to the gradient.

    The arguments are Adam's. Source: Loshchilov and Hutter 2019, algorithm 2.
    """

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True)


def begin(state: dict[str, Any], data: Any, *names: str) -> None:
    """Count the step; on the first, start each of `names` at zero."""
    if not state:
        state["step"] = 0
        for name in names:
            state[name] = np.zeros_like(data)
    state["step"] += 1


def means(g: Any, m: Any, v: Any, beta1: float, beta2: float, s: Any) -> None:
    """Take `g` into its running mean `m`, and its square into `v`."""
    np.subtract(g, m, out=s)
    s *= 1 - beta1
    m += s
    np.multiply(g, g, out=s)
    s *= 1 - beta2
    v *= beta2
    v += s
