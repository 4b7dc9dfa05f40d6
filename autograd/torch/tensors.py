"""Tensor by PyTorch's convention, and what `torch.*` offers: the tables that the other modules here fill.

What is offered is a function by NumPy's convention (see boundary.py) whose first argument is the tensor; it is
`torch.name`, and a method unless that is denied. `name_` is the method that puts the result in the tensor's place.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from ..engine.primitive import registry
from ..engine.tensor import Tensor as Base
from ..engine.tensor import unwrap, wrap
from ..ops import elementwise, indexing, products
from . import absent, dtypes
from .boundary import NAMES, RAISED, Function, above, below, check_cast, convention, raised
from .dtypes import Size, common, device

_F4, _F8 = np.dtype(np.float32), np.dtype(np.float64)


class Tensor(Base):
    """The engine's Tensor, by PyTorch's convention: the same object, and the same gradients.

    >>> import autograd.torch as torch
    >>> x = torch.tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True)
    >>> x.std(dim=1).sum().backward()
    >>> x.size(0), x.grad.view(-1)
    (2, tensor([-0.7071,  0.7071, -0.7071,  0.7071]))
    """

    __slots__ = ()

    def __init__(self, *data: Any, **options: Any) -> None:
        """As torch.Tensor: of a list or an array float32, of numbers a shape. `torch.tensor` keeps a dtype."""
        if not convention.torch:
            return Base.__init__(self, *data, **options)
        if len(data) != 1 or isinstance(data[0], int | Size):
            data = (np.zeros(data[0] if data and isinstance(data[0], Size) else data or 0),)
        _start(self, data[0], options.get("dtype", dtypes.default()), options.get("requires_grad", False))

    def _size(self, dim: int | None = None) -> Any:
        return Size(self._content.shape) if dim is None else self._content.shape[dim]

    def _alias(self) -> Any:
        return raised(wrap(self._content))

    shape = property(lambda self: Size(self._content.shape) if convention.torch else self._content.shape)
    size = property(lambda self: self._size if convention.torch else self._content.size)
    dtype = property(lambda self: dtypes.of(self._content.dtype) if convention.torch else self._content.dtype)  # type: ignore[assignment]
    is_cuda = is_mps = is_xpu = is_sparse = is_quantized = is_meta = is_nested = False
    is_cpu, layout = True, None
    device = property(lambda self: device() if convention.torch else "cpu")
    data = property(
        lambda self: self._alias() if convention.torch else self._content,
        lambda self, value: _setters["data"](self, value),
    )
    grad = property(  # type: ignore[assignment]
        lambda self: raised(Base.grad.fget(self) if self._grad is None else self._grad),  # type: ignore[attr-defined]
        lambda self, value: _setters["grad"](self, value),
    )

    def numpy(self, *, force: bool = False) -> Any:  # type: ignore[override]
        """The array, not a copy. As in PyTorch a tensor that requires a gradient is to be detached before."""
        if self._node is not None and not force and convention.torch:
            raise RuntimeError("Tensor.numpy: this tensor requires a gradient; write x.detach().numpy()")
        return self._content

    def register_hook(self, hook: Any) -> Any:
        return Base.register_hook(self, above(hook))

    def __repr__(self) -> str:
        data = np.asarray(self._content)
        parts = [np.array2string(data, separator=", ", prefix="tensor(", formatter=_writers(data))]
        if not data.size and data.ndim != 1:
            parts = ["[]", f"size={data.shape}"]
        if data.dtype not in (dtypes.default(), *((np.int64, np.bool_) if data.size else ())):
            parts.append(f"dtype={dtypes.of(data.dtype)}")
        if self._node is not None:
            parts.append("requires_grad=True" if self.is_leaf else f"grad_fn=<{self._node.name}>")
        return f"tensor({', '.join(parts)})"

    def __bool__(self) -> bool:
        if self._content.size != 1:
            raise RuntimeError(f"bool: a tensor of shape {self._content.shape} is neither true nor false; use .any()")
        return bool(self._content)

    def __format__(self, spec: str) -> str:
        return format(self._content.item() if self._content.ndim == 0 else str(self), spec)

    def __array_ufunc__(self, *args: Any, **kwargs: Any) -> Any:
        return _ufunc(self, *args, **kwargs)

    def __array_function__(self, *args: Any, **kwargs: Any) -> Any:
        return _function(self, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if convention.torch and not name.startswith("_") and not hasattr(type(self), name):
            raise absent.error(f"Tensor.{name}")
        return Base.__getattr__(self, name)

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self)} - _hidden)


def _writers(data: Any) -> Any:
    """How the elements are written: in one width, with as many digits as they need, four at most."""
    finite = data[np.isfinite(data)] if data.dtype.kind == "f" else data.reshape(-1)
    if data.dtype.kind == "f":
        sizes = np.abs(finite := finite[finite != 0])
        whole = bool((finite == np.rint(finite)).all())
        apart = bool(sizes.size) and float(sizes.max()) > min(1e3 * float(sizes.min()), 1e8)
        form = ".4e" if apart or (not whole and float(sizes.min()) < 1e-4) else ".0f" if whole else ".4f"
        write: Any = lambda x: f"{x:{form}}" + "." * (form == ".0f" and bool(np.isfinite(x)))
    elif data.dtype.kind in "iub":
        write = str
    else:
        return None
    width = max([len(write(x)) for x in (finite.min(), finite.max())], default=0) if finite.size else 0
    return {"all": lambda x: write(x).rjust(width)}


RAISED[Base] = Tensor
_start, _ufunc, _function = below(Base.__init__), below(Base.__array_ufunc__), below(Base.__array_function__)
_setters: dict[str, Any] = {name: below(vars(Base)[name].fset) for name in ("data", "grad")}


where, clip, ravel = (registry[function] for function in (np.where, np.clip, np.ravel))  # with none to dispatch them


def paired(names: str) -> dict[str, str]:
    """By name, the one behind a colon, or the same."""
    return {word.partition(":")[0]: word.rpartition(":")[2] for word in names.split()}


def table(names: str, source: Any, make: Any = lambda function: function) -> dict[str, Any]:
    """By name, what is made of a module's function of that name, or of the one behind a colon."""
    return {name: make(getattr(source, theirs)) for name, theirs in paired(names).items()}


def values(value: Any) -> Any:
    """The array of a Tensor, or of what makes one: for what has no gradient, such as an order or a mask."""
    array = unwrap(value)
    return array if hasattr(array, "__array_function__") else np.asarray(array)


def cast(value: Any, kind: Any) -> Any:
    """A tensor or an array in that dtype, or as it is for None; a number as it is."""
    return value.astype(kind) if kind is not None and hasattr(value, "dtype") and value.dtype != kind else value


def of_kind(value: Any, like: Any) -> Any:
    """A tensor, an array or a number in the dtype of another."""
    return cast(value, like.dtype) if hasattr(value, "dtype") else like.dtype.type(value)


def conj(value: Any) -> Any:
    return np.conj(value) if value.dtype.kind == "c" else value


def alike(*values: Any) -> list[Any]:
    """The operands in the dtype that PyTorch's promotion gives them."""
    kind = common(*values)
    return [value if getattr(value, "dtype", kind) is kind else cast(value, kind) for value in values]


def floats(input: Any) -> Any:
    """Integers and bools in the default dtype; anything else as it is."""
    return input.astype(dtypes.default()) if input.dtype.kind in "biu" else input


def operator(function: Any, floating: bool = False) -> Function:
    """The function of two operands, on what promotion makes of them; with `floating`, integers become floats."""

    def through(x: Any, y: Any) -> Any:
        kind = common(x, y)
        if kind is None:
            return NotImplemented
        kind = dtypes.default() if kind.kind in "biu" and floating else kind
        made = function(cast(x, kind), cast(y, kind))
        return made if made.dtype == kind or kind.kind in "biu" else made.astype(kind)

    slowly = below(through)

    def operate(input: Any, other: Any) -> Any:
        if isinstance(input, Base):
            kind, known = input._content.dtype, other.__class__ is float or other.__class__ is int
            known = known or (isinstance(other, Base) and other._content.dtype is kind)
        else:
            kind, known = other._content.dtype, input.__class__ is float or input.__class__ is int
        if known and (kind is _F4 or kind is _F8):
            result = function(input, other)
            result.__class__ = Tensor
            return result
        return slowly(input, other)

    return operate


def comparison(ufunc: Any) -> Function:
    plainly = registry[ufunc]
    return below(lambda input, other: plainly(input, other))


def direct(function: Any, theirs: Any = None) -> Function:
    """A function of one argument that has a gradient, element by element: integers become floats before."""
    function = registry.get(function, function)
    through = below(lambda input: function(floats(input)))

    def call(input: Any, *more: Any, **out: Any) -> Any:
        if theirs is not None and not convention.torch:
            return theirs(input, *more, **out)
        kind = input._content.dtype
        if out or more or (kind is not _F4 and kind is not _F8):
            return through(input, *more, **out)
        result = function(input)
        result.__class__ = Tensor
        return result

    return call


def itself(function: Function, theirs: Any = None) -> Function:
    """A function that is PyTorch's as it stands."""
    return function


def viewing(function: Any, theirs: Any = None) -> Function:
    """A function that asks of its tensor nothing but the shape, which is the same by both conventions."""

    def call(input: Any, *args: Any, **kwargs: Any) -> Any:
        if theirs is not None and not convention.torch:
            return theirs(input, *args, **kwargs)
        if kwargs:
            result = function(input, *args, **{NAMES.get(name, name): value for name, value in kwargs.items()})
        else:
            result = function(input, *args)
        if result.__class__ is Base:
            result.__class__ = Tensor
        elif result.__class__ is tuple:
            raised(result)
        return result

    return call


OPERATORS: dict[str, Function] = {
    "add": operator(elementwise.add), "sub": operator(elementwise.subtract), "mul": operator(elementwise.multiply),
    "truediv": operator(elementwise.divide, True), "pow": operator(elementwise.power),
    "floordiv": operator(elementwise.floor_divide), "mod": operator(elementwise.remainder),
    "and": operator(elementwise.bitwise_and), "or": operator(elementwise.bitwise_or),
    "xor": operator(elementwise.bitwise_xor), "lshift": operator(elementwise.left_shift),
    "rshift": operator(elementwise.right_shift), "matmul": operator(products.matmul),
}  # fmt: skip
"""Python's operators, by name."""
COMPARISONS = {
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
}  # fmt: skip


def _getitem(self: Any, index: Any) -> Any:
    result = indexing.getitem(self, index)
    result.__class__ = Tensor
    return result


def _flipped(operate: Function) -> Function:
    return lambda self, other: operate(raised(other) if isinstance(other, np.ndarray) else other, self)


def _item(self: Any) -> Any:
    content = self._content
    return content.item() if type(content) is np.ndarray and content.size == 1 else _through(self)


for _name, _operate in OPERATORS.items():
    setattr(Tensor, f"__{_name}__", _operate)
    setattr(Tensor, f"__r{_name}__", _flipped(_operate))
for _name, _ufunc_of in COMPARISONS.items():
    setattr(Tensor, f"__{_name}__", comparison(_ufunc_of))
Tensor.__getitem__ = _getitem  # type: ignore[method-assign]
_through, Tensor.item = below(Base.item), _item  # type: ignore[method-assign, assignment]
Tensor.__hash__ = object.__hash__  # type: ignore[method-assign, assignment]
for _name in ("__neg__", "__abs__", "__pos__", "__invert__", "__setitem__", "__deepcopy__", "__copy__", "__round__",
              "__divmod__", "__rdivmod__", "__float__", "backward",
              *(f"__i{_name}__" for _name in OPERATORS)):  # fmt: skip
    setattr(Tensor, _name, below(getattr(Base, _name)))
for _name in ("T", "mT", "real", "imag"):
    setattr(Tensor, _name, property(below(getattr(Base, _name).fget)))
Tensor.H = Tensor.mH = property(below(lambda self: conj(np.swapaxes(self, -1, -2))))  # type: ignore[attr-defined]

# ---- what is offered -------------------------------------------------------------------------------------------------

FUNCTIONS: dict[str, Function] = {}
"""`torch.name`."""
METHODS: dict[str, Function] = {}


_PAIRS = "max min median nanmedian mode sort topk kthvalue cummax cummin"
FIELDS = dict.fromkeys(_PAIRS.split(), "values indices") | {
    "aminmax": "min max", "svd": "U S V", "qr linalg.qr": "Q R", "slogdet linalg.slogdet": "sign logabsdet",
    "geqrf": "a tau", "triangular_solve": "solution cloned_coefficient", "lu_unpack linalg.lu": "P L U",
    "linalg.svd": "U S Vh", "linalg.eig linalg.eigh": "eigenvalues eigenvectors",
    "linalg.lstsq": "solution residuals rank singular_values", "linalg.lu_factor": "LU pivots",
    "linalg.lu_factor_ex": "LU pivots info", "linalg.ldl_factor": "LD pivots", "linalg.ldl_factor_ex": "LD pivots info",
    "linalg.inv_ex": "inverse info", "linalg.solve_ex": "result info", "linalg.cholesky_ex": "L info",
}  # fmt: skip
"""What the parts of a result are called."""
FIELDS = {name: fields for names, fields in FIELDS.items() for name in names.split()}


def with_fields(name: str, function: Any) -> Any:
    """The function, whose result of several parts has their names, if they have any."""
    if name not in FIELDS:
        return function
    made = namedtuple(name.rpartition(".")[2], FIELDS[name])  # type: ignore[misc]

    def call(*args: Any, **kwargs: Any) -> Any:
        found = function(*args, **kwargs)
        return made(*found) if found.__class__ is tuple else found

    return call


def offer(
    table: dict[str, Any], function: bool = True, method: bool = True, direct: Any = None, narrow: bool = True
) -> None:
    """Offer these functions, by name, as functions of torch, as methods, or as both."""
    for names, given in table.items():
        given = with_fields(names.partition(" ")[0], given)
        made = below(given, NAMES, narrow) if direct is None else direct(given)
        for name in names.split():
            if function:
                FUNCTIONS[name] = made
            if method:
                METHODS[name], theirs = made, getattr(Base, name, None)
                if theirs is not None:
                    METHODS[name] = below(given, NAMES, narrow, theirs) if direct is None else direct(given, theirs)
                kind = _reshaping if name in _RESHAPED else _augmenting(name) if name in _AT_ONCE else in_place
                METHODS.setdefault(f"{name}_", kind(made))


_RESHAPED = ("unsqueeze", "squeeze", "transpose", "swapaxes", "swapdims", "t", "as_strided")


def in_place(function: Function) -> Function:
    """The function whose result is put in its argument's place."""

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        made = function(self, *args, **kwargs)
        check_cast(made, self)
        self[...] = made
        return self

    return call


_AT_ONCE = {"add": "add", "sub": "sub", "subtract": "sub", "mul": "mul", "multiply": "mul", "div": "truediv"}


def _augmenting(name: str) -> Any:
    """The same of what is an operator: with a number, or a tensor of the same dtype, it is the augmented assignment."""
    augment = getattr(Tensor, f"__i{_AT_ONCE[name]}__")

    def made(function: Function) -> Function:
        slowly = in_place(function)

        def call(self: Any, *args: Any, alpha: Any = None, **kwargs: Any) -> Any:
            kind, other = self._content.dtype, args[0] if len(args) == 1 and not kwargs else None
            same = other._content.dtype is kind if isinstance(other, Base) else other.__class__ in (int, float)
            if same and kind.kind == "f":
                return augment(self, other if alpha is None else other * alpha)
            return slowly(self, *args, **kwargs, **({} if alpha is None else {"alpha": alpha}))

        return call

    return made


def _reshaping(view: Function) -> Function:
    """The tensor itself becomes the view."""

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        made = view(self, *args, **kwargs)
        if self._node is not None and self.is_leaf:
            raise RuntimeError("torch: this leaf requires a gradient, so its shape cannot be changed in place")
        self._content, self._node = made._content, made._node
        return self

    return call


_SHARED = ("grad_fn", "is_leaf", "name", "ndim", "itemsize", "nbytes", "requires_grad", "requires_grad_", "retain_grad",
           "tolist", "cpu", "cuda")  # fmt: skip
_hidden: set[str] = set()


def complete() -> None:
    """Give Tensor the methods that have been offered; those of ndarray's that PyTorch has not are found below only."""
    for name, made in METHODS.items():
        setattr(Tensor, name, made)
    for name in dir(Base):
        if not name.startswith("_") and name not in vars(Tensor) and name not in _SHARED:
            _hidden.add(name)
            setattr(Tensor, name, property(_of_ndarray(name)))


def _of_ndarray(name: str) -> Function:
    found = getattr(Base, name)

    def get(self: Any) -> Any:
        if convention.torch:
            raise AttributeError(f"'Tensor' has no attribute {name!r}: it is ndarray's; x.numpy() has it", name=name)
        return found.__get__(self) if hasattr(found, "__get__") else found

    return get
