"""Functions that reduce axes, and their cumulative kin."""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from ..engine.broadcasting import broadcast_to
from ..engine.declare import composite, linear, nondifferentiable, primitive
from ..engine.halves import in_single
from ..engine.lists import one_array
from ..engine.primitive import Function
from ..engine.storing import into
from ..engine.sums import LARGE, axes_of
from ..engine.tensor import alike, unwrap
from .elementwise import greatest, least
from .pieces import only_whole
from .roots import over_root

_none: Any = np._NoValue
_add_reduce: Any = np.add.reduce
_multiply_reduce: Any = np.multiply.reduce
_maximum_reduce: Any = np.maximum.reduce
_minimum_reduce: Any = np.minimum.reduce


def kept(g: Any, axis: Any, keepdims: bool, shape: tuple[int, ...]) -> Any:
    """The gradient of a reduction with the reduced axes of `shape` put back, of size 1."""
    if keepdims or axis is None or g.ndim == len(shape):
        return g
    axes = {a % len(shape) for a in (axis if isinstance(axis, tuple) else (axis,))}
    return g.reshape(tuple([1 if i in axes else n for i, n in enumerate(shape)]))


def count(shape: tuple[int, ...], axis: Any, where: Any = True) -> Any:
    """How many elements a reduction takes together; given `where`, an array of that with the reduced axes kept."""
    if where is not True:
        return np.broadcast_to(where, shape).sum(axis, keepdims=True)
    if axis is None:
        return math.prod(shape)
    return math.prod([shape[a] for a in axis]) if isinstance(axis, tuple) else shape[axis]


def only(g: Any, where: Any) -> Any:
    """The gradient with 0 in the places that had no part, whatever stands there."""
    return g if where is True else np.where(where, g, 0)


_defaults = {"dtype": None, "initial": _none, "where": True}


def reduced(a: Any, method: str, axis: Any, keepdims: Any, **options: Any) -> Any:
    """What an array's own method gives; other libraries know no more arguments than those that say something."""
    given = {name: value for name, value in options.items() if value is not _defaults.get(name, _none)}
    return getattr(a, method)(axis=axis, keepdims=keepdims, **given)


def _start(initial: Any) -> Any:
    """The number that a reduction starts from."""
    if getattr(initial, "requires_grad", False):
        raise TypeError(
            "initial: expected a number, got a Tensor, which would get no gradient; combine it with the result"
        )
    return initial


# ---- sums and means --------------------------------------------------------------------------------------------------


def _sum(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, initial: Any = _none,
    where: Any = True,
) -> Any:  # fmt: skip
    if not isinstance(a, np.ndarray):
        return reduced(a, "sum", axis, keepdims, dtype=dtype, initial=initial, where=where)
    if where is True and initial is _none and dtype is None and not keepdims:
        return _add_reduce(a, axis)  # of few elements, in half the time
    return _add_reduce(a, axis, dtype, None, keepdims, _start(initial), where)


def _mean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True
) -> Any:
    if where is not True or not isinstance(a, np.ndarray):
        return reduced(a, "mean", axis, keepdims, dtype=dtype, where=where)
    whole = axis is None and dtype is None and not keepdims
    if whole and a.__class__ is np.ndarray and a.size and a.dtype.char in "fd":
        return _add_reduce(a, None) / a.dtype.type(a.size)  # the same to the last bit, without NumPy's Python
    mean: Any = a.mean
    return mean(axis, dtype, None, keepdims)


def _mean_rule(g: Any, a_shape: Any, axis: Any, keepdims: Any, where: Any) -> Any:
    n = count(a_shape, axis, where)
    part = kept(g, axis, keepdims, a_shape)
    if where is not True:
        part = part / np.maximum(n, 1).astype(g.dtype)
    else:
        part = part / (n or 1)
    return only(broadcast_to(part, a_shape), where)


sum = linear(
    _sum, np.sum, name="sum", single=True, where=None,
    a=lambda g, a_shape, axis, keepdims, where: only(broadcast_to(kept(g, axis, keepdims, a_shape), a_shape), where),
)  # fmt: skip
mean = linear(_mean, np.mean, name="mean", single=True, where=None, a=_mean_rule)


@composite(np.average)
@in_single
def average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = False) -> Any:
    """As np.average."""
    if weights is None:
        result = np.mean(a, axis, keepdims=keepdims)
        total = np.full_like(unwrap(result), count(np.shape(a), axis))
    else:
        weights = weights if hasattr(weights, "dtype") else alike(np.asarray(weights), a)
        a, weights = _in_common(one_array(a), weights)
        if np.shape(weights) != np.shape(a):
            axes = axis if isinstance(axis, tuple) else (axis,)
            if axis is not None and any(not -np.ndim(a) <= i < np.ndim(a) for i in axes):
                raise np.exceptions.AxisError(max(axes), np.ndim(a), "average")
            if axis is None or np.shape(weights) != tuple([np.shape(a)[i] for i in axes]):
                raise ValueError(
                    f"average: expected weights of the shape of a {np.shape(a)} or of its axes {axis}, "
                    f"got {np.shape(weights)}"
                )
            axes = tuple([i % np.ndim(a) for i in axes])
            weights = np.transpose(weights, sorted(range(len(axes)), key=axes.__getitem__))
            weights = np.reshape(weights, [n if i in axes else 1 for i, n in enumerate(np.shape(a))])
        total = np.sum(weights, axis, keepdims=keepdims) * np.ones_like(unwrap(np.sum(a, axis, keepdims=keepdims)))
        if (unwrap(total) == 0).any():
            raise ZeroDivisionError("average: the weights sum to zero, so they cannot be normalised")
        result = np.sum(a * weights, axis, keepdims=keepdims) / total
    return (result, total) if returned else result


def _in_common(a: Any, weights: Any) -> Any:
    """Both in the dtype of their average, so that neither products nor sums leave a narrower one's range."""
    dtype = np.result_type(a.dtype, weights.dtype, *([np.float64] if a.dtype.kind in "biu" else []))
    return [part if part.dtype == dtype else part.astype(dtype) for part in (a, weights)]


def _trapezoids(y: Any, x: Any, dx: Any, axis: int) -> Any:
    """The area under each step of a polygon, along the last axis."""
    y = np.moveaxis(y, axis, -1)
    if x is not None:
        x = x if hasattr(x, "ndim") else np.asarray(x)
        x = x if x.ndim == 1 else np.moveaxis(x, axis, -1)
        dx = x[..., 1:] - x[..., :-1]
    elif np.ndim(dx):
        dx = np.moveaxis(np.reshape(dx, (1,) * (y.ndim - np.ndim(dx)) + np.shape(dx)), axis, -1)
    return dx * (y[..., 1:] + y[..., :-1]) / 2.0


@composite(np.trapezoid)
@in_single
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """As np.trapezoid."""
    return _trapezoids(y, x, dx, axis).sum(-1)


@in_single
def cumulative_trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The integral up to each point but the first, as scipy.integrate.cumulative_trapezoid.

    >>> cumulative_trapezoid(np.array([1.0, 3.0, 3.0])).tolist()
    [2.0, 5.0]
    """
    return np.moveaxis(np.cumsum(_trapezoids(y, x, dx, axis), -1), -1, axis)


# ---- variance --------------------------------------------------------------------------------------------------------


def _var(a: Any, axis: Any, ddof: Any, keepdims: Any, where: Any) -> Any:
    return reduced(a, "var", axis, keepdims, ddof=ddof, where=where)


def _std(a: Any, axis: Any, ddof: Any, keepdims: Any, where: Any) -> Any:
    return reduced(a, "std", axis, keepdims, ddof=ddof, where=where)


def _deviation(a: Any, scale: Any, axis: Any, ddof: Any, where: Any) -> Any:
    """scale * (a - mean of a) / (number of elements - ddof); NaN where that number is not positive."""
    n = count(a.shape, axis, where)
    if where is True:
        centred = a - a.mean(axis, keepdims=True)
        scale = scale * (1 / (n - ddof) if n > ddof else math.nan)
    else:
        a = np.where(where, a, 0)
        centred = a - np.sum(a, axis, keepdims=True) / np.maximum(n, 1).astype(a.dtype)
        scale = scale / np.where(n > ddof, n - ddof, math.nan).astype(scale.dtype)
    return only((centred.conj() if centred.dtype.kind == "c" else centred) * scale, where)


def _var_rule(g: Any, a: Any, axis: Any, ddof: Any, keepdims: Any, where: Any) -> Any:
    return _deviation(a, kept(g, axis, keepdims, a.shape) * 2, axis, ddof, where)


def _std_rule(g: Any, a: Any, out: Any, axis: Any, ddof: Any, keepdims: Any, where: Any) -> Any:
    return _deviation(a, kept(over_root(g, out), axis, keepdims, a.shape), axis, ddof, where)


def _of_two(ddof: Any, correction: Any) -> Any:
    """The number by which there are fewer degrees of freedom, under either of its names."""
    if correction is _none:
        return ddof
    if ddof != 0:
        raise ValueError(f"var, std: expected ddof= or correction=, which is the same, got {ddof} and {correction}")
    return correction


_variance = primitive(_var, name="var", single=True, where=None, ddof=None, a=_var_rule)
_deviations = primitive(_std, name="std", single=True, where=None, ddof=None, a=_std_rule)


@composite(np.var)
def var(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False, *,
    where: Any = True, mean: Any = _none, correction: Any = _none,
) -> Any:  # fmt: skip
    """As np.var."""
    ddof = _of_two(ddof, correction)
    if out is not None:
        options = {"ddof": ddof, "keepdims": keepdims, "where": where, "mean": mean}
        return into(np.var, var, (a, axis, dtype), options, out)
    a = a if dtype is None else _as_told(a, dtype)
    if mean is _none:
        return _variance(a, axis, ddof, keepdims, where)
    return _about(a, mean, axis, ddof, keepdims, where)


@in_single
def _about(a: Any, mean: Any, axis: Any, ddof: Any, keepdims: Any, where: Any) -> Any:
    """The variance about a mean that is given."""
    n = np.maximum(count(a.shape, axis, where) - ddof, 0)
    squares = np.sum(np.square(np.absolute(a - mean)), axis, keepdims=True, where=where)
    result = squares / n.astype(squares.dtype)
    return result if keepdims else np.squeeze(result, axis)


@composite(np.std)
def std(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False, *,
    where: Any = True, mean: Any = _none, correction: Any = _none,
) -> Any:  # fmt: skip
    """As np.std; of a constant its gradient is 0."""
    ddof = _of_two(ddof, correction)
    if out is not None:
        options = {"ddof": ddof, "keepdims": keepdims, "where": where, "mean": mean}
        return into(np.std, std, (a, axis, dtype), options, out)
    if mean is not _none:
        return np.sqrt(var(a, axis, dtype, None, ddof, keepdims, where=where, mean=mean))
    return _within_range(a if dtype is None else _as_told(a, dtype), axis, ddof, keepdims, where)


def _as_told(a: Any, dtype: Any) -> Any:
    """In a dtype; complex numbers stay complex, of its precision, for their variance is of both parts."""
    kind = np.dtype(dtype)
    if a.dtype.kind == "c" and kind.kind != "c":
        kind = np.result_type(kind, np.complex64)
    return a.astype(kind)


def _within_range(a: Any, axis: Any, ddof: Any, keepdims: Any, where: Any) -> Any:
    """The deviations; where their squares leave the range, those of `a` by its largest element, times that.

    Of equal elements they are 0, also where the mean has been rounded.
    """
    with np.errstate(over="ignore", under="ignore"):
        made = _deviations(a, axis, ddof, keepdims, where)
        found, array = unwrap(made), unwrap(a)
        if not isinstance(array, np.ndarray) or found.dtype.kind != "f" or not array.size:
            return made  # others' arrays need not say here and now which of them are lost
        info = np.finfo(found.dtype)
        within = axes_of(axis, array.ndim)
        first = array[tuple([slice(0, 1) if i in within else slice(None) for i in range(array.ndim)])]
        found = kept(found, axis, keepdims, array.shape)
        rounding = np.absolute(first) * (8 * info.eps) + (info.tiny / info.eps) ** 0.5
        if ((found > rounding) & (found < np.inf)).all():
            return made
        same = (array == first) if where is True else (array == first) | np.logical_not(where)
        same = same.all(axis, keepdims=True)
        size = np.absolute(array if where is True else np.where(where, array, 0)).max(axis, keepdims=True)
        lost = ((found == np.inf) | (found <= rounding)) & (size > 0) & (size < np.inf)
        if not lost.any():
            return made
        shift, size = np.where(same, first, 0), np.where(lost & ~same, size, 1).astype(found.dtype)
        made = _deviations((a - shift) / size, axis, ddof, True, where) * size
        return made if keepdims else np.squeeze(made, axis)


# ---- products --------------------------------------------------------------------------------------------------------


def _prod(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, initial: Any = _none,
    where: Any = True,
) -> Any:  # fmt: skip
    return _multiply_reduce(a, axis, dtype, None, keepdims, _start(initial), where)


def _before(x: Any) -> Any:
    """The product of all elements before each, along the last axis."""
    return np.concatenate([np.ones_like(unwrap(x[..., :1])), np.cumprod(x[..., :-1], -1)], -1)


def products_of_others(x: Any, axis: Any) -> Any:
    """The product of all elements but each: also where some are 0."""
    last = axes_of(axis, x.ndim)
    order = [*[i for i in range(x.ndim) if i not in last], *last]
    moved = x.transpose(order)
    flat = moved.reshape((*moved.shape[: x.ndim - len(last)], count(x.shape, last)))
    product = _before(flat) * _before(flat[..., ::-1])[..., ::-1]
    return product.reshape(moved.shape).transpose(sorted(range(x.ndim), key=order.__getitem__))


def _ordinary(out: Any) -> bool:
    """Whether products may be divided by a factor again: none is 0 or infinite, or so small that digits are gone."""
    size = np.absolute(unwrap(out))
    return bool(((size >= least(out.dtype)) & (size <= greatest(out.dtype))).all())


def _prod_rule(g: Any, a: Any, out: Any, axis: Any, keepdims: Any, initial: Any, where: Any) -> Any:
    a = a if where is True else np.where(where, a, 1)
    if _ordinary(out):
        return only(kept(g, axis, keepdims, a.shape) * (kept(out, axis, keepdims, a.shape) / a), where)
    others = products_of_others(a, axis) * (1 if initial is _none else initial)
    return only(kept(g, axis, keepdims, a.shape) * others, where)


prod = primitive(_prod, np.prod, name="prod", single=True, where=None, a=_prod_rule)

# ---- extremes --------------------------------------------------------------------------------------------------------


def _max(
    a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = _none, where: Any = True
) -> Any:
    if not isinstance(a, np.ndarray):
        return reduced(a, "max", axis, keepdims, initial=initial, where=where)
    return _maximum_reduce(a, axis, None, None, keepdims, _start(initial), where)


def _min(
    a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = _none, where: Any = True
) -> Any:
    if not isinstance(a, np.ndarray):
        return reduced(a, "min", axis, keepdims, initial=initial, where=where)
    return _minimum_reduce(a, axis, None, None, keepdims, _start(initial), where)


def _nanmax(
    a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = _none, where: Any = True
) -> Any:
    return np.nanmax(a, axis, None, keepdims, _start(initial), where)


def _nanmin(
    a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = _none, where: Any = True
) -> Any:
    return np.nanmin(a, axis, None, keepdims, _start(initial), where)


def _extreme_rule(g: Any, a: Any, out: Any, axis: Any, keepdims: Any, initial: Any, where: Any) -> Any:
    """Each element that is the extreme gets an equal share, and `initial` one too."""
    extreme = kept(out, axis, keepdims, a.shape)
    winners = (a == extreme) if where is True else (a == extreme) & where
    n = winners.sum(axis, keepdims=True)
    n = n if initial is _none else n + (extreme == initial)
    return kept(g, axis, keepdims, a.shape) / np.maximum(n, 1).astype(g.dtype) * winners


max = primitive(_max, np.max, np.amax, name="max", where=None, a=_extreme_rule)
min = primitive(_min, np.min, np.amin, name="min", where=None, a=_extreme_rule)
nanmax = primitive(_nanmax, np.nanmax, name="nanmax", where=None, a=_extreme_rule)
nanmin = primitive(_nanmin, np.nanmin, name="nanmin", where=None, a=_extreme_rule)


@composite(np.ptp)
def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    """As np.ptp."""
    if out is not None:
        return into(np.ptp, ptp, (a, axis), {"keepdims": keepdims}, out)
    return max(a, axis, None, keepdims) - min(a, axis, None, keepdims)


# ---- cumulative ------------------------------------------------------------------------------------------------------


_LONG = 256  # elements: a sum of slices of at least so many is quicker than NumPy's, which goes through all by columns


def _cumulated(function: Any, ufunc: Any, a: Any, axis: int, dtype: Any) -> Any:
    """np.cumsum, which is np.add's, or np.cumprod, which is np.multiply's."""
    if a.__class__ is not np.ndarray or a.dtype.char not in "fd" or dtype is not None:
        return function(a, axis, dtype)
    return _by_slices(function, ufunc, a, axis, np.empty_like(a))


def _cumsum(a: Any, axis: int, dtype: Any) -> Any:
    quick = _by_blocks(_cumsum, a, axis, False) if dtype is None else None
    return _cumulated(np.cumsum, np.add, a, axis, dtype) if quick is None else quick


def _reversed_cumsum(a: Any, axis: int) -> Any:
    """The sums along an axis from each element to the end."""
    back = (slice(None),) * (axis % a.ndim) + (slice(None, None, -1),)
    if a.__class__ is not np.ndarray:
        return np.cumsum(a[back], axis)[back]
    quick = _by_blocks(_reversed_cumsum, a, axis, True)
    if quick is not None:
        return quick
    made = np.empty_like(a)  # in whose own order it is written, so that nobody has to copy it
    _by_slices(np.cumsum, np.add, a[back], axis, made[back])
    return made


BLOCK = 32  # elements: so many are summed by a product with a triangle of ones


def are_in_blocks(shape: tuple[int, ...], dtype: Any, axis: int) -> bool:
    """Whether an axis of a large array is the last one, and of whole blocks, as many as are long."""
    last = shape[-1] if shape and axis % len(shape) == len(shape) - 1 else 1
    return last % BLOCK == 0 and 0 < last <= BLOCK * BLOCK and math.prod(shape) >= LARGE and dtype.char in "fd"


def _by_blocks(function: Any, a: Any, axis: int, back: bool) -> Any:
    """The sums along the last axis up to each element, or back from the end, in a third of the time of one by one.

    None for an array that does not lie in blocks, and where one is infinite or NaN, which times 0 would be NaN in the
    place of others.
    """
    if a.__class__ is not np.ndarray or not are_in_blocks(a.shape, a.dtype, axis):
        return None
    if getattr(a, "batch", None) is not None:  # NumPy's own sums all examples at once
        return None
    only_whole(function, a)
    with np.errstate(over="ignore", invalid="ignore"):
        triangle = np.tri(BLOCK, dtype=a.dtype)
        made = a.reshape(-1, BLOCK) @ (triangle if back else triangle.T)
        whole = made[:, 0 if back else -1].reshape(-1, a.shape[-1] // BLOCK)
        others = np.zeros_like(whole)  # of each block the sum of those before it, or behind
        if back:
            np.cumsum(whole[:, :0:-1], 1, out=others[:, -2::-1])
        else:
            np.cumsum(whole[:, :-1], 1, out=others[:, 1:])
    if not (np.isfinite(whole).all() and np.isfinite(others).all()):
        return None
    made = made.reshape(a.shape)
    made += np.repeat(others, BLOCK).reshape(a.shape)
    return made


def _by_slices(function: Any, ufunc: Any, a: Any, axis: int, made: Any) -> Any:
    """function(a, axis), written to an array of the same layout: slice by slice where they lie in memory's order."""
    if not a.size or a.strides[-1] != a.itemsize or axis % a.ndim == a.ndim - 1 or a.shape[-1] < _LONG:
        return function(a, axis, out=made)
    only_whole(function, a)
    a, slices = np.moveaxis(a, axis, 0), np.moveaxis(made, axis, 0)
    slices[0] = a[0]
    for k in range(1, len(a)):
        ufunc(slices[k - 1], a[k], out=slices[k])
    return made


def _cumprod_rule(g: Any, a: Any, out: Any, axis: int) -> Any:
    if _ordinary(out):
        return reversed_cumsum(g * out, axis) / a
    g, a = g.swapaxes(axis, -1), a.swapaxes(axis, -1)  # d out[k] / d a[i] is (all before i) * (those after i up to k)
    sums = [g[..., -1]]
    for i in builtins.reversed(range(a.shape[-1] - 1)):
        sums.append(g[..., i] + a[..., i + 1] * sums[-1])
    return (_before(a) * np.stack(sums[::-1], -1)).swapaxes(axis, -1)


_sums: Function = linear(_cumsum, name="cumsum", single=True, a=lambda g, axis: reversed_cumsum(g, axis))
reversed_cumsum: Function = linear(
    _reversed_cumsum, name="reversed_cumsum", single=True, a=lambda g, axis: _sums(g, axis, None)
)
_products = primitive(
    lambda a, axis, dtype: _cumulated(np.cumprod, np.multiply, a, axis, dtype),
    name="cumprod",
    single=True,
    a=_cumprod_rule,
)


def _flat(a: Any, axis: int | None) -> tuple[Any, int]:
    if axis is None:
        return np.reshape(a, -1), 0
    return (a, axis) if np.ndim(a) else (np.reshape(a, -1), axis)  # which NumPy takes for an array of one element


@composite(np.cumsum)
def cumsum(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    """As np.cumsum."""
    return _sums(*_flat(a, axis), dtype) if out is None else into(np.cumsum, cumsum, (a, axis, dtype), {}, out)


@composite(np.cumprod)
def cumprod(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    """As np.cumprod."""
    return _products(*_flat(a, axis), dtype) if out is None else into(np.cumprod, cumprod, (a, axis, dtype), {}, out)


def _cumulative(name: str, function: Function, first: Any) -> Function:
    """The array API's form of a cumulative function: `include_initial` puts the empty sum or product in front."""

    def cumulative(x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Any:
        if axis is None and np.ndim(x) > 1:
            raise ValueError(f"{name}: expected an axis for an array of {np.ndim(x)} dimensions, got None")
        axis = 0 if axis is None else axis
        result = function(x, axis, dtype)
        if include_initial:
            edge = first(unwrap(result).take([0] if result.shape[axis] else [], axis))
            if not result.shape[axis]:
                edge = first(unwrap(result), shape=tuple([n or 1 for n in result.shape]))
            result = np.concatenate([edge, result], axis)
        return result

    return cumulative


if hasattr(np, "cumulative_sum"):  # from NumPy 2.1 on
    composite(np.cumulative_sum)(_cumulative("cumulative_sum", cumsum, np.zeros_like))
    composite(np.cumulative_prod)(_cumulative("cumulative_prod", cumprod, np.ones_like))

# ---- without the NaNs ------------------------------------------------------------------------------------------------


def _without(a: Any, instead: float) -> Any:
    missing = np.isnan(a)
    return np.where(missing, instead, a).astype(a.dtype) if missing.any() else a


@composite(np.nansum)
def nansum(
    a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False, initial: Any = _none, where: Any = True
) -> Any:
    """As np.nansum."""
    return sum(_without(a, 0), axis, dtype, None, keepdims, initial, where)


@composite(np.nanprod)
def nanprod(
    a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False, initial: Any = _none, where: Any = True
) -> Any:
    """As np.nanprod."""
    return prod(_without(a, 1), axis, dtype, None, keepdims, initial, where)


@composite(np.nancumsum)
def nancumsum(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """As np.nancumsum."""
    return cumsum(_without(a, 0), axis, dtype)


@composite(np.nancumprod)
def nancumprod(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """As np.nancumprod."""
    return cumprod(_without(a, 1), axis, dtype)


@composite(np.nanmean)
def nanmean(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False, *, where: Any = True) -> Any:
    """As np.nanmean."""
    return mean(a, axis, dtype, None, keepdims, where=~np.isnan(a) & unwrap(where))


@composite(np.nanvar)
def nanvar(
    a: Any, axis: Any = None, dtype: Any = None, ddof: Any = 0, keepdims: Any = False, *, where: Any = True,
    mean: Any = _none, correction: Any = _none,
) -> Any:  # fmt: skip
    """As np.nanvar."""
    where = ~np.isnan(a) & unwrap(where)
    return var(a, axis, dtype, None, ddof, keepdims, where=where, mean=mean, correction=correction)


@composite(np.nanstd)
def nanstd(
    a: Any, axis: Any = None, dtype: Any = None, ddof: Any = 0, keepdims: Any = False, *, where: Any = True,
    mean: Any = _none, correction: Any = _none,
) -> Any:  # fmt: skip
    """As np.nanstd."""
    where = ~np.isnan(a) & unwrap(where)
    return std(a, axis, dtype, None, ddof, keepdims, where=where, mean=mean, correction=correction)


nondifferentiable(np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.any, np.all, np.count_nonzero)
