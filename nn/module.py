"""Module: a part of a network, which owns parameters, buffers and other modules.

The names, orders and meanings are those of torch.nn.Module; what differs is said where it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np

from autograd import RemovableHandle, Tensor, scope, tree

from .calling import from_lists, say_own_name
from .habits import of_module, without_forward
from .hooks import ALWAYS, WITH_KWARGS, Hooks, call_hooked
from .parameter import Buffer, Parameter, replace
from .shared import on_cpu
from .spatial import not_an_array
from .state import Incompatible, load, save

M = TypeVar("M", bound="Module")

_NO_ARRAYS = (tuple, list, dict, str, type(None))
"""What is given to a module by mistake, and does not have the attribute of an array that it then asks for."""


class Module:
    """The base of every layer and network. A subclass assigns its parts in `__init__` and computes in `forward`.

    A Parameter assigned to an attribute is registered as a parameter, a Module as a child; `register_buffer` registers
    a Tensor that is part of the state but is not trained. What a module computes carries its path in the graph.

    >>> import nn
    >>> class Net(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.scale = nn.Parameter([2.0])
    ...     def forward(self, x):
    ...         return x * self.scale
    >>> net = Net()
    >>> net(np.ones(1, np.float32)).data, [name for name, _ in net.named_parameters()]
    (array([2.], dtype=float32), ['scale'])
    """

    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]
    _transient: set[str]  # the buffers that are not part of the state_dict
    _hooks: Hooks | None  # None until the first one is registered
    _name: str | None  # what the graph calls it: the name that it has in its parent

    def __init_subclass__(cls, **attributes: Any) -> None:
        super().__init_subclass__(**attributes)
        say_own_name(cls)

    def __init__(self) -> None:
        self.__dict__.update(
            training=True, _parameters={}, _buffers={}, _modules={}, _transient=set(), _hooks=None, _name=None
        )

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; a subclass defines it, and users call the module itself."""
        said = without_forward(type(self))
        raise NotImplementedError(f"{type(self).__name__}: define forward() to say what it computes{said}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if args and args[0].__class__ is list:
            args = from_lists(self, args)
        with scope(self._name or "", type(self).__name__):
            try:
                return self.forward(*args, **kwargs) if self._hooks is None else call_hooked(self, args, kwargs)
            except AttributeError as error:
                given = error.obj
                if error.name and isinstance(given, _NO_ARRAYS) and any(given is arg for arg in args):
                    raise not_an_array(given, type(self).__name__) from error
                raise

    # ---- its parts -------------------------------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        known = self.__dict__
        if isinstance(value, Parameter):
            self._assign(self._parameters, name, value)
        elif isinstance(value, Module):
            self._assign(self._modules, name, value)
        elif isinstance(value, Buffer):
            self.register_buffer(name, value, value.persistent)
        elif name in known.get("_buffers", ()):
            self._buffers[name] = _as_buffer(self, name, value)
        elif name in known.get("_parameters", ()) or name in known.get("_modules", ()):
            held, what = (self._parameters, "Parameter") if name in self._parameters else (self._modules, "Module")
            if value is not None:
                hint = "write to .data, or " if what == "Parameter" else ""
                raise TypeError(
                    f"{type(self).__name__}.{name}: expected a {what} or None, as it is one of its {what.lower()}s, "
                    f"got {type(value).__name__}; {hint}delete the attribute first"
                )
            held[name] = None
        elif value.__class__ is bool and callable(getattr(Module, name, None)):
            raise TypeError(
                f"{type(self).__name__}.{name}: expected a call, for it is a method, got the assignment of {value}; "
                f"write .{name}()"
            )
        else:
            if (
                name == "requires_grad"
                and value.__class__ is bool
                and (known.get("_parameters") or known.get("_modules"))
            ):
                import warnings

                warnings.warn(
                    f"{type(self).__name__}.requires_grad: an attribute of a module, which changes none of its "
                    f"parameters; write .requires_grad_({value})",
                    stacklevel=2,
                )
            object.__setattr__(self, name, value)

    def _assign(self, kept: dict[str, Any], name: str, value: Any) -> None:
        """Register a parameter or a module among those that are kept, in place of whatever had that name."""
        for place in (self.__dict__, self._parameters, self._buffers, self._modules):
            if place is not kept:
                place.pop(name, None)
        self._transient.discard(name)
        kept[name] = value
        if isinstance(value, Module):
            value._rename(name)
        elif value is not None and value.name is None:
            value.name = name

    def _rename(self, name: str) -> None:
        """Take the name that the graph is to show; containers that are never called hand it on to their children."""
        self.__dict__["_name"] = name

    def __getattr__(self, name: str) -> Any:
        known = self.__dict__
        for place in ("_parameters", "_buffers", "_modules"):
            if place in known and name in known[place]:
                return known[place][name]
        if name in ("_parameters", "_buffers", "_modules"):
            raise AttributeError(f"{type(self).__name__}: call super().__init__() before anything is assigned to it")
        if isinstance(asked := getattr(type(self), name, None), property) and asked.fget is not None:
            return asked.fget(self)  # it raised an AttributeError itself: again, for that one says more
        raise AttributeError(_Missing(self, name), name=name, obj=self)

    def __delattr__(self, name: str) -> None:
        for place in (self._parameters, self._buffers, self._modules):
            if name in place:
                del place[name]
                self._transient.discard(name)
                return
        super().__delattr__(name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._parameters, *self._buffers, *self._modules})

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Give the module a parameter, or None where it might have one (a layer without bias, say)."""
        self._check_name(name, self._parameters)
        if not (param is None or isinstance(param, Parameter)):
            what = type(param).__name__
            raise TypeError(f"register_parameter: expected a Parameter or None for {name!r}, got {what}")
        self._assign(self._parameters, name, param)

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Give the module a Tensor (an array becomes one) that is not trained; None holds its place.

        A buffer that is not persistent is left out of the state_dict.
        """
        self._check_name(name, self._buffers)
        self._buffers[name] = _as_buffer(self, name, tensor)
        (self._transient.discard if persistent else self._transient.add)(name)

    def register_module(self, name: str, module: Module | None) -> None:
        """Give the module a child, or None where it might have one."""
        self._check_name(name, self._modules)
        if not (module is None or isinstance(module, Module)):
            what = f"the class {module.__name__}; make one" if isinstance(module, type) else type(module).__name__
            made = f"; write {type(self).__name__}(*layers)" if isinstance(module, list | tuple) else ""
            made = (
                "; call it in a forward() of your own, or take a layer such as nn.ReLU()" if callable(module) else made
            )
            made = "" if isinstance(module, type) else made
            raise TypeError(f"{type(self).__name__}: expected a Module or None for {name!r}, got {what}{made}")
        self._assign(self._modules, name, module)

    add_module = register_module

    def _check_name(self, name: str, own: Mapping[str, Any]) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{type(self).__name__}: expected a string as name, got {type(name).__name__}")
        if "." in name or not name:
            raise KeyError(f"{type(self).__name__}: a name has no dot and is not empty, got {name!r}")
        if name not in own and hasattr(self, name):
            raise KeyError(f"{type(self).__name__}: attribute {name!r} already exists")

    # ---- walks -----------------------------------------------------------------------------------------------------

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module (named `prefix`) and every one below it, with paths; each once, however often it is shared."""
        memo = set() if memo is None else memo
        if remove_duplicate:
            if self in memo:
                return
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """This module and every one below it, each once, or as often as it occurs."""
        return (module for _, module in self.named_modules(remove_duplicate=remove_duplicate))

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly below, with their names; each once."""
        seen: set[Module] = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The modules directly below, each once."""
        return (module for _, module in self.named_children())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Every parameter with its path; a shared one once, under its first name."""
        return self._members("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Every parameter, a shared one once."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Every buffer with its path; a shared one once, under its first name."""
        return self._members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Every buffer, a shared one once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _members(self, place: str, prefix: str, recurse: bool, remove_duplicate: bool) -> Iterator[tuple[str, Any]]:
        seen = set()
        modules = self.named_modules(None, prefix, remove_duplicate) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, value in module.__dict__[place].items():
                if value is None or id(value) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(value))
                yield (f"{path}.{name}" if path else name), value

    def get_submodule(self, target: str) -> Module:
        """The module at a path such as "encoder.0"; "" is this one. Raises AttributeError where there is none."""
        module: Module = self
        for name in target.split(".") if target else []:
            found = module._modules.get(name)
            if found is None:
                raise AttributeError(f"{type(module).__name__} has no module {name!r} (of the path {target!r})")
            module = found
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put a module at a path such as "encoder.0"; with strict, only where there is one already."""
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if not name or not isinstance(module, Module):
            raise ValueError(f"set_submodule: expected a path and a Module, got {target!r}, {type(module).__name__}")
        if strict or (name not in parent._modules and hasattr(parent, name)):
            self.get_submodule(target)
        parent._assign(parent._modules, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a path such as "encoder.0.weight". Raises AttributeError where there is none."""
        found: Parameter = self._get(target, "_parameters", "parameter")
        return found

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a path such as "encoder.1.running_mean". Raises AttributeError where there is none."""
        found: Tensor = self._get(target, "_buffers", "buffer")
        return found

    def _get(self, target: str, place: str, what: str) -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        found = module.__dict__[place].get(name)
        if found is None:
            raise AttributeError(f"{type(module).__name__} has no {what} {name!r} (of the path {target!r})")
        return found

    def apply(self: M, fn: Callable[[Module], Any]) -> M:
        """Call `fn` with every module below, then with this one; returns this one."""
        if not callable(fn):
            raise TypeError(f"{type(self).__name__}.apply: expected a function of a module, got {type(fn).__name__}")
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    # ---- state -----------------------------------------------------------------------------------------------------

    def state_dict(
        self, *, destination: dict[str, Any] | None = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Any]:
        """The parameters and persistent buffers as arrays, by path: copies, which later training does not change.

        With keep_vars they are the Tensors themselves. With a destination they are put into that dict.

        >>> import nn
        >>> {name: array.shape for name, array in nn.Linear(3, 2).state_dict().items()}
        {'weight': (2, 3), 'bias': (2,)}
        """
        return save(self, {} if destination is None else destination, prefix, keep_vars)

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Incompatible:
        """Copy values (arrays or Tensors, by path) into the parameters and buffers, each cast to the dtype it has here.

        With assign it gets the value's dtype instead. Returns the missing and the unexpected names; strict=False lets
        there be some. Raises RuntimeError that lists all that is wrong (names, unless strict is False; shapes; complex
        values for real parameters), and then loads nothing.

        >>> import nn
        >>> nn.Linear(2, 1).load_state_dict({"weight": np.ones((1, 2)), "bias": np.zeros(1)})
        Incompatible(missing_keys=[], unexpected_keys=[])
        """
        return load(self, state_dict, strict, assign)

    def get_extra_state(self) -> Any:
        """What is to stand in the state_dict beside the tensors, for a module that defines this and set_extra_state."""
        raise NotImplementedError(f"{type(self).__name__}: define get_extra_state() to have more in the state_dict")

    def set_extra_state(self, state: Any) -> None:
        """Take what get_extra_state returned."""
        raise NotImplementedError(f"{type(self).__name__}: define set_extra_state() to take more from a state_dict")

    # ---- modes and dtypes ------------------------------------------------------------------------------------------

    def train(self: M, mode: bool = True) -> M:
        """Set training (or, with False, evaluation) here and below, for dropout, batch normalization and their kin."""
        if not isinstance(mode, bool):
            raise ValueError(f"train: expected True or False, got {mode!r}")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: M) -> M:
        """Set evaluation here and below."""
        return self.train(False)

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Have all parameters receive gradients, or not (to freeze them)."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters; with set_to_none=False, make them zero."""
        for parameter in self.parameters():
            if parameter.grad is not None:
                parameter.grad = None if set_to_none else Tensor(np.zeros_like(parameter.grad.data))

    def to(
        self: M, *args: Any, dtype: Any = None, device: Any = None, non_blocking: bool = False,
        memory_format: Any = None,
    ) -> M:  # fmt: skip
        """Convert floating parameters, their gradients and floating buffers to a floating dtype; in place.

        A complex dtype converts them too, complex ones stay what they are under a real dtype. A Tensor stands for its
        dtype. The device "cpu" is where everything is; raises ValueError for another. The rest has no effect.

        >>> import nn
        >>> nn.Linear(1, 1).to("cpu", np.float64).weight.dtype
        dtype('float64')
        """
        for value in (*args, device):
            if isinstance(value, Tensor):
                dtype = value.dtype
            elif value is not None and not isinstance(value, bool):
                try:
                    dtype = np.dtype(value)
                except TypeError:
                    on_cpu(value, f"{type(self).__name__}.to")
        if dtype is None:
            return self
        dtype = np.dtype(dtype)
        if dtype.kind not in "fc":
            raise TypeError(f"to: expected a floating or complex dtype, got {dtype}")
        for module in self.modules():
            for tensor in (*module._parameters.values(), *module._buffers.values()):
                if tensor is None or tensor.dtype == dtype:
                    continue
                if tensor.dtype.kind == "f" or tensor.dtype.kind == dtype.kind == "c":
                    replace(tensor, tensor.data.astype(dtype))
        return self

    def to_empty(self: M, *, device: Any, recurse: bool = True) -> M:
        """Give parameters and buffers new memory, whose values are still to be set; the device is "cpu".

        With recurse=False those of this module alone.
        """
        on_cpu(device, f"{type(self).__name__}.to_empty")
        for module in self.modules() if recurse else [self]:
            for tensor in (*module._parameters.values(), *module._buffers.values()):
                if tensor is not None:
                    replace(tensor, np.empty_like(tensor.data))
        return self

    def type(self: M, dst_type: Any) -> M:
        """The same as to(dst_type)."""
        return self.to(dtype=dst_type)

    def cpu(self: M) -> M:
        """This module, which is where it always was."""
        return self

    def cuda(self: M, device: Any = None) -> M:
        """Raises ValueError: arrays are in the computer's own memory."""
        return self.to(device="cuda")

    def half(self: M) -> M:
        """Convert to float16."""
        return self.to(np.float16)

    def float(self: M) -> M:
        """Convert to float32."""
        return self.to(np.float32)

    def double(self: M) -> M:
        """Convert to float64."""
        return self.to(np.float64)

    # ---- hooks -----------------------------------------------------------------------------------------------------

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Before each forward(), call `hook(module, args)`; a result other than None takes the place of the arguments.

        With with_kwargs the call is `hook(module, args, kwargs)`, and the result a pair. Returns a handle that has
        remove().
        """
        return self._hook("forward_pre", hook, prepend, WITH_KWARGS * with_kwargs)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """After each forward(), call `hook(module, args, output)`; a result other than None takes the output's place.

        With with_kwargs the call is `hook(module, args, kwargs, output)`. With always_call it is made too where
        forward() or an earlier hook raises an error; the output is then what there was before, or None. Returns a
        handle to remove() it.
        """
        return self._hook("forward", hook, prepend, WITH_KWARGS * with_kwargs + ALWAYS * always_call)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """In the backward pass, call `hook(module, grad_output)` before the module's own part; it may replace it."""
        return self._hook("backward_pre", hook, prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """In the backward pass, call `hook(module, grad_input, grad_output)` once the inputs' gradients are known.

        Both are tuples, of the positional inputs and of the outputs, None for what has no gradient. A result other than
        None takes the place of grad_input. Returns a handle to remove() it.
        """
        return self._hook("backward", hook, prepend)

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Before state_dict() looks at this module, call `hook(module, prefix, keep_vars)`."""
        return self._hook("state_dict_pre", hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """When state_dict() is done with this module, call `hook(module, state_dict, prefix, {})`; it may change it."""
        return self._hook("state_dict", hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Before loading, call `hook(module, state_dict, prefix, {}, strict, missing_keys, unexpected_keys, errors)`.

        It may change the dict, say to rename what an older version wrote, and add to the lists.
        """
        return self._hook("load_state_dict_pre", hook)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """After loading, call `hook(module, incompatible)`; names that it takes out of the two lists raise no error.

        Where there is such a hook, missing and unexpected names are complained of after loading, and not before.
        """
        return self._hook("load_state_dict", hook)

    def _hook(self, kind: str, hook: Callable[..., Any], prepend: bool = False, how: int = 0) -> RemovableHandle:
        if not callable(hook):
            raise TypeError(f"{type(self).__name__}: expected a function as a hook, got {type(hook).__name__}")
        hooks = Hooks(dict) if self._hooks is None else self._hooks
        self.__dict__["_hooks"] = hooks
        return RemovableHandle(hooks[kind], (hook, how), prepend)

    # ---- text ------------------------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What stands in the parentheses of the module's line; a subclass says it."""
        return ""

    def _get_name(self) -> str:
        """What subclasses that print themselves ask for."""
        return type(self).__name__

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [f"({name}): " + repr(module).replace("\n", "\n  ") for name, module in self._modules.items()]
        if not children and len(lines) < 2:
            return f"{self._get_name()}({extra})"
        return f"{self._get_name()}(\n  " + "\n  ".join(lines + children) + "\n)"


class _Missing:
    """What an error says of an attribute that there is not, worked out when it is read, for hasattr never does."""

    def __init__(self, module: Module, name: str) -> None:
        self.module, self.name = module, name

    def __str__(self) -> str:
        kind = type(self.module)
        said = of_module(self.name, dir(kind), self.module.__dict__.get("_modules") or {})
        return f"{kind.__name__} has no attribute {self.name!r}{said}"

    __repr__ = __str__


def _as_buffer(module: Module, name: str, value: Any) -> Tensor | None:
    if value is None or isinstance(value, Tensor):
        return value
    if isinstance(value, np.ndarray | np.generic):
        return Tensor(value)
    raise TypeError(f"{type(module).__name__}.{name}: expected a Tensor, an array or None, got {type(value).__name__}")


# ---- as a container of its parameters --------------------------------------------------------------------------------


class _Frame:
    """A module without its parameters; equal where these have the same names."""

    def __init__(self, module: Module) -> None:
        self.module = module

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Frame) and self._said() == other._said()

    def __hash__(self) -> int:
        return hash(type(self.module))

    def _said(self) -> Any:
        return type(self.module), [name for name, _ in self.module.named_parameters()]


def _parameters_of(module: Module) -> tuple[list[Tensor], _Frame]:
    """The values of its parameters, each once, and the rest."""
    found = [value.detach() if isinstance(value, Tensor) else value for value in module.parameters()]
    return found, _Frame(module)


def _with_parameters(frame: _Frame, values: list[Any]) -> Module:
    """A copy of a module with other values in the place of its parameters; its buffers are the same."""
    module = frame.module
    given = {id(parameter): value for parameter, value in zip(module.parameters(), values, strict=True)}
    return _copied(module, given, {})


def _copied(module: Module, given: dict[int, Any], known: dict[int, Module]) -> Module:
    made = known.get(id(module))
    if made is None:
        made = known[id(module)] = object.__new__(type(module))
        made.__dict__.update(module.__dict__)
        held = {name: given.get(id(value), value) for name, value in module._parameters.items()}
        parts = {name: part if part is None else _copied(part, given, known) for name, part in module._modules.items()}
        made.__dict__.update(_parameters=held, _buffers=dict(module._buffers), _modules=parts)
    return made


tree.register_object(Module, _parameters_of, _with_parameters)
