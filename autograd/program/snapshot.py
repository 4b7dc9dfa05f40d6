"""Everything that a call may change, kept and put back: to trace a step takes none."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..engine.tensor import Tensor
from ..random import generator_of, use
from ..transforms.tree import leaves
from .places import Surroundings


@contextmanager
def unchanged(around: Surroundings, args: Any, kwargs: Any) -> Iterator[None]:
    """After it, arrays, gradients, containers, optimizers, schedulers and generators are as they were before."""
    back = as_now(around, args, kwargs)
    try:
        yield
    finally:
        back()


def as_now(around: Surroundings, args: Any, kwargs: Any) -> Callable[[], None]:
    """What brings all of that back to what it is now."""
    tensors = [tensor for tensor, _ in around.tensors.values()]
    tensors += [leaf for leaf in leaves((args, kwargs)) if isinstance(leaf, Tensor)]
    arrays = [leaf for leaf in leaves((args, kwargs)) if isinstance(leaf, np.ndarray)]
    arrays += [place.get() for place in around.arrays]
    held = [(tensor, tensor._content, np.array(tensor._content), tensor._node, tensor._grad) for tensor in tensors]
    gradients = [(t._grad, t._grad._content, np.array(t._grad._content)) for t in tensors if t._grad is not None]
    copies = [(array, np.array(array)) for array in arrays if array.flags.writeable]
    plain = [(place, value) for place, value in around.plain]
    containers = [(held, held.copy()) for held, _, _ in around.sizes]
    schedulers = [scheduler._as_now() for scheduler in around.schedulers]
    optimizers = [_of_optimizer(optimizer) for optimizer in around.optimizers]
    generators = [rng for rng, _ in around.generators] + [default := generator_of(None)]
    states = [(rng.bit_generator, rng.bit_generator.state) for rng in generators]

    def back() -> None:
        for tensor, data, values, node, gradient in held:
            if data.flags.writeable:
                data[...] = values
            tensor._content, tensor._node, tensor._grad = data, node, gradient
        for gradient, data, values in gradients:
            data[...] = values
            gradient._content = data
        for array, values in copies:
            array[...] = values
        for place, value in plain:
            place.put_back(value)
        for container, entries in containers:
            _put_back(container, entries)
        for before in (*schedulers, *optimizers):
            before()
        for bits, state in states:
            bits.state = state
        use(default)

    return back


def _put_back(held: Any, entries: Any) -> None:
    """Let a list, a deque or a dict hold what it held."""
    if isinstance(entries, dict):
        same = list(held) == list(entries) and all(held[key] is entries[key] for key in held)
    else:
        same = len(held) == len(entries) and all(a is b for a, b in zip(held, entries, strict=True))
    if not same:
        held.clear()
        held.update(entries) if isinstance(held, dict) else held.extend(entries)


def _of_optimizer(optimizer: Any) -> Any:
    entries = {key: dict(state) for key, state in optimizer.state.items()}
    arrays = [
        (value, np.array(value))
        for state in entries.values() for value in state.values() if isinstance(value, np.ndarray)
    ]  # fmt: skip
    options = [{key: copy.copy(value) for key, value in group.items()} for group in optimizer.param_groups]

    def back() -> None:
        for group in optimizer.param_groups:
            for name, fill in optimizer.start(group).items():
                for p in group["params"]:
                    made = optimizer.state.get(p, {}).get(name)
                    if isinstance(made, np.ndarray) and name not in entries.get(p, {}):
                        made[...] = fill  # for a program's text, which takes it as it began
        for key in [key for key in optimizer.state if key not in entries]:
            del optimizer.state[key]
        for key, state in entries.items():
            optimizer.state[key].clear()
            optimizer.state[key].update(state)
        for array, values in arrays:
            array[...] = values
        for group, kept in zip(optimizer.param_groups, options, strict=True):
            group.update(kept)

    return back
