"""Where a function finds what it uses besides its arguments: what its closure, its globals and its objects hold."""

from __future__ import annotations

import functools
import sys
import sysconfig
from collections import deque
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ..engine.tensor import Tensor

_PLAIN = (bool, int, float, complex, str, bytes, type(None))
_OTHERS = frozenset(
    ["autograd", "no_grad", "enable_grad", "set_grad_enabled", "is_grad_enabled", "requires_grad", "requires_grad_"]
)
"""Names with "grad" in them, of what touches no gradient."""
_MOST = 1000  # entries: a longer list is data, and not looked through


class Place:
    """Something that refers to a value: an attribute of an object, or an entry of a container.

    holder  the object or the container
    kind    "attribute" or "item"
    key     the attribute's name, or the key
    name    what a user calls it
    """

    __slots__ = ("holder", "key", "kind", "name")

    def __init__(self, holder: Any, kind: str, key: Any, name: str) -> None:
        self.holder = holder
        self.kind = kind
        self.key = key
        self.name = name

    def get(self) -> Any:
        if self.kind == "attribute":
            return getattr(self.holder, self.key)
        if isinstance(self.holder, dict):
            return self.holder.get(self.key, _MISSING)
        return self.holder[self.key] if self.key < len(self.holder) else _MISSING

    def set(self, value: Any) -> None:
        if self.kind == "attribute":
            setattr(self.holder, self.key, value)
        else:
            self.holder[self.key] = value

    def put_back(self, value: Any) -> None:
        """Let it be what it was; what it still is need not be something that can be set."""
        if self.kind != "attribute" or getattr(self.holder, self.key, _MISSING) is not value:
            self.set(value)

    def __repr__(self) -> str:
        return self.name


_MISSING = object()


class WeakMethod:
    """A method that does not keep its instance alive."""

    def __init__(self, function: Any, instance: Any) -> None:
        self.function = function
        self.instance = instance
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(self.instance(), *args, **kwargs)


class Surroundings:
    """What a function uses besides its arguments, as far as that can be found before it runs.

    tensors     each Tensor, with its name
    arrays      where arrays of NumPy stand
    fixed       arrays where no other can be put, as in a tuple, with their bytes
    plain       where numbers, strings and the like stand, with what they are; a program holds while they are the same
    watched     the same of attributes that the function does not name, which it is not to change
    sizes       the lists and dicts, with how much is in them, and whether they are what an object holds
    objects     where other objects stand, with what they are, likewise
    optimizers  that are used
    schedulers  of learning rates, likewise
    generators  of random numbers, with their names
    """

    def __init__(self, function: Any, state: Any = ()) -> None:
        self.tensors: dict[int, tuple[Tensor, str]] = {}
        self.arrays: list[Place] = []
        self.fixed: list[tuple[np.ndarray, bytes]] = []
        self.plain: list[tuple[Place, Any]] = []
        self.watched: list[tuple[Place, Any]] = []
        self.objects: list[tuple[Place, Any]] = []
        self.optimizers: list[Any] = []
        self.schedulers: list[Any] = []
        self.generators: list[tuple[Any, str]] = []
        self._seen: dict[Any, Any] = {}
        self.sizes: list[tuple[Any, int, bool]] = []
        self._attributes: set[str] = set()
        self._records: list[tuple[Place, Any]] = []  # lists and dicts of objects, which need not be used
        self._instances: list[tuple[Any, str]] = []  # whose methods and properties may be used
        self._of_objects: list[tuple[Place, Any]] = []
        self._stack: list[tuple[Any, str]] = [(function, "")]
        self.add(state)
        self._run()

    def add(self, item: Any) -> None:
        """Look through what was declared, or through arguments, too."""
        for i, part in enumerate(item if type(item) in (tuple, list) else (item,)):
            self._stack.append((part, "" if not isinstance(part, Tensor) else f"state{i}"))
        self._run()

    def asks_for_gradients(self) -> bool:
        """Whether the function names what reads, sets or adds to a `.grad`."""
        return any(("grad" in name or "backward" in name) and name not in _OTHERS for name in self._attributes)

    def _run(self) -> None:
        found = -1
        while self._stack or found != len(self._attributes):
            found = len(self._attributes)
            for item, name in self._instances:
                self._used(item, name)
            used = [(place, value) for place, value in self._records if place.key in self._attributes]
            self._records = [(place, value) for place, value in self._records if place.key not in self._attributes]
            self.objects += used
            self._stack += [(value, place.name) for place, value in used]
            while self._stack:
                item, name = self._stack.pop()
                n = len(self._stack)
                self._visit(item, name)
                self._stack[n:] = self._stack[n:][::-1]  # what is in it comes in its order
        for place, value in self._of_objects:
            (self.plain if place.key in self._attributes else self.watched).append((place, value))
        self._of_objects = []

    def _place(self, holder: Any, kind: str, key: Any, name: str, always: bool = True) -> None:
        place = Place(holder, kind, key, name)
        try:
            value = place.get()
        except (ValueError, AttributeError):  # an empty cell
            return
        if value is _MISSING:
            return
        if type(value) in _PLAIN:
            (self.plain if always else self._of_objects).append((place, value))
        elif isinstance(value, np.ndarray):
            self.arrays.append(place)
        elif isinstance(value, np.generic):
            self.plain.append((place, value))
        elif isinstance(value, ModuleType):
            self._instances.append((value, name))
        elif isinstance(value, type | BuiltinFunctionType | np.ufunc):  # of which it may hold another one later
            self.objects.append((place, value))
            if isinstance(value, type):
                self._instances.append((value, name))
        else:
            if not always and isinstance(value, list | dict | set | deque):  # a record of its own, unless it is used
                self._records.append((place, value))
                return
            self.objects.append((place, value))
            self._stack.append((value, name))

    def _visit(self, item: Any, name: str) -> None:
        nameless = not self.tensors.get(id(item), (None, "?"))[1]  # an optimizer's parameter, seen before its own place
        if isinstance(item, Tensor) and ("." in name or id(item) not in self._seen or nameless):
            self._seen[id(item)] = item
            self.tensors[id(item)] = item, _within(name) or item.name or name
            self._stack += [(hook, "") for hook in hooks_of(item).values()]
            return
        if type(item) in _PLAIN or id(item) in self._seen:
            return
        self._seen[id(item)] = item
        if isinstance(item, np.ndarray):
            self.fixed.append((item, item.tobytes()))
        elif isinstance(item, np.generic | ModuleType | type | BuiltinFunctionType | np.ufunc):
            return
        elif isinstance(item, MethodType):
            self._stack += [(item.__self__, name), (item.__func__, name)]
        elif isinstance(item, FunctionType):
            self._function(item)
        elif isinstance(item, WeakMethod):
            self._stack += [(item.instance(), name), (item.function, name)]
        elif type(item).__name__ == "Compiled":
            self._stack.append((item._fun, name))
        elif isinstance(item, functools.partial):
            self._stack += [(item.func, name), (item.args, name), (item.keywords, name)]
        elif isinstance(item, np.random.Generator):
            self.generators.append((item, name))
        elif isinstance(item, dict):
            if len(item) <= _MOST:
                self.sizes.append((item, len(item), False))
                for key in item:
                    self._place(item, "item", key, _below(name, key))
        elif isinstance(item, list | deque):
            if len(item) <= _MOST:
                self.sizes.append((item, len(item), False))
                for i in range(len(item)):
                    self._place(item, "item", i, _below(name, i))
        elif isinstance(item, tuple | set | frozenset):
            self._stack += [(part, _below(name, i)) for i, part in enumerate(item)]
        elif _has(item, "param_groups") and _has(item, "state"):
            self.optimizers.append(item)
            for group in item.param_groups:
                self._stack += [(p, "") for p in group["params"]]
                if isinstance(group.get("lr"), Tensor):
                    self._seen[id(group["lr"])] = group["lr"]  # which is read anew at each step
        elif _has(item, "optimizer") and _has(item, "_as_now"):
            self.schedulers.append(item)
            self._stack.append((item.optimizer, name))
        else:
            self._object(item, name)

    def _object(self, item: Any, name: str) -> None:
        held = getattr(item, "__dict__", None)
        for key in {
            key for owner in type(item).__mro__ for key in vars(owner).get("__slots__", ()) if type(key) is str
        }:
            if hasattr(item, key) and is_users(_file(type(item))):
                self._place(item, "attribute", key, _below(name, key), always=False)
        if not isinstance(held, dict) or len(held) > _MOST:
            return
        self.sizes.append((held, len(held), True))
        module = "_parameters" in held and "_modules" in held
        for key in held:
            if module and key in ("_parameters", "_modules", "_buffers"):
                self._stack.append((held[key], name))
            elif key not in ("_name", "__wrapped__"):
                self._place(held, "item", key, _below(name, key), always=module)
        for method in ("__call__", "forward"):
            function = getattr(type(item), method, None)
            if isinstance(function, FunctionType) and not is_library(function.__code__.co_filename):
                self._stack.append((function, name))
        self._instances += [(item, name), (type(item), type(item).__name__)]

    def _used(self, item: Any, name: str) -> None:
        """What a class, a module or a function holds under names that are used: methods, properties, numbers."""
        for owner in (item, *item.__mro__[1:-1]) if isinstance(item, type) else (item,):
            held = getattr(owner, "__dict__", None)
            if held is None or not isinstance(owner, type | ModuleType | FunctionType) or not is_users(_file(owner)):
                continue
            for key in self._attributes & held.keys():
                value = held[key]
                value = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
                if isinstance(value, FunctionType):
                    if is_users(value.__code__.co_filename):
                        self._stack.append((value, key))
                elif not _is_descriptor(value) and (id(owner), key) not in self._seen:
                    self._seen[id(owner), key] = owner
                    self._place(owner, "attribute", key, _below(name, key))

    def _function(self, function: FunctionType) -> None:
        self._instances.append((function, function.__name__))
        wrapped = getattr(function, "__wrapped__", None)
        if wrapped is not None:
            self._stack.append((wrapped, ""))
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            self._place(cell, "attribute", "cell_contents", name)
        self._stack += [(part, "") for part in (function.__defaults__ or ())]
        self._stack += [(part, name) for name, part in (function.__kwdefaults__ or {}).items()]
        if not is_users(function.__code__.co_filename):  # what Python's own modules keep (of threads, say) is no state
            return
        for name in sorted(_names(function.__code__)):
            self._attributes.add(name)
            if name in function.__globals__:
                self._place(function.__globals__, "item", name, name)


def hooks_of(tensor: Tensor) -> dict[int, Any]:
    """The hooks that are called with a Tensor's gradient."""
    return tensor._node.extras.hooks if tensor._node is not None and tensor._node.extras is not None else {}


def _within(path: str) -> str:
    """A parameter's name in its model: the path without the model's own name, unless a number would be first."""
    rest = path.partition(".")[2]
    return path if rest[:1].isdigit() else rest


_HERE = Path(__file__).parents[2]
_PYTHON = sysconfig.get_paths()["stdlib"] + "/"
_LIBRARIES = tuple(str(_HERE / name) + "/" for name in ("autograd", "nn", "optim"))


def _has(item: Any, name: str) -> bool:
    """Whether an object has an attribute, without asking a module, which would look for what else may be meant."""
    return name in getattr(item, "__dict__", ()) or hasattr(type(item), name)


def _is_descriptor(item: Any) -> bool:
    return hasattr(type(item), "__get__") or hasattr(type(item), "__set__")


def _file(item: Any) -> str:
    """Where a module, a class or a function was written, if that is known."""
    module = item if isinstance(item, ModuleType) else sys.modules.get(item.__module__)
    built_in = item is not module and item.__module__ in sys.builtin_module_names
    return "<frozen>" if built_in else getattr(module, "__file__", None) or ""


@functools.cache
def is_users(filename: str) -> bool:
    """Whether code may hold a user's numbers: it is neither this library's, nor NumPy's, nor Python's own."""
    installed = "site-packages" in filename or "dist-packages" in filename
    return not is_library(filename) and (installed or not filename.startswith((_PYTHON, "<frozen")))


@functools.cache
def is_library(filename: str) -> bool:
    """Whether code is this library's or NumPy's, and not a user's."""
    return filename.startswith((*_LIBRARIES, "<primitive", "<rule")) or "/numpy/" in filename


def _names(code: CodeType) -> set[str]:
    """The names of globals and attributes that a function uses, and the functions within it."""
    found: set[str] = set()
    stack = [code]
    while stack:
        code = stack.pop()
        found.update(code.co_names)
        stack += [part for part in code.co_consts if isinstance(part, CodeType)]
    return found


def _below(name: str, key: Any) -> str:
    return f"{name}.{key}" if name else str(key)
