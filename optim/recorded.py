"""A step that is recorded: what a parameter becomes is a function of what it was, of its gradient and of the rate."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor, enable_grad

from .rows import Lent, State


class Alone:
    """One parameter, as `advance` knows a row of them."""

    def __init__(self, p: Tensor, state: State, numbers: list[str], first: bool) -> None:
        self.states = [state]
        self.numbers = numbers
        self.first = first
        self.data = [p.data]

    def agree(self) -> None:
        """Do nothing: there is one state."""


def step_recorded(optimizer: Any, group: State, kind: Any) -> None:
    """Change the group's parameters by the optimizer's own `update`, with Tensors for all that it works on."""
    begin = optimizer.start(group)
    numbers = [name for name in optimizer.numbers if name in begin]
    for p in group["params"]:
        if p.grad is None or not (p.size or optimizer.elementwise):
            continue
        if p.dtype.kind == "c":
            raise TypeError(f"{type(optimizer).__name__}.step: expected real parameters with differentiable=True")
        state = optimizer.state[p]
        row = Alone(p, state, numbers, not begin.keys() <= state.keys())
        with enable_grad():
            arrays = _arrays(optimizer, p, state, begin, numbers)
            scratch: Lent = tuple([Tensor(np.empty_like(p.data)) for _ in range(optimizer.scratch + 2)])
            factor, *told = optimizer._told(group, row)
            g = p.grad if p.grad.dtype == p.dtype else p.grad.astype(p.dtype)
            optimizer._change(kind, p, g, arrays, scratch, factor, told)


def _arrays(optimizer: Any, p: Tensor, state: State, begin: State, numbers: list[str]) -> State:
    """The arrays of a parameter's state as Tensors; what is not there is made."""
    for name, value in begin.items():
        if name not in state:
            state[name] = value if name in numbers else (np.zeros_like(p.data) + value).astype(p.dtype)
    optimizer._begin(p.data, state)
    names = [name for name in (*begin, *optimizer.shapes(p.shape)) if name not in numbers]
    state.update({name: Tensor(state[name]) for name in names if not isinstance(state[name], Tensor)})
    return {name: state[name] for name in names}
