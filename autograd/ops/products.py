"""Products of arrays: matmul and its kin, tensordot and einsum."""

from __future__ import annotations

import math
from operator import index
from typing import Any

import numpy as np

from ..engine.declare import composite, primitive
from ..engine.halves import in_single
from ..engine.lists import one_array
from ..engine.primitive import Function
from .contraction import contract_one, contract_two, contraction
from .elementwise import multiply

# ---- einsum and tensordot -------------------------------------------------------------------------------------------


_ndarray = np.ndarray
_parsed: dict[Any, Any] = {}


@composite(np.einsum)
def einsum(*operands: Any, optimize: Any = True, dtype: Any = None, order: Any = "K", casting: Any = "safe") -> Any:
    """As np.einsum, in both of its forms; products of two arrays go to BLAS.

    `optimize` is taken as given: more than two operands are always contracted pair by pair, the cheapest pair first.
    """
    key: Any
    if isinstance(operands[0], str):
        key, arrays = operands[0], operands[1:]
    else:
        n = len(operands) // 2
        arrays = operands[: 2 * n : 2]
        lists = (*operands[1 : 2 * n : 2], *operands[2 * n :])
        try:
            key = tuple([tuple([part if part is Ellipsis else index(part) for part in labels]) for labels in lists])
        except TypeError:
            raise TypeError(
                "einsum: expected the subscripts first, or a list of whole numbers behind each array, got "
                f"{' and '.join(map(repr, lists))} behind them"
            ) from None
    if dtype is not None:
        arrays = tuple([one_array(array).astype(dtype, casting=casting) for array in arrays])
    try:
        shapes = tuple([array.shape for array in arrays])
    except AttributeError:
        arrays = tuple([one_array(array) for array in arrays])
        shapes = tuple([array.shape for array in arrays])
    if any(array.dtype != arrays[0].dtype for array in arrays[1:]):  # else sums of one operand alone would be its own
        common = np.result_type(*[array.dtype for array in arrays])
        arrays = tuple([array if array.dtype == common else array.astype(common) for array in arrays])
    found = _parsed.get((key, shapes))
    if found is None:
        if len(_parsed) > 4096:
            _parsed.clear()
        found = _parsed[key, shapes] = _parse(key, shapes)
    if len(found) == 1:
        return contract_two(*arrays, found[0][2]) if len(arrays) == 2 else contract_one(*arrays, found[0][2])
    return _in_turn(*arrays, steps=found)


@in_single
def _in_turn(*arrays: Any, steps: Any) -> Any:
    for i, j, plan in steps:
        arrays = (*arrays[:i], *arrays[i + 1 : j], *arrays[j + 1 :], contract_two(arrays[i], arrays[j], plan))
    return arrays[0]


def _parse(key: Any, shapes: tuple[tuple[int, ...], ...]) -> list[Any]:
    """The contractions that make up an einsum: which of the operands that are left each takes, and its plan."""
    inputs, result = _labels(key, shapes)
    sizes: dict[Any, int] = {}
    for labels, shape in zip(inputs, shapes, strict=True):
        for label, size in zip(labels, shape, strict=True):
            known = sizes.setdefault(label, size)
            if known != size and 1 not in (known, size):
                raise ValueError(f"einsum: the axes of label {label!r} have sizes {known} and {size}")
            sizes[label] = size if known == 1 else known
    parts: list[Any] = []
    for k, (labels, shape) in enumerate(zip(inputs, shapes, strict=True)):  # size 1 broadcasts: its own label
        own = [(label, k) if size == 1 != sizes[label] else label for label, size in zip(labels, shape, strict=True)]
        sizes.update({label: 1 for label, size in zip(own, shape, strict=True) if size == 1})
        parts.append(tuple(own))
    if len(parts) == 1:
        return [(0, 0, contraction((parts[0],), result, sizes))]
    steps: list[Any] = []
    while len(parts) > 1:
        i, j = _cheapest(parts, result, sizes)
        rest = {label for k, part in enumerate([*parts, result]) if k not in (i, j) for label in part}
        both = dict.fromkeys([*parts[i], *parts[j]])
        made = result if len(parts) == 2 else tuple([label for label in both if label in rest])
        steps.append((i, j, contraction((parts[i], parts[j]), made, sizes)))
        parts = [part for k, part in enumerate(parts) if k not in (i, j)] + [made]
    return steps


def _cheapest(parts: list[Any], result: Any, sizes: dict[Any, int]) -> tuple[int, int]:
    """The pair whose product takes least, counting what it makes larger or smaller."""

    def size(labels: Any) -> int:
        n = 1
        for label in labels:
            n *= sizes[label]
        return n

    def cost(pair: tuple[int, int]) -> tuple[int, int]:
        i, j = pair
        rest = {label for k, part in enumerate([*parts, result]) if k not in pair for label in part}
        both = {*parts[i], *parts[j]}
        return size(both & rest) - size(set(parts[i])) - size(set(parts[j])), size(both)

    pairs = [(i, j) for i in range(len(parts)) for j in range(i + 1, len(parts))]
    return min(pairs, key=cost)


def _labels(key: Any, shapes: tuple[tuple[int, ...], ...]) -> tuple[list[Any], tuple[Any, ...]]:
    """The labels of each operand's axes and of the result's, with the axes of an ellipsis as labels of their own."""
    if isinstance(key, str):
        left, arrow, right = key.replace(" ", "").partition("->")
        terms: list[Any] = [_letters(term) for term in left.split(",")]
        given = _letters(right) if arrow else None
    else:
        terms = list(key[: len(shapes)])
        given = key[len(shapes)] if len(key) > len(shapes) else None
    if len(terms) != len(shapes):
        raise ValueError(f"einsum: expected {len(terms)} operands by the subscripts {key!r}, got {len(shapes)}")
    free = [len(shape) - len(term) + 1 if Ellipsis in term else 0 for term, shape in zip(terms, shapes, strict=True)]
    for term, shape, n in zip(terms, shapes, free, strict=True):
        if term.count(Ellipsis) > 1 or n < 0 or (Ellipsis not in term and len(term) != len(shape)):
            raise ValueError(f"einsum: the subscripts {key!r} do not fit an operand of shape {shape}")
    most = max(free)
    dots = [("...", k) for k in range(most)]
    spread: Any = lambda term, n: [p for label in term for p in (dots[most - n :] if label is Ellipsis else [label])]
    inputs = [spread(term, n) for term, n in zip(terms, free, strict=True)]
    named = [label for term in terms for label in term if label is not Ellipsis]
    if given is None:  # the labels that occur once, in order
        result = dots + sorted(label for label in set(named) if named.count(label) == 1)
    else:
        if most and Ellipsis not in given:
            raise ValueError(f"einsum: the result of {key!r} lacks the ellipsis of its operands")
        result = spread(given, most)
        wrong = [label for label in given if label is not Ellipsis and (label not in named or given.count(label) > 1)]
        if wrong:
            raise ValueError(f"einsum: the result's label {wrong[0]!r} in {key!r} must occur once, and in an operand")
    return inputs, tuple(result)


def _letters(term: str) -> tuple[Any, ...]:
    parts = [Ellipsis if c == "." else c for c in term.replace("...", ".")]
    wrong = [c for c in parts if c is not Ellipsis and not (c.isascii() and c.isalpha())]
    if wrong:
        raise ValueError(f"einsum: expected letters, ellipses, commas and one arrow as subscripts, got {term!r}")
    return tuple(parts)


_axes_known: dict[Any, Any] = {}


@composite(np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """As np.tensordot."""
    a, b = (x if hasattr(x, "shape") else np.asarray(x) for x in (a, b))
    if not isinstance(axes, int):
        axes = tuple([tuple(part) if np.iterable(part) else (part,) for part in axes])
    key = a.shape, b.shape, axes
    plan = _axes_known.get(key)
    if plan is None:
        if len(_axes_known) > 4096:
            _axes_known.clear()
        plan = _axes_known[key] = _tensordot_plan(a.shape, b.shape, axes)
    return contract_two(a, b, plan)


def _tensordot_plan(of_a: Any, of_b: Any, axes: Any) -> Any:
    n, m = len(of_a), len(of_b)
    if isinstance(axes, int) and not 0 <= axes <= min(n, m):
        raise ValueError(f"tensordot: expected from 0 to {min(n, m)} axes for shapes {of_a} and {of_b}, got {axes}")
    pair = (tuple(range(n - axes, n)), tuple(range(axes))) if isinstance(axes, int) else axes
    if len(pair[0]) != len(pair[1]) or any(of_a[i] != of_b[j] for i, j in zip(*pair, strict=True)):
        raise ValueError(f"tensordot: axes {axes} do not match in arrays of shapes {of_a} and {of_b}")
    a, b = list(range(n)), list(range(n, n + m))
    for i, j in zip(*pair, strict=True):
        b[j] = a[i]
    summed = {a[i] for i in pair[0]}
    result = tuple([label for label in a + b if label not in summed])
    return contraction((tuple(a), tuple(b)), result, dict(zip(a + b, of_a + of_b, strict=True)))


composite(np.linalg.tensordot)(lambda x1, x2, /, *, axes=2: tensordot(x1, x2, axes))

# ---- matmul ---------------------------------------------------------------------------------------------------------


def _rows(x: Any) -> Any:
    """A stack of matrices as one matrix of all their rows."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def _matmul(x: Any, y: Any, /) -> Any:
    if x.__class__ is _ndarray and y.__class__ is _ndarray and y.ndim == 2:
        if x.ndim == 2 and x.size <= 4096 >= y.size:  # of small ones, half the time
            if type(y) is _ndarray or type(x) is type(y):
                return x.dot(y)
            if type(x) is _ndarray:  # and y stands for an array, which is no argument of an array's method
                return y.__array_function__(_ndarray.dot, (), (x, y), {})
        if x.ndim > 2:  # one product of all rows, into an array that owns its memory
            made = np.empty_like(x, np.result_type(x, y), "C", shape=(*x.shape[:-1], y.shape[1]))
            np.matmul(_rows(x), y, out=_rows(made))
            return made
    return x @ y


def _matmul_x(g: Any, y: Any, x_shape: Any, y_shape: Any) -> Any:
    if len(y_shape) == 1:
        return g * y if len(x_shape) == 1 else g[..., None] * y
    if len(x_shape) == 1:
        return (y @ g[..., None])[..., 0]
    return matmul(g, y.swapaxes(-1, -2))


def _matmul_y(g: Any, x: Any, x_shape: Any, y_shape: Any, y_strides: Any) -> Any:
    if len(x_shape) == 1:
        return g * x if len(y_shape) == 1 else x[:, None] * g[..., None, :]
    if len(y_shape) == 1:
        return (x.swapaxes(-1, -2) @ g[..., None])[..., 0]
    if x_shape[-2] == 1 and len(y_shape) > 2:  # columns times rows, in a quarter of the time
        return x.swapaxes(-1, -2) * g
    if len(y_shape) == 2 < len(x_shape):  # one product of all rows, not a product for each matrix and then their sum
        x, g = _rows(x), _rows(g)
    if y_strides is not None and y_strides[-2] < y_strides[-1]:  # y is a transposed view: so is its gradient
        return matmul(g.swapaxes(-1, -2), x).swapaxes(-1, -2)
    return matmul(x.swapaxes(-1, -2), g)


matmul: Function = primitive(
    _matmul, np.matmul, name="matmul", kind="bilinear", broadcasts=True, x=_matmul_x, y=_matmul_y
)
composite(np.linalg.matmul)(lambda x1, x2, /: matmul(x1, x2))
vecdot = primitive(
    lambda x, y, /: (x.conj()[..., None, :] @ y[..., :, None])[..., 0, 0], name="vecdot", broadcasts=True, single=True,
    x=lambda g, y: (g[..., None] * y).conj(), y=lambda g, x: g[..., None] * x.conj(),
)  # fmt: skip


def _vectors(name: str, x: Any, ndim: int) -> Any:
    if x.ndim < ndim:
        raise ValueError(f"{name}: expected at least {ndim} dimension{'s'[ndim == 1 :]}, got shape {x.shape}")
    return x


@composite(np.vecdot, np.linalg.vecdot)
def _vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """As np.vecdot: sums of the products of x1, conjugated, with x2."""
    x1, x2 = _vectors("vecdot", one_array(x1), 1), _vectors("vecdot", one_array(x2), 1)
    return vecdot(x1, x2) if axis == -1 else vecdot(np.moveaxis(x1, axis, -1), np.moveaxis(x2, axis, -1))


if hasattr(np, "matvec"):

    @composite(np.matvec)
    def matvec(x1: Any, x2: Any, /) -> Any:
        """As np.matvec."""
        x1, x2 = _vectors("matvec", one_array(x1), 2), _vectors("matvec", one_array(x2), 1)
        return (x1 @ x2[..., None])[..., 0]

    @composite(np.vecmat)
    def vecmat(x1: Any, x2: Any, /) -> Any:
        """As np.vecmat: with the vectors conjugated."""
        x1, x2 = _vectors("vecmat", one_array(x1), 1), _vectors("vecmat", one_array(x2), 2)
        return ((x1.conj() if x1.dtype.kind == "c" else x1)[..., None, :] @ x2)[..., 0, :]


# ---- dot and its kin ------------------------------------------------------------------------------------------------


@composite(np.dot)
def dot(a: Any, b: Any) -> Any:
    """As np.dot: over the last axis of a and the last but one of b."""
    a, b = one_array(a), one_array(b)
    if not a.ndim or not b.ndim:
        return a * b
    return matmul(a, b) if b.ndim <= 2 else tensordot(a, b, ((a.ndim - 1,), (b.ndim - 2,)))


@composite(np.inner)
def inner(a: Any, b: Any, /) -> Any:
    """As np.inner: over the last axes of both."""
    a, b = one_array(a), one_array(b)
    return a * b if not a.ndim or not b.ndim else tensordot(a, b, ((a.ndim - 1,), (b.ndim - 1,)))


_outer_product: Function = primitive(
    lambda a, b: a[:, None] * b, name="outer", kind="bilinear", a=lambda g, b: g @ b, b=lambda g, a: a @ g
)


@composite(np.outer)
def outer(a: Any, b: Any) -> Any:
    """As np.outer: each element of a times each of b."""
    return _outer_product(np.reshape(a, -1), np.reshape(b, -1))


@composite(np.linalg.outer)
def _outer(x1: Any, x2: Any, /) -> Any:
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        raise ValueError(f"outer: expected two vectors, got shapes {np.shape(x1)} and {np.shape(x2)}")
    return outer(x1, x2)


@composite(np.vdot)
def vdot(a: Any, b: Any, /) -> Any:
    """As np.vdot: the sum of all products of a, conjugated, with b."""
    return vecdot(np.reshape(a, -1), np.reshape(b, -1))


@composite(np.kron)
def kron(a: Any, b: Any) -> Any:
    """As np.kron: a with each element times all of b in its place."""
    n = max(np.ndim(a), np.ndim(b))
    of_a, of_b = ((1,) * (n - np.ndim(x)) + np.shape(x) for x in (a, b))
    a = np.reshape(a, [k for size in of_a for k in (size, 1)])
    b = np.reshape(b, [k for size in of_b for k in (1, size)])
    product = multiply(a, b)  # not a * b, which asks a first, and classes of arrays of others' may not know a Tensor
    return product.reshape([p * q for p, q in zip(of_a, of_b, strict=True)])


_NEXT = np.array([[1, 2, 0], [2, 0, 1]])


def _cross3(a: Any, b: Any) -> Any:
    """The cross product of vectors of three components along the last axis, which broadcast."""
    a1, a2, b1, b2 = (np.take(x, order, -1) for x in (a, b) for order in _NEXT)
    return a1 * b2 - a2 * b1


cross3: Function = primitive(
    _cross3, name="cross", broadcasts=True, single=True, a=lambda g, b: cross3(b, g), b=lambda g, a: cross3(g, a)
)


@composite(np.cross)
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """As np.cross: of vectors of three components, or of two, whose third is 0."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = one_array(a), one_array(b)
    a = a if axisa == -1 else np.moveaxis(a, axisa, -1)
    b = b if axisb == -1 else np.moveaxis(b, axisb, -1)
    if not all(x.ndim and x.shape[-1] in (2, 3) for x in (a, b)):
        raise ValueError(f"cross: expected vectors of 2 or 3 components, got shapes {a.shape} and {b.shape}")
    if a.shape[-1] == b.shape[-1] == 2:
        return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    a, b = (x if x.shape[-1] == 3 else np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, 1)]) for x in (a, b))
    return cross3(a, b) if axisc == -1 else np.moveaxis(cross3(a, b), -1, axisc)


@composite(np.linalg.cross)
def _cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    if not (np.ndim(x1) and np.ndim(x2)):
        raise np.exceptions.AxisError(axis, 0, "cross")
    if np.shape(x1)[axis] != 3 or np.shape(x2)[axis] != 3:
        raise ValueError(f"cross: expected vectors of 3 components, got shapes {np.shape(x1)} and {np.shape(x2)}")
    return cross(x1, x2, axis=axis)


@composite(np.linalg.multi_dot)
@in_single
def multi_dot(arrays: Any) -> Any:
    """As np.linalg.multi_dot: a chain of products in the order that takes the fewest multiplications."""
    arrays = list(arrays)
    n = len(arrays)
    if n < 2:
        raise ValueError(f"multi_dot: expected at least two arrays, got {n}")
    first, last = np.ndim(arrays[0]), np.ndim(arrays[-1])
    arrays[0] = np.reshape(arrays[0], (1, -1)) if first == 1 else arrays[0]
    arrays[-1] = np.reshape(arrays[-1], (-1, 1)) if last == 1 else arrays[-1]
    if any(np.ndim(array) != 2 for array in arrays):
        raise np.linalg.LinAlgError(f"multi_dot: expected matrices, got shapes {[np.shape(a) for a in arrays]}")
    sizes = [np.shape(array)[0] for array in arrays] + [np.shape(arrays[-1])[1]]
    best: dict[tuple[int, int], tuple[int, int]] = {(i, i): (0, i) for i in range(n)}  # cost, where to part
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            best[i, j] = min(
                (best[i, k][0] + best[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
            )

    def product(i: int, j: int) -> Any:
        return arrays[i] if i == j else matmul(product(i, best[i, j][1]), product(best[i, j][1] + 1, j))

    made = product(0, n - 1)
    return made.reshape([size for size, kept in zip(made.shape, (first > 1, last > 1), strict=True) if kept])
