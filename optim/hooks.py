"""Hooks of optimizers: functions that are called before and after a step, and when the state is saved or loaded."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from autograd import RemovableHandle

Hook = Callable[..., Any]


class Hooked:
    """What an optimizer knows of hooks. Each `register` returns a handle with `remove()`; `prepend` puts a hook first.

    >>> from optim import SGD
    >>> w = Tensor([1.0], requires_grad=True)
    >>> w.sum().backward()
    >>> optimizer = SGD([w])
    >>> handle = optimizer.register_step_post_hook(lambda optimizer, args, kwargs: print("a step"))
    >>> optimizer.step()
    a step
    >>> handle.remove()
    """

    _hooks: dict[str, dict[int, Hook]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in cls.__dict__:
            cls.step = hooked(cls.step)  # type: ignore[attr-defined]

    def _register(self, kind: str, hook: Hook, prepend: bool = False) -> RemovableHandle:
        return RemovableHandle(self._hooks.setdefault(kind, {}), hook, prepend)

    def _run(self, kind: str, value: Any = None) -> Any:
        """Call the hooks of a kind with the optimizer, and with a value that each may replace, if one is given."""
        for hook in list(self._hooks.get(kind, {}).values()):
            if value is None:
                hook(self)
            elif (changed := hook(self, value)) is not None:
                value = changed
        return value

    def register_step_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Before each step, call `hook(optimizer, args, kwargs)`; it may return another pair of arguments.

        The optimizer is the first of `args`.
        """
        return self._register("step_pre", hook)

    def register_step_post_hook(self, hook: Hook) -> RemovableHandle:
        """After each step, call `hook(optimizer, args, kwargs)`."""
        return self._register("step_post", hook)

    def register_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Before the state is taken by `state_dict()`, call `hook(optimizer)`."""
        return self._register("state_pre", hook, prepend)

    def register_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)` before `state_dict()` returns; it may return another dict to return."""
        return self._register("state_post", hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Before a state is loaded, call `hook(optimizer, state_dict)` with a shallow copy; it may return another."""
        return self._register("load_pre", hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """After a state was loaded, call `hook(optimizer)`."""
        return self._register("load_post", hook, prepend)


_before: dict[int, Hook] = {}  # the hooks of all optimizers
_after: dict[int, Hook] = {}


def register_optimizer_step_pre_hook(hook: Hook) -> RemovableHandle:
    """Before each step of any optimizer, call `hook(optimizer, args, kwargs)`, as Optimizer.register_step_pre_hook."""
    return RemovableHandle(_before, hook)


def register_optimizer_step_post_hook(hook: Hook) -> RemovableHandle:
    """After each step of any optimizer, call `hook(optimizer, args, kwargs)`."""
    return RemovableHandle(_after, hook)


def hooked(step: Hook) -> Hook:
    """The method `step` with its hooks around it. Raises RuntimeError for a pre-hook that returns no pair."""

    @wraps(step)
    def run(*args: Any, **kwargs: Any) -> Any:
        self = args[0]
        own = self._hooks
        if not own and not _before and not _after:
            return step(*args, **kwargs)
        for hook in (*_before.values(), *own.get("step_pre", {}).values()):
            changed = hook(self, args, kwargs)
            if changed is not None:
                if not (isinstance(changed, tuple) and len(changed) == 2):
                    raise RuntimeError(
                        f"{type(self).__name__}: expected None or (args, kwargs) from a step pre-hook, got {changed!r}"
                    )
                args, kwargs = changed
        result = step(*args, **kwargs)
        for hook in (*own.get("step_post", {}).values(), *_after.values()):
            hook(self, args, kwargs)
        return result

    return run
