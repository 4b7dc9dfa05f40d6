"""All derivatives as one array: the Jacobian, by rows or by columns, and the Hessian."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine.modes import Untraceable, enable_grad
from ..engine.node import tick, walk
from ..engine.sweep import WrongShape
from ..engine.tensor import Tensor, alike, unwrap, wrap
from .batching.batched import Batch, Batched
from .batching.boundary import leave, part_outside
from .call import Call, name_of, tracked
from .products import goes_forward, pushed
from .shared import Function, argnum, array_of, one, transform
from .sparsity import Pattern
from .tree import rebuild


@argnum
def jacobian(
    fun: Function, argnums: Any = 0, has_aux: bool = False, *, chunk_size: int | None = None, sparsity: Any = None,
    check: bool = False,
) -> Function:  # fmt: skip
    """All derivatives of `fun`: an array of the result's shape followed by the argument's.

    For a result of several arrays, in containers, each stands for one such array (or for a container of them, if the
    argument is one). `fun` is called once; then all rows are found in one pass, or all columns
    where those are fewer and the arrays not small.

    has_aux     `fun` gives a pair (result, aux), and so does the function that comes out
    chunk_size  how many rows or columns at a time, to bound memory; without it, as many as keep each array of the pass
                below 32 MB
    sparsity    which derivatives are not 0: a boolean array, or an array or matrix of scipy.sparse, of the result's
                size by the argument's, for one array each. Columns (or rows, where that takes fewer passes) that meet
                in no row are found together; what comes out is a scipy.sparse.csr_array with these places (extra
                `scipy`)
    check       whether to compare with a product in a random direction, that no place is missing in `sparsity`

    Raises TypeError if the argument holds nothing to differentiate by, ValueError for a chunk_size below 1, for a
    sparsity of another shape, and with check for one that misses a derivative.

    >>> jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    >>> jacobian(lambda x: x**2, sparsity=np.eye(2, dtype=bool))(np.array([1.0, 2.0])).data
    array([2., 4.])
    """
    derive = _derive("jacobian", argnums, chunk_size, sparsity, check)
    return transform("jacobian", fun, argnums, derive, has_aux, True)


def _derive(who: str, argnums: Any, chunk_size: int | None, sparsity: Any, check: bool) -> Callable[[Call], Any]:
    if chunk_size is not None and chunk_size < 1:
        raise ValueError(f"{who}: expected a chunk_size of 1 or more, got {chunk_size}")
    pattern = None if sparsity is None else Pattern(who, sparsity)
    return functools.partial(_derivatives, who, argnums, chunk_size, pattern, check)


def _derivatives(
    who: str, argnums: Any, chunk_size: int | None, pattern: Pattern | None, check: bool, call: Call
) -> Any:  # fmt: skip
    for out in call.outs:
        if out is not None and array_of(out).dtype.kind not in "fciub":
            raise TypeError(f"{who}: expected a function that gives numbers or arrays, got {type(out).__name__}")
    if pattern is not None:
        return call.beside(_sparse(who, call, pattern, chunk_size, check))
    blocks = [one(argnums, call.gradients(_jacobian(call, out, call.joined, chunk_size))) for out in call.outs]
    return call.beside(rebuild(call.result, iter(blocks)))


@argnum
def hessian(
    fun: Function, argnums: Any = 0, has_aux: bool = False, *, chunk_size: int | None = None, sparsity: Any = None,
    check: bool = False,
) -> Function:  # fmt: skip
    """All second derivatives of `fun`: the Jacobian of its Jacobian. The other arguments are those of `jacobian`.

    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    first = _derive("hessian", argnums, chunk_size, None, False)
    slopes = transform("hessian", fun, argnums, first, has_aux)
    slopes.__name__ = name_of(fun)
    second = _derive("hessian", argnums, chunk_size, sparsity, check)

    def outer(call: Call) -> Any:
        call.warned = True  # slopes that do not move are those of a linear function, and no mistake
        return second(call)

    return transform("hessian", slopes, argnums, outer, has_aux, True)


def _jacobian(call: Call, out: Any, create_graph: bool, chunk_size: int | None) -> list[Tensor]:
    """For each point the derivatives of one result; of a complex one by a real point those of both its parts.

    By a complex point they are what is pulled back from ones, and that is what is pulled back from its real part.
    """
    real = [point.dtype.kind != "c" for point in call.points]
    if not (tracked(out) and array_of(out).dtype.kind == "c" and any(real)):
        return _jacobian_of_part(call, out, create_graph, chunk_size)
    with enable_grad():
        parts = [np.real(out), np.imag(out)]
    of_real, of_imaginary = [_jacobian_of_part(call, part, create_graph, chunk_size) for part in parts]
    return [x + 1j * y if is_real else x for x, y, is_real in zip(of_real, of_imaginary, real, strict=True)]


def _jacobian_of_part(call: Call, out: Any, create_graph: bool, chunk_size: int | None) -> list[Tensor]:
    data = array_of(out)
    shape, n = data.shape, sum(point.size for point in call.points)
    if not tracked(out):
        call.warn_independent()
    if not tracked(out) or not data.size or not n:
        return [wrap(np.zeros_like(point._content, shape=shape + point.shape)) for point in call.points]
    if data.size == 1:
        parts = call.pull([out], [np.ones_like(data)], True, create_graph)
        return [part.reshape(shape + part.shape) if shape else part for part in parts]
    if n < data.size and _saves_by_columns(call, data.size - n) and _goes_by_columns(call, out):
        columns = [_columns(call, out, i, create_graph, chunk_size) for i in range(len(call.points))]
        turned: list[Any] = [np.moveaxis(part, 0, -1) for part in columns]  # type: ignore[type-var]
        return [part.reshape(shape + point.shape) for part, point in zip(turned, call.points, strict=True)]
    rows = many(call, data, lambda seed: call.pull([out], [seed], True, create_graph), create_graph, chunk_size)
    return [part.reshape(shape + point.shape) for part, point in zip(rows, call.points, strict=True)]


def _goes_by_columns(call: Call, out: Tensor) -> bool:
    """Whether each column is what one real tangent gives, going forward."""
    return all(unwrap(value).dtype.kind == "f" for value in (out, *call.points)) and goes_forward(call, [out])


def _columns(call: Call, out: Tensor, i: int, create_graph: bool, chunk_size: int | None) -> Tensor:
    """The derivatives by the i-th point, one for each of its elements."""
    none = [np.zeros_like(point._content) for point in call.points]

    def push(seed: Any) -> list[Tensor]:
        return pushed(call, [out], [*none[:i], seed, *none[i + 1 :]], create_graph)

    if not call.points[i].size:
        return wrap(np.zeros_like(out._content, shape=(0, *out.shape)))
    return many(call, call.points[i]._content, push, create_graph, chunk_size)[0]


def many(
    call: Call, like: Any, derive: Callable[[Any], Sequence[Tensor]], create_graph: bool, chunk_size: int | None,
    seeds: Any = None,
) -> list[Tensor]:  # fmt: skip
    """What `derive` gives for many seeds, by default those that are 1 in one place of an array like this, stacked."""
    n = like.size if seeds is None else len(seeds)
    step = chunk_size or max(1, min(n, _AFFORDABLE // _largest(call)))
    batched = all(isinstance(point._content, np.ndarray) for point in call.points)
    derived = _at_once if batched else _one_by_one
    units = (alike(_units(like, k, min(k + step, n), seeds), like) for k in range(0, n, step))
    parts = [derived(some, derive, create_graph) for some in units]
    if len(parts) == 1:
        return parts[0]
    joined: list[Tensor] = [np.concatenate(column) for column in zip(*parts, strict=True)]  # type: ignore[misc]
    return joined


_AFFORDABLE = 1 << 22  # elements of an array, all seeds together
_SMALL = 1 << 10  # elements, whose computation takes less time than to ask for it


def _saves_by_columns(call: Call, fewer: int) -> bool:
    """Whether so many fewer passes are worth that one forward takes longer than one back, for small arrays."""
    return fewer * _largest(call) >= _SMALL


def _largest(call: Call) -> int:
    """How many elements the largest array on the record has."""
    roots = [out._node for out in call.outs if tracked(out)]
    return max([_elements(node.shape) for node in walk(roots, call.start)], default=1) or 1


def _elements(shape: Any) -> int:
    return math.prod(shape) if isinstance(shape, tuple) else 1


def _units(like: Any, start: int, stop: int, seeds: Any) -> Any:
    """For each element from start to stop an array that is 1 there and else 0."""
    if seeds is not None:
        return np.asarray(seeds[start:stop], like.dtype).reshape(stop - start, *like.shape)
    made = np.zeros((stop - start, like.size), like.dtype)
    made[np.arange(stop - start), np.arange(start, stop)] = 1
    return made.reshape(stop - start, *like.shape)


def _at_once(units: Any, derive: Callable[[Any], Sequence[Tensor]], create_graph: bool) -> list[Tensor]:
    """What `derive` gives for each of these seeds, stacked."""
    from .batching import table  # noqa: F401 (late, for few programs need it)

    batch, start = Batch(len(units)), tick()
    try:
        found = derive(Batched(batch, units))
    except _NOT_AT_ONCE:
        return _one_by_one(units, derive, create_graph)
    if create_graph:
        part_outside(batch, [part._node for part in found if part._node is not None], start)
    return [leave(part, batch, 0) for part in found]


_NOT_AT_ONCE = (Untraceable, TypeError, ValueError, IndexError, AttributeError, WrongShape)
"""What is raised where a user's rule, or an array of another class, knows NumPy's own arrays alone."""


def _one_by_one(units: Any, derive: Callable[[Any], Sequence[Tensor]], create_graph: bool) -> list[Tensor]:
    """The same by a call for each: for arrays of other libraries, which a Batched does not hold."""
    return [_stacked(list(parts)) for parts in zip(*[derive(units[i]) for i in range(len(units))], strict=True)]


def _stacked(parts: list[Tensor]) -> Tensor:
    if any(map(tracked, parts)):
        joined: Tensor = np.stack(parts)  # type: ignore[assignment, call-overload]
        return joined
    return wrap(np.stack([part._content for part in parts]))


# ---- sparse ----------------------------------------------------------------------------------------------------------


def _sparse(who: str, call: Call, pattern: Pattern, chunk_size: int | None, check: bool) -> Any:
    if len(call.outs) != 1 or len(call.points) != 1:
        raise ValueError(
            f"{who}: expected one array as the argument and one as the result, for sparsity=, got {len(call.points)} "
            f"and {len(call.outs)}"
        )
    (out,), (point,) = call.outs, call.points
    data = array_of(out)
    size = data.size
    pattern.check_shape((size, point.size))
    if data.dtype.kind == "c" != point.dtype.kind:
        raise TypeError(f"{who}: expected a real result for sparsity=, got a complex one; take its .real and its .imag")
    if call.joined:
        raise TypeError(
            f"{who}: a Jacobian of known sparsity is a plain matrix, whose derivative is not recorded; leave sparsity= "
            f"out where it is differentiated again"
        )
    if not tracked(out):
        return pattern.matrix(np.zeros(len(pattern.rows), point.dtype))
    by_columns = pattern.columns_meet_less and _goes_by_columns(call, out)
    colors = pattern.colors(by_columns)
    n = int(colors.max(initial=-1)) + 1
    seeds = np.arange(n)[:, None] == colors
    push: Any = lambda seed: pushed(call, [out], [seed], False)
    if by_columns:
        (found,) = many(call, point._content, push, False, chunk_size, seeds) if n else [wrap(np.zeros((0, size)))]
        values = found._content.reshape(n, -1)[colors[pattern.columns], pattern.rows]
    else:
        pull: Any = lambda seed: call.pull([out], [seed], True, False)
        (found,) = many(call, out._content, pull, False, chunk_size, seeds) if n else [wrap(np.zeros((0, point.size)))]
        values = found._content.reshape(n, -1)[colors[pattern.rows], pattern.columns]
    made = pattern.matrix(values)
    if check:
        direction = np.random.default_rng(0).uniform(0.5, 1.5, point.shape).astype(point.dtype)
        (expected,) = push(direction)
        pattern.check_product(made, direction.reshape(-1), expected._content.reshape(-1))
    return made
