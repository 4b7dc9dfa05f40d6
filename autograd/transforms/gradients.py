"""Functions into functions: derivatives of a function of arrays, or of nested containers of them.

What all transforms share, the one recorded call of the function, is in `call.py`. Transforms nest to any order.

Plain arguments give plain derivatives and Tensors give Tensors, with one exception: what depends on a tensor outside
that is tracked stays joined to it, so it is a Tensor too.

Complex: a transform of a function uses the plain product g · df/dx (as JAX and HIPS autograd do), the conjugate of what
`backward` leaves in `.grad`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, overload

import numpy as np

from ..engine.sweep import gradients
from ..engine.tensor import Tensor, wrap
from .call import Call
from .shared import Function, argnum, array_of, one, ones, scalar, transform


@overload
def grad(fun: Function, argnums: Any = 0, has_aux: bool = False) -> Function: ...
@overload
def grad(
    outputs: Any, inputs: Any, grad_outputs: Any = None, retain_graph: bool | None = None, create_graph: bool = False,
    only_inputs: bool = True, allow_unused: bool | None = None, materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]: ...  # fmt: skip
def grad(*args: Any, **kwargs: Any) -> Any:
    """
    Returns a function which computes the gradient of a function; or of Tensors the gradients for Tensors, as a tuple.

    **grad(fun, argnums=0, has_aux=False)** is a function of the same arguments that gives the gradient of `fun`, whose
    result is one real number. `argnums` is a position, the name of an argument, or a tuple of these (then so is the
    result). An argument is an array, a number, or a container of them (see `autograd.tree`); its gradient has the same
    form, and None for what is no floating or complex array. With has_aux `fun` gives a pair (result, aux), and what
    comes out is a pair too: the gradient, and aux, which is not differentiated.

    Raises TypeError if the result is no real scalar or the argument holds nothing to differentiate by.

    >>> grad(lambda x: x**3)(2.0)
    np.float64(12.0)
    >>> loss = lambda p, x: ((p["w"] * x).sum() + p["b"]) ** 2
    >>> grad(loss)({"w": np.array([1.0, 2.0]), "b": 1.0}, np.array([1.0, 3.0]))
    {'w': array([16., 48.]), 'b': np.float64(16.0)}

    The gradients of each example of a batch come at once by `vmap`.

    **grad(outputs, inputs, grad_outputs=None, retain_graph=None, create_graph=False, only_inputs=True,
    allow_unused=None, materialize_grads=False)** gives the gradients of a Tensor, or of the sum of several, for each of
    the inputs, which may stand anywhere in their graph; no `.grad` is touched. `grad_outputs` are the gradients to
    start from (1 for a scalar). As torch.autograd.grad.

    Raises RuntimeError for an input that requires no gradient, or that the outputs do not depend on (None with
    allow_unused, zeros with materialize_grads), and for what `Tensor.backward` refuses; ValueError for
    only_inputs=False and for materialize_grads with allow_unused=False.

    >>> x = Tensor(2.0, requires_grad=True)
    >>> grad(x**3, x)
    (Tensor(12.),)
    """
    first = args[0] if args else kwargs.get("outputs", kwargs.get("fun"))
    if isinstance(first, Tensor | tuple | list) or "outputs" in kwargs:
        if len(args) < 2 and "inputs" not in kwargs:
            raise TypeError(
                "grad: expected a function, or outputs and inputs, got Tensors alone; write grad(loss, parameters), or "
                "loss.backward() for the .grad of all leaves"
            )
        return _grad_of_tensors(*args, **kwargs)
    return _grad_of_function(*args, **kwargs)


@argnum
def _grad_of_function(fun: Function, argnums: Any = 0, has_aux: bool = False) -> Function:
    def gradient(call: Call) -> Any:
        return call.beside(one(argnums, _gradient(call, scalar("grad", call))))

    return transform("grad", fun, argnums, gradient, has_aux)


def _grad_of_tensors(
    outputs: Any, inputs: Any, grad_outputs: Any = None, retain_graph: bool | None = None, create_graph: bool = False,
    only_inputs: bool = True, allow_unused: bool | None = None, materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:  # fmt: skip
    outs = [outputs] if isinstance(outputs, Tensor) else list(outputs)
    ins: list[Any] = [inputs] if not isinstance(inputs, Iterable) or hasattr(inputs, "dtype") else list(inputs)
    for value in ins:
        if not isinstance(value, Tensor):
            asked = inputs if hasattr(inputs, "parameters") else value
            said = "; write list(module.parameters())" if hasattr(asked, "parameters") else ""
            said = "; call it, with ()" if callable(value) and not said else said
            raise TypeError(f"grad: expected Tensors as inputs, got {type(asked).__name__}{said}")
    seeds: list[Any] = [None] * len(outs)
    if grad_outputs is not None:
        seeds = list(grad_outputs) if isinstance(grad_outputs, tuple | list) else [grad_outputs]
    if len(seeds) != len(outs):
        raise RuntimeError(f"grad: expected a grad_output for each of the {len(outs)} outputs, got {len(seeds)}")
    if not only_inputs or (materialize_grads and allow_unused is False):
        raise ValueError("grad: expected only_inputs=True, and not allow_unused=False with materialize_grads=True")
    found = gradients(outs, ins, seeds, retain_graph, create_graph)
    for i, (g, value) in enumerate(zip(found, ins, strict=True)):
        if g is None and materialize_grads:
            found[i] = wrap(np.zeros_like(value._content))
        elif g is None and not allow_unused:
            raise RuntimeError(
                f"grad: the outputs do not depend on input {i} (of shape {value.shape}); "
                f"pass allow_unused=True to get None for it"
            )
    return tuple(found)


@argnum
def value_and_grad(fun: Function, argnums: Any = 0, has_aux: bool = False) -> Function:
    """A function that gives (fun(...), its gradient); arguments and errors as those of `grad(fun, argnums)`.

    With has_aux `fun` gives a pair (result, aux), and what comes out is ((result, aux), gradient).

    >>> value_and_grad(lambda x: (x**2).sum())(np.array([1.0, 2.0]))
    (np.float64(5.0), array([2., 4.]))
    """

    def both(call: Call) -> Any:
        parts = _gradient(call, scalar("value_and_grad", call))
        return call.beside(call.value()), one(argnums, parts)

    return transform("value_and_grad", fun, argnums, both, has_aux)


@argnum
def elementwise_grad(fun: Function, argnums: Any = 0) -> Function:
    """The gradient of the sum of `fun`'s result: of a function that works element by element, all its derivatives.

    Raises TypeError for a complex result.

    >>> elementwise_grad(np.sin)(np.array([0.0, np.pi]))
    array([ 1., -1.])
    """

    def gradient(call: Call) -> Any:
        for out in call.outs:
            if array_of(out).dtype.kind == "c":
                raise TypeError("elementwise_grad: expected a real result, got a complex one; use holomorphic_grad")
        seeds = [ones(out) for out in call.outs]
        return one(argnums, call.gradients(call.pull(call.outs, seeds, False, call.joined)))

    return transform("elementwise_grad", fun, argnums, gradient)


for _function in (vars(_grad_of_function)["__wrapped__"], _grad_of_tensors):
    _function.__qualname__ = "grad"  # in the errors of Python's


def _gradient(call: Call, out: Any) -> list[Any]:
    seed = None if type(out._content) is np.ndarray else ones(out)  # of an array the sweep knows it
    return call.gradients(call.pull([out], [seed], False, call.joined))
