"""Parameter: a tensor that a module owns and an optimizer changes."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor


class Parameter(Tensor):
    """A Tensor that a Module registers when it is assigned to one of its attributes.

    data           an array, whose floating or complex dtype stays; anything else becomes float32; it is copied
    requires_grad  whether it receives gradients

    Raises TypeError for an integer or boolean array, unless requires_grad is False.

    >>> from nn import Parameter
    >>> Parameter([1.0, 2.0])
    Parameter([1., 2.], dtype=float32, requires_grad=True)
    """

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(data, None if hasattr(data, "dtype") else np.float32, requires_grad)

    def __repr__(self) -> str:
        return super().__repr__().replace("Tensor(", "Parameter(", 1)


def empty(shape: tuple[int, ...], dtype: Any = None) -> Parameter:
    """A Parameter of that shape whose values are still to be set; float32 unless dtype says otherwise."""
    return Parameter(np.empty(shape, np.float32 if dtype is None else dtype))
