"""How many operations one call of a function takes, and how many bytes it reads and writes: counted from its shapes.

Matrix factorizations and transforms are counted as in the textbooks, by their leading terms (Golub and Van Loan, Matrix
Computations; Cooley and Tukey for the Fourier transform).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .functions import EMPTY, is_elementwise, is_hashable
from .values import Statement, Value, mapped, values_in


def operations(statement: Statement) -> int:
    """Of one statement: additions, multiplications and calls of a function of one number, which the tables below count.

    What is in none of them counts as one for each number of the largest array.
    """
    arrays = [value for value in statement.args if isinstance(value, Value)]
    function, made = statement.function, _made(statement)
    key = (getattr(function, "__module__", ""), getattr(function, "__name__", ""))
    count = _COUNTS.get(function) if is_hashable(function) else None
    count = count or _OURS.get(key)
    if count is not None and arrays:
        counted: int = round(count(statement, arrays, made))
        return counted
    if is_elementwise(function):
        return made or max([value.size for value in arrays], default=0)
    return max([made, *(value.size for value in arrays)])


def moved(statement: Statement) -> int:
    """The bytes that one statement reads and writes; what a view shows several times is read once."""
    written = _written(statement)
    given: Any = statement.args
    if statement.function is operator.setitem:
        given = given[1:]
    elif statement.function in EMPTY or getattr(statement.function, "__name__", "").endswith("_like"):
        given = ()
    read = sum(_bytes(value) for value in set(values_in(given)))
    if getattr(statement.function, "__name__", "") == "at" and isinstance(added := statement.args[-1], Value):
        read += 2 * _bytes(added) - _bytes(statement.args[0])  # of what is added to, only the places
        written = 0
    return read + written + sum(value.nbytes for value in statement.results)


def _bytes(value: Value) -> int:
    steps = value.strides or (value.dtype.itemsize,) * len(value.shape)
    seen = value.dtype.itemsize * math.prod(n for n, step in zip(value.shape, steps, strict=True) if step)
    return min(seen, value.root.nbytes) if value.root.size else 0  # windows see an element several times


def _out(statement: Statement) -> Any:
    out = statement.kwargs.get("out")
    return out[0] if type(out) is tuple and len(out) == 1 else out


def _made(statement: Statement) -> int:
    """How many numbers it gives, or writes."""
    out = _out(statement)
    return sum(value.size for value in statement.results) or (out.size if isinstance(out, Value) else 0)


def _written(statement: Statement) -> int:
    """The bytes that it writes into what is there."""
    out = _out(statement)
    if isinstance(out, Value):
        return out.nbytes
    if statement.function is operator.setitem:
        return _placed(statement) * int(statement.args[0].dtype.itemsize)
    return sum(root.nbytes for root in statement.writes)


def _placed(statement: Statement) -> int:
    """How many numbers x[index] = y puts in place."""
    target, index, given = statement.args
    like = lambda part: np.zeros(part.shape, part.dtype) if isinstance(part, Value) else part
    if any(part.dtype.kind == "b" for part in values_in((index,))):
        return int(given.size) if isinstance(given, Value) else int(target.size)
    return int(np.broadcast_to(np.zeros((), bool), target.shape)[mapped(index, like)].size)


# ---- what is counted how ---------------------------------------------------------------------------------------------

Count = Callable[[Statement, list[Value], int], Any]


def _product(s: Statement, arrays: list[Value], made: int) -> float:
    """Products whose last axis and the other's last but one are summed over."""
    return 2 * made * (arrays[0].shape[-1] if arrays[0].shape else 1)


def _contraction(s: Statement, arrays: list[Value], made: int) -> float:
    """Two arrays of which some axes stand in both and not in the result: how many, their sizes say."""
    sizes = [value.size for value in arrays[:2]]
    return 2 * made * math.sqrt(sizes[0] * sizes[1] / made) if made else 0


def _einsum(s: Statement, arrays: list[Value], made: int) -> float:
    """For each place of all axes a product of all factors, and a sum."""
    if type(s.args[0]) is not str:
        return max([made, *(value.size for value in arrays)])
    labels = s.args[0].replace(" ", "").partition("->")[0].split(",")
    sizes: dict[Any, int] = {}
    for names, value in zip(labels, arrays, strict=True):
        before, dots, after = names.partition("...")
        rest = range(len(value.shape) - len(before) - len(after)) if dots else ()
        axes = [*before, *[k - len(rest) for k in rest], *after]
        for axis, n in zip(axes, value.shape, strict=True):
            sizes[axis] = max(n, sizes.get(axis, n)) if n else 0
    return len(arrays) * math.prod(sizes.values())


def _chain(s: Statement, arrays: list[Value], made: int) -> float:
    """A product of several matrices in the order that takes least."""
    shapes = [value.shape for value in values_in((s.args[0],))]
    sizes = [*[shape[0] if len(shape) > 1 else 1 for shape in shapes[:1]]]
    sizes += [shape[0] for shape in shapes[1:]] + [shapes[-1][-1] if len(shapes[-1]) > 1 else 1]
    n = len(shapes)
    best = [[0.0] * n for _ in range(n)]
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            best[i][j] = min(
                best[i][k] + best[k + 1][j] + 2 * sizes[i] * sizes[k + 1] * sizes[j + 1] for k in range(i, j)
            )
    return best[0][-1]


def _of_matrix(term: Callable[[int, int], float]) -> Count:
    """What is done to each matrix of m rows and n columns, m the larger."""

    def count(s: Statement, arrays: list[Value], made: int) -> float:
        *batch, m, n = arrays[0].shape
        return math.prod(batch) * term(max(m, n), min(m, n))

    return count


def _solve(s: Statement, arrays: list[Value], made: int) -> Any:
    n = arrays[0].shape[-1]
    return arrays[0].size / max(n * n, 1) * 2 / 3 * n**3 + 2 * n * made


def _svd(s: Statement, arrays: list[Value], made: int) -> Any:
    vectors = len(s.results) > 1
    return _of_matrix(lambda m, n: 14 * m * n**2 + 8 * n**3 if vectors else 4 * m * n**2 - 4 / 3 * n**3)(
        s, arrays, made
    )


def _fourier(s: Statement, arrays: list[Value], made: int) -> float:
    """5 n log2 n for n complex numbers, along each axis that is transformed; half of that for real ones."""
    given, result = arrays[0], s.results[0]
    larger = max((given, result), key=lambda value: value.size)
    name = getattr(s.function, "__name__", "")
    if name.endswith(("n", "2")):
        axes = s.kwargs.get("axes") or (s.args[2] if len(s.args) > 2 else None)
        axes = axes if axes is not None else (range(len(larger.shape)) if name.endswith("n") else (-2, -1))
    else:
        axes = (s.kwargs.get("axis", s.args[2] if len(s.args) > 2 else -1),)
    shape = [max(a, b) for a, b in zip(given.shape, result.shape, strict=True)]
    size, real = math.prod(shape), given.dtype.kind != "c" or result.dtype.kind != "c"
    return sum((2.5 if real else 5) * size * math.log2(max(shape[axis], 1)) for axis in axes)


def _sorting(s: Statement, arrays: list[Value], made: int) -> float:
    """n log2 n comparisons along the axis."""
    axis = s.kwargs.get("axis", s.args[1] if len(s.args) > 1 else -1)
    n = arrays[0].size if axis is None or not arrays[0].shape else arrays[0].shape[axis]
    return arrays[0].size * math.log2(max(n, 2))


def _convolve(s: Statement, arrays: list[Value], made: int) -> float:
    n, m = sorted(value.size for value in arrays[:2])
    return 2 * made * n if "valid" in (*s.args[2:], *s.kwargs.values()) else 2 * n * m


def _correlate(s: Statement, arrays: list[Value], made: int) -> Any:
    """A dot product of the kernel with each window, and the bias."""
    kernel = s.args[1]
    return 2 * made * kernel.size / kernel.shape[0] + (made if len(s.args) > 6 and s.args[6] is not None else 0)


def _correlate_transpose(s: Statement, arrays: list[Value], made: int) -> Any:
    """The same products of what comes in."""
    y, kernel = s.args[:2]
    return 2 * y.size * kernel.size / kernel.shape[0]


def _correlate_kernel(s: Statement, arrays: list[Value], made: int) -> Any:
    y = s.args[0]
    return 2 * y.size * made / y.shape[1]


def _placing(s: Statement, arrays: list[Value], made: int) -> float:
    return _placed(s)


def _to_max(s: Statement, arrays: list[Value], made: int) -> Any:
    """At each place of each window a comparison, a product and a difference."""
    return 3 * s.args[0].size * math.prod(s.args[3])


def _given(s: Statement, arrays: list[Value], made: int) -> float:
    return made


_COUNTS: dict[Any, Count] = {
    **dict.fromkeys((np.matmul, np.dot, np.ndarray.dot, np.vecdot, np.inner), _product),
    **dict.fromkeys((np.matvec, np.vecmat) if hasattr(np, "matvec") else (), _product),
    np.tensordot: _contraction,
    np.einsum: _einsum,
    np.linalg.multi_dot: _chain,
    np.linalg.solve: _solve,
    np.linalg.inv: _of_matrix(lambda m, n: 2 * n**3),
    np.linalg.det: _of_matrix(lambda m, n: 2 / 3 * n**3),
    np.linalg.slogdet: _of_matrix(lambda m, n: 2 / 3 * n**3),
    np.linalg.cholesky: _of_matrix(lambda m, n: n**3 / 3),
    np.linalg.qr: _of_matrix(lambda m, n: 4 * m * n**2 - 4 / 3 * n**3),
    np.linalg.svd: _svd,
    np.linalg.pinv: _of_matrix(lambda m, n: 16 * m * n**2 + 8 * n**3),
    np.linalg.eigh: _of_matrix(lambda m, n: 9 * n**3),
    np.linalg.eigvalsh: _of_matrix(lambda m, n: 4 / 3 * n**3),
    np.linalg.eig: _of_matrix(lambda m, n: 25 * n**3),
    np.linalg.eigvals: _of_matrix(lambda m, n: 10 * n**3),
    **{getattr(np.fft, kind + name): _fourier for kind in ("", "i", "r", "ir") for name in ("fft", "fft2", "fftn")},
    **dict.fromkeys((np.sort, np.argsort, np.ndarray.sort, np.ndarray.argsort), _sorting),
    np.convolve: _convolve,
    np.correlate: _convolve,
    operator.setitem: _placing,
    **dict.fromkeys((np.zeros_like, np.ones_like, np.full_like), _given),
    np.empty_like: lambda s, arrays, made: 0,
}
"""Of NumPy's functions."""

_OURS: dict[tuple[str, str], Count] = {
    ("autograd.ops.correlation", "_correlate"): _correlate,
    ("autograd.ops.correlation", "_correlate_transpose"): _correlate_transpose,
    ("autograd.ops.correlation", "_correlate_kernel"): _correlate_kernel,
    ("autograd.ops.sliding", "_to_max"): _to_max,
    ("autograd.ops.linalg", "_det_a"): lambda s, arrays, made: 2 * made * s.args[1].shape[-1],
    ("autograd.ops.linalg", "_slogdet_a"): lambda s, arrays, made: 2 * made * s.args[1].shape[-1],
}
"""Of the engine's, by module and name."""
