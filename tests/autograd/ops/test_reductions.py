"""Reductions and cumulative functions: value, dtype and both derivatives with every argument, and singular points."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor, grad, gradcheck, gradgradcheck, hessian, vmap

from .table import Row, anywhere, check_dtype, check_gradients, check_value, elsewhere, plane, positive, rows

AXES: list[dict[str, Any]] = [
    {},
    {"axis": 0},
    {"axis": -1, "keepdims": True},
    {"axis": (0, 2)},
    {"axis": (-1, 0), "keepdims": True},
    {"axis": ()},
    {"keepdims": True},
]
MASK = np.arange(24).reshape(3, 2, 4) % 5 != 0
WHERE: list[dict[str, Any]] = [
    {"where": MASK},
    {"axis": (0, 1), "where": MASK, "keepdims": True},
    {"axis": -1, "where": MASK},
]
SHAPE = (3, 2, 4)
SUMS = [np.sum, np.nansum, np.prod, np.nanprod]
MEANS = [np.mean, np.nanmean]
SPREADS = [np.var, np.std, np.nanvar, np.nanstd]
EXTREMES = [np.max, np.min, np.amax, np.amin, np.nanmax, np.nanmin]


CUMULATIVE = [getattr(np, name) for name in ("cumulative_sum", "cumulative_prod") if hasattr(np, name)]  # since 2.1


def but(options: list[dict[str, Any]], *, axis: Any) -> list[dict[str, Any]]:
    return [option for option in options if option.get("axis", None) != axis]


TABLE = [
    *[row for f in [*SUMS, *MEANS, *EXTREMES] for row in rows(f, anywhere, shapes=[SHAPE], options=AXES)],
    *[row for f in [*SPREADS, np.ptp] for row in rows(f, anywhere, shapes=[SHAPE], options=but(AXES, axis=()))],
    *[row for f in [*SUMS, *MEANS, *SPREADS] for row in rows(f, anywhere, shapes=[SHAPE], options=WHERE)],
    *[
        row
        for f in SPREADS
        for row in rows(
            f,
            anywhere,
            shapes=[SHAPE],
            options=[
                {"axis": 1, "ddof": 1},
                {"ddof": 2},
                {"axis": (0, 2), "ddof": 0.5},
                {"axis": (0, 1), "where": MASK, "ddof": 1},
                {"axis": 0, "correction": 1},
                {"axis": 0, "mean": np.full((1, 2, 4), 0.1)},
            ],
        )
    ],
    *[
        row
        for f in SUMS
        for row in rows(
            f, anywhere, shapes=[SHAPE], options=[{"initial": 2.5}, {"axis": 1, "initial": -1.5, "where": MASK}]
        )
    ],
    *[
        row
        for f in EXTREMES
        for row in rows(
            f,
            anywhere,
            shapes=[SHAPE],
            options=[
                {"initial": 0.21},
                {"axis": 0, "initial": 0.21},
                {"axis": 1, "initial": 5.0},
                {"axis": 1, "initial": 0.21, "where": MASK},
            ],
        )
    ],
    *[row for f in [*SUMS, *MEANS, *SPREADS, *EXTREMES] for row in rows(f, anywhere, shapes=[(), (1,), (2, 1)])],
    *[
        row
        for f in [*SUMS, *MEANS, np.var, np.std]
        for row in rows(f, anywhere, shapes=[SHAPE], options=[{"dtype": "g"}])
    ],
    *[
        row
        for f in [np.sum, np.mean, np.var, np.std, np.prod]
        for row in rows(f, plane, shapes=[(2, 3)], options=[{}, {"axis": 1}], name=f"complex-{f.__name__}")
    ],
    *[
        row
        for f in [np.cumsum, np.cumprod, np.nancumsum, np.nancumprod]
        for row in rows(f, anywhere, shapes=[SHAPE], options=[{}, {"axis": 0}, {"axis": -2}])
    ],
    *[row for f in [np.cumsum, np.cumprod] for row in rows(f, plane, shapes=[(2, 3)], options=[{"axis": 1}])],
    *[
        row
        for f in [np.cumsum, np.cumprod, *CUMULATIVE]
        for row in rows(
            f, anywhere, shapes=[(), (1,), (5,), (0,)] if f in (np.cumsum, np.cumprod) else [(1,), (5,), (0,)]
        )
    ],
    *[
        row
        for f in CUMULATIVE
        for row in rows(
            f, anywhere, shapes=[SHAPE, (2, 0, 2)], options=[{"axis": 1}, {"axis": -2, "include_initial": True}]
        )
    ],
    *rows(
        np.average,
        anywhere,
        shapes=[SHAPE],
        options=[{}, {"axis": 1}, {"axis": (0, 2), "keepdims": True}, {"returned": True, "axis": 0}],
    ),
    *rows(
        lambda a, w, **k: np.average(a, weights=w, **k),
        anywhere,
        positive,
        shapes=[(SHAPE, SHAPE)],
        options=[{}, {"axis": 1}, {"axis": (0, 2), "keepdims": True}, {"returned": True, "axis": 0}],
        name="weighted",
    ),
    *rows(
        lambda a, w, **k: np.average(a, weights=w, **k),
        anywhere,
        positive,
        shapes=[(SHAPE, (2,))],
        options=[{"axis": 1}, {"axis": -2, "returned": True}],
        name="weighted",
    ),
    *rows(
        lambda a, w, **k: np.average(a, weights=w, **k),
        anywhere,
        positive,
        shapes=[(SHAPE, (4, 3))],
        options=[{"axis": (2, 0)}],
        name="weighted",
    ),
    *rows(np.trapezoid, anywhere, shapes=[(5,), (3, 4)], options=[{}, {"dx": 0.5, "axis": 0}]),
    *rows(np.trapezoid, anywhere, shapes=[(3, 2, 2), (2, 3, 4)], options=[{"axis": axis} for axis in (0, 1, -1)]),
    *rows(np.trapezoid, anywhere, elsewhere, shapes=[((3, 2, 4), (3, 2, 4)), ((3, 2, 4), (3,))], options=[{"axis": 0}]),
    *rows(np.trapezoid, anywhere, elsewhere, shapes=[((5,), (5,)), ((3, 4), (4,)), ((3, 4), (3, 4))]),
]
CLOSE = {"average", "weighted", "trapezoid", "nanmean", "nanvar", "nanstd", "var", "std"}  # computed in another order


@pytest.mark.parametrize("row", TABLE)
def test_value_and_derivatives(row: Row) -> None:
    check_value(row, close=row.name in CLOSE)
    if row.options.get("dtype") != "g":  # differences are taken in float64
        check_gradients(row)


@pytest.mark.parametrize("dtype", ["f2", "f4"])
@pytest.mark.parametrize(
    "row", [p for p in TABLE if p.values[0].shapes == (SHAPE,) and not {"dtype", "mean"} & set(p.values[0].options)]
)
def test_small_dtypes_stay_small(row: Row, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def in_single(*inputs: Any, **options: Any) -> Any:  # NumPy itself rounds halves at every step
        made = row.function(*[x.astype("f4") if x.dtype == "f2" else x for x in inputs], **options)
        parts = [np.asarray(part) for part in (made if isinstance(made, tuple) else (made,))]
        parts = [part.astype("f2") if part.dtype == "f4" else part for part in parts]
        return tuple(parts) if isinstance(made, tuple) else parts[0]

    check_value(row, in_single if dtype == "f2" else None, dtype, close=row.name in CLOSE)
    check_dtype(row, dtype, monkeypatch)


@pytest.mark.parametrize(
    "f",
    [
        np.sum,
        np.mean,
        np.var,
        np.prod,
        np.max,
        np.cumsum,
        np.any,
        np.all,
        np.argmax,
        np.argmin,
        np.count_nonzero,
        np.ptp,
    ],
    ids=lambda f: f.__name__,
)
@pytest.mark.parametrize("dtype", ["i1", "u2", "i8", "?"])
def test_integers(f: Any, dtype: str) -> None:
    if dtype == "?" and f is np.ptp:
        return
    x = np.array([[1, 0, 1], [0, 1, 1]]).astype(dtype)
    check_value(Row(f, (lambda rng, shape: x,), ((),), {"axis": 1}, "f"), close=True)


def test_methods() -> None:
    x = np.random.default_rng(0).normal(size=(3, 4))
    t = Tensor(x)
    for name in [
        "sum",
        "mean",
        "var",
        "std",
        "prod",
        "max",
        "min",
        "cumsum",
        "cumprod",
        "argmax",
        "argmin",
        "any",
        "all",
        "argsort",
    ]:
        got, expected = getattr(t, name)(axis=1), getattr(x, name)(axis=1)
        np.testing.assert_allclose(getattr(got, "data", got), expected)
    for name in ["sum", "mean", "var", "std", "prod", "max", "min"]:
        np.testing.assert_allclose(getattr(t, name)(0, keepdims=True).data, getattr(x, name)(0, keepdims=True))
        out = Tensor(np.zeros(4))
        assert getattr(t, name)(0, out=out) is out
        np.testing.assert_allclose(out.data, getattr(x, name)(0))
    np.testing.assert_array_equal(t.std(0, None, None, 1).data, x.std(0, None, None, 1))


@pytest.mark.parametrize("f", [np.sum, np.mean, np.max, np.std, np.var, np.median, np.nansum, np.cumsum, np.quantile])
def test_out(f: Any) -> None:
    more = (0.3,) if f is np.quantile else ()
    x = np.random.default_rng(0).normal(size=(3, 4))
    out = np.zeros(12 if f is np.cumsum else ())
    assert f(Tensor(x), *more, out=out) is out
    np.testing.assert_allclose(out, f(x, *more))
    t, out = Tensor(x, requires_grad=True), Tensor(np.zeros(12 if f is np.cumsum else ()))
    assert f(t, *more, out=out) is out
    out.sum().backward()
    expected = Tensor(x, requires_grad=True)
    f(expected, *more).sum().backward()
    np.testing.assert_array_equal(t.grad.data, expected.grad.data)
    with pytest.raises(TypeError, match="cannot be stored in a plain array"):
        f(t, *more, out=np.zeros(12 if f is np.cumsum else ()))


# ---- singular points -------------------------------------------------------------------------------------------------


def gradient(function: Any, value: Any) -> Any:
    x = Tensor(value, dtype=float, requires_grad=True)
    function(x).sum().backward()
    return x.grad.data


@pytest.mark.parametrize(
    ("function", "value", "expected"),
    [
        (np.max, [1.0, 3.0, 3.0], [0, 0.5, 0.5]),
        (np.min, [1.0, 1.0, 3.0, 1.0], [1 / 3, 1 / 3, 0, 1 / 3]),
        (lambda x: x.max(1), [[2.0, 2.0], [1.0, 5.0]], [[0.5, 0.5], [0, 1]]),
        (lambda x: np.max(x, initial=3), [1.0, 3.0, 3.0], [0, 1 / 3, 1 / 3]),
        (np.nanmax, [np.nan, 3.0, 1.0], [0, 1, 0]),
        (np.ptp, [2.0, 2.0, 2.0], [0, 0, 0]),
        (np.std, [2.0, 2.0, 2.0], [0, 0, 0]),
        (lambda x: x.std(1), [[2.0, 2.0], [1.0, 3.0]], [[0, 0], [-0.5, 0.5]]),
        (lambda x: np.std(x, where=[True, True, False]), [2.0, 2.0, 7.0], [0, 0, 0]),
        (np.prod, [0.0, 2.0, 3.0], [6, 0, 0]),
        (np.prod, [0.0, 2.0, 0.0], [0, 0, 0]),
        (lambda x: x.prod(0), [[0.0, 2.0], [3.0, 4.0]], [[3, 4], [0, 2]]),
        (lambda x: np.prod(x, initial=5), [0.0, 2.0], [10, 0]),
        (lambda x: np.prod(x, where=[True, False, True]), [0.0, 0.0, 3.0], [3, 0, 0]),
        (np.cumprod, [2.0, 0.0, 3.0, 4.0], [1, 2 + 6 + 24, 0, 0]),
        (np.nansum, [1.0, np.nan], [1, 0]),
        (np.nanprod, [3.0, np.nan, 0.0], [0, 0, 3]),
        (np.nanmean, [3.0, np.nan, 0.0], [0.5, 0, 0.5]),
        (np.nanvar, [3.0, np.nan, 1.0], [1, 0, -1]),
        (np.nanstd, [3.0, np.nan, 3.0], [0, 0, 0]),
        (np.nancumsum, [3.0, np.nan, 3.0], [3, 0, 1]),
        (np.nancumprod, [3.0, np.nan, 3.0], [5, 0, 3]),
        (np.sum, [], []),
        (np.prod, [], []),
        (np.cumsum, [], []),
        (np.cumprod, [], []),
        (lambda x: x.sum(0), np.zeros((0, 3)), np.zeros((0, 3))),
        (lambda x: x.max(1), np.zeros((0, 3)), np.zeros((0, 3))),
    ],
)
def test_singular_points(function: Any, value: Any, expected: Any) -> None:
    np.testing.assert_allclose(gradient(function, value), expected, atol=1e-12)


@pytest.mark.parametrize(
    "function",
    [
        np.prod,
        lambda x: x.prod(1),
        lambda x: x.prod((0, 1)),
        lambda x: np.cumprod(x, 1),
        lambda x: np.cumprod(x, 0),
        np.cumprod,
    ],
)
@pytest.mark.parametrize("zeros", [[(0, 1)], [(0, 1), (0, 2)], [(0, 0), (1, 0)], [(0, 0), (0, 1), (0, 2)]])
def test_products_with_zeros_to_second_order(function: Any, zeros: Any) -> None:
    x = np.random.default_rng(3).uniform(0.5, 2, (2, 3))
    for place in zeros:
        x[place] = 0
    gradcheck(function, x)
    gradgradcheck(function, x)


def test_deviation_of_a_constant_to_second_order() -> None:
    x = Tensor([2.0, 2.0, 2.0], requires_grad=True)
    np.std(x).backward(create_graph=True)
    g, x.grad = x.grad, None
    g.sum().backward()
    assert np.isfinite(x.grad.data).all()


@pytest.mark.parametrize("scale", [1e30, 1e20, 1e-25, 1e-44, 1])
@pytest.mark.parametrize("options", [{}, {"axis": 1}, {"axis": (0, 1), "keepdims": True}, {"axis": 0, "ddof": 1}])
def test_a_deviation_whose_square_leaves_the_range(scale: float, options: Any) -> None:
    """As the norms. PyTorch 2.13 is right there too; NumPy, and so JAX, gives inf and 0."""
    x = (np.random.default_rng(0).standard_normal((4, 5)) * scale).astype("f4")
    with np.errstate(over="ignore", under="ignore"):
        exact = np.std(x.astype(float), **options)
        np.testing.assert_allclose(np.std(Tensor(x), **options).data, exact, 1e-5, 2e-45)
        slope: Any = grad(lambda x: np.std(x, **options).sum())
        if scale > 1e-40:  # where subnormal numbers have their digits
            np.testing.assert_allclose(slope(x), slope(x.astype(float)), 1e-4, 1e-5)


@pytest.mark.parametrize("options", [{}, {"ddof": 1}, {"where": np.array([True, True, False])}])
def test_a_deviation_of_what_is_equal_is_0_where_the_mean_is_rounded(options: Any) -> None:
    x = np.array([0.1, 0.1, 0.1])  # NumPy gives 1.4e-17
    assert np.std(Tensor(x), **options).item() == 0
    np.testing.assert_array_equal(grad(lambda x: np.std(x, **options))(x), 0)
    squared = hessian(lambda x: np.std(x, **options) ** 2)(x)
    np.testing.assert_allclose(squared, hessian(lambda x: np.var(x, **options))(x), 1e-12, 1e-15)


@pytest.mark.parametrize("function", [np.cumsum, np.cumprod])
def test_an_axis_that_a_number_has_not_is_refused(function: Any) -> None:
    for axis in (None, 0, -1):
        assert function(Tensor(2.5), axis=axis).shape == (1,)
    for axis in (1, -2):
        with pytest.raises(np.exceptions.AxisError):
            function(Tensor(2.5), axis=axis)


@pytest.mark.parametrize("dtype", ["f4", "f8", "c8"])
def test_the_variance_of_complex_numbers_in_a_dtype_is_of_both_parts(dtype: str) -> None:
    """NumPy 2.4 leaves the imaginary part out of the mean, with a warning."""
    z = np.array([1 + 2j, 3 - 1j, 0.5j])
    assert np.var(Tensor(z), dtype=dtype).dtype == np.result_type(dtype, np.float16).type(0).real.dtype
    np.testing.assert_allclose(np.var(Tensor(z), dtype=dtype).data, np.var(z), 1e-6)
    np.testing.assert_allclose(np.std(Tensor(z), dtype=dtype).data, np.std(z), 1e-6)


def test_variance_of_one_value_without_a_degree_of_freedom() -> None:
    x = Tensor([[1.0], [2.0]], requires_grad=True)
    with pytest.warns(RuntimeWarning):
        result = np.var(x, axis=1, ddof=1)
    result.sum().backward()
    assert np.isnan(x.grad.data).all()
    assert x.grad.shape == (2, 1)


def test_empty_means_warn_as_numpys_do() -> None:
    x = Tensor(np.zeros(0), requires_grad=True)
    with pytest.warns(RuntimeWarning):
        result = x.mean()
    result.backward()
    assert x.grad.shape == (0,)


def test_extremes_of_nothing_raise() -> None:
    for f in (np.max, np.min, np.argmax, np.median):
        x = Tensor(np.zeros(0), requires_grad=True)
        if f is np.median:
            with pytest.warns(RuntimeWarning):
                assert np.isnan(f(x).data)
        else:
            with pytest.raises(ValueError, match=r"zero-size|empty"):
                f(x)


def test_where_lets_no_nan_through() -> None:
    """What is masked out takes no part, be it NaN or infinite; nor does the gradient that would have gone there."""
    data = np.array([[1.0, np.nan, 3.0], [np.inf, 2.0, 5.0]])
    mask = np.array([[True, False, True], [False, True, True]])
    for f in (np.sum, np.mean, np.var, np.std, np.prod):
        x = Tensor(data, requires_grad=True)
        f(x, axis=1, where=mask).sum().backward(create_graph=True)
        assert np.isfinite(x.grad.data).all()
        assert (x.grad.data[~mask] == 0).all()
        g, x.grad = x.grad, None
        (g * g).sum().backward() if g.requires_grad else None
        assert x.grad is None or np.isfinite(x.grad.data[mask]).all()
    x = Tensor(data, requires_grad=True)
    np.max(x, axis=1, where=mask, initial=-9).sum().backward()
    np.testing.assert_array_equal(x.grad.data, [[0, 0, 1], [0, 0, 1]])


def test_where_may_be_a_tensor() -> None:
    mask = np.array([True, False, True])
    for f in (np.sum, np.mean, np.var, np.std, np.prod, np.nansum, np.nanmean):
        x = np.array([1.0, 2.0, 4.0])
        np.testing.assert_allclose(f(Tensor(x), where=Tensor(mask)).data, f(x, where=mask))


def test_halves_that_many_are_summed_do_not_overflow() -> None:
    x = Tensor(np.ones(1, "f2"), requires_grad=True)
    (x * np.full(70_000, 0.5, "f2")).sum(dtype="f4").backward()
    assert x.grad.dtype == np.float16
    assert abs(x.grad.item() - 35_000) <= 16  # to the last bit of a half
    x.grad = None
    y = Tensor(np.zeros((), "f2"), requires_grad=True)
    (y + np.zeros(70_000, "f2")).mean(dtype="f4").backward()
    assert abs(y.grad.item() - 1) < 0.02
    z = Tensor(np.zeros(70_000, "f2"), requires_grad=True)
    z.mean().backward()
    assert z.grad.dtype == np.float16
    assert abs(z.grad.data.astype("f4") * 70_000 - 1).max() < 0.01


@pytest.mark.parametrize("kinds", [("i1", "i1"), ("i1", "f8"), ("f8", "f2"), ("f2", "f8"), ("?", "i1")])
def test_an_average_is_computed_in_the_dtype_that_it_has(kinds: Any) -> None:
    a, weights = np.full((3, 4), 100).astype(kinds[0]), np.full(4, 100).astype(kinds[1])
    expected, total = np.average(a, axis=1, weights=weights, returned=True)
    found, counted = np.average(Tensor(a), axis=1, weights=Tensor(weights), returned=True)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found.data, expected)
    np.testing.assert_array_equal(counted.data, total)


def test_lists_are_taken_where_numpy_takes_them() -> None:
    x = Tensor([1.0, 4.0, 9.0], requires_grad=True)
    assert np.trapezoid(x, [0, 1, 3]).item() == np.trapezoid(x.data, [0, 1, 3])
    assert np.average(x, weights=[1, 2, 1]).item() == 4.5
    assert np.sum(x, where=[True, False, True]).item() == 10


def test_arguments_are_named_as_numpys() -> None:
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    assert np.sum(a=x).item() == 10
    assert np.max(a=x, axis=0).tolist() == [3, 4]
    assert np.std(a=x).item() == np.std(x.data)


def test_whole_numbers_have_no_gradient() -> None:
    x = Tensor([1.5, 2.5], requires_grad=True)
    for result in (
        x.sum(dtype=int),
        x.prod(dtype=int),
        x.cumsum(dtype=int),
        x.astype(int),
        np.add.reduce(x, dtype=int),
    ):
        assert isinstance(result, Tensor)
        assert not result.requires_grad


def test_average_refuses_weights_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="average: expected weights"):
        np.average(Tensor(np.ones((2, 3))), axis=0, weights=np.ones(3))
    with pytest.raises(ZeroDivisionError, match="average"):
        np.average(Tensor(np.ones(2)), weights=np.array([1.0, -1.0]))
    for f in CUMULATIVE:
        with pytest.raises(ValueError, match=f"{f.__name__}: expected an axis"):
            f(Tensor(np.ones((2, 2))))


@pytest.mark.parametrize("keepdims", [False, True])
def test_the_product_of_one_number_over_its_axis(keepdims: bool) -> None:
    for value in (3.0, 0.0):
        x = Tensor(value, requires_grad=True)
        np.prod(x, 0, keepdims=keepdims).backward()
        assert x.grad.item() == 1


@pytest.mark.parametrize(
    ("factors", "slopes"),
    [
        ([np.inf, 2.0], [2, np.inf]),
        ([1e200, 1e200], [1e200, 1e200]),
        ([1e-200, 1e-120], [1e-120, 1e-200]),  # their product has three digits
        ([1e-200, 1e-200], [1e-200, 1e-200]),
        ([0.0, np.inf, 3.0], [np.inf, 0, np.nan]),
        ([2.0, np.nan], [np.nan, 2]),
    ],
)
def test_products_that_leave_the_range(factors: Any, slopes: Any) -> None:
    """The product of the others, and not the product divided by the factor (tensorflow#3862)."""
    weights = np.array([0.0] * (len(factors) - 1) + [1.0])
    for function in (np.prod, lambda x: (np.where(weights == 0, 0, np.cumprod(x))).sum()):
        x = Tensor(factors, requires_grad=True)
        with np.errstate(all="ignore"):
            function(x).backward()
        np.testing.assert_allclose(x.grad.data, slopes, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("axis", [0, 1, -2, -1, None])
def test_cumulative_sums_of_long_slices(axis, dtype):
    """Added slice by slice where that is quicker: the same to the last bit, forwards and backwards."""
    x = np.random.default_rng(0).normal(size=(5, 7, 300)).astype(dtype)
    for layout in (x, x[:, ::-1], x.transpose(1, 0, 2), x[..., ::-1], np.broadcast_to(x[:1], x.shape)):
        t = Tensor(layout, requires_grad=True)
        y = np.cumsum(t, axis)
        np.testing.assert_array_equal(y, np.cumsum(layout, axis))
        assert y.dtype == dtype
        g = np.random.default_rng(1).normal(size=y.shape).astype(dtype)
        y.backward(g)
        along = 0 if axis is None else axis
        expected = np.flip(np.cumsum(np.flip(g, along), along), along).reshape(layout.shape)
        np.testing.assert_array_equal(t.grad, expected)
        np.testing.assert_array_equal(np.cumprod(t, axis), np.cumprod(layout, axis))


def test_cumulative_sums_of_long_slices_in_a_batch_and_a_program():
    x = np.random.default_rng(0).normal(size=(3, 5, 300))
    slope = autograd.grad(lambda x: np.square(np.cumsum(x, 0)).sum())
    one_by_one = np.stack([slope(Tensor(part)) for part in x])
    np.testing.assert_allclose(vmap(slope)(Tensor(x)), one_by_one, rtol=1e-12)
    np.testing.assert_allclose(autograd.compile(slope)(Tensor(x[0])), one_by_one[0], rtol=1e-12)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("shape", [(16, 512), (2, 4, 1024), (8192,), (512, 16), (7, 1000)])
def test_running_sums_of_many_elements_are_those_before_and_their_gradients_those_after(shape: Any, dtype: str) -> None:
    x, g = (part.astype(dtype) for part in np.random.default_rng(0).normal(size=(2, *shape)))
    close = {"rtol": 0, "atol": 1e-11 if dtype == "f8" else 1e-3}
    for axis in range(len(shape)):
        t = Tensor(x, requires_grad=True)
        y = np.cumsum(t, axis)
        np.testing.assert_allclose(y.data, np.cumsum(x.astype("f8"), axis), **close)
        y.backward(g)
        assert t.grad is not None
        assert t.grad.dtype == y.dtype == dtype
        np.testing.assert_allclose(t.grad.data, np.flip(np.cumsum(np.flip(g.astype("f8"), axis), axis), axis), **close)
        slope = autograd.grad(lambda x, axis=axis: np.square(np.cumsum(x, axis)).sum())
        expected = slope(x)
        np.testing.assert_array_equal(autograd.compile(slope)(x), expected)


def test_running_sums_of_many_elements_of_a_batch_are_not_taken_example_by_example() -> None:
    x = np.random.default_rng(0).normal(size=(3, 16, 512))
    slope = autograd.grad(lambda x: np.square(np.cumsum(x, 1)).sum())
    mapped = vmap(slope)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = mapped(x)
    np.testing.assert_allclose(made, np.stack([slope(part) for part in x]), rtol=1e-9, atol=1e-9)
    assert not mapped.why_looped


def test_an_infinite_element_of_running_sums_reaches_only_what_comes_after() -> None:
    for value, stands in ((np.inf, 300), (np.nan, 0), (-np.inf, 511)):
        x = np.ones((16, 512))
        x[3, stands] = value
        np.testing.assert_array_equal(np.cumsum(Tensor(x), 1).data, np.cumsum(x, 1))
    x = np.full((16, 512), 1e38, np.float32)
    with np.errstate(over="ignore"):  # too large from the fourth on
        np.testing.assert_array_equal(np.cumsum(Tensor(x), 1).data, np.cumsum(x, 1))


def test_an_infinite_gradient_of_running_sums_reaches_only_what_comes_before() -> None:
    g = np.ones((16, 512))
    g[3, 100] = np.inf
    x = Tensor(np.zeros(g.shape), requires_grad=True)
    np.cumsum(x, 1).backward(g)
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.data, np.flip(np.cumsum(np.flip(g, 1), 1), 1))


@pytest.mark.parametrize("f", [np.max, np.nanmax])
def test_an_equal_element_that_is_left_out_has_no_share(f):
    slope = grad(lambda x: f(x, where=np.array([True, True, False]), initial=-1.0))
    np.testing.assert_array_equal(slope(np.array([3.0, 5.0, 5.0])), [0, 1, 0])
