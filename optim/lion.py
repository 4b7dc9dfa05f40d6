"""Lion: the sign of a momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .optimizer import Optimizer, options


class Lion(Optimizer):
    """Steps of one length, along the sign of betas[0] * m + (1 - betas[0]) * g, with the gradient's mean m.

    betas         how much of m counts in the step, and how much of it is kept afterwards
    weight_decay  times lr, by how much the parameter is shrunk at each step
    maximize      ascend instead

    Raises ValueError for options out of range.
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

    def advance(self, data: Any, state: dict[str, Any], group: dict[str, Any]) -> tuple[Any, ...]:
        if not state:
            state["exp_avg"] = np.zeros_like(data)
        return float(group["lr"]), *group["betas"]

    def update(self, x: Any, g: Any, state: dict[str, Any], scratch: tuple[Any, ...], *numbers: Any) -> None:
        lr, of_step, of_mean = numbers
        s, m = scratch[0], state["exp_avg"]
        np.subtract(m, g, out=s)
        s *= of_step
        s += g
        np.sign(s, out=s)
        s *= lr
        x -= s
        np.subtract(g, m, out=s)
        s *= 1 - of_mean
        m += s
