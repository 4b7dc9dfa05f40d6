"""Tensor: an ndarray with a gradient.

What a Tensor is stands here. The layers above put in place what they know how to do: dispatch.py what NumPy's functions
make of it, sweep.py its `backward`, `ops/assignment.py` how it is assigned to, `ops/methods.py` its operators and
ndarray's methods, which are the primitives themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np

from . import versions
from .blocks import in_blocks, noted
from .hooks import RemovableHandle
from .leaving import leave, left_to_operand
from .node import Leaf, Node


class Tensor:
    """An array that can record what is computed from it, and receive a gradient.

    data           anything that NumPy makes a numeric array of; it is copied. A copy of a tracked Tensor, or of a list
                   that holds some, stays joined to it
    dtype          as in NumPy; without it, that of np.asarray(data)
    requires_grad  whether to record what is computed from it, for gradients; floating and complex dtypes only
    name           shown in drawings

    Raises TypeError for data that are not numeric, for masked arrays, and for requires_grad with an integer or boolean
    dtype.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    Tensor([2., 4.])
    """

    __slots__ = ("__weakref__", "_content", "_cut", "_family", "_grad", "_name", "_node")

    _content: Any  # the array, by a name that numpy.ma does not read
    _node: Node | None
    _grad: Tensor | None
    _family: list[ref[Tensor]] | None  # the Tensors that share this one's memory, if any ever did
    _cut: str  # "no_grad" or "detach" where that took this tensor out of the graph; else never set
    _name: str | None

    def __init__(self, data: Any, dtype: Any = None, requires_grad: bool = False, name: str | None = None) -> None:
        self._node = None
        if isinstance(data, Tensor) and data._node is None:
            data = data._content
        if type(data) is np.ndarray:
            data = np.array(data, dtype=dtype)
        elif data.__class__ is not type(data) and hasattr(type(data), "copied"):  # it stands for an array
            data = data.copied(dtype)
        elif isinstance(data, Tensor) or holds_tensor(data):
            made = Tensor._joined(data, dtype)
            data, self._node = made._content, made._node
        elif isinstance(data, np.ndarray | np.generic) or not hasattr(data, "__array_function__"):
            check_unmasked(data, "Tensor")
            data = _array_of(data, dtype)
        else:
            data = data.astype(dtype) if dtype is not None and data.dtype != dtype else data.copy()
            data = noted(data) if in_blocks(data) else data
        if data.dtype.kind not in "fciub":
            raise TypeError(f"Tensor: expected numeric data, got dtype {data.dtype}")
        self._content = data
        self._grad = None
        self._family = None
        self._name = name
        if requires_grad:
            self.requires_grad_()

    # ---- what it is ------------------------------------------------------------------------------------------------

    @property
    def data(self) -> Any:
        """The array, not a copy. To assign gives the tensor another array (`t.data -= step` writes in place)."""
        return self._content

    @data.setter
    def data(self, value: Any) -> None:
        if value is self._content:  # an augmented assignment has just written into it
            versions.touch(value)
            return
        if isinstance(value, Tensor):
            value = value._content
        if not hasattr(value, "dtype"):
            if value is None:  # of which NumPy would make NaN
                raise TypeError(
                    "Tensor.data: expected an array, got None; to forget a gradient write t.grad = None instead"
                )
            value = np.asarray(value, dtype=self._content.dtype)
        elif isinstance(value, np.generic):
            value = np.asarray(value)
        if self._node is not None:
            if value.shape != self._content.shape:
                raise ValueError(
                    f"Tensor.data: expected shape {self._content.shape} (it requires a gradient), got {value.shape}"
                )
            value = value.astype(self._content.dtype) if value.dtype != self._content.dtype else value
        self._content = value
        self._family = None

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward passes have added up here, or None.

        Warns, as PyTorch does, of a tensor that was computed from others and has not been told to retain_grad().
        """
        if self._grad is not None or (node := self._node) is None or node.plan is None:
            return self._grad
        if node.extras is None or node.extras.retain is None:
            from warnings import warn

            warn(
                f"grad: backward() leaves none in a tensor that was computed from others, as this one of shape "
                f"{self.shape}; call retain_grad() on it before, or, if it was to be a parameter's next value, write "
                f"p.data -= step, for p = p - step makes another tensor",
                stacklevel=2,
            )
        return None

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None:
            value = value if isinstance(value, Tensor) else Tensor(value)
            if value.shape != self.shape:
                raise ValueError(
                    f"Tensor.grad: expected shape {self.shape}, got {value.shape}; None stands for no gradient"
                )
            if value.dtype != self.dtype:
                if not np.can_cast(value.dtype, self.dtype, "same_kind"):
                    raise TypeError(f"Tensor.grad: expected a gradient of {self.dtype}, got one of {value.dtype}")
                value = value.astype(self.dtype)
        self._grad = value

    @property
    def name(self) -> str | None:
        """What drawings call it, even when the tensor itself is gone: its place in the graph keeps the name."""
        return self._name

    @name.setter
    def name(self, value: str | None) -> None:
        self._name = value
        if self._node is not None:
            self._node.rename(value)

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to or through this tensor."""
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Make this tensor a leaf that receives a gradient, or one that does not; returns it.

        Raises TypeError for an integer or boolean dtype, RuntimeError for False on a tensor that was computed.
        """
        if requires_grad:
            if self._content.dtype.kind not in "fc":
                raise TypeError(
                    f"requires_grad: only floating and complex tensors have gradients, this one is "
                    f"{self._content.dtype}; convert it, with dtype=float for instance"
                )
            if self._node is None:
                self._node = Leaf(self)
        elif not self.is_leaf:
            raise RuntimeError("requires_grad: this tensor was computed from others; use .detach() for one without")
        else:
            self._node = None
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made this tensor."""
        return self._node is None or self._node.plan is None

    @property
    def grad_fn(self) -> Node | None:
        """The node of the operation that made this tensor; None for a leaf."""
        return None if self.is_leaf else self._node

    @property
    def shape(self) -> tuple[int, ...]:
        shape: tuple[int, ...] = self._content.shape
        return shape

    @property
    def ndim(self) -> int:
        ndim: int = self._content.ndim
        return ndim

    @property
    def size(self) -> int:
        """How many elements it has."""
        return Size(self._content.size)

    @property
    def dtype(self) -> np.dtype[Any]:
        dtype: np.dtype[Any] = self._content.dtype
        return dtype

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        nbytes: int = self._content.nbytes
        return nbytes

    def numpy(self, **options: Any) -> Any:
        """The array, not a copy. Raises TypeError for PyTorch's force=, of which there is no need."""
        if options:
            raise TypeError(f"Tensor.numpy: expected no arguments, got {'=, '.join(options)}=; write x.numpy()")
        return self._content

    def item(self, *index: int) -> Any:
        """The one element, or the one at `index`, as a Python number."""
        if not index and self._content.size != 1:
            raise ValueError(f"Tensor.item: expected one element, or an index, got a tensor of shape {self.shape}")
        return element(self._content, *index)

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        return (np.asarray(self._content) if in_blocks(self._content) else self._content).tolist()

    def detach(self) -> Tensor:
        """A tensor of the same memory, outside of the graph.

        >>> x = Tensor(3.0, requires_grad=True)
        >>> (x * x.detach()).backward()
        >>> x.grad
        Tensor(3.)
        """
        made = wrap(self._content)
        if self._node is not None:
            made._cut = "detach"
        return made

    # ---- gradients -------------------------------------------------------------------------------------------------

    def retain_grad(self) -> None:
        """Have the backward pass leave this tensor's gradient in `.grad` though it is no leaf."""
        if self._node is None:
            raise RuntimeError("retain_grad: this tensor does not require a gradient; make it with requires_grad=True")
        if not self.is_leaf:
            self._node.more().retain = ref(self)

    def register_hook(self, hook: Callable[[Tensor], Any]) -> RemovableHandle:
        """Call `hook` with this tensor's gradient when it is complete, once a backward pass.

        A result other than None replaces the gradient. Returns a handle whose `remove()` takes the hook out again.

        >>> x = Tensor(2.0, requires_grad=True)
        >>> handle = x.register_hook(lambda g: g * 10)
        >>> (x * 3).backward()
        >>> x.grad
        Tensor(30.)
        """
        if self._node is None:
            raise RuntimeError(
                "register_hook: this tensor does not require a gradient; make it with requires_grad=True"
            )
        if not callable(hook):
            raise TypeError(f"register_hook: expected a function of the gradient, got {type(hook).__name__}")
        return RemovableHandle(self._node.more().hooks, hook)

    # ---- NumPy's protocols -----------------------------------------------------------------------------------------

    __pandas_priority__ = 5000  # so that a Series or a DataFrame leaves it to a Tensor to compute with both

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if dtype is None and left_to_operand():
            return _NO_ARRAY
        if dtype is None or np.dtype(dtype).kind not in "biu":  # nothing is lost by rounding to integers
            leave(self._node, self.shape, "np.asarray")
        return np.array(self._content, dtype=dtype, copy=copy)

    def __dlpack__(self, **options: Any) -> Any:
        leave(self._node, self.shape, "__dlpack__", export=True)
        return self._content.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self._content.__dlpack_device__()

    @property
    def _mask(self) -> Any:
        """None. Of each operand numpy.ma asks for its mask, and takes the values where no protocol sees it."""
        leave(self._node, self.shape, "numpy.ma")
        raise AttributeError("a Tensor has no mask", name="_mask", obj=self)

    # ---- Python's --------------------------------------------------------------------------------------------------

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        content = self._content
        if hasattr(type(content), "as_text"):  # of many examples at once, which are no plain array
            text = content.as_text()
        elif isinstance(content, np.ndarray | np.generic):
            text = np.array2string(np.asarray(content), separator=", ", prefix="Tensor(")
        else:
            text = repr(content)
        default = self._content.dtype in (np.float64, np.int64, np.bool_, np.complex128)
        parts = [text] + ([] if default and 0 not in self.shape else [f"dtype={self._content.dtype}"])
        parts += ["requires_grad=True"] if self.requires_grad else []
        parts += [f"name={self.name!r}"] if self.name else []
        return f"Tensor({', '.join(parts)})"

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ValueError(f"bool: a tensor of shape {self.shape} is neither true nor false; use .any() or .all()")
        return bool(self._content)

    def __len__(self) -> int:
        return len(self._content)

    def __iter__(self) -> Iterator[Tensor]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return (self[i] for i in range(len(self)))

    def __contains__(self, item: Any) -> bool:
        return bool((self == item).any())

    def __float__(self) -> float:
        leave(self._node, self.shape, "float")
        return float(element(self._content))

    def __int__(self) -> int:
        return int(element(self._content))

    def __complex__(self) -> complex:
        leave(self._node, self.shape, "complex")
        return complex(element(self._content))

    def __index__(self) -> int:
        index: int = self._content.__index__()
        return index

    def __format__(self, spec: str) -> str:
        if not spec:
            return str(self)
        if self.size != 1:
            raise TypeError(
                f"format: expected one element for {spec!r}, got a tensor of shape {self.shape}; format its elements "
                f"one by one, or print it under numpy.printoptions(precision=2)"
            )
        return format(element(self._content), spec)

    def __copy__(self) -> Tensor:
        return self.__deepcopy__({})

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        """One of the same value, class and name: of a leaf a leaf, of what was computed a copy that is joined to it."""
        made: Tensor = type(self).__new__(type(self))
        memo[id(self)] = made
        copied = None if self.is_leaf else Tensor._joined(self)
        made.__setstate__(self.__getstate__(np.array(self._content, copy=True) if copied is None else copied._content))
        if copied is not None:
            made._node = copied._node
        return made

    def __reduce__(self) -> Any:
        if not self.is_leaf:
            leave(self._node, self.shape, "pickle")
        return _new, (type(self),), self.__getstate__()

    def __getstate__(self, data: Any = None) -> dict[str, Any]:
        return {
            "data": self._content if data is None else data, "requires_grad": self.requires_grad, "name": self.name,
            **getattr(self, "__dict__", {}),
        }  # fmt: skip

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        data, requires_grad, self._name = state.pop("data"), state.pop("requires_grad"), state.pop("name")
        self._content = np.asarray(data) if isinstance(data, np.ndarray) else data  # as joblib has it, a memory map
        self._node = self._grad = self._family = None
        if requires_grad:
            self.requires_grad_()
        if state:
            self.__dict__.update(state)

    if TYPE_CHECKING:  # put in place by the layers above

        def backward(
            self, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None
        ) -> None: ...
        @staticmethod
        def _joined(data: Any, dtype: Any = None) -> Tensor: ...
        def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any: ...
        def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any: ...
        def __setitem__(self, index: Any, value: Any) -> None: ...
        def __getattr__(self, name: str) -> Any: ...
        def __add__(self, other: Any) -> Tensor: ...
        def __radd__(self, other: Any) -> Tensor: ...
        def __sub__(self, other: Any) -> Tensor: ...
        def __rsub__(self, other: Any) -> Tensor: ...
        def __mul__(self, other: Any) -> Tensor: ...
        def __rmul__(self, other: Any) -> Tensor: ...
        def __truediv__(self, other: Any) -> Tensor: ...
        def __rtruediv__(self, other: Any) -> Tensor: ...
        def __pow__(self, other: Any) -> Tensor: ...
        def __rpow__(self, other: Any) -> Tensor: ...
        def __matmul__(self, other: Any) -> Tensor: ...
        def __rmatmul__(self, other: Any) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __abs__(self) -> Tensor: ...
        def __getitem__(self, index: Any) -> Tensor: ...


def element(array: Any, *index: int) -> Any:
    """The one element of an array, or the one at `index`, as a Python number; one that is computed later, now."""
    return (np.asarray(array) if in_blocks(array) else array).item(*index)


def _array_of(data: Any, dtype: Any) -> Any:
    try:
        return np.array(data, dtype=dtype)
    except (TypeError, ValueError) as error:  # NumPy's words do not say whose they are
        raise type(error)(f"Tensor: expected numbers, in nested lists of one shape: {error}") from None


class Size(int):
    """A number of elements; called, as PyTorch's method of the same name is, it says what to write."""

    __slots__ = ()

    def __call__(self, *axis: Any, **named: Any) -> Any:
        instead = "".join(["x.shape", *(f"[{value}]" for value in (*axis, *named.values())[:1])])
        raise TypeError(
            f"Tensor.size: expected no call, for it is the number of elements, as ndarray's; write {instead}"
        )

    def __reduce__(self) -> Any:
        return int, (int(self),)


def _new(kind: type[Tensor]) -> Tensor:
    return kind.__new__(kind)


def holds_tensor(value: Any) -> bool:
    """Whether a Tensor stands somewhere in a list or a tuple."""
    if type(value) is not list and type(value) is not tuple:
        return False
    kinds = set(map(type, value))  # of many numbers there are few
    if kinds <= _NUMBERS:
        return False
    return any(issubclass(kind, Tensor) for kind in kinds) or any(map(holds_tensor, value))


_NO_ARRAY = np.array(None)
"""What NumPy makes of what is no array, by which SciPy's sparse matrices know it."""
_NUMBERS = frozenset({bool, int, float, complex, np.float64})


def check_unmasked(value: Any, who: str) -> None:
    """Raise TypeError for a masked array, whose mask an array cannot keep."""
    if isinstance(value, np.ndarray) and hasattr(value, "filled"):
        raise TypeError(
            f"{who}: expected an array without a mask, got a masked one, whose mask would be lost; fill it, with "
            f".filled(0), or take what is not masked, with .compressed()"
        )


def unwrap(value: Any) -> Any:
    """The arrays inside of Tensors, also of those inside lists, tuples, dicts and slices."""
    if isinstance(value, Tensor):
        return value._content
    if type(value) is tuple or type(value) is list:
        return type(value)([unwrap(item) for item in value])
    if type(value) is dict:
        return {key: unwrap(item) for key, item in value.items()}
    if type(value) is slice:
        return slice(unwrap(value.start), unwrap(value.stop), unwrap(value.step))
    return value


def plain(value: Any) -> Any:
    """The array in a Tensor, or the one given, of whatever kind; of anything else NumPy's array."""
    value = unwrap(value)
    return value if hasattr(value, "dtype") else np.asarray(value)


def alike(array: Any, other: Any) -> Any:
    """An array of NumPy's as one of the kind of another: where that is a GPU's, the two could not be mixed."""
    other = other._content if isinstance(other, Tensor) else other
    if isinstance(other, np.ndarray | np.generic) or not isinstance(array, np.ndarray | np.generic):
        return array if type(other) is other.__class__ or not hasattr(type(other), "beside") else other.beside(array)
    return array if in_blocks(other) or not hasattr(other, "__array_function__") else np.asarray(array, like=other)


def wrap(value: Any, node: Node | None = None) -> Tensor:
    """A Tensor that shares the array `value` and stands at `node` of the graph."""
    result: Tensor = object.__new__(Tensor)
    result._content = value
    result._node = node
    result._grad = None
    result._family = None
    result._name = None
    return result
