"""Parameter: a tensor that a module owns and an optimizer changes; and the other kinds that a module knows."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from autograd import Tensor, get_default_dtype
from autograd.ops import in_blocks, writable, write_later


class Parameter(Tensor):
    """A Tensor that a Module registers when it is assigned to one of its attributes.

    data           an array, whose floating or complex dtype stays; anything else gets the default dtype; it is copied
    requires_grad  whether it receives gradients

    It is where a graph begins: nothing flows back to what `data` was computed from. Raises TypeError for an integer or
    boolean array, unless requires_grad is False; warns of data that require a gradient themselves.

    >>> from nn import Parameter
    >>> Parameter([1.0, 2.0])
    Parameter([1., 2.], dtype=float32, requires_grad=True)
    """

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        dtype = None if hasattr(data, "dtype") else get_default_dtype()
        if isinstance(data, Tensor | list | tuple):
            data = np.array(data, dtype)
        super().__init__(data, dtype, requires_grad)

    def __repr__(self) -> str:
        return super().__repr__().replace("Tensor(", "Parameter(", 1)


class Buffer(Tensor):
    """A Tensor that a Module registers as a buffer when it is assigned to one of its attributes.

    persistent  whether the buffer is in the module's state_dict
    """

    persistent = True

    def __init__(self, data: Any, *, persistent: bool = True) -> None:
        super().__init__(data)
        self.persistent = persistent


class Uninitialized(Tensor):
    """A tensor whose shape is still to be found out; `materialize` gives it one."""

    becomes: ClassVar[type[Tensor]]

    def __init__(self, requires_grad: bool = False, *, dtype: Any = None) -> None:
        Tensor.__init__(self, np.empty(0), get_default_dtype() if dtype is None else dtype, requires_grad)

    @property
    def shape(self) -> tuple[int, ...]:
        raise RuntimeError(
            f"{type(self).__name__}: it has no shape and no values yet; call its module once with an input, or load a "
            f"state_dict"
        )

    @property
    def size(self) -> int:
        return len(self.shape)  # which raises

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def materialize(self, shape: tuple[int, ...], dtype: Any = None) -> None:
        """Take this shape, with values that are still to be set, and become an ordinary Parameter or Buffer."""
        self.__class__ = self.becomes  # type: ignore[assignment]
        replace(self, np.empty(shape, self.dtype if dtype is None else dtype))


class UninitializedParameter(Uninitialized, Parameter):
    """A Parameter whose shape is still to be found out, as the lazy layers have it."""

    becomes = Parameter

    def __init__(self, requires_grad: bool = True, *, dtype: Any = None) -> None:
        super().__init__(requires_grad, dtype=dtype)


class UninitializedBuffer(Uninitialized):
    """A buffer whose shape is still to be found out."""

    becomes = Buffer


def empty(shape: tuple[int, ...], dtype: Any = None) -> Parameter:
    """A Parameter whose values are still to be set; of the default dtype unless `dtype` says otherwise."""
    return Parameter(np.empty(shape, get_default_dtype() if dtype is None else dtype))


def write(tensor: Tensor, value: Any) -> None:
    """Put values into a tensor's own memory, whether it requires a gradient or not; what is in blocks, later."""
    if in_blocks(value):
        return write_later(tensor, value)
    array = np.empty(tensor.shape, tensor.dtype) if in_blocks(tensor.data) else writable(tensor)
    array[...] = value
    tensor.data = array  # which says that it was written


def replace(tensor: Tensor, value: Any) -> None:
    """Give a tensor another array, of another dtype or shape perhaps; its gradient gets that dtype too."""
    gradient, trained = tensor.grad, tensor.requires_grad
    tensor.requires_grad_(False)
    tensor.data = value
    tensor.requires_grad_(trained)
    tensor.grad = None if gradient is None else Tensor(gradient.data.astype(value.dtype))
