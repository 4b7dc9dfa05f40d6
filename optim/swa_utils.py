"""Averages of a model's weights along its training (SWA and EMA), and a learning rate for it, with PyTorch's names.

Source: Izmailov et al. 2018, "Averaging weights leads to wider optima and better generalization".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

import numpy as np

from autograd import Tensor, no_grad
from nn.module import Module
from nn.normalization import BatchNorm1d, BatchNorm2d, BatchNorm3d
from nn.parameter import write
from nn.shared import on_cpu, plain

from .lr_scheduler import LRScheduler
from .lr_scheduler.base import for_groups
from .optimizer import Optimizer

__all__ = [
    "SWALR", "AveragedModel", "get_ema_avg_fn", "get_ema_multi_avg_fn", "get_swa_avg_fn", "get_swa_multi_avg_fn",
    "update_bn",
]  # fmt: skip

Average = Callable[[Any, Any, Any], Any]


def get_swa_avg_fn() -> Average:
    """The plain average: a function of the average so far, of the new value, and of how many it is the average of."""
    return lambda averaged, current, count: averaged + (current - averaged) / (count + 1)


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """The exponential average: decay times the average so far, and the rest the new value.

    Raises ValueError for a decay outside [0, 1].
    """
    if not 0 <= decay <= 1:
        raise ValueError(f"get_ema_avg_fn: expected decay from 0 to 1, got {decay}")
    return lambda averaged, current, count: decay * averaged + (1 - decay) * current


def get_swa_multi_avg_fn() -> Average:
    """The plain average, of lists of Tensors, written into the first list."""
    return _for_lists(get_swa_avg_fn())


def get_ema_multi_avg_fn(decay: float = 0.999) -> Average:
    """The exponential average, of lists of Tensors, written into the first list. Raises as get_ema_avg_fn."""
    return _for_lists(get_ema_avg_fn(decay))


def _for_lists(average: Average) -> Average:
    def update(averaged: Iterable[Tensor], current: Iterable[Tensor], count: Any) -> None:
        number = plain(count).item() if hasattr(count, "item") else count  # of Python's, which changes no dtype
        for old, new in zip(averaged, current, strict=True):
            write(old, average(old.data, new.data, number))

    return update


class AveragedModel(Module):
    """A copy of a model whose weights are the average of those that it is shown; it is called as the model is.

    model         the model
    device        None or "cpu"
    avg_fn        how a weight is averaged: a function of the average, the new value and the number so far; the plain
                  average unless given
    multi_avg_fn  the same of lists of all of them, which writes into the first
    use_buffers   average the buffers too; else they are copied

    `update_parameters(model)` takes in the model as it is now: the first time as a copy. `n_averaged` counts.
    Raises ValueError for both functions at once, or for another device.

    >>> import nn
    >>> model = nn.Linear(1, 1)
    >>> average = AveragedModel(model, avg_fn=get_ema_avg_fn(0.5))
    >>> for value in (1.0, 3.0):
    ...     with no_grad():
    ...         model.weight[...] = value
    ...     average.update_parameters(model)
    >>> average.module.weight.item(), average.n_averaged.item()
    (2.0, 2)
    """

    n_averaged: Tensor

    def __init__(
        self, model: Module, device: Any = None, avg_fn: Average | None = None, multi_avg_fn: Average | None = None,
        use_buffers: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise ValueError("AveragedModel: expected one of avg_fn and multi_avg_fn, got both")
        on_cpu(device, "AveragedModel")
        self.module = deepcopy(model)
        self.register_buffer("n_averaged", np.array(0))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    @no_grad()
    def update_parameters(self, model: Module) -> None:
        """Take the parameters of `model` into the average. Raises ValueError for a model of other parts."""
        ours: list[Tensor] = [*self.module.parameters()]
        theirs: list[Tensor] = [*model.parameters()]
        if self.use_buffers:
            ours += self.module.buffers()
            theirs += model.buffers()
        if not self.n_averaged.item():
            for old, new in zip(ours, theirs, strict=True):
                write(old, new.data)
        elif self.avg_fn is not None:
            for old, new in zip(ours, theirs, strict=True):
                write(old, plain(self.avg_fn(old.detach(), new.detach(), self.n_averaged.detach())))
        else:
            (self.multi_avg_fn or get_swa_multi_avg_fn())(ours, theirs, self.n_averaged.detach())
        if not self.use_buffers:
            for old, new in zip(self.module.buffers(), model.buffers(), strict=True):
                write(old, new.data)
        write(self.n_averaged, self.n_averaged.data + 1)


@no_grad()
def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Give the model's batch normalizations the statistics of the data, by one pass over it.

    loader  gives batches: the input, or a list or tuple that begins with it
    device  None or "cpu"; there is no other
    """
    layers = [m for m in model.modules() if isinstance(m, BatchNorm1d | BatchNorm2d | BatchNorm3d)]
    if not layers:
        return
    momenta, training = [layer.momentum for layer in layers], model.training
    model.train()
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # so that they are plain averages over all batches
    for batch in loader:
        model(batch[0] if isinstance(batch, list | tuple) else batch)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
    model.train(training)


class SWALR(LRScheduler):
    """From whatever rate there is to swa_lr, in anneal_epochs epochs, and constant from then on.

    swa_lr           the rate, for all groups or a list
    anneal_strategy  "cos" or "linear"

    Raises ValueError for another strategy, anneal_epochs that are no whole number >= 0, or a list that does not fit.
    """

    def __init__(
        self, optimizer: Optimizer, swa_lr: float | list[float], anneal_epochs: int = 10, anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:  # fmt: skip
        self._watch(optimizer, last_epoch)
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f'SWALR: expected anneal_strategy "cos" or "linear", got {anneal_strategy!r}')
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"SWALR: expected anneal_epochs to be a whole number >= 0, got {anneal_epochs!r}")
        for group, lr in zip(optimizer.param_groups, for_groups("SWALR", "swa_lr", optimizer, swa_lr), strict=True):
            group["swa_lr"] = lr
        self.anneal_epochs = anneal_epochs
        self.anneal_strategy = anneal_strategy
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self._is_initial and self.last_epoch:
            return self._rates()
        step = self.last_epoch if self.anneal_epochs else max(1, self.last_epoch)
        before, now = self._share(step - 1), self._share(step)
        rates = []
        for rate, group in zip(self._rates(), self.optimizer.param_groups, strict=True):
            last = group["swa_lr"]
            first = last if before == 1 else (rate - before * last) / (1 - before)
            rates.append(last * now + first * (1 - now))
        return rates

    def _share(self, step: int) -> float:
        """How much of the way is done."""
        share = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return (1 - math.cos(math.pi * share)) / 2 if self.anneal_strategy == "cos" else share
