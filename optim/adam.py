"""Adam and its kin: steps scaled by running means of the gradient and of its square, or of its magnitude."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from .arithmetic import mean, mean_square, over_root
from .optimizer import Optimizer, options, rate
from .rows import Lent, Row, State


class Adam(Optimizer):
    """Adam: the mean of the gradient, divided by the root of the mean of its square.

    betas                   how much of the two means is kept at each step
    eps                     added to the root
    amsgrad                 divide by the largest mean of the square so far (Reddi et al. 2018)
    decoupled_weight_decay  shrink the parameter by lr * weight_decay instead, as AdamW does

    Source: Kingma and Ba 2015, algorithm 1.

    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    Tensor([0.9, 1.9], requires_grad=True)
    """

    scratch = 1
    arrays = ("exp_avg", "exp_avg_sq")
    sometimes = ("max_exp_avg_sq",)

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, amsgrad: bool = False, *, maximize: bool = False, decoupled_weight_decay: bool = False,
        **implementation: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, options(locals()))

    def start(self, group: State) -> State:
        return {**super().start(group), **({"max_exp_avg_sq": 0} if group["amsgrad"] else {})}

    def advance(self, state: State, group: State, row: Row) -> Lent:
        (beta1, beta2), step = group["betas"], state["step"]
        size, root = rate(group) / (1 - beta1**step), math.sqrt(1 - beta2**step)
        return size, root, 1 - beta1, beta2, 1 - beta2, group["eps"]

    def update(self, x: Any, g: Any, state: State, scratch: Lent, numbers: Any) -> None:
        (size, root, share, beta2, share2, eps), s = numbers, scratch[0]
        m, v = state["exp_avg"], state["exp_avg_sq"]
        mean(m, g, share, s)
        mean_square(v, g, beta2, share2, s)
        if "max_exp_avg_sq" in state:
            v = np.maximum(state["max_exp_avg_sq"], v, out=state["max_exp_avg_sq"])
        x -= np.multiply(over_root(m, v, eps, s, root), size, out=s)


class AdamW(Adam):
    """Adam that shrinks the parameter by lr * weight_decay instead of adding decay to the gradient.

    The arguments are Adam's. Source: Loshchilov and Hutter 2019, algorithm 2.
    """

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False, **implementation: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True,
            **implementation,
        )  # fmt: skip

    def _loaded_groups(self, saved: Any, who: str) -> list[State]:
        """Those that were saved, with the decay decoupled though it was Adam that saved them."""
        return [{**group, "decoupled_weight_decay": True} for group in super()._loaded_groups(saved, who)]


class SparseAdam(Optimizer):
    """Adam for tables of which few rows have a gradient at a time: the others, and their means, stay as they are.

    betas  how much of the means of the gradient and of its square is kept at each step
    eps    added to the root of the mean of the square, before that is corrected

    Gradients are arrays here: a row, along the first axis, has one where not all of it is zero.

    Source: PyTorch's SparseAdam.

    >>> table = Tensor(np.ones((3, 2)), requires_grad=True)
    >>> optimizer = SparseAdam([table], lr=0.1)
    >>> table[np.array([1, 1])].sum().backward()
    >>> optimizer.step()
    >>> table.data[:, 0].round(4)
    array([1. , 0.9, 1. ])
    """

    scratch = 0
    elementwise = False

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        maximize: bool = False, **implementation: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, options(locals()))

    def shapes(self, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        return {"exp_avg": shape, "exp_avg_sq": shape}

    def advance(self, state: State, group: State, row: Row) -> Lent:
        (beta1, beta2), step = group["betas"], state["step"]
        return rate(group) * math.sqrt(1 - beta2**step) / (1 - beta1**step), 1 - beta1, 1 - beta2, group["eps"]

    def update(self, x: Any, g: Any, state: State, scratch: Lent, numbers: Any) -> None:
        (size, share, share2, eps), m, v = numbers, state["exp_avg"], state["exp_avg_sq"]
        moved = np.any(g != 0, axis=tuple(range(1, g.ndim)), keepdims=True)
        m += np.where(moved, (g - m) * share, 0)
        v += np.where(moved, (g * g - v) * share2, 0)
        x -= np.where(moved, m * size / (np.sqrt(np.where(moved, v, 1)) + eps), 0)


class Adamax(Optimizer):
    """Adam with the infinity norm: the mean of the gradient, divided by the largest of its decaying magnitudes.

    betas  how much of the mean and of the magnitude is kept at each step
    eps    added to each magnitude

    Source: Kingma and Ba 2015, algorithm 2.
    """

    scratch = 1
    arrays = ("exp_avg", "exp_inf")

    def __init__(
        self, params: Iterable[Any], lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, *, maximize: bool = False, **implementation: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, options(locals()))

    def advance(self, state: State, group: State, row: Row) -> Lent:
        beta1, beta2 = group["betas"]
        return rate(group) / (1 - beta1 ** state["step"]), 1 - beta1, beta2, group["eps"]

    def update(self, x: Any, g: Any, state: State, scratch: Lent, numbers: Any) -> None:
        (size, share, beta2, eps), s = numbers, scratch[0]
        m, largest = state["exp_avg"], state["exp_inf"]
        mean(m, g, share, s)
        np.abs(g, out=s)
        s += eps
        largest *= beta2
        np.maximum(largest, s, out=largest)
        x -= np.multiply(np.divide(m, largest, out=s), size, out=s)


class NAdam(Optimizer):
    """Adam with Nesterov's momentum.

    betas                   how much of the means of the gradient and of its square is kept at each step
    eps                     added to the root of the mean of the square
    momentum_decay          how fast the momentum grows toward betas[0]: it is
                            betas[0] * (1 - 0.96 ** (t * momentum_decay) / 2)
    decoupled_weight_decay  shrink the parameter by lr * weight_decay instead

    Source: Dozat 2016, in the form of PyTorch's NAdam.
    """

    numbers = ("step", "mu_product")
    arrays = ("exp_avg", "exp_avg_sq")

    def __init__(
        self, params: Iterable[Any], lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, momentum_decay: float = 4e-3, decoupled_weight_decay: bool = False, *,
        maximize: bool = False, **implementation: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, options(locals()))

    def start(self, group: State) -> State:
        return {**super().start(group), "mu_product": 1.0}

    def advance(self, state: State, group: State, row: Row) -> Lent:
        (beta1, beta2), lr, step = group["betas"], rate(group), state["step"]
        mu, ahead = (beta1 * (1 - 0.5 * 0.96 ** (t * group["momentum_decay"])) for t in (step, step + 1))
        product = state["mu_product"] = state["mu_product"] * mu
        of_gradient, of_mean = lr * (1 - mu) / (1 - product), lr * ahead / (1 - product * ahead)
        return of_gradient, of_mean, math.sqrt(1 - beta2**step), 1 - beta1, beta2, 1 - beta2, group["eps"]

    def update(self, x: Any, g: Any, state: State, scratch: Lent, numbers: Any) -> None:
        of_gradient, of_mean, root, share, beta2, share2, eps = numbers
        s, ahead, m, v = scratch[0], scratch[1], state["exp_avg"], state["exp_avg_sq"]
        mean(m, g, share, s)
        mean_square(v, g, beta2, share2, s)
        np.multiply(g, of_gradient, out=ahead)
        ahead += np.multiply(m, of_mean, out=s)
        x -= over_root(ahead, v, eps, s, root)


class RAdam(Optimizer):
    """Adam that leaves the division by the root out of its first steps, and rectifies its variance later.

    betas                   how much of the means of the gradient and of its square is kept at each step
    eps                     added to the root of the mean of the square
    decoupled_weight_decay  shrink the parameter by lr * weight_decay instead

    Source: Liu et al. 2020, algorithm 2.
    """

    steady = False
    scratch = 1
    arrays = ("exp_avg", "exp_avg_sq")

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, decoupled_weight_decay: bool = False, *, maximize: bool = False, **implementation: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, options(locals()))

    def advance(self, state: State, group: State, row: Row) -> Lent:
        (beta1, beta2), step = group["betas"], state["step"]
        size, correction = rate(group) / (1 - beta1**step), 1 - beta2**step
        limit = 2 / (1 - beta2) - 1
        length = limit - 2 * step * beta2**step / correction  # of the simple average that the mean amounts to
        if rectify := length > 5:
            size *= math.sqrt((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length) * correction)
        return size, rectify, 1 - beta1, beta2, 1 - beta2, group["eps"]

    def update(self, x: Any, g: Any, state: State, scratch: Lent, numbers: Any) -> None:
        (size, rectify, share, beta2, share2, eps), s = numbers, scratch[0]
        m, v = state["exp_avg"], state["exp_avg_sq"]
        mean(m, g, share, s)
        mean_square(v, g, beta2, share2, s)
        x -= np.multiply(over_root(m, v, eps, s) if rectify else m, size, out=s)
