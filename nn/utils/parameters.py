"""Gradients clipped, in place, parameters as one vector, and parameters that nobody sets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor, generator
from autograd.ops import writable

from ..module import Module
from ..parameter import write
from ..shared import plain


def _listed(parameters: Any, who: str) -> list[Any]:
    """One tensor or several, as a list."""
    if hasattr(parameters, "parameters"):
        raise TypeError(f"{who}: expected parameters, got {type(parameters).__name__}; pass its .parameters()")
    return [parameters] if isinstance(parameters, Tensor) else list(parameters)


def _gradients(parameters: Iterable[Tensor]) -> list[Tensor]:
    return [parameter.grad for parameter in parameters if parameter.grad is not None]


def get_total_norm(
    tensors: Tensor | Iterable[Tensor], norm_type: float = 2.0, error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:  # fmt: skip
    """The norm of all tensors together, as one vector; norm_type may be infinite. foreach has no effect.

    Of float16 it is computed in float32, and given in float16.

    Raises RuntimeError with error_if_nonfinite if it is infinite or NaN.
    """
    return _total_norm([tensors] if isinstance(tensors, Tensor) else tensors, norm_type, error_if_nonfinite)[0]


def _total_norm(tensors: Iterable[Tensor], norm_type: float, error_if_nonfinite: bool) -> tuple[Tensor, Any]:
    """The norm as a Tensor, and as a number that float16 might not hold."""
    arrays = [tensor.data for tensor in tensors]
    if not arrays:
        return Tensor(0.0, np.float32), np.float32(0)
    norm_type = float(norm_type)  # "inf" is one, too
    dtype = np.result_type(*arrays)
    wide = [array.astype(np.float32) if array.dtype.char == "e" else array for array in arrays]
    with np.errstate(over="ignore", under="ignore"):
        norms = [np.linalg.norm(array.reshape(-1), norm_type) if array.size else array.dtype.type(0) for array in wide]
        total = np.linalg.norm(np.stack(norms), norm_type)
    if norm_type not in (0, np.inf, -np.inf) and not float(np.finfo(total.dtype).tiny) ** 0.25 < total < np.inf:
        robust: Any = np.linalg.norm(np.concatenate([Tensor(array.reshape(-1)) for array in wide]), norm_type)
        total = robust.data
    with np.errstate(over="ignore"):  # the norm of float16 may be infinite
        given = total.astype(np.abs(dtype.type(0)).dtype)
    if error_if_nonfinite and not np.isfinite(given):
        raise RuntimeError(f"get_total_norm: expected a finite norm of the gradients, got {given}")
    return Tensor(given), total


def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, total_norm: Any, foreach: bool | None = None
) -> None:
    """Multiply the gradients by max_norm / (total_norm + 1e-6), or by 1 if that is less. foreach has no effect."""
    if float(max_norm) < 0:
        raise ValueError(f"clip_grad_norm_: expected max_norm of 0 or more, which scales the gradients, got {max_norm}")
    total = plain(total_norm).astype(np.float64)
    factor = np.minimum(float(max_norm) / (total + 1e-6), 1.0)  # often 1, but to ask would be a branch of the program
    with np.errstate(invalid="ignore"):  # infinite gradients become NaN, as they are meant to
        for gradient in _gradients(parameters):
            array = writable(gradient)
            if array.dtype.char == "e":  # in which a small factor has few digits, or none
                np.multiply(array, factor.astype(np.float32), out=array, casting="same_kind")
            else:
                array *= factor.astype(gradient.dtype)
            gradient.data = array


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:  # fmt: skip
    """Scale the gradients, in place, so that their norm together is at most max_norm; returns what it was.

    >>> x = Tensor([3.0, 4.0], requires_grad=True)
    >>> (x * x.detach()).sum().backward()
    >>> clip_grad_norm_(x, 1.0).item(), x.grad.data.round(3)
    (5.0, array([0.6, 0.8]))
    """
    parameters = _listed(parameters, "clip_grad_norm_")
    if not isinstance(max_norm, int | float | np.number | Tensor):
        raise TypeError(f"clip_grad_norm_: expected a number as max_norm, got {max_norm!r}")
    given, total = _total_norm(_gradients(parameters), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(parameters, max_norm, total)
    return given


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None) -> None:
    """Cut every element of the gradients to [-clip_value, clip_value], in place. foreach has no effect."""
    for gradient in _gradients(_listed(parameters, "clip_grad_value_")):
        write(gradient, np.clip(gradient.data, -float(clip_value), float(clip_value)))


def parameters_to_vector(parameters: Iterable[Any]) -> Any:
    """The parameters, one after the other, as one vector; gradients flow back through it."""
    return np.concatenate([parameter.reshape(-1) for parameter in _listed(parameters, "parameters_to_vector")])


def vector_to_parameters(vec: Any, parameters: Iterable[Tensor]) -> None:
    """Write the parts of a vector into the parameters, in place. Raises ValueError for another length than theirs."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"vector_to_parameters: expected a Tensor, got {type(vec).__name__}")
    parameters = _listed(parameters, "vector_to_parameters")
    total = sum(parameter.size for parameter in parameters)
    if vec.shape != (total,):
        raise ValueError(f"vector_to_parameters: expected a vector of length {total}, got shape {vec.shape}")
    start = 0
    for parameter in parameters:
        write(parameter, vec.data[start : start + parameter.size].reshape(parameter.shape))
        start += parameter.size


def skip_init(module_cls: Any, *args: Any, **kwargs: Any) -> Any:
    """A module of that class, made of these arguments, whose parameters and buffers are still to be set.

    The default generator is left as it was, as if nothing had been drawn. Raises RuntimeError for what is no class of
    modules.

    >>> import nn
    >>> nn.utils.skip_init(nn.Linear, 5, 1)
    Linear(in_features=5, out_features=1, bias=True)
    """
    if not (isinstance(module_cls, type) and issubclass(module_cls, Module)):
        raise RuntimeError(f"skip_init: expected a class of modules, got {module_cls!r}")
    numbers: Any = generator(None).bit_generator
    before = numbers.state
    try:
        return module_cls(*args, **kwargs).to_empty(device="cpu")
    finally:
        numbers.state = before
