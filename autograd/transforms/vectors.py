"""The numbers of a container as one vector, for what knows vectors alone, and the container again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.operands import NUMBERS
from ..engine.primitive import as_array
from ..engine.tensor import Tensor, wrap
from .call import of_floats, plain
from .tree import is_differentiable, leaves, leaves_as, ravel, rebuild


class Numbers:
    """Some leaves of a container as one vector; the others stay what they are.

    objects whether modules are containers: their parameters are seen as constants then
    moves   which leaves
    dtype   of the vector, if it is not to be the one in which all of them find room: then arrays of integers are taken
            for floats
    vector  their numbers: joined to them, where they are tracked
    form    the containers
    kinds   of each leaf that moves its dtype, and whether it is a Tensor; None of another
    shapes  of each leaf
    """

    def __init__(
        self, who: str, value: Any, moves: Callable[[Any], bool] = is_differentiable, dtype: Any = None,
        objects: bool = True,
    ) -> None:  # fmt: skip
        self.objects = objects
        found = leaves(value, objects)
        found = found if dtype is None else [of_floats(leaf) for leaf in found]
        moving = [moves(leaf) for leaf in found]
        chosen = [as_array(leaf) for leaf, moved in zip(found, moving, strict=True) if moved]
        for leaf in chosen:
            if leaf.dtype.kind == "c":
                raise TypeError(
                    f"{who}: expected real numbers, got an array of {leaf.dtype}; give its real and its imaginary part"
                )
        rest = iter(chosen)
        self.kinds = [
            (next(rest).dtype, isinstance(leaf, Tensor)) if moved else None
            for leaf, moved in zip(found, moving, strict=True)
        ]
        self.shapes = [np.shape(leaf) if moved else () for leaf, moved in zip(found, moving, strict=True)]
        self.others = [None if moved else leaf for leaf, moved in zip(found, moving, strict=True)]
        stand_ins = [other if kind is None else _Place() for kind, other in zip(self.kinds, self.others, strict=True)]
        self.form = rebuild(value, iter(stand_ins), objects)  # without the arrays, which a program must not keep
        self.vector, self._unravel = ravel(chosen if dtype is None else [leaf.astype(dtype) for leaf in chosen])

    def filled(self, vector: Any) -> Any:
        """The container with the numbers of a vector, each in the dtype that it had, and a Tensor where it was one."""
        parts = iter(self._unravel(vector))
        pairs = zip(self.kinds, self.others, strict=True)
        items = [other if kind is None else _of_kind(next(parts), *kind) for kind, other in pairs]
        return rebuild(self.form, iter(items), self.objects)

    def vector_of(self, who: str, value: Any) -> Any:
        """The numbers of a container that is built like this one. Raises TypeError if it is not."""
        try:
            found = leaves_as(value, self.form, self.objects)
        except TypeError as error:
            raise TypeError(f"{who}: {error}") from None
        return ravel([as_array(leaf) for leaf, kind in zip(found, self.kinds, strict=True) if kind is not None])[0]


class _Place:
    """What stands where a leaf belongs."""


def _of_kind(part: Any, dtype: Any, tensor: bool) -> Any:
    part = part if part.dtype == dtype else part.astype(dtype)
    if isinstance(part, Tensor):
        return part
    return wrap(part) if tensor else plain(part)


def may_move(leaf: Any) -> bool:
    """Whether a value may be tracked, or stand for another one at another time: one of NumPy's own is a constant."""
    return type(leaf) is not np.ndarray and type(leaf) not in NUMBERS and is_differentiable(leaf)
