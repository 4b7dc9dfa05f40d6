"""torch.nn and torch.optim: the classes of `nn` and `optim`, which run below and are used from above.

Each class has one here that inherits from it and from those of its bases; what it computes is run by NumPy's
convention, and its parameters and buffers are Tensors of PyTorch's.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType
from typing import Any

import numpy as np

import nn
import optim
from autograd import get_default_dtype
from nn.data import DataLoader as Loader
from nn.data import default_collate, default_convert
from nn.module import Module as _Module
from nn.parameter import Buffer as _Buffer

from . import dtypes
from .boundary import RAISED, above, below, convention, raised
from .dtypes import plain
from .tensors import Tensor


class Parameter(nn.Parameter, Tensor):
    """A Tensor that a Module registers when it is assigned to one of its attributes."""

    def __init__(self, data: Any = None, requires_grad: bool = True) -> None:
        _start(self, np.zeros(0, dtypes.default[0]) if data is None else data, requires_grad)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{Tensor.__repr__(self)}"


class Buffer(_Buffer, Tensor):
    """A Tensor that a Module registers as a buffer."""

    __init__ = below(_Buffer.__init__)


_start = below(nn.Parameter.__init__)
RAISED[nn.Parameter], RAISED[_Buffer] = Parameter, Buffer


class Module(_Module):
    """The base of every layer and network: nn.Module, whose parameters, buffers and states are PyTorch's Tensors."""

    _below = False

    def __init_subclass__(cls, **attributes: Any) -> None:
        super().__init_subclass__(**attributes)
        cls._below = hasattr(cls.forward, "__wrapped__")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if convention.torch or self._below:
            return _Module.__call__(self, *args, **kwargs)
        return above(_Module.__call__)(self, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        found = _Module.__getattr__(self, name)
        return raised(found) if found.__class__ in RAISED else found

    def _members(self, *args: Any) -> Iterator[tuple[str, Any]]:
        return ((name, raised(value)) for name, value in _Module._members(self, *args))

    def _hook(self, kind: str, hook: Any, *args: Any) -> Any:
        return _Module._hook(self, kind, hook if "state_dict" in kind or not callable(hook) else above(hook), *args)

    def state_dict(self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> Any:
        """The parameters and persistent buffers by path: Tensors of their memory, as in PyTorch, unlike in nn."""
        found = raised(_state(self, prefix=prefix, keep_vars=True))
        found = found if keep_vars else {k: v.detach() if isinstance(v, Tensor) else v for k, v in found.items()}
        return found if destination is None else destination.update(found) or destination

    def to(self, *args: Any, **kwargs: Any) -> Any:
        return _to(self, *[str(arg) if isinstance(arg, dtypes.device) else plain(arg) for arg in args], **kwargs)

    def type(self, dst_type: Any) -> Any:
        return self.to(plain(dst_type))

    load_state_dict, zero_grad = below(_Module.load_state_dict), below(_Module.zero_grad)
    double, half, float = below(_Module.double), below(_Module.half), below(_Module.float)


_state, _to = below(_Module.state_dict), below(_Module.to)
OWN = {"Module": Module, "Parameter": Parameter, "Buffer": Buffer, "NonDynamicallyQuantizableLinear": nn.Linear}
_known: dict[type, type] = {_Module: Module, nn.Parameter: Parameter, _Buffer: Buffer}


def _module_of(cls: type, where: str) -> type:
    """The class that stands here for one of `nn` or `optim`."""
    if cls not in _known:
        own = {name: value for name, value in vars(cls).items() if isinstance(value, FunctionType)}
        inside: dict[str, Any] = {name: value if name.startswith("__") else below(value) for name, value in own.items()}
        for name, value in vars(cls).items():
            if isinstance(value, staticmethod | classmethod) and name not in ("function", "__init_subclass__"):
                inside[name] = type(value)(below(value.__func__))
        bases = [_module_of(base, where) for base in cls.__bases__ if issubclass(base, _Module | optim.Optimizer)]
        inside |= {
            "__init__": _init(cls),
            "__module__": f"{__package__}.{where}",
            "__doc__": cls.__doc__,
            "__qualname__": cls.__qualname__,
        }
        _known[cls] = type(cls.__name__, (*bases, cls), inside)
        if "becomes" in vars(cls):  # a lazy layer
            _known[cls].becomes = _module_of(cls.becomes, where)  # type: ignore[attr-defined]
    return _known[cls]


def _init(cls: Any) -> Any:
    code = cls.__init__.__code__
    takes_dtype, several = "dtype" in code.co_varnames, code.co_flags & 0x04  # *args
    start = below(cls.__init__)

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        if takes_dtype and dtypes.default[0] != get_default_dtype():
            kwargs.setdefault("dtype", dtypes.default[0])
        if not several and len(args) >= code.co_argcount:  # in PyTorch device and dtype may come by their place
            kwargs |= dict(zip(("device", "dtype"), args[code.co_argcount - 1 :], strict=False))
            args = args[: code.co_argcount - 1]
        start(self, *args, **kwargs)
        _adopt(self)

    return __init__


def _adopt(module: Any) -> None:
    """Give the modules of `nn` in it their classes here."""
    for part in module.modules() if isinstance(module, _Module) else ():
        if type(part).__module__.startswith("nn.") and not isinstance(part, Module):
            part.__class__ = _module_of(type(part), "nn")


def of_nn(name: str, source: Any = nn, where: str = "nn") -> Any:
    """What stands under a name of `nn` or of one of its modules."""
    found = getattr(source, name)
    if isinstance(found, type) and issubclass(found, _Module | nn.Parameter):
        return _module_of(found, where)
    if not isinstance(found, FunctionType):
        return found
    made = below(found, narrow=True)
    return _adopting(made) if where.startswith("nn.utils") else made


def _adopting(function: Any) -> Any:
    """A function that may put modules of `nn` into one."""

    def call(module: Any, *args: Any, **options: Any) -> Any:
        found = function(module, *args, **options)
        _adopt(module)
        return found

    return call


_SETTINGS: dict[str, Any] = {"foreach": None, "capturable": False, "differentiable": False, "fused": None}
"""What a group of PyTorch's says of how it is stepped."""


def _started(cls: Any) -> Any:
    make = below(cls.__init__)

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        for options in (self.defaults, *self.param_groups):
            options.update({name: value for name, value in _SETTINGS.items() if name not in options})

    return __init__


def of_optim(name: str) -> Any:
    """What stands under a name of `optim`: the optimizers, of which a closure is the program's."""
    found = getattr(optim, name)
    if not (isinstance(found, type) and issubclass(found, optim.Optimizer)):
        return found
    if found not in _known:
        step = below(found.step)
        inside = {
            "__init__": _started(found),
            "step": lambda self, closure=None: step(self) if closure is None else step(self, above(closure)),
            **{name: below(getattr(found, name)) for name in ("zero_grad", "add_param_group", "load_state_dict")},
            "__module__": f"{__package__}.optim", "__doc__": found.__doc__,
        }  # fmt: skip
        _known[found] = type(name, (found,), inside)
    return _known[found]


class DataLoader(Loader):
    """nn.data.DataLoader, whose batches are Tensors of PyTorch's convention."""

    def __init__(
        self, dataset: Any, batch_size: Any = 1, shuffle: Any = None, sampler: Any = None, batch_sampler: Any = None,
        num_workers: int = 0, collate_fn: Any = None, *args: Any, generator: Any = None, **options: Any,
    ) -> None:  # fmt: skip
        collate_fn = collate_fn or below(default_convert if batch_size is None else default_collate)
        given = (dataset, batch_size, shuffle, sampler, batch_sampler, num_workers, collate_fn, *args)
        options["generator"] = getattr(generator, "rng", generator)
        super().__init__(*given, **options)
