"""Hooks of modules: functions that see, and may replace, what goes into and comes out of one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from autograd import Tensor

Hooks = defaultdict[str, dict[int, tuple[Callable[..., Any], int]]]
"""The hooks of a module by kind, those of a kind by number, in order; and how each is called."""

WITH_KWARGS, ALWAYS = 1, 2
"""How a hook is called: with the keyword arguments too; also where the module raises an error."""


class Hooked(Protocol):
    """What hooks need to know of a module."""

    _hooks: Hooks | None

    def forward(self, *args: Any, **kwargs: Any) -> Any: ...


def call_hooked(module: Hooked, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """module.forward(*args, **kwargs) with the module's hooks around it."""
    hooks = module._hooks
    assert hooks is not None
    for hook, how in list(hooks["forward_pre"].values()):
        if how & WITH_KWARGS:
            changed = hook(module, args, kwargs)
            if changed is not None:
                if not (isinstance(changed, tuple) and len(changed) == 2):
                    raise RuntimeError(
                        f"forward pre-hook of {type(module).__name__}: with_kwargs expects None or (args, kwargs)"
                    )
                args, kwargs = changed
        elif (changed := hook(module, args)) is not None:
            args = changed if isinstance(changed, tuple) else (changed,)
    watch = _Backward(module, hooks) if hooks["backward"] or hooks["backward_pre"] else None
    if watch is not None:
        args = watch.inputs(args)
    called: set[int] = set()
    result = None
    try:
        result = module.forward(*args, **kwargs)
        for key, (hook, how) in list(hooks["forward"].items()):
            called.add(key)
            changed = _after(hook, how, module, args, kwargs, result)
            result = result if changed is None else changed
    except Exception:
        for key, (hook, how) in list(hooks["forward"].items()):
            if how & ALWAYS and key not in called:
                _after(hook, how, module, args, kwargs, result)
        raise
    return result if watch is None else watch.outputs(result)


def _after(hook: Any, how: int, module: Hooked, args: Any, kwargs: Any, result: Any) -> Any:
    return hook(module, args, kwargs, result) if how & WITH_KWARGS else hook(module, args, result)


class _Backward:
    """What one call needs so that its backward hooks run.

    Each side of the module (its inputs, its outputs) is led through one tensor, whose own hook then has all gradients
    of that side in hand at once, and may replace them.
    """

    def __init__(self, module: Hooked, hooks: Hooks) -> None:
        self.module = module
        self.hooks = hooks
        self.grad_output: tuple[Any, ...] = ()
        self.has_inputs = False

    def inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        args, self.has_inputs = _through(args, self._on_inputs)
        return args

    def outputs(self, result: Any) -> Any:
        several = isinstance(result, tuple)
        values, _ = _through(result if several else (result,), self._on_outputs)
        return values if several else values[0]

    def _on_outputs(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        gradients = self.grad_output = self._run("backward_pre", gradients)
        if not self.has_inputs:
            for hook, _ in list(self.hooks["backward"].values()):
                if hook(self.module, (None,), gradients) is not None:
                    raise RuntimeError(
                        f"backward hook of {type(self.module).__name__}: no input requires a gradient, "
                        f"so there is none to replace"
                    )
        return gradients

    def _on_inputs(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        gradients = self._run("backward", gradients, self.grad_output)
        self.grad_output = ()
        return gradients

    def _run(self, kind: str, gradients: tuple[Any, ...], *more: Any) -> tuple[Any, ...]:
        """Call hooks one after the other; the gradients, which each may replace."""
        for hook, _ in list(self.hooks[kind].values()):
            changed = hook(self.module, gradients, *more)
            if changed is not None:
                gradients = changed if isinstance(changed, tuple) else (changed,)
        return gradients


def _through(
    values: tuple[Any, ...], function: Callable[[tuple[Any, ...]], tuple[Any, ...]]
) -> tuple[tuple[Any, ...], bool]:
    """The same values, such that their gradients pass through `function` together; and whether any has one."""
    n = len(values)
    traced = [i for i, value in enumerate(values) if isinstance(value, Tensor) and value.requires_grad]
    if not traced:
        return values, False
    several = len(traced) > 1
    shapes = [values[i].shape for i in traced]
    ends = np.cumsum([values[i].size for i in traced]).tolist()
    joined: Any = np.concatenate([values[i].reshape(-1) for i in traced]) if several else values[traced[0]][...]

    def split(whole: Any) -> list[Any]:
        if not several:
            return [whole]
        starts = [0, *ends]
        return [whole[a:b].reshape(shape) for a, b, shape in zip(starts, ends, shapes, strict=False)]

    def hook(g: Any) -> Any:
        gradients: list[Any] = [None] * n
        for i, part in zip(traced, split(g), strict=True):
            gradients[i] = part
        changed = function(tuple(gradients))
        if len(changed) != n:
            raise RuntimeError(f"backward hook: expected {n} gradients, got {len(changed)}")
        parts = [changed[i] if changed[i] is not None else part * 0 for i, part in zip(traced, split(g), strict=True)]
        return np.concatenate([part.reshape(-1) for part in parts]) if several else parts[0]

    joined.register_hook(hook)
    result = list(values)
    for i, part in zip(traced, split(joined), strict=True):
        result[i] = part if part.dtype == values[i].dtype else part.astype(values[i].dtype)
    return tuple(result), True
