"""torch.autograd.Function: a derivative rule of the program's own, as a class with forward and backward."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
from autograd import Tensor as Base

from .boundary import below, convention, raised
from .tensors import Tensor


class Context:
    """What forward leaves for backward."""

    saved_tensors: tuple[Any, ...] = ()
    needs_input_grad: tuple[bool, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        self.saved_tensors = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        pass

    def set_materialize_grads(self, value: bool) -> None:
        pass


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
        places = [i for i, a in enumerate(args) if isinstance(a, Base)]
        outs = out if isinstance(out, tuple) else (out,)
        last: list[Any] = [None, None]

        def rule(g: Any, i: int) -> Any:
            if last[0] is not g:
                last[:] = g, cls._slopes(ctx, g if isinstance(out, tuple) else [g], outs)
            found = last[1][places[i]]
            return np.zeros_like(args[places[i]]._content) if found is None else found

        values = tuple([o._content for o in outs]) if isinstance(out, tuple) else out._content
        record = ag.primitive(lambda *tensors: values, name=cls.__name__, multiple=isinstance(out, tuple), tensors=rule)
        return below(record)(*[args[i] for i in places])

    @classmethod
    def _slopes(cls, ctx: Any, gradients: Any, outs: Any) -> Any:
        before, convention.torch = convention.torch, True
        try:
            given = [np.zeros_like(o._content) if g is None else g for g, o in zip(gradients, outs, strict=True)]
            plain = not any(isinstance(g, Base) for g in given)
            found = cls.backward(ctx, *raised(given))  # type: ignore[attr-defined]
        finally:
            convention.torch = before
        found = found if isinstance(found, tuple) else (found,)
        return [g._content if plain and isinstance(g, Tensor) else g for g in found]
