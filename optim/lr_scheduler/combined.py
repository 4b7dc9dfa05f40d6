"""Schedulers made of schedulers: at the same time, or one after another."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler
from .plateau import ReduceLROnPlateau


class _Combined(LRScheduler):
    """What the two share: their schedulers, of one optimizer, and the saving of those."""

    def _take(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None) -> None:
        who = type(self).__name__
        self._schedulers = list(schedulers)
        if not self._schedulers:
            raise ValueError(f"{who}: expected schedulers, got none")
        for i, scheduler in enumerate(self._schedulers):
            if not isinstance(scheduler, LRScheduler):
                raise TypeError(f"{who}: expected schedulers, got {type(scheduler).__name__} as number {i}")
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(
                    f"{who}: expected schedulers that step by themselves, got ReduceLROnPlateau as number {i}"
                )
            optimizer = optimizer or scheduler.optimizer
            if scheduler.optimizer is not optimizer:
                raise ValueError(f"{who}: expected schedulers of one optimizer, but that of number {i} is another one")
        assert optimizer is not None
        self._watch(optimizer)

    def state_dict(self) -> dict[str, Any]:
        """All that the schedule needs to go on, with the states of its schedulers under "_schedulers"."""
        return {**super().state_dict(), "_schedulers": [scheduler.state_dict() for scheduler in self._schedulers]}

    def _check_state(self, state: Mapping[str, Any]) -> None:
        states = state.get("_schedulers", ())
        if len(states) != len(self._schedulers):
            raise ValueError(
                f"{type(self).__name__}.load_state_dict: expected {len(self._schedulers)} schedulers, got {len(states)}"
            )
        super()._check_state(state)
        for scheduler, its in zip(self._schedulers, states, strict=True):
            scheduler._check_state(its)

    def _take_state(self, state: Mapping[str, Any]) -> None:
        super()._take_state({name: value for name, value in state.items() if name != "_schedulers"})
        for scheduler, its in zip(self._schedulers, state["_schedulers"], strict=True):
            scheduler._take_state(its)


class ChainedScheduler(_Combined):
    """Schedulers of one optimizer that all step at once.

    Raises ValueError without schedulers, for those of several optimizers, and for ReduceLROnPlateau.

    >>> from optim import SGD
    >>> optimizer = SGD([Tensor(1.0, requires_grad=True)], lr=1.0)
    >>> from optim.lr_scheduler import ConstantLR, ExponentialLR
    >>> scheduler = ChainedScheduler([ConstantLR(optimizer, 0.5, total_iters=2), ExponentialLR(optimizer, 0.5)])
    >>> rates = []
    >>> for _ in range(3):
    ...     rates.append(scheduler.get_last_lr()[0])
    ...     scheduler.step()
    >>> rates
    [0.5, 0.25, 0.25]
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        self._take(schedulers, optimizer)
        self._last_lr = self._rates()

    def step(self, epoch: int | None = None) -> None:
        """Step all of them."""
        for scheduler in self._schedulers:
            scheduler.step(epoch)
        self._last_lr = self._rates()

    def _update_lr(self, epoch: int | None = None) -> None:
        for scheduler in self._schedulers:
            scheduler._update_lr(epoch)
        self._last_lr = self._rates()

    def _restart(self) -> None:
        for scheduler in self._schedulers:
            scheduler._restart()
        self._last_lr = self._rates()

    def _go_on(self) -> None:
        for scheduler in self._schedulers:
            scheduler._go_on()


class SequentialLR(_Combined):
    """Schedulers of one optimizer, one after another: number i + 1 begins at milestones[i].

    last_epoch  -1 to begin; otherwise the epoch after which to go on. The schedulers are made as for the beginning, and
                brought from there to that epoch

    Raises ValueError without schedulers, for a number of milestones other than one less than the schedulers, for
    milestones that are not in order, for schedulers of several optimizers, and for ReduceLROnPlateau.

    >>> from optim import SGD
    >>> optimizer = SGD([Tensor(1.0, requires_grad=True)], lr=1.0)
    >>> from optim.lr_scheduler import ConstantLR, ExponentialLR
    >>> parts = [ConstantLR(optimizer, 0.5, total_iters=9), ExponentialLR(optimizer, 0.5)]
    >>> scheduler = SequentialLR(optimizer, parts, milestones=[2])
    >>> rates = []
    >>> for _ in range(4):
    ...     rates.append(scheduler.get_last_lr()[0])
    ...     scheduler.step()
    >>> rates
    [0.5, 0.5, 1.0, 0.5]
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int], last_epoch: int = -1
    ) -> None:
        self._take(schedulers, optimizer)
        if len(milestones) != len(self._schedulers) - 1:
            raise ValueError(
                f"SequentialLR: expected one milestone less than schedulers ({len(self._schedulers)}), "
                f"got {len(milestones)}"
            )
        self._milestones = list(milestones)
        if self._milestones != sorted(self._milestones):
            raise ValueError(f"SequentialLR: expected milestones in order, got {self._milestones}")
        self._set(self._first_rates())  # undo the first step of each scheduler
        self._restart()
        for _ in range(last_epoch + 1):
            self._update_lr()

    def _restart(self) -> None:
        self.last_epoch = 0
        _, first = self._turn()
        first._restart()
        self._last_lr = first.get_last_lr()

    def _turn(self) -> tuple[int, LRScheduler]:
        """When the scheduler began whose turn it is, and that one."""
        number = bisect_right(self._milestones, self.last_epoch)
        return self._milestones[number - 1] if number else 0, self._schedulers[number]

    def _go_on(self) -> None:
        self._turn()[1]._go_on()

    def step(self, epoch: int | None = None) -> None:
        """Step the one whose turn it is."""
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        begun, scheduler = self._turn()
        if epoch is not None or begun == self.last_epoch:
            scheduler._update_lr(self.last_epoch - begun)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()
