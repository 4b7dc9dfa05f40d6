"""Data cast to the dtype of the network that they are given to."""

from __future__ import annotations

from typing import Any

from autograd import RemovableHandle, Tensor, tree

from ..module import Module


def cast_inputs(module: Module) -> RemovableHandle:
    """From now on a module casts its inputs to the dtype of its parameters, where no gradient is asked of them.

    Floating arrays and Tensors are cast to the dtype of the first floating parameter, complex ones to that of the first
    complex one, in tuples and dicts too. Whole numbers stay, for they may be indices; so do Tensors that require a
    gradient, which is then refused as ever. It concerns the call of this module, not of those within it. The handle
    that is returned has remove().

    Raises TypeError for what is no module.

    >>> import nn
    >>> net = nn.Sequential(nn.Linear(3, 1))
    >>> handle = nn.utils.cast_inputs(net)
    >>> net(np.ones((2, 3))).dtype
    dtype('float32')
    >>> handle.remove()
    """
    if not isinstance(module, Module):
        raise TypeError(f"cast_inputs: expected a Module, got {type(module).__name__}")
    return module.register_forward_pre_hook(_cast, with_kwargs=True)


def _cast(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    kinds: dict[str, Any] = {}
    for parameter in module.parameters():
        kinds.setdefault(parameter.dtype.kind, parameter.dtype)

    def cast(value: Any) -> Any:
        dtype = kinds.get(getattr(getattr(value, "dtype", None), "kind", "")) if hasattr(value, "astype") else None
        if dtype is None or dtype.kind not in "fc" or value.dtype == dtype:
            return value
        return value if isinstance(value, Tensor) and value.requires_grad else value.astype(dtype)

    return tuple(tree.map(cast, arg) for arg in args), {name: tree.map(cast, arg) for name, arg in kwargs.items()}
