"""Products with a Jacobian or a Hessian, none of which is formed: vjp goes back, jvp forward, hvp twice back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine.primitive import as_array
from ..engine.sweep import gradients
from ..engine.tensor import Tensor, unwrap, wrap
from .call import Call, conj, tracked
from .forward import push
from .shared import Function, check_function, ones, scalar
from .tree import leaves, leaves_as, rebuild


def vjp(fun: Function, *primals: Any, has_aux: bool = False) -> Any:
    """(fun(*primals), pullback): the pullback takes a gradient of the result to a tuple of those of the primals.

    It can be called any number of times. With has_aux `fun` gives a pair (result, aux), and a third part comes out,
    aux. Raises RuntimeError for a gradient of another shape than the result's.

    >>> out, pullback = vjp(lambda x, y: x * y, np.array([1.0, 2.0]), 3.0)
    >>> pullback(np.array([1.0, 10.0]))
    (array([ 3., 30.]), np.float64(21.0))
    """
    check_function("vjp", fun)
    call = Call("vjp", fun, primals, {}, list(range(len(primals))), has_aux)

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        seeds = matching("vjp", cotangent, call.result)
        create_graph = call.joined or any(map(tracked, seeds))
        return tuple(call.gradients(call.pull(call.outs, seeds, True, create_graph)))

    return _triple(call, call.value(), pullback)


def jvp(fun: Function, primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> Any:
    """(fun(*primals), its derivative along the tangents): how the result moves when each primal moves by its tangent.

    Forward mode: one pass along the record, in the order in which it was made, at about the cost of `fun` once more;
    of halves two reverse passes. With has_aux `fun` gives a pair (result, aux), and a third part comes out, aux.

    Raises TypeError if primals and tangents differ in number or containers, RuntimeError if they differ in shape.

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 10.0))
    (np.float64(6.0), np.float64(23.0))
    """
    call, seeds = _along("jvp", fun, primals, tangents, has_aux, True)
    call.passes_on = call.joined or any(map(tracked, seeds))
    moved = pushed(call, call.outs, seeds, call.passes_on)
    value = call.value()
    return _triple(call, value, rebuild(call.result, iter([_left(call, tangent) for tangent in moved])))


def hvp(fun: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """(fun(*primals), its Hessian times the tangents), the product as a tuple like the primals; `fun` gives one number.

    The Hessian is never formed: two reverse passes. Raises what `grad(fun)` and `jvp` raise.

    >>> hvp(lambda x: (x**3).sum(), (np.array([1.0, 2.0]),), (np.array([1.0, 10.0]),))
    (np.float64(9.0), (array([  6., 120.]),))
    """
    call, seeds = _along("hvp", fun, primals, tangents)
    out = scalar("hvp", call)
    outer = call.joined or any(map(tracked, seeds))
    slopes = [conj(g) for g in call.pull([out], [ones(out)], True, True)]
    call.warned = True  # slopes that do not move are those of a linear function, and no mistake
    product = call.gradients(call.pull(slopes, [conj(seed) for seed in seeds], False, outer))
    return call.value(), tuple(product)


def matching(who: str, values: Any, like: Any) -> list[Any]:
    """The leaves of `values`, which must stand in the same containers as those of `like`, and have their shapes."""
    try:
        items = leaves_as(values, like, True)
    except TypeError as error:
        raise TypeError(f"{who}: {error}") from None
    seeds = []
    for item, model in zip(items, leaves(like, True), strict=True):
        item = item if hasattr(item, "shape") or item is None else np.asarray(item)
        if item is not None and hasattr(model, "shape") and item.shape != model.shape:
            raise RuntimeError(f"{who}: expected shape {model.shape}, got {item.shape}")
        seeds.append(item)
    return seeds


def _triple(call: Call, value: Any, derived: Any) -> Any:
    return (value, derived, call.freed(call.aux)) if call.has_aux else (value, derived)


def _along(
    who: str, fun: Function, primals: Any, tangents: Any, has_aux: bool = False, forward: bool = False
) -> tuple[Call, list[Any]]:  # fmt: skip
    """The recorded call, and a tangent for each of its points."""
    check_function(who, fun)
    for what, values in (("primals", primals), ("tangents", tangents)):
        if not isinstance(values, tuple | list):
            raise TypeError(f"{who}: expected {what} as a tuple of the arguments, got {type(values).__name__}")
    call = Call(who, fun, primals, {}, list(range(len(primals))), has_aux, forward)
    seeds = iter(matching(who, tangents, call.selected))
    filled = call.pick(list(seeds))
    pairs = zip(filled, call.points, strict=True)
    return call, [np.zeros_like(point._content) if seed is None else seed for seed, point in pairs]


def pushed(call: Call, outs: Sequence[Any], seeds: Sequence[Any], create_graph: bool) -> list[Any]:
    """The tangents of these results as Tensors, for those of the call's points."""
    moving = [out for out in outs if tracked(out)]
    if not goes_forward(call, moving):
        return [pushforward(call, out)(list(seeds), create_graph) for out in outs]
    tangents = iter(push(call, moving, _fitting(call, seeds, create_graph), create_graph))
    return [as_tensor(next(tangents)) if tracked(out) else _zeros(out) for out in outs]


def goes_forward(call: Call, outs: Sequence[Any]) -> bool:
    """Whether forward mode has numbers to compute with that are of single precision or more."""
    return all(unwrap(value).dtype.char in "fdgFDG" for value in (*outs, *call.points))


def _fitting(call: Call, seeds: Sequence[Any], create_graph: bool) -> list[Any]:
    """Tangents in the dtypes of their points; where what follows is recorded, as Tensors."""
    made = []
    for seed, point in zip(seeds, call.points, strict=True):
        seed = seed if seed.dtype == point.dtype else seed.astype(point.dtype)
        made.append(as_tensor(seed) if create_graph else unwrap(seed))
    return made


def as_tensor(value: Any) -> Tensor:
    return value if isinstance(value, Tensor) else wrap(as_array(value))


def pushforward(call: Call, out: Any) -> Callable[[list[Any], bool], Any]:
    """A function of the tangents at the points that gives the result's, by pulling back its pullback."""
    if not tracked(out):
        call.warn_independent()
        return lambda seeds, create_graph: _zeros(out)
    start = wrap(np.zeros_like(out._content)).requires_grad_()
    slopes = gradients([out], call.points, [start], True, True)

    def push(seeds: list[Any], create_graph: bool) -> Any:
        pairs = [(g, seed) for g, seed in zip(slopes, seeds, strict=True) if g is not None and tracked(g)]
        if not pairs:
            call.warn_independent()
            return _zeros(out)
        found = gradients([g for g, _ in pairs], [start], [t for _, t in pairs], True, create_graph)[0]
        return _zeros(out) if found is None else found

    return push


def _zeros(out: Any) -> Any:
    return wrap(np.zeros_like(unwrap(out)))


def _left(call: Call, tangent: Any) -> Any:
    return call.leave(tangent, call.tensors)
