"""The operators that HIPS autograd has beside grad and its kin, each a line or two on this engine's transforms.

Each takes a function and `argnum`, a position or a tuple of them, and gives a function of the same arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..transforms.checkpoint import checkpoint
from ..transforms.gradients import elementwise_grad, grad, value_and_grad
from ..transforms.jacobians import hessian, jacobian
from ..transforms.tree import is_differentiable, leaves, rebuild
from . import core
from .vector_space import vspace
from .wrap_util import unary_to_nary

__all__ = [
    "checkpoint", "deriv", "elementwise_grad", "grad", "grad_and_aux", "grad_named", "hessian",
    "hessian_tensor_product", "hessian_vector_product", "holomorphic_grad", "jacobian", "make_ggnvp", "make_hvp",
    "make_jvp", "make_jvp_reversemode", "make_vjp", "multigrad_dict", "tensor_jacobian_product", "value_and_grad",
    "vector_jacobian_product", "vspace",
]  # fmt: skip

Function = Callable[..., Any]

_make_vjp, _make_jvp = core.make_vjp, core.make_jvp  # which are imported from here as well
make_vjp = unary_to_nary(core.make_vjp)
make_jvp = unary_to_nary(core.make_jvp)


def like(value: Any, fill: Callable[[Any], Any]) -> Any:
    """The containers of `value` with `fill` of each floating or complex array, and None for the rest."""
    return rebuild(value, iter([fill(leaf) if is_differentiable(leaf) else None for leaf in leaves(value)]))


@unary_to_nary
def deriv(fun: Function, x: Any) -> Any:
    """How the result moves with every element of the argument moved by 1; of a function of a number, its derivative.

    >>> deriv(np.sin)(0.0)
    np.float64(1.0)
    """
    return core.make_jvp(fun, x)(like(x, np.ones_like))[1]


@unary_to_nary
def make_jvp_reversemode(fun: Function, x: Any) -> Function:
    """The derivative along a tangent, as a function of the tangent.

    >>> make_jvp_reversemode(np.square)(3.0)(10.0)
    np.float64(60.0)
    """
    push = core.make_jvp(fun, x)
    return lambda tangent: push(tangent)[1]


@unary_to_nary
def make_hvp(fun: Function, x: Any) -> tuple[Function, Any]:
    """(v -> the Hessian times v, the gradient), of a function with a scalar result.

    >>> make_hvp(lambda x: x**3)(2.0)[0](10.0)
    np.float64(120.0)
    """
    return core.make_vjp(grad(fun), x)


@unary_to_nary
def holomorphic_grad(fun: Function, x: Any) -> Any:
    """The complex derivative of a holomorphic function with a scalar result.

    >>> holomorphic_grad(lambda z: z**2)(1j)
    np.complex128(2j)
    """
    return grad(lambda x: np.real(fun(x)))(x)


@unary_to_nary
def grad_and_aux(fun: Function, x: Any) -> tuple[Any, Any]:
    """Of a function with two results the gradient of the first, and the second.

    >>> grad_and_aux(lambda x: (x**2, "note"))(3.0)
    (np.float64(6.0), 'note')
    """
    pullback, (_, aux) = core.make_vjp(fun, x)
    value, _ = fun(x)
    return pullback((np.ones_like(value), like(aux, np.zeros_like))), aux


def grad_named(fun: Function, argname: str) -> Function:
    """The gradient by the argument of that name.

    >>> grad_named(lambda x, y: x * y, "y")(2.0, 3.0)
    np.float64(2.0)
    """
    return grad(fun, argname)


def multigrad_dict(fun: Function) -> Function:
    """The gradients by all arguments, in a dict by name; arguments that are not given take their defaults.

    >>> multigrad_dict(lambda x, y=3.0: x * y)(2.0)
    {'x': np.float64(3.0), 'y': np.float64(2.0)}
    """
    import inspect

    signature = inspect.signature(fun)

    def gradients(*args: Any, **kwargs: Any) -> dict[str, Any]:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()

        def call(arguments: dict[str, Any]) -> Any:
            again = signature.bind_partial()
            again.arguments.update(arguments)
            return fun(*again.args, **again.kwargs)

        found: dict[str, Any] = grad(call)(dict(bound.arguments))
        return found

    return gradients


def tensor_jacobian_product(fun: Function, argnum: Any = 0) -> Function:
    """A function of fun's arguments and then a tensor, the product of that tensor and the Jacobian.

    The tensor has the shape of the result, or of its first axes.

    >>> tensor_jacobian_product(np.square)(np.array([1.0, 2.0]), np.array([1.0, 10.0]))
    array([ 2., 40.])
    """

    def contracted(*args: Any, **kwargs: Any) -> Any:
        *rest, tensor = args
        return np.tensordot(tensor, fun(*rest, **kwargs), axes=np.ndim(tensor))

    return jacobian(contracted, argnum)


def hessian_tensor_product(fun: Function, argnum: Any = 0) -> Function:
    """A function of fun's arguments and then a tensor, the product of the Hessian and that tensor.

    >>> hessian_tensor_product(lambda x: (x**3).sum())(np.array([1.0, 2.0]), np.array([1.0, 10.0]))
    array([  6., 120.])
    """
    return tensor_jacobian_product(grad(fun, argnum), argnum)


vector_jacobian_product = tensor_jacobian_product
hessian_vector_product = hessian_tensor_product


def _half_square(x: Any) -> Any:
    return np.sum(x**2, axis=-1) / 2


def make_ggnvp(f: Function, g: Function = _half_square, f_argnum: Any = 0) -> Function:
    """Products with the generalized Gauss-Newton matrix of g(f(x)): J' H v' of f's Jacobian and g's Hessian.

    >>> make_ggnvp(lambda x: 3 * x)(np.array([1.0, 2.0]))(np.array([1.0, 10.0]))
    array([ 9., 90.])
    """

    @unary_to_nary
    def products(f: Function, x: Any) -> Function:
        pull, value = core.make_vjp(f, x)
        curve, _ = core.make_vjp(grad(g), value)
        push = core.make_jvp(f, x)
        return lambda v: pull(curve(push(v)[1]))

    made: Function = products(f, f_argnum)
    return made
