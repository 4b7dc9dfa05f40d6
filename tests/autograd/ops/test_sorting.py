"""Sorting, quantiles, bins, interpolation."""

from __future__ import annotations

import functools
import inspect
import itertools
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, gradcheck, gradgradcheck

from .table import Row, anywhere, check_dtype, check_gradients, check_value, elsewhere, positive, rows

SHAPE = (3, 2, 5)
METHODS = [
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull",
    "linear", "median_unbiased", "normal_unbiased", "lower", "higher", "midpoint", "nearest",
]  # fmt: skip
AXES: list[dict[str, Any]] = [{}, {"axis": 0}, {"axis": (0, -1), "keepdims": True}, {"axis": -1}, {"keepdims": True}]
MEDIANS = [np.median, np.nanmedian]
QUANTILES = [np.quantile, np.nanquantile]
PERCENTILES = [np.percentile, np.nanpercentile]
TABLE = [
    *rows(np.sort, anywhere, shapes=[SHAPE], options=[{}, {"axis": 0}, {"axis": None}, {"axis": 1, "stable": True}]),
    *rows(np.sort, anywhere, shapes=[(0,), (1,), (2, 0)]),
    *[row for f in MEDIANS for row in rows(f, anywhere, shapes=[SHAPE, (4,), (1,)], options=[{}])],
    *[row for f in MEDIANS for row in rows(f, anywhere, shapes=[SHAPE], options=AXES)],
    *[row for f in QUANTILES for row in rows(f, anywhere, shapes=[SHAPE], options=[{"q": 0.3, **a} for a in AXES])],
    *rows(np.quantile, anywhere, shapes=[SHAPE], options=[{"q": [[0.1, 0.77], [1, 0]], **a} for a in AXES[:3]]),
    *rows(np.nanquantile, anywhere, shapes=[(2, 4)], options=[{"q": [[0.1, 0.77], [1, 0]], **a} for a in AXES[:2]]),
    *[
        row
        for f in PERCENTILES
        for row in rows(f, anywhere, shapes=[SHAPE], options=[{"q": [10, 64], **a} for a in AXES[::2]])
    ],
    *rows(
        np.quantile, anywhere, shapes=[SHAPE], options=[{"q": [0.21, 0.68], "axis": 0, "method": m} for m in METHODS]
    ),
    *rows(np.unwrap, positive, shapes=[(6,), (3, 4)], options=[{}, {"axis": 0, "period": 1.1}]),
]


@pytest.mark.parametrize("row", TABLE)
def test_value_and_derivatives(row: Row) -> None:
    check_value(row)
    check_gradients(row)


@pytest.mark.parametrize("dtype", ["f2", "f4"])
@pytest.mark.parametrize(
    "row", [p for p in TABLE if p.values[0].shapes == (SHAPE,) and np.ndim(p.values[0].options.get("q", 0)) == 0]
)
def test_small_dtypes_stay_small(row: Row, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check_value(row, dtype=dtype)
    check_dtype(row, dtype, monkeypatch)


@pytest.mark.parametrize("weights", [(3, 2, 5), (2,)])
def test_weighted_quantiles(weights: Any) -> None:
    w = np.random.default_rng(0).uniform(0.5, 2, weights)
    row = Row(
        np.quantile, (anywhere,), (SHAPE,), {"q": [0.3, 0.8], "axis": 1, "method": "inverted_cdf", "weights": w}, "w"
    )
    check_value(row)
    check_gradients(row)


@pytest.mark.parametrize("f", [np.nanmedian, lambda x, **k: np.nanquantile(x, [0.2, 0.5], **k),
                               lambda x, **k: np.nanpercentile(x, 30, **k)])  # fmt: skip
@pytest.mark.parametrize("axis", [None, 1, (0, 1)])
def test_quantiles_without_nans(f: Any, axis: Any) -> None:
    """The gradient is that of the same quantile of the numbers alone."""
    x = anywhere(np.random.default_rng(1), (3, 4, 2)).copy()
    x[0, 0, 0] = x[1, 1:, 1] = np.nan
    t = Tensor(x, requires_grad=True)
    result = f(t, axis=axis)
    np.testing.assert_array_equal(result.data, f(x, axis=axis))
    result.sum().backward()
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = 1e-6
        slope = (f(x + step, axis=axis) - f(x - step, axis=axis)).sum() / 2e-6
        assert abs(t.grad.data[place] - (0 if np.isnan(x[place]) else slope)) < 1e-8


@pytest.mark.parametrize(("kth", "axis"), [(2, -1), (1, 0), ([1, 3], 2), (7, None)])
def test_partition(kth: Any, axis: Any) -> None:
    row = Row(np.partition, (anywhere,), (SHAPE,), {"kth": kth, "axis": axis}, "partition")
    check_gradients(row)
    (x,) = row.inputs()
    found, ordered = row(Tensor(x)).data, np.sort(x, axis)
    axis = 0 if axis is None else axis
    np.testing.assert_array_equal(found.take(kth, axis), ordered.take(kth, axis))
    first = np.max(kth)
    lower = [np.sort(y.take(range(first), axis), axis) for y in (found, ordered)]
    np.testing.assert_array_equal(*lower)


def test_many_quantiles_over_many_axes() -> None:
    """Without NaNs to skip they are the plain ones; np.nanquantile itself puts them in the wrong places."""
    x, q = anywhere(np.random.default_rng(0), SHAPE), [[0.1, 0.77], [1, 0]]
    for axis in ((0, -1), (1, 2)):
        np.testing.assert_array_equal(np.nanquantile(Tensor(x), q, axis).data, np.quantile(x, q, axis))
        check_gradients(Row(np.nanquantile, (anywhere,), (SHAPE,), {"q": q, "axis": axis}, "nanquantile"))


def test_equal_elements_are_sorted_stably() -> None:
    x = Tensor([2.0, 1.0, 2.0, 1.0], requires_grad=True)
    (np.sort(x) * np.arange(4.0)).sum().backward()
    assert x.grad.tolist() == [2.0, 0.0, 3.0, 1.0]


def test_complex_numbers_are_sorted() -> None:
    z = Tensor([2 + 1j, 1 - 1j, 1 - 2j], requires_grad=True)
    (np.sort(z) * np.array([1.0, 2.0, 3.0])).sum().backward(np.array(1 + 0j))
    assert z.grad.tolist() == [3, 2, 1]
    np.testing.assert_array_equal(np.sort_complex(Tensor([3.0, 1.0])).data, np.sort_complex(np.array([3.0, 1.0])))


def test_methods_sort_in_place_as_ndarrays_do() -> None:
    x = Tensor([3.0, 1.0, 2.0])
    assert x.argsort().tolist() == [1, 2, 0]
    assert x.argpartition(0)[0] == 1
    assert x.sort() is None
    assert x.tolist() == [1, 2, 3]
    assert x.searchsorted(2.5) == 2
    w = Tensor([3.0, 1.0, 2.0], requires_grad=True)
    y = w * 1
    y.sort()
    (y * np.arange(3.0)).sum().backward()
    assert w.grad.tolist() == [2, 0, 1]
    with pytest.raises(RuntimeError, match="leaf"):
        w.sort()


@pytest.mark.parametrize(
    ("f", "more"),
    [
        (np.argsort, ()), (np.argpartition, (1,)), (np.searchsorted, ([0.1],)), (np.digitize, ([0.0, 1.0],)),
        (np.lexsort, ()), (np.isin, ([1.0],)), (np.histogram_bin_edges, ()), (np.argmax, ()),
    ],
)  # fmt: skip
def test_what_only_looks_gives_plain_arrays(f: Any, more: Any) -> None:
    x = np.array([[2.0, 1.0, 3.0]]) if f is np.lexsort else np.array([1.0, 2.0, 3.0])
    result = f(Tensor(x, requires_grad=True), *more)
    assert not isinstance(result, Tensor)
    np.testing.assert_array_equal(result, f(x, *more))


@pytest.mark.parametrize("minlength", [0, 7])
def test_bincount(minlength: int) -> None:
    bins = np.array([0, 2, 2, 3, 0])
    row = Row(lambda w: np.bincount(bins, w, minlength), (positive,), ((5,),), {}, "bincount")
    check_value(row)
    check_gradients(row)
    np.testing.assert_array_equal(np.bincount(Tensor(bins)).data, np.bincount(bins))


@pytest.mark.parametrize(
    "options", [{}, {"density": True}, {"bins": 4, "range": (-1.0, 1.0)}, {"bins": [-1.0, 0.0, 2.0]}]
)
def test_histogram(options: Any) -> None:
    a = np.array([-2.0, -0.5, 0.1, 0.5, 0.52, 1.0, 2.0])
    row = Row(lambda w: np.histogram(a, weights=w, **options)[0], (positive,), ((7,),), {}, "histogram")
    check_value(row, close=True)
    check_gradients(row)
    w = np.arange(7.0)
    counts, edges = np.histogram(a, weights=Tensor(w, requires_grad=True), **options)
    np.testing.assert_allclose(counts.data, np.histogram(a, weights=w, **options)[0])
    np.testing.assert_array_equal(edges, np.histogram(a, weights=w, **options)[1])
    plain = np.histogram(Tensor(a, requires_grad=True), **options)
    assert type(plain[0]) is np.ndarray


POINTS = np.array([-1.2, -0.3, 0.4, 1.1])


@pytest.mark.parametrize("options", [{}, {"left": -1.0, "right": 7.0}, {"period": 2.7}])
@pytest.mark.parametrize("shape", [(), (5,), (2, 3), (0,)])
def test_interp(options: Any, shape: Any) -> None:
    def function(x: Any, xp: Any, fp: Any) -> Any:
        return np.interp(x, xp, fp, **options)

    row = Row(function, (elsewhere, lambda rng, s: POINTS, positive), (shape, (4,), (4,)), {}, "interp")
    check_value(row, close=True)
    check_gradients(row)


def test_interp_at_its_points() -> None:
    x = Tensor([-1.2, -0.3, 1.1, 2.0, np.nan], requires_grad=True)
    result = np.interp(x, POINTS, [0.0, 1.8, 0.4, 5.0])
    np.testing.assert_allclose(result.data, [0, 1.8, 5, 5, np.nan])
    result[:4].sum().backward()
    np.testing.assert_allclose(x.grad.data, [2, -2, 4.6 / 0.7, 0, 0])
    np.testing.assert_array_equal(np.interp(Tensor([0.0, 2.0]), [1.0], [3.0]).data, [3, 3])
    assert np.interp(Tensor(np.float32(0.0)), POINTS, POINTS).dtype == np.float64
    with pytest.raises(ValueError, match="interp: expected xp and fp"):
        np.interp(x, [1.0, 2.0], [1.0])


BESIDE = [0.2, 9.5, 3.0, 1.0, 9.0, 10.0, 0.0, -3.0, 12.0, np.nan]


XP = [1, 9, 10], [-np.inf, 9, 10], [1, 9, np.inf], [-np.inf, 1, np.inf], [1, 1, 2], [1, 2, 2]


@pytest.mark.parametrize("xp", XP)
def test_interp_beside_what_is_not_finite(xp: Any) -> None:
    for fp in itertools.product([0.0, 0.1, np.inf, -np.inf, np.nan], repeat=3):
        np.testing.assert_array_equal(np.interp(Tensor(BESIDE), xp, fp).data, np.interp(BESIDE, xp, fp))


def test_interp_between_one_place_and_itself() -> None:
    x = [0.0, 1.0, 2.0, np.nan, np.inf]
    np.testing.assert_array_equal(np.interp(Tensor(x), [1.0], [2.0]).data, np.interp(x, [1.0], [2.0]))


def test_the_slope_beside_what_is_not_finite() -> None:
    x = np.array([0.2, 9.5, 3.0])
    assert gradcheck(lambda x, fp: np.interp(x, [-np.inf, 1, 9, np.inf], fp), x, np.array([0.0, 0.1, 0.9, 1.0]))
    fp = Tensor([1.0, 2.0, np.inf, 4.0], requires_grad=True)
    found = np.interp([1.0, 2.0, 4.0, 1.5], [1, 2, 3, 4], fp)
    (found * np.array([1.0, 10.0, 100.0, 1000.0])).sum().backward()
    assert found.data.tolist() == [1.0, 2.0, 4.0, 1.5]
    assert fp.grad.tolist() == [501.0, 510.0, 0.0, 100.0]


@pytest.mark.parametrize("method", METHODS)
def test_quantiles_move_with_q(method: str) -> None:
    a, q = np.random.default_rng(3).normal(size=(3, 2, 5)), np.array([0.31, 0.77, 0.07])
    for function, at in ((np.quantile, q), (np.nanpercentile, 100 * q[:, None]), (np.nanpercentile, np.array(31.0))):
        for axis in (None, 0, (0, 2)):
            along = functools.partial(function, axis=axis, method=method)
            gradcheck(along, a, at)
            gradgradcheck(along, a, at)


def test_a_quantile_at_an_element_moves_along_the_line_to_the_next() -> None:
    q = Tensor([0.5, 0.25, 0.0, 1.0], requires_grad=True)
    np.nanquantile(np.array([1.0, 2.0, np.nan, 5.0]), q).sum().backward()
    np.testing.assert_allclose(q.grad.data, [6, 2, 2, 0])


SAMPLE = np.array([[0.1, 0.9], [0.5, 0.2], [1.0, 1.0], [0.3, 0.2], [2.0, 0.1], [0.6, 1.0]])


@pytest.mark.parametrize("options", [
    {"bins": 3}, {"bins": [2, 4]}, {"bins": 2, "range": [(0, 1), (0, 1)]}, {"bins": [[0.0, 0.5, 1.0], 3]},
    {"bins": [[0.0, 0.2, 1.0], [0.0, 0.3, 1.0]], "density": True},
])  # fmt: skip
def test_histograms_of_several_axes(options: Any) -> None:
    w = np.array([0.5, 1.0, 2.0, 0.25, 3.0, 0.75])
    x, y = SAMPLE.T
    for function in (
        lambda w: np.histogramdd(SAMPLE, weights=w, **options)[0],
        lambda w: np.histogramdd([x, y], weights=w, **options)[0],
        lambda w: np.histogram2d(x, y, weights=w, **options)[0],
    ):
        np.testing.assert_allclose(function(Tensor(w, requires_grad=True)).data, function(w))
        assert gradgradcheck(function, w)
    for of, plain in zip(np.histogram2d(Tensor(x), y, **options), np.histogram2d(x, y, **options), strict=True):
        np.testing.assert_array_equal(of, plain)
    edges = np.linspace(0, 2, 4)
    counts, *found = np.histogram2d(x, y, edges, weights=Tensor(w, requires_grad=True))
    np.testing.assert_allclose(counts.data, np.histogram2d(x, y, edges, weights=w)[0])
    np.testing.assert_array_equal(found, [edges, edges])


def test_a_histogram_has_its_weights_dtype() -> None:
    w = np.array([0.5, 1.0], "f4")
    assert np.histogram(w, 2, weights=Tensor(w, requires_grad=True))[0].dtype == np.float32


@pytest.mark.parametrize("count", [1, 3, 40])
def test_few_quantiles_and_many_have_the_same_gradients(count: int) -> None:
    """A few are found without sorting; a NaN lies behind all numbers."""
    a, q = np.random.default_rng(0).permutation(6000).reshape(3, 2000) / 7, np.linspace(0, 1, count)
    x = Tensor(a, requires_grad=True)
    found = np.quantile(x, q, axis=1)
    found.backward(g := np.arange(1.0, 3 * count + 1).reshape(count, 3))
    np.testing.assert_allclose((x.grad.data * a).sum(1), (found.data * g).sum(0))
    assert ((x.grad.data != 0).sum(1) <= 2 * count).all()
    a[1, 5:9] = np.nan
    x = Tensor(a, requires_grad=True)
    found = np.nanquantile(x, q, axis=1)
    found.backward(np.ones_like(found.data))
    np.testing.assert_allclose(x.grad.data.sum(1), count)
    assert not x.grad.data[1, 5:9].any()


@pytest.mark.parametrize("function", [np.quantile, np.nanquantile, np.percentile])
def test_a_quantile_of_one_element_does_not_move_with_q(function: Any) -> None:
    """It is that element, whatever q is: also where NaNs leave only one."""
    for q in (0.0, 0.5, 1.0, [0.25, 0.75]):
        at, x = Tensor(q, requires_grad=True), Tensor([[3.0]], requires_grad=True)
        function(x, at).sum().backward()
        np.testing.assert_array_equal(at.grad.data, np.zeros_like(q))
        np.testing.assert_array_equal(x.grad.data, [[np.size(q)]])
    at = Tensor(0.5, requires_grad=True)
    np.nanquantile(np.array([np.nan, 3.0, np.nan]), at).backward()
    assert at.grad.data == 0


def test_interp_behind_a_jump_at_the_last_knot() -> None:
    xp, fp = np.array([0.0, 1, 1]), np.array([0.0, 1, 2])
    x = np.array([-1.0, 0.5, 1.0, 2.0])
    tensors = [Tensor(v, requires_grad=True) for v in (x, xp, fp)]
    got = np.interp(*tensors)
    np.testing.assert_array_equal(got.data, np.interp(x, xp, fp))
    got.sum().backward()
    np.testing.assert_array_equal(tensors[0].grad.data, [0, 1, 0, 0])
    np.testing.assert_array_equal(tensors[2].grad.data, [1.5, 0.5, 2])
    for knots in ([0.0, 0, 1], [0.0, 1, 1, 2], [1.0, 1, 1]):
        values = np.arange(1.0, len(knots) + 1) ** 2
        at = np.array([-1, 0, 0.5, 1, 1.5, 2, 3])
        np.testing.assert_array_equal(np.interp(Tensor(at), knots, values).data, np.interp(at, knots, values))


@pytest.mark.skipif("descending" not in inspect.signature(np.sort).parameters, reason="NumPy sorts upwards only")
def test_descending():
    x = Tensor([[1.0, 3.0, 2.0], [5.0, 5.0, 4.0]], requires_grad=True)
    y = np.sort(x, descending=True)
    np.testing.assert_array_equal(y.data, np.sort(x.data, descending=True))
    (y * [1.0, 2.0, 3.0]).sum().backward()
    assert x.grad.tolist() == [[3, 1, 2], [1, 2, 3]]
    z = x * 1
    z.sort(descending=True)
    np.testing.assert_array_equal(z.data, y.data)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("f", [np.nanmedian, lambda x, axis: np.nanquantile(x, 0.25, axis)])
def test_where_there_are_no_numbers_nothing_moves_their_quantile(f: Any) -> None:
    x = Tensor([[np.nan, np.nan], [1.0, 2.0]], requires_grad=True)
    f(x, axis=1)[1].backward()
    assert x.grad is not None
    assert x.grad.data[0].tolist() == [0, 0]
    x.grad = None
    f(x, axis=1).sum().backward()
    assert x.grad.data[0].tolist() == [0, 0]
    assert x.grad.data[1].sum() == 1


def test_equal_elements_get_the_gradients_of_their_places_in_a_stable_sort() -> None:
    """So many that a sort which is not stable would mix them up."""
    x, places = Tensor(np.tile([2.0, 1.0], 100), requires_grad=True), np.arange(200.0)
    (np.sort(x) * places).sum().backward()
    np.testing.assert_array_equal(x.grad.data, np.stack([places[100:], places[:100]], 1).reshape(-1))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_of_one_element_that_is_no_number_nothing_moves_the_quantile() -> None:
    x = Tensor([[np.nan], [1.0]], requires_grad=True)
    np.nanquantile(x, 0.25, 1).sum().backward()
    assert x.grad is not None
    assert x.grad.data.tolist() == [[0], [1]]


def test_a_quantile_of_two_elements_moves_with_q_by_their_difference() -> None:
    q = Tensor([0.25, 0.5], requires_grad=True)
    (np.quantile(np.array([5.0, 2.0]), q) * [1.0, 2.0]).sum().backward()
    assert q.grad is not None
    assert q.grad.data.tolist() == [3, 6]
