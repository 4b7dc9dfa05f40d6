"""Schedulers that go up and down: CyclicLR and OneCycleLR, which cycle the momentum too, and warm restarts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler, for_groups, positive, whole


class CosineAnnealingWarmRestarts(LRScheduler):
    """From the first rate to eta_min along half a cosine of T_0 epochs, then again in T_mult times as many, and so on.

    Raises ValueError for T_0 or T_mult below 1.
    Source: Loshchilov and Hutter 2017, equation 5.
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.T_0 = self.T_i = whole("CosineAnnealingWarmRestarts", "T_0", T_0)
        self.T_mult = whole("CosineAnnealingWarmRestarts", "T_mult", T_mult)
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        height = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base_lr - self.eta_min) * height for base_lr in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Go to the next epoch, or to any: a fraction, such as epoch + i / batches, sets the rate within an epoch.

        Raises ValueError for one below 0.
        """
        self._step_count += 1
        self._update_lr(epoch)

    def _update_lr(self, epoch: float | None = None) -> None:
        if epoch is None and self.last_epoch >= 0:
            self.last_epoch += 1
            self.T_cur += 1
        else:
            epoch = 0 if epoch is None else epoch
            if not epoch >= 0:
                raise ValueError(f"CosineAnnealingWarmRestarts.step: expected an epoch >= 0, got {epoch}")
            self.T_i, self.T_cur, self.last_epoch = self.T_0, epoch, math.floor(epoch)
        if self.T_mult == 1:
            self.T_cur %= self.T_0
        while self.T_cur >= self.T_i:
            self.T_cur -= self.T_i
            self.T_i *= self.T_mult
        self._set(self.get_lr())


class _MomentumCycle(LRScheduler):
    """What the two cycles share: the momentum, or the first of the betas, moves against the rate."""

    cycle_momentum: bool

    def _take(self, optimizer: Optimizer, cycle: bool, base: Any, largest: Any) -> None:
        """Note what is to move, and between what. Changes nothing in the optimizer."""
        self.cycle_momentum = cycle
        if not cycle:
            return
        who = type(self).__name__
        if not {"momentum", "betas"} & set(optimizer.defaults):
            raise ValueError(
                f"{who}: expected an optimizer with momentum or betas, got {type(optimizer).__name__}; "
                f"pass cycle_momentum=False"
            )
        self.use_beta1 = "betas" in optimizer.defaults
        self.base_momentums = for_groups(who, "base_momentum", optimizer, base)
        self.max_momentums = for_groups(who, "max_momentum", optimizer, largest)

    def _begin(self) -> None:
        """Set the first momentums, and leave in the groups between what they move."""
        if self.cycle_momentum:
            self._set_momentums(self.max_momentums)
            pairs = zip(self.base_momentums, self.max_momentums, strict=True)
            for group, (low, high) in zip(self.optimizer.param_groups, pairs, strict=True):
                group.update(base_momentum=low, max_momentum=high)

    def _go_on(self) -> None:
        self.get_lr()  # which sets the momentums

    def _set_momentums(self, momentums: list[float]) -> None:
        for group, momentum in zip(self.optimizer.param_groups, momentums, strict=True):
            if self.use_beta1:
                group["betas"] = (momentum, *group["betas"][1:])
            else:
                group["momentum"] = momentum


class CyclicLR(_MomentumCycle):
    """From base_lr to max_lr in step_size_up steps and back in step_size_down, for ever. To be stepped each batch.

    mode            "triangular": all cycles alike; "triangular2": each half as high as the one before;
                    "exp_range": the height times gamma ** step
    scale_fn        a function of the cycle (from 1) or of the step, as scale_mode says, in place of mode
    scale_mode      "cycle" or "iterations"
    cycle_momentum  move the momentum (or the first of the betas) from max_momentum to base_momentum and back meanwhile

    Rates and momentums are one for all groups, or a list. Raises ValueError for an unknown mode, for options out of
    range, for lists of another length than there are groups, and for cycle_momentum with an optimizer that has none.
    Source: Smith 2017, "Cyclical learning rates for training neural networks".
    """

    functions = ("scale_fns",)

    def __init__(
        self, optimizer: Optimizer, base_lr: float | list[float], max_lr: float | list[float],
        step_size_up: int = 2000, step_size_down: int | None = None, mode: str = "triangular", gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None, scale_mode: str = "cycle", cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8, max_momentum: float | list[float] = 0.9, last_epoch: int = -1,
    ) -> None:  # fmt: skip
        if scale_fn is None and mode not in ("triangular", "triangular2", "exp_range"):
            raise ValueError(f'CyclicLR: expected mode "triangular", "triangular2" or "exp_range", got {mode!r}')
        if scale_mode not in ("cycle", "iterations"):
            raise ValueError(f'CyclicLR: expected scale_mode "cycle" or "iterations", got {scale_mode!r}')
        positive("CyclicLR", "step_size_up", step_size_up)
        down = step_size_up if step_size_down is None else step_size_down
        if not down >= 0:
            raise ValueError(f"CyclicLR: expected step_size_down of at least 0, got {step_size_down}")
        self._watch(optimizer, last_epoch)
        self._take(optimizer, cycle_momentum, base_momentum, max_momentum)
        self.base_lrs = for_groups("CyclicLR", "base_lr", optimizer, base_lr)
        self.max_lrs = for_groups("CyclicLR", "max_lr", optimizer, max_lr)
        if last_epoch == -1:
            self._begin()
            self._set(self.base_lrs)
        self.total_size = float(step_size_up + down)
        self.step_ratio = step_size_up / self.total_size
        self.mode = mode
        self.gamma = gamma
        self.scale_fns = [] if scale_fn is None else [scale_fn]
        self.scale_mode = scale_mode
        super().__init__(optimizer, last_epoch)

    def _first_rates(self) -> list[float]:
        return self.base_lrs

    def _scale(self, cycle: int) -> float:
        if self.scale_fns:
            return self.scale_fns[0](cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.mode == "exp_range":
            return float(self.gamma**self.last_epoch)
        return 1 / 2 ** (cycle - 1) if self.mode == "triangular2" else 1.0

    def get_lr(self) -> list[float]:
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        height *= self._scale(cycle)
        if self.cycle_momentum:
            pairs = zip(self.base_momentums, self.max_momentums, strict=True)
            self._set_momentums([high - (high - low) * height for low, high in pairs])
        return [low + (high - low) * height for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]


class OneCycleLR(_MomentumCycle):
    """From max_lr / div_factor up to max_lr, then down to that first rate / final_div_factor. To be stepped each batch.

    total_steps       how many steps there are in all, or
    epochs            how many epochs, of
    steps_per_epoch   so many steps
    pct_start         the share of the steps that go up
    anneal_strategy   "cos" or "linear"
    cycle_momentum    move the momentum (or the first of the betas) from max_momentum to base_momentum and back
    three_phase       down to the first rate in as many steps as up, and only then to the last

    Raises ValueError for options out of range, for lists of another length than there are groups, for cycle_momentum
    with an optimizer that has none, and at a step beyond the last.
    Source: Smith and Topin 2018, "Super-convergence".
    """

    def __init__(
        self, optimizer: Optimizer, max_lr: float | list[float], total_steps: int | None = None,
        epochs: int | None = None, steps_per_epoch: int | None = None, pct_start: float = 0.3,
        anneal_strategy: str = "cos", cycle_momentum: bool = True, base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95, div_factor: float = 25.0, final_div_factor: float = 1e4,
        three_phase: bool = False, last_epoch: int = -1,
    ) -> None:  # fmt: skip
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError("OneCycleLR: expected total_steps, or both epochs and steps_per_epoch")
            total_steps = whole("OneCycleLR", "epochs", epochs) * whole(
                "OneCycleLR", "steps_per_epoch", steps_per_epoch
            )
        self.total_steps = whole("OneCycleLR", "total_steps", total_steps)
        if not 0 <= pct_start <= 1:
            raise ValueError(f"OneCycleLR: expected pct_start from 0 to 1, got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f'OneCycleLR: expected anneal_strategy "cos" or "linear", got {anneal_strategy!r}')
        self.anneal_strategy = anneal_strategy
        up, last = pct_start * self.total_steps - 1, float(self.total_steps - 1)
        low, high = "max_momentum", "base_momentum"  # of the momentum, where the rate is low and where it is high
        self.phases: list[Any] = [[up, "initial_lr", "max_lr", low, high]]
        if three_phase:
            self.phases.append([2 * up, "max_lr", "initial_lr", high, low])
            self.phases.append([last, "initial_lr", "min_lr", low, low])
        else:
            self.phases.append([last, "max_lr", "min_lr", high, low])
        positive("OneCycleLR", "div_factor", div_factor)
        positive("OneCycleLR", "final_div_factor", final_div_factor)
        moved = ("base_momentum", "max_momentum") if cycle_momentum else ()
        self._watch(optimizer, last_epoch, ("initial_lr", "max_lr", "min_lr", *moved))
        self._take(optimizer, cycle_momentum, base_momentum, max_momentum)
        largest = for_groups("OneCycleLR", "max_lr", optimizer, max_lr)
        if last_epoch == -1:
            self._begin()
            for i, group in enumerate(optimizer.param_groups):
                first = largest[i] / div_factor
                group.update(initial_lr=first, max_lr=largest[i], min_lr=first / final_div_factor)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.last_epoch > self.total_steps:
            raise ValueError(f"OneCycleLR: expected at most {self.total_steps} steps, got step {self.last_epoch}")
        begin = 0.0
        for end, *names in self.phases:  # noqa: B007 (the one that it stops at)
            if self.last_epoch <= end:
                break
            begin = end if end is not self.phases[-1][0] else begin
        share = (self.last_epoch - begin) / (end - begin) if end != begin else 1.0
        done = (1 - math.cos(math.pi * share)) / 2 if self.anneal_strategy == "cos" else share

        def between(first: str, last: str) -> list[float]:
            groups = self.optimizer.param_groups
            return [group[first] * (1 - done) + group[last] * done for group in groups]

        if self.cycle_momentum:
            self._set_momentums(between(*names[2:]))
        return between(*names[:2])
