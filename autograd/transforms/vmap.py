"""vmap: a function of one example as a function of all."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..engine.modes import mode
from ..engine.node import tick
from ..engine.tensor import Tensor, wrap
from .batching.batched import Batch, innermost
from .batching.boundary import chosen, enter, leave, part_outside
from .batching.draws import draws_of
from .shared import Function, check_function
from .tree import LEAVES, fields_of, is_dataclass, keys_of, leaves, parts_of, rebuild


def vmap(
    fun: Function, in_axes: Any = 0, out_axes: Any = 0, *, axis_size: int | None = None, randomness: str = "different"
) -> Function:
    """`fun`, a function of one example, as a function of all examples at once: each array has one axis more.

    in_axes     which axis of the positional arguments counts the examples: one for all of them, or a tuple of one for
                each; None for an argument that is the same for all. For a container, one for all that is in it, or a
                container of them. Arguments by name are counted along axis 0
    out_axes    where that axis stands in the results; None for one that is the same for all
    axis_size   how many examples there are, where no argument says it
    randomness  "different": what the generators of `autograd.generator` give is other numbers for each example (as of
                nn.Dropout); "same": the same for all

    `fun` is called once, with Tensors that look like those of one example. It is made of functions of NumPy, each of
    which is done for all examples at once; what cannot be is done example by example, and the function that vmap gives
    says so in `why_looped` after a call. As with jax.vmap and torch.func.vmap, a branch may not depend on a value that
    differs between the examples; one that all have in common may decide. It nests with all transforms, and with itself.

    Raises ValueError for axes that do not fit, naming the argument, and TypeError where a value that differs between
    the examples is made a plain one.

    >>> vmap(lambda x, y: x @ y)(np.ones((4, 3)), np.ones((4, 3)))
    array([3., 3., 3., 3.])
    >>> loss = lambda w, x: (w @ x) ** 2
    >>> vmap(grad(loss), in_axes=(None, 0))(np.array([1.0, 2.0]), np.array([[1.0, 0.0], [2.0, 1.0], [0.0, 3.0]]))
    array([[ 2.,  0.],
           [16.,  8.],
           [ 0., 36.]])
    """
    check_function("vmap", fun)
    if randomness not in ("different", "same"):
        raise ValueError(f'vmap: expected randomness "different" or "same", got {randomness!r}')
    if isinstance(in_axes, list):
        in_axes = tuple(in_axes)

    @functools.wraps(fun, updated=())
    def batched(*args: Any, **kwargs: Any) -> Any:
        from .batching import table  # noqa: F401 (late, for few programs need it)

        given = leaves((args, kwargs), True)
        axes = _axes_of(in_axes, args, kwargs, given)
        batch = Batch(_size(fun, args, kwargs, given, axes, axis_size), draws_of(randomness == "different", mode.batch))
        tensors = any(isinstance(leaf, Tensor) for leaf in given)
        start = tick()
        parts = [_begin(batch, leaf, axis) for leaf, axis in zip(given, axes, strict=True)]
        arguments, named = rebuild((args, kwargs), iter(parts), True)
        before, mode.batch = mode.batch, batch
        try:
            result = fun(*arguments, **named)
        finally:
            mode.batch = before
        made = _results(batch, result, out_axes, start, tensors)
        batched.why_looped = tuple(batch.why_looped)  # type: ignore[attr-defined]
        return made

    batched.why_looped = ()  # type: ignore[attr-defined]
    return batched


# ---- what comes in ---------------------------------------------------------------------------------------------------


def _begin(batch: Batch, leaf: Any, axis: int | None) -> Any:
    if axis is None:
        return wrap(leaf) if isinstance(leaf, np.ndarray) else leaf
    if not isinstance(leaf, Tensor):
        leaf = wrap(leaf if hasattr(leaf, "__array_function__") else np.asarray(leaf))
    entered: Tensor = enter(leaf, batch, axis)
    return entered


def _axes_of(in_axes: Any, args: Any, kwargs: Any, given: list[Any]) -> list[int | None]:
    """For each leaf of the arguments its axis, or None."""
    found: list[int | None] = []
    if in_axes == 0 and type(in_axes) is int:
        return [None if leaf is None else 0 for leaf in given]
    if isinstance(in_axes, tuple):
        if len(in_axes) != len(args):
            raise ValueError(
                f"vmap: expected in_axes as one number, None, or one of these for each positional argument, got "
                f"{len(in_axes)} for {len(args)} arguments"
            )
        for k, (axes, arg) in enumerate(zip(in_axes, args, strict=True)):
            _spread("in_axes", axes, arg, found, f"[{k}]")
    else:
        _spread("in_axes", in_axes, args, found, "")
    for key in keys_of(kwargs):
        _spread("in_axes", 0, kwargs[key], found, key)
    return found


def _spread(what: str, axes: Any, value: Any, found: list[Any], where: str) -> None:
    """An axis for each leaf of a value: one for all, or containers like its own."""
    if type(value) in LEAVES and (axes is None or type(axes) is int):
        found.append(None if value is None else axes)
    elif axes is None or (isinstance(axes, int) and not isinstance(axes, bool)):
        found += [None if leaf is None else axes for leaf in leaves(value, True)]
    elif isinstance(axes, dict) and isinstance(value, dict) and axes.keys() == value.keys():
        for key in keys_of(value):
            _spread(what, axes[key], value[key], found, f"{where}[{key!r}]")
    elif isinstance(axes, tuple | list) and isinstance(value, tuple | list) and len(axes) == len(value):
        for k, (axis, part) in enumerate(zip(axes, value, strict=True)):
            _spread(what, axis, part, found, f"{where}[{k}]")
    elif (inside := _inside(axes, value)) is not None:
        for name, axis, part in inside:
            _spread(what, axis, part, found, f"{where}.{name}")
    else:
        raise ValueError(
            f"vmap: expected {what}{where} as a whole number, None, or a container like that of the values, "
            f"got {axes!r} for {type(value).__name__}"
        )


def _inside(axes: Any, value: Any) -> Any:
    """Of a dataclass or a registered class, and one of axes like it, each part's name, its axis and itself."""
    if type(axes) is not type(value) or isinstance(value, dict | list | tuple):
        return None
    of_axes, of_value = parts_of(axes, True), parts_of(value, True)
    if of_axes is None or of_value is None or len(of_axes) != len(of_value):
        return None
    names = fields_of(value) if is_dataclass(value) and len(of_value) == len(fields_of(value)) else range(len(of_value))
    return zip(names, of_axes, of_value, strict=True)


def _size(
    fun: Function, args: Any, kwargs: Any, given: list[Any], axes: list[int | None], axis_size: int | None
) -> int:
    """How many examples there are."""
    sizes: dict[int, list[int]] = {}
    for k, (leaf, axis) in enumerate(zip(given, axes, strict=True)):
        if axis is None:
            continue
        shape = getattr(leaf, "shape", None)
        if shape is None and not isinstance(leaf, bool | int | float | complex):
            raise TypeError(
                f"vmap: expected arrays along an axis of examples, got {type(leaf).__name__} in "
                f"{_named(fun, args, kwargs, k)}; give it in_axes None if it is the same for all"
            )
        shape = shape or ()
        if not -len(shape) <= axis < len(shape):
            rank = axis + 1 if axis >= 0 else -axis
            raise ValueError(
                f"vmap: {_named(fun, args, kwargs, k)} is to be mapped along axis {axis}, for which it needs at least "
                f"{rank} dimension{'s' * (rank != 1)}, but its shape is {shape}; give it in_axes None if it is the "
                f"same for all"
            )
        sizes.setdefault(shape[axis], []).append(k)
    if axis_size is not None:
        sizes.setdefault(axis_size, [])
    if not sizes:
        raise ValueError(
            "vmap: expected an argument with an axis of examples, got None of them in in_axes; "
            "where none has one, say how many there are by axis_size="
        )
    if len(sizes) > 1:
        told = [
            f"axis {axes[k]} of {_named(fun, args, kwargs, k)} (of shape {given[k].shape}) has size {size}"
            for size, places in sizes.items()
            for k in places[:2]
        ]
        told += [f"axis_size is {axis_size}"] if axis_size is not None else []
        raise ValueError(f"vmap: the axes of the examples have different sizes: {'; '.join(told)}")
    (size,) = sizes
    return size


def _named(fun: Function, args: Any, kwargs: Any, k: int) -> str:
    """The argument that the k-th leaf belongs to."""
    import inspect

    try:
        names = list(inspect.signature(fun).parameters)
    except (TypeError, ValueError):
        names = []
    pairs = [*enumerate(args), *[(key, kwargs[key]) for key in keys_of(kwargs)]]
    for key, value in pairs:
        n = len(leaves(value, True))
        if k < n:
            name = key if isinstance(key, str) else names[key] if key < len(names) else f"number {key}"
            return f"argument {name}" + (f", leaf {k}," if n > 1 else "")
        k -= n
    raise AssertionError


# ---- what comes out --------------------------------------------------------------------------------------------------


def _results(batch: Batch, result: Any, out_axes: Any, start: int, tensors: bool) -> Any:
    outs = leaves(result, True)
    axes: list[int | None] = []
    _spread("out_axes", out_axes, result, axes, "")
    nodes = [out._node for out in outs if isinstance(out, Tensor) and out._node is not None]
    joined = mode.recording is not False and any(node.order < start for node in nodes)
    if joined:
        part_outside(batch, nodes, start)
    items = [_end(batch, out, axis, k, tensors) for k, (out, axis) in enumerate(zip(outs, axes, strict=True))]
    return rebuild(result, iter(items), True)


def _end(batch: Batch, out: Any, axis: int | None, k: int, tensors: bool) -> Any:
    """One result as the caller gets it."""
    if out is None:
        return None
    if not isinstance(out, Tensor):
        if not hasattr(out, "__array_function__") and not isinstance(out, bool | int | float | complex):
            raise TypeError(f"vmap: expected a function that gives arrays, got {type(out).__name__}")
        out = wrap(out if hasattr(out, "__array_function__") and hasattr(out, "ndim") else np.asarray(out))
        tensor = False
    else:
        tensor = True
    data = out._content
    many = innermost(data) is batch
    if axis is None:
        if many:
            raise ValueError(
                f"vmap: out_axes is None for result {k}, of shape {data.shape}, which differs between the examples"
            )
        left = chosen(out, batch)
    else:
        if not -(data.ndim + 1) <= axis <= data.ndim:
            raise ValueError(f"vmap: out_axes is {axis} for result {k}, whose shape for one example is {data.shape}")
        left = leave(out, batch, axis)
    if left._node is not None:
        return left
    array = left._content
    if getattr(array, "base", None) is not None or array is data:
        array = array.copy()
    return wrap(array) if tensors and tensor else array
