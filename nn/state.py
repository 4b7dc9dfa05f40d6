"""State: a module's values put into a dict, and taken from one. Nothing is loaded unless all of it can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from os import PathLike
from typing import Any, NamedTuple, Protocol

import numpy as np

from autograd import Tensor
from autograd.ops import in_blocks

from .hooks import Hooks
from .parameter import Uninitialized, replace, write

EXTRA = "_extra_state"
"""The name at which stands what a module's get_extra_state() returns."""


class Stateful(Protocol):
    """What has a state: of a module, the parts that are needed here."""

    _transient: set[str]
    _hooks: Hooks | None

    @property
    def _parameters(self) -> Mapping[str, Tensor | None]: ...
    @property
    def _buffers(self) -> Mapping[str, Tensor | None]: ...
    @property
    def _modules(self) -> Mapping[str, Stateful | None]: ...
    def named_modules(self, *, remove_duplicate: bool) -> Iterator[tuple[str, Stateful]]: ...
    def state_dict(self, *, destination: dict[str, Any] | None, prefix: str, keep_vars: bool) -> dict[str, Any]: ...
    def get_extra_state(self) -> Any: ...
    def set_extra_state(self, state: Any) -> None: ...


class Incompatible(NamedTuple):
    """The names that a mapping lacked, and those that it had besides."""

    missing_keys: list[str]
    unexpected_keys: list[str]


def save(module: Stateful, state: dict[str, Any], prefix: str, keep_vars: bool) -> dict[str, Any]:
    """Put a module's values, and then those of the modules below, into `state`."""
    run_hooks(module, "state_dict_pre", prefix, keep_vars)
    for name, tensor in _own(module):
        state[prefix + name] = tensor if keep_vars else _copied(tensor.data)
    if _overrides(module, "get_extra_state"):
        state[prefix + EXTRA] = module.get_extra_state()
    for name, child in module._modules.items():
        if child is not None:
            child.state_dict(destination=state, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
    run_hooks(module, "state_dict", state, prefix, {})
    return state


def _copied(array: Any) -> Any:
    return np.array(array) if in_blocks(array) else array.copy()


def load(module: Stateful, state: Mapping[str, Any], strict: bool, assign: bool) -> Incompatible:
    """Take a module's values from a mapping; see Module.load_state_dict."""
    if not isinstance(state, Mapping):
        instead = "; write load_state_dict(autograd.load(path))" if isinstance(state, str | PathLike) else ""
        raise TypeError(f"load_state_dict: expected a mapping of names to arrays, got {type(state).__name__}{instead}")
    state = dict(state)  # which hooks may change
    missing: list[str] = []
    unexpected: list[str] = []
    wrong: list[str] = []
    tensors: dict[str, Tensor] = {}
    extras: dict[str, Stateful] = {}
    walk = [(f"{path}." if path else "", below) for path, below in module.named_modules(remove_duplicate=False)]
    for prefix, below in walk:
        run_hooks(below, "load_state_dict_pre", state, prefix, {}, strict, missing, unexpected, wrong)
        tensors.update((prefix + name, tensor) for name, tensor in _own(below))
        if _overrides(below, "set_extra_state"):
            extras[prefix + EXTRA] = below
    missing += [name for name in (*tensors, *extras) if name not in state]
    unexpected += [name for name in state if name not in tensors and name not in extras]
    values = {}
    for name, tensor in tensors.items():
        if name in state:
            value = state[name]
            value = value.data if isinstance(value, Tensor) else np.asarray(value)
            if not isinstance(tensor, Uninitialized) and value.shape != tensor.shape:
                wrong.append(f"{name}: expected shape {tensor.shape}, got {value.shape}")
            elif (fitting := _fitting(tensor, value, assign)) is None:
                wrong.append(f"{name}: expected values for dtype {tensor.dtype}, got {value.dtype}")
            else:
                values[name] = fitting
    result = Incompatible(missing, unexpected)
    forgiving = any(below._hooks is not None and below._hooks["load_state_dict"] for _, below in walk)
    if wrong or not forgiving:
        _complain(module, "was not changed", result, strict, wrong)
    for name, value in values.items():
        put(tensors[name], value, assign)
    for name, below in extras.items():
        if name in state:
            below.set_extra_state(state[name])
    for _, below in reversed(walk):
        run_hooks(below, "load_state_dict", result)
    _complain(module, "was loaded, but", result, strict, [])
    return result


def _complain(module: Stateful, what: str, names: Incompatible, strict: bool, wrong: list[str]) -> None:
    """Raise an error that lists all that is wrong, if anything is."""
    told = {"missing": names.missing_keys, "unexpected": names.unexpected_keys} if strict else {}
    lines = [f"{kind}: {', '.join(each)}" for kind, each in told.items() if each] + wrong
    if lines:
        raise RuntimeError(f"load_state_dict: {type(module).__name__} {what}:\n  " + "\n  ".join(lines))


def run_hooks(module: Stateful, kind: str, *args: Any) -> None:
    """Call a module's hooks of one kind with it and these arguments; each may change what it is given."""
    if module._hooks is not None:
        for hook, _ in list(module._hooks[kind].values()):
            hook(module, *args)


def _own(module: Stateful) -> list[tuple[str, Tensor]]:
    """A module's own parameters and persistent buffers."""
    held = {**module._parameters, **module._buffers}
    return [(name, t) for name, t in held.items() if t is not None and name not in module._transient]


def _overrides(module: Stateful, method: str) -> bool:
    """Whether a module has another method of that name than Module itself."""
    found: str = getattr(type(module), method).__module__
    return found != "nn.module"


def _fitting(tensor: Tensor, value: Any, assign: bool) -> Any:
    """The value in the dtype that the tensor is to have, or None if it can have no such value."""
    if assign:
        return value if value.dtype.kind in ("fc" if tensor.requires_grad else "fciub") else None
    if value.dtype == tensor.dtype:
        return value
    if value.dtype.kind not in "fiub" and not np.can_cast(value.dtype, tensor.dtype, "same_kind"):
        return None
    with np.errstate(invalid="ignore"):
        cast = value.astype(tensor.dtype)
    return cast if tensor.dtype.kind in "fc" or (cast == value).all() else None  # a count stays what it is


def put(tensor: Tensor, value: Any, assign: bool) -> None:
    """Give a tensor a fitting value: written into its memory, or (assign) a copy in the place of it."""
    if isinstance(tensor, Uninitialized):
        tensor.materialize(value.shape)
    if assign:
        replace(tensor, value.copy())
    else:
        write(tensor, value)
