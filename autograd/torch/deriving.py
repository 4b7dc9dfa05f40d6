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

    def made(fun: Any, argnums: Any = 0, **options: Any) -> Any:
        return below(transform(above(fun), argnums))

    return made


def _vmap(func: Any, in_dims: Any = 0, out_dims: Any = 0, randomness: str = "different") -> Any:
    return below(ag.vmap(above(func), in_dims, out_dims, randomness=randomness))


def _swap(call: Any) -> Any:
    """torch.func's order of results and arguments for that of ours."""
    return lambda func, *primals: tuple(
        f if i == 0 else below(f) for i, f in enumerate(raised(call(above(func), *primals)))
    )


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
        value, product = transform(func, given, v if several or v is None else (v,), v)
        found = value, product if several or not isinstance(product, tuple) else product[0]
        return found if create_graph else _detached(found)

    return call


def _pulled(func: Any, inputs: Any, vectors: Any, v: Any) -> Any:
    value, pull = below(ag.vjp)(above(func), *inputs)
    return value, below(pull)(FUNCTIONS["ones_like"](value) if v is None else v)


def _pushed(func: Any, inputs: Any, vectors: Any, v: Any) -> Any:
    return below(ag.jvp)(above(func), inputs, vectors)


def _doubly(func: Any, inputs: Any, vectors: Any, v: Any) -> Any:
    return below(ag.hvp)(above(func), inputs, vectors)


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


_GRAD = below(lambda outputs, inputs, *args, **kwargs: ag.grad(outputs, inputs, *args, **kwargs))
AUTOGRAD: dict[str, Any] = {
    "Function": Function,
    "grad": _GRAD, "backward": below(lambda tensors, grad_tensors=None, retain_graph=None, create_graph=False: [
        t.backward(g, retain_graph, create_graph) for t, g in _paired(tensors, grad_tensors)] and None),
    "gradcheck": _checking(ag.gradcheck), "gradgradcheck": _checking(ag.gradgradcheck),
    "Variable": lambda data, requires_grad=False: data.requires_grad_() if requires_grad else data,
    "no_grad": ag.no_grad, "enable_grad": ag.enable_grad, "set_detect_anomaly": SetDetectAnomaly,
    "detect_anomaly": ag.detect_anomaly, "set_grad_enabled": ag.set_grad_enabled,
}  # fmt: skip


def _paired(tensors: Any, gradients: Any) -> Any:
    tensors = [tensors] if isinstance(tensors, Base) else list(tensors)
    given = [None] * len(tensors) if gradients is None else [gradients] if isinstance(gradients, Base) else gradients
    return list(zip(tensors, given, strict=True))


def _grad_and_value(func: Any, argnums: Any = 0) -> Any:
    both = _of_functions(ag.value_and_grad)(func, argnums)
    return lambda *args: both(*args)[::-1]


OF_FUNCTIONS: dict[str, Any] = {
    "jacobian": _derivative(ag.jacobian), "hessian": _derivative(ag.hessian), "vjp": _product(_pulled),
    "jvp": _product(_pushed), "hvp": _product(_doubly), "vhp": _product(_doubly),
}  # fmt: skip
"""torch.autograd.functional."""
FUNC: dict[str, Any] = {
    "grad": _of_functions(ag.grad), "jacrev": _of_functions(ag.jacobian), "jacfwd": _of_functions(ag.jacobian),
    "hessian": _of_functions(ag.hessian), "vmap": _vmap, "grad_and_value": _grad_and_value, "vjp": _swap(ag.vjp),
    "jvp": lambda func, primals, tangents: below(ag.jvp)(above(func), primals, tangents),
}  # fmt: skip
"""torch.func."""
