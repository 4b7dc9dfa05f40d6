"""Python's types, for code written for HIPS autograd: there containers are special, here they are Python's own.

Only `isinstance` and `type` differ: for them a Tensor is what it holds, a float or an ndarray.
"""

from __future__ import annotations

import builtins
from builtins import dict, list, tuple  # noqa: UP029
from typing import Any

from .boxes import DictBox, SequenceBox, getval

__all__ = [
    "DictBox", "SequenceBox", "container_take", "dict", "dict_", "isinstance", "isinstance_", "list", "list_",
    "make_sequence", "tuple", "tuple_", "type", "type_",
]  # fmt: skip

isinstance_, type_, dict_, list_, tuple_ = builtins.isinstance, builtins.type, dict, list, tuple


def isinstance(value: Any, kinds: Any) -> bool:
    """As Python's, of the array or number in a Tensor.

    >>> from autograd.builtins import isinstance as is_instance
    >>> is_instance(Tensor(1.0), float), is_instance(Tensor([1.0]), np.ndarray)
    (True, True)
    """
    return builtins.isinstance(value, kinds) or builtins.isinstance(getval(value), kinds)


def type(value: Any) -> Any:
    """As Python's, of the array or number in a Tensor.

    >>> from autograd.builtins import type as type_of
    >>> type_of(Tensor(1.0))
    <class 'numpy.float64'>
    """
    return builtins.type(getval(value))


def make_sequence(kind: Any, *items: Any) -> Any:
    """A list or a tuple of the items."""
    return kind(items)


def container_take(container: Any, key: Any) -> Any:
    """What stands in a container."""
    return container[key]
