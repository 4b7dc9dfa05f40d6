"""What Tensors refuse, by name: why it has no meaning for a gradient, and what to use instead.

A function of NumPy, or a method of ndarray, that would lose the graph without a word, or that works on bytes, files or
dates, raises a TypeError that says so. A method that a Tensor of PyTorch's has and an ndarray has not is no attribute;
the error says what to write.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..primitive import registry
from ..tensor import Tensor

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
    **{
        name: f"np.{name}(x)"
        for name in (
            "abs", "ceil", "floor", "trunc", "sign", "square", "reciprocal", "cosh", "sinh", "tan", "expm1", "log10",
            "log1p", "log2", "isnan", "isinf", "isfinite", "tril", "triu", "diag", "median",
        )
    },
    **{name: f"np.{name}(x, y)" for name in ("cross", "outer", "maximum", "minimum")},
    **{name: f"autograd.{name}(x)" for name in ("erf", "softmax", "logsumexp")},
    "flip": "np.flip(x, axis)", "roll": "np.roll(x, shift, axis)", "quantile": "np.quantile(x, q, axis)",
    "split": "np.split(x, indices, axis)",
    "add": "x + y", "sub": "x - y", "mul": "x * y", "div": "x / y", "pow": "x ** y", "neg": "-x",
    "add_": "x += y", "sub_": "x -= y", "mul_": "x *= y", "div_": "x /= y", "copy_": "x[...] = y",
    "fill_": "x[...] = value", "zero_": "x[...] = 0", "clamp_": "x[...] = x.clip(low, high)",
    "matmul": "x @ y", "mm": "x @ y", "bmm": "x @ y", "mv": "x @ y", "rsqrt": "1 / np.sqrt(x)",
    "eq": "x == y", "ne": "x != y", "lt": "x < y", "le": "x <= y", "gt": "x > y", "ge": "x >= y",
    "clamp": "x.clip(low, high)", "clone": "x.copy()", "contiguous": "x", "cpu": "x", "cuda": "x",
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
    "topk": "x[np.argsort(x)[::-1][:k]]", "kthvalue": "np.sort(x, axis)[k - 1]", "unique": "np.unique(x)",
    "float": "x.astype(np.float32)", "double": "x.astype(np.float64)", "half": "x.astype(np.float16)",
    "int": "x.astype(np.int32)", "long": "x.astype(np.int64)", "bool": "x.astype(bool)", "byte": "x.astype(np.uint8)",
    "to": "x.astype(dtype)", "type": "x.astype(dtype), or x.dtype", "type_as": "x.astype(y.dtype)",
    "normal_": "x.data[...] = rng.normal(size=x.shape)", "uniform_": "x.data[...] = rng.uniform(size=x.shape)",
}  # fmt: skip
"""Methods of PyTorch's tensors that ndarray has not: what is written here."""


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


def _absent(self: Tensor, name: str) -> Any:
    known = getattr(type(self), name, None)
    if isinstance(known, property) and known.fget is not None:
        return known.fget(self)  # it raised an AttributeError itself: again, for that one says more
    instead = f"; a Tensor has ndarray's methods: write {INSTEAD[name]}" if name in INSTEAD else ""
    raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{instead}", name=name, obj=self)


Tensor.__getattr__ = _absent  # type: ignore[method-assign]
