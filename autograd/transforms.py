"""Functions into functions: derivatives of a function of arrays, or of nested containers of them.

What each transform shares, the one recorded call of the function, is in `recording.py`. Transforms nest to any order.

Plain arguments give plain derivatives and Tensors give Tensors, with one exception: what depends on a tensor outside
that is tracked stays joined to it, so it is a Tensor too.

Complex: a transform of a function uses the plain product g · df/dx (as JAX and HIPS autograd do), the conjugate of what
`backward` leaves in `.grad`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, overload

import numpy as np

from .engine import gradients
from .primitive import unwrap, wrap
from .recording import Recording, conj, name_of, select, tracked
from .structure import leaves, leaves_as, rebuild
from .tensor import Tensor

Function = Callable[..., Any]
Transform = TypeVar("Transform", bound=Callable[..., Any])


def _argnum(transform: Transform) -> Transform:
    """The transform, with argnums also under the name that it has in HIPS autograd."""

    @functools.wraps(transform)
    def named(*args: Any, **kwargs: Any) -> Any:
        if "argnum" in kwargs:
            kwargs["argnums"] = kwargs.pop("argnum")
        return transform(*args, **kwargs)

    return named  # type: ignore[return-value]


@overload
def grad(fun: Function, argnums: Any = 0) -> Function: ...
@overload
def grad(
    outputs: Any, inputs: Any, grad_outputs: Any = None, retain_graph: bool | None = None, create_graph: bool = False,
    only_inputs: bool = True, allow_unused: bool | None = None, materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]: ...  # fmt: skip
def grad(*args: Any, **kwargs: Any) -> Any:
    """The gradient of a function, as a function; or of Tensors for Tensors, as a tuple.

    **grad(fun, argnums=0)** is a function of the same arguments that gives the gradient of `fun`, whose result is one
    real number. `argnums` is a position, the name of a keyword argument, or a tuple of these (then so is the result).
    An argument is an array, a number, or dicts, lists, tuples and dataclasses of them; its gradient has the same form,
    and None for what is no floating or complex array.

    Raises TypeError if the result is no real scalar or the argument holds nothing to differentiate by.

    >>> grad(lambda x: x**3)(2.0)
    np.float64(12.0)
    >>> loss = lambda p, x: ((p["w"] * x).sum() + p["b"]) ** 2
    >>> grad(loss)({"w": np.array([1.0, 2.0]), "b": 1.0}, np.array([1.0, 3.0]))
    {'w': array([16., 48.]), 'b': np.float64(16.0)}

    The gradients of each example of a batch, at the cost of one: give each example its own copy of the parameters.

    >>> w, x = np.array([1.0, 2.0]), np.array([[1.0, 0.0], [2.0, 1.0], [0.0, 3.0]])
    >>> loss = lambda w, x: ((w * x).sum(axis=-1) ** 2).sum()
    >>> grad(loss)(np.broadcast_to(w, (3, 2)), x)
    array([[ 2.,  0.],
           [16.,  8.],
           [ 0., 36.]])

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
        return _grad_of_tensors(*args, **kwargs)
    return _grad_of_function(*args, **kwargs)


@_argnum
def _grad_of_function(fun: Function, argnums: Any = 0) -> Function:
    def gradient(call: Recording) -> Any:
        return _one(argnums, _gradient(call, _scalar("grad", call)))

    return _transform("grad", fun, argnums, gradient)


def _grad_of_tensors(
    outputs: Any, inputs: Any, grad_outputs: Any = None, retain_graph: bool | None = None, create_graph: bool = False,
    only_inputs: bool = True, allow_unused: bool | None = None, materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:  # fmt: skip
    outs = [outputs] if isinstance(outputs, Tensor) else list(outputs)
    ins = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    for value in ins:
        if not isinstance(value, Tensor):
            raise TypeError(f"grad: expected Tensors as inputs, got {type(value).__name__}")
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
            found[i] = wrap(np.zeros_like(value._data))
        elif g is None and not allow_unused:
            raise RuntimeError(
                f"grad: the outputs do not depend on input {i} (of shape {value.shape}); "
                f"pass allow_unused=True to get None for it"
            )
    return tuple(found)


@_argnum
def value_and_grad(fun: Function, argnums: Any = 0) -> Function:
    """A function that gives (fun(...), its gradient); arguments and errors as those of `grad(fun, argnums)`.

    >>> value_and_grad(lambda x: (x**2).sum())(np.array([1.0, 2.0]))
    (np.float64(5.0), array([2., 4.]))
    """

    def both(call: Recording) -> Any:
        parts = _gradient(call, _scalar("value_and_grad", call))
        return call.value(), _one(argnums, parts)

    return _transform("value_and_grad", fun, argnums, both)


@_argnum
def elementwise_grad(fun: Function, argnums: Any = 0) -> Function:
    """The gradient of the sum of `fun`'s result: of a function that works element by element, all its derivatives.

    Raises TypeError for a complex result.

    >>> elementwise_grad(np.sin)(np.array([0.0, np.pi]))
    array([ 1., -1.])
    """

    def gradient(call: Recording) -> Any:
        for out in call.outs:
            if getattr(out, "dtype", np.dtype(float)).kind == "c":
                raise TypeError("elementwise_grad: expected a real result, got a complex one; use holomorphic_grad")
        seeds = [_ones(out) for out in call.outs]
        return _one(argnums, call.gradients(call.pull(call.outs, seeds, False, call.joined)))

    return _transform("elementwise_grad", fun, argnums, gradient)


def vjp(fun: Function, *primals: Any) -> tuple[Any, Function]:
    """(fun(*primals), pullback): the pullback takes a gradient of the result to a tuple of those of the primals.

    It can be called any number of times. Raises RuntimeError for a gradient of another shape than the result's.

    >>> out, pullback = vjp(lambda x, y: x * y, np.array([1.0, 2.0]), 3.0)
    >>> pullback(np.array([1.0, 10.0]))
    (array([ 3., 30.]), np.float64(21.0))
    """
    call = Recording("vjp", fun, primals, {}, list(range(len(primals))))

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        seeds = _matching("vjp", cotangent, call.result)
        create_graph = call.joined or any(map(tracked, seeds))
        return tuple(call.gradients(call.pull(call.outs, seeds, True, create_graph)))

    return call.value(), pullback


def jvp(fun: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """(fun(*primals), its derivative along the tangents): how the result moves when each primal moves by its tangent.

    Two reverse passes, at a few times the cost of `fun`: the pullback is linear in what it pulls back, so its own
    pullback goes forward (J. Townsend, "A new trick for calculating Jacobian vector products", 2017).

    Raises TypeError if primals and tangents differ in number or containers, RuntimeError if they differ in shape.

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 10.0))
    (np.float64(6.0), np.float64(23.0))
    """
    call, seeds = _along("jvp", fun, primals, tangents)
    outer = call.joined or any(map(tracked, seeds))
    moved = [push(seeds, outer) for push in (_pushforward(call, out) for out in call.outs)]
    value = call.value()
    return value, rebuild(call.result, iter([_left(call, tangent) for tangent in moved]))


def hvp(fun: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """(fun(*primals), its Hessian times the tangents), the product as a tuple like the primals; `fun` gives one number.

    The Hessian is never formed: two reverse passes. Raises what `grad(fun)` and `jvp` raise.

    >>> hvp(lambda x: (x**3).sum(), (np.array([1.0, 2.0]),), (np.array([1.0, 10.0]),))
    (np.float64(9.0), (array([  6., 120.]),))
    """
    call, seeds = _along("hvp", fun, primals, tangents)
    out = _scalar("hvp", call)
    outer = call.joined or any(map(tracked, seeds))
    slopes = [conj(g) for g in call.pull([out], [_ones(out)], True, True)]
    product = call.gradients(call.pull(slopes, [conj(seed) for seed in seeds], False, outer))
    return call.value(), tuple(product)


@_argnum
def jacobian(fun: Function, argnums: Any = 0) -> Function:
    """All derivatives of `fun`: an array of the result's shape followed by the argument's.

    For a result of several arrays, in containers, each stands for one such array (or for a container of them, if the
    argument is one). `fun` is called once; then there is one pass for each element of the result, or of the argument
    where those are far fewer. Raises TypeError if the argument holds nothing to differentiate by.

    >>> jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """

    def derivatives(call: Recording) -> Any:
        outer = call.joined
        blocks = [_one(argnums, call.gradients(_jacobian(call, out, outer))) for out in call.outs]
        return rebuild(call.result, iter(blocks))

    return _transform("jacobian", fun, argnums, derivatives)


@_argnum
def hessian(fun: Function, argnums: Any = 0) -> Function:
    """All second derivatives of `fun`: the Jacobian of its Jacobian.

    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    derived = jacobian(jacobian(fun, argnums), argnums)
    derived.__name__ = derived.__qualname__ = f"hessian_of_{name_of(fun)}_wrt_argnum_{argnums}"
    return derived


# ---- what they share -------------------------------------------------------------------------------------------------


def _transform(who: str, fun: Any, argnums: Any, derive: Callable[[Recording], Any]) -> Function:
    """A function of fun's arguments that records a call of fun and gives what `derive` makes of that."""
    if not callable(fun):
        raise TypeError(f"{who}: expected a function, got {type(fun).__name__}")

    def derived(*args: Any, **kwargs: Any) -> Any:
        return derive(Recording(who, fun, args, kwargs, select(who, fun, argnums, args, kwargs)))

    derived.__name__ = derived.__qualname__ = f"{who}_of_{name_of(fun)}_wrt_argnum_{argnums}"
    derived.__doc__ = f"{who} of {name_of(fun)} with respect to argument {argnums}.\n\n{fun.__doc__ or ''}".rstrip()
    return derived


def _one(argnums: Any, parts: list[Any]) -> Any:
    """Of several arguments a tuple, of one itself."""
    return tuple(parts) if isinstance(argnums, tuple | list) else parts[0]


def _scalar(who: str, call: Recording) -> Any:
    """The one real number that the function gave."""
    out = call.result
    if not isinstance(out, Tensor):
        if out is not (call.outs[0] if call.outs else None) or out is None:
            raise TypeError(f"{who}: expected a function with a scalar result, got {type(out).__name__}")
        out = wrap(np.asarray(out))
    if out.size != 1:
        raise TypeError(
            f"{who}: expected a function with a scalar result, got shape {out.shape}; "
            f"use jacobian, or elementwise_grad for a function that works element by element"
        )
    if out.dtype.kind != "f":
        hint = "take its real part, or use holomorphic_grad if it is holomorphic" if out.dtype.kind == "c" else ""
        raise TypeError(
            f"{who}: expected a function with a real result, got {out.dtype}; {hint or 'it has no derivative'}"
        )
    return out


def _ones(out: Any) -> Any:
    return np.ones_like(out._data) if isinstance(out, Tensor) else None


def _gradient(call: Recording, out: Any) -> list[Any]:
    return call.gradients(call.pull([out], [_ones(out)], False, call.joined))


def _matching(who: str, values: Any, like: Any) -> list[Any]:
    """The leaves of `values`, which must stand in the same containers as those of `like`, and have their shapes."""
    try:
        items = leaves_as(values, like)
    except TypeError as error:
        raise TypeError(f"{who}: {error}") from None
    seeds = []
    for item, model in zip(items, leaves(like), strict=True):
        item = item if hasattr(item, "shape") or item is None else np.asarray(item)
        if item is not None and hasattr(model, "shape") and item.shape != model.shape:
            raise RuntimeError(f"{who}: expected shape {model.shape}, got {item.shape}")
        seeds.append(item)
    return seeds


def _along(who: str, fun: Function, primals: Any, tangents: Any) -> tuple[Recording, list[Any]]:
    """The recorded call, and a tangent for each of its points."""
    for what, values in (("primals", primals), ("tangents", tangents)):
        if not isinstance(values, tuple | list):
            raise TypeError(f"{who}: expected {what} as a tuple of the arguments, got {type(values).__name__}")
    call = Recording(who, fun, primals, {}, list(range(len(primals))))
    seeds = iter(_matching(who, tangents, call.selected))
    filled = call.pick(list(seeds))
    return call, [np.zeros_like(p._data) if seed is None else seed for seed, p in zip(filled, call.points, strict=True)]


def _pushforward(call: Recording, out: Any) -> Callable[[list[Any], bool], Any]:
    """A function of the tangents at the points that gives the result's, by pulling back its pullback."""
    if not tracked(out):
        return lambda seeds, create_graph: _zeros(out)
    start = wrap(np.zeros_like(out._data)).requires_grad_()
    slopes = gradients([out], call.points, [start], True, True)

    def push(seeds: list[Any], create_graph: bool) -> Any:
        pairs = [(g, seed) for g, seed in zip(slopes, seeds, strict=True) if g is not None and tracked(g)]
        found = (
            gradients([g for g, _ in pairs], [start], [t for _, t in pairs], True, create_graph)[0] if pairs else None
        )
        return _zeros(out) if found is None else found

    return push


def _zeros(out: Any) -> Any:
    return wrap(np.zeros_like(unwrap(out)))


def _left(call: Recording, tangent: Any) -> Any:
    return call.leave(tangent, call.tensors)


def _jacobian(call: Recording, out: Any, create_graph: bool) -> list[Tensor]:
    """For each point the derivatives of one result."""
    data = np.asarray(out) if not isinstance(out, Tensor) else out._data
    shape, n = data.shape, sum(point.size for point in call.points)
    real = all(value.dtype.kind == "f" for value in (data, *call.points))
    if not tracked(out):
        return [wrap(np.zeros_like(point._data, shape=shape + point.shape)) for point in call.points]
    if 3 * n < data.size and real:
        return _columns(call, out, create_graph)
    rows = [call.pull([out], [seed], True, create_graph) for seed in _units(out)]
    return [_joined(list(parts), 0, out, point) for parts, point in zip(_turned(rows, call), call.points, strict=True)]


def _columns(call: Recording, out: Any, create_graph: bool) -> list[Tensor]:
    push = _pushforward(call, out)
    blocks = []
    for i, point in enumerate(call.points):
        none = [np.zeros_like(other._data) for other in call.points]
        parts = [push([*none[:i], unit, *none[i + 1 :]], create_graph) for unit in _units(point)]
        blocks.append(_joined(parts, -1, out, point))
    return blocks


def _units(value: Tensor) -> Any:
    """For each element an array of the shape of `value` that is 1 there and else 0."""
    for k in range(value.size):
        unit = np.zeros(value.shape, value.dtype)
        unit[np.unravel_index(k, value.shape)] = 1
        yield unit


def _turned(rows: list[list[Tensor]], call: Recording) -> list[list[Tensor]]:
    return [[row[i] for row in rows] for i in range(len(call.points))]


def _joined(parts: list[Tensor], axis: int, out: Tensor, point: Tensor) -> Tensor:
    """The rows or columns as one array of the shape of the result and then of the argument."""
    shape = out.shape + point.shape
    if not parts:
        return wrap(np.zeros_like(point._data, shape=shape))
    if not any(map(tracked, parts)):
        return wrap(np.stack([part._data for part in parts], axis).reshape(shape))
    joined: Tensor = np.stack(parts, axis).reshape(shape)  # type: ignore[assignment, call-overload]
    return joined
