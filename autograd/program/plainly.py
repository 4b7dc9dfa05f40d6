"""What the engine does in a way that is fast for all cases, as one writes it down for the case at hand.

Each function here gives what the engine's gives, to the last bit: the same products of the same matrices, the same sums
in the same order (of arrays without NaN). A printed program calls it where its condition holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..ops.reductions import are_in_blocks
from .values import Value

Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]
"""A function, and what it is given."""


# ---- convolution -----------------------------------------------------------------------------------------------------


def windows(x: Any, size: Any, stride: Any, padding: Any) -> Any:
    """The windows of padded images as columns: a matrix (window, columns * examples) for each row of them."""
    x = np.pad(x, ((0, 0), (0, 0), *padding))
    seen = np.lib.stride_tricks.sliding_window_view(x, size, (2, 3))[:, :, :: stride[0], :: stride[1]]
    return seen.transpose(2, 4, 5, 1, 3, 0).reshape(seen.shape[2], math.prod(size) * x.shape[1], -1)


def correlate(x: Any, kernel: Any, bias: Any = None, stride: Any = (1, 1), padding: Any = ((0, 0), (0, 0))) -> Any:
    """The dot product of a kernel with every window of an image: what neural networks call a convolution."""
    columns = windows(x, kernel.shape[2:], stride, padding)
    made = kernel.transpose(0, 2, 3, 1).reshape(len(kernel), -1) @ columns
    made = made.reshape(len(made), len(kernel), -1, len(x)).transpose(3, 1, 0, 2)
    return made if bias is None else made + bias.reshape(-1, 1, 1)


def correlate_kernel(d: Any, x: Any, size: Any, stride: Any = (1, 1), padding: Any = ((0, 0), (0, 0))) -> Any:
    """The gradient of a correlation's kernel: of each row, the windows times the gradients, summed over the rows."""
    columns = windows(x, size, stride, padding)
    d = d.transpose(2, 1, 3, 0).reshape(len(columns), d.shape[1], -1)
    if columns.shape[1] > d.shape[1]:
        total = sum([a @ b.T for a, b in zip(columns, d, strict=True)]).T
    else:
        total = sum([a @ b.T for a, b in zip(d, columns, strict=True)])
    return total.reshape(d.shape[1], *size, -1).transpose(0, 3, 1, 2).copy()


def correlate_turned(d: Any, kernel: Any, padding: Any = ((0, 0), (0, 0))) -> Any:
    """The gradient of a correlation's image: the correlation of the gradient with the kernel turned round."""
    padding = [(k - 1 - before, k - 1 - after) for k, (before, after) in zip(kernel.shape[2:], padding, strict=True)]
    return correlate(d, kernel[:, :, ::-1, ::-1].swapaxes(0, 1), padding=padding)


def correlate_image(d: Any, kernel: Any, shape: Any, stride: Any = (1, 1), padding: Any = ((0, 0), (0, 0))) -> Any:
    """The gradient of a correlation's image: each window's gradient times the kernel, added where the window lies."""
    features, channels, height, width = kernel.shape
    n, _, rows, columns = d.shape
    (top, bottom), (left, right) = padding
    d = d.transpose(2, 1, 3, 0).reshape(rows, features, columns * n)
    sums = np.zeros((shape[0] + top + bottom, width * channels, columns * n), d.dtype)
    for i in range(height):
        sums[i : i + stride[0] * rows : stride[0]] += kernel[:, :, i].transpose(2, 1, 0).reshape(-1, features) @ d
    sums = sums.reshape(len(sums), width, channels, columns, n)
    made = np.zeros((len(sums), channels, shape[1] + left + right, n), d.dtype)
    for j in range(width):
        made[:, :, j : j + stride[1] * columns : stride[1]] += sums[:, j]
    return made[top : top + shape[0], :, left : left + shape[1]].copy().transpose(3, 1, 0, 2)


def correlate_along(x: Any, kernel: Any, bias: Any = None, stride: Any = (1,), padding: Any = ((0, 0),)) -> Any:
    """A correlation along one axis: that of images of a single row."""
    return correlate(x[:, :, None], kernel[:, :, None], bias, (1, *stride), ((0, 0), *padding))[:, :, 0]


def correlate_kernel_along(d: Any, x: Any, size: Any, stride: Any = (1,), padding: Any = ((0, 0),)) -> Any:
    """The gradient of its kernel."""
    return correlate_kernel(d[:, :, None], x[:, :, None], (1, *size), (1, *stride), ((0, 0), *padding))[:, :, 0]


def correlate_turned_along(d: Any, kernel: Any, padding: Any = ((0, 0),)) -> Any:
    """The gradient of its image: the correlation of the gradient with the kernel turned round."""
    return correlate_turned(d[:, :, None], kernel[:, :, None], ((0, 0), *padding))[:, :, 0]


def correlate_image_along(d: Any, kernel: Any, shape: Any, stride: Any = (1,), padding: Any = ((0, 0),)) -> Any:
    """The gradient of its image: each window's gradient times the kernel, added where the window lies."""
    d, kernel = d[:, :, None], kernel[:, :, None]
    return correlate_image(d, kernel, (1, *shape), (1, *stride), ((0, 0), *padding))[:, :, 0]


def to_max(d: Any, x: Any, highest: Any, size: Any) -> Any:
    """Every window's gradient at the place of its first maximum; windows lie side by side."""
    made = np.zeros_like(x)
    height, width = [n * k for n, k in zip(d.shape[2:], size, strict=True)]
    for i, j in np.ndindex(*size):
        place = (..., slice(i, height, size[0]), slice(j, width, size[1]))
        found = x[place] == highest
        made[place] = d * found if (i + 1, j + 1) != size else d
        d = d - made[place]
    return made


# ---- indexing --------------------------------------------------------------------------------------------------------


def scatter_add(d: Any, index: Any, shape: Any) -> Any:
    """Zeros, to which d is added where the index says."""
    made = np.zeros(shape, d.dtype)
    np.add.at(made, index, d)
    return made


def scatter_set(d: Any, index: Any, shape: Any) -> Any:
    """Zeros, but d where the index says, which names each place once."""
    made = np.zeros(shape, d.dtype)
    made[index] = d
    return made


def add_to(total: Any, index: Any, d: Any) -> None:
    """Add to a part of an array."""
    total[index] += d


def scatter_rows(d: Any, index: Any, shape: Any) -> Any:
    """Zeros, to whose rows those of d are added: of those that go to the same row, the last ones first."""
    index, d = index.reshape(-1), d.reshape(-1, *shape[1:])
    made, last = np.zeros(shape, d.dtype), np.zeros(shape[0], int)
    made[index] = d
    for turn in range(6):
        last[index] = np.arange(len(d))
        now = last[index] == np.arange(len(d))
        if turn:
            made[index[now]] += d[now]
        index, d = index[~now], d[~now]
    np.add.at(made, index, d)
    return made


# ---- sums ------------------------------------------------------------------------------------------------------------


def cumsum(x: Any) -> Any:
    """The sums along the last axis up to each element: within 32 by a product with ones, then of those before."""
    made = x.reshape(-1, 32) @ np.tri(32, dtype=x.dtype).T
    whole = made[:, -1].reshape(-1, x.shape[-1] // 32)
    before = np.cumsum(np.pad(whole[:, :-1], ((0, 0), (1, 0))), 1)
    return made.reshape(x.shape) + np.repeat(before, 32).reshape(x.shape)


def cumsum_back(x: Any) -> Any:
    """The sums along the last axis from each element to the end: within 32 by a product with ones, then of the rest."""
    made = x.reshape(-1, 32) @ np.tri(32, dtype=x.dtype)
    whole = made[:, 0].reshape(-1, x.shape[-1] // 32)
    behind = np.cumsum(np.pad(whole[:, :0:-1], ((0, 0), (1, 0))), 1)[:, ::-1]
    return made.reshape(x.shape) + np.repeat(behind, 32).reshape(x.shape)


# ---- special functions -----------------------------------------------------------------------------------------------


def bell(x: Any, rate: float, height: float) -> Any:
    """height * exp(-rate * x^2); where that is small, x^2 is taken apart, whose rounding exp would magnify."""
    if x.size == 0 or (x * x * -rate).min() >= -30:
        return np.exp(x * x * -rate) * height
    x = np.clip(x, -40, 40)
    near = np.rint(x * 32) * (1 / 32)
    exact, rest = near * near * -rate, (near - x) * (near + x) * rate
    made = np.exp(exact + rest)
    return (made + made * (exact - (exact + rest) + rest)) * height


# ---- which of them ---------------------------------------------------------------------------------------------------


def plainly(function: Any, args: tuple[Any, ...]) -> Call | None:
    """For a call of the engine's, one of these functions or of NumPy's that gives the same, and its arguments."""
    function = getattr(getattr(function, "primitive", None), "function", function)
    chosen = _PLAINLY.get((getattr(function, "__module__", ""), getattr(function, "__name__", "")))
    return None if chosen is None else chosen(*args)


def _correlate(x: Any, w: Any, stride: Any, padding: Any, dilation: Any, groups: Any, b: Any = None) -> Call | None:
    if not _is_plain(x, w, w, dilation, groups) or (b is not None and b.dtype != x.dtype):
        return None
    function = correlate if len(stride) == 2 else correlate_along
    return function, (x, w) if b is None else (x, w, b), _unusual(stride, padding)


def _correlate_kernel(y: Any, x: Any, size: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Call | None:
    if not _is_plain(y, x, x, dilation, groups) or y.shape[1] * x.shape[1] * math.prod(size) < 2:
        return None
    function = correlate_kernel if len(stride) == 2 else correlate_kernel_along
    return function, (y, x, size), _unusual(stride, padding)


def _correlate_transpose(
    y: Any, w: Any, shape: Any, stride: Any, padding: Any, dilation: Any, groups: Any
) -> Call | None:
    if not _is_plain(y, w, w, dilation, groups):
        return None
    along = len(stride) == 1
    if set(stride) == {1} and w.shape[1] >= min(16, w.shape[0] / 2):
        reach = [k - 1 - max(pair) for k, pair in zip(w.shape[2:], padding, strict=True)]
        turned = correlate_turned_along if along else correlate_turned
        return (turned, (y, w), _unusual(stride, padding)) if min(reach) >= 0 else None
    return correlate_image_along if along else correlate_image, (y, w, shape), _unusual(stride, padding)


def _unusual(stride: Any, padding: Any) -> dict[str, Any]:
    """Those that are not what they mostly are."""
    given = {"stride": stride} if set(stride) != {1} else {}
    return given | ({"padding": padding} if any(map(any, padding)) else {})


def _is_plain(a: Any, b: Any, kernel: Any, dilation: Any, groups: Any) -> bool:
    return (
        len(kernel.shape) in (3, 4)
        and set(dilation) == {1} == {groups}
        and a.dtype == b.dtype
        and a.dtype.kind == "f"
        and a.dtype.itemsize >= 4
        and a.size > 0 < b.size
    )


def _to_max(g: Any, x: Any, highest: Any, size: Any, stride: Any, padding: Any, dilation: Any) -> Call | None:
    apart = len(size) == 2 and size == stride and dilation == (1, 1) and not any(map(any, padding))
    fits = len(x.shape) == 4 and all(n // k == m for n, k, m in zip(x.shape[2:], size, highest.shape[2:], strict=False))
    return (to_max, (g, x, highest, size), {}) if apart and fits and g.dtype == x.dtype and g.size else None


def _scatter_add(g: Any, index: Any, shape: Any) -> Call | None:
    if g.dtype.kind not in "fc" or g.dtype.itemsize < 4:
        return None
    if _names_once(index):
        return scatter_set, (g, index, shape), {}
    parts = index if type(index) is tuple else (index,)
    if any(isinstance(part, Value) and part.dtype.kind not in "iu" for part in parts):
        return None
    if len(parts) == 1 and isinstance(index, Value) and math.prod(shape[1:]) >= 16 and index.size <= shape[0]:
        return scatter_rows, (g, index, shape), {}
    return scatter_add, (g, index, shape), {}


def _add_at(total: Any, g: Any, shape: Any, index: Any) -> Call | None:
    if _names_once(index):
        return add_to, (total, index, g), {}
    if g.dtype.itemsize < 4:
        return None
    return np.add.at, (total, index, g), {}


def _names_once(index: Any) -> bool:
    parts = index if type(index) is tuple else (index,)
    if isinstance(index, Value):
        return index.dtype.kind == "b"
    return all(type(part) in (int, slice) or part is None or part is Ellipsis for part in parts)


def _broadcast_to(x: Any, shape: Any) -> Call:
    few = isinstance(x, Value) and x.scalar and math.prod(shape) <= 1024
    return (np.full, (shape, x), {}) if few else (np.broadcast_to, (x, shape), {})


def _cumsum(x: Any, axis: Any, dtype: Any) -> Call | None:
    return (cumsum, (x,), {}) if dtype is None and are_in_blocks(x.shape, x.dtype, axis) else None


def _reversed_cumsum(x: Any, axis: Any) -> Call | None:
    return (cumsum_back, (x,), {}) if are_in_blocks(x.shape, x.dtype, axis) else None


def _bell(x: Any, rate: Any, height: Any) -> Call | None:
    return (bell, (x, rate, height), {}) if x.dtype.kind == "f" and x.dtype.itemsize >= 4 and x.size <= 32768 else None


_PLAINLY: dict[tuple[str, str], Callable[..., Call | None]] = {
    ("autograd.ops.correlation", "_correlate"): _correlate,
    ("autograd.ops.correlation", "_correlate_kernel"): _correlate_kernel,
    ("autograd.ops.correlation", "_correlate_transpose"): _correlate_transpose,
    ("autograd.ops.sliding", "_to_max"): _to_max,
    ("autograd.ops.indexing", "_scatter_add"): _scatter_add,
    ("autograd.ops.indexing", "_add_at"): _add_at,
    ("autograd.engine.broadcasting", "_broadcast_to"): _broadcast_to,
    ("autograd.ops.reductions", "_cumsum"): _cumsum,
    ("autograd.ops.reductions", "_reversed_cumsum"): _reversed_cumsum,
    ("autograd.ops.special", "_bell"): _bell,
}
