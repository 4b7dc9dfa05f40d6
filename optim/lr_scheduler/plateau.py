"""ReduceLROnPlateau: a lower rate when a figure no longer gets better."""

from __future__ import annotations

import math
from typing import Any

from autograd import no_grad

from ..optimizer import Optimizer
from .base import LRScheduler, for_groups


class ReduceLROnPlateau(LRScheduler):
    """The rate times factor when a figure, such as the loss, has not got better for more than `patience` epochs.

    mode            "min" if lower is better, "max" if higher is
    factor          below 1
    threshold       by how much it has to be better than the best so far to count
    threshold_mode  whether that is relative to the best ("rel") or a difference ("abs")
    cooldown        epochs after a change in which nothing is counted
    min_lr          the lowest rate, for all groups (also those added later) or a list
    eps             changes no larger than this are left out

    `step` takes the figure. Raises ValueError for options out of range or a list that does not fit the groups.

    >>> from optim import SGD
    >>> scheduler = ReduceLROnPlateau(SGD([Tensor(1.0, requires_grad=True)], lr=0.4), factor=0.5, patience=1)
    >>> for loss in (1.0, 0.9, 0.9, 0.9):
    ...     scheduler.step(loss)
    >>> scheduler.get_last_lr()
    [0.2]
    """

    def __init__(
        self, optimizer: Optimizer, mode: str = "min", factor: float = 0.1, patience: int = 10, threshold: float = 1e-4,
        threshold_mode: str = "rel", cooldown: int = 0, min_lr: float | list[float] = 0, eps: float = 1e-8,
    ) -> None:  # fmt: skip
        self._watch(optimizer)
        if not factor < 1:
            raise ValueError(f"ReduceLROnPlateau: expected factor below 1, got {factor}")
        if mode not in ("min", "max"):
            raise ValueError(f'ReduceLROnPlateau: expected mode "min" or "max", got {mode!r}')
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f'ReduceLROnPlateau: expected threshold_mode "rel" or "abs", got {threshold_mode!r}')
        self.mode = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.cooldown = cooldown
        self.default_min_lr = None if isinstance(min_lr, list | tuple) else min_lr
        self.min_lrs = for_groups("ReduceLROnPlateau", "min_lr", optimizer, min_lr)
        self.eps = eps
        self.best = math.inf if mode == "min" else -math.inf
        self.cooldown_counter = 0
        self.num_bad_epochs = 0
        self.last_epoch = 0
        self._last_lr = self._rates()

    @property
    def in_cooldown(self) -> bool:
        """Whether nothing is counted now."""
        return self.cooldown_counter > 0

    def step(self, metrics: Any = None, epoch: int | None = None) -> None:  # type: ignore[override]
        """Count an epoch with this figure. Raises TypeError without one, RuntimeError for groups without a min_lr."""
        if metrics is None:
            raise TypeError("ReduceLROnPlateau.step: expected the figure to watch, such as the loss, got none")
        with no_grad():  # the value alone, of a loss that requires a gradient too
            current = float(metrics)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._is_better(current):
            self.best = current
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            groups = len(self.optimizer.param_groups)
            if len(self.min_lrs) != groups:
                if self.default_min_lr is None:
                    raise RuntimeError(
                        f"ReduceLROnPlateau: expected min_lrs for {groups} groups, got {len(self.min_lrs)}; "
                        f"set min_lrs after add_param_group"
                    )
                self.min_lrs = [self.default_min_lr] * groups
            lowered = [max(rate * self.factor, low) for rate, low in zip(self._rates(), self.min_lrs, strict=True)]
            self._set([new if old - new > self.eps else old for old, new in zip(self._rates(), lowered, strict=True)])
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = self._rates()

    def _is_better(self, current: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "rel":
            return sign * current > sign * self.best * (1 + sign * self.threshold)
        return sign * current > sign * (self.best + sign * self.threshold)
