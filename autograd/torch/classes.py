"""The classes of `nn`, `nn.distributions` and `optim`: they run below and are used from above.

Each has one here that inherits from it and from those of its bases; what it computes is run by NumPy's convention, and
its parameters, buffers and results are Tensors of PyTorch's.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType
from typing import Any

import numpy as np

import nn
from nn.module import Module as _Module
from nn.parameter import Buffer as _Buffer

from ..engine.tensor import Tensor as Base
from . import dtypes
from .boundary import RAISED, above, below, convention, raised
from .dtypes import Size, plain
from .tensors import Tensor


class Parameter(nn.Parameter, Tensor):
    """A Tensor that a Module registers when it is assigned to one of its attributes."""

    def __init__(self, data: Any = None, requires_grad: bool = True) -> None:
        _start(self, np.zeros(0, dtypes.default()) if data is None else data, requires_grad)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{Tensor.__repr__(self)}"


class Buffer(_Buffer, Tensor):
    """A Tensor that a Module registers as a buffer."""

    __init__ = below(_Buffer.__init__)


_start = below(nn.Parameter.__init__)
RAISED[nn.Parameter], RAISED[_Buffer] = Parameter, Buffer


class _Hook:
    """A module's hook, called by the convention that it is written for: the program's, or that of nn's own.

    It is copied and pickled as the hook is.
    """

    def __init__(self, hook: Any) -> None:
        self.__wrapped__ = hook

    def __call__(self, *args: Any) -> Any:
        hook = self.__wrapped__
        return (below if str(getattr(hook, "__module__", "")).startswith("nn.") else above)(hook)(*args)


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
        return _Module._hook(self, kind, hook if "state_dict" in kind or not callable(hook) else _Hook(hook), *args)

    def state_dict(self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> Any:
        """The parameters and persistent buffers by path: Tensors of their memory, as in PyTorch, unlike in nn."""
        found = raised(_state(self, prefix=prefix, keep_vars=True))
        found = found if keep_vars else {k: v.detach() if isinstance(v, Tensor) else v for k, v in found.items()}
        return found if destination is None else destination.update(found) or destination

    def to(self, *args: Any, **kwargs: Any) -> Any:
        return _to(self, *[str(arg) if isinstance(arg, dtypes.device) else plain(arg) for arg in args], **kwargs)

    def type(self, dst_type: Any) -> Any:
        return self.to(plain(dst_type))

    def compile(self, *args: Any, **options: Any) -> None:
        """Has no effect: the module runs as it is."""

    def share_memory(self) -> Any:
        """The module itself: there is one process."""
        return self

    def bfloat16(self) -> Any:
        return self.to(dtypes.DTYPES["bfloat16"])

    load_state_dict, zero_grad = below(_Module.load_state_dict), below(_Module.zero_grad)
    double, half, float = below(_Module.double), below(_Module.half), below(_Module.float)


_state, _to = below(_Module.state_dict), below(_Module.to)
OWN = {"Module": Module, "Parameter": Parameter, "Buffer": Buffer, "NonDynamicallyQuantizableLinear": nn.Linear}
_MODULES, _OPTIMIZERS, _DISTRIBUTIONS = "nn", "optim", "nn.distributions"
_known: dict[type, type] = {_Module: Module, nn.Parameter: Parameter, _Buffer: Buffer}


def _through(how: Any, value: Any) -> Any:
    """What stands in a class, a function in it run below, or above."""
    if isinstance(value, staticmethod | classmethod):
        return type(value)(how(value.__func__))
    if isinstance(value, property):
        return property(how(value.fget), value.fset)
    return how(value) if isinstance(value, FunctionType) and not hasattr(value, "__wrapped__") else value


def _kind(cls: type) -> str | None:
    """Of which of three kinds a class of the packages below is, if it has one here: told without loading the others."""
    if issubclass(cls, _Module | nn.Parameter):
        return _MODULES
    if cls.__module__.startswith(_DISTRIBUTIONS):
        return _DISTRIBUTIONS
    return _OPTIMIZERS if any(base.__module__ == "optim.optimizer" for base in cls.__mro__) else None


def _face_of(cls: type, where: str) -> type:
    """The class that stands here for one of the packages below."""
    if cls not in _known:
        kind = _kind(cls)
        inside: dict[str, Any] = {
            name: value if name.startswith("__") and name != "__call__" else _through(below, value)
            for name, value in vars(cls).items()
            if name not in _LEFT and (kind != _OPTIMIZERS or name in _OF_OPTIMIZERS)
        }
        if "step" in inside and kind == _OPTIMIZERS:
            inside["step"] = _stepping(vars(cls)["step"])
        if "load_state_dict" in inside and kind == _OPTIMIZERS:
            inside["load_state_dict"] = _loading(inside["load_state_dict"])
        if kind == _DISTRIBUTIONS:
            inside["__init_subclass__"] = classmethod(_own)
            if "expand" in inside:
                inside["expand"] = lambda self, batch_shape, found=inside["expand"]: _settled(found(self, batch_shape))
        inside |= {"__module__": f"{__package__}.{where}", "__doc__": cls.__doc__, "__init__": _init(cls, kind)}
        bases = [_face_of(base, where) for base in cls.__bases__ if _kind(base)]
        _known[cls] = type(cls.__name__, (*bases, cls), inside)
        if "becomes" in vars(cls):  # a lazy layer
            _known[cls].becomes = _face_of(cls.becomes, where)  # type: ignore[attr-defined]
    return _known[cls]


_LEFT = ("function", "__dict__", "__weakref__", "__init_subclass__")
_OF_OPTIMIZERS = ("step", "zero_grad", "add_param_group", "load_state_dict", "state_dict")
"""What of an optimizer is called by programs; the rest is called by these."""


def _stepping(found: Any) -> Any:
    step = below(getattr(found, "__wrapped__", found))  # hooks, which are around it, are the program's
    return lambda self, closure=None: step(self, *([] if closure is None else [above(closure)]))


def _loading(load: Any) -> Any:
    def load_state_dict(self: Any, state_dict: Any) -> None:
        load(self, state_dict)
        for entry in self.state.values():  # what a program's own optimizer keeps
            entry.update({name: raised(value) for name, value in entry.items() if isinstance(value, Base)})

    return load_state_dict


def _own(cls: Any) -> None:
    """Of a program's own class: what it overrides is called from below."""
    if not cls.__module__.startswith(__package__):
        for name, value in list(vars(cls).items()):
            setattr(cls, name, _through(above, value))


def _init(cls: Any, kind: Any) -> Any:
    code = cls.__init__.__code__
    several, start = code.co_flags & 0x04, below(cls.__init__)  # *args

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        if not several and len(args) >= code.co_argcount:  # in PyTorch device and dtype may come by their place
            kwargs |= dict(zip(("device", "dtype"), args[code.co_argcount - 1 :], strict=False))
            args = args[: code.co_argcount - 1]
        start(self, *args, **kwargs)
        if kind == _MODULES:
            _adopt(self)
        elif kind == _OPTIMIZERS:
            for options in (self.defaults, *self.param_groups):
                options.update({name: value for name, value in _SETTINGS.items() if name not in options})
        else:
            _settled(self)

    return __init__


def _settled(made: Any) -> Any:
    """A distribution or a transform whose attributes are the program's Tensors."""
    held = raised(vars(made))
    vars(made).update({n: Size(v) if n in ("batch_shape", "event_shape") else v for n, v in held.items()})
    return made


_SETTINGS: dict[str, Any] = {"foreach": None, "capturable": False, "differentiable": False, "fused": None}
"""What a group of PyTorch's says of how it is stepped."""


def _adopt(module: Any) -> None:
    """Give the modules of `nn` in it their classes here."""
    for part in module.modules() if isinstance(module, _Module) else ():
        if type(part).__module__.startswith("nn.") and not isinstance(part, Module):
            part.__class__ = _face_of(type(part), "nn")


def found_in(source: Any, name: str, where: str) -> Any:
    """What stands under a name of a module below: its classes and functions, as torch has them."""
    found = getattr(source, name)
    if isinstance(found, type) and _kind(found):
        return _face_of(found, where)
    if not isinstance(found, FunctionType):
        return found
    made = below(found, narrow=True)
    if not where.startswith("nn.utils"):
        return made

    def adopting(module: Any, *args: Any, **options: Any) -> Any:  # for it may put modules of `nn` into one
        result = made(module, *args, **options)
        _adopt(module)
        return result

    return adopting


def register_kl(type_p: type, type_q: type) -> Any:
    """A decorator of a divergence of two classes of one's own."""
    enter = nn.distributions.register_kl(type_p, type_q)
    return lambda formula: enter(above(formula))


_BASES = {
    "_BatchNorm": ("BatchNorm1d", 1), "_NormBase": ("BatchNorm1d", 2), "_InstanceNorm": ("InstanceNorm1d", 1),
    "_ConvNd": ("Conv1d", 2), "_ConvTransposeNd": ("ConvTranspose1d", 1), "_DropoutNd": ("Dropout", 1),
    "_MaxPoolNd": ("MaxPool1d", 1), "_AvgPoolNd": ("AvgPool2d", 1), "_Loss": ("BCELoss", 2),
    "_WeightedLoss": ("BCELoss", 1),
}  # fmt: skip
"""What PyTorch calls the bases of several layers, by which programs find these: a layer, and how far above it it is."""


def own(name: str) -> Any:
    """What torch has under this name of its own, not of a module below; None if it is not such a name."""
    if name in _BASES:
        layer, above_it = _BASES[name]
        return _face_of(getattr(nn, layer).__mro__[above_it], "nn")
    return OWN.get(name)


OWN |= {"register_kl": register_kl, "_calculate_fan_in_and_fan_out": below(nn.init.fans)}
