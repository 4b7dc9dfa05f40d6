"""What each statement of NumPy's is in steps, where it is one that works by elements: a table of functions."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...ops.indexing import _add_at
from ..functions import CLIP, COPIES, EMPTY, ONES, ZEROS, is_hashable
from ..values import Statement, Value
from .form import FUNCTIONS, Number
from .steps import DTYPES, Memory, Ref, Step, arrange, name_of, uniform

Steps = list[Step] | None
"""The steps of a statement; None where it is to be run by NumPy."""


def lower(s: Statement, memory: Memory) -> Steps:
    """The steps of a statement, its loops in the order of memory."""
    if s.kind != "call":
        return None
    rule = _RULES.get(s.function) if is_hashable(s.function) else None
    if rule is None and isinstance(s.function, np.ufunc):
        rule = _elementwise
    steps = None if rule is None else rule(s, memory)
    if steps is None or any(not math.prod(step.shape) for step in steps):
        return None
    steps = [arrange(step) for step in steps]
    forward = all(stride >= 0 for step in steps for ref in step.touching for stride in ref.strides)
    return steps if forward and all(map(_can_collect, steps)) else None


def _can_collect(step: Step) -> bool:
    """Whether what a step collects can be: extremes along one row only."""
    if step.collect in (None, "add"):
        return True
    over = [stride == 0 for stride in step.target.strides]
    return over[-1] and sum(over) == 1


# ---- elementwise -----------------------------------------------------------------------------------------------------


def _elementwise(s: Statement, memory: Memory) -> Steps:
    name = _NAMES.get(s.function)
    if name is None or set(s.kwargs) - {"out"}:
        return None
    out = s.kwargs.get("out")
    target = _target(s) if out is None else out[0]
    if not isinstance(target, Value):
        return None
    args = [s.args[0], s.args[0]] if s.function is np.square else list(s.args)
    return _step(memory, name, s.function, args, target, target.shape)


def _step(
    memory: Memory, name: str, ufunc: Any, args: Sequence[Any], target: Value, shape: tuple[int, ...],
    collect: str | None = None,
) -> Steps:  # fmt: skip
    """One step that does what NumPy's function does, in the dtype in which NumPy does it."""
    dtypes = _dtypes(np.multiply if ufunc is np.square else ufunc, args)
    if dtypes is None:
        return None
    if collect is None:
        to = memory.ref(target, shape)
    else:
        array = memory.array(target)
        to = None if array is None else memory.within(memory.base(target) or target, _over(array, shape))
    operands = [memory.item(item, shape) for item in args]
    if to is None or any(item is None for item in operands) or name_of(target.dtype) not in DTYPES:
        return None
    return [Step(shape, name, tuple(operands), dtypes[0], dtypes[-1], to, collect)]  # type: ignore[arg-type]


def _over(array: Any, shape: tuple[int, ...]) -> Any:
    """The array of sums, seen in the shape of what is summed: it has the axes that are summed with size 1."""
    return np.broadcast_to(array, shape)


def _dtypes(ufunc: Any, args: Sequence[Any]) -> tuple[str, str] | None:
    """In what dtype NumPy's function takes such operands, and gives its result."""
    dtypes = _resolved(ufunc, tuple([_kind(item) for item in args]))
    if not dtypes:
        return None
    *reads, made = [name_of(dtype) for dtype in dtypes]
    if len(set(reads)) != 1 or not {*reads, made} <= DTYPES:
        return None
    allowed = {"int64": _OF_WHOLE, "int32": _OF_WHOLE, "bool": _OF_BOOLS}.get(reads[0])
    name = _NAMES.get(ufunc)
    if name not in allowed if allowed is not None else name in _OF_BOOLS - _OF_WHOLE:
        return None
    return reads[0], made


@functools.lru_cache(maxsize=1024)
def _resolved(ufunc: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
    try:
        dtypes: tuple[Any, ...] = ufunc.resolve_dtypes((*given, None))
    except TypeError:
        return ()
    return dtypes


def _kind(item: Any) -> Any:
    if isinstance(item, Value):
        return (int if item.dtype.kind == "i" else float) if item.python and item.dtype.kind in "if" else item.dtype
    return item.dtype if hasattr(item, "dtype") else type(item)


def _power(s: Statement, memory: Memory) -> Steps:
    """A power whose exponent is a small number, as NumPy computes it then."""
    if (
        s.kwargs
        or len(s.args) != 2
        or not isinstance(s.args[0], Value)
        or name_of(s.args[0].dtype) not in ("float32", "float64")
    ):
        return None
    exponent = s.args[1]
    if isinstance(exponent, Value) and exponent.kind == "constant":
        exponent = exponent.array if exponent.python else None
    base, target = s.args[0], _target(s)
    if not isinstance(target, Value) or type(exponent) not in (int, float) or target.dtype != base.dtype:
        return None
    found: dict[float, tuple[str, Any, list[Any]]] = {
        2: ("multiply", np.multiply, [base, base]), 0.5: ("sqrt", np.sqrt, [base]),
        -1: ("reciprocal", np.reciprocal, [base]), 1: ("copy", np.positive, [base]),
    }  # fmt: skip
    if exponent not in found:
        return None
    name, ufunc, args = found[exponent]
    return _step(memory, name, ufunc, args, target, target.shape)


def _where(s: Statement, memory: Memory) -> Steps:
    if s.kwargs or len(s.args) != 3:
        return None
    target = _target(s)
    if not isinstance(target, Value) or not isinstance(s.args[0], Value) or s.args[0].dtype != bool:
        return None
    operands = [memory.item(item, target.shape) for item in s.args]
    to = memory.ref(target, target.shape)
    if to is None or any(item is None for item in operands):
        return None
    name = name_of(target.dtype)
    return [Step(target.shape, "where", tuple(operands), name, name, to)]  # type: ignore[arg-type]


def _clip(s: Statement, memory: Memory) -> Steps:
    if len(s.args) != 3 or set(s.kwargs) - {"out"} or any(item is None for item in s.args):
        return None
    out = s.kwargs.get("out")
    target = _target(s) if out is None else out[0] if type(out) is tuple else out
    if not isinstance(target, Value):
        return None
    x, low, high = s.args
    first = _step(memory, "maximum", np.maximum, [x, low], target, target.shape)
    second = _step(memory, "minimum", np.minimum, [target, high], target, target.shape)
    same = isinstance(x, Value) and x.dtype == target.dtype
    return [*first, *second] if first is not None and second is not None and same else None


# ---- copies ----------------------------------------------------------------------------------------------------------


def _copy(s: Statement, memory: Memory) -> Steps:
    if not s.args or not isinstance(s.args[0], Value) or set(s.kwargs) - {"order", "dtype", "copy"}:
        return None
    return _copied(memory, s.args[0], _target(s))


def _copied(memory: Memory, source: Any, target: Any, array: Any = None) -> Steps:
    """The step that puts what is at the source at the target, or at an array within the target's memory."""
    if not isinstance(target, Value) or (base := memory.base(target)) is None or memory.array(target) is None:
        return None
    array = memory.array(target) if array is None else array
    item = memory.item(source, array.shape)
    dtype = name_of(source.dtype) if isinstance(source, Value) else name_of(base.dtype)
    if item is None or dtype not in DTYPES or (dtype != name_of(base.dtype) and not _casts(dtype, name_of(base.dtype))):
        return None
    return [Step(array.shape, "copy", (item,), dtype, dtype, memory.within(base, array))]


def _casts(before: str, after: str) -> bool:
    """Whether a cast is one that gives the same in any language."""
    return after.startswith("float") or before == "bool"


def _reshape(s: Statement, memory: Memory) -> Steps:
    """A reshape that copies."""
    source, target = s.args[0], _target(s)
    if s.is_view or not isinstance(source, Value) or not isinstance(target, Value) or s.kwargs.get("order", "C") != "C":
        return None
    array = memory.array(target)
    if array is None or not array.flags.c_contiguous:
        return None
    return _copied(memory, source, target, array.reshape(source.shape))


def _fill(s: Statement, memory: Memory) -> Steps:
    return _copied(memory, int(s.function in ONES), _target(s))


def _method_fill(s: Statement, memory: Memory) -> Steps:
    return _copied(memory, s.args[1], s.args[0])


def _concatenate(s: Statement, memory: Memory) -> Steps:
    target, axis = _target(s), s.args[1] if len(s.args) > 1 else s.kwargs.get("axis", 0)
    if not isinstance(target, Value) or type(axis) is not int or type(s.args[0]) not in (tuple, list):
        return None
    array = memory.array(target)
    if array is None or set(s.kwargs) - {"axis"}:
        return None
    start, found = 0, []
    for part in s.args[0]:
        if not isinstance(part, Value) or part.dtype != target.dtype:
            return None
        if s.function is np.stack:
            place: Any = array[(*(slice(None),) * (axis % array.ndim), start, ...)]
            start += 1
        else:
            n = part.shape[axis]
            place = array[(slice(None),) * (axis % array.ndim) + (slice(start, start + n),)]
            start += n
        if place.size and (steps := _copied(memory, part, target, place)) is not None:
            found += steps
        elif place.size:
            return None
    return found


def _setitem(s: Statement, memory: Memory) -> Steps:
    target, index, source = s.args
    array = memory.array(target)
    if array is None:
        return None
    if is_basic(index):
        place = _seen(array, index)
        return _copied(memory, source, target, place) if place.size else []
    if (found := _along_last(target, index, memory)) is None:
        return None
    item = memory.item(source, array.shape[:-1])
    if item is None or (isinstance(source, Value) and source.dtype != target.dtype):
        return None
    name = name_of(target.dtype)
    return [Step(array.shape[:-1], "copy", (item,), name, name, found)]


def _getitem(s: Statement, memory: Memory) -> Steps:
    source, target = s.args[0], _target(s)
    if s.is_view or not isinstance(target, Value) or not isinstance(source, Value):
        return None
    if is_basic(s.args[1]):  # of a scalar's array it is a copy
        array = memory.array(source)
        to, base = memory.ref(target, target.shape), memory.base(source)
        if array is None or to is None or base is None:
            return None
        seen = _seen(array, s.args[1])
        name = name_of(target.dtype)
        return [Step(target.shape, "copy", (memory.within(base, seen),), name, name, to)]
    found, to = _along_last(source, s.args[1], memory), memory.ref(target, target.shape)
    if found is None or to is None:
        return None
    name = name_of(target.dtype)
    return [Step(target.shape, "copy", (found,), name, name, to)]


def is_basic(index: Any) -> bool:
    """Whether an index is of whole numbers and slices, so that what it takes is a view."""
    parts = index if type(index) is tuple else (index,)
    return all(
        part is None or part is Ellipsis or type(part) is int
        or (type(part) is slice and not any(isinstance(p, Value) for p in (part.start, part.stop, part.step)))
        for part in parts
    )  # fmt: skip


def _seen(array: Any, index: Any) -> Any:
    """What an index of whole numbers and slices shows: an array, even if it is one element."""
    parts = index if type(index) is tuple else (index,)
    return array[parts if any(part is Ellipsis for part in parts) else (*parts, ...)]


def _along_last(value: Value, index: Any, memory: Memory) -> Ref | None:
    """The element of each row that an index of (every row in its order, one number for each) names."""
    if type(index) is not tuple or len(index) != 2 or len(value.shape) != 2 or value.shape[1] < 2:
        return None
    rows, places = index
    if not (isinstance(rows, Value) and isinstance(places, Value) and rows.kind == "constant"):
        return None
    n = value.shape[0]
    if rows.shape != (n,) or places.shape != (n,) or rows.root in memory.written or name_of(places.dtype) != "int64":
        return None
    at, array, base = memory.ref(places, (n,)), memory.array(value), memory.base(value)
    if at is None or array is None or base is None or not bool(np.all(np.asarray(rows.array) == np.arange(n))):
        return None
    first = memory.within(base, array[:, 0])
    return Ref(base, first.offset, first.strides, (at, value.shape[1], array.strides[1] // array.itemsize))


def _add_in_place(s: Statement, memory: Memory) -> Steps:
    """total[index] += g, which names no element twice."""
    total, g, _, index = s.args
    array, base = memory.array(total), memory.base(total)
    if array is None or base is None or not is_basic(index) or not isinstance(g, Value) or g.dtype != total.dtype:
        return None
    place = _seen(array, index)
    at, item, name = memory.within(base, place), memory.item(g, place.shape), name_of(total.dtype)
    return None if item is None else [Step(place.shape, "add", (at, item), name, name, at)]


# ---- sums and extremes -----------------------------------------------------------------------------------------------


def _reduction(collect: str, given: tuple[str, ...], axis: int | None = None) -> Callable[[Statement, Memory], Steps]:
    """Of a function whose arguments after the array are called `given`; only axis and keepdims may be there."""

    def rule(s: Statement, memory: Memory) -> Steps:
        options = {**dict(zip(given, s.args[1:], strict=False)), **s.kwargs}
        over, keep = options.pop("axis", axis), options.pop("keepdims", False)
        target, source = _target(s), s.args[0]
        if any(value is not None for value in options.values()) or not isinstance(target, Value):
            return None
        if not isinstance(source, Value) or target.dtype != source.dtype or keep not in (True, False):
            return None
        return collected(memory, collect, "copy", (source,), target, over)

    return rule


def collected(memory: Memory, collect: str, name: str, args: tuple[Any, ...], target: Value, axis: Any) -> Steps:
    """The sum or an extreme over axes of a function of arrays of one shape."""
    shape = args[0].shape
    if axis is None:
        axes = tuple(range(len(shape)))
    else:
        axes = tuple([a % len(shape) for a in (axis if type(axis) is tuple else (axis,))]) if shape else ()
    array, base = memory.array(target), memory.base(target)
    dtype = name_of(target.dtype)
    if (
        array is None
        or base is None
        or any(name_of(a.dtype) != dtype for a in args)
        or dtype == "bool"
        or not math.prod(shape)
    ):
        return None
    wide = array.reshape([1 if k in axes else n for k, n in enumerate(shape)])
    operands = [memory.item(a, shape) for a in args]
    if any(item is None for item in operands):
        return None
    over = tuple([k for k in axes if shape[k] > 1])
    to = memory.within(base, np.broadcast_to(wide, shape))
    return [Step(shape, name, tuple(operands), dtype, dtype, to, collect if over else None)]  # type: ignore[arg-type]


def _mean(s: Statement, memory: Memory) -> Steps:
    sums = _reduction("add", _SUM)(s, memory)
    target = _target(s)
    if sums is None or not isinstance(target, Value) or not name_of(target.dtype).startswith("float"):
        return None
    n = math.prod(s.args[0].shape) // max(1, target.size)
    divided = _step(memory, "divide", np.divide, [target, n], target, target.shape)
    return None if divided is None else [*sums, *divided]


def _dot(s: Statement, memory: Memory) -> Steps:
    """A product with ones, which is a sum."""
    if len(s.args) != 2 or s.kwargs or not all(isinstance(item, Value) for item in s.args):
        return None
    a, b = s.args
    target = _target(s)
    if not isinstance(target, Value) or not (a.shape and b.shape):
        return None
    if len(b.shape) == 1 and _is_one(b, memory):
        return collected(memory, "add", "copy", (a,), target, -1)
    if len(a.shape) == 1 and len(b.shape) > 1 and _is_one(a, memory):
        return collected(memory, "add", "copy", (b,), target, -2)
    return _product(a, b, target, memory)


def _product(a: Value, b: Value, target: Value, memory: Memory) -> Steps:
    """A product of small matrices."""
    arrays = [memory.array(value) for value in (a, b, target)]
    if len(a.shape) != 2 or len(b.shape) != 2 or any(array is None for array in arrays):
        return None
    (m, k), n, dtype = a.shape, b.shape[1], name_of(target.dtype)
    if not dtype.startswith("float") or a.dtype != target.dtype or b.dtype != target.dtype:
        return None
    if not 0 < m * k * n <= memory.products:
        return None
    seen = zip((a, b, target), (arrays[0][:, :, None], arrays[1], arrays[2][:, None]), strict=True)
    refs = [memory.within(memory.base(value) or value, np.broadcast_to(array, (m, k, n))) for value, array in seen]
    return [Step((m, k, n), "multiply", (refs[0], refs[1]), dtype, dtype, refs[2], "add" if k > 1 else None)]


def _is_one(value: Value, memory: Memory) -> bool:
    return value.kind == "constant" and value.root not in memory.written and uniform(value.array) == Number(1.0)


def _vecdot(s: Statement, memory: Memory) -> Steps:
    a, b = s.args
    target = _target(s)
    same = isinstance(a, Value) and isinstance(b, Value) and a.shape == b.shape
    if s.kwargs or not same or not isinstance(target, Value):
        return None
    return collected(memory, "add", "multiply", (a, b), target, -1)


def _einsum(s: Statement, memory: Memory) -> Steps:
    """The sum of products of the elements at one place of two arrays of one shape."""
    target = _target(s)
    if len(s.args) != 3 or s.kwargs or not isinstance(target, Value) or (first := is_of_places(s.args[0])) is None:
        return None
    (_, a, b), made = s.args, s.args[0].partition("->")[2]
    if made != "".join([letter for letter in first if letter in made]) or not (
        isinstance(a, Value) and isinstance(b, Value)
    ):
        return None
    axes = tuple([k for k, letter in enumerate(first) if letter not in made])
    return collected(memory, "add", "multiply", (a, b), target, axes) if a.shape == b.shape and axes else None


def is_of_places(subscripts: Any) -> str | None:
    """The labels of both operands of an einsum that multiplies what is at the same place; None of any other einsum."""
    if type(subscripts) is not str:
        return None
    inputs, arrow, _ = subscripts.partition("->")
    first, comma, second = inputs.partition(",")
    return first if arrow and comma and first == second and len(set(first)) == len(first) else None


def _all(s: Statement, memory: Memory) -> Steps:
    """all() of what is one bool already."""
    source, target = s.args[0], _target(s)
    if s.kwargs or len(s.args) != 1 or not isinstance(source, Value) or source.dtype != bool or source.shape:
        return None
    return _copied(memory, source, target)


def _target(s: Statement) -> Value | None:
    """The one value that a statement makes, if that is an array of its own."""
    if len(s.results) != 1 or s.writes or isinstance(s.form, tuple):
        return None
    return s.results[0]


_OF_WHOLE = frozenset(
    ("copy", "maximum", "minimum", "less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "add",
     "subtract", "multiply", "negative")
)  # fmt: skip
"""What is done with whole numbers."""

_OF_BOOLS = frozenset(("copy", "equal", "not_equal", "logical_and", "logical_or", "logical_not"))
"""What is done with truth values, and the last three of it with them alone."""

_NAMES: dict[Any, str] = {
    getattr(np, name): name for name in FUNCTIONS if isinstance(getattr(np, name), np.ufunc)
} | {
    np.square: "multiply", np.positive: "copy", np.bitwise_and: "logical_and", np.bitwise_or: "logical_or",
    np.invert: "logical_not", np.fabs: "absolute",
}  # fmt: skip

_SUM = ("axis", "dtype", "out", "keepdims", "initial", "where")
_MAX = ("axis", "out", "keepdims", "initial", "where")

_RULES: dict[Any, Callable[[Statement, Memory], Steps]] = {
    operator.pow: _power, np.power: _power, np.where: _where, np.clip: _clip, np.ndarray.clip: _clip, CLIP: _clip,
    np.ndarray.reshape: _reshape, np.reshape: _reshape, np.concatenate: _concatenate, np.stack: _concatenate,
    operator.setitem: _setitem, operator.getitem: _getitem, np.ndarray.fill: _method_fill,
    np.add.reduce: _reduction("add", _SUM, 0), np.maximum.reduce: _reduction("maximum", _SUM, 0),
    np.minimum.reduce: _reduction("minimum", _SUM, 0), np.ndarray.sum: _reduction("add", _SUM),
    np.sum: _reduction("add", _SUM), np.ndarray.max: _reduction("maximum", _MAX), np.max: _reduction("maximum", _MAX),
    np.ndarray.min: _reduction("minimum", _MAX), np.min: _reduction("minimum", _MAX),
    np.ndarray.mean: _mean, np.mean: _mean, np.dot: _dot, np.matmul: _dot, np.ndarray.dot: _dot, np.vecdot: _vecdot,
    np.einsum: _einsum, np.ndarray.all: _all, _add_at: _add_in_place,
    **dict.fromkeys(COPIES, _copy), **dict.fromkeys(ZEROS | ONES, _fill),
    **dict.fromkeys(EMPTY, lambda s, memory: []),
}  # fmt: skip
