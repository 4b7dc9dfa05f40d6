"""Modules that hold others, and lists and dicts of modules and of parameters."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .module import Module
from .parameter import Parameter


def _position(owner: Any, index: Any, n: int) -> int:
    """An index from either end as one from the start."""
    i = operator.index(index)
    if not -n <= i < n:
        raise IndexError(f"{type(owner).__name__}: index {i} is out of range, there are {n}")
    return i % n


class _List(Module):
    """Modules in order, named "0", "1", ... unless they were given other names."""

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def __getitem__(self, index: Any) -> Any:
        names = list(self._modules)
        if isinstance(index, slice):
            return self._sliced({name: self._modules[name] for name in names[index]})
        return self._modules[names[_position(self, index, len(names))]]

    def _sliced(self, modules: dict[str, Any]) -> Any:
        raise NotImplementedError

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, list(self._modules)[_position(self, index, len(self))], module)

    def __delitem__(self, index: Any) -> None:
        names = list(self._modules)
        for name in names[index] if isinstance(index, slice) else [names[_position(self, index, len(names))]]:
            del self._modules[name]
        self._renumber(list(self))

    def _renumber(self, modules: Iterable[Any]) -> None:
        """Hold these modules, under the names "0", "1", ..."""
        self._modules.clear()
        for i, module in enumerate(modules):
            self.add_module(str(i), module)

    def append(self, module: Module) -> Any:
        """Add a module at the end; returns this."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Any:
        """Add modules at the end; returns this."""
        if not isinstance(modules, Iterable):
            raise TypeError(f"{type(self).__name__}.extend: expected modules, got {type(modules).__name__}")
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Any:
        """Put a module before the one at `index`; returns this."""
        if not -len(self) <= index <= len(self):
            raise IndexError(f"{type(self).__name__}.insert: index {index} is out of range, there are {len(self)}")
        modules = list(self)
        modules.insert(index, module)
        self._renumber(modules)
        return self

    def pop(self, index: int = -1) -> Any:
        """Take a module out and return it."""
        module = self[index]
        del self[index]
        return module


class Sequential(_List):
    """Modules called one after the other, each with the result of the one before.

    Takes them as arguments, or as one dict of names and modules.

    >>> import nn
    >>> nn.Sequential(nn.Linear(4, 3), nn.Identity())
    Sequential(
      (0): Linear(in_features=4, out_features=3, bias=True)
      (1): Identity()
    )
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        named = args[0].items() if len(args) == 1 and isinstance(args[0], Mapping) else enumerate(args)
        for name, module in named:
            self.add_module(str(name), module)

    def forward(self, input: Any) -> Any:
        for module in self._modules.values():
            assert module is not None
            input = module(input)
        return input

    def _sliced(self, modules: dict[str, Any]) -> Sequential:
        return type(self)(modules)

    def __add__(self, other: Sequential) -> Sequential:
        if not isinstance(other, Sequential):
            return NotImplemented
        return Sequential(*self, *other)

    def __iadd__(self, other: Sequential) -> Sequential:
        self.extend(other)
        return self

    def __mul__(self, other: int) -> Sequential:
        """The same modules again and again: they share their parameters."""
        if not isinstance(other, int) or other <= 0:
            raise ValueError(f"Sequential: expected a positive number of repetitions, got {other!r}")
        return Sequential(*list(self) * other)

    __rmul__ = __mul__


class ModuleList(_List):
    """A list of modules that are all registered; it is not called itself.

    >>> import nn
    >>> layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])
    >>> layers
    ModuleList(
      (0-2): 3 x Linear(in_features=2, out_features=2, bias=True)
    )
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self.extend(modules if modules is not None else [])

    def _sliced(self, modules: dict[str, Any]) -> ModuleList:
        return type(self)(modules.values())

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return type(self)([*self, *other])

    def __iadd__(self, other: Iterable[Module]) -> ModuleList:
        self.extend(other)
        return self

    def _assign(self, name: str, value: Any) -> None:
        super()._assign(name, value)
        _hand_on(self, name, value)

    def _rename(self, name: str) -> None:
        super()._rename(name)
        for key, module in self._modules.items():
            _hand_on(self, key, module)

    def __repr__(self) -> str:
        texts = [repr(module) for module in self]
        lines, i = [], 0
        while i < len(texts):
            n = 1
            while i + n < len(texts) and texts[i + n] == texts[i]:
                n += 1
            names = f"({i}): " if n == 1 else f"({i}-{i + n - 1}): {n} x "
            lines.append(names + texts[i].replace("\n", "\n  "))
            i += n
        return "ModuleList(\n  " + "\n  ".join(lines) + "\n)" if lines else "ModuleList()"


class ModuleDict(Module):
    """A dict of modules that are all registered; it is not called itself.

    >>> import nn
    >>> list(nn.ModuleDict({"in": nn.Identity(), "out": nn.Identity()}))
    ['in', 'out']
    """

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        self.update(modules if modules is not None else {})

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: str) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Take all modules out."""
        self._modules.clear()

    def pop(self, key: str) -> Any:
        """Take a module out and return it."""
        return self._modules.pop(key)

    def keys(self) -> Any:
        """The names."""
        return self._modules.keys()

    def values(self) -> Any:
        """The modules."""
        return self._modules.values()

    def items(self) -> Any:
        """Pairs of name and module."""
        return self._modules.items()

    def update(self, modules: Any) -> None:
        """Add modules, from a mapping or from pairs, in their order."""
        for key, module in _pairs(self, modules):
            self[key] = module

    def _assign(self, name: str, value: Any) -> None:
        super()._assign(name, value)
        _hand_on(self, name, value)

    def _rename(self, name: str) -> None:
        super()._rename(name)
        for key, module in self._modules.items():
            _hand_on(self, key, module)


class ParameterList(Module):
    """A list of parameters that are all registered; Tensors and arrays become parameters.

    >>> import nn
    >>> [p.shape for p in nn.ParameterList([np.zeros(2), np.zeros((3, 1))])]
    [(2,), (3, 1)]
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self.extend(values if values is not None else [])

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._parameters.values())

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return self._parameters[str(_position(self, index, len(self)))]

    def __setitem__(self, index: int, value: Any) -> None:
        setattr(self, str(_position(self, index, len(self))), _as_parameter(value))

    def append(self, value: Any) -> ParameterList:
        """Add a parameter at the end; returns this."""
        self.register_parameter(str(len(self)), _as_parameter(value))
        return self

    def extend(self, values: Iterable[Any]) -> ParameterList:
        """Add parameters at the end; returns this."""
        if not isinstance(values, Iterable):
            raise TypeError(f"ParameterList.extend: expected parameters, got {type(values).__name__}")
        for value in list(values):
            self.append(value)
        return self

    def __iadd__(self, values: Iterable[Any]) -> ParameterList:
        return self.extend(values)

    def extra_repr(self) -> str:
        return _listed(self)


class ParameterDict(Module):
    """A dict of parameters that are all registered; Tensors and arrays become parameters.

    >>> import nn
    >>> nn.ParameterDict({"left": np.zeros(2)})["left"].requires_grad
    True
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self.update(parameters if parameters is not None else {})

    def __getitem__(self, key: str) -> Any:
        return self._parameters[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.register_parameter(key, _as_parameter(value))

    def __delitem__(self, key: str) -> None:
        del self._parameters[key]

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._parameters)

    def __contains__(self, key: str) -> bool:
        return key in self._parameters

    def __or__(self, other: Mapping[str, Any]) -> ParameterDict:
        made = self.copy()
        made.update(other)
        return made

    def __ior__(self, other: Mapping[str, Any]) -> ParameterDict:
        self.update(other)
        return self

    def copy(self) -> ParameterDict:
        """Another ParameterDict of the same parameters."""
        return ParameterDict(self._parameters)

    def clear(self) -> None:
        """Take all parameters out."""
        self._parameters.clear()

    def get(self, key: str, default: Any = None) -> Any:
        """The parameter of that name, or `default`."""
        return self._parameters.get(key, default)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The parameter of that name; where there is none, `default` becomes it."""
        if key not in self._parameters:
            self[key] = default
        return self[key]

    def pop(self, key: str) -> Any:
        """Take a parameter out and return it."""
        return self._parameters.pop(key)

    def popitem(self) -> tuple[str, Any]:
        """Take the last parameter out and return it with its name."""
        return self._parameters.popitem()

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """A ParameterDict in which every one of `keys` has the value `default`."""
        return ParameterDict(dict.fromkeys(keys, default))

    def keys(self) -> Any:
        """The names."""
        return self._parameters.keys()

    def values(self) -> Any:
        """The parameters."""
        return self._parameters.values()

    def items(self) -> Any:
        """Pairs of name and parameter."""
        return self._parameters.items()

    def update(self, parameters: Any) -> None:
        """Add parameters, from a mapping or from pairs, in their order."""
        for key, value in _pairs(self, parameters):
            self[key] = value

    def extra_repr(self) -> str:
        return _listed(self)


def _hand_on(owner: Module, key: str, module: Module | None) -> None:
    """Let the children of a container that is never called carry its name before their own in the graph."""
    if module is not None:
        module._rename(key if owner._name is None else f"{owner._name}.{key}")


def _pairs(owner: Any, values: Any) -> Iterable[tuple[str, Any]]:
    if not isinstance(values, Iterable):
        raise TypeError(f"{type(owner).__name__}: expected a mapping or pairs, got {type(values).__name__}")
    return list(values.items() if hasattr(values, "items") else values)


def _as_parameter(value: Any) -> Parameter | None:
    return value if value is None or isinstance(value, Parameter) else Parameter(value)


def _listed(owner: Module) -> str:
    pairs = owner._parameters.items()
    return "\n".join(f"({name}): " + ("None" if p is None else f"{p.dtype} {p.shape}") for name, p in pairs)
