"""Arrays that are not NumPy's: one that refuses every conversion, Dask's, and CuPy's where there is a GPU.

`python -m tests.arrays` says whether there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd import Tensor


class Strict(np.lib.mixins.NDArrayOperatorsMixin):
    """An array that is one for NumPy's functions only through their protocols."""

    __array_priority__ = 100

    def __init__(self, array: Any) -> None:
        self._array = np.asarray(array)

    @classmethod
    def _close(cls, value: Any) -> Any:
        if isinstance(value, np.ndarray | np.generic):
            return cls(value)
        if isinstance(value, tuple | list):
            items = map(cls._close, value)
            return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
        return value

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError("converted to an ndarray")

    __float__ = __int__ = __bool__ = __index__ = __iter__ = __array__

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        if any(isinstance(value, Tensor) for value in inputs):
            return NotImplemented
        if out is not None:
            kwargs["out"] = tuple(item._array for item in out)
        result = getattr(ufunc, method)(*map(_open, inputs), **kwargs)
        return out[0] if out is not None else self._close(result)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if any(issubclass(kind, Tensor) for kind in types):
            return NotImplemented
        return self._close(function(*_open(args), **_open(kwargs)))

    def __getitem__(self, index: Any) -> Strict:
        return self._close(self._array[_open(index)])

    def __setitem__(self, index: Any, value: Any) -> None:
        self._array[_open(index)] = _open(value)

    def __len__(self) -> int:
        return len(self._array)


class Device(Strict):
    """An array such as a GPU's: single numbers may leave it, and of NumPy's arrays it takes none but indices.

    Functions that CuPy has not are refused. (NumPy's names that CuPy 14 lacks; see its `cupy` module.)
    """

    __bool__ = lambda self: bool(self._array)
    __float__ = lambda self: float(self._array)
    __int__ = lambda self: int(self._array)
    __index__ = lambda self: self._array.__index__()

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        if any(isinstance(value, np.ndarray) for value in inputs[:: 2 if method == "at" else 1]):
            raise TypeError(f"Device: {ufunc.__name__} of an array of NumPy's and one that is not")
        if method == "__call__" and kwargs.get("where", True) is not True:
            raise TypeError(f"Device: CuPy's {ufunc.__name__} knows no where=")
        if ufunc.__name__ in LACKING:
            raise TypeError(f"Device: CuPy has no {ufunc.__name__}")
        return super().__array_ufunc__(ufunc, method, *inputs, out=out, **kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        name = f"{function.__module__}.{function.__name__}".removeprefix("numpy.")
        if name in LACKING:
            raise TypeError(f"Device: CuPy has no {name}")
        if name in MIXED and any(isinstance(value, np.ndarray) for value in _leaves([args, kwargs])):
            raise TypeError(f"Device: {name} of an array of NumPy's and one that is not")
        return super().__array_function__(function, types, args, kwargs)


LACKING = frozenset([
    "block", "einsum_path", "geomspace", "histogram_bin_edges", "insert", "matvec", "nanpercentile", "nanquantile",
    "polyder", "polydiv", "polyint", "spacing", "unstack", "vecdot", "vecmat", "linalg.diagonal", "linalg.matrix_norm",
    "linalg.multi_dot", "linalg.outer", "linalg.svdvals", "linalg.tensordot", "linalg.trace", "linalg.vecdot",
    "linalg.vector_norm",
])  # fmt: skip


MIXED = frozenset([
    "concatenate", "cross", "dot", "einsum", "hstack", "inner", "kron", "linalg.solve", "outer", "stack", "tensordot",
    "vdot", "vstack", "where",
])  # fmt: skip
"""What CuPy refuses of arrays of NumPy's."""


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple | list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    else:
        yield value


def _method(name: str) -> Any:
    return lambda self, *args, **kwargs: self._close(getattr(self._array, name)(*_open(args), **_open(kwargs)))


for _name in (
    "all", "any", "argmax", "argmin", "argpartition", "argsort", "astype", "choose", "clip", "compress", "conj", "copy",
    "cumprod", "cumsum", "diagonal", "dot", "fill", "flatten", "item", "max", "mean", "min", "nonzero", "partition",
    "prod", "put", "ravel", "repeat", "reshape", "round", "searchsorted", "sort", "squeeze", "std", "sum", "swapaxes",
    "take", "tolist", "trace", "transpose", "var", "view",
):  # fmt: skip
    setattr(Strict, _name, _method(_name))
for _name in ("shape", "ndim", "size", "dtype", "T", "mT", "real", "imag", "strides", "itemsize", "nbytes", "flags"):
    setattr(Strict, _name, property(lambda self, _name=_name: self._close(getattr(self._array, _name))))


def _open(value: Any) -> Any:
    if isinstance(value, Strict):
        return value._array
    if isinstance(value, tuple | list):
        return type(value)(map(_open, value))
    if type(value) is slice:
        return slice(*map(_open, (value.start, value.stop, value.step)))
    return {key: _open(item) for key, item in value.items()} if isinstance(value, dict) else value


def _on_gpu() -> tuple[Any, str]:
    """CuPy, or None; and why not."""
    try:
        import cupy
    except ImportError as error:
        return None, f"CuPy is not installed ({error}); pip install cupy-cuda12x"
    try:
        return (cupy, "") if cupy.cuda.runtime.getDeviceCount() else (None, "there is no GPU")
    except Exception as error:  # without a driver it fails in ways of its own
        return None, f"CuPy finds no GPU ({error})"


cupy, WHY_NOT = _on_gpu()

KINDS: dict[str, Callable[[Any], Any]] = {"device": lambda array: Device(np.array(array))}
"""What makes an array of each kind that is at hand of an array of NumPy's."""
if cupy is not None:
    KINDS["cupy"] = cupy.asarray


def plain(value: Any) -> Any:
    """The array of NumPy's, whichever kind it is."""
    value = value.data if isinstance(value, Tensor) else value
    if hasattr(value, "compute"):
        return value.compute(scheduler="synchronous")
    if cupy is not None and isinstance(value, cupy.ndarray):
        return value.get()
    return value._array if isinstance(value, Strict) else value


if __name__ == "__main__":
    print(f"the tests on CuPy's arrays: {'skipped, for ' + WHY_NOT if WHY_NOT else 'run'}")
    raise SystemExit(bool(WHY_NOT))
