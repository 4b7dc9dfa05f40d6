"""What all schedulers share: the count of epochs, the rates they began with, and their state."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any

from autograd import Tensor

from ..optimizer import Optimizer


class LRScheduler:
    """The base of all schedulers: sets the learning rates of an optimizer's groups, epoch by epoch.

    optimizer   the optimizer
    last_epoch  -1 to begin; otherwise the epoch after which to go on, with `initial_lr` in each group

    Call `step()` after the optimizer's steps of an epoch. One's own scheduler overrides `get_lr`. Many multiply the
    rate that they find, so that schedulers can work on one optimizer together; these also know the rate of any epoch by
    itself, `_get_closed_form_lr`. A rate that is a Tensor is written into.

    Raises TypeError for what is no optimizer, KeyError for a last_epoch without `initial_lr` in the groups.

    >>> from optim import SGD
    >>> class Halve(LRScheduler):
    ...     def get_lr(self):
    ...         return [base_lr / 2**self.last_epoch for base_lr in self.base_lrs]
    >>> scheduler = Halve(SGD([Tensor(1.0, requires_grad=True)], lr=0.4))
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.2]
    """

    _get_lr_called_within_step = True  # schedulers that were written for PyTorch ask for it in get_lr
    functions: tuple[str, ...] = ()
    """The attributes that are lists of functions, of which only objects with attributes of their own are saved."""

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self._watch(optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", float(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"{type(self).__name__}: expected initial_lr in group {i} to go on after epoch {last_epoch}; "
                    f"load the optimizer's state first, or begin with last_epoch=-1"
                )
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    def get_lr(self) -> list[float]:
        """The rates of the groups for `last_epoch`; called by `step`."""
        raise NotImplementedError(f"{type(self).__name__}: get_lr() is to be defined by each scheduler")

    def _get_closed_form_lr(self) -> list[float]:
        """The rates for `last_epoch`, whatever rates there are now: for an epoch that does not follow the last."""
        return self.get_lr()

    def get_last_lr(self) -> list[float]:
        """The rates of the groups that the last step set."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Go to the next epoch. Raises ValueError if groups were added to the optimizer since.

        To go to any `epoch` is deprecated, as in PyTorch, and warns.
        """
        if epoch is not None:
            warnings.warn("step: the epoch is deprecated; without one, step() goes to the next", stacklevel=2)
        self._step_count += 1
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        """Set the rates of the next epoch, or of any; a SequentialLR that comes to this scheduler begins at 0."""
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        self._set(self.get_lr() if epoch is None else self._get_closed_form_lr())

    def _watch(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(self).__name__}: expected an Optimizer, got {type(optimizer).__name__}")
        self.optimizer = optimizer

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        self.step()
        self._is_initial = False

    def _rates(self) -> list[float]:
        return [float(group["lr"]) for group in self.optimizer.param_groups]

    def _set(self, rates: Sequence[float]) -> None:
        groups = self.optimizer.param_groups
        if len(rates) != len(groups):
            raise ValueError(
                f"{type(self).__name__}: expected the {len(rates)} groups that the optimizer had, got {len(groups)}; "
                f"make a new scheduler after add_param_group"
            )
        for group, rate in zip(groups, rates, strict=True):
            if isinstance(group["lr"], Tensor):
                group["lr"].data[...] = rate
            else:
                group["lr"] = rate
        self._last_lr = self._rates()

    def _times(self, factor: float) -> list[float]:
        return [rate * factor for rate in self._rates()]

    # ---- saving ----------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """All that the schedule needs to go on, as numbers, strings, lists and dicts; functions are not among it."""
        state = {k: v for k, v in self.__dict__.items() if k not in ("optimizer", "_is_initial", *self.functions)}
        for name in self.functions:
            state[name] = [dict(getattr(function, "__dict__", {})) or None for function in getattr(self, name)]
        return {k: list(v) if isinstance(v, list) else v for k, v in state.items()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` returned. The optimizer has a state of its own, with the rates in it.

        Raises KeyError, and changes nothing, if entries are missing.
        """
        missing = sorted(set(self.state_dict()) - set(state_dict))
        if missing:
            raise KeyError(f"{type(self).__name__}.load_state_dict: expected {missing} too, got {sorted(state_dict)}")
        for name, value in state_dict.items():
            if name in self.functions:
                for function, attributes in zip(getattr(self, name), value, strict=True):
                    if attributes:
                        vars(function).update(attributes)
            elif name != "optimizer":
                setattr(self, name, list(value) if isinstance(value, list) else value)


def for_groups(who: str, what: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """One value for each group: `value` itself for all, or a list of them. Raises ValueError for another number."""
    count = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        return [value] * count
    if len(value) != count:
        raise ValueError(f"{who}: expected {what} for {count} groups, got {len(value)}")
    return list(value)


def positive(who: str, what: str, value: Any) -> Any:
    """`value`, if it is a number above 0. Raises ValueError otherwise."""
    if not isinstance(value, Real) or value <= 0:
        raise ValueError(f"{who}: expected {what} to be a number above 0, got {value!r}")
    return value


def whole(who: str, what: str, value: Any) -> int:
    """`value`, if it is a whole number above 0. Raises ValueError otherwise."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{who}: expected {what} to be a whole number above 0, got {value!r}")
    return value


Schedule = Callable[[int], float]
