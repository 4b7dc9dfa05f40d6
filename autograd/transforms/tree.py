"""Containers of arrays, under the name autograd.tree: dicts, lists, tuples, named tuples, dataclasses, modules of nn,
and what is registered. `flatten` and `map` go through them as their namesakes in jax.tree do.

>>> from autograd import tree
>>> parameters, slopes = {"w": np.ones(2), "b": 0.5}, {"w": np.array([1.0, 2.0]), "b": 1.0}
>>> tree.map(lambda p, g: p - 0.1 * g, parameters, slopes)
{'w': array([0.9, 0.8]), 'b': 0.4}
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from ..engine.tensor import Tensor

__all__ = ["Structure", "flatten", "map", "ravel", "register", "unflatten"]

# ---- for users -------------------------------------------------------------------------------------------------------


def register(
    kind: type, flatten: Callable[[Any], tuple[Iterable[Any], Any]], unflatten: Callable[[Any, Any], Any]
) -> type:  # fmt: skip
    """Have values of a class count as containers: in all transforms, and here. Returns the class.

    flatten    gives (what it contains, something by which `unflatten` knows the rest): the rest is compared by ==
    unflatten  makes a value of the rest and of what it contains, which may be anything: also None, or a text

    As jax.tree_util.register_pytree_node. A class that inherits from one that is registered counts as well.

    >>> class Line:
    ...     def __init__(self, slope, name):
    ...         self.slope, self.name = slope, name
    >>> _ = register(Line, lambda line: ([line.slope], line.name), lambda name, parts: Line(*parts, name))
    >>> map(lambda x: x * 2, Line(1.5, "a")).slope
    3.0
    """
    if not isinstance(kind, type):
        raise TypeError(f"tree.register: expected a class, got {type(kind).__name__}")
    _registered[kind] = flatten, unflatten
    _known.clear()
    return kind


class Structure:
    """The containers of a tree, without its leaves; equal where they are built alike. See `flatten`."""

    __slots__ = ("form", "leaves")

    def __init__(self, form: Any, leaves: int) -> None:
        self.form = form
        self.leaves = leaves

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Structure) and _key(self.form) == _key(other.form)

    def __hash__(self) -> int:
        return hash(self.leaves)

    def __repr__(self) -> str:
        return f"<structure of {self.leaves} leaves: {self.form!r}>"


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """(the leaves of a tree, its structure): a dict's in the order of its sorted keys; None is a container of none.

    >>> leaves, structure = flatten({"b": [1, 2], "a": None})
    >>> leaves
    [1, 2]
    >>> unflatten(structure, [3, 4])
    {'b': [3, 4], 'a': None}
    """
    found = leaves(tree, True)
    form = rebuild(tree, iter([None if leaf is None else _Leaf() for leaf in found]), True)
    kept = [leaf for leaf in found if leaf is not None]
    return kept, Structure(form, len(kept))


def unflatten(structure: Structure, items: Iterable[Any]) -> Any:
    """The tree of this structure with these leaves. Raises ValueError for more or fewer than it has."""
    given = list(items)
    if len(given) != structure.leaves:
        raise ValueError(f"tree.unflatten: expected {structure.leaves} leaves, got {len(given)}")
    rest = iter(given)
    places = leaves(structure.form, True)
    return rebuild(structure.form, iter([None if place is None else next(rest) for place in places]), True)


def map(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """A tree of what `function` gives for each leaf, and for those of the others in the same places.

    Raises ValueError for another that is not built like the first one.
    """
    first, structure = flatten(tree)
    columns = [first]
    for other in others:
        try:
            found = leaves_as(other, tree, True)
        except TypeError as error:
            raise ValueError(f"tree.map: {error}") from None
        columns.append([a for a, b in zip(found, leaves(tree, True), strict=True) if b is not None])
    return unflatten(structure, [function(*items) for items in zip(*columns, strict=True)])


def ravel(tree: Any) -> tuple[Any, Callable[[Any], Any]]:
    """(all numbers of a tree as one vector, the function that makes a tree like it of such a vector).

    Both are differentiable. The vector has the dtype in which all leaves find room; back in the tree each has its own.
    As jax.flatten_util.ravel_pytree.

    >>> vector, unravel = ravel({"w": np.array([[1.0, 2.0]]), "b": 3.0})
    >>> vector
    array([3., 1., 2.])
    >>> unravel(vector * 2)
    {'w': array([[2., 4.]]), 'b': array(6.)}
    """
    found, structure = flatten(tree)
    shapes = [np.shape(leaf) for leaf in found]
    dtypes = [leaf.dtype if hasattr(leaf, "dtype") else np.asarray(leaf).dtype for leaf in found]
    ends = np.cumsum([0, *[int(np.prod(shape)) for shape in shapes]])
    dtype = np.result_type(*dtypes) if dtypes else np.dtype(float)

    def unravel(vector: Any) -> Any:
        if np.shape(vector) != (ends[-1],):
            raise ValueError(f"unravel: expected a vector of {ends[-1]} elements, got shape {np.shape(vector)}")
        parts = [vector[start:end] for start, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]
        made = [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
        kinds = [own if vector.dtype == dtype else np.result_type(own, vector.dtype) for own in dtypes]
        return unflatten(
            structure, [p if p.dtype == kind else p.astype(kind) for p, kind in zip(made, kinds, strict=True)]
        )

    vectors = [np.reshape(leaf, -1).astype(dtype) for leaf in found]
    return (np.concatenate(vectors) if vectors else np.zeros(0)), unravel


# ---- for the transforms ----------------------------------------------------------------------------------------------

_registered: dict[type, tuple[Any, Any]] = {}
_objects: dict[type, tuple[Any, Any]] = {}
_known: dict[type, Any] = {}  # what was found for classes, also that there is nothing


def register_object(kind: type, flatten: Any, unflatten: Any) -> None:
    """Have objects that are more than their arrays count as containers where a function is differentiated by them.

    To what calls a function again, a checkpoint or a program, they are themselves.
    """
    _objects[kind] = flatten, unflatten
    _known.clear()


def leaves(value: Any, objects: bool = False) -> list[Any]:
    """What stands in the containers, in their order; a value that is no container is the one leaf of itself.

    A dict's order is that of its sorted keys, so that equal dicts have their leaves in the same places. None is a leaf.
    With `objects` those that are registered as such are containers.
    """
    if type(value) in LEAVES:
        return [value]
    found: list[Any] = []
    _gather(value, found, objects)
    return found


def _gather(value: Any, found: list[Any], objects: bool) -> None:
    kind = type(value)
    if kind in LEAVES:
        found.append(value)
    elif kind is tuple or kind is list:
        for item in value:
            if type(item) in LEAVES:  # most are, and a call for each takes longer than all else
                found.append(item)
            else:
                _gather(item, found, objects)
    elif kind is dict:
        for key in keys_of(value):
            _gather(value[key], found, objects)
    else:
        parts = parts_of(value, objects)
        if parts is None:
            found.append(value)
        else:
            for item in parts:
                _gather(item, found, objects)


LEAVES = frozenset({Tensor, np.ndarray, np.float64, np.float32, float, int, bool, str, complex, type(None)})


def parts_of(value: Any, objects: bool) -> list[Any] | None:
    """What a container contains; None of what is no container."""
    if isinstance(value, Tensor):
        return None
    ways = _ways(type(value), objects)
    if ways is not None:
        return list(ways[0](value)[0])
    if isinstance(value, dict):
        return [value[key] for key in keys_of(value)]
    if isinstance(value, tuple | list):
        return list(value)
    if is_dataclass(value):
        return [getattr(value, name) for name in fields_of(value)]
    return None


def _ways(kind: type, objects: bool) -> Any:
    """How a registered class is flattened and made again; None of any other."""
    found = _known.get(kind)
    if found is None:
        found = _known[kind] = tuple(
            [next((known[base] for base in kind.__mro__ if base in known), None) for known in (_registered, _objects)]
        )
    return found[0] if found[0] is not None or not objects else found[1]


def rebuild(like: Any, items: Iterator[Any], objects: bool = False) -> Any:
    """The containers of `like` again, with these items for its leaves."""
    kind = type(like)
    if kind in LEAVES or isinstance(like, Tensor):
        return next(items)
    if kind is tuple or kind is list:
        return kind([next(items) if type(item) in LEAVES else rebuild(item, items, objects) for item in like])
    ways = _ways(kind, objects)
    if ways is not None:
        parts, rest = ways[0](like)
        return ways[1](rest, [rebuild(part, items, objects) for part in parts])
    if isinstance(like, dict):
        made = like.copy()  # a subclass keeps its own properties
        for key in keys_of(like):
            made[key] = rebuild(like[key], items, objects)
        return made
    if isinstance(like, tuple | list):
        parts = [rebuild(item, items, objects) for item in like]
        return kind(*parts) if hasattr(like, "_fields") else kind(parts)
    if is_dataclass(like):
        made = object.__new__(kind)  # past __init__, which may check or compute, and past frozen
        for name, part in getattr(like, "__dict__", {}).items():
            object.__setattr__(made, name, part)
        for name in fields_of(like):
            object.__setattr__(made, name, rebuild(getattr(like, name), items, objects))
        return made
    return next(items)


def leaves_as(value: Any, like: Any, objects: bool = False) -> list[Any]:
    """The leaves of `value`, one for each leaf of `like`. Raises TypeError where it has not the same containers."""
    if type(like) in LEAVES:
        return [value]
    found: list[Any] = []
    _collect(value, like, found, objects)
    return found


def is_differentiable(leaf: Any) -> bool:
    """Whether a leaf is a floating or complex array or number."""
    if isinstance(leaf, Tensor):
        return leaf._content.dtype.kind in "fc"
    if isinstance(leaf, float | complex | np.inexact):
        return True
    return hasattr(leaf, "__array_function__") and leaf.dtype.kind in "fc"


def _collect(value: Any, like: Any, found: list[Any], objects: bool) -> None:
    parts = None if type(like) in LEAVES else parts_of(like, objects)
    if parts is None:
        found.append(value)
        return
    ways = _ways(type(like), objects)
    if ways is not None:
        theirs = ways if type(value) is type(like) else _ways(type(value), objects)
        same = theirs is not None and theirs[1] is ways[1] and theirs[0](value)[1] == ways[0](like)[1]
    elif isinstance(like, dict):
        same = isinstance(value, dict) and value.keys() == like.keys()
    elif isinstance(like, tuple | list):
        same = isinstance(value, tuple | list) and len(value) == len(like)
    else:
        same = type(value) is type(like)
    own = None
    if same:
        by_keys = isinstance(like, dict) and ways is None  # in the order of the other's, if they have none
        own = [value[key] for key in keys_of(like)] if by_keys else parts_of(value, objects)
    if own is None or len(own) != len(parts):
        raise TypeError(f"expected {_said(like)}, got {_said(value)}")
    for item, model in zip(own, parts, strict=True):
        _collect(item, model, found, objects)


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return f"a dict with the keys {keys_of(value)}"
    if isinstance(value, tuple | list):
        return f"a sequence of {len(value)}"
    return f"a {type(value).__name__}"


def keys_of(value: dict[Any, Any]) -> list[Any]:
    """A dict's keys in the order of its leaves: sorted, or where they cannot be compared as they stand."""
    try:
        return sorted(value)
    except TypeError:  # keys that cannot be compared
        return list(value)


def is_dataclass(value: Any) -> bool:
    """Whether a value is an instance of a dataclass."""
    return hasattr(type(value), "__dataclass_fields__")


def fields_of(value: Any) -> list[str]:
    """The names of a dataclass' fields."""
    from dataclasses import fields

    return [field.name for field in fields(value)]


class _Leaf:
    """What stands for a leaf in a structure."""

    def __repr__(self) -> str:
        return "*"


def _key(form: Any) -> Any:
    """A form as tuples that can be compared."""
    parts = parts_of(form, True)
    if parts is None:
        return form is None
    ways = _ways(type(form), True)
    rest = ways[0](form)[1] if ways is not None else keys_of(form) if isinstance(form, dict) else None
    return type(form), rest, [_key(part) for part in parts]
