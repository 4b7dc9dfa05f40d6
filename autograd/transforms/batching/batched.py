"""Arrays that stand inside Tensors while a function of one example runs for all examples at once.

To Python a `Batched` looks like the array of one example: it has its class (by `__class__`), shape and methods, so the
engine and the rules take the way that they take with arrays. What they ask of NumPy is done for all examples, along an
axis in front that they do not see. An array that is not batched is the same for each example.

Of several batches, where one vmap runs within another, the innermost one's functions see the others' arrays as plain.
"""

from __future__ import annotations

import itertools
import math
import operator
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ...engine.modes import Untraceable, who_follows
from ...engine.place import caller, outside
from ...engine.primitive import registry
from ...engine.tensor import Tensor
from .forms import FORMS, METHOD, form_of, inside, out_by_name, said, written
from .methods import Methods

_ndarray = np.ndarray
_numbers = itertools.count(1)


class Batch:
    """The examples of one call of a batched function.

    size        how many there are
    number      of batches within one another, the inner one has the greater number
    why_looped  what ran example by example, and the line that asked for it
    draws       gives what stands for a generator of random numbers
    building    the functions that are just being built of primitives, which may ask for themselves
    """

    __slots__ = ("building", "draws", "number", "size", "why_looped")

    def __init__(self, size: int, draws: Callable[[Batch, Any], Any] | None = None) -> None:
        self.size = size
        self.number = next(_numbers)
        self.why_looped: dict[str, None] = {}
        self.draws = draws
        self.building: set[Any] = set()

    def holds(self, item: Any) -> bool:
        """Whether a value is another one for each example."""
        return type(item) is Batched and item.batch is self

    def array(self, item: Any, ndim: int | None = None) -> Any:
        """The array of all examples: of what is the same for each one, a view that repeats it.

        ndim  how many axes an example is to have, at least
        """
        if type(item) is Batched and item.batch is self:
            array, shape = item.array, item.shape
        else:
            array = item if hasattr(item, "shape") else np.asarray(item)
            shape = array.shape
            array = np.broadcast_to(array, (self.size, *shape))
        if ndim is not None and len(shape) < ndim:
            array = array.reshape((array.shape[0], *(1,) * (ndim - len(shape)), *shape))
        return array

    def wrap(self, result: Any) -> Any:
        """Arrays of all examples as what they are for one."""
        if type(result) is tuple or type(result) is list or hasattr(result, "_fields"):
            made = [self.wrap(item) for item in result]
            return type(result)(*made) if hasattr(result, "_fields") else type(result)(made)
        return Batched(self, result)

    def opaque(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """What cannot be followed inside, as a whole: by its batched form if it has one, else example by example."""
        batch = innermost((args, kwargs)) or self
        form = FORMS.get(function)
        if form is not None:
            made = form(batch, *args, **kwargs)
            if made is not NotImplemented:
                return made
        return batch.loop(function, args, kwargs)

    def loop(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Run a function example by example, and stack what it gives. Arrays that it writes to are written to."""
        args, kwargs = out_by_name(function, args, kwargs)
        for target in written(function, args, kwargs):
            refuse(self, target)
        self.why_looped[f"{said(function)} has no batched form; at {caller()}"] = None
        return FORMS[Batch.loop](self, function, args, kwargs)

    def make(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """A new array, one for each example where it may be written to."""
        made = FORMS[function](self, *args, **kwargs) if function in FORMS else NotImplemented
        return function(*args, **kwargs) if made is NotImplemented else made

    def spreads(self, target: Any, given: Any) -> bool:
        """Whether to write what is given makes an array another one for each example, which was the same for all."""
        return not _batches(given) <= _batches(target)

    def generator(self, rng: Any) -> Any:
        """What draws random numbers for all examples."""
        return rng if self.draws is None else self.draws(self, rng)


class Batched(Methods):
    """An array for each example of a batch.

    batch  the examples
    array  all of them, the axis of the examples first
    shape  of one
    whole  of what `any` or `all` gives, which of them that is; else never set
    """

    __slots__ = ("__weakref__", "array", "batch", "shape", "whole")

    def __init__(self, batch: Batch, array: Any) -> None:
        self.batch = batch
        self.array = array
        self.shape = array.shape[1:]

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return _ndarray

    def _of(self, array: Any) -> Any:
        return Batched(self.batch, array)

    def _call(self, function: Callable[..., Any], *args: Any) -> Any:
        return call(self.batch, function, args, {})

    # ---- what it looks like ----------------------------------------------------------------------------------------

    dtype = property(lambda self: self.array.dtype)
    ndim = property(lambda self: len(self.shape))
    strides = property(lambda self: self.array.strides[1:])
    itemsize = property(lambda self: self.array.itemsize)
    nbytes = property(lambda self: self.size * self.array.itemsize)
    base = property(lambda self: self.array)  # so nobody takes it for memory of its own, to be written to
    __hash__ = object.__hash__

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def flags(self) -> Any:
        """Those of the first example; of no examples, those of all."""
        return (self.array[0, ...] if self.batch.size else self.array).flags

    @property
    def T(self) -> Any:
        return self.transpose()

    @property
    def mT(self) -> Any:
        return self.swapaxes(-1, -2)

    @property
    def real(self) -> Any:
        return Batched(self.batch, self.array.real) if self.array.dtype.kind == "c" else self

    @real.setter
    def real(self, value: Any) -> None:
        self.real[...] = value

    @property
    def imag(self) -> Any:
        return Batched(self.batch, self.array.imag)

    @imag.setter
    def imag(self, value: Any) -> None:
        self.imag[...] = value

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        return int(self.shape[0])

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(self.shape[0]))

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()

    def copied(self, dtype: Any) -> Any:
        """The same in memory of its own."""
        return Batched(self.batch, self.array.astype(self.dtype if dtype is None else dtype))

    # ---- NumPy's protocols -----------------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "__call__" and not kwargs and ufunc.signature is None:  # nearly all calls
            batch, n, same = self.batch, len(self.shape), True
            for x in inputs:
                if type(x) is Batched:
                    if x.batch is not batch:
                        same = False
                        break
                    k = len(x.shape)
                elif type(x) is _ndarray:
                    k = x.ndim
                elif isinstance(x, Tensor):
                    return NotImplemented
                else:
                    k = getattr(x, "ndim", 0)
                if k > n:
                    n = k
            if same:
                result = ufunc(*[_raised(x, n) if type(x) is Batched else x for x in inputs])
                return Batched(batch, result) if ufunc.nout == 1 else tuple([Batched(batch, r) for r in result])
        if any(isinstance(item, Tensor) for item in (*inputs, *kwargs.get("out", ()), kwargs.get("where"))):
            return NotImplemented
        return call(self.batch, ufunc if method == "__call__" else getattr(ufunc, method), inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if any(issubclass(kind, Tensor) for kind in types):
            return NotImplemented
        return call(self.batch, function, args, kwargs)

    # ---- what leaves -----------------------------------------------------------------------------------------------

    def _left(self, what: str) -> Any:
        """Raise: a value that is another one for each example is made a plain one."""
        if inside(sys._getframe(2)):
            raise Untraceable(what, self.batch)
        remedy = "choose between values with np.where, and compute with functions of NumPy"
        if what == _PLAINLY:
            remedy += "; Tensor(array)[index] indexes one of NumPy's by it"
        raise TypeError(
            f"vmap: an array of shape {self.shape}, which is another one for each of the {self.batch.size} examples, "
            f"is made {what}; {remedy}"
        )

    def _one(self, how: Callable[[Any], Any], what: str) -> Any:
        """The value of all examples, where that is the same; of no examples, 1."""
        if self.size != 1:
            return how(np.empty(self.shape))  # which raises what it raises of an array
        if not self.batch.size:
            return how(np.ones((), self.array.dtype)[()])
        array = self.array.reshape(-1)
        if not array.size or not bool((array == array[0]).all()):
            self._left(what)
        return how(array[0])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self._left(_PLAINLY)

    def __bool__(self) -> bool:
        """The truth that all examples have. Where these packages ask it of `any` or `all`, they do so to save work,
        which can be saved for all examples or for none: then it is any, or all, of all of them.
        """
        whole = getattr(self, "whole", None)
        frame = sys._getframe(1)
        if whole is not None and outside(frame) is not frame:
            return bool(whole(self.array))
        return bool(self._one(bool, "the condition of a branch"))

    def __float__(self) -> float:
        return float(self._one(float, "a number of Python's"))

    def __int__(self) -> int:
        return int(self._one(int, "a number of Python's"))

    def __complex__(self) -> complex:
        return complex(self._one(complex, "a number of Python's"))

    def __index__(self) -> int:
        return int(self._one(operator.index, "a whole number of Python's"))

    def item(self, *index: Any) -> Any:
        chosen = self
        if index:
            flat = len(index) == 1 and type(index[0]) is not tuple
            chosen = self.reshape(-1)[index[0]] if flat else self[index if len(index) > 1 else index[0]]
        return chosen._one(_item, "a number of Python's")

    def tolist(self) -> Any:
        return self._left("a list")

    def __contains__(self, item: Any) -> bool:
        return bool((self == item).any())

    def as_text(self) -> str:
        """What a Tensor shows of it: the values of all examples, along the first axis."""
        return f"<{self.batch.size} examples> {self.array}"

    def __repr__(self) -> str:
        return f"<{self.batch.size} examples of shape {self.shape} and {self.array.dtype}>"

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self._left("pickled bytes")

    def __getattr__(self, name: str) -> Any:
        if name in _LEAVING:
            return self._left(f"its .{name}")
        if name.startswith("__") or not hasattr(_ndarray, name):
            raise AttributeError(f"'ndarray' object has no attribute {name!r}")
        return lambda *args, **kwargs: call(self.batch, getattr(_ndarray, name), (self, *args), kwargs)


def _item(value: Any) -> Any:
    return value.item()


def _raised(x: Batched, ndim: int) -> Any:
    """The array of all examples, each with as many axes as the result has."""
    more = ndim - len(x.shape)
    return x.array if not more else x.array.reshape((x.batch.size, *(1,) * more, *x.shape))


_PLAINLY = "a plain array"

_LEAVING = frozenset(
    ("__dlpack__", "ctypes", "data", "dump", "dumps", "flat", "tobytes",
     "tofile", "__buffer__")
)  # fmt: skip


# ---- a call ----------------------------------------------------------------------------------------------------------


def call(batch: Batch, function: Any, args: Any, kwargs: Any) -> Any:
    """A function of NumPy on arrays some of which are batched: by its form, or example by example.

    batch  of the array whose protocol was asked, which need not be among the arguments: it may be like=
    """
    found = innermost((args, kwargs) if kwargs else args)
    batch = batch if found is None else found
    form = form_of(function)
    if form is not None:
        made = form(batch, *args, **kwargs)
        if made is not NotImplemented:
            return made
    if found is None:
        return function(*args, **kwargs)
    args, kwargs = out_by_name(function, args, kwargs)
    built = registry.get(function)  # of primitives, each of which has its form
    composed = not hasattr(built, "primitive") and not hasattr(built, "plain")
    if built is not None and composed and function not in batch.building and kwargs.get("out") is None:
        batch.building.add(function)
        try:
            return built(*args, **kwargs)
        finally:
            batch.building.discard(function)
    return batch.loop(function, args, kwargs)


def across(function: Callable[..., Any], *args: Any) -> Any:
    """A function that NumPy does not ask of all its arguments for: of an older batch, if one of them belongs to it."""
    older = innermost(args)
    return function(*args) if older is None else call(older, function, args, {})


def innermost(item: Any) -> Batch | None:
    """The innermost of the batches that stand in nested tuples, lists, dicts and slices."""
    kind = type(item)
    if kind is Batched:
        found: Batch | None = item.batch
        return found
    if kind in _PLAIN:
        return None
    if kind is dict:
        item = item.values()
    elif kind is slice:
        item = (item.start, item.stop, item.step)
    elif isinstance(item, Tensor):
        item = (item._content,)
    elif kind is not tuple and kind is not list and not isinstance(item, list):
        return None
    found = None
    for part in item:
        kind = type(part)
        if kind in _PLAIN:
            continue
        other = part.batch if kind is Batched else innermost(part)
        if other is not None and (found is None or other.number > found.number):
            found = other
    return found


def _batches(item: Any) -> set[Batch]:
    """All batches that stand in such values, also those of which each example of a newer one is an array."""
    if type(item) is Batched:
        return {item.batch} | _batches(item.array)
    if isinstance(item, Tensor):
        return _batches(item._content)
    parts: Any = (item.start, item.stop, item.step) if type(item) is slice else item
    return set().union(*map(_batches, parts)) if isinstance(parts, tuple | list) else set()


_PLAIN = frozenset({_ndarray, int, float, bool, str, type(None), type(Ellipsis), complex})


def refuse(batch: Batch, x: Any) -> None:
    """Raise where a value that is another one for each example would be written into an array that is the same."""
    if batch.holds(x):
        return
    if inside(sys._getframe()):
        raise Untraceable("an array that is written to", batch)
    raise TypeError(
        f"vmap: a value that is another one for each example is written into an array of shape {np.shape(x)} that is "
        f"the same for all; make that with np.zeros(shape, like=x), or np.zeros_like(x)"
    )


def applied(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """function(*args), where a method of ndarray's is asked of the first: what stands for an array has it, too."""
    if type(function) is METHOD:
        return getattr(args[0], function.__name__)(*args[1:], **kwargs)
    return function(*args, **kwargs)


def followed(batch: Batch, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """A function's result for one example, where a trace or another batch may have to take it as a whole."""
    try:
        return applied(function, *args, **kwargs)
    except Exception as error:
        whole = who_follows(error)
        if whole is None or whole is batch:
            raise
        return whole.opaque(function, *args, **kwargs)
