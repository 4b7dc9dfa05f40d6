"""What the values of a graph are called: by the user where a name was given, else v1, v2, … as they were made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..engine.node import Node
from ..engine.tensor import Tensor


class Names:
    """The names that a user gave, by place in the graph and by array.

    Takes a dict of names, or of tensors with their names, an object with `named_parameters()` such as a module, or
    None. `locals()` is such a dict: what is no tensor, array or module in it is passed over, and so are names that
    begin with an underscore. A tensor's own `name` counts where nothing else names it.
    """

    def __init__(self, given: Any = None) -> None:
        self.nodes: dict[int, str] = {}
        self.tensors: list[Tensor] = []  # whose values may be shown
        self.owners: dict[int, set[tuple[str, str]]] = {}  # of a parameter: the names of its modules, and their classes
        self.counts: dict[tuple[str, str, str], int] = {}  # a module's name, the path inside of it, and the class of
        # what is there -> how many numbers that has; 0: unsure
        self.arrays: dict[int, tuple[str, Any]] = {}
        if given is not None:
            for name, value in self._pairs(given):
                self._add(name, value)

    def _pairs(self, given: Any) -> Iterable[tuple[str, Any]]:
        if hasattr(given, "named_parameters"):
            return self._module("", given)
        if isinstance(given, Mapping):
            return self._mapping(given)
        raise TypeError(
            f"draw: expected names= to be a dict of tensors (locals() will do) or a module, got {type(given).__name__}"
        )

    def _mapping(self, given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, value in list(given.items()):
            if isinstance(name, Tensor) and isinstance(value, str):  # the other way round: tensor -> name
                name, value = value, name
            if str(name).startswith("_") or isinstance(value, type):
                continue
            if hasattr(value, "named_parameters"):
                yield from self._module(f"{name}.", value)
            else:
                yield str(name), value

    def _module(self, prefix: str, module: Any) -> Iterator[tuple[str, Any]]:
        whole = prefix.rstrip(".")
        for name, part in module.named_modules() if hasattr(module, "named_modules") else ():
            count = sum(parameter.size for _, parameter in part.named_parameters())
            if self.counts.setdefault((whole, name, type(part).__name__), count) != count:
                self.counts[whole, name, type(part).__name__] = 0  # two modules are called so
        for name, value in module.named_parameters():
            if value._node is not None:
                self.owners.setdefault(value._node.order, set()).add((whole, type(module).__name__))
            yield prefix + name, value
        for name, value in module.named_buffers() if hasattr(module, "named_buffers") else ():
            yield prefix + name, value

    def add(self, given: Mapping[str, Any]) -> None:
        """Names for what has none yet."""
        for name, value in given.items():
            if isinstance(value, Tensor) or (hasattr(value, "__array_function__") and hasattr(value, "ndim")):
                self._add((value.name if isinstance(value, Tensor) else None) or name, value)

    def _add(self, name: str, value: Any) -> None:
        array = value._content if isinstance(value, Tensor) else value
        if isinstance(value, Tensor):
            self.tensors.append(value)
            if value._node is not None:
                self.nodes.setdefault(value._node.order, name)
                return
        if hasattr(array, "__array_function__"):
            self.arrays.setdefault(id(array), (name, array))

    def of_node(self, node: Node) -> str | None:
        """The name given to the value of a node, or None."""
        return self.nodes.get(node.order) or node.called

    def of_array(self, array: Any) -> str | None:
        """The name given to an array, or to a tensor that holds it, or None."""
        found = self.arrays.get(id(array))
        return found[0] if found is not None else None


def named_tensors(names: Names, outputs: Iterable[Tensor]) -> None:
    """Let the outputs' own names count, too."""
    for output in outputs:
        names.tensors.append(output)
        if output.name and output._node is not None:
            names.nodes.setdefault(output._node.order, output.name)
    for tensor in names.tensors:
        if tensor.name and tensor._node is not None:
            names.nodes.setdefault(tensor._node.order, tensor.name)


class Distinct:
    """Hands out names, each once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._counts: dict[str, int] = {}

    def take(self, name: str) -> str:
        """This name, or this name with a number if something else has it."""
        if name in self._taken:
            return self.number(f"{name}_", 2)
        self._taken.add(name)
        return name

    def number(self, prefix: str, start: int = 1) -> str:
        """The next free of prefix1, prefix2, …"""
        n = self._counts.get(prefix, start)
        while f"{prefix}{n}" in self._taken:
            n += 1
        self._counts[prefix] = n + 1
        self._taken.add(f"{prefix}{n}")
        return f"{prefix}{n}"
