"""Calling a function only to see what it does: what it changes is put back."""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from ..engine.tensor import Tensor
from ..random import generator

DEEPEST = 6
"""A module is looked for inside of this many partials, methods, closures and containers."""


@contextmanager
def unchanged(*things: Any) -> Iterator[None]:
    """Within it the modules and generators of random numbers that `things` are, hold or close over may change.

    Afterwards buffers, training modes and random numbers are what they were. A buffer's own array is not touched: the
    call gets a copy of it, for a graph recorded before may still need the array as it is.
    """
    modules, generators = _found(things)
    modes = [(module, module.training) for module in modules]
    buffers = [
        (module, name, buffer, buffer._content)
        for module in modules
        for name, buffer in module.named_buffers(recurse=False)
        if isinstance(buffer, Tensor)
    ]
    states = [(random, copy.deepcopy(random.bit_generator.state)) for random in generators]
    legacy = np.random.get_state()
    for _, _, buffer, array in buffers:
        buffer._content = array.copy()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
        for module, name, buffer, array in buffers:
            buffer._content = array
            if getattr(module, name) is not buffer:
                setattr(module, name, buffer)
        for random, state in states:
            random.bit_generator.state = state
        np.random.set_state(legacy)


def _found(things: Any) -> tuple[list[Any], list[np.random.Generator]]:
    """The modules, and the generators besides the one that `manual_seed` seeds."""
    modules: dict[int, Any] = {}
    generators = {id(generator()): generator()}
    seen: set[int] = set()
    stack = [(thing, 0) for thing in things]
    while stack:
        thing, depth = stack.pop()
        if depth > DEEPEST or id(thing) in seen or isinstance(thing, Tensor | np.ndarray):
            continue
        seen.add(id(thing))
        if isinstance(thing, np.random.Generator):
            generators[id(thing)] = thing
        elif hasattr(thing, "named_buffers") and not isinstance(thing, type):
            for module in thing.modules():
                modules[id(module)] = module
                stack.extend((value, depth + 1) for value in vars(module).values() if type(value) is not dict)
        else:
            stack.extend((part, depth + 1) for part in _parts(thing))
    return list(modules.values()), list(generators.values())


def _parts(thing: Any) -> list[Any]:
    """What a function, method, partial, container or object holds."""
    if isinstance(thing, list | tuple):
        return list(thing)
    if isinstance(thing, dict):
        return list(thing.values())
    if isinstance(thing, functools.partial):
        return [thing.func, *thing.args, *thing.keywords.values()]
    parts = [getattr(thing, name, None) for name in ("__self__", "__wrapped__")]
    code = getattr(thing, "__code__", None)
    if code is not None:
        space = thing.__globals__
        parts += [space[name] for name in code.co_names if name in space]
        parts += [_content(cell) for cell in thing.__closure__ or ()]
        parts += thing.__defaults__ or ()
    elif not isinstance(thing, type | ModuleType):
        parts += list(getattr(thing, "__dict__", {}).values())
    return [part for part in parts if part is not None]


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # it is filled later
        return None
