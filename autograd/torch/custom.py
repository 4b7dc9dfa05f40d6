"""torch.autograd.Function: a derivative rule of the program's own, as a class with forward and backward."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
from autograd import Tensor as Base

from .boundary import above, below
from .tensors import Tensor


class Context:
    """What forward leaves for backward."""

    saved_tensors: tuple[Any, ...] = ()
    needs_input_grad: tuple[bool, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        self.saved_tensors = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Has no effect: what backward gives for them is not asked for."""

    def set_materialize_grads(self, value: bool) -> None:
        """Has no effect: a gradient that there is none of is given as zeros."""


class Function:
    """A function with `forward(ctx, *args)` and `backward(ctx, *grads)`, called by `apply`.

    >>> import autograd.torch as torch
    >>> class Cube(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x**3
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         return g * 3 * ctx.saved_tensors[0] ** 2
    >>> x = torch.tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    @classmethod
    def apply(cls, *args: Any) -> Any:
        ctx = Context()
        ctx.needs_input_grad = tuple(isinstance(a, Base) and a.requires_grad for a in args)
        prepare: Any = getattr(cls, "setup_context", None)
        with ag.no_grad():
            out = cls.forward(*args) if prepare else cls.forward(ctx, *args)  # type: ignore[attr-defined]
            if prepare:
                prepare(ctx, args, out)
        places, several = [i for i, a in enumerate(args) if isinstance(a, Base)], isinstance(out, tuple)
        arrays = [o._content for o in (out if several else (out,))]
        last: list[Any] = [None, None]

        def rule(g: Any, i: int) -> Any:
            if last[0] is not g:
                last[:] = g, _slopes(cls, ctx, g if several else [g], arrays)
            found = last[1][places[i]]
            return np.zeros_like(args[places[i]]._content) if found is None else found

        values = tuple(arrays) if several else arrays[0]
        record = ag.primitive(lambda *tensors: values, name=cls.__name__, multiple=several, tensors=rule)
        return below(record)(*[args[i] for i in places])


def _slopes(cls: Any, ctx: Context, gradients: Any, arrays: Any) -> Any:
    """What backward gives, as arrays where it is given arrays."""
    given = [np.zeros_like(array) if g is None else g for g, array in zip(gradients, arrays, strict=True)]
    plain, found = not any(isinstance(g, Base) for g in given), above(cls.backward)(ctx, *given)
    found = found if isinstance(found, tuple) else (found,)
    return [g._content if plain and isinstance(g, Tensor) else g for g in found]
