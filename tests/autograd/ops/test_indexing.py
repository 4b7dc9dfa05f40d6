"""Indexing, get and set, as NumPy's: generated indices against dense Jacobians; the functions that take and put."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Tensor
from autograd.ops.indexing import scatter_add
from autograd.transforms.gradcheck import gradcheck, gradgradcheck

_draw = np.random.default_rng(0)


def real(*shape: int) -> Any:
    return _draw.standard_normal(shape)


# ---- generated indices ----------------------------------------------------------------------------------------------


def _a_slice(rng: Any, n: int) -> slice:
    step = int(rng.choice([-3, -2, -1, 1, 1, 1, 2, 3]))
    ends = [None if rng.random() < 0.4 else int(rng.integers(-n - 2, n + 3)) for _ in range(2)]
    return slice(ends[0], ends[1], None if step == 1 and rng.random() < 0.5 else step)


def an_index(rng: Any, shape: tuple[int, ...]) -> Any:
    """Any index that NumPy takes: integers, slices, None, Ellipsis, integer and boolean arrays, mixed."""
    if rng.random() < 0.1:
        return rng.random(shape) < 0.5  # one mask of everything
    parts: list[Any] = []
    axis = 0
    around = tuple(int(k) for k in rng.integers(1, 3, rng.integers(0, 3)))
    few = int(rng.integers(0, len(shape) + 1))
    while axis < len(shape) and len(parts) < few + 2:
        n = shape[axis]
        kind = rng.choice(["int", "slice", "slice", "none", "dots", "array", "array", "list", "mask", "0-d", "bool"],
                          p=[0.14, 0.15, 0.15, 0.1, 0.08, 0.12, 0.1, 0.05, 0.05, 0.03, 0.03])  # fmt: skip
        if kind == "dots" and Ellipsis in [p for p in parts if p is Ellipsis]:
            continue
        if kind == "none":
            parts.append(None)
            continue
        if kind == "bool":
            parts.append(bool(rng.integers(2)))
            continue
        if kind == "dots":
            parts.append(Ellipsis)
            axis = max(axis, len(shape) - int(rng.integers(0, len(shape) - axis + 1)))
            continue
        if n == 0 and kind not in ("slice", "mask"):
            kind = "slice"
        if kind == "int":
            parts.append(int(rng.integers(-n, n)))
        elif kind == "slice":
            parts.append(_a_slice(rng, n))
        elif kind == "array":
            ones = tuple(k if rng.random() < 0.7 else 1 for k in around)
            parts.append(rng.integers(-n, n, ones))
        elif kind == "list":
            parts.append([int(k) for k in rng.integers(-n, n, around[-1] if around else 1)])
        elif kind == "0-d":
            parts.append(np.array(rng.integers(-n, n)))
        else:
            parts.append(rng.random(n) < 0.6)
        axis += 1
    if len(parts) == 1 and rng.random() < 0.7:
        return parts[0]
    return tuple(parts)


def indices(count: int) -> Any:
    """So many pairs of a shape and an index that NumPy accepts for it; always the same ones."""
    rng = np.random.default_rng(7)
    found = 0
    while found < count:
        shape = tuple(int(k) for k in rng.choice([0, 1, 2, 3, 4], rng.integers(0, 4), p=[0.05, 0.15, 0.3, 0.3, 0.2]))
        index = an_index(rng, shape)
        try:
            np.zeros(shape)[index]
        except IndexError:
            continue
        found += 1
        yield rng, shape, index


def test_generated_indices_get_what_numpy_gets_with_the_dense_jacobian() -> None:
    kinds = set()
    for rng, shape, index in indices(1200):
        data = rng.standard_normal(shape)
        want = data[index]
        x = Tensor(data, requires_grad=True)
        got = x[index]
        assert got.shape == np.shape(want), index
        assert got.dtype == np.float64
        np.testing.assert_array_equal(got.data, want)
        assert isinstance(got.data, np.ndarray)
        if isinstance(want, np.ndarray) and want.size:
            assert np.shares_memory(want, data) == np.shares_memory(got.data, x.data), index
        # row k of the Jacobian is 1 at the place of the element that result k is
        jacobian = np.zeros((np.size(want), data.size))
        jacobian[np.arange(np.size(want)), np.arange(data.size).reshape(shape)[index].ravel()] = 1
        seed = rng.standard_normal(np.shape(want))
        got.backward(seed, create_graph=False)
        assert x.grad is not None
        np.testing.assert_allclose(x.grad.data, (seed.ravel() @ jacobian).reshape(shape), err_msg=str(index))
        kinds.update(type(part).__name__ for part in (index if isinstance(index, tuple) else (index,)))
    assert {"int", "slice", "NoneType", "ellipsis", "ndarray", "list", "bool"} <= kinds


def test_generated_assignments_set_what_numpy_sets_with_the_dense_jacobians() -> None:
    for rng, shape, index in indices(1200):
        data = rng.standard_normal(shape)
        target = np.shape(data[index])
        # a value that broadcasts: some axes of size 1, some leading ones missing or more
        size = tuple(k if rng.random() < 0.7 else 1 for k in target)[int(rng.integers(0, len(target) + 1)) :]
        if target and rng.random() < 0.1 and len(size) == len(target):
            size = (1, *size)
        values = rng.standard_normal(size)
        want = data.copy()
        try:
            want[index] = values
        except TypeError:  # a mask of everything takes no more axes than one
            continue
        x, v = Tensor(data, requires_grad=True), Tensor(values, requires_grad=True)
        y = x * 1
        before = y.data
        y[index] = v
        np.testing.assert_array_equal(y.data, want, err_msg=str(index))
        np.testing.assert_array_equal(before, data)
        seed = rng.standard_normal(shape)
        y.backward(seed)
        # where each element of the result came from: x's own place, or after those the value's
        origin = np.arange(data.size).reshape(shape)
        origin[index] = data.size + np.arange(values.size).reshape(size)
        sums = np.zeros(data.size + values.size)
        np.add.at(sums, origin.ravel(), seed.ravel())
        assert x.grad is not None
        assert v.grad is not None
        np.testing.assert_allclose(x.grad.data, sums[: data.size].reshape(shape), err_msg=str(index))
        np.testing.assert_allclose(v.grad.data, sums[data.size :].reshape(size), err_msg=str(index))


def test_generated_indices_to_second_order() -> None:
    for rng, shape, index in indices(60):
        if 0 in shape:
            continue
        data = rng.uniform(0.5, 1.5, shape)
        gradgradcheck(lambda x, index=index: x[index] ** 2, data)
        gradgradcheck(lambda x, v, index=index: _assigned(x, index, v), data, rng.uniform(0.5, 1.5))


def _assigned(x: Any, index: Any, value: Any) -> Any:
    y = x * x
    y[index] = value * value
    return y * x


# ---- particular cases -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("through", [lambda x: x, lambda x: x + 0, lambda x: (x.T + 0).T, np.exp, lambda x: x[:, ::-1]])
def test_the_gradients_of_many_parts_of_an_array_add_up(through: Callable[..., Any]) -> None:
    data = real(3, 4, 4)
    chosen: list[Any] = [
        0, -1, (slice(1, None), 2), (..., None, 1), [0, 0, 2], np.array([[1, 1], [0, 2]]), (slice(None), [3, 3, -1]),
        data > 0, (1, [0, 2], slice(None, None, -1)), slice(None), np.array(2), (slice(None), slice(None), 1), ...,
    ]  # fmt: skip
    weights = [real(*data[index].shape) for index in chosen]
    found: list[Any] = []
    for dense in (False, True):
        x = Tensor(data, requires_grad=True)
        y = through(x)
        y.register_hook(found.append)
        total = y.sum()
        for index, weight in zip(chosen, weights, strict=True):
            spread = np.zeros(data.shape)
            np.add.at(spread, index, weight)
            total = total + ((y * spread).sum() if dense else (y[index] * weight).sum())
        total = total + (y.T * 2).sum() + (y.T * y.T).sum()  # the first to arrive, in another order of memory
        total.backward()
        found.append(x.grad)
    assert len(found) == 4
    np.testing.assert_allclose(found[0], found[2], rtol=1e-12)
    np.testing.assert_allclose(found[1], found[3], rtol=1e-12)


def test_what_a_hook_keeps_is_not_added_to() -> None:
    x = Tensor(np.ones(3), requires_grad=True)
    y = x * 2
    kept: list[Any] = []
    z = y.reshape(3)
    z.register_hook(lambda g: kept.append(g))
    (y[0] + z.sum() + y[1:].sum() + y[0]).backward()
    np.testing.assert_array_equal(kept[0].data, np.ones(3))
    np.testing.assert_array_equal(x.grad.data, [6, 4, 4])


def test_n_parts_of_an_array_cost_n_parts_and_not_n_arrays() -> None:
    x = Tensor(np.ones((400, 1000)), requires_grad=True)
    total = sum(row[0] * 2 for row in x) + x[np.arange(3)].sum()
    begun = np.zeros_like
    made: list[int] = []

    def counted(like: Any, *args: Any, **kwargs: Any) -> Any:
        result = begun(like, *args, **kwargs)
        made.append(result.size)
        return result

    np.zeros_like = counted
    try:
        total.backward()
    finally:
        np.zeros_like = begun
    assert made.count(x.size) == 1
    assert x.grad.data.sum() == 3800


def test_an_element_taken_twice_accumulates() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    x[[0, 0, 1]].sum().backward()
    np.testing.assert_array_equal(x.grad.data, [2, 1])


def test_of_several_values_for_one_element_the_last_stays_and_has_the_gradient() -> None:
    y = Tensor([1.0, 2.0], requires_grad=True) * 1
    v = Tensor([3.0, 4.0], requires_grad=True)
    y[[0, 0]] = v
    np.testing.assert_array_equal(y.data, [4, 2])
    y.sum().backward()
    np.testing.assert_array_equal(v.grad.data, [0, 1])


def test_indices_that_are_tensors() -> None:
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    for index in (Tensor([0, 2]), Tensor([True, False, True]), x != 2, (Tensor([0, 2]),)):
        np.testing.assert_array_equal(x[index].data, [1, 3])
    np.testing.assert_array_equal(x[Tensor(1) : Tensor(3)].data, [2, 3])
    with pytest.raises(IndexError, match="integer"):
        x[x]


def test_errors_are_numpys_and_name_the_operation() -> None:
    x = Tensor(np.ones((2, 3)), requires_grad=True)
    for index, words in [((0, 5), "out of bounds"), ((0, 0, 0), "too many indices"), (0.5, "valid indices"),
                         (np.ones(3, bool), "boolean")]:  # fmt: skip
        with pytest.raises(IndexError, match=f"getitem.*{words}"):
            x[index]
    y = x * 1
    with pytest.raises(ValueError, match="broadcast"):
        y[0] = np.ones(2)


def test_integer_arrays_and_arrays_of_other_orders() -> None:
    """The gradient may come in any memory order, and the rows may be negative."""
    for index in ([0, 2, -1, 2], (slice(None), [1, 0, 1]), (slice(None), [[0], [1]]), ([0, 1, 1], slice(None, 2))):
        x = Tensor(real(4, 3), requires_grad=True)
        out = x[index]
        seed = np.asfortranarray(real(*out.shape))
        out.backward(seed)
        want = np.zeros((4, 3))
        np.add.at(want, index, seed)
        np.testing.assert_allclose(x.grad.data, want)
        strided = np.repeat(seed, 2, -1)[..., ::2]
        np.testing.assert_allclose(scatter_add(strided, index, (4, 3)), want)


def test_a_large_table_of_rows() -> None:
    table = Tensor(real(500, 300), requires_grad=True)
    rows = np.random.default_rng(0).integers(-500, 500, (8, 16))
    table[rows].sum().backward()
    want = np.zeros((500, 300))
    np.add.at(want, rows, 1.0)
    np.testing.assert_array_equal(table.grad.data, want)
    table.grad = None
    table[rows, rows % 300].sum().backward()  # too large to number its places
    want = np.zeros((500, 300))
    np.add.at(want, (rows, rows % 300), 1.0)
    np.testing.assert_array_equal(table.grad.data, want)


# ---- functions ------------------------------------------------------------------------------------------------------

ALONG = np.array([[1, 0, 1], [0, 0, 1]])
X, Y = real(2, 3), real(2, 3)
ROWS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "take": (lambda x: np.take(x, [5, 0, 0]), (X,)),
    "take axis": (lambda x: x.take([[1, 0], [-1, 1]], 1), (X,)),
    "take one": (lambda x: np.take(x, 1, 0), (X,)),
    "take clip": (lambda x: np.take(x, [-4, 1, 9], 1, mode="clip"), (X,)),
    "take wrap": (lambda x: np.take(x, [-4, 1, 9], 1, mode="wrap"), (X,)),
    "take wrap by an array": (lambda x: np.take(x, np.array([-4, 1, 9]), 1, mode="wrap"), (X,)),
    "take_along_axis": (lambda x: np.take_along_axis(x, ALONG, 0), (X,)),
    "take_along_axis 1": (lambda x: np.take_along_axis(x, ALONG[:, :2], 1), (X,)),
    "take_along_axis flat": (lambda x: np.take_along_axis(x, np.array([3, 3, -1]), None), (X,)),
    "take_along_axis broadcast": (lambda x: np.take_along_axis(x, ALONG[:, None], 1), (real(2, 2, 3),)),
    "compress": (lambda x: np.compress([True, False, True], x, 1), (X,)),
    "compress flat": (lambda x: x.compress([False, True, True]), (X,)),
    "extract": (lambda x: np.extract(x > 0, x), (X,)),
    "extract short": (lambda x: np.extract([0, 1, 1], x), (X,)),
    "choose": (lambda x, y: np.choose(ALONG, [x, y]), (X, Y)),
    "choose wrap": (lambda x, y: np.choose(ALONG * 3 - 1, [x, y[0]], mode="wrap"), (X, Y)),
    "choose clip": (lambda x, y: np.choose(ALONG * 3 - 1, (x, y[:, :1]), mode="clip"), (X, Y)),
    "select": (lambda x, y: np.select([x > 0.5, x > -0.5], [x * y, y], 0.5), (X, Y)),
    "piecewise": (lambda x: np.piecewise(x, [x < 0, x > 0.3], [lambda v: v**2, 3.0, lambda v: -v]), (X,)),
    "piecewise one": (lambda x: np.piecewise(x, x < 0, [lambda v, k: k * v], 2.0), (real(4),)),
    "piecewise 0-d": (lambda x: np.piecewise(x, [x < 0, x >= 0], [lambda v: -v, lambda v: v * v]), (real(),)),
    "trim_zeros": (lambda x: np.trim_zeros(np.concatenate([np.zeros(2), x, np.zeros(1)])), (real(3),)),
    "trim_zeros f": (lambda x: np.trim_zeros(np.concatenate([np.zeros(2), x, np.zeros(1)]), "f"), (real(3),)),
    "diagonal": (np.diagonal, (real(3, 4),)),
    "diagonal axes": (lambda x: np.diagonal(x, 1, 2, 0), (real(3, 2, 4),)),
    "diagonal far": (lambda x: x.diagonal(7), (real(3, 4),)),
    "diag": (np.diag, (real(3),)),
    "diag k": (lambda x: np.diag(x, -2), (real(2),)),
    "diag of a matrix": (lambda x: np.diag(x, 1), (real(3, 4),)),
    "diagflat": (lambda x: np.diagflat(x, 1), (real(2, 2),)),
    "trace method": (lambda x: x.trace(1), (real(3, 4),)),
    "apply_along_axis": (lambda x: np.apply_along_axis(lambda v: v * v[::-1], 0, x), (X,)),
    "apply_along_axis to one": (lambda x: np.apply_along_axis(lambda v: (v * v).sum(), 1, x), (real(2, 3, 2),)),
    "apply_along_axis to more": (lambda x: np.apply_along_axis(np.diag, -1, x), (X,)),
    "apply_over_axes": (lambda x: np.apply_over_axes(np.sum, x, (0, 2)), (real(2, 3, 2),)),
}


@pytest.mark.parametrize("row", ROWS)
def test_value_gradient_and_second_gradient(row: str, check: Any) -> None:
    fun, inputs = ROWS[row]
    check(fun, *inputs)


# each writes into its first argument
WRITERS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "put": (lambda a, v: np.put(a, [0, 4, 0], v), (X, real(3))),
    "put cycled": (lambda a, v: np.put(a, [[0, 1], [2, 5]], v), (X, real(3))),
    "put clip": (lambda a, v: np.put(a, [-3, 99], v, mode="clip"), (X, real(2))),
    "put wrap": (lambda a, v: a.put([-3, 10], v, mode="wrap"), (X, real(2))),
    "place": (lambda a, v: np.place(a, ALONG == 1, v), (X, real(2))),
    "putmask": (lambda a, v: np.putmask(a, ALONG == 1, v), (X, real(4))),
    "copyto": (lambda a, v: np.copyto(a, v), (X, real(3))),
    "copyto where": (lambda a, v: np.copyto(a, v, where=[True, False, True]), (X, real(2, 1))),
    "put_along_axis": (lambda a, v: np.put_along_axis(a, ALONG[:1], v, 0), (X, real(1, 3))),
    "put_along_axis flat": (lambda a, v: np.put_along_axis(a, np.array([1, -1]), v, None), (X, real(2))),
    "fill_diagonal": (lambda a, v: np.fill_diagonal(a, v), (real(3, 2), real())),
    "fill_diagonal wrap": (lambda a, v: np.fill_diagonal(a, v, wrap=True), (real(5, 2), real(2))),
    "fill_diagonal cube": (lambda a, v: np.fill_diagonal(a, v), (real(2, 2, 2), real(2))),
    "fill": (lambda a, v: a.fill(v), (X, real())),
}


@pytest.mark.parametrize("row", WRITERS)
def test_writing_is_recorded(row: str, check: Any) -> None:
    write, inputs = WRITERS[row]

    def fun(a: Any, v: Any) -> Any:
        a = a * a
        write(a, v)
        return a

    check(fun, *inputs)


@pytest.mark.parametrize("row", WRITERS)
def test_a_tensor_that_requires_a_gradient_is_not_written_into_an_array(row: str) -> None:
    write, (a, v) = WRITERS[row]
    if row.startswith("fill") or row == "put wrap":
        return  # these ask their first argument only
    with pytest.raises(TypeError, match="give a Tensor"):
        write(a.copy(), Tensor(v, requires_grad=True))
    target, want = a.copy(), a.copy()
    write(target, Tensor(v))
    write(want, v)
    np.testing.assert_array_equal(target, want)


def test_writing_into_a_leaf_that_requires_a_gradient_is_refused() -> None:
    leaf = Tensor(X, requires_grad=True)
    for write, (_, v) in (WRITERS["put"], WRITERS["putmask"], WRITERS["copyto"]):
        with pytest.raises(RuntimeError, match="leaf"):
            write(leaf, v)
    np.testing.assert_array_equal(leaf.data, X)


@pytest.mark.parametrize(("fun", "kind", "words"), [
    (lambda x: np.take(x, [9]), IndexError, "take"),
    (lambda x: np.choose(ALONG, [x]), ValueError, "choose"),
    (lambda x: np.select([x.data], [x]), TypeError, "boolean"),
    (lambda x: np.compress(ALONG, x), ValueError, "one dimension"),
    (lambda x: np.diag(x[None]), ValueError, "use diagonal"),
    (lambda x: np.put(x * 1, [77], 0.0), IndexError, "put"),
    (lambda x: np.copyto((x * 1).astype("f"), x, casting="safe"), TypeError, "cast"),
    (lambda x: np.fill_diagonal(x[0] * 1, 0.0), ValueError, "matrix"),
    (lambda x: np.piecewise(x, [x > 0], [1, 2, 3]), ValueError, "function for each"),
])  # fmt: skip
def test_what_cannot_be_done_says_so(fun: Any, kind: Any, words: str) -> None:
    with pytest.raises(kind, match=words):
        fun(Tensor(X, requires_grad=True))


def test_where_things_are_gets_plain_arrays() -> None:
    x = Tensor([0.0, 3.0, 0.0, 4.0], requires_grad=True)
    for places in (np.flatnonzero(x), np.nonzero(x)[0], np.argwhere(x)[:, 0], x.nonzero()[0]):
        assert type(places) is np.ndarray
        np.testing.assert_array_equal(places, [1, 3])


def test_scatter_add_is_the_adjoint_of_getitem() -> None:
    index = ([0, 1, 1], slice(None, None, 2))
    g = real(3, 2)
    np.testing.assert_allclose(np.sum(scatter_add(g, index, (2, 3)) * X), np.sum(X[index] * g))
    gradcheck(lambda g: scatter_add(g, index, (2, 3)), g)
    gradgradcheck(lambda g: scatter_add(g, index, (2, 3)) ** 2, g)


@pytest.mark.parametrize("index", [
    (np.arange(4), np.array([2, 0, 2, 1])), (np.array([2, 0, 2, 1]), np.arange(3).repeat([2, 1, 1])),
    (np.array([0, 1, 3, -1]), np.array([1, 1, 1, 1])), (np.array([-1, 0, 1, 3]), np.array([1, 1, 1, 1])),
    (np.arange(4)[:, None], np.array([[2, 0], [0, 0], [1, 2], [1, 1]])),
    (np.arange(4)[:, None], np.array([[2, 0], [0, 0], [1, 2], [1, 1]]), np.arange(2)[None]),
    (np.array([[2, 0], [0, 0], [1, 2], [1, 1]]), np.arange(4)[:, None] % 3, np.arange(2)[None]),
    (np.array([3]), np.array([-1])), (np.array([], int), np.array([], int)), (np.uint8([1, 2]), np.uint8([2, 2])),
    (np.zeros((0, 3), int), np.arange(3)),
], ids=str)  # fmt: skip
def test_elements_add_up_whether_an_index_counts_up_or_not(index: Any) -> None:
    shape = (4, 3, 2)
    g = real(*np.zeros(shape)[index].shape)
    expected = np.zeros(shape)
    np.add.at(expected, index, g)
    np.testing.assert_allclose(scatter_add(g, index, shape), expected, atol=1e-12)


# ---- many rows at once ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("index", [
    np.array([3, 0, 9]), np.array([[3, -1], [3, 9]]), np.array([2, 2, 2, -8]), np.array([], int),
    np.random.default_rng(1).integers(0, 10, 10), np.random.default_rng(2).integers(-10, 10, 200),
], ids=lambda index: str(index.shape))  # fmt: skip
@pytest.mark.parametrize("width", [1, 16, 40])
def test_rows_add_up_however_often_they_are_named(index: Any, width: int) -> None:
    """Rows that are named once are assigned, the others added; wide ones otherwise than narrow ones."""
    g = real(*index.shape, width)
    expected = np.zeros((10, width))
    np.add.at(expected, index, g)
    np.testing.assert_allclose(scatter_add(g, index, (10, width)), expected, atol=1e-12)
    x = Tensor(real(10, width), requires_grad=True)
    np.testing.assert_array_equal(x.data[index], x[index].data)
    (x[index] * g).sum().backward()
    np.testing.assert_allclose(x.grad.data, expected, atol=1e-12)
    gradcheck(lambda x: x[index] * x[:1], x.data)


@pytest.mark.parametrize("index", [
    (slice(None), np.array([0, 2, 2, -1])), (np.array([0, 1, 1]), np.array([3, -1, 3])), (1, np.array([0, 0, -1])),
    (slice(None), slice(None), np.random.default_rng(4).integers(-5, 5, 2100)),
    (np.array([[0], [1]]), np.array([1, 1, 2])), (slice(None), slice(None), np.array([[4, 4], [-5, 0]])),
], ids=lambda index: str([np.shape(part) for part in index]))  # fmt: skip
def test_places_that_are_named_by_several_arrays_add_up(index: Any) -> None:
    x = Tensor(real(2, 4, 5), requires_grad=True)
    part = x[index]
    np.testing.assert_array_equal(part.data, x.data[index])
    g = real(*part.shape)
    part.backward(g)
    expected = np.zeros(x.shape)
    np.add.at(expected, index, g)
    np.testing.assert_allclose(x.grad.data, expected, atol=1e-12)


@pytest.mark.parametrize("index", [np.array([0, 4]), (slice(None), np.array([-6]))], ids=str)
def test_an_index_outside_is_refused(index: Any) -> None:
    with pytest.raises(IndexError, match="out of bounds"):
        Tensor(real(4, 5), requires_grad=True)[index]
    with pytest.raises(IndexError, match="out of bounds"):
        np.take_along_axis(Tensor(real(4, 5)), np.array([[0, 5]]), 1)


@pytest.mark.parametrize("shape", [(1, 0), (2, 0, 3), (1, 0, 2)])
def test_rows_without_elements_that_are_taken_twice(shape: Any) -> None:
    x = Tensor(np.zeros(shape), requires_grad=True)
    for index in ([0, 0], (np.array([0, 0]), slice(None))):
        x[index].sum().backward()
    assert x.grad.shape == shape


@pytest.mark.parametrize("times", [2, 6, 7, 12])
def test_wide_rows_that_are_taken_many_times_add_up(times: int) -> None:
    index = np.array([3] * times + [0, 5, 0, -1])
    x = Tensor(real(20, 16), requires_grad=True)
    g = real(len(index), 16)
    x[index].backward(g)
    expected = np.zeros(x.shape)
    np.add.at(expected, index, g)
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.data, expected, atol=1e-12)
