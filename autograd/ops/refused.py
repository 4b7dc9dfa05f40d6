"""What Tensors refuse, by name: why it has no meaning for a gradient, and what to use instead.

A function of NumPy, or a method of ndarray, that would lose the graph without a word, or that works on bytes, files or
dates, raises a TypeError that says so. A method that a Tensor of PyTorch's has and an ndarray has not is no attribute;
the error says what to write.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.primitive import registry
from ..engine.tensor import Tensor

_FILES = "a file of NumPy's holds no graph", "write its .data, or use autograd.save"
_DATES = "dates are not numbers that have a gradient", "use it on .data"

FUNCTIONS: dict[str, tuple[str, str]] = {
    "save": _FILES, "savez": _FILES, "savez_compressed": _FILES, "savetxt": _FILES,
    "busday_count": _DATES, "busday_offset": _DATES, "is_busday": _DATES, "datetime_as_string": _DATES,
    "isnat": _DATES,
}  # fmt: skip
"""Functions of numpy: why not, and what to do."""

_BYTES = "bytes have no gradient", "use it on .data"

METHODS: dict[str, tuple[str, str]] = {
    "byteswap": _BYTES, "getfield": _BYTES, "setfield": _BYTES, "newbyteorder": _BYTES, "tofile": _FILES,
    "itemset": ("NumPy took it out", "assign: t[i] = value"), "tostring": ("NumPy took it out", "use tobytes"),
    "dump": ("it would pickle the array alone", "use pickle.dump on the Tensor, or autograd.save"),
    "dumps": ("it would pickle the array alone", "use pickle.dumps on the Tensor"),
    "resize": ("it would change the shape under the graph", "use reshape, or numpy.resize for a new Tensor"),
}  # fmt: skip
"""Methods of ndarray: the same."""


INSTEAD: dict[str, str] = {
    "flip": "np.flip(x, axis)", "roll": "np.roll(x, shift, axis)", "quantile": "np.quantile(x, q, axis)",
    "split": "np.split(x, indices, axis)", "step": "loss.backward(), and optimizer.step()",
    "median": "np.median(x, axis)", "cross": "np.cross(x, y)", "outer": "np.outer(x, y)",
    "lerp": "x + weight * (y - x)",
    "add": "x + y", "sub": "x - y", "mul": "x * y", "div": "x / y", "pow": "x ** y", "neg": "-x",
    "add_": "x += y", "sub_": "x -= y", "mul_": "x *= y", "div_": "x /= y", "copy_": "x[...] = y",
    "fill_": "x[...] = value", "zero_": "x[...] = 0", "clamp_": "x[...] = x.clip(low, high)",
    "masked_fill_": "x[mask] = value", "clamp_min": "x.clip(low)", "clamp_max": "x.clip(None, high)",
    "acos": "np.arccos(x)", "asin": "np.arcsin(x)", "atan": "np.arctan(x)", "atan2": "np.arctan2(x, y)",
    "lgamma": "autograd.gammaln(x)", "frac": "np.fmod(x, 1)", "addcmul": "x + value * y * z",
    "addcdiv": "x + value * y / z", "equal": "np.array_equal(x, y)", "pinverse": "np.linalg.pinv(x)",
    "cummax": "np.maximum.accumulate(x, axis)", "cummin": "np.minimum.accumulate(x, axis)",
    "logcumsumexp": "np.logaddexp.accumulate(x, axis)", "unfold": "autograd.windows(x, size, step)",
    "unflatten": "x.reshape(shape)", "swapdims": "x.swapaxes(axis1, axis2)",
    "tensor_split": "np.array_split(x, n, axis)",
    "is_contiguous": "x.flags.c_contiguous", "is_floating_point": "x.dtype.kind == 'f'", "element_size": "x.itemsize",
    "ndimension": "x.ndim", "new_zeros": "np.zeros_like(x, shape=shape)", "new_ones": "np.ones_like(x, shape=shape)",
    "new_full": "np.full_like(x, value, shape=shape)", "new_tensor": "Tensor(data, dtype=x.dtype)",
    "bernoulli": "(rng.random(x.shape) < x.data)", "multinomial": "rng.choice(len(x), n, p=x.data)",
    "matmul": "x @ y", "mm": "x @ y", "bmm": "x @ y", "mv": "x @ y", "rsqrt": "1 / np.sqrt(x)",
    "eq": "x == y", "ne": "x != y", "lt": "x < y", "le": "x <= y", "gt": "x > y", "ge": "x >= y",
    "clamp": "x.clip(low, high)", "clone": "x.copy()", "contiguous": "x",
    "dim": "x.ndim", "numel": "x.size", "nelement": "x.size", "stride": "x.strides", "detach_": "x.detach()",
    "amax": "x.max(axis)", "amin": "x.min(axis)", "norm": "np.linalg.norm(x)", "det": "np.linalg.det(x)",
    "inverse": "np.linalg.inv(x)", "dist": "np.linalg.norm(x - y)", "t": "x.T",
    "permute": "x.transpose(axes)", "movedim": "np.moveaxis(x, source, destination)",
    "unsqueeze": "np.expand_dims(x, axis), or x[None]", "expand": "np.broadcast_to(x, shape)",
    "expand_as": "np.broadcast_to(x, y.shape)", "view_as": "x.reshape(y.shape)", "tile": "np.tile(x, reps)",
    "repeat_interleave": "x.repeat(repeats, axis)", "chunk": "np.array_split(x, n, axis)",
    "unbind": "tuple(x)", "narrow": "x[start : start + length]", "select": "x[:, i]",
    "gather": "np.take_along_axis(x, indices, axis)", "index_select": "np.take(x, indices, axis)",
    "masked_fill": "np.where(mask, value, x)", "masked_select": "x[mask]", "where": "np.where(condition, x, y)",
    "scatter": "np.put_along_axis(x, indices, values, axis), on a copy",
    "scatter_add": "np.add.at(x, indices, values), on a copy", "index_add": "np.add.at(x, indices, values), on a copy",
    "topk": "np.sort(x)[..., : -k - 1 : -1]", "kthvalue": "np.sort(x, axis)[k - 1]", "unique": "np.unique(x)",
    "float": "x.astype(np.float32)", "double": "x.astype(np.float64)", "half": "x.astype(np.float16)",
    "int": "x.astype(np.int32)", "long": "x.astype(np.int64)", "bool": "x.astype(bool)", "byte": "x.astype(np.uint8)",
    "type": "x.astype(dtype), or x.dtype", "type_as": "x.astype(y.dtype)",
    "normal_": "x.data[...] = rng.normal(size=x.shape)", "uniform_": "x.data[...] = rng.uniform(size=x.shape)",
}  # fmt: skip
"""Methods of PyTorch's tensors that ndarray has not: what is written here. Functions of the same name are found."""

KEYWORDS: dict[str, str] = {
    "dim": "axis=", "keepdim": "keepdims=", "unbiased": "ddof=1 for True, ddof=0 for False",
    "descending": "[::-1] on the result, or -x", "as_tuple": "none; nonzero always gives a tuple",
}  # fmt: skip
"""Arguments of PyTorch's methods that ndarray's of the same name call otherwise."""

WITH_KEYWORDS = (
    "sum", "mean", "var", "std", "prod", "max", "min", "argmax", "argmin", "argsort", "sort", "any", "all", "cumsum",
    "cumprod", "squeeze", "nonzero",
)  # fmt: skip


def _refusal(name: str, why: str, instead: str, error: type[Exception] = TypeError) -> Callable[..., Any]:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise error(f"{name}: {why}; {instead}")

    refuse.__name__ = refuse.__qualname__ = name.rpartition(".")[2]
    refuse.__doc__ = f"Refused: {why}; {instead}."
    refuse.refused = (why, instead)  # type: ignore[attr-defined]
    return refuse


for _name, (_why, _instead) in FUNCTIONS.items():
    registry[getattr(np, _name)] = _refusal(f"numpy.{_name}", _why, _instead)

for _name, (_why, _instead) in METHODS.items():
    setattr(Tensor, _name, _refusal(f"Tensor.{_name}", _why, _instead))

Tensor.ctypes = property(_refusal("Tensor.ctypes", *_BYTES, AttributeError))  # type: ignore[attr-defined]


PLACES = {"np": vars(np), "np.linalg": vars(np.linalg)}
"""Where a function may stand that is sought as a method; the package puts its own names in."""


def _written_here(name: str) -> str | None:
    """What is written for a method that ndarray has not, where that is known."""
    if name in INSTEAD or name.startswith("_") or name in FUNCTIONS:
        return INSTEAD.get(name)
    for place, owner in PLACES.items():
        found = owner.get(name)
        if callable(found) and not isinstance(found, type):
            return f"{place}.{name}(x, ...)"
    if name.endswith("_"):
        instead = f"x.{name[:-1]}(...)" if hasattr(Tensor, name[:-1]) else _written_here(name[:-1])
        return instead and f"x[...] = {instead}"
    return None


def _absent(self: Tensor, name: str) -> Any:
    known = getattr(type(self), name, None)
    if isinstance(known, property) and known.fget is not None:
        return known.fget(self)  # it raised an AttributeError itself: again, for that one says more
    if name == "mask" and f"{sys._getframe(1).f_globals.get('__name__')}.".startswith("numpy.ma."):
        return self._mask  # by which np.ma.median asks, to take the values else
    instead = _written_here(name)
    said = f"; a Tensor has ndarray's methods: write {instead}" if instead else ""
    raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{said}", name=name, obj=self)


def _with_ndarrays_words(name: str) -> Callable[..., Any]:
    """The method, with an error that says what ndarray calls an argument that it does not know."""
    method: Any = getattr(Tensor, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except TypeError:
            if words := [word for word in kwargs if word in KEYWORDS]:
                raise TypeError(
                    f"Tensor.{name}: expected the arguments of ndarray's method, got {'=, '.join(words)}=; "
                    f"write {' and '.join(KEYWORDS[word] for word in words)}"
                ) from None
            raise

    call.__name__, call.__qualname__, call.__doc__ = name, f"Tensor.{name}", method.__doc__
    return call


for _name in WITH_KEYWORDS:
    setattr(Tensor, _name, _with_ndarrays_words(_name))

Tensor.__getattr__ = _absent  # type: ignore[method-assign]
