"""Kernels in C do what the lowered form says: functions as NumPy's, sums no less accurate, indices checked."""

import math

import numpy as np
import pytest

from autograd.program.native.c import backend
from autograd.program.native.form import (
    FUNCTIONS,
    Access,
    Add,
    Buffer,
    Cast,
    Kernel,
    Largest,
    Let,
    Load,
    Loop,
    Nest,
    Number,
    Row,
    Smallest,
    Store,
    Sum,
)

pytestmark = pytest.mark.skipif(backend.why_not() is not None, reason="there is no C compiler")

DTYPES = ("float32", "float64")
SMOOTH = ("exp", "expm1", "log", "log1p", "tanh")
BOOLS = ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "logical_and", "logical_or",
         "logical_not", "isnan", "isfinite")  # fmt: skip


def address(array):
    return array.__array_interface__["data"][0]


def call(function, *arrays, rows=1, n=0):
    table = np.array([address(array) for array in arrays], np.int64)
    return function(address(table), 0, rows, n)


def flat(dtype, name):
    """result[c] = function(x[c], y[c], ...)"""
    count = FUNCTIONS[name]
    made = "bool" if name in BOOLS else dtype
    reads = ["bool" if name == "where" and k == 0 else dtype for k in range(count)]
    loads = [Load(k, reads[k], Access(k, 0, (), 1)) for k in range(count)]
    body = (*loads, Let(count, dtype, name, tuple(range(count))), Store(Access(count, 0, (), 1), made, count))
    buffers = tuple(Buffer(kind, 0) for kind in (*reads, made))
    return Kernel(buffers, (Nest((), 0, (Loop(body),), True),), True)


@pytest.fixture(scope="module")
def functions():
    names = [(dtype, name) for dtype in DTYPES for name in FUNCTIONS]
    return dict(zip(names, backend.build([flat(*each) for each in names]), strict=True))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_loop_has_what_a_compiler_makes_no_vectors_of(name: str) -> None:
    """gcc makes branches of && and ||, and no vectors of a loop with a _Bool beside floats: ten times as slow."""
    for dtype in DTYPES:
        _, _, loop = backend.source([flat(dtype, name)])[0].partition("int kernel0")
        assert loop
        assert not any(word in loop for word in ("_Bool", "&&", "||"))


def applied(function, name, *arrays):
    made = np.empty(arrays[0].shape, bool if name in BOOLS else arrays[-1].dtype)
    assert call(function, *arrays, made, rows=-(-made.size // 1024), n=made.size) == 0
    return made


def special(dtype):
    info = np.finfo(dtype)
    found = [0, 1, np.inf, np.nan, info.max, info.tiny, info.smallest_subnormal, 3 * info.smallest_subnormal, info.eps]
    found += [1 + info.eps, 1 - info.epsneg, 0.5, 2, 20, 88, 89, 104, 709.5, 745.2]
    return np.array([*found, *[-x for x in found]], dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_functions_are_within_two_units_in_the_last_place(functions, dtype, name):
    rng = np.random.default_rng(0)
    bits = np.dtype(f"u{np.dtype(dtype).itemsize}")
    x = np.concatenate([
        special(dtype), rng.standard_normal(20_000), rng.uniform(-800, 800, 20_000), rng.uniform(-110, 100, 20_000),
        rng.choice([-1, 1], 20_000) * np.exp(rng.uniform(-20, 3, 20_000)), 1 + rng.uniform(-0.5, 1, 20_000),
    ]).astype(dtype)  # fmt: skip
    x = np.concatenate([x, rng.integers(0, 2 ** (8 * bits.itemsize) - 1, 20_000, bits).view(dtype)])
    made = applied(functions[dtype, name], name, x)
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(x.astype(np.longdouble))
        rounded = expected.astype(dtype)
        error = np.abs(made - expected) / np.spacing(np.abs(rounded))
    finite = np.isfinite(rounded) & np.isfinite(made)
    np.testing.assert_array_equal(np.isnan(made), np.isnan(rounded))
    odd = ~finite & ~np.isnan(rounded)
    largest = np.abs(np.where(odd, np.where(np.isinf(made), rounded, made), np.inf)) >= np.finfo(dtype).max
    assert largest.all()  # where one of both is infinite, the other is, or lies next to it
    assert error[finite].max() <= 2
    np.testing.assert_array_equal(np.signbit(made)[finite], np.signbit(rounded)[finite])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - set(SMOOTH)))
def test_all_other_functions_give_what_numpy_gives(functions, dtype, name):
    x, y = (np.ravel(each) for each in np.meshgrid(special(dtype), special(dtype)))
    x, y = x.copy(), y.copy()
    if name == "where":
        given = (x > 0, x, y)
    else:
        given = (x, y)[: FUNCTIONS[name]]
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(applied(functions[dtype, name], name, *given), getattr(np, name)(*given))


def rows(kernel, *arrays):
    (function,) = backend.build([kernel])
    return call(function, *arrays)


@pytest.mark.parametrize("length", [1, 7, 64, 1000, 5000])
def test_what_a_row_is_collected_to(length):
    """Sum, largest and smallest of each row, and what is done with them in the next part of the row."""
    x = np.random.default_rng(length).standard_normal((3, length)).astype(np.float32)
    x[1, length // 2] = np.nan
    load, other = Load(0, "float32", Access(0, 0, (length,), 1)), Load(4, "float32", Access(0, 0, (length,), 1))
    body = (load, Sum(1, "float32", 0), Largest(2, "float32", 0), Smallest(3, "float32", 0))
    parts = (
        Loop(body),
        Row(tuple(Store(Access(1, k, (3,)), "float32", 1 + k) for k in range(3))),
        Loop((other, Let(5, "float32", "subtract", (4, 2)), Store(Access(2, 0, (length,), 1), "float32", 5))),
    )
    sizes = (x.size, 9, x.size)
    made, shifted = np.empty((3, 3), np.float32), np.empty_like(x)
    assert rows(Kernel(tuple(Buffer("float32", n) for n in sizes), (Nest((3,), length, parts),)), x, made, shifted) == 0
    wide = x.astype(np.float64)
    np.testing.assert_allclose(made[:, 0], wide.sum(1), rtol=1e-5, atol=1e-6 * math.sqrt(length))
    np.testing.assert_array_equal(made[:, 1], x.max(1))
    np.testing.assert_array_equal(made[:, 2], x.min(1))
    np.testing.assert_array_equal(shifted, x - x.max(1)[:, None])


def test_sums_over_rows_casts_numbers_and_a_buffer_of_its_own():
    x = np.arange(12, dtype=np.int64).reshape(3, 4) - 5
    body = (
        Load(0, "int64", Access(0, 0, (4,), 1)), Cast(1, "float64", 0, "int64"),
        Let(2, "float64", "multiply", (1, Number(0.1))), Store(Access(2, 0, (0,), 1), "float64", 2),
    )  # fmt: skip
    again = (Load(3, "float64", Access(2, 0, (0,), 1)), Add(Access(1, 0, (0,), 1), "float64", 3))
    buffers = Buffer("int64", 12), Buffer("float64", 4), Buffer("float64", 4, local=True)
    total = np.ones(4)
    assert rows(Kernel(buffers, (Nest((3,), 4, (Loop(body), Loop(again))),)), x, total, total) == 0
    np.testing.assert_allclose(total, 1 + (x * 0.1).sum(0), rtol=1e-15)


@pytest.mark.parametrize(("index", "failed"), [(0, 0), (4, 0), (-5, 0), (5, 1), (-6, 1), (2**40, 1)])
def test_an_index_out_of_bounds_writes_nothing(index, failed):
    x, at = np.arange(5.0), np.array([index])
    place = Access(0, 0, (0,), 0, 0, 5, 1)
    body = Row((Load(0, "int64", Access(1, 0, (1,))), Store(place, "float64", Number(-1.0))))
    kernel = Kernel((Buffer("float64", 5), Buffer("int64", 1)), (Nest((1,), 1, (body,)),))
    assert rows(kernel, x, at) == failed
    expected = np.arange(5.0)
    if not failed:
        expected[index] = -1
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("turned", [(False, False), (True, False), (False, True), (True, True)])
def test_products_of_small_matrices(dtype, turned):
    """The nest that a product is, is recognized, and gives what NumPy's does, into any memory order."""
    rng = np.random.default_rng(0)
    cases = [(m, k, n) for m in (2, 3, 7, 13) for k, n in ((2, 2), (5, 16), (33, 40), (64, 17))]
    kernels, given = [], []
    for m, k, n in cases:
        a = rng.standard_normal((k, m) if turned[0] else (m, k)).astype(dtype)
        b = rng.standard_normal((n, k) if turned[1] else (k, n)).astype(dtype)
        total = np.ones((m, n), dtype)
        one, other = ((1, m) if turned[0] else (k, 1)), ((1, k) if turned[1] else (n, 1))
        load = Row((Load(0, dtype, Access(0, 0, one)),))
        body = (
            Load(1, dtype, Access(1, 0, (0, other[0]), other[1])), Let(2, dtype, "multiply", (0, 1)),
            Add(Access(2, 0, (n, 0), 1), dtype, 2),
        )  # fmt: skip
        buffers = tuple(Buffer(dtype, each.size) for each in (a, b, total))
        kernels.append(Kernel(buffers, (Nest((m, k), n, (load, Loop(body))),)))
        given.append((a, b, total))
    assert f"product_{dtype}(x0" in backend.source(kernels)[0]
    for function, (a, b, total) in zip(backend.build(kernels), given, strict=True):
        assert call(function, a, b, total) == 0
        expected = 1 + (a.T if turned[0] else a).astype(float) @ (b.T if turned[1] else b)
        np.testing.assert_allclose(total, expected, rtol=1e-4 if dtype == "float32" else 1e-12, atol=1e-5)
