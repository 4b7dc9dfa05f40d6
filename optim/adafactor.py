"""Adafactor: the mean of the squared gradient of a matrix, kept as one row and one column."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from .optimizer import Optimizer, options


class Adafactor(Optimizer):
    """Adam's scaling at the memory of a row and a column for each matrix, and steps in proportion to the parameter.

    lr            the largest step, relative to the root mean square of the parameter; it falls with 1 / sqrt(t)
    beta2_decay   t ** beta2_decay is how much of the new square counts in the mean
    eps           (the least variance, by default the dtype's resolution; the least size a parameter is taken to have)
    d             a step of a larger root mean square than this is scaled down to it
    weight_decay  times lr, by how much the parameter is shrunk at each step
    maximize      ascend instead

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

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3), d: float = 1.0, weight_decay: float = 0.0, *,
        maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, options(locals()))

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        for p in group.get("params", ()):
            if p.dtype.kind == "c":
                raise TypeError(f"Adafactor: expected real parameters, got one of {p.dtype}")

    def advance(self, data: Any, state: dict[str, Any], group: dict[str, Any]) -> tuple[Any, ...]:
        if not state:
            state["step"] = 0
            if data.ndim > 1:
                state["row_var"] = np.zeros_like(data, shape=(*data.shape[:-1], 1))
                state["col_var"] = np.zeros_like(data, shape=(*data.shape[:-2], 1, data.shape[-1]))
            else:
                state["variance"] = np.zeros_like(data)
        state["step"] += 1
        step, (least, smallest) = float(state["step"]), group["eps"]
        least = float(np.finfo(data.dtype).eps) if least is None else least
        size = max(smallest, float(np.linalg.norm(data)) / math.sqrt(data.size))  # taken before the weight decay
        return size * min(float(group["lr"]), 1 / math.sqrt(step)), step ** group["beta2_decay"], least, group["d"]

    def update(self, x: Any, g: Any, state: dict[str, Any], scratch: tuple[Any, ...], *numbers: Any) -> None:
        size, new, least, largest = numbers
        s = scratch[0]
        np.multiply(g, g, out=s)
        if x.ndim > 1:
            row, column = state["row_var"], state["col_var"]
            row += new * (s.mean(axis=-1, keepdims=True) - row)
            column += new * (s.mean(axis=-2, keepdims=True) - column)
            np.multiply(row / np.maximum(row.mean(axis=-2, keepdims=True), least), column, out=s)
        else:
            variance = state["variance"]
            s -= variance
            s *= new
            variance += s
            np.copyto(s, variance)
        np.maximum(s, least * least, out=s)
        np.sqrt(s, out=s)
        np.divide(g, s, out=s)
        rms = math.sqrt(float(np.vdot(s, s)) / s.size)
        s *= size / max(1.0, rms / largest)
        x -= s
