"""A backend that runs the text of kernels for Numba as what it is: Python. Slow, and as plain as it gets."""

import ctypes
import types

import numpy as np

from autograd.program.native.backends import Backend
from autograd.program.native.numba_source import source


def build(kernels):
    return [_run(kernel) for kernel in kernels]


PLAIN = Backend("plain", "a test asked for it", build)


def _run(kernel):
    lines = [
        line for line in source(kernel).splitlines() if not line.startswith(("from numba", "from autograd", "@njit"))
    ]
    space = dict(SPACE)
    exec("\n".join(lines), space)

    def run(*given):
        with np.errstate(all="ignore"):
            return space["kernel"](*given)

    return run


def _memory(dtype):
    def at(address, offset, count):
        dtype_of = np.dtype(dtype)
        size = int(count) * dtype_of.itemsize
        assert address, "no address"
        start = int(address) + dtype_of.itemsize * int(offset)
        return np.frombuffer((ctypes.c_char * size).from_address(start), dtype_of)

    return at


SPACE = {
    "plus": lambda a, b: a + b, "maximum": np.maximum, "minimum": np.minimum, "larger": max, "smaller": min,
    **{f"{dtype}_at": _memory("bool" if dtype == "bool" else dtype)
       for dtype in ("float32", "float64", "bool", "int64", "int32")},
    **{f"{dtype}_{name}": getattr(np, name) for dtype in ("float32", "float64")
       for name in ("exp", "expm1", "log", "log1p", "tanh", "sign")},
    "min": min, "range": range, "abs": abs, "np": types.SimpleNamespace(**{n: getattr(np, n) for n in (
        "float32", "float64", "bool_", "int64", "int32", "empty", "sqrt", "rint", "inf", "nan")}),
}  # fmt: skip
