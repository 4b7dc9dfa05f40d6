"""Parameters that a module computes from others each time that they are read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import numpy as np

from autograd import Tensor, no_grad

from ..containers import ModuleDict, ModuleList
from ..module import Module
from ..parameter import Parameter, replace, write

__all__ = [
    "ParametrizationList", "cached", "is_parametrized", "register_parametrization", "remove_parametrizations",
    "type_before_parametrizations",
]  # fmt: skip

M = TypeVar("M", bound=Module)

_known: dict[int, Any] | None = None  # by the list that computed it; None outside of `cached`


@contextmanager
def cached() -> Iterator[None]:
    """In here, what is computed is computed once. For a forward pass that reads a parameter often."""
    global _known
    before = _known
    _known = {} if before is None else before
    try:
        yield
    finally:
        _known = before


class ParametrizationList(ModuleList):
    """The functions that make one parameter or buffer, one after the other, and what the first of them is given.

    That is `original`, or `original0`, `original1`, … if its `right_inverse` gives several.
    """

    def __init__(self, modules: list[Module], original: Tensor, unsafe: bool = False) -> None:
        super().__init__(modules)
        self.unsafe = unsafe
        with no_grad():
            start = self._inverted(original, required=False)
        self.is_tensor = not isinstance(start, tuple | list)
        if self.is_tensor:  # the same object, for an optimizer may have it already
            original.data = start if start is original else np.array(start.data)
        parts = {"original": original} if self.is_tensor else {f"original{i}": part for i, part in enumerate(start)}
        self.names = tuple(parts)
        for name, part in parts.items():
            if not isinstance(original, Parameter):
                self.register_buffer(name, part)
            else:
                same = part if part is original else Parameter(part.data, original.requires_grad)
                self.register_parameter(name, same)

    def _inverted(self, value: Any, required: bool = True) -> Any:
        for module in reversed(list(self)):
            if hasattr(module, "right_inverse"):
                try:
                    value = module.right_inverse(value)
                except NotImplementedError:
                    if required:
                        raise
            elif required:
                raise RuntimeError(
                    f"{type(module).__name__}: expected right_inverse() to be defined, to assign a value"
                )
        return value

    def right_inverse(self, value: Any) -> None:
        """Write what makes `value`, by the `right_inverse` of each. Raises RuntimeError where one has none."""
        with no_grad():
            start = self._inverted(value if isinstance(value, Tensor) else Tensor(value))
            for name, part in zip(self.names, [start] if self.is_tensor else start, strict=True):
                write(getattr(self, name), part.data)
        if _known is not None:
            _known.pop(id(self), None)

    def forward(self) -> Any:
        if _known is not None and id(self) in _known:
            return _known[id(self)]
        first, *others = self
        value = first(*(getattr(self, name) for name in self.names))
        for module in others:
            value = module(value)
        if _known is not None:
            _known[id(self)] = value
        return value


class _Parametrized(Module):
    """What stands before a module's class while some of its parameters are computed."""

    def __getattr__(self, name: str) -> Any:
        lists = self.__dict__.get("_modules", {}).get("parametrizations", ())
        return lists[name]() if name in lists else super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        lists = self.__dict__["_modules"].get("parametrizations", ())
        if name not in lists:
            super().__setattr__(name, value)
        elif isinstance(value, Parameter):
            raise KeyError(
                f"{type(self).__name__}.{name}: expected a Tensor, as it is parametrized, got a Parameter; "
                f"remove_parametrizations() first to have it be one"
            )
        else:
            lists[name].right_inverse(value)

    def __reduce__(self) -> Any:  # for copy and pickle, to which the class is not known by name
        return _empty, (type_before_parametrizations(self),), self.__dict__


def _empty(kind: Any) -> Any:
    return object.__new__(_parametrized(kind))


@cache
def _parametrized(kind: type) -> type:
    return type(f"Parametrized{kind.__name__}", (_Parametrized, kind), {"__doc__": kind.__doc__})


def type_before_parametrizations(module: Module) -> type:
    """The class that the module was made of."""
    return type(module).__mro__[2] if isinstance(module, _Parametrized) else type(module)


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether that parameter or buffer is computed, or without a name whether any is."""
    return isinstance(module, _Parametrized) and (tensor_name is None or tensor_name in module.parametrizations)


def register_parametrization(module: M, tensor_name: str, parametrization: Module, *, unsafe: bool = False) -> M:
    """Have a parameter or buffer be `parametrization(original)` whenever it is read; the original is what is trained.

    Another one for the same name takes the result of the first. If a parametrization defines `right_inverse(value)`,
    the original becomes what that gives for the present value, and values can be assigned; several tensors from it are
    originals that `forward` takes as several arguments.

    unsafe  let the shape and the dtype change

    Returns the module, whose `parametrizations` hold what was registered. Raises ValueError where there is no such
    parameter or buffer, and without `unsafe` for another shape or dtype; the module is then as it was.

    >>> import nn
    >>> class Symmetric(nn.Module):
    ...     def forward(self, x):
    ...         return np.triu(x) + np.triu(x, 1).T
    >>> layer = register_parametrization(nn.Linear(3, 3), "weight", Symmetric())
    >>> bool((layer.weight == layer.weight.T).all()), list(layer.state_dict())
    (True, ['bias', 'parametrizations.weight.original'])
    """
    parametrization.train(module.training)
    lists: Any = module.parametrizations if is_parametrized(module) else ModuleDict()
    if tensor_name in lists:
        before = getattr(module, tensor_name)
        after = parametrization(before)
        if not unsafe:
            _check(parametrization, before, after)
        lists[tensor_name].append(parametrization)
        lists[tensor_name].unsafe |= unsafe
        return module
    original = {**module._parameters, **module._buffers}.get(tensor_name)
    if original is None:
        what = type(module).__name__
        raise ValueError(f"register_parametrization: {what} has no parameter and no buffer {tensor_name!r}")
    value = original.data
    try:
        made = ParametrizationList([parametrization], original, unsafe)
        if not unsafe:
            with no_grad():
                _check(parametrization, Tensor(value), made())
    except BaseException:
        replace(original, value)
        raise
    delattr(module, tensor_name)
    if not isinstance(module, _Parametrized):
        kind: Any = type(module)
        object.__setattr__(module, "__class__", _parametrized(kind))
        module.parametrizations = lists
    lists[tensor_name] = made
    return module


def _check(parametrization: Module, before: Any, after: Any) -> None:
    if not isinstance(after, Tensor) or (after.shape, after.dtype) != (before.shape, before.dtype):
        got = f"{after.shape} of {after.dtype}" if isinstance(after, Tensor) else type(after).__name__
        raise ValueError(
            f"register_parametrization: expected a Tensor {before.shape} of {before.dtype} from "
            f"{type(parametrization).__name__}, got {got}; unsafe=True lets them differ"
        )


def remove_parametrizations(module: M, tensor_name: str, leave_parametrized: bool = True) -> M:
    """Have a parameter or buffer be one again, of the present value, or else of the original's.

    Returns the module, of its own class again once nothing is parametrized. Raises ValueError where nothing is to
    remove, and for several originals without leave_parametrized.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"remove_parametrizations: {type(module).__name__} has no parametrization of {tensor_name!r}")
    lists: Any = module.parametrizations
    made = lists[tensor_name]
    if not (leave_parametrized or made.is_tensor):
        raise ValueError(f"remove_parametrizations: expected one original to be left with, got {', '.join(made.names)}")
    original = getattr(made, made.names[0])
    if leave_parametrized:
        with no_grad():
            value = np.array(getattr(module, tensor_name).data)
        if made.is_tensor:
            replace(original, value)
        else:
            kept = original.requires_grad
            original = Parameter(value, kept) if isinstance(original, Parameter) else Tensor(value)
    del lists[tensor_name]
    if not len(lists):
        del module.parametrizations
        object.__setattr__(module, "__class__", type_before_parametrizations(module))
    if isinstance(original, Parameter):
        module.register_parameter(tensor_name, original)
    else:
        module.register_buffer(tensor_name, original)
    return module
