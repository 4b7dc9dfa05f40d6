"""Arrays that stand inside Tensors while a function of one example runs for all examples at once.

To Python a `Batched` looks like the array of one example: it has its class (by `__class__`), shape and methods, so the
engine and the rules take the way that they take with arrays. What they ask of NumPy is done for all examples, along an
axis in front that they do not see. An array that is not batched is the same for each example.

Of several batches, where one vmap runs within another, the innermost one's functions see the others' arrays as plain.
"""

from __future__ import annotations

import functools
import itertools
import operator
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import numpy as np

from ...engine.modes import Untraceable, who_follows
from ...engine.place import caller, outside
from ...engine.primitive import registry
from ...engine.tensor import Tensor, unwrap

_ndarray = np.ndarray
_numbers = itertools.count(1)

Form = Callable[..., Any]
"""A function of NumPy for all examples at once: form(batch, *args, **kwargs). NotImplemented where it has none."""

FORMS: dict[Any, Form] = {}
"""The batched form of each function; what has none runs example by example."""


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
        batch, known = innermost(given), innermost(target)
        return batch is not None and (known is None or known.number < batch.number)

    def generator(self, rng: Any) -> Any:
        """What draws random numbers for all examples."""
        return rng if self.draws is None else self.draws(self, rng)


class Batched:
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
        size = 1
        for n in self.shape:
            size *= n
        return size

    @property
    def flags(self) -> Any:
        """Those of the first example; of no examples, those of all."""
        array = self.array[0, ...] if self.batch.size else self.array
        return self.array.flags if not self.array.flags.writeable else array.flags

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
        return Batched(self.batch, np.array(self.array, dtype=dtype))

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
        raise TypeError(
            f"vmap: an array of shape {self.shape}, which is another one for each of the {self.batch.size} examples, "
            f"is made {what}; choose between values with np.where, and compute with functions of NumPy"
        )

    def _one(self, how: Callable[[Any], Any], what: str) -> Any:
        """The value of all examples, where that is the same."""
        if self.size != 1:
            return how(np.empty(self.shape))  # which raises what it raises of an array
        array = self.array.reshape(-1)
        if not array.size or not bool((array == array[0]).all()):
            self._left(what)
        return how(array[0])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self._left("a plain array")

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
        chosen = self if not index else self[index[0] if len(index) == 1 and type(index[0]) is tuple else index]
        return chosen._one(_item, "a number of Python's")

    def tolist(self) -> Any:
        return self._left("a list")

    def __contains__(self, item: Any) -> bool:
        return bool((self == item).any())

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

    # ---- what is asked most ----------------------------------------------------------------------------------------

    def reshape(self, *shape: Any, **options: Any) -> Any:
        if len(shape) == 1 and not isinstance(shape[0], int | np.integer):
            shape = tuple(shape[0])
        return Batched(self.batch, self.array.reshape((self.batch.size, *_filled(shape, self.size)), **options))

    def transpose(self, *axes: Any) -> Any:
        if len(axes) == 1 and not isinstance(axes[0], int | np.integer):
            axes = () if axes[0] is None else tuple(axes[0])
        n = len(self.shape)
        if len(axes) not in (0, n):
            raise ValueError("axes don't match array")
        order = [a % n + 1 for a in axes] if axes else range(n, 0, -1)
        return Batched(self.batch, self.array.transpose((0, *order)))

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        n = len(self.shape)
        return Batched(self.batch, self.array.swapaxes(behind(axis1, n), behind(axis2, n)))

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        return Batched(self.batch, self.array.astype(dtype, *args, **kwargs))

    def copy(self, order: str = "C") -> Any:
        return Batched(self.batch, self.array.copy(order))

    def conj(self) -> Any:
        return self if self.array.dtype.kind != "c" else Batched(self.batch, self.array.conj())

    conjugate = conj

    def __getitem__(self, index: Any) -> Any:
        kind = type(index)
        if kind is int or kind is slice or index is None:
            return Batched(self.batch, self.array[:, index])
        if index is Ellipsis or (kind is tuple and not index):
            return self
        return call(self.batch, operator.getitem, (self, unwrap(index)), {})

    def __setitem__(self, index: Any, value: Any) -> None:
        call(self.batch, operator.setitem, (self, unwrap(index), unwrap(value)), {})

    def __pow__(self, other: Any, modulo: Any = None) -> Any:
        if not _is_operand(other):
            return NotImplemented
        if type(other) is Batched:
            return np.power(self, other)
        return Batched(self.batch, self.array**other) if not getattr(other, "ndim", 0) else np.power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return np.power(other, self) if _is_operand(other) else NotImplemented

    def __ipow__(self, other: Any) -> Any:  # type: ignore[misc]
        power: Any = np.power
        return power(self, other, out=self)


def _item(value: Any) -> Any:
    return value.item()


def _filled(shape: tuple[int, ...], size: int) -> tuple[int, ...]:
    """A shape without its -1, which would take the examples in as well."""
    if -1 not in shape:
        return shape
    known = 1
    for n in shape:
        known *= n if n != -1 else 1
    return tuple([n if n != -1 else size // known if known else 0 for n in shape])


def _raised(x: Batched, ndim: int) -> Any:
    """The array of all examples, each with as many axes as the result has."""
    more = ndim - len(x.shape)
    return x.array if not more else x.array.reshape((x.batch.size, *(1,) * more, *x.shape))


def behind(axis: Any, ndim: int) -> int:
    """Where an axis of one example stands in the array of all. Raises AxisError where there is none."""
    axis = operator.index(axis)
    if not -ndim <= axis < ndim:
        raise np.exceptions.AxisError(axis, ndim)
    return int(axis % ndim + 1)


def _is_operand(other: Any) -> bool:
    return not isinstance(other, Tensor) and (
        type(other) is Batched or not hasattr(other, "__array_ufunc__") or isinstance(other, np.ndarray | np.generic)
    )


def _operator(ufunc: Any) -> tuple[Any, Any, Any]:
    elementwise = ufunc.signature is None

    def there(self: Any, other: Any) -> Any:
        kind = type(other)
        if elementwise and kind is Batched and other.batch is self.batch and len(other.shape) == len(self.shape):
            return Batched(self.batch, ufunc(self.array, other.array))
        if kind is float or kind is int:
            return Batched(self.batch, ufunc(self.array, other))
        return ufunc(self, other) if _is_operand(other) else NotImplemented

    def back(self: Any, other: Any) -> Any:
        return ufunc(other, self) if _is_operand(other) else NotImplemented

    def inplace(self: Any, other: Any) -> Any:
        return ufunc(self, other, out=self) if _is_operand(other) else NotImplemented

    return there, back, inplace


_OPERATORS: dict[str, Any] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide, "matmul": np.matmul,
    "floordiv": np.floor_divide, "mod": np.remainder, "and": np.bitwise_and, "or": np.bitwise_or,
    "xor": np.bitwise_xor, "lshift": np.left_shift, "rshift": np.right_shift,
}  # fmt: skip
for _name, _ufunc in _OPERATORS.items():
    for _text, _made in zip(("__{}__", "__r{}__", "__i{}__"), _operator(_ufunc), strict=True):
        setattr(Batched, _text.format(_name), _made)
for _name, _ufunc in {
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
}.items():  # fmt: skip
    setattr(Batched, f"__{_name}__", _operator(_ufunc)[0])


def _unary(ufunc: Any) -> Callable[[Any], Any]:
    return lambda self: Batched(self.batch, ufunc(self.array))


for _name, _ufunc in {
    "__neg__": np.negative, "__pos__": np.positive, "__abs__": np.absolute, "__invert__": np.invert,
}.items():  # fmt: skip
    setattr(Batched, _name, _unary(_ufunc))

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
    built = registry.get(function)  # of primitives, each of which has its form
    composed = not hasattr(built, "primitive") and not hasattr(built, "plain")
    if built is not None and composed and function not in batch.building:
        batch.building.add(function)
        try:
            return built(*args, **kwargs)
        finally:
            batch.building.discard(function)
    return batch.loop(function, args, kwargs)


def form_of(function: Any) -> Form | None:
    """The batched form of a function; of a ufunc and its methods that of all of them."""
    form = FORMS.get(function)
    if form is None:
        ufunc = function if isinstance(function, np.ufunc) else getattr(function, "__self__", None)
        if isinstance(ufunc, np.ufunc) and (ufunc.signature is None or ufunc is not function):
            kind = OF_UFUNCS.get("" if ufunc is function else function.__name__)
            form = None if kind is None else functools.partial(kind, ufunc)
    return form


OF_UFUNCS: dict[str, Callable[..., Any]] = {}
"""The batched form of all ufuncs, by the name of the method that is called: form(ufunc, batch, *args, **kwargs)."""


def form(*functions: Any) -> Callable[[Form], Form]:
    """Declare the batched form of these functions."""

    def register(made: Form) -> Form:
        FORMS.update(dict.fromkeys(functions, made))
        return made

    return register


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


_PLAIN = frozenset({_ndarray, int, float, bool, str, type(None), type(Ellipsis), complex})


def said(function: Any) -> str:
    """What a function is called."""
    name = str(getattr(function, "__name__", function))
    if isinstance(function, np.ufunc) or str(getattr(function, "__module__", "")).startswith("numpy"):
        return f"np.{name}"
    if isinstance(getattr(function, "__self__", None), np.ufunc):
        return f"np.{function.__self__.__name__}.{name}"
    if getattr(function, "__code__", None) is not None and function.__code__.co_filename == "<rule>":
        name = getattr(function.__globals__.get("rule"), "__name__", name)
        return f"the rule {name}" if name != "<lambda>" else "a rule"
    return name


def inside(frame: FrameType | None) -> bool:
    """Whether one is within a primitive's function or a rule, which can be run as a whole; of a checkpoint, in none."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name == "<rule>" or name.startswith("<primitive "):
            return name != "<primitive checkpoint>" and frame.f_code.co_name != "checkpoint"
        frame = frame.f_back
    return False


def refuse(batch: Batch, x: Any) -> None:
    """Raise where a value that is another one for each example would be written into an array that is the same."""
    if batch.holds(x):
        return
    if inside(sys._getframe(1)):
        raise Untraceable("an array that is written to", batch)
    raise TypeError(
        f"vmap: a value that is another one for each example is written into an array of shape {np.shape(x)} that is "
        f"the same for all; make that with np.zeros(shape, like=x), or np.zeros_like(x)"
    )


_WRITTEN: dict[Any, str] = {
    np.copyto: "dst", np.place: "arr", np.put: "a", np.putmask: "a", np.put_along_axis: "arr", np.fill_diagonal: "a",
    operator.setitem: "", np.ndarray.fill: "", np.ndarray.put: "", np.ndarray.sort: "", np.ndarray.partition: "",
}  # fmt: skip
"""Functions that write into their first argument, and its name."""


def written(function: Any, args: Any, kwargs: Any) -> list[Any]:
    """The arrays that a call writes to."""
    out = kwargs.get("out")
    found = [] if out is None else list(out) if type(out) is tuple else [out]
    if getattr(function, "__name__", "") == "at" and isinstance(getattr(function, "__self__", None), np.ufunc):
        found.append(args[0])
    elif type(function).__hash__ is not None and function in _WRITTEN:
        found.append(args[0] if args else kwargs[_WRITTEN[function]])
    return found


def followed(batch: Batch, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """A function's result for one example, where a trace or another batch may have to take it as a whole."""
    try:
        return function(*args, **kwargs)
    except Exception as error:
        whole = who_follows(error)
        if whole is None or whole is batch:
            raise
        return whole.opaque(function, *args, **kwargs)
