"""What all schedulers share: the count of epochs, the rates they began with, and their state."""

from __future__ import annotations

import functools
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.ops import writable
from autograd.program.current import current_trace, outside

from ..optimizer import Optimizer


def at_each_call(step: Callable[..., Any]) -> Callable[..., Any]:
    """A method that is Python's at each call of a program, too, and no part of what is traced."""

    @functools.wraps(step)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        if current_trace() is None:
            return step(self, *args, **kwargs)
        return outside(_Step(step, self, kwargs), *args)

    return run


class _Step:
    """A scheduler's step within a program, which is undone if the program turns out not to be for the call."""

    def __init__(self, step: Callable[..., Any], scheduler: LRScheduler, kwargs: Mapping[str, Any]) -> None:
        functools.update_wrapper(self, step)
        self.step, self.scheduler, self.kwargs = step, scheduler, kwargs

    def __call__(self, *args: Any) -> Any:
        return self.step(self.scheduler, *args, **self.kwargs)

    def undo(self) -> Callable[[], None]:
        """What brings the scheduler back to where it is now."""
        return self.scheduler._as_now()


class LRScheduler:
    """The base of all schedulers: sets the learning rates of an optimizer's groups, epoch by epoch.

    optimizer   the optimizer
    last_epoch  -1 to begin; otherwise the epoch after which to go on. The groups then have an `initial_lr`, and as `lr`
                the rate of the next epoch, as an optimizer does that has loaded its state

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

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in cls.__dict__:
            cls.step = at_each_call(cls.step)  # type: ignore[method-assign]

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self._watch(optimizer, last_epoch)
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", float(group["lr"]))
        self.base_lrs = self._first_rates()
        self.last_epoch = last_epoch
        self._initial_step()

    def _first_rates(self) -> list[float]:
        """The rates that the schedule is made of."""
        return [group["initial_lr"] for group in self.optimizer.param_groups]

    def get_lr(self) -> list[float]:
        """The rates of the groups for `last_epoch`; called by `step`."""
        raise NotImplementedError(f"{type(self).__name__}: get_lr() is to be defined by each scheduler")

    def _get_closed_form_lr(self) -> list[float]:
        """The rates for `last_epoch`, whatever rates there are now: for an epoch that does not follow the last."""
        return self.get_lr()

    def get_last_lr(self) -> list[float]:
        """The rates of the groups that the last step set."""
        return self._last_lr

    @at_each_call
    def step(self, epoch: int | None = None) -> None:
        """Go to the next epoch. Raises ValueError if groups were added to the optimizer since.

        To go to any `epoch` is deprecated, as in PyTorch, and warns.
        """
        if epoch is not None:
            warnings.warn("step: the epoch is deprecated; without one, step() goes to the next", stacklevel=3)
        self._step_count += 1
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        """Set the rates of the next epoch, or of any; a SequentialLR that comes to this scheduler begins at 0."""
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        self._set(self.get_lr() if epoch is None else self._get_closed_form_lr())

    def _watch(self, optimizer: Optimizer, last_epoch: int = -1, needs: Sequence[str] = ("initial_lr",)) -> None:
        """Take an optimizer, whose groups have what going on after an epoch needs. Changes nothing in it."""
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                f"{type(self).__name__}: expected an Optimizer, got {type(optimizer).__name__}; it comes first, and "
                f"has the learning rate"
            )
        for i, group in enumerate(optimizer.param_groups if last_epoch != -1 else ()):
            for name in needs:
                if name not in group:
                    raise KeyError(
                        f"{type(self).__name__}: expected {name} in group {i} to go on after epoch {last_epoch}; "
                        f"load the optimizer's state first, or begin with last_epoch=-1"
                    )
        self.optimizer = optimizer

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        self.step()
        self._is_initial = False

    def _restart(self) -> None:
        """Begin at epoch 0, from the rates that there are now."""
        self.last_epoch = -1
        self._initial_step()

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
                writable(group["lr"])[...] = rate
            else:
                group["lr"] = rate
        self._last_lr = self._rates()

    def _times(self, factor: float) -> list[float]:
        """The rates that there are, times a factor. Where a schedule goes on after an epoch, they have it already."""
        goes_on = self._is_initial and self.last_epoch > 0
        return self._rates() if goes_on else [rate * factor for rate in self._rates()]

    # ---- saving ----------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """All that the schedule needs to go on, as numbers, strings, lists and dicts; functions are not among it."""
        state = {k: v for k, v in self.__dict__.items() if k not in ("optimizer", "_is_initial", *self.functions)}
        state["_last_lr"] = self._rates()  # which another scheduler of the same optimizer may have set
        for name in self.functions:
            state[name] = [dict(getattr(function, "__dict__", {})) or None for function in getattr(self, name)]
        return {k: list(v) if isinstance(v, list) else v for k, v in state.items()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` returned: the groups get the rates of that time, if there are as many.

        So it does not matter whether the optimizer's own state is loaded before or after it, or before the scheduler
        is made, whose first step changes the rates. Raises KeyError or ValueError, and changes nothing, if entries are
        missing or their number is another one.
        """
        self._check_state(state_dict)
        self._take_state(state_dict)
        if len(self._last_lr) == len(self.optimizer.param_groups):
            self._set(self._last_lr)
            self._go_on()

    def _check_state(self, state: Mapping[str, Any]) -> None:
        who = f"{type(self).__name__}.load_state_dict"
        missing = sorted(set(self.state_dict()) - set(state))
        if missing:
            raise KeyError(f"{who}: expected {missing} too, got {sorted(state)}")
        for name in self.functions:
            ours, theirs = len(getattr(self, name)), len(state[name])
            if ours != theirs:
                raise ValueError(f"{who}: expected {name} of {ours} functions, got {theirs}")

    def _take_state(self, state: Mapping[str, Any]) -> None:
        for name, value in state.items():
            if name in self.functions:
                for function, attributes in zip(getattr(self, name), value, strict=True):
                    if attributes:
                        vars(function).update(attributes)
            elif name not in ("optimizer", "_is_initial"):
                setattr(self, name, list(value) if isinstance(value, list) else value)

    def _as_now(self) -> Callable[[], None]:
        """What brings all that a step changes back to what it is now: this one's state, and the groups' options."""
        options = [{k: v for k, v in group.items() if k != "params"} for group in self.optimizer.param_groups]
        groups = list(zip(self.optimizer.param_groups, options, strict=True))
        backs = [*_back(options), *_back([self])]

        def back() -> None:
            for again in backs:
                again()
            for group, kept in groups:
                for name in group.keys() - kept.keys() - {"params"}:
                    del group[name]
                group.update(kept)

        return back

    def _go_on(self) -> None:
        """Bring what else a step sets in the groups to where the loaded state is; the rates are there."""


def _back(items: Iterable[Any]) -> Iterator[Callable[[], None]]:
    """What gives these, and what they hold, the content back that they have now."""
    stack = list(items)
    seen: set[int] = set()
    while stack:
        item = stack.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        item = vars(item) if isinstance(item, LRScheduler) else item
        if isinstance(item, dict | set):
            yield functools.partial(_refill, item, item.update, item.copy())
            stack += item.values() if isinstance(item, dict) else item
        elif isinstance(item, list | deque):
            yield functools.partial(_refill, item, item.extend, item.copy())
            stack += item
        elif isinstance(item, tuple):
            stack += item
        elif isinstance(item, Tensor | np.ndarray):
            array = writable(item) if isinstance(item, Tensor) else item
            if array.flags.writeable:
                yield functools.partial(array.__setitem__, ..., array.copy())


def _refill(item: Any, fill: Callable[[Any], None], content: Any) -> None:
    item.clear()
    fill(content)


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
