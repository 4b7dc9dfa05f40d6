"""Modules that hold others, and lists and dicts of modules and of parameters."""

from __future__ import annotations

import operator
from collections import OrderedDict
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


class _Held(Module):
    """Modules or parameters by name, in order."""

    place = "_modules"

    def _held(self) -> dict[str, Any]:
        held: dict[str, Any] = self.__dict__[self.place]
        return held

    def _put(self, name: str, value: Any) -> None:
        if self.place == "_modules":
            self.add_module(name, value)
        else:
            self.register_parameter(name, _as_parameter(value))

    def __len__(self) -> int:
        return len(self._held())


class _List(_Held):
    """What is named "0", "1", ... unless it was given other names."""

    def __iter__(self) -> Iterator[Any]:
        return iter(self._held().values())

    def __getitem__(self, index: Any) -> Any:
        names = list(self._held())
        if isinstance(index, slice):
            return self._sliced({name: self._held()[name] for name in names[index]})
        return self._held()[names[_position(self, index, len(names))]]

    def _sliced(self, held: dict[str, Any]) -> Any:
        return type(self)(held.values())  # type: ignore[call-arg]

    def __setitem__(self, index: int, value: Any) -> None:
        self._put(list(self._held())[_position(self, index, len(self))], value)

    def __delitem__(self, index: Any) -> None:
        names = list(self._held())
        for name in names[index] if isinstance(index, slice) else [names[_position(self, index, len(names))]]:
            del self._held()[name]
        self._renumber(list(self))

    def _renumber(self, values: Iterable[Any]) -> None:
        """Hold these, under the names "0", "1", ..."""
        self._held().clear()
        for i, value in enumerate(values):
            self._put(str(i), value)

    def append(self, value: Any) -> Any:
        """Add one at the end; returns this."""
        self._put(str(len(self)), value)
        return self

    def extend(self, values: Iterable[Any]) -> Any:
        """Add several at the end; returns this."""
        if not isinstance(values, Iterable):
            what = self.place.removeprefix("_")
            raise TypeError(f"{type(self).__name__}.extend: expected {what}, got {type(values).__name__}")
        for value in list(values):
            self.append(value)
        return self

    def __iadd__(self, values: Iterable[Any]) -> Any:
        return self.extend(values)

    def insert(self, index: int, value: Any) -> Any:
        """Put one before that at `index`; returns this."""
        if not -len(self) <= index <= len(self):
            raise IndexError(f"{type(self).__name__}.insert: index {index} is out of range, there are {len(self)}")
        values = list(self)
        values.insert(index, value)
        self._renumber(values)
        return self

    def pop(self, index: int = -1) -> Any:
        """Take one out and return it."""
        value = self[index]
        del self[index]
        return value


class _Dict(_Held):
    """What is given names."""

    def __getitem__(self, key: str) -> Any:
        return self._held()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._put(key, value)

    def __delitem__(self, key: str) -> None:
        del self._held()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held())

    def __contains__(self, key: str) -> bool:
        return key in self._held()

    def clear(self) -> None:
        """Take all out."""
        self._held().clear()

    def pop(self, key: str) -> Any:
        """Take one out and return it."""
        return self._held().pop(key)

    def keys(self) -> Any:
        """The names."""
        return self._held().keys()

    def values(self) -> Any:
        """What is held, without the names."""
        return self._held().values()

    def items(self) -> Any:
        """Pairs of name and what is held."""
        return self._held().items()

    def update(self, held: Any) -> None:
        """Add more, from a mapping or from pairs, in their order."""
        if not isinstance(held, Iterable):
            raise TypeError(f"{type(self).__name__}: expected a mapping or pairs, got {type(held).__name__}")
        for key, value in list(held.items() if hasattr(held, "items") else held):  # type: ignore[attr-defined]
            self[key] = value


class _Uncalled(Module):
    """A container that is not called itself, so that its children carry its name before their own in the graph."""

    def _assign(self, kept: dict[str, Any], name: str, value: Any) -> None:
        super()._assign(kept, name, value)
        if isinstance(value, Module):
            self._hand_on(name, value)

    def _rename(self, name: str) -> None:
        super()._rename(name)
        for key, module in self._modules.items():
            self._hand_on(key, module)

    def _hand_on(self, key: str, module: Module | None) -> None:
        if module is not None:
            module._rename(key if self._name is None else f"{self._name}.{key}")


class _Parameters(_Held):
    place = "_parameters"

    def extra_repr(self) -> str:
        pairs = self._parameters.items()
        return "\n".join(f"({name}): " + ("None" if p is None else f"{p.dtype} {p.shape}") for name, p in pairs)


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

    def _sliced(self, held: dict[str, Any]) -> Sequential:
        return type(self)(held)

    def __add__(self, other: Sequential) -> Sequential:
        if not isinstance(other, Sequential):
            return NotImplemented
        return Sequential(*self, *other)

    def __mul__(self, other: int) -> Sequential:
        """The same modules again and again: they share their parameters."""
        if not isinstance(other, int) or other <= 0:
            raise ValueError(f"Sequential: expected a positive number of repetitions, got {other!r}")
        return Sequential(*list(self) * other)

    __rmul__ = __mul__


class ModuleList(_Uncalled, _List):
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

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return type(self)([*self, *other])

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
        return type(self).__name__ + ("(\n  " + "\n  ".join(lines) + "\n)" if lines else "()")


class ModuleDict(_Uncalled, _Dict):
    """A dict of modules that are all registered; it is not called itself.

    >>> import nn
    >>> list(nn.ModuleDict({"in": nn.Identity(), "out": nn.Identity()}))
    ['in', 'out']
    """

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        self.update(modules if modules is not None else {})


class ParameterList(_Parameters, _List):
    """A list of parameters that are all registered; Tensors and arrays become parameters.

    >>> import nn
    >>> [p.shape for p in nn.ParameterList([np.zeros(2), np.zeros((3, 1))])]
    [(2,), (3, 1)]
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self.extend(values if values is not None else [])


class ParameterDict(_Parameters, _Dict):
    """A dict of parameters that are all registered; Tensors and arrays become parameters.

    >>> import nn
    >>> nn.ParameterDict({"left": np.zeros(2)})["left"].requires_grad
    True
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self.update(parameters if parameters is not None else {})

    def update(self, held: Any) -> None:
        """Add more: from a dict in the order of the names, as PyTorch does, from what has an order of its own in that.

        That is an OrderedDict, a ParameterDict and pairs.
        """
        own = isinstance(held, OrderedDict | _Held) or not isinstance(held, Mapping)
        super().update(held if own else sorted(held.items(), key=operator.itemgetter(0)))

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._parameters)

    def __or__(self, other: Mapping[str, Any]) -> ParameterDict:
        made = self.copy()
        made.update(other)
        return made

    def __ior__(self, other: Mapping[str, Any]) -> ParameterDict:
        self.update(other)
        return self

    def copy(self) -> ParameterDict:
        """Another ParameterDict of the same parameters."""
        return ParameterDict(self.items())

    def get(self, key: str, default: Any = None) -> Any:
        """The parameter of that name, or `default`."""
        return self._parameters.get(key, default)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The parameter of that name; where there is none, `default` becomes it."""
        if key not in self._parameters:
            self[key] = default
        return self[key]

    def popitem(self) -> tuple[str, Any]:
        """Take the last parameter out and return it with its name."""
        return self._parameters.popitem()

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """A ParameterDict in which every one of `keys` has the value `default`."""
        return ParameterDict((key, default) for key in keys)


def _as_parameter(value: Any) -> Parameter | None:
    return value if value is None or isinstance(value, Parameter) else Parameter(value)
