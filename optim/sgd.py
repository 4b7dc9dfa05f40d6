"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .optimizer import NOT_NEGATIVE, Optimizer


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if asked for.

    momentum      how much of the former step is kept: v = momentum * v + (1 - dampening) * g, and v = g at first
    dampening     how much of the gradient is left out of it
    nesterov      step along g + momentum * v
    weight_decay  times the parameter is added to the gradient
    maximize      ascend instead

    Raises ValueError for options out of range, and for nesterov without momentum or with dampening.
    Source: Sutskever et al. 2013, in the form of PyTorch's SGD.

    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    Tensor([0.8, 1.6], requires_grad=True)
    """

    limits = {"lr": NOT_NEGATIVE, "momentum": NOT_NEGATIVE, "weight_decay": NOT_NEGATIVE}  # noqa: RUF012
    scratch = 1
    numbers = ()

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, momentum: float = 0, dampening: float = 0,
        weight_decay: float = 0, nesterov: bool = False, *, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            params,
            {
                "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
                "nesterov": nesterov, "maximize": maximize,
            },
        )  # fmt: skip

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError(
                f"SGD: expected momentum > 0 and dampening 0 with nesterov, "
                f"got momentum {group['momentum']} and dampening {group['dampening']}"
            )

    def advance(self, data: Any, state: dict[str, Any], group: dict[str, Any]) -> tuple[Any, ...]:
        momentum, keep = group["momentum"], 1 - group["dampening"]
        if momentum and "momentum_buffer" not in state:
            state["momentum_buffer"] = np.zeros_like(data)
            keep = 1  # the first step is the gradient's, undampened
        return float(group["lr"]), momentum, keep, group["nesterov"]

    def update(self, x: Any, g: Any, state: dict[str, Any], scratch: tuple[Any, ...], *numbers: Any) -> None:
        lr, momentum, keep, nesterov = numbers
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
