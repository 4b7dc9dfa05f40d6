"""Sums and sums of products of large arrays, in any memory order, against NumPy's in double precision."""

import itertools

import numpy as np
import pytest

import autograd
from autograd import Tensor, grad
from autograd.engine.sums import added, axes_of, largest, product_to, summed_axes, total, total_of_product

pytest.importorskip("scipy")
special = pytest.importorskip("autograd.scipy.special")

SHAPE = (9, 8, 5, 16)
AXES = [axes for n in range(5) for axes in itertools.combinations(range(4), n)]


def layouts(shape):
    """Arrays of one shape: in every order of memory that layers make, one with gaps, one that is broadcast."""
    rng = np.random.default_rng(0)
    for order in [(0, 1, 2, 3), (2, 1, 3, 0), (3, 2, 1, 0), (0, 2, 3, 1)]:
        yield rng.normal(size=[shape[i] for i in order]).astype("f4").transpose(np.argsort(order))
    yield rng.normal(size=(*shape[:-1], 2 * shape[-1])).astype("f4")[..., ::2]
    yield np.broadcast_to(rng.normal(size=(shape[1], 1, 1)).astype("f4"), shape)


@pytest.mark.parametrize("axes", AXES)
def test_in_every_memory_order(axes):
    for x in layouts(SHAPE):
        assert total(x, axes).dtype == np.float32
        np.testing.assert_allclose(total(x, axes), x.sum(axes, np.float64, keepdims=True), rtol=1e-5, atol=1e-3)
        for y in layouts(SHAPE):
            expected = np.multiply(x, y, dtype=np.float64).sum(axes, keepdims=True)
            np.testing.assert_allclose(total_of_product(x, y, axes), expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("shape", [(5000,), (100_000,), (2, 40_000), (1_200_000,)])
def test_long_sums_in_single_precision_keep_their_digits(shape):
    x = np.random.default_rng(1).random(shape, dtype="f4")
    axes = (len(shape) - 1,)
    np.testing.assert_allclose(total(x, axes), x.sum(axes, np.float64, keepdims=True), rtol=1e-6)
    expected = np.square(x, dtype=np.float64).sum(axes, keepdims=True)
    np.testing.assert_allclose(total_of_product(x, x, axes), expected, rtol=3e-6)


@pytest.mark.parametrize("to", [(5000,), (1, 5000), (2, 1), (), (1, 1), (2, 5000)])
def test_a_product_summed_to_a_shape(to):
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(2, 2, 5000))
    axes = summed_axes(a.shape, to)
    np.testing.assert_allclose(product_to(a, b, to), (a * b).sum(axes).reshape(to))
    x = Tensor(b, requires_grad=True)
    g = rng.normal(size=to)
    (found,) = grad(product_to(a, x, to), [x], grad_outputs=[g])
    np.testing.assert_allclose(found, np.broadcast_to(g, a.shape) * a)


def test_axes_are_counted_from_the_front() -> None:
    assert axes_of(None, 3) == (0, 1, 2)
    assert axes_of(-1, 3) == (2,)
    assert axes_of((0, -1), 3) == axes_of([0, -1], 3) == (0, 2)
    assert axes_of(-1, 0) == axes_of(0, 0) == ()
    for axis in (3, -4, (0, 3)):
        with pytest.raises(np.exceptions.AxisError, match="out of bounds for array of dimension 3"):
            axes_of(axis, 3)
    for axis in (1, -2):
        with pytest.raises(np.exceptions.AxisError):
            axes_of(axis, 0)
    with pytest.raises(ValueError, match=r"each axis once, got \(0, -3\)"):
        axes_of((0, -3), 3)


ALONG = {
    **{name: getattr(autograd, name) for name in ("softmax", "log_softmax", "logsumexp")},
    **{name: getattr(autograd.ops, name) for name in ("standardize", "center", "rescale")},
    "gradient": np.gradient, "trim_zeros": np.trim_zeros, "norm": np.linalg.norm, "sum": np.sum, "std": np.std,
    "median": np.median, "sort": np.sort, "cumsum": np.cumsum, "average": np.average, "trapezoid": np.trapezoid,
    "scipy softmax": special.softmax, "scipy logsumexp": special.logsumexp,
}  # fmt: skip


@pytest.mark.parametrize("axis", [2, -3, 5])
@pytest.mark.parametrize("name", ALONG)
def test_an_axis_that_there_is_not_raises(name: str, axis: int) -> None:
    x = np.arange(12.0).reshape(3, 4)
    if name == "trim_zeros" and np.lib.NumpyVersion(np.__version__) < "2.2.0":
        return
    for value in (Tensor(x), Tensor(x, requires_grad=True), *((x,) if "autograd" in ALONG[name].__module__ else ())):
        with pytest.raises(np.exceptions.AxisError):
            ALONG[name](value, axis=axis)


def test_the_largest_over_axes_that_stay():
    x = np.random.default_rng(0).standard_normal((3, 4, 5))
    for axes in ((0,), (1, 2), (0, 1, 2)):
        np.testing.assert_array_equal(largest(x, axes), x.max(axes, keepdims=True))


def test_which_axes_are_summed_for_a_shape() -> None:
    assert summed_axes((2, 3, 4), (1, 4)) == (0, 1)
    assert summed_axes((2, 3, 4), (3, 1)) == (0, 2)
    assert summed_axes((2, 1, 4), (1, 4)) == (0,)
    assert summed_axes((2, 3), (2, 3)) == ()


def test_a_sum_of_products_of_complex_numbers_has_no_conjugate() -> None:
    a, b = np.random.default_rng(3).normal(size=(2, 3, 4, 2)).view(complex)[..., 0]
    np.testing.assert_allclose(total_of_product(a, b, (1,)), (a * b).sum(1, keepdims=True))


def test_a_sum_of_products_has_a_slope_by_both() -> None:
    rng = np.random.default_rng(4)
    a, b = (Tensor(rng.normal(size=(3, 4)), requires_grad=True) for _ in range(2))
    g = rng.normal(size=(3, 1))
    by_a, by_b = grad(total_of_product(a, b, (1,)), [a, b], grad_outputs=[g])
    np.testing.assert_allclose(by_a, g * b.data)
    np.testing.assert_allclose(by_b, g * a.data)


def test_long_products_keep_the_axes_they_are_summed_over() -> None:
    x = np.random.default_rng(5).random((2, 300, 300))
    found = total_of_product(x, x, (1, 2))
    np.testing.assert_allclose(found, (x * x).sum((1, 2), keepdims=True))
    assert found.shape == (2, 1, 1)


def test_a_sum_in_place_keeps_the_dtype_that_the_sum_has() -> None:
    single, double = np.ones(2, np.float32), np.full(2, 1e-9)
    np.testing.assert_array_equal(added(single, double), [1 + 1e-9] * 2)
    assert added(single, np.ones(2, np.float32)) is single
    assert single.tolist() == [2, 2]
    assert added(double, single) is double


def test_many_integers_add_up_in_numpys_dtype() -> None:
    x = np.full((100, 100), 1000, np.int16)
    np.testing.assert_array_equal(total(x, (0,)), x.sum(0, keepdims=True))
    assert total(x, (0,)).dtype == x.sum(0).dtype


@pytest.mark.parametrize("shape", [(3, 4), (300, 200)])
@pytest.mark.parametrize("small", [False, True])
def test_added_in_place_or_not(shape: tuple[int, ...], small: bool) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=shape), rng.normal(size=shape[1:] if small else shape)
    for dtype in ("f4", "f8"):
        expected = a + b.astype(dtype)
        made = added(a.copy(), b.astype(dtype))
        assert made.dtype == expected.dtype
        np.testing.assert_array_equal(made, expected)
    np.testing.assert_array_equal(added(a.astype("f4"), b), a.astype("f4") + b)
