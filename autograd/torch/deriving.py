"""torch.autograd and torch.func: derivatives of tensors, and of functions of them."""

from __future__ import annotations

from typing import Any, ClassVar

import autograd as ag
from autograd import Tensor as Base

from .boundary import above, below, raised
from .custom import Function
from .tensors import FUNCTIONS


def _of_functions(transform: Any) -> Any:
    """A transform of a function of PyTorch's kind."""
    return lambda fun, argnums=0, **options: below(transform(above(fun), argnums))


def _swap(call: Any) -> Any:
    """torch.func's order of results and arguments for that of ours."""
    return lambda func, *primals: tuple(
        f if i == 0 else below(f) for i, f in enumerate(raised(call(above(func), *primals)))
    )


def _grad_and_value(func: Any, argnums: Any = 0) -> Any:
    both = _of_functions(ag.value_and_grad)(func, argnums)
    return lambda *args: both(*args)[::-1]


def _derivative(transform: Any) -> Any:
    """torch.autograd.functional: of all inputs, given as a tuple, or of the one."""

    def call(func: Any, inputs: Any, create_graph: bool = False, strict: bool = False, **options: Any) -> Any:
        several = isinstance(inputs, tuple)
        given = inputs if several else (inputs,)
        found = _of_functions(transform)(func, tuple(range(len(given))) if several else 0)(*given)
        return found if create_graph else _detached(found)

    return call


def _product(transform: Any) -> Any:
    """The same for a product with a vector, which is given after the inputs: (the function's result, the product)."""

    def call(func: Any, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
        several = isinstance(inputs, tuple)
        given = inputs if several else (inputs,)
        value, product = transform(above(func), given, v if several or v is None else (v,), v)
        found = value, product if several or not isinstance(product, tuple) else product[0]
        return found if create_graph else _detached(found)

    return call


def _pulled(func: Any, inputs: Any, vectors: Any, v: Any) -> Any:
    value, pull = below(ag.vjp)(func, *inputs)
    return value, below(pull)(FUNCTIONS["ones_like"](value) if v is None else v)


def _detached(value: Any) -> Any:
    return tuple(map(_detached, value)) if isinstance(value, tuple) else value.detach()


def _checking(check: Any) -> Any:
    """torch.autograd.gradcheck, by the inputs that require a gradient."""

    def call(
        func: Any, inputs: Any, *args: Any, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3,
        raise_exception: bool = True, **options: Any,
    ) -> bool:  # fmt: skip
        given = list(inputs) if isinstance(inputs, tuple | list) else [inputs]
        places = [i for i, value in enumerate(given) if getattr(value, "requires_grad", False)]

        def of_moving(*moving: Any) -> Any:
            put = dict(zip(places, moving, strict=True))
            return func(*[put.get(i, value) for i, value in enumerate(given)])

        try:
            below(check)(above(of_moving), *[given[i] for i in places], eps=eps, tolerance=rtol)
        except AssertionError:
            if raise_exception:
                raise
            return False
        return True

    return call


class SetDetectAnomaly:
    """torch.autograd.set_detect_anomaly: from its call on, and, as a context, until its end."""

    _on: ClassVar[list[Any]] = []

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self.before = len(self._on)
        if mode:
            self._on.append(ag.detect_anomaly())
            self._on[-1].__enter__()
        else:
            self._leave(0)

    def _leave(self, count: int) -> None:
        while len(self._on) > count:
            self._on.pop().__exit__(None, None, None)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        self._leave(self.before)


def _backward(tensors: Any, grad_tensors: Any = None, retain_graph: Any = None, create_graph: bool = False) -> None:
    tensors = [tensors] if isinstance(tensors, Base) else list(tensors)
    given = [grad_tensors] if isinstance(grad_tensors, Base) else grad_tensors or [None] * len(tensors)
    for tensor, gradient in zip(tensors, given, strict=True):
        tensor.backward(gradient, retain_graph, create_graph)


AUTOGRAD: dict[str, Any] = {
    "Function": Function, "grad": below(lambda *args, **kwargs: ag.grad(*args, **kwargs)), "backward": below(_backward),
    "gradcheck": _checking(ag.gradcheck), "gradgradcheck": _checking(ag.gradgradcheck),
    "Variable": lambda data, requires_grad=False: data.requires_grad_() if requires_grad else data,
    "no_grad": ag.no_grad, "enable_grad": ag.enable_grad, "set_detect_anomaly": SetDetectAnomaly,
    "detect_anomaly": ag.detect_anomaly, "set_grad_enabled": ag.set_grad_enabled,
}  # fmt: skip
OF_FUNCTIONS: dict[str, Any] = {
    "jacobian": _derivative(ag.jacobian), "hessian": _derivative(ag.hessian), "vjp": _product(_pulled),
    "jvp": _product(lambda func, inputs, vectors, v: below(ag.jvp)(func, inputs, vectors)),
    **dict.fromkeys(("hvp", "vhp"), _product(lambda func, inputs, vectors, v: below(ag.hvp)(func, inputs, vectors))),
}  # fmt: skip
"""torch.autograd.functional."""
FUNC: dict[str, Any] = {
    "grad": _of_functions(ag.grad), "jacrev": _of_functions(ag.jacobian), "jacfwd": _of_functions(ag.jacobian),
    "hessian": _of_functions(ag.hessian), "grad_and_value": _grad_and_value, "vjp": _swap(ag.vjp),
    "jvp": lambda func, primals, tangents: below(ag.jvp)(above(func), primals, tangents),
    "vmap": lambda func, in_dims=0, out_dims=0, randomness="different": below(
        ag.vmap(above(func), in_dims, out_dims, randomness=randomness)),
}  # fmt: skip
"""torch.func."""
